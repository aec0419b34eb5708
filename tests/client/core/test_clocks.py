"""Causal pasts against a plain search of the graph (protocol 2.5)."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.histories import cast_of, histories
from harness.logs import Chain, Log, first_device, settled
from inglenook_client.core.clocks import Joint, covers, merge, pack, recompute, unpack
from inglenook_client.core.events import Event
from inglenook_schema.header import Kind

LAPTOP, TABLET, PHONE, PC, MAC, EVE = cast_of().values()
vectors = st.dictionaries(st.binary(min_size=16, max_size=16), st.integers(0, 2**40), max_size=6)


def joints_of(log: Log) -> list[Joint]:
    return [
        Joint(e.chain, e.seq, e.id, e.header.refs)
        for e in log.events.values()
        if e.header.refs or e.kind == Kind.OPEN
    ]


def searched(events: Iterable[Event]) -> dict[bytes, dict[bytes, int]]:
    """Every place that can be reached from each event, by following prev and refs one by one.

    A place may hold several events, where a chain forked: all of them are followed.
    """
    at = dict[tuple[bytes, int], list[Event]]()
    for event in events:
        at.setdefault((event.chain, event.seq), []).append(event)

    def places(event: Event) -> list[tuple[bytes, int]]:
        return [(event.chain, event.seq - 1), *((c, s) for c, s, _ in event.header.refs)]

    found = dict[bytes, dict[bytes, int]]()
    for event in events:
        past, left, done = dict[bytes, int](), places(event), set[tuple[bytes, int]]()
        while left:
            chain, seq = place = left.pop()
            if place in done or seq < 0:
                continue
            done.add(place)
            past[chain] = max(seq, past.get(chain, -1))
            left += [(chain, seq - 1)]
            left += [p for e in at.get(place, []) for p in places(e)]
        past.pop(event.chain, None)
        found[event.id] = past
    return found


def happened_before(pasts: dict[bytes, dict[bytes, int]], a: Event, b: Event) -> bool:
    if a.chain == b.chain:
        return a.seq < b.seq
    return covers(pasts[b.id], a.chain, a.seq)


@given(histories(forks=False, acts=False), st.randoms(use_true_random=False))
def test_recomputed_pasts_are_what_a_search_of_the_graph_finds(
    log: Log, chance: random.Random
) -> None:
    joints = joints_of(log)

    pasts = recompute(chance.sample(joints, len(joints)))

    expected = searched(log.events.values())
    assert pasts == {joint.id: expected[joint.id] for joint in joints}


@given(histories(acts=False), st.randoms(use_true_random=False))
def test_pasts_are_the_same_in_every_order_and_never_missing_where_chains_forked(
    log: Log, chance: random.Random
) -> None:
    joints = joints_of(log)

    pasts = recompute(chance.sample(joints, len(joints)))

    expected = searched(log.events.values())
    assert pasts == {joint.id: expected[joint.id] for joint in joints}


@given(histories(forks=False, acts=False), st.data())
def test_pasts_with_events_missing_hold_what_can_be_known(log: Log, data: st.DataObject) -> None:
    joints = joints_of(log)
    here = [joint for joint in joints if data.draw(st.booleans())]

    pasts = recompute(here)

    whole = recompute(joints)
    for joint in here:
        named = {chain: seq for chain, seq, _ in joint.refs}
        assert all(seq <= whole[joint.id][chain] for chain, seq in pasts[joint.id].items())
        assert all(covers(pasts[joint.id], chain, seq) for chain, seq in named.items())


@given(histories(forks=False, acts=False))
def test_happened_before_is_a_strict_partial_order(log: Log) -> None:
    events = [e for e in log.events.values() if e.kind != Kind.GENESIS]
    pasts = searched(events)
    before = {(a.id, b.id) for a in events for b in events if happened_before(pasts, a, b)}

    assert all(a != b and (b, a) not in before for a, b in before)
    after = dict[bytes, set[bytes]]()
    for a, b in before:
        after.setdefault(a, set()).add(b)
    assert all((a, c) in before for a, b in before for c in after.get(b, ()))


@pytest.mark.parametrize("branch", [0, 1])
def test_what_builds_on_a_fork_comes_after_what_either_branch_had_seen(branch: int) -> None:
    """A place tells nothing of branches: none of what may lie behind is left out."""
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    tablet, phone, mac = (log.open(device) for device in (TABLET, PHONE, MAC))
    branches = laptop, laptop.fork()
    for chain, seen in zip(branches, (tablet, phone), strict=True):
        _step(chain, seen)

    _step(branches[branch], mac)

    pasts = recompute(joints_of(log))
    last = branches[branch].tip
    assert last is not None
    assert pasts[last.id] == {tablet.id: 0, phone.id: 0, mac.id: 0}


def test_a_fork_that_refers_to_what_refers_to_its_twin_has_a_past_all_the_same() -> None:
    log = Log(LAPTOP)
    thief = log.open(LAPTOP)
    victim, third = log.open(TABLET, thief), log.open(PHONE)
    twin = thief.fork()
    for chain, seen in ((victim, third), (twin, victim), (victim, twin), (thief, victim)):
        _step(chain, seen)

    pasts = recompute(joints_of(log))

    expected = searched(log.events.values())
    assert pasts == {joint.id: expected[joint.id] for joint in joints_of(log)}
    assert thief.tip is not None
    assert covers(pasts[thief.tip.id], third.id, 0)


def _step(chain: Chain, seen: Chain) -> None:
    chain.see(seen)
    chain.say("…")


def test_who_saw_everything_comes_after_everything() -> None:
    log = Log(first_device("Ada"))
    chains = [log.open(first_device("Ada"))]
    chains += [log.open(first_device("Ada").certify(f"device {n}"), chains[0]) for n in range(5)]
    for chain in chains:
        chain.say()
    settled(chains)

    last = chains[0].say()

    past = recompute(joints_of(log))[last.id]
    assert past == {chain.id: 1 for chain in chains[1:]}


@given(vectors, vectors)
def test_a_merged_past_covers_exactly_what_either_covers(
    mine: dict[bytes, int], other: dict[bytes, int]
) -> None:
    merged = dict(mine)
    merge(merged, other)

    for chain in {*mine, *other}:
        highest = max(mine.get(chain, -1), other.get(chain, -1))
        assert covers(merged, chain, highest)
        assert not covers(merged, chain, highest + 1)


@given(vectors)
def test_a_past_comes_back_from_the_store_as_it_was(past: dict[bytes, int]) -> None:
    assert unpack(pack(past)) == past
