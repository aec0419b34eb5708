"""What each step of a schedule means: what a person does, and what happens to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from random import Random

from harness.devices import ORIGIN, Device
from harness.world import DAY_MS, World, offline
from harness.world_people import OTHER, PERSON, Fate, Node, Text
from harness.world_relay import RelayNode
from harness.world_schedule import Step
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import Query
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.erasing import AT_ONCE
from inglenook_client.transports.errors import OfflineError
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.record import BoxType

SECOND = "https://second.example"
_YEARS_MS = 365 * DAY_MS
_SIZES = (20, 20, 20, 200, 200, 1_500)
_LONG = 40_000

Act = Callable[[World, Node, Step, Random], Awaitable[None]]


async def take(world: World, step: Step) -> None:
    """Let one step happen."""
    dice = world.step_is(f"step {step.number}")
    world.now = max(world.now + 1000, world.begins + step.day * DAY_MS + step.minute * 60_000)
    node = world.nodes.get(step.slot)
    if node is None and step.act != "a device is added":
        return
    world.note(f"{step.line}   [{node.name if node else 'nobody'}]")
    if not _spares(world):
        for relay in world.network.relays.values():
            if dropped := relay.expire(world.today):
                world.note(f"  {relay.origin} drops {dropped} idle mailboxes")
                world.relay_losses += 1
    await world.network.deliver(dice, world.relay_now())
    if step.act == "a device is added":
        await _add(world, step)
    elif node is not None and (not node.restoring or step.act in _WHILE_RESTORING):
        await ACTS[step.act](world, node, step, dice)
    world.calm()


def _spares(world: World) -> bool:
    """Whether a relay that loses things now would be no fair fault.

    Somebody begins anew from all that is left; or a device whose clock was years ahead has
    forgotten mailboxes that it left, so that nobody can put again what leads on from them.
    """
    return any(node.restoring or node.was_skewed for node in (*world.nodes.values(), *world.lost))


# --- what people do -------------------------------------------------------------------


async def visit(world: World, node: Node, step: Step, dice: Random) -> None:
    """Write a few entries, then sync; something may strike either."""
    if step.trouble == "another process writes" and not node.restoring:
        _let_another_write(world, node, step.after, dice)
    else:
        world.plan(node, step.trouble, step.after)
    if not node.restoring and not step.trouble:
        await write(world, node, step, dice)
    elif not node.restoring:
        await say(world, node, dice)
    await sync(world, node)


async def write(world: World, node: Node, step: Step, dice: Random) -> None:
    """Entries, now and then a long one; no sync."""
    for _ in range(dice.randrange(step.after + 1)):
        await say(world, node, dice)


async def say(world: World, node: Node, dice: Random) -> None:
    """One entry, goal or revision."""
    world.count += 1
    size = _LONG if dice.random() < 0.002 else dice.choice(_SIZES)
    words = f"canary {world.count} by {node.name} ".ljust(size, "x")
    shared = dice.random() < 0.6
    goals = (t for t in world.texts.values() if t.shared and t.event in node.ids)
    first = next(goals, None) if shared else None
    goal = dice.choice([first, *goals]).event if first and dice.random() < 0.1 else None
    device = node.device

    async def save() -> bytes:
        if goal is not None:
            return (await device.revise(goal, words[:300])).event
        shown = await (device.share(words[:300]) if shared else device.write(words))
        return shown.event

    words = words[:300].strip() if shared else words.strip()
    last = await node.last()
    try:
        await world.attempt(node, save)
    except NotAllowedError:  # a new device that has not read the space itself yet
        texts = world.texts.values()
        assert not any(text.shared is shared and text.by is node for text in texts)
        world.note("  may not write there yet")
    new = await node.contents(after=last)
    assert len(new) <= 1, "something was saved twice"
    for event in new:
        world.texts[words] = Text(words, node, shared, event)
    node.ids |= new


def _let_another_write(world: World, node: Node, after: int, dice: Random) -> None:
    """A second process saves an entry between two durable steps of the first."""
    health = world.disks.health(node.device.home)
    first = node.device.journal

    async def other() -> None:
        node.device.journal = await Journal.open(node.device.home, node.device.key)
        try:
            await say(world, node, dice)
        finally:
            await node.device.journal.close()
            node.device.journal = first

    health.between = (health.steps + 2 + after, other)


async def read(world: World, node: Node, _step: Step, _dice: Random) -> None:
    """Look at everything, and sync."""
    texts = await world.as_node(node, node.device.texts)
    world.note(f"  reads {len(texts)}")
    await sync(world, node)


async def erase(world: World, node: Node, _step: Step, dice: Random) -> None:
    """Erase something of one's own; of each person fewer than go at once on one day."""
    erased = [t for t in world.texts.values() if t.erased_by and t.by.person == node.person]
    mine = sorted(
        (t for t in world.texts.values() if t.by.person == node.person and t.event in node.ids),
        key=lambda text: text.event,
    )
    listed = await world.attempt(node, lambda: node.device.journal.log(Query()))
    shown = {one.event for one in listed or ()}
    mine = [t for t in mine if t.event in shown and t.fate is not Fate.ERASED]
    if not mine or len(erased) >= 4 * AT_ONCE:
        return
    text = dice.choice(mine)
    deep = dice.random() < 0.1
    before = await node.events()
    done = await world.attempt(node, lambda: node.device.journal.erase([text.event], deep=deep))
    if done is not None or await node.events() != before:
        text.fate, text.erased_by = Fate.ERASED, node
        world.note(f"  erases {text.words[:24]}")
    node.ids = await node.events()


