"""Two devices take one file in, neither knowing of the other: what came in is there once."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from client.journal.forgetting import Clock
from harness.devices import Device, Net, Template, agree, settle
from harness.fuzz_formats import DAY_ONE, zipped
from harness.saying import say
from inglenook_client.journal.model import CameIn, Query, Shown
from inglenook_client.stores import doubles
from inglenook_schema.events.writing import EntryRevised

JRNL = "[2026-03-01 09:15] Walked home, with @ben. *\n\n[2026-03-02 10:00] Stayed in.\n"
WALKED, STAYED = "Walked home, with @ben.", "Stayed in."
Two = tuple[Device, Device]


@pytest.fixture
async def two(template: Template, net: Net, base: Path) -> AsyncIterator[Two]:
    """A laptop and a tablet that know each other."""
    laptop, tablet = await template.unpack(net, base, "ada", "tablet")
    yield laptop, tablet
    for device in (laptop, tablet):
        await device.close()


@pytest.fixture
def file(base: Path) -> Path:
    made = base / "journal.txt"
    made.write_text(JRNL)
    return made


async def come_in(device: Device, file: Path, zone: str = "Europe/Berlin") -> CameIn:
    return await device.journal.import_file(file, zone=zone)


async def shown(device: Device) -> list[Shown]:
    found = await device.journal.log(Query(kinds=frozenset({"entry.written"})))
    return [each for each in found if each.content is not None]


async def texts(device: Device) -> list[str]:
    return [each.text for each in await shown(device)]


async def everywhere(device: Device) -> tuple[list[str], int, int, int]:
    """What log, search, the stars and the tags say of it."""
    found = await device.journal.search("walked")
    stars = await device.journal.views.entries(starred=True)
    tagged = await device.journal.views.entries(tag="ben")
    return await texts(device), len(found), len(stars.items), len(tagged.items)


async def test_each_thing_is_shown_once_everywhere_on_both(two: Two, file: Path) -> None:
    for device, zone in zip(two, ("Europe/Berlin", "Asia/Tokyo"), strict=True):
        assert (await come_in(device, file, zone)).entries == 2
    await settle(*two)

    assert [await everywhere(device) for device in two] == [([WALKED, STAYED], 1, 1, 1)] * 2
    assert await agree(*two)
    for device in two:
        assert (await come_in(device, file)).known == 2
        await device.journal.rebuild()
        assert await everywhere(device) == ([WALKED, STAYED], 1, 1, 1)


async def test_a_short_id_that_a_device_gave_still_leads_there(two: Two, file: Path) -> None:
    shorts = list[tuple[Device, str]]()
    for device in two:
        await come_in(device, file)
        shorts += [(device, each.short) for each in await shown(device)]
    await settle(*two)
    await texts(two[0]), await texts(two[1])

    found = [(await device.journal.find(short)).text for device, short in shorts]

    assert found == [WALKED, STAYED] * 2


@pytest.mark.parametrize("which", [0, 1])
async def test_what_somebody_went_on_with_stays_in_sight(two: Two, file: Path, which: int) -> None:
    for device in two:
        await come_in(device, file)
    entry = (await shown(two[which]))[1]
    await say(two[which], EntryRevised, entry=entry.event, text="Stayed in, and slept.")
    await settle(*two)

    for device in two:
        assert await everywhere(device) == ([WALKED, "Stayed in, and slept."], 1, 1, 1)
    assert await agree(*two)


async def test_where_both_were_gone_on_with_both_are_shown(two: Two, file: Path) -> None:
    for number, device in enumerate(two):
        await come_in(device, file)
        entry = (await shown(device))[1]
        await say(device, EntryRevised, entry=entry.event, text=f"Stayed in {number}.")
    await settle(*two)

    for device in two:
        assert sorted(await texts(device)) == ["Stayed in 0.", "Stayed in 1.", WALKED]
    assert await agree(*two)


async def test_what_is_erased_goes_with_its_double(two: Two, file: Path) -> None:
    for device in two:
        await come_in(device, file)
    await settle(*two)
    entry = (await shown(two[0]))[1]

    await two[0].journal.erase([entry.event])
    assert not await bodies(two[0], STAYED)  # at once, and not with some later sync
    await settle(*two)

    for device in two:
        assert await texts(device) == [WALKED]
        assert (await come_in(device, file)).erased == 1
        assert not await bodies(device, STAYED)


async def test_a_double_of_something_erased_is_not_shown_and_goes(
    two: Two, file: Path, clock: Clock
) -> None:
    for device in two:
        await come_in(device, file)
    entry = (await shown(two[0]))[1]
    await two[0].journal.erase([entry.event])
    await settle(*two, rounds=1)

    assert [await texts(device) for device in two] == [[WALKED]] * 2
    clock.days(4)
    for _ in range(2):
        await settle(*two)
        assert [await texts(device) for device in two] == [[WALKED]] * 2
    for device in two:
        assert not await bodies(device, STAYED)
        assert await device.read(doubles.left_over) == []


async def bodies(device: Device, text: str) -> list[bytes]:
    rows = await device.read(
        lambda db: db.execute("SELECT body FROM event UNION ALL SELECT body FROM erased").fetchall()
    )
    return [row[0] for row in rows if row[0] is not None and text.encode() in row[0]]


async def test_a_photo_is_there_once_too(two: Two, base: Path) -> None:
    file = base / "dayone.zip"
    entry = json.loads(DAY_ONE)["entries"][0] | {"photos": [{"md5": "a" * 32, "type": "jpeg"}]}
    made = io.BytesIO()
    Image.new("RGB", (8, 8)).save(made, "PNG")
    document = json.dumps({"entries": [entry]}).encode()
    file.write_bytes(zipped(("J.json", document), (f"photos/{'a' * 32}.jpeg", made.getvalue())))
    for device in two:
        assert (await come_in(device, file)).attachments == 1
    await settle(*two)

    for device in two:
        (each,) = await shown(device)
        assert len(await device.journal.attachments(each.event)) == 1
        assert len(await device.journal.all_attachments()) == 1
