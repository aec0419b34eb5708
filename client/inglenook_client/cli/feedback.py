"""Giving feedback that lands: in free words, or in the parts of a framework."""

from __future__ import annotations

from argparse import ArgumentTypeError
from itertools import chain
from typing import TYPE_CHECKING, Final

from inglenook_client.cli import arguments, sections
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.saving import append, find, moment
from inglenook_client.words import _, later
from inglenook_schema.events.asking import FeedbackGiven
from inglenook_schema.events.choices import PARTS, Framework

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown

_WORDS: Final = "text"


def _part(said: str) -> tuple[str, str]:
    name, equals, text = said.partition("=")
    if not equals or not name.strip():
        raise ArgumentTypeError(_('a part is written like impact="I understood it"'))
    return name.strip().casefold().replace("-", "_"), text


def _arguments(parser: ArgumentParser) -> None:
    arguments.text(parser, later("your feedback"))
    parser.add_argument(
        "--framework", choices=[each.value for each in Framework], help=_("how it is laid out")
    )
    parser.add_argument(
        "--parts",
        nargs="+",
        action="extend",
        type=_part,
        default=[],
        metavar=_("PART=TEXT"),
        help=_("its parts, each in quotes"),
    )
    parser.add_argument(
        "--asked", type=arguments.reference, metavar=_("ID"), help=_("the request it answers: f1")
    )
    parser.add_argument(
        "--about", type=arguments.reference, metavar=_("ID"), help=_("what it is about: e4, g1")
    )


def _give(call: Call) -> None:
    args = call.args
    framework, parts = _layout(args.framework, dict(args.parts))
    headings, asks = _form(framework) if framework else ({}, {})
    if args.text is None and parts:
        args.text = ""  # the parts say it all
    elif args.text is None:
        call.run(lambda journal: journal.space(args.space, pair=True))
    with call.words(args.text, sections.template(headings, asks)) as text:
        said = sections.read(text, headings, _WORDS, asks.values())
        words = said.pop(_WORDS, None)
        shown = call.run(lambda journal: _write(call, journal, words, said | parts))
    call.wrote(shown)


def _form(framework: Framework) -> tuple[dict[str, str], dict[str, str]]:
    """What each part is called, and the question it answers with a few words of one."""
    from inglenook_client import guides

    parts = guides.frame(framework).parts
    return {part.name: part.title for part in parts}, {
        part.name: _("{question} For example: {example}").format(
            question=part.question, example=part.example
        )
        for part in parts
    }


def _layout(named: str | None, parts: dict[str, str]) -> tuple[Framework | None, dict[str, str]]:
    """The framework, named or known by its parts.

    Raises:
        MistakeError: A part that no framework, or not this one, has.
    """
    framework = Framework(named) if named else _by_parts(set(parts))
    known = PARTS[framework] if framework else tuple(chain.from_iterable(PARTS.values()))
    for name in parts:
        if name not in known:
            message = _("There is no part called {name}. There are: {choices}.")
            raise MistakeError(message.format(name=name, choices=", ".join(known)))
    if parts and not framework:
        sets = "; ".join(", ".join(each) for each in PARTS.values())
        raise MistakeError(_("Those parts do not go together. One of: {sets}.").format(sets=sets))
    return framework, parts


def _by_parts(names: set[str]) -> Framework | None:
    if not names:
        return None
    return next((each for each, known in PARTS.items() if names <= set(known)), None)


async def _write(call: Call, journal: Journal, text: str | None, parts: dict[str, str]) -> Shown:
    args = call.args
    space = await journal.space(args.space, pair=True)
    asked = (await find(journal, args.asked, "f", space.name))[0] if args.asked else None
    about = await journal.find(args.about) if args.about else None
    content = FeedbackGiven(
        asked=asked.event if asked else None,
        regarding=about.event if about else None,
        text=text,
        framework=_layout(args.framework, parts)[0],
        parts=parts,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


COMMANDS: Final = {
    "feedback give": Command(
        later("give feedback"),
        _give,
        _arguments,
        (
            'inglenook feedback give "You explained it so that I got it"',
            'inglenook feedback give --parts situation="in the call" impact="I felt heard"',
        ),
        writes=True,
    ),
}
