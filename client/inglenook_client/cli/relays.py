"""Where sealed copies wait: the relays of this journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli.command import Command
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("url", metavar=_("URL"), help=_("its address, such as https://…"))
    parser.add_argument("--voucher", metavar=_("CODE"), help=_("a code that it may ask for"))


def _add(call: Call) -> None:
    args, screen = call.args, call.screen
    origin = call.run(lambda journal: journal.add_relay(args.url, voucher=args.voucher or ""))
    screen.document({"relay": origin})
    screen.say(
        _("Relay: {url}").format(url=origin),
        _("It carries sealed copies and can open none. To send: inglenook sync"),
    )


def _list(call: Call) -> None:
    found = call.run(lambda journal: journal.relays())
    call.screen.document([{"relay": origin} for origin, _voucher in found])
    call.screen.say(*(origin for origin, _voucher in found))
    if not found:
        call.screen.say(
            _("There is no relay: everything stays on this device."),
            _("To reach another device or a mentor: inglenook relay add URL"),
        )


COMMANDS: Final = {
    "relay add": Command(
        later("use a relay"),
        _add,
        _add_arguments,
        ("inglenook relay add https://relay.example",),
        in_spaces=False,
    ),
    "relay list": Command(later("the relays in use"), _list, in_spaces=False),
}
