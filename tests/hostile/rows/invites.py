"""Invites: whoever has the link, whoever stands between, and whoever comes late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from harness.devices import ORIGIN, Device
from harness.logs import first_device
from hostile.scene import Evidence, Scene, row
from inglenook_client.journal import knocking
from inglenook_client.journal.model import Joined
from inglenook_schema import canonical, invite, mailbox, record
from inglenook_schema.errors import InglenookError
from inglenook_schema.invite import Knock, Link, Offer, Purpose
from inglenook_schema.record import RecordKind
from inglenook_schema.wire import Done, Put, Status, ToRelay, Want


async def invited(scene: Scene) -> tuple[Link, str]:
    """Ada's link for somebody new."""
    scene.relay.asker = "ada"
    made = await scene.ada.journal.pair_invite(role="mentor", via=False)
    return invite.read_link(made.link), made.link


async def newcomer(scene: Scene, name: str) -> Device:
    """A person with a journal of their own."""
    device = await Device.first(scene.base, name)
    scene.joined.append(device)
    return device


def in_box(scene: Scene, link: Link) -> list[tuple[RecordKind, bytes]]:
    """What lies in an invite's box, opened."""
    want = Want(link.address, invite.tokens(link).read, 0, mailbox.EMPTY_HEAD)
    (box,) = scene.relay.ask(ToRelay(want=(want,))).boxes
    opened = [record.open_record(data, invite.place(link.secret)) for _, data in box.records]
    return [(each.kind, each.inner) for each in opened]


def put(scene: Scene, link: Link, kind: RecordKind, value: object) -> None:
    """A record in the box, by whoever has the link."""
    place = invite.place(link.secret)
    blob = record.seal(kind, canonical.encode(value), place, record.erase_key(place.secret))
    tokens = invite.tokens(link)
    scene.relay.ask(ToRelay(put=(Put(link.address, tokens.write, blob, b""),)))


def offer_of(scene: Scene, link: Link) -> Offer:
    """Ada's offer."""
    (inner,) = [inner for kind, inner in in_box(scene, link) if kind is RecordKind.OFFER]
    return canonical.decode(inner, Offer)


async def log_of(scene: Scene) -> bytes:
    """The newest pair's id."""
    sql = "SELECT id FROM log WHERE type = 2 ORDER BY number DESC"
    (row_,) = await scene.ada.read(lambda db: db.execute(sql).fetchmany(1))
    return bytes(row_[0])


async def spaces(device: Device) -> set[str]:
    """Names of a person's spaces."""
    return {space.name for space in await device.journal.spaces()}


def told(scene: Scene, error: InglenookError) -> None:
    """What a command says when it refuses."""
    scene.said.setdefault(scene.ada, []).append(str(error))


def _others_kem(_: Knock) -> dict[str, Any]:
    eve = first_device("Eve")
    mallory = first_device("Mallory")
    keys = invite.DeviceKeys(mallory.sign.public, eve.certificates[-1].kem, "Mallory's")
    return {"device": keys}


def _others_certificates(_: Knock) -> dict[str, Any]:
    return {"certificates": first_device("Eve").certificates}


def _swapped_certificate(knock: Knock) -> dict[str, Any]:
    eve = first_device("Eve").certificates[-1]
    return {"certificates": (msgspec.structs.replace(knock.certificates[-1], kem=eve.kem),)}


def _another_root(_: Knock) -> dict[str, Any]:
    return {"person": first_device("Eve").person}


def _anothers_name(_: Knock) -> dict[str, Any]:
    return {"name": "Max"}


_SWAPS: dict[str, Callable[[Knock], dict[str, Any]]] = {
    "swapped KEM key in a knock": _others_kem,
    "another's certificates in a knock": _others_certificates,
    "swapped KEM key in a certificate": _swapped_certificate,
    "another's root in a knock": _another_root,
    "another's name in a knock": _anothers_name,
}


def _add_swap(name: str, spoil: Callable[[Knock], dict[str, Any]]) -> None:
    @row(name, told="What came to an invite was refused (", evidence=Evidence.REFUSED)
    async def swapped(scene: Scene) -> None:
        """Somebody on the way changes a key in a true knock: its signature covers all of them."""
        link, _text = await invited(scene)
        offer = offer_of(scene, link)
        knock = first_device("Mallory").knock(await log_of(scene), offer.person.id, offer.nonce)
        put(scene, link, RecordKind.KNOCK, msgspec.structs.replace(knock, **spoil(knock)))
        await scene.sync(scene.ada)
        assert await scene.ada.journal.pair_waiting() == []


for _name, _spoil in _SWAPS.items():
    _add_swap(_name, _spoil)


@row(
    "invite interception",
    told="more than one device knocked on the same invite",
    evidence=Evidence.KNOCK,
)
async def interception(scene: Scene) -> None:
    """Eve read the link on its way, calls herself Bea and knocks first; the words differ."""
    bea = await newcomer(scene, "Bea")
    (scene.base / "elsewhere").mkdir()
    eve = await Device.first(scene.base / "elsewhere", "Bea")
    scene.joined.append(eve)
    _link, text = await invited(scene)
    theirs: Joined = await eve.journal.pair_join(text)
    hers: Joined = await bea.journal.pair_join(text)
    await scene.sync(scene.ada)
    waiting = await scene.ada.journal.pair_waiting()
    assert [w.name for w in waiting] == ["Bea", "Bea"]
    assert all(w.alarm for w in waiting)
    assert {w.words for w in waiting} == {hers.words, theirs.words}
    assert hers.words != theirs.words
    (right,) = [w.id for w in waiting if w.words == hers.words]
    await scene.ada.journal.pair_approve(right)
    for device in (bea, eve):
        await device.sync()
    assert await spaces(bea) == {"journal", "Ada"}
    assert await spaces(eve) == {"journal"}


