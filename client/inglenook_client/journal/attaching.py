"""Attaching a file to something one wrote, copying it where that is shared, reading it back.

a file -> without what a picture tells of its place -> sealed under a key of its own
       -> its event and all its records in one write: after a crash both are here, or none
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from inglenook_client import ambient
from inglenook_client.journal import composing, identity, pictures
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Shown
from inglenook_client.stores import files, logs
from inglenook_client.stores.connection import Db
from inglenook_client.transports import pack_file
from inglenook_client.words import _
from inglenook_schema import attachment, mailbox, record
from inglenook_schema.attachment import Sealed
from inglenook_schema.errors import BadAttachmentError, CallerError
from inglenook_schema.events.attachments import AttachmentAdded
from inglenook_schema.events.limits import NOTE, TITLE
from inglenook_schema.limits import MAX_ATTACHMENT

MAX_READ: Final = 4 * MAX_ATTACHMENT
"""Bytes of a picture before it is encoded anew."""
_UNKNOWN: Final = "application/octet-stream"
_TYPE: Final = re.compile("[a-z0-9.+-]{1,49}/[a-z0-9.+-]{1,49}")
BELONGS: Final = frozenset(
    {"entry.written", "entry.shared", "reflection.written", "win.recorded", "strength.noted"}
    | {"goal.set", "goal.proposed", "step.added", "progress.noted"}
    | {"resource.shared", "activity.suggested", "checkin.held", "checkin.summarised"}
    | {"question.asked", "reply.given", "note.left", "feedback.given"}
)
"""Kinds that a file can belong to."""


class File(NamedTuple):
    """A file, ready to be attached."""

    name: str
    type: str
    data: bytes
    alt: str
    cleaned: bool
    """Whether it is a picture that was encoded anew; else it is kept as it was."""


class Kept(NamedTuple):
    """An attachment and how far it is."""

    shown: Shown
    said: AttachmentAdded
    here: bool
    """Whether all of it is on this device."""
    waits: bool
    """Whether it is this person's, and some relay lacks it."""


def read(path: Path, alt: str) -> File:
    """Read a file and take out of it what a picture tells about where it was taken.

    Args:
        path: Of the person's own file.
        alt: In words what there is to see or read in it.

    Raises:
        CallerError: There is none, or it is empty or too large; a picture is no clean one.
    """
    if not alt.strip() or len(alt) > NOTE:
        raise CallerError(
            _("Say in words what is to be seen or read in it: somebody may not see it.")
        )
    data = pack_file.read(path, MAX_READ)
    if data is None and not path.is_file():
        raise NotFoundError(_("There is no file called {name}.").format(name=path.name))
    return ready(data, path, alt)


def ready(data: bytes | None, path: Path, alt: str) -> File:
    """The same for bytes that somebody read, None where they are too many.

    Raises:
        CallerError: As :func:`read`.
    """
    cleaned = pictures.clean(data, _plain_name(path)) if data else None
    if data is None or len(cleaned.data if cleaned else data) > MAX_ATTACHMENT:
        raise CallerError(_("That file is too large: an attachment has at most 10 MiB."))
    if not data:
        raise CallerError(_("That file is empty."))
    if cleaned is not None:
        return File(cleaned.name, cleaned.type, cleaned.data, alt, cleaned=True)
    return File(_plain_name(path), type_of(path.name), data, alt, cleaned=False)


def _plain_name(path: Path) -> str:
    """What a file is called, without what no line has room for."""
    name = "".join(letter for letter in path.name if letter.isprintable())
    return name[-TITLE:] or "file"


def type_of(name: str) -> str:
    """The media type that a name's ending stands for."""
    found = (mimetypes.guess_type(name)[0] or _UNKNOWN).lower()
    return found if _TYPE.fullmatch(found) else _UNKNOWN


class Draft(NamedTuple):
    """An attachment's event and its records, before they are stored."""

    content: AttachmentAdded
    sealed: Sealed


