"""How things stand on this device, and whether all of it verifies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import saying
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import DONE, INTEGRITY
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.cli.screen import Screen
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import SpaceStatus, Status


def _status(call: Call) -> None:
    found, named = call.run(lambda journal: _standing(call, journal))
    spaces = [space for space in found.spaces if named in {None, space.name}]
    if call.screen.json:
        from inglenook_client.cli import jsonform

        document = jsonform.status(found)
        document["spaces"] = [each for each in document["spaces"] if named in {None, each["name"]}]
        call.screen.document(document)
        return
    _print_relay(call.screen, found)
    for space in spaces:
        _print_space(call.screen, space, relay=found.relay is not None)
    if found.files_waiting:
        message = ngettext(
            "{n} file waits to be sent", "{n} files wait to be sent", found.files_waiting
        )
        call.screen.say(f"  {message.format(n=found.files_waiting)}")
    if found.problems:
        call.screen.say("", *found.problems)


async def _standing(call: Call, journal: Journal) -> tuple[Status, str | None]:
    space = await call.space(journal)
    return await journal.status(), space.name if space else None


def _print_relay(screen: Screen, found: Status) -> None:
    if found.relay is None:
        screen.say(_("Everything is saved on this device. There is no relay."), "")
    else:
        screen.say(
            _("Everything is saved on this device."),
            _("Relay: {url}").format(url=found.relay),
            "",
        )


def _print_space(screen: Screen, space: SpaceStatus, *, relay: bool) -> None:
    if space.ended:
        screen.say(f"  {screen.bold(space.name)}: {space.ended}")
        return
    if not relay:
        screen.say(f"  {screen.bold(saying.word(space.name))}: {saying.readers(space.name)}")
        return
    counts = [
        ngettext("{n} waiting to send", "{n} waiting to send", space.waiting).format(
            n=space.waiting
        ),
        ngettext("{n} on the relay", "{n} on the relay", space.on_relay).format(n=space.on_relay),
    ]
    for held in space.on:
        message = ngettext("{n} on {device}", "{n} on {device}", held.events)
        counts.append(message.format(n=held.events, device=one_line(held.device)))
    if space.undelivered:
        message = ngettext("{n} not here yet", "{n} not here yet", space.undelivered)
        counts.append(message.format(n=space.undelivered))
    screen.say(f"  {screen.bold(saying.word(space.name))}: {' · '.join(counts)}")
    if space.quiet_since:
        from inglenook_client.calendar import day_name

        message = _("Nothing from {name}'s devices since {day}.")
        name = saying.partner(space.name)
        screen.say("    " + message.format(name=name, day=day_name(space.quiet_since)))


def _doctor_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--rebuild", action="store_true",
        help=_("make the search and all else that follows from your entries anew"),
    )  # fmt: skip


def _doctor(call: Call) -> int:
    rebuilt = {}
    if call.args.rebuild:
        events = call.run(lambda journal: journal.rebuild())
        call.screen.say(
            ngettext(
                "Made the search and everything else anew from {n} event. No word was changed.",
                "Made the search and everything else anew from {n} events. No word was changed.",
                events,
            ).format(n=events)
        )
        rebuilt = {"rebuilt": events}
    found = call.run(lambda journal: journal.doctor())
    if call.screen.json:
        from inglenook_client.cli import jsonform

        call.screen.document(jsonform.check(found) | rebuilt)
    call.screen.say(*found.problems, *found.notes)
    if found.ok:
        call.screen.say(_("Everything on this device verifies."))
    return DONE if found.ok else INTEGRITY


COMMANDS: Final = {
    "status": Command(later("how far everything has got"), _status, examples=("inglenook status",)),
    "doctor": Command(
        later("verify everything on this device"),
        _doctor,
        _doctor_arguments,
        ("inglenook doctor", "inglenook doctor --rebuild"),
        in_spaces=False,
    ),
}
