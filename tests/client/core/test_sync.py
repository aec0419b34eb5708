"""The sync machine against the real relay core in memory, and against a folder (protocol 6)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.folder_partner import FolderPartner, folder_partner
from harness.memory_relay import MemoryRelay
from harness.peer import Peer
from inglenook_client.core.sync import (
    Arrived,
    Conversation,
    Kept,
    Listed,
    Lost,
    Made,
    Mailbox,
    Outgoing,
    Phase,
    Refused,
    Untrue,
    compare,
)
from inglenook_client.transports.errors import OfflineError, RelayError
from inglenook_schema import mailbox, record, wire
from inglenook_schema.errors import InglenookError
from inglenook_schema.limits import MAX_FRAME, MAX_WANTS
from inglenook_schema.mailbox import EMPTY_HEAD
from inglenook_schema.record import RecordKind
from inglenook_schema.wire import Box, Done, Shape, Status, ToClient, ToRelay
from inglenook_server.core.changes import Now
from inglenook_server.core.rules import CreateMode, Quota, Rules

MANY_TRIPS = 200


Partner = MemoryRelay | FolderPartner


@contextmanager
def memory() -> Iterator[Partner]:
    yield MemoryRelay()


@pytest.fixture(params=[memory, folder_partner], ids=["relay", "folder"])
def relay(request: pytest.FixtureRequest) -> Iterator[Partner]:
    """Whoever answers: a relay, or files in a folder."""
    with request.param() as partner:
        yield partner


@pytest.fixture
def ada() -> Peer:
    return Peer("shared")


@pytest.fixture
def max_() -> Peer:
    return Peer("shared")


def settle(relay: Partner, *peers: Peer) -> None:
    """Everybody syncs twice."""
    for peer in (*peers, *peers):
        peer.sync(relay.ask)


def effects(peer: Peer, kind: type) -> list[object]:
    return [effect for effect in peer.effects if isinstance(effect, kind)]


# --- the quiet way --------------------------------------------------------------------


def test_what_one_device_puts_the_other_reads_in_order(
    relay: Partner, ada: Peer, max_: Peer
) -> None:
    for text in ("first", "second", "third"):
        ada.write(text)

    ada.sync(relay.ask)
    max_.sync(relay.ask)

    assert max_.texts() == ["first", "second", "third"]
    assert ada.texts() == max_.texts()


@pytest.mark.parametrize("boxes", [1, MAX_WANTS])
def test_a_sync_with_nothing_new_is_one_round_trip(relay: Partner, boxes: int) -> None:
    peer = Peer(*(f"space {number}" for number in range(boxes)))
    peer.sync(relay.ask)
    peer.trips = 0

    peer.sync(relay.ask)

    assert peer.trips == 1
    question = relay.frames[-1]
    assert (question.make, question.put, question.ids, question.erase) == ((), (), (), ())


def test_making_putting_and_reading_back_is_one_round_trip(relay: Partner, ada: Peer) -> None:
    ada.write("hello")

    ada.sync(relay.ask)

    assert ada.trips == 1
    assert [type(effect) for effect in ada.effects] == [Made, Kept, Arrived]


def test_own_records_come_back_as_names_only(relay: Partner, ada: Peer) -> None:
    ada.write("hello")

    ada.sync(relay.ask)

    (arrived,) = (effect for effect in ada.effects if isinstance(effect, Arrived))
    assert [(shape, blob) for _, shape, _, blob in arrived.items] == [(Shape.OWN, b"")]


def test_more_mailboxes_than_one_frame_holds_are_all_asked(relay: Partner) -> None:
    names = [f"space {number}" for number in range(2 * MAX_WANTS + 3)]
    writer, reader = Peer(*names), Peer(*names)
    for number in range(len(names)):
        writer.write(f"text {number}", number)

    writer.sync(relay.ask)
    reader.sync(relay.ask)

    assert [reader.texts(n) for n in range(len(names))] == [
        [f"text {n}"] for n in range(len(names))
    ]
    assert max(len(frame.want) for frame in relay.frames) <= MAX_WANTS


def test_nothing_asked_is_nothing_sent() -> None:
    assert Conversation([]).ask() is None


def test_only_a_live_conversation_subscribes(ada: Peer) -> None:
    quiet, live = ada.talk(), Conversation(ada.talk().boxes.values(), subscribe=True)

    questions = quiet.ask(), live.ask()

    assert [q.subscribe for q in questions if q] == [False, True]


def test_a_hint_leads_to_one_more_question_and_to_nothing_else(
    relay: Partner, ada: Peer, max_: Peer
) -> None:
    talk = ada.talk()
    ada.sync(relay.ask, talk)
    max_.write("news")
    max_.sync(relay.ask)

    talk.again(0)
    ada.sync(relay.ask, talk)

    assert ada.texts() == ["news"]


# --- large frames ---------------------------------------------------------------------


def test_records_of_a_megabyte_are_put_and_read_over_several_frames(
    relay: Partner, ada: Peer, max_: Peer
) -> None:
    for number in range(9):
        ada.write(f"{number}", size=1_000_000)

    ada.sync(relay.ask)
    max_.sync(relay.ask)

    assert max_.texts() == [str(number) for number in range(9)]
    assert max_.trips > 1


def test_more_small_records_than_one_frame_may_hold_are_put_all_the_same() -> None:
    many = wire.MAX_ACTS + 10
    relay = MemoryRelay(Rules(quota=Quota(puts_a_minute=2 * many)))
    ada = Peer("shared")
    talk = ada.talk()
    small = [bytes([1]) + number.to_bytes(576, "big") for number in range(many)]
    talk.boxes[0].outbox = [Outgoing(n, record.rid(b), b) for n, b in enumerate(small)]

    kept = []
    while (question := talk.ask()) is not None:
        kept += [e for e in talk.receive(relay.ask(question)) if isinstance(e, Kept)]

    assert [effect.number for effect in kept] == list(range(many))
    assert all(len(frame.put) <= wire.MAX_ACTS for frame in relay.frames)


def test_the_fullest_frame_still_fits() -> None:
    peer = Peer(*(f"space {number}" for number in range(2 * MAX_WANTS)), voucher=bytes(64))
    talk = peer.talk()
    for number, state in enumerate(talk.boxes.values()):
        state.erase = [(n + 1, bytes(32)) for n in range(40)]
        blob = record.seal(
            record.RecordKind.BATCH, bytes(20_000), peer.boxes[number].place, bytes(32)
        )
        state.outbox = [Outgoing(0, record.rid(blob), blob)]
        state.phase = Phase.LISTING if number >= MAX_WANTS else Phase.ASKING

    question = talk.ask()

    assert question is not None
    assert len(wire.encode(question)) <= MAX_FRAME
    assert len(question.erase) <= wire.MAX_ACTS
    assert wire.decode_to_relay(wire.encode(question)) == question


# --- answers that get lost ------------------------------------------------------------


def test_a_put_whose_answer_was_lost_is_there_once(relay: Partner, ada: Peer, max_: Peer) -> None:
    ada.write("once")
    relay.answers_to_lose = 1
    with pytest.raises(OfflineError):
        ada.sync(relay.ask)

    settle(relay, ada, max_)

    assert ada.texts() == max_.texts() == ["once"]
    assert len(relay.rids(ada.boxes[0].tokens.address)) == 1
    assert not effects(ada, Lost)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("wls")), max_size=40))
def test_whatever_answers_get_lost_every_record_is_everywhere_once(
    script: list[tuple[bool, str]],
) -> None:
    relay, peers = MemoryRelay(), (Peer("shared"), Peer("shared"))
    written = 0
    for who, what in script:
        if what == "w":
            peers[who].write(f"text {written}")
            written += 1
            continue
        relay.answers_to_lose = int(what == "l")
        with suppress(OfflineError):
            peers[who].sync(relay.ask)
    relay.answers_to_lose = 0

    settle(relay, *peers)

    assert sorted(peers[0].texts()) == sorted(f"text {n}" for n in range(written))
    assert peers[0].texts() == peers[1].texts()
    assert not effects(peers[0], Lost)


# --- a relay that lost something ------------------------------------------------------


def test_what_a_relay_lost_is_put_again_in_old_order_and_told_once(
    relay: Partner, ada: Peer, max_: Peer
) -> None:
    ada.write("kept")
    settle(relay, ada, max_)
    before = relay.snapshot()
    for text in ("lost 1", "lost 2"):
        ada.write(text)
    settle(relay, ada, max_)
    relay.roll_back(before)

    settle(relay, ada, max_)

    assert ada.texts() == max_.texts() == ["kept", "lost 1", "lost 2"]
    assert ada.healed == 2
    assert len(effects(ada, Lost)) == 1


def test_several_healers_leave_no_duplicates(relay: Partner, ada: Peer, max_: Peer) -> None:
    for number in range(5):
        ada.write(f"{number}")
    settle(relay, ada, max_)
    relay.wipe()
    talks = ada.talk(), max_.talk()
    frames = [talk.ask() for talk in talks]
    answers = [relay.ask(frame) for frame in frames if frame]  # both see the empty relay
    for peer, talk, answer in zip((ada, max_), talks, answers, strict=True):
        peer.keep(talk, talk.receive(answer))

    ada.sync(relay.ask, talks[0])
    max_.sync(relay.ask, talks[1])
    settle(relay, ada, max_)

    assert ada.texts() == max_.texts() == [f"{number}" for number in range(5)]


def test_a_wiped_relay_is_filled_again_from_any_one_device(
    relay: Partner, ada: Peer, max_: Peer
) -> None:
    ada.write("from Ada")
    max_.write("from Max")
    settle(relay, ada, max_)
    relay.wipe()

    max_.sync(relay.ask)
    newcomer = Peer("shared")
    newcomer.sync(relay.ask)

    assert sorted(newcomer.texts()) == ["from Ada", "from Max"]


def test_a_relay_that_went_back_and_then_grew_again_is_healed(
    relay: Partner, ada: Peer, max_: Peer
) -> None:
    settle(relay, ada, max_)
    before = relay.snapshot()
    ada.write("lost")
    ada.sync(relay.ask)
    relay.roll_back(before)
    for number in range(3):
        max_.write(f"meanwhile {number}")
    max_.sync(relay.ask)

    settle(relay, ada, max_)

    everything = {"lost", *(f"meanwhile {n}" for n in range(3))}
    assert set(ada.texts()) == set(max_.texts()) == everything
    assert ada.texts() == max_.texts()


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("wwslbrx")), max_size=40))
def test_through_any_losses_of_the_relay_every_record_ends_everywhere_once(
    script: list[tuple[bool, str]],
) -> None:
    relay, peers = MemoryRelay(), (Peer("shared"), Peer("shared"))
    copy, written = relay.snapshot(), 0
    for who, what in script:
        match what:
            case "w":
                peers[who].write(f"text {written}")
                written += 1
            case "b":
                copy = relay.snapshot()
            case "r":
                relay.roll_back(copy)
            case "x":
                relay.wipe()
            case _:
                relay.answers_to_lose = int(what == "l")
                with suppress(OfflineError):
                    peers[who].sync(relay.ask)
    relay.answers_to_lose = 0

    settle(relay, *peers)

    assert sorted(peers[0].texts()) == sorted(f"text {n}" for n in range(written))
    assert peers[0].texts() == peers[1].texts()


def test_a_relay_that_goes_on_losing_is_not_healed_without_end(ada: Peer) -> None:
    relay = MemoryRelay()
    ada.write("again and again")
    ada.sync(relay.ask)
    asked = 0

    def forgetful(frame: ToRelay) -> ToClient:
        nonlocal asked
        asked += 1
        assert asked < MANY_TRIPS
        relay.wipe()
        return relay.ask(frame)

    ada.sync(forgetful)

    assert ada.boxes[0].records


def test_a_mailbox_that_this_device_may_not_make_is_not_made_again(relay: Partner) -> None:
    peer = Peer("shared", may_make=False)
    peer.boxes[0].made = True
    peer.write("waits")

    peer.sync(relay.ask)

    assert peer.effects == [Refused(0, Status.UNKNOWN)]
    assert not any(frame.make for frame in relay.frames)
    assert peer.boxes[0].waiting


# --- a relay that refuses -------------------------------------------------------------


def test_a_full_mailbox_is_told_and_what_waits_stays(ada: Peer, max_: Peer) -> None:
    relay = MemoryRelay(Rules(quota=Quota(max_records=2)))
    rids = [ada.write(f"{number}") for number in range(3)]

    settle(relay, ada, max_)

    assert Refused(0, Status.FULL) in ada.effects
    assert ada.boxes[0].waiting == rids[2:]
    assert max_.texts() == ["0", "1"]


def test_a_relay_that_wants_a_voucher_is_told_apart_and_makes_nothing(ada: Peer) -> None:
    relay = MemoryRelay(Rules(create=CreateMode.TOKEN))
    ada.write("waits")

    ada.sync(relay.ask)

    assert ada.effects == [Refused(0, Status.REFUSED)]
    assert ada.boxes[0].waiting
    assert ada.trips == 1


def test_too_many_puts_a_minute_wait_for_the_next_one(ada: Peer) -> None:
    relay = MemoryRelay(Rules(quota=Quota(puts_a_minute=2)))
    for number in range(5):
        ada.write(f"{number}")
    for minute in range(3):
        relay.now = Now(20_000, minute)
        ada.sync(relay.ask)

    assert ada.texts() == [f"{number}" for number in range(5)]


def test_a_fault_is_an_error_of_the_relay_and_keeps_everything(ada: Peer) -> None:
    ada.write("waits")

    def faulty(_: ToRelay) -> ToClient:
        raise RelayError

    with pytest.raises(OfflineError):
        ada.sync(faulty)

    assert ada.boxes[0].waiting


# --- a relay that lies ----------------------------------------------------------------


@pytest.fixture
def blobs(ada: Peer) -> list[bytes]:
    """Three records of Ada's."""
    return [ada.boxes[0].records[ada.write(f"text {number}")] for number in range(3)]


