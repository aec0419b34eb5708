import logging
from collections.abc import Iterator

import pytest
from aiohttp import http_exceptions

from inglenook_server.shells.discretion import be_discreet

log = logging.getLogger("aiohttp.server")


@pytest.fixture(autouse=True)
def discreet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    be_discreet()
    be_discreet()
    caplog.set_level(logging.DEBUG, logger="aiohttp.server")
    yield
    assert len(log.filters) == 1


def fail(error: Exception) -> None:
    try:
        raise error  # noqa: TRY301 - to be caught
    except Exception:
        log.exception("Error handling request from %s", "192.0.2.7")


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(http_exceptions.BadHttpMessage("secret bytes"), id="what a peer sent"),
        pytest.param(ConnectionResetError(), id="a peer that went"),
    ],
)
def test_what_a_peer_caused_is_not_logged(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    fail(error)
    log.debug("Ignored premature client disconnection")

    assert caplog.records == []


def test_of_a_mistake_of_ours_only_its_kind_and_place_are_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fail(KeyError("a token"))

    (record,) = caplog.records
    assert record.getMessage().startswith("A request failed: KeyError in fail, line ")
    assert record.exc_info is None
