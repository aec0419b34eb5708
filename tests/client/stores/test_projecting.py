"""Projections are kept, not made: however events come, they are those that all of them fold to."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.histories import cast_of
from harness.logs import Log
from harness.memory_db import memory_db, take
from harness.tales import TELLS, tales
from inglenook_client.core.events import Run
from inglenook_client.core.projections.plain import plain
from inglenook_client.core.projections.threads import ALONE, BEGINS, FOLDS, SINGLE
from inglenook_client.stores import erasing, items, loading, logs, projecting, stale, telling
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema.control import LogType
from inglenook_schema.events import KINDS, kind_of
from inglenook_schema.events.goals import GoalRevised
from inglenook_schema.events.writing import EntryRevised, EntryWritten

NOW = 1_760_000_000_000
FEW = settings(max_examples=max(20, settings().max_examples // 4))
"""Each example is a whole log, signed and taken in twice: a quarter of the profile's must do."""


def row_of(db: Db, log: Log) -> LogRow:
    return logs.add_log(db, log.id, LogType.PAIR, "mentee")


def receive(db: Db, row: LogRow, runs: list[Run]) -> list[Run]:
    """Take runs in as the journal does, erasures followed; returns what has to wait."""
    outcome = take(db, row, runs)
    roster = logs.roster_of(db, row)
    if roster.genesis is not None:
        erasing.show_again(db, row, roster.erased)
        erasing.hide(db, row, roster.erased, NOW)
    return [runs[index] for index in outcome.waiting]


def deliver(db: Db, row: LogRow, runs: list[Run], chance: random.Random) -> None:
    """All runs in any order and any parcels, the projections caught up at any moment."""
    left, waiting = chance.sample(runs, len(runs)), list[Run]()
    while left:
        size = chance.randint(1, len(left))
        waiting = receive(db, row, [*waiting, *left[:size]])
        left = left[size:]
        if chance.random() < 0.5:
            projecting.catch_up(db)
    projecting.catch_up(db)


def kept(db: Db) -> dict[str, set[Any]]:
    """Everything that the projections hold, without this device's own numbers."""
    columns = "log, noun, id, thread, state, topic, rank, at, day, mine, hash"
    return {
        "items": set(db.execute(f"SELECT {columns} FROM item")),
        "links": set(db.execute("SELECT target, event, thread FROM link")),
        "traits": set(
            db.execute(
                "SELECT t.name, t.value, t.day, e.id, t.n FROM trait t"
                " LEFT JOIN event e ON e.row = t.row"
            )
        ),
    }


@FEW
@given(tales(), st.integers(1, 8), st.randoms(use_true_random=False))
def test_however_events_come_the_projections_end_the_same_and_as_if_made_anew(
    log: Log, longest: int, chance: random.Random
) -> None:
    with memory_db() as first, memory_db() as second:
        rows = row_of(first, log), row_of(second, log)
        receive(first, rows[0], log.runs())
        projecting.catch_up(first)

        deliver(second, rows[1], log.runs(longest=longest), chance)

        assert kept(second) == kept(first)
        assert items.digest(second, rows[1].number) == items.digest(first, rows[0].number)
        incremental = kept(second)
        projecting.rebuild(second)
        assert kept(second) == incremental
        assert not stale.is_behind(second)


@FEW
@given(tales())
def test_whoever_waits_for_it_hears_how_far_it_is(log: Log) -> None:
    heard = list[float]()
    with memory_db() as db:
        receive(db, row_of(db, log), log.runs())

        projecting.catch_up(db, heard.append)

        threads = db.execute("SELECT 1 FROM item").fetchone()

    assert heard == sorted(heard)
    assert heard[-1] == 1
    assert threads is None or 0 <= heard[0] < 1