def answer_with(box: Box) -> Callable[[ToRelay], ToClient]:
    return lambda _: ToClient(boxes=(box,))


def head_of(blobs: list[bytes], head: bytes = EMPTY_HEAD) -> bytes:
    for blob in blobs:
        head = mailbox.next_head(head, record.rid(blob))
    return head


def items(blobs: list[bytes]) -> tuple[tuple[Shape, bytes], ...]:
    return tuple((Shape.BLOB, blob) for blob in blobs)


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(
            lambda b: Box(Status.OK, 3, bytes(31) + b"x", items(b), more=False),
            id="names a head that no records lead to",
        ),
        pytest.param(
            lambda b: Box(Status.OK, 3, head_of(b), items(b[::-1]), more=False),
            id="changes the order",
        ),
        pytest.param(
            lambda b: Box(Status.OK, 3, head_of(b), items(b[:2]), more=False),
            id="leaves the last one out",
        ),
        pytest.param(
            lambda b: Box(Status.OK, 2, head_of(b), items(b), more=False), id="counts too few"
        ),
        pytest.param(
            lambda b: Box(Status.OK, 3, head_of(b), items(b), more=True),
            id="promises more and has none",
        ),
        pytest.param(
            lambda _: Box(Status.OK, 9, b"", (), more=True), id="promises more and sends none"
        ),
        pytest.param(
            lambda _: Box(Status.OK, 3, b"", (), more=False), id="counts what it does not send"
        ),
    ],
)
def test_a_list_that_does_not_add_up_is_refused_whole(
    blobs: list[bytes], max_: Peer, lie: Callable[[list[bytes]], Box]
) -> None:
    max_.boxes[0].made = True

    max_.sync(answer_with(lie(blobs)))

    assert max_.effects == [Untrue(0)]
    assert (max_.boxes[0].n, max_.boxes[0].head) == (0, EMPTY_HEAD)
    assert max_.trips == 1


