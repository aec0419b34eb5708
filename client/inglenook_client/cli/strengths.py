"""Strengths: one's own, or the other's, with when they showed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import arguments, pages, saying
from inglenook_client.cli.cards import Called, Card
from inglenook_client.cli.command import Command
from inglenook_client.cli.saving import append, moment
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later
from inglenook_schema.events.choices import Who
from inglenook_schema.events.looking_back import StrengthNoted

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.strengths import Strength
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown
    from inglenook_client.journal.views.looking_back import Named


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("strength", metavar=_("TEXT"), help=_("the strength in a few words"))
    parser.add_argument("--example", metavar=_("TEXT"), help=_("when it showed"))
    parser.add_argument(
        "--theirs", action="store_true", help=_("it is the other's, and both of you can read it")
    )
    parser.add_argument(
        "--in", dest="regarding", type=arguments.reference, metavar=_("ID"),
        help=_("what it showed in: e4, s2, w1"),
    )  # fmt: skip


def _add(call: Call) -> None:
    call.wrote(call.run(lambda journal: _note(call, journal)))


async def _note(call: Call, journal: Journal) -> Shown:
    args = call.args
    space = await journal.space(args.space, pair=args.theirs)
    regarding = (await journal.find(args.regarding)).event if args.regarding else None
    content = StrengthNoted(
        strength=args.strength,
        example=args.example,
        whose=Who.YOU if args.theirs else Who.ME,
        regarding=regarding,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


def _list(call: Call) -> None:
    found = pages.read(call, lambda journal: journal.views.strengths)
    pages.show(
        call,
        found,
        card,
        [
            _("No strength is noted yet."),
            _('A first one: inglenook strength add "asks good questions" --example "…"'),
            _("They are easier to see in somebody else: add --theirs to tell them."),
        ],
    )


def card(named: Named, page: Called) -> Card:
    """One strength, and every time it was named."""
    return Card(
        short="",
        first=one_line(named.strength),
        about=(_("yours") if named.mine else _("the other's"),),
        text="\n".join(_time(each, page) for each in named.times),
    )


def _time(said: Strength, page: Called) -> str:
    who = _("{day}, {name}").format(day=short_day(said.noted.date), name=saying.writer(said.noted))
    short = page.shorts.get(said.regarding, "") if said.regarding else ""
    where = _("showed in {id}").format(id=short) if short else ""
    told = ": ".join(part for part in (who, said.example) if part)
    return f"{told} ({where})" if where else told


def once(said: Strength, page: Called) -> Card:
    """One time that a strength was named."""
    return Card(short="", first=one_line(said.strength), about=(), text=_time(said, page))


COMMANDS: Final = {
    "strength add": Command(
        later("note a strength, yours or the other's"),
        _add,
        _add_arguments,
        (
            'inglenook strength add "asks good questions" --example "in the call on Monday"',
            'inglenook strength add "stays calm" --theirs',
        ),
        writes=True,
    ),
    "strength list": Command(
        later("the strengths that were noted, and where they showed"),
        _list,
        pages.count_argument,
        ("inglenook strength list",),
        long=True,
    ),
}
