"""The real application over HTTP."""

import asyncio
import io
import logging

import aiohttp
import pytest
from aiohttp.test_utils import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_aiohttp.plugin import AiohttpClient

from harness.relay_boxes import HeldBox, sealed, token
from harness.relay_stores import FailingStore
from inglenook_schema import wire
from inglenook_schema.limits import MAX_FRAME
from inglenook_schema.mailbox import EMPTY_HEAD
from inglenook_schema.wire import Fault, Put, Status, ToClient, ToRelay, Want
from inglenook_server.config import Config
from inglenook_server.shells.http import MEDIA_TYPE, make_app
from inglenook_server.stores.memory import MemoryStore

A = HeldBox("a")
HEADERS = {"Content-Type": MEDIA_TYPE}


async def post(client: TestClient, data: bytes, **headers: str) -> tuple[int, ToClient]:
    body = io.BytesIO(data)  # aiohttp warns of large bytes
    async with client.post("/v1/sync", data=body, headers={**HEADERS, **headers}) as response:
        assert response.content_type == MEDIA_TYPE
        return response.status, wire.decode_to_client(await response.read())


async def ask(client: TestClient, frame: ToRelay) -> ToClient:
    status, answer = await post(client, wire.encode(frame))
    assert status == 200
    return answer


async def test_a_frame_over_http_is_answered(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))

    first = await ask(client, ToRelay(make=(A.make(),), put=(A.put(sealed(0).blob),)))
    second = await ask(client, ToRelay(want=(A.want(),)))

    assert first.acks[0].status is Status.OK
    assert second.boxes[0].records[0][1] == sealed(0).blob


@pytest.mark.parametrize("content_type", [MEDIA_TYPE, "application/octet-stream"])
async def test_both_media_types_are_taken(aiohttp_client: AiohttpClient, content_type: str) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))

    status, answer = await post(client, wire.encode(ToRelay()), **{"Content-Type": content_type})

    assert (status, answer) == (200, ToClient())


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "multipart/form-data"])
async def test_what_a_web_page_could_send_unasked_is_not_taken(
    aiohttp_client: AiohttpClient, content_type: str
) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))
    frame = wire.encode(ToRelay(make=(A.make(),)))

    status, answer = await post(client, frame, **{"Content-Type": content_type})

    assert (status, answer) == (415, ToClient(fault=Fault.MALFORMED))
    assert (await ask(client, ToRelay(want=(A.want(),)))).boxes[0].status is Status.UNKNOWN


async def test_malformed_bytes_get_400_and_a_typed_fault(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))

    assert await post(client, b"Dear relay,") == (400, ToClient(fault=Fault.MALFORMED))
    assert await post(client, b"") == (400, ToClient(fault=Fault.MALFORMED))
    assert await ask(client, ToRelay()) == ToClient()


@pytest.mark.parametrize("chunked", [False, True])
async def test_an_oversized_body_gets_413_and_a_typed_fault(
    aiohttp_client: AiohttpClient, chunked: bool
) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))
    body = bytes(MAX_FRAME + 1)

    async def pieces():  # type: ignore[no-untyped-def]
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    async with client.post(
        "/v1/sync", data=pieces() if chunked else io.BytesIO(body), headers=HEADERS
    ) as response:
        answer = wire.decode_to_client(await response.read())

    assert response.status == 413
    assert answer == ToClient(fault=Fault.OVERSIZED)
    assert await ask(client, ToRelay()) == ToClient()


async def test_a_frame_of_four_mebibytes_is_taken(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))
    puts = [A.put(b"\x01" + bytes((number,)) * 1_000_000) for number in range(4)]
    frame = wire.encode(ToRelay(make=(A.make(),), put=tuple(puts)))
    assert 4_000_000 < len(frame) <= MAX_FRAME

    status, answer = await post(client, frame)

    assert status == 200
    assert [ack.n for ack in answer.acks] == [1, 2, 3, 4]


