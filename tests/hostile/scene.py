"""Where attacks happen, and what must be true after every one of them.

Ada's laptop and tablet and Max's PC share a space over a relay that may turn hostile. All that
honest people write is a *canary*: it must be nowhere but on their own devices, and there it
must be whole. A row names what the person is told, or why nothing is said and what bounds it.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from client.journal.forgetting import Clock
from demo.needles import finds, needles
from harness.devices import Device, Net, agree
from harness.hostile_relay import Edit, HostileRelay, Kept
from inglenook_client.cli import checking
from inglenook_client.cli.screen import Screen
from inglenook_client.journal.model import Report, Shown, Status
from inglenook_client.stores import boxes
from inglenook_client.stores.connection import Db
from inglenook_schema.control import LogType

SONG = "of the heron by the canal"
"""What all canaries have in common, so that one search finds any of them."""


class Evidence(Enum):
    """What stays of an attack on the devices that it was made on."""

    REFUSED = "the records, whole and marked as refused"
    VOID = "the events in their chain, under their author's seal, without effect"
    FORK = "both branches, each under a seal"
    KNOCK = "the knocks, signed"
    KEPT = "the device's own copy of what the relay dropped, put there again"
    NOTHING_SIGNED = "nothing: a relay signs nothing that could be shown to anybody"
    NOTHING_CAME = "nothing: no byte of it got as far as a device"


@dataclass(frozen=True)
class Row:
    """One attack."""

    id: str
    attack: Callable[[Scene], Awaitable[None]]
    told: str
    """Words of the sentence that tells of it; empty where nothing can be seen."""
    unseen: str
    """Why nothing is said, and what bounds it."""
    evidence: Evidence


ROWS: dict[str, Row] = {}


def row(
    name: str, *, evidence: Evidence, told: str = "", unseen: str = ""
) -> Callable[[Callable[[Scene], Awaitable[None]]], Callable[[Scene], Awaitable[None]]]:
    """Add an attack to the table: exactly one of ``told`` and ``unseen`` is said."""
    assert bool(told) != bool(unseen)
    assert name not in ROWS

    def add(attack: Callable[[Scene], Awaitable[None]]) -> Callable[[Scene], Awaitable[None]]:
        ROWS[name] = Row(name, attack, told, unseen, evidence)
        return attack

    return add


@dataclass
class Scene:
    """Devices, a relay, and all that was written and said."""

    net: Net
    relay: HostileRelay
    clock: Clock
    base: Path
    ada: Device
    tablet: Device
    max: Device
    log: Callable[[], str]
    """All that was logged, at any level."""
    honest: list[Device] = field(default_factory=list)
    """The devices that must agree in the end; an attack takes the hostile ones out."""
    shared: list[str] = field(default_factory=list)
    """Canaries of the pair."""
    private: list[tuple[str, str]] = field(default_factory=list)
    """[person's name, canary] of journals."""
    gone: list[str] = field(default_factory=list)
    """Canaries that were erased: they must be nowhere at all."""
    void: list[bytes] = field(default_factory=list)
    """Ids of events that an attacker signed and that are kept without effect."""
    said: dict[Device, list[str]] = field(default_factory=dict)
    """Each sentence that a sync brought to a person."""
    states: dict[Device, list[str]] = field(default_factory=dict)
    """Each sentence that ``status`` showed at some time."""
    joined: list[Device] = field(default_factory=list)
    """Devices that came later, to be closed."""
    alone: list[Device] = field(default_factory=list)
    """Honest devices of people who are in no pair."""
    outside_folders: list[Path] = field(default_factory=list)
    """Where journals leave what is not in their folders."""

    # --- what honest people do ---

    async def write(self, device: Device, words: str) -> Shown:
        """An entry in the journal."""
        canary = f"canary {words} {len(self.private)} {SONG}"
        self.private.append((device.journal.name, canary))
        return await device.write(canary)

    async def share(self, device: Device, words: str) -> Shown:
        """A goal in the pair."""
        canary = f"canary {words} {len(self.shared)} {SONG}"
        self.shared.append(canary)
        return await device.share(canary)

    async def erase(self, device: Device, shown: Shown) -> None:
        """What is erased is no longer to be kept."""
        self.shared = [text for text in self.shared if text != shown.text]
        self.private = [(who, text) for who, text in self.private if text != shown.text]
        self.gone.append(shown.text)
        await device.journal.erase([shown.event])

    async def sync(self, device: Device) -> Report:
        """Sync, and read what is said; the relay knows who asks."""
        self.relay.asker = device.home.name
        report = await device.sync()
        sentences = [*report.news, *filter(None, [report.problem])]
        self.said.setdefault(device, []).extend(sentences)
        self.relay.asker = ""
        return report

    async def settle(self, *devices: Device, rounds: int = 2) -> None:
        """Everybody honest syncs, and again."""
        for device in (devices or tuple(self.honest)) * rounds:
            await self.sync(device)

    async def look(self, *devices: Device) -> list[str]:
        """Read what ``inglenook status`` says."""
        found = list[str]()
        for device in devices or tuple(self.honest):
            lines = status_lines(await device.journal.status())
            assert len(lines) == len(set(lines))
            known = self.states.setdefault(device, [])
            known += [line for line in lines if line not in known]
            found += lines
        return found

    async def new_device(self, device: Device, label: str) -> Device:
        """Another device of the same person, honest as well."""
        made, _joined = await device.begin_second(label)
        await device.journal.device_approve(await device.knocked())
        await self.sync(made)
        self.honest.append(made)
        return made

    # --- what a relay knows ---

    async def address(self, type_: LogType = LogType.PAIR) -> bytes:
        """Of the newest mailbox of Ada's journal or of the pair."""

        def find(db: Db) -> bytes:
            (found,) = db.execute(
                "SELECT m.address FROM mailbox m JOIN log l ON l.number = m.log"
                " AND l.epoch = m.epoch WHERE l.type = ?",
                (type_,),
            ).fetchone()
            return bytes(found)

        return await self.ada.read(find)

    def only_new(self, edit: Callable[[list[Kept]], Sequence[Kept]], *addresses: bytes) -> Edit:
        """Show what lies there now as it is, and what comes later as ``edit`` gives it."""
        before = {address: len(rows) for address, rows in self.relay.store._records.items()}

        def shown(address: bytes, rows: list[Kept]) -> Iterator[Kept]:
            n = before.get(address, 0)
            yield from rows[:n]
            meant = not addresses or address in addresses
            yield from edit(rows[n:]) if meant else rows[n:]

        return shown

    # --- afterwards ---

    async def check(self, row: Row) -> None:
        """What must be true after every attack, whatever it was."""
        await self.look()
        self.relay.calm()
        await self.settle(rounds=3)
        await self.look()
        assert self.outside() == [], "a canary outside the clients"
        assert await agree(*self.honest), "honest devices disagree"
        for device in self.honest:
            await self._check_device(device)
        self._check_told(row)
        assert await self._is_kept(row.evidence), f"no evidence: {row.evidence.value}"

    async def _check_device(self, device: Device) -> None:
        texts = await device.texts()
        mine = [text for who, text in self.private if who == device.journal.name]
        ours = [] if device in self.alone else self.shared
        lost = [text for text in (*ours, *mine) if texts.count(text) != 1]
        assert lost == [], f"lost or doubled at {device.home.name}"
        back = [text for text in self.gone if any(text in each for each in texts)]
        assert back == [], f"came back at {device.home.name}"
        found = await device.journal.doctor()
        assert found.ok, found.problems

    def _check_told(self, row: Row) -> None:
        if row.unseen:
            return
        told = {d.home.name: [s for s in said if row.told in s] for d, said in self.said.items()}
        shown = {d.home.name: [s for s in said if row.told in s] for d, said in self.states.items()}
        everything = [*self.said.values(), *self.states.values()]
        assert any(told.values()) or any(shown.values()), f"not told: {everything}"
        assert all(len(found) <= 1 for found in told.values()), f"told again: {told}"

    async def _is_kept(self, evidence: Evidence) -> bool:
        if evidence in (Evidence.NOTHING_SIGNED, Evidence.NOTHING_CAME):
            return True
        found = [await device.read(_EVIDENCE[evidence]) for device in self.honest]
        if evidence is Evidence.VOID:
            return bool(self.void) and any(
                [await device.read(self._holds_void) for device in self.honest]
            )
        return any(found)

    def _holds_void(self, db: Db) -> bool:
        ids = {row[0] for row in db.execute("SELECT id FROM event")}
        return ids.issuperset(self.void)

    # --- canaries ---

    def outside(self) -> list[str]:
        """Canaries that lie in clear anywhere but in a client's memory."""
        wanted = list(needles(SONG))
        places = {
            "on the wire": b"\n".join(self.relay.traffic),
            "at the relay": b"\n".join(self.relay.blobs()),
            "in a log": self.log().encode(),
            **{f"in {path.name}": path.read_bytes() for path in self._files()},
        }
        return [place for place, data in places.items() if finds(data, wanted)]

    def _files(self) -> Iterator[Path]:
        devices = (self.ada, self.tablet, self.max, *self.honest, *self.joined)
        for folder in {*self.outside_folders, *(device.home for device in devices)}:
            yield from (path for path in folder.rglob("*") if path.is_file())


def status_lines(status: Status) -> list[str]:
    """What the command prints of each space, and of what is wrong."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for space in status.spaces:
            checking._print_space(Screen(plain=True), space, relay=True)
    return [*(line.strip() for line in printed.getvalue().splitlines()), *status.problems]


def _refused(db: Db) -> bool:
    sql = "SELECT 1 FROM record WHERE state = ? AND blob IS NOT NULL"
    return db.execute(sql, (boxes.REFUSED,)).fetchone() is not None


def _forked(db: Db) -> bool:
    sql = (
        "SELECT count(*), count(s.signature) FROM chain c JOIN event e ON e.chain = c.number"
        " AND e.seq = c.forked LEFT JOIN seal s ON s.chain = c.number AND s.seq >= e.seq"
        " WHERE c.forked IS NOT NULL"
    )
    events, seals = db.execute(sql).fetchone()
    return bool(events >= 2 and seals >= 2)


def _knocks(db: Db) -> bool:
    return db.execute("SELECT 1 FROM knock").fetchone() is not None


def _own_copies(db: Db) -> bool:
    sql = "SELECT 1 FROM record WHERE blob IS NOT NULL AND n IS NOT NULL"
    return db.execute(sql).fetchone() is not None


_EVIDENCE: dict[Evidence, Callable[[Db], bool]] = {
    Evidence.REFUSED: _refused,
    Evidence.VOID: lambda _: True,
    Evidence.FORK: _forked,
    Evidence.KNOCK: _knocks,
    Evidence.KEPT: _own_copies,
}


class LogText(logging.Handler):
    """Everything that anybody logs, as it would stand in a file."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.lines = list[str]()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.args!r}")

    def text(self) -> str:
        return "\n".join(self.lines)
