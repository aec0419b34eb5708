"""What the relay costs over its engines alone; less is better everywhere.

- ``relay.put.http``: durable puts from 64 clients, each with one connection, against the
  slower of two bare parts: an aiohttp handler that takes the same bodies, and a SQLite
  group commit of the same blobs, 64 a transaction.
- ``relay.put.live``: the same over live connections, against the two bare parts in one: a
  group commit behind an aiohttp socket.
- ``relay.hint.p50``, ``.p99``: from a put on one live connection until its hint is at
  another, against a bare commit that tells the other.
- ``relay.idle.memory``: of an idle live connection with one subscription, against a bare
  socket's.

This process is the client: raw connections that write prepared bytes, so that it is the
relay that is measured. Bare and ours take turns, and the round with the median ratio
counts. The goals are for a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import limits_relay
from lines import report, say

from inglenook_schema import mailbox, wire
from inglenook_schema.limits import FRAMING, SUITE
from inglenook_schema.wire import Make, Put, Status, ToRelay, Want

CLIENTS = 64
BLOB = FRAMING + 768
"""The record of one event of 346 bytes."""
ROUNDS = 7
HINTS = 1_000
IDLE = 500
BARE = Path(__file__).with_name("limits_relay.py")
RELAY = "import sys; from inglenook_server.shells.cli import main; sys.exit(main())"
UPGRADE = (
    "Host: relay\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Server(NamedTuple):
    """A server process."""

    port: int
    pid: int

    @property
    def memory(self) -> int:
        """Bytes that it holds."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def running(*words: str) -> Iterator[Server]:
    """Start a server and wait for its one line."""
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Server(int(process.stdout.readline().rsplit(":", 1)[1]), process.pid)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def both(folder: Path, name: str) -> Iterator[tuple[Server, Server]]:
    """The bare server, and the real relay with its quota of puts out of the way."""
    words = ("--db", str(folder / name), "--listen", "127.0.0.1:0", "--quota-puts", str(2**40))
    with (
        running(str(BARE), str(folder / f"{name}.bare")) as bare,
        running("-c", RELAY, *words) as ours,
    ):
        yield bare, ours


class Line(asyncio.Protocol):
    """One client: sends the next request when the answer to the last one is whole."""

    def __init__(self, size: Callable[[bytes], int]) -> None:
        self.size = size
        self.buffer = b""
        self.ask([b""])

    def ask(self, requests: list[bytes]) -> None:
        self.requests, self.answers = requests, list[bytes]()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self, requests: list[bytes]) -> None:
        self.ask(requests)
        self.transport.write(requests[0])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while size := self.size(self.buffer):
            answer, self.buffer = self.buffer[:size], self.buffer[size:]
            self.answers.append(answer)
            if len(self.answers) < len(self.requests):
                self.transport.write(self.requests[len(self.answers)])
            elif not self.done.done():
                self.done.set_result(None)

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("the server hung up"))


