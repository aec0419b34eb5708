"""The relationship of a pair, as far as its events tell: joined, agreed, at rest.

    getting started -> active <-> paused

What stands before it (nobody has come yet) and after it (closed) the roster knows. An
agreement is in force once two people accepted the same version; of several such versions
the one whose acceptance was completed last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from inglenook_client.core.projections.checkins import Again
from inglenook_client.core.projections.facts import Before, F, Key, gathered, key, of_kind
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_client.core.projections.single import by_person, winner
from inglenook_schema.events.choices import Role
from inglenook_schema.events.relationship import (
    AgreementAccepted,
    AgreementProposed,
    PairJoined,
    PairPaused,
    PairResumed,
)

KINDS: Final = frozenset(
    {
        "pair.joined", "agreement.proposed", "agreement.accepted", "pair.paused",
        "pair.resumed",
    }
)  # fmt: skip
"""The kinds that `relationships` reads."""


class Standing(StrEnum):
    """How a pair stands, by its events."""

    GETTING_STARTED = "getting_started"
    ACTIVE = "active"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Came:
    """One of the two, on entering."""

    role: Role
    hello: str | None
    said: Mark


@dataclass(frozen=True, slots=True)
class Agreement:
    """One version of the agreement."""

    id: bytes
    hopes: str
    meet_every: Again
    contact_hours: str
    boundaries: tuple[str, ...]
    limits_text: str
    replaces: bytes | None
    accepted: tuple[Mark, ...]
    """By whom, one a person."""
    proposed: Mark


@dataclass(frozen=True, slots=True)
class Rest:
    """A pause, or its end."""

    paused: bool
    until: str | None
    note: str | None
    said: Mark


@dataclass(frozen=True, slots=True)
class Relationship:
    """All of it, for one space."""

    id: bytes
    """None of its own: empty."""
    space: int = field(metadata=LOCAL)
    joined: tuple[Came, ...]
    """One a person."""
    agreements: tuple[Agreement, ...]
    """Every version, oldest first."""
    in_force: bytes | None
    """Id of the version that both accepted last."""
    agreed: Mark | None
    """The acceptance that put it in force."""
    rests: tuple[Rest, ...]
    """Every pause and every end of one, oldest first."""
    rest: Rest | None
    """The pause that lasts."""
    state: Standing

    @property
    def agreement(self) -> Agreement | None:
        """The version in force."""
        return next((each for each in self.agreements if each.id == self.in_force), None)


def relationships(facts: Iterable[F], before: Before[F]) -> tuple[Relationship, ...]:
    """The relationship of each space in which one has begun.

    Args:
        facts: Events of `KINDS`, in any order; others are passed over.
        before: Their causal order.
    """
    spaces = dict[int, list[F]]()
    for fact in facts:
        if isinstance(fact.content, _SHAPES):
            spaces.setdefault(fact.space_number, []).append(fact)
    found = [_one(number, spaces[number], before) for number in sorted(spaces)]
    return tuple(pair for pair in found if pair.joined or pair.agreements or pair.rests)


_SHAPES: Final = (PairJoined, AgreementProposed, AgreementAccepted, PairPaused, PairResumed)
_BOTH: Final = 2


def _one(space: int, facts: list[F], before: Before[F]) -> Relationship:
    accepted = gathered(facts, AgreementAccepted, lambda act: act.version)
    proposed = list(of_kind(facts, AgreementProposed))
    completed = _completed([fact for fact, _ in proposed], accepted, before)
    force = winner(completed, before)
    moves = list[tuple[F, PairPaused | PairResumed]](of_kind(facts, PairPaused))
    moves += of_kind(facts, PairResumed)
    rests = {fact.event: _rest(fact, act) for fact, act in moves}
    moved = winner(moves, before)
    rest = rests[moved[0].event] if moved else None
    state = Standing.ACTIVE if force else Standing.GETTING_STARTED
    return Relationship(
        id=b"",
        space=space,
        joined=tuple(
            Came(act.role, act.hello, mark(fact))
            for fact, act in by_person(of_kind(facts, PairJoined), before)
        ),
        agreements=tuple(
            _agreement(fact, act, by_person(accepted.get(key(fact), []), before))
            for fact, act in proposed
        ),
        in_force=force[1] if force else None,
        agreed=mark(force[0]) if force else None,
        rests=tuple(sorted(rests.values(), key=lambda each: (each.said.at, each.said.event))),
        rest=rest if rest and rest.paused else None,
        state=Standing.PAUSED if rest and rest.paused else state,
    )


def _completed(
    versions: Iterable[F],
    accepted: dict[Key, list[tuple[F, AgreementAccepted]]],
    before: Before[F],
) -> list[tuple[F, bytes]]:
    """The versions that two people accepted, each with the acceptance that completed it.

    Each person's first acceptance is the one: to go back to an earlier version it is proposed
    anew, so that one person alone cannot bring it back.
    """
    found = list[tuple[F, bytes]]()
    for version in versions:
        firsts = by_person(accepted.get(key(version), []), lambda a, b: before(b, a))
        if len(firsts) >= _BOTH:
            done = winner(firsts, before)
            if done is not None:
                found.append((done[0], version.event))
    return found


def _agreement(
    fact: F, said: AgreementProposed, accepted: list[tuple[F, AgreementAccepted]]
) -> Agreement:
    return Agreement(
        id=fact.event,
        hopes=said.hopes,
        meet_every=Again(said.meet_every.every, said.meet_every.unit),
        contact_hours=said.contact_hours,
        boundaries=said.boundaries,
        limits_text=said.limits_text,
        replaces=said.replaces,
        accepted=tuple(mark(by) for by, _ in accepted),
        proposed=mark(fact),
    )


def _rest(fact: F, act: PairPaused | PairResumed) -> Rest:
    until = act.until if isinstance(act, PairPaused) else None
    return Rest(isinstance(act, PairPaused), until, act.note, mark(fact))
