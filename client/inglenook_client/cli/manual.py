"""The manual page, made of the same words as every ``--help``: `man` reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from inglenook_client.cli.command import Command
from inglenook_client.cli.index import GROUPS, load
from inglenook_client.cli.parser import PROGRAM, actions, parser_of
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import Action

    from inglenook_client.cli.call import Call


def page(version: str) -> Iterator[str]:
    """The lines of the page, as troff has them (man(7))."""
    yield f'.TH INGLENOOK 1 "" "Inglenook {_plain(version)}"'
    yield from (
        ".SH " + _plain(_("Name")),
        f"{PROGRAM} \\- " + _plain(_("a private mentoring journal")),
    )
    yield ".SH " + _plain(_("What to type"))
    for line, what in (
        (PROGRAM, _("write in your editor; saves a private entry")),
        (f'{PROGRAM} "walked home, felt ok"', _("one line; your shell keeps it in its history")),
        (f"{PROGRAM} -", _("save what comes on standard input")),
        (f"{PROGRAM} -- …", _("save words that look like a command")),
    ):
        yield from (".TP", f".B {_plain(line)}", _plain(what))
    for title, commands in GROUPS:
        yield ".SH " + _plain(_(title))
        for name in commands:
            yield from _command(name)


def _command(name: str) -> Iterator[str]:
    command = load(name)
    parser = parser_of(name, command)
    usage = " ".join(parser.format_usage().split()).partition(" ")[2]
    yield from (f".SS {_plain(name)}", _plain(parser.description or ""))
    yield from (".PP", f".I {_plain(usage)}")
    for action in actions(parser):
        if action.help and action.dest not in _EVERYWHERE:
            yield from (".TP", f".B {_plain(_called(action))}", _plain(action.help))
    for example in command.examples:
        yield from (".PP", ".EX", _plain(f"    {example}"), ".EE")


_EVERYWHERE: Final = frozenset({"help", "json", "plain", "space"})
"""Options of nearly every command, which its usage names."""


def _called(action: Action) -> str:
    named = ", ".join(action.option_strings)
    value = "" if action.nargs == 0 else str(action.metavar or action.dest)
    return " ".join(part for part in (named, value) if part)


def _plain(text: str) -> str:
    """A text on one line, of which troff takes nothing for its own."""
    line = " ".join(text.split()) if not text.startswith("    ") else text
    safe = line.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{safe}" if safe[:1] in {".", "'"} else safe


def _manual(call: Call) -> None:
    from importlib.metadata import version

    lines = list(page(version("inglenook")))
    call.screen.document({"page": "\n".join(lines)})
    call.screen.say(*lines)


COMMANDS: Final = {
    "manual": Command(
        later("all of this as a manual page"),
        _manual,
        examples=("inglenook manual | man -l -",),
        in_spaces=False,
    ),
}
