"""What there is to begin with: whole, readable, and in the person's language."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest

from inglenook_client import guides, words
from inglenook_client.guides import reading
from inglenook_schema.events.choices import PARTS, Framework
from inglenook_schema.events.limits import LABEL, POINT, TITLE

DAY = date(2026, 3, 1)
WANTED = {
    "first_meeting", "grow", "exam_season", "quick_ten",
    "hard_week", "goal_review", "mid_point", "last_meeting",
}  # fmt: skip


@pytest.fixture
def shouting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language that is English in capitals."""

    class Shouting:
        def gettext(self, message: str) -> str:
            return message.upper()

    monkeypatch.setattr(words, "_catalogue", Shouting)


def test_there_is_an_agenda_for_every_occasion_and_an_event_can_hold_it() -> None:
    found = guides.templates()

    assert {each.name for each in found} == WANTED
    assert all(len(each.name) <= LABEL for each in found)
    assert all(4 <= len(each.items) <= 8 for each in found)
    assert all(len(item.text) <= POINT for each in found for item in each.items)
    assert all(10 <= each.minutes <= 60 for each in found)


def test_the_mentee_begins_more_often_than_the_mentor_on_every_agenda() -> None:
    for each in guides.templates():
        begins = [item.who for item in each.items]
        assert begins.count("mentee") > begins.count("mentor"), each.name


def test_the_frames_are_those_that_an_event_can_say() -> None:
    found = {each.name: tuple(part.name for part in each.parts) for each in guides.frames()}

    assert found == {str(name): parts for name, parts in PARTS.items()}


@pytest.mark.parametrize("said", ["hard_week", "hard-week", "Hard week", " HARD  WEEK "])
def test_a_person_writes_a_name_as_they_like(said: str) -> None:
    assert guides.template(said).name == "hard_week"


def test_who_asks_for_what_there_is_not_learns_what_there_is() -> None:
    with pytest.raises(guides.NoSuchGuideError, match="quick-ten"):
        guides.template("long talk")
    with pytest.raises(guides.NoSuchGuideError, match="sbi"):
        guides.frame("sandwich")
    with pytest.raises(guides.NoSuchGuideError, match="hard-days"):
        guides.prompts("weather")


def test_every_prompt_has_a_name_of_its_own_and_fits_an_entry() -> None:
    found = guides.prompts()

    assert len({each.name for each in found}) == len({each.text for each in found}) == len(found)
    assert all(len(each.text) <= TITLE for each in found)
    assert {each.theme for each in found} == set(guides.themes())


def test_a_prompt_stays_for_a_day_and_none_comes_twice_before_all_have_come() -> None:
    common = [each.name for each in guides.prompts() if not each.role]
    days = [DAY + timedelta(days=n) for n in range(len(common))]
    found = [guides.prompt_for(day) for day in days]

    assert guides.prompt_for(DAY) == found[0]
    assert sorted(each.name for each in found) == sorted(common)
    assert sum(a.theme == b.theme for a, b in pairwise(found)) <= len(found) // 8


def test_passing_one_over_leads_to_all_the_others() -> None:
    seen = {guides.prompt_for(DAY, "hard-days", skip=n).name for n in range(6)}

    assert seen == {each.name for each in guides.prompts("hard_days")}


def test_a_mentors_own_prompts_come_to_mentors_and_to_who_asks_for_them() -> None:
    month = [DAY + timedelta(days=n) for n in range(100)]

    assert "mentor" not in {guides.prompt_for(day).role for day in month}
    assert "mentor" in {guides.prompt_for(day, mentor=True).role for day in month}
    assert guides.prompt_for(DAY, "mentoring").role == "mentor"


@pytest.mark.usefixtures("shouting")
def test_all_words_come_in_the_persons_language_and_names_never_do() -> None:
    template, frame = guides.template("grow"), guides.frame(Framework.SBI)
    shown = [template.title, template.about, *(item.text for item in template.items)]
    shown += [frame.title, frame.about, guides.prompt_for(DAY).text, guides.themes()["day"]]
    for part in frame.parts:
        shown += [part.title, part.question, part.example]

    assert [text for text in shown if text != text.upper()] == []
    assert (template.name, frame.parts[0].name) == ("grow", "situation")


def test_no_text_is_hard_to_read() -> None:
    long = [
        text
        for text in reading.sentences()
        for sentence in re.split(r"(?<=[.?!:;])\s+", text)
        if len(sentence.split()) > 21
    ]
    avoided = r"\b(user|admin|failed|overdue|streak|score|weakness\w*|must|should have)\b"

    assert long == []
    assert [text for text in reading.sentences() if re.search(avoided, text)] == []
