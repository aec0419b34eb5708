"""``inglenook-relay operator``: the name and keys under which a relay holds halves of answers."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence

from inglenook_schema import mailbox
from inglenook_schema.errors import CallerError
from inglenook_schema.sums import terms
from inglenook_server.core.sums.rows import write
from inglenook_server.core.sums.store import SELF, Change, Kind, SumsStore, Wanted
from inglenook_server.shells.cards import read_card, write_card
from inglenook_server.shells.sums import make_identity
from inglenook_server.stores.opening import open_store


def operator(
    words: Sequence[str],
    make_parser: Callable[..., argparse.ArgumentParser],
    add_store: Callable[[argparse.ArgumentParser], None],
) -> int:
    """Give the relay a name, or let it know a Witness; prints the relay's card."""
    parser = make_parser(
        prog="inglenook-relay operator",
        description="Let this relay hold one half of each answer to a survey. Prints its card, "
        "which the Witness and coordinators need. It may be used while the relay runs.",
    )
    add_store(parser)
    parser.add_argument("--name", required=True, help="who runs it, as members will read it")
    parser.add_argument("--origin", required=True, help="where members reach it: https://…")
    parser.add_argument(
        "--witness",
        action="append",
        default=[],
        metavar="CARD",
        help="the card of a Witness to work with, as inglenook-witness prints it; - reads it",
    )
    options = parser.parse_args(words)
    cards = [sys.stdin.read() if each == "-" else each for each in options.witness]
    origin = mailbox.origin_of(options.origin)
    print(asyncio.run(_operator(options.store, options.name, origin, cards)))
    return 0


async def _operator(word: str, name: str, origin: str, cards: Sequence[str]) -> str:
    store = await open_store(word)
    try:
        own, keys = await make_identity(store.sums, name, origin)
        for card in map(read_card, cards):
            terms.check_operators(own, card.operator)
            await _know(store.sums, card)
        return write_card(terms.sign_card(keys.sign, own, ()))
    finally:
        await store.close()


async def _know(store: SumsStore, card: terms.Card) -> None:
    """Keep a Witness's newest card."""
    rows = await store.load(SELF, (Wanted(Kind.IDENTITY),))
    change = Change(rows.version)
    change.set(Kind.PEER, write(card), card.operator.sign)
    if not await store.save(SELF, change):
        raise CallerError("Another process changed that just now; try again.")
