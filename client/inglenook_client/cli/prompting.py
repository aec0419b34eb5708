"""A question to write about: shown, and answered in an entry of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client import ambient, guides
from inglenook_client.cli import arguments
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.guides import Prompt
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown


_ASKS: Final = "> "
"""What the question begins with in the editor."""


def _arguments(parser: ArgumentParser) -> None:
    arguments.text(parser, later("your answer; left out, the question is only shown"))
    parser.add_argument("--write", action="store_true", help=_("answer it in the editor"))
    parser.add_argument("--theme", metavar=_("THEME"), help=_("what it is about, such as goals"))
    parser.add_argument(
        "--another", action="count", default=0, help=_("another one; twice, the one after that")
    )
    parser.add_argument("--themes", action="store_true", help=_("list what they can be about"))


def _prompt(call: Call) -> None:
    args = call.args
    if args.themes:
        _list(call)
        return
    today = ambient.today()
    found = guides.prompt_for(today, args.theme, skip=args.another)
    if args.text is None and not args.write:
        _show(call, found)
        return
    with call.words(args.text, f"{_ASKS}{found.text}\n\n") as text:
        asked, said = _apart(text, found.text) if args.text is None else (found.text, text)
        if not said.strip():
            raise MistakeError(_("There were no words, so nothing was saved."))
        shown = call.run(lambda journal: _answer(call, journal, said, asked))
    call.wrote(shown)


def _apart(text: str, today: str) -> tuple[str, str]:
    """Question and answer; words that were kept may have begun under another day's question."""
    first, _end, rest = text.partition("\n")
    question = first.removeprefix(_ASKS).strip()
    if first.startswith(_ASKS) and question in {each.text for each in guides.prompts()}:
        return question, rest.strip()
    return today, text


def _show(call: Call, found: Prompt) -> None:
    call.screen.document({"prompt": found.name, "theme": found.theme, "text": found.text})
    call.screen.say(found.text)
    more = "".join(
        [
            f" --theme {found.theme.replace('_', '-')}" if call.args.theme else "",
            " --another" * call.args.another,
        ]
    )
    call.screen.tip(_("To answer it: {command}").format(command=f"inglenook prompt --write{more}"))


def _list(call: Call) -> None:
    named = guides.themes()
    call.screen.document([{"theme": name, "title": title} for name, title in named.items()])
    for name, title in named.items():
        call.screen.say(f"{name.replace('_', '-'):12} {title}")


async def _answer(call: Call, journal: Journal, said: str, prompt: str) -> Shown:
    from inglenook_client.cli.entries import in_parts
    from inglenook_client.cli.saving import moment

    when = await moment(journal)
    space = await journal.space("journal")
    return await in_parts(call, journal, space, said, when, when["date"], prompt)


COMMANDS: Final = {
    "prompt": Command(
        later("a question to write about"),
        _prompt,
        _arguments,
        (
            "inglenook prompt",
            "inglenook prompt --theme hard-days --write",
            'inglenook prompt "I asked my teacher first"',
        ),
        writes=True,
        in_spaces=False,
    ),
}
