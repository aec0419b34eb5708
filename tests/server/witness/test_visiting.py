"""A whole survey over real sockets and files; only the clock is the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer

from harness.survey import AFTER, DURING, FORGOTTEN, Operators, Survey, tick
from inglenook_client.core.sums import collecting
from inglenook_schema.sums import frames
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.frames import Phase, Refused, Taken
from inglenook_server import ambient
from inglenook_server.config import Config
from inglenook_server.core.errors import UnreachableError
from inglenook_server.core.sums.rows import Identity, write
from inglenook_server.core.sums.store import SELF, Change
from inglenook_server.core.sums.store import Kind as Row
from inglenook_server.shells.http import make_app
from inglenook_server.stores.sqlite import SqliteStore
from inglenook_server.stores.sqlite_sums import WitnessFile
from inglenook_server.witness.errands import RelayLine, visit
from inglenook_server.witness.keys import Witness

pytestmark = pytest.mark.may_block  # a test's own files


@dataclass
class Live:
    """A relay that listens, and a Witness with a file."""

    survey: Survey
    witness: Witness
    server: TestServer
    folder: Path

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    async def ask(self, request: frames.Request) -> Any:
        headers = {"Content-Type": "application/x-msgpack"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{self.origin}/v1/sums", data=frames.encode(request), headers=headers
            ) as response,
        ):
            return frames.read_reply(await response.read())

    def bytes_on_disk(self) -> bytes:
        return b"".join(file.read_bytes() for file in self.folder.iterdir())

    async def visit(self) -> int:
        async with RelayLine(self.origin) as line:
            return await visit(self.witness, line)


class Clock:
    """What both sides take the time to be."""

    def __init__(self) -> None:
        self.now = DURING

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(ambient, "unix_s", clock)
    return clock


@pytest_asyncio.fixture
async def live(tmp_path: Path, clock: Clock) -> AsyncIterator[Live]:
    del clock
    relay = await SqliteStore.open(tmp_path / "relay.db")
    file = await WitnessFile.open(tmp_path / "witness.db")
    operators = Operators(relay.sums, file, relay_origin="http://127.0.0.1:1")
    own = operators.relay_keys
    known = operators.known
    known.set(
        Row.IDENTITY,
        write(
            Identity(operators.relay.name, operators.relay.origin, own.sign.seed, own.kem_private)
        ),
    )
    await operators.introduce()
    operators.helper = replace(operators.helper, draw=ambient.random_bytes)
    witness = _Ready(file, operators.witness, operators.witness_keys, operators.relay, operators)
    server = TestServer(make_app(relay, Config()))
    await server.start_server()
    yield Live(Survey(12, [tick()], operators), witness, server, tmp_path)
    await server.close()
    await relay.close()
    await file.close()


@dataclass(frozen=True)
class _Ready(Witness):
    """One whose token key was read before."""

    operators: Operators

    @property
    def helper(self) -> Any:
        return self.operators.helper


async def test_a_survey_is_asked_answered_and_counted_over_the_wire(
    live: Live, clock: Clock
) -> None:
    survey = live.survey
    proposed = await live.ask(collecting.propose(survey.terms, survey.keys, survey.claims))
    await live.visit()
    survey.cosigned = (await live.ask(frames.Look(survey.id))).cosigned
    await survey.ready_tokens()
    kept = [survey.seal(who, [True]) for who in range(12)]
    taken = [await live.ask(survey.answer(who, each)) for who, each in enumerate(kept)]
    held = live.bytes_on_disk()
    clock.now = AFTER
    closing = await live.ask(collecting.collect(survey.id, survey.keys))
    done = await live.visit()
    collected = await live.ask(collecting.collect(survey.id, survey.keys))
    _, counted = survey.publish(collected)

    assert (proposed.phase, closing.phase, done) == (Phase.PROPOSED, Phase.CHECKING, 2)
    assert taken == [Taken()] * 12
    assert counted.outcomes[0].count == 12
    left = live.bytes_on_disk()
    for each in kept:
        assert each.reports[0].report[-64:] in held
        assert each.reports[0].report[-64:] not in left
    clock.now = FORGOTTEN
    assert await live.witness.helper.forget(FORGOTTEN) == 1


async def test_a_witness_that_the_relay_does_not_know_is_told_so(live: Live) -> None:
    await live.survey.operators.relay_store.save(SELF, Change(1, clear={Row.PEER}))

    with pytest.raises(UnreachableError, match="does not take this Witness"):
        await live.visit()


async def test_a_relay_that_is_not_there_is_visited_later(live: Live) -> None:
    await live.server.close()

    with pytest.raises(UnreachableError):
        await live.visit()


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        pytest.param(b"?", "application/x-msgpack", 400, id="garbage"),
        pytest.param(b"?", "text/plain", 415, id="from a web page"),
        pytest.param(bytes(4_194_305), "application/x-msgpack", 413, id="too much"),
    ],
)
async def test_what_is_no_question_gets_an_answer_all_the_same(
    live: Live, data: bytes, kind: str, status: int
) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{live.origin}/v1/sums", data=BytesIO(data), headers={"Content-Type": kind}
        ) as response,
    ):
        assert response.status == status
        assert frames.read_reply(await response.read()) == Refused("invalidMessage")


def test_the_terms_of_this_survey_call_it_a_trial(live: Live) -> None:
    assert live.survey.terms.trial
    assert terms_.is_trial(live.survey.terms.relay, live.survey.terms.witness)
