"""What became of goals, questions, feedback and check-ins, whatever order things arrive in."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from harness.tales import TELLS, Tell
from inglenook_client.core.projections import threads
from inglenook_client.core.projections.authors import Author
from inglenook_client.core.projections.checkins import CheckinState, checkins
from inglenook_client.core.projections.feedback import FeedbackState, feedback
from inglenook_client.core.projections.goals import GoalState, goals
from inglenook_client.core.projections.plain import plain
from inglenook_client.core.projections.questions import QuestionState, questions
from inglenook_schema.events.action_plan import ProgressNoted, StepAdded, StepDone, StepReopened
from inglenook_schema.events.asking import (
    FeedbackAnswered,
    FeedbackAsked,
    FeedbackGiven,
    QuestionAsked,
    QuestionSettled,
    ReplyGiven,
)
from inglenook_schema.events.checkins import (
    CheckinConfirmed,
    CheckinHeld,
    CheckinMissed,
    CheckinPlanned,
    CheckinSummarised,
)
from inglenook_schema.events.choices import FeedbackAnswer, Outcome
from inglenook_schema.events.content import Content
from inglenook_schema.events.goals import (
    GoalAchieved,
    GoalLetGo,
    GoalPaused,
    GoalProposed,
    GoalResumed,
    GoalRevised,
    GoalSet,
)

ANA, MAX = Author(b"A" * 32, "Ana", mine=True), Author(b"M" * 32, "Max")
FOLDS = [*threads.FOLDS.values()]
WHEN = {"zone": "UTC", "date": "2026-01-01"}


@dataclass(frozen=True)
class Fact:
    """An event as a projection sees it, with the events its writer knew."""

    event: bytes
    at: int
    content: Content | None
    knew: frozenset[bytes] = frozenset()
    author: Author = ANA
    local_date: str = "2026-01-01"
    space_number: int = 1


def before(a: Fact, b: Fact) -> bool:
    return a.event in b.knew


@dataclass
class World:
    """Two people's devices, each with what it knows; events are written one by one."""

    facts: list[Fact] = field(default_factory=list)
    knows: dict[int, frozenset[bytes]] = field(default_factory=dict)

    def write(
        self, device: int, shape: type[Content], *, at: int | None = None, **fields: Any
    ) -> Fact:
        number = len(self.facts)
        at = 1_000 * number if at is None else at
        knew = self.knows.get(device, frozenset())
        event = bytes([number]) * 32
        content = shape(at=at, **WHEN, **fields)
        self.facts.append(Fact(event, at, content, knew, author=MAX if device == 1 else ANA))
        self.knows[device] = knew | {event}
        return self.facts[-1]

    def meet(self, *devices: int) -> None:
        both = frozenset[bytes]().union(*(self.knows.get(d, frozenset()) for d in devices))
        for device in devices:
            self.knows[device] = both


def test_the_causally_later_value_wins_whatever_its_clock_says() -> None:
    world = World()
    goal = world.write(0, GoalSet, title="first", at=9_000)
    world.meet(0, 1)
    world.write(1, GoalRevised, goal=goal.event, title="later, by a slow clock", at=10)

    (found,) = goals(world.facts, before)

    assert found.title == "later, by a slow clock"
    assert [change.value for change in found.history] == ["later, by a slow clock", "first"]


def test_of_two_values_given_at_once_the_later_instant_wins_and_both_stay_in_history() -> None:
    world = World()
    goal = world.write(0, GoalSet, title="plan", at=1)
    world.meet(0, 1)
    world.write(0, GoalRevised, goal=goal.event, title="on the laptop", at=50)
    world.write(1, GoalRevised, goal=goal.event, title="on the tablet", at=40)

    (found,) = goals(world.facts, before)

    assert found.title == "on the laptop"
    assert {change.value for change in found.history} == {
        "plan",
        "on the laptop",
        "on the tablet",
    }