async def sync(world: World, node: Node) -> None:
    """Once; a restore that is on goes on."""
    health = world.disks.health(node.device.home)
    struck = health.trouble is not None
    await world.sync(node)
    if struck or len(node.ids) % 7 == 0:
        await world.keeps(node)
    if node.restoring and await world.as_node(node, node.device.journal.restoring) is None:
        await over(world, node)


# --- clocks, copies, places -----------------------------------------------------------


async def clock(world: World, node: Node, _step: Step, dice: Random) -> None:
    """Years off, or right again; see :func:`_spares`."""
    if world.relay_losses or any(relay.skew_days for relay in world.network.relays.values()):
        return
    years = dice.choice((-3, -1, 1, 2, 5))
    node.skew_ms = 0 if node.skew_ms else years * _YEARS_MS + dice.randrange(_YEARS_MS)
    node.was_skewed = True
    world.note(f"  the clock is {node.skew_ms // DAY_MS} days ahead")
    await sync(world, node)


async def copy(world: World, node: Node, _step: Step, _dice: Random) -> None:
    """Of the closed folder."""
    await node.device.journal.close()
    world.disks.copy(node.device.home, world.copy_of(node))
    node.copied, node.copied_at = await _open(world, node), world.relay_losses
    node.copied_epochs = await node.device.read(_epochs)


async def _open(world: World, node: Node) -> set[bytes]:
    async def opened() -> Journal:
        return await Journal.open(node.device.home, node.device.key)

    node.device.journal = await world.as_node(node, opened)
    return await node.events()


async def put_back(world: World, node: Node, _step: Step, _dice: Random) -> None:
    """What only this disk held since is lost.

    Protocol 5.6: not where a relay lost things meanwhile too, for then nothing may lead on; and
    not after two rotations that everybody followed.
    """
    if node.copied is None or node.copied_at < world.relay_losses:
        return
    if not await node.device.read(partial(_lead_on, known=node.copied_epochs)):
        return
    await _loses_disk(world, node, node.copied)
    await node.device.journal.close()
    world.disks.copy(world.copy_of(node), node.device.home)
    node.ids = await _open(world, node)
    await sync(world, node)


def _epochs(db: Db) -> set[bytes]:
    return {row[0] for row in db.execute("SELECT commitment FROM epoch")}


def _lead_on(db: Db, known: set[bytes]) -> bool:
    """Whether the epochs that are written to are these, or follow one of them at once."""
    for log in logs.all_logs(db):
        held = {number: commitment for number, commitment, _ in logs.epochs_of(db, log.number)}
        begun = logs.roster_of(db, log).epochs.get(held.get(log.epoch or 0, b""))
        now = {begun.rotate.commitment, *begun.rotate.parents} if begun else set[bytes]()
        if not now & known:
            return False
    return True


async def move(world: World, node: Node, _step: Step, _dice: Random) -> None:
    """The folder lies elsewhere from now on, as on another machine."""
    await node.device.journal.close()
    old = node.device.home
    kept, node.copied = node.copied, None
    if kept is not None:
        world.disks.drop(world.copy_of(node))
    key = node.device.key
    moved = Device(old.with_name(f"{old.name}."))
    world.disks.copy(old, moved.home)
    world.disks.drop(old)
    moved.key, moved.younger = key, node.device.younger
    node.device = moved
    await _open(world, node)


