"""The bytes of an attachment as the records of its box (protocol 4.9).

    file -> zeros behind it, to a size that tells little -> cut -> one record a piece

The event that adds it names the records by their rids, in order. So whatever a relay shows,
in whatever order, a piece is the right one or none, before anything is decrypted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from inglenook_schema import mailbox, record, suite
from inglenook_schema.errors import BadAttachmentError, CallerError, PeerError
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.limits import MAX_ATTACHMENT, MAX_CHUNK
from inglenook_schema.record import BoxType, Place, RecordKind

_FILE: Final = suite.domain("file")
_OWNER: Final = suite.domain("owner")


class Sealed(NamedTuple):
    """A file, ready to be put."""

    hash: bytes
    """Of its bytes."""
    chunks: tuple[bytes, ...]
    """Names of the records, in order."""
    blobs: tuple[bytes, ...]


def digest(data: bytes) -> bytes:
    """The 32-byte hash of a file's bytes."""
    return suite.sha256(_FILE + data)


def place_of(secret: bytes) -> Place:
    """Where the chunks of a file belong, and what opens them."""
    return Place(BoxType.FILE, mailbox.box(secret), secret)


def owner_token(person_secret: bytes, secret: bytes) -> bytes:
    """What closes a file's box; each device of the author's person can make it.

    Args:
        person_secret: The erase secret of the author's person (protocol 2.6).
        secret: The box's.
    """
    return suite.expand(person_secret, _OWNER + mailbox.box(secret))


def seal(data: bytes, secret: bytes, person_secret: bytes) -> Sealed:
    """Make the records of a file.

    Args:
        data: 1 to 10,485,760 bytes.
        secret: 32 random bytes that were never used for another file.
        person_secret: The erase secret of the author's person: nobody else can null a chunk.

    Raises:
        CallerError: It is empty or too large.
    """
    if not 0 < len(data) <= MAX_ATTACHMENT:
        raise CallerError("An attachment has at least one byte, and at most 10 MiB.")
    place, key = place_of(secret), record.erase_key(person_secret, ZERO_ID)
    blobs = tuple(record.seal(RecordKind.CHUNK, piece, place, key) for piece in _cut(data))
    return Sealed(digest(data), tuple(record.rid(blob) for blob in blobs), blobs)


def unseal(
    blobs: Mapping[bytes, bytes], chunks: Sequence[bytes], secret: bytes, size: int, hash_: bytes
) -> bytes:
    """The bytes of a file, from its records by name.

    Args:
        blobs: By rid; others than those named are passed over.
        chunks: The names, in order.
        secret: The box's.
        size: What the event says of it.
        hash_: What the event says of it.

    Raises:
        BadAttachmentError: A record is not there, is no chunk, or what they hold is not the
            file that the event names.
    """
    place = place_of(secret)
    pieces = list[bytes]()
    for name in chunks:
        blob = blobs.get(name)
        if blob is None or record.rid(blob) != name:
            raise BadAttachmentError
        try:
            pieces.append(record.open_record(blob, place).inner)
        except PeerError:
            raise BadAttachmentError from None
    data = b"".join(pieces)[:size]
    if pieces != list(_cut(data)) or digest(data) != hash_:
        raise BadAttachmentError
    return data


def _cut(data: bytes) -> list[bytes]:
    """The pieces of a file; a longer one padded as a record's plaintext is, all of it at once."""
    if len(data) <= MAX_CHUNK:
        return [data]
    padded = data.ljust(record.padme(len(data)), b"\0")
    return [padded[at : at + MAX_CHUNK] for at in range(0, len(padded), MAX_CHUNK)]
