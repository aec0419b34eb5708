"""What each kind cannot do without: a table of fields, and the sentence if none says anything."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from inglenook_schema.events.action_plan import ProgressNoted, StepAdded
from inglenook_schema.events.asking import (
    FeedbackAsked,
    FeedbackGiven,
    NoteLeft,
    QuestionAsked,
    ReplyGiven,
)
from inglenook_schema.events.attachments import AttachmentAdded
from inglenook_schema.events.checkins import AgendaItemAdded, CheckinSummarised
from inglenook_schema.events.content import Content
from inglenook_schema.events.enrolling import ConsentGiven, MemberEnrolled, PulseAllowed
from inglenook_schema.events.goals import GoalProposed, GoalSet
from inglenook_schema.events.looking_back import (
    ProfileSet,
    ReflectionWritten,
    StrengthNoted,
    WinRecorded,
)
from inglenook_schema.events.programme import (
    ProgrammeCreated,
    ProgrammeNoticed,
    ProgrammeReplied,
    StoryReleased,
    SurveyPublished,
)
from inglenook_schema.events.relationship import AgreementProposed
from inglenook_schema.events.resources import ActivitySuggested, ResourceShared
from inglenook_schema.events.spaces import DeviceRenamed, SpaceJoined
from inglenook_schema.events.writing import EntryShared, EntryWritten

Need: TypeAlias = tuple[tuple[str, ...], str]
"""Fields of which at least one must say something, and what to tell the writer if none does."""

NEEDS: Final[Mapping[type[Content], tuple[Need, ...]]] = {
    EntryWritten: ((("text",), "An entry needs some words."),),
    EntryShared: ((("text", "excerpt"), "Share the text of an entry, or an excerpt of it."),),
    ReflectionWritten: (
        (
            ("strides", "attention", "surprised_by", "next_focus"),
            "A reflection needs some words.",
        ),
    ),
    WinRecorded: ((("text",), "A win needs some words."),),
    StrengthNoted: ((("strength",), "A strength needs a name."),),
    ProfileSet: ((("display_name",), "A profile needs the name you want to be called."),),
    GoalProposed: ((("title",), "A goal needs a title."),),
    GoalSet: ((("title",), "A goal needs a title."),),
    StepAdded: ((("title",), "A step needs a title."),),
    ProgressNoted: (
        (
            ("level", "confidence", "moved", "obstacle", "note"),
            "Say how far it is, how sure you are, what moved it, what is in the way, or a note.",
        ),
    ),
    AgendaItemAdded: (
        (("text", "regarding"), "An agenda item needs some words, or what it is about."),
    ),
    CheckinSummarised: (
        (
            ("points", "went_well", "stuck_on", "next_steps"),
            "A summary needs a point, what went well, what is stuck, or a next step.",
        ),
    ),
    QuestionAsked: ((("text",), "A question needs some words."),),
    ReplyGiven: ((("text",), "A reply needs some words."),),
    NoteLeft: ((("text",), "A note needs some words."),),
    FeedbackAsked: ((("about",), "Say what you would like feedback on."),),
    FeedbackGiven: ((("text", "parts"), "Feedback needs some words."),),
    ResourceShared: (
        (("title",), "A resource needs a title."),
        (("url", "strategy"), "A resource needs a link, or a strategy in words."),
        (("why_it_helped_me",), "Say why it helped you; that is what helps the other choose."),
    ),
    ActivitySuggested: ((("title",), "An activity needs a title."),),
    AttachmentAdded: (
        (("name",), "An attachment needs a name."),
        (("alt",), "Say in words what is to be seen or read in it: somebody may not see it."),
    ),
    SpaceJoined: ((("label",), "A space needs a name to call it by."),),
    DeviceRenamed: ((("label",), "A device needs a name to call it by."),),
    ProgrammeCreated: (
        (("name",), "A programme needs a name."),
        (("limits_text",), "A programme needs the limits of confidentiality."),
        (("retention",), "Say how long what people send is kept."),
    ),
    ProgrammeNoticed: ((("text",), "A notice needs some words."),),
    ProgrammeReplied: (
        (("you_said",), "Say what people said."),
        (("we_did",), "Say what is done about it."),
    ),
    StoryReleased: (
        (("text",), "A win or a story needs some words."),
        (("called",), "A win or a story needs the name that its writer chose."),
    ),
    SurveyPublished: ((("title",), "A survey needs a title."),),
    MemberEnrolled: ((("called",), "A member needs a name to go by."),),
    ConsentGiven: ((("what",), "A consent needs what is sent."),),
    PulseAllowed: ((("pair",), "Say what the two of you are called there."),),
    AgreementProposed: (
        (("hopes",), "An agreement needs what you hope for."),
        (("contact_hours",), "An agreement needs when you may write to each other."),
        (("limits_text",), "An agreement needs the limits of confidentiality."),
    ),
}
