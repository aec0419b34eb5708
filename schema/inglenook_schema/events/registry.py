"""Every kind of content event: its struct, where it may stand, its short id's letter."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

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
)
from inglenook_schema.events.coming_in import ImportMade
from inglenook_schema.events.content import Content, UnknownContent
from inglenook_schema.events.enrolling import (
    ConsentGiven,
    ConsentWithdrawn,
    InvitePassedOn,
    KeysShared,
    LetterReceived,
    MemberEnrolled,
    MemberRemoved,
    ProgrammeKnocked,
    PulseAllowed,
    PulseStopped,
    SurveyReceipted,
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
from inglenook_schema.events.programme import (
    ProgrammeCreated,
    ProgrammeNoticed,
    ProgrammeOperators,
    ProgrammeReplied,
    StoryReleased,
    SurveyClosed,
    SurveyPublished,
)
from inglenook_schema.events.relationship import (
    AgreementAccepted,
    AgreementProposed,
    PairJoined,
    PairPaused,
    PairRestored,
    PairResumed,
)
from inglenook_schema.events.resources import (
    ActivityAnswered,
    ActivityAttended,
    ActivitySuggested,
    ResourceShared,
    ResourceTried,
)
from inglenook_schema.events.spaces import (
    DeviceRenamed,
    RecoveryPrepared,
    SpaceJoined,
    SpaceLeft,
    WordsConfirmed,
)
from inglenook_schema.events.writing import (
    EntryRevised,
    EntryShared,
    EntryStarred,
    EntryUnstarred,
    EntryWritten,
)

_JOURNAL: Final = frozenset({"journal"})
_PAIR: Final = frozenset({"pair"})
_EITHER: Final = _JOURNAL | _PAIR
_PROGRAMME: Final = frozenset({"programme"})
_COORDINATORS: Final = frozenset({"coordinators"})

_Row: TypeAlias = tuple[type[Content], frozenset[str], str | None]

_ROWS: Final[tuple[_Row, ...]] = (
    (EntryWritten, _JOURNAL, "e"),
    (EntryRevised, _EITHER, None),
    (EntryShared, _PAIR, "e"),
    (EntryStarred, _JOURNAL, None),
    (EntryUnstarred, _JOURNAL, None),
    (MoodNoted, _JOURNAL, None),
    (ReflectionWritten, _JOURNAL, "e"),
    (WinRecorded, _EITHER, "w"),
    (StrengthNoted, _EITHER, None),
    (ProfileSet, _EITHER | _PROGRAMME | _COORDINATORS, None),
    (AttachmentAdded, _EITHER, "p"),
    (GoalProposed, _PAIR, "g"),
    (GoalSet, _EITHER, "g"),
    (GoalRevised, _EITHER, None),
    (GoalAchieved, _EITHER, None),
    (GoalPaused, _EITHER, None),
    (GoalResumed, _EITHER, None),
    (GoalLetGo, _EITHER, None),
    (StepAdded, _EITHER, "s"),
    (StepDone, _EITHER, None),
    (StepReopened, _EITHER, None),
    (StepDropped, _EITHER, None),
    (ProgressNoted, _EITHER, None),
    (CheerGiven, _PAIR, None),
    (CheckinPlanned, _PAIR, "c"),
    (AgendaItemAdded, _PAIR, None),
    (AgendaItemRemoved, _PAIR, None),
    (CheckinHeld, _PAIR, "c"),
    (CheckinMissed, _PAIR, None),
    (CheckinSummarised, _PAIR, None),
    (CheckinConfirmed, _PAIR, None),
    (QuestionAsked, _PAIR, "q"),
    (ReplyGiven, _PAIR, None),
    (QuestionSettled, _PAIR, None),
    (NoteLeft, _PAIR, None),
    (FeedbackAsked, _PAIR, "f"),
    (FeedbackGiven, _PAIR, "f"),
    (FeedbackAnswered, _PAIR, None),
    (ResourceShared, _EITHER, "r"),
    (ResourceTried, _EITHER, None),
    (ActivitySuggested, _EITHER | _PROGRAMME, "a"),
    (ActivityAnswered, _EITHER, None),
    (ActivityAttended, _EITHER, None),
    (ImportMade, _JOURNAL, None),
    (SpaceJoined, _JOURNAL, None),
    (SpaceLeft, _JOURNAL, None),
    (RecoveryPrepared, _JOURNAL, None),
    (WordsConfirmed, _JOURNAL, None),
    (DeviceRenamed, _EITHER | _PROGRAMME | _COORDINATORS, None),
    (PairJoined, _PAIR, None),
    (AgreementProposed, _PAIR, None),
    (AgreementAccepted, _PAIR, None),
    (PairPaused, _PAIR, None),
    (PairResumed, _PAIR, None),
    (PairRestored, _PAIR, None),
    (ProgrammeCreated, _PROGRAMME, None),
    (ProgrammeNoticed, _PROGRAMME, "n"),
    (ProgrammeReplied, _PROGRAMME, "n"),
    (StoryReleased, _PROGRAMME, "n"),
    (ProgrammeOperators, _PROGRAMME, None),
    (SurveyPublished, _PROGRAMME, "v"),
    (SurveyClosed, _PROGRAMME, None),
    (ProgrammeKnocked, _JOURNAL, None),
    (MemberEnrolled, _COORDINATORS, None),
    (MemberRemoved, _COORDINATORS, None),
    (KeysShared, _COORDINATORS, None),
    (LetterReceived, _COORDINATORS, "i"),
    (InvitePassedOn, _JOURNAL, None),
    (ConsentGiven, _JOURNAL, "k"),
    (ConsentWithdrawn, _JOURNAL, None),
    (SurveyReceipted, _JOURNAL, None),
    (PulseAllowed, _PAIR, None),
    (PulseStopped, _PAIR, None),
)


def kind_of(shape: type[Content]) -> str:
    """The name on the wire of a kind's struct."""
    return str(shape.__struct_config__.tag)


KINDS: Final[Mapping[str, type[Content]]] = MappingProxyType(
    {kind_of(shape): shape for shape, _, _ in _ROWS}
)
"""Kind to struct, in the order in which product 4 tells of them."""

SPACES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {kind_of(shape): spaces for shape, spaces, _ in _ROWS}
)
"""Kind to the types of log it may stand in, as `LogType` names them in lower case."""

SHORT_LETTER: Final[Mapping[str, str]] = MappingProxyType(
    {kind_of(shape): letter for shape, _, letter in _ROWS if letter}
)
"""Kind to the letter of its short ids, such as e7; see `short_letter` for the exceptions."""


_LETTERED: Final[Mapping[type, tuple[str, str]]] = {
    **{shape: (letter, "") for shape, _, letter in _ROWS if letter},
    GoalSet: (SHORT_LETTER["goal.set"], "goal"),
    CheckinHeld: (SHORT_LETTER["checkin.held"], "plan"),
    FeedbackGiven: (SHORT_LETTER["feedback.given"], "asked"),
    EntryWritten: (SHORT_LETTER["entry.written"], "continues"),
}
"""Letter, and the field that names what the event goes on with."""


def short_letter(event: Content | UnknownContent) -> str | None:
    """The letter of the short id this event is given, or None where it gets none.

    An event that goes on with something that has a short id already gets none of its own.
    """
    letter, before = _LETTERED.get(type(event), (None, ""))
    return None if before and getattr(event, before) is not None else letter
