"""Requests and live frames that no client of ours sends, raw, against the real application."""

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from inglenook_schema import wire
from inglenook_schema.wire import ToClient, ToRelay
from inglenook_server.config import Config
from inglenook_server.shells.http import MEDIA_TYPE, make_app
from inglenook_server.stores.memory import MemoryStore

NOTHING = wire.encode(ToRelay())
LIVE = (
    b"GET /v1/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PATIENCE_S = 0.3
"""Nothing is asserted of how long it takes: a request that is not whole gets no answer."""
MASK = b"\x01\x02\x03\x04"


@asynccontextmanager
async def server() -> AsyncIterator[TestServer]:
    async with TestServer(make_app(MemoryStore(), Config(read_timeout_s=0.05))) as running:
        yield running


async def say(running: TestServer, data: bytes, *, more: int = 0) -> bytes:
    """What comes back first; the other side may wait for more, or hang up at any byte.

    Args:
        running: Who is spoken to.
        data: All that is said, at once.
        more: Where an answer is certain: how often to read on once it has come.
    """
    assert running.port is not None
    reader, writer = await asyncio.open_connection(running.host, running.port)
    said = b""
    try:
        writer.write(data)
        if more:
            said += await reader.read(65_536)
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(more or 1):
                said += await reader.read(65_536)
    except (ConnectionError, TimeoutError):
        pass  # what is only half of a request waits for its other half
    finally:
        writer.close()
    return said


async def still_answers(running: TestServer) -> bool:
    url = running.make_url("/v1/sync")
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=NOTHING, headers={"Content-Type": MEDIA_TYPE}) as answer,
    ):
        return answer.status == 200 and await answer.read() == wire.encode(ToClient())


def request(method: str, path: str, body: bytes, *more: str, media: str = MEDIA_TYPE) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", f"Content-Type: {media}"]
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in more):
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join([*lines, *more]) + "\r\n\r\n").encode("latin-1") + body


CHUNKED = "Transfer-Encoding: chunked"
PECULIAR = {
    "a length that is none": request("POST", "/v1/sync", b"x", "Content-Length: -1"),
    "two lengths": request("POST", "/v1/sync", b"x", "Content-Length: 1", "Content-Length: 9"),
    "a length and chunks": request("POST", "/v1/sync", b"0\r\n\r\n", CHUNKED, "Content-Length: 3"),
    "a length beyond all measure": request("POST", "/v1/sync", b"x", f"Content-Length: {2**70}"),
    "less than was promised": request("POST", "/v1/sync", b"x", "Content-Length: 500"),
    "chunks that never end": request("POST", "/v1/sync", b"5\r\nabcde\r\n", CHUNKED),
    "a chunk of a size that is none": request("POST", "/v1/sync", b"zz\r\nab\r\n", CHUNKED),
    "a chunk beyond all measure": request("POST", "/v1/sync", b"f" * 40 + b"\r\n", CHUNKED),
    "ten thousand chunks": request("POST", "/v1/sync", b"1\r\na\r\n" * 10_000, CHUNKED),
    "a packed body": request("POST", "/v1/sync", b"\x1f\x8b\x08", "Content-Encoding: gzip"),
    "a packing nobody has": request("POST", "/v1/sync", NOTHING, "Content-Encoding: zz"),
    "a long path": request("POST", "/" + "a" * 9_000, NOTHING),
    "a path upwards": request("GET", "/../../etc/passwd", b""),
    "a path with a zero": request("GET", "/v1/%00", b""),
    "another version's number": request("POST", "/v" + "9" * 500 + "/sync", NOTHING),
    "a header of 20 kB": request("POST", "/v1/sync", NOTHING, "X: " + "a" * 20_000),
    "a thousand headers": request("POST", "/v1/sync", NOTHING, *[f"X{n}: y" for n in range(1000)]),
    "a folded header": request("POST", "/v1/sync", NOTHING, "X: a\r\n b"),
    "a media type that is none": request("POST", "/v1/sync", NOTHING, media=";;;=\xff"),
    "a method nobody has": request("BREW", "/v1/sync", NOTHING),
    "a method of 9 kB": request("A" * 9_000, "/v1/sync", NOTHING),
    "no request at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "two requests, the first cut": b"POST /v1/sync HTTP/1.1\r\n\r\n" + NOTHING + LIVE,
    "an upgrade to what is none": LIVE.replace(b"websocket", b"h2c"),
    "a key that is none": LIVE.replace(b"AAAA==", b"A"),
    "an expectation": request("POST", "/v1/sync", NOTHING, "Expect: 200-maybe"),
}


