"""Attached files as section 4.9 tells of them; as `generate`, it imports nothing of ours."""

from typing import Any

from vectors import generate as g
from vectors.generate import CHUNK, FILE, RELAY, SUITE, Z32, Box, D, H, mp, seed

CUT = 262_144
SIZES = (1, 5_000, CUT, CUT + 1, 700_000)


def content(name: str, size: int) -> bytes:
    """The bytes of a file of the vectors, which keep its length alone."""
    return seed(f"file {name}", size)


def padme(size: int) -> int:
    e = size.bit_length() - 1
    return -(-size // (1 << e - e.bit_length())) * (1 << e - e.bit_length())


def pieces(data: bytes) -> list[bytes]:
    """4.9: one as it is, or padded as a whole and cut."""
    if len(data) <= CUT:
        return [data]
    padded = data + bytes(padme(len(data)) - len(data))
    return [padded[at : at + CUT] for at in range(0, len(padded), CUT)]


def owner_of(person_secret: bytes, box: Box) -> bytes:
    return g.hkdf(person_secret, D("owner") + box.box16)


def made(w: Any) -> dict[str, Any]:
    """Files of several sizes, each in a box of its own; blobs of the small ones."""
    files = []
    for size in SIZES:
        name = str(size)
        data, box = content(name, size), Box(FILE, seed(f"box of {name}"))
        key = box.erase_key(w.ada.erase)
        blobs = [box.record(CHUNK, piece, key) for piece in pieces(data)]
        owner = owner_of(w.ada.erase, box)
        read, write = g.tokens(box.secret, Z32, RELAY)
        hashes = (g.token_hash(read), g.token_hash(write), g.token_hash(owner))
        file = {"name": name, "size": size, "hash": H(D("file") + data), "box": box.secret}
        file |= {"owner_token": owner, "owner": hashes[2], "address": g.address(*hashes)}
        file |= {"sizes": [len(blob) for blob in blobs], "chunks": [g.rid(b) for b in blobs]}
        files.append(file | ({"data": data, "blobs": blobs} if size <= 5_000 else {}))
    said = {"kind": "attachment.added", "at": 1_790_000_000_000, "date": "2026-09-21"}
    said |= {"zone": "Europe/Oslo", "to": w.c4.id, "type": "image/png", "alt": "a bridge"}
    small = files[1]
    said |= {key: small[key] for key in ("name", "size", "box", "owner", "hash", "chunks")}
    said["relays"] = [RELAY]
    payload = bytes([0xDE, 0, len(said)]) + b"".join(mp(k) + mp(v) for k, v in said.items())
    return {"person_secret": w.ada.erase, "origin": RELAY, "event": payload, "files": files}


def refused(w: Any) -> list[dict[str, Any]]:
    """Chunks that are not the file which the event names."""
    box = Box(FILE, seed("box of the refused"))
    key = box.erase_key(w.ada.erase)

    def sealed(inner: bytes, box: Box = box, kind: int = CHUNK) -> bytes:
        return box.record(kind, inner, key)

    data = content("refused", 900)
    blob, other = sealed(data), sealed(content("other", 900))
    halves = [sealed(data[:450]), sealed(data[450:])]
    elsewhere = sealed(data, Box(FILE, seed("another box")))
    padded = sealed(data + bytes(100))
    text = g.plaintext(CHUNK, data)
    unpadded = box.raw_record(text + bytes(256), key)
    given = {"box": box.secret, "size": 900, "hash": H(D("file") + data)}
    found: dict[str, dict[str, Any]] = {
        "another file under its name": {"blobs": [other], "chunks": [g.rid(blob)]},
        "another file": {"blobs": [other]},
        "nothing of it": {"blobs": [], "chunks": [g.rid(blob)]},
        "no chunk named": {"blobs": [blob], "chunks": []},
        "the second half missing": {"blobs": halves[:1], "chunks": [g.rid(b) for b in halves]},
        "cut where it is not cut": {"blobs": halves},
        "its chunk twice": {"blobs": [blob, blob]},
        "of another box": {"blobs": [elsewhere]},
        "zeros behind a short one": {"blobs": [padded]},
        "padding that is longer": {"blobs": [unpadded]},
        "another size": {"blobs": [blob], "size": 899},
        "another hash": {"blobs": [blob], "hash": H(data)},
        "a flipped bit": {"blobs": [blob[:-1] + bytes([blob[-1] ^ 1])], "chunks": [g.rid(blob)]},
    }
    assert blob[:1] == SUITE
    return [
        {"reader": "attachment", "name": name, "expect": "bad-attachment"}
        | {"chunks": [g.rid(b) for b in case["blobs"]]}
        | given
        | case
        for name, case in found.items()
    ]
