"""A second reader of logs, written from ``docs/protocol.md``: it imports nothing of ours."""

import hashlib
import hmac
import zlib
from collections import namedtuple
from itertools import pairwise
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

CONTENT, GENESIS, OPEN = range(3)
BATCH, PACK, ROTATE = range(1, 4)
KINDS = {1: {1, 2, 3, 4}, 2: {5, 6, 7}, 5: {10}}
Event = namedtuple("Event", "id chain seq prev kind log body")  # body: None where it is not here


class Refused(Exception):  # noqa: N818 - the protocol's word
    """Not kept; its text is a code of 1.4, or ``held-back``."""


def need(good: object, code: str) -> None:
    if not good:
        raise Refused(code)


def D(x: str) -> bytes:  # noqa: N802 - as in the protocol
    return b"inglenook/1 " + x.encode() + bytes(20 - len(x))


def H(x: str, data: bytes) -> bytes:  # noqa: N802
    return hashlib.sha256(D(x) + data).digest()


ONE = {0xC0: None, 0xC2: False, 0xC3: True}
LONG = {"uint": (0xCC, 1, 2, 4, 8), "text": (0xD9, 1, 2, 4), "bytes": (0xC4, 1, 2, 4)}
LONG["array"] = (0xDC, 2, 4)


def read(data: bytes, at: int) -> tuple[Any, int]:
    """One value, canonical or not, and where it ends."""
    first, at = data[at], at + 1
    if first < 0x80 or first in ONE:
        return ONE.get(first, first), at
    if 0x90 <= first < 0xC0:
        what, size = ("array", first & 15) if first < 0xA0 else ("text", first & 31)
    else:
        what = next(w for w, (start, *s) in LONG.items() if start <= first < start + len(s))
        width = LONG[what][1 + first - LONG[what][0]]
        size, at = int.from_bytes(data[at : at + width], "big"), at + width
    if what == "uint":
        return size, at
    if what == "array":
        items = []
        for _ in range(size):
            item, at = read(data, at)
            items.append(item)
        return items, at
    chunk = data[at : at + size]
    return chunk.decode() if what == "text" else chunk, at + size


def mp(item: Any) -> bytes:
    """The one encoding."""
    if item is None or isinstance(item, bool):
        return bytes(byte for byte, one in ONE.items() if one is item)
    if isinstance(item, int):
        what, size, data, few = "uint", item, b"", (0, 128)
    elif isinstance(item, list):
        what, size, data, few = "array", len(item), b"".join(map(mp, item)), (0x90, 16)
    else:
        what, few = ("text", (0xA0, 32)) if isinstance(item, str) else ("bytes", (0, 0))
        data = item.encode() if what == "text" else item
        size = len(data)
    if size < few[1]:
        return bytes([few[0] | size]) + data
    step, width = next((i, w) for i, w in enumerate(LONG[what][1:]) if size < 1 << 8 * w)
    return bytes([LONG[what][0] + step]) + size.to_bytes(width, "big") + data


def unpack(data: bytes, shape: Any, code: str) -> Any:
    try:
        found, _ = read(data, 0)
        good = mp(found) == data
    except (IndexError, ValueError, StopIteration, RecursionError):
        raise Refused(code) from None
    need(good and fits(found, shape), code)
    return found


def fits(found: Any, shape: Any) -> bool:
    """Whether a value has a shape: so many bytes, an array of shapes, or as its word says."""
    match shape:
        case int():
            return type(found) is bytes and len(found) == shape
        case list():
            same = type(found) is list and len(found) == len(shape)
            return same and all(map(fits, found, shape))
        case ("or", *shapes):
            return any(fits(found, one) for one in shapes)
        case ("uint", least, most):
            return type(found) is int and least <= found <= most
        case ("all", each, least, most):
            some = type(found) is list and least <= len(found) <= most
            return some and all(fits(item, each) for item in found)
        case (sort, least, most):
            return type(found) is sort and least <= len(found) <= most
    return found is shape


UINT, U8, NAME = ("uint", 0, 2**63 - 1), ("uint", 1, 255), (str, 0, 64)
PERSON, REF, PSIZE, ANY = [32, 1216], [16, UINT, 32], ("uint", 64, 262_144), 1 << 32
CERTIFICATE = [U8, 32, 16, 32, 1216, ("uint", 1, 2**32 - 1), (bytes, 16, 32), 64]
CHAIN, REFS = ("all", CERTIFICATE, 1, 16), ("all", REF, 0, 64)
RAW, BODY, SOME = (bytes, 0, 4096), (bytes, 96, 262_176), ("or", None, (bytes, 96, 262_176))
HEADER = [U8, 16, 16, UINT, 32, ("uint", 0, 255), PSIZE, 32, REFS]
FOUNDED = [U8, U8, PERSON, NAME, ("or", 0, 32), ("or", 0, 32), CHAIN]
BATCHED, ROTATED = [("all", [RAW, SOME], 1, 64), 64], [RAW, BODY, 64, ("all", [32, 1168], 0, 512)]
PACKED = ("or", UINT, [REFS, BODY], [REFS, [PSIZE, 32]])
LISTS = [("all", [*REF, 64], 0, ANY), ("all", [RAW, SOME, 64], 0, ANY)]
LISTS += [("all", [16, UINT, 32, ("all", PACKED, 0, ANY)], 0, ANY)]
FIRST = [("uint", 1, 1), 32, ("all", 32, 0, 2048), *LISTS]
LATER = [("uint", 2, 2), 32, UINT, *LISTS]


