"""Two relay processes behind HAProxy over one PostgreSQL, told of each other's puts by NATS."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import aiohttp
import pytest

from harness import haproxy
from harness.nats_server import NatsServer
from harness.relay_boxes import HeldBox, sealed
from harness.relay_process import HEADERS, RelayProcess, relay_process
from harness.require import require
from inglenook_schema import wire
from inglenook_schema.wire import Shape, Status, ToClient, ToRelay

pytestmark = pytest.mark.timeout(180)
A = HeldBox("a")
BOXES = [HeldBox(f"box {number}") for number in range(4)]


async def next_frame(live: aiohttp.ClientWebSocketResponse) -> ToClient:
    return wire.decode_to_client(await live.receive_bytes(timeout=30))


def ask(port: int, frame: ToRelay) -> ToClient | None:
    """Ask whoever the proxy chooses; None where that one went, or none was there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/v1/sync", wire.encode(frame), HEADERS)
        answer = connection.getresponse()
        data = answer.read()
        return wire.decode_to_client(data) if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def insist(port: int, frame: ToRelay) -> ToClient:
    """Ask until it is answered, as clients do."""
    while True:
        if (answer := ask(port, frame)) is not None:
            return answer


class Pair:
    """Two processes that keep their ports when they are started again."""

    def __init__(self, store: str, hints: str) -> None:
        self.words = (store, "--fanout", hints)
        self.running = [RelayProcess(*self.words) for _ in range(2)]
        self.ports = [relay.port for relay in self.running]

    def kill_and_start(self, which: int) -> None:
        self.running[which].end(kill=True)
        self.start(which)

    def stop_and_start(self, which: int) -> None:
        assert self.running[which].end()[0] == 0
        self.start(which)

    def start(self, which: int) -> None:
        listen = f"127.0.0.1:{self.ports[which]}"
        self.running[which] = RelayProcess(*self.words, "--listen", listen)

    def end(self) -> None:
        for relay in self.running:
            if relay.process.returncode is None:
                relay.end(kill=True)


@contextmanager
def pair_behind_a_proxy(store: str, hints: str) -> Iterator[tuple[Pair, int]]:
    program = haproxy.binary()
    require("haproxy", program is not None, "no HAProxy (apt-get install haproxy)")
    assert program is not None
    with ExitStack() as stack:
        pair = Pair(store, hints)
        stack.callback(pair.end)
        yield pair, stack.enter_context(haproxy.haproxy(program, pair.ports))


async def test_a_put_through_one_process_reaches_who_is_live_on_another(
    postgres_url: str, nats_url: str
) -> None:
    words = ("--fanout", nats_url)
    with relay_process(postgres_url, *words) as one, relay_process(postgres_url, *words) as two:
        async with aiohttp.ClientSession() as session:
            live = await session.ws_connect(f"{two.url}/v1/live")
            asked = ToRelay(make=(A.make(),), want=(A.want(),), subscribe=True)
            await live.send_bytes(wire.encode(asked))
            await next_frame(live)

            # the processes may not have found the hints' server yet: then look, as at its return
            one.ask(ToRelay(put=(A.put(sealed(0).blob),)))
            heard = await next_frame(live)

    assert heard.pushed == ((A.address, 1),)


def put_until(enough: threading.Event, port: int, box: HeldBox, acknowledged: list[int]) -> None:
    insist(port, ToRelay(make=(box.make(),)))
    while not enough.is_set():  # one record after the other, as a client's outbox does
        record = sealed(box.name, len(acknowledged))
        (ack,) = insist(port, ToRelay(put=(box.put(record.blob),))).acks
        if ack.status is Status.OK:
            acknowledged.append(ack.n)


def test_nothing_acknowledged_is_lost_when_processes_and_the_hints_server_go_and_come(
    postgres_url: str, nats_program: NatsServer
) -> None:
    acknowledged: dict[str, list[int]] = {box.name: [] for box in BOXES}
    enough = threading.Event()
    nats_program.start()
    try:
        with pair_behind_a_proxy(postgres_url, nats_program.url) as (pair, port):
            threads = [
                threading.Thread(target=put_until, args=(enough, port, box, acknowledged[box.name]))
                for box in BOXES
            ]
            for thread in threads:
                thread.start()
            for which in range(2):
                pair.kill_and_start(which)
                nats_program.kill()
                pair.stop_and_start(which)
                nats_program.start()
            enough.set()
            for thread in threads:
                thread.join()
            wants = ToRelay(want=tuple(box.want() for box in BOXES))
            answers = [relay.ask(wants).boxes for relay in pair.running]
    finally:
        enough.set()
        nats_program.kill()

    assert answers[0] == answers[1]
    for box, held in zip(BOXES, answers[0], strict=True):
        places = acknowledged[box.name]
        assert places
        assert places == list(range(1, held.n + 1))
        assert [held.records[place - 1] for place in places] == [
            (Shape.BLOB, sealed(box.name, number).blob) for number in range(len(places))
        ]
