"""One event with all that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inglenook_client.cli import arguments
from inglenook_client.cli.command import Command
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.cli.headlines import Names
    from inglenook_client.core.projections.goals import Goal
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Gone, Places, Shown

_GOALS: Final = frozenset({"goal.proposed", "goal.set"})
_GOES_ON: Final[dict[str, frozenset[str]]] = {
    "question.asked": frozenset({"reply.given", "question.settled"}),
    "feedback.asked": frozenset({"feedback.given"}),
    "feedback.given": frozenset({"feedback.answered"}),
    "step.added": frozenset({"step.done", "step.reopened", "step.dropped"}),
    "checkin.held": frozenset({"checkin.summarised"}),
}
"""By kind, the kinds that go on with it and are shown below it."""


@dataclass(frozen=True, slots=True)
class _Page:
    """What is to be shown."""

    shown: Shown
    places: Places
    after: list[Shown]
    names: Names
    goal: Goal | None
    shorts: dict[bytes, str]
    gone: Gone | None
    """How far it is from being gone, where it was erased."""


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "ref", type=arguments.reference, metavar=_("ID"), help=_("such as e7, g1 or q2")
    )


def _show(call: Call) -> None:
    page = call.run(lambda journal: _gather(call, journal))
    if call.screen.json:
        from inglenook_client.cli import jsonform  # noqa: PLC0415 - programs only
        from inglenook_client.cli.erasing import state  # noqa: PLC0415

        document = jsonform.event(page.shown) | {
            "on": page.places.on,
            "on_relay": page.places.relay,
            "after": jsonform.events(page.after),
            "erased": state(page.gone) if page.gone else None,
        }
        if page.goal:
            document["goal"] = jsonform.goal(page.goal, page.shown.space, page.shorts)
        call.screen.document(document)
    elif page.goal:
        from inglenook_client.cli import saying  # noqa: PLC0415 - people only
        from inglenook_client.cli.goal_page import print_page  # noqa: PLC0415

        print_page(call.screen, page.goal, page.shown.space, page.shorts)
        call.screen.say(call.screen.dim(saying.whereabouts(page.shown, page.places)))
    else:
        _print(call, page)


async def _gather(call: Call, journal: Journal) -> _Page:
    from inglenook_client.cli.naming import names  # noqa: PLC0415 - with the journal
    from inglenook_client.cli.saving import space_of  # noqa: PLC0415

    shown = await journal.find(call.args.ref, early=True)
    await space_of(journal, shown, call.args.space)
    after = await _what_goes_on(journal, shown)
    gone = (await journal.gone([shown.event])).gone if shown.content is None else []
    goal, shorts = None, dict[bytes, str]()
    if _begins_goal(shown):
        page = await journal.views.goal(shown.event)
        goal, shorts = page.goal, page.shorts
    places = await journal.places(shown)
    called = await names(journal, [shown, *after])
    return _Page(shown, places, after, called, goal, shorts, gone[0] if gone else None)


def _begins_goal(shown: Shown) -> bool:
    """Whether there is a page of a goal for it: not where it is erased, or not all here yet."""
    if shown.kind not in _GOALS or shown.preview or shown.content is None:
        return False
    return getattr(shown.content, "goal", None) is None


async def _what_goes_on(journal: Journal, shown: Shown) -> list[Shown]:
    from inglenook_schema.events.reading import references  # noqa: PLC0415 - with the journal

    kinds = _GOES_ON.get(shown.kind)
    return [
        other
        for other in (await journal.events_of(kinds) if kinds else [])
        if other.content
        and other.space_number == shown.space_number
        and shown.event in references(other.content)
    ]


def _print(call: Call, page: _Page) -> None:
    from inglenook_client.cli import markdown, saying, timeline  # noqa: PLC0415 - people only
    from inglenook_client.cli.bodies import body  # noqa: PLC0415

    screen, shown = call.screen, page.shown
    if page.gone:
        from inglenook_client.cli.erasing import lines  # noqa: PLC0415 - as needed

        screen.say(*lines(page.gone), "", _("To read out: {id}").format(id=shown.event.hex()[:8]))
        return
    from inglenook_client.calendar import day_name  # noqa: PLC0415 - people only

    day = f"{day_name(shown.local_date)}, {timeline.clock(shown)}"
    screen.say(screen.bold(f"{shown.short}  {day}".strip()))
    screen.say(screen.dim(" · ".join(timeline.about(shown, page.names, where=False))))
    screen.say(screen.dim(saying.whereabouts(shown, page.places)), "")
    screen.say(*markdown.lines(screen, body(shown)))
    for other in page.after:
        screen.say("", *timeline.event_lines(screen, other, page.names))
    screen.say("", _("To read out: {id}").format(id=shown.event.hex()[:8]))


COMMANDS: Final = {
    "show": Command(
        later("one thing in full, with all that belongs to it"),
        _show,
        _arguments,
        ("inglenook show e7",),
    ),
}
