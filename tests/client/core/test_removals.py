"""Removals against stolen devices: what can they still do, and what not (protocol 8.3, 8.4)."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.ancestry import counted, judged
from harness.histories import cast_of
from harness.logs import Chain, Device, Log, draw, first_device, root_of, settled
from inglenook_client.core.members import Roster
from inglenook_schema.control import Close, LogType, RemovePerson
from inglenook_schema.header import Kind

LAPTOP, TABLET, PHONE, PC, MAC, EVE = cast_of().values()
ADA, MAX = LAPTOP.person.id, PC.person.id
NEW = LAPTOP.certify("new", 9)
"""A device that the laptop lets in after the tablet was removed."""


def folded(log: Log) -> Roster:
    return judged(log.id, log.events.values())


def ends(roster: Roster, chain: Chain) -> int | None:
    return roster.seats[chain.id].last


@pytest.fixture
def log() -> Log:
    return Log(LAPTOP, LogType.JOURNAL)


@pytest.fixture
def laptop(log: Log) -> Chain:
    return log.open(LAPTOP)


@pytest.fixture
def tablet(log: Log, laptop: Chain) -> Chain:
    """Stolen in most of what follows."""
    return log.open(TABLET, laptop)


@pytest.fixture
def phone(log: Log, tablet: Chain) -> Chain:
    """Certified by the tablet."""
    return log.open(PHONE, tablet)


# --- devices that came later ----------------------------------------------------------


class Theft:
    """A device that was removed, in the hands of a thief: every state it was ever in."""

    def __init__(self) -> None:
        """The new device was let in, and knows of the removal."""
        self.log = Log(LAPTOP, LogType.JOURNAL)
        laptop = self.log.open(LAPTOP)
        tablet = self.log.open(TABLET, laptop)
        self.hands = [tablet.fork()]
        self.phone = self.log.open(PHONE, tablet)
        tablet.say("one")
        self.hands.append(tablet.fork())
        tablet.see(self.phone)
        tablet.say("two")
        self.hands.append(tablet.fork())
        laptop.see(tablet)
        laptop.remove(TABLET)
        self.new = self.log.open(NEW, laptop)
        self.said = self.new.say("mine")
        self.others = [self.phone, self.new, laptop]

    def does(self, what: int, by: int, whom: int) -> None:
        """One deed; any numbers, taken modulo what there is."""
        log, thief = self.log, self.hands[by % len(self.hands)]
        seen = [*self.hands, *self.others]
        helper = TABLET.certify(f"helper {len(log.events)}", 3 + whom % 3)
        deeds: list[Callable[[], object]] = [
            lambda: thief.say("more"),
            lambda: self.hands.append(thief.fork()),
            lambda: thief.see(seen[whom % len(seen)]),
            lambda: thief.remove(NEW),
            lambda: thief.remove((PHONE, TABLET, LAPTOP, thief.device)[whom % 4]),
            lambda: thief.rotate(draw(f"epoch {len(log.events)}")),
            lambda: thief.write(Kind.MEMBER, Close()),
            lambda: thief.write(Kind.MEMBER, RemovePerson(ADA)),
            lambda: self.hands.append(log.open(helper, thief)),
            lambda: self.hands.append(log.open(TABLET, thief, label=f"{len(log.events)}")),
        ]
        deeds[what % len(deeds)]()


_numbers = st.integers(0, 63)


@given(st.lists(st.tuples(_numbers, _numbers, _numbers), min_size=1, max_size=12))
def test_whatever_a_removed_device_writes_takes_nothing_from_one_that_knew_of_its_removal(
    script: list[tuple[int, int, int]],
) -> None:
    """It forks from wherever it was, lets helpers in, removes itself or others, or leaves."""
    theft = Theft()
    calm, kept = folded(theft.log), counted(folded(theft.log), theft.log.events.values())
    for deed in script:
        theft.does(*deed)

    roster = folded(theft.log)

    assert ends(roster, theft.new) is None
    assert theft.said.id in counted(roster, theft.log.events.values())
    assert NEW.id not in roster.removed
    assert (roster.closed, roster.epochs) == (calm.closed, calm.epochs)
    assert roster.people == calm.people
    assert counted(roster, theft.log.events.values()) <= kept


def test_a_stolen_device_cannot_evict_one_that_came_after_its_removal(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    laptop.see(tablet)
    laptop.remove(TABLET)
    new = log.open(NEW, laptop)
    theft = tablet.remove(NEW)

    roster = folded(log)

    assert ends(roster, new) is None
    assert roster.removed == {TABLET.id}
    assert theft.id not in roster.void  # it stands, and reaches nothing


def test_nor_can_it_through_a_device_that_it_lets_in_for_that(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    laptop.see(tablet)
    laptop.remove(TABLET)
    new = log.open(NEW, laptop)
    helper = log.open(TABLET.certify("helper", 3), tablet)
    helper.remove(NEW)

    roster = folded(log)

    assert ends(roster, helper) == -1
    assert ends(roster, new) is None


def test_nor_by_removing_itself_so_that_what_it_certified_goes_too(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    """The phone's certificates pass through the tablet; the removal had seen the phone."""
    phone = log.open(PHONE, laptop)
    settled([laptop, phone])
    laptop.see(tablet)
    laptop.remove(TABLET)
    tablet.remove(TABLET)

    assert ends(folded(log), phone) is None


