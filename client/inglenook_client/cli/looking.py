"""Reading: the timeline and the search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client import ambient
from inglenook_client.cli import arguments, days
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Query, Shown, Space

RECENT: Final = 30
"""Events that `log` shows on a terminal unless it is asked for more."""
FOUND: Final = 50
"""Events that `search` shows unless it is asked for more."""


def _log_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-n", type=arguments.count, metavar=_("N"), help=_("only the newest so many")
    )
    parser.add_argument(
        "--from", dest="since", type=days.past_day, metavar=_("DATE"), help=_("from this day on")
    )
    parser.add_argument(
        "--to", "--until", dest="until", type=days.past_day, metavar=_("DATE"),
        help=_("up to this day"),
    )  # fmt: skip
    parser.add_argument(
        "--contains", metavar=_("LETTERS"), help=_("with these letters in the text")
    )
    parser.add_argument("--tag", metavar=_("TAG"), help=_("with this @tag"))
    parser.add_argument(
        "--on-this-day", action="store_true", help=_("from this day in earlier years")
    )
    parser.add_argument(
        "--low", action="store_true", help=_("with --on-this-day: also what you wrote while low")
    )
    parser.add_argument("--starred", action="store_true", help=_("only entries with a star"))
    arguments.as_of(parser)


def _log(call: Call) -> None:
    found, names = call.run(lambda journal: _timeline(call, journal))
    if any(shown.preview for shown in found) and not call.screen.plain:
        call.screen.say(_("Older entries are still on their way: inglenook sync"), "")
    brief = _is_brief(call) and len(found) > RECENT
    _print(call, found[-RECENT:] if brief else found, names)
    if brief:
        call.screen.tip("\n" + _("Earlier ones: inglenook log -n 100, or log --from DATE"))
    if not found:
        call.screen.say(*(_nothing(call) if call.run(_is_in) else _waiting()))


async def _is_in(journal: Journal) -> bool:
    """Whether this device was let into anything."""
    return bool(await journal.spaces())


def _waiting() -> list[str]:
    return [
        _("This device waits to be let in."),
        _("On your first device: inglenook device approve   Then here: inglenook sync"),
    ]


def _is_brief(call: Call) -> bool:
    """Whether the newest are enough: a person looks, and asked for nothing in particular."""
    args = call.args
    asked = (args.n, args.since, args.contains, args.tag, args.on_this_day, args.starred)
    return call.screen.on_terminal and not any(asked)


async def _timeline(call: Call, journal: Journal) -> tuple[list[Shown], dict[bytes, str]]:
    from inglenook_client.cli.naming import names
    from inglenook_client.journal.model import Query

    args = call.args
    space = await call.space(journal)
    query = Query(
        space=space.number if space else None,
        since=args.since,
        until=args.until,
        contains=args.contains,
        tag=args.tag,
        as_of=args.as_of,
        limit=args.n or (RECENT + 1 if _is_brief(call) else None),
    )
    if args.on_this_day:
        found = await _on_this_day(call, journal, space)
    else:
        found = await (_starred(journal, space, query) if args.starred else journal.log(query))
    return found, {} if call.screen.json else await names(journal, found)


async def _starred(journal: Journal, space: Space | None, query: Query) -> list[Shown]:
    page = await journal.views.entries(
        space, starred=True, tag=query.tag, since=query.since, until=query.until, limit=query.limit
    )
    return await journal.by_id_now([each.entry.id for each in reversed(page.items)])


async def _on_this_day(call: Call, journal: Journal, space: Space | None) -> list[Shown]:
    """Entries of this day in earlier years; what was written while low only where asked for."""
    days = await journal.views.on_this_day(ambient.today(), space, low=call.args.low)
    ids = [each.entry.id for _day, page in sorted(days.items()) for each in reversed(page.items)]
    return await journal.by_id_now(ids[-call.args.n :] if call.args.n else ids)


def _nothing(call: Call) -> list[str]:
    args = call.args
    asked = (args.since, args.until, args.contains, args.tag, args.on_this_day, args.as_of)
    if args.starred:
        return [
            _("No entry has a star."),
            _("To mark one: inglenook star e7   It is found again, and nobody else learns of it."),
        ]
    if args.on_this_day and not args.low:
        return [
            _("Nothing comes back from this day in earlier years."),
            _("What you wrote while low comes back only with --low."),
        ]
    if any(asked):
        return [_("Nothing here fits that.")]
    if args.space and args.space != "journal":
        return [
            _("Nothing is shared here yet."),
            _('A first step: inglenook ask "…" because asking is how the two of you begin.'),
        ]
    return [
        _("Nothing is written yet."),
        _('A first line: inglenook "walked home, felt ok"  Only you can read it.'),
    ]


def _print(call: Call, found: list[Shown], names: dict[bytes, str]) -> None:
    if call.screen.json:
        from inglenook_client.cli import jsonform

        call.screen.document(jsonform.events(found))
        return
    from inglenook_client.cli.timeline import print_events

    print_events(call.screen, found, names)


def _search_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar=_("WORD"), help=_("words to look for"))
    parser.add_argument(
        "-n", type=arguments.count, default=FOUND, metavar=_("N"), help=_("at most so many")
    )
    parser.add_argument(
        "--kind", dest="kinds", action="append", type=arguments.kinds, default=[],
        metavar=_("KIND"), help=_("only these: entry, mood, goal, question, win and so on"),
    )  # fmt: skip
    parser.add_argument("--by", metavar=_("NAME"), help=_("written by this person; me for you"))
    parser.add_argument(
        "--tag", dest="tags", action="append", default=[], metavar=_("TAG"),
        help=_("with this @tag"),
    )  # fmt: skip
    parser.add_argument(
        "--mood", dest="moods", type=arguments.moods, metavar=_("MOOD"),
        help=_("with this mood, such as 4 or 1-2"),
    )  # fmt: skip
    parser.add_argument(
        "--from", dest="since", type=days.past_day, metavar=_("DATE"), help=_("from this day on")
    )
    parser.add_argument("--until", type=days.past_day, metavar=_("DATE"), help=_("up to this day"))


def _search(call: Call) -> None:
    args = call.args
    narrowed = any((args.kinds, args.by, args.tags, args.moods, args.since, args.until))
    if not args.words and not narrowed:
        raise MistakeError(_("Say what to look for: words, or an option such as --tag exam."))
    found, names = call.run(lambda journal: _matches(call, journal))
    _print(call, found, names)
    if not found:
        call.screen.say(_nothing_found(args.words, narrowed=narrowed))
    elif len(found) == args.n:
        more = _("There may be more: inglenook search … -n {n}")
        call.screen.tip("\n" + more.format(n=4 * args.n))


def _nothing_found(words: list[str], *, narrowed: bool) -> str:
    if not any(sign.isalnum() for word in words for sign in word) and words:
        return _("There are no letters in that. For signs: inglenook log --contains")
    if narrowed:
        return _("Nothing here fits all of that. One option less finds more.")
    if len(words) == 1 and not any(sign.isspace() for sign in words[0]):
        return _("Nothing here has that word. Its first letters alone find more.")
    return _("Nothing here has those words. One word alone finds more.")


async def _matches(call: Call, journal: Journal) -> tuple[list[Shown], dict[bytes, str]]:
    from inglenook_client.cli.naming import names
    from inglenook_client.journal.model import SearchFilter

    args = call.args
    filters = SearchFilter(
        kinds=frozenset().union(*args.kinds),
        by=args.by,
        tags=tuple(args.tags),
        moods=args.moods or frozenset(),
        since=args.since,
        until=args.until,
    )
    space = await call.space(journal)
    words = " ".join(args.words)
    found = await journal.search(words, space=space, limit=args.n, filters=filters)
    return found, {} if call.screen.json else await names(journal, found)


COMMANDS: Final = {
    "log": Command(
        later("read what was written"),
        _log,
        _log_arguments,
        (
            "inglenook log -n 5",
            "inglenook log --from monday --tag exam",
            "inglenook log --as-of 2026-01-31",
        ),
        long=True,
    ),
    "search": Command(
        later("find words in everything"),
        _search,
        _search_arguments,
        (
            "inglenook search maths exam",
            "inglenook search '\"my own words\"' --by me --from monday",
            "inglenook search --tag exam --mood 1-2",
        ),
        long=True,
    ),
}
