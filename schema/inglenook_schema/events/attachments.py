"""Pictures and small files that belong to something somebody wrote."""

from typing import Annotated, TypeAlias

from msgspec import Meta

from inglenook_schema.events.content import Content
from inglenook_schema.events.values import Note, Reference, Relays, Title
from inglenook_schema.ids import Hash, Secret
from inglenook_schema.limits import MAX_ATTACHMENT, MAX_ATTACHMENT_CHUNKS

MediaType: TypeAlias = Annotated[
    str, Meta(max_length=100, pattern="^[a-z0-9.+-]{1,49}/[a-z0-9.+-]{1,49}$")
]
"""A media type without parameters (RFC 6838), in lower case: ``image/jpeg``."""
Size: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_ATTACHMENT)]
ChunkNames: TypeAlias = Annotated[tuple[Hash, ...], Meta(max_length=MAX_ATTACHMENT_CHUNKS)]


class AttachmentAdded(Content, frozen=True, kw_only=True, tag="attachment.added"):
    """Somebody put a file beside something of theirs; its bytes lie in a box of its own.

    It is erased with what it belongs to, and copied, under another key, where that is shared
    (protocol 4.9). Merge: each stays by itself; two with one name are two.

    Attributes:
        to: What it belongs to: an event of the same author in the same space.
        name: What the file is called; a suggestion, never a path.
        type: Its media type.
        size: Bytes of the file.
        alt: In words what there is to see, hear or read in it.
        box: The secret of its box, 32 random bytes: whoever has them can fetch and read it.
        owner: Hash of its box's owner token.
        hash: Hash of the file's bytes.
        chunks: Names (rids) of the records that hold it, in order.
        relays: Where it was to lie when this was written.
    """

    to: Reference
    name: Title
    type: MediaType
    size: Size
    alt: Note
    box: Secret
    owner: Hash
    hash: Hash
    chunks: ChunkNames
    relays: Relays = ()
