"""Feedback, asked for or not, and the receiver's last word.

asked -> given -> answered
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from inglenook_client.core.projections.facts import Before, F, Key, gathered, in_order, key, of_kind
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_client.core.projections.single import winner
from inglenook_schema.events.asking import FeedbackAnswered, FeedbackAsked, FeedbackGiven
from inglenook_schema.events.choices import FeedbackAnswer, Framework

KINDS: Final = frozenset({"feedback.asked", "feedback.given", "feedback.answered"})
"""The kinds that `feedback` reads."""


class FeedbackState(StrEnum):
    """How a piece of feedback stands."""

    ASKED = "asked"
    GIVEN = "given"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver made of it."""

    answer: FeedbackAnswer
    heard: str | None
    said: Mark


@dataclass(frozen=True, slots=True)
class Given:
    """One piece of feedback."""

    id: bytes
    text: str | None
    framework: Framework | None
    parts: tuple[tuple[str, str], ...]
    """By the part's name, in the order of their names."""
    regarding: bytes | None
    answer: Answer | None
    said: Mark


@dataclass(frozen=True, slots=True)
class Feedback:
    """One thread: what was asked for, if it was, and what was given."""

    id: bytes
    """Of the ``feedback.asked``; where nobody asked, of the ``feedback.given``."""
    space: int = field(metadata=LOCAL)
    about: str | None
    """None where nobody asked, or where what was asked is erased or not here."""
    regarding: bytes | None
    """The event to look at."""
    focus: tuple[str, ...]
    framework: Framework | None
    """How the asker would like it laid out."""
    given: tuple[Given, ...]
    state: FeedbackState
    begun: Mark


def feedback(facts: Iterable[F], before: Before[F]) -> tuple[Feedback, ...]:
    """All feedback, in the order in which each thread began.

    Args:
        facts: Events of `KINDS`, in any order; others are passed over.
        before: Their causal order.
    """
    facts = list(facts)
    answers = gathered(facts, FeedbackAnswered, lambda act: act.feedback)
    given = dict[Key, list[tuple[F, Given]]]()
    for fact, said in of_kind(facts, FeedbackGiven):
        piece = _given(fact, said, winner(answers.get(key(fact), []), before))
        given.setdefault((fact.space_number, said.asked or fact.event), []).append((fact, piece))
    found = [
        _thread(fact, ask, [piece for _, piece in in_order(given.pop(key(fact), []), before)])
        for fact, ask in of_kind(facts, FeedbackAsked)
    ]
    here = {key(fact) for fact in facts if fact.content is not None}
    # what was given stays, also where the request is erased or did not come yet
    found += [
        _thread(pieces[0][0], None, [piece for _, piece in pieces], name)
        for (space, name), pieces in given.items()
        if name == pieces[0][0].event or (space, name) not in here
    ]
    return tuple(sorted(found, key=lambda thread: (thread.begun.at, thread.id)))


def _thread(
    fact: F, asked: FeedbackAsked | None, given: list[Given], name: bytes | None = None
) -> Feedback:
    if any(piece.answer for piece in given):
        state = FeedbackState.ANSWERED
    else:
        state = FeedbackState.GIVEN if given else FeedbackState.ASKED
    return Feedback(
        id=name or fact.event,
        space=fact.space_number,
        about=asked.about if asked else None,
        regarding=asked.regarding if asked else given[0].regarding,
        focus=asked.focus if asked else (),
        framework=asked.framework if asked else None,
        given=tuple(given),
        state=state,
        begun=mark(fact),
    )


def _given(fact: F, said: FeedbackGiven, last: tuple[F, FeedbackAnswered] | None) -> Given:
    answer = Answer(last[1].answer, last[1].heard, mark(last[0])) if last else None
    parts = tuple(sorted(said.parts.items()))
    return Given(fact.event, said.text, said.framework, parts, said.regarding, answer, mark(fact))
