"""Writing for oneself: moods and wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import arguments, days
from inglenook_client.cli.command import Command
from inglenook_client.cli.entries import dated_sentence
from inglenook_client.cli.saving import append, find, moment
from inglenook_client.journal.texts import tags
from inglenook_client.words import _, later
from inglenook_schema.events.looking_back import MoodNoted, WinRecorded

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown


def _mood_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "mood", type=arguments.scale, metavar=_("MOOD"), help=_("1 is very low, 5 is very good")
    )
    parser.add_argument(
        "feelings", nargs="*", metavar=_("FEELING"), help=_("feelings in single words")
    )
    parser.add_argument(
        "--confidence", type=arguments.scale, metavar="1-5", help=_("how sure you feel")
    )
    parser.add_argument("--note", metavar=_("TEXT"), help=_("a few words about it"))
    days.on_argument(parser)


def _mood(call: Call) -> None:
    shown, about = call.run(lambda journal: _note_mood(call, journal))
    call.wrote(shown, about=about)


async def _note_mood(call: Call, journal: Journal) -> tuple[Shown, str]:
    args = call.args
    space = await journal.space(args.space)
    content = MoodNoted(
        mood=args.mood,
        feelings=tuple(args.feelings),
        confidence=args.confidence,
        note=args.note,
        **await moment(journal, args.on),
    )
    today = (await moment(journal))["date"]
    shown = await append(call, journal, space, content)
    return shown, dated_sentence(content.date, None, today)


def _win_arguments(parser: ArgumentParser) -> None:
    arguments.text(parser, later("what went well"))
    parser.add_argument(
        "--goal", type=arguments.reference, metavar=_("GOAL"), help=_("the goal it belongs to")
    )
    days.on_argument(parser)


def _win(call: Call) -> None:
    with call.words(call.args.text) as text:
        shown, about = call.run(lambda journal: _record_win(call, journal, text))
    call.wrote(shown, about=about)


async def _record_win(call: Call, journal: Journal, text: str) -> tuple[Shown, str]:
    args = call.args
    space = await journal.space(args.space)
    goal = (await find(journal, args.goal, "g", args.space))[0].event if args.goal else None
    now = await moment(journal)
    on = args.on if args.on != now["date"] else None
    # to a partner it is told as of now, with the day beside it
    when = await moment(journal, on) if space.name == "journal" else now
    content = WinRecorded(text=text, goal=goal, on=on, tags=tags(text), **when)
    shown = await append(call, journal, space, content)
    return shown, dated_sentence(on or now["date"], None, now["date"])


COMMANDS: Final = {
    "mood": Command(
        later("note how you are"),
        _mood,
        _mood_arguments,
        ("inglenook mood 3 tired hopeful", "inglenook mood 2 --on yesterday"),
        writes=True,
    ),
    "win": Command(
        later("write down something that went well"),
        _win,
        _win_arguments,
        ('inglenook win "asked a question in class"',),
        writes=True,
    ),
}
