"""The arguments of one command, on argparse: usage errors are sentences and exit with 1."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

from inglenook_client import words
from inglenook_client.cli import saying
from inglenook_client.cli.errors import MistakeError
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from inglenook_client.cli.command import Command

# What argparse itself says goes through our catalogue as well.
argparse._ = words._  # type: ignore[attr-defined]
argparse.ngettext = words.ngettext  # type: ignore[attr-defined]

PROGRAM: Final = "inglenook"
_ARGPARSE_SAYS: Final = (
    later("usage: "),
    later("positional arguments"),
    later("options"),
    later("show this help message and exit"),
    later("the following arguments are required: %s"),
    later("expected one argument"),
    later("expected at least one argument"),
    later("not allowed with argument %s"),
    later("invalid %(type)s value: %(value)r"),
    later("invalid choice: %(value)r (choose from %(choices)s)"),
    later("ignored explicit argument %r"),
)


class Parser(argparse.ArgumentParser):
    """One command's parser; it raises, where argparse would end the process."""

    def error(self, message: str) -> NoReturn:
        """Say what does not fit, and how it is written.

        Raises:
            MistakeError: Always.
        """
        sentence = message[:1].upper() + message[1:].rstrip(".")
        how = _("How it is written: {command} --help").format(command=self.prog)
        raise MistakeError(f"{sentence}.\n{how}")


class _Formatter(argparse.HelpFormatter):
    """Help with its examples line by line."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        del width
        return "\n".join(indent + line for line in text.splitlines())


def parser_of(name: str, command: Command) -> Parser:
    """The parser of one command."""
    examples = "\n".join(f"  {line}" for line in command.examples)
    parser = Parser(
        prog=f"{PROGRAM} {name}",
        description=saying.sentence(_(command.summary)),
        epilog=_("For example:") + "\n" + examples if examples else None,
        formatter_class=_Formatter,
        allow_abbrev=False,
        exit_on_error=False,
    )
    command.arguments(parser)
    if command.in_spaces:
        parser.add_argument(
            "--space", metavar=_("NAME"), help=_("journal, your partner's name, or pair")
        )
    parser.add_argument(
        "--json", action="store_true", help=_("answer with one JSON document, for programs")
    )
    parser.add_argument(
        "--plain", action="store_true", help=_("no colours, no pictures, no line breaks of ours")
    )
    return parser


def actions(parser: Parser) -> Sequence[argparse.Action]:
    """All that may be given to a command, in the order in which its help has it."""
    return parser._actions  # noqa: SLF001 - argparse tells them in no other way


def parse(name: str, command: Command, line: Sequence[str]) -> Namespace:
    """Read the arguments of one command.

    Raises:
        MistakeError: They do not fit.
        SystemExit: Help was asked for, and is printed.
    """
    parser = parser_of(name, command)
    options, after = _split(line)
    try:
        found, extra = parser.parse_known_intermixed_args([*options, *_guarded(after)])
    except argparse.ArgumentError as misfit:
        parser.error(f"{misfit.argument_name}: {misfit.message}")
    if extra:
        parser.error(_surplus(extra))
    return _unguarded(found)


def _surplus(extra: list[str]) -> str:
    unknown = [word for word in extra if word.startswith("-")]
    if unknown:
        return _("there is no option {option} here").format(option=unknown[0])
    return _('that is too many words; put a text in quotes, "like this"')


# argparse's own ``--`` does not survive its intermixed parsing: words after it are marked
# as no options by a letter that no keyboard types, which is taken off again.
_GUARD: Final = "\x00"


def _split(line: Sequence[str]) -> tuple[list[str], list[str]]:
    parts = list(line)
    if "--" not in parts:
        return parts, []
    cut = parts.index("--")
    return parts[:cut], parts[cut + 1 :]


def _guarded(after: list[str]) -> list[str]:
    return [_GUARD + word for word in after]


def _unguarded(found: Namespace) -> Namespace:
    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return value.removeprefix(_GUARD)
        return [clean(item) for item in value] if isinstance(value, list) else value

    return Namespace(**{name: clean(value) for name, value in vars(found).items()})
