"""The relay as a process that is stopped, killed, and run out of disk."""

import asyncio
import resource
import socket
import threading
import time
from pathlib import Path

import aiohttp
import pytest

from harness.relay_boxes import HeldBox, sealed
from harness.relay_process import RelayProcess, relay_process
from inglenook_schema import wire
from inglenook_schema.wire import Fault, Shape, Status, ToClient, ToRelay

pytestmark = pytest.mark.timeout(90)
A = HeldBox("a")
BOXES = [HeldBox(f"box {number}") for number in range(8)]


class Putters:
    """Eight clients that put as fast as they can and remember what was acknowledged."""

    def __init__(self, relay: RelayProcess) -> None:
        self.relay = relay
        self.acknowledged: dict[tuple[str, int], int] = {}
        """(box, record) → n"""
        self.enough = threading.Event()
        self.threads = [threading.Thread(target=self.put, args=(box,)) for box in BOXES]

    def put(self, box: HeldBox) -> None:
        try:
            self.relay.ask(ToRelay(make=(box.make(),)))
            for number in range(100_000):
                record = sealed(box.name, number)
                answer = self.relay.ask(ToRelay(put=(box.put(record.blob),)))
                if answer.acks and answer.acks[0].status is Status.OK:
                    self.acknowledged[box.name, number] = answer.acks[0].n
                if len(self.acknowledged) >= 200:
                    self.enough.set()
        except (OSError, EOFError, wire.MalformedError):
            return  # the relay went

    def until_enough(self) -> None:
        for thread in self.threads:
            thread.start()
        assert self.enough.wait(60)

    def join(self) -> None:
        for thread in self.threads:
            thread.join(30)


def missing(relay: RelayProcess, acknowledged: dict[tuple[str, int], int]) -> list[object]:
    """Acknowledged records that are not in their place."""
    answer = relay.ask(ToRelay(want=tuple(box.want() for box in BOXES)))
    held = dict(zip((box.name for box in BOXES), answer.boxes, strict=True))
    assert not any(box.more for box in answer.boxes)
    return [
        (name, number, n)
        for (name, number), n in acknowledged.items()
        if held[name].records[n - 1 : n] != ((Shape.BLOB, sealed(name, number).blob),)
    ]


@pytest.mark.parametrize("kill", [pytest.param(True, id="kill -9"), pytest.param(False, id="term")])
def test_whatever_was_acknowledged_is_there_after_a_stop_amid_puts(
    tmp_path: Path, kill: bool
) -> None:
    db = tmp_path / "relay.db"
    with relay_process(db) as relay:
        putters = Putters(relay)
        putters.until_enough()
        code, _, err = relay.end(kill=kill)
        putters.join()
    assert (code, err) == (-9 if kill else 0, "")

    with relay_process(db) as again:
        assert missing(again, putters.acknowledged) == []
        assert len(putters.acknowledged) >= 200


async def next_frame(live: aiohttp.ClientWebSocketResponse) -> ToClient:
    return wire.decode_to_client(await live.receive_bytes(timeout=10))


async def test_a_term_ends_it_within_five_seconds_with_live_connections_open(
    tmp_path: Path,
) -> None:
    with relay_process(tmp_path / "relay.db") as relay:
        async with aiohttp.ClientSession() as session:
            lives = [
                await session.ws_connect(f"{relay.url}/v1/live", autoclose=number < 2)
                for number in range(4)
            ]
            for live in lives:
                frame = ToRelay(make=(A.make(),), want=(A.want(),), subscribe=True)
                await live.send_bytes(wire.encode(frame))
                await next_frame(live)
            put = wire.encode(ToRelay(put=(A.put(sealed(0).blob),)))
            await lives[0].send_bytes(put)
            acknowledged = await next_frame(lives[0])
            hinted = await next_frame(lives[3])

            began = time.monotonic()
            ending = asyncio.create_task(asyncio.to_thread(relay.end))
            goodbye = await lives[0].receive(timeout=10)  # the others say nothing at all
            code, _, err = await ending
            took = time.monotonic() - began

    assert acknowledged.acks[0].n == 1
    assert hinted.pushed == ((A.address, 1),)
    assert goodbye.data == aiohttp.WSCloseCode.GOING_AWAY
    assert (code, err) == (0, "")
    assert took < 5
    with relay_process(tmp_path / "relay.db") as again:
        assert again.ask(ToRelay(want=(A.want(),))).boxes[0].n == 1


def test_a_full_disk_is_said_acknowledges_nothing_and_heals(tmp_path: Path) -> None:
    with relay_process(tmp_path / "relay.db") as relay:
        before = relay.ask(ToRelay(make=(A.make(),), put=(A.put(sealed(0).blob),)))
        large = ToRelay(put=(A.put(b"\x01".ljust(1_000_000)),))
        resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, (300_000, -1))

        full = relay.ask(large)
        read = relay.ask(ToRelay(want=(A.want(),)))
        healthy = relay.healthy()
        resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, (-1, -1))
        after = relay.ask(large)
        code, _, err = relay.end()

    assert before.acks[0].status is Status.OK
    assert full == ToClient(fault=Fault.BUSY)
    assert read.boxes[0].n == 1
    assert healthy
    assert after.acks[0].n == 2
    assert code == 0
    assert err == "The store cannot be used just now: SQLITE_IOERR_WRITE\n"


def test_bytes_that_mean_nothing_leave_it_running(tmp_path: Path) -> None:
    with relay_process(tmp_path / "relay.db") as relay:
        for junk in (b"\x00" * 100, b"POST /v1/sync HTTP/1.1\r\nContent-Length: x\r\n\r\n", b""):
            raw(relay.port, junk)

        assert relay.ask(ToRelay()) == ToClient()
        assert relay.end() == (0, "", "")


def test_an_idle_connection_before_any_request_does_not_hold_the_stop_up(tmp_path: Path) -> None:
    with (
        relay_process(tmp_path / "relay.db") as relay,
        socket.create_connection(("127.0.0.1", relay.port), timeout=10) as connection,
    ):
        connection.sendall(b"POST /v1/sync HTTP/1.1\r\nContent-Le")

        assert relay.end(timeout=5) == (0, "", "")


def raw(port: int, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4_096):
            pass


def test_a_term_is_told_to_a_balancer_before_the_relay_stops(tmp_path: Path) -> None:
    with relay_process(tmp_path / "relay.db", "--drain", "3600") as relay:
        assert (relay.status("/readyz"), relay.status("/healthz")) == (200, 200)

        relay.process.terminate()
        while relay.status("/readyz") == 200:
            pass
        assert relay.status("/healthz") == 200
        assert relay.ask(ToRelay(make=(A.make(),))).made[0].status is Status.OK

        assert relay.end()[0] == 0