@FEW
@given(tales(), st.integers(1, 8), st.randoms(use_true_random=False))
def test_what_arrives_many_at_once_leaves_its_traits_and_ends_the_same(
    log: Log, longest: int, chance: random.Random
) -> None:
    with memory_db() as first, memory_db() as second, pytest.MonkeyPatch.context() as patch:
        rows = row_of(first, log), row_of(second, log)
        receive(first, rows[0], log.runs())
        projecting.catch_up(first)

        patch.setattr(loading, "MANY", 1)  # few events go the way of a whole pack
        deliver(second, rows[1], log.runs(longest=longest), chance)

        assert kept(second) == kept(first)
        assert items.digest(second, rows[1].number) == items.digest(first, rows[0].number)
        assert not stale.is_behind(second)


@FEW
@given(tales(), st.randoms(use_true_random=False))
def test_what_is_kept_is_what_all_events_together_fold_to(log: Log, chance: random.Random) -> None:
    with memory_db() as db:
        row = row_of(db, log)
        deliver(db, row, log.runs(longest=3), chance)
        facts = [told for told in everything(db, row.number) if told.content is not None]
        before = telling.Causal(db)

        for noun, fold in FOLDS.items():
            whole = {item.id: plain(item) for item in fold(facts, before)}
            stored = {
                item.id: plain(item)
                for item in items.page(db, nameless(), noun, items.Cut(), items.Order())[0]
            }
            assert stored.keys() <= whole.keys()
            assert {name: whole[name] for name in stored} == stored
            assert whole.keys() - stored.keys() <= alone(db), noun


def everything(db: Db, log: int) -> list[telling.Told]:
    names = [row[0] for row in db.execute("SELECT id FROM event WHERE kind = 0")]
    return [told for name in names if (told := telling.one(db, name, log)) is not None]


def alone(db: Db) -> set[bytes]:
    """Entries that nothing goes on with: they are read as they stand."""
    kinds = ",".join(f"'{kind}'" for kind in ALONE)
    return {row[0] for row in db.execute(f"SELECT id FROM event WHERE type IN ({kinds})")}


def nameless() -> items.Reader:
    return items.Reader(lambda _log, person: telling.Author(person))


@FEW
@given(tales(forks=False), st.integers(0, 255))
def test_nothing_of_an_erased_event_stays_in_a_projection_from_the_moment_it_is_hidden(
    log: Log, which: int
) -> None:
    with memory_db() as db:
        row = row_of(db, log)
        receive(db, row, log.runs())
        projecting.catch_up(db)
        shown = [told for told in everything(db, row.number) if told.content is not None]
        if not shown:
            return
        gone = shown[which % len(shown)]

        erasing.hide(db, row, [(gone.event, gone.author.person)], NOW)

        held = [msgspec.msgpack.decode(row[0]) for row in db.execute("SELECT said FROM item")]
        assert gone.event not in {event for said in held for event in marks_in(said)}
        assert gone.event not in {trait[3] for trait in kept(db)["traits"]}
        projecting.catch_up(db)
        assert kept(db)["items"] == rebuilt(db)["items"]


def marks_in(said: Any) -> Iterator[bytes]:
    """The events that something in an item comes from."""
    if isinstance(said, dict) and "author" in said:
        yield said["event"]
    if isinstance(said, dict | list):
        for part in said.values() if isinstance(said, dict) else said:
            yield from marks_in(part)


def rebuilt(db: Db) -> dict[str, set[Any]]:
    projecting.rebuild(db)
    return kept(db)


def test_what_comes_late_between_two_values_settles_which_of_them_is_the_later() -> None:
    laptop_, tablet_, _, pc_, *_ = cast_of().values()
    log = Log(laptop_)
    laptop = log.open(laptop_)
    laptop.add(pc_)
    goal = laptop.say("first")
    pc = log.open(pc_, laptop)
    pc.say(content=revised(goal.id, "by a fast clock", NOW + 1_000))
    tablet = log.open(tablet_, pc)  # saw what the PC wrote
    assert tablet.tip is not None
    laptop.view[tablet.id] = tablet.tip  # and so did the laptop, through the tablet alone
    laptop.say(content=revised(goal.id, "the later one", NOW))
    late = [run for run in log.runs() if run.last.chain == tablet.id]

    with memory_db() as db:
        row = row_of(db, log)
        receive(db, row, [run for run in log.runs() if run not in late])
        projecting.catch_up(db)
        before = title(db)
        receive(db, row, late)
        projecting.catch_up(db)

        assert [before, title(db)] == ["by a fast clock", "the later one"]


