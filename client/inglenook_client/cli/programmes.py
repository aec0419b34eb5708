"""Programmes: starting one, seeing what one belongs to, telling everybody, ending it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import days, sections
from inglenook_client.cli.cards import Card, every_line
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.saving import append, moment
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later, ngettext
from inglenook_schema.events.programme import (
    Contact,
    ProgrammeCreated,
    ProgrammeNoticed,
    ProgrammeReplied,
)
from inglenook_schema.events.resources import ActivitySuggested
from inglenook_schema.programme import COORDINATOR

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.boards import Item
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown, Space
    from inglenook_client.journal.programmes import Asks, Programme

LEAST: Final = 10
"""Answers, where nothing else is said."""


def programme_option(parser: ArgumentParser) -> None:
    """Take ``--programme``, for whoever has to do with several."""
    parser.add_argument(
        "--programme", metavar=_("NAME"), help=_("which programme, if there are several")
    )


async def enrolled(call: Call, journal: Journal, role: str | None = None) -> Programme:
    """The programme that is meant, once this person was let in.

    Raises:
        MistakeError: They still wait for it.
        NotFoundError, AmbiguousError: There is none, or several.
    """
    found = await journal.programmes.choose(call.args.programme, role=role)
    if found.number == 0:
        raise MistakeError(_("You asked to be enrolled; the answer comes with a sync."))
    return found


async def space_of(journal: Journal, programme: Programme) -> Space:
    """The space that a programme is."""
    return next(s for s in await journal.spaces() if s.number == programme.number)


# --- init -----------------------------------------------------------------------------


def _init_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar=_("NAME"), help=_("what it is called, in quotes"))
    parser.add_argument("--setting", metavar=_("TEXT"), help=_("where: a school, a club, a firm"))
    parser.add_argument(
        "--contact", action="append", default=[], metavar=_("NAME: HOW"),
        help=_("whom members can turn to, and how; at least two"),
    )  # fmt: skip
    parser.add_argument(
        "--helpline", action="append", default=[], metavar=_("TEXT"),
        help=_("a line that anybody may call; may be said again"),
    )  # fmt: skip
    parser.add_argument(
        "--limits", metavar=_("TEXT"), help=_("the limits of confidentiality, word for word")
    )
    parser.add_argument(
        "--retention", metavar=_("TEXT"), help=_("how long what members send is kept")
    )
    parser.add_argument(
        "-k", type=int, default=LEAST, metavar=_("N"),
        help=_("fewest answers of which anything is counted"),
    )  # fmt: skip


def _init(call: Call) -> None:
    args = call.args
    flags = args.contact or args.limits or args.retention
    headings = {
        "setting": _("Where it takes place"),
        "contacts": _("Whom members can turn to, one a line: name: how to reach them"),
        "helplines": _("Lines that anybody may call, one a line"),
        "limits": _("Limits of confidentiality"),
        "retention": _("How long what members send is kept"),
    }
    with call.words("" if flags else None, sections.template(headings)) as text:
        said = sections.read(text, headings, "limits")
        programme = call.run(lambda journal: _found(call, journal, said))
    call.screen.document(_json(programme))
    call.screen.say(
        _("“{name}” is there, and you coordinate it.").format(name=one_line(programme.name)),
        _("You will see who is enrolled, what people send you on purpose, and sums."),
        _("You will not see journals, pairs, or one person's answer."),
        _("Next: inglenook programme invite --count 10"),
    )


async def _found(call: Call, journal: Journal, said: dict[str, str]) -> Programme:
    args = call.args
    contacts = [*args.contact, *sections.lines(said.get("contacts", ""))]
    created = ProgrammeCreated(
        name=args.name,
        setting=args.setting or said.get("setting") or None,
        contacts=tuple(_contact(each) for each in contacts),
        helplines=(*args.helpline, *sections.lines(said.get("helplines", ""))),
        limits_text=args.limits or said.get("limits", ""),
        retention=args.retention or said.get("retention", ""),
        k=args.k,
        **await moment(journal),
    )
    return await journal.programmes.init(created)


def _contact(said: str) -> Contact:
    name, colon, reach = said.partition(":")
    if not colon:
        raise MistakeError(_('A contact is written like "Kim Lee: room 4".'))
    return Contact(name=name.strip(), reach=reach.strip())


# --- list -----------------------------------------------------------------------------


def _list(call: Call) -> None:
    found = call.run(lambda journal: journal.programmes.every())
    screen = call.screen
    screen.document([_json(each) for each in found])
    if not found:
        screen.say(
            _("You belong to no programme. With a join code: inglenook programme join CODE"),
            _("To start one, for a school or a club: inglenook programme init NAME"),
        )
    for each in found:
        screen.say(*_lines(call, each))


def _lines(call: Call, each: Programme) -> Iterator[str]:
    role = _("you coordinate it") if each.role == COORDINATOR else _("you are enrolled")
    if each.role != COORDINATOR and each.number == 0:
        role = _("you asked to be enrolled; the answer comes with a sync")
    elif each.waits:
        role = _("its newest keys did not come to you")
    ended = [_("it has ended; what is here stays readable")] if each.closed else []
    yield f"{call.screen.bold(one_line(each.name))}  {'; '.join([role, *ended])}"
    if each.coordinators:
        names = ", ".join(one_line(name) for name in each.coordinators)
        yield "    " + _("Coordinators: {names}").format(names=names)
    if each.role == COORDINATOR:
        yield from _of_coordinators(each)
    elif each.number:
        yield "    " + _("You go by {name} there.").format(name=one_line(each.called))
    if each.about is not None:
        for contact in each.about.contacts:
            yield f"    {one_line(contact.name)}: {one_line(contact.reach)}"


def _of_coordinators(each: Programme) -> Iterator[str]:
    here = [m for m in each.members if m.here]
    enrolled = ngettext("{n} enrolled", "{n} enrolled", len(here)).format(n=len(here))
    names = ", ".join(one_line(m.said.called) for m in here)
    yield f"    {enrolled}" + (f": {names}" if names else "")
    for asks in each.asking:
        yield "    " + asks_line(asks)


def asks_line(asks: Asks) -> str:
    """One who waits, in a line."""
    parts = [one_line(asks.name)]
    if asks.coordinator:
        parts.append(_("would like to coordinate"))
    if asks.made_for:
        parts.append(_("by the code for {name}").format(name=one_line(asks.made_for)))
    if asks.alarm:
        parts.append(_("careful: more than one used this code"))
    return _("waits: {who}").format(who=", ".join(parts))


def _json(each: Programme) -> dict[str, Any]:
    about = each.about
    found: dict[str, Any] = {
        "name": each.name,
        "log": each.log.hex(),
        "role": each.role,
        "closed": each.closed,
        "waits": each.waits,
        "coordinators": list(each.coordinators),
        "called": each.called,
        "setting": (about.setting if about else None) or "",
        "contacts": [{"name": c.name, "reach": c.reach} for c in (about.contacts if about else ())],
        "helplines": list(about.helplines) if about else [],
        "limits": about.limits_text if about else "",
        "retention": about.retention if about else "",
        "k": about.k if about else None,
    }
    if each.role == COORDINATOR:
        found["members"] = [
            {"name": m.said.called, "since": m.since, "here": m.here, "code": m.said.code or ""}
            for m in each.members
        ]
        found["asking"] = [
            {
                "number": a.number,
                "name": a.name,
                "code": a.made_for,
                "coordinator": a.coordinator,
                "alarm": a.alarm,
            }
            for a in each.asking
        ]
    return found


# --- notice, reply --------------------------------------------------------------------


def _notice_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "text", nargs="?", metavar=_("TEXT"), help=_("the notice; your editor without it")
    )
    parser.add_argument("--title", metavar=_("TEXT"), help=_("what it is about"))
    parser.add_argument(
        "--until", type=days.coming_day, metavar=_("DATE"), help=_("the last day it is shown")
    )
    parser.add_argument(
        "--on", type=days.coming_day, metavar=_("DATE"),
        help=_("it is an activity for all, on that day; needs --title"),
    )  # fmt: skip
    parser.add_argument("--where", metavar=_("TEXT"), help=_("the place of an activity"))
    programme_option(parser)


def _notice(call: Call) -> None:
    if call.args.on and not call.args.title:
        raise MistakeError(_("An activity needs --title: what it is."))
    with call.words(call.args.text) as text:
        shown = call.run(lambda journal: _tell(call, journal, text))
    _told(call, shown)


def _told(call: Call, shown: Shown) -> None:
    if call.screen.json:
        call.wrote(shown)
    short = call.screen.bold(shown.short)
    call.screen.say(
        f"{short}  " + _("Saved on this device. The next sync sends it to everybody enrolled.")
    )


async def _tell(call: Call, journal: Journal, text: str) -> Shown:
    args = call.args
    programme = await journal.programmes.choose(args.programme, role=COORDINATOR)
    space = await space_of(journal, programme)
    when = await moment(journal)
    if args.on:
        activity = ActivitySuggested(
            title=args.title, text=text or None, on=args.on, where=args.where, **when
        )
        return await append(call, journal, space, activity)
    notice = ProgrammeNoticed(title=args.title, text=text, ends_on=args.until, **when)
    return await append(call, journal, space, notice)


def _reply_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "to", nargs="?", metavar=_("ID"), help=_("the idea or the survey it goes with: i3, v1")
    )
    parser.add_argument(
        "--said", metavar=_("TEXT"), help=_("what people said; an idea's own words if shared so")
    )
    parser.add_argument("--did", required=True, metavar=_("TEXT"), help=_("what is done about it"))
    programme_option(parser)


def _reply(call: Call) -> None:
    shown = call.run(lambda journal: _answer(call, journal))
    _told(call, shown)


async def _answer(call: Call, journal: Journal) -> Shown:
    args = call.args
    programme = await journal.programmes.choose(args.programme, role=COORDINATOR)
    survey, idea, said = None, None, args.said
    if args.to and args.to.startswith("v"):
        survey = (await journal.find(args.to, letters="v")).event
    elif args.to:
        came = await journal.boards.came(programme, args.to)
        idea = came.hash
        if said is None and came.share == "programme":
            said = came.text
    if not said:
        raise MistakeError(
            _("Say in your own words what people said: --said. Whoever wrote this did not")
            + " "
            + _("agree that it is told to all.")
        )
    reply = ProgrammeReplied(
        you_said=said, we_did=args.did, survey=survey, idea=idea, **await moment(journal)
    )
    return await append(call, journal, await space_of(journal, programme), reply)


# --- close, leave ---------------------------------------------------------------------


def _end_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help=_("do not ask"))
    programme_option(parser)


def _close(call: Call) -> None:
    programme = call.run(
        lambda journal: journal.programmes.choose(call.args.programme, role=COORDINATOR)
    )
    name = one_line(programme.name)
    question = _("End “{name}” for everybody? It stays readable.").format(name=name)
    if not call.args.yes and not call.screen.agreed(question, "--yes"):
        call.screen.say(_("Nothing was changed."))
        return
    call.run(lambda journal: journal.programmes.close(programme))
    call.screen.document({"name": programme.name, "closed": True})
    call.screen.say(
        _("“{name}” has ended. Nobody is asked anything there any more.").format(name=name)
    )


def _leave(call: Call) -> None:
    programme = call.run(lambda journal: journal.programmes.choose(call.args.programme))
    name = one_line(programme.name)
    question = _("Leave “{name}”? What is here stays readable.").format(name=name)
    if not call.args.yes and not call.screen.agreed(question, "--yes"):
        call.screen.say(_("Nothing was changed."))
        return
    call.run(lambda journal: journal.programmes.leave(programme))
    call.screen.document({"name": programme.name, "left": True})
    call.screen.say(
        _("You left “{name}”. Your journal and your pairs are as they were.").format(name=name)
    )


# --- the board ------------------------------------------------------------------------


def _board_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help=_("also what is over"))
    programme_option(parser)


def _board(call: Call) -> None:
    items = call.run(lambda journal: _stands(call, journal))
    screen = call.screen
    screen.document(
        [
            {
                "id": i.short,
                "event": i.event.hex(),
                "sort": str(i.sort),
                "on": i.on,
                "title": i.title,
                "text": i.text,
                "by": i.by,
                "ends_on": i.ends_on,
                "about": i.about,
                "when": i.when,
                "where": i.where,
            }
            for i in items
        ]
    )
    if not items:
        screen.say(
            _("Nothing stands on the board."),
            _('To release a win for all to see: inglenook programme release "…" --as NAME'),
        )
    screen.say(*every_line(screen, [_card(item) for item in items]))


async def _stands(call: Call, journal: Journal) -> list[Item]:
    programme = await enrolled(call, journal)
    return await journal.boards.board(programme, all_=call.args.all)


def _card(item: Item) -> Card:
    words = {
        "notice": _("notice"),
        "activity": _("activity"),
        "reply": _("you said, we did"),
        "win": _("a win"),
        "story": _("a story"),
    }
    about = [short_day(item.on)]
    if item.by:
        about.append(_("by {name}").format(name=item.by))
    if item.about:
        about.append(_("after “{title}”").format(title=item.about))
    about += [short_day(item.when)] if item.when else []
    about += [item.where] if item.where else []
    if item.ends_on and not item.when:
        about.append(_("until {day}").format(day=short_day(item.ends_on)))
    text = item.text
    if item.sort == "reply":
        text = (
            _("You said: {said}").format(said=item.title)
            + "\n"
            + _("We did: {did}").format(did=item.text)
        )
    elif item.title:
        text = f"{item.title}\n{item.text}" if item.text else item.title
    return Card(item.short, about, text, first=words[item.sort])


COMMANDS: Final = {
    "programme init": Command(
        later("start a programme that you coordinate"),
        _init,
        _init_arguments,
        (
            "inglenook programme init Bridges",
            'inglenook programme init Bridges --contact "Kim: room 4" --contact "Lee: 01 23"',
        ),
        writes=True,
        in_spaces=False,
    ),
    "programme list": Command(
        later("the programmes that you coordinate or are enrolled in"),
        _list,
        examples=("inglenook programme list",),
        in_spaces=False,
    ),
    "programme notice": Command(
        later("tell everybody enrolled something, or suggest an activity"),
        _notice,
        _notice_arguments,
        (
            'inglenook programme notice "We meet at four." --until friday',
            'inglenook programme notice --title "Open day" --on 2026-05-02 "Bring a friend."',
        ),
        writes=True,
        in_spaces=False,
    ),
    "programme reply": Command(
        later("you said, we did: what came of an idea or a survey, for all"),
        _reply,
        _reply_arguments,
        ('inglenook programme reply i1 --said "more maths" --did "A club on Mondays."',),
        writes=True,
        in_spaces=False,
    ),
    "programme board": Command(
        later("what everybody enrolled sees: notices, activities, replies, wins"),
        _board,
        _board_arguments,
        ("inglenook programme board",),
        in_spaces=False,
    ),
    "programme leave": Command(
        later("leave a programme"),
        _leave,
        _end_arguments,
        ("inglenook programme leave",),
        in_spaces=False,
    ),
    "programme close": Command(
        later("end a programme for everybody; it stays readable"),
        _close,
        _end_arguments,
        ("inglenook programme close",),
        in_spaces=False,
    ),
}
