"""The doctor finds each sort of damage, says what to do, tells nothing private; and rebuilds."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.devices import Device, agree, settle
from inglenook_client import ambient
from inglenook_client.core.clocks import unpack
from inglenook_client.journal import identity, rebuilding, rotating
from inglenook_client.journal.model import Query
from inglenook_client.stores import logs, search
from inglenook_client.stores.connection import Db
from inglenook_schema.control import Reason

Two = tuple[Device, Device]
Three = tuple[Device, Device, Device]
PRIVATE = ("Ada", "Max", "walked home", "tablet", "first")


async def problems(device: Device) -> list[str]:
    return (await device.journal.doctor()).problems


async def history(trio: Three) -> None:
    """Some of everything: goals edited, a rotation, something not sent yet."""
    ada, tablet, max_ = trio
    goal = await ada.share("walked home")
    await ada.write("walked home alone")
    await settle(*trio)
    await tablet.revise(goal.event, "walked home, fast")
    await max_.share("from Max")
    await settle(*trio)
    number = (await ada.pair()).number
    log = await ada.read(lambda db: logs.log_by_number(db, number))
    me = ada.journal.me
    await ada.change(lambda db: rotating.rotate(db, me, log, Reason.AGE) and None)
    await settle(*trio)
    await ada.share("not sent yet")


async def test_a_whole_journal_is_found_whole_and_nothing_private_is_told(trio: Three) -> None:
    await history(trio)

    for device in trio:
        found = await device.journal.doctor()
        said = " ".join([*found.problems, *found.notes])
        assert found.ok, found.problems
        assert "verified" in said
        assert not any(word in said for word in PRIVATE)


# --- damage ---------------------------------------------------------------------------


def _newest(db: Db) -> int:
    """The row of the newest content event."""
    return int(db.execute("SELECT max(row) FROM event WHERE kind = 0").fetchone()[0])


def _alter_a_body(db: Db) -> None:
    (packed,) = db.execute("SELECT body FROM event WHERE row = ?", (_newest(db),)).fetchone()
    changed = packed[:-1] + b"\1"
    db.execute("UPDATE event SET body = ? WHERE row = ?", (changed, _newest(db)))


def _lose_an_event(db: Db) -> None:
    db.execute(
        "DELETE FROM event WHERE seq = 1 AND chain ="
        " (SELECT chain FROM event GROUP BY chain ORDER BY count(*) DESC LIMIT 1)"
    )


def _forge_a_seal(db: Db) -> None:
    db.execute(
        "UPDATE seal SET signature = zeroblob(64) WHERE chain = (SELECT max(chain) FROM seal)"
    )


def _lose_the_last_seals(db: Db) -> None:
    db.execute(
        "DELETE FROM seal WHERE seq = (SELECT max(s.seq) FROM seal s WHERE s.chain = seal.chain)"
        " AND seq > 0"
    )


def _swap_the_kem_key(db: Db) -> None:
    logs.set_meta(db, "kem", bytes(96))


def _swap_the_signing_key(db: Db) -> None:
    logs.set_meta(db, "sign", bytes(32))


def _swap_an_epoch_secret(db: Db) -> None:
    db.execute("UPDATE epoch SET secret = zeroblob(32) WHERE number = 1")


def _swap_a_mailbox(db: Db) -> None:
    db.execute("UPDATE mailbox SET box = zeroblob(16) WHERE type = 1")


def _swap_the_recovery_words(db: Db) -> None:
    logs.set_meta(db, "recovery", bytes(32))


def _take_a_chain_for_own(db: Db) -> None:
    db.execute(
        "UPDATE chain SET mine = 1 WHERE device <> (SELECT value FROM meta WHERE key = 'device')"
        " AND id <> zeroblob(16)"
    )


def _lose_words(db: Db) -> None:
    db.execute("DELETE FROM words WHERE rowid = (SELECT max(id) FROM words_docsize)")


def _keep_stray_words(db: Db) -> None:
    db.execute("INSERT INTO words(rowid, text) VALUES(99999, 'erased long ago')")


def _break_the_index(db: Db) -> None:
    db.execute("DELETE FROM words_data WHERE id = (SELECT max(id) FROM words_data)")


DAMAGES: list[tuple[Callable[[Db], None], str]] = [
    (_alter_a_body, "an entry was altered"),
    (_lose_an_event, "an event is missing"),
    (_forge_a_seal, "a signature or a header is wrong"),
    (_lose_the_last_seals, "no signature"),
    (_swap_the_kem_key, "private key"),
    (_swap_the_signing_key, "certificates"),
    (_swap_an_epoch_secret, "does not fit what was promised"),
    (_swap_a_mailbox, "another space's key"),
    (_swap_the_recovery_words, "another person's"),
    (_take_a_chain_for_own, "taken for this device's own"),
    (_lose_words, "does not find 1 event"),
    (_keep_stray_words, "still knows 1 event"),
    (_break_the_index, "The search is damaged"),
]


@pytest.mark.parametrize(("damage", "sentence"), DAMAGES, ids=lambda p: getattr(p, "__name__", ""))
async def test_each_damage_is_found_and_told_without_anything_private(
    pair: Two, damage: Callable[[Db], None], sentence: str
) -> None:
    ada, max_ = pair
    await max_.share("walked home")
    await ada.share("walked home")
    await settle(*pair)
    await ada.change(search.catch_up)
    await ada.change(damage)

    found = await problems(ada)

    assert any(sentence in problem for problem in found), found
    assert not any(word in problem for problem in found for word in PRIVATE)
    assert all(problem.rstrip(".").count(".") or ":" in problem for problem in found)


async def test_a_log_that_no_new_device_could_read_is_found(pair: Two) -> None:
    ada, max_ = pair
    await settle(ada, max_)
    await ada.change(
        lambda db: db.execute(
            "DELETE FROM seal WHERE event IN (SELECT id FROM event WHERE kind = 4)"
        )
    )

    assert any("cannot be packed" in problem for problem in await problems(ada))


@pytest.mark.parametrize(
    ("days", "sentence"),
    [(-30_000, "years behind"), (-3, "days behind"), (3_000, "the clock is ahead"), (30, "")],
)
async def test_a_wrong_clock_is_told(
    pair: Two, monkeypatch: pytest.MonkeyPatch, days: int, sentence: str
) -> None:
    ada, _ = pair
    await ada.write("today")
    real = ambient.now_ms
    monkeypatch.setattr(ambient, "now_ms", lambda: max(0, real() + days * identity.DAY_MS))

    found = await problems(ada)

    assert [p for p in found if sentence in p] if sentence else not found


@pytest.mark.parametrize(("name", "mode"), [("", 0o755), ("journal.db", 0o644)])
async def test_a_folder_that_others_may_read_is_told(pair: Two, name: str, mode: int) -> None:
    ada, _ = pair
    (ada.home / name).chmod(mode)

    found = await ada.journal.doctor()

    assert found.ok
    assert any("chmod" in note for note in found.notes)


async def test_a_nearly_full_disk_is_told(pair: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, _ = pair
    real = os.statvfs

    def full(path: Path) -> os.statvfs_result:
        values = list(real(path))
        values[4] = 1
        return os.statvfs_result(values)

    monkeypatch.setattr(os, "statvfs", full)

    assert any("nearly full" in problem for problem in await problems(ada))


async def test_parts_on_their_way_are_no_problem(pair: Two) -> None:
    ada, _ = pair
    log = (await ada.pair()).number
    await ada.change(
        lambda db: db.execute("INSERT INTO part VALUES(?, 1, x'aa', 1, NULL, 0)", (log,))
    )

    found = await ada.journal.doctor()

    assert found.ok
    assert any("1 part" in note for note in found.notes)


# --- rebuilding -----------------------------------------------------------------------

_DERIVED = {
    "event": "row, id, type, at, date, letter, n, linked, body",
    "past": "chain, seq, event, past",
    "awaited": "*",
    "holding": "*",
    "astray": "*",
    "erased": "event, body",
    "chain": "number, id, mine, last, sealed, relay, partner, forked",
    "log": "number, stalled, epoch",
    "person": "*",
    "record": "number, n, state",
}


def derived(db: Db) -> dict[str, list[tuple[object, ...]]]:
    search.catch_up(db)
    found = {
        table: sorted(db.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
        for table, columns in _DERIVED.items()
    }
    found["past"] = [(*place, sorted(unpack(past).items())) for *place, past in found["past"]]
    found["words"] = sorted(db.execute("SELECT id FROM words_docsize").fetchall())
    return found


def forget(db: Db) -> None:
    """Everything that follows from the events."""
    for table in ("past", "awaited", "holding"):
        db.execute(f"DELETE FROM {table}")
    db.execute("UPDATE event SET type = NULL, at = NULL, date = NULL, linked = NULL")
    db.execute("UPDATE chain SET last = -1, relay = -1, partner = -1, forked = 3")
    db.execute("UPDATE chain SET sealed = 0 WHERE mine > 0")
    db.execute("UPDATE log SET stalled = 1")
    db.execute("DELETE FROM words_data WHERE id = (SELECT max(id) FROM words_data)")


async def test_rebuilding_changes_nothing_where_nothing_was_wrong(trio: Three) -> None:
    await history(trio)
    for device in trio:
        before = await device.change(derived)

        events = await device.journal.rebuild()

        after = await device.change(derived)
        assert events == len(before["event"])
        for table, rows in before.items():
            assert after[table] == rows, table


async def test_rebuilding_makes_all_that_follows_from_the_events_anew(trio: Three) -> None:
    await history(trio)
    ada = trio[0]
    before = await ada.change(derived)
    texts, shown = await ada.texts(), [s.short for s in await ada.journal.log(Query())]
    await ada.change(forget)
    assert await ada.texts() != texts

    await ada.journal.rebuild()

    after = await ada.change(derived)
    for table, rows in before.items():
        assert after[table] == rows, table
    assert await ada.texts() == texts
    assert [s.short for s in await ada.journal.log(Query())] == shown
    assert [s.text for s in await ada.journal.search("alone")] == ["walked home alone"]
    await ada.reopen()
    assert (await ada.journal.doctor()).ok
    await settle(*trio)
    assert await agree(*trio)


@pytest.mark.parametrize("step", ["_reread", "_note_pasts", "_note_holding"])
async def test_rebuilding_that_ends_early_leaves_all_as_it_was(
    pair: Two, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    ada, _ = pair
    await settle(*pair)
    await ada.change(lambda db: db.execute("UPDATE event SET type = NULL WHERE kind = 0"))
    before = await ada.change(derived)
    real = getattr(rebuilding, step)

    def die(*args: object) -> object:
        real(*args)
        raise InterruptedError

    monkeypatch.setattr(rebuilding, step, die)
    with pytest.raises(InterruptedError):
        await ada.journal.rebuild()

    assert await ada.change(derived) == before


async def test_a_kind_that_an_older_version_did_not_know_gets_a_short_id_and_no_other_changes(
    pair: Two,
) -> None:
    ada, _ = pair
    first, second = await ada.write("one"), await ada.write("two")
    await ada.change(
        lambda db: db.execute(
            "UPDATE event SET letter = NULL, n = NULL, type = 'x.y' WHERE id = ?", (first.event,)
        )
    )

    await ada.journal.rebuild()

    found = {shown.text: shown.short for shown in await ada.journal.log(Query())}
    assert found["two"] == second.short
    assert found["one"] not in {"", second.short}
