"""Search and threads find what an event says and points to, in every field that holds it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategies_events import FEW, event_of
from inglenook_schema.events.checkins import CheckinSummarised, NextStep
from inglenook_schema.events.content import Content, UnknownContent
from inglenook_schema.events.reading import references, text_of
from inglenook_schema.events.registry import KINDS
from inglenook_schema.events.writing import EntryWritten

# Written from product 4 and not from the code, so that one checks the other.
WORDS = {
    "entry.written": "title text",
    "entry.revised": "title text",
    "entry.shared": "title text excerpt note",
    "entry.starred": "",
    "entry.unstarred": "",
    "mood.noted": "note",
    "reflection.written": "strides attention surprised_by next_focus",
    "win.recorded": "text",
    "strength.noted": "strength example",
    "profile.set": "display_name pronouns languages interests how_i_like_help good_times setting"
    " stage",
    "goal.proposed": "title why area how_we_know",
    "goal.set": "title why area how_we_know",
    "goal.revised": "title why area how_we_know note",
    "step.added": "title if_then",
    "step.done": "note",
    "step.reopened": "note",
    "step.dropped": "note",
    "progress.noted": "moved obstacle note",
    "goal.achieved": "note",
    "goal.paused": "note",
    "goal.resumed": "note",
    "goal.let_go": "note",
    "cheer.given": "text",
    "checkin.planned": "where",
    "agenda.item_added": "text",
    "agenda.item_removed": "",
    "checkin.held": "note",
    "checkin.missed": "note",
    "checkin.summarised": "points went_well stuck_on next_steps.title",
    "checkin.confirmed": "note",
    "question.asked": "text",
    "reply.given": "text",
    "question.settled": "note",
    "note.left": "text",
    "feedback.asked": "about focus",
    "feedback.given": "text parts",
    "feedback.answered": "heard",
    "resource.shared": "title url strategy why_it_helped_me",
    "resource.tried": "note",
    "activity.suggested": "title text url where",
    "activity.answered": "note",
    "activity.attended": "note",
    "import.made": "",
    "attachment.added": "name alt",
    "space.joined": "",
    "space.left": "",
    "recovery.prepared": "",
    "words.confirmed": "",
    "device.renamed": "",
    "pair.restored": "",
    "pair.joined": "hello",
    "agreement.proposed": "hopes contact_hours boundaries limits_text",
    "agreement.accepted": "",
    "pair.paused": "note",
    "pair.resumed": "note",
    "programme.created": "name setting contacts.name contacts.reach helplines limits_text"
    " retention",
    "programme.noticed": "title text",
    "programme.replied": "you_said we_did",
    "story.released": "called text",
    "programme.operators_named": "",
    "survey.published": "title",
    "survey.closed": "",
    "programme.knocked": "",
    "member.enrolled": "called",
    "member.removed": "",
    "keys.shared": "",
    "letter.received": "",
    "invite.passed_on": "note",
    "consent.given": "what",
    "consent.withdrawn": "",
    "survey.receipted": "",
    "pulse.allowed": "pair",
    "pulse.stopped": "",
}

REFERENCES = {
    "entry.written": "continues",
    "entry.revised": "entry",
    "entry.shared": "source",
    "entry.starred": "entry",
    "entry.unstarred": "entry",
    "win.recorded": "goal",
    "strength.noted": "regarding",
    "goal.set": "goal",
    "goal.revised": "goal",
    "step.added": "goal checkin",
    "step.done": "step",
    "step.reopened": "step",
    "step.dropped": "step",
    "progress.noted": "goal",
    "goal.achieved": "goal",
    "goal.paused": "goal",
    "goal.resumed": "goal",
    "goal.let_go": "goal",
    "cheer.given": "regarding",
    "agenda.item_added": "checkin regarding",
    "agenda.item_removed": "item checkin",
    "checkin.held": "plan covered",
    "checkin.missed": "plan",
    "checkin.summarised": "checkin next_steps.goal",
    "checkin.confirmed": "summary",
    "question.asked": "goal",
    "reply.given": "question",
    "question.settled": "question",
    "note.left": "regarding",
    "feedback.asked": "regarding",
    "feedback.given": "asked regarding",
    "feedback.answered": "feedback",
    "resource.shared": "goal",
    "resource.tried": "resource",
    "attachment.added": "to",
    "activity.suggested": "goal",
    "activity.answered": "activity",
    "activity.attended": "activity",
    "agreement.proposed": "replaces",
    "agreement.accepted": "version",
    "programme.replied": "survey",
    "survey.closed": "survey",
    "consent.withdrawn": "consent",
}


def held(value: object, path: list[str]) -> list[object]:
    """Every text or id at ``path`` in ``value``."""
    match value:
        case tuple():
            return [found for item in value for found in held(item, path)]
        case dict():
            return [found for item in value.values() for found in held(item, path)]
        case str() | bytes():
            return [value]
        case _ if path:
            return held(getattr(value, path[0]), path[1:])
        case _:
            return []


def told(event: Content, table: dict[str, str]) -> list[object]:
    paths = table.get(event.kind, "").split()
    return [found for path in paths for found in held(event, path.split("."))]


def test_the_table_of_texts_names_every_kind() -> None:
    assert WORDS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@FEW
def test_the_text_of_an_event_is_all_its_words_and_nothing_else(
    kind: str, data: st.DataObject
) -> None:
    event = data.draw(event_of(kind))

    spoken = [words for words in told(event, WORDS) if words]
    assert sorted(text_of(event).split("\n")) == sorted("\n".join(map(str, spoken)).split("\n"))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@FEW
def test_the_references_of_an_event_are_all_the_ids_in_it(kind: str, data: st.DataObject) -> None:
    event = data.draw(event_of(kind))

    assert sorted(references(event)) == sorted(told(event, REFERENCES), key=bytes)  # type: ignore[arg-type]


def test_text_and_references_come_in_the_order_of_the_fields() -> None:
    summary = CheckinSummarised(
        at=0,
        zone="UTC",
        date="1970-01-01",
        checkin=b"c" * 32,
        points=("maths", "sleep"),
        stuck_on="mornings",
        next_steps=(NextStep(title="an alarm clock", goal=b"g" * 32),),
    )

    assert text_of(summary) == "maths\nsleep\nmornings\nan alarm clock"
    assert references(summary) == (b"c" * 32, b"g" * 32)


def test_a_field_left_empty_leaves_no_empty_line() -> None:
    entry = EntryWritten(at=0, zone="UTC", date="1970-01-01", title="", text="walked home")

    assert text_of(entry) == "walked home"


def test_of_an_unknown_kind_the_likely_words_are_found() -> None:
    unknown = UnknownContent(
        kind="dream.told", fields={"text": "a lake", "title": "Flying", "note": 7, "depth": "deep"}
    )

    assert text_of(unknown) == "Flying\na lake"
    assert references(unknown) == ()
    assert text_of(UnknownContent(kind="dream.told", fields={"title": "", "text": "x"})) == "x"
