"""One relay over HTTP: a frame is a POST, an answer its body (protocol 6.1)."""

from __future__ import annotations

from types import TracebackType

import aiohttp

from inglenook_client.transports.address import check_relay
from inglenook_client.transports.errors import OfflineError, RelayError
from inglenook_client.transports.session import open_session
from inglenook_schema import wire
from inglenook_schema.errors import MalformedError
from inglenook_schema.limits import MAX_FRAME
from inglenook_schema.wire import Fault, ToClient, ToRelay

CONTENT_TYPE = "application/x-msgpack"
_TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=10, sock_read=60)
_MAX_ANSWER = 2 * MAX_FRAME


class HttpRelay:
    """A conversation partner behind ``POST /v1/sync``."""

    def __init__(self, origin: str) -> None:
        """Nothing is sent yet.

        Raises:
            CallerError: See :func:`check_relay`.
        """
        check_relay(origin)
        self._url = f"{origin}/v1/sync"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> HttpRelay:
        """Make the session; it keeps one connection."""
        self._session = open_session(timeout=_TIMEOUT, connector=aiohttp.TCPConnector(limit=1))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        if self._session is not None:
            await self._session.close()

    async def exchange(self, frame: ToRelay) -> ToClient:
        """Ask once.

        Raises:
            OfflineError: No connection, or it broke; nothing is known of what arrived.
            RelayError: What answered is no relay, or it refused the frame.
        """
        assert self._session is not None  # noqa: S101 - entered first
        try:
            async with self._session.post(
                self._url,
                data=wire.encode(frame),
                headers={"Content-Type": CONTENT_TYPE},
            ) as response:
                body = await _bounded(response)
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise OfflineError from None
        return read_answer(body)


def read_answer(body: bytes) -> ToClient:
    """Decode an answer; raises RelayError where it is none, or a fault."""
    try:
        answer = wire.decode_to_client(body)
    except MalformedError:
        raise RelayError from None
    if answer.fault is not Fault.NONE:
        raise RelayError("The relay could not take that now. What you wrote is saved here.")
    return answer


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    parts = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        parts += chunk
        if len(parts) > _MAX_ANSWER:
            raise RelayError
    return bytes(parts)
