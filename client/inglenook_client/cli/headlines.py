"""What each kind of event is called on screen, in a few words before its text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import hours, saying
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later, ngettext
from inglenook_schema.events.reading import references

if TYPE_CHECKING:
    from inglenook_client.journal.model import Shown

Names = Mapping[bytes, str]
"""What other events are called, by id."""

SIMPLE: Final[Mapping[str, str]] = {
    "entry.revised": later("changed {target}"),
    "entry.shared": later("shared an entry"),
    "entry.starred": later("starred {target}"),
    "entry.unstarred": later("took the star off {target}"),
    "win.recorded": later("win"),
    "profile.set": later("about"),
    "goal.proposed": later("goal to think about"),
    "goal.revised": later("changed {target}"),
    "goal.achieved": later("reached {target}"),
    "goal.resumed": later("took up {target} again"),
    "goal.let_go": later("let go of {target}"),
    "step.added": later("step for {target}"),
    "step.done": later("did {target}"),
    "step.reopened": later("{target} is to do again"),
    "step.dropped": later("dropped {target}"),
    "cheer.given": later("cheered {target}"),
    "checkin.summarised": later("summary of {target}"),
    "checkin.confirmed": later("agreed with the summary"),
    "agenda.item_added": later("for the agenda"),
    "agenda.item_removed": later("taken off the agenda"),
    "reply.given": later("reply to {target}"),
    "note.left": later("note"),
    "feedback.asked": later("asked for feedback"),
    "resource.shared": later("resource"),
    "activity.suggested": later("activity"),
    "pair.joined": later("joined"),
    "pair.resumed": later("took it up again"),
    "pair.restored": later("gave back what you both wrote before"),
    "agreement.proposed": later("agreement to look at"),
    "agreement.accepted": later("accepted the agreement"),
    "space.joined": later("this person joined a space"),
    "import.made": later("took in what was written elsewhere"),
    "space.left": later("this person left a space"),
    "recovery.prepared": later("the recovery kit was prepared"),
    "words.confirmed": later("compared safety words"),
    "device.renamed": later("gave a device another name"),
    "programme.created": later("the programme"),
    "programme.noticed": later("notice"),
    "programme.replied": later("you said, we did"),
    "programme.operators_named": later("who counts answers"),
    "programme.knocked": later("asked to be enrolled"),
    "member.enrolled": later("enrolled"),
    "member.removed": later("enrolled no longer"),
    "keys.shared": later("sent keys to everybody enrolled"),
    "letter.received": later("sent to the coordinators"),
    "survey.published": later("survey"),
    "survey.closed": later("what came of {target}"),
    "invite.passed_on": later("passed on an invite"),
    "consent.given": later("let this be sent"),
    "survey.receipted": later("receipt of a survey"),
    "consent.withdrawn": later("took back {target}"),
    "pulse.allowed": later("agreed to the named pulse"),
    "pulse.stopped": later("stopped the named pulse"),
}
"""Kinds that a phrase will do for; ``{target}`` is the event they are about."""


def headline(shown: Shown, names: Names) -> str:
    """What happened, in a few words; the text comes below it."""
    content: Any = shown.content
    if content is None:
        return _("erased")
    if shown.kind == "strength.noted":
        return _strength(content, mine=shown.mine)
    if shown.kind in _TOLD:
        return _TOLD[shown.kind](content, names)
    if shown.kind in SIMPLE:
        return _(SIMPLE[shown.kind]).format(target=_target(content, names))
    return _("{kind} (from a newer Inglenook)").format(kind=one_line(shown.kind))


def _target(content: Any, names: Names) -> str:
    about = references(content)
    return (names.get(about[0]) if about else None) or _("something not here")


def _entry(content: Any, names: Names) -> str:
    del names
    if content.prompt is None:
        return _("entry")
    return _("entry, asked: {prompt}").format(prompt=one_line(content.prompt))


def _attachment(content: Any, names: Names) -> str:
    about = f"{one_line(content.name)} ({saying.size(content.size)})"
    return _("{file}, with {target}").format(file=about, target=_target(content, names))


def _mood(content: Any, names: Names) -> str:
    del names
    parts = [_("feeling {mood}").format(mood=saying.scale(saying.MOODS, content.mood))]
    parts += [one_line(feeling) for feeling in content.feelings]
    return ", ".join([*parts, *_sure(content)])


def _sure(content: Any) -> list[str]:
    if content.confidence is None:
        return []
    return [saying.scale(saying.CONFIDENCE, content.confidence)]


def _progress(content: Any, names: Names) -> str:
    parts = [_("progress on {target}").format(target=_target(content, names))]
    if content.level is not None:
        parts.append(saying.scale(saying.LEVELS, content.level))
    return ", ".join([*parts, *_sure(content)])


def _question(content: Any, names: Names) -> str:
    del names
    asks = {
        "question": _("question"),
        "concern": _("concern"),
        "advice": _("asking for advice"),
    }
    want = _("wants {want}").format(want=saying.word(content.want))
    return f"{asks[content.type]}, {want}"


def _goal(content: Any, names: Names) -> str:
    if content.goal is None:
        return _("goal")
    return _("took on {target}").format(target=_target(content, names))


def _reflection(content: Any, names: Names) -> str:
    del names
    return _("looking back on the {period}").format(period=saying.word(content.period))


def _held(content: Any, names: Names) -> str:
    del names
    held = _("check-in held on {day}").format(day=short_day(content.on, whole=True))
    if content.minutes is None:
        return held
    lasted = ngettext("{n} minute", "{n} minutes", content.minutes).format(n=content.minutes)
    return f"{held}, {lasted}"


def _settled(content: Any, names: Names) -> str:
    settled = _("settled {target}").format(target=_target(content, names))
    return f"{settled}: {saying.word(content.outcome)}"


def _answered(content: Any, names: Names) -> str:
    answered = _("answered feedback {target}").format(target=_target(content, names))
    return f"{answered}: {saying.word(content.answer)}"


def _feedback(content: Any, names: Names) -> str:
    if content.asked is None and content.regarding is None:
        return _("feedback")
    return _("feedback on {target}").format(target=_target(content, names))


def _planned(content: Any, names: Names) -> str:
    del names
    parts = [
        _("check-in planned for {time}").format(
            time=hours.moment(content.starts_at, content.tz, whole=True)
        )
    ]
    if content.repeat is not None:
        parts.append(saying.rhythm(content.repeat.every, content.repeat.unit))
    return ", ".join(parts)


def _missed(content: Any, names: Names) -> str:
    not_yet = _("{target} not yet").format(target=_target(content, names))
    if content.new_time is None:
        return not_yet
    moved = _("moved to {time}").format(
        time=hours.moment(content.new_time, content.zone, whole=True)
    )
    return f"{not_yet}, {moved}"


def _tried(content: Any, names: Names) -> str:
    tried = _("tried {target}").format(target=_target(content, names))
    return f"{tried}: {saying.word(content.helped)}"


def _going(content: Any, names: Names) -> str:
    return f"{_target(content, names)}: {saying.word(content.answer)}"


def _went(content: Any, names: Names) -> str:
    went = _("went to {target}").format(target=_target(content, names))
    return ", ".join([went, _("for the first time")]) if content.new_to_me else went


def _strength(content: Any, *, mine: bool) -> str:
    """Whose it is, as the one who reads sees it."""
    if content.whose == "me":
        return _("strength")
    return _("a strength of the other") if mine else _("a strength of yours")


def _rested(content: Any, names: Names) -> str:
    what = _("asked for a rest")
    if content.kind == "goal.paused":
        what = _("let {target} rest").format(target=_target(content, names))
    if content.until is None:
        return what
    until = _("until {day}").format(day=short_day(content.until, whole=True))
    return f"{what} {until}"


def _story(content: Any, names: Names) -> str:
    del names
    what = _("a win") if content.sort == "win" else _("a story")
    called = one_line(content.called)
    until = short_day(content.ends_on, whole=True)
    return _("{what}, by {name}, until {day}").format(what=what, name=called, day=until)


_TOLD: Final[Mapping[str, Callable[[Any, Names], str]]] = {
    "entry.written": _entry,
    "attachment.added": _attachment,
    "mood.noted": _mood,
    "goal.set": _goal,
    "progress.noted": _progress,
    "question.asked": _question,
    "reflection.written": _reflection,
    "checkin.held": _held,
    "question.settled": _settled,
    "feedback.answered": _answered,
    "feedback.given": _feedback,
    "checkin.planned": _planned,
    "checkin.missed": _missed,
    "resource.tried": _tried,
    "activity.answered": _going,
    "activity.attended": _went,
    "goal.paused": _rested,
    "pair.paused": _rested,
    "story.released": _story,
}
"""Kinds whose values belong into the phrase."""
