"""What left as lines comes back: equal, verified, once, and nothing that was erased."""

from __future__ import annotations

import asyncio
import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from client.journal.attached import attach, some_file
from client.journal.test_every_kind import write_all
from harness.devices import Device, Net, settle
from harness.saying import say
from inglenook_client.journal import read_inglenook
from inglenook_client.journal.coming_in.errors import UnreadableFileError
from inglenook_client.journal.model import CameIn, Query
from inglenook_schema.errors import CallerError
from inglenook_schema.events.goals import GoalSet


async def come_in(device: Device, path: Path, *, dry_run: bool = False) -> CameIn:
    return await device.journal.import_file(
        path, None, zone=None, moods={}, dry_run=dry_run, progress=None
    )


async def test_export_wipe_import_gives_the_same_state_with_every_kind_and_files(
    net: Net, base: Path, tmp_path: Path, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    for device in (ada, max_):
        for where in ("journal", "pair"):
            space = await device.journal.space(None) if where == "journal" else await device.pair()
            about = (await say(device, GoalSet, space=space, title="root")).event
            await write_all(device, about, "word", where)
    gone = await ada.write("erased before it left")
    entry = await ada.write("with a file")
    file = some_file("bridge.pdf", 300_000)
    added = await attach(ada, entry, file)
    await ada.journal.erase([gone.event])
    await settle(ada, max_, rounds=3)
    before = await ada.states()
    texts = await ada.texts()
    path = tmp_path / "all.jsonl"
    done = await ada.journal.export_lines(path)
    assert done.files == 1
    assert await asyncio.to_thread(read_inglenook.main, ["--quiet", str(path)]) == 0
    await ada.journal.close()  # it is wiped
    net.relays.clear()

    anew = await Device.first(base, "Anew", relay=None)
    own = set(await anew.states())
    tried = await come_in(anew, path, dry_run=True)
    assert set(await anew.states()) == own
    came = await come_in(anew, path)

    assert (tried.entries, tried.attachments) == (came.entries, came.attachments)
    assert came.skipped == ()
    after = await anew.states()
    assert {log: after[log] for log in before} == before
    assert await anew.texts() == texts
    assert (await anew.journal.file(added.event)).data == file.data
    assert (await anew.journal.doctor()).ok
    await _comes_once_and_leaves_again(anew, path)
    await anew.close()


async def _comes_once_and_leaves_again(anew: Device, path: Path) -> None:
    after = await anew.states()
    again = await come_in(anew, path)
    assert (again.entries, again.attachments) == (0, 0)
    await anew.journal.rebuild()
    assert await anew.states() == after
    other = path.with_name("again.jsonl")
    await anew.journal.export_lines(other)
    assert _events(path) <= _events(other)
    (space,) = [s for s in await anew.journal.spaces() if s.name == "journal (before)"]
    assert not space.open
    assert (await anew.journal.status()).problems == []


def _events(path: Path) -> set[tuple[str, str, str | None]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {(e["event"], e["header"], e["body"]) for e in lines if e["line"] == "event"}


async def test_what_was_erased_does_not_come_back_and_what_was_lost_does(
    tmp_path: Path, own: tuple[Device, Device]
) -> None:
    laptop, tablet = own
    kept, gone = await laptop.write("kept"), await laptop.write("erased later")
    path = tmp_path / "all.jsonl"
    await laptop.journal.export_lines(path)
    await laptop.journal.erase([gone.event])

    came = await come_in(laptop, path)
    await come_in(tablet, path)  # it has not synced: it learns of both by the file
    assert "erased later" in await tablet.texts()
    await settle(laptop, tablet, rounds=2)

    assert (came.entries, came.erased) == (0, 1)
    for device in (laptop, tablet):
        texts = [shown.text for shown in await device.journal.log(Query())]
        assert "kept" in texts
        assert "erased later" not in texts
    assert await laptop.states() == await tablet.states()
    assert kept.event


def _write(path: Path, lines: list[dict[str, Any]]) -> None:
    """Lines with an end that fits them, as a forger has it."""
    data = b"".join(json.dumps(said, separators=(",", ":")).encode() + b"\n" for said in lines)
    end = {"line": "end", "lines": len(lines), "sha256": hashlib.sha256(data).hexdigest()}
    path.write_bytes(data + json.dumps(end).encode() + b"\n")


Tamper = Callable[[list[dict[str, Any]]], None]


def _other_body(lines: list[dict[str, Any]]) -> None:
    said = next(e for e in lines if e["line"] == "event" and e["text"] == "true words")
    body = b64decode(said["body"])
    said["body"] = b64encode(body.replace(b"true words", b"fake words")).decode()


def _other_seal(lines: list[dict[str, Any]]) -> None:
    said = [e for e in lines if e.get("seal")][-1]
    said["seal"] = b64encode(bytes(64)).decode()


def _other_root(lines: list[dict[str, Any]]) -> None:
    said = next(e for e in lines if e.get("seq") == 0 and e["what"] == "key")
    said["begins"]["founder"][0] = "11" * 32


def _left_out(lines: list[dict[str, Any]]) -> None:
    lines.remove(next(e for e in lines if e.get("seq") == 1))


def _of_another(lines: list[dict[str, Any]]) -> None:
    said = next(e for e in lines if e["line"] == "event" and e["text"] == "true words")
    said["event"] = "11" * 32


def _begun_twice(lines: list[dict[str, Any]]) -> None:
    said = next(e for e in lines if e.get("seq") == 0 and e["what"] == "key")
    lines.insert(lines.index(said), said)


def _no_version(lines: list[dict[str, Any]]) -> None:
    said = next(e for e in lines if e.get("seq") == 0 and e["what"] == "key")
    said["begins"]["version"] = 2**70


def _no_letters(lines: list[dict[str, Any]]) -> None:
    next(e for e in lines if e["line"] == "space")["name"] = "\ud800"


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(_other_body, id="another body"),
        pytest.param(_other_seal, id="another seal"),
        pytest.param(_other_root, id="another person's beginning"),
        pytest.param(_left_out, id="an event left out"),
        pytest.param(_of_another, id="a line about another event"),
        pytest.param(_begun_twice, id="two beginnings"),
        pytest.param(_no_version, id="a version that is no number"),
        pytest.param(_no_letters, id="a name that is no text"),
    ],
)
async def test_a_file_that_does_not_verify_changes_nothing(
    tamper: Tamper, tmp_path: Path, base: Path, ada: Device
) -> None:
    await ada.write("true words")
    path = tmp_path / "all.jsonl"
    await ada.journal.export_lines(path)
    lines = [json.loads(line) for line in path.read_text().splitlines()][:-1]
    tamper(lines)
    _write(path, lines)
    anew = await Device.first(base, "Anew", relay=None)
    before = await anew.states()

    with pytest.raises(UnreadableFileError):
        await come_in(anew, path)

    assert await anew.states() == before
    await anew.close()


