"""A changed text lies over all events that the old one stood in, and says exactly what it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inglenook_client.journal.revising import laid_over
from inglenook_client.journal.texts import pieces, tags
from inglenook_schema.errors import InvalidEventError


@given(st.text(min_size=1, max_size=400), st.integers(10, 60))
def test_pieces_are_short_enough_and_say_the_same_words(text: str, most: int) -> None:
    found = pieces(text, most)

    assert all(len(piece) <= most and piece.strip() for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())


@given(st.text(min_size=1, max_size=200), st.integers(1, 6))
def test_a_new_text_covers_every_event_of_the_old_one_or_is_refused(text: str, events: int) -> None:
    letters = len("".join(text.split()))
    try:
        found = laid_over(text, events)
    except InvalidEventError:
        assert letters < events
        return

    assert len(found) >= events
    assert all(piece.strip() for piece in found)
    assert "".join(found) == text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("tired @school and @home", ("school", "home"), id="two"),
        pytest.param("@exam @exam", ("exam",), id="each once"),
        pytest.param("write to ana@example.org", (), id="an address"),
        pytest.param("@école", ("école",), id="another alphabet's letters"),
    ],
)
def test_tags_are_what_stands_after_an_at_sign(text: str, found: tuple[str, ...]) -> None:
    assert tags(text) == found
