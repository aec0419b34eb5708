"""What a programme's log says, read alike by coordinators and by those who are enrolled.

Only coordinators write there, so that whatever counts is a coordinator's word. Where one
value holds at a time, the causally later wins, then the later instant, then the id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from inglenook_client.core.clocks import covers
from inglenook_client.core.projections import single
from inglenook_client.core.projections.authors import Author
from inglenook_client.stores import ancestry, logs, views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.logs import LogRow
from inglenook_schema.control import LogType
from inglenook_schema.events import Content, kind_of
from inglenook_schema.events.programme import (
    ProgrammeCreated,
    ProgrammeOperators,
    SurveyClosed,
    SurveyPublished,
)

C = TypeVar("C", bound=Content)


@dataclass(frozen=True, slots=True)
class Said(Generic[C]):
    """One event of a programme's log."""

    event: bytes
    """32-byte id."""
    at: int
    local_date: str
    short: str
    """Its short id on this device; empty where it has none."""
    author: Author
    content: C
    space_number: int
    past: dict[bytes, int]
    place: tuple[bytes, int]
    """[chain id, seq]."""


def programmes(db: Db) -> list[LogRow]:
    """Every programme that this person coordinates or is enrolled in, in the order joined."""
    return [log for log in logs.all_logs(db) if log.type is LogType.PROGRAMME]


def said(db: Db, log: LogRow, kind: type[C]) -> list[Said[C]]:
    """The events of one kind that count, in the order in which all readers see them."""
    branches = ancestry.branches_of(db, log.number)
    found = list[Said[C]]()
    for row in views.linked(db, {kind_of(kind)}, log.number):
        content = content_of(row.body) if row.body is not None else None
        if isinstance(content, kind):
            past = ancestry.past_of(db, row.chain, row.chain_id, row.seq, row.id, branches)
            found.append(
                Said(
                    event=row.id,
                    at=content.at,
                    local_date=content.date,
                    short=f"{row.letter}{row.n}" if row.letter else "",
                    author=Author(row.person, mine=row.mine > 0),
                    content=content,
                    space_number=log.number,
                    past=past,
                    place=(row.chain_id, row.seq),
                )
            )
    return sorted(found, key=lambda each: (each.at, each.event))


def newest(claims: Iterable[Said[C]]) -> Said[C] | None:
    """The one that holds, of those of which one does."""
    won = single.winner(((each, each) for each in claims), is_before)
    return won[1] if won else None


def is_before(one: Said[Any], other: Said[Any]) -> bool:
    """Whether the first was known to whoever wrote the other."""
    return one.event != other.event and covers(other.past, *one.place)


def about(db: Db, log: LogRow) -> ProgrammeCreated | None:
    """What the programme is; None while that is not here."""
    found = newest(said(db, log, ProgrammeCreated))
    return found.content if found else None


def operators(db: Db, log: LogRow) -> ProgrammeOperators | None:
    """Who counts answers there, and their keys; None where nobody was named."""
    found = newest(said(db, log, ProgrammeOperators))
    return found.content if found else None


def surveys(db: Db, log: LogRow) -> list[Said[SurveyPublished]]:
    """Its surveys, oldest first; who reads one checks its configuration and signatures."""
    return said(db, log, SurveyPublished)


def result(db: Db, log: LogRow, survey: bytes) -> Said[SurveyClosed] | None:
    """What came of a survey; None while it is open.

    Args:
        survey: Event id of the ``survey.published``.
    """
    found = [each for each in said(db, log, SurveyClosed) if each.content.survey == survey]
    return found[0] if found else None
