"""The main job, shown: two people keep one encrypted log on three devices, through a relay.

Then the relay is put back from a copy, an entry is erased, and all of one person's devices are
lost: from 24 words, a fourth device has everything again.

Every device is a data folder of its own, every command a process of its own, the relay a
real process on a free port of this machine. Each claim is one line, ``proven:`` or
``FAILED:``; the last line counts them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from needles import finds, needles

BIN = Path(sys.executable).parent
PASSPHRASE = "seven quiet otters by the fire"

PRIVATE = "I cried after maths today and told nobody about it"
SHARED = "Passing the maths exam without panicking at night"
OFFLINE = {
    "laptop": "Walked home along the canal and felt lighter",
    "tablet": "Could not sleep so I listed what went well",
    "mentor": "Ask her about the canal walk before the exam talk",
}
STEP_LAPTOP = "Do two old exam papers with a timer"
STEP_TABLET = "Ask Mrs Bell for the formula sheet"
LATE = "Said out loud that I am good at fractions"
WHILE_DOWN = "Wrote this while the relay lay dead"
REGRETTED = "Wrote something about my sister that I would rather not have"
AFTERWARDS = "Everything was there again after the fire"
SECRETS = (
    *(PRIVATE, SHARED, *OFFLINE.values(), STEP_LAPTOP, STEP_TABLET, LATE, WHILE_DOWN),
    *(REGRETTED, AFTERWARDS),
)


class Claims:
    """What was proven so far."""

    def __init__(self) -> None:
        self.proven = 0
        self.made = 0

    def check(self, claim: str, holds: bool, detail: str = "") -> None:
        self.made += 1
        self.proven += holds
        print(
            f"{'proven' if holds else 'FAILED'}: {claim}{'' if holds else ' ' + detail}", flush=True
        )


class Device:
    """One data folder, and the command as its owner would type it."""

    def __init__(self, base: Path, name: str) -> None:
        self.name = name
        self.home = base / name
        self.home.mkdir(mode=0o700)
        runtime = base / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        secret = base / f"{name}.passphrase"
        secret.write_text(PASSPHRASE + "\n")
        secret.chmod(0o600)
        self._env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("INGLENOOK_")},
            "INGLENOOK_HOME": str(self.home),
            "INGLENOOK_PASSPHRASE_FILE": str(secret),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_STATE_HOME": str(runtime),
            "LANGUAGE": "en",
        }

    def try_(self, *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run one command, text through standard input."""
        return subprocess.run(
            [BIN / "inglenook", *words],
            env=self._env,
            input=text if text is not None else "",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def run(self, *words: str, text: str | None = None) -> str:
        """Run one command that must succeed."""
        done = self.try_(*words, text=text)
        if done.returncode != 0:
            raise SystemExit(
                f"FAILED: {self.name}: inglenook {words[0]} exited {done.returncode}\n{done.stderr}"
            )
        return done.stdout

    def json(self, *words: str, text: str | None = None) -> Any:
        """Run one command and read its JSON."""
        return json.loads(self.run("--json", *words, text=text))

    def states(self) -> dict[str, str]:
        """State hash by space."""
        return {space["name"]: space["state"] for space in self.json("status")["spaces"]}

    def texts(self, space: str | None = None) -> list[str]:
        """What the timeline says."""
        where = ("--space", space) if space else ()
        return [event["text"] for event in self.json("log", *where)]


class Relay:
    """The relay as a process, on one port for the whole demo."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "relay"
        self.folder.mkdir()
        self.db = self.folder / "relay.db"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [BIN / "inglenook-relay", "--db", self.db, "--listen", f"127.0.0.1:{self.port}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if "listening" not in line:
            raise SystemExit("FAILED: the relay did not start")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=10)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def copy_to(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)

    def restore_from(self, folder: Path) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(folder, self.folder)


@contextmanager
def chapter(title: str) -> Iterator[None]:
    print(f"\n— {title}", flush=True)
    yield


def at_once(*calls: Any) -> list[Any]:
    """Run calls side by side: they are processes of different devices."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def sync(*devices: Device) -> None:
    """Each of these once, side by side."""
    at_once(*(lambda d=d: d.run("sync") for d in devices))


def show_timeline(device: Device) -> None:
    lines = [f"    {line}" for line in device.run("log", "--plain").splitlines()]
    print("\n".join([f"  {device.name}:", *lines]), flush=True)


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def leaks(folder: Path) -> list[str]:
    """Files below a folder that hold one of the written sentences, in any encoding."""
    wanted = [needle for secret in SECRETS for needle in needles(secret)]
    return [path.name for path in files_below(folder) if finds(path.read_bytes(), wanted)]


def prove_search_works(claims: Claims, folder: Path, scratch: Path) -> None:
    """Before a search that finds nothing is trusted: it finds what was planted on purpose."""
    original = max(files_below(folder), key=lambda path: path.stat().st_size).read_bytes()
    middle = len(original) // 2
    missed = []
    planted = list(needles(PRIVATE))
    for number, needle in enumerate(planted):
        copy = scratch / f"planted-{number}"
        copy.mkdir(parents=True)
        (copy / "copy").write_bytes(original[:middle] + needle + original[middle:])
        if not leaks(copy):
            missed.append(number)
        shutil.rmtree(copy)
    claims.check(
        f"the search finds a sentence planted in a copy, in all {len(planted)} encodings",
        not missed,
        str(missed),
    )


def main() -> int:
    began = time.monotonic()
    base = Path(tempfile.mkdtemp(prefix="inglenook-demo-"))
    relay = Relay(base)
    claims = Claims()
    try:
        play(base, relay, claims)
    finally:
        relay.stop(signal.SIGKILL)
        shutil.rmtree(base, ignore_errors=True)
    print(f"\n{time.monotonic() - began:.0f} seconds on four devices and a relay")
    print(f"{claims.proven} of {claims.made} proven")
    return 0 if claims.proven == claims.made else 1


def play(base: Path, relay: Relay, claims: Claims) -> None:
    relay.start()
    laptop, tablet, mentor = (Device(base, n) for n in ("laptop", "tablet", "mentor-laptop"))
    begin(relay, laptop, mentor, claims)
    add_tablet(laptop, tablet, claims)
    pair(laptop, mentor, tablet, claims)
    write_apart(relay, laptop, tablet, mentor, claims)
    older = base / "older-relay"
    lose_and_heal(relay, older, laptop, tablet, mentor, claims)
    forget(laptop, claims)
    new = lose_devices(base, relay, laptop, tablet, mentor, claims)
    with chapter("Who holds what"):
        mentor_files = base / mentor.name
        everywhere = mentor.texts() + [e["text"] for e in mentor.json("search", "maths")]
        claims.check("the private entry is on the new device", PRIVATE in new.texts("journal"))
        claims.check(
            "the private entry is nowhere at the mentor's",
            not any(PRIVATE in text for text in everywhere) and not leaks(mentor_files),
        )
        prove_search_works(claims, relay.folder, base / "scratch")
        claims.check("the relay's database holds none of the sentences", not leaks(relay.folder))
        devices = (new, tablet, mentor)
        homes = [name for device in (laptop, *devices) for name in leaks(device.home)]
        claims.check("no data folder holds a sentence in clear", not homes, str(homes))
        sound = at_once(*(lambda d=d: d.json("doctor")["ok"] for d in devices))
        claims.check("every chain, seal and commitment verifies on all three devices", all(sound))


def begin(relay: Relay, laptop: Device, mentor: Device, claims: Claims) -> None:
    with chapter("Ada and Max each start a journal; Ada writes privately"):
        at_once(
            lambda: laptop.run(
                *("init", "--name", "Ada", "--relay", relay.url, "--kdf-mib", "64"),
                *("--device", "laptop"),
            ),
            lambda: mentor.run(
                *("init", "--name", "Max", "--relay", relay.url, "--kdf-mib", "64"),
                *("--device", "mentor laptop"),
            ),
        )
        written = laptop.json("-", text=PRIVATE)
        claims.check(
            "an entry is saved on the device before anything is sent",
            written["text"] == PRIVATE and written["reach"] == "waiting",
        )
        laptop.run("sync")


def add_tablet(laptop: Device, tablet: Device, claims: Claims) -> None:
    with chapter("Ada adds her tablet"):
        link = laptop.json("device", "add")["link"]
        tablet.run("device", "accept", link, "--device", "tablet")
        laptop.run("device", "approve", "--yes")
        tablet.run("sync")
        claims.check(
            "a second device, let in by the first, has the journal", PRIVATE in tablet.texts()
        )


def pair(laptop: Device, mentor: Device, tablet: Device, claims: Claims) -> None:
    with chapter("Ada invites Max; both see the same safety words"):
        link = laptop.json("pair", "invite", "--role", "mentor")["link"]
        mentor.run("pair", "join", link)
        laptop.run("pair", "approve", "--yes")
        sync(mentor)
        sync(laptop)
        words = at_once(
            lambda: mentor.json("pair", "words")["words"],
            lambda: laptop.json("pair", "words")["words"],
        )
        print(f"  {words[0]}")
        claims.check("both sides are shown the same eight safety words", words[0] == words[1])
        laptop.run("goal", "new", SHARED, "--space", "pair")
        sync(laptop)
        sync(mentor, tablet)
        goals = [g["title"] for g in mentor.json("goal", "list")]
        claims.check(
            "a goal set in the pair is at the mentor's after one sync each", SHARED in goals
        )


def write_apart(
    relay: Relay, laptop: Device, tablet: Device, mentor: Device, claims: Claims
) -> None:
    with chapter("The relay is away; all three write, two change one goal at once"):
        relay.stop()
        devices = (laptop, tablet, mentor)
        found = at_once(*(lambda d=d: d.json("goal", "list")[0]["id"] for d in devices))
        goals = dict(zip((d.name for d in devices), found, strict=True))
        at_once(
            lambda: laptop.run("-", text=OFFLINE["laptop"]),
            lambda: tablet.run("-", text=OFFLINE["tablet"]),
            lambda: mentor.run("-", text=OFFLINE["mentor"]),
        )
        at_once(
            lambda: laptop.run("step", "add", goals["laptop"], STEP_LAPTOP),
            lambda: tablet.run("step", "add", goals["tablet"], STEP_TABLET),
            lambda: mentor.run("progress", goals[mentor.name], "--confidence", "3", "We began."),
        )
        laptop.run("progress", goals["laptop"], "--confidence", "4", "Feels possible.")
        codes = at_once(*(lambda d=d: d.try_("sync") for d in (laptop, tablet, mentor)))
        claims.check(
            "offline, writing works and sync says so with exit code 3, the work saved",
            all(done.returncode == 3 for done in codes)
            and OFFLINE["tablet"] in tablet.texts("journal"),
        )
        relay.start()
        sync(laptop, tablet, mentor)  # now each has sent
        sync(laptop, tablet, mentor)  # now each has everything
        at_once(*(lambda d=d: show_timeline(d) for d in (laptop, tablet, mentor)))
        goals_now = at_once(*(lambda d=d: d.json("goal", "list") for d in (laptop, tablet, mentor)))
        steps = [{s["text"] for g in found for s in g["steps"]} for found in goals_now]
        claims.check(
            "both changes to the one goal are on all three devices",
            all({STEP_LAPTOP, STEP_TABLET} <= found for found in steps),
            str(steps),
        )
        prove_equal(laptop, tablet, mentor, claims, "after writing apart")


def prove_equal(laptop: Device, tablet: Device, mentor: Device, claims: Claims, when: str) -> None:
    states = at_once(laptop.states, tablet.states, mentor.states)
    pairs = {state for found in states for name, state in found.items() if name != "journal"}
    claims.check(f"the pair's state hash is equal on all three devices {when}", len(pairs) == 1)
    claims.check(
        f"the journal's state hash is equal on laptop and tablet {when}",
        states[0]["journal"] == states[1]["journal"],
    )


def lose_and_heal(
    relay: Relay, older: Path, laptop: Device, tablet: Device, mentor: Device, claims: Claims
) -> None:
    with chapter("The relay is killed, and put back from an older copy"):
        relay.stop()
        relay.copy_to(older)
        relay.start()
        laptop.run("win", "-", "--space", "pair", text=LATE)
        sync(laptop)
        sync(mentor)
        relay.stop(signal.SIGKILL)
        laptop.run("win", "-", "--space", "pair", text=WHILE_DOWN)
        offline = laptop.try_("sync")
        print(f"  {offline.stderr.strip()}")
        relay.restore_from(older)
        relay.start()
        healed = laptop.try_("sync")
        said = healed.stdout + healed.stderr
        print("  " + said.strip().replace("\n", "\n  "))
        claims.check("the device notices what the relay lost and sends it again", "lost" in said)
        again = laptop.try_("sync")
        claims.check("it says so once", "lost" not in again.stdout + again.stderr)
        sync(tablet, mentor)
        claims.check(
            "nothing was lost: the partner has what was written before and while it was down",
            {LATE, WHILE_DOWN} <= set(mentor.texts("pair")),
        )
        prove_equal(laptop, tablet, mentor, claims, "after the healing")


def forget(laptop: Device, claims: Claims) -> None:
    with chapter("Ada erases an entry"):
        entry = laptop.json("-", text=REGRETTED)
        laptop.run("sync")
        print("  " + laptop.run("erase", entry["id"], "--yes").strip().replace("\n", "\n  "))
        gone = laptop.json("show", entry["id"])["erased"]
        claims.check(
            "an erased entry is gone here, and the relay's list was read back to see it gone there",
            gone["here"] and gone["relay"] == "confirmed",
            str(gone),
        )


def lose_devices(
    base: Path, relay: Relay, laptop: Device, tablet: Device, mentor: Device, claims: Claims
) -> Device:
    with chapter("Laptop and tablet are lost; Ada has 24 words on paper"):
        words = base / "words"
        words.touch(mode=0o600)
        words.write_text(laptop.json("recovery", "make")["words"] + "\n")
        laptop.run("sync")
        before = laptop.states()
        new = Device(base, "new")
        restored = new.json(
            *("recovery", "restore", "--words-file", str(words), "--relay", relay.url),
            *("--device", "new", "--kdf-mib", "64"),
        )
        print(f"  {restored['spaces']} spaces, {restored['events']} events")
        texts = new.texts()
        claims.check(
            "from the words and the relay's address alone, everything is back",
            restored["done"]
            and {PRIVATE, LATE, OFFLINE["laptop"], OFFLINE["tablet"]} <= set(texts)
            and set(new.states()) == set(before),
        )
        claims.check("but for what was erased", REGRETTED not in texts)
        new.run("-", text=AFTERWARDS)
        new.run("sync")
        sync(mentor, tablet)
        sync(new)
        told = [p for p in tablet.json("status")["problems"] if "removed" in p]
        claims.check("the lost tablet was removed, and says so", len(told) == 1)
        claims.check("and it gets nothing new", AFTERWARDS not in tablet.texts())
        states = at_once(new.states, mentor.states)
        pairs = {state for found in states for name, state in found.items() if name != "journal"}
        claims.check("the partner goes on with the new device as if nothing was", len(pairs) == 1)
        return new


if __name__ == "__main__":
    sys.exit(main())
