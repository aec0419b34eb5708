"""Leaving with everything: a file of JSON lines that loses nothing and can be verified.

    export | space, its chains, its events … | end            one JSON object a line

Each event has its signed header and its body as the log holds them, and beside them in words
what they say (``docs/export.md``). Keys stay here: the file is plain text, and a key in it would
open what the relay keeps tomorrow. Erased bodies are not in it, and what was erased but can
still be taken back is not either. Nothing in the store changes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import os
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from inglenook_client import ambient
from inglenook_client.journal import attaching, reading, receiving
from inglenook_client.journal.errors import FileExistsAlreadyError
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Copied
from inglenook_client.journal.reading import Names
from inglenook_client.stores import files, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.logs import ChainRow, LogRow
from inglenook_client.stores.views import COUNTED
from inglenook_client.transports import pack_file
from inglenook_client.transports.errors import FileError
from inglenook_client.words import _
from inglenook_schema import body, control
from inglenook_schema.control import LogType
from inglenook_schema.errors import CallerError, MalformedEventError
from inglenook_schema.events import text_of
from inglenook_schema.header import Kind

FORMAT: Final = 1
READER: Final = "read_inglenook.py"
NOTE: Final = (
    "Plain text: whoever has this file can read all of it. docs/export.md says what is where."
)
_KEYS: Final = frozenset({"secret", "secrets"})
"""Fields that hold a key."""
_CONTENT: Final = int(Kind.CONTENT)

Json = dict[str, Any]


class Asked(NamedTuple):
    """What is to leave."""

    space: int | None = None
    """Its number; None for all."""
    since: str | None = None
    """Local date, inclusive; of events outside only the signed headers are written."""
    until: str | None = None
    """Local date, inclusive."""


class _Row(NamedTuple):
    id: bytes
    seq: int
    kind: int
    header: bytes
    body: bytes | None
    date: str | None
    seal: bytes | None
    counts: int
    erased: int
    type: str | None


_ROWS: Final = (
    "SELECT e.id, e.seq, e.kind, e.header, e.body, e.date, s.signature,"  # noqa: S608
    f" {COUNTED}, e.id IN (SELECT event FROM erased), e.type"
    " FROM event e JOIN chain c ON c.number = e.chain LEFT JOIN seal s ON s.event = e.id"
    " WHERE e.chain = ? ORDER BY e.seq, e.id"
)


async def export(folder: Folder, path: Path, asked: Asked, *, replace: bool) -> Copied:
    """Write the file, and the program that reads it beside it.

    Args:
        folder: This device's.
        path: Where to; in a folder that is there.
        asked: What is to leave.
        replace: Whether files that are there may give way.

    Raises:
        CallerError: There is nothing to write, or a file is there already; nothing was changed.
        FileError: It cannot be written there.
    """
    if not await folder.store.read(lambda db: _chosen(db, asked)):
        raise CallerError(_("There is nothing here that could be written to a file yet."))
    await asyncio.to_thread(_leave_reader, path, replace=replace)
    done = Copied(reader=READER)

    def leave(db: Db) -> bool:
        beside = _leave_files(db, path, asked, done)
        return pack_file.write(path, _lines(db, folder.me, asked, done, beside), replace=replace)

    if not await folder.store.read(leave):
        raise FileExistsAlreadyError
    return done


def _leave_reader(path: Path, *, replace: bool) -> None:
    source = Path(__file__).with_name(READER).read_bytes()
    beside = path.with_name(READER)
    if os.path.lexists(path) and not replace:
        raise FileExistsAlreadyError
    if path.name == READER:
        raise CallerError(_("That name is the reader's, which is written beside the file."))
    if pack_file.read(beside, len(source)) == source:
        return
    if not pack_file.write(beside, [source], replace=replace):
        message = _(
            "There is another file called {name} already; nothing was changed."
            " To replace it, add --force."
        )
        raise CallerError(message.format(name=READER))


def _chosen(db: Db, asked: Asked) -> list[tuple[LogRow, list[ChainRow]]]:
    """The logs that are meant and have anything in them, each with its chains."""
    meant = [log for log in logs.all_logs(db) if asked.space in (None, log.number)]
    return [(log, chains) for log in meant if (chains := logs.chains_of(db, log.number))]


def _lines(
    db: Db, me: Me, asked: Asked, done: Copied, beside: Mapping[bytes, str]
) -> Iterator[bytes]:
    digest, count = hashlib.sha256(), 0
    for said in _told(db, me, asked, done):
        name = beside.get(bytes.fromhex(said["event"])) if said["line"] == "event" else None
        if name is not None:
            said["file"] = name
        line = _line(said)
        digest.update(line)
        count += 1
        yield line
    yield _line({"line": "end", "lines": count, "sha256": digest.hexdigest()})


def _told(db: Db, me: Me, asked: Asked, done: Copied) -> Iterator[Json]:
    yield {
        "line": "export",
        "format": FORMAT,
        "note": NOTE,
        "made_at": ambient.now_ms(),
        "since": asked.since,
        "until": asked.until,
    }
    names = reading.names(db, me)
    for log, chains in _chosen(db, asked):
        name = names.spaces[log.number] or receiving.space_name(log)
        done.spaces.append(name)
        yield _space(log, name, chains, names)
        for chain in chains:
            yield from _events(db, me, log, chain, _chain(log, chain, names), asked, done)


def _space(log: LogRow, name: str, chains: list[ChainRow], names: Names) -> Json:
    people = dict.fromkeys(chain.person for chain in chains)
    return {
        "line": "space",
        "log": log.id.hex(),
        "name": name,
        "type": log.type.name.lower(),
        "role": log.role,
        "people": {person.hex(): names.of(log.number, person) for person in people},
    }


def _chain(log: LogRow, chain: ChainRow, names: Names) -> Json:
    return {
        "line": "chain",
        "log": log.id.hex(),
        "chain": chain.id.hex(),
        "person": chain.person.hex(),
        "by": names.of(log.number, chain.person),
        "device": chain.device.hex(),
    }


def _events(
    db: Db, me: Me, log: LogRow, chain: ChainRow, about: Json, asked: Asked, done: Copied
) -> Iterator[Json]:
    rows = map(_Row._make, db.execute(_ROWS, (chain.number,)))
    row = next(rows, None)
    if row is not None:
        yield about
    while row is not None:
        following = next(rows, None)
        seal = row.seal
        if seal is None and following is None and chain.mine:
            # It waits for its seal until it is sent (protocol 2.4). The file needs one now, and
            # the same key makes the same bytes later.
            seal = me.seal(log.id, row.id)
        line = _event(log, chain, row, seal, asked, done)
        if line["what"] == "key" and row.kind == Kind.GENESIS:
            line["begins"] = _beginning(db, log)
        elif row.seal is None and row.kind != _CONTENT and chain.mine:
            line["act_seal"] = _packed(me.seal(log.id, row.id))  # protocol 4.4: one of its own
        yield line
        row = following


def _beginning(db: Db, log: LogRow) -> Json | None:
    """What the beginning of a journal says beside its key; its seal is by who is certified."""
    genesis = logs.genesis_of(db, log.number)
    if genesis is None:
        return None
    told = msgspec.to_builtins(genesis, builtin_types=(bytes,))
    said = zip(genesis.__struct_fields__, told, strict=True)
    return {name: plain(value) for name, value in said if name not in _KEYS}


def _leave_files(db: Db, path: Path, asked: Asked, done: Copied) -> dict[bytes, str]:
    """Write the attachments that are here into a folder beside the file; their names by event."""
    folder = path.with_name(f"{path.stem}.files")
    meant = {log.number for log, _chains in _chosen(db, asked)}
    beside = dict[bytes, str]()
    for row in files.every(db):
        if row.log not in meant or not _within(row.said.date, asked):
            continue
        file = attaching.sound(db, row.event)
        if file is None:
            done.files_missing += 1
            continue
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError:
            raise FileError from None
        ending = "".join(c for c in Path(file.name).suffix if c.isalnum() and c.isascii())[:8]
        beside[row.event] = row.event.hex() + (f".{ending}" if ending else "")
        pack_file.write(folder / beside[row.event], [file.data], replace=True)
        done.files += 1
    return beside


def _event(
    log: LogRow, chain: ChainRow, row: _Row, seal: bytes | None, asked: Asked, done: Copied
) -> Json:
    what, said, text = _body(log, row, asked)
    done.events += what == "here" and row.kind == _CONTENT
    done.erased += what == "erased"
    return {
        "line": "event",
        "log": log.id.hex(),
        "chain": chain.id.hex(),
        "event": row.id.hex(),
        "seq": row.seq,
        "counts": bool(row.counts),
        "header": _packed(row.header),
        "seal": _packed(seal),
        "what": what,
        "body": _packed(row.body) if what == "here" else None,
        "says": said,
        "text": text,
    }


def _body(log: LogRow, row: _Row, asked: Asked) -> tuple[str, Json | None, str]:
    """What became of a body in this file; what it says field by field, and in one text."""
    if row.erased:
        return "erased", None, ""
    if row.body is None:
        return "missing", None, ""
    if row.kind != _CONTENT:
        return ("key" if not row.body or _holds_key(log, row) else "here"), None, ""
    if not row.body:
        return "key", None if row.type is None else {"kind": row.type}, ""
    if not _within(row.date, asked):
        return "outside", None, ""
    said = fields(row.body)
    if said is not None and any(said.get(name) is not None for name in _KEYS):
        return "key", {name: value for name, value in said.items() if name not in _KEYS}, ""
    content = content_of(row.body)
    return "here", said, "" if content is None else text_of(content)


def _holds_key(log: LogRow, row: _Row) -> bool:
    """The beginning of a journal has the secret that erases at relays (protocol 2.6, 4.3)."""
    if row.kind != Kind.GENESIS or row.body is None:
        return False
    try:
        return bool(control.decode_genesis(body.data_of(row.body)).secret)
    except MalformedEventError:
        return log.type is LogType.JOURNAL


def _within(date: str | None, asked: Asked) -> bool:
    if date is None:
        return asked.since is None and asked.until is None
    return (asked.since or "") <= date <= (asked.until or "9999-12-31")


def fields(packed: bytes) -> Json | None:
    """Everything that a body says, as JSON has it: bytes in hex; None where it is no map."""
    try:
        said = msgspec.msgpack.decode(body.data_of(packed))
    except (MalformedEventError, msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return plain(said) if isinstance(said, dict) else None


def plain(value: Any) -> Any:
    """A decoded value as JSON has it; a number that is none, as null."""
    match value:
        case bytes():
            return value.hex()
        case Mapping():
            return {str(plain(name)): plain(item) for name, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case float():
            return value if math.isfinite(value) else None
        case None | bool() | int() | str():
            return value
        case _:
            return str(value)  # an extension: the body has it as it is


def _packed(data: bytes | None) -> str | None:
    return None if data is None else b64encode(data).decode()


def _line(said: Json) -> bytes:
    # ASCII alone: whatever somebody wrote, no viewer of the file obeys it or breaks a line there.
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"
