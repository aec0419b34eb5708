"""Operators' cards as text: what a Relay and a Witness show each other and coordinators."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from inglenook_schema import canonical
from inglenook_schema.errors import BadSignatureError, CallerError, MalformedError
from inglenook_schema.sums import terms
from inglenook_schema.sums.terms import Card

PREFIX: Final = "inglenook-operator:"
_MOST: Final = 262_144


def write_card(card: Card) -> str:
    """A card as one line."""
    return PREFIX + base64.urlsafe_b64encode(canonical.encode(card)).decode("ascii").rstrip("=")


def read_card(text: str) -> Card:
    """A card from a line.

    Raises:
        CallerError: It is none, or part of it is missing.
    """
    line = "".join(text.split())
    body = line.removeprefix(PREFIX)
    if not line.startswith(PREFIX) or len(line) > _MOST:
        raise CallerError("That is not an operator's card.")
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        card = canonical.decode(data, Card)
        terms.check_card(card)
    except (binascii.Error, MalformedError, BadSignatureError, ValueError):
        raise CallerError("That is not an operator's card, or part of it is missing.") from None
    return card
