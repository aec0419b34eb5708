"""Us: how the two stand, how often they meet, what happened between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from inglenook_client.calendar import short_day, week_start
from inglenook_client.cli import feedback_list, hours, pages, question_list, saying
from inglenook_client.cli.cards import Card, every_line
from inglenook_client.cli.command import Command
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.cli.cards import Called
    from inglenook_client.cli.screen import Screen
    from inglenook_client.core.projections.milestones import Milestone
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Space
    from inglenook_client.journal.views import us as views
    from inglenook_client.journal.views.lens import Page
    from inglenook_client.journal.views.meetings import Coming, Rhythm

MENTOR: Final = "mentor"
_STATES: Final = {
    "invited": later("invited"),
    "getting_started": later("getting started"),
    "active": later("under way"),
    "paused": later("at rest"),
    "closed": later("closed"),
}
_WHAT: Final = {
    "joined": later("joined"),
    "agreed": later("you both agreed"),
    "paused": later("asked for a rest"),
    "resumed": later("took it up again"),
    "goal_set": later("goal"),
    "goal_achieved": later("reached"),
    "met": later("you met"),
    "feedback": later("feedback"),
    "win": later("win"),
    "shared": later("shared an entry"),
}
_WEEKS: Final = 26
_MET, _NOT_YET, _FREE = "■", "□", "·"


@dataclass(frozen=True, slots=True)
class _Page:
    space: Space
    us: views.Us
    rhythm: Rhythm
    coming: list[Coming]
    mentoring: views.Mentoring | None


# --- show -----------------------------------------------------------------------------


def _show(call: Call) -> None:
    page = call.run(lambda journal: _gather(call, journal))
    if call.screen.json:
        _print_document(call, page)
        return
    screen, us = call.screen, page.us
    name = saying.partner(page.space.name)
    title = _("You and {name}: {state}").format(name=name, state=_(_STATES[us.state]))
    screen.say(screen.bold(title), "", *(f"  {line}" for line in _standing(page)))
    screen.say("", *(f"  {line}" for line in _rhythm(page.rhythm, plain=screen.plain)))
    if page.mentoring:
        _print_mentoring(screen, page.mentoring)


async def _gather(call: Call, journal: Journal) -> _Page:
    space = await journal.space(call.args.space, pair=True)
    return _Page(
        space,
        await journal.views.us(space),
        await journal.views.rhythm(space, weeks=_WEEKS, week_start=week_start()),
        await journal.views.coming(space),
        await journal.views.mentoring(space) if space.role == MENTOR else None,
    )


def _standing(page: _Page) -> Iterator[str]:
    us, name = page.us, saying.partner(page.space.name)
    role = saying.word(us.role)
    yield _("You are the {role}.").format(role=role)
    if us.rest:
        until = us.rest.until
        yield (
            _("Resting until {day}.").format(day=short_day(until))
            if until
            else _("Resting for now.")
        )
    if us.agreement and us.agreed:
        yield _("Agreement in force since {day}: inglenook pair agreement").format(
            day=short_day(us.agreed.date)
        )
    elif us.waiting:
        yield _("An agreement waits to be accepted: inglenook pair agreement")
    else:
        yield _("No agreement yet: inglenook pair agreement propose")
    for profile in us.people:
        if profile.how_i_like_help and not profile.said.mine:
            words = one_line(profile.how_i_like_help)
            yield _("How {name} likes help: {words}").format(name=name, words=words)
    for coming in page.coming[:1]:
        when = hours.moment(coming.starts_at, coming.checkin.tz or "UTC")
        yield _("Next check-in: {time}").format(time=when)


def _rhythm(found: Rhythm, *, plain: bool) -> Iterator[str]:
    """How often they met, as a sentence and as a row of weeks; plainly as numbers."""
    if found.agreed:
        often = saying.rhythm(found.agreed.every, found.agreed.unit)
        yield _("You agreed to meet {often}.").format(often=often)
    if found.last_met is None:
        yield _("You have not met yet.")
        return
    yield _("Last met on {day}.").format(day=short_day(found.last_met))
    if found.next_by:
        yield _("By your agreement the next time is {day}.").format(day=short_day(found.next_by))
    if plain:
        for week in found.weeks:
            message = _("{day}  met {met}, agreed {agreed}")
            yield message.format(day=week.starts_on, met=week.met, agreed=week.expected)
        return
    yield "".join(_week(week.met, week.expected) for week in found.weeks)
    first = found.weeks[0].starts_on
    yield _("{n} weeks from {day}: {met} met, {not_yet} not yet, {free} none was due").format(
        n=len(found.weeks), day=short_day(first), met=_MET, not_yet=_NOT_YET, free=_FREE
    )


def _week(met: int, expected: int) -> str:
    return _MET if met else _NOT_YET if expected else _FREE


def _print_mentoring(screen: Screen, found: views.Mentoring) -> None:
    """What a mentor looks at beside the views that both have."""
    from inglenook_client.cli.looking_further import reflection_card

    groups: tuple[tuple[str, Page[Any], Callable[[Any, Called], Card]], ...] = (
        (_("Waits for your answer"), found.questions, question_list.card),
        (_("Feedback that is wanted of you"), found.wanted, feedback_list.card),
        (_("Feedback that you asked for"), found.asked, feedback_list.card),
        (_("Your own reflections; nobody else reads them"), found.reflections, reflection_card),
    )
    for title, page, card in groups:
        if page.items:
            screen.say("", screen.bold(title))
            screen.say(*every_line(screen, (card(each, page) for each in page.items)))


def _print_document(call: Call, page: _Page) -> None:
    from inglenook_client.cli import itemform

    spaces = {page.space.number: page.space.name}
    document = itemform.item(page.us, {}, spaces)
    document["space"] = page.space.name
    document["rhythm"] = itemform.item(page.rhythm, {}, spaces)
    document["coming"] = [itemform.item(each, {}, spaces) for each in page.coming]
    call.screen.document(document)


# --- timeline -------------------------------------------------------------------------


def _timeline(call: Call) -> None:
    found = pages.read(call, lambda journal: journal.views.timeline, pair=True)
    pages.show(
        call,
        found,
        _milestone,
        [
            _("Nothing has happened between you yet."),
            _('A first step: inglenook checkin plan "friday 16:00"'),
            _("Meeting once makes the rest easier."),
        ],
    )


def _milestone(found: Milestone, page: Called) -> Card:
    return Card(
        short=page.shorts.get(found.thread, "") or page.shorts.get(found.id, ""),
        first=f"{short_day(found.day, whole=True)}  {_(_WHAT[found.what])}",
        about=(saying.writer(found.said),),
        text=one_line(found.text),
    )


COMMANDS: Final = {
    "pair show": Command(
        later("how the two of you stand, and how often you meet"),
        _show,
        examples=("inglenook pair show",),
        long=True,
    ),
    "pair timeline": Command(
        later("what happened between the two of you"),
        _timeline,
        pages.count_argument,
        ("inglenook pair timeline",),
        long=True,
    ),
}