def verify(
    public: bytes, signature: bytes | None, message: bytes, code: str = "bad-signature"
) -> None:
    """Ed25519 with the keys that 1.1 refuses; without a signature the key alone."""
    y, p = int.from_bytes(public, "little") & (1 << 255) - 1, 2**255 - 19
    eighth = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
    need(len(public) == 32 and y < p and y not in (0, 1, p - 1, eighth, p - eighth), code)
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
        _ = signature is None or key.verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Refused(code) from None


def event(raw: bytes, body: bytes | None, code: str = "malformed-event") -> Event:
    need(len(raw) <= 4096, code)
    suite, log, chain, seq, prev, kind, psize, pcommit, refs = unpack(raw, HEADER, code)
    need(suite == 1, "unsupported-suite")
    first, genesis = kind in (GENESIS, OPEN), kind == GENESIS
    need(first == (not any(chain)) == (seq == 0) and (kind != OPEN or prev[:16] == log), code)
    need(genesis == (not any(log)) == (not any(prev)) and not (genesis and refs), code)
    need(psize % 64 == 0 and all(a < b for a, b in pairwise(refs)), code)
    need(all(ref[0] != chain and any(ref[0]) for ref in refs), code)
    need(body is None or (len(body) == psize + 32 and commitment(body) == pcommit), code)
    name = H("event", raw)
    return Event(name, name[:16] if kind == OPEN else chain, seq, prev, kind, log, body)


def commitment(body: bytes) -> bytes:
    return hmac.digest(body[:32], D("payload") + body[32:], "sha256")


def data_of(body: bytes) -> bytes:
    end = 36 + int.from_bytes(body[32:36], "big")
    good = len(body) >= 96 and len(body) % 64 == 32 and end <= len(body) and not any(body[end:])
    need(good, "malformed-event")
    return body[36:end]


def device_of(person: list[bytes], chain: list[Any], code: str = "bad-certificate") -> bytes:
    """The signing key of the last certificate."""
    name = issuer = H("person", person[0] + person[1])
    key, rank = person[0], 0
    for cert in chain:
        need(cert[0] == 1, "unsupported-suite")
        need(cert[1] == name and cert[6] == issuer and cert[5] > rank, code)
        need(cert[2] == H("device", cert[3])[:16], code)
        verify(key, cert[7], D("cert") + mp(cert[:7]), code)
        issuer, key, rank = cert[2], cert[3], cert[5]
    verify(key, None, b"", code)
    return key


