"""A sync: the sans-I/O conversation, a transport, and the store, taking turns.

prepare (durable) -> ask -> answer -> take in (durable) -> ask … -> nothing left to say
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from inglenook_client import ambient
from inglenook_client.core.sync import (
    Arrived,
    Conversation,
    Effect,
    Kept,
    Listed,
    Lost,
    Made,
    Mailbox,
    Nulled,
    Outgoing,
    Phase,
    Refused,
    Untrue,
    compare,
)
from inglenook_client.journal import (
    bundling,
    covering,
    duties,
    files,
    given_back,
    identity,
    incarnation,
    parting,
    programme_duties,
    receiving,
    restoring,
    retiring,
    sending,
    standing,
    vanished,
    wiping,
)
from inglenook_client.journal.gathering import Gathered, size_of
from inglenook_client.stores import boxes, bundles, cover, logs, nulling, parts, reaching, search
from inglenook_client.stores import files as kept_files
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db, Store
from inglenook_client.stores.incarnation import Incarnation
from inglenook_client.stores.incarnation import load as load_incarnation
from inglenook_client.words import _, ngettext
from inglenook_schema.mailbox import is_folder
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
    left_out: set[int] = field(default_factory=set)
    """Logs whose newest secret did not come; an ack says so at once."""
    lost: int = 0
    """Records that were gone there, and go again from here; of the partner of the moment."""

    def say(self, *sentences: str) -> None:
        """Tell the person, each sentence once: what befalls every mailbox is one thing to them."""
        self.news += [s for s in dict.fromkeys(sentences) if s not in self.news]


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
        store: Every step is durable there before the next question is asked, but for records
            that come quickly (``gathering``).
        origin: Which mailboxes are meant.
        relay: Who answers.
        tally: Is filled as things happen; stands where an error ends the talk.
        voucher: Code for making mailboxes, where this relay wants one.
        background: Nobody asked for this sync: it is a live connection, which wants hints
            and heals a mailbox at most once an hour.
        recovery: Talk about the recovery box, and nothing else.
        progress: Called with (records done, records known of).
    """
    with_files = not (recovery or is_folder(origin) or await store.read(restoring.is_reading))
    try:
        if with_files:
            await files.before(store)
        await _rounds(
            *(store, origin, relay, tally, voucher),
            background=background,
            recovery=recovery,
            progress=progress,
        )
        if with_files:
            done = await files.after(
                *(store, origin, relay), voucher=voucher, asked=not background, progress=progress
            )
            tally.sent += done.sent
            tally.lost += done.lost
            tally.say(*done.news)
    finally:
        if tally.lost:  # one sentence, however many spaces lay there
            tally.news.append(_lost(tally.lost, origin))
            tally.lost = 0


async def _rounds(
    store: Store,
    origin: str,
    relay: Relay,
    tally: Tally,
    voucher: str,
    *,
    background: bool,
    recovery: bool,
    progress: Callable[[int, int], None] | None,
) -> None:
    asked = set[int]()
    offered = set[int]()
    tried = set[tuple[int, int]]()
    packed = set[int]()
    today = identity.today()
    pause = HEAL_PAUSE_MS if background else 0
    for _round in range(_ROUNDS):
        said = list[str]()
        fresh = packed if asked else None
        prepare = partial(_prepare, said, origin=origin, packed=fresh, recovery=recovery)
        await incarnation.publish(store, await store.write(prepare))
        tally.say(*said)
        planned = partial(_plan, origin=origin, voucher=voucher, pause=pause, recovery=recovery)
        plan = await store.read(planned)
        todo = [
            box
            for box in plan
            if box.number not in asked
            or any(o.number not in offered for o in box.outbox)
            or any((box.number, n) not in tried for n, _ in box.erase)
        ]
        if not todo:
            return
        asked.update(box.number for box in plan)
        tried |= {(box.number, n) for box in todo for n, _ in box.erase}
        offered |= {outgoing.number for box in todo for outgoing in box.outbox}
        before = tally.received
        talk = Conversation(todo, subscribe=background)
        await _until_quiet(store, talk, relay, tally, pause, progress)
        if recovery:
            continue
        await _note_unsent(store, talk)
        due = await store.read(lambda db: reaching.owed(db, today))
        due |= tally.left_out
        tally.left_out = set()
        if tally.received > before:
            due |= tally.logs
        if due:
            await _acknowledge(store, due, origin)