def test_fields_revised_at_once_on_two_devices_are_both_kept() -> None:
    world = World()
    goal = world.write(0, GoalSet, title="plan", why="because")
    world.meet(0, 1)
    world.write(0, GoalRevised, goal=goal.event, title="new title")
    world.write(1, GoalRevised, goal=goal.event, why=None, target_on="2026-05-01")

    (found,) = goals(world.facts, before)

    assert (found.title, found.why, found.target_on) == ("new title", None, "2026-05-01")


@pytest.mark.parametrize("order", range(6))
def test_instants_that_contradict_causality_do_not_make_the_answer_hang_on_order(
    order: int,
) -> None:
    # b knew a; c knew neither. By clocks alone a > c > b, which with a < b goes in a circle.
    world = World()
    goal = world.write(0, GoalSet, title="plan", at=0)
    world.meet(0, 1)
    world.write(0, GoalRevised, goal=goal.event, title="a", at=300)
    world.write(0, GoalRevised, goal=goal.event, title="b", at=100)
    world.write(1, GoalRevised, goal=goal.event, title="c", at=200)
    shuffled = list(world.facts)
    random.Random(order).shuffle(shuffled)

    assert goals(shuffled, before)[0].title == "c"


@pytest.mark.parametrize(
    ("acts", "state"),
    [
        pytest.param([], GoalState.PROPOSED, id="proposed"),
        pytest.param([GoalSet], GoalState.ACTIVE, id="taken on"),
        pytest.param([GoalLetGo], GoalState.LET_GO, id="declined"),
        pytest.param([GoalSet, GoalPaused], GoalState.PAUSED, id="resting"),
        pytest.param([GoalSet, GoalPaused, GoalResumed], GoalState.ACTIVE, id="taken up again"),
        pytest.param([GoalSet, GoalAchieved], GoalState.ACHIEVED, id="reached"),
        pytest.param([GoalSet, GoalAchieved, GoalLetGo], GoalState.LET_GO, id="let go"),
    ],
)
def test_a_goal_stands_as_the_last_act_left_it(acts: list[type[Content]], state: GoalState) -> None:
    world = World()
    goal = world.write(1, GoalProposed, title="read more")
    world.meet(0, 1)
    for act in acts:
        title = {"title": "in my words"} if act is GoalSet else {}
        world.write(0, act, goal=goal.event, **title)

    assert goals(world.facts, before)[0].state is state


def test_steps_grow_and_each_stands_as_it_was_last_left() -> None:
    world = World()
    goal = world.write(0, GoalSet, title="plan")
    first = world.write(0, StepAdded, goal=goal.event, title="one")
    second = world.write(0, StepAdded, goal=goal.event, title="two")
    world.meet(0, 1)
    world.write(0, StepDone, step=first.event)
    world.write(1, StepDone, step=second.event)
    world.write(1, StepReopened, step=second.event)
    world.write(1, StepAdded, goal=goal.event, title="three")
    world.write(1, ProgressNoted, goal=goal.event, level=2)

    (found,) = goals(world.facts, before)

    assert [(s.title, s.state) for s in found.steps] == [
        ("one", "done"),
        ("two", "open"),
        ("three", "open"),
    ]
    assert [note.level for note in found.progress] == [2]


def test_an_event_of_another_space_changes_nothing() -> None:
    world = World()
    goal = world.write(0, GoalSet, title="mine alone")
    world.write(1, GoalRevised, goal=goal.event, title="not theirs to say")
    world.write(1, StepAdded, goal=goal.event, title="nor this")
    facts = [world.facts[0], *(replace(fact, space_number=2) for fact in world.facts[1:])]

    (found,) = goals(facts, before)

    assert (found.title, found.steps) == ("mine alone", ())


def test_an_erased_value_does_not_compete() -> None:
    world = World()
    goal = world.write(0, GoalSet, title="plan")
    revised = world.write(0, GoalRevised, goal=goal.event, title="gone")
    facts = [replace(f, content=None) if f is revised else f for f in world.facts]

    assert goals(facts, before)[0].title == "plan"


