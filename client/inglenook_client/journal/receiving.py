"""What came from a relay, made part of this device in one write.

Everything is verified before it counts; what cannot be read is kept as evidence and said
once; nothing that a relay says deletes anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from inglenook_client.core.clocks import covers
from inglenook_client.core.events import Event, Run, read_run
from inglenook_client.core.intake import Outcome
from inglenook_client.journal import (
    covering,
    cursors,
    following,
    founding,
    given_back,
    identity,
    knocking,
    labels,
    leaving,
    noticing,
    parting,
    restoring,
    sealed,
    unpacking,
    wiping,
    wrapping,
)
from inglenook_client.journal.identity import Me
from inglenook_client.stores import (
    ancestry,
    boxes,
    erasing,
    events,
    forgetting,
    logs,
    reaching,
    views,
)
from inglenook_client.stores.boxes import BoxRow, RecordRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _, ngettext
from inglenook_schema import batch, body, canonical, record, seal
from inglenook_schema.batch import Ack
from inglenook_schema.control import LogType, Rotate, Wraps, decode_rotate
from inglenook_schema.errors import BadSignatureError, PeerError
from inglenook_schema.events.spaces import SpaceJoined
from inglenook_schema.header import Kind
from inglenook_schema.ids import ZERO_ID, ZERO_SHORT
from inglenook_schema.mailbox import is_folder
from inglenook_schema.record import BoxType, RecordKind


@dataclass
class Received:
    """What came of it."""

    events: int = 0
    news: list[str] = field(default_factory=list)
    logs: set[int] = field(default_factory=set)
    """Numbers of the logs that got something from others."""
    left_out: set[int] = field(default_factory=set)
    """Numbers of the logs with a new epoch whose secret did not come."""
    refused: dict[str, list[str]] = field(default_factory=dict)
    """Why records were refused, by the space they came to."""

    def add(self, other: Received, said: list[str]) -> None:
        """Count what came of one log among the rest, with sentences about it."""
        self.events += other.events
        self.news += [*other.news, *said]
        self.logs |= other.logs
        self.left_out |= other.left_out
        for space, reasons in other.refused.items():
            self.refused.setdefault(space, []).extend(reasons)


@dataclass
class _Log:
    """What one write gathers for one log."""

    row: LogRow
    runs: list[Run] = field(default_factory=list)
    records: list[tuple[RecordRow, RecordKind]] = field(default_factory=list)
    wraps: list[tuple[Run, Rotate, Wraps]] = field(default_factory=list)
    acks: list[tuple[BoxRow, Ack]] = field(default_factory=list)
    parts: list[tuple[int, bytes]] = field(default_factory=list)
    """[record number, compressed part]"""
    relayed: bool = True
    """Whether a relay brought it; else a folder or a file did."""
    left_out: list[tuple[Run, Rotate, PeerError]] = field(default_factory=list)
    """Rotates that hold no secret for this device, and why."""
    outcomes: list[Outcome] = field(default_factory=list)
    """What was taken in already."""


def receive(db: Db, fresh: Sequence[RecordRow]) -> Received:
    """Open records that just came and take in what they hold."""
    received = Received()
    me = identity.load(db)
    gathered, strange = dict[int, _Log](), set[int]()
    letters = list[tuple[BoxRow, RecordRow]]()
    for row in fresh:
        box = boxes.box(db, row.mailbox)
        if box.type is BoxType.EPOCH and box.log is not None:
            log = gathered.setdefault(box.log, _Log(logs.log_by_number(db, box.log)))
            log.relayed = not is_folder(box.relay)
            _open_epoch_record(db, box, row, log, received)
        elif box.type is BoxType.INVITE:
            strange.add(box.number)
            received.news += knocking.on_record(db, me, box, row)
        elif box.type is BoxType.SEALED:
            letters.append((box, row))
        elif restoring.state(db) is None:  # a restore looks for its bundles among all that came
            strange.add(box.number)
    for _number, log in sorted(gathered.items()):  # the journal first
        tried = Received()
        said, kept = given_back.taking(db, log.row, partial(_take, db, me, log, tried))
        received.add(tried if kept else Received(), said)
    _follow_journal(db, me)
    for box, row in letters:  # the logs say who may send what
        strange.add(box.number)
        received.news += sealed.on_record(db, me, box, row)
    labels.follow(db, me)
    leaving.follow(db)
    given_back.follow(db, me)
    if received.refused:
        strange |= {row.mailbox for row in fresh}
    boxes.bound_evidence(db, strange)
    _say_refused(received)
    return received


def receive_pack(db: Db, log: LogRow, parts: Sequence[bytes]) -> Received:
    """Take in a whole pack that came in a file; call inside a write.

    Raises:
        PeerError: It does not verify; nothing of it was kept.
    """
    received = Received()
    me = identity.load(db)
    outcome = unpacking.take_whole(db, log, parts)
    _take(db, me, _Log(log, relayed=False, outcomes=[outcome]), received)
    _follow_journal(db, me)
    _say_refused(received)
    return received


def receive_runs(db: Db, log: LogRow, runs: Sequence[Run]) -> Received:
    """Take in runs that came in a file; call inside a write.

    Raises:
        PeerError: One does not verify, or what it builds on is not there; whatever was
            written is to be undone.
    """
    received = Received()
    me = identity.load(db)
    outcome = events.take(db, log, runs)
    if outcome.refused or outcome.waiting:
        raise outcome.refused[0][1] if outcome.refused else BadSignatureError
    _take(db, me, _Log(log, relayed=False, outcomes=[outcome]), received)
    return received


def _open_epoch_record(db: Db, box: BoxRow, row: RecordRow, log: _Log, received: Received) -> None:
    try:
        opened = record.open_record(row.blob, box.place)
        match opened.kind:
            case RecordKind.BATCH | RecordKind.ROTATE:
                _add_run(log, row, opened)
            case RecordKind.ACK:
                log.acks.append((box, batch.decode_ack(opened.inner)))
            case RecordKind.PACK:
                _keep_token(db, box, row, log.row, opened.inner)
                log.parts.append((row.number, opened.inner))
            case _:
                pass  # open_record refuses what an epoch box may not hold
        boxes.label_record(db, row.number, opened.kind)
    except PeerError as error:
        _refuse_record(db, row.number, error, received, log.row)


def _keep_token(db: Db, box: BoxRow, row: RecordRow, log: LogRow, part: bytes) -> None:
    """Protocol 4.3: any member can null a pack; its blob is not kept for that."""
    key = record.erase_key(box.keys, log.id)
    token = record.erase_token(RecordKind.PACK, part, box.box, key)
    if record.may_erase(row.blob, token):
        boxes.keep_token(db, row.number, token)


def _refuse_record(db: Db, number: int, error: PeerError, received: Received, log: LogRow) -> None:
    """Keep a record as evidence, and have it said."""
    boxes.label_record(db, number, 0, state=boxes.REFUSED)
    _refuse(received, log, error)


def _refuse(received: Received, log: LogRow, error: PeerError) -> None:
    received.refused.setdefault(space_name(log), []).append(str(error))


def _say_refused(received: Received) -> None:
    """One sentence a space, however many records: a flood is no flood of sentences."""
    for space, reasons in received.refused.items():
        received.news.append(
            ngettext(
                "{count} record in “{space}” was refused ({why}) Nothing of yours was changed.",
                "{count} records in “{space}” were refused ({why}) Nothing of yours was changed.",
                len(reasons),
            ).format(count=len(reasons), space=space, why=_(reasons[0]))
        )


def space_name(log: LogRow) -> str:
    """What a person calls a space, for a sentence."""
    return _("journal") if log.type is LogType.JOURNAL else log.label or _("pair")


def _add_run(log: _Log, row: RecordRow, opened: record.Opened) -> None:
    if opened.kind is RecordKind.ROTATE:
        left = batch.decode_rotate(opened.inner)
        run = read_run(log.row.id, [(left.header, left.body)], left.seal)
        with suppress(PeerError):  # protocol 2.6: else void, and keeps its place in the chain
            log.wraps.append((run, decode_rotate(body.data_of(left.body)), left.wraps))
    else:
        found = batch.decode_batch(opened.inner)
        run = read_run(log.row.id, found.events, found.seal)
    log.runs.append(run)
    log.records.append((row, opened.kind))


def _take(db: Db, me: Me, log: _Log, received: Received) -> None:
    outcomes = list(log.outcomes)
    rotations, stuck = _rotations(db, log.row), wrapping.left_out_of(db, log.row)
    if log.parts:
        packs = unpacking.take(db, log.row, log.parts)
        outcomes += packs.outcomes
        for number, error in packs.refused:
            _refuse_record(db, number, error, received, log.row)
    runs = Outcome()
    if log.runs or outcomes:  # batches that were held back may follow what a pack brought
        runs = _take_runs(db, log, received)
        outcomes.append(runs)
    came = sum(outcome.count for outcome in outcomes)
    if came:
        received.events += came
        received.logs.add(log.row.number)
        _note_late(db, log, outcomes, rotations)
        _after(db, me, log.row, outcomes, relayed=log.relayed)
        received.news += parting.notice(db, me, log.row)
        # of packs nothing: what they tell of is long ago, and was told to whoever was there
        new = [accepted.event for accepted in runs.accepted]
        received.news += noticing.notice(db, me, log.row, new, space_name(log.row))
    if erasing.has_bodies(db, log.row.number, [at for o in outcomes for at in o.bare]):
        wiping.want_pack(db, log.row.number)  # its maker lacks what nobody erased
    # protocol 5.3: a rotate record is opened at once, so that nobody is left behind
    entered = [_enter(db, me, log, *left, received) for left in log.wraps]
    _say_left_out(db, log, {*rotations}, stuck, received)
    if any(entered):
        row = founding.refresh(db, log.row)
        wrapping.refresh(db, me, row)
        covering.leave_old(db, row)
    wrapping.forget_known(db, log.row)
    late = wrapping.unsupplied(db, log.row) if came else set()
    for commitment in {rotate.commitment for _run, rotate, _wraps in log.wraps} | late:
        wrapping.supply_missing(db, me, log.row, commitment)
    if came:
        wrapping.supply_waiting(db, log.row)
    for box, ack in log.acks:
        received.news += _on_ack(db, me, log.row, box, ack)


def _take_runs(db: Db, log: _Log, received: Received) -> Outcome:
    fresh = {row.number for row, _ in log.records}
    for row in boxes.held(db, log.row.number):
        if row.number not in fresh:
            opened = record.open_record(row.blob, boxes.box(db, row.mailbox).place)
            _add_run(log, row, opened)
    outcome = events.take(db, log.row, log.runs)
    numbers = {chain.id: chain.number for chain in logs.chains_of(db, log.row.number)}
    refused = dict(outcome.refused)
    for index, ((row, kind), run) in enumerate(zip(log.records, log.runs, strict=True)):
        chain = numbers.get(run.events[0].chain)
        if index in outcome.waiting:
            boxes.label_record(db, row.number, kind, state=boxes.HELD)
        elif index in refused:
            boxes.label_record(db, row.number, kind, state=boxes.REFUSED)
            _refuse(received, log.row, refused[index])
        elif chain is not None:
            place = (chain, run.events[0].seq, run.last.seq)
            boxes.label_record(db, row.number, kind, place=place)
    _forget_wiped(db, log)
    return outcome


def _forget_wiped(db: Db, log: _Log) -> None:
    """A body that was wiped here came again: its record is not kept."""
    wiped = {gone.event for gone in erasing.wiped_of(db, log.row.number)}
    holding = [
        row.number
        for (row, _), run in zip(log.records, log.runs, strict=True)
        if wiped and any(e.body is not None and e.id in wiped for e in run.events)
    ]
    if holding:
        forgetting.forget_batches(db, wiping.author(db), holding, identity.today())


def _rotations(db: Db, log: LogRow) -> list[tuple[bytes, int]]:
    """[chain, seq] of every rotate that is here, but the one that began the log."""
    return db.execute(
        "SELECT c.id, e.seq FROM chain c CROSS JOIN event e INDEXED BY event_control"
        " ON e.chain = c.number WHERE c.log = ?1 AND e.kind > 0 AND e.kind = ?2"
        " AND e.row > (SELECT min(f.row) FROM chain d CROSS JOIN event f INDEXED BY event_control"
        "  ON f.chain = d.number WHERE d.log = ?1 AND f.kind > 0 AND f.kind = ?2)",
        (log.number, Kind.ROTATE),
    ).fetchall()


def _note_late(
    db: Db, log: _Log, outcomes: Sequence[Outcome], known: Sequence[tuple[bytes, int]]
) -> None:
    """Mark what was written without knowing of a rotate that had come here before.

    What came by a mailbox that was left is put again in the newest.
    """
    new = {a.event.id for outcome in outcomes for a in outcome.accepted}
    late = list[tuple[bytes]]()
    for (row, _kind), run in zip(log.records, log.runs, strict=True):
        fresh = [e for e in run.events if e.kind == Kind.CONTENT and e.id in new]
        late += [(e.id,) for e in fresh if _unaware(db, log.row, e, known)]
        if fresh and boxes.box(db, row.mailbox).epoch != log.row.epoch:
            db.execute("UPDATE log SET lagging = 1 WHERE number = ?", (log.row.number,))
    db.executemany("INSERT OR IGNORE INTO late VALUES(?)", late)


def _unaware(db: Db, log: LogRow, event: Event, known: Sequence[tuple[bytes, int]]) -> bool:
    """Whether an event was written without having seen one of these rotates."""
    if all(chain == event.chain for chain, _ in known):
        return False
    (number,) = db.execute(
        "SELECT number FROM chain WHERE log = ? AND id = ?", (log.number, event.chain)
    ).fetchone()
    past = ancestry.past_at(db, number, event.seq)
    return any(chain != event.chain and not covers(past, chain, seq) for chain, seq in known)


def _after(
    db: Db, me: Me, log: LogRow, outcomes: Sequence[Outcome], *, relayed: bool = True
) -> None:
    """What follows from new events: the roster, own events adopted, how far own ones got."""
    accepted = [a.event for outcome in outcomes for a in outcome.accepted]
    # also for content alone: it may widen the past of an act, or be erased already
    founding.refresh(db, log)
    chains = {chain.id: chain for chain in logs.chains_of(db, log.number)}
    newest = [tip for outcome in outcomes for tip in outcome.newest().items()]
    for name, seq in newest:
        if name in chains and chains[name].mine:
            db.execute(
                "UPDATE chain SET sealed = max(sealed, ?) WHERE number = ?",
                (seq, chains[name].number),
            )
    if not relayed:  # whoever has a relay carries it on
        db.execute("UPDATE log SET lagging = 1 WHERE number = ?", (log.number,))
    heads = [(chains[name], (name, seq)) for name, seq in newest if name in chains]
    refs = [
        (chains[e.chain], ref[:2]) for e in accepted if e.chain in chains for ref in e.header.refs
    ]
    note_holding(db, me, chains, [*heads, *refs])
    speaking = {author.person for author, _ in heads if author.last == logs.NO_END}
    people = speaking - {me.person_id, ZERO_ID, ZERO_SHORT}
    reaching.hear(db, log.number, people, identity.today())


def note_holding(
    db: Db,
    me: Me,
    chains: dict[bytes, logs.ChainRow],
    said: Sequence[tuple[logs.ChainRow, tuple[bytes, int]]],
) -> None:
    """Keep what other devices hold by their own word: [a chain of theirs, (chain id, seq)]."""
    holding = dict[tuple[int, bytes], int]()
    for author, (name, seq) in said:
        chain = chains.get(name)
        if chain is None or author.device in {me.device, ZERO_SHORT}:
            continue
        place = (chain.number, author.device)
        holding[place] = max(seq, holding.get(place, -1))
        if chain.person == me.person_id != author.person:
            db.execute(
                "UPDATE chain SET partner = max(partner, ?) WHERE number = ?", (seq, chain.number)
            )
    reaching.hold(db, holding)


def _on_ack(db: Db, me: Me, log: LogRow, box: BoxRow, ack: Ack) -> list[str]:
    """Keep another device's word; returns sentences to say once."""
    chains = {chain.id: chain for chain in logs.chains_of(db, log.number)}
    author = next((c for c in chains.values() if c.device == ack.device), None)
    if author is None or ack.log != log.id or author.device == me.device:
        return []
    try:
        batch.check_ack(author.sign, ack)
    except PeerError:
        return []
    old = db.execute(
        "SELECT counter FROM ack WHERE log = ? AND device = ?", (log.number, ack.device)
    ).fetchone()
    if old is not None and old[0] >= ack.counter:
        return []
    db.execute(
        "INSERT OR REPLACE INTO ack VALUES(?, ?, ?, ?, ?)",
        (log.number, ack.device, ack.counter, canonical.encode(ack), identity.today()),
    )
    wrapping.supply_stuck(db, log, box, ack)
    note_holding(db, me, chains, [(author, head) for head in held_by(db, ack)])
    if not any(c.device == ack.device and c.last == logs.NO_END for c in chains.values()):
        return []  # it was removed: it speaks for nobody
    if author.person != me.person_id:
        reaching.hear(db, log.number, [author.person], identity.today())

    def called() -> str:
        return labels.known(db, log, author.person).get(author.device) or _("another device")

    return cursors.compare(db, log, ack, called, space_name(log))