async def _loses_disk(world: World, node: Node, kept: set[bytes]) -> None:
    """What is on no other disk may be gone for good, and so may what was done there alone."""
    others = [n for n in world.nodes.values() if n is not node and not n.restoring]
    gone = node.ids.difference(*[await n.events() for n in others], kept)
    for text in world.texts.values():
        if text.event in gone and text.fate is Fate.MUST:
            text.fate = Fate.MAY
        if text.erased_by is node:
            text.fate = Fate.MAY


# --- relays ---------------------------------------------------------------------------


def _a_relay(world: World, dice: Random) -> RelayNode:
    return dice.choice(list(world.network.relays.values()))


async def relay_away(world: World, _node: Node, _step: Step, dice: Random) -> None:
    """For days."""
    world.network.away[_a_relay(world, dice).origin] = world.today + dice.choice((1, 3, 20))


async def parted(world: World, node: Node, _step: Step, dice: Random) -> None:
    """One device reaches it for days no more."""
    where = (node.slot, _a_relay(world, dice).origin)
    world.network.parted[where] = world.today + dice.choice((1, 5, 40))


async def relay_backup(world: World, _node: Node, _step: Step, dice: Random) -> None:
    """Of one relay."""
    relay = _a_relay(world, dice)
    world.backups[relay.origin] = relay.snapshot()


async def relay_put_back(world: World, _node: Node, _step: Step, dice: Random) -> None:
    """An older state of one relay."""
    if _spares(world):
        return
    relay = _a_relay(world, dice)
    if relay.origin in world.backups:
        relay.roll_back(world.backups[relay.origin])
        world.relay_losses += 1


async def relay_loses_one(world: World, _node: Node, _step: Step, dice: Random) -> None:
    """One record."""
    if _spares(world):
        return
    _a_relay(world, dice).lose_one(dice.randrange(2**32))
    world.relay_losses += 1


async def relay_clock(world: World, _node: Node, _step: Step, dice: Random) -> None:
    """Years off: it drops what it takes to be idle."""
    if _spares(world):
        return
    relay = _a_relay(world, dice)
    relay.skew_days = 0 if relay.skew_days else dice.choice((-900, -30, 30, 399, 500, 900))
    world.note(f"  {relay.origin} is {relay.skew_days} days ahead")


async def relay_wiped(world: World, _node: Node, _step: Step, dice: Random) -> None:
    """Nothing is left there."""
    if _spares(world):
        return
    _a_relay(world, dice).wipe()
    world.relay_losses += 1


async def relay_added(world: World, node: Node, _step: Step, _dice: Random) -> None:
    """What this person began lies at two."""
    world.network.relays.setdefault(SECOND, RelayNode.new(SECOND))
    try:
        await world.as_node(node, lambda: node.device.journal.add_relay(SECOND))
    except OfflineError as error:
        world.note(offline(error))
    await sync(world, node)


async def relay_left(world: World, node: Node, _step: Step, _dice: Random) -> None:
    """What lay at the first lies at the second instead."""
    world.network.relays.setdefault(SECOND, RelayNode.new(SECOND))
    if [relay.origin for relay in await node.device.journal.relays() if not relay.left] != [ORIGIN]:
        return
    try:
        await world.as_node(node, lambda: node.device.journal.move_relay(ORIGIN, SECOND))
    except OfflineError as error:
        world.note(offline(error))
    await sync(world, node)


# --- devices that come and go ---------------------------------------------------------


async def _add(world: World, step: Step) -> None:
    """A person lets another device of theirs in."""
    first = world.nodes.get(OTHER[step.slot])
    if step.slot in world.nodes or first is None or first.restoring:
        return
    world.note(f"{step.line}   [{first.name} adds one]")
    world.count += 1
    label = f"{PERSON[step.slot].lower()}-{world.count}"
    node: Node | None = None

    async def let_in() -> Node:
        device, _ = await first.device.begin_second(label)
        await first.device.journal.device_approve(await _knocked(first, label))
        made = Node(step.slot, device, label, was_skewed=first.skew_ms != 0, since=world.today)
        await device.sync()
        return made

    try:
        node = await world.as_node(first, let_in)
    except OfflineError as error:
        world.note(offline(error))
    if node is None or not node.device.journal.me.person:
        world.disks.drop(world.base / label)
        return
    world.nodes[step.slot] = node
    node.ids = await node.events()


