"""All rows: whoever imports this has the whole table."""

from hostile.rows import (
    attachments,
    invites,
    lists,
    members,
    packs,
    programmes,
    records,
    recovery,
    thieves,
    times,
)

__all__ = [
    "attachments",
    "invites",
    "lists",
    "members",
    "packs",
    "programmes",
    "records",
    "recovery",
    "thieves",
    "times",
]
