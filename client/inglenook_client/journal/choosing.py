"""Which space is meant by what a person types."""

from __future__ import annotations

from collections.abc import Sequence

from inglenook_client.journal.errors import AmbiguousError, NotFoundError, NotReadyError
from inglenook_client.journal.model import Space
from inglenook_client.words import _
from inglenook_schema.control import LogType


def space(found: Sequence[Space], name: str | None, *, pair: bool = False) -> Space:
    """The space that is meant.

    Args:
        found: All that have a name, the journal first.
        name: ``journal``, a partner's name, ``pair`` where there is one pair; None for
            the journal, or with ``pair`` for the only pair.
        pair: What None means.

    Raises:
        NotFoundError: There is none by that name.
        AmbiguousError: There are several pairs.
        NotReadyError: This device waits to be let in.
    """
    if not found:
        raise NotReadyError
    if name is None:
        return _only_pair(found) if pair else found[0]
    exact = [s for s in found if s.name.casefold() == name.casefold()]
    ended = [s for s in found if not s.open and s.partner.casefold() == name.casefold()]
    if exact or len(ended) == 1:
        return (exact or ended)[0]
    if name.casefold() == "pair":
        return _only_pair(found)
    raise NotFoundError(
        _("There is no space called {name}. There is: {choices}").format(
            name=name, choices=", ".join(each.name for each in found)
        )
    )


def _only_pair(found: Sequence[Space]) -> Space:
    pairs = [each for each in found if each.type is LogType.PAIR and each.open]
    if len(pairs) == 1:
        return pairs[0]
    if not pairs:
        raise NotFoundError(
            _("You share no space with anybody yet. Invite somebody: inglenook pair invite")
        )
    raise AmbiguousError(
        _("Which one? Say --space and one of: {choices}").format(
            choices=", ".join(each.name for each in pairs)
        )
    )
