"""The rules for make, put and erase."""

import pytest

from harness.relay_boxes import TODAY, HeldBox, MemoryRelay, done, heads, sealed, token
from inglenook_schema import mailbox, record
from inglenook_schema.limits import FRAMING, MAX_OWNED_RECORD, MIN_PLAIN
from inglenook_schema.wire import Done, Erase, Make, Put, Shape, Status, ToClient, ToRelay
from inglenook_server.core.changes import MIN_RECORD, Changes, Now
from inglenook_server.core.pace import Pace
from inglenook_server.core.rules import CreateMode, Quota, Rules
from inglenook_server.stores.memory import MemoryStore

OK = Done(Status.OK, 0)
UNKNOWN = Done(Status.UNKNOWN, 0)
FULL = Done(Status.FULL, 0)


def with_records(relay: MemoryRelay, box: HeldBox, count: int) -> None:
    puts = tuple(box.put(sealed(number).blob) for number in range(count))
    answer = relay.ask(make=(box.make(),), put=puts)
    assert [ack.status for ack in answer.acks] == [Status.OK] * count


def shapes(answer: ToClient) -> list[Shape]:
    return [shape for shape, _ in answer.boxes[0].records]


def test_making_a_mailbox_twice_is_harmless() -> None:
    relay, box = MemoryRelay(), HeldBox()
    with_records(relay, box, 2)

    answer = relay.ask(make=(box.make(), box.make()), want=(box.want(),))

    assert answer.made == (OK, OK)
    assert answer.boxes[0].n == 2


def test_nobody_makes_an_address_with_other_tokens() -> None:
    relay, box, thief = MemoryRelay(), HeldBox(), HeldBox("thief")
    stolen = Make(box.address, thief.make().read, thief.make().write, b"", 400, b"")

    assert relay.ask(make=(stolen,)).made == (UNKNOWN,)
    assert relay.ask(make=(box.make(),)).made == (OK,)


def test_an_owner_hash_of_zeros_is_no_owner() -> None:
    relay, box = MemoryRelay(), HeldBox()
    make = box.make()
    zeros = Make(make.address, make.read, make.write, bytes(32), 400, b"")
    large = sealed("large", size=MAX_OWNED_RECORD)

    answer = relay.ask(make=(zeros,), put=(box.put(large.blob),))

    assert answer.made == (OK,)
    assert answer.acks == (Done(Status.OK, 1),)


def test_in_token_mode_a_mailbox_costs_one_use_of_a_voucher() -> None:
    relay = MemoryRelay(Rules(CreateMode.TOKEN))
    done(relay.store.add_voucher(mailbox.token_hash(b"code"), 2))
    boxes = [HeldBox(name) for name in "abc"]

    answers = [relay.ask(make=(box.make(b"code"),)).made[0].status for box in boxes]

    assert answers == [Status.OK, Status.OK, Status.REFUSED]


@pytest.mark.parametrize("code", [b"", b"another"])
def test_in_token_mode_nothing_is_made_without_a_voucher(code: bytes) -> None:
    relay, box = MemoryRelay(Rules(CreateMode.TOKEN)), HeldBox()
    done(relay.store.add_voucher(mailbox.token_hash(b"code"), 1))

    answer = relay.ask(make=(box.make(code),), want=(box.want(),))

    assert answer.made == (Done(Status.REFUSED, 0),)
    assert answer.boxes[0].status is Status.UNKNOWN


def test_making_a_mailbox_again_costs_no_voucher() -> None:
    relay, box = MemoryRelay(Rules(CreateMode.TOKEN)), HeldBox()
    done(relay.store.add_voucher(mailbox.token_hash(b"code"), 1))
    relay.ask(make=(box.make(b"code"),))

    assert relay.ask(make=(box.make(b"code"), box.make())).made == (OK, OK)


