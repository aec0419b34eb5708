"""The real application over a live connection."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMsgType
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_aiohttp.plugin import AiohttpClient

from harness.relay_boxes import HeldBox, sealed, token
from inglenook_schema import wire
from inglenook_schema.limits import MAX_FRAME
from inglenook_schema.mailbox import EMPTY_HEAD
from inglenook_schema.wire import Fault, Status, ToClient, ToRelay, Want
from inglenook_server.config import Config
from inglenook_server.core.store import Cursor, Look
from inglenook_server.shells.http import make_app
from inglenook_server.stores.memory import MemoryStore

A, B = HeldBox("a"), HeldBox("b")


async def connect(client: TestClient) -> ClientWebSocketResponse:
    return await client.ws_connect("/v1/live", max_msg_size=2 * MAX_FRAME)


async def next_frame(live: ClientWebSocketResponse) -> ToClient:
    return wire.decode_to_client(await live.receive_bytes(timeout=5))


async def ask(live: ClientWebSocketResponse, frame: ToRelay) -> ToClient:
    await live.send_bytes(wire.encode(frame))
    return await next_frame(live)


async def test_frames_are_answered_in_their_order(aiohttp_client: AiohttpClient) -> None:
    live = await connect(await aiohttp_client(make_app(MemoryStore(), Config())))
    await ask(live, ToRelay(make=(A.make(),)))

    for number in range(20):
        await live.send_bytes(wire.encode(ToRelay(put=(A.put(sealed(number).blob),))))
    positions = [(await next_frame(live)).acks[0].n for _ in range(20)]

    assert positions == list(range(1, 21))


async def test_a_put_is_hinted_to_who_subscribed(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))
    reader, putter = await connect(client), await connect(client)
    await ask(putter, ToRelay(make=(A.make(), B.make())))
    await ask(reader, ToRelay(want=(A.want(), B.want()), subscribe=True))

    await ask(putter, ToRelay(put=(B.put(sealed(0).blob), B.put(sealed(1).blob))))

    assert await next_frame(reader) == ToClient(pushed=((B.address, 2),))


async def test_a_put_over_http_is_hinted_as_well(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))
    reader = await connect(client)
    await ask(reader, ToRelay(make=(A.make(),), want=(A.want(),), subscribe=True))

    frame = wire.encode(ToRelay(put=(A.put(sealed(0).blob),)))
    async with client.post(
        "/v1/sync", data=frame, headers={"Content-Type": "application/octet-stream"}
    ):
        pass

    assert await next_frame(reader) == ToClient(pushed=((A.address, 1),))


async def test_who_put_and_who_has_no_token_get_no_hint(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))
    putter, stranger = await connect(client), await connect(client)
    await ask(putter, ToRelay(make=(A.make(),), want=(A.want(),), subscribe=True))
    wrong = Want(A.address, token("wrong"), 0, EMPTY_HEAD)
    refused = await ask(stranger, ToRelay(want=(wrong,), subscribe=True))

    await ask(putter, ToRelay(put=(A.put(sealed(0).blob),)))

    assert refused.boxes[0].status is Status.UNKNOWN
    for live in (putter, stranger):
        assert await ask(live, ToRelay()) == ToClient()


async def test_a_text_message_is_a_fault_and_the_connection_stays(
    aiohttp_client: AiohttpClient,
) -> None:
    live = await connect(await aiohttp_client(make_app(MemoryStore(), Config())))

    await live.send_str("Dear relay,")

    assert await next_frame(live) == ToClient(fault=Fault.MALFORMED)
    assert await ask(live, ToRelay()) == ToClient()


async def test_malformed_and_oversized_messages_are_faults_and_the_connection_stays(
    aiohttp_client: AiohttpClient,
) -> None:
    live = await connect(await aiohttp_client(make_app(MemoryStore(), Config())))

    await live.send_bytes(b"\xff\x00")
    await live.send_bytes(bytes(MAX_FRAME + 1))

    assert await next_frame(live) == ToClient(fault=Fault.MALFORMED)
    assert await next_frame(live) == ToClient(fault=Fault.OVERSIZED)
    assert await ask(live, ToRelay()) == ToClient()


async def test_a_message_beyond_all_measure_ends_only_its_own_connection(
    aiohttp_client: AiohttpClient,
) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))
    greedy, other = await connect(client), await connect(client)

    with suppress(ConnectionError):  # it may hang up while we still send
        await greedy.send_bytes(bytes(2 * MAX_FRAME + 1))
    ended = await greedy.receive(timeout=5)

    assert ended.type is not WSMsgType.BINARY
    assert await ask(other, ToRelay()) == ToClient()


async def test_subscriptions_a_connection_are_limited(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config(max_followed=1)))
    live = await connect(client)
    await ask(live, ToRelay(make=(A.make(), B.make()), want=(A.want(),), subscribe=True))

    answer = await ask(live, ToRelay(want=(B.want(),), subscribe=True))

    assert answer == ToClient(fault=Fault.OVERSIZED)


async def test_connections_are_limited_and_a_place_becomes_free_again(
    aiohttp_client: AiohttpClient,
) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config(max_live=1)))
    first = await connect(client)
    await ask(first, ToRelay())

    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(client)
    await first.close()
    second = await connect(client)

    assert refused.value.status == 503
    assert await ask(second, ToRelay()) == ToClient()


async def test_a_web_page_cannot_open_a_live_connection(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))

    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect("/v1/live", origin="https://page.example")

    assert refused.value.status == 403


@pytest.fixture
def slow_socket() -> Iterator[socket.socket]:
    """A client whose system takes next to nothing in."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    raw.setblocking(False)
    yield raw
    raw.close()


