"""A sync: the sans-I/O conversation, a transport, and the store, taking turns.

prepare (durable) -> ask -> answer -> take in (durable) -> ask … -> nothing left to say
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from inglenook_client import ambient
from inglenook_client.core.sync import (
    Arrived,
    Conversation,
    Effect,
    Kept,
    Lost,
    Made,
    Nulled,
    Outgoing,
    Phase,
    Refused,
    Untrue,
    compare,
)
from inglenook_client.journal import bundling, covering, identity, receiving, sending
from inglenook_client.stores import boxes, bundles, logs, search
from inglenook_client.stores.connection import Db, Store
from inglenook_client.words import _, ngettext
from inglenook_schema.record import BoxType
from inglenook_schema.wire import Status, ToClient, ToRelay

ABSENT_DAYS = 30
HEAL_PAUSE_MS = 3_600_000
_ROUNDS = 16


class Relay(Protocol):
    """Whoever answers frames: HTTP, a WebSocket, a relay core in memory."""

    async def exchange(self, frame: ToRelay) -> ToClient:
        """Ask once; raises OfflineError where there is no answer."""
        ...


@dataclass
class Tally:
    """What a sync did so far."""

    sent: int = 0
    received: int = 0
    trips: int = 0
    news: list[str] = field(default_factory=list)
    logs: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class _Resume:
    box: int
    n: int
    head: bytes
    again: list[Outgoing]
    make: bool


async def converse(
    store: Store,
    origin: str,
    relay: Relay,
    tally: Tally,
    *,
    voucher: str = "",
    background: bool = False,
    recovery: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Talk with one relay until nothing is left to say.

    Args:
        store: Every step is durable there before the next question is asked.
        origin: Which mailboxes are meant.
        relay: Who answers.
        tally: Is filled as things happen; stands where an error ends the talk.
        voucher: Code for making mailboxes, where this relay wants one.
        background: Nobody asked for this sync: it is a live connection, which wants hints
            and heals a mailbox at most once an hour.
        recovery: Talk about the recovery box, and nothing else.
        progress: Called with (records done, records known of).
    """
    asked = set[int]()
    offered = set[int]()
    nulling = set[tuple[int, int]]()
    today = identity.today()
    pause = HEAL_PAUSE_MS if background else 0
    for _round in range(_ROUNDS):
        await store.write(_prepare_bundle if recovery else sending.prepare)
        plan = await store.read(
            lambda db: boxes.plan(
                *(db, origin, voucher, today, ABSENT_DAYS, ambient.now_ms() - pause),
                recovery=recovery,
            )
        )
        todo = [
            box
            for box in plan
            if box.number not in asked
            or any(o.number not in offered for o in box.outbox)
            or any((box.number, n) not in nulling for n, _token in box.erase)
        ]
        if not todo:
            return
        asked |= {box.number for box in plan}
        offered |= {outgoing.number for box in todo for outgoing in box.outbox}
        nulling |= {(box.number, n) for box in todo for n, _token in box.erase}
        before = tally.received
        await _until_quiet(
            store, Conversation(todo, subscribe=background), relay, tally, pause, progress
        )
        if tally.received > before:
            await store.write(lambda db: sending.acknowledge(db, tally.logs))


def _prepare_bundle(db: Db) -> int:
    bundling.prepare(db)
    return 0


