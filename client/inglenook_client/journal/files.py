"""What becomes of attached files at the relays: put, looked at, closed, fetched (protocol 4.9).

after each sync with a relay: what waits is put -> what was erased is closed -> lists are read
a person wants to see one:    fetched from a relay of its space, and kept

No sync fetches a file, but to carry it to a relay that its space moved to.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

import msgspec

from inglenook_client.core.files import Came, FileBox, FileTalk, State, Task
from inglenook_client.journal import erasing, identity, restoring, sending
from inglenook_client.journal.errors import NotThereError
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.identity import Me
from inglenook_client.stores import files, logs
from inglenook_client.stores.connection import Db, Store
from inglenook_client.stores.files import FileRow, Spot
from inglenook_client.transports.address import is_usable
from inglenook_client.transports.errors import OfflineError
from inglenook_client.words import _
from inglenook_schema.wire import Make, Status, ToClient, ToRelay

Progress = Callable[[int, int], None]


class Done(NamedTuple):
    """What a talk about files came to."""

    sent: int = 0
    """Files that are there now, and were not."""
    lost: int = 0
    """Records that were gone there, and were put again."""
    news: tuple[str, ...] = ()


class Relay(Protocol):
    """Whoever answers frames."""

    async def exchange(self, frame: ToRelay) -> ToClient:
        """Ask once; raises OfflineError where there is no answer."""
        ...


# --- with each sync -------------------------------------------------------------------


async def before(store: Store) -> None:
    """Erase what belongs to something that is erased, before its erasure is told further."""
    if not await store.read(_orphans):
        return

    def erase(db: Db) -> None:
        erasing.erase(db, identity.load(db), _orphans(db), deep=False)

    await store.write(erase)


def _orphans(db: Db) -> list[bytes]:
    me = identity.load(db)
    return files.orphans(db, me.person_id) if me.person is not None else []


async def after(
    store: Store,
    origin: str,
    relay: Relay,
    *,
    voucher: str,
    asked: bool,
    progress: Progress | None = None,
) -> Done:
    """Talk with a relay about this person's files, where there is anything to say.

    Args:
        store: Every answer is durable there before the next question.
        origin: Which relay it is.
        relay: Who answers.
        voucher: Code for making mailboxes, where this relay wants one.
        asked: Whether a person asked for this sync.
        progress: Called with (records put, records known of).
    """
    if await store.read(_lacks_rows):
        await store.write(_ensure)
    plan = await store.read(partial(_plan, origin=origin, voucher=voucher, asked=asked))
    if not plan:
        return Done()
    put, total = dict[bytes, int](), sum(len(box.wanted) for box in plan if box.has_blobs)
    events = {box.address: box.event for box in plan}
    talk = FileTalk(plan)
    while (frame := await _ask(store, talk)) is not None:
        await _keep(store, talk.receive(await relay.exchange(frame)))
        for each in frame.put:
            put[events[each.address]] = put.get(events[each.address], 0) + 1
        if progress is not None and frame.put:
            progress(sum(put.values()), max(sum(put.values()), total))
    lay = await store.read(partial(_lying, origin=origin))
    await store.write(partial(_note, boxes=plan, origin=origin))
    there = {box.event for box in plan if box.state is State.THERE} & put.keys()
    news = await store.read(partial(_sentences, boxes=plan))
    return Done(len(there), sum(put[event] for event in there & lay), tuple(news))


def _lying(db: Db, *, origin: str) -> set[bytes]:
    """The files that lay at a relay when its list was last read."""
    return {spot.event for spot in files.spots(db, origin) if spot.state == files.THERE}


async def _ask(store: Store, talk: FileTalk) -> ToRelay | None:
    """The next frame; the records of one file at a time are in memory."""
    while (box := talk.hungry()) is not None:
        blobs = await store.read(partial(_blobs, event=box.event))
        if set(blobs) >= set(box.wanted):
            box.blobs = blobs
        else:
            box.state = State.LACKING  # it was erased meanwhile
    return talk.ask()


def _blobs(db: Db, event: bytes) -> dict[bytes, bytes]:
    row = files.one(db, event)
    return files.chunks(db, row.said, event) if row is not None else {}


async def _keep(store: Store, came: list[Came]) -> None:
    def keep(db: Db) -> None:
        for each in came:
            row = files.one(db, each.event)
            if row is not None:
                files.keep_chunks(db, row.said, each.event, each.blobs)

    if came:
        await store.write(keep)


def _lacks_rows(db: Db) -> bool:
    return any(True for _ in _missing_rows(db))


def _ensure(db: Db) -> None:
    for event, relays in _missing_rows(db):
        files.ensure(db, event, relays)


def _missing_rows(db: Db) -> list[tuple[bytes, list[str]]]:
    """This person's files, each with the relays of its space at which it has no place yet."""
    me = identity.load(db)
    found = files.every(db, me.person_id) if me.person is not None else []
    if not found or restoring.is_reading(db):
        return []
    here = {(spot.event, spot.relay) for spot in files.spots(db)}
    relays = {log.number: _relays_of(db, me, log) for log in logs.all_logs(db)}
    lack = [
        (row.event, [at for at in relays[row.log] if (row.event, at) not in here]) for row in found
    ]
    return [each for each in lack if each[1]]


