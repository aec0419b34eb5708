"""Erasing what one wrote, and how far that has got: here, at the relay, on other devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inglenook_client.cli import arguments, saying
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import DONE, OFFLINE
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.cli.screen import Screen
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Gone, Report, Shown

_AT_ONCE: Final = 10
"""So many a day go from other devices without delay (architecture 7)."""


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "ids", type=arguments.reference, nargs="+", metavar=_("ID"), help=_("such as e7, g1 or q2")
    )
    parser.add_argument(
        "--deep",
        action="store_true",
        help=_("also change the space's key, so that an old one opens nothing new"),
    )
    parser.add_argument("--yes", action="store_true", help=_("erase without asking again"))


def _erase(call: Call) -> int:
    found = call.run(lambda journal: _chosen(call, journal))
    if not call.args.yes and not _agreed(call.screen, found):
        call.screen.say(_("Nothing was erased."))
        return DONE
    gone, report = call.run(lambda journal: _write(call, journal, found))
    offline = report is not None and report.offline
    call.screen.document({"erased": [entry(each) for each in gone], "offline": offline})
    for each in gone:
        call.screen.say(*lines(each))
    if len(gone) > _AT_ONCE:
        call.screen.say(
            _("Other devices forget ten a day when they next sync, and the rest three days later.")
        )
    if report is not None:
        call.screen.say(*report.news)
    if report is not None and report.offline:
        call.screen.warn(report.problem)
        return OFFLINE
    return DONE


async def _chosen(call: Call, journal: Journal) -> list[Shown]:
    return [await journal.find(ref) for ref in call.args.ids]


def _agreed(screen: Screen, found: list[Shown]) -> bool:
    from inglenook_client.cli.naming import title

    for shown in found:
        about = " · ".join(
            part for part in (saying.readers(shown.space), title(shown.text)) if part
        )
        screen.say(f"{screen.bold(shown.short or shown.event.hex()[:8])}  {about}")
    question = ngettext(
        "Erase it? The words go from this device now, from the relay, and from other devices"
        " when they next sync. What somebody has read cannot be called back.",
        "Erase them? The words go from this device now, from the relay, and from other devices"
        " when they next sync. What somebody has read cannot be called back.",
        len(found),
    )
    return screen.agreed(question, "--yes")


async def _write(
    call: Call, journal: Journal, found: list[Shown]
) -> tuple[list[Gone], Report | None]:
    ids = [shown.event for shown in found]
    erasing = await journal.erase(ids, deep=call.args.deep)
    report = await journal.sync() if journal.relay is not None else None
    now = await journal.gone([gone.event for gone in erasing.gone])
    return now.gone, report


def entry(gone: Gone) -> dict[str, Any]:
    """One erased entry for programs."""
    return {"id": gone.short, "event": gone.event.hex(), "space": gone.space, **state(gone)}


def state(gone: Gone) -> dict[str, Any]:
    """How far it is, for programs."""
    return {
        "here": gone.here,
        "until": gone.until or None,
        "relay": str(gone.relay),
        "copies": list(gone.copies),
    }


def lines(gone: Gone) -> list[str]:
    """How far an erased entry is from being gone, in sentences."""
    name = gone.short or gone.event.hex()[:8]
    said = [
        _("{id} is erased: its words are gone from this device.").format(id=name)
        if gone.here
        else _("{id} is erased: its words are hidden, and go from this device by {date}.").format(
            id=name, date=gone.until
        )
    ]
    match str(gone.relay):
        case "confirmed":
            said.append(_("The relay: confirmed. Other devices forget it when they next sync."))
        case "not confirmed":
            said.append(_("The relay: not confirmed yet. Each sync asks again."))
        case _:
            pass
    said += [
        _(
            "It was shared as {copy}. That is another entry and stays: inglenook erase {copy}"
        ).format(copy=copy)
        for copy in gone.copies
    ]
    return said


COMMANDS: Final = {
    "erase": Command(
        later("take back something you wrote, here and at the relay"),
        _erase,
        _arguments,
        ("inglenook erase e7", "inglenook erase e7 e8 --deep --yes"),
        in_spaces=False,
    ),
}
