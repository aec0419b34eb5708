"""Nothing reaches a space but what was put there: every kind, every reference, tries to.

Ada writes private things of every kind. Then she writes, to Max, events of every kind whose
every reference names one of those, or something that she shares with Zoe alone. All sync,
keys change, packs are made. What Max and Zoe hold is searched byte by byte.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from enum import EnumType
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from harness.devices import Device, Net, settle
from harness.words import at_relay, epoch_secrets, places
from inglenook_client.journal import composing, rotating
from inglenook_client.journal.model import Space
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_schema.control import Reason
from inglenook_schema.errors import InvalidEventError
from inglenook_schema.events import KINDS, SPACES, Content, check, references
from inglenook_schema.events.asking import FeedbackGiven
from inglenook_schema.events.attachments import AttachmentAdded
from inglenook_schema.events.choices import PARTS, Framework, Role
from inglenook_schema.events.programme import ProgrammeCreated
from inglenook_schema.events.values import REFERENCE
from inglenook_schema.events.writing import EntryShared

PRIVATE = "what ada told nobody"
ZOES = "what ada told zoe alone"
PLAIN = "nothing of importance"
BOOKS = {"space.joined", "space.left", "recovery.prepared", "programme.knocked"}
"""What the journal keeps for itself: keys of spaces; it writes them, and nobody else."""


def filled(kind: str, words: str, refs: list[bytes]) -> Content:
    """An event of a kind that says ``words`` wherever it can, and refers to ``refs``."""
    at, zone, date = composing.moment()
    made = KINDS[kind](at=at, zone=zone, date=date, **_fields(KINDS[kind], words, refs))
    match made:
        case EntryShared():  # whole or in part, not both
            made = msgspec.structs.replace(made, excerpt=None)
        case FeedbackGiven():
            parts = dict.fromkeys(PARTS[Framework.SBI], words)
            made = msgspec.structs.replace(made, framework=Framework.SBI, parts=parts)
        case AttachmentAdded():
            made = msgspec.structs.replace(made, type="text/plain")
        case ProgrammeCreated():
            made = msgspec.structs.replace(made, contacts=made.contacts * 2)
        case _ if kind == "pair.joined":
            made = msgspec.structs.replace(made, role=Role.MENTOR)
    check(made)
    return made


def _fields(shape: type[msgspec.Struct], words: str, refs: list[bytes]) -> dict[str, Any]:
    hints = get_type_hints(shape, include_extras=True)
    wanted = {name: hint for name, hint in hints.items() if name not in _MOMENT}
    return {name: _value(name, hint, words, refs) for name, hint in wanted.items()}


_MOMENT = ("at", "zone", "date", "lang")
_SPECIAL: dict[str, Any] = {
    "url": "https://example.org/",
    "tz": "Europe/London",
    **dict.fromkeys(("starts_at", "new_time"), 1_800_000_000_000),
    **dict.fromkeys(("for_date", "on", "until", "due_on", "target_on"), "2026-01-31"),
    **dict.fromkeys(("starts_on", "ends_on"), "2026-01-31"),
}


def _value(name: str, hint: Any, words: str, refs: list[bytes]) -> Any:
    if name in _SPECIAL:
        return _SPECIAL[name]
    if get_origin(hint) in (Union, UnionType):
        fits = [part for part in get_args(hint) if part not in (type(None), msgspec.UnsetType)]
        return _value(name, fits[0], words, refs)
    if get_origin(hint) is Annotated:
        return _bounded(name, hint, words, refs)
    if get_origin(hint) is tuple:
        return _many(name, get_args(hint)[0], words, refs)
    if isinstance(hint, EnumType):
        return next(iter(hint))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint(**_fields(hint, words, refs))
    return hint()


def _bounded(name: str, hint: Any, words: str, refs: list[bytes]) -> Any:
    base = hint.__origin__
    if base is bytes:
        return (refs[0] * 64)[: hint.__metadata__[0].max_length]
    if base is str:
        return words
    if base is int:
        return 1
    return _many(name, get_args(base)[0], words, refs) if get_origin(base) is tuple else {}


def _many(name: str, hint: Any, words: str, refs: list[bytes]) -> tuple[Any, ...]:
    if get_origin(hint) is Annotated and REFERENCE in hint.__metadata__:
        return tuple(refs[:64])
    return (_value(name, hint, words, refs),)


REFERRING = [
    kind
    for kind, spaces in SPACES.items()
    if "pair" in spaces and references(filled(kind, PLAIN, [bytes(32)]))
]
"""Every kind in a pair's space that can point to another event."""