def _relays_of(db: Db, me: Me, log: logs.LogRow) -> tuple[str, ...]:
    """Where the files of a space belong; nowhere yet, where its words were not compared."""
    over = log.given is not None or log.ended is not None
    return () if over or sending.waits_for_words(db, me, log) else log.relays


# --- what to ask ----------------------------------------------------------------------


def _plan(db: Db, *, origin: str, voucher: str, asked: bool) -> list[FileBox]:
    today = identity.today()
    spots = [s for s in files.spots(db, origin) if _is_due(s, today, asked=asked)]
    elsewhere = {s.event for s in files.spots(db) if s.state == files.LACKING and s.relay != origin}
    if not spots and not elsewhere:
        return []
    me = identity.load(db)
    open_ = {log.number for log in logs.all_logs(db) if _relays_of(db, me, log)}
    rows = {row.event: row for row in files.every(db, me.person_id) if row.log in open_}
    found = list[FileBox]()
    for spot in spots:
        if spot.owner is not None:
            found.append(_closing(spot))
        elif spot.event in rows:
            found.append(_putting(db, rows[spot.event], origin, voucher))
    there = {s.event for s in files.spots(db, origin) if s.state == files.THERE}
    planned = {box.event for box in found}
    for event in sorted(elsewhere & there & rows.keys() - planned):
        if lacking := files.lacking(db, rows[event].said, event):
            found.append(_fetching(rows[event], origin, lacking))
    return found


def _is_due(spot: Spot, today: int, *, asked: bool) -> bool:
    match spot.state:
        case files.WAITS | files.CLOSING:
            return True
        case files.LACKING if asked:
            return True
        case _:
            return spot.look <= today


def _closing(spot: Spot) -> FileBox:
    address, read, owner = spot.address or b"", spot.read or b"", spot.owner or b""
    make = Make(address, bytes(32), bytes(32), bytes(32), days=files.DAYS, pass_=b"")  # never sent
    return FileBox(spot.event, Task.CLOSE, make, read, b"", owner)


def _putting(db: Db, row: FileRow, origin: str, voucher: str) -> FileBox:
    make, tokens = files.tokens(row.said, origin)
    return FileBox(
        row.event,
        Task.PUT,
        msgspec.structs.replace(make, pass_=voucher.encode()),
        tokens.read,
        tokens.write,
        wanted=row.said.chunks,
        has_blobs=not files.lacking(db, row.said, row.event),
    )


def _fetching(row: FileRow, origin: str, lacking: tuple[bytes, ...]) -> FileBox:
    make, tokens = files.tokens(row.said, origin)
    return FileBox(row.event, Task.FETCH, make, tokens.read, tokens.write, wanted=lacking)


# --- what came of it ------------------------------------------------------------------


