"""The scene of every attack, and the watch over what is logged meanwhile."""

import logging
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from client.journal.conftest import base, clock, net, template
from client.journal.forgetting import Clock
from harness.devices import ORIGIN, Net, Template
from harness.hostile_relay import HostileRelay
from hostile.scene import LogText, Scene

__all__ = ["base", "clock", "net", "template"]


@pytest.fixture
def logged() -> Iterator[LogText]:
    """Every logger's every word, as one who searches a machine would find it."""
    root, text = logging.getLogger(), LogText()
    before = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(text)
    yield text
    root.removeHandler(text)
    root.setLevel(before)


@pytest.fixture
async def scene(
    template: Template, net: Net, base: Path, clock: Clock, logged: LogText
) -> AsyncIterator[Scene]:
    """Ada's laptop and tablet, Max's PC, and a relay that is honest so far."""
    relay = net.relays[ORIGIN] = HostileRelay()
    ada, tablet, max_ = await template.unpack(net, base, "ada", "tablet", "max")
    made = Scene(net, relay, clock, base, ada, tablet, max_, logged.text)
    made.honest = [ada, tablet, max_]
    made.outside_folders = [
        Path(os.environ[name]) for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME")
    ]
    await made.settle(rounds=1)
    yield made
    for device in (ada, tablet, max_, *made.joined):
        await device.close()
