"""The recovery kit: made, typed back, and one day used.

The sheet goes to the terminal alone and to no file: a file would be the key to everything in
clear, by our doing, and whoever wants one can send the output there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.kit_words import words_arguments, words_given, words_typed
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.cli.screen import Screen
    from inglenook_client.journal.model import Kit

_COLUMNS: Final = 4
_TRIES: Final = 3


# --- make -----------------------------------------------------------------------------


def _make(call: Call) -> None:
    given = words_given(call)
    kit = call.run(lambda journal: journal.recovery_make(given))
    call.screen.document(
        {"words": " ".join(kit.words), "relays": kit.relays, "typed_back": kit.typed_back}
    )
    print_sheet(call.screen, kit)
    if not kit.typed_back:
        call.screen.say(
            "",
            _("Write them down now. Then type them back once: inglenook recovery test"),
            _("Until you do, this device keeps them too, and shows them again."),
        )


def print_sheet(screen: Screen, kit: Kit) -> None:
    """Print the kit, so that it can be copied by hand or printed."""
    width = max(map(len, kit.words))
    numbered = [f"{n:>2} {word:<{width}}" for n, word in enumerate(kit.words, start=1)]
    rows = [numbered[i : i + _COLUMNS] for i in range(0, len(numbered), _COLUMNS)]
    screen.say(_("Recovery kit for an Inglenook journal"), "")
    screen.say(*("    " + screen.bold("   ".join(row).rstrip()) for row in rows))
    screen.say("", *(_("Relay: {url}").format(url=relay) for relay in kit.relays))
    if not kit.relays:
        screen.say(_("There is no relay yet. Write its address here once there is one."))
    screen.say(
        _("With these words and the relay, everything comes back on a new device:"),
        "    inglenook recovery restore",
        _("Whoever has the words is you. Keep them on paper, and not beside your device."),
    )


# --- test -----------------------------------------------------------------------------


def _test(call: Call) -> None:
    given = words_given(call)
    if given is None:
        call.key  # noqa: B018 - a wrong passphrase must not cost the typing
        given = words_typed(call.screen)
    _type_back(call, given)
    call.screen.document({"typed_back": True})
    call.screen.say(
        _("Right. This device has forgotten the words: what you wrote down is all there is."),
    )


def _type_back(call: Call, words: str) -> None:
    from inglenook_client.journal.errors import WrongWordsError  # noqa: PLC0415 - as needed

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
    screen.say(
        _("Before anything leaves this device, your recovery kit. If every device is lost,"),
        _("only it brings your journal back; without both, what is private is gone."),
        "",
    )
    print_sheet(screen, call.run(lambda journal: journal.recovery_make()))
    screen.say("", _("Write it down. Then type the words back, or: later"))
    if not any(_typed_back(call) for _try in range(_TRIES)):
        screen.say(_("Later, then: inglenook recovery test"), "")


def _typed_back(call: Call) -> bool:
    """Whether to ask no more: the words were right, or the person said later."""
    words = words_typed(call.screen)
    if not words:
        call.screen.say(_("When you have them: inglenook recovery test"), "")
        return True
    try:
        _type_back(call, words)
    except MistakeError as error:
        call.screen.say(str(error))
        return False
    call.screen.say(_("Right. This device has forgotten the words now."), "")
    return True


# --- restore --------------------------------------------------------------------------


def _restore_arguments(parser: ArgumentParser) -> None:
    from inglenook_client.cli.opening import key_arguments  # noqa: PLC0415 - shared with init

    words_arguments(parser)
    parser.add_argument("--relay", metavar=_("URL"), help=_("the relay on your recovery kit"))
    parser.add_argument(
        "--voucher", metavar=_("CODE"), help=_("a code that your relay may ask for")
    )
    parser.add_argument(
        "--keep",
        action="append",
        metavar=_("NAME"),
        help=_("a device that you still have; the others are locked out. May be said again"),
    )
    key_arguments(parser)


def _restore(call: Call) -> int:
    from inglenook_client.cli.restoring import restore  # noqa: PLC0415 - seldom

    return restore(call)


COMMANDS: Final = {
    "recovery make": Command(
        later("show the 24 words that bring your journal back"),
        _make,
        words_arguments,
        ("inglenook recovery make",),
        in_spaces=False,
    ),
    "recovery test": Command(
        later("type the words back, so that you know they are right"),
        _test,
        words_arguments,
        ("inglenook recovery test",),
        in_spaces=False,
    ),
    "recovery restore": Command(
        later("start again on an empty device, from the words"),
        _restore,
        _restore_arguments,
        ("inglenook recovery restore --words-file words.txt --relay https://relay.example",),
        in_spaces=False,
    ),
}
