"""The hostile relay as a process: real sockets, real HTTP, the client's own transports."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from demo.needles import finds, needles
from harness.devices import Device, _unplace, agree, settle
from harness.relay_boxes import HeldBox, sealed
from harness.relay_process import relay_process
from inglenook_client.transports.errors import OfflineError
from inglenook_client.transports.live import LiveRelay
from inglenook_schema import wire
from inglenook_schema.mailbox import EMPTY_HEAD
from inglenook_schema.wire import Erase, Ids, Put, Status, ToRelay, Want

TESTS = Path(__file__).parents[1]


class Process:
    """A hostile relay that runs somewhere else."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.hostile_process"],
            cwd=TESTS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = "http://" + self.process.stdout.readline().split()[-1]

    def tell(self, what: str) -> str:
        """Have it do something."""
        url = f"{self.url}/{urllib.parse.quote(what)}"
        method = "GET" if what == "seen" else "POST"
        with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
            return str(answer.read().decode())

    def end(self) -> None:
        self.process.communicate("")


@pytest.fixture(scope="module")
def hostile() -> Iterator[Process]:
    process = Process()
    yield process
    process.end()


@pytest.fixture(scope="module")
def evil() -> Iterator[Process]:
    """Where nobody should be led."""
    process = Process()
    yield process
    process.end()


@pytest.fixture(autouse=True)
def places(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("run")
    folder.chmod(0o700)
    for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(folder))


async def _template(base: Path, relay: Process) -> None:
    """Ada's laptop and Max's PC, who share a space at this relay."""
    ada = await Device.first(base, "Ada", relay=relay.url)
    max_ = await Device.first(base, "Max", relay=relay.url)
    await ada.pair_with(max_)
    await settle(ada, max_)
    for device in (ada, max_):
        await device.change(_unplace)
        await device.close()
    relay.tell("photograph")


@asynccontextmanager
async def _two(made: Path, base: Path, relay: Process) -> AsyncIterator[tuple[Device, Device]]:
    """The two of them again, and the relay as it was."""
    relay.tell("calm")
    relay.tell("put-back")
    devices = [await Device(base / name).put_back(made / name) for name in ("ada", "max")]
    yield devices[0], devices[1]
    for device in devices:
        await device.close()


@pytest.mark.timeout(120)
async def test_whatever_a_relay_does_to_frames_and_to_http_nothing_is_lost_leaked_or_unsaid(
    hostile: Process, evil: Process, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    made.mkdir()
    await _template(made, hostile)
    attacks = {
        "flips": "was refused (A record did not open",
        "wrong heads": "did not add up",
        "lying acks": "",  # it stays *waiting*
        "log deleted": "The relay lost",
        "withheld": "did not add up",
        "noise": "not in a way this device understands",
        "a page": "not in a way this device understands",
        f"a redirect:{evil.url}": "Couldn't reach the relay",
        "a bomb": "not in a way this device understands",
        "without end": "not in a way this device understands",
        "lies about time": "",  # no rule reads a relay's clock
    }
    for number, (attack, told) in enumerate(attacks.items()):
        where = tmp_path / str(number)
        where.mkdir()
        async with _two(made, where, hostile) as (ada, max_):
            try:
                await _attacked(hostile, attack, told, ada, max_)
            except AssertionError as error:
                raise AssertionError(f"under attack: {attack}") from error
    assert evil.tell("seen") == "0"


async def _attacked(relay: Process, attack: str, told: str, ada: Device, max_: Device) -> None:
    words = ("canary of a process, by Ada", "canary of a process, by Max")
    relay.tell(f"attack/{attack}")
    await ada.share(words[0])
    await max_.share(words[1])
    said = list[str]()
    for device in (ada, max_):
        report = await device.sync()
        said.append(" ".join([*report.news, report.problem]))
    relay.tell("calm")
    await settle(ada, max_, rounds=3)
    assert await ada.texts() == await max_.texts() == sorted(words)
    assert await agree(ada, max_)
    assert all(each.count(told) <= 1 for each in said if told)
    assert any(told in each for each in said)
    wanted = [needle for each in words for needle in needles(each)]
    for device in (ada, max_):
        files = [path for path in device.home.rglob("*") if path.is_file()]
        assert not any(finds(path.read_bytes(), wanted) for path in files)


async def test_a_live_connection_is_led_nowhere_else_and_hints_are_no_data(
    hostile: Process, evil: Process, tmp_path: Path
) -> None:
    hostile.tell("calm")
    ada = await Device.first(tmp_path, "Ada", relay=hostile.url)
    await ada.sync()
    hostile.tell(f"attack/a redirect:{evil.url}")
    before = evil.tell("seen")
    with pytest.raises(OfflineError):
        async with LiveRelay(hostile.url):
            pass
    hostile.tell("attack/hints without end")
    seen = int(hostile.tell("seen"))
    said = list[str]()
    watching = asyncio.create_task(ada.journal.watch(said.append))
    for number in range(3):
        await ada.write(f"written under hints {number}")
        await ada.sync()  # by the one that watches: it has the right to
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    await ada.close()
    assert evil.tell("seen") == before
    assert len(said) == len(set(said))
    assert int(hostile.tell("seen")) - seen < 400
    hostile.tell("calm")


def test_what_a_relay_acknowledged_is_there_after_a_kill_and_what_it_could_not_keep_is_not_said(
    tmp_path: Path,
) -> None:
    """The disk takes nothing more from one put on; then power is gone."""
    box, db = HeldBox("killed"), tmp_path / "relay.db"
    with relay_process(db) as relay:
        relay.ask(ToRelay(make=(box.make(),)))
        (kept,) = relay.ask(ToRelay(put=(box.put(sealed("kept").blob),))).acks
        full = sum(path.stat().st_size for path in tmp_path.iterdir())
        resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, (full // 4, full // 4))
        refused = relay.ask(ToRelay(put=(box.put(sealed("not kept").blob),)))
        relay.end(kill=True)
    with relay_process(db) as relay:
        (found,) = relay.ask(ToRelay(want=(box.want(),))).boxes
    rids = {data for _, data in found.records}
    assert kept.status is Status.OK
    assert sealed("kept").blob in rids
    acknowledged = [done for done in refused.acks if done.status is Status.OK]
    assert (sealed("not kept").blob in rids) == bool(acknowledged)


def test_an_unknown_mailbox_and_a_wrong_token_are_answered_with_the_same_bytes(
    tmp_path: Path,
) -> None:
    """Whoever guesses learns nothing, by any kind of question."""
    there, absent, token = HeldBox("there"), HeldBox("absent"), HeldBox("guessed").tokens
    blob, nowhere = sealed("two").blob, (absent.address, there.address)
    with relay_process(tmp_path / "relay.db") as relay:
        relay.ask(ToRelay(make=(there.make(),), put=(there.put(sealed("one").blob),)))
        for questions in (
            [ToRelay(want=(Want(at, token.read, 0, EMPTY_HEAD),)) for at in nowhere],
            [ToRelay(want=(Want(at, token.read, 9, bytes(32)),)) for at in nowhere],
            [ToRelay(put=(Put(at, token.write, blob, b""),)) for at in nowhere],
            [ToRelay(ids=(Ids(at, token.read, 0),)) for at in nowhere],
            [ToRelay(erase=(Erase(at, 1, token.owner or bytes(32)),)) for at in nowhere],
        ):
            of_absent, of_wrong = [wire.encode(relay.ask(question)) for question in questions]
            assert of_absent == of_wrong