async def _acknowledge(store: Store, numbers: set[int], origin: str) -> None:
    await store.write(lambda db: sending.acknowledge(db, numbers, origin))


def _prepare(
    said: list[str], db: Db, *, origin: str, packed: set[int] | None, recovery: bool
) -> Incarnation | None:
    """Make ready what is to be put; new packs only once the relay was heard."""
    me = identity.load(db)
    parts.read_again(db)
    if recovery:
        bundling.prepare(db)
    if recovery or restoring.is_reading(db):
        return load_incarnation(db)
    if me.person is not None:
        standing.uphold(db, me)
        duties.fulfil(db, me)
        said.extend(programme_duties.fulfil(db, me))
    sending.prepare(db)
    if packed is not None:
        taken = wiping.put_wanted_packs(db, origin, packed)
        said.extend(_taken(receiving.space_name(log)) for log in taken)
    parting.stop(db, me)
    given_back.stop(db)
    retiring.retire(db)
    return load_incarnation(db)


def _plan(db: Db, *, origin: str, voucher: str, pause: int, recovery: bool) -> list[Mailbox]:
    today = identity.today()
    planned = boxes.plan(
        *(db, origin, voucher, today, ABSENT_DAYS, ambient.now_ms() - pause), recovery=recovery
    )
    nulling.plan(db, planned, today, asked=pause == 0)
    return planned


async def _note_unsent(store: Store, talk: Conversation) -> None:
    """What was erased before it was put did not come back from a relay that was read whole."""
    current = [box.number for box in talk.boxes.values() if box.phase is Phase.CURRENT]
    if await store.read(nulling.waiting):
        await store.write(lambda db: _drop_unsent(db, current))


def _drop_unsent(db: Db, numbers: list[int]) -> None:
    for log in nulling.note_unsent(db, numbers):
        wiping.want_pack(db, log)


