"""What the benchmarks stand on: a real relay process, a counting line to it, a filled journal."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import generator

from inglenook_client.journal import composing
from inglenook_client.journal.home import Journal
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db

_RELAY = "import sys; from inglenook_server.shells.cli import main; sys.exit(main())"
_QUOTAS = ("--quota-bytes", "--quota-records", "--quota-puts")
_FILL = 1_000


@contextmanager
def process(*words: str) -> Iterator[int]:
    """A server of ours until the end; gives the port that it says."""
    server = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline().rsplit(":", 1)[1])
    finally:
        server.terminate()
        server.wait()


@contextmanager
def relay(file: Path, port: int = 0) -> Iterator[int]:
    """The real relay, with quotas out of the way; gives its port."""
    quotas = [word for quota in _QUOTAS for word in (quota, str(2**40))]
    listen = f"127.0.0.1:{port}"
    with process("-c", _RELAY, "--db", str(file), "--listen", listen, *quotas) as found:
        yield found


def origin(port: int) -> str:
    """How a client names the relay at a port."""
    return f"http://127.0.0.1:{port}"


class Count:
    """What went over a line."""

    def __init__(self) -> None:
        self.up = 0
        self.down = 0
        self.requests = 0


@asynccontextmanager
async def counted(port: int, target: int) -> AsyncIterator[Count]:
    """Listen at ``port`` and pass everything to ``target``, counting bytes and requests."""
    count = Count()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(_pass(reader, to, count, "up"), _pass(there, writer, count, "down"))

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield count
    finally:
        server.close()


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Count, way: str
) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            setattr(count, way, getattr(count, way) + len(data))
            if way == "up":
                count.requests += data.count(b"POST /v1/sync HTTP/1.1\r\n")
            writer.write(data)
            await writer.drain()
    writer.close()


async def fill(journal: Journal, records: Sequence[generator.Record]) -> None:
    """Write records into a journal, many a commit."""
    space = await journal.space(None)
    for start in range(0, len(records), _FILL):
        part = [composing.draft(generator.as_event(r)) for r in records[start : start + _FILL]]

        def write(db: Db, part: list[events.Draft] = part) -> None:
            events.append(db, logs.log_by_number(db, space.number), part)

        await journal.store.write(write)
