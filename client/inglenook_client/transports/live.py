"""One relay over a WebSocket: the same frames, and hints when a mailbox grows."""

from __future__ import annotations

import asyncio
from types import TracebackType

import aiohttp

from inglenook_client.transports.address import check_relay
from inglenook_client.transports.errors import OfflineError
from inglenook_client.transports.http import read_answer
from inglenook_client.transports.session import open_session
from inglenook_schema import wire
from inglenook_schema.limits import MAX_FRAME
from inglenook_schema.wire import ToClient, ToRelay

_ANSWER_S = 60
_HEARTBEAT_S = 30


class LiveRelay:
    """A conversation partner behind ``/v1/live``."""

    def __init__(self, origin: str) -> None:
        """Nothing is sent yet; raises CallerError as :func:`check_relay` does."""
        check_relay(origin)
        self._url = f"{origin}/v1/live"
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._answers: asyncio.Queue[ToClient | None] = asyncio.Queue()
        self.grown = asyncio.Event()
        """Set when the relay hints that a mailbox grew, or the connection ended."""
        self.closed = False

    async def __aenter__(self) -> LiveRelay:
        """Connect.

        Raises:
            OfflineError: The relay could not be reached.
        """
        self._session = open_session()
        try:
            self._socket = await self._session.ws_connect(
                self._url, max_msg_size=2 * MAX_FRAME, heartbeat=_HEARTBEAT_S
            )
        except (TimeoutError, aiohttp.ClientError, OSError):
            await self._session.close()
            raise OfflineError from None
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        if self._session is not None:
            await self._session.close()

    async def exchange(self, frame: ToRelay) -> ToClient:
        """Ask once; answers come in the order of the questions.

        Raises:
            OfflineError: The connection broke.
        """
        assert self._socket is not None  # noqa: S101 - entered first
        if self.closed:
            raise OfflineError
        try:
            await self._socket.send_bytes(wire.encode(frame))
            answer = await asyncio.wait_for(self._answers.get(), _ANSWER_S)
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise OfflineError from None
        if answer is None:
            raise OfflineError
        return answer

    async def _read(self) -> None:
        assert self._socket is not None  # noqa: S101 - set before this task starts
        try:
            async for message in self._socket:
                if message.type is not aiohttp.WSMsgType.BINARY:
                    break
                answer = read_answer(message.data)
                if answer.pushed:
                    self.grown.set()
                else:
                    self._answers.put_nowait(answer)
        except OfflineError:
            pass
        finally:
            self.closed = True
            self._answers.put_nowait(None)
            self.grown.set()