def http_size(buffer: bytes) -> int:
    """Bytes of the first whole HTTP answer, 0 if there is none yet."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return 0
    if buffer.startswith(b"HTTP/1.1 101"):
        return end + 4
    at = buffer.index(b"Content-Length: ") + 16
    size = end + 4 + int(buffer[at : buffer.index(b"\r", at)])
    return size if len(buffer) >= size else 0


def socket_size(buffer: bytes) -> int:
    """Bytes of the first whole WebSocket message under 126 bytes, 0 if none is there yet."""
    if buffer.startswith(b"HTTP"):
        return http_size(buffer)
    size = 2 + buffer[1] if len(buffer) >= 2 else 0
    return size if len(buffer) >= size else 0


def post(path: str, body: bytes) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: relay\r\nContent-Type: application/x-msgpack\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def message(body: bytes) -> bytes:
    """A binary message under the mask of zeros."""
    short = len(body) < 126
    head = bytes((0x82, 0x80 | len(body))) if short else b"\x82\xfe" + len(body).to_bytes(2, "big")
    return head + bytes(4) + body


class Box:
    """A mailbox, and the frames about it."""

    def __init__(self) -> None:
        self.tokens = mailbox.Tokens(os.urandom(32), os.urandom(32))
        self.address = self.tokens.address

    def make(self) -> bytes:
        read, write = (mailbox.token_hash(token) for token in self.tokens[:2])
        return wire.encode(ToRelay(make=(Make(self.address, read, write, b"", 400, b""),)))

    def put(self, blob: bytes) -> bytes:
        return wire.encode(ToRelay(put=(Put(self.address, self.tokens.write, blob, b""),)))

    def subscribe(self) -> bytes:
        want = Want(self.address, self.tokens.read, 0, mailbox.EMPTY_HEAD)
        return wire.encode(ToRelay(want=(want,), subscribe=True))


def new_blob() -> bytes:
    return bytes((SUITE,)) + os.urandom(BLOB - 1)


async def connect(port: int, size: Callable[[bytes], int] = http_size) -> Line:
    loop = asyncio.get_running_loop()
    return (await loop.create_connection(lambda: Line(size), "127.0.0.1", port))[1]


async def connect_live(port: int, path: str) -> Line:
    line = await connect(port, socket_size)
    line.start([f"GET {path} HTTP/1.1\r\n{UPGRADE}".encode()])
    await line.done
    return line


async def timed(lines: list[Line], requests: list[list[bytes]]) -> float:
    """µs a request with all lines at work."""
    begun = time.perf_counter()
    for line, own in zip(lines, requests, strict=True):
        line.start(own)
    await asyncio.gather(*(line.done for line in lines))
    return (time.perf_counter() - begun) / sum(map(len, requests)) * 1e6


def check(lines: list[Line]) -> None:
    """Every put of the last round was acknowledged."""
    for line in lines:
        for answer in line.answers:
            body = answer.rsplit(b"\r\n\r\n", 1)[-1] if answer[:1] == b"H" else answer[2:]
            acks = wire.decode_to_client(body).acks
            assert [ack.status for ack in acks] == [Status.OK], acks


async def puts_over_http(folder: Path, each: int) -> list[tuple[float, float]]:
    """(ours, the slower bare part) of each round."""
    boxes = [Box() for _ in range(CLIENTS)]
    rounds = []
    with both(folder, "http.db") as (bare, ours):
        lines = [await connect(ours.port) for _ in boxes]
        bare_lines = [await connect(bare.port) for _ in boxes]
        await timed(lines, [[post("/v1/sync", box.make())] for box in boxes])
        for number in range(ROUNDS + 1):
            blobs = [[new_blob() for _ in range(each)] for _ in boxes]
            bodies = [list(map(box.put, own)) for box, own in zip(boxes, blobs, strict=True)]
            handler = await timed(bare_lines, [[post("/echo", b) for b in own] for own in bodies])
            value = await timed(lines, [[post("/v1/sync", b) for b in own] for own in bodies])
            check(lines)
            flat = [blob for own in blobs for blob in own]
            bare_file = folder / f"commit-{number}"
            commit = await limits_relay.group_commits(bare_file, flat, CLIENTS) / len(flat) * 1e6
            say(f"http: ours {value:.0f}, handler {handler:.0f}, commit {commit:.0f} µs")
            rounds.append((value, max(handler, commit)))
    return rounds[1:]  # the first one warmed up


async def puts_over_live(folder: Path, each: int) -> list[tuple[float, float]]:
    """(ours, the bare parts in one) of each round."""
    boxes = [Box() for _ in range(CLIENTS)]
    rounds = []
    with both(folder, "live.db") as (bare, ours):
        lines = [await connect_live(ours.port, "/v1/live") for _ in boxes]
        bare_lines = [await connect_live(bare.port, "/commit") for _ in boxes]
        await timed(lines, [[message(box.make())] for box in boxes])
        for _ in range(ROUNDS + 1):
            puts = [[message(box.put(new_blob())) for _ in range(each)] for box in boxes]
            limit = await timed(bare_lines, puts)
            value = await timed(lines, puts)
            check(lines)
            say(f"live: ours {value:.0f}, bare {limit:.0f} µs")
            rounds.append((value, limit))
    return rounds[1:]


async def hints(folder: Path) -> tuple[list[float], list[float]]:
    """ms from a put on one live connection until its hint is at another: ours, bare."""
    box = Box()
    with both(folder, "hint.db") as (bare, ours):
        putter, reader = [await connect_live(ours.port, "/v1/live") for _ in range(2)]
        for line, body in ((putter, box.make()), (reader, box.subscribe())):
            line.start([message(body)])
            await line.done
        bare_putter, bare_reader = [await connect_live(bare.port, "/notify") for _ in range(2)]
        taken: tuple[list[float], list[float]] = ([], [])
        for _ in range(HINTS):
            body = message(box.put(new_blob()))
            taken[0].append(await _hint(putter, reader, body))
            taken[1].append(await _hint(bare_putter, bare_reader, body))
    return taken


async def _hint(putter: Line, reader: Line, body: bytes) -> float:
    reader.ask([b""])
    begun = time.perf_counter()
    putter.start([body])
    await reader.done
    taken = (time.perf_counter() - begun) * 1e3
    await putter.done
    return taken


async def idle(server: Server, path: str, first: Callable[[], bytes]) -> float:
    """Bytes of memory that one idle live connection holds; the first hundred warm up."""
    lines, before = [], 0
    for number in range(100 + IDLE):
        if number == 100:
            await asyncio.sleep(0.3)
            before = server.memory
        line = await connect_live(server.port, path)
        line.start([message(first())])
        await line.done
        lines.append(line)
    await asyncio.sleep(0.3)
    held = (server.memory - before) / IDLE
    for line in lines:
        line.transport.close()
    return held


def middle(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    """The round with the median ratio."""
    return sorted(rounds, key=lambda pair: pair[0] / pair[1])[len(rounds) // 2]


async def measure(folder: Path, each: int) -> bool:
    n = each * CLIENTS * ROUNDS
    value, limit = middle(await puts_over_http(folder, each))
    met = report("relay.put.http", n, value, "µs", limit, 2.0)
    value, limit = middle(await puts_over_live(folder, each))
    met &= report("relay.put.live", n, value, "µs", limit, 2.0)
    ours, bare = await hints(folder)
    for rank in (50, 99):
        value, limit = (statistics.quantiles(taken, n=100)[rank - 1] for taken in (ours, bare))
        met &= report(f"relay.hint.p{rank}", HINTS, value, "ms", limit, 50, "value")
    with both(folder, "idle.db") as (bare_server, server):
        limit = await idle(bare_server, "/echo", lambda: bytes(32))
        value = await idle(server, "/v1/live", lambda: Box().subscribe())
    return report("relay.idle.memory", IDLE, value, "B", limit, 18_000, "value") and met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=50, help="puts a client in each round")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(measure(Path(folder), options.each)) else 1


if __name__ == "__main__":
    sys.exit(main())
