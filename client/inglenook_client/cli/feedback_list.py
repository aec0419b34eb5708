"""Feedback that was asked for, given and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import pages, saying
from inglenook_client.cli.cards import Called, Card
from inglenook_client.cli.command import Command
from inglenook_client.words import _, later
from inglenook_schema.events.choices import PARTS

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.feedback import Feedback, Given

_STATES: Final = {
    "asked": later("asked for"),
    "given": later("given"),
    "answered": later("answered"),
}
_ORDER: Final = [part for parts in PARTS.values() for part in parts]


def _arguments(parser: ArgumentParser) -> None:
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--mine", action="store_true", help=_("only what you asked for or were given"))
    who.add_argument("--theirs", action="store_true", help=_("only what the other was given"))
    pages.count_argument(parser)


def _list(call: Call) -> None:
    args = call.args
    found = pages.read(
        call,
        lambda journal: journal.views.feedback,
        mine=True if args.mine else False if args.theirs else None,
    )
    pages.show(
        call,
        found,
        card,
        [
            _("There is no feedback here yet."),
            _('To ask for some: inglenook feedback ask "How I explain things"'),
            _("You choose what it is about, and the last word on it is yours."),
        ],
    )


def card(thread: Feedback, page: Called) -> Card:
    """One thread: what was asked, what was given, what became of it."""
    return Card(
        short=page.shorts.get(thread.id, ""),
        first=_(_STATES[thread.state]),
        about=(_who(thread), saying.readers(page.spaces[thread.space])),
        text="\n".join(_said(thread)),
    )


def _who(thread: Feedback) -> str:
    return _("by {name}").format(name=saying.writer(thread.begun))


def _said(thread: Feedback) -> Iterator[str]:
    if thread.about:
        yield thread.about
        yield from (f"- {line}" for line in thread.focus)
    for given in thread.given:
        yield from _given(given)


def _given(given: Given) -> Iterator[str]:
    who = saying.writer(given.said)
    if given.text:
        yield f"{who}: {given.text}"
    elif given.parts:
        yield f"{who}:"
    for name, text in sorted(given.parts, key=lambda part: _place(part[0])):
        yield f"{saying.word(name)}: {text}"
    if given.answer:
        answer = saying.word(given.answer.answer)
        said = f"{saying.writer(given.answer.said)}: {answer}"
        yield f"{said} ({given.answer.heard})" if given.answer.heard else said


def _place(part: str) -> int:
    return _ORDER.index(part) if part in _ORDER else len(_ORDER)


COMMANDS: Final = {
    "feedback list": Command(
        later("feedback asked for, given and answered"),
        _list,
        _arguments,
        ("inglenook feedback list", "inglenook feedback list --mine"),
        long=True,
    ),
}