def test_a_removal_that_was_seen_stands_whole_although_its_author_was_removed_later(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    tablet.remove(NEW)
    laptop.see(tablet)
    laptop.remove(TABLET)
    new = log.open(NEW, laptop)

    roster = folded(log)

    assert ends(roster, new) == -1
    assert roster.removed == {TABLET.id, NEW.id}


def test_a_removal_by_a_device_that_stays_takes_away_chains_it_had_not_seen(
    log: Log, laptop: Chain, phone: Chain
) -> None:
    laptop.remove(PHONE)

    assert ends(folded(log), phone) == -1


def test_mutual_removals_still_take_away_what_both_had_seen(
    log: Log, laptop: Chain, tablet: Chain, phone: Chain
) -> None:
    settled([laptop, tablet, phone])
    laptop.remove(TABLET)
    tablet.remove(PHONE)
    unseen = log.open(PHONE, laptop, label="again")

    roster = folded(log)

    assert ends(roster, tablet) == 0
    assert ends(roster, phone) == 0
    assert ends(roster, unseen) is None
    assert roster.removed == {TABLET.id, PHONE.id}


def test_what_a_removed_device_could_not_reach_goes_on_removing(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    """In a row: the theft of the new device fails, so the new one's own removals stand whole."""
    laptop.see(tablet)
    laptop.remove(TABLET)
    new = log.open(NEW, laptop)
    tablet.remove(NEW)
    new.see(tablet)
    removal = new.remove(NEW.certify("newest"))
    newest = log.open(NEW.certify("newest"))

    roster = folded(log)

    assert removal.id not in roster.void
    assert ends(roster, newest) == -1


def test_a_row_of_devices_each_removing_the_next_unseen_all_go(log: Log, laptop: Chain) -> None:
    row = [LAPTOP]
    for number in range(4):
        row.append(row[0].certify(f"number {number}", 2 + number))
    chains = [laptop, *(log.open(device, laptop) for device in row[1:])]
    settled(chains)
    for chain, device in zip(chains, row[1:], strict=False):
        chain.remove(device)

    roster = folded(log)

    assert [ends(roster, chain) for chain in chains] == [None, 0, 0, 0, 0]


def test_the_roots_earlier_cut_undoes_an_eviction_and_what_was_removed_removes_again(
    log: Log, laptop: Chain, tablet: Chain, phone: Chain
) -> None:
    settled([laptop, tablet])
    tablet.remove(PHONE)
    laptop.view.pop(tablet.id)
    laptop.see(phone)
    laptop.remove_by_root(TABLET, root_of("Ada"))
    removal = phone.remove(PHONE.certify("next"))
    other = log.open(PHONE.certify("next"))

    roster = folded(log)

    assert ends(roster, phone) is None
    assert removal.id not in roster.void
    assert ends(roster, other) == -1


def test_two_goodbyes_of_one_device_both_stand(log: Log, laptop: Chain) -> None:
    one, two = log.open(TABLET, laptop), log.open(TABLET, laptop, label="two")
    settled([one, two])
    goodbyes = [one.remove(TABLET), two.remove(TABLET)]

    roster = folded(log)

    assert not roster.void & {act.id for act in goodbyes}
    assert (ends(roster, one), ends(roster, two)) == (0, 0)


def test_a_device_that_was_known_begins_anew_after_the_one_that_let_it_in_was_removed(
    log: Log, laptop: Chain, phone: Chain
) -> None:
    """As it does where it doubts its own chain (6.3)."""
    laptop.see(phone)
    laptop.remove(TABLET)
    unknown = log.open(TABLET.certify("unknown"))
    again = log.open(PHONE, laptop, label="again")

    roster = folded(log)

    assert ends(roster, again) is None
    assert ends(roster, unknown) == -1


def test_goodbyes_on_two_branches_of_one_chain_both_stand(log: Log, tablet: Chain) -> None:
    """Neither voids the other: which of them is judged first must not matter."""
    twin = tablet.fork()
    goodbyes = [tablet.remove(TABLET), twin.remove(TABLET)]

    roster = folded(log)

    assert not roster.void & {act.id for act in goodbyes}
    assert ends(roster, tablet) == 0


# --- hiding behind other certificates -------------------------------------------------


def _under_another_person(log: Log) -> Chain:
    """Its own key, certified by a person that the thief made up."""
    eve = first_device("Eve", "eve")
    forged = eve.certify("shadow")
    shadow = Device(
        "shadow", forged.person, TABLET.sign, TABLET.kem, _certified(eve, TABLET, 2).certificates
    )
    return log.open(shadow)


def _under_a_lower_rank(log: Log) -> Chain:
    """Its own key, with a certificate as old as the device that removes it."""
    return log.open(_certified(first_device("Ada", "oldest", 1), TABLET, 2))


def _certified(by: Device, device: Device, rank: int) -> Device:
    """The same keys under another's certificate."""
    from inglenook_schema import keys, suite

    public = suite.kem_public(draw(f"kem {device.name}", 96))
    cert = keys.issue(by.sign, by.id, by.person.id, device.sign.public, public, rank)
    return Device(device.name, by.person, device.sign, device.kem, (*by.certificates, cert))


@pytest.mark.parametrize("hide", [_under_another_person, _under_a_lower_rank])
@pytest.mark.parametrize("by_root", [False, True])
def test_no_chain_under_other_certificates_shields_a_device_from_its_removal(
    log: Log, hide: Callable[[Log], Chain], by_root: bool
) -> None:
    """Certificates need no consent: whoever holds a key can have it certified by anybody."""
    laptop = log.open(first_device("Ada", "second", 2))
    thief = log.open(TABLET.certify("thief", 7), laptop)
    tablet = log.open(_certified(LAPTOP, TABLET, 5), laptop)
    settled([laptop, tablet, thief])
    if by_root:
        laptop.remove_by_root(TABLET, root_of("Ada"))
    else:
        laptop.remove(TABLET)
    hide(log)
    tablet.say("still here")

    roster = folded(log)

    assert ends(roster, tablet) == 0
    assert TABLET.id in roster.removed


# --- branches -------------------------------------------------------------------------


def _says(chain: Chain) -> None:
    chain.say("hidden")


def _rotates(chain: Chain) -> None:
    chain.rotate(draw("stolen epoch"))


def _closes(chain: Chain) -> None:
    chain.write(Kind.MEMBER, Close())


def _removes(chain: Chain) -> None:
    chain.remove(PHONE)


def _leaves(chain: Chain) -> None:
    chain.write(Kind.MEMBER, RemovePerson(ADA))


@pytest.mark.parametrize("act", [_says, _rotates, _closes, _removes, _leaves])
def test_nothing_counts_on_a_branch_that_its_removal_had_not_seen(
    log: Log, laptop: Chain, tablet: Chain, phone: Chain, act: Callable[[Chain], None]
) -> None:
    """However many places the branch that was seen has, it makes no room on the other."""
    thief = tablet.fork()
    seen = [tablet.say(f"seen {number}") for number in range(3)]
    settled([laptop, tablet, phone])
    thief.see(phone)
    laptop.remove(TABLET)
    act(thief)

    roster = folded(log)

    assert counted(roster, log.events.values()) == {event.id for event in seen}
    assert not roster.closed
    assert roster.tips == []
    assert ends(roster, phone) is None
    assert not roster.people[ADA].gone
    assert roster.removed == {TABLET.id}


def test_a_removal_that_saw_both_branches_keeps_both(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    twin = tablet.fork()
    kept = [tablet.say("one"), tablet.say("two"), twin.say("other")]
    middle = log.open(PHONE, twin)
    laptop.see(tablet)
    laptop.say()
    laptop.see(middle)
    laptop.remove(TABLET)
    twin.say("too late")

    roster = folded(log)

    assert {e.id for e in kept} <= counted(roster, log.events.values())
    assert roster.seats[tablet.id].ends == {kept[0].id: 2, kept[2].id: 1}


def test_of_two_removals_that_saw_a_branch_each_only_what_stands_before_the_fork_counts(
    log: Log, laptop: Chain, tablet: Chain
) -> None:
    older = log.open(first_device("Ada", "older"), laptop)
    common = tablet.say("before the fork")
    twin = tablet.fork()
    tablet.say("seen by one")
    twin.say("seen by the other")
    twin.say("and more")
    laptop.see(tablet)
    older.see(twin)
    laptop.remove(TABLET)
    older.remove(TABLET)

    roster = folded(log)

    assert counted(roster, log.events.values()) == {common.id}
    assert ends(roster, tablet) == common.seq


def test_a_removal_on_a_branch_is_limited_where_the_cut_had_seen_neither_branch(
    log: Log, laptop: Chain, tablet: Chain, phone: Chain
) -> None:
    """Going on after the cut is no branch: evidence of a fork there must give nothing back."""
    settled([laptop, tablet, phone])
    laptop.remove(TABLET)
    twin = tablet.fork()
    removal = tablet.remove(PHONE)
    trusting = folded(log)
    twin.say("evidence")

    roster = folded(log)

    assert ends(trusting, phone) == ends(roster, phone) == 0
    assert removal.id not in roster.void


def test_a_device_let_in_by_one_that_was_let_in_after_a_fork_adds_nobody() -> None:
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    tablet = log.open(TABLET, laptop)
    twin = tablet.fork()
    tablet.say()
    twin.say()
    helper = log.open(TABLET.certify("helper"), tablet)
    added = helper.add(PC)

    roster = folded(log)

    assert set(roster.people) == {ADA}
    assert added.id in roster.void


# --- what others read off the roster --------------------------------------------------


def test_a_device_is_removed_though_nothing_of_it_is_known_yet(log: Log, laptop: Chain) -> None:
    laptop.remove(TABLET)

    assert folded(log).removed == {TABLET.id}


def test_nobody_removes_by_name_a_device_of_the_other_person_or_an_older_one() -> None:
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    laptop.add(PC)
    pc, tablet = log.open(PC, laptop), log.open(TABLET, laptop)
    settled([laptop, pc, tablet])
    laptop.remove(PC)
    laptop.remove_by_root(PC, root_of("Ada"))
    tablet.remove(LAPTOP)
    log.open(EVE).remove(draw("anybody", 16) and TABLET)

    assert folded(log).removed == set()


@pytest.mark.parametrize("type_", [LogType.PAIR, LogType.PROGRAMME])
def test_a_pair_that_one_has_left_takes_nothing_new(type_: LogType) -> None:
    log = Log(LAPTOP, type_)
    laptop = log.open(LAPTOP)
    laptop.add(PC)
    pc = log.open(PC, laptop)
    before = folded(log)
    pc.write(Kind.MEMBER, RemovePerson(MAX))
    said = laptop.say("written without knowing")

    roster = folded(log)

    assert not before.closed
    assert roster.closed == (type_ is LogType.PAIR)
    assert said.id in counted(roster, log.events.values())


def test_two_devices_that_leave_at_once_for_their_person_both_do(log: Log) -> None:
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    laptop.add(PC)
    pc = log.open(PC, laptop)
    mac = log.open(MAC, pc)
    settled([pc, mac])
    leaves = [c.write(Kind.MEMBER, RemovePerson(MAX)) for c in (pc, mac)]

    roster = folded(log)

    assert not roster.void & {act.id for act in leaves}
    assert (ends(roster, pc), ends(roster, mac)) == (0, 0)
