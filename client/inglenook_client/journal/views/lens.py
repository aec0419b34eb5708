"""What every view looks through: the database, who looks, and what people are called here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import msgspec

from inglenook_client.core.projections.authors import Author
from inglenook_client.journal import reading
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.identity import Me
from inglenook_client.journal.reading import Names
from inglenook_client.stores import items, views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.items import Cut, Order, Reader
from inglenook_client.words import _

T = TypeVar("T")
U = TypeVar("U")

SOONEST: Final = Order(("rank", "at", "id"))
"""What is most urgent first, then what began first."""
DUE: Final = Order(("rank", "day", "at", "id"))
"""As SOONEST, and by day before that."""
NEWEST: Final = Order(("day", "at", "id"), newest=True)
"""By the day it is about, the latest first."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list, with what its ids are called."""

    items: tuple[T, ...]
    more: str | None = None
    """Where the next page begins; None where this is the last one."""
    shorts: dict[bytes, str] = field(default_factory=dict)
    """Short ids, such as g1, by event id."""
    spaces: dict[int, str] = field(default_factory=dict)
    """What each space is called, by its number."""


@dataclass(frozen=True, slots=True)
class Lens:
    """Good for one transaction."""

    db: Db
    me: Me
    known: Names
    reader: Reader

    def shorts(self, ids: Iterable[bytes | None]) -> dict[bytes, str]:
        """Short ids of the events that have one."""
        return views.shorts(self.db, {name for name in ids if name is not None})

    @property
    def spaces(self) -> dict[int, str]:
        """What each space is called."""
        return {number: name for number, name in self.known.spaces.items() if name}

    def one(self, noun: str, event: bytes) -> Any | None:
        """The item that is called by an event."""
        return items.by_ids(self.db, self.reader, noun, [event]).get(event)

    def all(
        self, noun: str, cut: Cut, order: Order | None = None, *, limit: int | None = None
    ) -> list[Any]:
        """Every item of a noun, or the first so many."""
        found, _more = items.page(self.db, self.reader, noun, cut, order or Order(), limit=limit)
        return found

    def page(
        self,
        noun: str,
        cut: Cut,
        order: Order | None = None,
        *,
        limit: int | None,
        after: str | None,
        ids: Callable[[Any], Iterable[bytes | None]] = lambda item: (item.id,),
    ) -> Page[Any]:
        """A page of a noun.

        Args:
            noun: As the table ``item`` has it.
            cut: Which.
            order: How.
            limit: Most items; None for all.
            after: ``more`` of the page before.
            ids: Events whose short ids are shown with an item.

        Raises:
            NotFoundError: ``after`` is not what a page gave.
        """
        order = order or Order()
        found, more = items.page(
            *(self.db, self.reader, noun, cut, order),
            after=unpack(after, len(order.columns)),
            limit=limit,
        )
        return self.as_page(found, more, ids)

    def as_page(
        self,
        found: Sequence[T],
        more: tuple[object, ...] | None,
        ids: Callable[[T], Iterable[bytes | None]],
    ) -> Page[T]:
        """Items with what their ids are called."""
        named = {name for item in found for name in ids(item)}
        return Page(tuple(found), pack(more), self.shorts(named), self.spaces)


def through(db: Db, me: Me) -> Lens:
    """A lens for one transaction."""
    known = reading.names(db, me)
    return Lens(db, me, known, Reader(lambda log, person: author(me, known, log, person)))


def author(me: Me, known: Names, log: int, person: bytes) -> Author:
    """A person as this device shows them."""
    return Author(person, known.of(log, person), mine=person == me.person_id)


def pack(after: tuple[object, ...] | None) -> str | None:
    """Where the next page begins, as a word that a shell hands back."""
    return None if after is None else msgspec.msgpack.encode(after).hex()


def unpack(after: str | None, values: int) -> tuple[object, ...] | None:
    """Undo :func:`pack`.

    Args:
        after: The word.
        values: How many values it stands for.

    Raises:
        NotFoundError: No page of this view gave it.
    """
    if after is None:
        return None
    try:
        found = msgspec.msgpack.decode(bytes.fromhex(after))
    except (ValueError, msgspec.MsgspecError):
        found = None
    fits = isinstance(found, list) and len(found) == values
    if not fits or not all(isinstance(it, str | int | bytes) for it in found):
        raise NotFoundError(_("There is no such page; begin with the first one."))
    return tuple(found)
