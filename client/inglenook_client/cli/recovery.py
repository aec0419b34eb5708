"""The recovery kit: made, typed back, and one day used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli.command import Command
from inglenook_client.cli.kit_sheet import print_sheet, type_back
from inglenook_client.cli.kit_words import words_arguments, words_given, words_typed
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call

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


# --- test -----------------------------------------------------------------------------


def _test(call: Call) -> None:
    given = words_given(call)
    if given is None:
        call.key  # noqa: B018 - a wrong passphrase must not cost the typing
        given = words_typed(call.screen)
    type_back(call, given)
    call.screen.document({"typed_back": True})
    call.screen.say(
        _("Right. This device has forgotten the words: what you wrote down is all there is."),
    )


# --- restore --------------------------------------------------------------------------


def _restore_arguments(parser: ArgumentParser) -> None:
    from inglenook_client.cli.opening import key_arguments

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
    from inglenook_client.cli.restoring import restore

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