async def _knocked(first: Node, label: str) -> int:
    await first.device.sync()
    found = await first.device.journal.device_waiting()
    numbers = [waiting.id for waiting in found if waiting.name == label]
    if not numbers:
        raise OfflineError
    return numbers[0]


async def removed(world: World, node: Node, step: Step, _dice: Random) -> None:
    """The older device removes the younger; what it had not read of it does not count."""
    other = world.nodes.get(OTHER[step.slot])
    if other is None or other.restoring:
        return
    older, younger = (other, node) if step.slot.endswith("second") else (node, other)
    listed = await world.as_node(older, older.device.journal.devices)
    found = [d for d in listed if d.id == younger.device.journal.me.device]
    if not found:
        return
    before = older.ids = await older.events()
    try:
        await world.attempt(older, lambda: older.device.journal.device_revoke(found[0]))
    except NotAllowedError as error:
        world.note(f"  {error}")
        return
    left = {d.id for d in await world.as_node(older, older.device.journal.devices)}
    if younger.device.journal.me.device in left:
        return  # the process ended before
    del world.nodes[younger.slot]
    world.removed.append(younger)
    counts_no_more(world, {younger}, before)
    older.ids = await older.events()


async def lost(world: World, node: Node, step: Step, _dice: Random) -> None:
    """A disk is gone: the person begins anew with the words of the kit."""
    other = world.nodes.get(OTHER[step.slot])
    if (other is not None and other.restoring) or not await _may_be_lost(world, node):
        return
    await _loses_disk(world, node, set())
    kit = next(relay.origin for relay in await node.device.journal.relays() if not relay.left)
    await node.device.journal.close()
    world.lose(node)
    del world.nodes[step.slot]
    world.lost.append(node)
    world.count += 1
    label = f"{node.person.lower()}-{world.count}"
    keep = (other.label,) if other is not None else ()
    words = world.words[node.person]

    async def begin() -> Device:
        return await Device.from_words(world.base, label, words, keep=keep, relay=kit)

    made = Node(step.slot, Device(world.base / label), label, restoring=True)
    made.device = await world.as_node(made, begin)
    world.nodes[step.slot] = made
    await sync(world, made)


async def _may_be_lost(world: World, node: Node) -> bool:
    """Whether relays hold what a restore begins with, and something of every log."""

    def look(db: Db) -> list[tuple[int, bytes]]:
        return db.execute(_BOXES, (BoxType.RECOVERY,)).fetchall()

    held = dict[int, bool]()
    for log, address in await node.device.read(look):
        there = any(relay.holds(address) for relay in world.network.relays.values())
        held[log] = held.get(log, False) or there
    return bool(held) and all(held.values())


_BOXES = (
    "SELECT 0, address FROM mailbox WHERE type = ? UNION SELECT l.number, m.address"
    " FROM log l JOIN mailbox m ON m.log = l.number AND m.epoch = l.epoch"
)


async def over(world: World, node: Node) -> None:
    """A restore is over: it removed those devices of its person that were lost."""
    node.restoring = False
    world.note("  the restore is over")
    gone = {n for n in (*world.lost, *world.removed) if n.person == node.person}
    counts_no_more(world, gone, await _shown(world, node))
    node.ids = await node.events()


async def _shown(world: World, node: Node) -> set[bytes]:
    shown = await world.as_node(node, lambda: node.device.journal.log(Query()))
    return {one.event for one in shown}


def counts_no_more(world: World, gone: set[Node], seen: set[bytes]) -> None:
    for text in world.texts.values():
        if text.by in gone and text.event not in seen and text.fate is Fate.MUST:
            text.fate = Fate.MAY
        if text.erased_by in gone:
            text.fate = Fate.MAY


ACTS: dict[str, Act] = {
    "visit": visit,
    "write": write,
    "erase": erase,
    "read": read,
    "the clock jumps": clock,
    "the folder is copied": copy,
    "the folder is put back": put_back,
    "the folder is moved": move,
    "the relay stays away": relay_away,
    "the relay cannot be reached from here": parted,
    "the relay is backed up": relay_backup,
    "the relay is put back": relay_put_back,
    "the relay loses one record": relay_loses_one,
    "the relay's clock jumps": relay_clock,
    "the relay is wiped": relay_wiped,
    "a relay is added": relay_added,
    "the relay is left": relay_left,
    "the device is removed": removed,
    "the device is lost": lost,
}
_WHILE_RESTORING = frozenset(act for act in ACTS if "relay" in act) | {
    "visit",
    "read",
    "the clock jumps",
}
