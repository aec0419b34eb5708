"""Attaching files in tests, and looking for them."""

from __future__ import annotations

import hashlib
from io import BytesIO

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from harness.devices import Device
from inglenook_client.journal.attaching import File
from inglenook_client.journal.model import Shown


def some_file(name: str, size: int = 3_000) -> File:
    """A file whose bytes nothing else has."""
    data = hashlib.shake_256(name.encode()).digest(size)
    return File(name, "application/pdf", data, f"what {name} shows", cleaned=False)


async def attach(device: Device, target: Shown, file: File) -> Shown:
    """Attach a file on a device, where its target lies."""
    spaces = await device.journal.spaces()
    space = next(each for each in spaces if each.number == target.space_number)
    return await device.journal.attach(space, target, file, "en")


async def chunks_here(device: Device) -> int:
    """How many chunks a device holds."""
    return await device.read(lambda db: db.execute("SELECT count(*) FROM chunk").fetchone()[0])


async def spots(device: Device) -> dict[tuple[bytes, str], int]:
    """How a device thinks its files stand: by event and relay."""
    return await device.read(
        lambda db: {
            (event, relay): state
            for event, relay, state in db.execute("SELECT event, relay, state FROM filebox")
        }
    )


def photograph(format_: str = "JPEG", size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture that tells where it was taken, in every way that its format has."""
    picture = Image.new("RGB", size)
    picture.putdata([(x * 3 % 256, x * 7 % 256, x % 256) for x in range(size[0] * size[1])])
    exif = picture.getexif()
    exif[Base.Make] = "SECRETCAMERA"
    exif[Base.Orientation] = 6
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (51.0, 28.0, 40.12)
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] = "N"
    exif.get_ifd(IFD.Exif)[Base.UserComment] = b"SECRETPLACE"
    out = BytesIO()
    extra = {"JPEG": {"comment": b"SECRETPLACE"}, "WEBP": {"xmp": b"<x>SECRETPLACE</x>"}}
    picture.save(out, format_, exif=exif.tobytes(), **extra.get(format_, {}))
    return out.getvalue()
