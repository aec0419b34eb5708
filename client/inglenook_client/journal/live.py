"""Syncs as a shell asks for them: once, or staying connected."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from inglenook_client import ambient
from inglenook_client.journal import bundling, restoring, syncing, turn
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.model import Report
from inglenook_client.journal.syncing import Tally
from inglenook_client.stores import bundles
from inglenook_client.transports.errors import OfflineError
from inglenook_client.words import _

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 300.0
_IDLE_S = 600.0


async def sync(folder: Folder, progress: Callable[[int, int], None] | None = None) -> Report:
    """Sync now, or have the process that is at it do it."""
    report = await turn.in_turn(folder.home, lambda: sync_once(folder, progress))
    await folder.refresh()
    return report


async def sync_once(folder: Folder, progress: Callable[[int, int], None] | None = None) -> Report:
    """Talk with every relay that some space of this person lies at."""
    if await folder.store.read(restoring.is_on):
        return await _restore(folder, progress)
    tally = Tally()
    reached = list[tuple[str, str]]()
    origins = await _origins(folder)
    for origin, voucher in origins:
        try:
            await _over_http(folder, origin, voucher, tally, progress)
            reached.append((origin, voucher))
        except OfflineError as error:
            tally.news.append(_sentence(error))
    await _put_bundles(folder, reached, tally)
    problem = "" if reached or not origins else tally.news.pop()
    return Report(tally.sent, tally.received, bool(problem), problem, tally.news)


async def _restore(folder: Folder, progress: Callable[[int, int], None] | None) -> Report:
    """A restore that was begun goes on first."""
    from inglenook_client.journal import recovering  # noqa: PLC0415 - seldom

    return await recovering.go_on(folder, progress)


async def sync_boxes(folder: Folder, origin: str) -> Tally:
    """Talk with one relay now, also one that is not set yet.

    Raises:
        OfflineError: It could not be reached.
    """
    tally = Tally()
    await _over_http(folder, origin, "", tally, None)
    return tally


async def _over_http(
    folder: Folder,
    origin: str,
    voucher: str,
    tally: Tally,
    progress: Callable[[int, int], None] | None,
) -> None:
    from inglenook_client.transports.http import HttpRelay  # noqa: PLC0415 - start-up

    async with HttpRelay(origin) as relay:
        await syncing.converse(
            folder.store, origin, relay, tally, voucher=voucher, progress=progress
        )


async def _put_bundles(folder: Folder, relays: list[tuple[str, str]], tally: Tally) -> None:
    """Talk about the recovery boxes where something is to be said (protocol 4.8)."""
    for origin, voucher in relays:
        with suppress(OfflineError):
            await _put_bundle(folder, origin, voucher, tally)


async def _put_bundle(folder: Folder, origin: str, voucher: str, tally: Tally) -> None:
    """On a connection of its own: the one before it named this person's mailboxes."""
    if not await folder.store.read(lambda db: bundling.is_due(db, origin)):
        return
    from inglenook_client.transports.http import HttpRelay  # noqa: PLC0415 - start-up

    apart = Tally()
    async with HttpRelay(origin) as relay:
        await syncing.converse(folder.store, origin, relay, apart, voucher=voucher, recovery=True)
    await folder.store.write(lambda db: bundles.visited(db, origin, ambient.now_ms()))
    tally.news += [news for news in apart.news if news not in tally.news]


async def _origins(folder: Folder) -> list[tuple[str, str]]:
    """Every relay that a mailbox lies at or that is set, with its voucher."""
    return await folder.store.read(
        lambda db: db.execute(
            "SELECT origin, voucher FROM relay UNION SELECT relay, '' FROM mailbox"
            " WHERE closed = 0 AND relay NOT IN (SELECT origin FROM relay) ORDER BY 1"
        ).fetchall()
    )


def _sentence(error: OfflineError) -> str:
    return _(str(error))


async def watch(folder: Folder, on_news: Callable[[str], None]) -> None:
    """Stay connected to every relay until cancelled.

    It holds the right to sync all the while; other processes ask this one.

    Args:
        folder: Whose.
        on_news: Gets each sentence once.
    """
    held = turn.Turn(folder.home)
    if not held.try_take():
        on_news(_("Another Inglenook on this device is already watching."))
        return
    try:
        await held.listen()
        await _watch_relays(folder, held, on_news)
    finally:
        await held.release()


async def _watch_relays(folder: Folder, held: turn.Turn, on_news: Callable[[str], None]) -> None:
    pause = _FIRST_PAUSE_S
    told_offline = False
    while True:
        try:
            origins = await _origins(folder)
            if origins:
                await _stay(folder, origins, held, on_news)
            pause, told_offline = _FIRST_PAUSE_S, False
        except OfflineError as error:
            if not told_offline:
                on_news(_sentence(error))
                told_offline = True
            await held.once(lambda: sync_once(folder))
        jitter = ambient.random_bytes(1)[0] / 256
        with suppress(asyncio.TimeoutError, TimeoutError):
            await asyncio.wait_for(held.asked.wait(), pause * (0.5 + jitter))
        pause = min(pause * 2, _LONGEST_PAUSE_S)


async def _stay(
    folder: Folder,
    origins: list[tuple[str, str]],
    held: turn.Turn,
    on_news: Callable[[str], None],
) -> None:
    """Live with the first relay; the others are asked each time something moves."""
    from inglenook_client.transports.live import LiveRelay  # noqa: PLC0415 - start-up

    (origin, voucher), *others = origins
    async with LiveRelay(origin) as relay:

        async def work() -> Report:
            if await folder.store.read(restoring.is_on):
                return await _restore(folder, None)
            tally = Tally()
            await syncing.converse(
                folder.store, origin, relay, tally, voucher=voucher, background=True
            )
            for other, code in others:
                with suppress(OfflineError):
                    await _over_http(folder, other, code, tally, None)
            await _put_bundles(folder, origins, tally)
            return Report(tally.sent, tally.received, news=tally.news)

        while not relay.closed:
            relay.grown.clear()
            report = await held.once(work)
            _tell(report, on_news)
            await _either(relay.grown, held.asked)


def _tell(report: Report, on_news: Callable[[str], None]) -> None:
    for sentence in report.news:
        on_news(sentence)
    if report.received:
        on_news(_("Something new arrived."))


async def _either(*signals: asyncio.Event) -> None:
    """Wait for one of several signals, or for a while."""
    waits = [asyncio.ensure_future(signal.wait()) for signal in signals]
    try:
        await asyncio.wait(waits, timeout=_IDLE_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
