"""The recovery box, and what guards a device at rest: nothing of it comes from a relay."""

from __future__ import annotations

import msgspec
import pytest

from harness.devices import ORIGIN, Device
from harness.hostile_relay import Kept, shown
from harness.logs import draw
from hostile.rows.lists import rotated
from hostile.scene import Evidence, Scene, row
from inglenook_client.journal import kit
from inglenook_client.keys import keyfile
from inglenook_client.keys.errors import KeyFileError
from inglenook_client.stores import logs
from inglenook_schema import bundle, canonical, mailbox, record, suite
from inglenook_schema.bundle import Box
from inglenook_schema.ids import ZERO_ID


async def recovery_box(scene: Scene) -> tuple[Box, bytes]:
    """Ada's, with the address of her mailbox at the relay."""
    key = await scene.ada.read(lambda db: logs.meta(db, kit.KEY))
    assert key is not None
    box = bundle.box_of(key)
    return box, mailbox.tokens(box.secret, ZERO_ID, ORIGIN, box.owner).address


async def restored(scene: Scene, words: str) -> Device:
    """The laptop and the tablet are lost; a new device begins with the words alone."""
    for lost in (scene.ada, scene.tablet):
        scene.honest.remove(lost)
    new = await Device.from_words(scene.base, "new laptop", words, keep=())
    scene.joined.append(new)
    scene.honest.append(new)
    return new


@row(
    "replaced recovery bundles",
    told="4 records in the recovery box did not verify and were passed over",
    evidence=Evidence.NOTHING_SIGNED,
)
async def replaced_bundles(scene: Scene) -> None:
    """Before the true ones come noise, another person's bundle, and two that were altered."""
    await scene.write(scene.ada, "what only the words bring back")
    await scene.share(scene.ada, "ours")
    await scene.settle()
    words = await scene.ada.words()
    box, address = await recovery_box(scene)
    true = [Kept(r.rid, r.blob) for r in scene.relay.store._records[address] if r.blob]
    other = bundle.box_of(draw("somebody else"))
    theirs = bundle.seal(
        bundle.open_bundle(true[0].blob, box), other.secret, other.root.public.kem,
        draw("fresh"), draw("key"),
    ).blob  # fmt: skip
    wrong = true[0].blob
    altered = [
        shown(wrong[:49] + bytes(1_168) + wrong[49 + 1_168 :]),
        shown(wrong[:-1] + bytes([wrong[-1] ^ 1])),
    ]
    noise = shown(bytes([1]) + draw("noise", 3_000))
    scene.relay.edit = lambda a, rows: (
        [noise, shown(theirs), *altered, *rows] if a == address else rows
    )
    await restored(scene, words)
    await scene.settle(rounds=2)


@row(
    "forged recovery bundles",
    told="1 record in the recovery box did not verify and was passed over",
    evidence=Evidence.NOTHING_SIGNED,
)
async def forged_bundle(scene: Scene) -> None:
    """Sealed to the root, with Ada's certificates, and signed by nobody: it leads elsewhere."""
    await scene.share(scene.ada, "ours")
    await scene.settle()
    words = await scene.ada.words()
    box, address = await recovery_box(scene)
    true = [r.blob for r in scene.relay.store._records[address] if r.blob]
    opened = bundle.open_bundle(true[0], box)
    spaces = tuple(
        msgspec.structs.replace(s, secrets=(draw("evil"),), relays=("https://evil.example",))
        for s in opened.spaces
    )
    forged = msgspec.structs.replace(opened, spaces=spaces, counter=opened.counter + 9)
    blob = bundle.seal(
        forged, box.secret, box.root.public.kem, draw("fresh"), draw("key")
    ).blob  # fmt: skip
    scene.relay.edit = lambda a, rows: [*rows, shown(blob)] if a == address else rows
    new = await restored(scene, words)
    await scene.settle()
    known = await new.read(lambda db: db.execute("SELECT relay FROM mailbox").fetchall())
    assert ("https://evil.example",) not in known


@row(
    "older recovery bundles",
    unseen="a bundle only says where to look first. Bounded: every secret in it is checked against"
    " what the log committed to, and later epochs are found by the root's own wraps",
    evidence=Evidence.NOTHING_SIGNED,
)
async def older_bundles(scene: Scene) -> None:
    """The relay shows the bundles of long ago only, from before two epochs."""
    await scene.settle()
    box, address = await recovery_box(scene)
    assert box
    old = {r.rid: r.blob for r in scene.relay.store._records[address] if r.blob}
    for device in (scene.ada, scene.max):
        await rotated(scene, device)
        await scene.settle()
    await scene.share(scene.max, "in the newest epoch")
    await scene.settle()
    words = await scene.ada.words()
    scene.relay.edit = lambda a, rows: (
        [Kept(r, b) for r, b in old.items()] if a == address else rows
    )
    await restored(scene, words)
    await scene.settle(rounds=1)


@row(
    "downgraded wrap",
    told="1 record in the recovery box did not verify and was passed over",
    evidence=Evidence.NOTHING_SIGNED,
)
async def downgraded_wrap(scene: Scene) -> None:
    """The wrap in front of a bundle is exchanged for one to a key that the relay knows.

    The wrap stands in what the record authenticates: the rest does not open under it.
    """
    await scene.settle()
    words = await scene.ada.words()
    box, address = await recovery_box(scene)
    true = [Kept(r.rid, r.blob) for r in scene.relay.store._records[address] if r.blob]
    known = draw("a key that the relay knows")
    wrap = suite.hpke_seal(
        box.root.public.kem, known, bundle._info(mailbox.box(box.secret), box.root.public.kem)
    )
    at = bundle.place(box.secret, known)
    inner = canonical.encode(bundle.open_bundle(true[0].blob, box))
    plain = record.seal(record.RecordKind.BUNDLE, inner, at, draw("key"))
    downgraded = shown(plain[:49] + wrap + plain[49:])
    scene.relay.edit = lambda a, rows: [downgraded, *rows] if a == address else rows
    await restored(scene, words)
    await scene.settle(rounds=2)


@row(
    "foreign KDF parameters",
    told="The key file names a cost that Inglenook never uses; it was refused.",
    evidence=Evidence.NOTHING_CAME,
)
async def foreign_kdf(scene: Scene) -> None:
    """No frame has a place for them; and a key file that was made cheap is refused unread."""
    file = keyfile.KeyFile(draw("id", 16), draw("check"), _hold(mib=1))
    for cheap in (_hold(mib=1), _hold(passes=1), _hold(mib=63), _hold(mib=2**20), _hold(lanes=0)):
        data = keyfile.encode(keyfile.KeyFile(file.id, file.check, cheap))
        with pytest.raises(KeyFileError) as refused:
            keyfile.decode(data)
        scene.said[scene.ada] = [str(refused.value)]


def _hold(
    *, mib: int = keyfile.MIN_MIB, passes: int = keyfile.PASSES, lanes: int = keyfile.LANES
) -> keyfile.ByPassphrase:
    return keyfile.ByPassphrase(draw("salt"), mib, passes, lanes, bytes(48))