def test_one_frame_cannot_use_a_voucher_more_often_than_it_has_uses() -> None:
    relay = MemoryRelay(Rules(CreateMode.TOKEN))
    done(relay.store.add_voucher(mailbox.token_hash(b"code"), 1))

    answer = relay.ask(make=(HeldBox("a").make(b"code"), HeldBox("b").make(b"code")))

    assert answer.made == (OK, Done(Status.REFUSED, 0))


def test_putting_a_record_twice_gives_its_first_position() -> None:
    relay, box = MemoryRelay(), HeldBox()
    with_records(relay, box, 3)

    answer = relay.ask(put=(box.put(sealed(1).blob), box.put(sealed(9).blob)))

    assert answer.acks == (Done(Status.OK, 2), Done(Status.OK, 4))


def test_a_record_put_twice_in_one_frame_is_there_once() -> None:
    relay, box = MemoryRelay(), HeldBox()
    put = box.put(sealed(1).blob)

    answer = relay.ask(make=(box.make(),), put=(put, put), want=(box.want(),))

    assert answer.acks == (Done(Status.OK, 1), Done(Status.OK, 1))
    assert answer.boxes[0].n == 1


def test_the_same_record_may_lie_in_two_mailboxes() -> None:
    relay, a, b = MemoryRelay(), HeldBox("a"), HeldBox("b")
    blob = sealed(1).blob

    answer = relay.ask(make=(a.make(), b.make()), put=(a.put(blob), b.put(blob)))

    assert answer.acks == (Done(Status.OK, 1), Done(Status.OK, 1))


@pytest.mark.parametrize(
    "blob",
    [
        pytest.param(bytes(32), id="a rid"),
        pytest.param(sealed(1).blob[: FRAMING + MIN_PLAIN - 1], id="one byte too short"),
        pytest.param(b"\x02" + sealed(1).blob[1:], id="another suite"),
    ],
)
def test_what_cannot_be_a_record_is_refused(blob: bytes) -> None:
    relay, box = MemoryRelay(), HeldBox()

    answer = relay.ask(make=(box.make(),), put=(box.put(blob),), want=(box.want(),))

    assert answer.acks == (Done(Status.REFUSED, 0),)
    assert answer.boxes[0].n == 0


def test_the_smallest_real_record_is_taken() -> None:
    relay, box = MemoryRelay(), HeldBox()
    blob = sealed("tiny", size=1).blob

    assert len(blob) == MIN_RECORD
    assert relay.ask(make=(box.make(),), put=(box.put(blob),)).acks == (Done(Status.OK, 1),)


def test_a_mailbox_with_an_owner_takes_chunks_of_files_and_nothing_larger() -> None:
    relay, box = MemoryRelay(), HeldBox(owned=True)
    chunk = sealed("chunk").blob.ljust(MAX_OWNED_RECORD, b"x")
    large = chunk + b"x"

    answer = relay.ask(make=(box.make(),), put=(box.put(chunk), box.put(large)))

    assert answer.acks == (Done(Status.OK, 1), Done(Status.TOO_LARGE, 0))


def test_a_mailbox_full_of_records_takes_no_more_but_answers_repeats() -> None:
    relay, box = MemoryRelay(Rules(quota=Quota(max_records=3))), HeldBox()
    with_records(relay, box, 3)

    answer = relay.ask(put=(box.put(sealed("new").blob), box.put(sealed(2).blob)))

    assert answer.acks == (FULL, Done(Status.OK, 3))


def test_a_mailbox_full_of_bytes_has_room_again_when_something_is_erased() -> None:
    one = sealed(0)
    relay, box = MemoryRelay(Rules(quota=Quota(max_bytes=2 * len(one.blob)))), HeldBox()
    with_records(relay, box, 2)
    third = box.put(sealed(2).blob)

    before = relay.ask(put=(third,))
    relay.ask(erase=(box.erase(1, one.erase_token),))
    after = relay.ask(put=(third,))

    assert before.acks == (FULL,)
    assert after.acks == (Done(Status.OK, 3),)


