"""Where sealed copies wait: the relays of this journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import saying
from inglenook_client.cli.command import Command
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Moved, RelayShown


def _url(parser: ArgumentParser) -> None:
    parser.add_argument("url", metavar=_("URL"), help=_("its address, such as https://…"))


def _voucher(parser: ArgumentParser) -> None:
    parser.add_argument("--voucher", metavar=_("CODE"), help=_("a code that it may ask for"))


def _add_arguments(parser: ArgumentParser) -> None:
    _url(parser)
    _voucher(parser)


def _add(call: Call) -> None:
    args, screen = call.args, call.screen

    async def add(journal: Journal) -> Moved:
        space = await call.space(journal)
        return await journal.add_relay(args.url, voucher=args.voucher or "", space=space)

    moved = call.run(add)
    screen.document({"relay": moved.origin, **_spaces(moved)})
    screen.say(
        _("Relay: {url}").format(url=moved.origin),
        _("It carries sealed copies and can open none. To send: inglenook sync"),
    )
    for name in moved.spaces:
        if name != saying.JOURNAL:
            screen.say(
                _("What you share in “{space}” lies there too from now on.").format(space=name)
            )
    for name in moved.stayed:
        message = _(
            "“{space}” stays where your partner put it. To add this relay there too:"
            ' inglenook relay add {url} --space "{space}"'
        )
        screen.say(message.format(space=name, url=moved.origin))
    for name in moved.waiting:
        message = _("“{space}” stays where it is until you compared the safety words.")
        screen.say(message.format(space=name))


def _remove_arguments(parser: ArgumentParser) -> None:
    _url(parser)
    parser.add_argument(
        "--yes", action="store_true", help=_("also if the journal then stays on this device only")
    )


def _remove(call: Call) -> None:
    from inglenook_client.journal.errors import LastRelayError

    args, screen = call.args, call.screen
    try:
        moved = call.run(lambda journal: journal.remove_relay(args.url, alone=args.yes))
    except LastRelayError:
        question = _("Your journal lies at no other relay. Keep it on this device only?")
        if not screen.agreed(question, "--yes"):
            screen.document({"relay": args.url, "removed": False})
            screen.say(_("Nothing was changed."))
            return
        moved = call.run(lambda journal: journal.remove_relay(args.url, alone=True))
    screen.document({"relay": moved.origin, "removed": True, **_spaces(moved)})
    screen.say(_("{url} is no longer used.").format(url=moved.origin))
    if moved.alone:
        screen.say(
            _("What lies there already stays there, sealed, until the relay drops it."),
            _("From now on your journal lies on this device only: keep a copy of it."),
        )
    _say_left(call, moved)


def _move_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("old", metavar=_("OLD"), help=_("the relay to leave"))
    parser.add_argument("new", metavar=_("NEW"), help=_("the relay to go to"))
    _voucher(parser)


def _move(call: Call) -> None:
    args, screen = call.args, call.screen
    moved = call.run(
        lambda journal: journal.move_relay(args.old, args.new, voucher=args.voucher or "")
    )
    screen.document({"relay": moved.origin, **_spaces(moved)})
    screen.say(_("What lay at {old} lies at {new} now.").format(old=args.old, new=moved.origin))
    _say_left(call, moved)
    screen.say(
        _("If the old relay is gone for good, do the same on your other devices, and ask your"),
        _("partner to: inglenook relay move {old} {new}").format(old=args.old, new=moved.origin),
    )


def _say_left(call: Call, moved: Moved) -> None:
    call.screen.say(_("Your other devices and your partner follow. To send: inglenook sync"))
    if moved.invites:
        call.screen.say(
            ngettext(
                "An open invite leads to the old relay: make a new one if it does not work.",
                "{count} open invites lead to the old relay: make new ones if they do not work.",
                moved.invites,
            ).format(count=moved.invites)
        )


def _spaces(moved: Moved) -> dict[str, list[str]]:
    return {"spaces": moved.spaces, "stayed": moved.stayed, "waiting": moved.waiting}


def _list(call: Call) -> None:
    found = call.run(lambda journal: journal.relays())
    if call.screen.json:
        from inglenook_client.cli import jsonform

        call.screen.document([jsonform.relay(each) for each in found])
        return
    call.screen.say(*(_line(each) for each in found))
    if not found:
        call.screen.say(
            _("There is no relay: everything stays on this device."),
            _("To reach another device or a mentor: inglenook relay add URL"),
        )


def _line(relay: RelayShown) -> str:
    parts = [relay.origin, ", ".join(relay.spaces)] if relay.spaces else [relay.origin]
    if relay.left:
        parts.append(_("left; still asked for late words"))
    reached = _("last reached {day}").format(day=short_day(relay.reached))
    parts.append(reached if relay.reached else _("not reached yet"))
    return "  ".join(parts)


COMMANDS: Final = {
    "relay add": Command(
        later("use a relay, or one more"),
        _add,
        _add_arguments,
        ("inglenook relay add https://relay.example",),
    ),
    "relay list": Command(
        later("the relays in use, and what lies there"),
        _list,
        examples=("inglenook relay list",),
        in_spaces=False,
    ),
    "relay remove": Command(
        later("use a relay no longer"),
        _remove,
        _remove_arguments,
        ("inglenook relay remove https://relay.example",),
        in_spaces=False,
    ),
    "relay move": Command(
        later("use another relay instead of one"),
        _move,
        _move_arguments,
        ("inglenook relay move https://old.example https://new.example",),
        in_spaces=False,
    ),
}
