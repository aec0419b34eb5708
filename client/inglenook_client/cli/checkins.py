"""Check-ins: planned, held, or not yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client import ambient
from inglenook_client.cli import arguments, days, times
from inglenook_client.cli.command import Command
from inglenook_client.cli.saving import append, find, moment
from inglenook_client.journal import threads
from inglenook_client.words import _, later
from inglenook_schema.events.checkins import CheckinHeld, CheckinMissed, CheckinPlanned

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown

MINUTES: Final = 30
"""How long a check-in is meant to take, where nobody says."""


def _plan_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "when", type=times.coming, metavar=_("WHEN"), help=_('in quotes: "friday 16:00"')
    )
    parser.add_argument(
        "--minutes", type=arguments.minutes, default=MINUTES, metavar=_("N"),
        help=_("how long it is meant to take; 30 if you do not say"),
    )  # fmt: skip
    parser.add_argument("--where", metavar=_("TEXT"), help=_("a place, a call, a link"))
    parser.add_argument(
        "--every", type=times.rhythm, metavar=_("TIME"), help=_("how often: week, 2 weeks, month")
    )
    parser.add_argument(
        "--template",
        type=arguments.template,
        metavar=_("NAME"),
        help=_("the agenda to start from, such as first-meeting or quick-ten"),
    )


def _plan(call: Call) -> None:
    call.wrote(call.run(lambda journal: _put_down(call, journal)))


async def _put_down(call: Call, journal: Journal) -> Shown:
    args = call.args
    space = await journal.space(args.space, pair=True)
    content = CheckinPlanned(
        starts_at=args.when.at,
        tz=args.when.zone,
        minutes=args.minutes,
        where=args.where,
        template=args.template,
        repeat=args.every,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


def _hold_arguments(parser: ArgumentParser) -> None:
    arguments.text(parser, later("anything to remember; may be left out"))
    parser.add_argument(
        "--on", type=days.past_day, metavar=_("DATE"), help=_("the day, if that is not today")
    )
    parser.add_argument(
        "--minutes", type=arguments.minutes, metavar=_("N"), help=_("how long it took")
    )
    parser.add_argument(
        "--plan", type=arguments.reference, metavar=_("ID"), help=_("which one it was, such as c1")
    )
    parser.add_argument(
        "--covered", nargs="+", type=arguments.reference, default=[], metavar=_("ID"),
        help=_("what you talked about: q1 s2 g1"),
    )  # fmt: skip


def _hold(call: Call) -> None:
    with call.words(call.args.text or "") as text:
        shown = call.run(lambda journal: _met(call, journal, text))
    call.wrote(shown)
    name = shown.short or call.args.plan
    call.screen.tip(_("What came of it: inglenook checkin summary {id}").format(id=name))


async def _met(call: Call, journal: Journal, text: str) -> Shown:
    args = call.args
    space = await journal.space(args.space, pair=True)
    on = args.on or ambient.today().isoformat()
    named = (await find(journal, args.plan, "c", space.name))[0].event if args.plan else None
    plan = named or await threads.plan_of_day(journal, space, on)
    covered = [(await journal.find(ref)).event for ref in args.covered]
    content = CheckinHeld(
        plan=plan,
        on=on,
        minutes=args.minutes,
        covered=tuple(covered),
        note=text or None,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


def _missed_arguments(parser: ArgumentParser) -> None:
    checkin_id(parser)
    parser.add_argument(
        "--to", type=times.coming, metavar=_("WHEN"), help=_('when instead: "monday 16:00"')
    )
    parser.add_argument(
        "--on", type=days.past_day, metavar=_("DATE"), help=_("which one, where it repeats")
    )
    parser.add_argument("--note", metavar=_("TEXT"), help=_("a word about it, if you like"))


def _missed(call: Call) -> None:
    call.wrote(call.run(lambda journal: _not_yet(call, journal)))


async def _not_yet(call: Call, journal: Journal) -> Shown:
    args = call.args
    plan, space = await find(journal, args.checkin, "c", args.space)
    content = CheckinMissed(
        plan=plan.event,
        new_time=args.to.at if args.to else None,
        on=args.on or await threads.next_day_of(journal, space, plan.event),
        note=args.note,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


def checkin_id(parser: ArgumentParser) -> None:
    """Take the id of a check-in."""
    parser.add_argument(
        "checkin", type=arguments.reference, metavar=_("CHECKIN"), help=_("its id, such as c1")
    )


COMMANDS: Final = {
    "checkin plan": Command(
        later("plan when you two meet"),
        _plan,
        _plan_arguments,
        ('inglenook checkin plan "friday 16:00" --minutes 30 --every "2 weeks"',),
        writes=True,
    ),
    "checkin hold": Command(
        later("write down that you two met"),
        _hold,
        _hold_arguments,
        ('inglenook checkin hold "talked about the exam" --minutes 30',),
        writes=True,
    ),
    "checkin missed": Command(
        later("a check-in is not yet, and moves"),
        _missed,
        _missed_arguments,
        ('inglenook checkin missed c1 --to "monday 16:00"',),
        writes=True,
    ),
}
