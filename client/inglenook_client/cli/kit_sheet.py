"""The recovery kit on a terminal: its sheet, and the words asked back.

The sheet goes to the terminal alone and to no file: a file would be the key to everything in
clear, by our doing, and whoever wants one can send the output there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.kit_words import words_typed
from inglenook_client.words import _

if TYPE_CHECKING:
    from inglenook_client.cli.call import Call
    from inglenook_client.cli.screen import Screen
    from inglenook_client.journal.model import Kit

_COLUMNS: Final = 4
_TRIES: Final = 3


def print_sheet(screen: Screen, kit: Kit) -> None:
    """Print the kit, so that it can be copied by hand or printed."""
    width = max(map(len, kit.words))
    numbered = [f"{n:>2} {word:<{width}}" for n, word in enumerate(kit.words, start=1)]
    rows = [numbered[i : i + _COLUMNS] for i in range(0, len(numbered), _COLUMNS)]
    screen.say(_("Recovery kit for an Inglenook journal"), "")
    screen.say(*("    " + screen.bold("   ".join(row).rstrip()) for row in rows))
    screen.say("", *(_("Relay: {url}").format(url=relay) for relay in kit.relays))
    if not kit.relays:
        screen.say(
            _("There is no relay yet, so this device has the only copy. Once you use one"),
            _("(inglenook relay add URL), which keeps sealed copies, write its address here."),
        )
    screen.say(
        _("With these words and the relay, everything comes back on a new device:"),
        "    inglenook recovery restore",
        _("Whoever has the words is you. Keep them on paper, and not beside your device."),
    )


def type_back(call: Call, words: str) -> None:
    """Compare the words with the kit; where they are right, this device forgets them.

    Raises:
        MistakeError: They are not; nothing was changed.
    """
    from inglenook_client.journal.errors import WrongWordsError

    try:
        call.run(lambda journal: journal.recovery_test(words))
    except WrongWordsError as error:
        again = _("Compare with what you wrote down and try again; nothing was changed.")
        raise MistakeError(f"{_(str(error))} {again}") from None


def offer(call: Call) -> None:
    """Before the first sync or invite at a terminal: show the kit, and ask for it back once.

    Whoever says *later* is not asked again; ``status`` says what is missing.
    """
    screen = call.screen
    if not (screen.on_terminal and screen.can_ask):
        return
    if not call.run(lambda journal: journal.recovery_missing()):
        return
    show_and_ask_back(
        call,
        _("Before anything leaves this device, your recovery kit. If every device is lost,"),
        _("only it brings your journal back; without both, what is private is gone."),
    )


def show_and_ask_back(call: Call, *why: str) -> None:
    """Show the kit at a terminal, and ask for it back; whoever says *later* may."""
    screen = call.screen
    screen.say(*why, "")
    print_sheet(screen, call.run(lambda journal: journal.recovery_make()))
    screen.say("", _("Write it down. Then type the words back, or: later"))
    if not any(_typed_back(call) for _try in range(_TRIES)):
        screen.say(_("Later, then: inglenook recovery test"), "")


def _typed_back(call: Call) -> bool:
    """Whether to ask no more: the words were right, or the person said later."""
    words = words_typed(call.screen)
    if not words:
        call.screen.say(_("When you have them: inglenook recovery test"))
        return True
    try:
        type_back(call, words)
    except MistakeError as error:
        call.screen.say(str(error))
        return False
    call.screen.say(_("Right. This device has forgotten the words now."), "")
    return True
