"""Leaving with everything: read by a program that needs nothing of ours, and verified by it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import stat
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from client.journal.attached import attach, some_file
from client.journal.test_every_kind import NEWER, append_raw, contents, write_all
from harness.devices import Device, settle
from harness.saying import say
from inglenook_client.journal import exporting, identity, read_inglenook
from inglenook_client.journal.errors import FileExistsAlreadyError
from inglenook_client.stores.connection import Db
from inglenook_client.transports.errors import FileError
from inglenook_schema import attachment
from inglenook_schema.errors import CallerError
from inglenook_schema.events.goals import GoalSet
from inglenook_schema.events.writing import EntryWritten

Pair = tuple[Device, Device]
Line = dict[str, Any]
HOSTILE = 'x", "y": "z"}\n{"line": "end"}\r\u2028\x1b[2J\u202e=cmd|<script>\x00 \U0001f600'


@pytest.fixture
def file(base: Path) -> Path:
    return base / "all.jsonl"


def lines(file: Path) -> list[Line]:
    return [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1]]


def events(file: Path) -> dict[str, Line]:
    return {line["event"]: line for line in lines(file) if line["line"] == "event"}


def in_a_clean_interpreter(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", file.with_name(exporting.READER), file],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.may_block
async def test_every_kind_leaves_and_is_read_by_python_alone(pair: Pair, file: Path) -> None:
    ada, max_ = pair
    space = await ada.pair()
    about = (await say(ada, GoalSet, space=space, title="root")).event
    written = {
        **await write_all(ada, about, "own", "journal"),
        **await write_all(ada, about, "ours", "pair"),
    }
    unknown = [await append_raw(max_, said) for said in NEWER.values()]
    await settle(max_, ada, rounds=2)
    hostile = await ada.write(HOSTILE)

    done = await ada.journal.export_lines(file)

    found = events(file)
    assert sorted(written) == sorted(contents(about, "word"))
    for kind, shown in written.items():
        assert found[shown.event.hex()]["says"]["kind"] == kind
        assert found[shown.event.hex()]["text"] == shown.text
    assert all(payload in _body(found[event.hex()]) for event, payload in unknown)
    assert found[hostile.event.hex()]["text"] == HOSTILE
    assert done.spaces == ["journal", "Max"]
    answer = in_a_clean_interpreter(file)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert f"{len(found)} events verified." in answer.stdout
    assert "title: root" in answer.stdout
    assert not {"\x1b", "\u202e", "\x00", "\r"} & set(answer.stdout)


def _body(line: Line) -> bytes:
    return b64decode(line["body"])


async def test_the_file_holds_each_event_as_the_log_does_but_for_keys(
    pair: Pair, file: Path
) -> None:
    ada, _ = pair
    await ada.write("mine")
    await ada.share("ours")

    await ada.journal.export_lines(file)

    found = events(file)
    rows = await ada.read(lambda db: db.execute("SELECT id, header, body FROM event").fetchall())
    assert {row[0].hex() for row in rows} == set(found)
    for name, header, body in rows:
        line = found[name.hex()]
        assert b64decode(line["header"]) == header
        assert line["what"] == "key" or _body(line) == body
    keys = await ada.read(_keys)
    whole = file.read_bytes()
    bodies = b"".join(_body(line) for line in found.values() if line["body"])
    assert len(keys) >= 3
    assert not any(key in bodies or key.hex().encode() in whole for key in keys)
    kept_back = [line["says"] for line in found.values() if line["what"] == "key"]
    assert {said and said["kind"] for said in kept_back} == {
        None,  # the beginning of the journal
        "space.joined",
        "recovery.prepared",
    }


def _keys(db: Db) -> list[bytes]:
    """What opens mailboxes, and what erases in them."""
    secrets = [row[0] for row in db.execute("SELECT secret FROM epoch")]
    secrets += [row[0] for row in db.execute("SELECT secret FROM mailbox")]
    person = identity.person_secret(db)
    assert person is not None
    return [*secrets, person]


async def test_what_was_erased_is_not_in_the_file(pair: Pair, file: Path) -> None:
    ada, _ = pair
    gone = await ada.write("to be forgotten")
    await ada.write("kept")
    await ada.journal.erase([gone.event])

    done = await ada.journal.export_lines(file)

    line = events(file)[gone.event.hex()]
    assert (line["what"], line["body"], line["says"], line["text"]) == ("erased", None, None, "")
    assert done.erased == 1
    assert b"forgotten" not in file.read_bytes()
    assert read_inglenook.main(["--quiet", str(file)]) == 0


async def test_a_stretch_of_time_has_the_words_of_that_time_alone(pair: Pair, file: Path) -> None:
    ada, _ = pair
    for day in ("2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01"):
        await say(ada, EntryWritten, day=day, text=f"on {day}")

    await ada.journal.export_lines(file, since="2026-02-01", until="2026-02-28")

    texts = sorted(line["text"] for line in events(file).values() if line["text"])
    assert texts == ["on 2026-02-01", "on 2026-02-28"]
    bodies = b"".join(_body(line) for line in events(file).values() if line["body"])
    assert b"2026-01-31" not in bodies
    assert b"2026-03-01" not in bodies
    assert read_inglenook.main(["--quiet", str(file)]) == 0


async def test_a_file_of_one_space_holds_nothing_of_another(pair: Pair, file: Path) -> None:
    ada, _ = pair
    await ada.write("mine alone")
    await ada.share("ours")

    await ada.journal.export_lines(file, await ada.pair())

    texts = [line["text"] for line in events(file).values() if line["text"]]
    assert "ours" in texts
    assert "mine alone" not in texts
    assert {line["name"] for line in lines(file) if line["line"] == "space"} == {"Max"}


async def test_exporting_changes_nothing_in_the_store(pair: Pair, file: Path) -> None:
    ada, _ = pair
    await ada.write("not sealed yet")
    before = await ada.read(_everything)

    await ada.journal.export_lines(file)

    assert await ada.read(_everything) == before


def _everything(db: Db) -> list[tuple[object, ...]]:
    tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [tuple(row) for (name,) in tables for row in db.execute(f'SELECT * FROM "{name}"')]


# --- the file itself ------------------------------------------------------------------


async def test_the_file_is_for_this_person_alone_and_nothing_lies_beside_it(
    ada: Device, file: Path
) -> None:
    await ada.journal.export_lines(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    beside = {each.name for each in file.parent.iterdir()} - {ada.home.name}
    assert beside == {file.name, exporting.READER}


@pytest.mark.parametrize("name", ["all.jsonl", exporting.READER])
async def test_a_file_that_is_there_stays_unless_it_may_give_way(
    name: str, ada: Device, file: Path
) -> None:
    there = file.with_name(name)
    there.write_text("somebody's")

    with pytest.raises(CallerError):
        await ada.journal.export_lines(file)
    assert there.read_text() == "somebody's"
    assert len(list(file.parent.iterdir())) == 2

    await ada.journal.export_lines(file, replace=True)
    assert "somebody's" not in there.read_text()


async def test_the_reader_of_an_earlier_export_is_in_nobodys_way(ada: Device, file: Path) -> None:
    await ada.journal.export_lines(file)
    await ada.journal.export_lines(file.with_name("later.jsonl"))

    with pytest.raises(FileExistsAlreadyError):
        await ada.journal.export_lines(file)
    with pytest.raises(CallerError, match="reader's"):
        await ada.journal.export_lines(file.with_name(exporting.READER), replace=True)


async def test_where_there_is_nothing_to_write_no_reader_is_left(ada: Device, file: Path) -> None:
    nowhere = msgspec.structs.replace(await ada.journal.space(None), number=99)

    with pytest.raises(CallerError, match="nothing here"):
        await ada.journal.export_lines(file, nowhere)

    assert [each.name for each in file.parent.iterdir()] == [ada.home.name]


async def test_what_a_killed_export_left_is_gone_with_the_next_one(ada: Device, file: Path) -> None:
    left, young = file.with_name(f".{'0' * 16}.part"), file.with_name(f".{'1' * 16}.part")
    for part in (left, young):
        part.write_text("words in clear")
    os.utime(left, (0, 0))

    await ada.journal.export_lines(file)

    assert not left.exists()
    assert young.exists()  # somebody may still be writing it


async def test_where_nothing_can_be_written_nothing_lies_about(ada: Device, base: Path) -> None:
    with pytest.raises(FileError):
        await ada.journal.export_lines(base / "nowhere" / "all.jsonl")

    assert [each.name for each in base.iterdir()] == [ada.home.name]


# --- what the reader refuses ----------------------------------------------------------


def entry(found: list[Line]) -> Line:
    return next(line for line in found if line.get("text") == "as written")


def rewriting(found: list[Line]) -> None:
    line = entry(found)
    body = _body(line).replace(b"as written", b"as altered")
    line["body"] = b64encode(body).decode()
    line["says"]["text"] = "as altered"


def retelling(found: list[Line]) -> None:
    entry(found)["says"]["text"] = "as altered"


def renaming(found: list[Line]) -> None:
    entry(found)["event"] = "00" * 32


def dropping(found: list[Line]) -> None:
    found.remove(entry(found))


def cutting(found: list[Line]) -> None:
    """The newest event of the chain, with what it says about those before it."""
    last = max(
        (line for line in found if line.get("chain") == entry(found)["chain"] and "seq" in line),
        key=lambda line: int(line["seq"]),
    )
    found.remove(last)


def unsealing(found: list[Line]) -> None:
    for line in found:
        if line["line"] == "event":
            line["seal"] = None


def resealing(found: list[Line]) -> None:
    for line in found:
        if line.get("seal"):
            line["seal"] = b64encode(bytes(64)).decode()


def posing(found: list[Line]) -> None:
    for line in found:
        if line["line"] == "chain" and line["chain"] != "00" * 16:
            line["person"] = "11" * 32


def hiding(found: list[Line]) -> None:
    entry(found)["what"] = "erased"


ATTACKS = [rewriting, retelling, renaming, dropping, cutting, unsealing, resealing, posing, hiding]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_the_reader_prints_nothing_of_a_file_that_was_altered(
    attack: Callable[[list[Line]], None],
    pair: Pair,
    file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ada, _ = pair  # what stands before is sealed: it was sent
    await ada.write("as written")
    await ada.write("after it")
    await ada.journal.export_lines(file)
    found = lines(file)

    attack(found)
    write(file, found)

    assert read_inglenook.main([str(file)]) == 1
    out, err = capsys.readouterr()
    assert (out, err.startswith("This does not verify: ")) == ("", True)


def write(file: Path, found: list[Line]) -> None:
    """As whoever alters it would: with a fitting end."""
    *rest, end = found
    told = b"".join(json.dumps(line).encode() + b"\n" for line in rest)
    end["lines"] = len(rest)
    end["sha256"] = hashlib.sha256(told).hexdigest()
    file.write_bytes(told + json.dumps(end).encode() + b"\n")


@pytest.mark.parametrize("kept", [0, 1, -1])
async def test_the_reader_notices_that_the_end_is_missing(
    kept: int, ada: Device, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await ada.journal.export_lines(file)
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:kept]))

    assert read_inglenook.main([str(file)]) == 1
    assert capsys.readouterr().out == ""


async def test_a_partners_file_that_is_another_keeps_nothing_else_from_leaving(
    pair: Pair, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its parts are what its event names, and what they hold is not."""
    ada, max_ = pair
    entry = await max_.share("see what is beside it")
    with monkeypatch.context() as patched:
        seal = attachment.seal
        patched.setattr(attachment, "seal", lambda *a: seal(*a)._replace(hash=bytes(32)))
        bad = await attach(max_, entry, some_file("bad.pdf"))
    good = await attach(max_, entry, some_file("good.pdf"))
    await settle(ada, max_, rounds=2)
    for each in (bad, good):
        await ada.journal.fetch(each.event)

    done = await ada.journal.export_lines(file)
    folder = await ada.journal.export_folder(file.with_name("md"))

    assert (done.files, done.files_missing, folder.files_missing) == (1, 1, 1)
    assert await asyncio.to_thread(read_inglenook.main, ["--quiet", str(file)]) == 0
    left = [*file.with_name("md").rglob("*.pdf")]
    assert [each.read_bytes() for each in left] == [some_file("good.pdf").data]


def test_the_reader_says_so_where_there_is_no_file(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read_inglenook.main([str(file)]) == 1

    assert capsys.readouterr().err == "That file cannot be read.\n"


def test_the_readers_signatures_are_those_of_rfc_8032() -> None:
    """RFC 8032, 7.1, test 2; and a key of small order signs nothing."""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )

    assert read_inglenook.verify(public, signature, b"\x72")
    assert not read_inglenook.verify(public, signature, b"\x73")
    assert not read_inglenook.verify((1).to_bytes(32, "little"), bytes(64), b"")
