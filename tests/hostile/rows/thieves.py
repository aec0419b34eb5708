"""Whoever has a device, or its disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlcipher3

from demo.needles import finds, needles
from harness.devices import Device
from harness.intruder import Hand
from harness.logs import NONCE, draw, first_device
from hostile.scene import Evidence, Scene, row
from inglenook_client.journal.home import Journal
from inglenook_client.stores import logs
from inglenook_client.stores.errors import StoreError
from inglenook_schema import batch, canonical
from inglenook_schema.control import AddPerson, RemoveDevice
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.header import Kind
from inglenook_schema.record import RecordKind


@row(
    "stolen disk",
    unseen="a copy leaves no trace. Bounded: every byte of the folder is encrypted under a random"
    " key that the passphrase or the keyring guards (Argon2id, 64 MiB at least), and whoever misses"
    " a device removes it",
    evidence=Evidence.NOTHING_CAME,
)
async def stolen_disk(scene: Scene) -> None:
    """Every file that a device left anywhere is searched, in use and closed."""
    await scene.write(scene.ada, "what nobody knows")
    goal = await scene.share(scene.ada, "what Max knows")
    await scene.settle()
    await scene.ada.journal.search("knows")
    await scene.erase(scene.ada, goal)
    await scene.settle()
    loot = scene.base / "loot"
    shutil.copytree(scene.ada.home, loot / "in use")
    await scene.ada.journal.close()
    shutil.copytree(scene.ada.home, loot / "closed")
    scene.ada.journal = await Journal.open(scene.ada.home, scene.ada.key)
    for folder in scene.outside_folders:
        shutil.copytree(folder, loot / folder.name, dirs_exist_ok=True)
    words = [*(t for _, t in scene.private), *scene.shared, *scene.gone, "Max's first", "tablet"]
    found = _search(loot, words)
    assert found == {}
    for key in (bytes(32), draw("a guess"), b"passphrase".ljust(32)):
        thief = Device(loot / "closed")
        thief.key = key
        with pytest.raises(StoreError):
            await Journal.open(thief.home, thief.key)
    with pytest.raises(sqlcipher3.Error):
        sqlcipher3.connect(str(loot / "closed" / "journal.db")).execute("SELECT * FROM event")


def _search(loot: Path, words: list[str]) -> dict[str, list[str]]:
    """Files of the loot in which words lie, names too, in any spelling that might leak."""
    found = dict[str, list[str]]()
    for path in loot.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        # four letters are in any noise: of short names only whole ones in a row of letters
        hits = [
            w for w in words if finds(data, needles(w) if len(w) > 6 else [b'"%s"' % w.encode()])
        ]
        if hits:
            found[path.name] = hits
    return found


@row(
    "stolen unlocked device",
    told="“tablet” was removed, and",
    evidence=Evidence.VOID,
)
async def stolen_unlocked(scene: Scene) -> None:
    """The thief reads and writes as its owner until it is removed, lets a friend in, in vain."""
    await scene.share(scene.ada, "before the loss")
    await scene.write(scene.ada, "mine, before the loss")
    await scene.settle()
    thief = scene.tablet
    scene.honest.remove(thief)
    assert await thief.texts() == sorted([*scene.shared, scene.private[0][1]])
    hand, eve = await Hand.of(thief, scene.relay), first_device("Eve")
    third = AddPerson("mentor", eve.knock(hand.log, hand.device.person_id), NONCE)
    let_in = hand.act(Kind.MEMBER, third)
    hand.send(let_in)
    scene.void.append(let_in.id)
    await scene.settle(rounds=1)
    for device in scene.honest:
        assert len(await device.journal.who(await device.pair())) == 2
    scene.relay.asker = "ada"
    await scene.ada.journal.device_revoke(await scene.ada.journal.device_to_revoke("tablet"))
    await scene.settle(rounds=1)
    hand.goes_on(let_in)
    words = hand.words("by the thief")
    hand.send(words)
    scene.void.append(words.id)
    await scene.share(scene.max, "after the loss")
    await scene.write(scene.ada, "mine, after the loss")
    await scene.settle()
    await thief.sync()
    await thief.sync()
    held = await thief.read(lambda db: db.execute("SELECT body FROM event").fetchall())
    assert not any(b"after the loss" in (body or b"") for (body,) in held)


@row(
    "a removed device that speaks for its owner",
    told="Nothing from Ada's devices since",
    evidence=Evidence.VOID,
)
async def speaks_on(scene: Scene) -> None:
    """The relay shows Max nothing of Ada's for days, but what the removed tablet says daily."""
    await scene.share(scene.max, "are you there")
    await scene.settle()
    thief = await Hand.of(scene.tablet, scene.relay)
    scene.honest.remove(scene.tablet)
    scene.relay.asker = "ada"
    await scene.ada.journal.device_revoke(await scene.ada.journal.device_to_revoke("tablet"))
    await scene.settle(rounds=1)
    await scene.share(scene.max, "are you still there")
    await scene.sync(scene.max)
    known = {rid for rows in scene.relay.store._records.values() for rid in (r.rid for r in rows)}
    address = thief.tokens.address
    scene.relay.edit = lambda at, rows: [
        r for r in rows if scene.relay.asker != "max" or r.rid in known or at == address
    ]
    for day in range(4):
        words = thief.goes_on(thief.words(f"all is well {day}"))
        thief.send(words)
        heads = ((thief.chain, thief.seq, thief.prev),)
        ack = batch.Ack(thief.log, thief.device.device, 90 + day, heads, (), (), bytes(64))
        signed = canonical.encode(batch.sign_ack(thief.device.sign, ack))
        thief.put(thief.blob(RecordKind.ACK, signed, key=thief.secret))
        scene.void.append(words.id)
        await scene.settle(rounds=1)
        scene.clock.days(1)
    await scene.look(scene.max)


