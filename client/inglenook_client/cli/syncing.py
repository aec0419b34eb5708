"""Sending and receiving: once, or staying connected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from inglenook_client.cli import kit_sheet
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import DONE, OFFLINE
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.cli.screen import Screen
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Report
    from inglenook_client.journal.reminding import Wanted


def _sync_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--folder",
        metavar=_("DIR"),
        help=_("sync over files there: a stick, or a folder that your other device sees too"),
    )
    parser.add_argument(
        "--recreate",
        metavar=_("SPACE"),
        help=_("first start a space again where it was, after it moved while you were away"),
    )


def _sync(call: Call) -> int:
    screen = call.screen
    kit_sheet.offer(call)
    try:
        report, waiting, relay = call.run(lambda journal: _once(call, journal))
    finally:
        screen.done_drawing()
    if screen.json:
        from inglenook_client.cli import jsonform

        screen.document(jsonform.report(report))
    screen.say(*report.news)
    if report.offline:
        if call.args.folder and (report.sent or report.received):
            _print_counts(screen, report)
        screen.warn(_unreached(report, waiting))
        return OFFLINE
    if report.problem:
        screen.say(report.problem)
    if relay or call.args.folder or report.sent or report.received:
        _print_counts(screen, report)
    else:
        screen.say(
            _("There is no relay: everything stays on this device."),
            _("To reach another device or a mentor: inglenook relay add URL"),
        )
    return DONE


async def _once(call: Call, journal: Journal) -> tuple[Report, int, str | None]:
    if call.args.folder:
        place = Path(call.args.folder)
        return await journal.sync_folder(place, call.screen.progress()), 0, journal.relay
    if call.args.recreate:
        await journal.recreate(await journal.space(call.args.recreate))
    report = await journal.sync(call.screen.progress())
    if not report.offline:
        report.news.extend(await journal.tend_surveys())
    waiting = (await journal.status()).waiting if report.offline else 0
    return report, waiting, journal.relay


def _unreached(report: Report, waiting: int) -> str:
    why = report.problem or _("Couldn't reach the relay. What you wrote is saved here.")
    if not waiting:
        return why
    count = ngettext("{n} thing waits to be sent.", "{n} things wait to be sent.", waiting)
    return f"{why} {count.format(n=waiting)}"


def reached(call: Call, report: Report) -> int:
    """Tell the news of a sync that followed a deed; the exit code says whether others know."""
    call.screen.say(*report.news)
    if not report.offline:
        return DONE
    call.screen.warn(
        _("Couldn't reach the relay. It is saved here, and the next sync tells the others.")
    )
    return OFFLINE


def _print_counts(screen: Screen, report: Report) -> None:
    if not (report.sent or report.received):
        screen.say(_("Nothing new, and nothing waits to be sent."))
        return
    sent = ngettext("Sent {n} record", "Sent {n} records", report.sent).format(n=report.sent)
    got = ngettext("received {n} event", "received {n} events", report.received)
    screen.say(f"{sent}, {got.format(n=report.received)}.")


def _watch_arguments(parser: ArgumentParser) -> None:
    from inglenook_client.cli import notifying

    parser.add_argument(
        "--notify", action="store_true",
        help=_("remind you on this desktop of what is coming up, at most once a day"),
    )  # fmt: skip
    parser.add_argument(
        "--quiet", type=notifying.quiet_hours, metavar=_("HOURS"),
        help=_("no reminder then; 21:00-08:00 if you do not say"),
    )  # fmt: skip
    parser.add_argument(
        "--feed", metavar=_("FILE"),
        help=_("keep an .ics file with the next check-in and steps that have a day"),
    )  # fmt: skip
    parser.add_argument(
        "--details", action="store_true",
        help=_("say in both what it is; calendars and screens are seen by others"),
    )  # fmt: skip


def _watch(call: Call) -> None:
    from inglenook_client.cli import notifying
    from inglenook_client.core.reminders import Quiet
    from inglenook_client.journal.reminding import Wanted

    args = call.args
    wanted = Wanted(
        feed=Path(args.feed) if args.feed else None,
        ring=notifying.ringer(details=args.details) if args.notify else None,
        quiet=args.quiet or Quiet(),
        details=args.details,
    )
    call.screen.tip(_("Connected while this runs; Ctrl-C ends it."))
    call.run(lambda journal: _stay(call, journal, wanted))


async def _stay(call: Call, journal: Journal, wanted: Wanted) -> None:
    """Stay connected, and remind beside it where that is wanted."""
    import asyncio

    def tell(sentence: str) -> None:
        import sys

        call.screen.document({"news": sentence})
        call.screen.say(sentence)
        sys.stdout.flush()

    if wanted.feed is None and wanted.ring is None:
        await journal.watch(tell)
        return
    from inglenook_client.journal import reminding

    await reminding.look(journal, wanted)
    both = [
        asyncio.ensure_future(journal.watch(tell)),
        asyncio.ensure_future(reminding.remind(journal, wanted)),
    ]
    try:
        ended, _other = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in both:
            each.cancel()
        await asyncio.gather(*both, return_exceptions=True)
    for each in ended:
        each.result()


COMMANDS: Final = {
    "sync": Command(
        later("send what waits and fetch what is new"),
        _sync,
        _sync_arguments,
        ("inglenook sync", "inglenook sync --folder /media/stick"),
        in_spaces=False,
    ),
    "watch": Command(
        later("stay connected, say what arrives, and remind you"),
        _watch,
        _watch_arguments,
        ("inglenook watch", "inglenook watch --notify --quiet 20:00-09:00 --feed coming.ics"),
        in_spaces=False,
    ),
}
