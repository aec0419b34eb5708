"""Nothing that was written is lost on the way, and nothing from outside breaks the reader."""

import sys
from calendar import isleap, monthrange
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.strategies_events import FEW, event_of, events
from inglenook_schema.errors import InvalidEventError, MalformedEventError
from inglenook_schema.events import limits
from inglenook_schema.events.asking import FeedbackGiven
from inglenook_schema.events.checkins import CheckinSummarised, NextStep
from inglenook_schema.events.codec import decode_content, encode_content, is_day
from inglenook_schema.events.content import Content, UnknownContent
from inglenook_schema.events.goals import GoalRevised
from inglenook_schema.events.registry import KINDS
from inglenook_schema.events.writing import EntryShared, EntryWritten

WHEN: dict[str, Any] = {"at": 1_769_850_000_000, "zone": "Europe/London", "date": "2026-01-31"}
ENTRY = {"kind": "entry.written", **WHEN, "text": "walked home"}
pack = msgspec.msgpack.encode

texts = st.text(max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | texts
    | st.binary(max_size=40)
    | st.datetimes(timezones=st.timezones() | st.none())
    | st.builds(msgspec.msgpack.Ext, st.integers(0, 127), st.binary(max_size=8))
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(texts | st.integers(0, 9) | st.binary(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
field_names = st.sampled_from(
    sorted({field.encode_name for s in KINDS.values() for field in msgspec.structs.fields(s)})
)
bodies = st.builds(
    lambda fields, kind: {**fields, **kind},
    st.dictionaries(field_names | texts, anything, max_size=6),
    st.fixed_dictionaries({}, optional={"kind": st.sampled_from(tuple(KINDS)) | anything}),
)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@FEW
def test_every_kind_comes_back_as_it_was_written(kind: str, data: st.DataObject) -> None:
    event = data.draw(event_of(kind))

    payload = encode_content(event)

    assert decode_content(payload) == event
    assert msgspec.msgpack.decode(payload)["kind"] == kind


@given(events())
def test_equal_events_have_equal_bytes_wherever_they_come_from(event: Content) -> None:
    payload = encode_content(event)
    received = decode_content(payload)
    spelled_out = msgspec.structs.replace(event, lang=sys.intern(event.lang))

    assert isinstance(received, Content)
    assert encode_content(received) == payload
    assert encode_content(spelled_out) == payload


def test_the_default_language_is_left_out_also_when_somebody_chose_it() -> None:
    unsaid = EntryWritten(**WHEN, text="hello")
    chosen = EntryWritten(**WHEN, text="hello", lang="".join(("e", "n")))

    assert encode_content(chosen) == encode_content(unsaid)
    assert b"lang" not in encode_content(unsaid)


def test_the_order_in_which_parts_were_filled_in_does_not_show() -> None:
    parts = {"situation": "the talk", "behaviour": "looked up", "impact": "I listened"}
    backwards = dict(reversed(parts.items()))

    first, second = (FeedbackGiven(**WHEN, parts=order) for order in (parts, backwards))

    assert encode_content(first) == encode_content(second)


def test_the_wire_calls_the_source_of_a_shared_entry_from() -> None:
    shared = EntryShared(**WHEN, source=bytes(32), text="hello")

    assert msgspec.msgpack.decode(encode_content(shared))["from"] == bytes(32)


def test_a_revision_tells_what_was_taken_away_from_what_was_left_alone() -> None:
    revision = GoalRevised(**WHEN, goal=bytes(32), why=None)

    fields = msgspec.msgpack.decode(encode_content(revision))

    assert fields["why"] is None
    assert "title" not in fields
    assert decode_content(encode_content(revision)) == revision


def test_a_newer_field_is_passed_over_and_the_rest_is_read() -> None:
    payload = pack({**ENTRY, "weather": ["rain", {"wind": 3}]})

    assert decode_content(payload) == EntryWritten(**WHEN, text="walked home")


@given(fields=st.dictionaries(texts, anything, max_size=4))
def test_an_unknown_kind_keeps_all_its_fields(fields: dict[str, Any]) -> None:
    plain = {name: value for name, value in fields.items() if name not in {"kind", *WHEN, "lang"}}

    unknown = decode_content(pack({"kind": "dream.told", **WHEN, "lang": "cy", **plain}))

    assert isinstance(unknown, UnknownContent)
    assert (unknown.kind, unknown.at, unknown.zone) == ("dream.told", WHEN["at"], WHEN["zone"])
    assert (unknown.date, unknown.lang) == (WHEN["date"], "cy")
    assert unknown.fields.keys() == {"kind", *WHEN, "lang", *plain}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"mood": 6}, id="a scale that grew"),
        pytest.param({"mood": "high"}, id="a scale in words"),
        pytest.param({"text": ["walked", "home"]}, id="a text in pieces"),
        pytest.param({"text": "x" * (limits.TEXT + 1)}, id="a longer text than we know"),
        pytest.param({"tags": ["x"] * (limits.ITEMS + 1)}, id="a longer list than we know"),
        pytest.param({"for_date": "2026-02-30"}, id="a day that does not exist"),
    ],
)
def test_a_kind_of_ours_with_other_fields_is_kept_as_unknown(changed: dict[str, Any]) -> None:
    body = {**ENTRY, **changed}

    unknown = decode_content(pack(body))

    assert isinstance(unknown, UnknownContent)
    assert (unknown.kind, unknown.fields) == ("entry.written", body)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("at", 2**63, id="far future"),
        pytest.param("at", float("nan"), id="no number"),
        pytest.param("at", True, id="a truth for a time"),
        pytest.param("zone", "", id="no zone"),
        pytest.param("zone", "x" * 65, id="a novel for a zone"),
        pytest.param("date", "2026-02-29", id="a day that does not exist"),
        pytest.param("date", "2100-02-29", id="no leap year"),
        pytest.param("date", "2026-W01-1", id="another notation"),
        pytest.param("date", "2026-01-31\n", id="a line break"),
        pytest.param("date", "\u0662\u0660\u0662\u0666-\u0660\u0661-\u0660\u0661", id="digits"),
        pytest.param("lang", "no language", id="no language"),
    ],
)
def test_what_makes_no_sense_stays_out_of_the_typed_fields(name: str, value: object) -> None:
    for kind in ("entry.written", "dream.told"):
        unknown = decode_content(pack({**ENTRY, "kind": kind, name: value}))

        assert isinstance(unknown, UnknownContent)
        assert getattr(unknown, name) is None
        assert name in unknown.fields