def test_a_relay_that_alters_a_record_it_gave_before_is_found_out(
    relay: Partner, ada: Peer, max_: Peer, blobs: list[bytes]
) -> None:
    settle(relay, ada, max_)
    cursor = max_.boxes[0].n, max_.boxes[0].head
    other = [*blobs[:2], blobs[2][:-1] + b"x", blobs[0]]

    max_.sync(answer_with(Box(Status.OK, 4, head_of(other), items(other[3:]), more=False)))

    assert Untrue(0) in max_.effects
    assert (max_.boxes[0].n, max_.boxes[0].head) == cursor


@pytest.mark.parametrize("status", [Status.FORK, Status.UNKNOWN])
def test_a_relay_that_claims_a_loss_again_and_again_is_left_alone(
    ada: Peer, status: Status
) -> None:
    ada.write("waits")
    ada.boxes[0].made = True
    ada.boxes[0].n, ada.boxes[0].head = 1, bytes(32)
    asked = 0

    def moaning(frame: ToRelay) -> ToClient:
        nonlocal asked
        asked += 1
        assert asked < MANY_TRIPS
        done = (Done(Status.OK, 1),)
        return ToClient(
            made=done[: len(frame.make)],
            acks=done[: len(frame.put)],
            boxes=(Box(status, 0, b"", (), more=False),) * len(frame.want),
            ids=(Box(Status.OK, 0, b"", (), more=False),) * len(frame.ids),
        )

    ada.sync(moaning)

    assert ada.boxes[0].records


