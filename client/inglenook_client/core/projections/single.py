"""A field that holds one value: which of several claims counts (product 4, merging)."""

from __future__ import annotations

from collections.abc import Iterable

from inglenook_client.core.projections.facts import Before, F, V


def winner(claims: Iterable[tuple[F, V]], before: Before[F]) -> tuple[F, V] | None:
    """The claim that counts: the causally later; of concurrent ones the later instant, then id.

    Instants decide between the causally last claims only. Comparing claims two by two
    instead could go round in a circle, and the answer would hang on the order.
    """
    last = list[tuple[F, V]]()
    for claim in claims:
        if any(before(claim[0], other[0]) for other in last):
            continue
        last = [other for other in last if not before(other[0], claim[0])]
        last.append(claim)
    return max(last, key=lambda claim: (claim[0].at, claim[0].event), default=None)


def value(claims: Iterable[tuple[F, V]], before: Before[F], otherwise: V) -> V:
    """The value of the claim that counts, or ``otherwise`` where nobody claimed any."""
    won = winner(claims, before)
    return otherwise if won is None else won[1]
