"""The agenda of the next check-in: what was added, what waits, how the other likes help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import arguments, hours, pages, saying
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.saving import append, find, moment
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later, ngettext
from inglenook_schema.events.checkins import AgendaItemAdded, AgendaItemRemoved

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown, Space
    from inglenook_client.journal.views.meetings import Agenda, Point

SHOW, ADD, REMOVE = "show", "add", "remove"


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "act", nargs="?", choices=(SHOW, ADD, REMOVE), default=SHOW, metavar=_("ACT"),
        help=_("show, add or remove; show if you do not say"),
    )  # fmt: skip
    parser.add_argument(
        "item", nargs="?", metavar=_("ITEM"),
        help=_("words to add, in quotes; or what to take off: its number, or an id such as q1"),
    )  # fmt: skip
    parser.add_argument(
        "--about", type=arguments.reference, metavar=_("ID"),
        help=_("what the added item is about: e4, g1"),
    )  # fmt: skip
    pages.count_argument(parser)


def _agenda(call: Call) -> None:
    match call.args.act:
        case "add":
            call.wrote(call.run(lambda journal: _add(call, journal)))
        case "remove":
            _take_off(call)
        case _:
            _show(call)


# --- show -----------------------------------------------------------------------------


def _show(call: Call) -> None:
    space, agenda = call.run(lambda journal: _read(call, journal))
    if call.screen.json:
        from inglenook_client.cli import itemform

        call.screen.document(itemform.item(agenda, agenda.shorts, {space.number: space.name}))
        return
    call.screen.say(*_head(agenda, saying.partner(space.name)), "")
    shown = agenda.points[: pages.limit(call)]
    call.screen.say(*(_line(n, each, agenda) for n, each in enumerate(shown, 1)))
    if left := len(agenda.points) - len(shown):
        more = ngettext("{n} more: add -n {all}", "{n} more: add -n {all}", left)
        call.screen.say("", more.format(n=left, all=len(agenda.points)))
    if not agenda.points:
        call.screen.say(
            _("There is nothing on the agenda yet."),
            _('To add something: inglenook checkin agenda add "the exam plan"'),
            _("What is on it does not get lost in the talk."),
        )
    _print_template(call, agenda)


async def _read(call: Call, journal: Journal) -> tuple[Space, Agenda]:
    space = await journal.space(call.args.space, pair=True)
    return space, await journal.views.agenda(space)


def _head(agenda: Agenda, name: str) -> Iterator[str]:
    coming = agenda.coming
    if coming is None:
        yield _('No check-in is planned. To plan one: inglenook checkin plan "friday 16:00"')
    else:
        when = hours.moment(coming.starts_at, coming.checkin.tz or "UTC")
        short = agenda.shorts.get(coming.checkin.id, "")
        parts = [_("Next check-in {id}: {time}").format(id=short, time=when)]
        yield " · ".join([*parts, *filter(None, [coming.checkin.where])])
    for partner in agenda.partners:
        if partner.how_i_like_help:
            words = one_line(partner.how_i_like_help)
            yield _("How {name} likes help: {words}").format(name=name, words=words)


def _line(number: int, point: Point, agenda: Agenda) -> str:
    reasons = {
        "question": _("question"),
        "step": _("step"),
        "next_step": _("from last time"),
    }
    about = [reasons.get(point.reason, "")]
    if point.said is not None:
        about.append(_("from {name}").format(name=saying.writer(point.said)))
    if point.due_on:
        about.append(_("by {day}").format(day=short_day(point.due_on)))
    beside = ", ".join(part for part in about if part)
    return f"  {number:>2}  {_called(point, agenda)} ({beside})"


def _called(point: Point, agenda: Agenda) -> str:
    """Its words, after the id of what it is about."""
    names = (point.regarding, point.id) if point.reason == "added" else (point.id, point.regarding)
    shorts = (agenda.shorts.get(name, "") for name in names if name)
    return " ".join(part for part in (next(filter(None, shorts), ""), one_line(point.text)) if part)


def _print_template(call: Call, agenda: Agenda) -> None:
    if agenda.coming is None or not agenda.coming.checkin.template:
        return
    from inglenook_client import guides

    try:
        template = guides.template(agenda.coming.checkin.template)
    except guides.NoSuchGuideError:
        return  # a newer Inglenook has it
    call.screen.say("", _("{title}: {about}").format(title=template.title, about=template.about))
    call.screen.say(*(f"      {saying.word(item.who)}: {item.text}" for item in template.items))


# --- add, remove ----------------------------------------------------------------------


async def _add(call: Call, journal: Journal) -> Shown:
    args = call.args
    space = await journal.space(args.space, pair=True)
    about = (await find(journal, args.about, "", space.name))[0] if args.about else None
    content = AgendaItemAdded(
        text=args.item, regarding=about.event if about else None, **await moment(journal)
    )
    return await append(call, journal, space, content)


def _take_off(call: Call) -> None:
    if call.args.item is None:
        raise MistakeError(_("Say what to take off: its number on the agenda, or its id."))
    shown, text = call.run(lambda journal: _remove(call, journal))
    call.screen.say(_("Taken off: {words}").format(words=text))
    call.wrote(shown)


async def _remove(call: Call, journal: Journal) -> tuple[Shown, str]:
    space, agenda = await _read(call, journal)
    point = _chosen(call.args.item, agenda)
    if point.id is None:
        raise MistakeError(
            _("That was agreed last time, and stays until it is a step: inglenook step add")
        )
    checkin = agenda.coming.checkin.id if agenda.coming else None
    content = AgendaItemRemoved(item=point.id, checkin=checkin, **await moment(journal))
    return await append(call, journal, space, content), _called(point, agenda)


def _chosen(named: str, agenda: Agenda) -> Point:
    for number, point in enumerate(agenda.points, 1):
        short = agenda.shorts.get(point.id) if point.id else None
        if named in {str(number), short} or (point.id and _starts(point.id, named)):
            return point
    raise MistakeError(_("There is no {item} on the agenda.").format(item=named))


def _starts(event: bytes, named: str) -> bool:
    return len(named) >= 8 and event.hex().startswith(named.casefold())


COMMANDS: Final = {
    "checkin agenda": Command(
        later("what to talk about at the next check-in"),
        _agenda,
        _arguments,
        (
            "inglenook checkin agenda",
            'inglenook checkin agenda add "the exam plan"',
            "inglenook checkin agenda remove 2",
        ),
        writes=True,
        long=True,
    ),
}
