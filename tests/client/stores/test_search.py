"""The index: what is found, in which order, and that nothing typed is a query language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.memory_db import memory_db
from inglenook_client.stores import indexing, search
from inglenook_client.stores.connection import Db
from inglenook_client.stores.search import Narrowing
from inglenook_schema import body
from inglenook_schema.events import Content, encode_content
from inglenook_schema.events.looking_back import MoodNoted
from inglenook_schema.events.writing import EntryWritten

NEVER = -(2**62)
DAYS = st.dates(date(2019, 12, 29), date(2021, 1, 3))


@pytest.fixture
def db() -> Iterator[Db]:
    with memory_db() as found:
        yield found


def put(db: Db, payload: bytes, at: int | None, chain: int = 1) -> int:
    sql = (
        "INSERT INTO event(chain, seq, id, kind, header, body, at)"
        " VALUES(?, 0, randomblob(32), 0, x'', ?, ?)"
    )
    return int(db.execute(sql, (chain, body.make(payload, bytes(32)), at)).lastrowid or 0)


def write(db: Db, *texts: str) -> list[int]:
    rows = [
        put(db, encode_content(entry(text)), 1_750_000_000_000 + n) for n, text in enumerate(texts)
    ]
    search.catch_up(db)
    return rows


def entry(text: str, day: str = "2025-06-15", **more: object) -> EntryWritten:
    return EntryWritten(at=1_750_000_000_000, zone="UTC", date=day, text=text, **more)  # type: ignore[arg-type]


def found(db: Db, words: str, narrow: Narrowing = search.ANYTHING) -> list[int]:
    return list(search.matches(db, words, narrow))


@pytest.mark.parametrize(
    ("typed", "text", "fits"),
    [
        pytest.param("maths exam", "the exam in Maths", True, id="all words, in any order"),
        pytest.param("maths exam", "the exam", False, id="not one of them alone"),
        pytest.param("cafe", "in the Café", True, id="accents do not matter"),
        pytest.param("CAFÉ", "in the cafe", True, id="nor do capitals"),
        pytest.param("Übung", "die Ubungen", True, id="typed with accents"),
        pytest.param("tir", "so tired", True, id="the beginning of a word"),
        pytest.param("tir today", "so tired today", False, id="only the last may be a beginning"),
        pytest.param("an", "any apple", False, id="two letters are a word"),
        pytest.param("an", "an apple", True, id="and are found as one"),
        pytest.param("学", "学校で", True, id="one sign, where words have no blanks"),
        pytest.param('"my own words"', "in my own words", True, id="a phrase"),
        pytest.param('"my own words"', "words of my own", False, id="in its order"),
        pytest.param('"my own word"', "in my own words", False, id="a phrase is no beginning"),
        pytest.param("don't", "I don't know", True, id="apostrophe"),
        pytest.param("@exam", "about the @exam", True, id="a tag as it is written"),
        pytest.param("ok!!! ???", "that is ok", True, id="signs beside words"),
        pytest.param("e-mail", "an e mail", True, id="hyphen"),
    ],
)
def test_words_are_found_as_people_write_them(db: Db, typed: str, text: str, fits: bool) -> None:
    write(db, text, "something else")

    assert found(db, typed) == ([1] if fits else [])


@pytest.mark.parametrize(
    "typed",
    [
        *('"', '""', '"open', 'a"b', "'", "*", "a*", "(", ")", "(a OR b)", "NOT b", "a AND"),
        *("NEAR(a b, 2)", "^a", "-a", "+a", "text : a", "text:a", "- text : a", "{text} : a"),
        *("marks : m3", "m3", "c1", "k656e7472", "d2025", "\x00", "a\x00b", "\ud800", "%", "_"),
        *("'; DROP TABLE words; --", "rank", "words", "🎉", "\u202e"),
    ],
)
def test_nothing_a_person_types_is_a_query(db: Db, typed: str) -> None:
    write(db, "something about foxes")
    put(db, encode_content(MoodNoted(at=0, zone="UTC", date="2025-06-15", mood=3)), 0)
    search.catch_up(db)

    assert found(db, typed) == []


@given(typed=st.text(max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_an_answer_and_never_an_error(db: Db, typed: str) -> None:
    search.catch_up(db)

    assert isinstance(found(db, typed), list)


@given(text=st.text("abcäÉß1 -'@", min_size=1, max_size=30).filter(lambda t: re.search(r"\w", t)))
def test_a_text_finds_itself(text: str) -> None:
    with memory_db() as db:
        write(db, text, "zzz")

        assert found(db, text) == [1]
        assert found(db, f'"{text}"') == [1]


def test_feelings_and_tags_are_found_as_words_too(db: Db) -> None:
    tired = MoodNoted(at=0, zone="UTC", date="2025-06-15", mood=2, feelings=("tired",))
    put(db, encode_content(tired), 0)
    put(db, encode_content(entry("a line", tags=("sommerfest",))), 1)
    search.catch_up(db)

    assert found(db, "tired") == [1]
    assert found(db, "sommer") == [2]


@pytest.mark.parametrize(
    ("narrow", "rows"),
    [
        pytest.param(Narrowing(tags=("exam",)), [3, 1], id="tag"),
        pytest.param(Narrowing(tags=("@Exam",)), [3, 1], id="as it is written"),
        pytest.param(Narrowing(tags=("exam", "maths")), [3], id="all tags"),
        pytest.param(Narrowing(tags=("exa",)), [], id="a tag is whole"),
        pytest.param(Narrowing(tags=("eté",)), [2], id="accents of a tag"),
        pytest.param(Narrowing(moods=frozenset({1, 2})), [4, 1], id="moods"),
        pytest.param(Narrowing(kinds=frozenset({"mood.noted"})), [4], id="kind"),
        pytest.param(Narrowing(kinds=frozenset({"mood.noted", "x"})), [4], id="kinds"),
        pytest.param(Narrowing(chains=frozenset({2})), [3], id="chain"),
        pytest.param(Narrowing(chains=frozenset()), [], id="nobody's"),
        pytest.param(Narrowing(since="2025-02-01"), [4, 3, 2], id="since"),
        pytest.param(Narrowing(until="2025-01-31"), [1], id="until"),
        pytest.param(Narrowing(since="2025-02-02", until="2025-03-01"), [3, 2], id="between"),
        pytest.param(Narrowing(since="2025-02-02", until="2025-02-01"), [], id="no day at all"),
        pytest.param(Narrowing(), [4, 3, 2, 1], id="anything"),
    ],
)
def test_what_is_found_can_be_narrowed_without_any_word(
    db: Db, narrow: Narrowing, rows: list[int]
) -> None:
    events: list[tuple[int, Content]] = [
        (1, entry("one", "2025-01-31", tags=("exam",), mood=1)),
        (1, entry("two", "2025-02-02", tags=("Été",), mood=3)),
        (2, entry("three", "2025-03-01", tags=("Exam", "maths"))),
        (1, MoodNoted(at=0, zone="UTC", date="2025-03-02", mood=2)),
    ]
    for at, (chain, event) in enumerate(events):
        put(db, encode_content(event), at, chain)
    search.catch_up(db)

    assert found(db, "", narrow) == rows


@given(
    days=st.lists(st.one_of(st.none(), DAYS), max_size=60),
    many=st.integers(1, 9),
    stretch=st.integers(1, 9),
    offsets=st.lists(st.integers(-14, 14), min_size=60, max_size=60),
)
def test_the_newest_come_first_however_many_there_are(
    days: list[date | None], many: int, stretch: int, offsets: list[int]
) -> None:
    with memory_db() as db, pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "MANY", many)
        patch.setattr(search, "_FIRST_STRETCH", stretch)
        patch.setattr(search, "_CLOSE", stretch)
        patch.setattr(search, "_SCATTERED", many)
        expected: dict[int, int] = {}
        for day, offset in zip(days, offsets, strict=False):
            if day is None:  # of a kind that is not known here, without a date
                row = put(db, msgspec.msgpack.encode({"kind": "new.kind", "text": "word"}), None)
                expected[row] = NEVER
                continue
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            at = int((noon + timedelta(hours=offset)).timestamp() * 1000)
            row = put(db, encode_content(entry("word", day.isoformat())), at)
            expected[row] = at
        search.catch_up(db)

        rows = found(db, "word")

    assert sorted(rows) == sorted(expected)
    assert rows == sorted(expected, key=lambda row: (expected[row], row), reverse=True)


@given(one=st.dates(date(1900, 1, 1)), other=st.dates(date(1900, 1, 1)), day=st.dates())
def test_the_marks_of_a_stretch_of_days_fit_its_days_and_no_others(
    one: date, other: date, day: date
) -> None:
    since, until = sorted((one, other))
    starts = list(indexing.days_between(since.isoformat(), until.isoformat()))

    for each in (since, until, day):
        mark = f"d{each.isoformat().replace('-', '')}"
        assert sum(mark.startswith(start) for start in starts) == (since <= each <= until)
    assert len(starts) < 120


def test_an_open_end_takes_few_marks() -> None:
    assert len(list(indexing.days_between("2026-01-01", None))) < 40
    assert list(indexing.days_between(None, "2026-03-02"))[-1] == "d20260302"
