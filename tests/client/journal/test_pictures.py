"""A picture that is attached tells nothing of where, when and with what it was taken."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from io import BytesIO

import pytest
from PIL import Image

from client.journal.attached import photograph
from inglenook_client.journal import pictures
from inglenook_client.journal.errors import UncleanPictureError
from inglenook_schema.errors import CallerError

TELLING = (b"SECRET", b"Exif", b"GPS", b"xmp", b"XMP", b"iCCP", b"tEXt", b"iTXt", b"ICC_PROFILE")


@pytest.mark.parametrize(
    ("format_", "ending"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")]
)
def test_nothing_is_left_of_what_a_picture_tells_about_itself(format_: str, ending: str) -> None:
    taken = photograph(format_)
    assert any(mark in taken for mark in TELLING)

    found = pictures.clean(taken + b"SECRET behind it", "IMG_1234" + ending)

    assert found is not None
    assert not [mark for mark in TELLING if mark in found.data]
    with Image.open(BytesIO(found.data)) as opened:
        assert not opened.getexif()
        assert opened.size == (48, 64)  # upright: the camera's word for that is gone too
    assert found.name == "IMG_1234" + ending


def test_a_png_keeps_every_letter_of_its_picture() -> None:
    drawn = Image.new("RGBA", (9, 7), (1, 2, 3, 4))
    out = BytesIO()
    drawn.save(out, "PNG")

    found = pictures.clean(out.getvalue(), "x.png")

    assert found is not None
    with Image.open(BytesIO(found.data)) as opened:
        assert list(opened.tobytes()) == list(drawn.tobytes())


def test_one_gif_becomes_a_png_and_is_called_so() -> None:
    out = BytesIO()
    Image.new("P", (5, 5)).save(out, "GIF", comment=b"SECRET")

    found = pictures.clean(out.getvalue(), "dot.gif")

    assert found is not None
    assert (found.type, found.name) == ("image/png", "dot.png")
    assert b"SECRET" not in found.data


def test_of_a_cameras_jpeg_the_copies_behind_it_are_left_out() -> None:
    out = BytesIO()
    taken, copy = Image.new("RGB", (40, 30), "red"), Image.new("RGB", (4, 3), "blue")
    taken.save(out, "MPO", save_all=True, append_images=[copy])

    found = pictures.clean(out.getvalue(), "phone.jpg")

    assert found is not None
    assert (found.type, found.data.count(b"\xff\xd8\xff")) == ("image/jpeg", 1)
    assert b"MPF" not in found.data
    with Image.open(BytesIO(found.data)) as opened:
        assert (opened.format, opened.size) == ("JPEG", (40, 30))
        assert opened.convert("RGB").getpixel((9, 9))[0] > 250  # type: ignore[index]


def _moving() -> bytes:
    out = BytesIO()
    frames = [Image.new("RGB", (5, 5), (n * 90, 0, 0)) for n in range(3)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A picture of a few bytes that claims to be as large as one likes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + b"".join(chunks) + _chunk(b"IEND", b"")


def _zeros(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(png(60_000, 60_000, _chunk(b"IDAT", _zeros(1_000_000))), id="many pixels"),
        pytest.param(
            png(2, 2, _chunk(b"zTXt", b"a\0\0" + _zeros(80_000_000)), _chunk(b"IDAT", _zeros(14))),
            id="a text that inflates",
        ),
        pytest.param(
            png(2, 2, _chunk(b"iCCP", b"a\0\0" + _zeros(80_000_000)), _chunk(b"IDAT", _zeros(14))),
            id="a profile that inflates",
        ),
    ],
)
def test_a_picture_that_would_fill_the_memory_is_refused_or_cut(bomb: bytes) -> None:
    tracemalloc.start()
    try:
        found = pictures.clean(bomb, "x.png")
    except CallerError:
        found = None
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found is None or len(found.data) < 10_000
    assert most < 40_000_000


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\0\0\0\x18ftypheic" + bytes(64), id="heic"),
        pytest.param(b"\0\0\0\x18ftypmp42" + bytes(64), id="a film"),
        pytest.param(b"II*\0" + bytes(64), id="tiff and raw"),
        pytest.param(b"MM\0*" + bytes(64), id="tiff of the other sort"),
        pytest.param(_moving(), id="one that moves"),
        pytest.param(photograph()[:400], id="cut off"),
        pytest.param(b"\xff\xd8\xff" + b"nonsense" * 9, id="nonsense"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(99), id="nonsense of another sort"),
    ],
)
def test_what_cannot_be_cleaned_is_refused(data: bytes) -> None:
    with pytest.raises(UncleanPictureError):
        pictures.clean(data, "x")


def test_what_is_no_picture_is_left_to_the_caller() -> None:
    assert pictures.clean(b"%PDF-1.7 anything", "x.pdf") is None
    assert pictures.clean(b"just words", "x.jpg") is None