@pytest.mark.parametrize(
    "ack",
    [
        pytest.param(None, id="leaves the ack out"),
        pytest.param(Done(Status.UNKNOWN, 0), id="says unknown to the put alone"),
    ],
)
def test_a_relay_that_neither_takes_nor_refuses_a_put_ends_the_conversation(
    ada: Peer, ack: Done | None
) -> None:
    ada.write("waits")
    ada.boxes[0].made = True
    answer = ToClient(
        acks=() if ack is None else (ack,),
        boxes=(Box(Status.OK, 0, b"", (), more=False),),
    )
    asked = 0

    def deaf(_: ToRelay) -> ToClient:
        nonlocal asked
        asked += 1
        assert asked < MANY_TRIPS
        return answer

    ada.sync(deaf)

    assert ada.boxes[0].waiting


def test_a_relay_that_answers_less_than_was_asked_ends_the_conversation(ada: Peer) -> None:
    ada.write("waits")

    ada.sync(lambda _: ToClient())

    assert ada.trips == 1
    assert ada.boxes[0].waiting


# --- a relay that says anything at all ------------------------------------------------

statuses = st.sampled_from(Status)
counts = st.one_of(st.integers(0, 6), st.integers(0, 2**63 - 1))
dones = st.lists(st.builds(Done, statuses, counts), max_size=4).map(tuple)
known = [record.rid(bytes([number]) * 600) for number in range(3)]
some_items = st.one_of(
    st.tuples(st.just(Shape.BLOB), st.binary(min_size=32, max_size=80)),
    st.tuples(
        st.sampled_from([Shape.ERASED, Shape.OWN, Shape.RID]),
        st.one_of(st.sampled_from(known), st.binary(min_size=32, max_size=32)),
    ),
)


