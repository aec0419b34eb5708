"""Logs in which people do everything: events of every kind, about whatever was there before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from harness import histories
from harness.histories import Step, build
from harness.logs import Chain, Log, draw
from inglenook_client.stores.contents import content_of
from inglenook_schema.control import Erase
from inglenook_schema.events import Content
from inglenook_schema.events.action_plan import (
    CheerGiven,
    ProgressNoted,
    StepAdded,
    StepDone,
    StepDropped,
    StepReopened,
)
from inglenook_schema.events.asking import (
    FeedbackAnswered,
    FeedbackAsked,
    FeedbackGiven,
    NoteLeft,
    QuestionAsked,
    QuestionSettled,
    ReplyGiven,
)
from inglenook_schema.events.attachments import AttachmentAdded
from inglenook_schema.events.checkins import (
    AgendaItemAdded,
    AgendaItemRemoved,
    CheckinConfirmed,
    CheckinHeld,
    CheckinMissed,
    CheckinPlanned,
    CheckinSummarised,
    NextStep,
    Rhythm,
)
from inglenook_schema.events.choices import (
    ActivityAnswer,
    FeedbackAnswer,
    Framework,
    Helped,
    Outcome,
    Period,
    Role,
    Unit,
    Want,
    When,
    Who,
)
from inglenook_schema.events.goals import (
    GoalAchieved,
    GoalLetGo,
    GoalPaused,
    GoalProposed,
    GoalResumed,
    GoalRevised,
    GoalSet,
)
from inglenook_schema.events.looking_back import (
    MoodNoted,
    ProfileSet,
    ReflectionWritten,
    StrengthNoted,
    WinRecorded,
)
from inglenook_schema.events.relationship import (
    AgreementAccepted,
    AgreementProposed,
    PairJoined,
    PairPaused,
    PairResumed,
)
from inglenook_schema.events.resources import (
    ActivityAnswered,
    ActivityAttended,
    ActivitySuggested,
    ResourceShared,
    ResourceTried,
)
from inglenook_schema.events.writing import (
    EntryRevised,
    EntryShared,
    EntryStarred,
    EntryUnstarred,
    EntryWritten,
)
from inglenook_schema.header import Kind

Tell = Callable[[bytes, int], tuple[type[Content], dict[str, Any]]]
"""Of an earlier event and a number: a kind, and what it says."""


def _day(n: int) -> str:
    return f"2026-01-{n % 28 + 1:02}"


TELLS: Final[tuple[Tell, ...]] = (
    lambda _e, n: (EntryWritten, {"text": f"entry {n}", "tags": ("exam", "@Maths")}),
    lambda _e, n: (
        EntryWritten,
        {"text": f"low {n}", "mood": n % 5 + 1, "for_date": _day(n)},
    ),
    lambda e, n: (EntryWritten, {"text": f", and so on {n}", "continues": e, "tags": ("long",)}),
    lambda e, n: (EntryRevised, {"entry": e, "text": f"better {n}"}),
    lambda e, n: (
        EntryRevised,
        {"entry": e, "tags": ("new",), "mood": None if n % 2 else 4, "for_date": _day(n)},
    ),
    lambda e, n: (EntryShared, {"source": e, "excerpt": f"part {n}", "tags": ("exam",)}),
    lambda e, n: (
        AttachmentAdded,
        {
            "to": e,
            "name": f"file {n}.pdf",
            "type": "application/pdf",
            "size": n + 1,
            "alt": f"what file {n} shows",
            "box": draw(f"box {n}"),
            "owner": draw(f"own {n}"),
            "hash": draw(f"hash {n}"),
            "chunks": (draw(f"chunk {n}"),),
        },
    ),
    lambda e, _n: (EntryStarred, {"entry": e}),
    lambda e, _n: (EntryUnstarred, {"entry": e}),
    lambda _e, n: (MoodNoted, {"mood": n % 5 + 1, "confidence": 3}),
    lambda _e, n: (ReflectionWritten, {"period": Period.WEEK, "strides": (f"stride {n}",)}),
    lambda e, n: (WinRecorded, {"text": f"win {n}", "goal": e, "tags": ("exam",), "on": _day(n)}),
    lambda e, _n: (StrengthNoted, {"strength": "Asks  good questions", "regarding": e}),
    lambda _e, n: (ProfileSet, {"display_name": f"name {n}", "how_i_like_help": "slowly"}),
    lambda _e, n: (GoalProposed, {"title": f"proposal {n}"}),
    lambda _e, n: (GoalSet, {"title": f"goal {n}", "area": "school", "confidence": 2}),
    lambda e, n: (GoalSet, {"goal": e, "title": f"taken on {n}", "why": "because"}),
    lambda e, n: (GoalRevised, {"goal": e, "title": f"revised {n}"}),
    lambda e, n: (GoalRevised, {"goal": e, "why": None if n % 2 else "why", "area": "home"}),
    lambda e, _n: (GoalAchieved, {"goal": e, "note": "at last"}),
    lambda e, n: (GoalPaused, {"goal": e, "until": _day(n)}),
    lambda e, _n: (GoalResumed, {"goal": e}),
    lambda e, _n: (GoalLetGo, {"goal": e}),
    lambda e, n: (StepAdded, {"goal": e, "title": f"step {n}", "due_on": _day(n)}),
    lambda e, n: (StepAdded, {"goal": e, "title": f"step {n}", "who": Who.YOU}),
    lambda e, _n: (StepDone, {"step": e}),
    lambda e, _n: (StepReopened, {"step": e}),
    lambda e, _n: (StepDropped, {"step": e}),
    lambda e, n: (ProgressNoted, {"goal": e, "level": n % 5 + 1}),
    lambda e, _n: (CheerGiven, {"regarding": e, "text": "hooray"}),
    lambda _e, n: (CheckinPlanned, {"starts_at": 10**12 + n, "tz": "UTC", "minutes": 30}),
    lambda _e, n: (
        CheckinPlanned,
        {"starts_at": n, "tz": "UTC", "minutes": 9, "repeat": Rhythm(every=2, unit=Unit.WEEK)},
    ),
    lambda e, _n: (AgendaItemAdded, {"text": "talk", "regarding": e}),
    lambda e, _n: (AgendaItemRemoved, {"item": e}),
    lambda e, n: (CheckinHeld, {"plan": e, "on": _day(n), "covered": (e,)}),
    lambda e, n: (CheckinHeld, {"on": _day(n), "covered": (e,), "note": "good"}),
    lambda e, n: (CheckinMissed, {"plan": e, "new_time": 10**12 + n}),
    lambda e, n: (
        CheckinSummarised,
        {"checkin": e, "points": (f"point {n}",), "next_steps": (NextStep(title="next"),)},
    ),
    lambda e, _n: (CheckinConfirmed, {"summary": e}),
    lambda e, n: (QuestionAsked, {"text": f"question {n}", "want": Want.IDEAS, "goal": e}),
    lambda _e, n: (QuestionAsked, {"text": f"question {n}", "when": When.SOON}),
    lambda e, n: (ReplyGiven, {"question": e, "text": f"reply {n}"}),
    lambda e, _n: (QuestionSettled, {"question": e, "outcome": Outcome.HELPED}),
    lambda e, n: (NoteLeft, {"text": f"note {n}", "regarding": e}),
    lambda e, n: (FeedbackAsked, {"about": f"about {n}", "regarding": e}),
    lambda e, n: (FeedbackGiven, {"asked": e, "text": f"given {n}"}),
    lambda e, n: (
        FeedbackGiven,
        {"regarding": e, "framework": Framework.SBI, "parts": {"impact": f"impact {n}"}},
    ),
    lambda e, _n: (FeedbackAnswered, {"feedback": e, "answer": FeedbackAnswer.WILL_TRY}),
    lambda e, n: (
        ResourceShared,
        {"title": f"book {n}", "strategy": "read", "tags": ("book",), "goal": e},
    ),
    lambda e, _n: (ResourceTried, {"resource": e, "helped": Helped.A_BIT}),
    lambda e, n: (ActivitySuggested, {"title": f"walk {n}", "on": _day(n), "goal": e}),
    lambda e, _n: (ActivityAnswered, {"activity": e, "answer": ActivityAnswer.GOING}),
    lambda e, _n: (ActivityAttended, {"activity": e, "new_to_me": True}),
    lambda _e, n: (PairJoined, {"role": Role.MENTOR if n % 2 else Role.MENTEE}),
    lambda e, _n: (
        AgreementProposed,
        {"hopes": "h", "meet_every": Rhythm(), "contact_hours": "c", "limits_text": "l"}
        | {"replaces": e},
    ),
    lambda e, _n: (AgreementAccepted, {"version": e}),
    lambda _e, n: (PairPaused, {"until": _day(n)}),
    lambda _e, _n: (PairResumed, {}),
)
"""Every kind that a projection reads, and the ways in which it may be told."""

_numbers = st.integers(0, 65_535)


def tales(*, longest: int = 30, forks: bool = True) -> SearchStrategy[Log]:
    """A pair's log that several devices told things in, none of which saw everything."""
    steps: list[Callable[[list[Chain], Chain, int], object]]
    steps = [_tell, _tell, _tell, _tell, _go_on, _go_on, _go_on, histories._see, histories._see]
    steps += [histories._open, histories._remove, histories._remove_by_root, _erase]
    steps += [histories._fork] if forks else []
    one: SearchStrategy[Step] = st.tuples(_numbers, _numbers, _numbers)
    return st.lists(one, min_size=1, max_size=longest).map(lambda script: build(script, steps))


