"""The fold over control events: who belongs, whose acts count (protocol 8)."""

import random
from collections.abc import Callable
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.ancestry import (
    acts_in,
    before,
    branches_in,
    counted,
    forks_in,
    judged,
    kept_pasts,
    whole,
)
from harness.histories import cast_of, histories
from harness.logs import NONCE, Chain, Device, Log, act_of, draw, first_device, root_of, settled
from inglenook_client.core.acts import Act
from inglenook_client.core.events import Event
from inglenook_client.core.members import Roster, fold
from inglenook_schema import control
from inglenook_schema.control import (
    AddPerson,
    Close,
    LogType,
    RefreshKem,
    RemoveDevice,
    RemovePerson,
)
from inglenook_schema.header import Kind

LAPTOP, TABLET, PHONE, PC, MAC, EVE = cast_of().values()
MAX, ADA = PC.person.id, LAPTOP.person.id


def folded(log: Log) -> Roster:
    return fold(log.id, log.acts())


def counts(roster: Roster, chain: Chain, *, until: int | None = None) -> bool:
    """Whether the chain counts whole, or exactly up to (and with) an event."""
    seat = roster.seats.get(chain.id)
    return seat is not None and seat.last == until


@pytest.fixture
def log() -> Log:
    return Log(LAPTOP)


@pytest.fixture
def laptop(log: Log) -> Chain:
    return log.open(LAPTOP)


@pytest.fixture
def tablet(log: Log, laptop: Chain) -> Chain:
    return log.open(TABLET, laptop)


@pytest.fixture
def phone(log: Log, tablet: Chain) -> Chain:
    return log.open(PHONE, tablet)


def pair_of(log: Log, laptop: Chain) -> Chain:
    """Max's first device, in the pair."""
    laptop.add(PC)
    return log.open(PC, laptop)


# --- one answer for one set -----------------------------------------------------------


@given(histories(), st.randoms(use_true_random=False))
def test_the_roster_is_the_same_under_every_order_of_the_acts(
    log: Log, chance: random.Random
) -> None:
    events = log.events.values()
    acts = acts_in(events)

    shuffled = chance.sample(acts, len(acts))

    found, other = judged(log.id, events, acts), judged(log.id, events, shuffled)
    assert (found, found.tips) == (other, other.tips)


def test_a_crossing_of_everything_ends_alike_in_each_of_its_720_orders() -> None:
    """Removals, a device that comes again, rotations and a fork, none aware of the others."""
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    pc = pair_of(log, laptop)
    tablet, phone = log.open(TABLET, laptop), log.open(PHONE, laptop)
    settled([laptop, pc, tablet, phone])
    before = set(log.events)
    twin = laptop.fork()
    laptop.remove(TABLET)
    tablet.remove(PHONE)
    pc.rotate(draw("an epoch of the PC"))
    twin.remove_by_root(PHONE, root_of("Ada"))
    log.open(PHONE, pc, label="again")
    twin.rotate(draw("an epoch of the twin"))
    events = log.events.values()
    acts = acts_in(events)
    known = [act for act in acts if act.id in before]
    crossing = [act for act in acts if act.id not in before]

    expected = judged(log.id, events, acts)

    assert len(crossing) == 6
    assert len(expected.tips) == 2
    forks, branches = forks_in(events), branches_in(events)
    assert forks
    for order in permutations(crossing):
        found = fold(log.id, [*order, *known], forks, branches)
        assert (found, found.tips) == (expected, expected.tips)


@given(histories(), st.integers(0, 255))
def test_evidence_of_a_fork_only_takes_away(log: Log, number: int) -> None:
    """A second event where a chain has one already, which nothing refers to."""
    before = list(log.events.values())
    twinned = before[number % len(before)]
    if twinned.seq == 0:
        return
    twin = Chain(log, LAPTOP, twinned.chain, log.events[twinned.header.prev])
    twin.say("evidence")

    assert_takes_away(log, before, list(log.events.values()))


@given(histories(), st.data())
def test_knowing_of_a_fork_earlier_only_takes_away(log: Log, data: st.DataObject) -> None:
    events = log.events.values()
    acts, branches, forks = acts_in(events), branches_in(events), forks_in(events)
    chain = data.draw(st.sampled_from([act.chain for act in acts]))
    earlier = min(data.draw(st.integers(0, 8)), forks.get(chain, 8))

    trusting = fold(log.id, acts, forks, branches)
    wary = fold(log.id, acts, {**forks, chain: earlier}, branches)

    assert wary.people.keys() <= trusting.people.keys()
    assert wary.void >= trusting.void
    assert counted(wary, events) <= counted(trusting, events)


