"""A person's own devices: the old one shows a link, the new one takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import letting_in, recovery
from inglenook_client.cli.command import Command
from inglenook_client.cli.people import device_line
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call


def _add(call: Call) -> None:
    screen = call.screen
    recovery.offer(call)
    invited = call.run(lambda journal: journal.device_add())
    screen.document({"link": invited.link, "expires": invited.expires})
    screen.say(_("On your other device, use this link:"), "")
    letting_in.print_link(screen, invited)
    screen.say(
        _('There: inglenook device accept "LINK"   Then here: inglenook device approve'),
        _("Keep it to yourself: it leads to your whole journal once you approve."),
    )


def _accept_arguments(parser: ArgumentParser) -> None:
    from inglenook_client.cli.opening import key_arguments  # noqa: PLC0415 - shared with init

    parser.add_argument("link", metavar=_("LINK"), help=_("what your first device shows"))
    key_arguments(parser)


def _accept(call: Call) -> None:
    from inglenook_client.cli.opening import accept  # noqa: PLC0415 - shared with init

    joined = accept(call)
    screen = call.screen
    screen.document({"name": joined.name, "words": " ".join(joined.words)})
    name = one_line(joined.name)
    screen.say(_("This device asked {name}'s first device to be added.").format(name=name), "")
    letting_in.print_words(screen, joined.words)
    screen.say(
        _("On the first device: inglenook device approve   It shows the same words."),
        _("Then here: inglenook sync"),
    )


def _approve_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar=_("NAME"), help=_("which, if several wait"))
    parser.add_argument("--yes", action="store_true", help=_("the words are the same; add it"))


def _approve(call: Call) -> None:
    waiting = letting_in.chosen(call.run(lambda journal: journal.device_waiting()), call.args.name)
    name = one_line(waiting.name)
    let_in = letting_in.approve(
        call,
        waiting,
        _("Does “{name}” show the same words?").format(name=name),
        lambda which: call.run(lambda journal: journal.device_approve(which.id)),
    )
    if let_in is None:
        return
    words = " ".join(waiting.words)
    call.screen.document({"name": let_in, "approved": True, "words": words})
    message = _("“{name}” is yours now. Its next sync brings everything over.")
    call.screen.say(message.format(name=name))


def _list(call: Call) -> None:
    found = call.run(lambda journal: journal.devices())
    if call.screen.json:
        from inglenook_client.cli import jsonform  # noqa: PLC0415 - programs only

        call.screen.document([jsonform.device(each) for each in found])
        return
    call.screen.say(*(device_line(device) for device in found))
    if len(found) == 1:
        call.screen.tip(_("A second one keeps your words safe if this one is lost: device add"))


COMMANDS: Final = {
    "device add": Command(later("make a link for another device of yours"), _add, in_spaces=False),
    "device accept": Command(
        later("be the other device: use the link"),
        _accept,
        _accept_arguments,
        ('inglenook device accept "inglenook:device#…"',),
        in_spaces=False,
    ),
    "device approve": Command(
        later("let the other device in"), _approve, _approve_arguments, in_spaces=False
    ),
    "device list": Command(later("your devices"), _list, in_spaces=False),
}
