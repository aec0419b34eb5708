"""A person's own devices: the old one shows a link, the new one takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import kit_sheet, letting_in
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import DONE
from inglenook_client.cli.people import device_line
from inglenook_client.cli.screen import one_line
from inglenook_client.cli.syncing import reached
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Device, Report


def _add(call: Call) -> None:
    screen = call.screen
    kit_sheet.offer(call)
    invited = call.run(lambda journal: journal.device_add())
    screen.document({"link": invited.link, "expires": invited.expires})
    screen.say(_("On your other device, use this link:"), "")
    letting_in.print_link(screen, invited)
    screen.say(
        _('There: inglenook device accept "LINK"   Then here: inglenook device approve'),
        _("Keep it to yourself: it leads to your whole journal once you approve."),
    )


def _accept_arguments(parser: ArgumentParser) -> None:
    from inglenook_client.cli.opening import key_arguments

    parser.add_argument("link", metavar=_("LINK"), help=_("what your first device shows"))
    key_arguments(parser)


def _accept(call: Call) -> None:
    from inglenook_client.cli.opening import accept

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
        from inglenook_client.cli import jsonform

        call.screen.document([jsonform.device(each) for each in found])
        return
    call.screen.say(*(device_line(device) for device in found))
    if len(found) == 1:
        call.screen.tip(_("A second one keeps your words safe if this one is lost: device add"))


def _rename_arguments(parser: ArgumentParser) -> None:
    _named(parser)
    parser.add_argument("label", metavar=_("NEW"), help=_("what to call it from now on"))


def _named(parser: ArgumentParser) -> None:
    parser.add_argument(
        "name",
        metavar=_("NAME"),
        help=_("the device, or the first 8 letters and digits of its number (device list --json)"),
    )


def _rename(call: Call) -> int:
    device, report = call.run(lambda journal: _renamed(call, journal))
    label = one_line(call.args.label)
    call.screen.document({"device": device.id.hex(), "name": label, "was": device.name})
    message = _("“{old}” is called “{new}” now, here and for those you share with.")
    call.screen.say(message.format(old=one_line(device.name), new=label))
    return reached(call, report)


async def _renamed(call: Call, journal: Journal) -> tuple[Device, Report]:
    device = await journal.device(call.args.name)
    return device, await journal.device_rename(device, call.args.label)


def _revoke_arguments(parser: ArgumentParser) -> None:
    _named(parser)
    parser.add_argument("--yes", action="store_true", help=_("do not ask; remove it"))


def _revoke(call: Call) -> int:
    screen = call.screen
    device = call.run(lambda journal: journal.device_to_revoke(call.args.name))
    name = one_line(device.name)
    if not call.args.yes:
        screen.say(_("It gets nothing new from then on. What it has, it keeps."))
        question = (
            _("Remove this device, “{name}”, from your journal and every space?")
            if device.this
            else _("Remove “{name}” from your journal and every space?")
        )
        if not screen.agreed(question.format(name=name), "--yes"):
            screen.say(_("Nothing was changed."))
            return DONE
    report = call.run(lambda journal: journal.device_revoke(device))
    screen.document({"device": device.id.hex(), "name": device.name, "removed": True})
    screen.say(_("“{name}” is removed. It gets nothing new from now on.").format(name=name))
    return reached(call, report)


COMMANDS: Final = {
    "device add": Command(
        later("make a link for another device of yours"),
        _add,
        examples=("inglenook device add",),
        in_spaces=False,
    ),
    "device accept": Command(
        later("be the other device: use the link"),
        _accept,
        _accept_arguments,
        ('inglenook device accept "inglenook:device#…"',),
        in_spaces=False,
    ),
    "device approve": Command(
        later("let the other device in"),
        _approve,
        _approve_arguments,
        ("inglenook device approve",),
        in_spaces=False,
    ),
    "device list": Command(
        later("your devices"), _list, examples=("inglenook device list",), in_spaces=False
    ),
    "device rename": Command(
        later("call one of your devices something else"),
        _rename,
        _rename_arguments,
        ('inglenook device rename phone "old phone"',),
        in_spaces=False,
    ),
    "device revoke": Command(
        later("remove a device that was lost, stolen or given away"),
        _revoke,
        _revoke_arguments,
        ("inglenook device revoke phone",),
        in_spaces=False,
    ),
}
