"""A programme with its coordinators and members, as real journals over relays in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.devices import Device
from inglenook_client.journal import composing
from inglenook_client.journal.model import Space
from inglenook_client.journal.programmes import Programme
from inglenook_schema.events.programme import Contact, ProgrammeCreated, ProgrammeNoticed

CONTACTS = (Contact(name="Kim", reach="room 4"), Contact(name="Lee", reach="01 23"))


def created(name: str = "Bridges", **changed: Any) -> ProgrammeCreated:
    """What a programme says of itself."""
    at, zone, date = composing.moment()
    said: dict[str, Any] = {
        "name": name,
        "setting": "a school",
        "contacts": CONTACTS,
        "k": 10,
        "limits_text": "It stays with us.",
        "retention": "a year",
    }
    return ProgrammeCreated(at=at, zone=zone, date=date, **(said | changed))


async def found(coordinator: Device, name: str = "Bridges") -> Programme:
    """Start a programme."""
    return await coordinator.journal.programmes.init(created(name))


async def of(device: Device) -> Programme:
    """The only programme, as a device sees it now."""
    (one,) = await device.journal.programmes.every()
    return one


async def enrol(coordinator: Device, *people: Device) -> None:
    """Enrol people, each by a code, and let them read."""
    if not people:
        return
    programmes = coordinator.journal.programmes
    codes = await programmes.invite(await of(coordinator), [""] * len(people))
    for person, code in zip(people, codes, strict=True):
        await person.journal.programmes.join(code.link, person.journal.name)
    await programmes.approve(await programmes.waiting())
    for person in people:
        await person.sync()


async def add_coordinator(founder: Device, other: Device) -> None:
    """Let somebody coordinate too."""
    programmes = founder.journal.programmes
    (code,) = await programmes.invite(await of(founder), [""], coordinator=True)
    await other.journal.programmes.join(code.link, other.journal.name)
    await programmes.approve(await programmes.waiting())
    await other.sync()
    await other.sync()
    await founder.sync()


async def space(device: Device) -> Space:
    """The programme's space."""
    programme = await of(device)
    return next(s for s in await device.journal.spaces() if s.log == programme.log)


def a_notice(text: str) -> ProgrammeNoticed:
    """A notice."""
    at, zone, date = composing.moment()
    return ProgrammeNoticed(at=at, zone=zone, date=date, text=text)


async def notice(coordinator: Device, text: str) -> bytes:
    """Tell everybody something; it is out when this returns."""
    shown = await coordinator.journal.append(await space(coordinator), a_notice(text))
    await coordinator.sync()
    return shown.event


async def notices(device: Device) -> list[str]:
    """The notices that a device can read."""
    listed = await device.texts()
    return [text for text in listed if text.startswith("notice")]


async def people(base: Path, *names: str) -> list[Device]:
    """First devices of these people."""
    return [await Device.first(base, name) for name in names]