def test_a_mailbox_takes_so_many_new_records_a_minute() -> None:
    relay = MemoryRelay(Rules(quota=Quota(puts_a_minute=2)))
    box, other = HeldBox(), HeldBox("other")
    with_records(relay, box, 2)
    third = box.put(sealed(2).blob)

    within = relay.ask(put=(third, box.put(sealed(0).blob)))
    elsewhere = relay.ask(make=(other.make(),), put=(other.put(sealed(2).blob),))
    next_minute = relay.ask(Now(day=20_600, minute=8), put=(third,))

    assert within.acks == (FULL, Done(Status.OK, 1))
    assert elsewhere.acks == (Done(Status.OK, 1),)
    assert next_minute.acks == (Done(Status.OK, 3),)


def test_who_only_reads_cannot_put() -> None:
    relay, box = MemoryRelay(), HeldBox()
    with_records(relay, box, 1)
    forged = Put(box.address, box.tokens.read, sealed(2).blob, b"")

    assert relay.ask(put=(forged,)).acks == (UNKNOWN,)


def test_an_erase_token_nulls_its_record_and_keeps_rid_and_head() -> None:
    relay, box = MemoryRelay(), HeldBox()
    with_records(relay, box, 3)
    running = heads(*(sealed(number).rid for number in range(3)))

    answer = relay.ask(erase=(box.erase(2, sealed(1).erase_token),), want=(box.want(),))

    assert answer.erased == (OK,)
    assert answer.boxes[0].head == running[3]
    assert answer.boxes[0].records == (
        (Shape.BLOB, sealed(0).blob),
        (Shape.ERASED, sealed(1).rid),
        (Shape.BLOB, sealed(2).blob),
    )


def test_erasing_twice_is_harmless_and_still_needs_the_token() -> None:
    relay, box = MemoryRelay(), HeldBox()
    with_records(relay, box, 1)
    right = box.erase(1, sealed(0).erase_token)
    wrong = box.erase(1, sealed(1).erase_token)

    answer = relay.ask(erase=(right, right, wrong))

    assert answer.erased == (OK, OK, UNKNOWN)


def test_an_erased_record_put_again_stays_erased() -> None:
    relay, box = MemoryRelay(), HeldBox()
    with_records(relay, box, 1)
    relay.ask(erase=(box.erase(1, sealed(0).erase_token),))

    answer = relay.ask(put=(box.put(sealed(0).blob),), want=(box.want(),))

    assert answer.acks == (Done(Status.OK, 1),)
    assert shapes(answer) == [Shape.ERASED]


def test_a_record_can_be_erased_in_the_frame_that_puts_it() -> None:
    relay, box = MemoryRelay(), HeldBox()
    erase = box.erase(1, sealed(0).erase_token)

    answer = relay.ask(
        make=(box.make(),), put=(box.put(sealed(0).blob),), erase=(erase, erase), want=(box.want(),)
    )

    assert answer.erased == (OK, OK)
    assert shapes(answer) == [Shape.ERASED]


@pytest.mark.parametrize(
    ("address", "n", "erase_token"),
    [
        pytest.param(HeldBox("absent").address, 1, sealed(0).erase_token, id="no such mailbox"),
        pytest.param(HeldBox().address, 9, sealed(0).erase_token, id="no such record"),
        pytest.param(HeldBox().address, 1, sealed(1).erase_token, id="another record's token"),
        pytest.param(HeldBox().address, 1, HeldBox().tokens.write, id="the write token"),
        pytest.param(HeldBox().address, 1, bytes(32), id="zeros"),
        pytest.param(HeldBox().address, 0, bytes(32), id="closing without an owner"),
        pytest.param(HeldBox().address, 0, sealed(0).erase_token, id="closing by an author"),
    ],
)
def test_every_erasure_without_the_right_token_gets_the_one_answer(
    address: bytes, n: int, erase_token: bytes
) -> None:
    relay, box = MemoryRelay(), HeldBox()
    with_records(relay, box, 1)

    answer = relay.ask(erase=(Erase(address, n, erase_token),), want=(box.want(),))

    assert answer.erased == (UNKNOWN,)
    assert shapes(answer) == [Shape.BLOB]


