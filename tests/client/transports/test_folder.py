"""A folder in a relay's place: what anybody may do to its files, and what the system may."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.folder_partner import FolderPartner, folder_partner
from harness.peer import Peer
from harness.relay_boxes import HeldBox, sealed
from inglenook_client.core import folder as naming
from inglenook_client.core.sync import Lost, Untrue
from inglenook_client.transports import folder_changes, folder_files
from inglenook_client.transports.errors import (
    FolderError,
    FolderFullError,
    FolderGoneError,
    FolderMissingError,
    FolderReadOnlyError,
)
from inglenook_client.transports.folder import FolderRelay
from inglenook_schema import mailbox
from inglenook_schema.wire import Ids, Make, Put, Shape, Status, ToClient, ToRelay, Want

A, OWNED = HeldBox("a"), HeldBox("b", owned=True)
DAY_S = 86_400


@pytest.fixture
def stick() -> Iterator[FolderPartner]:
    with folder_partner() as partner:
        yield partner


def ask(stick: FolderPartner, **parts: object) -> ToClient:
    return stick.ask(ToRelay(**parts))  # type: ignore[arg-type]


def fill(stick: FolderPartner, box: HeldBox, *words: str) -> list[bytes]:
    blobs = [sealed(word, size=900).blob for word in words]
    ask(stick, make=(box.make(),), put=tuple(box.put(blob) for blob in blobs))
    return blobs


def shelf(stick: FolderPartner, box: HeldBox) -> list[Path]:
    return sorted(stick.box(box.address).glob("????????-*"))


def got(answer: ToClient) -> list[bytes]:
    (box,) = answer.boxes
    assert box.status is Status.OK
    return [data for _, data in box.records]


# --- as a relay does ------------------------------------------------------------------


def test_what_was_put_is_read_in_order_by_whoever_has_the_token(stick: FolderPartner) -> None:
    blobs = fill(stick, A, "one", "two", "three")

    assert got(ask(stick, want=(A.want(),))) == blobs


@pytest.mark.parametrize("other", [HeldBox("absent"), OWNED], ids=["absent", "another's token"])
def test_without_its_token_a_mailbox_is_unknown(stick: FolderPartner, other: HeldBox) -> None:
    fill(stick, A, "one")
    wrong = other.tokens

    answer = ask(
        stick,
        put=(Put(A.address, wrong.write, sealed("two").blob, b""),),
        want=(Want(A.address, wrong.read, 0, mailbox.EMPTY_HEAD),),
        ids=(Ids(A.address, wrong.read, 0),),
    )

    statuses = [answer.acks[0].status, answer.boxes[0].status, answer.ids[0].status]
    assert statuses == [Status.UNKNOWN] * 3
    assert len(shelf(stick, A)) == 1


def test_a_mailbox_cannot_be_made_at_anothers_address(stick: FolderPartner) -> None:
    make = OWNED.make()
    claimed = Make(A.address, make.read, make.write, make.owner, 400, b"")

    assert ask(stick, make=(claimed,)).made[0].status is Status.UNKNOWN
    assert not stick.box(A.address).exists()


def test_only_the_right_token_erases_and_nothing_brings_it_back(stick: FolderPartner) -> None:
    record = sealed("secret")
    ask(stick, make=(A.make(),), put=(A.put(record.blob), A.put(sealed("other").blob)))
    kept = shelf(stick, A)[0].read_bytes()

    wrong = ask(stick, erase=(A.erase(1, bytes(32)),)).erased[0]
    right = ask(stick, erase=(A.erase(1, record.erase_token),)).erased[0]
    again = ask(stick, erase=(A.erase(1, record.erase_token),), put=(A.put(record.blob),))
    shelf(stick, A)[0].with_suffix("").write_bytes(kept)  # a cloud had kept it
    read = ask(stick, want=(A.want(),)).boxes[0].records

    assert (wrong.status, right.status) == (Status.UNKNOWN, Status.OK)
    assert (again.erased[0].status, again.acks[0].n) == (Status.OK, 1)
    assert [shape for shape, _ in read] == [Shape.ERASED, Shape.BLOB]
    assert all(kept not in file.read_bytes() for file in shelf(stick, A))


def test_an_owner_closes_its_mailbox_for_good(stick: FolderPartner) -> None:
    fill(stick, OWNED, "one", "two")

    closed = ask(stick, erase=(OWNED.erase(0, OWNED.tokens.owner),)).erased[0]
    after = ask(stick, make=(OWNED.make(),), put=(OWNED.put(sealed("three").blob),))

    assert closed.status is Status.OK
    assert (after.made[0].status, after.acks[0].status) == (Status.CLOSED, Status.CLOSED)
    assert [file.stat().st_size for file in shelf(stick, OWNED)] == [0, 0]


@pytest.mark.parametrize(
    ("limit", "value"), [("MAX_RECORDS", 2), ("MAX_BYTES", 2 * len(sealed("one").blob))]
)
def test_a_mailbox_takes_no_more_than_at_a_relay(
    stick: FolderPartner, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(folder_changes, limit, value)
    blobs = [sealed(word).blob for word in ("one", "two", "six")]

    answer = ask(stick, make=(A.make(),), put=tuple(A.put(blob) for blob in blobs))

    assert [done.status for done in answer.acks] == [Status.OK, Status.OK, Status.FULL]


def test_at_rest_no_time_is_finer_than_a_day_and_names_tell_nothing_else(
    stick: FolderPartner,
) -> None:
    fill(stick, A, "one")

    everything = [stick.place, *stick.place.rglob("*")]

    assert [file for file in everything if file.stat().st_mtime_ns % (DAY_S * 10**9)] == []
    assert not list(stick.place.rglob("*.part"))


# --- two who could not see each other -------------------------------------------------


def test_what_two_wrote_apart_merges_quietly_and_nothing_is_lost() -> None:
    with folder_partner() as here, folder_partner() as there:
        ada, max_ = Peer("shared"), Peer("shared")
        ada.write("before")
        ada.sync(here.ask)
        there.merge(here)
        max_.sync(there.ask)
        for number in range(3):
            ada.write(f"Ada {number}")
            ada.sync(here.ask)
            max_.write(f"Max {number}")
            max_.sync(there.ask)

        for _ in range(2):
            here.merge(there)
            there.merge(here)
            ada.sync(here.ask)
            max_.sync(there.ask)

    assert ada.texts() == max_.texts()
    assert len(ada.texts()) == 7
    assert (ada.healed, max_.healed) == (0, 0)
    assert not [e for e in ada.effects + max_.effects if isinstance(e, Untrue)]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("wwsm")), max_size=24))
def test_copies_of_a_folder_that_go_apart_and_merge_end_alike(
    script: list[tuple[bool, str]],
) -> None:
    with folder_partner() as here, folder_partner() as there:
        sides = (here, there)
        peers = (Peer("shared"), Peer("shared"))
        for number, (who, what) in enumerate(script):
            match what:
                case "w":
                    peers[who].write(f"text {number}")
                case "s":
                    peers[who].sync(sides[who].ask)
                case _:
                    sides[who].merge(sides[not who])
        for _ in range(3):
            for peer, side, other in zip(peers, sides, sides[::-1], strict=True):
                peer.sync(side.ask)
                other.merge(side)
        written = sum(what == "w" for _, what in script)

    assert peers[0].texts() == peers[1].texts()
    assert len(peers[0].texts()) == written
    assert sum(peer.healed for peer in peers) == 0


def test_two_devices_that_put_the_same_record_apart_have_it_once(stick: FolderPartner) -> None:
    (blob,) = fill(stick, A, "same")
    (first,) = shelf(stick, A)
    shutil.copy(first, first.with_name("00000007" + first.name[8:]))

    answer = ask(stick, want=(A.want(),), put=(A.put(blob),))

    assert len(got(answer)) == 1
    assert answer.acks[0].n == 1


# --- what lies in the way -------------------------------------------------------------


def link(folder: Path) -> None:
    (folder / f"00000009-{'ab' * 32}").symlink_to("/etc/passwd")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / f"00000009-{'ab' * 32}")


def directory(folder: Path) -> None:
    (folder / f"00000009-{'ab' * 32}").mkdir()


def rubbish(folder: Path) -> None:
    (folder / f"00000009-{'ab' * 32}").write_bytes(os.urandom(700))


def nothing(folder: Path) -> None:
    (folder / f"00000009-{'ab' * 32}").touch()


def huge(folder: Path) -> None:
    with (folder / f"00000009-{'ab' * 32}").open("wb") as file:
        file.truncate(10**9)


def long_name(folder: Path) -> None:
    (folder / ("9" * 255)).touch()


def odd_bytes(folder: Path) -> None:
    os.close(os.open(os.fsencode(folder) + b"/\xff\n", os.O_CREAT))


def conflict(folder: Path) -> None:
    (first, *_) = sorted(folder.glob("????????-*"))
    shutil.copy(first, folder / f"{first.name} (conflicted copy)")


def other_digits(folder: Path) -> None:
    (folder / f"٠٠٠٠٠٠٠٩-{'ab' * 32}").touch()


IN_THE_WAY = [
    link, pipe, directory, rubbish, nothing, huge, long_name, odd_bytes, conflict, other_digits,
]  # fmt: skip


@pytest.mark.parametrize("put", IN_THE_WAY)
def test_whatever_else_lies_there_is_passed_over_and_known(
    stick: FolderPartner, put: Callable[[Path], None]
) -> None:
    blobs = fill(stick, A, "one", "two")
    put(stick.box(A.address))

    answer = ask(stick, want=(A.want(),), put=(A.put(sealed("three").blob),))

    assert got(answer)[:2] == blobs
    assert answer.acks[0].n == 3
    assert len(stick.strange) == 1


@pytest.mark.parametrize("size", [0, 1, 600, 576])
def test_a_half_copied_record_is_passed_over_and_written_again(
    stick: FolderPartner, size: int
) -> None:
    blobs = fill(stick, A, "one", "two", "three")
    torn = shelf(stick, A)[1]
    torn.write_bytes(blobs[1][:size])

    without = got(ask(stick, want=(A.want(),)))
    strange = len(stick.strange)
    ask(stick, put=(A.put(blobs[1]),))

    assert without == [blobs[0], blobs[2]]
    assert strange == 1
    assert got(ask(stick, want=(A.want(),))) == blobs
    assert not stick.strange


def test_a_record_that_is_torn_on_the_stick_is_healed_by_who_holds_it(
    stick: FolderPartner,
) -> None:
    ada, max_ = Peer("shared"), Peer("shared")
    for text in ("one", "two"):
        ada.write(text)
    ada.sync(stick.ask)
    torn = min(stick.box(ada.boxes[0].tokens.address).glob("????????-*"))
    torn.write_bytes(torn.read_bytes()[:100])

    ada.sync(stick.ask)
    max_.sync(stick.ask)

    assert ada.healed == 1
    assert max_.texts() == ["one", "two"]


@pytest.mark.parametrize("data", [b"", bytes(64), bytes(96), b"x" * 1_000])
def test_a_mailbox_whose_tokens_were_changed_is_made_again_with_its_own(
    stick: FolderPartner, data: bytes
) -> None:
    blobs = fill(stick, A, "one")
    (stick.box(A.address) / naming.BOX).write_bytes(data)

    unknown = ask(stick, want=(A.want(),)).boxes[0].status
    answer = ask(stick, make=(A.make(),), want=(A.want(),))

    assert unknown is Status.UNKNOWN
    assert got(answer) == blobs


@pytest.mark.parametrize("of", ["place", "mailbox"])
def test_nothing_is_written_through_a_link(stick: FolderPartner, tmp_path: Path, of: str) -> None:
    fill(stick, OWNED, "one")
    where = stick.place if of == "place" else stick.box(A.address)
    if of == "place":
        shutil.rmtree(where)
    where.symlink_to(tmp_path)

    with pytest.raises(FolderError):
        fill(stick, A, "one")

    assert not list(tmp_path.iterdir())


def test_a_folder_keeps_its_name_and_another_has_another(stick: FolderPartner) -> None:
    origins = []
    for path in (stick.path, stick.path, stick.path.parent):
        relay = FolderRelay(path)
        relay.enter()
        origins.append((relay.origin, relay.fresh))
        relay.leave()

    assert [fresh for _, fresh in origins] == [True, False, True]
    assert origins[0][0] == origins[1][0] != origins[2][0]
    assert all(mailbox.is_folder(origin) for origin, _ in origins)


def test_what_a_writer_left_half_done_yesterday_is_taken_away(
    stick: FolderPartner, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(stick, A, "one")
    folder = os.open(stick.box(A.address), os.O_RDONLY)
    (stick.box(A.address) / f"half{naming.PART}").write_bytes(b"half")
    now = folder_files.ambient.now_ms()

    folder_files.tidy(folder)
    today = list(stick.place.rglob(f"*{naming.PART}"))
    monkeypatch.setattr(folder_files.ambient, "now_ms", lambda: now + DAY_S * 1_000)
    folder_files.tidy(folder)
    os.close(folder)

    assert len(today) == 1
    assert not list(stick.place.rglob(f"*{naming.PART}"))
    assert len(shelf(stick, A)) == 1


# --- sticks that are full, read-only, or pulled out -----------------------------------


def failing(number: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, "from the system")

    return fail


@pytest.mark.parametrize(
    ("number", "trouble", "status"),
    [
        (errno.ENOSPC, FolderFullError, Status.FULL),
        (errno.EDQUOT, FolderFullError, Status.FULL),
        (errno.EROFS, FolderReadOnlyError, Status.REFUSED),
        (errno.EACCES, FolderReadOnlyError, Status.REFUSED),
    ],
)
def test_a_folder_that_takes_nothing_more_is_still_read(
    stick: FolderPartner,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    trouble: type[FolderError],
    status: Status,
) -> None:
    blobs = fill(stick, A, "one")
    relay = FolderRelay(stick.path)
    relay.enter()
    monkeypatch.setattr(os, "rename", failing(number))

    answer = relay.answer(
        ToRelay(
            make=(OWNED.make(),),
            put=tuple(A.put(sealed(word).blob) for word in ("two", "three")),
            want=(A.want(),),
        )
    )
    relay.leave()

    assert [done.status for done in (*answer.made, *answer.acks)] == [status] * 3
    assert got(answer) == blobs
    assert isinstance(relay.trouble, trouble)
    assert not list(stick.place.rglob("*.part"))


@pytest.mark.parametrize("call", ["rename", "fsync", "scandir", "open"])
def test_a_stick_that_is_pulled_out_acknowledges_nothing(
    stick: FolderPartner, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    fill(stick, A, "one")
    relay = FolderRelay(stick.path)
    relay.enter()
    with monkeypatch.context() as pulled:
        pulled.setattr(os, call, failing(errno.EIO))
        with pytest.raises(FolderGoneError):
            relay.answer(ToRelay(put=(A.put(sealed("two").blob),), want=(A.want(),)))
    relay.leave()

    ask(stick, put=(A.put(sealed("two").blob),))

    assert len(got(ask(stick, want=(A.want(),)))) == 2


@pytest.mark.parametrize("call", ["write", "fsync", "rename", "settle"])
def test_a_power_cut_while_writing_leaves_the_record_whole_or_not_there(
    stick: FolderPartner, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    class Cut(BaseException):
        pass

    def cut(*_: object, **__: object) -> None:
        raise Cut

    blobs = fill(stick, A, "one")
    where = folder_files if call in ("write", "settle") else os
    with monkeypatch.context() as power:
        power.setattr(where, call, cut)
        with pytest.raises(Cut):
            ask(stick, put=(A.put(sealed("two").blob),))

    read = got(ask(stick, want=(A.want(),)))

    assert read in (blobs, [*blobs, sealed("two").blob])
    assert not stick.strange


def test_a_missing_folder_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path / "file"):
        (tmp_path / "file").touch()
        with pytest.raises(FolderMissingError, match="plugged in"):
            FolderRelay(path).enter()
    assert not (tmp_path / "nowhere").exists()


def test_losing_the_folder_in_the_middle_of_a_sync_loses_nothing(stick: FolderPartner) -> None:
    ada, max_ = Peer("shared"), Peer("shared")
    for number in range(3):
        ada.write(f"{number}")
    stick.answers_to_lose = 1
    with pytest.raises(Exception, match="saved here"):
        ada.sync(stick.ask)

    ada.sync(stick.ask)
    max_.sync(stick.ask)

    assert max_.texts() == ["0", "1", "2"]
    assert not [effect for effect in ada.effects if isinstance(effect, Lost)]
