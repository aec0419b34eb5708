"""What the relay costs over its engines alone; less is better everywhere.

Durable puts from 64 clients over HTTP and over live connections, each as µs a put against
the slower of two bare parts in the same run: a bare aiohttp handler that takes the same
bodies, and a bare SQLite group commit of the same blobs. Then the way of a hint from one
live connection to another, and the memory of an idle one.

This process is the client: 64 raw connections that write prepared bytes, so that it is
the relay that is measured. Each figure is the median of interleaved rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
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

from inglenook_schema import mailbox, wire
from inglenook_schema.limits import FRAMING, SUITE
from inglenook_schema.wire import Make, Put, Status, ToRelay, Want

CLIENTS = 64
BLOB = FRAMING + 768
"""The record of one event of 346 bytes."""
ROUNDS = 5
UPGRADE = (
    "Host: relay\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
BENCH = Path(__file__).parent


class Server(NamedTuple):
    """A server process."""

    port: int
    pid: int

    @property
    def rss(self) -> int:
        """Bytes of memory that it holds."""
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


def relay(folder: Path, name: str) -> Any:
    """The real relay on a new database, with quotas out of the way."""
    code = "import sys; from inglenook_server.shells.cli import main; sys.exit(main())"
    words = ["--db", str(folder / name), "--listen", "127.0.0.1:0", "--quota-puts", "10000000"]
    return running("-c", code, *words)


class Line(asyncio.Protocol):
    """One client: sends the next request when the answer to the last one is whole."""

    def __init__(self, requests: list[bytes], size: Callable[[bytes], int]) -> None:
        self.requests = requests
        self.size = size
        self.answers: list[bytes] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def start(self, requests: list[bytes]) -> None:
        self.requests, self.answers = requests, []
        self.done = asyncio.get_running_loop().create_future()
        self.transport.write(requests[0])

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
    """Bytes of the first whole WebSocket message, 0 if there is none yet."""
    if buffer.startswith(b"HTTP"):
        return http_size(buffer)
    size = 2 + buffer[1] if len(buffer) >= 2 else 0
    if size == 2 + 126:
        size = 4 + int.from_bytes(buffer[2:4], "big") if len(buffer) >= 4 else 0
    return size if size and len(buffer) >= size else 0


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


class Box(NamedTuple):
    """A mailbox of the bench."""

    tokens: mailbox.Tokens

    @classmethod
    def new(cls) -> Box:
        return cls(mailbox.Tokens(os.urandom(32), os.urandom(32)))

    def make(self) -> bytes:
        read, write = (mailbox.token_hash(token) for token in self.tokens[:2])
        return wire.encode(ToRelay(make=(Make(self.tokens.address, read, write, b"", 400, b""),)))

    def put(self, blob: bytes) -> bytes:
        return wire.encode(ToRelay(put=(Put(self.tokens.address, self.tokens.write, blob, b""),)))

    def subscribe(self) -> bytes:
        want = Want(self.tokens.address, self.tokens.read, 0, mailbox.EMPTY_HEAD)
        return wire.encode(ToRelay(want=(want,), subscribe=True))


def new_blob() -> bytes:
    return bytes((SUITE,)) + os.urandom(BLOB - 1)


async def connect(port: int, size: Callable[[bytes], int]) -> Line:
    loop = asyncio.get_running_loop()
    return (await loop.create_connection(lambda: Line([], size), "127.0.0.1", port))[1]


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


def check_puts(lines: list[Line]) -> None:
    """Every put of the last round was acknowledged."""
    for line in lines:
        for answer in line.answers:
            body = answer.rsplit(b"\r\n\r\n", 1)[-1] if answer[:1] == b"H" else answer[2:]
            frame = wire.decode_to_client(body)
            assert [ack.status for ack in frame.acks] == [Status.OK], frame


async def puts(bare: Server, ours: Server, folder: Path, each: int, *, live: bool) -> dict[str, list[float]]:
    """Rounds of puts over one way in, against the bare handler and the bare commit."""
    wrap = message if live else (lambda body: post("/v1/sync", body))
    wrap_bare = message if live else (lambda body: post("/echo", body))
    boxes = [Box.new() for _ in range(CLIENTS)]
    if live:
        lines = [await connect_live(ours.port, "/v1/live") for _ in boxes]
        bare_lines = [await connect_live(bare.port, "/echo") for _ in boxes]
    else:
        lines = [await connect(ours.port, http_size) for _ in boxes]
        bare_lines = [await connect(bare.port, http_size) for _ in boxes]
    await timed(lines, [[wrap(box.make())] for box in boxes])
    taken: dict[str, list[float]] = {"ours": [], "handler": [], "commit": []}
    for number in range(ROUNDS + 1):
        blobs = [[new_blob() for _ in range(each)] for _ in boxes]
        bodies = [[box.put(blob) for blob in own] for box, own in zip(boxes, blobs, strict=True)]
        handler = await timed(bare_lines, [[wrap_bare(body) for body in own] for own in bodies])
        value = await timed(lines, [[wrap(body) for body in own] for own in bodies])
        check_puts(lines)
        flat = [blob for own in blobs for blob in own]
        path = folder / f"commit-{live}-{number}"
        commit = await limits_relay.group_commits(path, flat, CLIENTS) / len(flat) * 1e6
        if number:  # the first round warms up
            taken["ours"].append(value)
            taken["handler"].append(handler)
            taken["commit"].append(commit)
    for line in lines + bare_lines:
        line.transport.close()
    return taken


async def hints(ours: Server, bare: Server, folder: Path, count: int) -> dict[str, list[float]]:
    """ms from a put on one live connection until the hint is at another."""
    box = Box.new()
    taken: dict[str, list[float]] = {"ours": [], "bare": []}
    putter, reader = [await connect_live(ours.port, "/v1/live") for _ in range(2)]
    for line, body in ((putter, box.make()), (reader, box.subscribe())):
        line.start([message(body)])
        await line.done
    path = f"/notify?db={folder / 'notify'}"
    bare_putter, bare_reader = [await connect_live(bare.port, path) for _ in range(2)]
    for _ in range(count):
        body = message(box.put(new_blob()))
        taken["ours"].append(await _hint(putter, reader, body))
        taken["bare"].append(await _hint(bare_putter, bare_reader, body))
    return taken


async def _hint(putter: Line, reader: Line, body: bytes) -> float:
    reader.answers, reader.requests = [], [b""]
    reader.done = asyncio.get_running_loop().create_future()
    begun = time.perf_counter()
    putter.start([body])
    await reader.done
    taken = (time.perf_counter() - begun) * 1e3
    await putter.done
    return taken


async def idle(server: Server, path: str, first: Callable[[], bytes], count: int) -> float:
    """Bytes of memory that one idle live connection holds."""
    lines = []
    before = 0
    for number in range(100 + count):
        if number == 100:
            await asyncio.sleep(0.3)
            before = server.rss
        line = await connect_live(server.port, path)
        line.start([message(first())])
        await line.done
        lines.append(line)
    await asyncio.sleep(0.3)
    held = (server.rss - before) / count
    for line in lines:
        line.transport.close()
    return held


def report(name: str, n: int, value: float, unit: str, limit: float, goal: float | None, of: str) -> bool:
    """Print one line; whether its goal is met."""
    ratio = value / limit
    figures = {"value": round(value, 3), "unit": unit, "limit": round(limit, 3)}
    print(json.dumps({"name": name, "n": n, **figures, "ratio": round(ratio, 3), "goal": goal, "of": of}), flush=True)
    return goal is None or (ratio if of == "ratio" else value) <= goal


async def measure(folder: Path, each: int) -> bool:
    met = True
    with running(str(BENCH / "limits_relay.py")) as bare:
        for way, live in (("http", False), ("live", True)):
            with relay(folder, f"{way}.db") as ours:
                taken = await puts(bare, ours, folder, each, live=live)
            middle = {part: statistics.median(values) for part, values in taken.items()}
            if os.environ.get("BENCH_VERBOSE"):
                print(taken, file=sys.stderr)
            limit = max(middle["handler"], middle["commit"])
            n = each * CLIENTS
            met &= report(f"relay.put.{way}", n, middle["ours"], "µs", limit, 2.0, "ratio")
        with relay(folder, "hint.db") as ours:
            ways = await hints(ours, bare, folder, 1_000)
        for name, rank in (("p50", 50), ("p99", 99)):
            value, limit = (statistics.quantiles(ways[way], n=100)[rank - 1] for way in ("ours", "bare"))
            met &= report(f"relay.hint.{name}", 1_000, value, "ms", limit, None, "ratio")
    with running(str(BENCH / "limits_relay.py")) as bare:
        limit = await idle(bare, "/echo", lambda: bytes(32), 500)
    with relay(folder, "idle.db") as ours:
        value = await idle(ours, "/v1/live", lambda: Box.new().subscribe(), 500)
    return report("relay.idle.memory", 500, value, "B", limit, None, "ratio") and met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=100, help="puts a client in each round")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(measure(Path(folder), options.each)) else 1


if __name__ == "__main__":
    sys.exit(main())
