"""What its writer would not have meant is refused, with a sentence that helps."""

from typing import Any

import pytest
from hypothesis import given

from harness.strategies_events import events
from inglenook_schema.errors import InvalidEventError
from inglenook_schema.events import limits
from inglenook_schema.events.checkins import NextStep, Rhythm
from inglenook_schema.events.checks import check
from inglenook_schema.events.choices import Framework
from inglenook_schema.events.codec import decode_content, encode_content
from inglenook_schema.events.content import Content
from inglenook_schema.events.goals import GoalRevised
from inglenook_schema.events.needs import NEEDS
from inglenook_schema.events.programme import Contact
from inglenook_schema.events.registry import KINDS, kind_of
from inglenook_schema.events.writing import EntryRevised

WHEN: dict[str, Any] = {"at": 1_769_850_000_000, "zone": "Europe/London", "date": "2026-01-31"}
ID = bytes(32)
MOOD = "A mood is a number from 1 to 5."
DATE = "A date is written like 2026-01-31 and must be a day of the calendar."
TIME = "The time must lie between the years 1900 and 9999."
ZONE = "A time zone is a name like Europe/London."
ITEM = "A tag, a feeling or a line of a list cannot be empty."
LINK = "A link starts with http:// or https:// and has no blanks."

# The least that each kind with a rule needs; a mistake changes or takes away some of it.
RIGHT: dict[str, dict[str, Any]] = {
    "entry.written": {"text": "walked home"},
    "entry.revised": {"entry": ID, "text": "ran home"},
    "entry.shared": {"text": "walked home"},
    "mood.noted": {"mood": 3},
    "reflection.written": {"period": "week", "strides": ("asked for help",)},
    "win.recorded": {"text": "passed"},
    "strength.noted": {"strength": "patience"},
    "profile.set": {"display_name": "Sam"},
    "goal.proposed": {"title": "swim"},
    "goal.set": {"title": "swim"},
    "goal.revised": {"goal": ID, "title": "swim far"},
    "step.added": {"goal": ID, "title": "find a pool"},
    "progress.noted": {"goal": ID, "level": 2},
    "checkin.planned": {"starts_at": 0, "tz": "UTC", "minutes": 30},
    "agenda.item_added": {"text": "exams"},
    "checkin.summarised": {"checkin": ID, "points": ("exams",)},
    "question.asked": {"text": "how?"},
    "reply.given": {"question": ID, "text": "so"},
    "note.left": {"text": "well done"},
    "feedback.asked": {"about": "my talk"},
    "feedback.given": {"text": "clear"},
    "resource.shared": {"title": "cards", "strategy": "daily", "why_it_helped_me": "it stuck"},
    "activity.suggested": {"title": "open day"},
    "attachment.added": {
        "to": ID,
        "name": "bridge.jpg",
        "type": "image/jpeg",
        "size": 3,
        "alt": "a bridge",
        "box": ID,
        "owner": ID,
        "hash": ID,
        "chunks": (ID,),
    },
    "space.joined": {"log": ID, "type": "pair", "label": "Alex"},
    "recovery.prepared": {"secret": ID, "owner_hash": ID, "proof": ID + ID},
    "words.confirmed": {"person": ID},
    "device.renamed": {"device": bytes(16), "label": "old phone"},
    "pair.joined": {"role": "mentor"},
    "agreement.proposed": {
        "hopes": "to learn",
        "meet_every": Rhythm(every=2),
        "contact_hours": "weekdays",
        "limits_text": "what stays between us",
    },
    "programme.created": {
        "name": "Bridges",
        "contacts": (Contact(name="Kim", reach="room 4"), Contact(name="Lee", reach="123")),
        "limits_text": "what stays between us",
        "retention": "a year",
        "k": 10,
    },
    "programme.noticed": {"text": "We meet on Friday."},
    "programme.replied": {"you_said": "more maths", "we_did": "a club on Mondays"},
    "story.released": {
        "letter": ID,
        "key": ID,
        "sort": "win",
        "called": "A fox",
        "text": "I asked",
        "ends_on": "2026-03-01",
    },
    "survey.published": {
        "title": "May",
        "task": ID,
        "config": b"\x90",
        "signatures": (),
        "closes_at": 0,
    },
    "member.enrolled": {
        "member": ID,
        "kem": bytes(1_216),
        "called": "Ada",
        "secret": ID,
        "owner": ID,
        "relay": "https://relay.example",
    },
    "consent.given": {"purpose": "idea", "log": ID, "what": "a club", "to": "Bridges"},
    "pulse.allowed": {"programme": ID, "called": "Bridges", "pair": "Ada and Max"},
}

MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    # the body every event has
    ("entry.written", {"at": limits.FIRST_INSTANT - 1}, TIME),
    ("entry.written", {"at": limits.LAST_INSTANT + 1}, TIME),
    ("entry.written", {"at": 1.5}, TIME),
    ("entry.written", {"zone": "Europe/Atlantis"}, ZONE),
    ("entry.written", {"zone": "../../etc/passwd"}, ZONE),
    ("entry.written", {"zone": "Europe"}, ZONE),
    ("entry.written", {"zone": "\0"}, ZONE),
    ("entry.written", {"zone": ""}, ZONE),
    ("entry.written", {"date": "31.1.2026"}, DATE),
    ("entry.written", {"date": "2026-02-30"}, DATE),
    ("entry.written", {"date": "1899-12-31"}, DATE),
    ("entry.written", {"lang": "the queen's"}, "A language is a code like en or pt-BR."),
    # values out of their range
    ("entry.written", {"mood": 0}, MOOD),
    ("mood.noted", {"mood": 6}, MOOD),
    ("mood.noted", {"confidence": 6}, "Confidence is a number from 1 to 5."),
    ("progress.noted", {"level": 9}, "A level is a number from 1 to 5."),
    ("entry.written", {"for_date": "2026-02-30"}, DATE),
    ("entry.revised", {"for_date": "tomorrow"}, DATE),
    ("reflection.written", {"starts_on": "monday"}, DATE),
    ("reflection.written", {"ends_on": "sunday"}, DATE),
    ("goal.set", {"target_on": "2027-13-01"}, DATE),
    ("step.added", {"due_on": "soon"}, DATE),
    ("checkin.planned", {"starts_at": 2**60}, TIME),
    ("checkin.planned", {"tz": "Atlantis"}, ZONE),
    ("checkin.planned", {"minutes": 0}, "Minutes are a number from 1 to 1440, which is a day."),
    (
        "checkin.planned",
        {"repeat": Rhythm(every=0)},
        "A rhythm is every 1 to 31 days, weeks or months.",
    ),
    ("resource.shared", {"url": "example.org"}, LINK),
    ("resource.shared", {"url": "javascript:alert(1)"}, LINK),
    ("resource.shared", {"url": "https:example.org"}, LINK),
    ("activity.suggested", {"url": "https://a b"}, LINK),
    ("entry.written", {"title": "x" * 301}, "“title” can hold at most 300 letters."),
    ("entry.written", {"text": "x" * 60_001}, "“text” can hold at most 60,000 letters."),
    ("entry.written", {"tags": ("x",) * 65}, "“tags” can hold at most 64 items."),
    ("entry.written", {"tags": ("",)}, ITEM),
    ("entry.written", {"feelings": ("tired", " ")}, ITEM),
    ("reflection.written", {"strides": ("\n",)}, ITEM),
    ("question.asked", {"want": "hug"}, "“want” can be: listen, ideas, experience, act."),
    (
        "question.asked",
        {"when": "now"},
        "“when” can be: soon, next_checkin, any_time.",
    ),
    (
        "checkin.summarised",
        {"next_steps": (NextStep(title="x", who="them"),)},  # type: ignore[arg-type]
        "“who” can be: one of a few set words.",
    ),
    ("checkin.summarised", {"next_steps": (NextStep(title="x", due_on="soon"),)}, DATE),
    ("entry.revised", {"entry": b"short"}, "“entry” is not as it should be."),
    ("entry.written", {"text": None}, "“text” is not as it should be."),
    ("device.renamed", {"label": "x" * 65}, "“label” can hold at most 64 letters."),
    ("device.renamed", {"device": b"short"}, "“device” is not as it should be."),
    ("resource.shared", {"why_it_helped_me": 7}, "“why it helped me” is not as it should be."),
    # texts that are the point of it
    *(
        (kind_of(shape), dict.fromkeys(fields, " \n"), told)
        for shape, needs in NEEDS.items()
        for fields, told in needs
        if not {"points", "strides", "parts", "regarding", "url", "level"} & set(fields)
    ),
    ("reflection.written", {"strides": ()}, "A reflection needs some words."),
    ("agenda.item_added", {"text": " "}, "An agenda item needs some words, or what it is about."),
    (
        "progress.noted",
        {"level": None, "note": " "},
        "Say how far it is, how sure you are, what moved it, what is in the way, or a note.",
    ),
    (
        "checkin.summarised",
        {"points": ()},
        "A summary needs a point, what went well, what is stuck, or a next step.",
    ),
    ("resource.shared", {"strategy": ""}, "A resource needs a link, or a strategy in words."),
    ("feedback.given", {"text": " "}, "Feedback needs some words."),
    (
        "feedback.given",
        {"text": None, "framework": Framework.SBI, "parts": {"impact": " "}},
        "Feedback needs some words.",
    ),
    # what belongs together
    ("entry.shared", {"excerpt": "home"}, "Share either the whole text or an excerpt, not both."),
    ("entry.revised", {"text": ""}, "An entry needs some words; to take it back, erase it."),
    ("goal.revised", {"title": " "}, "A goal needs a title."),
    ("feedback.given", {"parts": {"impact": "big"}}, "Feedback in parts needs its framework."),
    (
        "feedback.given",
        {"framework": Framework.SBI, "parts": {"start": "asking"}},
        "The parts of sbi are: situation, behaviour, impact.",
    ),
    ("activity.suggested", {"starts_at": 0}, "A time needs its time zone."),
    ("activity.suggested", {"starts_at": 0, "tz": "Atlantis"}, ZONE),
    (
        "checkin.summarised",
        {"next_steps": (NextStep(title=" "),)},
        "A next step needs some words.",
    ),
    (
        "programme.created",
        {"contacts": (Contact(name="Kim", reach="room 4"),)},
        "A programme needs two people to turn to, or more.",
    ),
    (
        "programme.created",
        {"contacts": (Contact(name="Kim", reach="room 4"), Contact(name="Lee", reach=" "))},
        "Each contact needs a name, and a way to reach them.",
    ),
    ("pair.joined", {"role": "coordinator"}, "In a pair one is a mentor or a mentee."),
]


