"""Every view's first page in a journal and a pair with ``--events`` events of every kind.

Each line is one view; its value is what the slowest but one of ten looks took, in an open
journal whose projections are caught up. ``views.catch_up`` is how long they take to make for
all events, per event; ``views.after_one`` a look right after one more event was written. The
bare loop fetches the newest 50 bodies of an encrypted file through the same connector.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite
import generator
import limits
from homes import beside_bare
from lines import report, say

from inglenook_client.journal import composing, founding, identity
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import Query, Space
from inglenook_client.stores import events, logs, projecting
from inglenook_client.stores.connection import Db
from inglenook_schema.control import LogType
from inglenook_schema.events import Content, encode_content
from inglenook_schema.events.action_plan import (
    CheerGiven,
    ProgressNoted,
    StepAdded,
    StepDone,
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
from inglenook_schema.events.checkins import (
    AgendaItemAdded,
    CheckinConfirmed,
    CheckinHeld,
    CheckinPlanned,
    CheckinSummarised,
    NextStep,
    Rhythm,
)
from inglenook_schema.events.choices import (
    ActivityAnswer,
    FeedbackAnswer,
    Helped,
    Outcome,
    Period,
    Role,
    Want,
    When,
)
from inglenook_schema.events.goals import GoalAchieved, GoalSet
from inglenook_schema.events.looking_back import (
    MoodNoted,
    ReflectionWritten,
    StrengthNoted,
    WinRecorded,
)
from inglenook_schema.events.relationship import (
    AgreementAccepted,
    AgreementProposed,
    PairJoined,
)
from inglenook_schema.events.resources import (
    ActivityAnswered,
    ActivityAttended,
    ActivitySuggested,
    ResourceShared,
    ResourceTried,
)
from inglenook_schema.events.writing import EntryRevised, EntryStarred, EntryWritten

GOAL_MS = 50.0
PAGE = 30
TIMES = 10
CHUNK = 1_000
NEWEST = "SELECT body FROM event ORDER BY number DESC LIMIT 50"


class Life:
    """What two people write over a few years, most of it in the journal."""

    def __init__(self, n: int) -> None:
        """``n`` events, all in all."""
        self.n = n
        self.rng = random.Random(generator.SEED)
        self.records = generator.records(n)
        self.at = 0
        self.zone, self.date = "", ""
        self.known: dict[str, list[bytes]] = {}

    def when(self, **said: Any) -> dict[str, Any]:
        """The fields that every event has."""
        return {"at": self.at, "zone": self.zone, "date": self.date, **said}

    def some(self, noun: str) -> bytes:
        """Something that was told before; mostly of late."""
        known = self.known[noun]
        return known[max(0, len(known) - 1 - int(self.rng.expovariate(0.1)))]

    def next(self, place: str) -> tuple[str, Content]:
        """The next event for the journal or the pair, and what noun it begins."""
        entry = generator.as_event(next(self.records))
        self.at, self.zone, self.date = entry.at, entry.zone, entry.date
        return (self._alone if place == "journal" else self._together)(entry)

    def _alone(self, entry: EntryWritten) -> tuple[str, Content]:
        die, when = self.rng.random(), self.when
        if die < 0.74 or not self.known.get("entry"):
            return "entry", entry
        if die < 0.90:
            return "", MoodNoted(**when(mood=self.rng.randint(1, 5), confidence=3))
        if die < 0.93:
            return "", EntryRevised(**when(entry=self.some("entry"), text=entry.text + " again"))
        if die < 0.95:
            return "", EntryStarred(**when(entry=self.some("entry")))
        if die < 0.97:
            said = {"strides": (entry.text[:40],), "attention": (entry.text[40:80],)}
            return "", ReflectionWritten(**when(period=Period.WEEK, **said))
        return "", WinRecorded(**when(text=entry.text, tags=entry.tags))

    def _together(self, entry: EntryWritten) -> tuple[str, Content]:
        text, some, when = entry.text, self.some, self.when
        firsts: tuple[tuple[str, Callable[[], Content]], ...] = (
            ("", lambda: PairJoined(**when(role=Role.MENTEE))),
            ("version", lambda: _agreement(when)),
            ("", lambda: AgreementAccepted(**when(version=some("version")))),
            ("goal", lambda: GoalSet(**when(title=text[:60], area=entry.tags[0]))),
            ("step", lambda: StepAdded(**when(goal=some("goal"), title=text[:50]))),
            ("question", lambda: QuestionAsked(**when(text=text, want=Want.IDEAS))),
            ("asked", lambda: FeedbackAsked(**when(about=text[:80]))),
            ("given", lambda: FeedbackGiven(**when(asked=some("asked"), text=text))),
            ("plan", lambda: CheckinPlanned(**when(starts_at=self.at, tz="UTC", minutes=30))),
            ("summary", lambda: _summary(when, some("plan"), text)),
            ("resource", lambda: ResourceShared(**when(title=text[:40], strategy=text))),
            ("activity", lambda: ActivitySuggested(**when(title=text[:40], on=self.date))),
        )
        done = len(self.known.get("firsts", []))
        if done < len(firsts):
            self.known.setdefault("firsts", []).append(b"")
            noun, make = firsts[done]
            return noun, make()
        return self._usual(entry)

    def _usual(self, entry: EntryWritten) -> tuple[str, Content]:
        text, some, when = entry.text, self.some, self.when
        due = (date.fromisoformat(self.date) + timedelta(days=5)).isoformat()
        usual: tuple[tuple[int, str, Callable[[], Content]], ...] = (
            (1, "goal", lambda: GoalSet(**when(title=text[:60], area=entry.tags[0], why=text))),
            (1, "", lambda: GoalAchieved(**when(goal=some("goal"), note=text[:30]))),
            (14, "step", lambda: StepAdded(**when(goal=some("goal"), title=text[:50], due_on=due))),
            (11, "", lambda: StepDone(**when(step=some("step")))),
            (12, "", lambda: ProgressNoted(**when(goal=some("goal"), level=3, note=text[:80]))),
            (4, "", lambda: CheerGiven(**when(regarding=some("goal"), text="go on"))),
            (9, "question", lambda: QuestionAsked(**when(text=text, when=When.SOON))),
            (9, "", lambda: ReplyGiven(**when(question=some("question"), text=text))),
            (7, "", lambda: _settled(when, some("question"))),
            (3, "asked", lambda: FeedbackAsked(**when(about=text[:80]))),
            (4, "given", lambda: FeedbackGiven(**when(asked=some("asked"), text=text))),
            (3, "", lambda: _answered(when, some("given"))),
            (3, "plan", lambda: CheckinPlanned(**when(starts_at=self.at, tz="UTC", minutes=30))),
            (3, "", lambda: CheckinHeld(**when(plan=some("plan"), on=self.date))),
            (3, "summary", lambda: _summary(when, some("plan"), text)),
            (2, "", lambda: CheckinConfirmed(**when(summary=some("summary")))),
            (3, "", lambda: AgendaItemAdded(**when(text=text[:60]))),
            (2, "resource", lambda: ResourceShared(**when(title=text[:40], strategy=text))),
            (2, "", lambda: _tried(when, some("resource"))),
            (1, "activity", lambda: ActivitySuggested(**when(title=text[:40], on=self.date))),
            (1, "", lambda: _going(when, some("activity"))),
            (1, "", lambda: ActivityAttended(**when(activity=some("activity"), new_to_me=True))),
            (2, "", lambda: StrengthNoted(**when(strength=text.split()[0], example=text))),
            (2, "", lambda: NoteLeft(**when(text=text))),
        )
        (_, noun, make) = self.rng.choices(usual, [weight for weight, *_ in usual])[0]
        return noun, make()


When_ = Callable[..., dict[str, Any]]


def _agreement(when: When_) -> Content:
    said = {"hopes": "h", "contact_hours": "c", "limits_text": "l", "meet_every": Rhythm()}
    return AgreementProposed(**when(**said))


def _summary(when: When_, plan: bytes, text: str) -> Content:
    steps = (NextStep(title=text[:40]),)
    return CheckinSummarised(**when(checkin=plan, points=(text[:80],), next_steps=steps))


def _settled(when: When_, question: bytes) -> Content:
    return QuestionSettled(**when(question=question, outcome=Outcome.HELPED))


def _answered(when: When_, given: bytes) -> Content:
    return FeedbackAnswered(**when(feedback=given, answer=FeedbackAnswer.THANKS))


def _tried(when: When_, resource: bytes) -> Content:
    return ResourceTried(**when(resource=resource, helped=Helped.YES))


def _going(when: When_, activity: bytes) -> Content:
    return ActivityAnswered(**when(activity=activity, answer=ActivityAnswer.GOING))


async def _fill(journal: Journal, bare: aiosqlite.Connection, n: int) -> None:
    """Three in five in the journal, two in the pair, in parcels."""
    pair = await journal.store.write(_pair)
    alone = (await journal.space(None)).number
    life = Life(n)
    parcel = min(CHUNK, n // 10)
    for start in range(0, n, parcel):
        where, log = ("pair", pair) if start // parcel % 5 in (1, 3) else ("journal", alone)
        count = min(parcel, n - start)
        rows = await journal.store.write(partial(_write, life, where, log, count))
        await bare.execute("BEGIN")
        await bare.executemany(limits.INSERT, rows)
        await bare.execute("COMMIT")


def _pair(db: Db) -> int:
    return founding.found(db, identity.load(db), LogType.PAIR, "mentee", (), label="Max").number


def _write(
    life: Life, where: str, log: int, count: int, db: Db
) -> list[tuple[bytes, bytes, bytes]]:
    row = logs.log_by_number(db, log)
    rows = []
    for _ in range(count):
        noun, content = life.next(where)
        (event,) = events.append(db, row, [composing.draft(content)])
        if noun:
            life.known.setdefault(noun, []).append(event.id)
        rows.append((b"", b"", encode_content(content)))
    return rows


def looks(journal: Journal, pair: Space, day: str) -> dict[str, Callable[[], Awaitable[object]]]:
    """Every view, its first page."""
    see = journal.views
    here = date.fromisoformat(day)
    month = (here - timedelta(days=30)).isoformat()
    year = (here - timedelta(days=365)).isoformat()
    return {
        "today": see.today,
        "log": lambda: journal.log(Query(limit=PAGE)),
        "log_as_of": lambda: journal.log(Query(limit=PAGE, as_of=year)),
        "log_tag": lambda: journal.log(Query(limit=PAGE, tag="exam")),
        "entries": lambda: see.entries(limit=PAGE),
        "entries_tag": lambda: see.entries(tag="exam", limit=PAGE),
        "entries_mood": lambda: see.entries(moods=(1, 2), limit=PAGE),
        "entries_starred": lambda: see.entries(starred=True, limit=PAGE),
        "entries_days": lambda: see.entries(since=year, until=month, limit=PAGE),
        "calendar": lambda: see.calendar(month, day),
        "moods": lambda: see.moods(month, day),
        "on_this_day": lambda: see.on_this_day(here),
        "look_back": lambda: see.look_back(here),
        "strides": lambda: see.strides(here - timedelta(days=180), here),
        "reflections": lambda: see.reflections(limit=PAGE),
        "wins": lambda: see.wins(limit=PAGE),
        "strengths": lambda: see.strengths(limit=PAGE),
        "horizons": lambda: see.horizons(month, day),
        "goals": lambda: see.goals(limit=PAGE),
        "steps": lambda: see.steps(limit=PAGE),
        "checkins": lambda: see.checkins(limit=PAGE),
        "agenda": lambda: see.agenda(pair),
        "rhythm": lambda: see.rhythm(pair),
        "questions": lambda: see.questions(limit=PAGE),
        "feedback": lambda: see.feedback(limit=PAGE),
        "shelf": lambda: see.shelf(limit=PAGE),
        "activities": lambda: see.activities(limit=PAGE),
        "notes": lambda: see.notes(limit=PAGE),
        "us": lambda: see.us(pair),
        "timeline": lambda: see.timeline(pair, limit=PAGE),
        "mentoring": lambda: see.mentoring(pair),
    }


async def _slowest(look: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds."""
    await look()  # loads what the view needs
    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        await look()
        taken.append((time.perf_counter() - begun) * 1e3)
    return sorted(taken)[-2]


