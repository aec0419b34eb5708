"""Causal pasts against a plain search of the graph (protocol 2.5)."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.ancestry import branches_in, forks_in, joints_of, kept_pasts, pasts_of
from harness.histories import cast_of, histories
from harness.logs import Chain, Log, first_device, settled
from inglenook_client.core.branches import Place, trace
from inglenook_client.core.clocks import Joint, covers, merge, pack, recompute, unpack
from inglenook_client.core.events import Event
from inglenook_schema.header import Kind

LAPTOP, TABLET, PHONE, PC, MAC, EVE = cast_of().values()
vectors = st.dictionaries(st.binary(min_size=16, max_size=16), st.integers(0, 2**40), max_size=6)


def recomputed(log: Log, joints: list[Joint] | None = None) -> dict[bytes, dict[bytes, int]]:
    events = log.events.values()
    return recompute(joints_of(events) if joints is None else joints, branches_in(events))


def happened_before(pasts: dict[bytes, dict[bytes, int]], a: Event, b: Event) -> bool:
    if a.chain == b.chain:
        return a.seq < b.seq
    return covers(pasts[b.id], a.chain, a.seq)


@given(histories(acts=False), st.randoms(use_true_random=False))
def test_recomputed_pasts_are_what_a_search_of_the_graph_finds_whatever_forked(
    log: Log, chance: random.Random
) -> None:
    joints = joints_of(log.events.values())

    pasts = recomputed(log, chance.sample(joints, len(joints)))

    assert pasts == kept_pasts(log.events.values())


@given(histories(acts=False), st.randoms(use_true_random=False))
def test_branches_are_the_same_in_every_order(log: Log, chance: random.Random) -> None:
    events = list(log.events.values())
    forks = forks_in(events)
    places = [
        Place(e.chain, e.seq, e.id, e.header.prev)
        for e in chance.sample(events, len(events))
        if e.seq >= forks.get(e.chain, e.seq + 1)
    ]

    assert trace(places) == branches_in(events)


@given(histories(forks=False, acts=False), st.data())
def test_pasts_with_events_missing_hold_what_can_be_known(log: Log, data: st.DataObject) -> None:
    joints = joints_of(log.events.values())
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
    pasts = pasts_of(events)
    before = {(a.id, b.id) for a in events for b in events if happened_before(pasts, a, b)}

    assert all(a != b and (b, a) not in before for a, b in before)
    after = dict[bytes, set[bytes]]()
    for a, b in before:
        after.setdefault(a, set()).add(b)
    assert all((a, c) in before for a, b in before for c in after.get(b, ()))


@pytest.mark.parametrize("branch", [0, 1])
def test_what_builds_on_one_branch_of_a_fork_comes_after_that_branch_only(branch: int) -> None:
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    tablet, phone, mac = (log.open(device) for device in (TABLET, PHONE, MAC))
    branches = laptop, laptop.fork()
    for chain, seen in zip(branches, (tablet, phone), strict=True):
        _step(chain, seen)
    first = branches[branch].tip

    _step(branches[branch], mac)

    last = branches[branch].tip
    assert last is not None
    assert first is not None
    seen = (tablet, phone)[branch]
    assert recomputed(log)[last.id] == {seen.id: 0, mac.id: 0, laptop.id: 1, first.id: 1}


def test_refs_to_what_is_not_here_may_lead_round_in_a_circle_and_all_the_same_have_pasts() -> None:
    thief, victim = bytes([1]) * 16, bytes([2]) * 16
    unknown = bytes(32)
    joints = [
        Joint(thief, 1, b"t" * 32, ((victim, 2, unknown),)),
        Joint(victim, 1, b"v" * 32, ((thief, 2, unknown),)),
    ]

    assert recompute(joints) == {b"t" * 32: {victim: 2}, b"v" * 32: {thief: 2}}
    assert recompute(joints[::-1]) == recompute(joints)


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

    past = recomputed(log)[last.id]
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
