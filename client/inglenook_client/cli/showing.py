"""One event with all that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from inglenook_client.cli import arguments, saying
from inglenook_client.cli.command import Command
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from inglenook_client.cli.call import Call
    from inglenook_client.cli.headlines import Names
    from inglenook_client.cli.parser import Parser
    from inglenook_client.core.projections.goals import Goal
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown

_GOALS: Final = frozenset({"goal.proposed", "goal.set"})
_BELONGS: Final[dict[str, frozenset[str]]] = {
    "question.asked": frozenset({"reply.given", "question.settled"}),
    "feedback.asked": frozenset({"feedback.given"}),
    "feedback.given": frozenset({"feedback.answered"}),
    "step.added": frozenset({"step.done", "step.reopened", "step.dropped"}),
    "entry.written": frozenset({"entry.written"}),
    "checkin.held": frozenset({"checkin.summarised"}),
}
"""By kind, the kinds that go on with it and are shown below it."""
_UNSAID: Final = frozenset(
    {"kind", "at", "zone", "date", "lang", "text", "title", "excerpt", "note", "secret"}
)


def _arguments(parser: Parser) -> None:
    parser.add_argument(
        "ref", type=arguments.reference, metavar=_("ID"), help=_("such as e7, g1 or q2")
    )


def _show(call: Call) -> None:
    shown, after, names, goal, shorts = call.run(lambda journal: _everything(call, journal))
    if call.screen.json:
        from inglenook_client.cli import jsonform  # noqa: PLC0415 - programs only

        document = jsonform.event(shown) | {"after": jsonform.events(after)}
        if goal:
            document["goal"] = jsonform.goal(goal, shown.space, shorts)
        call.screen.document(document)
        return
    if goal:
        from inglenook_client.cli.goal_page import print_page  # noqa: PLC0415 - people only

        print_page(call.screen, goal, shown.space, shorts)
        return
    _print(call, shown, after, names)


async def _everything(
    call: Call, journal: Journal
) -> tuple[Shown, list[Shown], Names, Goal | None, dict[bytes, str]]:
    from inglenook_client.cli.goals import every  # noqa: PLC0415 - with the journal
    from inglenook_client.cli.naming import names  # noqa: PLC0415
    from inglenook_client.cli.saving import space_of  # noqa: PLC0415
    from inglenook_schema.events.reading import references  # noqa: PLC0415

    shown = await journal.find(call.args.ref)
    if call.args.space:
        await space_of(journal, shown, call.args.space)
    kinds = _BELONGS.get(shown.kind, frozenset())
    after = [
        other
        for other in (await journal.events_of(kinds) if kinds else [])
        if other.content
        and other.space_number == shown.space_number
        and shown.event in references(other.content)
    ]
    goal, shorts = None, dict[bytes, str]()
    if shown.kind in _GOALS:
        found, _spaces, shorts = await every(journal)
        goal = next((each for each in found if each.id == shown.event), None)
    return shown, after, await names(journal, [shown, *after]), goal, shorts


def _print(call: Call, shown: Shown, after: list[Shown], names: Names) -> None:
    from inglenook_client.cli.timeline import (  # noqa: PLC0415 - people only
        about,
        clock,
        day_name,
        event_lines,
        text_lines,
    )

    screen = call.screen
    head = f"{shown.short}  {day_name(shown.local_date)}, {clock(shown)}".strip()
    screen.say(screen.bold(head), screen.dim(" · ".join(about(shown, names))), "")
    screen.say(*text_lines(shown.text, screen.width))
    details = list(_details(shown, names))
    if details:
        screen.say(*([""] if shown.text else []), *details)
    for other in after:
        screen.say("", *event_lines(screen, other, names))
    screen.say("", _("To read out: {id}").format(id=shown.event.hex()[:8]))


def _details(shown: Shown, names: Names) -> Iterator[str]:
    """What the event says besides its text, a line a field."""
    from inglenook_client.cli import jsonform  # noqa: PLC0415 - for its plain values

    content: Any = shown.content
    for name in jsonform.fields(shown) or {}:
        value = getattr(content, name, None)
        if name in _UNSAID or not value or isinstance(value, bytes):
            continue
        if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
            if name in {"tags", "feelings"}:
                yield f"{one_line(name)}: {', '.join(map(one_line, value))}"
    for label, texts in _PARTS_OF.get(shown.kind, _nothing)(content):
        yield f"{label}: {texts}"
    del names


def _nothing(content: Any) -> Iterator[tuple[str, str]]:
    del content
    yield from ()


def _feedback_parts(content: Any) -> Iterator[tuple[str, str]]:
    for name, text in content.parts.items():
        yield saying.word(name), text


_PARTS_OF: Final = {"feedback.given": _feedback_parts}

COMMANDS: Final = {
    "show": Command(
        later("one thing in full, with all that belongs to it"),
        _show,
        _arguments,
        ("inglenook show e7",),
    ),
}