@pytest.mark.parametrize("data", PECULIAR.values(), ids=list(PECULIAR))
async def test_a_peculiar_request_is_refused_and_the_next_one_answered(data: bytes) -> None:
    async with server() as running:
        said = await say(running, data)

        assert not said or 400 <= int(said.split(b" ", 2)[1]) < 600 or b" 200 " in said[:16]
        assert b" 500 " not in said[:16]
        assert b"Traceback" not in said
        assert await still_answers(running)


_words = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30)


@settings(max_examples=40)
@given(
    st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "TRACE", "PATCH", "CONNECT"]) | _words,
    st.sampled_from(["/v1/sync", "/v1/live", "/healthz", "/v2/sync", "*", "//"]) | _words,
    st.lists(st.tuples(_words, _words), max_size=4),
    st.binary(max_size=200),
)
def test_any_request_gets_an_answer_that_is_no_mistake_of_ours(
    method: str, path: str, headers: Sequence[tuple[str, str]], body: bytes
) -> None:
    async def conversation() -> None:
        async with server() as running:
            more = [f"{name}: {value}" for name, value in headers]
            said = await say(running, request(method, path, body, *more))
            assert b" 500 " not in said[:16]
            assert await still_answers(running)

    asyncio.run(conversation())


def frame(first: int, length: int, payload: bytes = b"", *, masked: bool = True) -> bytes:
    bit = 0x80 if masked else 0
    if length < 126:
        head = struct.pack("!BB", first, bit | length)
    elif length < 2**16:
        head = struct.pack("!BBH", first, bit | 126, length)
    else:
        head = struct.pack("!BBQ", first, bit | 127, length)
    return head + (MASK if masked else b"") + payload


FRAMES = {
    "not masked": frame(0x82, 4, b"abcd", masked=False),
    "reserved bits": frame(0xF2, 4, b"abcd"),
    "an opcode nobody has": frame(0x8B, 0),
    "a length beyond all measure": frame(0x82, 2**63 - 1),
    "a ping too long": frame(0x89, 200, bytes(200)),
    "a ping in pieces": frame(0x09, 1, b"a"),
    "a piece of nothing": frame(0x80, 1, b"a"),
    "a beginning in a beginning": frame(0x02, 1, b"a") + frame(0x02, 1, b"a"),
    "a thousand pieces": frame(0x02, 1, b"a") + frame(0x00, 1, b"a") * 1000,
    "a thousand pings": frame(0x89, 1, b"a") * 1000,
    "a goodbye of one byte": frame(0x88, 1, b"a"),
    "a goodbye for a reason nobody has": frame(0x88, 2, b"\xff\xff"),
    "text that is none": frame(0x81, 2, b"\xff\xff"),
    "half a frame": frame(0x82, 500, b"abc"),
    "packed though nothing was agreed": frame(0xC2, 3, b"abc"),
}


@pytest.mark.parametrize("data", FRAMES.values(), ids=list(FRAMES))
async def test_a_peculiar_live_frame_ends_at_most_its_own_connection(
    data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with server() as running:
        said = await say(running, LIVE + data, more=2)

        assert said.startswith(b"HTTP/1.1 101")
        assert await still_answers(running)
    assert not caplog.records
