"""What a relay knows of a mailbox: its address, tokens, running head (protocol 5.2, 6.2)."""

from __future__ import annotations

import hmac as _compare
import ipaddress
import re
from typing import NamedTuple

from inglenook_schema import suite
from inglenook_schema.errors import CallerError
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.limits import MAX_ORIGIN

_ADDRESS = suite.domain("address")
_TOKEN = suite.domain("token")
_HEAD = suite.domain("head")
_READ = suite.domain("read")
_WRITE = suite.domain("write")
_BOX = suite.domain("box")

_HOST = re.compile(r"(?:[a-z0-9._-]+|\[(?P<v6>[0-9a-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?")
_PORTS = 65_535

_FOLDER = re.compile(r"folder:[0-9a-f]{32}")
FOLDER = "folder:"
"""What every folder's origin starts with, and no relay's."""
FOLDER_RANGE = (FOLDER, "folder;")
"""All origins of folders are from the first on, and before the second."""

EMPTY_HEAD = ZERO_ID
"""The running head of a mailbox without records."""


class Tokens(NamedTuple):
    """What opens a mailbox at one relay; 32 bytes each, the owner's may be absent."""

    read: bytes
    write: bytes
    owner: bytes = b""

    @property
    def address(self) -> bytes:
        """The 16-byte address these tokens certify."""
        return address(
            token_hash(self.read),
            token_hash(self.write),
            token_hash(self.owner) if self.owner else b"",
        )


def token_hash(token: bytes) -> bytes:
    """What the relay stores of a token."""
    return suite.sha256(_TOKEN + token)


def address(read_hash: bytes, write_hash: bytes, owner_hash: bytes = b"") -> bytes:
    """The address that these token hashes certify: nobody can claim it with others."""
    return suite.sha256(_ADDRESS + read_hash + write_hash + (owner_hash or ZERO_ID))[:16]


def token_fits(token: bytes, token_hash_: bytes) -> bool:
    """Compare a token with its stored hash, in constant time."""
    return _compare.compare_digest(token_hash(token), token_hash_)


def next_head(head: bytes, rid: bytes) -> bytes:
    """The running head after one more record."""
    return suite.sha256(_HEAD + head + rid)


def tokens(secret: bytes, place: bytes, origin: str, owner: bytes = b"") -> Tokens:
    """The tokens of a box at one relay.

    Args:
        secret: 32 bytes: the epoch secret, or the box's own.
        place: The 32-byte log id, or zeros for a box without a log.
        origin: See :func:`origin_of`; one relay's tokens open nothing at another.
        owner: The owner token, if the box has one.
    """
    where = place + origin.encode()
    return Tokens(suite.expand(secret, _READ + where), suite.expand(secret, _WRITE + where), owner)


def box(secret: bytes, place: bytes = ZERO_ID) -> bytes:
    """The 16 bytes that name a box inside its records, the same at every relay."""
    return suite.expand(secret, _BOX + place, 16)


def origin_of(url: str) -> str:
    """Scheme, lower-case host and port as entered, nothing else (protocol 5.2).

    Raises:
        CallerError: Not an http or https address, with a user name in it, or with a host
            that is not plain ASCII.
    """
    scheme, sep, rest = url.strip().partition("://")
    host = rest.split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    scheme = scheme.lower()
    if not sep or scheme not in ("http", "https") or not host or "@" in host:
        raise CallerError("A relay's address looks like https://relay.example.org")
    ascii_ = host.isascii()  # before lower(): the Kelvin sign's lower case is a plain k
    host = host.lower()
    if not ascii_ or len(host) > MAX_ORIGIN - 8 or not _can_be_reached(host):
        raise CallerError("That relay's address cannot be used.")
    return f"{scheme}://{host}"


def _can_be_reached(host: str) -> bool:
    """Whether what is in brackets is an IPv6 address, and the port one that there is."""
    found = _HOST.fullmatch(host)
    if found is None or int(found["port"] or 0) > _PORTS:
        return False
    try:
        ipaddress.IPv6Address(found["v6"] or "::")
    except ValueError:
        return False
    return True


def is_relay(origin: str) -> bool:
    """Whether a text from elsewhere is a relay's own origin, as :func:`origin_of` gives it."""
    try:
        return origin_of(origin) == origin
    except CallerError:
        return False


def folder_origin(name: bytes) -> str:
    """The origin of a folder (protocol 5.2).

    Args:
        name: The 16 random bytes that lie in it.
    """
    return FOLDER + name.hex()


def is_folder(origin: str) -> bool:
    """Whether an origin is a folder's: only ever this device's own word, never a peer's."""
    return _FOLDER.fullmatch(origin) is not None