@row(
    "an offer by somebody else",
    told="This invite was used, taken back or is not there yet",
    evidence=Evidence.NOTHING_SIGNED,
)
async def other_offer(scene: Scene) -> None:
    """The relay's friend has the link, and puts an offer of her own space in the place of Ada's."""
    bea, eve = await newcomer(scene, "Bea"), await newcomer(scene, "Eve")
    link, text = await invited(scene)
    own = invite.read_link((await eve.journal.pair_invite(role="mentor", via=False)).link)
    forged = invite.sign_offer(
        eve.journal.me.sign,
        msgspec.structs.replace(offer_of(scene, own), expires=link.expires),
    )
    hers = {r.rid for r in scene.relay.store._records[link.address]}
    put(scene, link, RecordKind.OFFER, forged)
    scene.relay.edit = lambda _, rows: [r for r in rows if r.rid not in hers]
    with pytest.raises(InglenookError) as refused:
        await bea.journal.pair_join(text)
    told(scene, refused.value)
    assert await spaces(bea) == {"journal"}


@row(
    "second knocks",
    told="more than one device knocked on the same invite",
    evidence=Evidence.KNOCK,
)
async def second_knocks(scene: Scene) -> None:
    """Eve knocks after Bea did, seven times, as seven devices."""
    bea = await newcomer(scene, "Bea")
    link, text = await invited(scene)
    await bea.journal.pair_join(text)
    await scene.sync(scene.ada)
    offer, log = offer_of(scene, link), await log_of(scene)
    for number in range(7):
        knock = first_device("Eve", f"Eve's {number}").knock(log, offer.person.id, offer.nonce)
        put(scene, link, RecordKind.KNOCK, knock)
    await scene.sync(scene.ada)
    waiting = await scene.ada.read(lambda db: knocking.waiting(db, Purpose.PAIR))
    assert [knocked.several for knocked in waiting] == [True] * 8


@row(
    "expired invites",
    told="That invite is older than seven days",
    evidence=Evidence.KNOCK,
)
async def expired(scene: Scene) -> None:
    """Eve found the link after eight days, and her program does not look at the date."""
    link, _text = await invited(scene)
    scene.clock.days(8)
    offer = offer_of(scene, link)
    knock = first_device("Eve").knock(await log_of(scene), offer.person.id, offer.nonce)
    put(scene, link, RecordKind.KNOCK, knock)
    await scene.sync(scene.ada)
    sql = "SELECT max(number) FROM knock WHERE state = 0"
    (found,) = await scene.ada.read(lambda db: db.execute(sql).fetchone())
    with pytest.raises(InglenookError) as refused:
        await scene.ada.journal.pair_approve(found)
    told(scene, refused.value)
    await scene.sync(scene.ada)
    log = await log_of(scene)
    acts = await scene.ada.read(
        lambda db: db.execute(
            "SELECT count(*) FROM event e JOIN chain c ON c.number = e.chain"
            " JOIN log l ON l.number = c.log WHERE l.id = ? AND e.kind = 3",
            (log,),
        ).fetchone()
    )
    assert acts == (0,)


@row(
    "an expired link",
    told="That invite is older than seven days. Ask for a new one",
    evidence=Evidence.NOTHING_CAME,
)
async def expired_link(scene: Scene) -> None:
    """Bea is handed a link of last week, which the relay still serves."""
    bea = await newcomer(scene, "Bea")
    _link, text = await invited(scene)
    scene.clock.days(8)
    before = len(scene.relay.frames)
    with pytest.raises(InglenookError) as refused:
        await bea.journal.pair_join(text)
    told(scene, refused.value)
    assert len(scene.relay.frames) == before


@row(
    "revoked invites",
    unseen="who asks a relay to forget a box asks it no more about it. Bounded: an invite that was"
    " taken back lets nobody in, whatever the relay keeps of it",
    evidence=Evidence.NOTHING_CAME,
)
async def revoked(scene: Scene) -> None:
    """The relay says that the box is closed, keeps it open, and Eve knocks."""
    eve = await newcomer(scene, "Eve")
    _link, text = await invited(scene)
    scene.relay.on_erase = lambda _: Done(Status.OK, 0)
    scene.relay.asker = "ada"
    assert await scene.ada.journal.pair_revoke() == 1
    await eve.journal.pair_join(text)
    await scene.sync(scene.ada)
    assert await scene.ada.journal.pair_waiting() == []
    sql = "SELECT number FROM knock"
    for (number,) in await scene.ada.read(lambda db: db.execute(sql).fetchall()):
        with pytest.raises(InglenookError):
            await scene.ada.journal.pair_approve(number)
    await eve.sync()
    assert await spaces(eve) == {"journal"}


@row(
    "a welcome by somebody else",
    told="What came to an invite was refused (A signature did not fit",
    evidence=Evidence.REFUSED,
)
async def other_welcome(scene: Scene) -> None:
    """Whoever has the link answers Bea's knock with a space and a secret of their own."""
    bea = await newcomer(scene, "Bea")
    link, text = await invited(scene)
    await bea.journal.pair_join(text)
    knock = canonical.decode(
        next(inner for kind, inner in in_box(scene, link) if kind is RecordKind.KNOCK), Knock
    )
    space = invite.Space(await log_of(scene), 2, "mentor", (bytes(32),), (ORIGIN,), "")
    forged = invite.seal_welcome(
        first_device("Mallory").sign, invite.Welcome((), (space,), ""), knock
    )
    put(scene, link, RecordKind.WELCOME, forged)
    await scene.sync(bea)
    assert await spaces(bea) == {"journal"}
    scene.honest.append(bea)
    scene.alone.append(bea)
