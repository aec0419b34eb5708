"""From things found to events: what is new is written, what is here or was erased is not.

Rule 1: nothing is written before all of it was read and could be written.
Rule 2: a thing and its import id are written in one transaction.
Rule 3: a thing whose import id is known never comes again, erased or not; what belongs to it
        (a star, the rest of a long text) comes by an id of its own.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import msgspec

from inglenook_client import words
from inglenook_client.journal import attaching, composing, identity, sending, texts
from inglenook_client.journal.attaching import File
from inglenook_client.journal.coming_in import pictures
from inglenook_client.journal.coming_in.errors import TooMuchError
from inglenook_client.journal.coming_in.found import (
    MAX_PIECES,
    MAX_TEXT,
    Attached,
    Found,
    Piece,
    Skipped,
)
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import CameIn, LeftOut
from inglenook_client.stores import events, logs, projecting, search
from inglenook_client.stores.connection import Db
from inglenook_client.stores.imports import Known
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema.control import LogType
from inglenook_schema.errors import InvalidEventError, NotAllowedError
from inglenook_schema.events import Content, check
from inglenook_schema.events.coming_in import ImportMade
from inglenook_schema.events.looking_back import MoodNoted
from inglenook_schema.events.writing import EntryStarred, EntryWritten
from inglenook_schema.importid import import_id

STRETCH: Final = 256
"""Things that are written in one transaction."""
_ANY: Final = bytes(32)
"""Stands for an id that is not known before something is written."""
Progress = Callable[[int, int], None]


def checked(found: Iterable[Piece]) -> tuple[list[Found], list[Skipped]]:
    """What could be written, each with what tells it from its equals, and what could not.

    Raises:
        TooMuchError: It is more than one import takes.
    """
    taken, skipped, seen, size = list[Found](), list[Skipped](), Counter[bytes](), 0
    for each in found:
        size += len(each.text) if isinstance(each, Found) else 0
        if size > MAX_TEXT or len(taken) + len(skipped) >= MAX_PIECES:
            raise TooMuchError
        why = _misfit(each) if isinstance(each, Found) else None
        if isinstance(each, Skipped):
            skipped.append(each)
        elif why is not None:
            skipped.append(Skipped(each.where, why))
        else:
            seen[each.same] += 1
            taken.append(_told_apart(each, seen[each.same]))
    return taken, skipped


def _misfit(found: Found) -> str | None:
    try:
        for content in _contents(found):
            check(content)
    except InvalidEventError as error:
        return _(error.source).format(**{n: _(str(v)) for n, v in error.values.items()})
    return None


def _told_apart(found: Found, number: int) -> Found:
    """The second of two equal things is the second wherever the file is read."""
    if number == 1:
        return found
    return replace(found, same=found.same + b"\0" + str(number).encode())


def _contents(found: Found) -> Iterator[Content]:
    yield root(found)
    for _part, make in rest(found):
        yield make(_ANY)


def _when(found: Found) -> dict[str, Any]:
    """No file says what it is written in: what its owner reads Inglenook in is likely."""
    at, zone, date = found.at, found.zone, found.date
    return {"at": at, "zone": zone, "date": date, "lang": words.language()}


def root(found: Found) -> Content:
    """The event that a thing begins with."""
    when = _when(found)
    if not found.text and found.mood is not None:
        return MoodNoted(mood=found.mood, feelings=found.feelings, note=found.title, **when)
    first = texts.pieces(found.text)[:1] or [""]
    return EntryWritten(
        title=found.title,
        text=first[0],
        mood=found.mood,
        feelings=found.feelings,
        tags=found.tags,
        for_date=found.for_date,
        prompt=found.prompt,
        **when,
    )


def rest(found: Found) -> Iterator[tuple[bytes, Callable[[bytes], Content]]]:
    """What goes on with it: a name for its import id, and the event, given the first's id."""
    when = _when(found)
    for number, part in enumerate(texts.pieces(found.text)[1:], start=1):

        def further(to: bytes, part: str = part) -> Content:
            return EntryWritten(text=part, continues=to, **when)

        yield b"part %d" % number, further
    if found.starred:
        yield b"star", lambda to: EntryStarred(entry=to, **when)


def _file(place: int) -> bytes:
    return b"file %d" % place


async def take_in(
    folder: Folder,
    source: str,
    pieces: Callable[[], Iterable[Piece]],
    *,
    dry_run: bool,
    progress: Progress | None = None,
) -> CameIn:
    """Take things into the journal.

    Args:
        folder: This device's.
        source: The format's name.
        pieces: A reader; it is called in a thread, and no further than one import goes.
        dry_run: Whether nothing is to be written.
        progress: Is told how many of how many new things are written.

    Raises:
        CallerError: The file is not to be read; nothing was changed.
        NotAllowedError: The journal takes nothing new on this device.
        StoreError: It could not be saved; what was saved before stays, and the same command
            goes on.
    """
    found, skipped = await asyncio.to_thread(lambda: checked(pieces()))
    taking = _Taking(folder.me, source)
    await folder.store.read(partial(taking.begin, found))
    new = [each for each in found if taking.lacks(each)]
    done = _report(source, found, skipped, taking, dry_run=dry_run)
    if dry_run or not new:
        return done
    written = 0
    for start in range(0, len(new), STRETCH):
        stretch = new[start : start + STRETCH]
        await folder.store.write(partial(taking.write, stretch))
        written += len(stretch)
        if progress is not None:
            progress(written, len(new))
    count, left = await pictures.bring(folder, taking, new)
    await folder.store.write(_catch_up)
    return msgspec.structs.replace(done, attachments=count, skipped=(*done.skipped, *left))


