"""What must be true of a world once everything works again and everybody has synced.

no canary outside the clients · nothing saved or acknowledged lost · nothing unverified shown ·
honest devices agree · what was erased is nowhere · each thing told once
"""

from __future__ import annotations

from functools import partial
from random import Random

from harness.devices import Device
from harness.words import places
from harness.world import DAY_MS, World
from harness.world_network import CANARY
from harness.world_people import ADA, MAX, Fate, Node
from inglenook_client.journal.home import begin_restore
from inglenook_client.journal.model import Query, Report
from inglenook_client.journal.retiring import NEWCOMER_DAYS
from inglenook_client.stores import items, logs
from inglenook_client.stores.connection import Db
from inglenook_schema.control import LogType

_PATIENCE_DAYS = 9
"""Longer than anybody waits to do what another may do first, and than erased words stay."""
_ROUNDS = 12
_LOOKED_FOR = 3
"""So many of the erased texts are searched for in every table and record."""


async def settle(world: World, *, patience: bool = True) -> None:
    """Everything works again; everybody syncs until nothing more happens.

    Args:
        world: Whose.
        patience: Weeks pass and not only days, so that what waits for its day is done too.
    """
    world.note("everything works again")
    world.network.calm()
    for relay in world.network.relays.values():
        relay.mishap, relay.skew_days = None, 0
    world.network.parted.clear()
    world.network.away.clear()
    for node in world.nodes.values():
        node.skew_ms = 0
    dice = world.step_is("settling")
    while world.network.late:
        await world.network.deliver(dice, world.relay_now())
    for number in range(_ROUNDS):
        days = (_PATIENCE_DAYS if patience else 1) if number in {1, 2} else 0
        world.now += days * DAY_MS + 60_000
        world.step_is(f"settling {number}")
        quiet = await _round(world)
        if quiet and number > (3 if patience else 2):
            break
    else:
        raise AssertionError("it never becomes quiet")
    for node in [*world.nodes.values()]:
        await _came_too_late(world, node)
    for node in world.removed:
        await world.sync(node)
    if world.removed:  # what came from them late is told to each now, and then no more
        await _round(world)


async def _round(world: World) -> bool:
    quiet = True
    for node in [*world.nodes.values()]:
        report = await world.sync(node)
        assert report is not None
        assert not report.offline, report.problem
        if node.restoring:
            await _try_elsewhere(world, node)
        quiet = quiet and not (report.sent or report.received or report.news or node.restoring)
        await _answer(world, node)
    return quiet


async def _came_too_late(world: World, node: Node) -> None:
    """Decision 0023: who was let in, read nothing for so long and is told so begins again.

    So long by the clock of the device that let it in.
    """
    from harness.world_acts import counts_no_more  # the acts need the world, not the judge

    waited = world.today - node.since > NEWCOMER_DAYS or node.was_skewed
    if not node.since or not waited:
        return
    status = await world.as_node(node, node.device.journal.status)
    told = ("has a new key that is not here yet", "not delivered yet")
    if any(words in problem for problem in status.problems for words in told):
        world.note(f"  {node.name} is to be removed and added again")
        del world.nodes[node.slot]
        counts_no_more(world, {node}, set())


async def _try_elsewhere(world: World, node: Node) -> None:
    """A restore goes on, at another relay where the first knows nothing."""
    from harness.world_acts import over  # the acts need the world, not the judge

    standing = await world.as_node(node, node.device.journal.restoring)
    if standing is None:
        await over(world, node)
        return
    if standing.found:
        return
    for origin in world.network.relays:

        async def begin(origin: str = origin) -> None:
            await node.device.journal.close()
            node.device.journal = await begin_restore(
                *(node.device.home, node.device.key),
                words=None,
                relay=origin,
                voucher=None,
                device_label=node.label,
                keep=None,
            )

        await world.as_node(node, begin)
        report = await world.sync(node)
        if report is not None and await node.device.journal.restoring() is None:
            await over(world, node)
            return


async def _answer(world: World, node: Node) -> None:
    """A person answers for spaces that moved while their device was away."""
    if node.restoring:
        return
    status = await world.as_node(node, node.device.journal.status)
    if any("moved while" in problem for problem in status.problems):
        for space in await node.device.journal.spaces():
            if f"“{space.name}” moved" in " ".join(status.problems):
                world.note(f"  {node.name} makes {space.name} again")
                await world.as_node(node, partial(node.device.journal.recreate, space))


async def judge(world: World, *, patience: bool = True) -> dict[str, str]:
    """Look at everything.

    Args:
        world: At whatever moment.
        patience: See :func:`settle`.

    Returns:
        State hash by node and log, in hex.

    Raises:
        AssertionError: A promise is broken.
    """
    await settle(world, patience=patience)
    _nothing_outside(world)
    for node in (*world.nodes.values(), *world.removed):
        await world.keeps(node)
        await _verified(world, node)
    for node in world.nodes.values():
        await _has_what_is_theirs(world, node)
        await _told_once(world, node)
    return await _agree(world)


