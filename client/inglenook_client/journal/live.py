"""Syncs as a shell asks for them: once, or staying connected."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from inglenook_client import ambient
from inglenook_client.journal import (
    bundling,
    identity,
    mirroring,
    reading,
    restoring,
    syncing,
    turn,
    vanished,
)
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.model import Report
from inglenook_client.journal.syncing import Tally
from inglenook_client.stores import bundles, files, logs
from inglenook_client.stores.connection import Db
from inglenook_client.transports.address import is_usable
from inglenook_client.transports.errors import OfflineError
from inglenook_client.words import _
from inglenook_schema.mailbox import FOLDER_RANGE

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 300.0
_IDLE_S = 600.0
_TRIED = "left relay tried "
_INVITED = (
    "SELECT m.relay FROM mailbox m JOIN joining j ON j.mailbox = m.number WHERE j.state = 0"
    " UNION SELECT m.relay FROM mailbox m JOIN invite i ON i.mailbox = m.number WHERE i.state = 0"
)
"""Relays at which somebody waits to be let in."""


async def sync(folder: Folder, progress: Callable[[int, int], None] | None = None) -> Report:
    """Sync now, or have the process that is at it do it."""
    report = await turn.in_turn(folder.home, lambda: sync_once(folder, progress))
    await folder.refresh()
    return report


async def sync_once(folder: Folder, progress: Callable[[int, int], None] | None = None) -> Report:
    """Talk with every relay that some space of this person lies at.

    One that answers is enough. A relay that everything has left is only asked for what came
    late: where it is gone, that is no news.
    """
    if await folder.store.read(restoring.is_on):
        return await _restore(folder, progress)
    tally = Tally()
    failed = dict[str, str]()
    reached = dict[str, _Place]()
    for place in await folder.store.read(_places):
        try:
            await _over_http(folder, place.origin, place.voucher, tally, progress)
            if not place.left:
                reached[place.origin] = place
        except OfflineError as error:
            if place.left:
                await folder.store.write(partial(_not_again_today, origin=place.origin))
            else:
                failed[place.origin] = _sentence(error)
    await _even_out(folder, reached, tally)
    await _put_bundles(folder, list(reached.values()), tally)
    tally.say(*await _vanished(folder))
    if failed and not reached:
        why = next(iter(failed.values()))
        return Report(tally.sent, tally.received, offline=True, problem=why, news=tally.news)
    tally.say(
        *(
            _("{relay} could not be reached; another relay was. ({why})").format(
                relay=relay, why=why
            )
            for relay, why in failed.items()
        )
    )
    return Report(tally.sent, tally.received, news=tally.news)


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


async def _even_out(folder: Folder, reached: dict[str, _Place], tally: Tally) -> None:
    """Put at each relay what only another one held; what fails waits for the next sync."""
    if len(reached) < 2:
        return
    behind = await folder.store.read(lambda db: mirroring.behind(db, reached))
    if not behind:
        return
    await folder.store.write(lambda db: mirroring.even_out(db, folder.me, behind))
    for origin in sorted(behind):
        with suppress(OfflineError):
            await _over_http(folder, origin, reached[origin].voucher, tally, None)


async def _vanished(folder: Folder) -> list[str]:
    """Spaces that were found gone, as sentences, each once."""

    def tell(db: Db) -> list[str]:
        names = reading.names(db, folder.me).spaces
        return [vanished.problem(names[n]) for n in vanished.tell(db) if names[n]]

    return await folder.store.write(tell) if await folder.store.read(vanished.is_untold) else []


async def _put_bundles(folder: Folder, places: list[_Place], tally: Tally) -> None:
    """Talk about the recovery boxes where something is to be said (protocol 4.8)."""
    for place in places:
        with suppress(OfflineError):
            await _put_bundle(folder, place, tally)


async def _put_bundle(folder: Folder, place: _Place, tally: Tally) -> None:
    """On a connection of its own: the one before it named this person's mailboxes."""
    if not await folder.store.read(lambda db: bundling.is_due(db, place.origin)):
        return
    from inglenook_client.transports.http import HttpRelay  # noqa: PLC0415 - start-up

    apart = Tally()
    async with HttpRelay(place.origin) as relay:
        await syncing.converse(
            *(folder.store, place.origin, relay, apart), voucher=place.voucher, recovery=True
        )
    await folder.store.write(lambda db: bundles.visited(db, place.origin, ambient.now_ms()))
    tally.say(*apart.news)


@dataclass(frozen=True)
class _Place:
    """A relay to talk with."""

    origin: str
    voucher: str
    left: bool
    """Nothing new goes there."""


def _places(db: Db) -> list[_Place]:
    """Every relay that is set or that a mailbox lies at; those that were left last.

    So what is new lies where it belongs before a forwarding address leads to it.
    """
    vouchers = dict(db.execute("SELECT origin, voucher FROM relay").fetchall())
    asked = db.execute(
        "SELECT DISTINCT relay FROM mailbox WHERE closed <> 1 AND NOT (relay >= ? AND relay < ?)",
        FOLDER_RANGE,
    )
    used = {relay for log in logs.all_logs(db) for relay in log.relays}.union(vouchers)
    invited = {row[0] for row in db.execute(_INVITED)}
    lying = {row[0] for row in asked} | files.relays_with_work(db)
    places = [
        _Place(origin, vouchers.get(origin, ""), origin not in used | invited)
        for origin in sorted(used | lying)
    ]
    today = identity.today().to_bytes(4, "big")
    return [
        place
        for place in sorted(places, key=lambda place: place.left)
        if is_usable(place.origin)
        and not (place.left and logs.meta(db, _TRIED + place.origin) == today)
    ]


def _not_again_today(db: Db, origin: str) -> None:
    logs.set_meta(db, _TRIED + origin, identity.today().to_bytes(4, "big"))


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
    failures = 0
    while True:
        try:
            places = await folder.store.read(_places)
            if places:
                # another one, where the last did not answer
                used = [place for place in places if not place.left] or places
                lead = used[failures % len(used)]
                others = [place for place in places if place is not lead]
                await _stay(folder, [lead, *others], held, on_news)
            pause, told_offline = _FIRST_PAUSE_S, False
        except OfflineError as error:
            failures += 1
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
    places: list[_Place],
    held: turn.Turn,
    on_news: Callable[[str], None],
) -> None:
    """Live with the first relay; the others are asked each time something moves."""
    from inglenook_client.transports.live import LiveRelay  # noqa: PLC0415 - start-up

    place, *others = places
    async with LiveRelay(place.origin) as relay:

        async def work() -> Report:
            if await folder.store.read(restoring.is_on):
                return await _restore(folder, None)
            tally = Tally()
            await syncing.converse(
                *(folder.store, place.origin, relay, tally),
                voucher=place.voucher,
                background=True,
            )
            for other in others:
                with suppress(OfflineError):
                    await _over_http(folder, other.origin, other.voucher, tally, None)
            tally.say(*await _vanished(folder))
            await _put_bundles(folder, places, tally)
            return Report(tally.sent, tally.received, news=tally.news)

        told = list[str]()
        while not relay.closed:
            relay.grown.clear()
            report = await held.once(work)
            _tell(report, told, on_news)
            told = report.news
            await _either(relay.grown, held.asked)


def _tell(report: Report, told: list[str], on_news: Callable[[str], None]) -> None:
    """Say what is new, but not what the round before said: a relay can make rounds at will."""
    for sentence in report.news:
        if sentence not in told:
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
