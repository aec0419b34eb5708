"""The client's fold against the rules written once more (``belonging``), over random histories."""

from collections.abc import Collection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.ancestry import counted, judged, whole
from harness.histories import histories
from harness.logs import Log
from inglenook_client.core.events import Event
from model.belonging import Verdict, judge
from model.troubles import RARE, build, troubles


def as_the_client_says(log: bytes, events: Collection[Event]) -> Verdict:
    roster = judged(log, events)
    staying = {name for name, member in roster.people.items() if not member.gone}
    return Verdict(
        counted(roster, events),
        {name: (m.role, m.founder, m.gone) for name, m in roster.people.items()},
        {chain: seat.kem for chain, seat in roster.seats.items()},
        {c for c, seat in roster.seats.items() if seat.last is None and seat.person in staying},
        set(roster.removed),
        set(roster.void),
        roster.tips,
        set(roster.erased),
        roster.closed,
        roster.stalled,
    )


@given(histories())
def test_the_client_judges_every_history_as_the_page_says(log: Log) -> None:
    events = list(log.events.values())

    assert as_the_client_says(log.id, events) == judge(log.id, events)


@given(troubles())
def test_so_it_does_where_devices_remove_each_other(log: Log) -> None:
    events = list(log.events.values())

    assert as_the_client_says(log.id, events) == judge(log.id, events)


@pytest.mark.parametrize("rare", RARE)
def test_so_it_does_in_what_chance_seldom_finds(rare: str) -> None:
    log = build(RARE[rare])
    events = list(log.events.values())

    assert as_the_client_says(log.id, events) == judge(log.id, events)


@settings(max_examples=50)
@given(histories(), st.data())
def test_so_it_does_whatever_part_of_a_history_it_holds(log: Log, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(list(log.events)), min_size=1, max_size=4))
    events = whole(log.events, {log.id, *names})

    assert as_the_client_says(log.id, events) == judge(log.id, events)
