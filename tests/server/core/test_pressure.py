"""Much of everything from one address: it costs others nothing, and it can be got out of again."""

from collections import Counter

from harness.relay_boxes import TODAY, HeldBox, MemoryRelay, done, sealed, token
from harness.relay_stores import CountingStore
from inglenook_schema import mailbox, wire
from inglenook_schema.mailbox import EMPTY_HEAD
from inglenook_schema.wire import Make, Status, ToRelay, Want
from inglenook_server.core.rules import Quota, Rules
from inglenook_server.stores.memory import MemoryStore

MINE = HeldBox("mine")


def many(count: int) -> list[Make]:
    """Mailboxes whose tokens are one hash each: it is the relay that is pressed, not the test."""
    hashes = [number.to_bytes(32, "big") for number in range(count)]
    return [Make(mailbox.address(h, h), h, h, b"", 400, b"") for h in hashes]


def test_ten_thousand_mailboxes_make_no_others_question_dearer() -> None:
    work: list[Counter[str]] = []
    for count in (0, 10_000):
        store = CountingStore()
        relay = MemoryRelay(store=store)
        relay.ask(make=(MINE.make(),), put=(MINE.put(sealed(0).blob),))
        makes = many(count)
        for at in range(0, count, 250):
            made = relay.ask(make=tuple(makes[at : at + 250])).made
            assert {each.status for each in made} == {Status.OK}
        store.calls.clear()

        box = relay.ask(want=(MINE.want(),)).boxes[0]

        assert box.records[0][1] == sealed(0).blob
        work.append(store.calls)
    assert work[0] == work[1]


def test_of_256_guesses_in_a_frame_each_is_answered_as_if_nothing_were_there() -> None:
    """Tokens of a mailbox that is there, and addresses of mailboxes that are not."""
    there, not_there = HeldBox("there"), HeldBox("not there")
    answers: list[bytes] = []
    work: list[Counter[str]] = []
    for address in (there.address, not_there.address):
        store = CountingStore()
        relay = MemoryRelay(store=store)
        relay.ask(make=(there.make(),), put=(there.put(sealed(0).blob),))
        store.calls.clear()
        guesses = tuple(Want(address, token("guess", n), 0, EMPTY_HEAD) for n in range(256))
        frame = wire.encode(ToRelay(want=guesses))

        answers.append(wire.encode(done(relay.relay.receive(frame, TODAY))))
        work.append(store.calls)

    assert answers[0] == answers[1]
    assert work[0] == work[1]
    boxes = wire.decode_to_client(answers[0]).boxes
    assert [box.status for box in boxes] == [Status.UNKNOWN] * 256


def test_a_full_mailbox_takes_no_more_until_something_is_erased_and_others_go_on() -> None:
    first, second, third = (sealed(n, size=1000) for n in range(3))
    room = len(first.blob) + len(second.blob)
    relay = MemoryRelay(Rules(quota=Quota(max_bytes=room)), MemoryStore())
    other = HeldBox("other")
    relay.ask(make=(MINE.make(), other.make()))
    puts = tuple(MINE.put(each.blob) for each in (first, second, third))

    full = relay.ask(put=(*puts, other.put(third.blob)))
    again = relay.ask(put=(puts[0],))
    relay.ask(erase=(MINE.erase(1, first.erase_token),))
    after = relay.ask(put=(puts[2],), want=(MINE.want(),))

    assert [ack.status for ack in full.acks] == [*[Status.OK] * 2, Status.FULL, Status.OK]
    assert again.acks[0].status is Status.OK  # what is there is there
    assert after.acks[0].status is Status.OK
    assert [blob for _, blob in after.boxes[0].records][1] == second.blob


def test_a_mailbox_with_all_its_places_taken_stays_full_whatever_is_erased() -> None:
    """Its rids stay; whoever fills it must begin a new epoch, and can."""
    relay = MemoryRelay(Rules(quota=Quota(max_records=2)), MemoryStore())
    relay.ask(make=(MINE.make(),))
    records = [sealed(n) for n in range(3)]
    relay.ask(put=tuple(MINE.put(each.blob) for each in records[:2]))
    relay.ask(erase=(MINE.erase(1, records[0].erase_token),))

    full = relay.ask(put=(MINE.put(records[2].blob),))
    fresh = HeldBox("the next epoch's")
    moved = relay.ask(make=(fresh.make(),), put=(fresh.put(records[2].blob),))

    assert full.acks[0].status is Status.FULL
    assert moved.acks[0].status is Status.OK