def _note(db: Db, boxes: list[FileBox], origin: str) -> None:
    today = identity.today()
    for box in boxes:
        state, look = _outcome(box, today)
        if state is not None:
            files.set_state(db, box.event, origin, state, look, closing=box.task is Task.CLOSE)


def _outcome(box: FileBox, today: int) -> tuple[int | None, int]:
    match box.state:
        case State.THERE:
            return files.THERE, today + files.LATER_DAYS
        case State.GONE:
            return files.GONE, today + files.LATER_DAYS
        case State.TAKEN if box.task is Task.PUT:
            return files.TAKEN, today + files.LATER_DAYS
        case State.LACKING if box.task is Task.PUT:
            return files.LACKING, today + 1
        case State.REFUSED if box.task is Task.PUT:
            closed = box.status is Status.CLOSED
            return (files.TAKEN, today + files.LATER_DAYS) if closed else (files.WAITS, 0)
        case _:
            return None, 0


def _sentences(db: Db, boxes: list[FileBox]) -> list[str]:
    return [sentence for box in boxes if (sentence := _sentence(db, box))]


def _sentence(db: Db, box: FileBox) -> str:
    row = files.one(db, box.event)
    name = row.said.name if row is not None else ""
    match box.state, box.status:
        case (State.UNTRUE, _):
            return _("The relay's list did not add up, so nothing new was taken from it.")
        case (State.TAKEN, _) | (State.REFUSED, Status.CLOSED):
            return _(
                "“{name}” was erased at the relay, and nobody signed for it. To send it again,"
                " attach it again."
            ).format(name=name)
        case (State.REFUSED, Status.REFUSED):
            return _("The relay wants a voucher before it keeps anything for you.")
        case (State.REFUSED, _):
            return _(
                "The relay takes no more of “{name}” just now. It is saved here, and waits."
            ).format(name=name)
        case _:
            return ""


# --- to look at one -------------------------------------------------------------------


async def fetch(folder: Folder, event: bytes, progress: Progress | None = None) -> None:
    """Have every record of a file here; what came before something broke off stays.

    Raises:
        NotThereError: No relay of its space has all of it.
        OfflineError: None of them could be reached.
    """
    lost: OfflineError | None = None
    for origin in await folder.store.read(lambda db: _sources(db, event)):
        try:
            if await _fetch_from(folder.store, origin, event, progress):
                return
        except OfflineError as error:
            lost = error
    if await folder.store.read(lambda db: _still_lacks(db, event)):
        raise lost or NotThereError


async def _fetch_from(store: Store, origin: str, event: bytes, progress: Progress | None) -> bool:
    from inglenook_client.transports.http import HttpRelay  # noqa: PLC0415 - start-up

    box = await store.read(lambda db: _to_fetch(db, origin, event))
    if box is None:
        return True
    total = len(box.wanted)
    talk = FileTalk([box])
    async with HttpRelay(origin) as relay:
        while (frame := talk.ask()) is not None:
            await _keep(store, talk.receive(await relay.exchange(frame)))
            if progress is not None:
                progress(total - len(box.wanted), total)
    return box.state is State.HERE


def _to_fetch(db: Db, origin: str, event: bytes) -> FileBox | None:
    row = files.one(db, event)
    lacking = files.lacking(db, row.said, event) if row is not None else ()
    return _fetching(row, origin, lacking) if row is not None and lacking else None


def _still_lacks(db: Db, event: bytes) -> bool:
    row = files.one(db, event)
    return row is not None and not files.is_here(db, row.said, event)


def _sources(db: Db, event: bytes) -> list[str]:
    """The relays that may have a file.

    Those of its space; and of those named with it only such as this device uses anyway, since
    whoever wrote the event chose them.
    """
    row = files.one(db, event)
    if row is None or files.is_here(db, row.said, event):
        return []
    used = {found[0] for found in db.execute("SELECT DISTINCT relay FROM mailbox")}
    named = [relay for relay in row.said.relays if relay in used]
    relays = dict.fromkeys((*logs.log_by_number(db, row.log).relays, *named))
    return [relay for relay in relays if is_usable(relay)]
