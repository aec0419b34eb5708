"""Activities: something to go to, or to do together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import arguments, days, hours, pages, saying, times
from inglenook_client.cli.cards import Called, Card
from inglenook_client.cli.command import Command
from inglenook_client.cli.saving import append, find, moment
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later
from inglenook_schema.events.choices import ActivityAnswer
from inglenook_schema.events.resources import (
    ActivityAnswered,
    ActivityAttended,
    ActivitySuggested,
)

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.activities import Activity
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown

_STATES: Final = ("suggested", "answered", "attended")


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("title", metavar=_("TITLE"), help=_("what it is, in quotes"))
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--on", type=days.coming_day, metavar=_("DATE"), help=_("the day"))
    when.add_argument(
        "--at", type=times.coming, metavar=_("WHEN"), help=_('day and time: "friday 16:00"')
    )
    parser.add_argument("--where", metavar=_("TEXT"), help=_("the place"))
    parser.add_argument("--url", metavar=_("URL"), help=_("where it is on the web"))
    parser.add_argument("--about", metavar=_("TEXT"), help=_("more about it"))
    arguments.tags(parser)
    arguments.goal_option(parser)


def _add(call: Call) -> None:
    call.wrote(call.run(lambda journal: _suggest(call, journal)))


async def _suggest(call: Call, journal: Journal) -> Shown:
    args = call.args
    space = await journal.space(args.space)
    goal = (await find(journal, args.goal, "g", space.name))[0].event if args.goal else None
    content = ActivitySuggested(
        title=args.title,
        text=args.about,
        url=args.url,
        where=args.where,
        on=args.on,
        starts_at=args.at.at if args.at else None,
        tz=args.at.zone if args.at else None,
        tags=tuple(args.tag),
        goal=goal,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


def _list_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--state", choices=_STATES, help=_("only those that stand so"))
    pages.count_argument(parser)


def _list(call: Call) -> None:
    state = call.args.state
    found = pages.read(
        call, lambda journal: journal.views.activities, states=(state,) if state else ()
    )
    pages.show(
        call,
        found,
        card,
        [
            _("There is no activity here yet."),
            _('A first one: inglenook activity add "Open day" --on saturday --where "…"'),
            _("Going somewhere new together is easier than alone."),
        ],
    )


def card(activity: Activity, page: Called) -> Card:
    """One of them, as it stands."""
    when = short_day(activity.on) if activity.on else ""
    if activity.starts_at is not None:
        when = hours.moment(activity.starts_at, activity.tz or "UTC")
    return Card(
        short=page.shorts.get(activity.id, ""),
        first=one_line(activity.title),
        about=(when, activity.where or "", saying.readers(page.spaces[activity.space])),
        text="\n".join(_said(activity)),
    )


def _said(activity: Activity) -> Iterator[str]:
    yield from (said for said in (activity.text, activity.url) if said)
    went = {each.said.author for each in activity.attended}
    for answer in activity.answers:
        if answer.said.author not in went:
            said = f"{saying.writer(answer.said)}: {saying.word(answer.answer)}"
            yield f"{said} ({answer.note})" if answer.note else said
    for each in activity.attended:
        was = _("was there on {day}").format(day=short_day(each.on))
        said = f"{saying.writer(each.said)}: {was}"
        said = ", ".join([said, _("for the first time")]) if each.new_to_me else said
        yield f"{said} ({each.note})" if each.note else said


def _activity_id(parser: ArgumentParser) -> None:
    parser.add_argument(
        "activity", type=arguments.reference, metavar=_("ID"), help=_("its id, such as a1")
    )
    parser.add_argument("--note", metavar=_("TEXT"), help=_("a word about it"))


def _answer_arguments(parser: ArgumentParser) -> None:
    _activity_id(parser)
    arguments.one_of(
        parser,
        "answer",
        {
            ActivityAnswer.GOING: later("you mean to go"),
            ActivityAnswer.MAYBE: later("you do not know yet"),
            ActivityAnswer.NOT_THIS_TIME: later("not this time"),
        },
    )


def _answer(call: Call) -> None:
    call.wrote(call.run(lambda journal: _say(call, journal)))


async def _say(call: Call, journal: Journal) -> Shown:
    args = call.args
    activity, space = await find(journal, args.activity, "a", args.space)
    content = ActivityAnswered(
        activity=activity.event,
        answer=ActivityAnswer(args.answer),
        note=args.note,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


def _went_arguments(parser: ArgumentParser) -> None:
    _activity_id(parser)
    parser.add_argument(
        "--on", type=days.past_day, metavar=_("DATE"), help=_("the day, if that is not today")
    )
    parser.add_argument("--new-to-me", action="store_true", help=_("you had never done it before"))


def _went(call: Call) -> None:
    call.wrote(call.run(lambda journal: _was_there(call, journal)))


async def _was_there(call: Call, journal: Journal) -> Shown:
    args = call.args
    activity, space = await find(journal, args.activity, "a", args.space)
    content = ActivityAttended(
        activity=activity.event,
        on=args.on,
        new_to_me=args.new_to_me,
        note=args.note,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


COMMANDS: Final = {
    "activity add": Command(
        later("suggest something to go to, or to do"),
        _add,
        _add_arguments,
        ('inglenook activity add "Open day" --on saturday --where "City college"',),
        writes=True,
    ),
    "activity list": Command(
        later("what there is to go to, and who goes"),
        _list,
        _list_arguments,
        ("inglenook activity list",),
        long=True,
    ),
    "activity answer": Command(
        later("say whether you mean to go"),
        _answer,
        _answer_arguments,
        ("inglenook activity answer a1 --going",),
        writes=True,
    ),
    "activity went": Command(
        later("you went"),
        _went,
        _went_arguments,
        ('inglenook activity went a1 --new-to-me --note "I asked two people"',),
        writes=True,
    ),
}
