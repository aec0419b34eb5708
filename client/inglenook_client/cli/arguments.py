"""Arguments that several commands take: ids, numbers, a stretch of time."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from inglenook_client.cli import days
from inglenook_client.cli.errors import MistakeError
from inglenook_client.words import _

if TYPE_CHECKING:
    from argparse import ArgumentParser

_REFERENCE: Final = re.compile(r"[a-z][0-9]{1,9}|[0-9a-f]{8,64}")
_DURATION: Final = re.compile(r"([0-9]{1,5})(s|m|h)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}


def reference(said: str) -> str:
    """An id: short, or the first eight or more of the 64 that `show` prints."""
    word = said.strip().casefold()
    if not _REFERENCE.fullmatch(word):
        raise ArgumentTypeError(
            _("an id looks like e7, or like the 8 letters and digits that show prints")
        )
    return word


def scale(said: str) -> int:
    """A number from 1 to 5."""
    return _number(said, 1, 5)


def moods(said: str) -> frozenset[int]:
    """One mood or several: 4, or 1-2."""
    least, dash, most = said.partition("-")
    first = scale(least)
    return frozenset(range(first, (scale(most) if dash else first) + 1))


def kinds(said: str) -> frozenset[str]:
    """Kinds by their noun, such as goal, or one in full, such as goal.set."""
    from inglenook_schema.events import KINDS

    word = said.strip().casefold().replace("-", "_")
    found = frozenset(kind for kind in KINDS if word in {kind, kind.partition(".")[0]})
    if not found:
        nouns = ", ".join(dict.fromkeys(kind.partition(".")[0] for kind in KINDS))
        raise ArgumentTypeError(
            _("there is no kind {kind}; there are: {choices}").format(kind=said, choices=nouns)
        )
    return found


def template(said: str) -> str:
    """The name of an agenda, as a plan stores it."""
    from inglenook_client import guides

    try:
        return guides.template(said).name
    except guides.NoSuchGuideError as misfit:
        raise ArgumentTypeError(str(misfit).rstrip(".")) from None


def minutes(said: str) -> int:
    """A number from 1 to 1440, which is a day."""
    return _number(said, 1, 1440)


def count(said: str) -> int:
    """A number from 1 up."""
    return _number(said, 1, 1_000_000)


def whole(said: str) -> int:
    """A whole number; whoever gets it knows its limits."""
    return _number(said, 0, 1_000_000_000)


def duration(said: str) -> int:
    """A time like 15m, 2h or 90s, in seconds."""
    found = _DURATION.fullmatch(said.strip().casefold())
    if not found:
        raise ArgumentTypeError(_("a time is written like 15m, 2h or 90s"))
    return int(found[1]) * _SECONDS[found[2]]


def text(parser: ArgumentParser, about: str) -> None:
    """Take a text: one argument in quotes, ``-`` for standard input, or the editor."""
    parser.add_argument("text", nargs="?", metavar=_("TEXT"), help=_(about))


def goal_id(parser: ArgumentParser) -> None:
    """Take the id of a goal."""
    parser.add_argument("goal", type=reference, metavar=_("GOAL"), help=_("its id, such as g1"))


def choice(said: str) -> str:
    """A stored word, also as people write it: ``a bit`` and ``a-bit`` are ``a_bit``."""
    return "_".join(said.casefold().replace("-", " ").split())


def one_of(parser: ArgumentParser, name: str, choices: Mapping[str, str]) -> None:
    """Take exactly one of several answers, each a flag of its own: ``--will-try``.

    Args:
        parser: Whose it is.
        name: Where the answer stands afterwards, as the stored word.
        choices: What each stored word means; source texts for the catalogue.
    """
    group = parser.add_mutually_exclusive_group(required=True)
    for stored, about in choices.items():
        flag = "--" + str(stored).replace("_", "-")
        group.add_argument(flag, dest=name, action="store_const", const=stored, help=_(about))


def tags(parser: ArgumentParser) -> None:
    """Take tags, with or without their @."""
    parser.add_argument(
        "--tag", action="append", default=[], type=tag, metavar=_("TAG"),
        help=_("a tag; may be said again"),
    )  # fmt: skip


def without(parser: ArgumentParser, names: Iterable[str]) -> None:
    """Take what is to be taken away, by name."""
    parser.add_argument(
        "--without", action="append", choices=tuple(names), default=[],
        help=_("take this away; may be said again"),
    )  # fmt: skip


def emptied(
    given: Mapping[str, Any], names: Sequence[str], empty: Mapping[str, tuple[str, Any]]
) -> dict[str, Any]:
    """New values of fields, with those that are taken away.

    Args:
        given: The new values, by field.
        names: What `without` took.
        empty: By name the field, and the value that takes it away.

    Raises:
        MistakeError: One of them is changed and taken away at once.
    """
    gone = dict(empty[name] for name in names)
    if gone.keys() & given.keys():
        raise MistakeError(_("That is changed and taken away at once: say one of the two."))
    return {**given, **gone}


def goal_option(parser: ArgumentParser) -> None:
    """Take the id of a goal that something belongs to."""
    parser.add_argument(
        "--goal", type=reference, metavar=_("GOAL"), help=_("the goal it may help with")
    )


def as_of(parser: ArgumentParser) -> None:
    """Take a day in the past, as at whose end things are shown."""
    parser.add_argument(
        "--as-of",
        type=days.past_day,
        metavar=_("DATE"),
        help=_("as it stood when this day ended"),
    )


def tag(said: str) -> str:
    """A tag, without its @ or #."""
    return said.strip().lstrip("@#")


def _number(said: str, least: int, most: int) -> int:
    try:
        found = int(said)
    except ValueError:
        found = least - 1
    if not least <= found <= most:
        message = _("this is a whole number from {least} to {most}")
        raise ArgumentTypeError(message.format(least=least, most=most))
    return found
