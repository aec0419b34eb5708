"""Others' events as rows: whatever way they came, the same rows in the end."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.ancestry import before, counted, judged, kept_pasts
from harness.histories import cast_of, histories
from harness.logs import Chain, Log, draw
from harness.memory_db import memory_db, take
from harness.shelf import Shelf
from inglenook_client.core.clocks import unpack
from inglenook_client.core.events import Event, Run
from inglenook_client.stores import erasing, logs, search, telling, views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.events import StoredLog
from inglenook_client.stores.logs import LogRow
from inglenook_schema.control import Erase, LogType
from inglenook_schema.header import Kind

LAPTOP, TABLET, PHONE, PC, MAC, EVE = cast_of().values()


def row_of(db: Db, log: Log) -> LogRow:
    return logs.add_log(db, log.id, LogType.PAIR, "mentee")


def deliver(db: Db, row: LogRow, runs: list[Run], chance: random.Random) -> None:
    """All runs in any order and any parcels; what had to wait comes again."""
    left, waiting = chance.sample(runs, len(runs)), list[Run]()
    while left:
        size = chance.randint(1, len(left))
        offered = [*waiting, *left[:size]]
        outcome = take(db, row, offered)
        waiting = [offered[index] for index in outcome.waiting]
        left = left[size:]
    assert not waiting


def pasts_in(db: Db) -> dict[bytes, dict[bytes, int]]:
    return {name: unpack(past) for name, past in db.execute("SELECT event, past FROM past")}


def shown(db: Db) -> set[bytes]:
    """Ids of the content that the views show."""
    return {row.id for row in views.timeline(db)}


def account_of(db: Db, row: LogRow) -> tuple[Any, ...]:
    """All that two devices with the same events must agree on."""
    kept = "SELECT c.id, e.seq, e.id, e.body, e.type, e.at, e.date, e.linked, c.last, c.forked"
    rows = db.execute(f"{kept} FROM event e JOIN chain c ON c.number = e.chain ORDER BY e.id")
    return (
        rows.fetchall(),
        pasts_in(db),
        logs.roster_of(db, row),
        views.fingerprint(db, row.number),
        db.execute("SELECT * FROM awaited").fetchall(),
        shown(db),
    )


@pytest.fixture
def db() -> Iterator[Db]:
    with memory_db() as opened:
        yield opened


# --- properties -----------------------------------------------------------------------


@given(histories(), st.integers(1, 64), st.randoms(use_true_random=False))
def test_any_order_and_split_of_deliveries_leads_to_the_same_rows_and_roster(
    log: Log, longest: int, chance: random.Random
) -> None:
    with memory_db() as first, memory_db() as second:
        rows = row_of(first, log), row_of(second, log)
        take(first, rows[0], log.runs())

        deliver(second, rows[1], log.runs(longest=longest), chance)

        assert account_of(second, rows[1]) == account_of(first, rows[0])
        assert pasts_in(first) == kept_pasts(log.events.values())
        assert logs.roster_of(first, rows[0]) == judged(log.id, log.events.values())
        assert shown(first) == counted(judged(log.id, log.events.values()), log.events.values())


@given(histories(longest=20), st.randoms(use_true_random=False))
def test_the_stored_log_answers_the_intake_as_the_shelf_does(
    log: Log, chance: random.Random
) -> None:
    runs = log.runs(longest=3)
    some = chance.sample(runs, len(runs) // 2)
    with memory_db() as db:
        row, shelf = row_of(db, log), Shelf(log.id)
        take(db, row, some)
        shelf.take(some)

        stored = StoredLog(db, row.number)

        for chain in {event.chain for event in log.events.values()}:
            for seq in range(-1, 8):
                assert sorted(stored.ids_at(chain, seq)) == sorted(shelf.ids_at(chain, seq))
                assert stored.past_at(chain, seq) == shelf.past_at(chain, seq)


def told_of(event: Event, log: int, chain: int) -> telling.Told:
    author = telling.Author(b"")
    return telling.Told(event.id, 0, "", author, log, None, chain, event.chain, event.seq, 0)


@given(histories(acts=False, longest=20), st.randoms(use_true_random=False))
def test_one_event_is_known_to_another_exactly_where_refs_lead_to_it_whatever_forked(
    log: Log, chance: random.Random
) -> None:
    said = [event for event in log.events.values() if event.kind == Kind.CONTENT]
    with memory_db() as db:
        row = row_of(db, log)
        deliver(db, row, log.runs(longest=5), chance)

        knows = telling.Causal(db)
        numbers = {chain.id: chain.number for chain in logs.chains_of(db, row.number)}
        told = {event.id: told_of(event, row.number, numbers[event.chain]) for event in said}

        behind = before(log.events.values())
        for a in said:
            for b in said:
                assert knows(told[a.id], told[b.id]) == (a.id in behind[b.id])


# --- late and missing -----------------------------------------------------------------


def bare(event: Event) -> Event:
    return Event(event.chain, event.header, event.raw, event.id, None)


def test_an_event_whose_body_comes_later_ends_as_one_that_came_whole(db: Db) -> None:
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    said = laptop.say("read for the exam")
    row = row_of(db, log)
    start = log.runs()[:-1]
    take(db, row, [*start, log.run(bare(said))])
    search.catch_up(db)

    take(db, row, [log.run(said)])

    with memory_db() as other:
        take(other, row_of(other, log), log.runs())
        assert account_of(db, row) == account_of(other, row)
    (shown,) = views.linked(db, {"goal.set"})
    assert (shown.letter, shown.n) == ("g", 1)
    search.catch_up(db)
    assert list(search.matches(db, "exam")) == [shown.row]


def test_a_removal_cuts_the_same_wherever_the_words_it_had_seen_come_from(db: Db) -> None:
    """The removal names the tablet only by way of another device's words."""
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    tablet = log.open(TABLET, laptop)
    phone = log.open(PHONE, tablet)
    laptop.see(phone)
    start = log.runs()
    kept = tablet.say("the phone has seen this")
    phone.see(tablet)
    between = phone.say("and says so")
    laptop.view[phone.id] = between
    removal = laptop.remove(TABLET)
    row = row_of(db, log)

    take(db, row, [*start, log.run(kept), log.run(removal)])
    early = logs.roster_of(db, row).seats[tablet.id].last
    take(db, row, [log.run(between)])

    assert early == 0
    assert logs.roster_of(db, row).seats[tablet.id].last == kept.seq


