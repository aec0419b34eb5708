"""Who can read a space: names, devices, since when, words checked or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from inglenook_client.calendar import short_day
from inglenook_client.cli import saying
from inglenook_client.cli.command import Command
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later
from inglenook_schema.control import LogType

if TYPE_CHECKING:
    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Device, Member, Space


def _who(call: Call) -> None:
    space, members = call.run(lambda journal: _readers(call, journal))
    if call.screen.json:
        from inglenook_client.cli import jsonform

        call.screen.document([jsonform.member(each) for each in members])
        return
    if space.name == saying.JOURNAL:
        call.screen.say(_("Your journal: only you can read it."), "")
    elif space.type is not LogType.PAIR:
        of_all = _("“{name}”: its coordinators write, and everybody enrolled reads.")
        own = _("“{name}”: only its coordinators can read it.")
        said = of_all if space.type is LogType.PROGRAMME else own
        call.screen.say(said.format(name=one_line(space.name)), "")
    else:
        name = saying.partner(space.name)
        call.screen.say(
            _("What you share with {name}: both of you can read it.").format(name=name), ""
        )
    for member in members:
        call.screen.say(f"  {call.screen.bold(_title(member))}")
        call.screen.say(*(f"      {device_line(device)}" for device in member.devices))
    writes = space.type is not LogType.PROGRAMME or space.writable
    if writes and not all(member.checked or member.left for member in members):
        call.screen.say("", _("The safety words are not checked yet: inglenook pair words"))


async def _readers(call: Call, journal: Journal) -> tuple[Space, list[Member]]:
    named = call.args.space
    pairs = [space for space in await journal.spaces() if space.open and space.partner]
    space = await journal.space(named, pair=bool(pairs))
    return space, [_named(each, space.name) for each in await journal.who(space)]


def _named(member: Member, space: str) -> Member:
    """Who has not said their name yet is called as their space is."""
    return member if member.name else msgspec.structs.replace(member, name=space)


def _title(member: Member) -> str:
    name = one_line(member.name)
    parts = [_("{name} (you)").format(name=name) if member.me else name, saying.word(member.role)]
    if member.left:
        parts.append(_("left on {day}").format(day=short_day(member.left)))
    elif not member.me:
        parts.append(_("words checked") if member.checked else _("words not checked"))
    return ", ".join(parts)


def device_line(device: Device) -> str:
    """One device: its name, since when, whether it is this one."""
    parts = [one_line(device.name)]
    if device.since:
        parts.append(_("since {day}").format(day=short_day(device.since)))
    if device.this:
        parts.append(_("this one"))
    if not device.here:
        parts.append(_("not here yet"))
    return ", ".join(parts)


COMMANDS: Final = {
    "who": Command(later("who can read what you share"), _who, examples=("inglenook who",)),
}