@pytest.mark.parametrize("says", ["words", [1], {"kind": [1]}, None])
async def test_odd_words_about_what_stayed_behind_are_none(
    says: object, tmp_path: Path, base: Path, ada: Device
) -> None:
    await attach(ada, await ada.write("with a file"), some_file("bridge.pdf"))
    path = tmp_path / "all.jsonl"
    await ada.journal.export_lines(path)
    lines = [json.loads(line) for line in path.read_text().splitlines()][:-1]
    for said in lines:
        if said.get("what") == "key":
            said["says"] = says
        if "file" in said:
            said["file"] = "a\0b"
    _write(path, lines)
    anew = await Device.first(base, "Anew", relay=None)

    came = await come_in(anew, path)

    assert [left.where for left in came.skipped] == ["a\0b"]
    assert "with a file" in await anew.texts()
    await anew.close()


async def test_a_file_beside_that_is_another_is_left_out_and_said(
    tmp_path: Path, base: Path, ada: Device
) -> None:
    entry = await ada.write("with a file")
    added = await attach(ada, entry, some_file("bridge.pdf"))
    path = tmp_path / "all.jsonl"
    await ada.journal.export_lines(path)
    (beside,) = (tmp_path / "all.files").iterdir()
    assert await asyncio.to_thread(read_inglenook.main, ["--quiet", str(path)]) == 0
    beside.write_bytes(b"other bytes")
    assert await asyncio.to_thread(read_inglenook.main, ["--quiet", str(path)]) == 1
    anew = await Device.first(base, "Anew", relay=None)

    came = await come_in(anew, path)

    assert [left.where for left in came.skipped] == [beside.name]
    with pytest.raises(CallerError):
        await anew.journal.fetch(added.event)
    await anew.close()