async def _until_quiet(
    store: Store,
    talk: Conversation,
    relay: Relay,
    tally: Tally,
    pause: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    done = 0
    unread = await store.read(boxes.unread)
    while (frame := talk.ask()) is not None:
        answer = await relay.exchange(frame)
        tally.trips += 1
        effects = talk.receive(answer)
        tally.sent += sum(isinstance(effect, Kept) for effect in effects)
        resumed = await _apply(store, talk, effects, tally, pause)
        for step in resumed:
            talk.resume(step.box, step.n, step.head, step.again, make=step.make)
        if progress is not None:
            done += len(frame.put) + sum(len(box.records) for box in answer.boxes)
            left = sum(len(box.outbox) for box in talk.boxes.values())
            left += sum(
                max(0, box.n - talk.boxes[number].n)
                for number, box in zip(talk.boxes, answer.boxes, strict=False)
            )
            progress(done, done + left)
    ended = unread & {box.number for box in talk.boxes.values() if box.phase is Phase.CURRENT}
    if ended:
        await store.write(lambda db: boxes.read_to_end(db, ended))


async def _apply(
    store: Store, talk: Conversation, effects: list[Effect], tally: Tally, pause: int
) -> list[_Resume]:
    today = identity.today()
    asked = [box.number for box in talk.boxes.values() if box.made]
    if not effects and not await store.read(lambda db: _unseen(db, asked, today)):
        return []
    received, resumed = await store.write(lambda db: _write(db, effects, asked, pause))
    tally.received += received.events
    tally.news += received.news
    tally.logs |= received.logs
    return resumed


def _unseen(db: Db, numbers: list[int], today: int) -> bool:
    """Whether the day of the last answer is to be noted for any of these."""
    if not numbers:
        return False
    (oldest,) = db.execute("SELECT min(seen * made) FROM mailbox WHERE closed = 0").fetchone()
    return bool(oldest is not None and oldest < today)


def _write(
    db: Db, effects: list[Effect], asked: list[int], pause: int
) -> tuple[receiving.Received, list[_Resume]]:
    fresh = list[boxes.RecordRow]()
    resumed = list[_Resume]()
    news = list[str]()
    today = identity.today()
    boxes.seen(db, asked, today)
    boxes.kept(db, [(done.number, done.n) for done in effects if isinstance(done, Kept)])
    for effect in effects:
        match effect:
            case Arrived():
                fresh += boxes.store_arrived(db, effect, today)
            case Lost():
                resumed.append(_heal(db, effect, news, pause))
            case Refused():
                news += _refusal(db, effect)
            case Untrue():
                news.append(_("The relay's list did not add up, so nothing new was taken from it."))
            case Nulled(n=0):
                boxes.close_box(db, effect.box)
            case Nulled() if boxes.box(db, effect.box).type is BoxType.RECOVERY:
                bundles.nulled(db, effect.box, effect.n)
            case Kept() | Made() | Nulled():
                pass
    received = receiving.receive(db, fresh) if fresh else receiving.Received()
    received.news[:0] = news
    if search.behind(db) >= search.BEHIND:
        search.catch_up(db)
    return received, resumed


def _heal(db: Db, lost: Lost, news: list[str], pause: int) -> _Resume:
    now = ambient.now_ms()
    found = compare(lost.rids, boxes.held_rids(db, lost.box))
    healed = boxes.box(db, lost.box).healed
    again, count = boxes.heal(db, lost.box, found, now)
    count += _pack_again(db, lost.box)
    # protocol 6.3: at once when first seen; while a relay goes on losing, at most hourly
    # unless the person asked for this sync. What waits is queued and counted as waiting.
    if pause and now - healed < pause:
        again = []
    elif count and boxes.box(db, lost.box).type is not BoxType.RECOVERY:
        news.append(
            ngettext(
                "The relay lost {count} record; sent again from this device.",
                "The relay lost {count} records; sent again from this device.",
                count,
            ).format(count=count)
        )
    return _Resume(lost.box, found.n, found.head, again, lost.unknown)


def _pack_again(db: Db, number: int) -> int:
    """Where a relay lost a pack, put a new one of all that is held here; how many parts.

    Call inside a write. The parts wait in the outbox and go with the next round.
    """
    box = boxes.box(db, number)
    if box.log is None or not boxes.lacks_pack(db, number):
        return 0
    log = logs.log_by_number(db, box.log)
    boxes.forget_lost_packs(db, number)
    return covering.put_pack(db, log, [box]) if box.epoch == log.epoch else 0


def _refusal(db: Db, refused: Refused) -> list[str]:
    box = boxes.box(db, refused.box)
    if box.type is BoxType.INVITE:
        return []
    if box.type is BoxType.RECOVERY and refused.status is Status.UNKNOWN:
        return []  # a restore asks for a box that it may not make
    match refused.status:
        case Status.FULL:
            return [
                _("The relay takes no more for this space just now. What you wrote is saved here.")
            ]
        case Status.REFUSED:
            return [_("The relay wants a voucher before it keeps anything for you.")]
        case Status.UNKNOWN:
            return [_("A space moved while this device was away. What you wrote is saved here.")]
        case _:
            return [_("The relay did not take a record. What you wrote is saved here.")]