def _nothing_outside(world: World) -> None:
    for relay in world.network.relays.values():
        assert not any(CANARY in blob for blob in relay.blobs()), "words of a person at a relay"
    for node in (*world.nodes.values(), *world.removed):
        for file in node.device.home.iterdir():
            assert CANARY not in file.read_bytes(), f"words of a person in {file.name}"


async def _verified(world: World, node: Node) -> None:
    """Every signature, chain and commitment; and nobody's words without their seal."""
    assert await node.device.read(_unsealed) == 0, f"something unsealed counts on {node.name}"
    check = await world.as_node(node, node.device.journal.doctor)
    # a clock that was wrong is rightly told of; who was removed is not let follow any more
    told = ["clock"] if node.was_skewed else list[str]()
    told += ["goes on is not known"] if node in world.removed else []
    problems = [p for p in check.problems if not any(words in p for words in told)]
    assert not problems, (node.name, problems)


def _unsealed(db: Db) -> int:
    """How many events of others stand behind the last seal of their chain."""
    (count,) = db.execute(
        "SELECT count(*) FROM event e JOIN chain c ON c.number = e.chain WHERE c.mine = 0"
        " AND NOT EXISTS(SELECT 1 FROM seal s WHERE s.chain = e.chain AND s.seq >= e.seq)"
    ).fetchone()
    return int(count)


async def _has_what_is_theirs(world: World, node: Node) -> None:
    shown = await world.as_node(node, lambda: node.device.journal.log(Query()))
    here = [one.event for one in shown if one.text]
    assert len(here) == len(set(here)), f"{node.name} shows something twice"
    known = {text.event: text for text in world.texts.values()}
    for event in here:
        assert event in known, f"{node.name} shows what nobody wrote"
        assert known[event].is_for(node.person), f"{node.name} shows what is not for it"
        assert known[event].fate is not Fate.ERASED, f"{node.name} shows {known[event].words[:30]}"
    missing = [
        text.words[:30]
        for text in world.texts.values()
        if text.fate is Fate.MUST and text.is_for(node.person) and text.event not in set(here)
    ]
    assert not missing, f"{node.name} lacks {len(missing)}: {missing[:5]}"
    erased = [text.words for text in world.texts.values() if text.fate is Fate.ERASED]
    dice = Random(f"{world.seed} erased")
    for words in dice.sample(sorted(erased), min(_LOOKED_FOR, len(erased))):
        held = await node.device.read(partial(places, words=words[:24].encode()))
        assert not held, f"{node.name} still holds {words[:24]} in {held}"


async def _told_once(world: World, node: Node) -> None:
    """Nothing is said again where nothing happened."""
    report = await world.sync(node)
    assert report is not None
    assert not report.news, report.news
    losses = [sentence for sentence in node.said if "The relay lost" in sentence]
    if not world.relay_losses:
        assert not losses, losses


async def _agree(world: World) -> dict[str, str]:
    found = dict[str, str]()
    counting = dict[bytes, set[str]]()
    for node in world.nodes.values():
        for log, state in (await _states(world, node)).items():
            counts = await node.device.read(partial(_counts, log=log))
            counting.setdefault(log, set()).add(counts)
            found[f"{node.slot} {log.hex()[:8]}"] = state
    for node_state, state in sorted(found.items()):
        world.note(f"{node_state} {state}")
    assert all(len(each) == 1 for each in counting.values()), "honest devices do not agree"
    people = {node.person for node in world.nodes.values()}
    assert people <= {ADA, MAX}
    return found


def _counts(db: Db, log: bytes) -> str:
    """All that counts of a log: not everybody gets what a removed device put where it was."""
    row = logs.log_by_id(db, log)
    assert row is not None
    ids = db.execute(
        "SELECT e.id FROM event e JOIN chain c ON c.number = e.chain WHERE c.log = ?"
        " AND e.seq <= c.last AND e.id NOT IN (SELECT event FROM astray) ORDER BY e.id",
        (row.number,),
    ).fetchall()
    roster = logs.roster_of(db, row)
    seats = sorted((s.chain, s.device, s.rank, s.label, s.last) for s in roster.seats.values())
    people = sorted((name, m.role, m.gone) for name, m in roster.people.items())
    told = (ids, items.digest(db, row.number), seats, people, roster.tips, roster.closed)
    return repr(told)


async def _states(world: World, node: Node) -> dict[bytes, str]:
    device: Device = node.device
    open_logs = {s.log for s in await device.journal.spaces() if s.type is not LogType.PROGRAMME}
    states = await world.as_node(node, device.states)
    return {log: state for log, state in states.items() if log in open_logs}


def quiet(report: Report) -> bool:
    """Whether a sync came to nothing."""
    return not (report.sent or report.received or report.news)
