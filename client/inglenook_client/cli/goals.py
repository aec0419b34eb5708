"""Goals: a new one, all of them, another wording, taking on what was proposed."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from inglenook_client.cli import arguments, days, pages
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.saving import append, find, moment, without_none
from inglenook_client.journal import rights
from inglenook_client.words import _, later
from inglenook_schema.events.goals import GoalProposed, GoalRevised, GoalSet

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown

BOARD: Final = ("proposed", "active", "paused", "achieved", "let_go")


def _field_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--why", metavar=_("TEXT"), help=_("why it matters"))
    parser.add_argument(
        "--by", type=days.coming_day, metavar=_("DATE"), help=_("the day to aim for")
    )
    parser.add_argument("--area", metavar=_("TEXT"), help=_("what part of life it belongs to"))
    parser.add_argument(
        "--how-we-know", metavar=_("TEXT"), help=_("how you will know that you are there")
    )


_EMPTY: Final[dict[str, tuple[str, Any]]] = {
    "why": ("why", None),
    "by": ("target_on", None),
    "area": ("area", None),
    "how-we-know": ("how_we_know", None),
}
"""What can be taken away from a goal, with its field and the value that says so."""


def _new_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("title", metavar=_("TITLE"), help=_("the goal in a line, in quotes"))
    _field_arguments(parser)
    parser.add_argument(
        "--confidence", type=arguments.scale, metavar="1-5", help=_("how sure you are to reach it")
    )


def _fields(call: Call) -> dict[str, Any]:
    args = call.args
    return without_none(
        title=args.title,
        why=args.why,
        area=args.area,
        how_we_know=args.how_we_know,
        target_on=args.by,
    )


def _new(call: Call) -> None:
    shown = call.run(lambda journal: _set(call, journal))
    call.wrote(shown)
    short = shown.short
    call.screen.tip(_('One small step makes it real: inglenook step add {id} "…"').format(id=short))


async def _set(call: Call, journal: Journal) -> Shown:
    space = await journal.space(call.args.space)
    now = await moment(journal)
    if space.role == rights.MENTOR:
        return await append(call, journal, space, GoalProposed(**_fields(call), **now))
    content = GoalSet(**_fields(call), confidence=call.args.confidence, **now)
    return await append(call, journal, space, content)


def _list_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--state", type=arguments.choice, choices=BOARD, help=_("only those that stand so")
    )
    arguments.as_of(parser)
    pages.count_argument(parser)


def _list(call: Call) -> None:
    args = call.args
    found = pages.read(
        call,
        lambda journal: journal.views.goals,
        states=(args.state,) if args.state else (),
        as_of=args.as_of,
    )
    if call.screen.json:
        from inglenook_client.cli import jsonform

        call.screen.document(
            [jsonform.goal(goal, found.spaces[goal.space], found.shorts) for goal in found.items]
        )
        return
    from inglenook_client.cli.goal_page import print_card

    for number, (state, group) in enumerate(groupby(found.items, key=lambda goal: goal.state)):
        print_card(call.screen, state, list(group), found.spaces, found.shorts, first=not number)
    pages.end(
        call,
        found,
        [
            _("There is no goal yet."),
            _('A first one: inglenook goal new "Read one book" --why "It helps me sleep"'),
            _("A reason in your own words makes it easier to go on."),
        ],
    )


def _revise_arguments(parser: ArgumentParser) -> None:
    arguments.goal_id(parser)
    parser.add_argument("--title", metavar=_("TITLE"), help=_("the goal in a line"))
    _field_arguments(parser)
    arguments.without(parser, _EMPTY)
    parser.add_argument("--note", metavar=_("TEXT"), help=_("why it changes"))


def _changes(call: Call) -> dict[str, Any]:
    return arguments.emptied(_fields(call), call.args.without, _EMPTY)


def _revise(call: Call) -> None:
    if not _changes(call):
        raise MistakeError(_("Say what changes: --title, --why, --by, --area or --how-we-know."))
    call.wrote(call.run(lambda journal: _change(call, journal)))


async def _change(call: Call, journal: Journal) -> Shown:
    shown, space = await find(journal, call.args.goal, "g", call.args.space)
    rights.may_change_goal((await journal.views.goal(shown.event)).goal, space)
    now = await moment(journal)
    content = GoalRevised(goal=shown.event, note=call.args.note, **_changes(call), **now)
    return await append(call, journal, space, content)


def _accept_arguments(parser: ArgumentParser) -> None:
    arguments.goal_id(parser)
    parser.add_argument("--title", metavar=_("TITLE"), help=_("the goal in your own words"))
    _field_arguments(parser)
    parser.add_argument(
        "--confidence", type=arguments.scale, metavar="1-5", help=_("how sure you are to reach it")
    )


def _accept(call: Call) -> None:
    call.wrote(call.run(lambda journal: _take_on(call, journal)))


async def _take_on(call: Call, journal: Journal) -> Shown:
    shown, space = await find(journal, call.args.goal, "g", call.args.space)
    goal = (await journal.views.goal(shown.event)).goal
    rights.may_accept_goal(goal, space)
    as_proposed = without_none(
        title=goal.title,
        why=goal.why,
        area=goal.area,
        how_we_know=goal.how_we_know,
        target_on=goal.target_on,
    )
    content = GoalSet(
        goal=goal.id,
        confidence=call.args.confidence,
        **(as_proposed | _fields(call)),
        **await moment(journal),
    )
    return await append(call, journal, space, content)


COMMANDS: Final = {
    "goal new": Command(
        later("set a goal, or suggest one to your mentee"),
        _new,
        _new_arguments,
        ('inglenook goal new "Pass maths" --why "I want to study biology" --by 2026-06-01',),
        writes=True,
    ),
    "goal list": Command(
        later("all goals with their steps"),
        _list,
        _list_arguments,
        (
            "inglenook goal list",
            "inglenook goal list --state active",
            "inglenook goal list --as-of 2026-01-31",
        ),
        long=True,
    ),
    "goal revise": Command(
        later("change a goal"),
        _revise,
        _revise_arguments,
        ('inglenook goal revise g1 --by "in 3 weeks"',),
        writes=True,
    ),
    "goal accept": Command(
        later("take on a goal that your mentor suggested"),
        _accept,
        _accept_arguments,
        ("inglenook goal accept g2",),
        writes=True,
    ),
}
