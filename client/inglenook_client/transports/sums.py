"""The Relay's half of surveys over HTTP: a question is a POST (protocol 11.13)."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import aiohttp

from inglenook_client.transports.address import check_relay
from inglenook_client.transports.errors import OfflineError, RelayError
from inglenook_client.transports.session import open_session
from inglenook_schema.errors import MalformedError
from inglenook_schema.limits import MAX_FRAME
from inglenook_schema.sums import frames

_TIMEOUT: Final = aiohttp.ClientTimeout(total=120, sock_connect=10, sock_read=60)


class SumsRelay:
    """Whoever holds one half of each answer, behind ``POST /v1/sums``."""

    def __init__(self, origin: str) -> None:
        """Nothing is sent yet.

        Raises:
            CallerError: See :func:`check_relay`.
        """
        check_relay(origin)
        self._url = f"{origin}/v1/sums"

    async def ask(self, request: frames.Request) -> frames.Reply:
        """Ask once.

        Raises:
            OfflineError: No connection, or it broke; nothing is known of what arrived.
            RelayError: What answered takes no part in surveys.
        """
        headers = {"Content-Type": "application/x-msgpack"}
        body = bytearray()
        try:
            async with (
                open_session(timeout=_TIMEOUT) as session,
                session.post(
                    self._url, data=BytesIO(frames.encode(request)), headers=headers
                ) as response,
            ):
                async for chunk in response.content.iter_chunked(65_536):
                    body += chunk
                    if len(body) > MAX_FRAME:
                        raise RelayError
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise OfflineError from None
        return read_reply(bytes(body))


def read_reply(body: bytes) -> frames.Reply:
    """Decode an answer; raises RelayError where it is none."""
    try:
        return frames.read_reply(body)
    except MalformedError:
        raise RelayError("That relay takes no part in surveys.") from None