async def measure(folder: Path, n: int) -> bool:
    """All lines; whether the goals are met."""
    say(f"views: {n} events")
    async with beside_bare(folder) as (journal, bare):
        return await _lines(journal, bare, n)


async def _lines(journal: Journal, bare: aiosqlite.Connection, n: int) -> bool:
    await _fill(journal, bare, n)
    fetched = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        await bare.execute_fetchall(NEWEST)
        fetched.append((time.perf_counter() - begun) * 1e3)
    limit = statistics.median(fetched)
    begun = time.perf_counter()
    await journal.store.write(projecting.catch_up)
    each = (time.perf_counter() - begun) / n * 1e6
    met = report("views.catch_up", n, each, "µs", limit / 50 * 1e3)
    newest = await journal.store.read(_newest_day)
    pair = await journal.space(None, pair=True)
    for name, look in looks(journal, pair, newest).items():
        met &= report(f"views.{name}", n, await _slowest(look), "ms", limit, GOAL_MS, "value")
    taken = [await _after_one(journal, pair) for _ in range(TIMES)]
    return report("views.after_one", n, sorted(taken)[-2], "ms", limit, GOAL_MS, "value") and met


def _newest_day(db: Db) -> str:
    sql = "SELECT date FROM event WHERE date IS NOT NULL ORDER BY at DESC LIMIT 1"
    (day,) = db.execute(sql).fetchone()
    return str(day)


async def _after_one(journal: Journal, pair: Space) -> float:
    """A look at the board, right after a step was added to a goal."""
    (goal,) = (await journal.views.goals(limit=1)).items
    at, zone, day = composing.moment()
    step = StepAdded(at=at, zone=zone, date=day, goal=goal.id, title="one more")
    await journal.append(pair, step)
    begun = time.perf_counter()
    await journal.views.goals(limit=PAGE)
    return (time.perf_counter() - begun) * 1e3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(measure(Path(folder), options.events)) else 1


if __name__ == "__main__":
    sys.exit(main())
