"""Goals for a person to read: the card in a list, and the page of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from inglenook_client.cli import arguments, saying
from inglenook_client.cli.command import Command
from inglenook_client.cli.screen import Screen, one_line
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.action_plan import Progress, Step
    from inglenook_client.core.projections.goals import Goal
    from inglenook_client.core.projections.mark import Mark
    from inglenook_client.journal.home import Journal

Shorts = Mapping[bytes, str]
_BOXES: Final = {"open": "[ ]", "done": "[x]", "dropped": "[-]"}


def print_card(
    screen: Screen,
    state: str,
    goals: Sequence[Goal],
    spaces: Mapping[int, str],
    shorts: Shorts,
    *,
    first: bool,
) -> None:
    """Print the goals of one state."""
    if not first:
        screen.say("")
    screen.say(screen.bold(_heading(state)), "")
    for goal in goals:
        space = spaces[goal.space]
        screen.say(f"  {screen.bold(shorts.get(goal.id, '').ljust(3))} {_card(goal, space)}")
        for line in _plan(goal, space, shorts):
            screen.say(f"      {line}")


def _heading(state: str) -> str:
    word = saying.word(state)
    return word[:1].upper() + word[1:]


def _card(goal: Goal, space: str) -> str:
    parts = [one_line(goal.title), saying.readers(space)]
    if goal.target_on:
        parts.append(_("by {day}").format(day=goal.target_on))
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
            about.append(_("by {day}").format(day=step.due_on))
        short = shorts.get(step.id, "").ljust(3)
        line = f"{short} {_BOXES[step.state]} {one_line(step.title)}"
        yield f"{line} ({', '.join(about)})" if about else line


def _who(step: Step, space: str) -> str:
    """Whose step it is, seen from the one who reads."""
    if step.who == "both":
        return _("both of you")
    mine = (step.who == "me") == step.added.mine
    return _("you") if mine else saying.partner(space)


def _show(call: Call) -> None:
    goal, space, shorts = call.run(lambda journal: _page(call, journal))
    if call.screen.json:
        from inglenook_client.cli import jsonform  # noqa: PLC0415 - programs only

        call.screen.document(jsonform.goal(goal, space, shorts))
        return
    print_page(call.screen, goal, space, shorts)


async def _page(call: Call, journal: Journal) -> tuple[Goal, str, Shorts]:
    from inglenook_client.cli.goal_finding import one  # noqa: PLC0415 - with the journal
    from inglenook_client.cli.saving import find  # noqa: PLC0415

    shown, space = await find(journal, call.args.goal, "g", call.args.space)
    goal = await one(journal, shown)
    ids = [goal.id, *(step.id for step in goal.steps)]
    return goal, space.name, await journal.shorts(ids)


def print_page(screen: Screen, goal: Goal, space: str, shorts: Shorts) -> None:
    """Print everything about one goal."""
    short = shorts.get(goal.id, "")
    screen.say(f"{screen.bold(f'{short}  {one_line(goal.title)}')}")
    screen.say(f"    {saying.word(goal.state)} · {saying.readers(space)}", "")
    for label, said in (
        (_("Why"), goal.why),
        (_("Part of life"), goal.area),
        (_("How you will know"), goal.how_we_know),
        (_("By"), goal.target_on),
    ):
        if said:
            screen.say(f"    {label}: {said}")
    if goal.steps:
        screen.say("", "    " + _("Steps"), *(f"    {line}" for line in _plan(goal, space, shorts)))
    if goal.progress:
        screen.say("", "    " + _("Progress"))
        screen.say(*(f"    {line}" for note in goal.progress for line in _noted(note)))
    if changes := list(_changes(goal)):
        screen.say("", "    " + _("Earlier"), *(f"    {line}" for line in changes))
    if not goal.steps:
        screen.say("", _('A first step: inglenook step add {id} "…"').format(id=short))
    if goal.state == "proposed" and not goal.begun.mine:
        screen.say(_("To take it on: inglenook goal accept {id}").format(id=short))
    screen.say("", _("To read out: {id}").format(id=goal.id.hex()[:8]))


def _noted(note: Progress) -> Iterator[str]:
    values = []
    if note.level is not None:
        values.append(saying.scale(saying.LEVELS, note.level))
    if note.confidence is not None:
        values.append(saying.scale(saying.CONFIDENCE, note.confidence))
    head = f"{note.noted.date}  {_by(note.noted)}"
    yield f"{head}: {', '.join(values)}" if values else head
    for label, said in (
        ("", note.note),
        (_("What moved it: "), note.moved),
        (_("In the way: "), note.obstacle),
    ):
        if said:
            yield f"            {label}{said}"


def _changes(goal: Goal) -> Iterator[str]:
    """Values that were given and do not count any more."""
    now = {
        name: getattr(goal, name) for name in ("title", "why", "area", "how_we_know", "target_on")
    }
    for change in goal.history:
        if change.value and change.value != now[change.field]:
            yield f"{change.given.date}  {_by(change.given)}: {one_line(change.value)}"


def _by(mark: Mark) -> str:
    return _("you") if mark.mine else one_line(mark.by)


COMMANDS: Final = {
    "goal show": Command(
        later("one goal: its plan, its progress, how it changed"),
        _show,
        arguments.goal_id,
        ("inglenook goal show g1",),
    ),
}
