"""Limits that must fit one another, whatever they are."""

import zlib

from harness.strategies_schema import seeded
from inglenook_schema import control, header, limits, pack, record
from inglenook_schema.batch import Batch, RotateRecord
from inglenook_schema.canonical import encode
from inglenook_schema.header import Header


def test_the_largest_header_fits() -> None:
    refs = tuple(sorted((seeded(i, 16), 2**63 - 1, seeded(i)) for i in range(limits.MAX_REFS)))
    largest = Header(
        255,
        seeded("log", 16),
        seeded("chain", 16),
        2**63 - 1,
        seeded("prev"),
        255,
        limits.MAX_PAYLOAD,
        seeded("commit"),
        refs,
    )
    assert len(header.encode(largest)) <= limits.MAX_HEADER


def test_the_largest_event_fits_into_a_record() -> None:
    largest = Batch(((bytes(limits.MAX_HEADER), bytes(32 + limits.MAX_PAYLOAD)),), bytes(64))
    assert len(encode(largest)) <= limits.MAX_INNER


def test_the_largest_rotate_record_fits_into_a_record() -> None:
    wraps = tuple((seeded(i), bytes(limits.WRAP)) for i in range(512))
    parents = tuple(seeded(i) for i in range(64))
    relays = ("x" * limits.MAX_ORIGIN,) * limits.MAX_RELAYS
    rotate = control.Rotate(255, 255, parents, bytes(32), relays, bytes(32), 255)
    body = bytes(32 + 64 + len(encode(rotate)))
    full = RotateRecord(bytes(limits.MAX_HEADER), body, bytes(64), wraps)
    assert len(encode(full)) <= limits.MAX_INNER


def test_a_full_part_that_does_not_compress_fits_into_a_record() -> None:
    hashes = encode([seeded(i) for i in range(limits.MAX_PACK_PARTS)])
    part = zlib.compress(seeded("part", pack.RAW_PART) + hashes, 6)
    assert len(part) <= limits.MAX_INNER


def test_the_largest_record_is_a_step_of_the_padding_and_fits_into_a_frame() -> None:
    assert record.padded_size(limits.MAX_PLAIN) == limits.MAX_PLAIN
    assert limits.MAX_RECORD == limits.MAX_PLAIN + limits.FRAMING + limits.WRAP
    assert 4 * limits.MAX_RECORD <= limits.MAX_FRAME


def test_a_box_with_an_owner_takes_the_largest_chunk_of_a_file() -> None:
    place = record.Place(record.BoxType.FILE, bytes(16), bytes(32))
    chunk = record.seal(record.RecordKind.CHUNK, bytes(limits.MAX_CHUNK), place, bytes(32))
    assert len(chunk) == limits.MAX_OWNED_RECORD
