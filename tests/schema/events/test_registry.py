"""The kinds are those product 4 tells of, and each has its place and its letter."""

import importlib
import pkgutil
import subprocess
import sys
from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import inglenook_schema.events as package
from harness.strategies_events import FEW, event_of, events
from inglenook_schema.events import limits
from inglenook_schema.events.asking import FeedbackGiven
from inglenook_schema.events.checkins import CheckinHeld
from inglenook_schema.events.content import Content, UnknownContent
from inglenook_schema.events.goals import GoalSet
from inglenook_schema.events.registry import KINDS, SHORT_LETTER, SPACES, kind_of, short_letter
from inglenook_schema.events.writing import EntryWritten

WHEN: dict[str, Any] = {"at": 1_769_850_000_000, "zone": "Europe/London", "date": "2026-01-31"}

# product 4, without supervisor, closure, blocking, disclosures, erase; ideas and
# pulses are letters, and no events.
PRODUCT = """
    entry.written entry.revised entry.shared entry.starred entry.unstarred mood.noted
    reflection.written win.recorded strength.noted profile.set attachment.added
    goal.proposed goal.set goal.revised step.added step.done step.reopened step.dropped
    progress.noted goal.achieved goal.paused goal.resumed goal.let_go cheer.given
    checkin.planned agenda.item_added agenda.item_removed checkin.held checkin.missed
    checkin.summarised checkin.confirmed
    question.asked reply.given question.settled note.left feedback.asked feedback.given
    feedback.answered
    resource.shared resource.tried activity.suggested activity.answered activity.attended
    space.joined space.left recovery.prepared words.confirmed import.made
    space.joined space.left device.renamed
    pair.joined agreement.proposed agreement.accepted pair.paused pair.resumed
    pair.restored
    programme.created programme.noticed programme.replied story.released
    programme.operators_named survey.published survey.closed
    programme.knocked member.enrolled member.removed keys.shared letter.received
    invite.passed_on consent.given consent.withdrawn survey.receipted pulse.allowed pulse.stopped
"""

LETTERS = {
    "entry.written": "e",
    "entry.shared": "e",
    "reflection.written": "e",
    "attachment.added": "p",
    "goal.set": "g",
    "goal.proposed": "g",
    "step.added": "s",
    "checkin.planned": "c",
    "checkin.held": "c",
    "question.asked": "q",
    "feedback.asked": "f",
    "feedback.given": "f",
    "resource.shared": "r",
    "activity.suggested": "a",
    "win.recorded": "w",
    "programme.noticed": "n",
    "programme.replied": "n",
    "story.released": "n",
    "survey.published": "v",
    "letter.received": "i",
    "consent.given": "k",
}


def modules() -> list[ModuleType]:
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


def test_the_kinds_are_those_of_the_product_and_no_others() -> None:
    assert set(KINDS) == set(PRODUCT.split())


def test_every_kind_that_is_written_down_anywhere_is_registered() -> None:
    written_down = {
        value
        for module in modules()
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Content) and value is not Content
    }

    assert written_down == set(KINDS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_may_stand_in_some_space_and_in_none_we_do_not_have(kind: str) -> None:
    assert SPACES.keys() == KINDS.keys()
    assert SPACES[kind]
    assert SPACES[kind] <= {"journal", "pair", "programme", "coordinators"}


def test_what_is_private_stands_in_the_journal_and_what_is_shared_in_the_pair() -> None:
    journal_only = {kind for kind in KINDS if SPACES[kind] == {"journal"}}

    assert journal_only == {
        "entry.written",
        "entry.starred",
        "entry.unstarred",
        "mood.noted",
        "reflection.written",
        "space.joined",
        "space.left",
        "recovery.prepared",
        "import.made",
        "words.confirmed",
        "programme.knocked",
        "invite.passed_on",
        "consent.given",
        "consent.withdrawn",
        "survey.receipted",
    }
    assert "journal" not in SPACES["entry.shared"]


def test_nothing_that_a_member_writes_may_stand_where_coordinators_read() -> None:
    theirs = {kind for kind in KINDS if SPACES[kind] & {"programme", "coordinators"}}

    assert theirs == {
        *("profile.set", "device.renamed", "activity.suggested", "story.released"),
        *("programme.created", "programme.noticed", "programme.replied"),
        *("programme.operators_named", "survey.published", "survey.closed"),
        *("member.enrolled", "member.removed", "keys.shared", "letter.received"),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_made_as_the_others_are(kind: str) -> None:
    config = KINDS[kind].__struct_config__

    assert kind_of(KINDS[kind]) == kind
    assert len(kind) <= limits.KIND
    assert (config.frozen, config.omit_defaults, config.tag_field) == (True, True, "kind")
    assert not config.forbid_unknown_fields


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@FEW
def test_an_event_knows_its_kind(kind: str, data: st.DataObject) -> None:
    assert data.draw(event_of(kind)).kind == kind


def test_the_letters_of_short_ids_are_those_of_the_glossary() -> None:
    assert dict(SHORT_LETTER) == LETTERS


@pytest.mark.parametrize(
    ("shape", "said", "link"),
    [
        pytest.param(GoalSet, {"title": "swim"}, "goal", id="a proposed goal is accepted"),
        pytest.param(CheckinHeld, {"on": "2026-01-31"}, "plan", id="a planned check-in is held"),
        pytest.param(FeedbackGiven, {"text": "clear"}, "asked", id="feedback was asked for"),
        pytest.param(EntryWritten, {"text": "and so"}, "continues", id="an entry goes on"),
    ],
)
def test_what_goes_on_with_something_gets_no_letter_of_its_own(
    shape: type[Content], said: dict[str, Any], link: str
) -> None:
    alone = shape(**WHEN, **said)
    linked = msgspec.structs.replace(alone, **{link: bytes(32)})

    assert short_letter(alone) == LETTERS[alone.kind]
    assert short_letter(linked) is None


@given(events())
def test_no_event_gets_a_letter_its_kind_has_not(event: Content) -> None:
    assert short_letter(event) in (None, LETTERS.get(event.kind))


def test_an_unknown_kind_gets_no_short_id() -> None:
    assert short_letter(UnknownContent(kind="dream.told", fields={})) is None


def test_the_tables_cannot_be_changed_by_those_who_read_them() -> None:
    for table in (KINDS, SPACES, SHORT_LETTER):
        with pytest.raises(TypeError):
            table["dream.told"] = "d"  # type: ignore[index]


def test_reading_events_starts_without_heavy_modules() -> None:
    program = (
        "import sys, msgspec; before = set(sys.modules)\n"
        "import inglenook_schema.events.codec, inglenook_schema.events.reading\n"
        "import inglenook_schema.events.checks\n"
        "print(*sorted(set(sys.modules) - before))"
    )

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    brought_in = {name for name in told.stdout.decode().split() if "inglenook" not in name}
    assert brought_in <= {"__future__"}
