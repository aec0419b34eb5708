from inglenook_server.core.pace import Pace

A, B = b"a" * 16, b"b" * 16


def test_each_mailbox_has_its_own_puts_in_each_minute() -> None:
    pace = Pace(2)

    taken = [pace.take(A, 1), pace.take(A, 1), pace.take(A, 1), pace.take(B, 1), pace.take(A, 2)]

    assert taken == [True, True, False, True, True]


def test_only_the_running_minute_is_remembered() -> None:
    pace = Pace(2)
    for number in range(100):
        pace.take(number.to_bytes(16, "big"), 1)

    pace.take(A, 2)

    assert pace._counts == {A: 1}
