import time

from inglenook_server import ambient


def test_now_is_today_and_a_minute_that_never_goes_back() -> None:
    first = ambient.now()
    second = ambient.now()

    assert abs(first.day - time.time() / 86_400) <= 1
    assert isinstance(first.day, int)
    assert isinstance(first.minute, int)
    assert second.minute >= first.minute


def test_a_voucher_has_six_groups_of_four_and_nothing_ambiguous() -> None:
    code = ambient.voucher()

    assert [len(group) for group in code.split("-")] == [4] * 6
    assert not set(code) & set("0189")
