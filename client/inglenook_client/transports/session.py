"""How this device speaks HTTP: to the relay that was meant, and about nothing but frames.

Rule 1: no redirect is followed: a relay leads nobody to another machine, or to one's own.
Rule 2: no cookie is kept, and nothing is unpacked: what comes is as long as it was sent.
"""

from __future__ import annotations

import aiohttp

_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "inglenook"}
"""A proxy before the relay is not to pack answers; and no version of anything is told."""
_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=30)


def open_session(
    *,
    timeout: aiohttp.ClientTimeout = _TIMEOUT,
    connector: aiohttp.BaseConnector | None = None,
) -> aiohttp.ClientSession:
    """A session for one relay; the caller closes it.

    Args:
        timeout: Of each request, and of making a connection.
        connector: The library's own, if none is given.
    """
    return aiohttp.ClientSession(
        timeout=timeout,
        connector=connector,
        trust_env=True,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers=_HEADERS,
        middlewares=(_stay,),
    )


async def _stay(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    response = await handler(request)
    if 300 <= response.status < 400:
        response.close()
        raise aiohttp.ClientConnectionError("redirected")
    return response
