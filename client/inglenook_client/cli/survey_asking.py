"""Surveys, for coordinators: a file becomes questions, two operators sign, sums come back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inglenook_client import words
from inglenook_client.cli import surveys as showing
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.programmes import programme_option
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later
from inglenook_schema.programme import COORDINATOR

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.programmes import Programme
    from inglenook_client.journal.survey_asking import Prepared, Waiting


def _new_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", type=Path, metavar=_("FILE"), help=_("the questions, as text")
    )
    _pulse_option(parser)
    programme_option(parser)


def _pulse_option(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--pulse",
        action="store_true",
        help=_("in a file's place: did you meet this month, would you like some support"),
    )


def _pulse() -> str:
    """The counted pulse: two boxes to tick, counted as any other."""
    lines = (
        ("title", _("This month")),
        ("closes", "14 days"),
        ("tick", _("We met this month")),
        ("tick", _("I would like some support")),
    )
    return "\n".join((f"language: {words.language()}", *(f"{a}: {b}" for a, b in lines)))


def _new(call: Call) -> None:
    prepared = call.run(lambda journal: _prepare(call, journal))
    call.screen.document({"proposed": False, **showing.terms_json(prepared.terms)})
    _show(call, prepared)
    call.screen.say("", _("Nothing was sent. To ask it: inglenook survey publish FILE"))


async def _prepare(call: Call, journal: Journal) -> Prepared:
    from inglenook_client.core.sums.asking import read_draft

    text = _pulse() if call.args.pulse else _text(call.args.file)
    programme = await _programme(call, journal)
    return await journal.survey_asking.prepare(programme, read_draft(text))


def _text(file: Path | None) -> str:
    if file is None:
        raise MistakeError(_("Say which file the questions are in, or --pulse."))
    try:
        return file.read_text("utf-8")
    except (OSError, ValueError):
        raise MistakeError(_("That file cannot be read.")) from None


async def _programme(call: Call, journal: Journal) -> Programme:
    return await journal.programmes.choose(call.args.programme, role=COORDINATOR)


def _show(call: Call, prepared: Prepared) -> None:
    """What a member will read."""
    terms = prepared.terms
    call.screen.say(
        _("A member will read:"),
        "",
        one_line(terms.title[0][1]),
        *showing.asked(terms),
        "",
        *showing.promise(terms),
    )


def _publish_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", type=Path, metavar=_("FILE"),
        help=_("the questions; without it, what was proposed before is looked after"),
    )  # fmt: skip
    _pulse_option(parser)
    parser.add_argument("--yes", action="store_true", help=_("you saw it; ask it"))
    programme_option(parser)


def _publish(call: Call) -> None:
    if call.args.file is not None or call.args.pulse:
        prepared = call.run(lambda journal: _prepare(call, journal))
        if not call.args.yes:
            _show(call, prepared)
            if not call.screen.agreed(_("Ask exactly this?"), "--yes"):
                call.screen.say(_("Nothing was sent."))
                return
        waiting = call.run(lambda journal: journal.survey_asking.propose(prepared))
    else:
        waiting = call.run(lambda journal: _visit(call, journal))
    call.screen.document(
        [{"title": w.title, "phase": w.phase.name.lower(), "reason": w.reason} for w in waiting]
    )
    if not waiting:
        call.screen.say(_("Nothing is proposed. To ask something: inglenook survey publish FILE"))
    call.screen.say(*(_line(each) for each in waiting))


async def _visit(call: Call, journal: Journal) -> list[Waiting]:
    return await journal.survey_asking.visit(await _programme(call, journal))


def _line(each: Waiting) -> str:
    from inglenook_schema.sums.frames import Phase

    title = one_line(each.title)
    match each.phase:
        case Phase.PROPOSED:
            return _(
                "“{title}” waits for the Witness. After its next visit: inglenook survey publish"
            ).format(title=title)
        case Phase.REFUSED:
            return _("“{title}” was refused: {reason}").format(
                title=title, reason=one_line(each.reason)
            )
        case _:
            return _("“{title}” is published; members find it with their next sync.").format(
                title=title
            )


def _close_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("ref", nargs="?", metavar=_("ID"), help=_("which survey: v1"))


def _close(call: Call) -> None:
    async def close(journal: Journal) -> tuple[str, bool]:
        survey = await journal.surveys.choose(call.args.ref)
        if survey.result is not None:
            return survey.short, True
        return survey.short, await journal.survey_asking.close(survey) is None

    short, done = call.run(close)
    call.screen.document({"id": short, "counted": done})
    if done:
        call.screen.say(_("Counted and published: inglenook survey results {id}").format(id=short))
    else:
        call.screen.say(_("Both halves are being checked. After the Witness's next visit, again."))


COMMANDS = {
    "survey new": Command(
        later("see a survey as members will read it; nothing is sent"),
        _new,
        _new_arguments,
        ("inglenook survey new month.txt", "inglenook survey new --pulse"),
        in_spaces=False,
    ),
    "survey publish": Command(
        later("ask it, once the relay and the Witness have signed it"),
        _publish,
        _publish_arguments,
        ("inglenook survey publish month.txt", "inglenook survey publish"),
        in_spaces=False,
    ),
    "survey close": Command(
        later("count a survey whose dates have passed, and publish the sums"),
        _close,
        _close_arguments,
        ("inglenook survey close v1",),
        in_spaces=False,
    ),
}
