"""Our own lines coming back: what `export --to jsonl` wrote, verified event by event.

    a space that is here     -> what it lacks is taken in, as from a pack; erased stays erased
    a space that is not here -> it is kept beside the others, to be read: nobody here has its keys

Nothing is written anew and nobody signs for anybody: every event keeps its id, author and seal,
so that the state of a space is what it was where the file was made (decision 0029). All of a file
comes in, or nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec

from inglenook_client.core.events import Run, read_run
from inglenook_client.journal import receiving
from inglenook_client.journal.coming_in import files
from inglenook_client.journal.coming_in.errors import UnreadableFileError
from inglenook_client.journal.coming_in.found import Here
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.model import CameIn, LeftOut
from inglenook_client.stores import files as kept_files
from inglenook_client.stores import loading, logs
from inglenook_client.stores.connection import Db
from inglenook_client.transports import pack_file
from inglenook_client.words import _
from inglenook_schema import attachment, body, canonical, keys, seal
from inglenook_schema.control import Genesis, LogType
from inglenook_schema.errors import PeerError
from inglenook_schema.header import Kind
from inglenook_schema.ids import ZERO_SHORT
from inglenook_schema.keys import Certificate, Person
from inglenook_schema.limits import MAX_ATTACHMENT, MAX_FILE

_FIRST: Final = b'{"line":"export"'
_FORMAT: Final = 1
_BESIDE: Final = re.compile(r"[0-9a-f]{64}(?:\.[A-Za-z0-9]{1,8})?")
"""What a file beside is called; other names may lead elsewhere."""
Json = dict[str, Any]


class _Event(msgspec.Struct, frozen=True):
    """The line of an event, as far as it is taken in (``docs/export.md``)."""

    event: str
    seq: int
    what: str
    header: str
    body: str | None
    seal: str | None
    act_seal: str | None = None
    says: Any = None
    begins: Any = None
    file: str | None = None

    @property
    def id(self) -> bytes:
        """Of the event; its header was compared with it."""
        return bytes.fromhex(self.event)


@dataclass
class _Space:
    """One log of a file."""

    id: bytes
    name: str
    role: str
    chains: list[list[_Event]] = field(default_factory=list)
    """Event lines, chain by chain."""
    runs: list[Run] = field(default_factory=list)

    @property
    def events(self) -> Iterator[_Event]:
        """Of all chains."""
        return chain.from_iterable(self.chains)


class _Dry(Exception):  # noqa: N818 - nothing went wrong
    """Ends a write whose result is to be forgotten."""

    def __init__(self, done: CameIn) -> None:
        super().__init__()
        self.done = done


def fits(path: Path, head: bytes) -> bool:
    """Whether it begins as our export does."""
    del path
    return head.startswith(_FIRST)


async def come_in(folder: Folder, path: Path, here: Here, dry_run: bool) -> CameIn:  # noqa: FBT001
    """Take in all of a file, or say what would come.

    Raises:
        UnreadableFileError: It is damaged, or something in it does not verify.
    """
    del here
    try:
        spaces = await asyncio.to_thread(lambda: read(files.content(path, MAX_FILE)))
        return await folder.store.write(lambda db: _take_in(db, path, spaces, dry_run=dry_run))
    except _Dry as dry:
        return dry.done
    except PeerError:
        raise UnreadableFileError from None


# --- the file -------------------------------------------------------------------------


def read(data: bytes) -> list[_Space]:
    """The spaces of a file, whose end says how it has to be; each with its runs.

    Raises:
        UnreadableFileError: It is not as our export writes it.
        PeerError: An event is malformed, or does not follow the one before it.
    """
    try:
        found = _spaces(data)
        for space in found:
            space.runs = [run for events in space.chains for run in _runs(space, events)]
    except (ValueError, LookupError, TypeError, RecursionError, msgspec.MsgspecError):
        raise UnreadableFileError from None
    return found


def _spaces(data: bytes) -> list[_Space]:
    raw = data.splitlines(keepends=True)
    *lines, end = map(msgspec.json.decode, raw)
    whole = hashlib.sha256(b"".join(raw[:-1])).hexdigest()
    if (end["line"], end["lines"], end["sha256"]) != ("end", len(lines), whole):
        raise UnreadableFileError
    if lines[0]["line"] != "export" or lines[0]["format"] != _FORMAT:
        raise UnreadableFileError
    found = list[_Space]()
    for said in lines[1:]:
        match said["line"]:
            case "space":
                found.append(
                    _Space(bytes.fromhex(said["log"]), str(said["name"]), str(said["role"]))
                )
            case "chain":
                found[-1].chains.append([])
            case "event":
                found[-1].chains[-1].append(msgspec.convert(said, _Event))
            case _:
                pass  # of a later version; what it is about is not taken in
    return found


def _runs(space: _Space, events: list[_Event]) -> Iterator[Run]:
    """The events of a chain, cut where seals are; what no seal covers is refused."""
    group = list[_Event]()
    for said in events:
        group.append(said)
        signature = said.seal or said.act_seal
        if signature is not None:
            run = read_run(space.id, [*map(_parts, group)], b64decode(signature))
            # what a line says of an event is taken of that one alone, and of none elsewhere
            if [each.id for each in group] != [event.id for event in run.events]:
                raise UnreadableFileError
            yield run
            group = []
    if group:
        raise UnreadableFileError


def _parts(said: _Event) -> tuple[bytes, bytes | None]:
    """Header and body."""
    body_ = said.body if said.what == "here" else None
    return b64decode(said.header), None if body_ is None else b64decode(body_)


# --- taking it in ---------------------------------------------------------------------


def _take_in(db: Db, path: Path, spaces: list[_Space], *, dry_run: bool) -> CameIn:
    came = erased = attached = known = 0
    left = list[LeftOut]()
    for space in spaces:
        before = _ids(db, space.id)
        log = logs.log_by_id(db, space.id) or _beside(db, space)
        # a journal's beginning has no body here; it was verified where its space was made
        runs = [run for run in space.runs if run.last.kind != Kind.GENESIS or run.last.body]
        receiving.receive_runs(db, log, runs)
        if log.given == logs.IMPORTED:
            _note_withheld(db, space)
        now = _ids(db, space.id)
        came += len(now - before)
        known += len(before & {each.id for each in space.events})
        erased += _erased_here(db, space)
        for said in space.events:
            try:
                attached += _attach(db, path, said)
            except UnreadableFileError:
                left.append(LeftOut(said.file or "", _("That file is not what was attached.")))
    done = CameIn(
        "jsonl",
        dry_run,
        came,
        attachments=attached,
        known=known,
        erased=erased,
        skipped=tuple(left),
    )
    if dry_run:
        raise _Dry(done)
    return done


def _ids(db: Db, log: bytes) -> set[bytes]:
    rows = db.execute(
        "SELECT e.id FROM event e JOIN chain c ON c.number = e.chain JOIN log l"
        " ON l.number = c.log WHERE l.id = ? AND e.kind = 0",
        (log,),
    )
    return {row[0] for row in rows}


def _erased_here(db: Db, space: _Space) -> int:
    """How many of the bodies in the file stay away, since they were erased here."""
    sql = "SELECT 1 FROM erased WHERE event = ?"
    names = (each.id for each in space.events if each.what == "here")
    return sum(db.execute(sql, (name,)).fetchone() is not None for name in names)


def _beside(db: Db, space: _Space) -> logs.LogRow:
    """A place for a space that nobody here belongs to.

    It is a pair in this device's books, whatever it was: only a journal of one's own is one.
    """
    log = logs.add_log(db, space.id, LogType.PAIR, space.role, label=space.name or "?")
    db.execute(
        "UPDATE log SET given = ?, announced = 1 WHERE number = ?", (logs.IMPORTED, log.number)
    )
    log = logs.log_by_number(db, log.number)
    starts = [each for each in space.events if each.seq == 0 and each.what == "key"]
    if len(starts) > 1:  # a log begins once
        raise UnreadableFileError
    for said in starts:
        _begin(db, log, said)
    return log


def _begin(db: Db, log: logs.LogRow, said: _Event) -> None:
    """The genesis of a journal, whose body stayed behind: its certificates and seal verify."""
    try:
        told = said.begins
        raw, signature = b64decode(said.header), b64decode(said.seal or "")
        genesis = Genesis(
            told["version"],
            told["type"],
            Person(*map(bytes.fromhex, told["founder"])),
            told["role"],
            bytes(32),
            bytes.fromhex(told["predecessor"]),
            tuple(_certificate(each) for each in told["certificates"]),
        )
        packed = body.make(canonical.encode(genesis), bytes(32))
    except (ValueError, LookupError, TypeError, OverflowError):
        raise UnreadableFileError from None
    run = read_run(log.id, [(raw, None)], signature)
    if run.last.kind != Kind.GENESIS or genesis.type != LogType.JOURNAL:
        raise UnreadableFileError
    cert = keys.check_chain(genesis.certificates, genesis.founder)
    seal.check(cert.sign, signature, log.id, run.last.id)
    number = logs.add_chain(db, log.number, ZERO_SHORT, ZERO_SHORT, ZERO_SHORT, ZERO_SHORT)
    loading.keep_bare(db, number, run.last, signature)
    db.execute("UPDATE log SET begun = ? WHERE number = ?", (packed, log.number))


def _certificate(said: list[Any]) -> Certificate:
    plain = [bytes.fromhex(each) if isinstance(each, str) else each for each in said]
    return msgspec.convert(plain, Certificate, strict=False)


def _note_withheld(db: Db, space: _Space) -> None:
    """A body that stayed behind for its key is neither missing nor erased: it is empty here."""
    for said in (each for each in space.events if each.what == "key"):
        kind = said.says.get("kind") if isinstance(said.says, dict) else None
        db.execute(
            "UPDATE event SET body = x'', type = ? WHERE id = ? AND body IS NULL"
            " AND id NOT IN (SELECT event FROM erased)",
            (kind if isinstance(kind, str) else None, said.id),
        )


def _attach(db: Db, path: Path, said: _Event) -> int:
    """Keep the bytes of a file that lies beside, where its event is here and lacks them."""
    row = kept_files.one(db, said.id) if said.file is not None else None
    if said.file is None or row is None or kept_files.is_here(db, row.said, row.event):
        return 0
    if not _BESIDE.fullmatch(said.file):
        raise UnreadableFileError
    data = pack_file.read(path.with_name(f"{path.stem}.files") / said.file, MAX_ATTACHMENT)
    if data is None or len(data) != row.said.size or attachment.digest(data) != row.said.hash:
        raise UnreadableFileError
    kept_files.keep_plain(db, row.event, data)
    return 1
