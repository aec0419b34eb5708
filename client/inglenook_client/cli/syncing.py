"""Sending and receiving: once, or staying connected."""

from __future__ import annotations

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
        from inglenook_client.cli import jsonform  # noqa: PLC0415 - programs only

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
        from pathlib import Path  # noqa: PLC0415 - folders only

        place = Path(call.args.folder)
        return await journal.sync_folder(place, call.screen.progress()), 0, journal.relay
    if call.args.recreate:
        await journal.recreate(await journal.space(call.args.recreate))
    report = await journal.sync(call.screen.progress())
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


def _watch(call: Call) -> None:
    call.screen.tip(_("Connected while this runs; Ctrl-C ends it."))

    def tell(sentence: str) -> None:
        import sys  # noqa: PLC0415 - only here

        call.screen.document({"news": sentence})
        call.screen.say(sentence)
        sys.stdout.flush()

    call.run(lambda journal: journal.watch(tell))


COMMANDS: Final = {
    "sync": Command(
        later("send what waits and fetch what is new"),
        _sync,
        _sync_arguments,
        ("inglenook sync", "inglenook sync --folder /media/stick"),
        in_spaces=False,
    ),
    "watch": Command(
        later("stay connected and say what arrives"),
        _watch,
        examples=("inglenook watch",),
        in_spaces=False,
    ),
}