@row(
    "thief who revokes first",
    told="“tablet” did 2 things in “Max” that are not theirs to do",
    evidence=Evidence.VOID,
)
async def revokes_first(scene: Scene) -> None:
    """The thief of the younger device removes the older one at once, by rank and as if by root."""
    await scene.share(scene.ada, "before the loss")
    await scene.settle()
    thief = scene.tablet
    scene.honest.remove(thief)
    with pytest.raises(NotAllowedError, match="was there before this device"):
        await thief.journal.device_to_revoke("Ada's first")
    hand = await Hand.of(thief, scene.relay)
    for root in (b"", bytes(32) + b"\1" * 32):
        removal = RemoveDevice(scene.ada.journal.me.device, root)
        act = hand.goes_on(hand.act(Kind.MEMBER, removal))
        hand.send(act)
        scene.void.append(act.id)
    await scene.settle(rounds=1)
    scene.relay.asker = "ada"
    await scene.ada.journal.device_revoke(await scene.ada.journal.device_to_revoke("tablet"))
    await scene.share(scene.ada, "after the loss")
    await scene.settle()
    who = await scene.max.journal.who(await scene.max.pair())
    assert {d.name for m in who for d in m.devices} == {"Ada's first", "Max's first", "phone"}


@row(
    "thief of the oldest device who revokes first",
    told="This device was removed",
    evidence=Evidence.VOID,
)
async def oldest_revokes(scene: Scene) -> None:
    """The laptop is stolen and removes the tablet; the words on paper put all of it back."""
    words = await scene.ada.words()
    await scene.share(scene.tablet, "before the loss")
    await scene.write(scene.tablet, "mine, before the loss")
    await scene.settle()
    thief = scene.ada
    scene.honest.remove(thief)
    await thief.journal.device_revoke(await thief.journal.device_to_revoke("tablet"))
    await scene.sync(scene.tablet)
    scene.honest.remove(scene.tablet)
    new = await Device.from_words(scene.base, "new laptop", words, keep=())
    scene.joined.append(new)
    scene.honest.append(new)
    await scene.sync(new)
    hand = await Hand.of(thief, scene.relay)
    act = hand.words("by the thief")
    hand.send(act)
    scene.void.append(act.id)
    await scene.settle(rounds=1)
    await scene.share(scene.max, "after the loss")
    await scene.settle()
    await thief.sync()
    held = await thief.read(lambda db: db.execute("SELECT body FROM event").fetchall())
    assert not any(b"after the loss" in (body or b"") for (body,) in held)
    assert await new.read(lambda db: len(logs.all_logs(db))) == 2
