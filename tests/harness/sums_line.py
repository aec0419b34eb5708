"""Members and a coordinator who speak to a relay's half over real sockets."""

from __future__ import annotations

import http.client
from typing import Any

from inglenook_schema.sums import frames

HEADERS = {"Content-Type": "application/x-msgpack"}


def ask_over_http(port: int, request: frames.Request) -> Any:
    """Ask over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/v1/sums", frames.encode(request), HEADERS)
        return frames.read_reply(connection.getresponse().read())
    finally:
        connection.close()
