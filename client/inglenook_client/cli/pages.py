"""Commands that show a list: how long it gets, how programs read it, what an empty one says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from inglenook_client.cli import arguments
from inglenook_client.words import _

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.cli.cards import Card
    from inglenook_client.journal.home import Journal

RECENT: Final = 30
"""How much of a list a terminal is shown unless it is asked for more."""

View = Callable[..., Awaitable[Any]]


def count_argument(parser: ArgumentParser) -> None:
    """Take how many to show."""
    parser.add_argument("-n", type=arguments.count, metavar=_("N"), help=_("at most so many"))


def limit(call: Call) -> int | None:
    """How many to show: what was asked for, else on a terminal the first ones; None for all."""
    most: int | None = call.args.n
    return most or (RECENT if call.screen.on_terminal else None)


def read(call: Call, view: Callable[[Journal], View], *, pair: bool = False, **filters: Any) -> Any:
    """A page of a view, of the space that was named or of all.

    Args:
        call: Its arguments have ``n`` and ``space``.
        view: The view, of the journal it is asked of.
        pair: It is a view of one pair: the one there is where none was named.
        filters: Passed on to the view.
    """
    most = limit(call)

    async def ask(journal: Journal) -> Any:
        space = await (journal.space(call.args.space, pair=True) if pair else call.space(journal))
        return await view(journal)(space=space, limit=most, **filters)

    return call.run(ask)


def show(
    call: Call,
    page: Any,
    card: Callable[[Any, Any], Card],
    nothing: Sequence[str],
) -> None:
    """Print a page.

    Args:
        call: Its screen says how.
        page: What to print.
        card: One item for a person, who also sees the page's short ids and spaces.
        nothing: Said of an empty page: an example, an action, a reason.
    """
    if call.screen.json:
        from inglenook_client.cli import itemform

        call.screen.document(itemform.items(page))
        return
    from inglenook_client.cli.cards import every_line

    call.screen.say(*every_line(call.screen, (card(each, page) for each in page.items)))
    end(call, page, nothing)


def end(call: Call, page: Any, nothing: Sequence[str]) -> None:
    """Say what stands below a page: that there is nothing, or that there is more."""
    if not page.items and not call.screen.plain:
        call.screen.say(*nothing)
    if page.more:
        call.screen.tip("\n" + _("There is more: add -n 100"))
