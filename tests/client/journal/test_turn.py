"""One process syncs a data folder at a time; the others ask it, and wait."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.devices import Device, Net
from inglenook_client.journal import turn
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import Report
from inglenook_client.transports.errors import OfflineError

SCRIPT = Path(__file__).with_name("turning.py")
SLOW = pytest.mark.timeout(120)


@pytest.fixture
def home(net: Net, base: Path) -> Path:
    """A data folder; its sockets lie in the network's own runtime directory."""
    assert net.relays
    folder = base / "data"
    folder.mkdir()
    return folder


class Syncers:
    """Processes that sync one folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.diary = home / "diary"
        self.hold = home / "hold"
        self.running: list[subprocess.Popen[str]] = []

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, str(SCRIPT), str(self.home), str(self.diary), str(self.hold)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.running.append(process)
        return process

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.diary.read_text().splitlines()]

    def wait_for(self, enough: Callable[[], bool]) -> None:
        until = time.monotonic() + 60
        while not enough():
            assert time.monotonic() < until
            time.sleep(0.01)

    def begun(self) -> None:
        self.wait_for(lambda: self.diary.exists() and bool(self.lines()))

    def asked(self) -> None:
        """Wait until somebody is connected to the one who works, and has been heard."""
        socket = str(turn._socket(self.home))
        kernel = Path("/proc/net/unix")
        self.wait_for(lambda: kernel.read_text().count(socket) > 1)
        time.sleep(0.3)

    def answer(self, process: subprocess.Popen[str]) -> int:
        return int(process.communicate(timeout=60)[0])


@pytest.fixture
def syncers(home: Path) -> Iterator[Syncers]:
    found = Syncers(home)
    found.hold.touch()
    yield found
    for process in found.running:
        process.kill()
        process.communicate()


def socket_lies_there(home: Path) -> bool:
    """Whether a socket lies where one asks."""
    socket = turn._socket(home)
    return socket is not None and socket.exists()


@SLOW
def test_a_second_process_asks_the_first_and_gets_the_answer_of_a_round_that_began_later(
    syncers: Syncers,
) -> None:
    first = syncers.start()
    syncers.begun()
    second = syncers.start()
    syncers.asked()
    syncers.hold.unlink()

    answers = [syncers.answer(process) for process in (first, second)]

    assert answers == [first.pid, first.pid]
    assert syncers.lines() == [["begin", str(first.pid)], ["end", str(first.pid)]] * 2
    assert not socket_lies_there(syncers.home)


@SLOW
def test_however_many_ask_work_never_overlaps(syncers: Syncers) -> None:
    syncers.hold.unlink()
    processes = [syncers.start() for _ in range(4)]

    for process in processes:
        assert syncers.answer(process)

    lines = syncers.lines()
    assert [what for what, _ in lines] == ["begin", "end"] * (len(lines) // 2)
    assert all(lines[n][1] == lines[n + 1][1] for n in range(0, len(lines), 2))


@SLOW
def test_when_the_first_is_killed_who_waited_does_the_work(syncers: Syncers) -> None:
    first = syncers.start()
    syncers.begun()
    second = syncers.start()
    syncers.asked()
    first.kill()
    first.wait()
    syncers.hold.unlink()

    assert syncers.answer(second) == second.pid
    assert syncers.lines()[-1] == ["end", str(second.pid)]


@SLOW
def test_what_a_killed_process_left_behind_stops_nobody(syncers: Syncers) -> None:
    first = syncers.start()
    syncers.begun()
    first.kill()
    first.wait()
    left = socket_lies_there(syncers.home)
    syncers.hold.unlink()

    second = syncers.start()

    assert left  # a socket without a listener, and a lock file without a lock
    assert syncers.answer(second) == second.pid


# --- in one process -------------------------------------------------------------------


async def test_everybody_who_asked_before_a_round_is_answered_by_it(home: Path) -> None:
    rounds = 0
    going, go = asyncio.Event(), asyncio.Event()

    async def work() -> Report:
        nonlocal rounds
        rounds += 1
        going.set()
        await go.wait()
        return Report(sent=rounds)

    first = asyncio.create_task(turn.in_turn(home, work))
    await going.wait()
    others = [asyncio.create_task(turn.in_turn(home, work)) for _ in range(5)]
    await asyncio.sleep(0.2)
    go.set()

    assert (await first).sent == 1
    assert [report.sent for report in await asyncio.gather(*others)] == [2] * 5


async def test_when_the_work_fails_who_asked_tries_it_themselves(home: Path) -> None:
    going, go = asyncio.Event(), asyncio.Event()

    async def fail() -> Report:
        going.set()
        await go.wait()
        raise OfflineError

    async def work() -> Report:
        return Report(sent=7)

    first = asyncio.create_task(turn.in_turn(home, fail))
    await going.wait()
    second = asyncio.create_task(turn.in_turn(home, work))
    await asyncio.sleep(0.1)
    go.set()

    with pytest.raises(OfflineError):
        await first
    assert (await second).sent == 7


async def test_a_report_survives_the_way_to_who_asked(home: Path) -> None:
    report = Report(3, 4, True, "Could not reach it.", ["The relay lost 2 records.", "“ü”"])
    held = turn.Turn(home)
    assert held.try_take()
    await held.listen()
    asked = asyncio.create_task(turn.ask(home))
    await held.asked.wait()

    async def work() -> Report:
        return report

    await held.once(work)
    answer = await asked
    await held.release()

    assert answer == report


async def test_a_poke_wakes_the_one_who_syncs_and_nobody_is_no_problem(home: Path) -> None:
    turn.poke(home)
    held = turn.Turn(home)
    held.try_take()
    await held.listen()

    await asyncio.to_thread(turn.poke, home)

    await asyncio.wait_for(held.asked.wait(), 10)
    await held.release()


async def test_rubbish_at_the_socket_is_passed_over(home: Path) -> None:
    held = turn.Turn(home)
    held.try_take()
    await held.listen()
    path = turn._socket(home)
    assert path is not None

    for rubbish in (b"", b"\xff" * 70_000, b"give me the key\n", b"sync"):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(rubbish)
        writer.close()
        await reader.read()

    async def work() -> Report:
        return Report(sent=1)

    assert (await held.serve(work)).sent == 1
    await held.release()


async def test_only_the_owner_may_ask(home: Path) -> None:
    held = turn.Turn(home)
    held.try_take()
    await held.listen()
    path = turn._socket(home)
    assert path is not None

    modes = [path.stat().st_mode & 0o077, path.parent.stat().st_mode & 0o077]
    await held.release()

    assert modes == [0, 0]
    assert not path.exists()


async def test_two_journals_of_one_folder_that_sync_at_once_send_everything_once(
    net: Net, ada: Device
) -> None:
    other = await Journal.open(ada.home, ada.key)
    for number in range(5):
        await ada.write(f"entry {number}")

    reports = await asyncio.gather(ada.sync(), other.sync(), ada.sync())
    await other.close()

    assert not any(report.offline for report in reports)
    assert (await ada.journal.status()).waiting == 0
    assert len(set(net.relay.blobs())) == len(net.relay.blobs())
