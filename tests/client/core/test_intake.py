"""Taking others' events in: under seals only, the same whatever way they come."""

import random
from collections.abc import Callable, Iterator

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.ancestry import kept_pasts
from harness.histories import cast_of, histories
from harness.logs import Chain, Device, Log, draw, first_device
from harness.shelf import Shelf
from inglenook_client.core.events import Event, Run
from inglenook_schema import seal, suite
from inglenook_schema.control import Open
from inglenook_schema.errors import BadCertificateError, PeerError
from inglenook_schema.header import Kind

LAPTOP, TABLET, PHONE, PC, MAC, EVE = cast_of().values()


def parcels(runs: list[Run], chance: random.Random) -> Iterator[list[Run]]:
    """The runs in another order, in deliveries of any size, some of them twice."""
    left = chance.sample(runs, len(runs))
    left += chance.sample(runs, chance.randint(0, len(runs)))
    while left:
        size = chance.randint(1, len(left))
        yield left[:size]
        left = left[size:]


def deliver(shelf: Shelf, runs: list[Run], chance: random.Random) -> None:
    """Deliver runs; what had to wait comes again with the next delivery."""
    waiting: list[Run] = []
    for parcel in parcels(runs, chance):
        offered = [*waiting, *parcel]
        outcome = shelf.take(offered)
        assert not outcome.refused
        waiting = [offered[index] for index in outcome.waiting]
    assert not waiting


@given(histories(), st.integers(1, 64), st.randoms(use_true_random=False))
def test_any_order_and_split_of_deliveries_leads_to_the_same_events_and_pasts(
    log: Log, longest: int, chance: random.Random
) -> None:
    shelf = Shelf(log.id)

    deliver(shelf, log.runs(longest=longest), chance)

    assert shelf.events == log.events
    assert shelf.pasts == kept_pasts(log.events.values())
    assert not shelf.awaited


@given(histories(forks=False), st.randoms(use_true_random=False))
def test_pasts_are_right_at_once_where_nothing_came_late(log: Log, chance: random.Random) -> None:
    shelf = Shelf(log.id)
    runs = log.runs()

    outcome = shelf.take(chance.sample(runs, len(runs)))

    # two runs may each hold something that the other refers to: then one of them came late
    assume(not any(accepted.awaits for accepted in outcome.accepted))
    for accepted in outcome.accepted:
        if accepted.past is not None:
            told = dict(log.past[accepted.event.id])
            told.pop(accepted.event.chain, None)
            assert accepted.past == told


@given(histories(longest=15), st.randoms(use_true_random=False))
def test_whatever_is_left_out_nothing_is_accepted_without_what_stands_before_it(
    log: Log, chance: random.Random
) -> None:
    shelf = Shelf(log.id)
    runs = log.runs(longest=3)

    shelf.take(chance.sample(runs, chance.randint(0, len(runs))))

    for event in shelf.events.values():
        if event.kind not in (Kind.GENESIS, Kind.OPEN):
            assert event.header.prev in shelf.events
            assert event.chain in shelf.signs


@given(histories(longest=10), st.data())
def test_an_event_is_never_accepted_under_a_seal_of_anybody_else(
    log: Log, data: st.DataObject
) -> None:
    runs = log.runs(longest=2)
    at = data.draw(st.integers(0, len(runs) - 1))
    thief = suite.SigningKey(draw("thief"))
    forged = Run(runs[at].events, seal.make(thief, log.id, runs[at].last.id))
    shelf = Shelf(log.id)

    outcome = shelf.take([*runs[:at], forged, *runs[at + 1 :]])

    assert [index for index, _ in outcome.refused] == [at]
    assert not {event.id for event in forged.events} & shelf.events.keys()


# --- single promises ------------------------------------------------------------------


@pytest.fixture
def log() -> Log:
    return Log(LAPTOP)


@pytest.fixture
def laptop(log: Log) -> Chain:
    return log.open(LAPTOP)


@pytest.fixture
def shelf(log: Log, laptop: Chain) -> Shelf:
    """Holds the genesis and the laptop's open."""
    assert laptop.tip is not None
    shelf = Shelf(log.id)
    shelf.take(log.runs())
    return shelf


def refusals(shelf: Shelf, *runs: Run) -> list[type[PeerError]]:
    before = dict(shelf.events)
    outcome = shelf.take(runs)
    assert shelf.events == before
    return [type(error) for _, error in outcome.refused]


