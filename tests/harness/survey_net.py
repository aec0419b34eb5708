"""Both operators in memory, where devices in memory reach them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness.devices import ORIGIN
from harness.survey import Operators
from inglenook_client.journal import surveys
from inglenook_client.transports import sums
from inglenook_client.transports.address import check_relay
from inglenook_client.transports.errors import OfflineError
from inglenook_schema.sums import frames


class SurveyNet:
    """A relay that takes part in surveys, its Witness, and their common clock."""

    def __init__(self) -> None:
        """Reachable; the Witness is on."""
        self.operators = Operators(relay_origin=ORIGIN)
        self.reachable = True
        self.asked: list[frames.Request] = []

    @property
    def now(self) -> int:
        """Unix seconds."""
        return surveys.now_s()

    async def ask(self, request: frames.Request) -> frames.Reply:
        """What a device's question comes to."""
        if not self.reachable:
            raise OfflineError
        self.asked.append(request)
        reply: frames.Reply = await self.operators.ask(request, self.now)
        return reply

    async def visit(self) -> int:
        """The Witness comes by."""
        return await self.operators.visit(self.now)


@contextmanager
def survey_network() -> Iterator[SurveyNet]:
    """Let every device in this process reach both operators in memory."""
    net = SurveyNet()

    class Wire:
        """Stands where SumsRelay stands."""

        def __init__(self, origin: str) -> None:
            check_relay(origin)

        async def ask(self, request: frames.Request) -> frames.Reply:
            return await net.ask(request)

    real = sums.SumsRelay
    sums.SumsRelay = Wire  # type: ignore[misc,assignment]
    try:
        yield net
    finally:
        sums.SumsRelay = real  # type: ignore[misc]