async def _until_quiet(
    store: Store,
    talk: Conversation,
    relay: Relay,
    tally: Tally,
    pause: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    done = 0
    grown = set[int]()
    unread = await store.read(boxes.unread)
    gathered = Gathered()
    while (frame := talk.ask()) is not None:
        try:
            answer = await relay.exchange(frame)
        except Exception:
            await _take_in(store, talk, gathered.take(), tally, pause)
            raise
        tally.trips += 1
        effects = talk.receive(answer)
        tally.sent += sum(isinstance(effect, Kept) for effect in effects)
        grown |= {e.box for e in effects if isinstance(e, Arrived | Kept)}
        gathered.add(effects, ambient.monotonic())
        if not gathered.may_wait(talk, ambient.monotonic()):
            await _take_in(store, talk, gathered.take(), tally, pause)
        if progress is not None:
            done += len(frame.put) + sum(len(box.records) for box in answer.boxes)
            left = sum(len(box.outbox) for box in talk.boxes.values())
            left += sum(
                max(0, box.n - talk.boxes[number].n)
                for number, box in zip(talk.boxes, answer.boxes, strict=False)
            )
            progress(done, done + left)
    ended = unread & {box.number for box in talk.boxes.values() if box.phase is Phase.CURRENT}
    if ended or grown:
        await store.write(lambda db: _note(db, ended, grown))


async def _take_in(
    store: Store, talk: Conversation, effects: list[Effect], tally: Tally, pause: int
) -> None:
    resumed = await _apply(store, talk, effects, tally, pause)
    for step in resumed:
        talk.resume(step.box, step.n, step.head, step.again, make=step.make)
    if any(isinstance(effect, Arrived) for effect in effects):
        talk.drop(await store.read(nulling.waiting))


def _note(db: Db, ended: set[int], grown: set[int]) -> None:
    boxes.read_to_end(db, ended)
    nulling.look_some_day(db, ended | grown, identity.today())
    duties.note(db, identity.load(db), sorted(grown))


async def _apply(
    store: Store, talk: Conversation, effects: list[Effect], tally: Tally, pause: int
) -> list[_Resume]:
    today = identity.today()
    asked = [box.number for box in talk.boxes.values() if box.made]
    if not effects and not await store.read(lambda db: _unseen(db, asked, today)):
        return []
    lost = list[int]()
    received, resumed = await store.write(
        lambda db: _write(db, effects, asked, pause, lost), coming=size_of(effects)
    )
    tally.lost += sum(lost)
    tally.received += received.events
    tally.say(*received.news)
    tally.logs |= received.logs
    tally.left_out |= received.left_out
    return resumed


def _unseen(db: Db, numbers: list[int], today: int) -> bool:
    """Whether the day of the last answer is to be noted for any of these."""
    if not numbers:
        return False
    row = db.execute(
        "SELECT 1 FROM mailbox WHERE closed = 0 AND (made = 0 OR seen <> ?) LIMIT 1", (today,)
    ).fetchone()
    return row is not None


def _write(
    db: Db, effects: list[Effect], asked: list[int], pause: int, lost: list[int]
) -> tuple[receiving.Received, list[_Resume]]:
    fresh = list[boxes.RecordRow]()
    resumed = list[_Resume]()
    news = list[str]()
    today = identity.today()
    boxes.seen(db, asked, today)
    for effect in effects:
        match effect:
            case Arrived():
                fresh += boxes.store_arrived(db, effect, today)
            case Lost():
                resumed.append(_heal(db, effect, pause, lost))
                kept_files.look_now(db, boxes.box(db, effect.box).relay)
            case Refused():
                news += _refusal(db, effect)
            case Untrue():
                news.append(_("The relay's list did not add up, so nothing new was taken from it."))
            case Nulled():
                _nulled(db, effect)
            case Listed():
                taken = nulling.note_list(db, effect.box, effect.items, today, done=effect.done)
                _put_taken_again(db, effect.box, taken)
            case Kept() | Made():
                _done(db, effect)
    received = receiving.receive(db, fresh) if fresh else receiving.Received()
    received.news[:0] = news
    _note_relay(db, effects, today)
    if search.behind(db) >= search.BEHIND:
        search.catch_up(db)
    return received, resumed


def _done(db: Db, effect: Kept | Made) -> None:
    if isinstance(effect, Kept):
        boxes.was_put(db, effect.box, effect.number, effect.n)


def _put_taken_again(db: Db, number: int, taken: int) -> None:
    """Architecture 7: what is gone by no signed act, and nowhere else, is put again."""
    log = boxes.box(db, number).log
    if taken and log is not None:
        wiping.want_pack(db, log, taken=True)


def _note_relay(db: Db, effects: list[Effect], today: int) -> None:
    """How far events got, by what was read and what was lost."""
    lost = {effect.box for effect in effects if isinstance(effect, Lost)}
    read = {effect.box for effect in effects if isinstance(effect, Arrived)}
    shrunk = {boxes.box(db, number).log for number in lost}
    for log in {boxes.box(db, number).log for number in read | lost}:
        if log is not None:
            reaching.note_relay(db, log, today, lost=log in shrunk)


def _nulled(db: Db, effect: Nulled) -> None:
    if effect.n == 0:
        boxes.close_box(db, effect.box)
    elif boxes.box(db, effect.box).type is BoxType.RECOVERY:
        bundles.nulled(db, effect.box, effect.n)


def _heal(db: Db, gone: Lost, pause: int, lost: list[int]) -> _Resume:
    """Write down what a mailbox lacks; counts in ``lost`` what is to be told."""
    now = ambient.now_ms()
    held = boxes.held_rids(db, gone.box)
    found, known = compare(gone.rids, held), set(held)
    box = boxes.box(db, gone.box)
    again, count = boxes.heal(db, gone.box, found, now)
    listed = [(rid, rid in gone.erased) for rid in gone.rids]
    taken = nulling.note_list(db, gone.box, listed, identity.today(), done=True)
    _put_taken_again(db, gone.box, taken)
    if boxes.lacks_pack(db, gone.box):
        count += _pack_again(db, gone.box, mended=not known.issuperset(gone.rids))
    # protocol 6.3: at once when first seen; while a relay goes on losing, at most hourly
    # unless the person asked for this sync. What waits is queued and counted as waiting.
    if pause and now - box.healed < pause:
        again = []
    elif not _is_left(db, box) and box.type not in (BoxType.RECOVERY, BoxType.SEALED):
        lost.append(count)
    return _Resume(gone.box, found.n, found.head, again, gone.unknown)


def _only_reads(db: Db, box: BoxRow) -> bool:
    return box.log is not None and logs.log_by_number(db, box.log).is_enrolled


def _is_left(db: Db, box: BoxRow) -> bool:
    """Whether a mailbox is one of an epoch that was left: its members empty it one by one."""
    return box.log is not None and logs.log_by_number(db, box.log).epoch != box.epoch


def _lost(count: int, origin: str) -> str:
    if is_folder(origin):
        return ngettext(
            "The folder lost {count} record; put there again from this device.",
            "The folder lost {count} records; put there again from this device.",
            count,
        ).format(count=count)
    return ngettext(
        "The relay lost {count} record; sent again from this device.",
        "The relay lost {count} records; sent again from this device.",
        count,
    ).format(count=count)


def _taken(space: str) -> str:
    return _(
        "Something in “{space}” was erased at the relay, and nobody signed for it; it was put"
        " there again from this device."
    ).format(space=space)


def _pack_again(db: Db, number: int, *, mended: bool) -> int:
    """Where a relay lost a pack, put a new one of all that is held here; how many parts.

    Call inside a write. The parts wait in the outbox and go with the next round.

    Args:
        db: Inside a write.
        number: Of the mailbox.
        mended: Whether somebody else put something there: perhaps a pack, which is read first.
    """
    box = boxes.box(db, number)
    if box.log is None:
        return 0
    log = logs.log_by_number(db, box.log)
    boxes.forget_lost_packs(db, number)
    if mended:
        cover.rebuild(db, number)
        db.execute("UPDATE log SET lagging = 1 WHERE number = ?", (log.number,))
        return 0
    return covering.put_pack(db, log, [box]) if box.epoch == log.epoch else 0


def _refusal(db: Db, refused: Refused) -> list[str]:
    box = boxes.box(db, refused.box)
    if box.type is BoxType.INVITE or is_folder(box.relay):  # a folder says it for all at once
        return []
    if refused.status is Status.UNKNOWN and (box.type is BoxType.SEALED or _only_reads(db, box)):
        return []  # it is its coordinators' to make again
    if refused.status is Status.UNKNOWN and restoring.is_on(db):
        return []  # a restore asks for boxes that it may not make
    match refused.status:
        case Status.FULL:
            return [
                _("The relay takes no more for this space just now. What you wrote is saved here.")
            ]
        case Status.REFUSED:
            return [_("The relay wants a voucher before it keeps anything for you.")]
        case Status.UNKNOWN:
            vanished.mark(db, box)
            return []  # it is told once all relays were asked
        case _:
            return [_("The relay did not take a record. What you wrote is saved here.")]
