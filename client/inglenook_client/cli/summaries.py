"""What came of a check-in: written up by one, confirmed by the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import arguments, sections
from inglenook_client.cli.checkins import checkin_id
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.saving import append, find, moment
from inglenook_client.journal import rights, threads
from inglenook_client.words import _, later
from inglenook_schema.events.checkins import CheckinConfirmed, CheckinSummarised, NextStep
from inglenook_schema.events.choices import Who

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown


def _headings() -> dict[str, str]:
    return {
        "points": _("What you talked about, one a line"),
        "went_well": _("What went well"),
        "stuck_on": _("What is stuck"),
        "next": _("Next steps for me, one a line"),
        "next_them": _("Next steps for the other, one a line"),
        "next_both": _("Next steps for both, one a line"),
    }


def _summary_arguments(parser: ArgumentParser) -> None:
    checkin_id(parser)
    arguments.text(parser, later("what you talked about, one a line"))
    parser.add_argument("--went-well", metavar=_("TEXT"), help=_("what went well"))
    parser.add_argument("--stuck-on", metavar=_("TEXT"), help=_("what is stuck"))
    for flag, about in (
        ("--next", _("a next step for you; may be said again")),
        ("--next-them", _("a next step for the other")),
        ("--next-both", _("a next step for both")),
    ):
        parser.add_argument(flag, action="append", default=[], metavar=_("TEXT"), help=about)


def _summary(call: Call) -> None:
    args = call.args
    flags = args.went_well or args.stuck_on or args.next or args.next_them or args.next_both
    if args.text is None and flags:
        args.text = ""  # the flags say it all
    elif args.text is None:
        call.run(lambda journal: find(journal, args.checkin, "c", args.space))
    with call.words(args.text, sections.template(_headings())) as text:
        said = sections.read(text, _headings(), "points")
        shown = call.run(lambda journal: _write(call, journal, said))
    call.wrote(shown)


async def _write(call: Call, journal: Journal, said: dict[str, str]) -> Shown:
    args = call.args
    checkin, space = await find(journal, args.checkin, "c", args.space)
    content = CheckinSummarised(
        checkin=checkin.event,
        points=sections.lines(said.get("points", "")),
        went_well=args.went_well or said.get("went_well"),
        stuck_on=args.stuck_on or said.get("stuck_on"),
        next_steps=_next_steps(call, said),
        **await moment(journal),
    )
    if not (content.points or content.went_well or content.stuck_on or content.next_steps):
        raise MistakeError(_("There were no words, so nothing was saved."))
    return await append(call, journal, space, content)


def _next_steps(call: Call, said: dict[str, str]) -> tuple[NextStep, ...]:
    args = call.args
    return tuple(
        NextStep(title=title, who=who)
        for name, given, who in (
            ("next", args.next, Who.ME),
            ("next_them", args.next_them, Who.YOU),
            ("next_both", args.next_both, Who.BOTH),
        )
        for title in (*sections.lines(said.get(name, "")), *given)
    )


def _confirm_arguments(parser: ArgumentParser) -> None:
    checkin_id(parser)
    parser.add_argument("--note", metavar=_("TEXT"), help=_("something to add"))


def _confirm(call: Call) -> None:
    call.wrote(call.run(lambda journal: _agree(call, journal)))


async def _agree(call: Call, journal: Journal) -> Shown:
    args = call.args
    checkin, space = await find(journal, args.checkin, "c", args.space)
    summary = await threads.summary_of(journal, checkin)
    rights.may_confirm(summary)
    content = CheckinConfirmed(summary=summary.event, note=args.note, **await moment(journal))
    return await append(call, journal, space, content)


COMMANDS: Final = {
    "checkin summary": Command(
        later("write up a check-in, for the other to confirm"),
        _summary,
        _summary_arguments,
        (
            "inglenook checkin summary c1",
            'inglenook checkin summary c1 "the exam plan" --next "one old paper"',
        ),
        writes=True,
    ),
    "checkin confirm": Command(
        later("agree with the summary of a check-in"),
        _confirm,
        _confirm_arguments,
        ("inglenook checkin confirm c1",),
        writes=True,
    ),
}
