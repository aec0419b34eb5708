"""A journal's start and its lock."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from inglenook_client.cli import arguments
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.model import Joined

FILES: Final = (
    *("key", "incarnation", "journal.db", "journal.db-wal", "journal.db-shm", "journal.db-journal"),
    *(f"journal.db.part{end}" for end in ("", "-wal", "-shm", "-journal")),
)
_UNLOCKED_S: Final = 15 * 60
_SYSTEMS: Final = {"Darwin": "Mac", "Linux": later("Linux computer"), "Windows": "PC"}


def key_arguments(parser: ArgumentParser) -> None:
    """Take what a new data folder needs: how its key is kept, what the device is called."""
    parser.add_argument(
        "--kdf-mib", type=arguments.whole, metavar=_("N"),
        help=_("memory in MiB that guessing the passphrase costs; 256 if you do not say"),
    )  # fmt: skip
    parser.add_argument(
        "--keyring", action="store_true", help=_("let this computer's keyring keep the key")
    )
    parser.add_argument(
        "--device", metavar=_("LABEL"), help=_("what to call this device, such as laptop")
    )


def _init_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--name", metavar=_("NAME"), help=_("what you want to be called"))
    parser.add_argument(
        "--relay", metavar=_("URL"), help=_("where sealed copies wait for your other devices")
    )
    parser.add_argument(
        "--voucher", metavar=_("CODE"), help=_("a code that your relay may ask for")
    )
    parser.add_argument(
        "--no-guide", action="store_true", help=_("ask nothing more once the journal is there")
    )
    key_arguments(parser)


def _init(call: Call) -> None:
    args, screen = call.args, call.screen
    refuse_second(call.home)
    screen.say(_("A place for your thoughts. It stays on this device unless you choose."))
    name = args.name or screen.answer(_("What do you want to be called?"), "--name")
    if not name.strip():
        raise MistakeError(_("A journal needs a name to call you by: --name NAME."))
    if args.relay:
        check_relay(args.relay)
    import asyncio

    from inglenook_client.journal.home import Journal

    before = there(call.home)
    key = new_key(call)

    async def create() -> None:
        journal = await Journal.create(
            call.home,
            key,
            name=name.strip(),
            relay=args.relay,
            voucher=args.voucher,
            device_label=label(call),
        )
        await journal.close()

    _or_nothing(call.home, before, lambda: asyncio.run(create()))
    screen.document({"name": name.strip(), "relay": args.relay})
    screen.say(_("Your journal is ready, {name}.").format(name=name.strip()))
    guided = screen.on_terminal and screen.can_ask and not args.no_guide
    if not guided:
        screen.say(_('A first line: inglenook "walked home, felt ok"   or just: inglenook'))
    if not args.keyring:
        screen.say(_("Keep your passphrase well: nobody can reset it."))
    if guided:
        from inglenook_client.cli.beginning import guide

        call.key = key
        guide(call)
        return
    screen.say(
        _("If every device is lost, only your recovery kit brings your journal back; without"),
        _("both, what is private is gone. To make it: inglenook recovery make"),
    )


def accept(call: Call) -> Joined:
    """Start a data folder as a person's second device, or go on with one that has begun so.

    Raises:
        MistakeError: There is a journal here already, or the link is none for a device.
        NotAllowedError: The same, told by what is in the journal.
    """
    if not os.path.lexists(call.home / "key"):
        refuse_second(call.home)  # else what is in it says whether it was let in yet
    import asyncio

    from inglenook_client.journal.beginning import accept_device
    from inglenook_schema.invite import read_link

    read_link(call.args.link)
    before = there(call.home)
    key = new_key(call)
    joined: list[Joined] = []

    async def begin() -> None:
        joined.append(await accept_device(call.home, key, call.args.link, device_label=label(call)))

    _or_nothing(call.home, before, lambda: asyncio.run(begin()))
    return joined[0]


def refuse_second(home: Path) -> None:
    """Refuse a data folder that has a journal.

    A key alone is no journal: a process was ended before there was one, or somebody put back
    half of a copy. It is used, and stays.
    """
    if any(os.path.lexists(home / name) for name in ("journal.db", "journal.db-wal")):
        raise MistakeError(_("There is a journal here already; nothing was changed."))


def check_relay(url: str) -> None:
    """Refuse an address that is none, or that would be spoken to in clear."""
    from inglenook_client.transports.address import check_relay
    from inglenook_schema.mailbox import origin_of

    check_relay(origin_of(url))


def new_key(call: Call) -> bytes:
    """Make the key of an empty data folder, under a new passphrase or in the keyring.

    Where there is one already it stays, and the person is asked for its passphrase.
    """
    from inglenook_client.keys import keyfile, passphrase, unlocking

    if os.path.lexists(call.home / "key"):
        return call.key

    def ask() -> str:
        return passphrase.ask_new(_("A passphrase, several words are best: "), _("Once more: "))

    source: Callable[[], str] | Literal["keyring"] = unlocking.KEYRING if call.args.keyring else ask
    mib = call.args.kdf_mib
    return unlocking.create(call.home, source, kdf_mib=keyfile.DEFAULT_MIB if mib is None else mib)


def there(home: Path) -> set[str]:
    """Files of a journal that lie in ``home``, also of half a one."""
    return {name for name in FILES if os.path.lexists(home / name)}


def _or_nothing(home: Path, before: set[str], start: Callable[[], None]) -> None:
    """Start a data folder; where that fails, leave none behind that only looks like one.

    Args:
        home: The folder.
        before: What lay there, and stays.
        start: Makes the rest.
    """
    try:
        start()
    except BaseException:
        for name in there(home) - before:
            (home / name).unlink(missing_ok=True)
        raise


def label(call: Call) -> str:
    """What to call this device."""
    found: str = call.args.device or _(_SYSTEMS.get(platform.system(), later("computer")))
    return found


def _unlock_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--for", dest="seconds", type=arguments.duration, default=_UNLOCKED_S, metavar=_("TIME"),
        help=_("how long, such as 15m or 2h; 15 minutes if you do not say"),
    )  # fmt: skip


def _unlock(call: Call) -> None:
    from inglenook_client.keys import passphrase, unlocking

    seconds = call.args.seconds
    held = unlocking.unlock_for(call.home, seconds, ask=lambda: passphrase.ask(_("Passphrase: ")))
    call.screen.document({"unlocked": held, "seconds": seconds if held else 0})
    if held:
        message = _("Unlocked for {time}. To lock it sooner: inglenook lock")
        call.screen.say(message.format(time=_time(seconds)))
    else:
        call.screen.say(
            _("The passphrase is right. INGLENOOK_PASSPHRASE_FILE is set, so nothing stays open.")
        )


def _time(seconds: int) -> str:
    from inglenook_client.words import ngettext

    if seconds % 3600 == 0:
        return ngettext("{n} hour", "{n} hours", seconds // 3600).format(n=seconds // 3600)
    if seconds % 60 == 0:
        return ngettext("{n} minute", "{n} minutes", seconds // 60).format(n=seconds // 60)
    return ngettext("{n} second", "{n} seconds", seconds).format(n=seconds)


def _lock(call: Call) -> None:
    from inglenook_client.keys import unlocking

    was_open = unlocking.lock(call.home)
    call.screen.document({"locked": True})
    call.screen.say(_("Locked.") if was_open else _("It was locked already."))


COMMANDS: Final = {
    "init": Command(
        later("start a journal on this device"),
        _init,
        _init_arguments,
        ("inglenook init --name Ana", "inglenook init --name Ana --relay https://relay.example"),
        in_spaces=False,
    ),
    "unlock": Command(
        later("leave the journal open for a while"),
        _unlock,
        _unlock_arguments,
        ("inglenook unlock --for 1h",),
        in_spaces=False,
    ),
    "lock": Command(
        later("lock the journal now"), _lock, examples=("inglenook lock",), in_spaces=False
    ),
}
