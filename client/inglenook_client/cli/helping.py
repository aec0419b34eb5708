"""The page of help: what to type first, then every command by what it is for."""

from __future__ import annotations

from inglenook_client.cli.index import GROUPS, NOUNS, load
from inglenook_client.cli.screen import Screen
from inglenook_client.words import _


def print_help(screen: Screen, about: str = "") -> None:
    """Print help on everything, or on the commands that begin with ``about``."""
    if about:
        for second in NOUNS[about]:
            name = f"{about} {second}"
            screen.say(f"  inglenook {name:<16} {_(load(name).summary)}")
        screen.say("", _("More on one: inglenook {command} --help").format(command=f"{about} …"))
        return
    screen.say(_("Inglenook: a private mentoring journal."), "")
    for line, what in (
        ("inglenook", _("write in your editor; saves a private entry")),
        ('inglenook "walked home, felt ok"', _("one line; your shell keeps it in its history")),
        ("inglenook -", _("save what comes on standard input")),
        ("inglenook -- …", _("save words that look like a command")),
    ):
        screen.say(f"  {line:<34} {what}")
    for title, commands in GROUPS:
        screen.say("", screen.bold(_(title)), "")
        for name in commands:
            screen.say(f"  {name:<16} {_(load(name).summary)}")
    screen.say(
        "",
        _("More on one: inglenook {command} --help").format(command=_("COMMAND")),
        _("Every command answers programs with --json, and plainly with --plain."),
    )
