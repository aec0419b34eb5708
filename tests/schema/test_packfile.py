"""Packs in a file: one spelling of each, and nothing else is taken (protocol 10)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.logs import draw
from inglenook_schema import canonical, packfile
from inglenook_schema.errors import MalformedError, PeerError, UnsupportedSuiteError
from inglenook_schema.limits import MAX_FILE_LOGS
from inglenook_schema.packfile import MAGIC, Section

A, B = draw("box a")[:16], draw("box b")[:16]
LOW, HIGH = sorted((A, B))
RECORD = bytes(577)
GOOD = packfile.encode([Section(HIGH, (RECORD,)), Section(LOW, (RECORD, RECORD))])

SECTIONS = st.dictionaries(
    st.binary(min_size=16, max_size=16),
    st.lists(st.binary(min_size=577, max_size=700), min_size=1, max_size=3).map(tuple),
    min_size=1,
    max_size=4,
)


@given(SECTIONS)
def test_what_was_encoded_decodes_ascending_by_box(found: dict[bytes, tuple[bytes, ...]]) -> None:
    sections = [Section(*item) for item in found.items()]

    decoded = packfile.decode(packfile.encode(sections))

    assert decoded == tuple(sorted(sections, key=lambda section: section.box))


def made(value: object, suite: int = 1) -> bytes:
    return MAGIC + bytes((suite,)) + canonical.encode(value)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(MAGIC, id="no suite"),
        pytest.param(MAGIC + b"\1", id="no sections"),
        pytest.param(GOOD.replace(b"\r\n", b"\n", 1), id="carried as text"),
        pytest.param(GOOD[:-1], id="cut off"),
        pytest.param(GOOD + b"\0", id="something behind"),
        pytest.param(b"PK" + GOOD, id="something in front"),
        pytest.param(made([]), id="an empty list"),
        pytest.param(made([[A, []]]), id="a section without records"),
        pytest.param(made([[A, [RECORD[1:]]]]), id="a record too short"),
        pytest.param(made([[A, [bytes(1_032_258)]]]), id="a record too long"),
        pytest.param(made([[A[1:], [RECORD]]]), id="a short box"),
        pytest.param(made([[A, [RECORD], 0]]), id="an element too many"),
        pytest.param(made([[HIGH, [RECORD]], [LOW, [RECORD]]]), id="out of order"),
        pytest.param(made([[A, [RECORD]], [A, [RECORD]]]), id="a box twice"),
        pytest.param(
            made([[n.to_bytes(16, "big"), [RECORD]] for n in range(MAX_FILE_LOGS + 1)]),
            id="257 logs",
        ),
    ],
)
def test_what_is_no_file_of_packs_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        packfile.decode(data)


def test_another_suite_is_told_apart() -> None:
    with pytest.raises(UnsupportedSuiteError):
        packfile.decode(made([[A, [RECORD]]], suite=2))


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda b: MAGIC + b"\1" + b))
def test_garbage_gives_our_error_and_nothing_else(data: bytes) -> None:
    with pytest.raises(PeerError):
        packfile.decode(data)
