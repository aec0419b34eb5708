"""What goes to coordinators, each thing shown first; and what they were sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inglenook_client import ambient
from inglenook_client.calendar import short_day
from inglenook_client.cli import days
from inglenook_client.cli.cards import Card, every_line
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.programmes import enrolled, programme_option
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later
from inglenook_schema.letter import IdeaOffered, PulseShared, StoryOffered
from inglenook_schema.programme import COORDINATOR, MEMBER

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Sequence

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.boards import Came
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Report
    from inglenook_client.journal.voices import Consent, Standing

_STATES: Final = {"on-track": "on_track", "support": "support"}


def _preview_options(parser: ArgumentParser) -> None:
    parser.add_argument("--preview", action="store_true", help=_("show what would be sent, only"))
    parser.add_argument("--yes", action="store_true", help=_("you saw it; send it"))


def _goes(
    call: Call, fields: Sequence[tuple[str, str]], promise: str, send: Callable[[str], Report]
) -> None:
    """Show what is to be sent, ask, send.

    Args:
        call: Its arguments have ``preview`` and ``yes``.
        fields: Everything in it, by name.
        promise: Who gets it and what that means, in plain words.
        send: Gets what was shown.
    """
    screen = call.screen
    shown = "\n".join(f"{name}: {value}" for name, value in fields)
    if not call.args.yes or call.args.preview:
        screen.say(_("This would be sent, and nothing else:"), "")
        screen.say(*(f"    {line}" for line in shown.splitlines()), "", promise)
    if call.args.preview:
        screen.document({"sent": False, "what": dict(fields)})
        _keep_words(call)
        return
    if not call.args.yes and not screen.agreed(_("Send exactly this?"), "--yes"):
        screen.say(_("Nothing was sent."))
        _keep_words(call)
        return
    report = send(shown)
    screen.document({"sent": True, "waits": report.offline, "what": dict(fields)})
    if report.offline:
        screen.say(_("Saved here. It goes when the relay can be reached."))
    else:
        screen.say(_("Sent. What you let go stands in: inglenook consent list"))


def _keep_words(call: Call) -> None:
    """What was written in the editor is not lost with a no."""
    if getattr(call.args, "text", "") is None:
        raise MistakeError(_("Nothing was sent, and your words are not lost."))


# --- idea -----------------------------------------------------------------------------


def _idea_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "text", nargs="?", metavar=_("TEXT"), help=_("the idea; your editor without it")
    )
    parser.add_argument("--named", action="store_true", help=_("with the name you go by there"))
    parser.add_argument(
        "--share", choices=("coordinators", "programme"), default="coordinators",
        help=_("who may be told: its coordinators, or everybody enrolled"),
    )  # fmt: skip
    _preview_options(parser)
    programme_option(parser)


def _idea(call: Call) -> None:
    with call.words(call.args.text) as text:
        if not text.strip():
            raise MistakeError(_("An idea needs some words."))
        programme = call.run(lambda journal: enrolled(call, journal, MEMBER))
        name = programme.called if call.args.named else ""
        said = IdeaOffered(text, call.args.share, name)
        whom = (
            _("its coordinators only")
            if said.share == "coordinators"
            else _("its coordinators, who may tell everybody enrolled")
        )
        fields = [
            (_("Idea"), one_line(text)),
            (_("Name"), name or _("none")),
            (_("Who may read it"), whom),
        ]
        promise = (
            _("Your name stands under it.")
            if name
            else _("Nothing in it says who you are. The relay sees which device sent something.")
        )
        _goes(
            call,
            fields,
            promise,
            lambda shown: call.run(lambda journal: journal.voices.idea(programme, said, shown)),
        )


# --- release --------------------------------------------------------------------------


def _release_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "text", nargs="?", metavar=_("TEXT"), help=_("your words; your editor without it")
    )
    parser.add_argument(
        "--as", dest="name", required=True, metavar=_("NAME"), help=_("what to be called there")
    )
    parser.add_argument(
        "--until", type=days.coming_day, required=True, metavar=_("DATE"),
        help=_("the last day it is shown"),
    )  # fmt: skip
    parser.add_argument("--story", action="store_true", help=_("a story, not a win"))
    _preview_options(parser)
    programme_option(parser)


def _release(call: Call) -> None:
    args = call.args
    with call.words(args.text) as text:
        if not text.strip():
            raise MistakeError(_("A win or a story needs some words."))
        programme = call.run(lambda journal: enrolled(call, journal, MEMBER))
        said = StoryOffered("story" if args.story else "win", args.name[:64], text, args.until)
        fields = [
            (_("Story") if args.story else _("Win"), one_line(text)),
            (_("Name"), said.name),
            (_("Last day"), said.ends_on),
        ]
        promise = _(
            "Coordinators may put it on the board for everybody enrolled, word for word. You can"
            " take it back at any time; who has read it remembers it."
        )
        _goes(
            call,
            fields,
            promise,
            lambda shown: call.run(lambda journal: journal.voices.story(programme, said, shown)),
        )


# --- consents -------------------------------------------------------------------------


def _consents(call: Call) -> None:
    found = call.run(lambda journal: journal.voices.consents())
    screen = call.screen
    screen.document([_consent_json(each) for each in found])
    if not found:
        screen.say(
            _("Nothing of yours went to a programme."),
            _("What you send one some day stands here, word for word."),
        )
    screen.say(*every_line(screen, [_consent_card(each) for each in found]))


def _consent_json(each: Consent) -> dict[str, Any]:
    return {
        "id": each.short,
        "event": each.event.hex(),
        "on": each.on,
        "purpose": each.said.purpose,
        "to": each.said.to,
        "what": each.said.what,
        "until": each.said.until or "",
        "withdrawn": each.withdrawn,
    }


def _consent_card(each: Consent) -> Card:
    words = {
        "idea": _("an idea"),
        "story": _("a win or a story"),
        "pulse": _("a named pulse"),
        "survey": _("answers to a survey"),
    }
    about = [short_day(each.on), _("to {name}").format(name=each.said.to)]
    if each.withdrawn:
        about.append(_("taken back"))
    first = words.get(each.said.purpose, one_line(each.said.purpose))
    return Card(each.short, about, each.said.what, first=first)


def _withdraw_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar=_("ID"), help=_("the consent, such as k2"))


def _withdraw(call: Call) -> None:
    found, report = call.run(lambda journal: journal.voices.withdraw(call.args.id))
    call.screen.document({"id": found.short, "withdrawn": True, "waits": report.offline})
    call.screen.say(_("Taken back. It goes off the board when its coordinators sync."))


# --- the named pulse ------------------------------------------------------------------


def _pulse_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "act", nargs="?", choices=("show", "allow", "stop", "send"), default="show",
        metavar=_("ACT"), help=_("show, allow, stop or send; show if you do not say"),
    )  # fmt: skip
    parser.add_argument(
        "--called", metavar=_("TEXT"), help=_("what the two of you are called there")
    )
    parser.add_argument("--held", type=int, metavar=_("N"), help=_("check-ins held in that month"))
    parser.add_argument("--state", choices=tuple(_STATES), help=_("how it is going"))
    parser.add_argument(
        "--month", metavar=_("MONTH"), help=_("like 2026-03; this month if you do not say")
    )
    _preview_options(parser)
    programme_option(parser)


def _pulse(call: Call) -> None:
    match call.args.act:
        case "allow":
            _allow(call)
        case "stop":
            _stop(call)
        case "send":
            _send(call)
        case _:
            _show(call)


async def _standings(call: Call, journal: Journal) -> list[Standing]:
    return await journal.voices.standings(await journal.space(call.args.space, pair=True))


def _show(call: Call) -> None:
    found = call.run(lambda journal: _standings(call, journal))
    screen = call.screen
    screen.document(
        [
            {
                "programme": s.called,
                "pair": s.pair,
                "mine": s.mine,
                "theirs": s.theirs,
                "both": s.both,
            }
            for s in found
        ]
    )
    if not any(s.mine or s.theirs for s in found):
        screen.say(
            _("Nobody is told how the two of you are getting on."),
            _("If both want to, once a month: inglenook pulse allow --called NAMES"),
        )
        return
    for each in found:
        screen.say(_standing_line(each))


def _standing_line(each: Standing) -> str:
    name, pair = one_line(each.called), one_line(each.pair)
    if each.both:
        said = _("You both agreed to tell “{name}” now and then, as “{pair}”.")
    elif each.mine:
        said = _("You agreed to tell “{name}”, as “{pair}”; the other has not. Nothing is sent.")
    elif each.theirs:
        said = _("The other agreed to tell “{name}”, as “{pair}”; you have not. Nothing is sent.")
    else:
        said = _("A pulse to “{name}” was stopped. Nothing is sent.")
    return said.format(name=name, pair=pair)


def _allow(call: Call) -> None:
    screen = call.screen
    log, called, pair = call.run(lambda journal: _proposed(call, journal))
    name = one_line(called)
    if not call.args.yes:
        screen.say(
            _("What may go to “{name}”, each time after one of you saw it:").format(name=name),
            _("    what the two of you are called there: {pair}").format(pair=one_line(pair)),
            _("    a month, how many check-ins you held, and: on track, or would like support"),
            _("Never what you wrote. Either of you stops it at any time."),
        )
        if not screen.agreed(_("Do you agree?"), "--yes"):
            screen.say(_("Nothing was changed."))
            return
    call.run(lambda journal: _agree(call, journal, log, called, pair))
    screen.document({"programme": called, "pair": pair, "allowed": True})
    screen.say(_("You agreed. Nothing is sent by that, and nothing before the other agrees too."))


async def _proposed(call: Call, journal: Journal) -> tuple[bytes, str, str]:
    known = [s for s in await _standings(call, journal) if s.theirs or s.mine]
    named = call.args.programme
    fits = [s for s in known if named is None or s.called.casefold() == named.casefold()]
    if len(fits) == 1:
        return fits[0].programme, fits[0].called, call.args.called or fits[0].pair
    if not call.args.called:
        raise MistakeError(_("Say what the two of you are called there: --called"))
    programme = await enrolled(call, journal, MEMBER)
    return programme.log, programme.name[:100], call.args.called


async def _agree(call: Call, journal: Journal, log: bytes, called: str, pair: str) -> None:
    space = await journal.space(call.args.space, pair=True)
    await journal.voices.allow(space, log, called, pair)


def _one(call: Call, found: Sequence[Standing]) -> Standing:
    named = call.args.programme
    fits = [s for s in found if named is None or s.called.casefold() == named.casefold()]
    if len(fits) != 1:
        raise MistakeError(_("There is no named pulse like that: inglenook pulse"))
    return fits[0]


def _stop(call: Call) -> None:
    standing = _one(call, call.run(lambda journal: _standings(call, journal)))
    call.run(lambda journal: _end(call, journal, standing.programme))
    call.screen.document({"programme": standing.called, "stopped": True})
    call.screen.say(
        _("Stopped. Nobody asks why. “{name}” gets no pulse about the two of you.").format(
            name=one_line(standing.called)
        )
    )


async def _end(call: Call, journal: Journal, log: bytes) -> None:
    await journal.voices.stop(await journal.space(call.args.space, pair=True), log)


def _send(call: Call) -> None:
    args = call.args
    standing = _one(call, call.run(lambda journal: _standings(call, journal)))
    if args.held is None or args.state is None:
        raise MistakeError(_("Say both: --held N and --state on-track or --state support."))
    if not 0 <= args.held <= 99:
        raise MistakeError(_("Check-ins held are a number from 0 to 99."))
    month = args.month or ambient.today().isoformat()[:7]
    said = PulseShared(standing.pair, month, args.held, _STATES[args.state])
    state = _("would like support") if args.state == "support" else _("on track")
    fields = [
        (_("Pair"), said.pair),
        (_("Month"), said.month),
        (_("Check-ins held"), str(said.held)),
        (_("How it is going"), state),
    ]
    promise = _("Its coordinators read it under the name that you go by there.")

    async def send(journal: Journal, shown: str) -> Report:
        space = await journal.space(args.space, pair=True)
        return await journal.voices.pulse(space, said, standing, shown)

    _goes(call, fields, promise, lambda shown: call.run(lambda journal: send(journal, shown)))


# --- for coordinators -----------------------------------------------------------------


def _inbox_arguments(parser: ArgumentParser) -> None:
    programme_option(parser)


def _inbox(call: Call) -> None:
    found = call.run(lambda journal: _came(call, journal))
    screen = call.screen
    screen.document([_came_json(each) for each in found])
    if not found:
        screen.say(
            _("Nobody sent you anything yet."),
            _("Ideas, wins for the board and named pulses come here, sent on purpose."),
        )
    screen.say(*every_line(screen, [_came_card(each) for each in found]))


async def _came(call: Call, journal: Journal) -> list[Came]:
    programme = await journal.programmes.choose(call.args.programme, role=COORDINATOR)
    return await journal.boards.inbox(programme)


def _came_json(each: Came) -> dict[str, Any]:
    return {
        "id": each.short,
        "letter": each.hash.hex(),
        "sort": each.sort,
        "month": each.month,
        "by": each.by,
        "text": each.text,
        "share": each.share,
        "pair": each.pair,
        "held": each.held if each.sort == "pulse" else None,
        "state": each.state,
        "ends_on": each.ends_on,
        "on_board": each.on_board,
        "answered": each.answered,
    }


def _came_card(each: Came) -> Card:
    words = {
        "idea": _("an idea"),
        "pulse": _("a pulse"),
        "win": _("a win"),
        "story": _("a story"),
        "newer": _("something from a newer Inglenook"),
    }
    about = [each.month, _("by {name}").format(name=each.by) if each.by else _("no name")]
    text = each.text
    if each.sort == "pulse":
        state = _("would like support") if each.state == "support" else _("on track")
        held = _("check-ins held: {n}").format(n=each.held)
        text = f"{each.pair}: {held}; {state}"
    if each.share == "programme":
        about.append(_("may be told to all"))
    if each.ends_on:
        about.append(_("until {day}").format(day=short_day(each.ends_on)))
    about += [_("on the board")] if each.on_board else []
    about += [_("answered")] if each.answered else []
    return Card(each.short, about, text, first=words.get(each.sort, one_line(each.sort)))


def _publish_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar=_("ID"), help=_("the win or story, such as i3"))
    programme_option(parser)


def _publish(call: Call) -> None:
    came = call.run(lambda journal: _put_up(call, journal))
    call.screen.document({"id": came.short, "on_board": True})
    call.screen.say(
        _("It stands on the board, by {name}, until {day}.").format(
            name=one_line(came.by), day=short_day(came.ends_on)
        )
    )


async def _put_up(call: Call, journal: Journal) -> Came:
    programme = await journal.programmes.choose(call.args.programme, role=COORDINATOR)
    came = await journal.boards.came(programme, call.args.id)
    await journal.boards.publish(programme, came)
    return came


COMMANDS: Final = {
    "idea": Command(
        later("tell a programme's coordinators an idea, with your name or without"),
        _idea,
        _idea_arguments,
        ('inglenook idea "A maths club" --share programme',),
        writes=True,
        in_spaces=False,
    ),
    "programme release": Command(
        later("let a win or a story be seen by everybody enrolled"),
        _release,
        _release_arguments,
        ('inglenook programme release "I asked for help" --as "A fox" --until 2026-06-01',),
        writes=True,
        in_spaces=False,
    ),
    "consent list": Command(
        later("everything that you let go to programmes, word for word"),
        _consents,
        examples=("inglenook consent list",),
        in_spaces=False,
    ),
    "consent withdraw": Command(
        later("take back something that you let go"),
        _withdraw,
        _withdraw_arguments,
        ("inglenook consent withdraw k1",),
        in_spaces=False,
    ),
    "pulse": Command(
        later("tell a programme how the two of you are getting on, if both agree"),
        _pulse,
        _pulse_arguments,
        (
            'inglenook pulse allow --called "Ada and Max"',
            "inglenook pulse send --held 2 --state on-track",
            "inglenook pulse stop",
        ),
    ),
    "programme inbox": Command(
        later("what people sent you as a coordinator; wants support first"),
        _inbox,
        _inbox_arguments,
        ("inglenook programme inbox",),
        in_spaces=False,
    ),
    "programme publish": Command(
        later("put a win or a story that was released on the board"),
        _publish,
        _publish_arguments,
        ("inglenook programme publish i3",),
        in_spaces=False,
    ),
}
