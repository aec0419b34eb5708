"""One event with all that belongs to it, as it is now or with every change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import arguments
from inglenook_client.cli.command import Command
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.cli.headlines import Names
    from inglenook_client.core.projections.entries import Entry
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Gone, Places, Shown
    from inglenook_client.journal.views.plans import GoalPage

_GOALS: Final = frozenset({"goal.proposed", "goal.set"})
_ENTRIES: Final = frozenset({"entry.written", "entry.shared", "reflection.written"})
_FILE: Final = "attachment.added"
_GOES_ON: Final[dict[str, frozenset[str]]] = {
    "question.asked": frozenset({"reply.given", "question.settled"}),
    "feedback.asked": frozenset({"feedback.given", "feedback.answered"}),
    "feedback.given": frozenset({"feedback.answered"}),
    "step.added": frozenset({"step.done", "step.reopened", "step.dropped", "cheer.given"}),
    "entry.shared": frozenset({"cheer.given"}),
    "win.recorded": frozenset({"cheer.given"}),
    "checkin.planned": frozenset(
        {"checkin.held", "checkin.missed", "checkin.summarised", "checkin.confirmed"}
    ),
    "checkin.held": frozenset({"checkin.summarised", "checkin.confirmed"}),
    "resource.shared": frozenset({"resource.tried", "cheer.given"}),
    "activity.suggested": frozenset({"activity.answered", "activity.attended"}),
}
"""By kind, the kinds that go on with it and are shown below it."""


@dataclass(frozen=True, slots=True)
class _Page:
    """What is to be shown."""

    shown: Shown
    places: Places
    after: list[Shown]
    """What goes on with it; with ``--history`` every event of its thread."""
    names: Names
    goal: GoalPage | None
    entry: Entry | None
    gone: Gone | None
    """How far it is from being gone, where it was erased."""


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "ref", type=arguments.reference, metavar=_("ID"), help=_("such as e7, g1 or q2")
    )
    parser.add_argument(
        "--history", action="store_true", help=_("every change of it, the oldest first")
    )


def _show(call: Call) -> None:
    page = call.run(lambda journal: _gather(call, journal))
    if call.screen.json:
        _print_document(call, page)
    elif call.args.history:
        _print_history(call, page)
    elif page.goal:
        from inglenook_client.cli import saying
        from inglenook_client.cli.goal_page import print_page

        print_page(call.screen, page.goal)
        call.screen.say(call.screen.dim(saying.whereabouts(page.shown, page.places)))
    else:
        _print(call, page)


async def _gather(call: Call, journal: Journal) -> _Page:
    from inglenook_client.cli.naming import names
    from inglenook_client.cli.saving import space_of
    from inglenook_client.journal import threads

    shown = await journal.find(call.args.ref, early=True)
    await space_of(journal, shown, call.args.space)
    erased, early = shown.content is None, shown.preview
    thread = () if early else await journal.views.history(shown.event)
    kinds = _GOES_ON.get(shown.kind, frozenset()) | {_FILE}
    after = [each for each in thread if each.kind in kinds and each.event != shown.event]
    gone = (await journal.gone([shown.event])).gone if erased else []
    with_view = not (erased or early)
    begins = with_view and _begins_something(shown)
    goal = await journal.views.goal(shown.event) if begins and shown.kind in _GOALS else None
    entry = await threads.entry_at(journal, shown) if begins and shown.kind in _ENTRIES else None
    places = await journal.places(shown)
    after = list(thread) if call.args.history else after
    called = await names(journal, [shown, *after])
    return _Page(shown, places, after, called, goal, entry, gone[0] if gone else None)


def _begins_something(shown: Shown) -> bool:
    """Whether it does not go on with an earlier goal or entry."""
    content = shown.content
    return getattr(content, "goal", None) is None and getattr(content, "continues", None) is None


def _print_document(call: Call, page: _Page) -> None:
    from inglenook_client.cli import itemform, jsonform
    from inglenook_client.cli.erasing import state
    from inglenook_client.cli.goal_page import document as goal_document

    shown = page.shown
    document = jsonform.event(shown) | {
        "on": page.places.on,
        "on_relay": page.places.relay,
        "after": jsonform.events(page.after),
        "erased": state(page.gone) if page.gone else None,
    }
    if page.goal:
        document["goal"] = goal_document(page.goal)
    if page.entry:
        spaces = {shown.space_number: shown.space}
        document["entry"] = itemform.item(page.entry, {shown.event: shown.short}, spaces)
    call.screen.document(document)


def _print_history(call: Call, page: _Page) -> None:
    from inglenook_client.cli.timeline import print_events

    print_events(call.screen, page.after, page.names)


def _print(call: Call, page: _Page) -> None:
    from inglenook_client.cli import markdown, saying, timeline

    screen, shown = call.screen, page.shown
    read_out = _("To read out: {id}").format(id=shown.event.hex()[:8])
    if page.gone:
        from inglenook_client.cli.erasing import lines

        screen.say(*lines(page.gone), "", read_out)
        return
    from inglenook_client.calendar import day_name

    day = f"{day_name(shown.local_date)}, {timeline.clock(shown)}"
    screen.say(screen.bold(f"{shown.short}  {day}".strip()))
    screen.say(screen.dim(" · ".join(timeline.about(shown, page.names, where=False))))
    screen.say(screen.dim(saying.whereabouts(shown, page.places)), "")
    screen.say(*markdown.lines(screen, "\n".join(_words(page))))
    for other in page.after:
        screen.say("", *timeline.event_lines(screen, other, page.names))
    screen.say("", read_out)


def _words(page: _Page) -> Iterator[str]:
    """What it says now: of an entry with all its changes, else as it was written."""
    from inglenook_client.cli import bodies, saying

    entry = page.entry
    if entry is None or (entry.reflection and not entry.text):
        yield bodies.body(page.shown)
        return
    if entry.title:
        yield from (entry.title, "")
    yield from bodies.versions(entry, page.shown.short) if entry.versions else [entry.text]
    if entry.note:
        yield from ("", entry.note)
    mood = saying.scale(saying.MOODS, entry.mood) if entry.mood else ""
    about = [_("feeling {mood}").format(mood=mood)] if mood else []
    about += [*entry.feelings, *(f"@{tag}" for tag in entry.tags if f"@{tag}" not in entry.text)]
    if about:
        yield from ("", " · ".join(about))
    if entry.for_date and entry.for_date != page.shown.local_date:
        yield from ("", _("About {day}").format(day=short_day(entry.for_date)))
    if entry.revised:
        message = ngettext("Changed {n} time", "Changed {n} times", len(entry.revised))
        short = page.shown.short
        changed = message.format(n=len(entry.revised))
        yield from ("", f"{changed}: inglenook show {short} --history")


COMMANDS: Final = {
    "show": Command(
        later("one thing in full, with all that belongs to it"),
        _show,
        _arguments,
        ("inglenook show e7", "inglenook show e7 --history"),
        long=True,
    ),
}
