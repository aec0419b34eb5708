"""What a relay's database, its logs and its network tell: looked for in real ones, byte by byte.

The table in ``docs/threat-model.md`` is what this test finds; it fails where they differ.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest

from demo.needles import needles
from harness.devices import Device, settle
from harness.relay_process import relay_process
from inglenook_client import ambient
from inglenook_client.stores import boxes, logs
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_schema import mailbox
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.record import BoxType

PAGE = Path(__file__).parents[2] / "docs" / "threat-model.md"
ENTRY = "a secret that lies in the journal alone"
SHARED = "a goal that two people share"
YES, NO, CLOCK = "yes", "no", "yes, by its own clock"


@asynccontextmanager
async def recording(port: int) -> AsyncIterator[tuple[str, bytearray]]:
    """An address that leads to the relay, and all that passes on the way, both ways."""
    seen = bytearray()

    async def carry(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                seen.extend(data)
                to.write(data)
                await to.drain()
        to.close()

    async def serve(near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        far, to_far = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(carry(near, to_far), carry(far, to_near))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", seen
    server.close()


def in_hex_too(secrets: Iterable[bytes]) -> list[bytes]:
    return [form for secret in secrets for form in (secret, secret.hex().encode())]


async def everything_secret(device: Device) -> dict[str, list[bytes]]:
    """What a device knows and nobody else is to learn, by what it is."""

    def read(db: Db) -> dict[str, list[bytes]]:
        found, me = logs.all_logs(db), device.journal.me
        epochs = [secret for log in found for _, _, secret in logs.epochs_of(db, log.number)]
        events = [row[0] for row in db.execute("SELECT id FROM event").fetchall()]
        return {
            "people's, devices' and spaces' ids": [me.person_id, me.device, *[g.id for g in found]],
            "ids of events": events,
            "keys and secrets": [me.kem, device.key, *epochs],
        }

    return await device.read(read)


async def mailboxes(device: Device) -> list[BoxRow]:
    def read(db: Db) -> list[BoxRow]:
        numbers = [row[0] for row in db.execute("SELECT number FROM mailbox").fetchall()]
        places = {log.number: log.id for log in logs.all_logs(db)}
        assert places
        return [boxes.box(db, number) for number in numbers]

    return await device.read(read)


async def tokens(device: Device) -> list[mailbox.Tokens]:
    """Those of the mailboxes of spaces."""
    ids = await device.read(lambda db: {log.number: log.id for log in logs.all_logs(db)})
    return [
        mailbox.tokens(box.secret, ids.get(box.log or 0, ZERO_ID), box.relay, box.owner)
        for box in await mailboxes(device)
        if box.type is BoxType.EPOCH
    ]


def numbers_in(db: sqlite3.Connection) -> set[int]:
    """Every number in the relay's tables."""
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = [row for table in tables for row in db.execute(f"SELECT * FROM {table}")]
    return {value for row in rows for value in row if isinstance(value, int)}


def finer_than_a_day(numbers: set[int]) -> bool:
    """Whether one of them can be a time of today, in any unit down from hours."""
    now = ambient.now_ms()
    units = (3_600_000, 60_000, 1_000, 1)
    return any(abs(n - now // unit) * unit < 86_400_000 for n in numbers for unit in units)


async def live_through(base: Path, url: str) -> tuple[dict[str, list[bytes]], list[mailbox.Tokens]]:
    """Two people pair, write and share; gives what is secret, and the tokens of their spaces."""
    ada = await Device.first(base, "Adalberta", relay=url)
    max_ = await Device.first(base, "Maximiliana", relay=url)
    await ada.pair_with(max_)
    await ada.write(ENTRY)
    await ada.share(SHARED)
    await settle(ada, max_)
    assert SHARED in await max_.texts()
    assert ENTRY not in await max_.texts()
    secret = {
        "texts, in any encoding": [*needles(ENTRY), *needles(SHARED)],
        "names of people and devices": [*needles("Adalberta"), *needles("Maximiliana")],
        "what sort of event it is": [b"goal.set", b"entry.written", b"space.joined"],
    }
    for device in (ada, max_):
        for what, found in (await everything_secret(device)).items():
            secret.setdefault(what, []).extend(in_hex_too(found))
    keys = [each for device in (ada, max_) for each in await tokens(device)]
    for device in (ada, max_):
        await device.close()
    return secret, keys


@pytest.mark.timeout(180)
async def test_a_dump_the_logs_and_a_capture_tell_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "run"
    place.mkdir(mode=0o700)
    for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(place))
    with relay_process(tmp_path / "relay.db") as relay:
        async with recording(relay.port) as (url, capture):
            secret, keys = await live_through(tmp_path, url)
        _code, out, err = relay.end()
    with closing(sqlite3.connect(tmp_path / "relay.db")) as db:
        blobs = [row[0] for row in db.execute("SELECT blob FROM record") if row[0]]
        numbers = numbers_in(db)
    dump = b"".join(file.read_bytes() for file in tmp_path.glob("relay.db*"))
    said = out + err  # but for the first line, where it listens
    assert said == "", "the table says that no log holds a day or a time"
    places = (dump, said.encode(), bytes(capture))

    def row(wanted: Iterable[bytes]) -> list[str]:
        some = list(wanted)
        assert some
        return [_word(any(each in found for each in some)) for found in places]

    table = {what: row(wanted) for what, wanted in secret.items()}
    table["addresses of mailboxes"] = row(in_hex_too(t.address for t in keys))
    table["tokens that read and write"] = row([*(t.read for t in keys), *(t.write for t in keys)])
    table["hashes of those tokens"] = row(mailbox.token_hash(t.read) for t in keys)
    table["encrypted records, how many and how long"] = row(blobs)
    day = ambient.now_ms() // 86_400_000
    table["the day"] = [_word(day in numbers), NO, CLOCK]
    table["a time finer than a day"] = [_word(finer_than_a_day(numbers)), NO, CLOCK]
    table["network addresses"] = [*row([b"127.0.0.1"])[:2], YES]
    assert len({len(blob) for blob in blobs}) < len(blobs)  # padded, so that many are alike
    assert written(table) in PAGE.read_text(), written(table)


def _word(is_there: bool) -> str:
    return YES if is_there else NO


def written(table: dict[str, list[str]]) -> str:
    lines = ["| | the database | the logs | a capture of the network |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {what} | {' | '.join(row)} |" for what, row in table.items())])
