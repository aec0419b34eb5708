"""What went well, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import pages, saying
from inglenook_client.cli.cards import Called, Card
from inglenook_client.cli.command import Command
from inglenook_client.words import _, later
from inglenook_schema.events.choices import Who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.wins import Win


def _list(call: Call) -> None:
    found = pages.read(call, lambda journal: journal.views.wins)
    pages.show(
        call,
        found,
        card,
        [
            _("No win is written down yet."),
            _('A first one: inglenook win "asked a question in class"'),
            _("Small ones count. They are here when you need them."),
        ],
    )


def card(win: Win, page: Called) -> Card:
    """One win."""
    return Card(
        short=page.shorts.get(win.id, ""),
        first=short_day(win.on),
        about=(_whose(win), saying.readers(page.spaces[win.space])),
        text="\n".join(_said(win)),
    )


def _whose(win: Win) -> str:
    if win.whose is Who.BOTH:
        return _("of both of you")
    mine = (win.whose is Who.ME) == win.recorded.mine
    return _("yours") if mine else _("the other's")


def _said(win: Win) -> Iterator[str]:
    yield win.text
    for cheer in win.cheers:
        yield _("{name} cheers: {words}").format(
            name=saying.writer(cheer.given), words=cheer.text or "♥"
        )


COMMANDS: Final = {
    "wins": Command(
        later("what went well, one after another"),
        _list,
        pages.count_argument,
        ("inglenook wins",),
        long=True,
    ),
}
