"""Check-ins: those to come, those held, and how often beside what was agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import hours, pages, saying
from inglenook_client.cli.cards import Called, Card
from inglenook_client.cli.command import Command
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.checkins import Checkin, Summary

_STATES: Final = {
    "planned": later("planned"),
    "missed": later("not yet, moved"),
    "held": later("held"),
    "summarised": later("written up"),
    "confirmed": later("written up, and both agree"),
}


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--state", choices=tuple(_STATES), help=_("only those that stand so"))
    pages.count_argument(parser)


def _list(call: Call) -> None:
    state = call.args.state
    found = pages.read(
        call, lambda journal: journal.views.checkins, states=(state,) if state else ()
    )
    pages.show(
        call,
        found,
        card,
        [
            _("There is no check-in yet."),
            _('To plan one: inglenook checkin plan "friday 16:00"'),
            _("A fixed time is kept more often than a good intention."),
        ],
    )


def card(checkin: Checkin, page: Called) -> Card:
    """One check-in: when, where, and what came of it."""
    return Card(
        short=page.shorts.get(checkin.id, ""),
        first=when(checkin),
        about=(
            _(_STATES[checkin.state]),
            _minutes(checkin.minutes),
            checkin.where or "",
            saying.rhythm(checkin.repeat.every, checkin.repeat.unit) if checkin.repeat else "",
            saying.readers(page.spaces[checkin.space]),
        ),
        text="\n".join(_said(checkin)),
    )


def when(checkin: Checkin) -> str:
    """The day it was held, else when it is to be."""
    if checkin.held_on and checkin.repeat is None:
        return short_day(checkin.held_on[-1])
    if checkin.starts_at is None:
        return ""
    return hours.moment(checkin.starts_at, checkin.tz or "UTC")


def _minutes(minutes: int | None) -> str:
    if minutes is None:
        return ""
    return ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes)


def _said(checkin: Checkin) -> Iterator[str]:
    if checkin.state in {"planned", "missed"}:
        yield from (missed.note for missed in checkin.missed if missed.note)
    yield from (held.note for held in checkin.held if held.note)
    for summary in checkin.summaries:
        if len(checkin.summaries) > 1:
            yield _("{name} wrote:").format(name=saying.writer(summary.said))
        yield from _summary(summary)


def _summary(summary: Summary) -> Iterator[str]:
    yield from (f"- {point}" for point in summary.points)
    for label, said in (
        (_("What went well"), summary.went_well),
        (_("Stuck on"), summary.stuck_on),
    ):
        if said:
            yield f"{label}: {said}"
    for step in summary.next_steps:
        who = saying.whose(step.who, summary.said)
        yield _("Next, {who}: {step}").format(who=who, step=step.title)


COMMANDS: Final = {
    "checkin list": Command(
        later("your check-ins, and what came of them"),
        _list,
        _arguments,
        ("inglenook checkin list",),
        long=True,
    ),
}