@st.composite
def boxes_(draw: st.DrawFn) -> Box:
    """An answer that may be honest: often its head does follow from the empty mailbox."""
    records = tuple(draw(st.lists(some_items, max_size=4)))
    head = EMPTY_HEAD
    for shape, data in records:
        head = mailbox.next_head(head, record.rid(data) if shape is Shape.BLOB else data)
    return Box(
        draw(statuses),
        draw(st.one_of(st.just(len(records)), counts)),
        draw(st.one_of(st.just(head), st.just(b""), st.binary(min_size=32, max_size=32))),
        records,
        draw(st.booleans()),
    )


answers = st.builds(
    ToClient,
    made=dones,
    boxes=st.lists(boxes_(), max_size=3).map(tuple),
    acks=dones,
    ids=st.lists(boxes_(), max_size=3).map(tuple),
    erased=dones,
)


@pytest.mark.timeout(240)  # many answers, each over many trips
@given(st.lists(answers, min_size=1, max_size=8), st.booleans())
def test_whatever_a_relay_answers_the_machine_ends_and_moves_only_over_what_adds_up(
    script: list[ToClient], made: bool
) -> None:
    peer = Peer("one", "two")
    for kept in peer.boxes:
        kept.made = made
    written = {peer.write(f"text {number}", number % 2) for number in range(4)}
    said: Iterator[ToClient] = iter(script * MANY_TRIPS)
    talk = peer.talk()

    for _ in range(MANY_TRIPS):
        question = talk.ask()
        if question is None:
            break
        before = {number: (state.n, state.head) for number, state in talk.boxes.items()}
        answer = next(said)
        moved = talk.receive(wire.decode_to_client(wire.encode(answer)))
        for effect in moved:
            if isinstance(effect, Arrived):
                n, head = before[effect.box]
                for at, _, rid, _ in effect.items:
                    n, head = n + 1, mailbox.next_head(head, rid)
                    assert at == n
                assert (effect.n, effect.head) == (n, head)
        peer.keep(talk, moved)
    else:
        raise AssertionError("it would go on for ever")

    held = {rid for kept in peer.boxes for rid in kept.records}
    assert written <= held  # nothing a relay says deletes anything


@given(st.binary(max_size=300))
def test_any_bytes_from_a_relay_are_an_answer_or_a_typed_error(data: bytes) -> None:
    with suppress(InglenookError):
        wire.decode_to_client(data)


# --- comparing ------------------------------------------------------------------------

rids = st.lists(st.sampled_from([bytes([n]) * 32 for n in range(8)]), unique=True)


