"""Two people with two devices each, whatever happens: nothing is lost, nothing leaks, all agree."""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from harness import memory
from harness.blocking import watching
from harness.devices import Device, Net, PowerCutError, Template, agree, network, settle
from harness.words import places
from inglenook_client.journal import rotating
from inglenook_client.journal.errors import ForeignPackError
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import Query
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.erasing import AT_ONCE
from inglenook_schema import pack
from inglenook_schema.control import Reason
from inglenook_schema.errors import NotAllowedError

T = TypeVar("T")
NAMES = ("ada", "tablet", "max", "phone")
ADA = frozenset({"ada", "tablet"})
who = st.sampled_from(NAMES)
EXAMPLES = settings().max_examples // 10
"""Each step is real SQLCipher, so that a tenth of the profile's examples must do."""


_MOST_ROUNDS = 6


class Everybody(RuleBasedStateMachine):
    """Writes, syncs and mishaps in any order; at the end everybody syncs and must agree."""

    template: Template | None = None

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.base = Path(tempfile.mkdtemp(prefix="ink-", dir=memory.folder()))
        self.network = network()
        self.net: Net = self.network.__enter__()
        self.devices: dict[str, Device] = {}
        self.copies: dict[str, tuple[Path, set[str]]] = {}
        self.saved: dict[str, set[str]] = {name: set() for name in NAMES}
        """Everything that was saved on a device, as long as its folder is not put back."""
        self.shared: set[str] = set()
        self.private: dict[frozenset[str], set[str]] = {ADA: set(), frozenset(NAMES) - ADA: set()}
        self.erased: dict[frozenset[str], set[str]] = {ADA: set(), frozenset(NAMES) - ADA: set()}
        """What each person erased: fewer than go at once on one day."""
        self.older = self.net.relay.snapshot()
        self.count = 0
        self.mishaps = set[str]()
        """Of these three, two at most: a device and a relay that both forget an epoch which
        everybody had gone on to are led by nobody (protocol 5.6)."""
        self.stick, self.file = self.base / "stick", self.base / "journal.pack"
        self.stick.mkdir()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    @initialize()
    def everybody_is_there(self) -> None:
        assert Everybody.template is not None
        unpacked = Everybody.template.unpack(self.net, self.base, *NAMES)
        self.devices = dict(zip(NAMES, self.run(unpacked), strict=True))
        self.older = self.net.relay.snapshot()

    # --- what people do ---

    @rule(name=who, shared=st.booleans())
    def write(self, name: str, shared: bool) -> None:
        self.count += 1
        text = f"{'shared' if shared else 'private'} {self.count} by {name}"
        device = self.devices[name]
        self.run(device.share(text) if shared else device.write(text))
        self.saved[name].add(text)
        owners = ADA if name in ADA else frozenset(NAMES) - ADA
        (self.shared if shared else self.private[owners]).add(text)

    @rule(name=who, data=st.data())
    def erase(self, name: str, data: st.DataObject) -> None:
        owners = ADA if name in ADA else frozenset(NAMES) - ADA
        found = self.run(self.devices[name].journal.log(Query()))
        mine = [shown for shown in found if shown.mine and shown.text]
        if not mine or len(self.erased[owners]) == AT_ONCE:
            return
        chosen = data.draw(st.sampled_from(mine))
        self.run(self.devices[name].journal.erase([chosen.event]))
        self.erased[owners].add(chosen.text)
        for texts in (*self.saved.values(), self.shared, *self.private.values()):
            texts.discard(chosen.text)
        for _, saved in self.copies.values():
            saved.discard(chosen.text)

    def may(self, mishap: str) -> bool:
        return len(self.mishaps | {mishap}) < 3

    @precondition(lambda self: self.may("epoch"))
    @rule(name=who, shared=st.booleans())
    def begin_an_epoch(self, name: str, shared: bool) -> None:
        """Unasked and whenever; so several at once, and packs that share parts."""
        self.mishaps.add("epoch")
        device = self.devices[name]
        number = self.run(device.pair() if shared else device.journal.space(None)).number
        me = device.journal.me

        def rotate(db: Db) -> None:
            with suppress(NotAllowedError):  # its chain is not open: the folder was put back
                rotating.rotate(db, me, logs.log_by_number(db, number), Reason.AGE)

        self.run(device.change(rotate))

    @rule(name=who)
    def carry(self, name: str) -> None:
        """Sync with the one stick that everybody uses."""
        self.run(self.devices[name].journal.sync_folder(self.stick))
        self.saved[name] |= set(self.run(self.devices[name].texts())) - self.gone

    @rule(name=who)
    def write_a_file(self, name: str) -> None:
        self.run(self.devices[name].journal.export_packs(self.file, replace=True))

    @precondition(lambda self: self.file.exists())
    @rule(name=who)
    def take_a_file_in(self, name: str) -> None:
        with suppress(ForeignPackError):
            self.run(self.devices[name].journal.import_packs(self.file))
        self.saved[name] |= set(self.run(self.devices[name].texts())) - self.gone

    @rule(name=who)
    def sync(self, name: str) -> None:
        self.run(self.devices[name].sync())
        self.saved[name] |= set(self.run(self.devices[name].texts())) - self.gone

    @property
    def gone(self) -> set[str]:
        return set().union(*self.erased.values()) | {""}

    # --- what goes wrong ---

    @rule(name=who, step=st.integers(0, 3))
    def the_power_fails_while_syncing(self, name: str, step: int) -> None:
        self.net.power_cut_in = step
        with suppress(PowerCutError):
            self.run(self.devices[name].sync())
        self.net.power_cut_in = None
        self.run(self.devices[name].reopen())

    @rule(name=who)
    def an_answer_gets_lost(self, name: str) -> None:
        self.net.relay.answers_to_lose = 1
        report = self.run(self.devices[name].sync())
        assert report.offline
        self.net.relay.answers_to_lose = 0

    @rule()
    def the_relay_is_backed_up(self) -> None:
        self.older = self.net.relay.snapshot()

    @precondition(lambda self: self.may("relay"))
    @rule()
    def the_relay_is_put_back(self) -> None:
        self.mishaps.add("relay")
        self.net.relay.roll_back(self.older)

    @rule(name=who)
    def a_folder_is_copied(self, name: str) -> None:
        device = self.devices[name]
        copy = self.base / f"copy of {name}"
        if copy.exists():
            shutil.rmtree(copy)
        self.run(device.journal.close())
        shutil.copytree(device.home, copy)
        self.run(self._open(device))
        self.copies[name] = (copy, set(self.saved[name]))

    @precondition(lambda self: self.copies and self.may("folder"))
    @rule(data=st.data())
    def a_folder_is_put_back(self, data: st.DataObject) -> None:
        """Not before others have what it wrote: what only a lost disk held is lost."""
        self.mishaps.add("folder")
        name = data.draw(st.sampled_from(sorted(self.copies)))
        copy, saved = self.copies[name]
        device = self.devices[name]
        self.run(settle(device, *self.devices.values(), rounds=1))
        self.run(device.put_back(copy))
        self.saved[name] = set(saved)

    async def _open(self, device: Device) -> None:
        device.journal = await Journal.open(device.home, device.key)

    # --- what must hold ---

    @invariant()
    def nothing_saved_here_is_lost_and_nothing_of_others_journals_is_here(self) -> None:
        for name, device in self.devices.items():
            texts = set(self.run(device.texts()))
            assert self.saved[name] <= texts
            others = [words for owners, words in self.private.items() if name not in owners]
            assert not texts & set().union(*others)

    @invariant()
    def nothing_is_shown_that_is_not_under_its_authors_seal(self) -> None:
        for device in self.devices.values():
            assert self.run(device.read(_unsealed)) == 0

    def teardown(self) -> None:
        try:
            if self.devices:
                self._everybody_ends_the_same()
        finally:
            for device in self.devices.values():
                self.run(device.close())
            self.loop.close()
            self.network.__exit__(None, None, None)
            shutil.rmtree(self.base)

    def _everybody_ends_the_same(self) -> None:
        everybody = tuple(self.devices.values())
        self.run(settle(*everybody, rounds=2))
        for _ in range(_MOST_ROUNDS):  # fresh keys and acks follow one another for a while
            reports = [self.run(device.sync()) for device in everybody]
            if not sum(report.sent + report.received for report in reports):
                break
        assert self.run(agree(*everybody))
        for name, device in self.devices.items():
            own = next(words for owners, words in self.private.items() if name in owners)
            assert set(self.run(device.texts())) - {""} == self.shared | own
            for text in self.gone - {""}:
                assert self.run(device.read(lambda db, t=text: places(db, t.encode()))) == set()
            check = self.run(device.journal.doctor())
            assert check.ok, check.problems
        blobs = b"".join(self.net.relay.blobs())
        assert not any(text.encode() in blobs for text in self.shared)


def _unsealed(db: Db) -> int:
    """How many events of others stand behind the last seal of their chain."""
    (count,) = db.execute(
        "SELECT count(*) FROM event e JOIN chain c ON c.number = e.chain WHERE c.mine = 0"
        " AND NOT EXISTS(SELECT 1 FROM seal s WHERE s.chain = e.chain AND s.seq >= e.seq)"
    ).fetchone()
    return int(count)


def test_whatever_happens_everybody_ends_with_the_same(
    template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    Everybody.template = template
    monkeypatch.setattr(pack, "RAW_PART", 9_000)  # several parts a pack
    few = settings(settings(), max_examples=EXAMPLES, stateful_step_count=20)

    with watching():
        run_state_machine_as_test(Everybody, settings=few)