@pytest.fixture
async def zoe(pair: tuple[Device, Device], base: Path) -> AsyncIterator[Device]:
    """Ada's other mentor, of whom Max knows nothing."""
    ada, max_ = pair
    device = await Device.first(base, "Zoe")
    await ada.pair_with(device)
    await settle(ada, max_, device)
    yield device
    await device.close()


async def write_all(device: Device, space: Space, words: str, refs: list[bytes]) -> list[bytes]:
    """Events of every kind that belongs in a space; returns their ids."""
    sort = space.type.name.lower()
    written = list[bytes]()
    for kind, spaces in SPACES.items():
        if sort in spaces and kind not in BOOKS:
            event = filled(kind, words, refs or [bytes(32)])
            written.append((await device.journal.append(space, event)).event)
    return written


def rotate(device: Device, space: Space) -> Any:
    def act(db: Db) -> None:
        log = logs.log_by_number(db, space.number)
        rotating.rotate(db, device.journal.me, log, Reason.SIZE)

    return device.change(act)


async def lies_at(device: Device, words: str) -> set[str]:
    found: set[str] = await device.read(lambda db: places(db, words.encode()))
    return found


async def readable(net: Net, device: Device, words: str) -> int:
    """Records at the relay that say the words, to who has this device's keys."""
    return at_relay(net.relay.store, await device.read(epoch_secrets), words.encode())


@pytest.mark.timeout(180)
async def test_no_event_of_any_kind_takes_private_words_along(
    pair: tuple[Device, Device], zoe: Device, net: Net
) -> None:
    ada, max_ = pair
    own, with_max, with_zoe = [await ada.journal.space(n) for n in ("journal", "Max", "Zoe")]
    private = await write_all(ada, own, PRIVATE, [])
    await ada.journal.begin_draft((), "", PRIVATE, "")
    private += await write_all(ada, with_zoe, ZOES, private)
    for _ in range(2):  # before and after each knows the other's
        for number, ref in enumerate(private):
            kinds = REFERRING[number % len(REFERRING) :][:3] if number else REFERRING
            await write_about(ada, with_max, ref, kinds)
        await settle(ada, max_, zoe)
        for space in (own, with_max, with_zoe):
            await rotate(ada, space)
        await settle(ada, max_, zoe)

    assert await lies_at(ada, PRIVATE)
    assert await lies_at(ada, ZOES)
    assert await readable(net, ada, PRIVATE)
    assert await lies_at(zoe, ZOES)
    assert await readable(net, zoe, ZOES)
    for device, words in ((max_, PRIVATE), (max_, ZOES), (zoe, PRIVATE)):
        assert await lies_at(device, words) == set()
        assert await readable(net, device, words) == 0
    assert await lies_at(max_, PLAIN)


async def write_about(device: Device, space: Space, ref: bytes, kinds: list[str]) -> None:
    for kind in kinds:
        await device.journal.append(space, filled(kind, PLAIN, [ref]))


async def test_only_the_excerpt_that_was_shared_is_shared(
    pair: tuple[Device, Device], net: Net
) -> None:
    ada, max_ = pair
    entry = await ada.write(f"{PRIVATE}, and that i froze again")
    at, zone, date = composing.moment()
    shared = EntryShared(at=at, zone=zone, date=date, source=entry.event, excerpt="i froze again")
    await ada.journal.append(await ada.pair(), shared)
    await settle(ada, max_)

    assert await lies_at(max_, "i froze again")
    assert await lies_at(max_, PRIVATE) == set()
    assert await readable(net, max_, PRIVATE) == 0


ELSEWHERE = r"^That (stays in your|is for two|belongs to a programme)"


async def test_a_kind_is_refused_where_it_does_not_belong(pair: tuple[Device, Device]) -> None:
    ada, max_ = pair
    spaces = {"journal": await ada.journal.space("journal"), "pair": await ada.pair()}
    wrong = [(kind, sort) for kind in SPACES for sort in spaces if sort not in SPACES[kind]]

    for kind, sort in wrong:
        with pytest.raises(InvalidEventError, match=ELSEWHERE):
            await ada.journal.append(spaces[sort], filled(kind, PRIVATE, [bytes(32)]))

    await settle(ada, max_)
    assert {"entry.written", "mood.noted", "profile.set"} - {kind for kind, _ in wrong} == {
        "profile.set"
    }
    assert await lies_at(ada, PRIVATE) == set()
