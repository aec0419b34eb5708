"""Pictures without what they tell about where, when and with what they were taken.

    JPEG, WebP           upright, in sRGB, encoded anew (quality 90)
    PNG, GIF of one      upright, in sRGB, encoded anew as PNG: no letter of it changes
    TIFF, HEIC, films …  refused: they may tell a place, and nothing here can take it out
    all else             no picture: the caller keeps it as it is, and says so

Encoding anew leaves out EXIF, XMP, IPTC, thumbnails, comments, colour profiles and whatever
stood behind the picture. Only the person's own file is ever decoded, never what came.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Final, NamedTuple

from inglenook_client.journal.errors import UncleanPictureError
from inglenook_client.words import _
from inglenook_schema.errors import CallerError

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS: Final = 50_000_000
"""More than cameras have today; decoded they take 200 MB."""
_MAX_PROFILE: Final = 1_048_576
_QUALITY: Final = 90

_SIGNS: Final = (
    (b"\xff\xd8\xff", 0, "JPEG"),
    (b"\x89PNG\r\n\x1a\n", 0, "PNG"),
    (b"WEBP", 8, "WEBP"),
    (b"GIF8", 0, "GIF"),
)
_UNCLEAN: Final = (
    (b"II*\0", 0),  # TIFF, and most raw pictures of cameras
    (b"MM\0*", 0),
    (b"ftyp", 4),  # HEIC, AVIF, MP4, MOV
    (b"\x1a\x45\xdf\xa3", 0),  # Matroska, WebM
    (b"AVI ", 8),
    (b"8BPS", 0),
    (b"\0\0\0\x0cJXL ", 0),
    (b"\xff\x0a", 0),
    (b"\0\0\0\x0cjP  ", 0),
)
_TYPES: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_ENDINGS: Final = {"JPEG": (".jpg", ".jpeg"), "PNG": (".png",), "WEBP": (".webp",)}


class Cleaned(NamedTuple):
    """A picture that was encoded anew."""

    data: bytes
    type: str
    """Its media type."""
    name: str
    """With the ending that fits."""


def clean(data: bytes, name: str) -> Cleaned | None:
    """A picture without what it tells about itself; None where it is no picture.

    Raises:
        UncleanPictureError: It is one that cannot be freed of it, moves, or does not open.
        CallerError: It has more pixels than are decoded here.
    """
    if any(data[at : at + len(sign)] == sign for sign, at in _UNCLEAN):
        raise UncleanPictureError(
            _(
                "That sort of picture or film may tell where it was taken, and it cannot be taken"
                " out here. Save it as JPEG or PNG first, and attach that."
            )
        )
    format_ = next((f for sign, at, f in _SIGNS if data[at : at + len(sign)] == sign), None)
    if format_ is None:
        return None
    try:
        return _encoded(data, name, format_)
    except CallerError:
        raise
    except Exception:  # noqa: BLE001 - a decoder that is given broken bytes may raise anything
        raise UncleanPictureError(_("That picture is damaged, and was not attached.")) from None


def _encoded(data: bytes, name: str, format_: str) -> Cleaned:
    from PIL import Image, ImageOps  # noqa: PLC0415 - seldom, and slow to load

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the decoder; what is too large is refused below
        with Image.open(BytesIO(data), formats=[format_]) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise CallerError(
                    _("That picture has too many pixels. Make it smaller, and attach that.")
                )
            # a camera's JPEG may have a smaller copy behind it, which is left out
            if format_ != "JPEG" and getattr(opened, "is_animated", False):
                raise UncleanPictureError(
                    _("That picture moves. Attach one picture of it, as PNG or JPEG.")
                )
            picture = _plain(_in_srgb(ImageOps.exif_transpose(opened)))
    picture.info.clear()
    format_ = "PNG" if format_ == "GIF" else format_
    if format_ == "JPEG" and picture.mode not in {"L", "RGB"}:
        picture = picture.convert("RGB")
    out = BytesIO()
    options = {} if format_ == "PNG" else {"quality": _QUALITY}
    picture.save(out, format=format_, **options)
    return Cleaned(out.getvalue(), _TYPES[format_], _named(name, format_))


def _in_srgb(picture: Image.Image) -> Image.Image:
    """The same in the colours that everything shows alike; its own profile names a device."""
    from PIL import ImageCms  # noqa: PLC0415 - seldom

    profile = picture.info.get("icc_profile")
    if not profile or len(profile) > _MAX_PROFILE or picture.mode not in {"RGB", "RGBA"}:
        return picture
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        made = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return made or picture


def _plain(picture: Image.Image) -> Image.Image:
    """In a mode that needs nothing beside its pixels."""
    if picture.mode in {"L", "LA", "RGB", "RGBA", "I;16"}:
        return picture.copy()
    if picture.mode == "1":
        return picture.convert("L")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _named(name: str, format_: str) -> str:
    if name.lower().endswith(_ENDINGS[format_]):
        return name
    stem, dot, _ending = name.rpartition(".")
    return (stem if dot and stem else name) + _ENDINGS[format_][0]
