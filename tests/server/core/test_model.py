"""The relay against a simple model of it, over memory and over SQLite."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from harness.relay_boxes import TODAY, HeldBox, sealed, token
from harness.relay_model import Model
from inglenook_schema import wire
from inglenook_schema.mailbox import EMPTY_HEAD
from inglenook_schema.wire import Erase, Ids, Make, Put, ToRelay, Want
from inglenook_server.core.relay import Relay
from inglenook_server.core.rules import Quota, Rules
from inglenook_server.core.store import Store
from inglenook_server.fanouts.local import LocalFanout
from inglenook_server.stores.memory import MemoryStore
from inglenook_server.stores.sqlite import SqliteStore

MAX_RECORDS = 6
BOXES = [HeldBox("a"), HeldBox("b", owned=True), HeldBox("never made")]
RECORDS = [sealed(number) for number in range(8)]
WRONG = token("wrong")

boxes = st.sampled_from(BOXES)
records = st.sampled_from(RECORDS)
positions = st.integers(0, MAX_RECORDS + 1)
mostly = st.sampled_from([True, True, True, False])


@st.composite
def makes(draw: st.DrawFn) -> Make:
    box = draw(st.sampled_from(BOXES[:2]))
    make = box.make()
    return make if draw(mostly) else Make(make.address, WRONG, make.write, make.owner, 9, b"")


@st.composite
def puts(draw: st.DrawFn) -> Put:
    box = draw(boxes)
    return Put(box.address, box.tokens.write if draw(mostly) else WRONG, draw(records).blob, b"")


@st.composite
def erasures(draw: st.DrawFn) -> Erase:
    box = draw(boxes)
    owner = box.tokens.owner or WRONG
    by = draw(st.sampled_from([record.erase_token for record in RECORDS] + [owner, WRONG]))
    return Erase(box.address, draw(positions), by)


class RelayAgainstModel(RuleBasedStateMachine):
    """Frames of several parts; every answer is the model's."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.store = self.open_store()
        self.relay = Relay(self.store, LocalFanout(), Rules(quota=Quota(max_records=MAX_RECORDS)))
        self.model = Model(MAX_RECORDS)
        self.cursors: list[tuple[HeldBox, int, bytes]] = [(box, 0, EMPTY_HEAD) for box in BOXES]

    def open_store(self) -> Store:
        return MemoryStore()

    def ask(self, frame: ToRelay) -> None:
        data = wire.encode(frame)
        answer = self.runner.run(self.relay.receive(data, TODAY))
        assert answer == self.model.answer(frame)
        for want, box in zip(frame.want, answer.boxes, strict=True):
            if box.head:
                held = next(held for held in BOXES if held.address == want.address)
                self.cursors.append((held, box.n, box.head))

    @rule(
        made=st.lists(makes(), max_size=2),
        put=st.lists(puts(), max_size=4),
        erased=st.lists(erasures(), max_size=3),
        data=st.data(),
    )
    def one_frame(
        self, made: list[Make], put: list[Put], erased: list[Erase], data: st.DataObject
    ) -> None:
        wanted: list[Want] = []
        rids: list[Ids] = []
        for _ in range(data.draw(st.integers(0, 3))):
            box, n, head = data.draw(st.sampled_from(self.cursors))
            read = box.tokens.read if data.draw(mostly) else WRONG
            wanted.append(Want(box.address, read, n, head if data.draw(mostly) else WRONG))
            rids.append(Ids(box.address, read, data.draw(positions)))
        self.ask(ToRelay(tuple(made), tuple(wanted), tuple(put), tuple(rids), tuple(erased)))

    @rule(box=boxes, count=st.integers(1, 4), data=st.data())
    def frames_at_once(self, box: HeldBox, count: int, data: st.DataObject) -> None:
        """Frames that wait together settle one after the other, in the order they came."""
        frames = [ToRelay(put=(box.put(data.draw(records).blob),)) for _ in range(count)]

        async def all_of_them() -> list[Any]:
            return await asyncio.gather(*(self.relay.answer(frame, TODAY) for frame in frames))

        assert self.runner.run(all_of_them()) == [self.model.answer(frame) for frame in frames]

    @invariant()
    def every_mailbox_reads_as_in_the_model(self) -> None:
        self.ask(ToRelay(want=tuple(box.want() for box in BOXES)))

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()


class SqliteRelayAgainstModel(RelayAgainstModel):
    """The same over a file, which is closed and opened again now and then."""

    def open_store(self) -> Store:
        self.folder = tempfile.TemporaryDirectory()
        return self.reopen()

    def reopen(self) -> Store:
        return self.runner.run(SqliteStore.open(Path(self.folder.name) / "relay.db"))

    @rule()
    def restart(self) -> None:
        self.runner.run(self.store.close())
        self.store = self.reopen()
        self.relay = Relay(self.store, LocalFanout(), Rules(quota=Quota(max_records=MAX_RECORDS)))

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


TestRelayOverMemoryAgainstModel = RelayAgainstModel.TestCase
TestRelayOverMemoryAgainstModel.settings = settings(stateful_step_count=20)
TestRelayOverMemoryAgainstModel.pytestmark = [pytest.mark.timeout(300)]
TestRelayOverSqliteAgainstModel = SqliteRelayAgainstModel.TestCase
TestRelayOverSqliteAgainstModel.settings = settings(max_examples=10, stateful_step_count=15)