@pytest.mark.parametrize("late", [0, 1])
def test_what_is_known_behind_a_ref_that_stays_missing_depends_on_no_order(
    db: Db, late: int
) -> None:
    """Of the phone's words one is missing; the one before it tells what the laptop knew."""
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    tablet, phone = log.open(TABLET, laptop), log.open(PHONE, laptop)
    start = log.runs()
    phone.see(tablet)
    between = phone.say("has seen the tablet")
    phone.say("never comes")
    laptop.see(phone)
    removal = laptop.remove(TABLET)
    row = row_of(db, log)
    take(db, row, start)

    for run in ((between, removal), (removal, between))[late]:
        take(db, row, [log.run(run)])

    assert logs.roster_of(db, row).seats[tablet.id].last == 0
    assert pasts_in(db)[removal.id] == {tablet.id: 0, phone.id: 2}


def test_an_event_that_was_erased_before_it_came_is_hidden_at_once(db: Db) -> None:
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    said = laptop.say("better forgotten")
    laptop.say("between")
    laptop.write(Kind.ERASE, Erase((said.id,)))
    tablet = log.open(TABLET)
    tablet.write(Kind.ERASE, Erase((said.id,)))
    row = row_of(db, log)
    early = [run for run in log.runs() if run.last.chain == tablet.id or not any(run.last.chain)]

    take(db, row, early)
    erase(db, row)
    take(db, row, log.runs())
    erase(db, row)

    (body,) = db.execute("SELECT body FROM event WHERE id = ?", (said.id,)).fetchone()
    assert body is None


