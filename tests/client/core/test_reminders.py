"""Nobody is reminded twice a day, nor while it is quiet."""

from datetime import datetime, time

import pytest

from inglenook_client.core.reminders import Quiet, may_remind

NIGHT = Quiet()


@pytest.mark.parametrize(
    ("now", "last", "quiet", "may"),
    [
        pytest.param("2026-03-06 09:00", "", NIGHT, True, id="the first"),
        pytest.param("2026-03-06 09:00", "2026-03-05", NIGHT, True, id="the day after"),
        pytest.param("2026-03-06 20:59", "2026-03-06", NIGHT, False, id="a second one that day"),
        pytest.param("2026-03-06 09:00", "2026-03-07", NIGHT, False, id="a clock put back"),
        pytest.param("2026-03-06 21:00", "", NIGHT, False, id="in the evening"),
        pytest.param("2026-03-06 07:59", "", NIGHT, False, id="before breakfast"),
        pytest.param("2026-03-06 08:00", "", NIGHT, True, id="the quiet has ended"),
        pytest.param("2026-03-06 13:00", "", Quiet(time(9), time(16)), False, id="at school"),
        pytest.param("2026-03-06 16:00", "", Quiet(time(9), time(16)), True, id="after school"),
        pytest.param("2026-03-06 03:00", "", Quiet(time(0), time(0)), True, id="no quiet hours"),
    ],
)
def test_a_reminder_comes_once_a_day_and_not_while_it_is_quiet(
    now: str, last: str, quiet: Quiet, may: bool
) -> None:
    assert may_remind(datetime.fromisoformat(now), last, quiet) is may