def _sealed_by_a_sibling(log: Log, chain: Chain) -> Run:
    return log.run(chain.say(), sign=TABLET.sign)


def _sealed_for_another_log(_log: Log, chain: Chain) -> Run:
    event = chain.say()
    return Run((event,), seal.make(LAPTOP.sign, draw("another log"), event.id))


def _sealed_in_the_middle(log: Log, chain: Chain) -> Run:
    first, second = chain.say(), chain.say()
    return Run((first, second), seal.make(LAPTOP.sign, log.id, first.id))


def _not_sealed(_log: Log, chain: Chain) -> Run:
    return Run((chain.say(),), bytes(64))


def _open_under_anothers_certificate(log: Log, _chain: Chain) -> Run:
    return _opened(log, Device("thief", PC.person, EVE.sign, EVE.kem, PC.certificates))


def _open_that_certifies_itself(log: Log, _chain: Chain) -> Run:
    forged = msgspec.structs.replace(EVE.certificates[0], person=LAPTOP.person.id)
    return _opened(log, Device("thief", LAPTOP.person, EVE.sign, EVE.kem, (forged,)))


def _open_of_a_device_whose_rank_fell(log: Log, _chain: Chain) -> Run:
    return _opened(log, TABLET.certify("younger", rank=1))


def _opened(log: Log, device: Device) -> Run:
    opened = log.open(device).tip
    assert opened is not None
    return log.run(opened, sign=device.sign)


def _second_genesis(log: Log, _chain: Chain) -> Run:
    return log.run(Log(TABLET).genesis, sign=TABLET.sign)


def _genesis_sealed_by_another(log: Log, _chain: Chain) -> Run:
    return log.run(log.genesis, sign=EVE.sign)


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(_sealed_by_a_sibling, id="sealed by another device of the person"),
        pytest.param(_sealed_for_another_log, id="sealed for another log"),
        pytest.param(_sealed_in_the_middle, id="sealed in the middle"),
        pytest.param(_not_sealed, id="not sealed"),
        pytest.param(_open_under_anothers_certificate, id="an open with another's certificate"),
        pytest.param(_open_that_certifies_itself, id="an open that certifies itself"),
        pytest.param(_open_of_a_device_whose_rank_fell, id="an open with a rank that falls"),
        pytest.param(_second_genesis, id="another genesis"),
        pytest.param(_genesis_sealed_by_another, id="the genesis under another's seal"),
    ],
)
def test_a_forged_run_is_refused_and_changes_nothing(
    log: Log, laptop: Chain, shelf: Shelf, forge: Callable[[Log, Chain], Run]
) -> None:
    assert len(refusals(shelf, forge(log, laptop))) == 1


def test_an_open_for_another_space_is_refused(log: Log, shelf: Shelf) -> None:
    opened = Log(EVE).open(TABLET).tip
    assert opened is not None

    assert refusals(shelf, log.run(opened, sign=TABLET.sign))


def test_a_refusal_does_not_keep_the_rest_from_coming_in(
    log: Log, laptop: Chain, shelf: Shelf
) -> None:
    good = laptop.say()
    forged = Run((good,), bytes(64))

    outcome = shelf.take([forged, log.run(good), forged])

    assert [index for index, _ in outcome.refused] == [0, 2]
    assert good.id in shelf.events


def test_an_event_waits_until_the_one_before_it_came(log: Log, laptop: Chain, shelf: Shelf) -> None:
    first, second, third = laptop.say(), laptop.say(), laptop.say()

    early = shelf.take([log.run(third), log.run(second)])
    late = shelf.take([log.run(third), log.run(second), log.run(first)])

    assert early.waiting == [0, 1]
    assert not early.accepted
    assert [a.event for a in late.accepted] == [first, second, third]


def test_a_chain_waits_until_its_open_came(log: Log, laptop: Chain, shelf: Shelf) -> None:
    tablet = log.open(TABLET, laptop)
    opened, said = tablet.tip, tablet.say()
    assert opened is not None

    early = shelf.take([log.run(said)])
    late = shelf.take([log.run(said), log.run(opened)])

    assert early.waiting == [0]
    assert [a.event for a in late.accepted] == [opened, said]


