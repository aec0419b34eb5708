"""What the journal's tests share: a network in memory, folders of their own, people."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from client.journal.forgetting import Clock
from harness import memory
from harness.blocking import watching
from harness.devices import Device, Net, Template, network
from inglenook_client import ambient


@pytest.fixture(autouse=True)
def no_blocking_calls() -> Iterator[None]:
    """As everywhere, but for calls that take microseconds."""
    with watching():
        yield


@pytest.fixture
def net() -> Iterator[Net]:
    """Relays in memory; whatever a test opened stays inside it."""
    with network() as found:
        yield found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Every device's clock, moved by hand."""
    made = Clock()
    monkeypatch.setattr(ambient, "now_ms", made.now_ms)
    return made


@contextmanager
def _folder() -> Iterator[Path]:
    """In memory, if this machine has such a place."""
    folder = Path(tempfile.mkdtemp(prefix="ink-", dir=memory.folder()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def base() -> Iterator[Path]:
    """Where data folders are made."""
    with _folder() as folder:
        yield folder


@pytest.fixture
async def ada(net: Net, base: Path) -> AsyncIterator[Device]:
    """Ada's laptop."""
    assert net.relays
    device = await Device.first(base, "Ada")
    yield device
    await device.close()


@pytest.fixture
async def max_(net: Net, base: Path) -> AsyncIterator[Device]:
    """Max's PC."""
    assert net.relays
    device = await Device.first(base, "Max")
    yield device
    await device.close()


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    """Two people with two devices each, made once a session and copied for each test."""
    with _folder() as folder:
        yield asyncio.run(Template.make(folder))


async def _unpacked(
    template: Template, net: Net, base: Path, *names: str
) -> AsyncIterator[tuple[Device, ...]]:
    devices = tuple(await template.unpack(net, base, *names))
    yield devices
    for device in devices:
        await device.close()


@pytest.fixture
async def pair(template: Template, net: Net, base: Path) -> AsyncIterator[tuple[Device, Device]]:
    """Ada's laptop and Max's PC, which share a space; their other devices stay away."""
    async for ada, max_ in _unpacked(template, net, base, "ada", "max"):
        yield ada, max_


@pytest.fixture
async def own(template: Template, net: Net, base: Path) -> AsyncIterator[tuple[Device, Device]]:
    """Ada's laptop and tablet."""
    async for laptop, tablet in _unpacked(template, net, base, "ada", "tablet"):
        yield laptop, tablet


@pytest.fixture
async def trio(
    template: Template, net: Net, base: Path
) -> AsyncIterator[tuple[Device, Device, Device]]:
    """Ada's laptop and tablet, and Max's PC."""
    async for ada, tablet, max_ in _unpacked(template, net, base, "ada", "tablet", "max"):
        yield ada, tablet, max_
