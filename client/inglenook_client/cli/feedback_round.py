"""Asking for feedback, and the last word on it, which is the receiver's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import arguments
from inglenook_client.cli.command import Command
from inglenook_client.cli.saving import append, find, moment
from inglenook_client.journal import rights, threads
from inglenook_client.words import _, later
from inglenook_schema.events.asking import FeedbackAnswered, FeedbackAsked
from inglenook_schema.events.choices import FeedbackAnswer, Framework

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown


def _ask_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "about", metavar=_("TEXT"), help=_("what you would like feedback on, in quotes")
    )
    parser.add_argument(
        "--regarding", type=arguments.reference, metavar=_("ID"),
        help=_("what they can look at: an entry you shared, a goal"),
    )  # fmt: skip
    parser.add_argument(
        "--focus", action="append", default=[], metavar=_("TEXT"),
        help=_("what to look at most; may be said again"),
    )  # fmt: skip
    parser.add_argument(
        "--framework", choices=[each.value for each in Framework],
        help=_("how you would like it laid out"),
    )  # fmt: skip


def _ask(call: Call) -> None:
    call.wrote(call.run(lambda journal: _put(call, journal)))


async def _put(call: Call, journal: Journal) -> Shown:
    args = call.args
    space = await journal.space(args.space, pair=True)
    about = (await find(journal, args.regarding, "", space.name))[0] if args.regarding else None
    content = FeedbackAsked(
        about=args.about,
        regarding=about.event if about else None,
        focus=tuple(args.focus),
        framework=Framework(args.framework) if args.framework else None,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


def _answer_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "feedback", type=arguments.reference, metavar=_("ID"), help=_("its id, such as f1")
    )
    arguments.one_of(
        parser,
        "answer",
        {
            FeedbackAnswer.THANKS: later("thanks"),
            FeedbackAnswer.WILL_TRY: later("I will try it"),
            FeedbackAnswer.LETS_TALK: later("let's talk about it"),
            FeedbackAnswer.NOT_FOR_ME: later("not for me"),
        },
    )
    parser.add_argument("--heard", metavar=_("TEXT"), help=_("what you heard, in your own words"))


def _answer(call: Call) -> None:
    call.wrote(call.run(lambda journal: _say(call, journal)))


async def _say(call: Call, journal: Journal) -> Shown:
    args = call.args
    thread, space = await find(journal, args.feedback, "", args.space)
    given = await threads.feedback_in(journal, thread)
    rights.may_answer_feedback(given)
    content = FeedbackAnswered(
        feedback=given.event,
        answer=FeedbackAnswer(args.answer),
        heard=args.heard,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


COMMANDS: Final = {
    "feedback ask": Command(
        later("ask for feedback"),
        _ask,
        _ask_arguments,
        ('inglenook feedback ask "How I explain things" --focus "do I go too fast?"',),
        writes=True,
    ),
    "feedback answer": Command(
        later("the last word on feedback, which is yours"),
        _answer,
        _answer_arguments,
        ('inglenook feedback answer f1 --will-try --heard "start with an example"',),
        writes=True,
    ),
}