def assert_takes_away(log: Log, before: list[Event], after: list[Event]) -> None:
    trusting, wary = judged(log.id, before), judged(log.id, after)
    assert wary.people.keys() <= trusting.people.keys()
    assert wary.seats.keys() <= trusting.seats.keys()
    assert wary.void >= trusting.void
    assert wary.epochs.keys() <= trusting.epochs.keys()
    assert set(wary.erased) <= set(trusting.erased)
    assert wary.removed <= trusting.removed  # who is out names nobody any more
    assert counted(wary, before) <= counted(trusting, before)


@given(histories(), st.data())
def test_what_was_seen_whole_keeps_its_past_whatever_comes_later(
    log: Log, data: st.DataObject
) -> None:
    """So that a removal cuts the same on every device, whoever shows up with another branch."""
    names = data.draw(st.lists(st.sampled_from(list(log.events)), min_size=1, max_size=4))
    early, late = whole(log.events, names), list(log.events.values())

    seen_early, seen_late = before(early), before(late)

    assert all(seen_late[name] == seen for name, seen in seen_early.items())
    assert kept_pasts(early).keys() <= kept_pasts(late).keys()


@given(histories())
def test_a_person_belongs_only_by_founding_or_by_an_add_that_stands(log: Log) -> None:
    roster = judged(log.id, log.events.values())

    added = {
        act.payload.knock.person.id
        for act in log.acts()
        if isinstance(act.payload, AddPerson)
        and act.payload.knock.person
        and act.id not in roster.void
    }
    assert set(roster.people) <= {ADA} | added
    assert len(roster.people) <= 2 or log.type is LogType.PROGRAMME
    assert {seat.person for seat in roster.seats.values()} <= set(roster.people)


def test_nothing_gives_an_empty_roster(log: Log) -> None:
    assert fold(log.id, []) == Roster(None)


# --- letting in -----------------------------------------------------------------------


def test_a_person_who_consented_belongs_with_the_role_offered(log: Log, laptop: Chain) -> None:
    pc = pair_of(log, laptop)

    roster = folded(log)

    assert roster.people[MAX].role == "mentor"
    assert roster.people[ADA].founder
    assert counts(roster, pc)


def test_a_chain_of_somebody_who_was_not_let_in_does_not_count(log: Log, laptop: Chain) -> None:
    pair_of(log, laptop)
    stranger = log.open(EVE, laptop)

    assert stranger.id not in folded(log).seats


def test_only_the_founder_lets_people_in(log: Log, laptop: Chain) -> None:
    stranger = log.open(EVE, laptop)
    stranger.write(Kind.MEMBER, AddPerson("mentor", EVE.knock(log.id, ADA), NONCE))

    assert set(folded(log).people) == {ADA}


def test_a_third_person_never_joins_a_pair(log: Log, laptop: Chain) -> None:
    pair_of(log, laptop)
    refused = laptop.add(EVE)

    roster = folded(log)

    assert set(roster.people) == {ADA, MAX}
    assert refused.id in roster.void


def test_of_two_people_let_in_at_once_both_devices_choose_the_same_one(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    first, second = laptop.add(PC), tablet.add(EVE)

    roster = folded(log)

    # protocol 8.2: the fewest events in its past; the laptop had seen nothing of the tablet
    assert set(roster.people) == {ADA, MAX}
    assert roster.void == {second.id}
    assert fold(log.id, reversed(log.acts())).void == {second.id}
    assert first.id not in roster.void


def test_a_journal_never_takes_a_second_person_in() -> None:
    log = Log(LAPTOP, LogType.JOURNAL)
    log.open(LAPTOP).add(PC)

    assert set(folded(log).people) == {ADA}


def _knock_for_another_log(_log: Log) -> AddPerson:
    return AddPerson("mentor", PC.knock(draw("another log"), ADA), NONCE)


def _knock_on_another_nonce(log: Log) -> AddPerson:
    return AddPerson("mentor", PC.knock(log.id, ADA), bytes(16))


def _knock_at_another_inviter(log: Log) -> AddPerson:
    return AddPerson("mentor", PC.knock(log.id, EVE.person.id), NONCE)


def _altered_name(log: Log) -> AddPerson:
    knock = msgspec.structs.replace(PC.knock(log.id, ADA), name="Mallory")
    return AddPerson("mentor", knock, NONCE)


def _certificates_of_another(log: Log) -> AddPerson:
    knock = msgspec.structs.replace(PC.knock(log.id, ADA), certificates=EVE.certificates)
    return AddPerson("mentor", knock, NONCE)


def _another_persons_name_on_own_device(log: Log) -> AddPerson:
    stolen = Device("thief", PC.person, EVE.sign, EVE.kem, PC.certificates)
    return AddPerson("mentor", stolen.knock(log.id, ADA), NONCE)


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(_knock_for_another_log, id="for another log"),
        pytest.param(_knock_on_another_nonce, id="on another offer"),
        pytest.param(_knock_at_another_inviter, id="at another inviter"),
        pytest.param(_altered_name, id="altered"),
        pytest.param(_certificates_of_another, id="with another's certificates"),
        pytest.param(_another_persons_name_on_own_device, id="by a device that is not theirs"),
    ],
)
def test_a_knock_without_consent_to_this_very_log_lets_nobody_in(
    log: Log, laptop: Chain, forge: Callable[[Log], AddPerson]
) -> None:
    refused = laptop.write(Kind.MEMBER, forge(log))

    roster = folded(log)

    assert set(roster.people) == {ADA}
    assert refused.id in roster.void