def _catch_up(db: Db) -> None:
    search.catch_up(db)
    projecting.catch_up(db)


def _report(
    source: str, found: list[Found], skipped: list[Skipped], taking: _Taking, *, dry_run: bool
) -> CameIn:
    new = [each for each in found if taking.is_new(each)]
    days = sorted(each.date for each in new)
    moods = sum(isinstance(root(each), MoodNoted) for each in new)
    return CameIn(
        source=source,
        dry_run=dry_run,
        entries=len(new) - moods,
        moods=moods,
        stars=sum(each.starred for each in new),
        attachments=sum(len(taking.lacking(each)) for each in found),
        known=sum(taking.is_here(each) for each in found),
        erased=sum(taking.was_erased(each) for each in found),
        since=days[0] if days else None,
        until=days[-1] if days else None,
        skipped=tuple(LeftOut(each.where, each.why) for each in skipped),
    )


class _Taking:
    """One import: what is known, and what is written."""

    def __init__(self, me: Me, source: str) -> None:
        self._me = me
        self._source = source
        self._known = Known()
        self._secret = b""
        self._own = dict[bytes | None, bool]()

    def begin(self, found: Iterable[Found], db: Db) -> None:
        """Look what of this is here."""
        sql = "SELECT body IS NOT NULL FROM event WHERE id = ?"
        for name in {each.event for each in found} - {None}:
            row = db.execute(sql, (name,)).fetchone()
            if row is not None:
                self._own[name] = bool(row[0])
        self.look(db)

    def look(self, db: Db) -> LogRow:
        """Read what came in so far."""
        log = next(log for log in logs.all_logs(db) if log.type is LogType.JOURNAL)
        self._secret = self._secret or identity.person_secret(db) or b""
        if not self._secret:
            raise NotAllowedError(_("This device waits to be let in. Nothing was changed."))
        self._known.read_on(db, log.number)
        return log

    def lacks(self, found: Found) -> bool:
        """Whether anything of it would be written."""
        if self.is_new(found):
            return True
        to = self._known.event(self._id(found))
        return to is not None and (
            any(self._id(found, part) not in self._known for part, _make in rest(found))
            or bool(self.missing(found))
        )

    def is_new(self, found: Found) -> bool:
        """Whether it never came in."""
        return found.event not in self._own and self._id(found) not in self._known

    def is_here(self, found: Found) -> bool:
        """Whether it came in, and was not erased."""
        return not self.is_new(found) and not self.was_erased(found)

    def was_erased(self, found: Found) -> bool:
        """Whether it came in once, and was erased."""
        return self._own.get(found.event) is False or self._known.is_gone(self._id(found))

    def _id(self, found: Found, part: bytes = b"") -> bytes:
        same = found.same if found.event is None else b"inglenook\0" + found.event
        return import_id(self._secret, same + (b"\0" + part if part else b""))

    def lacking(self, found: Found) -> list[tuple[int, Attached]]:
        """Its files that never came in, with their places."""
        if found.event in self._own or self.was_erased(found):
            return []
        places = enumerate(found.attached)
        return [(n, file) for n, file in places if self._id(found, _file(n)) not in self._known]

    def missing(self, found: Found) -> list[tuple[int, Attached]]:
        """The same, where the thing itself is here."""
        return self.lacking(found) if self._known.event(self._id(found)) is not None else []

    def write_file(self, found: Found, place: int, file: File, db: Db) -> bool:
        """Write one, if nobody did meanwhile; call inside a write."""
        log = self.look(db)
        to, name = self._known.event(self._id(found)), self._id(found, _file(place))
        if to is None or name in self._known:
            return False
        made = attaching.draft(db, log.number, to, file, words.language())
        self._append(db, log, [(name, made.content)])
        event = self._known.event(name)
        assert event is not None  # noqa: S101 - it was written a line above
        attaching.keep(db, event, made)
        return True

    def write(self, stretch: Sequence[Found], db: Db) -> None:
        """Write what nobody wrote meanwhile; call inside a write."""
        log = self.look(db)
        self._append(db, log, [(self._id(f), root(f)) for f in stretch if self.is_new(f)])
        further = list[tuple[bytes, Content]]()
        for found in stretch:
            to = self._known.event(self._id(found))
            if to is not None:
                further += [
                    (id_, make(to))
                    for part, make in rest(found)
                    if (id_ := self._id(found, part)) not in self._known
                ]
        self._append(db, log, further)

    def _append(self, db: Db, log: LogRow, things: list[tuple[bytes, Content]]) -> None:
        for start in range(0, len(things), STRETCH):
            part = things[start : start + STRETCH]
            at, zone, date = composing.moment()
            ids = tuple(id_ for id_, _content in part)
            made = ImportMade(at=at, zone=zone, date=date, source=self._source, ids=ids)
            drafts = [composing.draft(content) for content in (made, *(c for _id, c in part))]
            saved = self._save(db, log, drafts)
            for id_, each in zip(ids, saved[1:], strict=True):
                self._known.add(id_, each.event.id)

    def _save(self, db: Db, log: LogRow, drafts: list[events.Draft]) -> list[events.Saved]:
        try:
            return events.save(db, log.number, drafts)
        except NotAllowedError:
            if logs.my_chain(db, log.number) is not None:
                raise
            sending.open_if_member(db, self._me, log)
            return events.save(db, log.number, drafts)
