"""Real SQLCipher and real SQLite over system calls that fail: what was acknowledged is there.

Calls fail by ``strace -e inject``; the engines are the real ones. Short of room is ENOSPC, a
failed fsync EIO, a torn write a process that is killed between two writes of a commit.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.devices import Device
from harness.relay_boxes import HeldBox, sealed
from harness.relay_process import RelayProcess
from harness.require import require
from harness.strace import Fault, works
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import Query
from inglenook_schema.wire import Fault as Refusal
from inglenook_schema.wire import Status, ToRelay

pytestmark = pytest.mark.timeout(180)
require("strace", works(), "strace, and leave to trace: apt-get install strace")

SCRIPT = Path(__file__).with_name("saving.py")
COUNT = 12
FAULTS = [
    pytest.param(Fault("fsync,fdatasync", "error=EIO", "2+3"), id="now and then an fsync fails"),
    pytest.param(Fault("fsync,fdatasync", "error=EIO", "4+"), id="every fsync fails after a while"),
    pytest.param(Fault("pwrite64", "error=ENOSPC", "20+7"), id="now and then there is no room"),
    pytest.param(Fault("pwrite64", "error=ENOSPC", "40+"), id="the disk is full for good"),
    pytest.param(Fault("pwrite64", "error=EROFS", "30+"), id="the disk becomes read-only"),
    pytest.param(Fault("pwrite64", "signal=KILL", "23"), id="killed between two writes"),
    pytest.param(Fault("fsync,fdatasync", "signal=KILL", "5"), id="killed in an fsync"),
]


# --- the device: SQLCipher ------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_a_device_said_it_saved_is_there(fault: Fault, tmp_path: Path) -> None:
    device = await Device.first(tmp_path, "Ada", relay=None)
    await device.write("before")
    await device.journal.close()

    said = _save(fault, device)

    saved = [line.removeprefix("saved ") for line in said if line.startswith("saved")]
    refused = [line.split(" ", 2)[1:] for line in said if line.startswith("refused")]
    killed = "KILL" in fault.how
    assert bool(refused) != killed
    assert len(saved) + len(refused) == COUNT or killed
    assert {code for code, _ in refused} <= {"5"}
    device.journal = await Journal.open(device.home, device.key)
    await device.write("after")
    texts = [shown.text.strip() for shown in await device.journal.log(Query())]
    check = await device.journal.doctor()
    await device.close()
    assert check.ok, check.problems
    expected = {"before", *saved, "after"}
    # Whole, though nobody was told, or told otherwise: what was written last before the end
    # may lie in the write-ahead log of an engine that could not be sure of it.
    last = {f"struck {len(saved)} ".strip().ljust(300, ".")} if killed else set[str]()
    last |= {text for _, text in refused[-1:]}
    assert expected <= set(texts) <= expected | last
    assert len(texts) == len(set(texts))


def _save(fault: Fault, device: Device) -> list[str]:
    command = [sys.executable, str(SCRIPT), str(device.home), device.key.hex(), str(COUNT)]
    done = subprocess.run(
        [*fault.words, *command, "struck"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    lines = [line for line in done.stdout.splitlines() if line != "open"]
    if "KILL" not in fault.how:
        assert done.returncode == 0, done.stderr
    return lines


def test_the_command_line_says_it_with_exit_code_5(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("inglenook")
    passphrase = tmp_path / "passphrase"
    passphrase.touch(mode=0o600)
    passphrase.write_text("a heron in the millrace\n")
    places = {
        "INGLENOOK_HOME": str(tmp_path / "journal"),
        "INGLENOOK_PASSPHRASE_FILE": str(passphrase),
        "XDG_STATE_HOME": str(tmp_path),
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
    }

    def inglenook(*words: str, fault: Fault | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*(fault.words if fault else ()), str(program), *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
            env=places,
        )

    begun = inglenook("init", "--name", "Ana", "--kdf-mib", "64", "--device", "laptop")
    assert begun.returncode == 0, begun.stderr

    full = inglenook("no room", fault=Fault("pwrite64", "error=ENOSPC", "1+"))
    failed = inglenook("no fsync", fault=Fault("fsync", "error=EIO", "1+"))

    assert (full.returncode, failed.returncode) == (5, 5), full.stderr + failed.stderr
    assert "cannot store it" in full.stderr
    assert "Traceback" not in full.stderr + failed.stderr
    assert inglenook("room again").returncode == 0
    listed = inglenook("log").stdout
    assert "room again" in listed
    assert "no room" not in listed
    assert "no fsync" not in listed


# --- the relay: SQLite ----------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_relay_acknowledged_is_there(fault: Fault, tmp_path: Path) -> None:
    box, acked, refused, killed = HeldBox("box"), dict[bytes, int](), 0, False
    relay = RelayProcess(tmp_path / "relay.db")
    assert relay.ask(ToRelay(make=(box.make(),))).made[0].status is Status.OK
    tracer = fault.attach(relay.process.pid)
    for number in range(3 * COUNT):
        record = sealed(number, size=3_000)
        try:
            answer = relay.ask(ToRelay(put=(box.put(record.blob),)))
        except OSError:
            killed = True
            break
        if answer.fault is Refusal.BUSY:
            refused += 1
        elif answer.acks[0].status is Status.OK:
            acked[record.rid] = answer.acks[0].n
    relay.end(kill=True)
    tracer.wait(20)

    assert killed == ("KILL" in fault.how)
    assert bool(refused) != killed
    assert acked
    relay = RelayProcess(tmp_path / "relay.db")
    after = relay.ask(ToRelay(put=(box.put(sealed("after").blob),), ids=(box.ids(),)))
    relay.end()
    assert after.acks[0].status is Status.OK
    there = {rid: n for n, (_, rid) in enumerate(after.ids[0].records, start=1)}
    assert acked.items() <= there.items()
    assert len(there) <= len(acked) + 2  # one that was cut off, and the last
