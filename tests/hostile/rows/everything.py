"""All rows: whoever imports this has the whole table."""

from hostile.rows import (
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
