"""Asking and being answered, and feedback.

question   open -> answered -> settled
feedback   asked -> given -> answered
"""

from typing import Annotated

import msgspec

from inglenook_schema.events.choices import (
    FeedbackAnswer,
    Framework,
    Outcome,
    QuestionType,
    Want,
    When,
)
from inglenook_schema.events.content import Content
from inglenook_schema.events.limits import ITEMS
from inglenook_schema.events.values import Label, Note, Point, Points, Reference, Text


class QuestionAsked(Content, frozen=True, kw_only=True, tag="question.asked"):
    """Either of a pair asked the other something, or told them a concern.

    Attributes:
        type: A question, a concern, or a wish for advice.
        text: What is asked.
        want: What the asker would like back.
        goal: The goal it belongs to.
        when: When an answer would help; absent where the asker did not say.
    """

    type: QuestionType = QuestionType.QUESTION
    text: Text
    want: Want = Want.LISTEN
    goal: Reference | None = None
    when: When | None = None


class ReplyGiven(Content, frozen=True, kw_only=True, tag="reply.given"):
    """Either of a pair replied to a question; the asker may add to it in the same way.

    Attributes:
        question: The question.
        text: The reply.
        from_experience: Whether it tells what the writer lived through themselves.
    """

    question: Reference
    text: Text
    from_experience: bool = False


class QuestionSettled(Content, frozen=True, kw_only=True, tag="question.settled"):
    """The asker closed a question. Merge: the causally later outcome wins.

    Attributes:
        question: The question.
        outcome: How it came out.
        note: What helped, or what is still missing.
    """

    question: Reference
    outcome: Outcome
    note: Note | None = None


class NoteLeft(Content, frozen=True, kw_only=True, tag="note.left"):
    """Either of a pair left the other a note that asks for nothing.

    Attributes:
        text: The note.
        regarding: The event it is about.
    """

    text: Text
    regarding: Reference | None = None


class FeedbackAsked(Content, frozen=True, kw_only=True, tag="feedback.asked"):
    """Either of a pair asked the other for feedback.

    Attributes:
        about: What to look at, in words.
        regarding: The shared entry, goal or other event to look at.
        focus: What to look at most, a line each.
        framework: How the asker would like the feedback laid out.
    """

    about: Point
    regarding: Reference | None = None
    focus: Points = ()
    framework: Framework | None = None


class FeedbackGiven(Content, frozen=True, kw_only=True, tag="feedback.given"):
    """Either of a pair gave the other feedback, asked for or not.

    Attributes:
        asked: The ``feedback.asked`` this answers.
        regarding: The event it is about, where it was not asked for.
        text: The feedback in free words, or a word beside its parts.
        framework: How the parts are laid out; absent for free words.
        parts: The text of each part by the part's name: of ``sbi`` situation, behaviour,
            impact; of ``www_ebi`` what_went_well, even_better_if; of
            ``start_stop_continue`` start, stop, continue. Not all need be there.
    """

    asked: Reference | None = None
    regarding: Reference | None = None
    text: Text | None = None
    framework: Framework | None = None
    parts: Annotated[dict[Label, Note], msgspec.Meta(max_length=ITEMS)] = msgspec.field(
        default_factory=dict
    )


class FeedbackAnswered(Content, frozen=True, kw_only=True, tag="feedback.answered"):
    """The receiver had the last word on feedback. Merge: the causally later answer wins.

    Attributes:
        feedback: The ``feedback.given``.
        answer: What the receiver makes of it.
        heard: What the receiver heard, in their own words.
    """

    feedback: Reference
    answer: FeedbackAnswer
    heard: Note | None = None
