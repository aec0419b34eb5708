"""Which relays may be spoken to at all; says so without loading what speaks to them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from inglenook_schema.errors import CallerError


def check_relay(origin: str) -> None:
    """Refuse plain http beyond this machine.

    Raises:
        CallerError: The relay is on another machine and would be spoken to in clear.
    """
    parts = urlsplit(origin)
    if parts.scheme == "https" or is_loopback(parts.hostname or ""):
        return
    raise CallerError("A relay on another machine needs https:// so that nobody can listen in.")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_usable(origin: str) -> bool:
    """Whether :func:`check_relay` lets it pass."""
    try:
        check_relay(origin)
    except (CallerError, ValueError):  # an address in brackets that is none
        return False
    return True
