"""From the words of a command line to an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

from inglenook_client.cli import errors
from inglenook_client.cli.bare import (
    ALT,
    ATTACH,
    FLAGS,
    ON,
    SPACE,
    FromEditor,
    FromInput,
    Help,
    Meaning,
    Run,
    Slip,
    Text,
    Version,
    meaning,
)
from inglenook_client.cli.call import STANDARD_INPUT, Call, debugging
from inglenook_client.cli.screen import Screen
from inglenook_client.words import _


def run(line: Sequence[str] | None = None) -> int:
    """Run one command line; returns its exit code and prints every error as a sentence."""
    _mend_streams()
    screen = Screen()
    call = Call(SimpleNamespace(), screen, alone=line is None)
    try:
        code = _dispatch(meaning(sys.argv[1:] if line is None else line), call)
        sys.stdout.flush()
    except SystemExit as ended:  # argparse printed its help
        return ended.code if isinstance(ended.code, int) else errors.DONE
    except BrokenPipeError:
        return _quietly()
    except BaseException as error:  # noqa: BLE001 - nobody else is there to say it
        return _report(error, call)
    return code or errors.DONE


def _dispatch(found: Meaning, call: Call) -> int | None:
    match found:
        case Run(name, arguments):
            return _run(name, arguments, call)
        case Text(words, options, literal):
            _write(call, options, words, literal=literal)
        case FromEditor(options):
            _write(call, options, None)
        case FromInput(options):
            _write(call, options, STANDARD_INPUT)
        case Help(about):
            from inglenook_client.cli.helping import print_help

            print_help(call.screen, about)
        case Version():
            from importlib.metadata import version

            call.screen.say(f"inglenook {version('inglenook')}")
        case Slip():
            from inglenook_client.cli.hints import hint

            call.screen.warn(hint(found))
            return errors.MISTAKE
    return None


def _run(name: str, arguments: Sequence[str], call: Call) -> int | None:
    from inglenook_client.cli.index import load
    from inglenook_client.cli.parser import parse

    command = load(name)
    call.writes = command.writes
    call.args = parse(name, command, arguments)
    call.line = (*name.split(), *(word for word in arguments if word not in {*FLAGS, "-"}))
    call.screen = Screen(json=call.args.json, plain=call.args.plain)
    if not command.long:
        return command.run(call)
    from inglenook_client.cli.pager import paged

    with paged(call.screen):
        return command.run(call)


def _write(call: Call, options: Sequence[str], words: str | None, *, literal: bool = False) -> None:
    from inglenook_client.cli.entries import entry

    call.writes = True
    call.line = tuple(word for word in options if word not in FLAGS)
    call.args = SimpleNamespace(
        space=_value(SPACE, options),
        on=_day(_value(ON, options)),
        literal=literal,
        attach=_values(ATTACH, options),
        alt=_values(ALT, options),
    )
    call.screen = Screen(json=FLAGS[0] in options, plain=FLAGS[1] in options)
    entry(call, words)


def _day(said: str | None) -> str | None:
    if said is None:
        return None
    from argparse import ArgumentTypeError

    from inglenook_client.cli import days

    try:
        return days.gone_day(said)
    except ArgumentTypeError as misfit:
        raise errors.MistakeError(f"{ON}: {misfit}.") from None


def _value(wanted: str, options: Sequence[str]) -> str | None:
    """The last ``--space NAME`` or ``--space=NAME``."""
    found = _values(wanted, options)
    return found[-1] if found else None


def _values(wanted: str, options: Sequence[str]) -> list[str]:
    """Every ``--attach FILE`` or ``--attach=FILE``, in order."""
    found = list[str]()
    rest = iter(options)
    for word in rest:
        name, equals, value = word.partition("=")
        if name not in FLAGS and not equals:
            value = next(rest)
        if name == wanted:
            found.append(value)
    return found


def _report(error: BaseException, call: Call) -> int:
    """Say what went wrong and what was kept."""
    code = errors.exit_code(error)
    sentence = errors.sentence(error)
    if call.saved:
        short = call.saved[0].short or call.saved[0].event.hex()[:8]
        sentence += "\n" + _("{id} was saved before that.").format(id=short)
    elif call.writes and not errors.says_what_was_kept(error):
        sentence += "\n" + _("Nothing was saved; what you wrote earlier is untouched.")
    elif code == errors.BUG:
        sentence += "\n" + _("Everything you saved is still there.")
    try:
        call.screen.warn(sentence)
        if code == errors.BUG and debugging():
            _trace(error)
    except BrokenPipeError:
        pass
    return code


def _trace(error: BaseException) -> None:
    """Print where it happened; neither values nor messages, which may hold private words."""
    import traceback

    print("".join(traceback.format_tb(error.__traceback__)), file=sys.stderr, end="")
    print(type(error).__name__, file=sys.stderr)


def _mend_streams() -> None:
    """Streams that were closed lead nowhere; a letter a terminal lacks is a question mark."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - until we end
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _quietly() -> int:
    """Whoever read us has gone; that is no mistake."""
    # Python would complain when it flushes at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return errors.DONE
