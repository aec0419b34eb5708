"""A real relay process behind a proxy that cuts: at each frame's ends, and at 200 places."""

import os
import random
from pathlib import Path

import pytest

from harness.cutting_proxy import CuttingProxy, cutting_proxy
from harness.devices import Device, agree
from harness.relay_process import relay_process

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.may_block,  # the relay's process starts and ends inside the loop
]
PLACES = 200


async def one_sync(proxy: CuttingProxy, device: Device, cut_after: int | None) -> bool:
    """Whether it got through; a connection that was cut is told, and nothing else."""
    proxy.arm(cut_after)
    report = await device.sync()
    assert report.news == []
    return not report.offline


async def test_a_connection_cut_anywhere_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    seed = os.urandom(4).hex()
    dice = random.Random(seed)
    with relay_process(tmp_path / "relay.db", "--create", "open") as relay:
        async with cutting_proxy(relay.port) as proxy:
            ada = await Device.first(tmp_path, "Ada", relay=proxy.origin)
            max_ = await Device.first(tmp_path, "Max", relay=proxy.origin)
            await ada.pair_with(max_)
            for device in (ada, max_, ada, max_):
                assert await one_sync(proxy, device, None)
            texts = await _cut_everywhere(proxy, ada, max_, dice)

            for device in (ada, max_, ada, max_):
                assert await one_sync(proxy, device, None), f"seed {seed}"
            assert await ada.texts() == await max_.texts() == sorted(texts), f"seed {seed}"
            assert await agree(ada, max_), f"seed {seed}"
            for device in (ada, max_):
                assert (await device.journal.doctor()).ok, f"seed {seed}"
                assert (await device.journal.status()).waiting == 0
                await device.close()


async def _cut_everywhere(
    proxy: CuttingProxy, ada: Device, max_: Device, dice: random.Random
) -> list[str]:
    texts = list[str]()

    async def busy_sync(cut_after: int | None) -> bool:
        device = dice.choice((ada, max_))
        texts.append(f"goal {len(texts)}")
        await device.share(texts[-1])
        return await one_sync(proxy, device, cut_after)

    for device in (ada, max_):  # each has something to send and to read
        texts.append(f"goal {len(texts)}")
        await device.share(texts[-1])
        assert await one_sync(proxy, device, None)
    ends, usual = [*proxy.turns, proxy.passed], proxy.passed
    assert len(ends) >= 3  # a question and its answer at least
    for end in ends:
        for at in (end - 1, end, end + 1):
            await busy_sync(max(at, 0))
    cuts = proxy.cuts
    for _ in range(PLACES):
        await busy_sync(dice.randrange(usual))
    assert proxy.cuts - cuts > PLACES / 2
    return texts
