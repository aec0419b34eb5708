"""What a frame means: order, cursors, pages, faults, days."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.relay_boxes import TODAY, HeldBox, MemoryRelay, done, heads, sealed, token
from harness.relay_stores import FailingStore
from inglenook_schema import mailbox, wire
from inglenook_schema.limits import MAX_FRAME
from inglenook_schema.wire import Box, Done, Fault, Shape, Status, ToClient, ToRelay, Want
from inglenook_server.core.relay import RIDS_ROOM, ROOM
from inglenook_server.core.rules import Quota
from inglenook_server.core.store import ENTRY_COST, RID_COST, Cursor


def with_records(relay: MemoryRelay, box: HeldBox, count: int, size: int = 100) -> list[bytes]:
    blobs = [sealed(number, size=size).blob for number in range(count)]
    for blob in blobs:
        relay.ask(make=(box.make(),), put=(box.put(blob),))
    return blobs


def test_one_frame_makes_puts_erases_and_reads_in_this_order() -> None:
    relay, box = MemoryRelay(), HeldBox()
    a, b = sealed("a"), sealed("b")

    answer = relay.ask(
        ids=(box.ids(1),),
        want=(box.want(),),
        erase=(box.erase(1, a.erase_token),),
        put=(box.put(a.blob), box.put(b.blob)),
        make=(box.make(),),
    )

    head = heads(a.rid, b.rid)[2]
    assert answer == ToClient(
        made=(Done(Status.OK, 0),),
        boxes=(Box(Status.OK, 2, head, ((Shape.ERASED, a.rid), (Shape.OWN, b.rid)), more=False),),
        acks=(Done(Status.OK, 1), Done(Status.OK, 2)),
        ids=(Box(Status.OK, 2, head, ((Shape.RID, b.rid),), more=False),),
        erased=(Done(Status.OK, 0),),
    )


def test_records_after_the_cursor_come_with_the_running_head() -> None:
    relay, box = MemoryRelay(), HeldBox()
    blobs = with_records(relay, box, 3)
    running = heads(*(sealed(number).rid for number in range(3)))

    answer = relay.ask(want=(box.want(1, running[1]),))

    records = tuple((Shape.BLOB, blob) for blob in blobs[1:])
    assert answer.boxes == (Box(Status.OK, 3, running[3], records, more=False),)


def test_where_nothing_came_after_the_cursor_there_is_no_head() -> None:
    relay, box, empty = MemoryRelay(), HeldBox(), HeldBox("empty")
    with_records(relay, box, 2)
    relay.ask(make=(empty.make(),))
    head = heads(sealed(0).rid, sealed(1).rid)[2]

    answer = relay.ask(want=(box.want(2, head), empty.want()), ids=(box.ids(2),))

    assert answer.boxes == (
        Box(Status.OK, 2, b"", (), more=False),
        Box(Status.OK, 0, b"", (), more=False),
    )
    assert answer.ids == (Box(Status.OK, 2, b"", (), more=False),)


@pytest.mark.parametrize(
    ("n", "head"),
    [
        pytest.param(0, token("not empty"), id="a head before the first record"),
        pytest.param(1, mailbox.EMPTY_HEAD, id="another head"),
        pytest.param(3, heads(sealed(0).rid, sealed(1).rid)[2], id="past the end"),
        pytest.param(2**63 - 1, token("far"), id="far past the end"),
    ],
)
def test_a_cursor_that_does_not_fit_is_told_where_the_mailbox_stands(n: int, head: bytes) -> None:
    relay, box = MemoryRelay(), HeldBox()
    with_records(relay, box, 2)
    now = heads(sealed(0).rid, sealed(1).rid)[2]

    answer = relay.ask(want=(box.want(n, head),))

    assert answer.boxes == (Box(Status.FORK, 2, now, (), more=False),)


def test_rids_past_the_end_are_a_fork_as_well() -> None:
    relay, box = MemoryRelay(), HeldBox()
    with_records(relay, box, 1)

    answer = relay.ask(ids=(box.ids(2),))

    assert answer.ids == (Box(Status.FORK, 1, heads(sealed(0).rid)[1], (), more=False),)


def test_the_write_token_reads_nothing() -> None:
    relay, box = MemoryRelay(), HeldBox()
    with_records(relay, box, 1)

    answer = relay.ask(want=(Want(box.address, box.tokens.write, 0, mailbox.EMPTY_HEAD),))

    assert answer.boxes == (Box(Status.UNKNOWN, 0, b"", (), more=False),)


def test_a_long_mailbox_comes_in_pages_that_fit_into_a_frame() -> None:
    relay, box = MemoryRelay(), HeldBox()
    blobs = with_records(relay, box, 11, size=900_000)
    got: list[bytes] = []
    head = mailbox.EMPTY_HEAD

    for _ in range(4):
        frame = relay.ask(want=(box.want(len(got), head),))
        (answer,) = frame.boxes
        assert len(wire.encode(frame)) <= MAX_FRAME
        got += [blob for _, blob in answer.records]
        head = heads(*(sealed(number, size=900_000).rid for number in range(len(got))))[-1]
        if not answer.more:
            break

    assert got == blobs
    assert answer.head == head


def test_when_the_first_mailbox_fills_the_frame_the_others_say_that_there_is_more() -> None:
    relay, large, small = MemoryRelay(), HeldBox("large"), HeldBox("small")
    with_records(relay, large, 6, size=900_000)
    with_records(relay, small, 1)
    running = [sealed(number, size=900_000).rid for number in range(6)]

    first = relay.ask(want=(large.want(), small.want()), ids=(small.ids(),))
    taken = len(first.boxes[0].records)
    second = relay.ask(want=(large.want(taken, heads(*running)[taken]), small.want()))

    assert first.boxes[0].more
    assert len(second.boxes[0].records) == 6 - taken
    assert second.boxes[1].records == ((Shape.BLOB, sealed(0).blob),)


def test_room_that_is_used_up_is_said_and_not_read() -> None:
    relay, large, small = MemoryRelay(), HeldBox("large"), HeldBox("small")
    relay.ask(make=(large.make(), small.make()))
    size = ROOM // 4 - ENTRY_COST
    blobs = [bytes((1, number)).ljust(size, b"x") for number in range(4)]
    for blob in blobs:
        relay.ask(put=(large.put(blob),))
    relay.ask(put=(small.put(sealed(0).blob),))

    answer = relay.ask(want=(large.want(), small.want()))

    assert len(answer.boxes[0].records) == 4
    assert answer.boxes[1] == Box(Status.OK, 1, heads(sealed(0).rid)[1], (), more=True)


def test_blobs_leave_rids_a_room_of_their_own() -> None:
    relay, box = MemoryRelay(), HeldBox()
    with_records(relay, box, 6, size=900_000)

    answer = relay.ask(want=(box.want(),), ids=(box.ids(),))

    assert answer.boxes[0].more
    assert [rid for _, rid in answer.ids[0].records] == [
        sealed(number, size=900_000).rid for number in range(6)
    ]


def test_a_list_of_rids_says_which_records_were_erased_also_in_the_frame_that_erases() -> None:
    relay, box = MemoryRelay(), HeldBox()
    with_records(relay, box, 3)
    first, second, third = (sealed(number) for number in range(3))

    answer = relay.ask(erase=(box.erase(2, second.erase_token),), ids=(box.ids(),))

    shapes = ((Shape.RID, first.rid), (Shape.ERASED, second.rid), (Shape.RID, third.rid))
    assert answer.ids[0].records == shapes
    assert relay.ask(ids=(box.ids(1),)).ids[0].records == shapes[1:]


def test_the_rids_of_a_full_mailbox_fit_into_one_answer() -> None:
    assert Quota().max_records * RID_COST <= RIDS_ROOM
    assert ROOM + RIDS_ROOM + 131_072 <= 2 * MAX_FRAME


@given(st.binary(max_size=400))
def test_any_bytes_get_a_typed_answer(data: bytes) -> None:
    relay = MemoryRelay()

    answer = done(relay.relay.receive(data, TODAY))

    try:
        frame = wire.decode_to_relay(data)
    except wire.MalformedError:
        assert answer == ToClient(fault=Fault.MALFORMED)
    else:
        assert answer == done(relay.relay.answer(frame, TODAY))


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_frame_with_one_byte_changed_gets_a_typed_answer(at: int, byte: int) -> None:
    relay, box = MemoryRelay(), HeldBox()
    data = bytearray(
        wire.encode(ToRelay(make=(box.make(),), put=(box.put(sealed(0).blob),), want=(box.want(),)))
    )
    data[at % len(data)] = byte

    answer = done(relay.relay.receive(bytes(data), TODAY))

    assert wire.decode_to_client(wire.encode(answer)) == answer


def test_a_frame_over_four_mebibytes_is_oversized() -> None:
    relay = MemoryRelay()

    assert done(relay.relay.receive(bytes(MAX_FRAME + 1), TODAY)) == ToClient(fault=Fault.OVERSIZED)


def test_a_store_that_cannot_write_makes_the_relay_busy_and_no_more() -> None:
    store, box = FailingStore(), HeldBox()
    relay = MemoryRelay(store=store)
    relay.ask(make=(box.make(),), put=(box.put(sealed(0).blob),))
    store.failing = "write"

    put = relay.ask(put=(box.put(sealed(1).blob),), want=(box.want(),))
    read = relay.ask(want=(box.want(),))
    store.failing = ""
    again = relay.ask(put=(box.put(sealed(1).blob),))

    assert put == ToClient(fault=Fault.BUSY)
    assert read.boxes[0].n == 1
    assert again.acks == (Done(Status.OK, 2),)
    assert relay.reports == ["SQLITE_FULL"]


def test_a_store_that_cannot_read_makes_the_relay_busy() -> None:
    store, box = FailingStore(), HeldBox()
    relay = MemoryRelay(store=store)
    store.failing = "all"

    assert relay.ask(want=(box.want(),)) == ToClient(fault=Fault.BUSY)
    assert relay.reports == ["SQLITE_IOERR"]


def used_day(relay: MemoryRelay, box: HeldBox) -> int:
    cursor = Cursor(box.address, mailbox.token_hash(box.tokens.read), 0)
    (look,) = done(relay.store.look((cursor,)))
    assert look is not None
    return look.used_day


@pytest.mark.parametrize("act", ["want", "ids", "put"])
def test_using_a_mailbox_notes_the_day(act: str) -> None:
    relay, box = MemoryRelay(), HeldBox()
    relay.ask(make=(box.make(),))
    parts = {"want": box.want(), "ids": box.ids(), "put": box.put(sealed(0).blob)}

    relay.ask(TODAY._replace(day=TODAY.day + 3), **{act: (parts[act],)})

    assert used_day(relay, box) == TODAY.day + 3


def test_a_wrong_token_does_not_count_as_use() -> None:
    relay, box = MemoryRelay(), HeldBox()
    relay.ask(make=(box.make(),))
    later = TODAY._replace(day=TODAY.day + 3)

    relay.ask(later, want=(Want(box.address, token("wrong"), 0, mailbox.EMPTY_HEAD),))

    assert used_day(relay, box) == TODAY.day


def test_a_clock_that_goes_back_does_not_make_a_mailbox_older() -> None:
    relay, box = MemoryRelay(), HeldBox()
    relay.ask(make=(box.make(),))

    relay.ask(TODAY._replace(day=TODAY.day - 5), put=(box.put(sealed(0).blob),), want=(box.want(),))

    assert used_day(relay, box) == TODAY.day


def test_reading_goes_on_when_the_day_cannot_be_noted() -> None:
    store, box = FailingStore(), HeldBox()
    relay = MemoryRelay(store=store)
    relay.ask(make=(box.make(),), put=(box.put(sealed(0).blob),))
    store.failing = "write"

    answer = relay.ask(TODAY._replace(day=TODAY.day + 1), want=(box.want(),))

    assert answer.boxes[0].n == 1


def test_an_empty_question_has_an_empty_answer() -> None:
    assert MemoryRelay().ask() == ToClient()
