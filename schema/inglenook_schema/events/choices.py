"""The closed lists of words a body may use. They are stored as they stand, never translated."""

from enum import StrEnum


class Who(StrEnum):
    """Whose it is, seen from the writer: ``you`` is the other of the pair."""

    ME = "me"
    YOU = "you"
    BOTH = "both"


class Role(StrEnum):
    """What a person is in a space."""

    MENTOR = "mentor"
    MENTEE = "mentee"
    COORDINATOR = "coordinator"
    SUPERVISOR = "supervisor"
    SAFEGUARDING_CONTACT = "safeguarding_contact"
    MEMBER = "member"


class SpaceType(StrEnum):
    """What sort of log a joined space is."""

    PAIR = "pair"
    PROGRAMME = "programme"
    COORDINATORS = "coordinators"


class Period(StrEnum):
    """How much time a reflection looks back on; ``stage`` is a free stretch of it."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TERM = "term"
    YEAR = "year"
    STAGE = "stage"


class Unit(StrEnum):
    """What a rhythm counts in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class QuestionType(StrEnum):
    """What is being asked."""

    QUESTION = "question"
    CONCERN = "concern"
    ADVICE = "advice"


class Want(StrEnum):
    """What the asker would like back: to be heard, ideas, experience, or an act."""

    LISTEN = "listen"
    IDEAS = "ideas"
    EXPERIENCE = "experience"
    ACT = "act"


class When(StrEnum):
    """When an answer would help."""

    SOON = "soon"
    NEXT_CHECKIN = "next_checkin"
    ANY_TIME = "any_time"


class Outcome(StrEnum):
    """How a question came out, in the asker's view."""

    HELPED = "helped"
    PARTLY = "partly"
    NOT_YET = "not_yet"
    NO_LONGER_NEEDED = "no_longer_needed"


class Framework(StrEnum):
    """How feedback is laid out; `PARTS` names the parts of each."""

    SBI = "sbi"
    WWW_EBI = "www_ebi"
    START_STOP_CONTINUE = "start_stop_continue"


PARTS: dict[Framework, tuple[str, ...]] = {
    Framework.SBI: ("situation", "behaviour", "impact"),
    Framework.WWW_EBI: ("what_went_well", "even_better_if"),
    Framework.START_STOP_CONTINUE: ("start", "stop", "continue"),
}
"""The parts of each framework, in the order they are shown."""


class FeedbackAnswer(StrEnum):
    """The receiver's last word on feedback."""

    THANKS = "thanks"
    WILL_TRY = "will_try"
    LETS_TALK = "lets_talk"
    NOT_FOR_ME = "not_for_me"


class Helped(StrEnum):
    """Whether a resource helped the one who tried it."""

    YES = "yes"
    A_BIT = "a_bit"
    NOT_FOR_ME = "not_for_me"


class ActivityAnswer(StrEnum):
    """Whether somebody means to go."""

    GOING = "going"
    MAYBE = "maybe"
    NOT_THIS_TIME = "not_this_time"
