"""A pair: inviting, joining, approving, comparing words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import kit_sheet, letting_in, saying
from inglenook_client.cli.command import Command
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Space


def _invite_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--role",
        choices=("mentor", "mentee"),
        default="mentor",
        help=_("what the invited person will be; mentor if you do not say"),
    )
    parser.add_argument(
        "--via", action="store_true", help=_("somebody else passes the link on; words come first")
    )
    parser.add_argument(
        "--revoke", action="store_true", help=_("take back the links that nobody was let in by")
    )


def _invite(call: Call) -> None:
    args, screen = call.args, call.screen
    if args.revoke:
        _take_back(call)
        return
    kit_sheet.offer(call)
    invited = call.run(lambda journal: journal.pair_invite(role=args.role, via=args.via))
    screen.document({"link": invited.link, "expires": invited.expires, "role": args.role})
    role = saying.word(args.role)
    screen.say(_("Whoever uses this link asks to be your {role}:").format(role=role), "")
    letting_in.print_link(screen, invited)
    screen.say(
        _("Give it to nobody else. When they have used it: inglenook pair approve"),
        _("Nothing from your journal moved."),
    )


def _take_back(call: Call) -> None:
    count = call.run(lambda journal: journal.pair_revoke())
    call.screen.document({"revoked": count})
    message = ngettext(
        "{n} invite is taken back; its link leads nowhere now.",
        "{n} invites are taken back; their links lead nowhere now.",
        count,
    )
    call.screen.say(message.format(n=count) if count else _("There is no invite to take back."))


def _join_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("link", metavar=_("LINK"), help=_("the link you were given, in quotes"))


def _join(call: Call) -> None:
    screen = call.screen
    joined = call.run(lambda journal: journal.pair_join(call.args.link))
    name = one_line(joined.name)
    screen.document(
        {"name": joined.name, "words": " ".join(joined.words), "forwarded": joined.forwarded}
    )
    screen.say(_("You asked {name} to let you in.").format(name=name), "")
    letting_in.print_words(screen, joined.words)
    screen.say(
        _("Read these words to {name}; the screen there shows the same.").format(name=name),
        _("After the approval: inglenook sync"),
    )


def _approve_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar=_("NAME"), help=_("who, if several wait"))
    parser.add_argument("--yes", action="store_true", help=_("the words are the same; let them in"))


def _approve(call: Call) -> None:
    waiting = letting_in.chosen(call.run(lambda journal: journal.pair_waiting()), call.args.name)
    name = one_line(waiting.name)
    let_in = letting_in.approve(
        call,
        waiting,
        _("Does {name} read out the same words?").format(name=name),
        lambda who: call.run(lambda journal: journal.pair_approve(who.id)),
    )
    if let_in is None:
        return
    words = " ".join(waiting.words)
    call.screen.document({"name": let_in, "approved": True, "words": words})
    call.screen.say(
        _("{name} shares a space with you now. Their next sync shows it.").format(name=name),
        _("Your journal stays yours: you share one thing at a time."),
        "",
        _("Next, the two of you:"),
        _("  inglenook pair words               read the same words to each other"),
        _("  inglenook pair agreement propose   what you hope for, and what stays between you"),
        _('  inglenook checkin plan "friday 16:00" --template first_meeting'),
    )


def _words_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--confirm", action="store_true", help=_("you compared the words, and they are the same")
    )


def _words(call: Call) -> None:
    space, words, checked = call.run(lambda journal: _safety_words(call, journal))
    screen = call.screen
    screen.document({"space": space.name, "words": " ".join(words), "checked": checked})
    name = saying.partner(space.name)
    screen.say(_("You and {name} both see these words:").format(name=name), "")
    letting_in.print_words(screen, words)
    if checked:
        screen.say(_("Checked: you compared them, and nobody is in between."))
    else:
        screen.say(
            _("Not checked yet. Read them to each other; if they are the same:"),
            "  inglenook pair words --confirm",
        )


async def _safety_words(call: Call, journal: Journal) -> tuple[Space, tuple[str, ...], bool]:
    space = await journal.space(call.args.space, pair=True)
    words = await journal.pair_words(space)
    if call.args.confirm:
        await journal.pair_confirm(space)
    return space, words, all(each.checked for each in await journal.who(space))


COMMANDS: Final = {
    "pair invite": Command(
        later("make a link for a mentor or a mentee"),
        _invite,
        _invite_arguments,
        ("inglenook pair invite --role mentor",),
        in_spaces=False,
    ),
    "pair join": Command(
        later("use a link that you were given"),
        _join,
        _join_arguments,
        ('inglenook pair join "inglenook:join#…"',),
        in_spaces=False,
    ),
    "pair approve": Command(
        later("let in who used your link"),
        _approve,
        _approve_arguments,
        ("inglenook pair approve",),
        in_spaces=False,
    ),
    "pair words": Command(
        later("the safety words that both of you see"),
        _words,
        _words_arguments,
        ("inglenook pair words", "inglenook pair words --confirm"),
    ),
}
