"""A live connection's subscriptions."""

from harness.relay_boxes import TODAY, HeldBox, MemoryRelay, done, sealed, token
from inglenook_schema.mailbox import EMPTY_HEAD
from inglenook_schema.wire import Fault, ToClient, ToRelay, Want
from inglenook_server.core.live import Subscriber

A, B = HeldBox("a"), HeldBox("b")


class Wakes:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def ask(relay: MemoryRelay, by: Subscriber, **parts: object) -> ToClient:
    return done(relay.relay.answer(ToRelay(**parts), TODAY, by))  # type: ignore[arg-type]


def live(relay: MemoryRelay, *boxes: HeldBox, limit: int = 10) -> tuple[Subscriber, Wakes]:
    wakes = Wakes()
    subscriber = Subscriber(limit, wakes)
    relay.ask(make=tuple(box.make() for box in boxes))
    ask(relay, subscriber, want=tuple(box.want() for box in boxes), subscribe=True)
    return subscriber, wakes


def test_a_put_wakes_the_subscriber_with_the_new_length() -> None:
    relay = MemoryRelay()
    subscriber, wakes = live(relay, A)

    relay.ask(put=(A.put(sealed(0).blob), A.put(sealed(1).blob)))

    assert wakes.count == 1
    assert subscriber.take() == ((A.address, 2),)
    assert subscriber.take() == ()


def test_hints_that_wait_are_one_a_mailbox() -> None:
    relay = MemoryRelay()
    subscriber, _ = live(relay, A, B)

    for number in range(5):
        relay.ask(put=(A.put(sealed(number).blob), B.put(sealed(number).blob)))

    assert dict(subscriber.take()) == {A.address: 5, B.address: 5}


def test_a_length_that_comes_late_does_not_go_back() -> None:
    relay = MemoryRelay()
    subscriber, _ = live(relay, A)

    subscriber.offer(A.address, 7)
    subscriber.offer(A.address, 6)

    assert subscriber.take() == ((A.address, 7),)


def test_who_put_gets_no_hint_about_it() -> None:
    relay = MemoryRelay()
    putter, _ = live(relay, A)
    other, _ = live(relay, A)

    ask(relay, putter, put=(A.put(sealed(0).blob),))

    assert putter.take() == ()
    assert other.take() == ((A.address, 1),)


def test_repeats_give_no_hint() -> None:
    relay = MemoryRelay()
    relay.ask(make=(A.make(),), put=(A.put(sealed(0).blob),))
    subscriber, wakes = live(relay, A)

    relay.ask(put=(A.put(sealed(0).blob),))

    assert (subscriber.take(), wakes.count) == ((), 0)


def test_a_wrong_token_follows_nothing() -> None:
    relay = MemoryRelay()
    relay.ask(make=(A.make(),))
    subscriber = Subscriber(10, Wakes())
    wrong = Want(A.address, token("wrong"), 0, EMPTY_HEAD)

    ask(relay, subscriber, want=(wrong,), subscribe=True)
    relay.ask(put=(A.put(sealed(0).blob),))

    assert subscriber.take() == ()
    assert subscriber.addresses == set()


def test_a_cursor_that_forked_follows_all_the_same() -> None:
    relay = MemoryRelay()
    relay.ask(make=(A.make(),))
    subscriber = Subscriber(10, Wakes())

    ask(relay, subscriber, want=(A.want(9, token("old")),), subscribe=True)
    relay.ask(put=(A.put(sealed(0).blob),))

    assert subscriber.take() == ((A.address, 1),)


def test_without_the_word_subscribe_nothing_is_followed() -> None:
    relay = MemoryRelay()
    relay.ask(make=(A.make(),))
    subscriber = Subscriber(10, Wakes())

    ask(relay, subscriber, want=(A.want(),))
    relay.ask(put=(A.put(sealed(0).blob),))

    assert subscriber.take() == ()


def test_a_hint_between_reading_and_granting_is_not_lost() -> None:
    wakes = Wakes()
    subscriber = Subscriber(10, wakes)
    new = subscriber.hold({A.address, B.address})

    subscriber.offer(A.address, 3)
    subscriber.offer(B.address, 4)
    early = (subscriber.take(), wakes.count)
    refused = subscriber.settle(new, [A.address])

    assert early == ((), 0)
    assert refused == {B.address}
    assert wakes.count == 1
    assert subscriber.take() == ((A.address, 3),)


def test_a_hint_that_was_refused_does_not_come_back_with_a_later_grant() -> None:
    subscriber = Subscriber(10, Wakes())
    refused = subscriber.hold({A.address})
    subscriber.offer(A.address, 3)
    subscriber.settle(refused, [])

    granted = subscriber.hold({A.address})
    subscriber.settle(granted, granted)

    assert subscriber.take() == ()


def test_subscribing_beyond_the_limit_is_a_fault_and_changes_nothing() -> None:
    relay = MemoryRelay()
    subscriber, _ = live(relay, A, limit=1)
    relay.ask(make=(B.make(),))

    over = ask(relay, subscriber, want=(B.want(),), put=(B.put(sealed(0).blob),), subscribe=True)
    again = ask(relay, subscriber, want=(A.want(),), subscribe=True)

    assert over == ToClient(fault=Fault.OVERSIZED)
    assert again.fault is Fault.NONE
    assert relay.ask(want=(B.want(),)).boxes[0].n == 0


def test_a_connection_that_ended_is_forgotten() -> None:
    relay = MemoryRelay()
    subscriber, wakes = live(relay, A)

    relay.relay.leave(subscriber)
    relay.ask(put=(A.put(sealed(0).blob),))

    assert wakes.count == 0
    assert relay.fanout._followers == {}