def draft(db: Db, log: int, to: bytes, file: File, lang: str) -> Draft:
    """Seal a file under a key that nothing else has.

    Args:
        db: Any; nothing is changed.
        log: Number of the log that it goes to.
        to: The event that it belongs to.
        file: Its bytes, name and alternative.
        lang: What the alternative is written in.

    Raises:
        CallerError: The journal is not here yet.
    """
    person_secret = identity.person_secret(db)
    if person_secret is None:
        raise CallerError(_("Your journal is not on this device yet. Sync first: inglenook sync"))
    secret = ambient.random_bytes(32)
    sealed = attachment.seal(file.data, secret, person_secret)
    at, zone, date = composing.moment()
    said = AttachmentAdded(
        at=at,
        zone=zone,
        date=date,
        lang=lang,
        to=to,
        name=file.name,
        type=file.type,
        size=len(file.data),
        alt=file.alt,
        box=secret,
        owner=mailbox.token_hash(attachment.owner_token(person_secret, secret)),
        hash=sealed.hash,
        chunks=sealed.chunks,
        relays=logs.log_by_number(db, log).relays,
    )
    return Draft(said, sealed)


def keep(db: Db, event: bytes, made: Draft) -> None:
    """Keep the records of an attachment whose event was stored in the same write."""
    blobs = dict(zip(made.sealed.chunks, made.sealed.blobs, strict=True))
    files.keep_chunks(db, made.content, event, blobs)
    files.ensure(db, event, made.content.relays)


def check_target(shown: Shown) -> None:
    """Refuse to attach to what is not the person's own, or holds nothing.

    Raises:
        CallerError: With the reason.
    """
    if shown.content is None or shown.kind not in BELONGS:
        raise CallerError(_("Nothing can be attached to that."))
    if not shown.mine:
        raise CallerError(
            _("{name} wrote that. Attach it to something of yours.").format(name=shown.by)
        )


def kept(db: Db, me: Me, shown: Iterable[Shown]) -> list[Kept]:
    """How far each of these attachments is; what is none is left out."""
    found = list[Kept]()
    for each in shown:
        if isinstance(each.content, AttachmentAdded):
            here = files.is_here(db, each.content, each.event)
            mine = each.mine and me.person is not None
            waits = mine and files.is_waiting(db, each.event)
            found.append(Kept(each, each.content, here, waits))
    return found


def data_of(db: Db, event: bytes) -> File:
    """The bytes of an attachment that is here.

    Raises:
        NotFoundError: It is none, or was erased.
        BadAttachmentError: What is here is not the file that its event names.
    """
    row = files.one(db, event)
    if row is None:
        raise NotFoundError(_("There is no attachment by that id."))
    said = row.said
    whole = files.plain(db, event)
    if whole is not None:
        if attachment.digest(whole) != said.hash:
            raise BadAttachmentError
        return File(said.name, said.type, whole, said.alt, cleaned=True)
    blobs = files.chunks(db, said, event)
    data = attachment.unseal(blobs, said.chunks, said.box, said.size, said.hash)
    return File(said.name, said.type, data, said.alt, cleaned=True)


def sound(db: Db, event: bytes) -> File | None:
    """The same for what leaves; None where it is not here, or is not what its event names.

    One such file, of somebody who meant it, must not keep everything else from leaving.
    """
    try:
        return data_of(db, event)
    except (NotFoundError, BadAttachmentError):
        return None


def of(db: Db, event: bytes) -> list[bytes]:
    """Ids of the attachments of an event by the one who wrote it, oldest first."""
    return [row.event for row in files.of(db, [event])]


def damaged(db: Db) -> list[str]:
    """Names of the files whose records here do not verify."""
    found = list[str]()
    for row in files.every(db):
        blobs = files.chunks(db, row.said, row.event)
        if any(record.rid(blob) != name for name, blob in blobs.items()):
            found.append(row.said.name)
    return found