def held_by(db: Db, ack: Ack) -> list[tuple[bytes, int]]:
    """[chain id, seq] up to which a device holds all, by its ack."""
    lacking = _lowest(db, ack.missing)
    return [(name, min(seq, lacking.get(name, seq + 1) - 1)) for name, seq, _id in ack.heads]


def _lowest(db: Db, missing: Sequence[bytes]) -> dict[bytes, int]:
    """By chain id, the lowest seq among events that a device lacks and we hold."""
    found = dict[bytes, int]()
    for name in missing:
        row = db.execute(
            "SELECT c.id, e.seq FROM event e JOIN chain c ON c.number = e.chain WHERE e.id = ?",
            (name,),
        ).fetchone()
        if row is not None:
            found[row[0]] = min(row[1], found.get(row[0], row[1]))
    return found


def _enter(
    db: Db, me: Me, gathered: _Log, run: Run, rotate: Rotate, wraps: Wraps, received: Received
) -> bool:
    """Take an epoch's secret, if its rotate is by somebody who may; whether it is new here."""
    log = gathered.row
    known = {commitment for _n, commitment, _s in logs.epochs_of(db, log.number)}
    if log.is_enrolled:
        return False  # its keys come by letter
    if restoring.is_reading(db):
        return False  # a restore follows by the root's wraps
    if not boxes.boxes_of(db, log.number):
        return False  # this device was removed a moment ago, and said so
    if rotate.commitment in known or not _may_rotate(db, log, run, rotate):
        return False
    try:
        secret = wrapping.unwrap(db, me, log, rotate, wraps)
    except PeerError as error:
        wrapping.note_left_out(db, log, run.last.id)
        gathered.left_out.append((run, rotate, error))
        return False
    wrapping.note_left_out(db, log, None)
    number = logs.add_epoch(db, log, secret, identity.today())
    received.news += following.follow(db, log, number, rotate, space_name(log))
    return True


