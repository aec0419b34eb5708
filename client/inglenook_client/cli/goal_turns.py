"""What becomes of a goal: reached, resting, taken up again, let go."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from inglenook_client.cli import arguments, days
from inglenook_client.cli.command import Command
from inglenook_client.cli.saving import append, find, moment
from inglenook_client.journal import rights
from inglenook_client.words import _, later
from inglenook_schema.events.goals import GoalAchieved, GoalLetGo, GoalPaused, GoalResumed

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.goals import Goal
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown, Space
    from inglenook_schema.events.content import Content

Rule = Callable[["Goal", "Space"], None]


def _arguments(parser: ArgumentParser) -> None:
    arguments.goal_id(parser)
    parser.add_argument("--note", metavar=_("TEXT"), help=_("a word about it"))


def _achieve_arguments(parser: ArgumentParser) -> None:
    _arguments(parser)
    parser.add_argument(
        "--on", type=days.past_day, metavar=_("DATE"), help=_("the day, if that is not today")
    )


def _achieve(call: Call) -> None:
    _turn(call, GoalAchieved, rights.may_achieve_goal, on=call.args.on)
    call.screen.tip(_('What helped? inglenook win "…" --goal {id}').format(id=call.args.goal))


def _pause_arguments(parser: ArgumentParser) -> None:
    _arguments(parser)
    parser.add_argument(
        "--until", type=days.coming_day, metavar=_("DATE"), help=_("when to look at it again")
    )


def _pause(call: Call) -> None:
    _turn(call, GoalPaused, rights.may_pause_goal, until=call.args.until)


def _resume(call: Call) -> None:
    _turn(call, GoalResumed, rights.may_resume_goal)


def _let_go(call: Call) -> None:
    _turn(call, GoalLetGo, rights.may_let_go_goal)


def _turn(call: Call, kind: type[Content], rule: Rule, **fields: Any) -> None:
    async def write(journal: Journal) -> Shown:
        shown, space = await find(journal, call.args.goal, "g", call.args.space)
        rule((await journal.views.goal(shown.event)).goal, space)
        now = await moment(journal)
        content = kind(goal=shown.event, note=call.args.note, **fields, **now)  # type: ignore[call-arg]
        return await append(call, journal, space, content)

    call.wrote(call.run(write))


COMMANDS: Final = {
    "goal achieve": Command(
        later("you reached a goal"),
        _achieve,
        _achieve_arguments,
        ('inglenook goal achieve g1 --note "an old paper each week"',),
        writes=True,
    ),
    "goal pause": Command(
        later("let a goal rest for a while"),
        _pause,
        _pause_arguments,
        ('inglenook goal pause g1 --until "in 3 weeks"',),
        writes=True,
    ),
    "goal resume": Command(
        later("take a goal up again"),
        _resume,
        _arguments,
        ("inglenook goal resume g1",),
        writes=True,
    ),
    "goal let-go": Command(
        later("let go of a goal, or of one that was suggested"),
        _let_go,
        _arguments,
        ('inglenook goal let-go g1 --note "it was never mine"',),
        writes=True,
    ),
}