def made(kind: str, **changed: Any) -> Content:
    return KINDS[kind](**{**WHEN, **RIGHT[kind], **changed})


@pytest.mark.parametrize("kind", RIGHT)
def test_the_least_of_a_kind_is_enough(kind: str) -> None:
    check(made(kind))


@pytest.mark.parametrize(
    ("kind", "mistake", "sentence"),
    [pytest.param(*row, id=f"{row[0]}-{'-'.join(row[1])}-{n}") for n, row in enumerate(MISTAKES)],
)
def test_a_mistake_is_named_in_a_sentence(
    kind: str, mistake: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidEventError) as refusal:
        check(made(kind, **mistake))

    assert str(refusal.value) == sentence


def test_every_need_is_tried() -> None:
    needed = {sentence for needs in NEEDS.values() for _, sentence in needs}

    assert needed <= {sentence for _, _, sentence in MISTAKES}


@pytest.mark.parametrize(
    "untouched",
    [
        pytest.param(EntryRevised(**WHEN, entry=ID), id="an entry"),
        pytest.param(GoalRevised(**WHEN, goal=ID, note="just because"), id="a goal"),
    ],
)
def test_a_revision_that_changes_nothing_is_refused(untouched: Content) -> None:
    with pytest.raises(InvalidEventError, match=r"^Nothing has changed\.$"):
        check(untouched)


def test_a_revision_that_only_takes_something_away_is_a_change() -> None:
    check(EntryRevised(**WHEN, entry=ID, title=None))


def test_a_refusal_never_repeats_what_was_written() -> None:
    secret = "swordfish"
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("entry.written", {"zone": secret}),
        ("entry.written", {"date": secret}),
        ("entry.written", {"text": secret, "mood": secret}),
        ("entry.written", {"title": secret * 100}),
        ("question.asked", {"want": secret}),
        ("feedback.given", {"framework": Framework.SBI, "parts": {secret: secret}}),
        ("resource.shared", {"url": secret}),
    ]

    for kind, fields in wrong:
        with pytest.raises(InvalidEventError) as refusal:
            check(made(kind, **fields))
        assert secret not in str(refusal.value)


def test_more_than_one_event_can_hold_is_refused() -> None:
    points = ("x" * limits.POINT,) * limits.ITEMS

    with pytest.raises(InvalidEventError, match="split it in two"):
        check(made("reflection.written", strides=points, attention=points, next_focus="x" * 9_000))


def test_lone_surrogates_of_a_terminal_are_refused() -> None:
    with pytest.raises(InvalidEventError, match="cannot be stored"):
        check(made("entry.written", text="caf\udce9"))


@given(events())
def test_what_passes_is_read_as_it_was_written(event: Content) -> None:
    check(event)

    assert decode_content(encode_content(event)) == event
