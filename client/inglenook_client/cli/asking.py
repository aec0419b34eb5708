"""Asking the other of a pair, and replying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import arguments
from inglenook_client.cli.command import Command
from inglenook_client.cli.saving import append, find, moment
from inglenook_client.words import _, later
from inglenook_schema.events.asking import QuestionAsked, ReplyGiven
from inglenook_schema.events.choices import QuestionType, Want, When

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown


def _ask_arguments(parser: ArgumentParser) -> None:
    arguments.text(parser, later("what you want to ask or tell"))
    parser.add_argument(
        "--want",
        choices=[want.value for want in Want],
        default=Want.LISTEN.value,
        help=_("what you would like back"),
    )
    parser.add_argument(
        "--type",
        choices=[type_.value for type_ in QuestionType],
        default=QuestionType.QUESTION.value,
        help=_("what it is"),
    )
    parser.add_argument(
        "--when", choices=[when.value for when in When], help=_("when an answer would help")
    )
    parser.add_argument(
        "--goal", type=arguments.reference, metavar=_("GOAL"), help=_("the goal it is about")
    )


def _ask(call: Call) -> None:
    if call.args.text is None:
        # Whoever is alone should learn it before they write.
        call.run(lambda journal: journal.space(call.args.space, pair=True))
    with call.words(call.args.text) as text:
        shown = call.run(lambda journal: _put_question(call, journal, text))
    call.wrote(shown)


async def _put_question(call: Call, journal: Journal, text: str) -> Shown:
    args = call.args
    space = await journal.space(args.space, pair=True)
    goal = (await find(journal, args.goal, "g", space.name))[0].event if args.goal else None
    content = QuestionAsked(
        type=QuestionType(args.type),
        text=text,
        want=Want(args.want),
        when=When(args.when) if args.when else None,
        goal=goal,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


def _reply_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "question", type=arguments.reference, metavar=_("QUESTION"), help=_("its id, such as q1")
    )
    arguments.text(parser, later("your reply"))
    parser.add_argument(
        "--from-experience", action="store_true", help=_("it tells what you lived through yourself")
    )


def _reply(call: Call) -> None:
    if call.args.text is None:
        call.run(lambda journal: find(journal, call.args.question, "q", call.args.space))
    with call.words(call.args.text) as text:
        shown = call.run(lambda journal: _give_reply(call, journal, text))
    call.wrote(shown)


async def _give_reply(call: Call, journal: Journal, text: str) -> Shown:
    args = call.args
    question, space = await find(journal, args.question, "q", args.space)
    content = ReplyGiven(
        question=question.event,
        text=text,
        from_experience=args.from_experience,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


COMMANDS: Final = {
    "ask": Command(
        later("ask your mentor or mentee something, or tell them"),
        _ask,
        _ask_arguments,
        ('inglenook ask "I freeze when I am asked in class" --want experience',),
        writes=True,
    ),
    "reply": Command(
        later("reply to a question"),
        _reply,
        _reply_arguments,
        ('inglenook reply q1 "That was me, too" --from-experience',),
        writes=True,
    ),
}