def tell(chain: Chain, which: int, about: bytes, number: int) -> bytes:
    """One event of a kind; returns its id."""
    shape, said = TELLS[which % len(TELLS)](about, number)
    stamp = 1_750_000_000_000 + number * 3_600_000
    content = shape(at=stamp, zone="UTC", date=_day(number), **said)
    return chain.say(content=content).id


def _tell(_chains: list[Chain], chain: Chain, whom: int) -> None:
    """Anything, about anything that was told before, whether it was seen or not."""
    told = _told(chain)
    tell(chain, whom, told[whom // 7 % len(told)], whom % 11)


def _go_on(_chains: list[Chain], chain: Chain, whom: int) -> None:
    """What fits to something that was told before, more often than by chance."""
    told = _told(chain)
    about = told[whom % len(told)]
    kind = _kind(chain, about)
    fitting = [n for n, each in enumerate(TELLS) if _fits(each, kind)]
    which = fitting[whom // 5 % len(fitting)] if fitting else whom
    tell(chain, which, about, whom % 7)


def _kind(chain: Chain, event: bytes) -> str:
    found = chain.log.events.get(event)
    content = content_of(found.body) if found is not None and found.body else None
    return content.kind if content is not None else ""


def _told(chain: Chain) -> list[bytes]:
    content = [name for name, event in chain.log.events.items() if event.kind == Kind.CONTENT]
    return content or [bytes(32)]


_AFTER: Final[dict[str, str]] = {
    "entry.written": "EntryRevised EntryWritten EntryStarred EntryUnstarred CheerGiven",
    "entry.shared": "EntryRevised EntryStarred CheerGiven",
    "reflection.written": "EntryRevised",
    "entry.revised": "EntryRevised",
    "goal.set": "GoalRevised StepAdded GoalAchieved GoalPaused ProgressNoted CheckinHeld",
    "goal.proposed": "GoalSet GoalLetGo GoalRevised",
    "step.added": "StepDone StepReopened StepDropped CheerGiven AgendaItemRemoved CheckinHeld",
    "checkin.planned": "CheckinHeld CheckinMissed CheckinSummarised",
    "checkin.held": "CheckinSummarised",
    "checkin.summarised": "CheckinConfirmed",
    "agenda.item_added": "AgendaItemRemoved CheckinHeld",
    "question.asked": "ReplyGiven QuestionSettled CheckinHeld AgendaItemRemoved",
    "feedback.asked": "FeedbackGiven",
    "feedback.given": "FeedbackAnswered",
    "resource.shared": "ResourceTried",
    "activity.suggested": "ActivityAnswered ActivityAttended",
    "agreement.proposed": "AgreementAccepted AgreementProposed",
    "win.recorded": "CheerGiven",
}


def _fits(each: Tell, kind: str) -> bool:
    shape, said = each(bytes(32), 0)
    refers = any(value in (bytes(32), (bytes(32),)) for value in said.values())
    return shape.__name__ in _AFTER.get(kind, "").split() and refers


def _erase(_chains: list[Chain], chain: Chain, whom: int) -> None:
    told = _told(chain)
    chain.write(Kind.ERASE, Erase((told[whom % len(told)],)))
