"""One visit of a Witness to its relay: ask for errands, do them, bring back what came of them."""

from __future__ import annotations

from io import BytesIO
from types import TracebackType
from typing import Final

import aiohttp

from inglenook_schema.errors import MalformedError
from inglenook_schema.limits import MAX_FRAME
from inglenook_schema.sums import frames
from inglenook_schema.sums.frames import Done, Errands, Exchange, Refused
from inglenook_server import ambient
from inglenook_server.core.errors import UnreachableError
from inglenook_server.shells.sums import MEDIA_TYPE
from inglenook_server.witness.keys import Witness

_TIMEOUT: Final = aiohttp.ClientTimeout(total=300, sock_connect=10)
_ROOM: Final = MAX_FRAME - 65_536
"""Bytes of outcomes in one question."""


class RelayLine:
    """A connection to the relay's half."""

    def __init__(self, origin: str) -> None:
        """Nothing is sent yet."""
        self._url = f"{origin}/v1/sums"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> RelayLine:
        """Make the session."""
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        if self._session is not None:
            await self._session.close()

    async def ask(self, request: Exchange) -> Errands:
        """Ask once.

        Raises:
            UnreachableError: No answer came, or none that a relay gives.
        """
        assert self._session is not None  # noqa: S101 - entered first
        headers = {"Content-Type": MEDIA_TYPE}
        try:
            async with self._session.post(
                self._url, data=BytesIO(frames.encode(request)), headers=headers
            ) as response:
                reply = frames.read_reply(await _bounded(response))
        except (TimeoutError, aiohttp.ClientError, OSError, MalformedError):
            raise UnreachableError from None
        if isinstance(reply, Refused):
            raise UnreachableError(
                "The relay does not take this Witness ({code}).", code=reply.code
            )
        if not isinstance(reply, Errands):
            raise UnreachableError
        return reply


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    parts = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        parts += chunk
        if len(parts) > MAX_FRAME:
            raise UnreachableError
    return bytes(parts)


async def visit(witness: Witness, line: RelayLine) -> int:
    """Do all that waits; gives the number of errands done.

    Raises:
        UnreachableError: The relay did not answer; what was done is brought next time.
        StoreUnavailableError: The file took no more; what was done stays done.
    """
    helper, sign = witness.helper, witness.keys.sign
    waiting: list[Done] = []
    count = 0
    while True:
        sent = _some(waiting)
        reply = await line.ask(frames.sign_exchange(sign, ambient.unix_s(), sent))
        waiting = waiting[len(sent) :]
        if waiting:
            continue
        for errand in reply.errands:
            outcome = await helper.perform(errand, ambient.unix_s())
            if outcome is not None:
                waiting.append(Done(errand.survey, errand.number, outcome))
        if not waiting:
            return count
        count += len(waiting)


def _some(waiting: list[Done]) -> tuple[Done, ...]:
    """As many outcomes as one question takes."""
    room, found = _ROOM, list[Done]()
    for each in waiting[: frames.MAX_DONE]:
        room -= len(each.outcome) + 64
        if found and room < 0:
            break
        found.append(each)
    return tuple(found)
