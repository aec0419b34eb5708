"""What a relay was told lies on this device's disk before: a power cut leaves nobody behind it."""

import shutil
from pathlib import Path

from harness.photographs import files_below
from hostile.scene import Scene
from inglenook_client.journal.folder import DATABASE
from inglenook_client.stores import connection
from inglenook_schema import record
from inglenook_schema.wire import ToRelay


async def test_whatever_leaves_a_device_is_on_its_disk_first(scene: Scene) -> None:
    """Each question is photographed as it leaves: the disk as a power cut would leave it."""
    left = list[tuple[Path, list[bytes]]]()

    def photograph(frame: ToRelay) -> None:
        copy = scene.base / f"photograph {len(left)}"
        shutil.copytree(scene.ada.home, copy, ignore=shutil.ignore_patterns("*-shm", "*.lock"))
        left.append((copy, [record.rid(put.blob) for put in frame.put]))

    scene.net.on_the_way = photograph
    await scene.share(scene.ada, "on its way")
    await scene.write(scene.ada, "on its way as well")
    await scene.sync(scene.ada)
    scene.net.on_the_way = lambda _: None

    assert sum(len(rids) for _, rids in left) >= 2
    for copy, rids in left:
        assert files_below(copy)
        db = connection._open(copy / DATABASE, scene.ada.key)
        held = {rid for (rid,) in db.execute("SELECT rid FROM record WHERE blob IS NOT NULL")}
        db.close()
        assert held.issuperset(rids)