def _say_left_out(
    db: Db,
    gathered: _Log,
    known: Collection[tuple[bytes, int]],
    stuck: bytes | None,
    received: Received,
) -> None:
    """Say it once, and not where a wrap that somebody else made came along.

    Args:
        db: Inside a write.
        gathered: What came.
        known: [chain, seq] of the rotates that were here before.
        stuck: The id of one that waited for others, and was told of then.
        received: Gets the sentence.
    """
    log = gathered.row
    here = {commitment for _n, commitment, _s in logs.epochs_of(db, log.number)}
    left = [each for each in gathered.left_out if each[1].commitment not in here]
    if left:
        received.left_out.add(log.number)
    for run, _rotate, why in left:
        if (run.last.chain, run.last.seq) not in known and run.last.id != stuck:
            received.news.append(
                _("“{space}” has a new key, and it is not here yet: {why}").format(
                    space=space_name(log), why=_(str(why))
                )
            )
            break


def _may_rotate(db: Db, log: LogRow, run: Run, rotate: Rotate) -> bool:
    """Whether a rotate counts; one that waits for what stands before it, by its seal alone.

    Else whoever still has an old epoch's secret could lead everybody to a relay of theirs.
    """
    roster = logs.roster_of(db, log)
    if rotate.commitment in roster.epochs:
        return True
    seat = roster.seats.get(run.last.chain)
    stored = db.execute("SELECT 1 FROM event WHERE id = ?", (run.last.id,)).fetchone()
    if seat is None or seat.last is not None or stored is not None:
        return False
    try:
        seal.check(seat.sign, run.seal, log.id, run.last.id)
    except PeerError:
        return False
    return True


