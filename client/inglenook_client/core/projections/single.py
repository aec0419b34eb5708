"""A field that holds one value: which of several claims counts (product 4, merging)."""

from __future__ import annotations

from collections.abc import Iterable

from inglenook_client.core.projections.facts import Before, F, V


def winner(claims: Iterable[tuple[F, V]], before: Before[F]) -> tuple[F, V] | None:
    """The claim that counts: the causally later; of concurrent ones the later instant, then id.

    Instants decide between the causally last claims only. Comparing claims two by two
    instead could go round in a circle, and the answer would hang on the order.
    """
    return max(last(claims, before), key=_placed, default=None)


def last(claims: Iterable[tuple[F, V]], before: Before[F]) -> list[tuple[F, V]]:
    """The claims that no other was written knowing of, the one that counts at the end.

    Several where they were made at once: of a text all are kept and shown.
    """
    found = list[tuple[F, V]]()
    for claim in claims:
        if any(before(claim[0], other[0]) for other in found):
            continue
        found = [other for other in found if not before(other[0], claim[0])]
        found.append(claim)
    return sorted(found, key=_placed)


def _placed(claim: tuple[F, V]) -> tuple[int, bytes]:
    return claim[0].at, claim[0].event


def value(claims: Iterable[tuple[F, V]], before: Before[F], otherwise: V) -> V:
    """The value of the claim that counts, or ``otherwise`` where nobody claimed any."""
    won = winner(claims, before)
    return otherwise if won is None else won[1]


def by_person(claims: Iterable[tuple[F, V]], before: Before[F]) -> list[tuple[F, V]]:
    """Of each person the claim that counts, oldest first."""
    people = dict[bytes, list[tuple[F, V]]]()
    for claim in claims:
        people.setdefault(claim[0].author.person, []).append(claim)
    won = [winner(given, before) for given in people.values()]
    return sorted((claim for claim in won if claim is not None), key=_placed)