def test_an_owner_nulls_any_record() -> None:
    relay, box = MemoryRelay(), HeldBox(owned=True)
    with_records(relay, box, 2)
    erase = box.erase(2, box.tokens.owner)

    answer = relay.ask(erase=(erase, erase), want=(box.want(),))

    assert answer.erased == (OK, OK)
    assert shapes(answer) == [Shape.BLOB, Shape.ERASED]


def test_an_owner_closes_a_mailbox_for_good() -> None:
    relay, box = MemoryRelay(), HeldBox(owned=True)
    with_records(relay, box, 2)
    close = box.erase(0, box.tokens.owner)

    closed = relay.ask(erase=(close, close))
    after = relay.ask(
        make=(box.make(),),
        put=(box.put(sealed(0).blob), box.put(sealed(7).blob)),
        want=(box.want(),),
    )

    assert closed.erased == (OK, OK)
    assert after.made == (Done(Status.CLOSED, 0),)
    assert after.acks == (Done(Status.CLOSED, 0),) * 2
    assert shapes(after) == [Shape.ERASED, Shape.ERASED]


def test_erasing_after_closing_in_one_frame_finds_everything_erased() -> None:
    relay, box = MemoryRelay(), HeldBox(owned=True)
    close = box.erase(0, box.tokens.owner)
    puts = tuple(box.put(sealed(number).blob) for number in range(2))

    answer = relay.ask(
        make=(box.make(),),
        put=puts,
        erase=(close, box.erase(1, sealed(0).erase_token), box.erase(2, box.tokens.owner)),
        want=(box.want(),),
    )

    assert answer.erased == (OK, OK, OK)
    assert shapes(answer) == [Shape.ERASED, Shape.ERASED]


def test_a_wrong_write_token_learns_nothing_of_a_closed_or_full_mailbox() -> None:
    relay, box = MemoryRelay(Rules(quota=Quota(max_records=1))), HeldBox(owned=True)
    with_records(relay, box, 1)
    forged = Put(box.address, token("wrong"), sealed(0).blob, b"")

    full = relay.ask(put=(forged,))
    relay.ask(erase=(box.erase(0, box.tokens.owner),))
    closed = relay.ask(put=(forged,))

    assert full.acks == closed.acks == (UNKNOWN,)


def test_rids_come_from_the_whole_blob() -> None:
    relay, box = MemoryRelay(), HeldBox()
    blob = sealed(0).blob
    twin = blob[:-1] + bytes((blob[-1] ^ 1,))

    answer = relay.ask(make=(box.make(),), put=(box.put(blob), box.put(twin)), ids=(box.ids(),))

    assert [rid for _, rid in answer.ids[0].records] == [record.rid(blob), record.rid(twin)]


def test_settled_apart_a_frame_comes_to_what_it_comes_to_whole() -> None:
    a, b, c = HeldBox("a", owned=True), HeldBox("b"), HeldBox("c")
    blobs = [sealed(number).blob for number in range(4)]
    frame = ToRelay(
        make=(a.make(), b.make(), a.make()),
        put=(*(a.put(blob) for blob in blobs), b.put(blobs[0]), c.put(blobs[1]), a.put(blobs[2])),
        erase=(b.erase(1, bytes(32)), a.erase(2, a.tokens.owner)),
    )
    touch = frozenset({b.address, HeldBox("d").address})
    whole, taken = MemoryStore(), MemoryStore()
    changes = Changes(frame, TODAY, Rules(), Pace(100), touch)

    parts = changes.apart()
    outcomes = {address: done(taken.write(part)) for address, part in parts.items()}

    assert {address: part.addresses for address, part in parts.items()} == {
        address: {address} for address in changes.addresses
    }
    assert changes.joined(outcomes) == done(
        whole.write(Changes(frame, TODAY, Rules(), Pace(100), touch))
    )
    for box in (a, b):
        pages = [done(store.page(box.address, 0, 10**6, blobs=True)) for store in (whole, taken)]
        assert pages[0] == pages[1]
