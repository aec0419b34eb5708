"""Join codes: making a sheet of them, using one, letting people in, taking them out again."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import letting_in
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.programmes import asks_line, programme_option
from inglenook_client.cli.screen import one_line
from inglenook_client.transports import pack_file
from inglenook_client.words import _, later, ngettext
from inglenook_schema.events.enrolling import InvitePassedOn
from inglenook_schema.programme import COORDINATOR, MEMBER

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.enrolled import Enrolled
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.programmes import Asks, Code, Programme


# --- invite ---------------------------------------------------------------------------


def _invite_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--count", type=int, metavar=_("N"), help=_("how many codes; one if you do not say")
    )
    parser.add_argument(
        "--for", action="append", default=[], dest="names", metavar=_("NAME"),
        help=_("for whom a code is; may be said again"),
    )  # fmt: skip
    parser.add_argument(
        "--sheet", type=Path, metavar=_("FILE"),
        help=_("write them as a page to print and cut, instead of showing them"),
    )  # fmt: skip
    parser.add_argument(
        "--coordinator", action="store_true", help=_("whoever uses it is to coordinate too")
    )
    parser.add_argument(
        "--pass-on", metavar=_("NAME"), help=_("send the codes to this member, to pass on")
    )
    parser.add_argument(
        "--revoke", action="store_true", help=_("take back the codes nobody was let in by")
    )
    programme_option(parser)


def _invite(call: Call) -> None:
    args, screen = call.args, call.screen
    if args.revoke:
        count = call.run(lambda journal: journal.programmes.revoke())
        screen.document({"revoked": count})
        message = ngettext("{n} code is taken back.", "{n} codes are taken back.", count)
        screen.say(message.format(n=count))
        return
    if args.sheet is not None and args.sheet.exists():
        raise MistakeError(_("There is a file of that name already; nothing was made."))
    programme, codes = call.run(lambda journal: _make(call, journal))
    if args.pass_on:
        call.run(lambda journal: _hand_over(call, journal, programme, codes))
        screen.document({"codes": len(codes), "passed_to": args.pass_on})
        screen.say(
            _("{name} can pass them on now; nobody counts what becomes of them.").format(
                name=one_line(args.pass_on)
            )
        )
        return
    screen.document([{"link": c.link, "expires": c.expires, "for": c.made_for} for c in codes])
    if args.sheet is not None:
        pack_file.write(args.sheet, [sheet(programme.name, codes).encode()], replace=True)
        screen.say(
            _("{n} codes are in {file}. Print it, cut it, and delete the file.").format(
                n=len(codes), file=args.sheet
            )
        )
    else:
        _show(call, codes)
    screen.say(_("When they were used: inglenook programme approve"))


async def _make(call: Call, journal: Journal) -> tuple[Programme, list[Code]]:
    args = call.args
    programme = await journal.programmes.choose(args.programme, role=COORDINATOR)
    if args.pass_on:
        _member(programme, args.pass_on)  # before any code is made
    names = [*args.names, *[""] * ((args.count or len(args.names) or 1) - len(args.names))]
    codes = await journal.programmes.invite(programme, names, coordinator=args.coordinator)
    return programme, codes


async def _hand_over(
    call: Call, journal: Journal, programme: Programme, codes: Sequence[Code]
) -> None:
    member = _member(programme, call.args.pass_on)
    await journal.programmes.pass_codes(programme, member, codes)


def _member(programme: Programme, name: str) -> Enrolled:
    fits = [m for m in programme.members if m.here and m.said.called.casefold() == name.casefold()]
    if len(fits) == 1:
        return fits[0]
    choices = ", ".join(m.said.called for m in programme.members if m.here) or "-"
    if fits:
        raise MistakeError(_("Several are called {name} there.").format(name=name))
    raise MistakeError(
        _("Nobody called {name} is enrolled. There is: {choices}").format(
            name=name, choices=choices
        )
    )


def _show(call: Call, codes: Sequence[Code]) -> None:
    screen = call.screen
    for code in codes:
        if code.made_for:
            screen.say(_("For {name}:").format(name=one_line(code.made_for)))
        screen.say(f"  {code.link}", "")
    until = short_day(datetime.fromtimestamp(codes[0].expires, UTC).date().isoformat())
    screen.say(
        ngettext(
            "This works once, until {day}.", "Each works once, until {day}.", len(codes)
        ).format(day=until)
    )


def sheet(name: str, codes: Sequence[Code]) -> str:
    """A page of join codes to print and cut, with nothing on it that is fetched."""
    import io

    import segno

    cells = list[str]()
    for code in codes:
        drawn = io.BytesIO()
        segno.make(code.link, error="m", micro=False).save(
            drawn, kind="svg", scale=3, xmldecl=False, svgns=True
        )
        until = datetime.fromtimestamp(code.expires, UTC).date().isoformat()
        whom = html.escape(code.made_for or "")
        limits = _("For one person, until {day}.").format(day=until)
        cells.append(
            f"<section><h2>{html.escape(name)} {whom}</h2>{drawn.getvalue().decode()}"
            f"<p>{html.escape(limits)}</p>"
            f"<p><code>inglenook programme join '{html.escape(code.link)}'</code></p></section>"
        )
    style = (
        "body{font-family:sans-serif;margin:1cm}section{break-inside:avoid;border:1px dashed;"
        "padding:.5cm;margin-bottom:.5cm}code{word-break:break-all;font-size:8pt}"
        "h2{margin:0 0 .3cm}svg{width:5cm;height:5cm}"
    )
    return (
        "<!doctype html><html><head><meta charset=utf-8>"
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none';"
        " style-src 'unsafe-inline'\">"
        f"<title>{html.escape(name)}</title><style>{style}</style></head>"
        f"<body>{''.join(cells)}</body></html>\n"
    )


# --- join -----------------------------------------------------------------------------


def _join_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("link", metavar=_("LINK"), help=_("the join code, in quotes"))
    parser.add_argument(
        "--name", metavar=_("NAME"), help=_("what to be called there; your name without it")
    )


def _join(call: Call) -> None:
    name, words = call.run(lambda journal: _ask(call, journal))
    screen = call.screen
    screen.document({"name": name, "coordinator": bool(words), "words": " ".join(words)})
    if words:
        screen.say(_("You asked to coordinate “{name}”.").format(name=one_line(name)), "")
        letting_in.print_words(screen, words)
        screen.say(
            _("Read these words to whoever gave you the code; the screen there shows the same."),
            _("After the approval: inglenook sync"),
        )
        return
    screen.say(
        _("You asked to be enrolled in “{name}”. After the approval: inglenook sync").format(
            name=one_line(name)
        ),
        _("Its coordinators learn the name you go by there, and nothing of what you write."),
    )


async def _ask(call: Call, journal: Journal) -> tuple[str, tuple[str, ...]]:
    called = (call.args.name or journal.name)[:64]
    return await journal.programmes.join(call.args.link, called)


# --- approve, remove ------------------------------------------------------------------


def _approve_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar=_("NAME"), help=_("who, if several wait"))
    parser.add_argument(
        "--all", action="store_true", help=_("everybody whose code nobody else used")
    )
    parser.add_argument("--yes", action="store_true", help=_("do not ask"))


def _approve(call: Call) -> None:
    screen = call.screen
    waiting = call.run(lambda journal: journal.programmes.waiting())
    chosen = _chosen(waiting, call.args.name, all_=call.args.all)
    if not call.args.yes:
        screen.say(*(asks_line(each) for each in chosen))
        for each in chosen:
            if each.coordinator:
                _show_words(call, each)
        question = ngettext("Let them in?", "Let all {n} of them in?", len(chosen))
        if not screen.agreed(question.format(n=len(chosen)), "--yes"):
            screen.say(_("Not let in. They still wait."))
            return
    names = call.run(lambda journal: journal.programmes.approve(chosen))
    screen.document({"approved": names})
    for name in names:
        screen.say(_("{name} is in. Their next sync shows it.").format(name=one_line(name)))
    left = [each for each in waiting if each not in chosen]
    for each in left if call.args.all else ():
        screen.say(asks_line(each))


def _show_words(call: Call, asks: Asks) -> None:
    words = call.run(lambda journal: journal.programmes.words(asks))
    call.screen.say(_("Their screen shows these words, if nobody is in between:"), "")
    letting_in.print_words(call.screen, words)


def _chosen(waiting: Sequence[Asks], name: str | None, *, all_: bool) -> list[Asks]:
    if not waiting:
        raise MistakeError(_("Nobody is waiting to be let in."))
    if all_:
        # whoever coordinates is let in by name; so is one whose code somebody else used too
        plain = [each for each in waiting if not each.alarm and not each.coordinator]
        if not plain:
            raise MistakeError(_("Say whom, by name: each of them wants a closer look."))
        return plain
    fits = [
        each
        for each in waiting
        if name is None or each.name.casefold() == name.casefold() or str(each.number) == name
    ]
    if len(fits) == 1:
        return fits
    choices = ", ".join(f"{one_line(each.name)} ({each.number})" for each in waiting)
    raise MistakeError(
        _("Several are waiting; say which, by name or number: {choices}.").format(choices=choices)
    )


def _remove_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar=_("NAME"), help=_("whom"))
    parser.add_argument(
        "--coordinator", action="store_true", help=_("it is a coordinator that goes")
    )
    parser.add_argument("--yes", action="store_true", help=_("do not ask"))
    programme_option(parser)


def _remove(call: Call) -> None:
    args, screen = call.args, call.screen
    question = _("Take {name} out?").format(name=one_line(args.name))
    if not args.yes and not screen.agreed(question, "--yes"):
        screen.say(_("Nothing was changed."))
        return
    until = call.run(lambda journal: _take_out(call, journal))
    screen.document({"name": args.name, "reads_nothing_new_from": until})
    name = one_line(args.name)
    screen.say(
        _("{name} reads nothing new from {day} on. What they have read they keep.").format(
            name=name, day=short_day(until)
        )
    )


async def _take_out(call: Call, journal: Journal) -> str:
    args = call.args
    programme = await journal.programmes.choose(args.programme, role=COORDINATOR)
    if args.coordinator:
        await journal.programmes.remove_coordinator(programme, args.name)
        return (await journal.moment())[2]
    return await journal.programmes.remove(programme, _member(programme, args.name))


# --- pass-on --------------------------------------------------------------------------


def _pass_on_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--to", metavar=_("NAME"), help=_("for whom, as a note in your journal alone")
    )
    programme_option(parser)


def _pass_on(call: Call) -> None:
    screen = call.screen
    link, left = call.run(lambda journal: _take_one(call, journal))
    screen.document({"link": link, "left": left})
    screen.say(_("Give this to one person:"), "", f"  {link}", "")
    screen.say(
        ngettext("You have {n} more.", "You have {n} more.", left).format(n=left),
        _("Nobody counts who passed on what; it is no contest."),
    )


async def _take_one(call: Call, journal: Journal) -> tuple[str, int]:
    from inglenook_schema import invite

    programme = await journal.programmes.choose(call.args.programme, role=MEMBER)
    given = await journal.programmes.codes(programme) if programme.number else []
    passed = await journal.voices.passed_on()
    unused = [link for link in given if invite.read_link(link).address not in passed]
    if not unused:
        raise MistakeError(_("There is no invite for you to pass on. Its coordinators send them."))
    at, zone, date = await journal.moment()
    said = InvitePassedOn(
        at=at,
        zone=zone,
        date=date,
        address=invite.read_link(unused[0]).address,
        note=call.args.to,
    )
    await journal.append(await journal.space(None), said)
    return unused[0], len(unused) - 1


COMMANDS: Final = {
    "programme invite": Command(
        later("make join codes, on a sheet if you like"),
        _invite,
        _invite_arguments,
        (
            "inglenook programme invite --count 10 --sheet codes.html",
            "inglenook programme invite --for Ada --for Ben",
        ),
        in_spaces=False,
    ),
    "programme join": Command(
        later("use a join code"),
        _join,
        _join_arguments,
        ('inglenook programme join "inglenook:programme#…"',),
        in_spaces=False,
    ),
    "programme approve": Command(
        later("let in who used a code"),
        _approve,
        _approve_arguments,
        ("inglenook programme approve --all",),
        in_spaces=False,
    ),
    "programme remove": Command(
        later("take somebody out of a programme"),
        _remove,
        _remove_arguments,
        ("inglenook programme remove Ben",),
        in_spaces=False,
    ),
    "pass-on": Command(
        later("an invite that coordinators gave you, for a friend"),
        _pass_on,
        _pass_on_arguments,
        ("inglenook pass-on --to Cleo",),
        in_spaces=False,
    ),
}
