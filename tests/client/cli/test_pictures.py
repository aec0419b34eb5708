"""What is drawn in a terminal shows the numbers that it is drawn of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inglenook_client.cli.pictures import BOTH, FIRST, SECOND, bars, ribbon

WORDS = ("very low", "low", "okay", "good", "very good")
LEVELS = st.none() | st.floats(1, 5)


def test_bars_rise_from_the_lowest_to_the_highest_and_a_dot_is_nothing() -> None:
    assert bars([1, None, 3, 5], 1, 5) == "▁·▅█"
    assert bars([0, 0], 0, 0) == "▁▁"


@given(st.lists(st.tuples(LEVELS, LEVELS), max_size=30))
def test_each_week_stands_once_in_the_row_of_its_word(weeks: list[tuple[float, float]]) -> None:
    first, second = [week[0] for week in weeks], [week[1] for week in weeks]

    rows = list(ribbon(WORDS, first, second))

    assert [row[:9].strip() for row in rows] == list(reversed(WORDS))
    for column, (mood, sure) in enumerate(weeks):
        drawn = [row[11:].ljust(80)[2 * column] for row in rows]
        for value, sign in ((mood, FIRST), (sure, SECOND)):
            found = [5 - n for n, each in enumerate(drawn) if each in {sign, BOTH}]
            assert found == ([] if value is None else [round(value)])
