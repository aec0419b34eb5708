"""A restore: from the words to every log, read, freed from lost devices and re-keyed.

    the recovery box --> bundles --> every log, until nothing more comes --(which devices
    does the person still have?)--> log by log, each in one write: a chain of this device,
    the others removed by root, a new epoch --> all of it and a new bundle kept by a relay
    --> the words are forgotten

Rule 1: every step is durable before the next; whoever starts again goes on from there.
Rule 2: what this device had not read when it removed another counts for nothing later, so
        that it reads everything from every relay that answers first.
Rule 3: a log that cannot be re-keyed yet keeps the restore open, and the words with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import msgspec

from inglenook_client.journal import (
    bundling,
    identity,
    kit,
    receiving,
    rekeying,
    restoring,
    syncing,
)
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Report, Restore
from inglenook_client.journal.syncing import Tally
from inglenook_client.stores import bundles, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.transports.errors import OfflineError
from inglenook_client.words import _, ngettext
from inglenook_schema import bundle
from inglenook_schema.control import LogType
from inglenook_schema.errors import CallerError

_ROUNDS = 64
"""So often everything is read at most; each round but the last brought something new."""

Progress = Callable[[int, int], None] | None


@dataclass
class _Run:
    """One attempt: what it reached, and what it has to say."""

    folder: Folder
    progress: Progress
    tally: Tally = field(default_factory=Tally)
    reached: set[str] = field(default_factory=set)
    problem: str = ""


async def go_on(folder: Folder, progress: Progress = None) -> Report:
    """Go on with a restore as far as it goes now."""
    run = _Run(folder, progress)
    await _read(run)
    await folder.refresh()
    known: bool = await folder.store.write(_knows_devices)
    if run.reached and known:
        await _rekey(run)
        await _leave(run)
    offline = not run.reached
    tally = run.tally
    return Report(tally.sent, tally.received, offline, run.problem if offline else "", tally.news)


# --- reading --------------------------------------------------------------------------


async def _read(run: _Run) -> None:
    """Read every mailbox at every relay, until none leads any further."""
    store = run.folder.store
    boxes_read = set[str]()
    await store.write(_take_in)  # a run before this one may have ended in between
    before: tuple[int, ...] = ()
    for _round in range(_ROUNDS):
        for origin, voucher in await store.read(restoring.relays):
            if origin not in boxes_read and await _talk(run, origin, voucher, recovery=True):
                boxes_read.add(origin)
        await store.write(_take_in)
        for origin, voucher in await store.read(restoring.relays):
            await _talk(run, origin, voucher)
        await store.write(_follow)
        after = await store.read(_extent)
        if after == before or not run.reached:
            return
        before = after


async def _talk(run: _Run, origin: str, voucher: str, *, recovery: bool = False) -> bool:
    """Whether a relay answered; the recovery box has a connection of its own."""
    from inglenook_client.transports.http import HttpRelay  # noqa: PLC0415 - start-up

    tally = Tally() if recovery else run.tally
    before = tally.trips
    try:
        async with HttpRelay(origin) as relay:
            await syncing.converse(
                *(run.folder.store, origin, relay, tally),
                voucher=voucher,
                recovery=recovery,
                progress=run.progress,
            )
    except (OfflineError, CallerError) as error:
        run.problem = _(str(error))
        run.reached.discard(origin)
        return False
    run.tally.news += [news for news in tally.news if news not in run.tally.news]
    if tally.trips > before:
        run.reached.add(origin)
    return True


def _take_in(db: Db) -> None:
    at = restoring.state(db)
    recovery_key = logs.meta(db, kit.KEY)
    if at is not None and recovery_key is not None:
        restoring.adopt(db, bundle.box_of(recovery_key), at.done)


def _follow(db: Db) -> None:
    recovery_key = logs.meta(db, kit.KEY)
    if recovery_key is not None:
        restoring.follow_rotates(db, bundle.box_of(recovery_key))


def _extent(db: Db) -> tuple[int, ...]:
    """Grows with whatever is learned."""
    tables = ("mailbox", "epoch", "record", "event")
    counts = [db.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables]  # noqa: S608
    return tuple(count for (count,) in counts)


def _knows_devices(db: Db) -> bool:
    """Whether it is known which devices the person still has; names are looked up now."""
    at = restoring.state(db)
    if at is None or _journal(db) is None:
        return False
    if at.keep is None and not at.asks:
        found = rekeying.named(db, identity.load(db), at.names)
        restoring.set_state(db, msgspec.structs.replace(at, keep=found))
    return at.keep is not None or not at.asks


def keep(db: Db, names: tuple[str, ...]) -> None:
    """The person said which devices they still have; call inside a write.

    Raises:
        NotFoundError: One of the names is no device's; nothing was changed.
        AmbiguousError: One of them is several devices'.
    """
    at = restoring.state(db)
    if at is not None and not at.done:
        found = rekeying.named(db, identity.load(db), names)
        restoring.set_state(db, msgspec.structs.replace(at, names=names, keep=found, asks=False))


# --- re-keying ------------------------------------------------------------------------


async def _rekey(run: _Run) -> None:
    """Free every log that was read from the lost devices, the journal first."""
    lost = await run.folder.store.read(_lost)
    for number in await run.folder.store.read(_waiting_logs):
        await run.folder.store.write(partial(_rekey_log, number=number, lost=lost, run=run))


def _lost(db: Db) -> set[bytes]:
    """Every other device of this person that they do not have any more."""
    at = restoring.state(db)
    keep = set(at.keep or ()) if at else set[bytes]()
    return {device.device for device in rekeying.others(db, identity.load(db))} - keep


def _waiting_logs(db: Db) -> list[int]:
    at = restoring.state(db)
    done = set(at.done) if at else set[int]()
    rest = [log for log in logs.all_logs(db) if log.number not in done]
    return [log.number for log in sorted(rest, key=lambda log: (log.type, log.number))]


def _rekey_log(db: Db, *, number: int, lost: set[bytes], run: _Run) -> None:
    at, journal = restoring.state(db), _journal(db)
    recovery_key = logs.meta(db, kit.KEY)
    if at is None or journal is None or recovery_key is None:
        return
    restoring.heed_journal(db, journal)
    log = logs.log_by_number(db, number)
    places = rekeying.relays_of(db, log, at.relay)
    over = rekeying.is_over(db, log)  # a closed space moves without a rotate that says so
    if not run.reached & (rekeying.found_at(db, log) if over else set(places)):
        return
    if rekeying.rekey(db, log, recovery_key, lost, places):
        restoring.set_state(db, msgspec.structs.replace(at, done=(*at.done, number)))


def _journal(db: Db) -> LogRow | None:
    """The journal, once its first event is here."""
    found = next((log for log in logs.all_logs(db) if log.type is LogType.JOURNAL), None)
    return found if found and logs.genesis_of(db, found.number) is not None else None


# --- the end --------------------------------------------------------------------------


async def _leave(run: _Run) -> None:
    """Have everything that was made kept by the relays, a new bundle too; then forget R."""
    store = run.folder.store
    run.tally.news += await store.write(_make_bundle)
    for origin, voucher in await store.read(restoring.relays):
        if origin in run.reached:
            await _talk(run, origin, voucher)
            await _talk(run, origin, voucher, recovery=True)
    await store.write(_finish)


def _make_bundle(db: Db) -> list[str]:
    """A bundle of this device; nobody else's more, once no log waits. What is to be said."""
    at, me = restoring.state(db), identity.load(db)
    recovery_key, box = logs.meta(db, kit.KEY), kit.prepare(db, me)
    if at is None or at.keep is None or recovery_key is None or box is None or not at.done:
        return []
    said = [] if at.leaving else [*_passed_over(db, recovery_key), *_out_already(db, me, at.keep)]
    if not _waiting_logs(db):
        restoring.mark_others(db, bundle.box_of(recovery_key), (me.device, *at.keep))
    if not at.leaving or bundling.is_old(db, me):
        bundles.leave_others(db)
        bundling.put(db, me, box, bundling.boxes_for(db, box))
        restoring.set_state(db, msgspec.structs.replace(at, leaving=True))
    return said