@pytest.mark.may_block  # the test's own raw socket
async def test_a_reader_that_leaves_its_answers_lying_is_dropped(
    slow_socket: socket.socket,
) -> None:
    server = TestServer(make_app(MemoryStore(), Config(send_timeout_s=0.2)))
    await server.start_server()
    async with TestClient(server) as client:
        other = await connect(client)
        puts = [A.put(b"\x01" + bytes((number,)) * 1_000_000) for number in range(4)]
        await ask(other, ToRelay(make=(A.make(),), put=tuple(puts)))
        loop = asyncio.get_running_loop()
        await loop.sock_connect(slow_socket, ("127.0.0.1", server.port))
        await loop.sock_sendall(
            slow_socket,
            b"GET /v1/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        )
        await loop.sock_recv(slow_socket, 1_000)
        question = wire.encode(ToRelay(want=(A.want(),)))
        framed = b"\x82" + struct.pack("!B", 0x80 | len(question)) + bytes(4) + question

        await loop.sock_sendall(slow_socket, framed)
        await asyncio.sleep(0.6)

        dropped = False
        try:
            async with asyncio.timeout(5):
                while await loop.sock_recv(slow_socket, 1_000_000):
                    pass
            dropped = True
        except ConnectionResetError:
            dropped = True
        assert dropped
        assert await ask(other, ToRelay()) == ToClient()


async def test_stopping_says_goodbye_with_going_away(aiohttp_client: AiohttpClient) -> None:
    app = make_app(MemoryStore(), Config())
    client = await aiohttp_client(app)
    live = await connect(client)
    await ask(live, ToRelay())

    stopping = asyncio.create_task(app.shutdown())
    goodbye = await live.receive(timeout=5)
    await stopping

    assert (goodbye.type, goodbye.data) == (WSMsgType.CLOSE, WSCloseCode.GOING_AWAY)


class HangingStore(MemoryStore):
    """Begins to look and never comes back."""

    def __init__(self) -> None:
        super().__init__()
        self.looking = asyncio.Event()

    async def look(self, cursors: tuple[Cursor, ...]) -> list[Look | None]:
        self.looking.set()
        await asyncio.Event().wait()
        return await super().look(cursors)


async def test_a_frame_that_is_never_answered_cannot_hold_the_stop_up(
    aiohttp_client: AiohttpClient,
) -> None:
    store = HangingStore()
    app = make_app(store, Config(stop_timeout_s=0.1))
    client = await aiohttp_client(app)
    live = await client.ws_connect("/v1/live", autoclose=False)
    await live.send_bytes(wire.encode(ToRelay(want=(A.want(),))))
    await store.looking.wait()

    async with asyncio.timeout(2):
        await app.shutdown()

    await live.close()


async def test_nothing_is_kept_of_a_connection_that_ended(aiohttp_client: AiohttpClient) -> None:
    store = MemoryStore()
    app = make_app(store, Config())
    client = await aiohttp_client(app)
    reader, putter = await connect(client), await connect(client)
    await ask(reader, ToRelay(make=(A.make(),), want=(A.want(),), subscribe=True))

    await reader.close()
    answer = await ask(putter, ToRelay(put=(A.put(sealed(0).blob),)))

    assert answer.acks[0].status is Status.OK


@given(messages=st.lists(st.one_of(st.binary(max_size=500), st.text(max_size=100)), max_size=6))
@settings(max_examples=30)
def test_any_messages_get_typed_answers(messages: list[bytes | str]) -> None:
    async def conversation() -> None:
        async with TestClient(TestServer(make_app(MemoryStore(), Config()))) as client:
            live = await connect(client)
            for message in messages:
                if isinstance(message, str):
                    await live.send_str(message)
                else:
                    await live.send_bytes(message)
                assert (await next_frame(live)).fault in (Fault.NONE, Fault.MALFORMED)
            assert await ask(live, ToRelay()) == ToClient()
            await live.close()

    asyncio.run(conversation())
