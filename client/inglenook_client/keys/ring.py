"""The operating system's keyring as the keeper of a database key.

Only a real one: keyring's own list of back ends holds some that keep nothing (null,
fail) or keep it in a plain file (keyrings.alt), and any package may add more. So the
accepted ones are named here, and a chain of back ends is never written to as a whole.

``keyring`` is imported when it is needed: it costs some 100 ms.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Protocol

from inglenook_client.keys.errors import KeyFileError, KeyringRefusedError, LockedError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE: Final = "inglenook"
REAL: Final = frozenset(
    {
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.libsecret", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
        ("keyring.backends.kwallet", "DBusKeyringKWallet4"),
        ("keyring.backends.macOS", "Keyring"),
        ("keyring.backends.Windows", "WinVaultKeyring"),
    }
)
"""Module and name of the back ends that encrypt what they keep."""


class Keeper(Protocol):
    """What is needed of a keyring back end."""

    def get_password(self, service: str, username: str, /) -> str | None:
        """The text kept under a name, or ``None``."""

    def set_password(self, service: str, username: str, password: str, /) -> None:
        """Keep a text under a name."""

    def delete_password(self, service: str, username: str, /) -> None:
        """Forget what is kept under a name; an error if there is nothing."""


def real_keeper() -> Keeper:
    """The keyring of this session.

    Raises:
        KeyringRefusedError: There is none, or only one that keeps nothing or keeps it in
            the open.
    """
    try:
        import keyring  # noqa: PLC0415 - costs start-up
        from keyring.backends.chainer import ChainerBackend  # noqa: PLC0415

        chosen = keyring.get_keyring()
        candidates = chosen.backends if isinstance(chosen, ChainerBackend) else [chosen]
        return _first_real(candidates)
    except KeyringRefusedError:
        raise
    except Exception:  # noqa: BLE001 - whatever a configured back end does when it loads
        raise KeyringRefusedError from None


def store(ident: bytes, key: bytes) -> None:
    """Keep the database ``key`` of the key file ``ident``, and read it back once.

    Raises:
        KeyringRefusedError: No real keyring, or it did not keep the key.
        LockedError: The keyring is locked and was not unlocked.
    """
    keeper = real_keeper()
    text = base64.b64encode(key).decode("ascii")
    try:
        keeper.set_password(SERVICE, _name(ident), text)
        kept = keeper.get_password(SERVICE, _name(ident))
    except Exception as error:  # noqa: BLE001 - D-Bus and each back end have their own
        raise _translated(error) from None
    if kept != text:
        raise KeyringRefusedError("The keyring did not keep the key; use a passphrase instead.")


def fetch(ident: bytes) -> bytes:
    """What is kept as the key of ``ident``; ``keyfile.fits`` says whether it is the key.

    Raises:
        KeyringRefusedError: No real keyring.
        LockedError: The keyring is locked, or it keeps no key for this journal.
        KeyFileError: What it keeps is no key.
    """
    keeper = real_keeper()
    try:
        text = keeper.get_password(SERVICE, _name(ident))
    except Exception as error:  # noqa: BLE001 - D-Bus and each back end have their own
        raise _translated(error) from None
    if text is None:
        raise LockedError("The keyring of this session keeps no key for this journal.")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise KeyFileError("What the keyring keeps for this journal is no key.") from None


def delete(ident: bytes) -> None:
    """Forget the key of ``ident``; nothing happens where there is none.

    Raises:
        KeyringRefusedError: No real keyring, or it failed.
        LockedError: The keyring is locked.
    """
    keeper = real_keeper()
    try:
        if keeper.get_password(SERVICE, _name(ident)) is not None:
            keeper.delete_password(SERVICE, _name(ident))
    except Exception as error:  # noqa: BLE001 - D-Bus and each back end have their own
        raise _translated(error) from None


def _first_real(candidates: Iterable[KeyringBackend]) -> Keeper:
    for backend in candidates:
        kind = type(backend)
        # The exact class: one that inherits from a real one may keep elsewhere.
        if (kind.__module__, kind.__qualname__) in REAL and kind.viable:
            return backend
    raise KeyringRefusedError


def _name(ident: bytes) -> str:
    return f"journal-{ident.hex()}"


def _translated(error: Exception) -> LockedError | KeyringRefusedError:
    from keyring.errors import InitError, KeyringLocked  # noqa: PLC0415 - costs start-up

    # InitError: the person closed the question for the keyring's password.
    if isinstance(error, KeyringLocked | InitError):
        return LockedError("The keyring of this computer is locked; unlock it and try again.")
    return KeyringRefusedError("The keyring of this computer did not answer as it should.")
