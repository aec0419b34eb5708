"""Which carrier of hints an operator's word means: ``local``, or ``nats://…``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from inglenook_schema.errors import CallerError
from inglenook_server.core.fanout import Fanout
from inglenook_server.core.store import Store
from inglenook_server.fanouts.local import LocalFanout

LOCAL: Final = "local"
NATS: Final = ("nats://", "tls://")


def is_fanout(word: str) -> bool:
    """Whether the word names a carrier there is, and, for a server, where that is."""
    if word == LOCAL:
        return True
    try:
        parts = urlsplit(word)
        return word.startswith(NATS) and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def open_fanout(word: str, store: Store, report: Callable[[str], None]) -> Fanout:
    """Open what the word means; a server's driver is imported only for it.

    Args:
        word: One that :func:`is_fanout` knows.
        store: Asked after hints may have been missed.
        report: Told once when a server is gone, and once when it is back.

    Raises:
        CallerError: The driver is not installed.
    """
    if word == LOCAL:
        return LocalFanout()
    try:
        from inglenook_server.fanouts.nats import NatsFanout  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise CallerError("Hints through NATS need nats-py: install inglenook[cluster].") from None
    return NatsFanout(word, store.lengths, report)
