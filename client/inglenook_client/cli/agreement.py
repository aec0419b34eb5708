"""The agreement of a pair: what both hope for, how often they meet, what stays between them.

It is in force once both accepted the same version; a change is a new version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import saying, sections, times
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.saving import append, moment
from inglenook_client.cli.timeline import text_lines
from inglenook_client.words import _, later
from inglenook_schema.events.checkins import Rhythm
from inglenook_schema.events.relationship import AgreementAccepted, AgreementProposed

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.relationship import Agreement
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown, Space
    from inglenook_client.journal.views.us import Us

SHOW, PROPOSE, ACCEPT = "show", "propose", "accept"


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "act", nargs="?", choices=(SHOW, PROPOSE, ACCEPT), default=SHOW, metavar=_("ACT"),
        help=_("show, propose or accept; show if you do not say"),
    )  # fmt: skip
    parser.add_argument("--all", action="store_true", help=_("show every version"))
    parser.add_argument("--hopes", metavar=_("TEXT"), help=_("what you hope for"))
    parser.add_argument(
        "--meet-every", type=times.rhythm, metavar=_("TIME"), help=_("week, 2 weeks, month")
    )
    parser.add_argument(
        "--contact-hours", metavar=_("TEXT"), help=_("when you may write to each other")
    )
    parser.add_argument(
        "--boundary", action="append", default=[], metavar=_("TEXT"),
        help=_("what is off limits; may be said again"),
    )  # fmt: skip
    parser.add_argument(
        "--limits", metavar=_("TEXT"), help=_("the limits of confidentiality, word for word")
    )
    parser.add_argument("--yes", action="store_true", help=_("you read it and agree"))


def _agreement(call: Call) -> None:
    match call.args.act:
        case "propose":
            _propose(call)
        case "accept":
            _accept(call)
        case _:
            _show(call)


# --- propose --------------------------------------------------------------------------


def usual_limits() -> str:
    """The limits of confidentiality that a proposal starts from."""
    return _(
        "What we tell each other stays between us. If one of us, or somebody else, may come to"
        " serious harm, it is told to an adult who can help, and we say so to each other first"
        " where we can."
    )


def _headings() -> dict[str, str]:
    return {
        "hopes": _("What we hope for"),
        "meet_every": _("How often we meet: week, 2 weeks, month"),
        "contact_hours": _("When we may write to each other"),
        "boundaries": _("What is off limits, one a line"),
        "limits_text": _("Limits of confidentiality"),
    }


def _propose(call: Call) -> None:
    args = call.args
    space = call.run(lambda journal: journal.space(args.space, pair=True))
    flags = args.hopes or args.meet_every or args.contact_hours
    form = sections.template(_headings(), filled={"limits_text": args.limits or usual_limits()})
    with call.words("" if flags else None, form) as text:
        said = sections.read(text, _headings(), "hopes")
        shown = call.run(lambda journal: _put(call, journal, said))
    call.wrote(shown)
    name = saying.partner(space.name)
    call.screen.say(
        _("You agree to it. It counts once {name} accepts: inglenook pair agreement accept").format(
            name=name
        )
    )


async def _put(call: Call, journal: Journal, said: dict[str, str]) -> Shown:
    args = call.args
    space = await journal.space(args.space, pair=True)
    in_force = (await journal.views.us(space)).agreement
    content = AgreementProposed(
        hopes=args.hopes or said.get("hopes", ""),
        meet_every=args.meet_every or _rhythm(said.get("meet_every")),
        contact_hours=args.contact_hours or said.get("contact_hours", ""),
        boundaries=(*sections.lines(said.get("boundaries", "")), *args.boundary),
        limits_text=args.limits or said.get("limits_text") or usual_limits(),
        replaces=in_force.id if in_force else None,
        **await moment(journal),
    )
    shown = await append(call, journal, space, content)
    await append(
        call, journal, space, AgreementAccepted(version=shown.event, **await moment(journal))
    )
    return shown


def _rhythm(said: str | None) -> Rhythm:
    from argparse import ArgumentTypeError

    try:
        return times.rhythm(said) if said else Rhythm()
    except ArgumentTypeError as error:
        raise MistakeError(str(error)) from None


# --- show -----------------------------------------------------------------------------


def _show(call: Call) -> None:
    space, us = call.run(lambda journal: _us(call, journal))
    screen = call.screen
    if screen.json:
        from inglenook_client.cli import itemform

        screen.document(itemform.item(us, {}, {space.number: space.name}))
        return
    if not us.versions:
        screen.say(
            _("You and {name} have no agreement yet.").format(name=saying.partner(space.name)),
            _("To suggest one: inglenook pair agreement propose"),
            _("It says what you hope for and what stays between you, before it matters."),
        )
        return
    now = [us.agreement] if us.agreement else []
    for number, version in enumerate(us.versions if call.args.all else [*now, *us.waiting]):
        screen.say(*([""] if number else []), *_version(call, us, version))
    if any(_is_open(version) for version in us.waiting):
        screen.say("", _("To agree to it: inglenook pair agreement accept"))


def _is_open(version: Agreement) -> bool:
    """Whether it waits for this person."""
    return not any(mark.mine for mark in version.accepted)


async def _us(call: Call, journal: Journal) -> tuple[Space, Us]:
    space = await journal.space(call.args.space, pair=True)
    return space, await journal.views.us(space)


def _version(call: Call, us: Us, version: Agreement) -> Iterator[str]:
    number = us.versions.index(version) + 1
    if version == us.agreement:
        standing = _("in force")
    else:
        who = [saying.writer(mark) for mark in version.accepted]
        standing = _("accepted by {names}").format(names=", ".join(who)) if who else _("proposed")
    title = _("Version {n}, {day}: {standing}").format(
        n=number, day=short_day(version.proposed.date), standing=standing
    )
    yield call.screen.bold(title)
    yield ""
    for label, said in _parts(version):
        yield f"    {label}:"
        yield from (f"      {line}" for line in text_lines(said, call.screen.width))


def _parts(version: Agreement) -> Iterator[tuple[str, str]]:
    yield _("What we hope for"), version.hopes
    yield _("How often we meet"), saying.rhythm(version.meet_every.every, version.meet_every.unit)
    yield _("When we may write to each other"), version.contact_hours
    if version.boundaries:
        yield _("What is off limits"), "\n".join(f"- {each}" for each in version.boundaries)
    yield _("Limits of confidentiality"), version.limits_text


# --- accept ---------------------------------------------------------------------------


def _accept(call: Call) -> None:
    space, us = call.run(lambda journal: _us(call, journal))
    waiting = [each for each in us.waiting if _is_open(each)]
    if not waiting:
        raise MistakeError(_("There is nothing to accept."))
    newest = waiting[-1]
    if not call.args.yes:
        call.screen.say(*_version(call, us, newest), "")
        name = saying.partner(space.name)
        question = _("Do you agree to exactly this, with {name}?").format(name=name)
        if not call.screen.agreed(question, "--yes"):
            call.screen.say(
                _("Not accepted. To suggest other words: inglenook pair agreement propose")
            )
            return
    call.wrote(call.run(lambda journal: _agree(call, journal, space, newest.id)))


async def _agree(call: Call, journal: Journal, space: Space, version: bytes) -> Shown:
    content = AgreementAccepted(version=version, **await moment(journal))
    return await append(call, journal, space, content)


COMMANDS: Final = {
    "pair agreement": Command(
        later("what you two agreed on: show it, propose, accept"),
        _agreement,
        _arguments,
        (
            "inglenook pair agreement",
            'inglenook pair agreement propose --hopes "a calm year" --meet-every "2 weeks"',
            "inglenook pair agreement accept",
        ),
        writes=True,
    ),
}
