"""A notification on this desktop, by the program that the system has for it."""

from __future__ import annotations

import asyncio
import shutil
from argparse import ArgumentTypeError
from collections.abc import Awaitable, Callable
from datetime import time
from html import escape
from typing import TYPE_CHECKING, Final

from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.screen import one_line
from inglenook_client.core.reminders import Quiet
from inglenook_client.words import _

if TYPE_CHECKING:
    from inglenook_client.journal.reminding import Due

_PROGRAM: Final = "notify-send"
_PATIENCE_S: Final = 10


def quiet_hours(said: str) -> Quiet:
    """Hours such as ``21:00-08:00``."""
    begin, dash, end = said.partition("-")
    try:
        hours = Quiet(_clock(begin), _clock(end)) if dash else None
    except ValueError:
        hours = None
    if hours is None:
        raise ArgumentTypeError(_("hours are written like 21:00-08:00"))
    return hours


def _clock(said: str) -> time:
    plain = said.strip()
    return time.fromisoformat(plain if ":" in plain else f"{int(plain):02}:00")


def ringer(*, details: bool) -> Callable[[Due], Awaitable[None]]:
    """What shows a notification here.

    Raises:
        MistakeError: This system has no program for it.
    """
    program = shutil.which(_PROGRAM)
    if program is None:
        message = _("There is no {program} here, so no notification can be shown.")
        raise MistakeError(message.format(program=_PROGRAM))

    async def ring(due: Due) -> None:
        words = "\n".join(_named(due)) if details else _("Something is coming up.")
        # a desktop takes what it is given for markup: a partner's title is to stay a title
        body = escape(words, quote=False)
        process = await asyncio.create_subprocess_exec(
            *(program, "--app-name=Inglenook", "--", "Inglenook", body),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await asyncio.wait_for(process.wait(), _PATIENCE_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    return ring


def _named(due: Due) -> list[str]:
    from inglenook_client.cli import hours

    checkins = [
        _("Check-in: {time}").format(time=hours.moment(each.starts_at, each.checkin.tz or "UTC"))
        for each in due.checkins
    ]
    return [*checkins, *(one_line(each.step.title) for each in due.steps)]