def test_only_a_reply_of_the_other_answers_a_question() -> None:
    world = World()
    question = world.write(0, QuestionAsked, text="how?")
    world.write(0, ReplyGiven, question=question.event, text="I mean in class")
    asked = questions(world.facts, before)[0].state
    world.meet(0, 1)
    world.write(1, ReplyGiven, question=question.event, text="like this")
    answered = questions(world.facts, before)[0].state
    world.write(0, QuestionSettled, question=question.event, outcome=Outcome.HELPED)
    settled = questions(world.facts, before)[0]

    assert [asked, answered] == [QuestionState.OPEN, QuestionState.ANSWERED]
    assert settled.state is QuestionState.SETTLED
    assert settled.settled is not None
    assert settled.settled.outcome is Outcome.HELPED
    assert [reply.text for reply in settled.replies] == ["I mean in class", "like this"]


def test_feedback_goes_from_asked_to_given_to_answered() -> None:
    world = World()
    asked = world.write(0, FeedbackAsked, about="my talk")
    states = [feedback(world.facts, before)[0].state]
    world.meet(0, 1)
    given_ = world.write(1, FeedbackGiven, asked=asked.event, text="clear")
    states.append(feedback(world.facts, before)[0].state)
    world.meet(0, 1)
    world.write(0, FeedbackAnswered, feedback=given_.event, answer=FeedbackAnswer.THANKS)
    world.write(1, FeedbackGiven, text="unasked")

    found = feedback(world.facts, before)

    states.append(found[0].state)
    assert states == [FeedbackState.ASKED, FeedbackState.GIVEN, FeedbackState.ANSWERED]
    assert [thread.state for thread in found] == [FeedbackState.ANSWERED, FeedbackState.GIVEN]


def test_a_check_in_goes_from_planned_to_confirmed_and_may_move() -> None:
    world = World()
    plan = world.write(0, CheckinPlanned, starts_at=1_000, tz="Europe/London", minutes=30)
    world.meet(0, 1)
    states = [checkins(world.facts, before)[0].state]
    world.write(1, CheckinMissed, plan=plan.event, new_time=5_000)
    moved = checkins(world.facts, before)[0]
    world.meet(0, 1)
    world.write(0, CheckinHeld, plan=plan.event, on="2026-01-02")
    world.write(1, CheckinHeld, plan=plan.event, on="2026-01-02", minutes=20)
    held = checkins(world.facts, before)
    world.meet(0, 1)
    summary = world.write(0, CheckinSummarised, checkin=plan.event, points=("one",))
    states.append(checkins(world.facts, before)[0].state)
    world.meet(0, 1)
    world.write(1, CheckinConfirmed, summary=summary.event)

    assert states == [CheckinState.PLANNED, CheckinState.SUMMARISED]
    assert (moved.state, moved.starts_at) == (CheckinState.MISSED, 5_000)
    assert len(held) == 1
    assert len(held[0].held) == 2
    assert checkins(world.facts, before)[0].state is CheckinState.CONFIRMED


def test_a_later_summary_takes_the_place_of_the_earlier_and_two_at_once_are_both_shown() -> None:
    world = World()
    held = world.write(0, CheckinHeld, on="2026-01-02")
    world.write(0, CheckinSummarised, checkin=held.event, points=("draft",))
    world.meet(0, 1)
    world.write(0, CheckinSummarised, checkin=held.event, points=("mine",))
    world.write(1, CheckinSummarised, checkin=held.event, points=("theirs",))

    (found,) = checkins(world.facts, before)

    assert [summary.points for summary in found.summaries] == [("mine",), ("theirs",)]


# --- for every history ----------------------------------------------------------------

Writer = Callable[[World, int, bytes, int], Fact]