async def test_a_body_that_does_not_arrive_is_given_up(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config(read_timeout_s=0.05)))
    never = asyncio.Event()

    async def stalls():  # type: ignore[no-untyped-def]
        yield b"\x96"
        await never.wait()

    async with client.post("/v1/sync", data=stalls(), headers=HEADERS) as response:
        answer = wire.decode_to_client(await response.read())

    assert (response.status, answer) == (408, ToClient(fault=Fault.MALFORMED))
    never.set()


async def test_another_version_is_told_so(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))

    async with client.post("/v2/sync", data=b"from the future", headers=HEADERS) as response:
        answer = wire.decode_to_client(await response.read())

    assert (response.status, answer) == (404, ToClient(fault=Fault.VERSION))


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_sync_is_posted_and_nothing_else(aiohttp_client: AiohttpClient, method: str) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))

    async with client.request(method, "/v1/sync") as response:
        assert response.status == 405


async def test_unknown_and_wrong_token_are_the_same_response(
    aiohttp_client: AiohttpClient,
) -> None:
    client = await aiohttp_client(make_app(MemoryStore(), Config()))
    absent, wrong = HeldBox("absent").address, token("wrong")
    await ask(client, ToRelay(make=(A.make(),), put=(A.put(sealed(0).blob),)))
    responses = []

    for address in (A.address, absent):
        frame = ToRelay(
            want=(Want(address, wrong, 0, EMPTY_HEAD),),
            put=(Put(address, wrong, sealed(0).blob, b""),),
        )
        async with client.post("/v1/sync", data=wire.encode(frame), headers=HEADERS) as response:
            headers = {key: value for key, value in response.headers.items() if key != "Date"}
            responses.append((response.status, headers, await response.read()))

    assert responses[0] == responses[1]


async def test_a_busy_store_gets_503_and_a_time_to_come_back(
    aiohttp_client: AiohttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    store = FailingStore()
    client = await aiohttp_client(make_app(store, Config()))
    store.failing = "write"
    frame = wire.encode(ToRelay(make=(A.make(),)))

    async with client.post("/v1/sync", data=frame, headers=HEADERS) as response:
        answer = wire.decode_to_client(await response.read())
    await post(client, frame)
    store.failing = ""

    assert (response.status, answer) == (503, ToClient(fault=Fault.BUSY))
    assert response.headers["Retry-After"] == "5"
    lines = [record for record in caplog.records if record.name == "inglenook.relay"]
    assert [record.getMessage() for record in lines] == [
        "The store cannot be used just now: SQLITE_FULL"
    ]
    assert (await ask(client, ToRelay(make=(A.make(),)))).made[0].status is Status.OK


async def test_health_is_a_real_read(aiohttp_client: AiohttpClient) -> None:
    store = FailingStore()
    client = await aiohttp_client(make_app(store, Config()))

    async with client.get("/healthz") as well:
        said_well = (well.status, await well.json())
    store.failing = "all"
    async with client.get("/healthz") as ill:
        said_ill = (ill.status, await ill.json())

    assert said_well == (200, {"ok": True})
    assert said_ill == (503, {"ok": False, "reason": "SQLITE_IOERR"})


async def test_logs_hold_no_address_no_token_and_no_record(
    aiohttp_client: AiohttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = await aiohttp_client(make_app(MemoryStore(), Config()))
    await ask(client, ToRelay(make=(A.make(),), put=(A.put(sealed(0).blob),), want=(A.want(),)))
    await post(client, b"malformed " + A.address)

    text = "\n".join(
        f"{record.getMessage()} {record.args!r}"
        for record in caplog.records
        if not record.name.startswith(("asyncio", "aiohttp.client"))
    )

    for secret in (A.address, *A.tokens[:2], sealed(0).blob[:16]):
        assert secret.hex() not in text
        assert repr(secret)[2:-1] not in text


@given(data=st.binary(max_size=2_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_body_gets_a_typed_answer(data: bytes) -> None:
    async def one() -> None:
        server = aiohttp.test_utils.TestServer(make_app(MemoryStore(), Config()))
        async with TestClient(server) as client:
            status, answer = await post(client, data)
            assert (status, answer.fault) in {(200, Fault.NONE), (400, Fault.MALFORMED)}
            assert await ask(client, ToRelay()) == ToClient()

    asyncio.run(one())