def test_a_missing_ref_marks_an_event_and_does_not_hold_it(
    log: Log, laptop: Chain, shelf: Shelf
) -> None:
    tablet = log.open(TABLET, laptop)
    shelf.take(log.runs())
    unknown = laptop.say()
    tablet.see(laptop)
    said = tablet.say()

    early = shelf.take([log.run(said)])
    marked = dict(shelf.awaited)
    shelf.take([log.run(unknown)])

    assert [a.event for a in early.accepted] == [said]
    assert marked == {said.id: {unknown.id}}
    assert not shelf.awaited


def test_what_came_late_widens_the_past_of_what_refers_to_it(
    log: Log, laptop: Chain, shelf: Shelf
) -> None:
    tablet = log.open(TABLET, laptop)
    phone = log.open(PHONE, tablet)
    shelf.take(log.runs())
    before = tablet.say()
    laptop.see(tablet)
    between = laptop.say()
    phone.view.clear()
    phone.view[laptop.id] = between
    after = phone.say()

    shelf.take([log.run(after), log.run(before)])
    early = shelf.pasts[after.id].get(tablet.id)
    shelf.take([log.run(between)])

    assert early == 0
    assert shelf.pasts[after.id][tablet.id] == before.seq


def test_a_delivery_that_comes_twice_changes_nothing(log: Log, laptop: Chain, shelf: Shelf) -> None:
    laptop.say()
    shelf.take(log.runs())
    before, pasts = dict(shelf.events), dict(shelf.pasts)

    again = shelf.take(log.runs())

    assert not again.accepted
    assert not again.forked
    assert (shelf.events, shelf.pasts) == (before, pasts)


def test_a_body_that_was_missing_is_taken_when_it_comes(
    log: Log, laptop: Chain, shelf: Shelf
) -> None:
    said = laptop.say("for later")
    bare = Event(said.chain, said.header, said.raw, said.id, None)

    first = shelf.take([log.run(bare)])
    then = shelf.take([log.run(said)])

    assert [a.event for a in first.accepted] == [bare]
    assert then.refilled == [said]
    assert shelf.events[said.id].body == said.body


def test_a_body_that_is_here_is_not_lost_to_a_run_without_it(
    log: Log, laptop: Chain, shelf: Shelf
) -> None:
    said = laptop.say()
    bare = Event(said.chain, said.header, said.raw, said.id, None)
    shelf.take([log.run(said)])

    outcome = shelf.take([log.run(bare)])

    assert not outcome.refilled
    assert shelf.events[said.id].body is not None


def test_two_events_at_one_place_are_kept_and_told_as_a_fork(
    log: Log, laptop: Chain, shelf: Shelf
) -> None:
    twin = laptop.fork()
    first, second = laptop.say(), twin.say()

    outcome = shelf.take([log.run(first), log.run(second)])

    assert outcome.forked == [(laptop.id, first.seq)]
    assert {first.id, second.id} <= shelf.events.keys()


def test_a_branch_of_a_fork_can_be_built_on(log: Log, laptop: Chain, shelf: Shelf) -> None:
    twin = laptop.fork()
    events = [laptop.say(), twin.say(), laptop.say(), twin.say()]

    outcome = shelf.take([log.run(event) for event in events])

    assert not outcome.refused
    assert {event.id for event in events} <= shelf.events.keys()


def test_control_events_of_strangers_are_kept_and_left_to_the_fold(
    log: Log, laptop: Chain, shelf: Shelf
) -> None:
    stranger = log.open(EVE, laptop)
    stranger.remove(LAPTOP)

    outcome = shelf.take(log.runs())

    assert not outcome.refused
    assert stranger.id in shelf.signs


def test_an_unknown_kind_is_accepted_under_its_seal(log: Log, laptop: Chain, shelf: Shelf) -> None:
    newer = laptop.write(77, None, body=b"from a newer version")
    act = laptop.write(Kind.MEMBER, (99, "newer"))

    shelf.take([log.run(newer), log.run(act)])

    assert {newer.id, act.id} <= shelf.events.keys()


def test_an_open_under_a_wrong_certificate_names_the_reason(log: Log, shelf: Shelf) -> None:
    opening = Open(PC.person, EVE.certificates, "", 0)
    chain = Chain(log, EVE)
    opened = chain.write(Kind.OPEN, opening)

    assert refusals(shelf, log.run(opened, sign=EVE.sign)) == [BadCertificateError]


def test_first_devices_differ_by_person() -> None:
    assert first_device("Ada").id != first_device("Max").id
