"""Bundles: nothing is lost in them, they fit their records, and nonsense is refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategies_schema import seeded
from inglenook_schema import bundle, canonical, keys, mailbox, record, suite
from inglenook_schema.bundle import Bundle
from inglenook_schema.errors import MalformedRecordError, PeerError
from inglenook_schema.invite import Space
from inglenook_schema.limits import MAX_BUNDLE_INNER, MAX_SEALED_RECORD, WRAP
from inglenook_schema.record import BoxType, Place, RecordKind

BOX = bundle.box_of(seeded("R"))
SIGN = suite.SigningKey(seeded("laptop"))
KEM = suite.kem_public(seeded("laptop kem", 96))
CERTIFICATE = keys.issue(
    BOX.root.sign, BOX.root.public.id, BOX.root.public.id, SIGN.public, KEM, keys.FIRST_RANK
)
JOURNAL = seeded("journal")
OWN = record.erase_key(seeded("own"))
EMPTY = Bundle(
    *(BOX.root.public.id, (CERTIFICATE,), 7, 1, 1, "Ada"),
    *(JOURNAL, bundle.prove(BOX, JOURNAL), (), bytes(64)),
)
ids = st.binary(min_size=32, max_size=32)
names = st.text(max_size=64)
spaces = st.builds(
    Space,
    ids,
    st.integers(1, 255),
    names,
    st.lists(ids, min_size=1, max_size=3).map(tuple),
    st.lists(st.text(max_size=256), max_size=3).map(tuple),
    names,
)


def sealed(part: Bundle) -> bytes:
    return bundle.seal(part, BOX.secret, BOX.root.public.kem, seeded("fresh"), OWN).blob


def large(number: int) -> Space:
    """The largest space there can be."""
    secrets = tuple(seeded(f"{number} {n}") for n in range(64))
    return Space(seeded(str(number)), 2, "r" * 64, secrets, ("w" * 256,) * 8, "l" * 64)


@given(st.lists(spaces, max_size=4).map(tuple))
def test_what_is_sealed_to_the_root_opens_with_the_words(found: tuple[Space, ...]) -> None:
    parts = bundle.sign(SIGN, msgspec.structs.replace(EMPTY, spaces=found))

    opened = [bundle.open_bundle(sealed(part), BOX) for part in parts]

    assert tuple(space for part in opened for space in part.spaces) == found
    assert [part.name for part in opened] == ["Ada"] * len(parts)


@pytest.mark.parametrize("count", [0, 1, 14, 15, 60])
def test_a_bundle_that_is_too_large_goes_on_in_parts_that_fit_their_records(count: int) -> None:
    whole = msgspec.structs.replace(EMPTY, spaces=tuple(map(large, range(count))))

    parts = bundle.sign(SIGN, whole)

    assert [(part.part, part.parts) for part in parts] == [
        (n, len(parts)) for n in range(1, len(parts) + 1)
    ]
    assert tuple(space for part in parts for space in part.spaces) == whole.spaces
    for part in parts:
        blob = sealed(part)
        assert len(blob) <= MAX_SEALED_RECORD
        assert bundle.open_bundle(blob, BOX) == part


def test_a_space_with_the_longest_chain_of_certificates_fits_one_part() -> None:
    long = msgspec.structs.replace(
        EMPTY, certificates=(CERTIFICATE,) * 16, spaces=(large(0),), name="é" * 64
    )

    (part,) = bundle.sign(SIGN, long)

    assert len(canonical.encode(part)) <= MAX_BUNDLE_INNER


def test_more_than_255_parts_are_refused() -> None:
    many = msgspec.structs.replace(EMPTY, spaces=(large(0),) * 4_000)

    with pytest.raises(MalformedRecordError):
        bundle.sign(SIGN, many)


def test_the_limit_is_the_most_that_a_record_of_65536_bytes_holds() -> None:
    place = Place(BoxType.RECOVERY, seeded("box", 16), seeded("secret"))
    sizes = [
        len(record.seal(RecordKind.BUNDLE, bytes(inner), place, OWN, bytes(WRAP)))
        for inner in (MAX_BUNDLE_INNER, MAX_BUNDLE_INNER + 1)
    ]

    assert sizes[0] <= MAX_SEALED_RECORD < sizes[1]


def test_the_owner_token_does_not_follow_from_what_devices_know() -> None:
    from_the_secret = suite.expand(BOX.secret, suite.domain("owner") + mailbox.box(BOX.secret))

    assert from_the_secret != BOX.owner
    assert mailbox.token_hash(BOX.owner) == BOX.owner_hash


def test_no_other_device_can_null_a_bundle_by_what_it_knows() -> None:
    blob = sealed(EMPTY)
    guess = record.erase_token(
        RecordKind.BUNDLE,
        canonical.encode(EMPTY),
        mailbox.box(BOX.secret),
        record.erase_key(BOX.secret),
    )

    assert not record.may_erase(blob, guess)


@given(st.binary(max_size=3_000))
def test_any_bytes_are_a_bundle_or_are_refused(data: bytes) -> None:
    with pytest.raises(PeerError):
        bundle.open_bundle(data, BOX)


@given(st.data())
def test_a_bundle_with_any_byte_changed_is_refused(data: st.DataObject) -> None:
    blob = bytearray(sealed(bundle.sign(SIGN, EMPTY)[0]))
    at = data.draw(st.integers(0, len(blob) - 1))
    blob[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(PeerError):
        bundle.open_bundle(bytes(blob), BOX)