def _passed_over(db: Db, recovery_key: bytes) -> list[str]:
    """That something else than this person's bundles lay in the recovery box."""
    count = restoring.strange(db, bundle.box_of(recovery_key))
    message = ngettext(
        "{count} record in the recovery box did not verify and was passed over.",
        "{count} records in the recovery box did not verify and were passed over.",
        count,
    )
    return [message.format(count=count)] if count else []


def _out_already(db: Db, me: Me, keep: tuple[bytes, ...]) -> list[str]:
    """Devices that the person still has, and that another device removed before."""
    journal = _journal(db)
    if journal is None:
        return []
    roster = logs.roster_of(db, journal)
    standing_ = {seat.device for seat in roster.seats.values() if seat.last is None}
    message = _("“{name}” was removed by another device before. Add it again: inglenook device add")
    return [
        message.format(name=device.name)
        for device in rekeying.others(db, me)
        if device.device in set(keep) - standing_
    ]


def _finish(db: Db) -> None:
    at = restoring.state(db)
    recovery_key = logs.meta(db, kit.KEY)
    if at is None or recovery_key is None or not at.leaving or _waiting_logs(db):
        return
    if bundles.is_kept(db) and all(_is_kept(db, logs.log_by_number(db, n)) for n in at.done):
        kit.forget(db, recovery_key)


def _is_kept(db: Db, log: LogRow) -> bool:
    """Whether some relay has everything of a log's newest epoch."""
    row = db.execute(
        "SELECT 1 FROM mailbox m WHERE m.log = ? AND m.epoch = ? AND m.closed = 0 AND NOT EXISTS"
        " (SELECT 1 FROM record r WHERE r.mailbox = m.number AND r.n IS NULL"
        "  AND r.blob IS NOT NULL)",
        (log.number, log.epoch),
    ).fetchone()
    return log.epoch is None or row is not None


# --- how it stands --------------------------------------------------------------------


def standing(db: Db) -> Restore | None:
    """How far a restore is, for a person; None where there is none, or no more."""
    at = restoring.state(db)
    if at is None:
        return None
    waiting = [receiving.space_name(logs.log_by_number(db, n)) for n in _waiting_logs(db)]
    me = identity.load(db)
    found = bool(logs.all_logs(db))
    asks = at.asks and at.keep is None and _journal(db) is not None
    return Restore(found, asks, rekeying.others(db, me) if asks else [], waiting)
