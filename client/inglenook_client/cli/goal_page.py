"""Goals for a person to read: the card in a list, and the page of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import (
    activities,
    arguments,
    burn_up,
    feedback_list,
    question_list,
    saying,
    shelf,
    strengths,
    wins,
)
from inglenook_client.cli.cards import lines
from inglenook_client.cli.command import Command
from inglenook_client.cli.screen import Screen, one_line
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.cli.cards import Card
    from inglenook_client.core.projections.action_plan import Progress, Step
    from inglenook_client.core.projections.goals import Goal
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.views.plans import GoalPage

Shorts = Mapping[bytes, str]
_BOXES: Final = {"open": "[ ]", "done": "[x]", "dropped": "[-]"}
_FEW: Final = 5
"""Steps of one goal in a list, on a terminal; its page has all."""
_FIELDS: Final = ("title", "why", "area", "how_we_know", "target_on")


# --- the card -------------------------------------------------------------------------


def print_card(
    screen: Screen,
    state: str,
    goals: Sequence[Goal],
    spaces: Mapping[int, str],
    shorts: Shorts,
    *,
    first: bool,
) -> None:
    """Print the goals of one state; with ``--plain`` each on one line."""
    if screen.plain:
        for goal in goals:
            parts = (
                shorts.get(goal.id, "") or "-",
                _heading(state),
                _card(goal, spaces[goal.space]),
            )
            screen.say("  ".join(parts))
        return
    if not first:
        screen.say("")
    screen.say(screen.bold(_heading(state)), "")
    for goal in goals:
        space = spaces[goal.space]
        screen.say(f"  {screen.bold(shorts.get(goal.id, '').ljust(3))} {_card(goal, space)}")
        plan = list(_plan(goal, space, shorts))
        shown = _to_do_first(goal, plan) if screen.on_terminal and len(plan) > _FEW + 1 else plan
        screen.say(*(f"      {line}" for line in shown))
        if left := len(plan) - len(shown):
            more = ngettext("… {n} more step", "… {n} more steps", left).format(n=left)
            where = _("{more}: inglenook goal show {id}")
            short = shorts.get(goal.id, "")
            screen.say("      " + screen.dim(where.format(more=more, id=short)))


def _to_do_first(goal: Goal, plan: Sequence[str]) -> list[str]:
    """The first few lines of a plan that are still to do; where all is done, the last ones."""
    open_ = [line for step, line in zip(goal.steps, plan, strict=True) if step.state == "open"]
    return (open_ or list(plan[-_FEW:]))[:_FEW]


def _heading(state: str) -> str:
    word = saying.word(state)
    return word[:1].upper() + word[1:]


def _card(goal: Goal, space: str) -> str:
    parts = [one_line(goal.title), saying.readers(space)]
    if goal.target_on:
        parts.append(_("by {day}").format(day=short_day(goal.target_on)))
    if goal.paused_until:
        parts.append(_("until {day}").format(day=short_day(goal.paused_until)))
    if goal.steps:
        wanted = [step for step in goal.steps if step.state != "dropped"]
        done = sum(step.state == "done" for step in wanted)
        message = ngettext("{done} of {n} step done", "{done} of {n} steps done", len(wanted))
        parts.append(message.format(done=done, n=len(wanted)))
    return " · ".join(parts)


def _plan(goal: Goal, space: str, shorts: Shorts) -> Iterator[str]:
    for step in goal.steps:
        about = [] if space == saying.JOURNAL else [_who(step, space)]
        if step.due_on:
            about.append(_("by {day}").format(day=short_day(step.due_on)))
        short = shorts.get(step.id, "").ljust(3)
        line = f"{short} {_BOXES[step.state]} {one_line(step.title)}"
        yield f"{line} ({', '.join(about)})" if about else line


def _who(step: Step, space: str) -> str:
    """Whose step it is, seen from the one who reads."""
    if step.who == "both":
        return _("both of you")
    mine = (step.who == "me") == step.added.mine
    return _("you") if mine else saying.partner(space)


# --- the page -------------------------------------------------------------------------


def _arguments(parser: ArgumentParser) -> None:
    arguments.goal_id(parser)
    arguments.as_of(parser)


def _show(call: Call) -> None:
    page = call.run(lambda journal: _page(call, journal))
    if call.screen.json:
        call.screen.document(document(page))
        return
    print_page(call.screen, page)


async def _page(call: Call, journal: Journal) -> GoalPage:
    from inglenook_client.cli.saving import find

    shown, _space = await find(journal, call.args.goal, "g", call.args.space)
    return await journal.views.goal(shown.event, as_of=call.args.as_of)


def document(page: GoalPage) -> dict[str, object]:
    """A goal as programs read it: as in a list, and all that names it."""
    from inglenook_client.cli import itemform, jsonform

    goal = page.goal
    around = ("wins", "questions", "feedback", "resources", "activities", "strengths")
    return jsonform.goal(goal, page.spaces[goal.space], page.shorts) | {
        name: [itemform.item(each, page.shorts, page.spaces) for each in getattr(page, name)]
        for name in around
    }


def print_page(screen: Screen, page: GoalPage) -> None:
    """Print everything about one goal."""
    goal, shorts, space = page.goal, page.shorts, page.spaces[page.goal.space]
    short = shorts.get(goal.id, "")
    screen.say(f"{screen.bold(f'{short}  {one_line(goal.title)}')}")
    screen.say(f"    {' · '.join(_standing(goal, space))}")
    said_of_it = [
        (_("Why"), goal.why),
        (_("Part of life"), goal.area),
        (_("How you will know"), goal.how_we_know),
        (_("By"), short_day(goal.target_on) if goal.target_on else None),
    ]
    if lines_ := [f"    {label}: {said}" for label, said in said_of_it if said]:
        screen.say("", *lines_)
    _print_versions(screen, goal, short)
    if goal.steps:
        screen.say("", "    " + _("Steps"), *(f"    {line}" for line in _plan(goal, space, shorts)))
    if drawn := burn_up.lines(goal, plain=screen.plain):
        screen.say("", "    " + _("Week by week"), *(f"    {line}" for line in drawn))
    if goal.progress:
        screen.say("", "    " + _("Progress"))
        screen.say(*(f"    {line}" for note in goal.progress for line in _noted(note)))
    _print_around(screen, page)
    if changes := list(_changes(goal)):
        screen.say("", "    " + _("Earlier"), *(f"    {line}" for line in changes))
    if not goal.steps:
        screen.say("", _('A first step: inglenook step add {id} "…"').format(id=short))
    if goal.state == "proposed" and not goal.begun.mine:
        screen.say(_("To take it on: inglenook goal accept {id}").format(id=short))
    screen.say("", _("To read out: {id}").format(id=goal.id.hex()[:8]))


def _standing(goal: Goal, space: str) -> list[str]:
    parts = [saying.word(goal.state), saying.readers(space)]
    if goal.paused_until:
        parts.append(_("until {day}").format(day=short_day(goal.paused_until)))
    return [*parts, one_line(goal.outcome)] if goal.outcome else parts


def _print_versions(screen: Screen, goal: Goal, short: str) -> None:
    """Texts that were given at the same time as the one that counts."""
    if goal.versions:
        screen.say("")
    for change in goal.versions:
        message = _("{name} wrote at the same time: {words}")
        said = message.format(name=saying.writer(change.given), words=one_line(change.value or "—"))
        screen.say(f"    {said}")
    if goal.versions:
        screen.say("    " + _("To settle it: inglenook goal revise {id}").format(id=short))


def _noted(note: Progress) -> Iterator[str]:
    values = []
    if note.level is not None:
        values.append(saying.scale(saying.LEVELS, note.level))
    if note.confidence is not None:
        values.append(saying.scale(saying.CONFIDENCE, note.confidence))
    head = f"{short_day(note.noted.date)}  {saying.writer(note.noted)}"
    yield f"{head}: {', '.join(values)}" if values else head
    for label, said in (
        ("", note.note),
        (_("What moved it: "), note.moved),
        (_("In the way: "), note.obstacle),
    ):
        if said:
            yield f"            {label}{said}"


def _print_around(screen: Screen, page: GoalPage) -> None:
    """What names the goal, and who cheered."""
    groups: tuple[tuple[str, list[Card]], ...] = (
        (_("Wins"), [wins.card(each, page) for each in page.wins]),
        (_("Questions"), [question_list.card(each, page) for each in page.questions]),
        (_("Feedback"), [feedback_list.card(each, page) for each in page.feedback]),
        (_("On the shelf"), [shelf.card(each, page) for each in page.resources]),
        (_("Activities"), [activities.card(each, page) for each in page.activities]),
        (_("Strengths that showed"), [strengths.once(each, page) for each in page.strengths]),
    )
    for title, cards in groups:
        if cards:
            screen.say("", f"    {title}")
            screen.say(*(f"  {line}" for card in cards for line in lines(screen, card)))
    cheers = page.goal.cheers
    if cheers:
        screen.say("", "    " + _("Cheers"))
        screen.say(*(f"    {saying.writer(each.given)}: {each.text or '♥'}" for each in cheers))


def _changes(goal: Goal) -> Iterator[str]:
    """Values that were given and do not count any more."""
    now = {name: getattr(goal, name) for name in _FIELDS}
    side_by_side = {change.given.event for change in goal.versions}
    for change in goal.history:
        stands = change.value == now[change.field] or change.given.event in side_by_side
        if change.value and not stands:
            date, who = short_day(change.given.date), saying.writer(change.given)
            value = short_day(change.value) if change.field == "target_on" else change.value
            yield f"{date}  {who}: {one_line(value)}"


COMMANDS: Final = {
    "goal show": Command(
        later("one goal: its plan, its progress, how it changed"),
        _show,
        _arguments,
        ("inglenook goal show g1", "inglenook goal show g1 --as-of monday"),
        long=True,
    ),
}