def _follow_journal(db: Db, me: Me) -> None:
    """Join every log that another device of this person wrote down in the journal."""
    journal = next((log for log in logs.all_logs(db) if log.type is LogType.JOURNAL), None)
    if journal is None or me.person is None:
        return
    rows = db.execute(
        "SELECT e.body FROM event e JOIN chain c ON c.number = e.chain WHERE c.log = ?"  # noqa: S608
        f" AND e.linked = 1 AND e.type = 'space.joined' AND {views.COUNTED}"
        " AND e.body IS NOT NULL",
        (journal.number,),
    ).fetchall()
    for (packed,) in rows:
        joined = content_of(packed)
        if isinstance(joined, SpaceJoined) and logs.log_by_id(db, joined.log) is None:
            if joined.secret is None or joined.type.upper() not in LogType.__members__:
                continue
            log = logs.add_log(
                *(db, joined.log, LogType[joined.type.upper()], joined.role or ""),
                label=joined.label,
                relays=joined.relays,
                forwarded=joined.forwarded,
            )
            db.execute("UPDATE log SET announced = 1 WHERE number = ?", (log.number,))
            number = logs.add_epoch(db, log, joined.secret, identity.today())
            relays = following.usable(joined.relays)
            boxes.ensure_epoch_boxes(db, log, number, relays, identity.today())
