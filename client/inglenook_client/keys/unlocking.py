"""Create and unlock a journal's key: the order in which the ways are tried.

    INGLENOOK_PASSPHRASE_FILE → agent → keyring (where it keeps the key) → ask the person

With the variable set the agent is neither asked nor started: a script's runs leave
nothing unlocked behind. A key that the keyring keeps has no passphrase, so there the
variable only keeps the agent out.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from inglenook_client import ambient
from inglenook_client.keys import agent, folder, keyfile, passphrase, ring
from inglenook_client.keys.errors import KeyFileError, KeyFileExistsError
from inglenook_client.keys.keyfile import DEFAULT_MIB

VARIABLE: Final = "INGLENOOK_PASSPHRASE_FILE"
KEYRING: Final = "keyring"
"""As the ``source`` of :func:`create`: the operating system keeps the key."""

Ask = Callable[[], str]
"""Asks the person for the passphrase; LockedError where there is no terminal."""


def create(home: Path, source: Ask | Literal["keyring"], *, kdf_mib: int = DEFAULT_MIB) -> bytes:
    """Make the key file of a new journal and return its database key, 32 bytes.

    Args:
        home: The data folder; made if it is not there.
        source: ``KEYRING``, or what asks for the new passphrase (usually twice), which
            is not called where INGLENOOK_PASSPHRASE_FILE is set.
        kdf_mib: Memory of Argon2id, kept in the file for good; the keyring needs none.

    Raises:
        KeyFileExistsError: There is a key file; nothing is asked.
        KdfCostError: ``kdf_mib`` is outside 64 to 4096; nothing is asked.
        PassphraseFileError: The variable names a file that cannot be used.
        PassphraseError: What was typed cannot be used.
        KeyringRefusedError: There is no real keyring.
        LockedError: The keyring is locked, or there is too little memory.
        KeyFileAccessError: The disk said no.
    """
    if folder.exists(home):
        raise KeyFileExistsError
    key, ident = ambient.random_bytes(keyfile.KEY), ambient.random_bytes(keyfile.ID)
    if isinstance(source, str):
        _create_in_keyring(home, key, ident)
        return key
    keyfile.check_cost(kdf_mib)
    secret = _passphrase(source)
    salt = ambient.random_bytes(keyfile.SALT)
    file = keyfile.for_passphrase(key, secret, ident=ident, salt=salt, mib=kdf_mib)
    folder.write_new(home, file)
    return key


def unlock(home: Path, *, ask: Ask) -> bytes:
    """The database key of ``home``, 32 bytes, by the first way that is there.

    Args:
        home: The data folder.
        ask: Called last, and at most once.

    Raises:
        NoKeyFileError: There is no journal here.
        KeyFileError: The key file is damaged, or the keyring keeps another key.
        WrongPassphraseError: The passphrase, typed or in the file, is another.
        LockedError: ``ask`` found no terminal, or the keyring is locked or empty.
        PassphraseFileError: The variable names a file that cannot be used.
        PassphraseError: What was typed cannot be a passphrase.
        KeyringRefusedError: The keyring keeps the key and is not there.
        KeyFileAccessError: The disk said no.
    """
    file = folder.read(home)
    held = None if passphrase_file() else _from_agent(home, file)
    if held is not None:
        return held
    if isinstance(file.hold, keyfile.ByPassphrase):
        return keyfile.unwrap(file, file.hold, _passphrase(ask))
    key = ring.fetch(file.id)
    if not keyfile.fits(file, key):
        raise KeyFileError("The keyring keeps another key than this journal's.")
    return key


def unlock_for(home: Path, seconds: int, *, ask: Ask) -> bool:
    """Unlock, and have an agent hold the key for ``seconds``; whether one does.

    False means that INGLENOOK_PASSPHRASE_FILE is set: the passphrase was verified, and no
    agent was started.

    Raises:
        UnlockTimeError: ``seconds`` is outside 1 to 86,400; nothing is asked.
        AgentError: The agent did not come up.
        InglenookError: Whatever :func:`unlock` raises.
    """
    agent.check_time(seconds)
    key = unlock(home, ask=ask)
    if passphrase_file():
        return False
    agent.start(home, key, seconds)
    return True


def lock(home: Path) -> bool:
    """End the agent of ``home``; whether there was one."""
    return agent.stop(home)


def passphrase_file() -> Path | None:
    """What INGLENOOK_PASSPHRASE_FILE names; an empty value names nothing."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def _passphrase(ask: Ask) -> bytes:
    named = passphrase_file()
    return passphrase.from_file(named) if named else passphrase.normalise(ask())


def _create_in_keyring(home: Path, key: bytes, ident: bytes) -> None:
    ring.store(ident, key)
    try:
        folder.write_new(home, keyfile.for_keyring(key, ident=ident))
    except BaseException:
        ring.delete(ident)
        raise


def _from_agent(home: Path, file: keyfile.KeyFile) -> bytes | None:
    key = agent.fetch(home)
    if key is None or keyfile.fits(file, key):
        return key
    # The folder's content was exchanged under the agent: what it holds opens nothing here.
    agent.stop(home)
    return None
