"""What the tests of erasing share: the words, a clock, and where the words still are."""

from __future__ import annotations

from harness.devices import Device, Net
from harness.words import at_relay, epoch_secrets, opened, places
from inglenook_client import ambient
from inglenook_client.journal import rotating
from inglenook_client.journal.model import AtRelay
from inglenook_client.stores import boxes, logs
from inglenook_client.stores.connection import Db
from inglenook_schema.control import Reason

SECOND = "https://second.example"
WORDS = b"better forgotten"
TEXT = WORDS.decode()


class Clock:
    """Every device's clock, moved by hand."""

    def __init__(self) -> None:
        self._ahead_ms = 0
        self._real = ambient.now_ms

    def now_ms(self) -> int:
        return self._real() + self._ahead_ms

    def hours(self, count: int) -> None:
        self._ahead_ms += count * 3_600_000

    def days(self, count: int) -> None:
        self.hours(24 * count)


async def left(device: Device) -> set[str]:
    """Where on a device the words still lie."""
    return await device.read(lambda db: places(db, WORDS))


async def on_relay(device: Device, net: Net) -> int:
    """How many live records at the relay hold the words, for whoever has this device's keys."""
    return at_relay(net.relay.store, await device.read(epoch_secrets), WORDS)


async def relay_state(device: Device, event: bytes) -> AtRelay:
    (gone,) = (await device.journal.gone([event])).gone
    return gone.relay


async def problems(device: Device) -> list[str]:
    return (await device.journal.status()).problems


async def outbox_with_words(device: Device) -> int:
    def count(db: Db) -> int:
        rows = db.execute("SELECT mailbox, blob FROM record WHERE n IS NULL AND blob IS NOT NULL")
        return sum(WORDS in opened(blob, boxes.box(db, box).place) for box, blob in rows.fetchall())

    return await device.read(count)


async def rotate(device: Device, reason: Reason = Reason.AGE) -> None:
    number = (await device.pair()).number
    me = device.journal.me
    await device.change(
        lambda db: rotating.rotate(db, me, logs.log_by_number(db, number), reason) and None
    )
