"""What there is to do next: open steps over all goals, the soonest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import days, naming, pages, saying
from inglenook_client.cli.cards import Called, Card
from inglenook_client.cli.command import Command
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.action_plan import PlanStep


def _arguments(parser: ArgumentParser) -> None:
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--theirs", action="store_true", help=_("what the other has to do"))
    whose.add_argument("--all", action="store_true", help=_("yours and theirs"))
    parser.add_argument(
        "--until", type=days.coming_day, metavar=_("DATE"), help=_("to be done by this day")
    )
    pages.count_argument(parser)


def _next(call: Call) -> None:
    args = call.args
    found = pages.read(
        call,
        lambda journal: journal.views.steps,
        mine=None if args.all else not args.theirs,
        until=args.until,
    )
    pages.show(
        call,
        found,
        card,
        [
            _("There is no step to do."),
            _('A small one: inglenook step add g1 "Read one page" --by friday'),
            _("A step that fits into half an hour gets done."),
        ],
    )
    if found.items and (short := found.shorts.get(found.items[0].id)):
        call.screen.tip("\n" + _("When one is done: inglenook step done {id}").format(id=short))


def card(found: PlanStep, page: Called) -> Card:
    """One step, with its goal."""
    step, space = found.step, page.spaces[found.space]
    return Card(
        short=page.shorts.get(found.id, ""),
        first=one_line(step.title),
        about=(
            _("by {day}").format(day=short_day(step.due_on)) if step.due_on else "",
            "" if space == saying.JOURNAL else _who(found, space),
            _goal(found, page),
        ),
        text=step.if_then or "",
    )


def _who(found: PlanStep, space: str) -> str:
    if found.both:
        return _("both of you")
    return _("you") if found.mine else saying.partner(space)


def _goal(found: PlanStep, page: Called) -> str:
    short = page.shorts.get(found.goal, "")
    return f"{short} {naming.cut(found.goal_title)}".strip()


COMMANDS: Final = {
    "next": Command(
        later("what to do next, the soonest first"),
        _next,
        _arguments,
        ("inglenook next", "inglenook next --until friday"),
        long=True,
    ),
}
