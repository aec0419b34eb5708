"""Who one is to the others of a space: each space has its own profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from inglenook_client.cli import saying
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.saving import append, moment, without_none
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later
from inglenook_schema.events.looking_back import ProfileSet

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.profiles import Profile
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown, Space

_FIELDS: Final = (
    ("pronouns", later("Pronouns")),
    ("languages", later("Languages")),
    ("interests", later("Likes")),
    ("how_i_like_help", later("How I like help")),
    ("good_times", later("Good times")),
    ("setting", later("Where")),
    ("stage", later("Stage")),
)
"""What a profile says besides the name, with its label."""


# --- show -----------------------------------------------------------------------------


def _show(call: Call) -> None:
    space, people = call.run(lambda journal: _people(call, journal))
    if call.screen.json:
        from inglenook_client.cli import itemform

        spaces = {space.number: space.name}
        call.screen.document([itemform.item(each, {}, spaces) for each in people])
        return
    for number, profile in enumerate(people):
        name = one_line(profile.display_name)
        title = _("{name} (you)").format(name=name) if profile.said.mine else name
        call.screen.say(*([""] if number else []), call.screen.bold(title))
        call.screen.say(*(f"    {line}" for line in _lines(profile)))
    if not any(profile.said.mine and any(_lines(profile)) for profile in people):
        call.screen.say(
            "",
            _("To say how you like to be helped, which stands on top of each agenda:"),
            _('  inglenook profile set --how-i-like-help "…"'),
        )


async def _people(call: Call, journal: Journal) -> tuple[Space, tuple[Profile, ...]]:
    space = await _space(call, journal)
    return space, await journal.views.people(space)


def _lines(profile: Profile) -> Iterator[str]:
    for name, label in _FIELDS:
        said = getattr(profile, name)
        if said:
            words = ", ".join(said) if isinstance(said, tuple) else one_line(said)
            yield f"{_(label)}: {words}"


# --- set ------------------------------------------------------------------------------


def _set_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--name", metavar=_("NAME"), help=_("what you want to be called"))
    parser.add_argument("--pronouns", metavar=_("TEXT"), help=_("your pronouns"))
    parser.add_argument(
        "--language", action="append", metavar=_("TEXT"), help=_("one you speak; may be said again")
    )
    parser.add_argument(
        "--interest", action="append", metavar=_("TEXT"), help=_("what you like; may be said again")
    )
    parser.add_argument("--how-i-like-help", metavar=_("TEXT"), help=_("how you like to be helped"))
    parser.add_argument("--good-times", metavar=_("TEXT"), help=_("when you can usually be met"))
    parser.add_argument("--setting", metavar=_("TEXT"), help=_("school, work, club: your word"))
    parser.add_argument("--stage", metavar=_("TEXT"), help=_("where you are on your way"))


def _changes(call: Call) -> dict[str, Any]:
    args = call.args
    return without_none(
        display_name=args.name,
        pronouns=args.pronouns,
        languages=tuple(args.language) if args.language else None,
        interests=tuple(args.interest) if args.interest else None,
        how_i_like_help=args.how_i_like_help,
        good_times=args.good_times,
        setting=args.setting,
        stage=args.stage,
    )


def _set(call: Call) -> None:
    if not _changes(call):
        raise MistakeError(
            _('Say what to set, for example: --how-i-like-help "ask first, then tell me"')
        )
    call.wrote(call.run(lambda journal: _say(call, journal)))
    if call.args.name and call.args.space is None:
        call.screen.say(_("Whoever you pair with from now on is told this name too."))


async def _say(call: Call, journal: Journal) -> Shown:
    space = await _space(call, journal)
    shown = await _say_in(call, journal, space, _changes(call))
    own = await journal.space(saying.JOURNAL)
    if call.args.name and call.args.space is None and own.number != space.number:
        # new pairs begin with the name in the journal
        await _say_in(call, journal, own, {"display_name": call.args.name})
    return shown


async def _say_in(call: Call, journal: Journal, space: Space, changes: dict[str, Any]) -> Shown:
    people = await journal.views.people(space)
    mine = next((each for each in people if each.said.mine), None)
    # A profile replaces the earlier one whole: what is not changed is said again.
    kept = {name: getattr(mine, name) for name, _label in _FIELDS} if mine else {}
    content = ProfileSet(
        display_name=mine.display_name if mine else journal.name, **kept, **await moment(journal)
    )
    return await append(call, journal, space, msgspec.structs.replace(content, **changes))


async def _space(call: Call, journal: Journal) -> Space:
    """The pair where there is one, since a profile is for somebody to read."""
    named = call.args.space
    pairs = [space for space in await journal.spaces() if space.open and space.partner]
    return await journal.space(named, pair=bool(pairs))


COMMANDS: Final = {
    "profile show": Command(
        later("who you are to each other, and how you like to be helped"),
        _show,
        examples=("inglenook profile show",),
    ),
    "profile set": Command(
        later("say who you are, and how you like to be helped"),
        _set,
        _set_arguments,
        ('inglenook profile set --how-i-like-help "ask me first, then tell me"',),
        writes=True,
    ),
}
