"""Asking the other of a pair, replying, settling; and a note that asks for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import arguments
from inglenook_client.cli.command import Command
from inglenook_client.cli.saving import append, find, moment
from inglenook_client.journal import rights
from inglenook_client.words import _, later
from inglenook_schema.events.asking import NoteLeft, QuestionAsked, QuestionSettled, ReplyGiven
from inglenook_schema.events.choices import Outcome, QuestionType, Want, When

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown


def _ask_arguments(parser: ArgumentParser) -> None:
    arguments.text(parser, later("what you want to ask or tell"))
    parser.add_argument(
        "--want",
        type=arguments.choice,
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
        "--when", type=arguments.choice, choices=[when.value for when in When],
        help=_("when an answer would help"),
    )  # fmt: skip
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


def _settle_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "question", type=arguments.reference, metavar=_("QUESTION"), help=_("its id, such as q1")
    )
    arguments.one_of(
        parser,
        "outcome",
        {
            Outcome.HELPED: later("it helped"),
            Outcome.PARTLY: later("it helped in part"),
            Outcome.NOT_YET: later("not yet"),
            Outcome.NO_LONGER_NEEDED: later("no longer needed"),
        },
    )
    parser.add_argument(
        "--note", metavar=_("TEXT"), help=_("what helped, or what is still missing")
    )


def _settle(call: Call) -> None:
    call.wrote(call.run(lambda journal: _close(call, journal)))


async def _close(call: Call, journal: Journal) -> Shown:
    args = call.args
    question, space = await find(journal, args.question, "q", args.space)
    rights.may_settle(question)
    content = QuestionSettled(
        question=question.event,
        outcome=Outcome(args.outcome),
        note=args.note,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


def _note_arguments(parser: ArgumentParser) -> None:
    arguments.text(parser, later("what you want to say"))
    parser.add_argument(
        "--about", type=arguments.reference, metavar=_("ID"), help=_("what it is about: e4, g1")
    )


def _note(call: Call) -> None:
    if call.args.text is None:
        call.run(lambda journal: journal.space(call.args.space, pair=True))
    with call.words(call.args.text) as text:
        shown = call.run(lambda journal: _leave(call, journal, text))
    call.wrote(shown)


async def _leave(call: Call, journal: Journal, text: str) -> Shown:
    args = call.args
    space = await journal.space(args.space, pair=True)
    about = (await find(journal, args.about, "", space.name))[0].event if args.about else None
    content = NoteLeft(text=text, regarding=about, **await moment(journal))
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
    "settle": Command(
        later("say how your question came out"),
        _settle,
        _settle_arguments,
        ('inglenook settle q1 --helped --note "one line on paper first"',),
        writes=True,
    ),
    "note": Command(
        later("leave the other a note that asks for nothing"),
        _note,
        _note_arguments,
        ('inglenook note "Good luck today"',),
        writes=True,
    ),
}
