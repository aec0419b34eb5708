import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategies_schema import RAW_HEADERS, headers, seeded, spoiled, widened
from inglenook_schema import header
from inglenook_schema.errors import MalformedEventError, PeerError, UnsupportedSuiteError
from inglenook_schema.header import Header, Kind
from inglenook_schema.ids import ZERO_ID, ZERO_SHORT

LOG, CHAIN, OTHER = seeded("log"), seeded("chain", 16), seeded("other", 16)
REF = (OTHER, 3, seeded("ref"))
GENESIS = Header(1, ZERO_SHORT, ZERO_SHORT, 0, ZERO_ID, Kind.GENESIS, 64, seeded("c"), ())
OPEN = Header(1, LOG[:16], ZERO_SHORT, 0, LOG, Kind.OPEN, 64, seeded("c"), (REF,))
CONTENT = Header(1, LOG[:16], CHAIN, 7, seeded("prev"), Kind.CONTENT, 128, seeded("c"), (REF,))


@given(headers())
def test_a_header_comes_back_as_it_went(made: Header) -> None:
    assert header.decode(header.encode(made)) == made


@given(spoiled(RAW_HEADERS) | st.binary(max_size=200))
def test_any_bytes_are_a_header_in_its_one_encoding_or_our_error(data: bytes) -> None:
    try:
        found = header.decode(data)
    except PeerError:
        return
    assert header.encode(found) == data


@given(RAW_HEADERS)
def test_no_longer_spelling_of_a_header_is_taken(raw: bytes) -> None:
    for data in widened(raw):
        with pytest.raises(MalformedEventError):
            header.decode(data)


@given(headers(), headers())
def test_ids_differ_exactly_where_headers_do(one: Header, two: Header) -> None:
    ids = [header.event_id(header.encode(each)) for each in (one, two)]
    assert (ids[0] == ids[1]) == (one == two)


@pytest.mark.parametrize("good", [GENESIS, OPEN, CONTENT], ids=["genesis", "open", "content"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("log", ZERO_SHORT),
        ("log", OTHER),
        ("chain", ZERO_SHORT),
        ("chain", CHAIN),
        ("seq", 0),
        ("seq", 1),
        ("prev", ZERO_ID),
        ("prev", seeded("elsewhere")),
        ("refs", (REF,)),
    ],
)
def test_zeros_stand_where_they_must_and_nowhere_else(
    good: Header, field: str, value: object
) -> None:
    changed = msgspec.structs.replace(good, **{field: value})
    fits = {
        ("genesis", "log"): value == ZERO_SHORT,
        ("genesis", "chain"): value == ZERO_SHORT,
        ("genesis", "seq"): value == 0,
        ("genesis", "prev"): value == ZERO_ID,
        ("genesis", "refs"): False,
        ("open", "log"): False,
        ("open", "chain"): value == ZERO_SHORT,
        ("open", "seq"): value == 0,
        ("open", "prev"): False,
        ("open", "refs"): True,
        ("content", "log"): value != ZERO_SHORT,
        ("content", "chain"): value != ZERO_SHORT,
        ("content", "seq"): value != 0,
        ("content", "prev"): value != ZERO_ID,
        ("content", "refs"): True,
    }
    name = {Kind.GENESIS: "genesis", Kind.OPEN: "open", Kind.CONTENT: "content"}[Kind(good.kind)]

    if fits[name, field]:
        assert header.decode(header.encode(changed)) == changed
    else:
        with pytest.raises(MalformedEventError):
            header.decode(header.encode(changed))


@pytest.mark.parametrize(
    "refs",
    [
        pytest.param(((OTHER, 3, LOG), (OTHER, 2, LOG)), id="out of order"),
        pytest.param((REF, REF), id="twice"),
        pytest.param(((CHAIN, 3, LOG),), id="own chain"),
        pytest.param(((ZERO_SHORT, 0, LOG),), id="no chain"),
        pytest.param(
            tuple(sorted((seeded(i, 16), 1, seeded(i)) for i in range(65))), id="65 of them"
        ),
    ],
)
def test_refs_that_are_not_as_they_must_be_are_refused(
    refs: tuple[tuple[bytes, int, bytes], ...],
) -> None:
    with pytest.raises(MalformedEventError):
        header.decode(header.encode(msgspec.structs.replace(CONTENT, refs=refs)))


def test_both_branches_of_a_forked_chain_may_be_referred_to() -> None:
    refs = tuple(sorted([(OTHER, 3, seeded("one")), (OTHER, 3, seeded("two"))]))
    both = msgspec.structs.replace(CONTENT, refs=refs)
    assert header.decode(header.encode(both)) == both


def test_another_suite_is_told_apart_from_garbage() -> None:
    with pytest.raises(UnsupportedSuiteError):
        header.decode(header.encode(msgspec.structs.replace(CONTENT, suite=2)))


def test_a_kind_of_a_later_version_is_taken_like_content() -> None:
    later = msgspec.structs.replace(CONTENT, kind=77)
    assert header.decode(header.encode(later)) == later


def test_more_than_4096_bytes_are_refused_unread() -> None:
    with pytest.raises(MalformedEventError):
        header.decode(bytes(4097))
