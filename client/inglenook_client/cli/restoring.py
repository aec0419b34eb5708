"""A restore at the command line: begun or gone on with, devices asked for, nothing half left.

Until something was found for the words, a failure leaves no folder; from then on whatever
happens is gone on with by the same command, or a sync.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inglenook_client.cli.errors import DONE, OFFLINE
from inglenook_client.cli.kit_words import words_given, words_typed
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _

if TYPE_CHECKING:
    from inglenook_client.cli.call import Call
    from inglenook_client.cli.screen import Screen
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Lost, Report, Restore


@dataclass
class _Begin:
    """What a restore begins with; words and relay are None where it only goes on."""

    key: bytes
    words: str | None
    relay: str | None
    fresh: bool
    """Whether the folder was empty."""


@dataclass
class _Ended:
    """How it stands after one run."""

    report: Report
    left: Restore | None
    name: str
    spaces: int


def restore(call: Call) -> int:
    """Begin or go on; returns the exit code."""
    begin = _going_on(call) if os.path.lexists(call.home / "key") else _beginning(call)
    import asyncio

    found: list[bool] = []
    try:
        ended = asyncio.run(_run(call, begin, found))
    except BaseException:
        if begin.fresh and not any(found):
            _leave_nothing(call)
        raise
    finally:
        call.screen.done_drawing()
    return _say(call, ended)


def _beginning(call: Call) -> _Begin:
    from inglenook_client.cli import opening
    from inglenook_client.journal.kit import read_words

    opening.refuse_second(call.home)
    words = words_given(call)
    if words is None:
        words = words_typed(call.screen)
    read_words(words)  # mistyped words fail here, before anything is made or asked
    relay = call.args.relay or call.screen.answer(_("The relay on your kit:"), "--relay URL")
    opening.check_relay(relay)
    return _Begin(opening.new_key(call), words, relay, fresh=True)


def _going_on(call: Call) -> _Begin:
    words = words_given(call)
    return _Begin(call.key, words, call.args.relay, fresh=False)


async def _run(call: Call, begin: _Begin, found: list[bool]) -> _Ended:
    from inglenook_client.cli.opening import label
    from inglenook_client.journal.home import begin_restore

    args, screen = call.args, call.screen
    asks = screen.can_ask and not screen.json and args.keep is None
    journal = await begin_restore(
        call.home,
        begin.key,
        words=begin.words,
        relay=begin.relay,
        voucher=args.voucher,
        device_label=label(call),
        keep=None if asks else tuple(args.keep or ()),
    )
    async with journal:
        try:
            report = await journal.sync(screen.progress())
        finally:
            left = await journal.restoring()
            found.append(left is None or left.found)
        if left is not None and not left.found:
            raise _nothing(report)
        if left is not None and left.asks:
            screen.done_drawing()
            await journal.restore_keep(_still_there(call, left.devices))
            report = await journal.sync(screen.progress())
        return await _ended(journal, report)


async def _ended(journal: Journal, report: Report) -> _Ended:
    spaces = len(await journal.spaces())
    return _Ended(report, await journal.restoring(), journal.name, spaces)


def _nothing(report: Report) -> Exception:
    from inglenook_client.journal.errors import NotFoundError
    from inglenook_client.transports.errors import OfflineError

    if report.offline:
        return OfflineError(_("Couldn't reach the relay, so nothing is restored yet. Try again."))
    return NotFoundError(
        _(
            "Nothing lies at this relay for these words. Look at the relay's address on your kit."
            " If this journal was never synced, it was only on the device."
        )
    )


def _still_there(call: Call, devices: list[Lost]) -> tuple[str, ...]:
    """Ask for each device whether the person still has it."""
    if devices:
        call.screen.say(_("These devices are yours. Those you do not have are locked out."))
    question = _("Do you still have “{name}” ({id})?")
    return tuple(
        device.short
        for device in devices
        if call.screen.agreed(
            question.format(name=one_line(device.name), id=device.short), "--keep NAME"
        )
    )


def _say(call: Call, ended: _Ended) -> int:
    screen, left = call.screen, ended.left
    screen.document(
        {
            "name": ended.name,
            "done": left is None,
            "events": ended.report.received,
            "spaces": ended.spaces,
            "waiting": left.waiting if left else [],
            "news": ended.report.news,
        }
    )
    screen.say(*ended.report.news)
    if left is None:
        _say_restored(screen, ended.name, ended.spaces)
        return DONE
    spaces = ", ".join(one_line(name) for name in left.waiting)
    message = _("Not everything is back yet, and what is here is kept. Waiting: {spaces}.")
    go_on = _("To go on when the relay can be reached: inglenook sync")
    screen.warn(f"{message.format(spaces=spaces or '-')} {go_on}")
    if not ended.report.offline:
        screen.warn(
            _("To end it without what is missing, type the words back: inglenook recovery test")
        )
    return OFFLINE


def _say_restored(screen: Screen, name: str, spaces: int) -> None:
    """What a person reads when all is back."""
    screen.say(_("Welcome back, {name}. Everything is here again.").format(name=one_line(name)))
    if spaces > 1:
        screen.say(_("{count} spaces have new keys.").format(count=spaces))
    screen.say(
        _("Devices that you lost cannot read or write any more."),
        _("The words stay the same: keep them well."),
    )


def _leave_nothing(call: Call) -> None:
    from inglenook_client.cli import opening

    for name in (*opening.FILES, "sync.lock"):
        with suppress(OSError):
            (call.home / name).unlink(missing_ok=True)
    with suppress(OSError):  # somebody else's files are in it
        call.home.rmdir()