def erase(db: Db, row: LogRow) -> int:
    erasing.hide(db, row, logs.roster_of(db, row).erased, 1)
    return len(erasing.wipe_due(db, 1))


# --- erasing --------------------------------------------------------------------------


@pytest.fixture
def pair(db: Db) -> tuple[Log, Chain, Chain, LogRow]:
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    laptop.add(PC)
    pc = log.open(PC, laptop)
    return log, laptop, pc, row_of(db, log)


def bodies(db: Db) -> dict[bytes, bytes | None]:
    return dict(db.execute("SELECT id, body FROM event WHERE kind = 0").fetchall())


def test_erasing_forgets_body_date_and_words_and_keeps_the_place(
    db: Db, pair: tuple[Log, Chain, Chain, LogRow]
) -> None:
    log, laptop, _, row = pair
    said, kept = laptop.say("plumbing exam"), laptop.say("carpentry")
    laptop.write(Kind.ERASE, Erase((said.id,)))
    take(db, row, log.runs())
    search.catch_up(db)

    gone = erase(db, row)

    assert gone == 1
    assert bodies(db) == {said.id: None, kept.id: kept.body}
    assert list(search.matches(db, "plumbing")) == []
    assert len(list(search.matches(db, "carpentry"))) == 1
    (date,) = db.execute("SELECT date FROM event WHERE id = ?", (said.id,)).fetchone()
    assert date is None


def test_nobody_erases_what_the_other_person_wrote(
    db: Db, pair: tuple[Log, Chain, Chain, LogRow]
) -> None:
    log, laptop, pc, row = pair
    said = laptop.say("mine")
    pc.see(laptop)
    pc.write(Kind.ERASE, Erase((said.id,)))
    take(db, row, log.runs())

    assert erase(db, row) == 0
    assert bodies(db)[said.id] == said.body


def test_any_device_of_a_person_erases_what_another_of_hers_wrote(
    db: Db, pair: tuple[Log, Chain, Chain, LogRow]
) -> None:
    log, laptop, _, row = pair
    said = laptop.say("mine")
    tablet = log.open(TABLET, laptop)
    tablet.write(Kind.ERASE, Erase((said.id,)))
    take(db, row, log.runs())

    assert erase(db, row) == 1


def test_a_membership_event_cannot_be_erased(
    db: Db, pair: tuple[Log, Chain, Chain, LogRow]
) -> None:
    log, laptop, _, row = pair
    assert laptop.tip is not None
    laptop.write(Kind.ERASE, Erase((laptop.tip.id, log.id)))
    take(db, row, log.runs())

    erase(db, row)

    assert set(logs.roster_of(db, row).people) == {LAPTOP.person.id, PC.person.id}


def test_an_erased_body_does_not_come_back_by_a_later_delivery(
    db: Db, pair: tuple[Log, Chain, Chain, LogRow]
) -> None:
    log, laptop, _, row = pair
    said = laptop.say("better forgotten")
    take(db, row, log.runs())
    laptop.write(Kind.ERASE, Erase((said.id,)))
    take(db, row, log.runs())
    erase(db, row)

    take(db, row, [log.run(said)])

    assert bodies(db)[said.id] is None


# --- what a device does with its own events -------------------------------------------


def test_a_forged_event_leaves_no_row(db: Db, pair: tuple[Log, Chain, Chain, LogRow]) -> None:
    log, laptop, _, row = pair
    take(db, row, log.runs())
    untouched = account_of(db, row)

    outcome = take(db, row, [log.run(laptop.say("forged"), sign=EVE.sign)])

    assert len(outcome.refused) == 1
    assert account_of(db, row) == untouched


