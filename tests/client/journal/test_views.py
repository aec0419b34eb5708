"""What people look at: each view tells what was written, in the order in which it helps."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from harness.devices import Device, agree, settle
from harness.saying import say
from inglenook_client import ambient
from inglenook_client.core.projections.threads import FOLDS
from inglenook_client.journal import composing, revising
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.model import Query, Space
from inglenook_client.journal.views.meetings import Reason, later
from inglenook_client.journal.views.us import Standing
from inglenook_client.stores import items, projecting
from inglenook_schema.control import LogType
from inglenook_schema.events.action_plan import (
    CheerGiven,
    ProgressNoted,
    StepAdded,
    StepDone,
    StepDropped,
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
    AgendaItemRemoved,
    CheckinHeld,
    CheckinMissed,
    CheckinPlanned,
    CheckinSummarised,
    NextStep,
    Rhythm,
)
from inglenook_schema.events.choices import (
    FeedbackAnswer,
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
)
from inglenook_schema.events.resources import (
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

Pair = tuple[Device, Device]
AGREED: dict[str, Any] = {
    "hopes": "to get on",
    "meet_every": Rhythm(every=1, unit=Unit.WEEK),
    "contact_hours": "evenings",
    "limits_text": "not if somebody is in danger",
}


def ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1000)


# --- goals ----------------------------------------------------------------------------


async def test_the_board_shows_goals_by_state_and_in_pages(ada: Device) -> None:
    made = {
        title: await say(ada, GoalSet, day=f"2026-01-{n:02}", title=title)
        for n, title in enumerate(("achieved", "let go", "paused", "first", "second"), 1)
    }
    await say(ada, GoalAchieved, goal=made["achieved"].event, note="at last")
    await say(ada, GoalLetGo, goal=made["let go"].event)
    await say(ada, GoalPaused, goal=made["paused"].event, until="2026-05-01")

    see = ada.journal.views
    whole = await see.goals()
    first = await see.goals(limit=2)
    rest = await see.goals(limit=9, after=first.more)

    board = [goal.title for goal in whole.items]
    assert board == ["first", "second", "paused", "achieved", "let go"]
    assert [goal.title for goal in first.items + rest.items] == board
    assert rest.more is None
    assert whole.shorts[made["first"].event] == "g4"
    assert whole.spaces[whole.items[0].space] == "journal"
    assert (whole.items[2].paused_until, whole.items[3].outcome) == ("2026-05-01", "at last")
    assert [goal.title for goal in (await see.goals(states=("paused",))).items] == ["paused"]


async def test_a_page_that_no_page_led_to_is_refused(ada: Device) -> None:
    for n in range(2):
        await say(ada, EntryWritten, text=f"{n}")
    other = await ada.journal.views.entries(limit=1)

    for after in ("nowhere", "ff", "00" * 9, other.more, "93c0c0c0"):
        with pytest.raises(NotFoundError):
            await ada.journal.views.goals(limit=1, after=after)


async def test_the_page_of_a_goal_has_all_that_names_it(pair: Pair) -> None:
    ada, max_ = pair
    space = await ada.pair()
    goal = await say(ada, GoalSet, space=space, title="Pass maths")
    step = await say(ada, StepAdded, space=space, goal=goal.event, title="exercise 4")
    question = await say(ada, QuestionAsked, text="How?", goal=goal.event)
    await say(ada, WinRecorded, space=space, text="half of it", goal=goal.event)
    await settle(ada, max_, rounds=1)
    await say(max_, CheerGiven, regarding=goal.event, text="hooray")
    await say(max_, CheerGiven, regarding=step.event)
    await say(max_, FeedbackGiven, regarding=goal.event, text="clear")
    await say(max_, ResourceShared, space=await max_.pair(), goal=goal.event,
              title="a book", strategy="read it", why_it_helped_me="it did")  # fmt: skip
    await settle(max_, ada, rounds=1)

    page = await ada.journal.views.goal(goal.event)

    assert [win.text for win in page.wins] == ["half of it"]
    assert [each.id for each in page.questions] == [question.event]
    assert [each.given[0].text for each in page.feedback] == ["clear"]
    assert [each.title for each in page.resources] == ["a book"]
    assert [cheer.text for cheer in page.goal.cheers] == ["hooray"]
    assert [(cheer.given.by, cheer.given.mine) for cheer in page.goal.steps[0].cheers] == [
        ("Max", False)
    ]
    assert page.shorts[step.event] == "s1"
    with pytest.raises(NotFoundError):
        await ada.journal.views.goal(step.event)


async def test_a_goal_can_be_seen_as_it_stood(ada: Device) -> None:
    goal = await say(ada, GoalSet, day="2026-01-01", title="first")
    await say(ada, StepAdded, day="2026-01-02", goal=goal.event, title="a step")
    await say(ada, GoalRevised, day="2026-01-05", goal=goal.event, title="second")
    later_goal = await say(ada, GoalSet, day="2026-01-06", title="another")
    see = ada.journal.views

    then = await see.goal(goal.event, as_of="2026-01-03")
    board = await see.goals(as_of="2026-01-03")

    assert (then.goal.title, len(then.goal.steps)) == ("first", 1)
    assert [each.title for each in board.items] == ["first"]
    assert (await see.goal(goal.event)).goal.title == "second"
    with pytest.raises(NotFoundError):
        await see.goal(later_goal.event, as_of="2026-01-03")


async def test_texts_of_a_goal_that_were_written_at_once_are_both_kept_until_one_is_made(
    own: Pair,
) -> None:
    laptop, tablet = own
    goal = await say(laptop, GoalSet, day="2026-01-01", title="plan", why="because")
    await settle(laptop, tablet, rounds=1)
    await say(laptop, GoalRevised, day="2026-01-02", goal=goal.event, why="on the laptop")
    await say(tablet, GoalRevised, day="2026-01-03", goal=goal.event, why="on the tablet")
    await settle(laptop, tablet, rounds=2)

    both = [(await device.journal.views.goal(goal.event)).goal for device in own]
    await say(laptop, GoalRevised, day="2026-01-04", goal=goal.event, why="one of both")
    one = (await laptop.journal.views.goal(goal.event)).goal

    assert both[0] == both[1]
    assert both[0].why == "on the tablet"
    assert [(v.field, v.value) for v in both[0].versions] == [("why", "on the laptop")]
    assert (one.why, one.versions) == ("one of both", ())


async def test_the_action_plan_has_the_soonest_step_first_and_leaves_out_what_rests(
    pair: Pair,
) -> None:
    ada, max_ = pair
    space = await ada.pair()
    goal = await say(ada, GoalSet, space=space, title="goal")
    resting = await say(ada, GoalSet, title="resting")
    await say(ada, StepAdded, goal=resting.event, title="not now", due_on="2026-01-01")
    await say(ada, GoalPaused, goal=resting.event)
    for title, who, due in (
        ("no day", Who.ME, None),
        ("late", Who.ME, "2026-03-01"),
        ("soon", Who.BOTH, "2026-02-01"),
        ("theirs", Who.YOU, "2026-02-10"),
    ):
        await say(ada, StepAdded, space=space, goal=goal.event, title=title, who=who, due_on=due)
    done = await say(ada, StepAdded, space=space, goal=goal.event, title="done")
    await say(ada, StepDone, space=space, step=done.event, note="easy")
    gone = await say(ada, StepAdded, space=space, goal=goal.event, title="gone")
    await say(ada, StepDropped, space=space, step=gone.event)
    await settle(ada, max_, rounds=2)

    async def titles(device: Device, **wanted: Any) -> list[str]:
        page = await device.journal.views.steps(**wanted)
        return [found.step.title for found in page.items]

    assert await titles(ada) == ["soon", "theirs", "late", "no day"]
    assert await titles(ada, mine=True) == ["soon", "late", "no day"]
    assert await titles(max_, mine=True) == ["soon", "theirs"]
    assert await titles(ada, until="2026-02-15") == ["soon", "theirs"]
    first = await ada.journal.views.steps(limit=3)
    assert await titles(ada, after=first.more, limit=3) == ["no day"]


# --- asking ---------------------------------------------------------------------------


async def test_questions_are_listed_by_how_urgent_they_are_and_by_what_is_wanted(
    pair: Pair,
) -> None:
    ada, max_ = pair
    asked = {}
    for text, when, want in (
        ("whenever", When.ANY_TIME, Want.IDEAS),
        ("unsaid", None, Want.LISTEN),
        ("now", When.SOON, Want.ACT),
        ("then", When.NEXT_CHECKIN, Want.IDEAS),
        ("answered", When.SOON, Want.IDEAS),
        ("settled", When.SOON, Want.IDEAS),
    ):
        asked[text] = await say(ada, QuestionAsked, text=text, when=when, want=want)
    await settle(ada, max_, rounds=1)
    await say(max_, ReplyGiven, question=asked["answered"].event, text="so", from_experience=True)
    await settle(max_, ada, rounds=1)
    await say(ada, QuestionSettled, question=asked["settled"].event, outcome=Outcome.HELPED)

    see = ada.journal.views
    everything = [question.text for question in (await see.questions()).items]
    ideas = [q.text for q in (await see.questions(want="ideas", states=("open",))).items]

    assert everything == ["now", "then", "whenever", "unsaid", "answered", "settled"]
    assert ideas == ["then", "whenever"]
    assert (await see.questions(mine=False)).items == ()
    assert len((await max_.journal.views.questions(mine=False)).items) == 6


async def test_feedback_shows_what_was_asked_given_and_answered_and_survives_its_request(
    pair: Pair,
) -> None:
    ada, max_ = pair
    first = await say(ada, FeedbackAsked, about="my talk", focus=("voice",))
    await say(ada, FeedbackAsked, about="my letter")
    await settle(ada, max_, rounds=1)
    given = await say(max_, FeedbackGiven, asked=first.event, text="clear")
    await settle(max_, ada, rounds=1)
    await say(ada, FeedbackAnswered, feedback=given.event, answer=FeedbackAnswer.WILL_TRY)

    see = ada.journal.views
    states = [(it.about, it.state) for it in (await see.feedback()).items]
    await ada.journal.erase([first.event])
    orphan = [it for it in (await see.feedback()).items if it.given]

    assert states == [("my letter", "asked"), ("my talk", "answered")]
    assert [(it.about, it.id, it.given[0].text) for it in orphan] == [(None, first.event, "clear")]


# --- check-ins ------------------------------------------------------------------------


async def test_the_agenda_is_built_from_what_is_open_and_says_how_the_other_likes_help(
    pair: Pair,
) -> None:
    ada, max_ = pair
    space = await ada.pair()
    now = ambient.now_ms()
    plan = await say(
        ada, CheckinPlanned, starts_at=now + 86_400_000, tz="Europe/London", minutes=30
    )
    held = await say(ada, CheckinHeld, on="2026-01-02")
    goal = await say(ada, GoalSet, space=space, title="goal")
    steps = (NextStep(title="Call  the library"), NextStep(title="exercise 4", who=Who.YOU))
    await say(ada, CheckinSummarised, checkin=held.event, points=("p",), next_steps=steps)
    await say(ada, StepAdded, space=space, goal=goal.event, title="Exercise 4", due_on="2026-01-05")
    await say(ada, StepAdded, space=space, goal=goal.event, title="far", due_on="2999-01-01")
    added = await say(ada, AgendaItemAdded, text="the trip")
    removed = await say(ada, AgendaItemAdded, text="not this")
    await say(ada, AgendaItemRemoved, item=removed.event)
    question = await say(ada, QuestionAsked, text="How?")
    off = await say(ada, QuestionAsked, text="another time")
    await say(ada, AgendaItemRemoved, item=off.event)
    await settle(ada, max_, rounds=1)
    await say(max_, ProfileSet, space=await max_.pair(), display_name="Max",
              how_i_like_help="ask me first")  # fmt: skip
    await settle(max_, ada, rounds=1)

    see = ada.journal.views
    agenda = await see.agenda(space)
    await say(ada, CheckinHeld, on="2026-01-09", covered=(added.event, question.event))
    after = await see.agenda(space)

    assert agenda.coming is not None
    assert agenda.coming.checkin.id == plan.event
    assert [(point.reason, point.text) for point in agenda.points] == [
        (Reason.ADDED, "the trip"),
        (Reason.QUESTION, "How?"),
        (Reason.STEP, "Exercise 4"),
        (Reason.NEXT_STEP, "Call  the library"),
    ]
    assert [who.how_i_like_help for who in agenda.partners] == ["ask me first"]
    assert agenda.shorts[question.event] == question.short
    assert [point.reason for point in after.points] == [Reason.STEP]


async def test_a_check_in_that_repeats_keeps_its_clock_time_and_each_meeting_is_its_own(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _ = pair
    plan = await say(
        ada, CheckinPlanned, day="2026-03-01", starts_at=ms("2026-03-05T18:00"),
        tz="Europe/London", minutes=30, repeat=Rhythm(every=2, unit=Unit.WEEK),
    )  # fmt: skip
    await say(ada, CheckinHeld, day="2026-03-05", plan=plan.event, on="2026-03-05")
    await say(ada, CheckinSummarised, day="2026-03-06", checkin=plan.event, points=("first",))
    await say(ada, CheckinMissed, day="2026-03-18", plan=plan.event, on="2026-03-19")
    monkeypatch.setattr(ambient, "now_ms", lambda: ms("2026-03-15T00:00"))

    see = ada.journal.views
    (coming,) = await see.coming()
    found = (await see.checkin(plan.event)).items

    # London's clocks go forward on 29 March 2026: six in the evening there is five in UTC
    assert (coming.day, coming.starts_at) == ("2026-04-02", ms("2026-04-02T17:00"))
    assert [(c.plan, c.state, c.held_on) for c in found] == [
        (None, "planned", ("2026-03-05",)),
        (plan.event, "summarised", ("2026-03-05",)),
    ]


@pytest.mark.parametrize(
    ("day", "every", "unit", "number", "expected"),
    [
        pytest.param("2026-01-31", 1, "month", 1, "2026-02-28", id="a month without that day"),
        pytest.param("2024-01-31", 1, "month", 1, "2024-02-29", id="a leap year"),
        pytest.param("2026-11-30", 3, "month", 1, "2027-02-28", id="over the new year"),
        pytest.param("2026-01-31", 1, "month", 2, "2026-03-31", id="its day comes back"),
        pytest.param("2026-01-01", 2, "week", 2, "2026-01-29", id="weeks"),
        pytest.param("2026-12-30", 3, "day", 1, "2027-01-02", id="days"),
    ],
)
def test_a_rhythm_falls_on_the_days_of_the_calendar(
    day: str, every: int, unit: str, number: int, expected: str
) -> None:
    from inglenook_client.core.projections.checkins import Again

    found = later(date.fromisoformat(day), Again(every, unit), number)

    assert found.isoformat() == expected


async def agreement(ada: Device, max_: Device, day: str, **changed: Any) -> Any:
    version = await say(ada, AgreementProposed, day=day, **(AGREED | changed))
    await say(ada, AgreementAccepted, day=day, version=version.event)
    await settle(ada, max_, rounds=1)
    await say(max_, AgreementAccepted, day=day, version=version.event)
    await settle(max_, ada, rounds=1)
    return version


async def test_the_rhythm_stands_beside_the_agreed_one(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, max_ = pair
    await agreement(ada, max_, "2026-01-05")
    await say(ada, CheckinHeld, day="2026-01-13", on="2026-01-13")
    await say(ada, PairPaused, day="2026-01-15", until="2026-01-22")
    monkeypatch.setattr(ambient, "today", lambda: date(2026, 1, 28))

    rhythm = await ada.journal.views.rhythm(await ada.pair(), weeks=4)

    assert rhythm.agreed is not None
    assert (rhythm.agreed.every, rhythm.agreed.unit) == (1, "week")
    assert [(week.starts_on, week.met, week.expected) for week in rhythm.weeks] == [
        ("2026-01-05", 0, 0),
        ("2026-01-12", 1, 1),
        ("2026-01-19", 0, 0),
        ("2026-01-26", 0, 1),
    ]
    assert (rhythm.last_met, rhythm.next_by) == ("2026-01-13", "2026-01-20")


async def test_what_was_written_up_was_held_on_the_day_it_was_planned_for(pair: Pair) -> None:
    ada, _max = pair
    late = ms("2026-07-13 23:30")  # the 14th in London
    plan = await say(ada, CheckinPlanned, starts_at=late, tz="Europe/London", minutes=30)
    await say(ada, CheckinSummarised, checkin=plan.event, points=("the exam",))

    rhythm = await ada.journal.views.rhythm(await ada.pair(), weeks=4)

    assert rhythm.last_met == "2026-07-14"


# --- the journal ----------------------------------------------------------------------


async def test_entries_show_their_present_texts_wherever_they_are_read(ada: Device) -> None:
    entry = await say(ada, EntryWritten, day="2026-01-01", text="frist", tags=("exam",), mood=2)
    await say(ada, EntryWritten, day="2026-01-02", text="second", tags=("Exam",))
    await say(ada, EntryRevised, day="2026-01-03", entry=entry.event, text="first", mood=4)
    await say(ada, EntryStarred, entry=entry.event)

    see = ada.journal.views
    page = await see.entries()
    logged = await ada.journal.log(Query())
    then = await ada.journal.log(Query(as_of="2026-01-02"))

    assert [w.entry.text for w in page.items] == ["second", "first"]
    assert [(w.entry.mood, w.starred) for w in page.items] == [(None, False), (4, True)]
    assert [(s.text, s.revised) for s in logged] == [("first", True), ("second", False)]
    assert [s.text for s in then] == ["frist", "second"]
    assert (await ada.journal.find(entry.short)).text == "first"
    assert [w.entry.text for w in (await see.entries(tag="@EXAM")).items] == ["second", "first"]
    assert [w.entry.text for w in (await see.entries(moods=(4, 5))).items] == ["first"]
    assert (await see.entries(moods=(1, 3))).items == ()
    assert [w.entry.text for w in (await see.entries(starred=True)).items] == ["first"]
    await say(ada, EntryUnstarred, entry=entry.event)
    assert (await see.entries(starred=True)).items == ()
    history = [shown.kind for shown in await see.history(entry.event)]
    assert history == ["entry.written", "entry.revised", "entry.starred", "entry.unstarred"]


async def test_two_versions_of_an_entry_stand_side_by_side_until_one_is_made_of_them(
    own: Pair,
) -> None:
    laptop, tablet = own
    entry = await say(laptop, EntryWritten, day="2026-01-01", text="at first")
    await settle(laptop, tablet, rounds=1)
    await say(laptop, EntryRevised, day="2026-01-02", entry=entry.event, text="on the laptop")
    await say(tablet, EntryRevised, day="2026-01-03", entry=entry.event, text="on the tablet")
    await say(tablet, EntryRevised, day="2026-01-04", entry=entry.event, tags=("both",))
    await settle(laptop, tablet, rounds=2)

    for device in own:
        (found,) = (await device.journal.views.entry(entry.event)).items
        shown = await device.journal.find(entry.event.hex())
        assert [v.text for v in found.entry.versions] == ["on the laptop", "on the tablet"]
        assert shown.versions == ("on the laptop", "on the tablet")
        assert (found.entry.text, found.entry.tags) == ("on the tablet", ("both",))
    await say(tablet, EntryRevised, entry=entry.event, text="on both")
    (found,) = (await tablet.journal.views.entry(entry.event)).items

    assert (found.entry.text, found.entry.versions) == ("on both", ())


async def test_a_long_entry_stands_there_once_and_whole(ada: Device) -> None:
    first = await say(ada, EntryWritten, text="one ", tags=("a",))
    second = await say(ada, EntryWritten, text="two ", tags=("b",), continues=first.event)
    await say(ada, EntryWritten, text="three", continues=first.event)
    await say(ada, EntryRevised, entry=second.event, text="2 ")

    (found,) = (await ada.journal.views.entries()).items
    by_part = await ada.journal.views.entry(second.event)

    assert (found.entry.text, found.entry.tags) == ("one 2 three", ("a", "b"))
    assert [shown.text for shown in await ada.journal.log(Query())] == ["one 2 three"]
    assert by_part.items == (found,)


async def test_tags_are_taken_from_every_part_of_a_long_entry(ada: Device) -> None:
    first = await say(ada, EntryWritten, text="one ", tags=("a",), mood=2)
    await say(ada, EntryWritten, text="two", tags=("b",), continues=first.event)
    (before,) = (await ada.journal.views.entries()).items

    at, zone, day = composing.moment()
    now = {"at": at, "zone": zone, "date": day}
    for change in revising.contents(before.entry, None, {"tags": ("c",), "mood": None}, now):
        await ada.journal.append(await ada.journal.space(None), change)

    (found,) = (await ada.journal.views.entries()).items
    assert (found.entry.text, found.entry.tags, found.entry.mood) == ("one two", ("c",), None)


async def test_what_was_shared_of_an_entry_is_told_beside_it(pair: Pair) -> None:
    ada, max_ = pair
    entry = await say(ada, EntryWritten, text="all of it")
    copy = await say(ada, EntryShared, source=entry.event, excerpt="part of it")
    await settle(ada, max_, rounds=1)

    (mine,) = (await ada.journal.views.entry(entry.event)).items
    (theirs,) = (await max_.journal.views.entries()).items

    assert mine.copies == (copy.event,)
    assert (theirs.entry.text, theirs.entry.excerpt, theirs.copies) == ("part of it", True, ())


async def test_entries_come_in_pages_by_time_tag_mood_star_and_day(ada: Device) -> None:
    for n in range(1, 8):
        entry = await say(
            ada, EntryWritten, day=f"2026-01-{n:02}", text=f"{n}", tags=("t",), mood=3
        )
        await say(ada, EntryStarred, entry=entry.event)
    see = ada.journal.views

    for wanted in (
        {},
        {"tag": "t"},
        {"moods": (3, 3)},
        {"starred": True},
        {"since": "2026-01-01", "until": "2026-01-31"},
    ):
        texts, after = list[str](), None
        while True:
            page = await see.entries(**wanted, limit=3, after=after)
            texts += [w.entry.text for w in page.items]
            after = page.more
            if after is None:
                break
        assert texts == list("7654321"), wanted
    some = await see.entries(since="2026-01-03", until="2026-01-04")
    assert [w.entry.text for w in some.items] == ["4", "3"]


@pytest.mark.parametrize("wanted", [{}, {"tag": "t"}, {"moods": (3, 3)}, {"starred": True}])
async def test_however_entries_are_found_their_day_is_the_one_they_are_about(
    wanted: dict[str, Any], ada: Device
) -> None:
    entry = await say(
        ada, EntryWritten, day="2026-01-11", for_date="2026-01-10", text="a", tags=("t",), mood=3
    )
    await say(ada, EntryStarred, entry=entry.event)
    see = ada.journal.views

    about = await see.entries(**wanted, since="2026-01-10", until="2026-01-10")
    written = await see.entries(**wanted, since="2026-01-11", until="2026-01-11")

    assert [w.entry.text for w in about.items] == ["a"]
    assert written.items == ()


async def test_the_calendar_counts_what_each_day_has_by_the_day_it_is_about(ada: Device) -> None:
    await say(ada, EntryWritten, day="2026-01-10", text="then", mood=2)
    await say(ada, EntryWritten, day="2026-01-11", text="about before", for_date="2026-01-10")
    await say(ada, MoodNoted, day="2026-01-11", mood=4, confidence=3)
    await say(ada, WinRecorded, day="2026-01-12", text="won", on="2026-01-11")
    await say(ada, EntryWritten, day="2026-02-01", text="outside")

    days = await ada.journal.views.calendar("2026-01-01", "2026-01-31")
    moods = await ada.journal.views.moods("2026-01-01", "2026-01-31")

    assert {day: (it.entries, it.moods, it.wins) for day, it in days.items()} == {
        "2026-01-10": (2, [2], 0),
        "2026-01-11": (0, [4], 1),
    }
    assert [(it.day, it.mood, it.confidence) for it in moods] == [
        ("2026-01-10", 2, None),
        ("2026-01-11", 4, 3),
    ]
    about = await ada.journal.views.entries(since="2026-01-10", until="2026-01-10")
    assert [w.entry.text for w in about.items] == ["about before", "then"]


# --- looking back ---------------------------------------------------------------------


async def test_what_had_a_low_mood_resurfaces_only_where_it_is_asked_for(ada: Device) -> None:
    await say(ada, EntryWritten, day="2024-03-01", text="two years ago")
    await say(ada, EntryWritten, day="2025-03-01", text="a bad day", mood=2)
    await say(ada, EntryWritten, day="2023-03-01", text="on a bad day")
    await say(ada, MoodNoted, day="2023-03-01", mood=1)
    await say(ada, EntryWritten, day="2026-02-02", text="a month ago", mood=3)
    await say(ada, EntryWritten, day="2026-02-03", text="low a month ago", mood=1)
    day = date(2026, 3, 1)
    see = ada.journal.views

    back, all_of_it = await see.look_back(day), await see.look_back(day, low=True)

    def texts(days: Any) -> list[str]:
        return [w.entry.text for page in days.values() for w in page.items]

    assert texts(back.earlier_years) == ["two years ago"]
    assert texts(all_of_it.earlier_years) == ["a bad day", "two years ago", "on a bad day"]
    assert texts(back.month_ago) == ["a month ago"]
    assert texts(all_of_it.month_ago) == ["a month ago", "low a month ago"]
    assert texts(await see.on_this_day(day)) == ["two years ago"]


async def test_looking_back_tells_when_a_goal_was_set_and_what_went_well(ada: Device) -> None:
    await say(ada, GoalSet, day="2026-01-10", title="goal")
    await say(ada, EntryWritten, day="2026-01-10", text="why I set it")
    await say(ada, GoalSet, day="2026-02-27", title="too new")
    await say(ada, WinRecorded, day="2026-02-01", text="then")
    await say(ada, WinRecorded, day="2026-02-26", text="lately")

    back = await ada.journal.views.look_back(date(2026, 3, 1))

    assert back.begun is not None
    assert back.begun.goal.title == "goal"
    assert [w.entry.text for w in back.begun.entries.items] == ["why I set it"]
    assert [win.text for win in back.wins.items] == ["lately", "then"]
    assert [win.text for win in back.wins_then.items] == ["then"]


async def test_strides_stand_beside_what_needs_attention_week_by_week(ada: Device) -> None:
    await say(ada, ReflectionWritten, day="2026-01-09", period=Period.WEEK,
              strides=("spoke up", "slept"), attention=("maths",))  # fmt: skip
    await say(ada, ReflectionWritten, day="2026-01-21", period=Period.WEEK, attention=("room",))

    found = await ada.journal.views.strides(date(2026, 1, 5), date(2026, 1, 25))
    sunday = await ada.journal.views.strides(date(2026, 1, 5), date(2026, 1, 25), week_start=6)

    assert [(s.starts_on, s.strides, s.attention) for s in found] == [
        ("2026-01-05", ("spoke up", "slept"), ("maths",)),
        ("2026-01-12", (), ()),
        ("2026-01-19", (), ("room",)),
    ]
    assert [s.starts_on for s in sunday][:2] == ["2026-01-04", "2026-01-11"]
    page = await ada.journal.views.reflections(limit=1)
    assert page.items[0].reflection is not None
    assert page.items[0].reflection.attention == ("room",)


async def test_strengths_say_whose_they_are_and_where_they_showed(pair: Pair) -> None:
    ada, max_ = pair
    space = await ada.pair()
    win = await say(ada, WinRecorded, space=space, text="explained it")
    await say(ada, StrengthNoted, space=space, day="2026-01-01", strength="Good questions")
    await settle(ada, max_, rounds=1)
    await say(max_, StrengthNoted, space=await max_.pair(), day="2026-01-02", whose=Who.YOU,
              strength="good  questions", example="in class", regarding=win.event)  # fmt: skip
    await settle(max_, ada, rounds=1)

    (named,) = (await ada.journal.views.strengths()).items

    assert (named.strength, named.mine) == ("good  questions", True)
    assert [(each.example, each.regarding) for each in named.times] == [
        ("in class", win.event),
        (None, None),
    ]


async def test_horizons_are_the_parts_of_life_and_the_new_ground_of_a_stretch(pair: Pair) -> None:
    ada, _ = pair
    old = await say(ada, GoalSet, day="2025-06-01", title="old", area="Home")
    await say(ada, GoalSet, day="2025-06-01", title="asleep", area="Work")
    await say(ada, GoalSet, day="2026-01-05", title="new", area="school")
    await say(ada, ProgressNoted, day="2026-01-06", goal=old.event, level=3)
    walk = await say(ada, ActivitySuggested, day="2025-12-01", title="museum")
    await say(ada, ActivityAttended, day="2026-01-07", activity=walk.event, new_to_me=True)

    found = await ada.journal.views.horizons("2026-01-01", "2026-01-31")

    assert [(area.area, [goal.title for goal in area.goals]) for area in found.areas] == [
        ("Home", ["old"]),
        ("school", ["new"]),
    ]
    assert [each.title for each in found.new] == ["museum"]


# --- the shelf ------------------------------------------------------------------------


async def test_the_shelf_tells_what_helped_whom(pair: Pair) -> None:
    ada, max_ = pair
    shared = {"why_it_helped_me": "it did", "strategy": "read", "space": await ada.pair()}
    book = await say(ada, ResourceShared, title="book", tags=("exam",), **shared)
    await say(ada, ResourceShared, title="film", **shared)
    await settle(ada, max_, rounds=1)
    space = await max_.pair()
    await say(max_, ResourceTried, space=space, resource=book.event, helped=Helped.NOT_FOR_ME)
    await say(max_, ResourceTried, space=space, resource=book.event, helped=Helped.A_BIT)
    await settle(max_, ada, rounds=1)
    see = ada.journal.views

    (found,) = (await see.shelf(tag="@exam")).items

    assert [(tried.helped, tried.said.by) for tried in found.tried] == [(Helped.A_BIT, "Max")]
    assert [it.title for it in (await see.shelf(helped="a_bit")).items] == ["book"]
    assert [it.title for it in (await see.shelf(helped="untried")).items] == ["film"]


# --- us -------------------------------------------------------------------------------


async def test_an_agreement_is_in_force_once_both_accepted_the_same_version(pair: Pair) -> None:
    ada, max_ = pair
    space, theirs = await ada.pair(), await max_.pair()
    version = await say(ada, AgreementProposed, **AGREED)
    await say(ada, AgreementAccepted, version=version.event)
    await settle(ada, max_, rounds=1)
    alone = await max_.journal.views.us(theirs)
    await say(max_, AgreementAccepted, version=version.event)
    await settle(max_, ada, rounds=1)
    both = await ada.journal.views.us(space)
    newer = await say(ada, AgreementProposed, **(AGREED | {"hopes": "more"}))
    await say(ada, AgreementAccepted, version=newer.event)
    waiting = await ada.journal.views.us(space)
    await say(ada, PairPaused)
    paused = await ada.journal.views.us(space)

    assert (alone.state, alone.agreement) == (Standing.GETTING_STARTED, None)
    assert [each.id for each in alone.waiting] == [version.event]
    assert (both.state, both.waiting) == (Standing.ACTIVE, ())
    assert waiting.agreement is not None
    assert waiting.agreement.id == version.event
    assert [each.id for each in waiting.waiting] == [newer.event]
    assert paused.state is Standing.PAUSED
    assert [who.said.mine for who in both.people] == [True, False]


async def test_a_space_that_nobody_joined_and_one_that_was_closed_are_told_apart(
    pair: Pair,
) -> None:
    mentee, _ = pair
    await mentee.journal.pair_invite(role="mentor", via=False)
    number = await mentee.read(lambda db: db.execute("SELECT max(number) FROM log").fetchone()[0])
    invited = Space(number, b"", LogType.PAIR, "", "mentee", writable=True)
    space = next(s for s in await mentee.journal.spaces() if s.name == "Max")
    await mentee.journal.pair_close(space)

    assert (await mentee.journal.views.us(invited)).state is Standing.INVITED
    assert (await mentee.journal.views.us(space)).state is Standing.CLOSED


async def test_the_timeline_of_a_pair_has_its_milestones_newest_first_and_in_pages(
    pair: Pair,
) -> None:
    ada, max_ = pair
    space = await ada.pair()
    await say(ada, PairJoined, day="2026-01-01", role=Role.MENTEE, hello="hi")
    await agreement(ada, max_, "2026-01-02")
    goal = await say(ada, GoalSet, day="2026-01-03", space=space, title="goal")
    await say(ada, CheckinHeld, day="2026-01-04", on="2026-01-04", note="met")
    await say(ada, GoalAchieved, day="2026-01-05", space=space, goal=goal.event)
    await say(ada, WinRecorded, day="2026-01-06", space=space, text="won")
    await say(ada, EntryShared, day="2026-01-07", text="shared")
    await say(ada, GoalProposed, day="2026-01-08", title="only proposed")
    see = ada.journal.views

    whole = [(it.what, it.text) for it in (await see.timeline(space)).items]
    first = await see.timeline(space, limit=3)
    rest = await see.timeline(space, limit=9, after=first.more)

    assert whole == [
        ("shared", "shared"),
        ("win", "won"),
        ("goal_achieved", "goal"),
        ("met", "met"),
        ("goal_set", "goal"),
        ("agreed", "to get on"),
        ("joined", "hi"),
    ]
    assert [(it.what, it.text) for it in first.items + rest.items] == whole


async def test_a_mentor_sees_their_own_reflections_and_the_feedback_they_asked_for(
    pair: Pair,
) -> None:
    ada, max_ = pair
    await say(max_, ReflectionWritten, period=Period.WEEK, strides=("listened",))
    await say(max_, FeedbackAsked, about="how I listen")
    await say(max_, FeedbackGiven, text="unasked")
    await say(ada, FeedbackAsked, about="my talk")
    await say(ada, QuestionAsked, text="How?")
    await settle(ada, max_, rounds=2)

    found = await max_.journal.views.mentoring(await max_.pair())

    assert [each.about for each in found.asked.items] == ["how I listen"]
    assert [each.about for each in found.wanted.items] == ["my talk"]
    assert [each.text for each in found.questions.items] == ["How?"]
    reflections = [each.reflection for each in found.reflections.items]
    assert [each.strides for each in reflections if each] == [("listened",)]
    assert (await ada.journal.views.mentoring(await ada.pair())).reflections.items == ()


# --- today ----------------------------------------------------------------------------


async def test_today_says_what_is_new_until_it_was_looked_at(pair: Pair) -> None:
    ada, max_ = pair
    assert (await ada.journal.views.today()).empty
    await say(max_, NoteLeft, text="hello")
    await say(max_, QuestionAsked, text="How was it?")
    await settle(max_, ada, rounds=1)
    await say(ada, MoodNoted, mood=4)

    first = await ada.journal.views.today()
    await ada.journal.views.looked()
    second = await ada.journal.views.today()

    assert {shown.text for shown in first.news} == {"hello", "How was it?"}
    assert (first.moods, first.empty) == ((4,), False)
    assert [question.text for question in first.questions.items] == ["How was it?"]
    assert second.news == ()


# --- what holds for all ---------------------------------------------------------------


async def test_what_was_erased_is_in_no_view_and_in_no_table(ada: Device) -> None:
    goal = await say(ada, GoalSet, title="goal")
    step = await say(ada, StepAdded, goal=goal.event, title="unspeakable")
    entry = await say(ada, EntryWritten, text="kept", tags=("unspeakable",))
    await say(ada, EntryRevised, entry=entry.event, text="unspeakable too")
    revised = (await ada.journal.views.history(entry.event))[-1]
    await ada.journal.views.goals()

    await ada.journal.erase([step.event, revised.event])

    def rows(db: Any) -> list[Any]:
        return db.execute("SELECT said, title, topic FROM item").fetchall()

    held = repr(await ada.read(rows))
    assert "unspeakable" not in held
    (found,) = (await ada.journal.views.goals()).items
    (shown,) = (await ada.journal.views.entries()).items
    assert found.steps == ()
    assert (shown.entry.text, shown.entry.tags) == ("kept", ("unspeakable",))
    await ada.journal.erase([entry.event])
    assert (await ada.journal.views.tags()) == []
    kinds = [(s.kind, s.content) for s in await ada.journal.views.history(entry.event)]
    assert kinds == [("entry.written", None)]


async def test_rebuilding_gives_equal_projections_and_an_equal_state(pair: Pair) -> None:
    ada, max_ = pair
    space = await ada.pair()
    goal = await say(ada, GoalSet, space=space, title="goal")
    await settle(ada, max_, rounds=1)
    await say(max_, CheerGiven, regarding=goal.event)
    await say(ada, GoalRevised, space=space, goal=goal.event, title="another")
    await settle(ada, max_, rounds=2)
    before = await ada.states()

    await ada.journal.rebuild()

    assert await ada.states() == before
    assert await agree(ada, max_)


async def test_the_state_covers_what_the_projections_say(ada: Device) -> None:
    await say(ada, GoalSet, title="goal")
    before = await ada.states()

    await ada.change(
        lambda db: db.execute("UPDATE item SET hash = zeroblob(32) WHERE noun = 'goal'")
    )

    assert await ada.states() != before
    await ada.change(projecting.rebuild)
    assert await ada.states() == before


async def test_where_nothing_can_be_written_reading_goes_on(ada: Device) -> None:
    await say(ada, GoalSet, title="kept before")
    await ada.journal.views.goals()
    await say(ada, GoalSet, title="written since")
    await ada.change(lambda db: db.execute("PRAGMA query_only = ON"))

    goals = await ada.journal.views.goals()
    logged = await ada.journal.log(Query())

    assert [goal.title for goal in goals.items] == ["kept before"]
    assert [shown.text for shown in logged] == ["kept before", "written since"]
    await ada.read(lambda db: db.execute("PRAGMA query_only = OFF"))
    assert len((await ada.journal.views.goals()).items) == 2


def test_every_noun_can_be_read_back() -> None:
    assert set(items.SHAPES) == set(FOLDS) | {"step", "milestone"}