Parcels = tuple[Log, list[list[Run]], list[bytes]]
"""A log, how it arrives, and what is erased before anybody looks."""


def erased_before_anybody_looks() -> Parcels:
    (laptop_, *_) = cast_of().values()
    log = Log(laptop_)
    gone = log.open(laptop_).say(content=written("gone"))
    return log, [log.runs()], [gone.id]


def written_after_the_removal() -> Parcels:
    laptop_, tablet_, *_ = cast_of().values()
    log = Log(laptop_)
    laptop = log.open(laptop_)
    laptop.say(content=written("counts"))
    tablet = log.open(tablet_, laptop)
    laptop.see(tablet)
    laptop.remove(tablet_)
    tablet.say(content=written("does not count"))
    return log, [log.runs()], []


def revised_before_it_came() -> Parcels:
    laptop_, tablet_, *_ = cast_of().values()
    log = Log(laptop_)
    laptop = log.open(laptop_)
    begun = log.runs()
    entry = laptop.say(content=written("at first"))
    tablet = log.open(tablet_, laptop)
    tablet.say(content=EntryRevised(**WHEN, entry=entry.id, tags=("later",)))
    late = [run for run in log.runs() if run not in begun and run.last.chain == laptop.id]
    return log, [[run for run in log.runs() if run not in late], late], []


WHEN: Any = {"at": NOW, "zone": "UTC", "date": "2026-01-01"}


def written(text: str) -> EntryWritten:
    return EntryWritten(**WHEN, text=text, mood=2, tags=(text,))


@pytest.mark.parametrize(
    "history", [erased_before_anybody_looks, written_after_the_removal, revised_before_it_came]
)
def test_traits_that_came_with_their_events_go_where_those_do_not_count_as_written(
    history: Callable[[], Parcels], monkeypatch: pytest.MonkeyPatch
) -> None:
    log, parcels, erased = history()
    monkeypatch.setattr(loading, "MANY", 1)  # few events go the way of a whole pack
    with memory_db() as db:
        row = row_of(db, log)
        for runs in parcels:
            take(db, row, runs)
            came = kept(db)["traits"]
            erasing.hide(db, row, [(name, log.founder.person.id) for name in erased], NOW)
            assert not {trait[3] for trait in kept(db)["traits"]} & {*erased}
            projecting.catch_up(db)

        found = kept(db)

        assert came, "no traits came with the last events"
        assert found == rebuilt(db)


def revised(goal: bytes, text: str, at: int) -> GoalRevised:
    return GoalRevised(at=at, zone="UTC", date="2026-01-01", goal=goal, title=text)


def title(db: Db) -> str:
    ((found,),) = db.execute("SELECT title FROM item WHERE noun = 'goal'").fetchall()
    return str(found)


def test_the_tales_tell_every_kind_that_a_projection_reads() -> None:
    told = {kind_of(tell(bytes(32), 1)[0]) for tell in TELLS}
    elsewhere = (".spaces", ".programme", ".enrolling", ".coming_in")
    about_spaces = {kind for kind, shape in KINDS.items() if shape.__module__.endswith(elsewhere)}

    assert told == set(KINDS) - about_spaces - {"pair.restored"}
    assert set(BEGINS) | set(SINGLE) | ALONE <= told


@pytest.mark.parametrize("noun", [*FOLDS])
def test_every_noun_is_reached_by_some_kind(noun: str) -> None:
    assert noun in {*BEGINS.values(), *SINGLE.values(), "star"}
