"""The action plan: steps, and how far a goal is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from inglenook_client.cli import arguments, days
from inglenook_client.cli.command import Command
from inglenook_client.cli.saving import append, find, moment
from inglenook_client.words import _, later
from inglenook_schema.events.action_plan import (
    CheerGiven,
    ProgressNoted,
    StepAdded,
    StepDone,
    StepDropped,
    StepReopened,
)
from inglenook_schema.events.choices import Who

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown

_WHO: Final = {"me": "me", "them": "you", "both": "both"}


def _add_arguments(parser: ArgumentParser) -> None:
    arguments.goal_id(parser)
    parser.add_argument("title", metavar=_("TITLE"), help=_("what is to be done, in quotes"))
    parser.add_argument("--who", choices=tuple(_WHO), default="me", help=_("who does it"))
    parser.add_argument("--by", type=days.coming_day, metavar=_("DATE"), help=_("until when"))
    parser.add_argument(
        "--if-then", metavar=_("TEXT"), help=_('a plan for a hard moment: "if stuck, then I ask"')
    )


def _add(call: Call) -> None:
    call.wrote(call.run(lambda journal: _add_step(call, journal)))


async def _add_step(call: Call, journal: Journal) -> Shown:
    args = call.args
    goal, space = await find(journal, args.goal, "g", args.space)
    content = StepAdded(
        goal=goal.event,
        title=args.title,
        who=Who(_WHO[args.who]),
        due_on=args.by,
        if_then=args.if_then,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


def _step_arguments(about: str) -> Callable[[ArgumentParser], None]:
    def add(parser: ArgumentParser) -> None:
        parser.add_argument(
            "step", type=arguments.reference, metavar=_("STEP"), help=_("its id, such as s1")
        )
        parser.add_argument("--note", metavar=_("TEXT"), help=_(about))

    return add


def _turn(kind: type[StepDone | StepReopened | StepDropped]) -> Callable[[Call], None]:
    def run(call: Call) -> None:
        call.wrote(call.run(lambda journal: _turn_step(call, journal, kind)))

    return run


async def _turn_step(
    call: Call, journal: Journal, kind: type[StepDone | StepReopened | StepDropped]
) -> Shown:
    args = call.args
    step, space = await find(journal, args.step, "s", args.space)
    content = kind(step=step.event, note=args.note, **await moment(journal))
    return await append(call, journal, space, content)


def _progress_arguments(parser: ArgumentParser) -> None:
    arguments.goal_id(parser)
    arguments.text(parser, later("a note on where it stands"))
    parser.add_argument(
        "--level", type=arguments.scale, metavar="1-5", help=_("1 is just begun, 5 is there")
    )
    parser.add_argument(
        "--confidence", type=arguments.scale, metavar="1-5", help=_("how sure you are to reach it")
    )
    parser.add_argument("--moved", metavar=_("TEXT"), help=_("what moved it on"))
    parser.add_argument("--obstacle", metavar=_("TEXT"), help=_("what is in the way"))


def _progress(call: Call) -> None:
    args = call.args
    if args.text is None and (args.level or args.confidence or args.moved or args.obstacle):
        args.text = ""  # the flags say it all
    with call.words(args.text) as text:
        shown = call.run(lambda journal: _note(call, journal, text))
    call.wrote(shown)


async def _note(call: Call, journal: Journal, text: str) -> Shown:
    args = call.args
    goal, space = await find(journal, args.goal, "g", args.space)
    content = ProgressNoted(
        goal=goal.event,
        level=args.level,
        confidence=args.confidence,
        moved=args.moved,
        obstacle=args.obstacle,
        note=text or None,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


def _cheer_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "about", type=arguments.reference, metavar=_("ID"), help=_("what earned it: g1, s2, w1")
    )
    parser.add_argument("text", nargs="?", metavar=_("TEXT"), help=_("a few words, if you like"))


def _cheer(call: Call) -> None:
    call.wrote(call.run(lambda journal: _give_cheer(call, journal)))


async def _give_cheer(call: Call, journal: Journal) -> Shown:
    args = call.args
    about, space = await find(journal, args.about, "", args.space)
    content = CheerGiven(regarding=about.event, text=args.text, **await moment(journal))
    return await append(call, journal, space, content)


COMMANDS: Final = {
    "step add": Command(
        later("add a step to a goal"),
        _add,
        _add_arguments,
        ('inglenook step add g1 "Do exercise 4" --by friday',),
        writes=True,
    ),
    "step done": Command(
        later("a step is done"),
        _turn(StepDone),
        _step_arguments(later("how it went")),
        ("inglenook step done s1",),
        writes=True,
    ),
    "step reopen": Command(
        later("a step is to do again"),
        _turn(StepReopened),
        _step_arguments(later("what is still to do")),
        ("inglenook step reopen s1",),
        writes=True,
    ),
    "step drop": Command(
        later("a step is not wanted any more"),
        _turn(StepDropped),
        _step_arguments(later("why it is not wanted any more")),
        ("inglenook step drop s1",),
        writes=True,
    ),
    "progress": Command(
        later("note how far a goal is"),
        _progress,
        _progress_arguments,
        ('inglenook progress g1 --confidence 4 "got half of it right"',),
        writes=True,
    ),
    "cheer": Command(
        later("cheer the other on"),
        _cheer,
        _cheer_arguments,
        ('inglenook cheer s2 "That took courage"',),
        writes=True,
    ),
}
