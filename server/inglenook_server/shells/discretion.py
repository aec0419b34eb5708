"""What the web server's own log may say: that something failed and where, never whose.

``aiohttp.server`` writes the peer's address, and bytes of what it sent, at ERROR.
"""

from __future__ import annotations

import logging
import traceback

from aiohttp import http_exceptions

_PEERS_FAULT = (http_exceptions.HttpProcessingError, ConnectionError, TimeoutError)


def be_discreet() -> None:
    """Filter the web server's log, however the process set up logging."""
    log = logging.getLogger("aiohttp.server")
    if _discreet not in log.filters:
        log.addFilter(_discreet)


def _discreet(record: logging.LogRecord) -> bool:
    """Drop what a peer caused; keep of a mistake of ours its kind and place."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None or isinstance(error, _PEERS_FAULT):
        return False
    places = traceback.extract_tb(error.__traceback__)
    where = f"{places[-1].name}, line {places[-1].lineno}" if places else "nowhere"
    record.msg, record.args = "A request failed: %s in %s", (type(error).__name__, where)
    record.exc_info = record.exc_text = None
    return True
