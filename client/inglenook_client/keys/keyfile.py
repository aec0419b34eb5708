"""The key file: how the 32-byte database key of one journal is kept (architecture 2).

    file     = ["inglenook key", 1, body, SHA-256(D("unlock") ‖ body)]      canonical msgpack
    body     = [id16, check32, hold]
    check32  = HMAC(database key, D("unlock") ‖ id16)
    hold     = ["passphrase", salt32, mib, passes, lanes, sealed48]  |  ["keyring"]
    sealed48 = AES-256-GCM(key, nonce 0, database key, AAD = D("unlock") ‖ [version, id16,
               check32, salt32, mib, passes, lanes])
    key      = Argon2id(D("unlock") ‖ passphrase, salt32; mib, passes, lanes)

Rule 1: the cost is chosen when the file is made and kept in it; nothing lowers it.
Rule 2: a cost out of bounds is refused before any work.
Rule 3: every salt is fresh, so every key seals once (nonce 0).

The hash tells a damaged file from a wrong passphrase; it is no protection.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from inglenook_client.keys.errors import (
    KdfCostError,
    KeyFileError,
    LockedError,
    WrongPassphraseError,
)
from inglenook_schema import suite
from inglenook_schema.canonical import decode as decode_canonical
from inglenook_schema.canonical import encode as encode_canonical
from inglenook_schema.errors import MalformedError, WrongKeyError

VERSION: Final = 1
KEY: Final = 32
ID: Final = 16
SALT: Final = 32
MAX_FILE: Final = 1_024
"""Bytes of a key file; today's have some 220."""

DEFAULT_MIB: Final = 256
MIN_MIB: Final = 64
MAX_MIB: Final = 4_096
PASSES: Final = 3
MAX_PASSES: Final = 64
LANES: Final = 4
MAX_LANES: Final = 16

_Bytes16 = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_Bytes32 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_Bytes48 = Annotated[bytes, msgspec.Meta(min_length=48, max_length=48)]


class ByPassphrase(msgspec.Struct, frozen=True, array_like=True, tag="passphrase"):
    """The database key, sealed under what Argon2id makes of a passphrase; ``mib`` in MiB."""

    salt: _Bytes32
    mib: int
    passes: int
    lanes: int
    sealed: _Bytes48


class ByKeyring(msgspec.Struct, frozen=True, array_like=True, tag="keyring"):
    """The operating system's keyring keeps the key, under a name made of the file's id."""


class KeyFile(msgspec.Struct, frozen=True, array_like=True):
    """What a key file says; ``check`` recognises the database key and tells nothing of it."""

    id: _Bytes16
    check: _Bytes32
    hold: ByPassphrase | ByKeyring


class _Envelope(msgspec.Struct, frozen=True, array_like=True):
    magic: Literal["inglenook key"]
    version: int
    body: bytes
    checksum: _Bytes32


def check_cost(mib: int) -> None:
    """Refuse a memory cost for a new key file.

    Raises:
        KdfCostError: Outside 64 to 4096 MiB.
    """
    if not MIN_MIB <= mib <= MAX_MIB:
        raise KdfCostError


def for_keyring(key: bytes, *, ident: bytes) -> KeyFile:
    """The key file of a journal whose ``key`` the keyring keeps; ``ident``: 16 random."""
    return KeyFile(ident, _check(key, ident), ByKeyring())


def for_passphrase(
    key: bytes, passphrase: bytes, *, ident: bytes, salt: bytes, mib: int = DEFAULT_MIB
) -> KeyFile:
    """Wrap the database ``key``; takes about a second at 256 MiB.

    Args:
        key: 32 random bytes.
        passphrase: As ``passphrase.normalise`` returns it.
        ident: 16 random bytes.
        salt: 32 random bytes, fresh for this call (rule 3).
        mib: Memory of Argon2id.

    Raises:
        KdfCostError: ``mib`` is outside 64 to 4096.
        LockedError: This machine has not that much memory.
    """
    check_cost(mib)
    open_hold = ByPassphrase(salt, mib, PASSES, LANES, bytes(48))
    file = KeyFile(ident, _check(key, ident), open_hold)
    sealed = suite.aead_seal(_derive(passphrase, open_hold), key, _aad(file, open_hold))
    return KeyFile(ident, file.check, ByPassphrase(salt, mib, PASSES, LANES, sealed))


def unwrap(file: KeyFile, hold: ByPassphrase, passphrase: bytes) -> bytes:
    """The database key of ``file``, out of its ``hold``.

    Raises:
        WrongPassphraseError: The passphrase is another.
        LockedError: This machine has not the memory that the file asks for.
    """
    try:
        return suite.aead_open(_derive(passphrase, hold), hold.sealed, _aad(file, hold))
    except WrongKeyError:
        raise WrongPassphraseError from None


def rewrap(file: KeyFile, old: bytes, new: bytes, *, salt: bytes) -> KeyFile:
    """The same key and cost under a ``new`` passphrase; ``salt``: 32 fresh random bytes.

    Raises:
        WrongPassphraseError: ``old`` is not the passphrase of ``file``.
        KeyFileError: The keyring keeps this key.
    """
    if not isinstance(file.hold, ByPassphrase):
        raise KeyFileError("The key of this journal is in the keyring, not under a passphrase.")
    key = unwrap(file, file.hold, old)
    return for_passphrase(key, new, ident=file.id, salt=salt, mib=file.hold.mib)


def fits(file: KeyFile, key: bytes) -> bool:
    """Whether ``key`` is the database key that ``file`` was made for."""
    return _check(key, file.id) == file.check


def encode(file: KeyFile) -> bytes:
    """The bytes of a key file."""
    body = encode_canonical(file)
    return encode_canonical(_Envelope("inglenook key", VERSION, body, _checksum(body)))


def decode(data: bytes) -> KeyFile:
    """Read a key file; no work with the key is done here.

    Raises:
        KeyFileError: Damaged, made by a newer Inglenook, or it names a cost out of bounds.
    """
    try:
        envelope = decode_canonical(data, _Envelope)
        if envelope.version != VERSION:
            raise KeyFileError("A newer Inglenook made this key file; update this device.")
        if _checksum(envelope.body) != envelope.checksum:
            raise KeyFileError
        file = decode_canonical(envelope.body, KeyFile)
    except MalformedError:
        raise KeyFileError from None
    if isinstance(file.hold, ByPassphrase):
        _refuse_absurd(file.hold)
    return file


def _refuse_absurd(hold: ByPassphrase) -> None:
    if not (
        MIN_MIB <= hold.mib <= MAX_MIB
        and PASSES <= hold.passes <= MAX_PASSES
        and 1 <= hold.lanes <= MAX_LANES
    ):
        raise KeyFileError("The key file names a cost that Inglenook never uses; it was refused.")


def _derive(passphrase: bytes, hold: ByPassphrase) -> bytes:
    secret = suite.domain("unlock") + passphrase
    try:
        return suite.argon2id(secret, hold.salt, mib=hold.mib, passes=hold.passes, lanes=hold.lanes)
    except MemoryError:
        raise LockedError("There is not enough free memory to check the passphrase.") from None


def _aad(file: KeyFile, hold: ByPassphrase) -> bytes:
    named = (VERSION, file.id, file.check, hold.salt, hold.mib, hold.passes, hold.lanes)
    return suite.domain("unlock") + encode_canonical(named)


def _check(key: bytes, ident: bytes) -> bytes:
    return suite.hmac(key, suite.domain("unlock") + ident)


def _checksum(body: bytes) -> bytes:
    return suite.sha256(suite.domain("unlock") + body)