_SHAPES: list[Writer] = [
    lambda w, d, _t, at: w.write(d, GoalSet, title="t", at=at),
    lambda w, d, _t, at: w.write(d, GoalProposed, title="p", at=at),
    lambda w, d, t, at: w.write(d, GoalSet, goal=t, title="again", why="w", at=at),
    lambda w, d, t, at: w.write(d, GoalRevised, goal=t, title=f"title {at}", at=at),
    lambda w, d, t, at: w.write(
        d, GoalRevised, goal=t, why=None if at % 2 else UNSET, area="a", at=at
    ),
    lambda w, d, t, at: w.write(d, GoalPaused, goal=t, at=at),
    lambda w, d, t, at: w.write(d, GoalAchieved, goal=t, at=at),
    lambda w, d, t, at: w.write(d, StepAdded, goal=t, title="s", at=at),
    lambda w, d, t, at: w.write(d, StepDone, step=t, at=at),
    lambda w, d, t, at: w.write(d, StepReopened, step=t, at=at),
    lambda w, d, t, at: w.write(d, ProgressNoted, goal=t, confidence=3, at=at),
    lambda w, d, _t, at: w.write(d, QuestionAsked, text="q", at=at),
    lambda w, d, t, at: w.write(d, ReplyGiven, question=t, text="r", at=at),
    lambda w, d, t, at: w.write(d, QuestionSettled, question=t, outcome=Outcome.PARTLY, at=at),
    lambda w, d, _t, at: w.write(d, FeedbackAsked, about="a", at=at),
    lambda w, d, t, at: w.write(d, FeedbackGiven, asked=t, text="f", at=at),
    lambda w, d, t, at: w.write(
        d, FeedbackAnswered, feedback=t, answer=FeedbackAnswer.THANKS, at=at
    ),
    lambda w, d, _t, at: w.write(d, CheckinPlanned, starts_at=at, tz="UTC", minutes=5, at=at),
    lambda w, d, t, at: w.write(d, CheckinHeld, plan=t, on="2026-01-03", at=at),
    lambda w, d, t, at: w.write(d, CheckinMissed, plan=t, new_time=at, at=at),
    lambda w, d, t, at: w.write(d, CheckinSummarised, checkin=t, points=("p",), at=at),
    lambda w, d, t, at: w.write(d, CheckinConfirmed, summary=t, at=at),
]


def _told(tell: Tell, world: World, device: int, about: bytes, at: int) -> Fact:
    shape, said = tell(about, at)
    return world.write(device, shape, at=at, **said)


_SHAPES += [partial(_told, tell) for tell in TELLS]


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """What three devices wrote, with clocks that go as they like."""
    world = World()
    for _ in range(draw(st.integers(1, 24))):
        device = draw(st.integers(0, 2))
        known = sorted(world.knows.get(device, ())) or [bytes(32)]
        shape = draw(st.sampled_from(_SHAPES))
        shape(world, device, draw(st.sampled_from(known)), draw(st.integers(0, 5)))
        if draw(st.booleans()):
            world.meet(device, draw(st.integers(0, 2)))
    return world.facts


@given(histories(), st.randoms(use_true_random=False))
def test_every_order_gives_the_same_result(facts: list[Fact], dice: random.Random) -> None:
    shuffled = list(facts)
    dice.shuffle(shuffled)

    for fold in FOLDS:
        assert fold(shuffled, before) == fold(facts, before)


@given(histories())
def test_two_devices_that_hold_the_same_events_get_the_same_plain_values(
    facts: list[Fact],
) -> None:
    seen = {ANA: Author(ANA.person, "you"), MAX: Author(MAX.person, "me", mine=True)}
    there = [replace(fact, author=seen[fact.author], space_number=7) for fact in facts]

    for fold in FOLDS:
        assert plain(fold(there, before)) == plain(fold(facts, before))


@given(histories())
def test_plain_values_are_tuples_dicts_texts_numbers_and_bytes(facts: list[Fact]) -> None:
    def types(value: object) -> Iterable[type]:
        yield type(value)
        items = value.values() if isinstance(value, dict) else value
        if isinstance(value, dict | tuple):
            for item in items:  # type: ignore[union-attr]
                yield from types(item)

    found = {kind for fold in FOLDS for kind in types(plain(fold(facts, before)))}

    assert found <= {tuple, dict, str, int, bytes}


def test_what_is_no_projection_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        plain((1.5,))
