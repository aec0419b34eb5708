"""Today: how one is, what comes next, what is new; and how two people get started."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inglenook_client.calendar import day_name, short_day
from inglenook_client.cli import hours, next_steps, question_list, saying
from inglenook_client.cli.cards import Card, every_line
from inglenook_client.cli.command import Command
from inglenook_client.cli.headlines import headline
from inglenook_client.cli.screen import one_line
from inglenook_client.cli.timeline import text_lines
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from inglenook_client.cli.call import Call
    from inglenook_client.cli.headlines import Names
    from inglenook_client.cli.screen import Screen
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Space
    from inglenook_client.journal.views.today import Today
    from inglenook_client.journal.views.us import Us

_SETTLED_IN: Final = frozenset({"active", "paused", "closed"})


@dataclass(frozen=True, slots=True)
class _Begun:
    """A pair that is still getting started, and what is to be done yet."""

    name: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Page:
    day: str
    today: Today
    beginnings: tuple[_Begun, ...]
    names: Names


def _today(call: Call) -> None:
    page = call.run(_gather)
    if call.screen.json:
        _print_document(call, page)
        return
    screen, today = call.screen, page.today
    screen.say(screen.bold(day_name(page.day)), "")
    if today.empty:
        _print_start(screen)
        return
    _print_mood(screen, today)
    _print_meeting(screen, today)
    sections = (
        (_("Next"), [next_steps.card(each, today.steps) for each in today.steps.items]),
        (
            _("Waits for your answer"),
            [question_list.card(q, today.questions) for q in today.questions.items],
        ),
        (_("New for you"), list(_news(page))),
    )
    for title, cards in sections:
        if cards:
            screen.say("", screen.bold(title))
        screen.say(*every_line(screen, cards))
    for begun in page.beginnings:
        screen.say("", screen.bold(_("Getting started with {name}").format(name=begun.name)))
        screen.say(*(f"  {step}" for step in begun.steps))
    _print_prompt(screen, page)


async def _gather(journal: Journal) -> _Page:
    from inglenook_client.cli.naming import names

    _at, _zone, day = await journal.moment()
    found = await journal.views.today()
    pairs = [space for space in await journal.spaces() if space.open and space.partner]
    beginnings = [await _beginning(journal, space) for space in pairs]
    await journal.views.looked()
    called = await names(journal, found.news)
    return _Page(day, found, tuple(each for each in beginnings if each), called)


async def _beginning(journal: Journal, space: Space) -> _Begun | None:
    us = await journal.views.us(space)
    if us.state in _SETTLED_IN:
        return None
    checked = all(member.checked or member.me for member in await journal.who(space))
    met = bool((await journal.views.checkins(space, limit=1)).items)
    steps = tuple(_to_do(us, checked=checked, met=met))
    return _Begun(saying.partner(space.name), steps) if steps else None


def _to_do(us: Us, *, checked: bool, met: bool) -> Iterator[str]:
    if not checked:
        yield _("compare the safety words: inglenook pair words")
    if us.waiting and not any(mark.mine for mark in us.waiting[-1].accepted):
        yield _("read what is suggested to agree on: inglenook pair agreement")
    elif not us.agreement and not us.waiting:
        yield _("agree on what stays between you: inglenook pair agreement propose")
    if not met:
        yield _('plan to meet: inglenook checkin plan "friday 16:00" --template first_meeting')


def _print_start(screen: Screen) -> None:
    """What somebody is told who has written nothing yet."""
    screen.say(
        _("A place for your thoughts. It stays on this device unless you choose."),
        "",
        _("Write something:  inglenook"),
        _('Set a goal:       inglenook goal new "Read one book" --why "It helps me sleep"'),
        _("Invite a mentor:  inglenook pair invite --role mentor"),
    )


def _print_mood(screen: Screen, today: Today) -> None:
    if today.moods:
        words = ", ".join(saying.scale(saying.MOODS, mood) for mood in today.moods)
        screen.say(_("You noted: {moods}").format(moods=words))
    else:
        screen.say(_("How are you? inglenook mood 3 tired   1 is very low, 5 is very good"))


def _print_meeting(screen: Screen, today: Today) -> None:
    if today.coming is None:
        return
    checkin = today.coming.checkin
    when = hours.moment(today.coming.starts_at, checkin.tz or "UTC")
    name = saying.partner(today.steps.spaces.get(checkin.space, "pair"))
    parts = [_("Next check-in with {name}: {time}").format(name=name, time=when)]
    screen.say(" · ".join([*parts, *filter(None, [checkin.where])]))
    screen.say(_("What to talk about: inglenook checkin agenda"))


def _news(page: _Page) -> Iterator[Card]:
    """What partners wrote: what it is, not yet what it says."""
    for shown in page.today.news:
        about = (one_line(headline(shown, page.names)), saying.author(shown))
        yield Card(short=shown.short, about=about, first=short_day(shown.local_date))


def _print_prompt(screen: Screen, page: _Page) -> None:
    if not screen.on_terminal:
        return
    from datetime import date

    from inglenook_client import guides

    prompt = guides.prompt_for(date.fromisoformat(page.day))
    words = _("To write about, if you like: {prompt}").format(prompt=prompt.text)
    screen.say("", *text_lines(words, screen.width))
    screen.tip(_("Answer it: inglenook prompt"))


def _print_document(call: Call, page: _Page) -> None:
    from inglenook_client.cli import itemform, jsonform

    today = page.today
    shorts, spaces = today.steps.shorts | today.questions.shorts, today.steps.spaces
    coming = itemform.item(today.coming, shorts, spaces) if today.coming else None
    call.screen.document(
        {
            "day": page.day,
            "moods": today.moods,
            "checkin": coming,
            "steps": [itemform.item(each, shorts, spaces) for each in today.steps.items],
            "questions": [itemform.item(each, shorts, spaces) for each in today.questions.items],
            "news": jsonform.events(today.news),
            "beginnings": [{"name": each.name, "to_do": each.steps} for each in page.beginnings],
        }
    )


COMMANDS: Final = {
    "today": Command(
        later("how you are, what comes next, what is new"),
        _today,
        examples=("inglenook today",),
        in_spaces=False,
    ),
}