@given(rids, rids)
def test_comparing_puts_again_what_is_gone_and_reads_on_where_both_still_agree(
    there: list[bytes], held: list[bytes]
) -> None:
    found = compare(there, held)

    assert found.again == [rid for rid in held if rid not in there]
    assert set(there[: found.n]) <= set(held)
    assert found.n == len(there) or there[found.n] not in held
    head = EMPTY_HEAD
    for rid in there[: found.n]:
        head = mailbox.next_head(head, rid)
    assert found.head == head
    assert found.positions == {rid: at for at, rid in enumerate(there, start=1)}


def test_a_mailbox_is_named_by_what_makes_it() -> None:
    state = next(iter(Peer("one").talk().boxes.values()))

    assert isinstance(state, Mailbox)
    assert state.address == state.make.address


# --- reading a list for what is erased ------------------------------------------------


def token_of(peer: Peer, rid: bytes) -> bytes:
    kept = peer.boxes[0]
    inner = record.open_record(kept.records[rid], kept.place).inner
    key = record.erase_key(kept.place.secret)
    return record.erase_token(RecordKind.BATCH, inner, kept.place.box, key)


def erasing(peer: Peer, *rids: bytes) -> Conversation:
    """A conversation that is to null these records and to read the list."""
    talk = peer.talk()
    (box,) = talk.boxes.values()
    box.erase = [(peer.boxes[0].positions[rid] or 0, token_of(peer, rid)) for rid in rids]
    box.look = min(n for n, _ in box.erase) - 1
    return talk


def listed(peer: Peer) -> list[tuple[bytes, bool]]:
    return [item for effect in peer.effects if isinstance(effect, Listed) for item in effect.items]


def test_what_is_nulled_is_read_back_in_the_same_round_trip(relay: MemoryRelay, ada: Peer) -> None:
    first, second, third = (ada.write(text) for text in ("one", "two", "three"))
    settle(relay, ada)
    before = ada.trips

    ada.sync(relay.ask, erasing(ada, second))

    assert listed(ada) == [(second, True), (third, False)]
    assert first not in dict(listed(ada))
    assert ada.trips == before + 1


def test_a_relay_that_says_yes_and_erases_nothing_shows_it_in_its_list(
    relay: MemoryRelay, ada: Peer
) -> None:
    rid = ada.write("one")
    settle(relay, ada)

    def pretend(frame: ToRelay) -> ToClient:
        answer = relay.ask(msgspec.structs.replace(frame, erase=()))
        done = tuple(Done(Status.OK, 0) for _ in frame.erase)
        return msgspec.structs.replace(answer, erased=done)

    ada.sync(pretend, erasing(ada, rid))

    assert listed(ada) == [(rid, False)]


def test_a_long_list_is_read_page_by_page_and_an_endless_one_is_not(
    relay: MemoryRelay, ada: Peer
) -> None:
    rids = [ada.write(f"number {number}") for number in range(10)]
    settle(relay, ada)

    def in_pages(frame: ToRelay) -> ToClient:
        answer = relay.ask(frame)
        cut = tuple(
            msgspec.structs.replace(box, records=box.records[:3], more=len(box.records) > 3)
            for box in answer.ids
        )
        return msgspec.structs.replace(answer, ids=cut)

    def endless(frame: ToRelay) -> ToClient:
        answer = relay.ask(frame)
        lies = tuple(
            Box(Status.OK, 2**40, b"", ((Shape.ERASED, bytes(32)),), more=True) for _ in frame.ids
        )
        return msgspec.structs.replace(answer, ids=lies)

    ada.sync(in_pages, erasing(ada, rids[0]))
    pages = listed(ada)
    ada.effects.clear()
    ada.sync(endless, erasing(ada, rids[1]))

    assert [rid for rid, _ in pages] == rids
    assert [erased for _, erased in pages] == [True] + 9 * [False]
    assert len(listed(ada)) == 1


def test_a_record_that_was_erased_meanwhile_is_not_put(relay: MemoryRelay, ada: Peer) -> None:
    ada.write("to be put")
    ada.write("erased")
    talk = ada.talk()

    talk.drop({1})
    ada.sync(relay.ask, talk)

    assert len(relay.blobs()) == 1


def test_a_mailbox_that_lost_something_says_what_of_the_rest_is_erased(
    relay: MemoryRelay, ada: Peer
) -> None:
    first, second = ada.write("one"), ada.write("two")
    settle(relay, ada)
    ada.sync(relay.ask, erasing(ada, first))
    relay.forget(second)

    ada.sync(relay.ask)

    (lost,) = [effect for effect in ada.effects if isinstance(effect, Lost)]
    assert lost.erased == {first}