def test_a_fork_is_remembered_at_its_first_place_in_any_order(db: Db) -> None:
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    twin = laptop.fork()
    laptop.say()
    laptop.say()
    twin.say()
    twin.say()
    row = row_of(db, log)

    for run in sorted(log.runs(longest=1), key=lambda run: (run.last.seq, run.last.id)):
        take(db, row, [run])

    assert db.execute("SELECT forked FROM chain WHERE id = ?", (laptop.id,)).fetchone() == (1,)


@pytest.mark.parametrize("branch", [0, 1])
def test_what_builds_on_a_fork_has_the_same_past_whether_it_came_with_the_fork_or_after(
    db: Db, branch: int
) -> None:
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    tablet, phone = log.open(TABLET, laptop), log.open(PHONE, laptop)
    twin = laptop.fork()
    laptop.see(tablet)
    twin.see(phone)
    laptop.say()
    twin.say()
    row = row_of(db, log)
    take(db, row, log.runs())
    mac = log.open(MAC)
    take(db, row, log.runs())
    longer = (laptop, twin)[branch]
    longer.see(mac)
    longer.say()

    take(db, row, log.runs())

    assert pasts_in(db) == kept_pasts(log.events.values())


def test_a_removal_is_judged_in_its_own_past_and_not_in_that_of_its_twin(db: Db) -> None:
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    tablet = log.open(TABLET, laptop)
    laptop.see(tablet)
    twin = laptop.fork()
    removal = laptop.remove(TABLET)
    tablet.say("after the cut")
    twin.see(tablet)
    while twin.fork().say().id > removal.id:
        pass
    row = row_of(db, log)
    lowest = min(e.id for e in log.events.values() if (e.chain, e.seq) == (laptop.id, 1))
    assert lowest != removal.id

    take(db, row, log.runs())

    assert logs.roster_of(db, row).seats[tablet.id].last == 0


def test_a_branch_that_a_removal_had_not_seen_counts_for_nothing(db: Db) -> None:
    """Else a removed device goes on writing, rotating and closing from before its cut."""
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    tablet = log.open(TABLET, laptop)
    thief = tablet.fork()
    seen = [tablet.say(f"seen {number}") for number in range(5)]
    laptop.see(tablet)
    laptop.remove(TABLET)
    for number in range(5):
        thief.say(f"written after the removal {number}")
    row = row_of(db, log)

    take(db, row, log.runs())

    assert shown(db) == {event.id for event in seen}


def test_a_fork_that_would_tie_a_knot_in_time_is_taken_in_all_the_same(db: Db) -> None:
    log = Log(LAPTOP)
    thief = log.open(LAPTOP)
    victim = log.open(TABLET, thief)
    row = row_of(db, log)
    twin = thief.fork()
    twin.say()
    victim.see(twin)
    victim.say()
    take(db, row, log.runs())
    thief.see(victim)
    thief.say()

    outcome = take(db, row, log.runs())

    assert outcome.forked
    assert set(log.events) == {name for (name,) in db.execute("SELECT id FROM event")}


def test_own_events_that_this_database_lacked_close_the_chain_for_writing(db: Db) -> None:
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    row = row_of(db, log)
    logs.set_meta(db, "device", LAPTOP.id)
    take(db, row, log.runs())
    db.execute("UPDATE chain SET mine = 2 WHERE id = ?", (laptop.id,))
    laptop.say("from the copy that was put back")

    take(db, row, log.runs())

    assert logs.my_chain(db, row.number) is None


def test_bytes_that_say_nothing_are_kept_as_they_came(db: Db) -> None:
    log = Log(LAPTOP)
    laptop = log.open(LAPTOP)
    said = laptop.write(Kind.CONTENT, None, body=b"\xc1 not even msgpack")
    newer = laptop.write(77, None, body=draw("a newer kind"))
    row = row_of(db, log)

    take(db, row, log.runs())

    kept = dict(db.execute("SELECT id, body FROM event").fetchall())
    assert kept[said.id] == said.body
    assert kept[newer.id] == newer.body