def test_the_days_that_are_read_are_those_of_the_calendar() -> None:
    for year in range(1, 10_000):
        assert is_day(f"{year:04}-02-29") == (year >= 1900 and isleap(year))
    for month, day in product(range(100), repeat=2):
        exists = 1 <= month <= 12 and 1 <= day <= monthrange(2026, month)[1]
        assert is_day(f"2026-{month:02}-{day:02}") == exists


def test_keys_that_are_no_text_become_text_inside_an_unknown_kind() -> None:
    inner = {7: "seven", (1, 2): "pair"}

    unknown = decode_content(pack({"kind": "dream.told", "inner": [inner]}))

    assert isinstance(unknown, UnknownContent)
    assert unknown.fields["inner"] == [{"7": "seven", "(1, 2)": "pair"}]


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xc1", id="no msgpack"),
        pytest.param(pack(ENTRY) + b"\x00", id="something after it"),
        pytest.param(pack(ENTRY)[:-1], id="cut short"),
        pytest.param(pack([ENTRY]), id="a list"),
        pytest.param(pack({**ENTRY, 7: 7}), id="a key that is no text"),
        pytest.param(pack(WHEN), id="no kind"),
        pytest.param(pack({**ENTRY, "kind": 7}), id="a kind that is no text"),
        pytest.param(pack({**ENTRY, "kind": ""}), id="an empty kind"),
        pytest.param(pack({**ENTRY, "kind": "k" * (limits.KIND + 1)}), id="an endless kind"),
        pytest.param(
            pack({**ENTRY, "text": "xxx"}).replace(b"xxx", b"\xed\xa0\x80"), id="surrogate"
        ),
        pytest.param(pack({**ENTRY, "text": "x" * limits.PAYLOAD}), id="too much"),
        pytest.param(b"\xdf\xff\xff\xff\xff", id="a map that claims to be endless"),
        pytest.param(b"\x82\xa4kind\xa1k\xa1a" + b"\x91" * 200_000 + b"\xc0", id="bottomless"),
    ],
)
def test_what_is_no_event_is_refused_as_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedEventError):
        decode_content(payload)


def nested(levels: int) -> dict[str, object]:
    inner: object = "core"
    for _ in range(levels):
        inner = [inner]
    return {"kind": "dream.told", "inner": inner}


def test_nesting_is_followed_down_to_the_named_depth_and_no_further() -> None:
    deepest = decode_content(pack(nested(limits.DEPTH - 1)))

    assert isinstance(deepest, UnknownContent)
    with pytest.raises(MalformedEventError):
        decode_content(pack(nested(limits.DEPTH)))


def test_a_payload_of_exactly_the_limit_is_written_and_read() -> None:
    steps = tuple(NextStep(title="x" * 2_000) for _ in range(64))
    points = tuple("x" * 2_000 for _ in range(64))
    bare = CheckinSummarised(**WHEN, checkin=bytes(32), points=points, next_steps=steps)
    room = limits.PAYLOAD - len(encode_content(bare)) - len("went_well") - 1 - 3
    full = msgspec.structs.replace(bare, went_well="x" * room)

    assert len(encode_content(full)) == limits.PAYLOAD
    assert decode_content(encode_content(full)) == full
    with pytest.raises(InvalidEventError, match="split it in two"):
        encode_content(msgspec.structs.replace(bare, went_well="x" * (room + 1)))


@pytest.mark.parametrize("field", [{"text": "\ud800"}, {"text": "x", "mood": 2**70}])
def test_what_cannot_be_stored_is_refused_before_it_is_written(field: dict[str, Any]) -> None:
    with pytest.raises(InvalidEventError, match="cannot be stored"):
        encode_content(EntryWritten(**WHEN, **field))


def assert_safe(payload: bytes) -> None:
    """Either our error, or a value that can be written again and shown as JSON."""
    try:
        event = decode_content(payload)
    except MalformedEventError:
        return
    if isinstance(event, UnknownContent):
        msgspec.json.encode(event)
    else:
        assert decode_content(encode_content(event)) == event


@given(st.binary(max_size=200))
def test_any_bytes_become_an_event_or_our_error(payload: bytes) -> None:
    assert_safe(payload)


@given(bodies)
@example({**ENTRY, "extra": msgspec.msgpack.Ext(5, b"data")})
@example({"kind": "dream.told", "extra": {"inner": {1: float("nan"), b"\xff": 2**64 - 1}}})
def test_any_map_becomes_an_event_or_our_error(body: dict[str, object]) -> None:
    assert_safe(pack(body))


@given(event=events(), where=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_event_becomes_an_event_or_our_error(
    event: Content, where: int, byte: int, cut: bool
) -> None:
    payload = bytearray(encode_content(event))
    where %= len(payload)
    if cut:
        del payload[where:]
    else:
        payload[where] = byte

    assert_safe(bytes(payload))
