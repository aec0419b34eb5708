"""A second reader of attached files, from ``docs/protocol.md``: it imports nothing of ours."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from vectors.decoder import D, H, Refused, need, open_record

FILE, CUT, CODE = 5, 262_144, "bad-attachment"


def read(blobs: list[bytes], chunks: list[bytes], secret: bytes, size: int, name: bytes) -> bytes:
    """The file whose event says this, from what lies in its box, in any order."""
    box = HKDFExpand(hashes.SHA256(), 16, D("box") + bytes(32)).derive(secret)
    there = {H("rid", blob): blob for blob in blobs}
    need(chunks and all(rid in there for rid in chunks), CODE)
    try:
        pieces = [open_record(there[rid], FILE, box, secret)[1] for rid in chunks]
    except Refused:
        raise Refused(CODE) from None
    whole = b"".join(pieces)
    e = size.bit_length() - 1
    step = 1 << e - e.bit_length() if size > CUT else 1
    need(len(whole) == -(-size // step) * step and not any(whole[size:]), CODE)
    need(all(len(piece) == CUT for piece in pieces[:-1]) and 0 < len(pieces[-1]) <= CUT, CODE)
    need(H("file", whole[:size]) == name, CODE)
    return whole[:size]