# --- removing devices -----------------------------------------------------------------


def test_a_removed_device_counts_up_to_what_the_removal_had_seen(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    seen = tablet.say("seen")
    laptop.see(tablet)
    laptop.remove(TABLET)
    tablet.say("written later, or claimed to be earlier")

    roster = folded(log)

    assert counts(roster, tablet, until=seen.seq)
    assert roster.counts(tablet.id, seen.seq)
    assert not roster.counts(tablet.id, seen.seq + 1)


def test_a_younger_device_cannot_remove_an_older_one(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    refused = tablet.remove(LAPTOP)

    roster = folded(log)

    assert counts(roster, laptop)
    assert refused.id in roster.void


def test_devices_of_one_rank_cannot_remove_each_other(log: Log, laptop: Chain) -> None:
    twin = first_device("Ada", "twin")
    other = log.open(twin, laptop)
    settled([laptop, other])
    acts = [laptop.remove(twin), other.remove(LAPTOP)]

    roster = folded(log)

    assert counts(roster, laptop)
    assert counts(roster, other)
    assert {act.id for act in acts} <= roster.void


def test_a_device_may_remove_itself_and_nothing_after_that_counts(log: Log, tablet: Chain) -> None:
    last = tablet.remove(TABLET)
    tablet.say("from the grave")

    assert counts(folded(log), tablet, until=last.seq)


def test_nobody_removes_a_device_of_the_other_person(log: Log, laptop: Chain) -> None:
    pc = pair_of(log, laptop)
    mac = log.open(MAC, pc)
    laptop.see(mac)
    refused = laptop.remove(MAC)

    roster = folded(log)

    assert counts(roster, mac)
    assert refused.id in roster.void


def test_concurrent_removals_of_one_device_leave_what_both_had_seen(
    log: Log, laptop: Chain, tablet: Chain, phone: Chain
) -> None:
    both = phone.say("both saw this")
    settled([laptop, tablet, phone])
    laptop.remove(PHONE)
    phone.say("only the tablet saw this")
    tablet.see(phone)
    tablet.remove(PHONE)

    assert counts(folded(log), phone, until=both.seq)


def test_removals_that_did_not_know_of_each_other_both_stand(
    log: Log, laptop: Chain, tablet: Chain, phone: Chain
) -> None:
    settled([laptop, tablet, phone])
    laptop.remove(TABLET)
    tablet.remove(PHONE)

    roster = folded(log)

    assert counts(roster, tablet, until=0)
    assert counts(roster, phone, until=0)


def test_a_device_that_knows_of_its_removal_removes_nobody_any_more(
    log: Log, laptop: Chain, tablet: Chain, phone: Chain
) -> None:
    settled([laptop, tablet, phone])
    laptop.remove(TABLET)
    tablet.see(laptop)
    refused = tablet.remove(PHONE)

    roster = folded(log)

    assert counts(roster, phone)
    assert refused.id in roster.void


def test_a_removal_takes_along_devices_it_had_not_seen_that_the_removed_one_let_in(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    laptop.see(tablet)
    laptop.remove(TABLET)
    hidden = log.open(PHONE, tablet)
    hidden.say("I was here all along")

    assert counts(folded(log), hidden, until=-1)


def test_a_removal_leaves_devices_it_had_seen_although_the_removed_one_let_them_in(
    log: Log, laptop: Chain, phone: Chain
) -> None:
    laptop.see(phone)
    laptop.remove(TABLET)

    assert counts(folded(log), phone)


def test_a_removed_device_does_not_come_back_under_a_new_chain_or_certificate(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    laptop.see(tablet)
    laptop.remove(TABLET)
    again = log.open(TABLET, laptop)
    renewed = Device(
        "tablet", LAPTOP.person, TABLET.sign, TABLET.kem, LAPTOP.certify("tablet", 9).certificates
    )
    certified_anew = log.open(renewed, laptop)

    roster = folded(log)

    assert counts(roster, again, until=-1)
    assert counts(roster, certified_anew, until=-1)


def test_a_device_removed_before_its_first_event_was_known_counts_for_nothing(
    log: Log, laptop: Chain
) -> None:
    laptop.remove(TABLET)
    late = log.open(TABLET)

    assert counts(folded(log), late, until=-1)


# --- the root's word ------------------------------------------------------------------


def test_the_root_removes_even_the_oldest_device(log: Log, laptop: Chain, tablet: Chain) -> None:
    settled([laptop, tablet])
    tablet.remove_by_root(LAPTOP, root_of("Ada"))
    laptop.say("later")

    assert counts(folded(log), laptop, until=0)


def test_the_roots_earlier_cut_undoes_what_a_stolen_device_did_after_it(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    laptop.see(tablet)
    theft = laptop.remove(TABLET)
    added = laptop.add(EVE)
    rotated = laptop.rotate(draw("stolen epoch"))
    tablet.remove_by_root(LAPTOP, root_of("Ada"))

    roster = folded(log)

    assert counts(roster, laptop, until=0)
    assert counts(roster, tablet)  # the theft's removal of it is undone
    assert set(roster.people) == {ADA}
    assert rotated not in roster.epochs
    assert {theft.id, added.id} <= roster.void


def test_the_roots_later_cut_keeps_what_came_before_it(log: Log, laptop: Chain) -> None:
    pair_of(log, laptop)
    tablet = log.open(TABLET, laptop)
    tablet.remove_by_root(LAPTOP, root_of("Ada"))

    roster = folded(log)

    assert counts(roster, laptop, until=1)
    assert set(roster.people) == {ADA, MAX}


def _other_root(chain: Chain) -> None:
    chain.remove_by_root(LAPTOP, root_of("Max"))


def _other_device(chain: Chain) -> None:
    signed = chain.remove_by_root(PHONE, root_of("Ada"))
    payload = act_of(signed, {}).payload
    assert isinstance(payload, RemoveDevice)
    chain.write(Kind.MEMBER, RemoveDevice(LAPTOP.id, payload.root))


def _other_cut(chain: Chain) -> None:
    assert chain.tip is not None
    message = control.root_act(chain.log.id, LAPTOP.id, chain.tip.id, ())
    chain.say("one more event")
    root = root_of("Ada").sign.sign(message)
    chain.write(Kind.MEMBER, RemoveDevice(LAPTOP.id, root))


def _other_log(chain: Chain) -> None:
    assert chain.tip is not None
    message = control.root_act(draw("another log"), LAPTOP.id, chain.tip.id, ())
    chain.write(Kind.MEMBER, RemoveDevice(LAPTOP.id, root_of("Ada").sign.sign(message)))


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(_other_root, id="by another person's root"),
        pytest.param(_other_device, id="signed for another device"),
        pytest.param(_other_cut, id="signed for another cut"),
        pytest.param(_other_log, id="signed for another log"),
    ],
)
def test_a_root_signature_counts_for_one_device_one_log_and_one_cut(
    log: Log, laptop: Chain, tablet: Chain, forge: Callable[[Chain], None]
) -> None:
    settled([laptop, tablet])
    tablet.write(Kind.MEMBER, RefreshKem(draw("kem", 1216)))

    forge(tablet)

    assert counts(folded(log), laptop)


def test_a_root_removes_no_device_of_the_other_person(log: Log, laptop: Chain) -> None:
    pc = pair_of(log, laptop)
    laptop.see(pc)
    laptop.remove_by_root(PC, root_of("Ada"))
    laptop.remove_by_root(PC, root_of("Max"))  # a right signature in the wrong person's chain

    assert counts(folded(log), pc)


# --- leaving, closing -----------------------------------------------------------------


def test_who_leaves_is_gone_and_counts_up_to_then(log: Log, laptop: Chain) -> None:
    pc = pair_of(log, laptop)
    mac = log.open(MAC, pc)
    pc.see(mac)
    left = pc.write(Kind.MEMBER, RemovePerson(MAX))
    pc.say("later")
    mac.say("later too")

    roster = folded(log)

    assert roster.people[MAX].gone
    assert counts(roster, pc, until=left.seq)
    assert counts(roster, mac, until=0)


def test_nobody_makes_the_other_leave(log: Log, laptop: Chain) -> None:
    pc = pair_of(log, laptop)
    refused = laptop.write(Kind.MEMBER, RemovePerson(MAX))

    roster = folded(log)

    assert not roster.people[MAX].gone
    assert counts(roster, pc)
    assert refused.id in roster.void


def test_who_left_is_not_brought_back_by_another_add(log: Log, laptop: Chain) -> None:
    pc = pair_of(log, laptop)
    pc.write(Kind.MEMBER, RemovePerson(MAX))
    laptop.see(pc)
    laptop.add(PC)

    assert folded(log).people[MAX].gone


def test_a_removed_device_cannot_leave_for_its_person(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    laptop.see(tablet)
    laptop.remove(TABLET)
    tablet.write(Kind.MEMBER, RemovePerson(ADA))

    assert not folded(log).people[ADA].gone


def test_either_person_closes_a_space_and_a_stranger_does_not(log: Log, laptop: Chain) -> None:
    pc = pair_of(log, laptop)
    log.open(EVE, laptop).write(Kind.MEMBER, Close())
    before = folded(log)

    pc.write(Kind.MEMBER, Close())

    assert not before.closed
    assert folded(log).closed


# --- epochs ---------------------------------------------------------------------------


def test_a_rotate_outside_the_cut_of_its_device_is_void(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    within = tablet.rotate(draw("within"))
    laptop.see(tablet)
    laptop.remove(TABLET)
    outside = tablet.rotate(draw("outside"), within)

    roster = folded(log)

    assert roster.tips == [within]
    assert outside not in roster.epochs


def test_new_records_go_to_the_tip_of_the_oldest_device(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    first = laptop.rotate(draw("first"))
    settled([laptop, tablet])
    younger, older = tablet.rotate(draw("a"), first), laptop.rotate(draw("b"), first)

    forked = folded(log).tips
    settled([laptop, tablet])
    merged = tablet.rotate(draw("c"), younger, older)

    assert forked == [older, younger]
    assert folded(log).tips == [merged]


def test_the_newest_kem_key_of_a_device_counts_unless_it_was_announced_after_the_cut(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    old, new, late = (draw(f"kem {n}", 1216) for n in range(3))
    for kem in (old, new):
        tablet.write(Kind.MEMBER, RefreshKem(kem))
    laptop.see(tablet)
    laptop.remove(TABLET)
    tablet.write(Kind.MEMBER, RefreshKem(late))

    seats = folded(log).seats

    assert seats[tablet.id].kem == new
    assert seats[laptop.id].kem == LAPTOP.certificates[-1].kem


# --- forks ----------------------------------------------------------------------------


def test_a_forked_device_adds_nobody_from_the_fork_on(log: Log, laptop: Chain) -> None:
    laptop.say("before")
    added = laptop.add(PC)

    before = fold(log.id, log.acts(), {laptop.id: added.seq + 1})
    after = fold(log.id, log.acts(), {laptop.id: added.seq})

    assert set(before.people) == {ADA, MAX}
    assert set(after.people) == {ADA}


def test_an_add_that_a_fork_takes_away_gives_its_place_to_nobody_else(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    added = laptop.add(PC)
    tablet.add(EVE)

    roster = fold(log.id, log.acts(), {laptop.id: added.seq})

    assert set(roster.people) == {ADA}


def test_a_device_certified_by_a_forked_one_after_the_fork_does_not_count(
    log: Log, tablet: Chain
) -> None:
    tablet.say("forked here")
    phone = log.open(PHONE, tablet)
    assert tablet.tip is not None

    seen = fold(log.id, log.acts(), {tablet.id: tablet.tip.seq})
    unseen = fold(log.id, log.acts(), {tablet.id: tablet.tip.seq + 1})

    assert counts(seen, phone, until=-1)
    assert counts(unseen, phone)


def test_a_forked_devices_removals_rotations_and_words_stand(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    laptop.see(tablet)
    laptop.remove(TABLET)
    rotated = laptop.rotate(draw("epoch"))

    roster = fold(log.id, log.acts(), {laptop.id: 1})

    assert counts(roster, tablet, until=0)
    assert roster.tips == [rotated]
    assert counts(roster, laptop)


# --- acts of a newer version ----------------------------------------------------------


def test_an_unknown_act_changes_nothing_where_no_newer_version_counts(
    log: Log, laptop: Chain
) -> None:
    laptop.write(Kind.MEMBER, (99, "newer"))
    laptop.write(77, None, body=b"a kind that nobody knows")

    assert not folded(log).stalled


@pytest.mark.parametrize("named_by", ["genesis", "rotate"])
def test_an_unknown_act_stalls_the_log_where_a_newer_version_counts(named_by: str) -> None:
    log = Log(LAPTOP, version=2 if named_by == "genesis" else 1)
    laptop = log.open(LAPTOP)
    if named_by == "rotate":
        laptop.rotate(draw("epoch"), version=2)
    unaffected = folded(log)

    laptop.write(Kind.MEMBER, (99, "newer"))

    assert not unaffected.stalled
    assert folded(log).stalled


def test_a_stranger_cannot_stall_a_log(log: Log, laptop: Chain) -> None:
    laptop.rotate(draw("epoch"), version=2)
    log.open(EVE, laptop).write(Kind.MEMBER, (99, "newer"))

    assert not folded(log).stalled


def acts_seen_by(chain: Chain) -> list[Act]:
    """What a device that saw only so much folds."""
    past = chain.past
    return [a for a in chain.log.acts() if a.seq <= past.get(a.chain, -1) or not any(a.chain)]


def test_a_device_that_has_seen_less_folds_less_and_the_same_once_it_has_seen_all(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    laptop.see(tablet)
    laptop.remove(TABLET)
    pair_of(log, laptop)
    tablet.say("what the tablet saw")

    early = fold(log.id, acts_seen_by(tablet))

    assert laptop.id in early.seats
    assert set(early.people) == {ADA}
    assert set(folded(log).people) == {ADA, MAX}


# --- programmes: coordinators come and go by the founder -------------------------------


def of_many(type_: LogType = LogType.PROGRAMME) -> tuple[Log, Chain, Chain]:
    """A programme of Ada's that Max coordinates too."""
    log = Log(LAPTOP, type_)
    laptop = log.open(LAPTOP)
    return log, laptop, pair_of(log, laptop)


def test_a_founder_lets_a_coordinator_go_and_what_they_wrote_later_does_not_count() -> None:
    log, laptop, pc = of_many()
    laptop.see(pc)
    laptop.write(Kind.MEMBER, RemovePerson(MAX))
    before = pc.tip
    pc.say("later")

    roster = folded(log)

    assert before is not None
    assert roster.people[MAX].gone
    assert counts(roster, pc, until=before.seq)


def test_a_coordinator_lets_nobody_go_but_themself() -> None:
    log, laptop, pc = of_many()
    refused = pc.write(Kind.MEMBER, RemovePerson(ADA))

    roster = folded(log)

    assert not roster.people[ADA].gone
    assert counts(roster, laptop)
    assert refused.id in roster.void


def test_a_founder_who_left_lets_nobody_go() -> None:
    log, laptop, pc = of_many()
    laptop.see(pc)
    laptop.write(Kind.MEMBER, RemovePerson(ADA))
    refused = laptop.write(Kind.MEMBER, RemovePerson(MAX))

    roster = folded(log)

    assert (roster.people[ADA].gone, roster.people[MAX].gone) == (True, False)
    assert refused.id in roster.void


def test_one_consent_makes_a_coordinator_of_both_logs() -> None:
    programme = Log(LAPTOP, LogType.PROGRAMME)
    own = Log(LAPTOP, LogType.COORDINATORS, predecessor=programme.id)
    knock = PC.knock(programme.id, ADA)
    for log in (programme, own):
        log.open(LAPTOP).write(Kind.MEMBER, AddPerson("coordinator", knock, NONCE))

    assert [MAX in folded(log).people for log in (programme, own)] == [True, True]


def test_a_consent_to_another_programme_lets_nobody_into_the_coordinators_log() -> None:
    programme, other = Log(LAPTOP, LogType.PROGRAMME), Log(LAPTOP, LogType.PAIR)
    own = Log(LAPTOP, LogType.COORDINATORS, predecessor=programme.id)
    chain = own.open(LAPTOP)
    for consented in (other.id, own.id):
        chain.write(Kind.MEMBER, AddPerson("coordinator", PC.knock(consented, ADA), NONCE))

    assert list(folded(own).people) == [ADA]
