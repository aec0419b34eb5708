"""Events composed here and read from outside (protocol 2.1 to 2.4, 4.4)."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.histories import cast_of, histories
from harness.logs import Log, draw, first_device
from inglenook_client.core.events import (
    Event,
    Run,
    batch_of,
    compose,
    control_of,
    read,
    read_run,
)
from inglenook_schema import batch, header
from inglenook_schema.errors import MalformedEventError, PeerError
from inglenook_schema.header import Kind

Pairs: TypeAlias = list[tuple[bytes, bytes | None]]
ADA = first_device("Ada")


@pytest.fixture
def log() -> Log:
    return Log(ADA)


def pairs(*events: Event) -> Pairs:
    return [(event.raw, event.body) for event in events]


@given(histories(longest=12))
def test_what_a_device_composes_reads_back_as_the_same_event(log: Log) -> None:
    for event in log.events.values():
        assert read(event.raw, event.body) == event
        assert read(event.raw, None).id == event.id


@given(histories(longest=12), st.integers(1, 64))
def test_every_run_survives_the_way_through_a_batch(log: Log, longest: int) -> None:
    for run in log.runs(longest=longest):
        found = batch.decode_batch(batch_of(run))

        assert read_run(log.id, found.events, found.seal) == run


@given(st.binary(max_size=200), st.none() | st.binary(max_size=200))
def test_any_bytes_are_an_event_or_a_typed_refusal(raw: bytes, body: bytes | None) -> None:
    with pytest.raises(PeerError):
        read(raw, body)


@given(st.data())
def test_a_body_with_one_bit_changed_is_refused(data: st.DataObject) -> None:
    event = Log(ADA).open(ADA).say("words that were signed")
    assert event.body is not None
    at = data.draw(st.integers(0, len(event.body) * 8 - 1))
    altered = bytearray(event.body)
    altered[at // 8] ^= 1 << at % 8

    with pytest.raises(MalformedEventError):
        read(event.raw, bytes(altered))


def test_a_body_of_another_length_is_refused(log: Log) -> None:
    event = log.open(ADA).say()
    assert event.body is not None

    with pytest.raises(MalformedEventError):
        read(event.raw, event.body + bytes(64))


# --- runs -----------------------------------------------------------------------------


def _gap(log: Log) -> Sequence[Event]:
    chain = log.open(ADA)
    first, _, third = chain.say(), chain.say(), chain.say()
    return first, third


def _backwards(log: Log) -> Sequence[Event]:
    chain = log.open(ADA)
    first, second = chain.say(), chain.say()
    return second, first


def _two_chains(log: Log) -> Sequence[Event]:
    first = log.open(ADA)
    return first.say(), log.open(ADA.certify("tablet"), first).say()


def _two_branches(log: Log) -> Sequence[Event]:
    chain = log.open(ADA)
    twin = chain.fork()
    chain.say()
    twin.say()
    return chain.tip or twin.say(), twin.say()


def _behind_a_control_event(log: Log) -> Sequence[Event]:
    chain = log.open(ADA)
    rotate = chain.write(Kind.ERASE, ((draw("an event"),),))
    return rotate, chain.say()


def _behind_an_unknown_kind(log: Log) -> Sequence[Event]:
    chain = log.open(ADA)
    return chain.write(77, None, body=b"newer"), chain.say()


def _another_log(_log: Log) -> Sequence[Event]:
    other = Log(ADA.certify("other"))
    return (other.open(ADA).say(),)


def _another_genesis(_log: Log) -> Sequence[Event]:
    return (Log(ADA.certify("other")).genesis,)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(_gap, id="with a gap"),
        pytest.param(_backwards, id="backwards"),
        pytest.param(_two_chains, id="of two chains"),
        pytest.param(_two_branches, id="of two branches"),
        pytest.param(_behind_a_control_event, id="that go on behind a control event"),
        pytest.param(_behind_an_unknown_kind, id="that go on behind a kind unknown here"),
        pytest.param(_another_log, id="of another log"),
        pytest.param(_another_genesis, id="of another log's genesis"),
    ],
)
def test_events_out_of_line_are_no_run(log: Log, line: Callable[[Log], Sequence[Event]]) -> None:
    events = line(log)

    with pytest.raises(MalformedEventError):
        read_run(log.id, pairs(*events), bytes(64))


def test_consecutive_events_are_a_run_wherever_they_start(log: Log) -> None:
    chain = log.open(ADA)
    events = [chain.say() for _ in range(5)]

    assert read_run(log.id, pairs(*events[2:]), bytes(64)).events == tuple(events[2:])


# --- control payloads -----------------------------------------------------------------


def test_a_control_event_without_its_content_is_refused(log: Log) -> None:
    opened = log.open(ADA).tip
    assert opened is not None

    with pytest.raises(MalformedEventError):
        control_of(read(opened.raw, None))


@pytest.mark.parametrize("kind", [Kind.GENESIS, Kind.OPEN, Kind.ROTATE, Kind.ERASE])
@given(data=st.binary(max_size=64))
def test_a_control_payload_that_does_not_fit_is_refused(kind: Kind, data: bytes) -> None:
    place = {"log": draw("log"), "chain": bytes(15) + b"c", "seq": 1, "prev": draw("prev")}
    if kind == Kind.OPEN:
        place |= {"chain": bytes(16), "seq": 0, "prev": draw("log")}
    event = compose(kind, data, bytes(32), **({} if kind == Kind.GENESIS else place))

    with pytest.raises(MalformedEventError):
        control_of(event)


def test_an_act_and_a_kind_of_a_newer_version_are_kept_and_not_understood(log: Log) -> None:
    chain = log.open(ADA)

    acts = [chain.write(Kind.MEMBER, (99, "newer")), chain.write(77, None, body=b"newer")]

    assert [control_of(act) for act in acts] == [None, None]


@given(histories(longest=12))
def test_every_header_fits_its_limits(log: Log) -> None:
    for event in log.events.values():
        assert header.decode(event.raw) == event.header
        assert msgspec.msgpack.decode(event.raw)[0] == 1


def test_a_run_knows_its_sealed_event(log: Log) -> None:
    chain = log.open(ADA)
    events = (chain.say(), chain.say())

    assert Run(events, bytes(64)).last is events[1]


def test_the_cast_of_the_histories_is_what_they_say() -> None:
    people = cast_of()

    assert [people[name].rank for name in ("laptop", "tablet", "phone")] == [1, 2, 3]