def open_record(blob: bytes, box_type: int, box: bytes, secret: bytes) -> tuple[int, bytes]:
    """For boxes without wraps."""
    need(577 <= len(blob) <= 1_033_425, "malformed-record")
    need(blob[0] == 1, "unsupported-suite")
    derived = HKDFExpand(hashes.SHA256(), 48, D("record") + blob[1:33]).derive(secret)
    need(derived[32:] == blob[33:49], "wrong-key")
    try:
        text = AESGCM(derived[:32]).decrypt(bytes(12), blob[49:], bytes([1, box_type]) + box)
    except InvalidTag:
        raise Refused("wrong-key") from None
    end = 5 + int.from_bytes(text[1:5], "big")
    e = end.bit_length() - 1
    step = 256 if end <= 4096 else 1 << (e - e.bit_length())
    fit = len(text) == max(512, -(-end // step) * step) <= 1_032_192 and not any(text[end:])
    need(fit and text[0] in KINDS[box_type], "malformed-record")
    return text[0], text[5:end]


class Log:
    """Reads a log: ``events`` by id; person and signing key by chain."""

    def __init__(self, name: bytes) -> None:
        self.id = name
        self.events, self.signers = dict[bytes, Event](), dict[bytes, tuple[bytes, bytes]]()

    def read(self, secret: bytes, blobs: list[bytes]) -> None:
        box = HKDFExpand(hashes.SHA256(), 16, D("box") + self.id).derive(secret)
        found = [open_record(blob, 1, box, secret) for blob in blobs]
        runs = [self.run(kind, inner) for kind, inner in found if kind in (BATCH, ROTATE)]
        while ready := [r for r in runs if r[0][0].kind == GENESIS or r[0][0].prev in self.events]:
            for run in ready:
                self.accept(*run)
                runs.remove(run)
        need(not runs, "held-back")
        if parts := [inner for kind, inner in found if kind == PACK]:
            self.pack(parts)

    def run(self, kind: int, inner: bytes) -> tuple[list[Event], bytes]:
        found = unpack(inner, BATCHED if kind == BATCH else ROTATED, "malformed-record")
        run = [event(*e) for e in (found[0] if kind == BATCH else [found[:2]])]
        for a, b in pairwise(run):
            follows = (a.chain, a.seq + 1, a.id) == (b.chain, b.seq, b.prev)
            need(follows and a.kind == CONTENT, "malformed-event")
        need(all(map(self.is_here, run)), "malformed-event")
        return run, found[1 if kind == BATCH else 2]

    def is_here(self, e: Event) -> bool:
        whole = {GENESIS: e.id, OPEN: e.prev}
        return whole[e.kind] == self.id if e.kind in whole else e.log == self.id[:16]

    def accept(self, run: list[Event], seal: bytes | None = None) -> None:
        """Only under a seal of the chain's device, or where a head's covers it."""
        first = run[0]
        if first.kind in (GENESIS, OPEN):
            shape = FOUNDED if first.kind == GENESIS else [PERSON, CHAIN, NAME, UINT]
            payload = unpack(data_of(first.body or b""), shape, "malformed-event")
            person, chain = payload[2::4] if first.kind == GENESIS else payload[:2]
            name = H("person", person[0] + person[1])
            self.signers[first.chain] = (name, device_of(person, chain))
        if seal is not None:
            self.check_seal(first.chain, seal, run[-1].id)
        self.events |= {e.id: e for e in run if e.body is not None or e.id not in self.events}

    def check_seal(self, chain: bytes, seal: bytes, name: bytes) -> None:
        need(chain in self.signers, "bad-pack")
        verify(self.signers[chain][1], seal, D("seal") + b"\1" + self.id + name)

    def pack(self, blobs: list[bytes]) -> None:
        parts = {H("pack", blob): inflate(blob) for blob in blobs}
        first = next((part for part in parts.values() if part[0] == 1), [0, 0, [0]])
        need(len(blobs) == 1 + len(first[2]) and parts.keys() >= set(first[2]), "bad-pack")
        controls, placed, awaited = list[Event](), set[bytes](), set[tuple[bytes, int, bytes]]()
        for n, part in enumerate([first, *(parts[h] for h in first[2])], start=1):
            need(part[1] == self.id and (n == 1 or part[2] == n), "bad-pack")
            for raw, body, seal in part[4]:
                controls.append(event(raw, body, "bad-pack"))
                need(controls[-1].kind != CONTENT and self.is_here(controls[-1]), "bad-pack")
                self.accept(controls[-1:], seal)
            for chain, seq, name, seal in part[3]:
                self.check_seal(chain, seal, name)
                awaited.add((chain, seq, name))
            for chain, start, prev, packed in reversed(part[5]):
                run = self.follow(controls, chain, start, prev, packed)
                need(run and (chain, run[-1].seq, run[-1].id) in awaited, "bad-pack")
                need(start or prev == self.id, "bad-pack")
                awaited -= {(chain, e.seq, e.id) for e in run}
                awaited |= {(chain, start - 1, prev)} if start else set()
                placed |= {e.id for e in run}
                self.accept([e for e in run if e.kind == CONTENT] or run)
        whole = {e.id for e in controls} - placed == {self.id}
        need(not awaited and whole, "bad-pack")

    def follow(self, controls: list[Event], *segment: Any) -> list[Event]:
        (chain, start, prev, packed), run = segment, list[Event]()
        for seq, item in enumerate(packed, start):
            if isinstance(item, int):
                need(item < len(controls), "bad-pack")
                e = controls[item]
                need((e.chain, e.seq, e.prev) == (chain, seq, prev), "bad-pack")
            else:
                refs, body = item
                what = body if isinstance(body, list) else [len(body) - 32, commitment(body)]
                raw = mp([1, self.id[:16], chain, seq, prev, CONTENT, *what, refs])
                e = event(raw, None if body is what else body, "bad-pack")
            run.append(e)
            prev = e.id
        return run


def inflate(part: bytes) -> Any:
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(part, 8_388_608)
    except zlib.error:
        raise Refused("bad-pack") from None
    need(stream.eof and not stream.unused_data and not stream.unconsumed_tail, "bad-pack")
    return unpack(raw, ("or", FIRST, LATER), "bad-pack")
