from inglenook_server.core.live import Subscriber
from inglenook_server.fanouts.local import LocalFanout

A, B = b"a" * 16, b"b" * 16


def following(fanout: LocalFanout, *addresses: bytes) -> Subscriber:
    subscriber = Subscriber(10, lambda: None)
    new = subscriber.hold(set(addresses))
    fanout.follow(new, subscriber)
    subscriber.settle(new, new)
    return subscriber


def test_a_hint_reaches_every_follower_of_its_mailbox_and_nobody_else() -> None:
    fanout = LocalFanout()
    one, both, other = following(fanout, A), following(fanout, A, B), following(fanout, B)

    fanout.publish({A: 4})

    assert [each.take() for each in (one, both, other)] == [((A, 4),), ((A, 4),), ()]


def test_the_one_who_put_is_left_out() -> None:
    fanout = LocalFanout()
    putter, reader = following(fanout, A), following(fanout, A)

    fanout.publish({A: 1}, putter)

    assert (putter.take(), reader.take()) == ((), ((A, 1),))


def test_who_left_hears_nothing_and_leaving_twice_is_harmless() -> None:
    fanout = LocalFanout()
    gone, stays = following(fanout, A), following(fanout, A)

    fanout.leave([A, B], gone)
    fanout.leave([A], gone)
    fanout.publish({A: 1})

    assert (gone.take(), stays.take()) == ((), ((A, 1),))


def test_nothing_is_kept_of_mailboxes_that_nobody_follows() -> None:
    fanout = LocalFanout()
    gone = following(fanout, A, B)

    fanout.leave(gone.addresses, gone)

    assert fanout._followers == {}
