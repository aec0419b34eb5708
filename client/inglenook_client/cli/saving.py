"""What every command that writes does: find the space, say when it is, append."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from inglenook_client import words
from inglenook_client.cli.errors import MistakeError
from inglenook_client.words import _

if TYPE_CHECKING:
    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown, Space
    from inglenook_schema.events.content import Content

C = TypeVar("C", bound="Content")


class Moment(TypedDict):
    """The fields that every event has."""

    at: int
    zone: str
    date: str
    lang: str


async def moment(journal: Journal, on: str | None = None) -> Moment:
    """Now, as every event says it.

    Args:
        journal: Whose.
        on: The local date that ``--on`` named: then it is noon of that day.
    """
    at, zone, date = await journal.moment(on)
    return {"at": at, "zone": zone, "date": date, "lang": words.language()}


async def append(call: Call, journal: Journal, space: Space, content: Content) -> Shown:
    """Save one event; from then on the command knows that it is saved."""
    shown = await journal.append(space, content)
    call.saved.append(shown)
    return shown


async def space_of(journal: Journal, found: Shown, named: str | None) -> Space:
    """The space that an event stands in, where what belongs to it goes as well.

    Raises:
        MistakeError: ``--space`` names another one.
    """
    here = next(s for s in await journal.spaces() if s.number == found.space_number)
    if named is not None and (await journal.space(named)).number != here.number:
        message = _("{id} lies in {space}; leave --space out.")
        raise MistakeError(message.format(id=found.short, space=found.space))
    return here


async def find(journal: Journal, ref: str, letter: str, named: str | None) -> tuple[Shown, Space]:
    """An event by its id, with its space."""
    found = await journal.find(ref, letters=letter)
    return found, await space_of(journal, found, named)


def without_none(**fields: Any) -> dict[str, Any]:
    """The fields that were given."""
    return {name: value for name, value in fields.items() if value is not None}
