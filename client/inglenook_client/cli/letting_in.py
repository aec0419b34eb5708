"""What inviting has in common for people and devices: links, words, who waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from inglenook_client.calendar import short_day
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.screen import Screen, one_line
from inglenook_client.words import _

if TYPE_CHECKING:
    from inglenook_client.cli.call import Call
    from inglenook_client.journal.model import Invited, Waiting


def print_link(screen: Screen, invited: Invited) -> None:
    """Print a link, and on a terminal a picture of it to scan."""
    if screen.on_terminal:
        _print_picture(screen, invited.link)
    screen.say(f"  {invited.link}", "")
    until = datetime.fromtimestamp(invited.expires, UTC).date().isoformat()
    screen.say(_("It works once, until {day}.").format(day=short_day(until)))


def _print_picture(screen: Screen, link: str) -> None:
    import io

    import segno

    picture = io.StringIO()
    segno.make(link, error="l", micro=False).terminal(picture, border=2, compact=True)
    drawn = picture.getvalue()
    if max(map(len, drawn.splitlines())) <= (screen.width or 0):
        screen.picture(drawn)


def print_words(screen: Screen, words: Sequence[str]) -> None:
    """Print eight safety words, four a line."""
    for start in range(0, len(words), 4):
        screen.say("    " + screen.bold("   ".join(words[start : start + 4])))
    screen.say("")


def chosen(waiting: Sequence[Waiting], named: str | None) -> Waiting:
    """The one who is meant; without a name the only one who waits.

    Raises:
        MistakeError: Nobody waits, nobody of that name, or several and no name; it lists them.
    """
    if not waiting:
        raise MistakeError(
            _("Nobody is waiting yet. They use your link first, then this command finds them.")
        )
    wanted = [each for each in waiting if named is None or _is_called(each, named)]
    if len(wanted) == 1:
        return wanted[0]
    choices = ", ".join(f"{one_line(each.name)} ({each.id})" for each in waiting)
    if not wanted:
        message = _("Nobody called {name} is waiting. Waiting: {choices}.")
        raise MistakeError(message.format(name=named, choices=choices))
    raise MistakeError(
        _("Several are waiting; say which, by name or number: {choices}.").format(choices=choices)
    )


def _is_called(waiting: Waiting, named: str) -> bool:
    return waiting.name.casefold() == named.casefold() or str(waiting.id) == named


def approve(
    call: Call, waiting: Waiting, question: str, let_in: Callable[[Waiting], str]
) -> str | None:
    """Show who waits and the words, ask, let in; the name, or None where the person said no.

    Args:
        call: Its arguments have ``yes``.
        waiting: Who.
        question: Asked after the words.
        let_in: Does it, and returns the name.
    """
    screen = call.screen
    if waiting.alarm:
        screen.warn(
            _(
                "Careful: more than one device used this link. Somebody else may have it. If the"
                " words differ, say no and make a new invite."
            )
        )
    if not call.args.yes:
        screen.say(_("Their screen shows these words, if nobody is in between:"), "")
        print_words(screen, waiting.words)
        if not screen.agreed(question, "--yes"):
            screen.say(_("Not let in. They still wait; a new invite makes a new link."))
            return None
    return let_in(waiting)
