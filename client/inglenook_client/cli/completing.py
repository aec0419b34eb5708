"""What a shell offers when somebody presses Tab: commands, options, fixed choices.

Nothing of the journal is among it, so that no shell keeps a word of anybody: the script is the
same for everyone, and asks nothing while somebody types.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from inglenook_client.cli.command import Command
from inglenook_client.cli.index import MODULES, NOUNS, load
from inglenook_client.cli.parser import actions, parser_of
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call

Offers = Mapping[str, tuple[str, ...]]
"""Words that may come next, by what was typed before; a beginning ends in ``*``."""


def offers() -> dict[str, tuple[str, ...]]:
    """Everything that can be offered, the longest beginnings first."""
    found = dict[str, tuple[str, ...]]()
    for name in sorted(MODULES, key=len, reverse=True):
        options, fixed = list[str](), list[str]()
        for action in actions(parser_of(name, load(name))):
            choices = tuple(map(str, action.choices or ()))
            if not action.option_strings:
                fixed += choices
            for said in action.option_strings:
                if choices:
                    found[f"{name}* {said}"] = choices
                if said.startswith("--"):
                    options.append(said)
        found[f"{name}*"] = (*fixed, *options)
    for first, seconds in NOUNS.items():
        if seconds:
            found[first] = seconds
    found[""] = (*NOUNS, "help")
    return found


def bash(found: Offers) -> Iterator[str]:
    """A script for bash."""
    yield from (
        "# bash completion of inglenook: source <(inglenook completion bash)",
        "_inglenook() {",
        '  local before="${COMP_WORDS[*]:1:COMP_CWORD-1}" words=""',
        '  case "$before" in',
    )
    for before, words in found.items():
        yield f"    {_pattern(before)}) words={shlex.quote(' '.join(words))} ;;"
    yield from (
        "  esac",
        '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
        "}",
        "complete -o default -F _inglenook inglenook",
    )


def zsh(found: Offers) -> Iterator[str]:
    """A script for zsh."""
    yield from (
        "#compdef inglenook",
        "# zsh completion of inglenook: source <(inglenook completion zsh)",
        "_inglenook() {",
        '  local before="${(j: :)words[2,CURRENT-1]}"',
        "  local -a offers",
        '  case "$before" in',
    )
    for before, words in found.items():
        yield f"    {_pattern(before)}) offers=({shlex.join(words)}) ;;"
    yield from (
        "  esac",
        "  compadd -a offers || _files",
        "}",
        "compdef _inglenook inglenook",
    )


def fish(found: Offers) -> Iterator[str]:
    """A script for fish."""
    yield from (
        "# fish completion of inglenook: inglenook completion fish | source",
        "function __inglenook_offers",
        "  set -l typed (commandline -opc)",
        '  set -l before (string join " " -- $typed[2..-1])',
        '  switch "$before"',
    )
    for before, words in found.items():
        yield f"    case {_quoted_for_fish(before)}"
        yield f"      printf '%s\\n' {shlex.join(words)}"
    yield from (
        "  end",
        "end",
        'complete -c inglenook -a "(__inglenook_offers)"',
    )


def _pattern(before: str) -> str:
    """A beginning as a pattern of ``case``: its words as they are, then anything."""
    return "*".join(shlex.quote(part) if part else "" for part in before.split("*")) or '""'


def _quoted_for_fish(before: str) -> str:
    return f"'{before}'"  # fish sees * in quotes as anything


_SHELLS: Final[Mapping[str, Callable[[Offers], Iterator[str]]]] = {
    "bash": bash,
    "zsh": zsh,
    "fish": fish,
}


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "shell", choices=tuple(_SHELLS), metavar=_("SHELL"), help=_("bash, zsh or fish")
    )


def _completion(call: Call) -> None:
    script = "\n".join(_SHELLS[call.args.shell](offers()))
    call.screen.document({"script": script})
    call.screen.say(*script.splitlines())


COMMANDS: Final = {
    "completion": Command(
        later("a script that lets your shell complete commands"),
        _completion,
        _arguments,
        ("source <(inglenook completion bash)", "inglenook completion fish | source"),
        in_spaces=False,
    ),
}
