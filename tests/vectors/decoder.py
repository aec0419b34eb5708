"""A second reader of logs, written from ``docs/protocol.md``: it imports nothing of ours.

It reads a whole log from record blobs and epoch secrets, verifies everything and keeps what
stands. Section numbers in comments are those of the protocol.
"""

import hashlib
import hmac
import zlib
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CONTENT, GENESIS, OPEN, MEMBER, ROTATE, ERASE = range(6)
BATCH, PACK, ROTATE_RECORD, ACK = range(1, 5)
KINDS = {1: {1, 2, 3, 4}, 2: {5, 6, 7}, 5: {10}}
Z16, Z32 = bytes(16), bytes(32)


class Refused(Exception):  # noqa: N818 - the protocol's word
    """Not kept; its text is a code of 1.4, or ``held-back``."""


def need(good: object, code: str) -> None:
    if not good:
        raise Refused(code)


def D(x: str) -> bytes:  # noqa: N802 - as in the protocol
    return b"inglenook/1 " + x.encode() + bytes(20 - len(x))


def H(x: str, data: bytes) -> bytes:  # noqa: N802
    return hashlib.sha256(D(x) + data).digest()


def hkdf(secret: bytes, info: bytes, size: int) -> bytes:
    out = block = b""
    for i in range(1, -(-size // 32) + 1):
        block = hmac.digest(secret, block + info + bytes([i]), "sha256")
        out += block
    return out[:size]


# --- 1.3: canonical msgpack, and shapes ------------------------------------------------

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
    match item:
        case None | bool():
            return bytes(byte for byte, one in ONE.items() if one is item)
        case int():
            return bytes([item]) if item < 128 else sized("uint", item)
        case list():
            inner, few = b"".join(map(mp, item)), len(item) < 16
            return (bytes([0x90 | len(item)]) if few else sized("array", len(item))) + inner
        case str():
            data = item.encode()
            return (
                bytes([0xA0 | len(data)]) if len(data) < 32 else sized("text", len(data))
            ) + data
    return sized("bytes", len(item)) + item


def sized(what: str, size: int) -> bytes:
    start, *widths = LONG[what]
    step, width = next((i, w) for i, w in enumerate(widths) if size < 1 << 8 * w)
    return bytes([start + step]) + size.to_bytes(width, "big")


def unpack(data: bytes, shape: Any, code: str) -> Any:
    """All of ``data`` as this shape."""
    try:
        found, _ = read(data, 0)
        good = mp(found) == data
    except (IndexError, ValueError, StopIteration, RecursionError):
        raise Refused(code) from None
    need(good and fits(found, shape), code)
    return found


def fits(found: Any, shape: Any) -> bool:
    """Whether a value has a shape: so many bytes, an array of shapes, or as the first word says."""
    match shape:
        case None | int():
            return found is None if shape is None else type(found) is bytes and len(found) == shape
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
    what, least, most = shape
    return type(found) is {"bytes": bytes, "text": str}[what] and least <= len(found) <= most


UINT, U8, BYTE, NAME = ("uint", 0, 2**63 - 1), ("uint", 1, 255), ("uint", 0, 255), ("text", 0, 64)
OPTIONAL, URL = ("or", 0, 32), ("text", 0, 256)
PERSON, REF = [32, 1216], [16, UINT, 32]
CERTIFICATE = [U8, 32, 16, 32, 1216, ("uint", 1, 2**32 - 1), ("bytes", 16, 32), 64]
CHAIN, CHAIN0, RELAYS = ("all", CERTIFICATE, 1, 16), ("all", CERTIFICATE, 0, 16), ("all", URL, 0, 8)
KNOCK = [("or", PERSON, None), CHAIN0, [32, 1216, NAME], NAME, 16, 64]
PSIZE, REFS = ("uint", 64, 262_144), ("all", REF, 0, 64)
RAW, BODY = ("bytes", 0, 4096), ("bytes", 96, 262_176)
MAYBE = ("or", BODY, None)
HEADER = [U8, 16, 16, UINT, 32, BYTE, PSIZE, 32, REFS]
ACTS = ([1, NAME, KNOCK, 16], [2, 32], [3, 16, ("or", 0, 64)], [4, 1216], [5])
PAYLOADS = {
    GENESIS: [U8, U8, PERSON, NAME, OPTIONAL, OPTIONAL, CHAIN],
    OPEN: [PERSON, CHAIN, NAME],
    MEMBER: ("or", *([("uint", a[0], a[0]), *a[1:]] for a in ACTS)),
    ROTATE: [U8, U8, ("all", 32, 0, 64), 32, RELAYS, 32, BYTE],
    ERASE: [("all", 32, 1, 64)],
}
BATCHED = [("all", [RAW, MAYBE], 1, 64), 64]
ROTATED = [RAW, BODY, 64, ("all", [32, 1168], 0, 512)]
IDS = ("all", 32, 0, 1024)
ACKED = [32, 16, UINT, ("all", REF, 0, 1024), IDS, ("all", [URL, 16, UINT, 32], 0, 8), 64]
EVENTS = ("all", ("or", UINT, [REFS, BODY], [REFS, [PSIZE, 32]]), 0, 1 << 32)
HEADS, CONTROLS = ("all", [*REF, 64], 0, 1 << 32), ("all", [RAW, MAYBE, 64], 0, 1 << 32)
LISTS = [HEADS, CONTROLS, ("all", [16, UINT, 32, EVENTS], 0, 1 << 32)]
PART = {
    1: [("uint", 1, 1), 32, ("all", 32, 0, 2048), *LISTS],
    2: [("uint", 2, 2), 32, UINT, *LISTS],
}


def check_key(public: bytes, code: str) -> None:
    """1.1: which Ed25519 keys are refused."""
    y, p = int.from_bytes(public, "little") & (1 << 255) - 1, 2**255 - 19
    eighth = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
    need(len(public) == 32 and y < p and y not in (0, 1, p - 1, eighth, p - eighth), code)


def verify(public: bytes, signature: bytes, message: bytes, code: str = "bad-signature") -> None:
    check_key(public, code)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Refused(code) from None


# --- 2 and 3: events, certificates -----------------------------------------------------


class Event(NamedTuple):
    """An event that verified by itself; ``data`` is nil where the body is not here."""

    id: bytes
    chain: bytes
    seq: int
    prev: bytes
    kind: int
    log: bytes
    data: bytes | None
    payload: Any


def event(raw: bytes, body: bytes | None, code: str = "malformed-event") -> Event:
    """2.1 to 2.3, and 2.6."""
    need(len(raw) <= 4096, code)
    suite, log, chain, seq, prev, kind, psize, pcommit, refs = unpack(raw, HEADER, code)
    need(suite == 1, "unsupported-suite")
    first, genesis = kind in (GENESIS, OPEN), kind == GENESIS
    need(first == (chain == Z16) == (seq == 0) and (kind != OPEN or prev[:16] == log), code)
    need(genesis == (log == Z16) == (prev == Z32) and not (genesis and refs), code)
    need(psize % 64 == 0 and all(a < b for a, b in pairwise(refs)), code)
    need(all(ref[0] not in (chain, Z16) for ref in refs), code)
    name, data, payload = H("event", raw), None, None
    if body is not None:
        mac = hmac.digest(body[:32], D("payload") + body[32:], "sha256")
        need(len(body) == psize + 32 and mac == pcommit, code)
        data = data_of(body)
        payload = payload_of(kind, data) if kind in PAYLOADS else None
    return Event(name, name[:16] if kind == OPEN else chain, seq, prev, kind, log, data, payload)


def payload_of(kind: int, data: bytes, code: str = "malformed-event") -> Any:
    found = unpack(data, PAYLOADS[kind], code)
    need(kind != GENESIS or (found[1] == 1) == bool(found[4]), code)
    need(kind != ROTATE or all(a < b for a, b in pairwise(found[2])), code)
    return found


def data_of(body: bytes) -> bytes:
    end = 36 + int.from_bytes(body[32:36], "big")
    good = len(body) >= 96 and len(body) % 64 == 32 and end <= len(body) and not any(body[end:])
    need(good, "malformed-event")
    return body[36:end]


def check_seal(public: bytes, seal: bytes, log: bytes, name: bytes) -> None:
    verify(public, seal, D("seal") + b"\1" + log + name)


def device_of(person: list[bytes], chain: list[Any], code: str = "bad-certificate") -> bytes:
    """3.2: the signing key of the last certificate."""
    issuer, key, rank = H("person", person[0] + person[1]), person[0], 0
    for cert in chain:
        need(cert[0] == 1, "unsupported-suite")
        need(cert[1] == H("person", person[0] + person[1]) and cert[6] == issuer, code)
        need(cert[5] > rank and cert[2] == H("device", cert[3])[:16], code)
        verify(key, cert[7], D("cert") + mp(cert[:7]), code)
        issuer, key, rank = cert[2], cert[3], cert[5]
    check_key(key, code)
    return key


# --- 4: records ------------------------------------------------------------------------


def open_record(blob: bytes, box_type: int, box: bytes, secret: bytes) -> tuple[int, bytes]:
    """4.1 and 4.2, for boxes without wraps."""
    need(577 <= len(blob) <= 1_033_425, "malformed-record")
    need(blob[0] == 1, "unsupported-suite")
    derived = hkdf(secret, D("record") + blob[1:33], 48)
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


def inflate(part: bytes) -> Any:
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(part, 8_388_608)
    except zlib.error:
        raise Refused("bad-pack") from None
    need(stream.eof and not stream.unused_data and not stream.unconsumed_tail, "bad-pack")
    return unpack(raw, ("or", *PART.values()), "bad-pack")


@dataclass
class Log:
    """What of a log verified."""

    id: bytes
    events: dict[bytes, Event] = field(default_factory=dict)
    acks: list[Any] = field(default_factory=list)
    signers: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)
    """Person id and signing key by chain."""

    def read(self, secret: bytes, blobs: list[bytes]) -> None:
        """All records of one epoch's mailbox, in any order."""
        box = hkdf(secret, D("box") + self.id, 16)
        found = [open_record(blob, 1, box, secret) for blob in blobs]
        runs = [self.run(kind, inner) for kind, inner in found if kind in (BATCH, ROTATE_RECORD)]
        while ready := [r for r in runs if r[0][0].kind == GENESIS or r[0][0].prev in self.events]:
            for run in ready:
                self.accept(*run)
                runs.remove(run)
        need(not runs, "held-back")
        if parts := [inner for kind, inner in found if kind == PACK]:
            self.pack(parts)
        self.acks += [self.ack(inner) for kind, inner in found if kind == ACK]

    def run(self, kind: int, inner: bytes) -> tuple[list[Event], bytes]:
        """4.4 and 4.6."""
        if kind == BATCH:
            found, seal = unpack(inner, BATCHED, "malformed-record")
        else:
            raw, body, seal, wraps = unpack(inner, ROTATED, "malformed-record")
            need(all(a[0] < b[0] for a, b in pairwise(wraps)), "malformed-record")
            found = [[raw, body]]
        run = [event(raw, body) for raw, body in found]
        for a, b in pairwise(run):
            follows = (a.chain, a.seq + 1, a.id) == (b.chain, b.seq, b.prev)
            need(follows and a.kind == CONTENT, "malformed-event")
        need(all(self.here(e) for e in run), "malformed-event")
        return run, seal

    def here(self, e: Event) -> bool:
        return e.id == self.id if e.kind == GENESIS else e.log == self.id[:16]

    def accept(self, run: list[Event], seal: bytes) -> None:
        """Under a seal of the chain's device only, 2.4; an open says whose chain it is."""
        first = run[0]
        if first.kind in (GENESIS, OPEN):
            person, chain = first.payload[2 * (first.kind == GENESIS)], first.payload[-1]
            chain = first.payload[1] if first.kind == OPEN else chain
            name = H("person", person[0] + person[1])
            self.signers[first.chain] = (name, device_of(person, chain))
            need(first.kind == GENESIS or first.prev == self.id, "malformed-event")
        check_seal(self.signers[first.chain][1], seal, self.id, run[-1].id)
        self.events |= {e.id: e for e in run if e.data is not None or e.id not in self.events}

    def ack(self, inner: bytes) -> Any:
        """4.7."""
        ack = unpack(inner, ACKED, "malformed-record")
        need(all(a < b for a, b in pairwise(ack[3])), "malformed-record")
        keys = {H("device", key)[:16]: key for _, key in self.signers.values()}
        need(ack[0] == self.id and ack[1] in keys, "held-back")
        verify(keys[ack[1]], ack[6], D("ack") + b"\1" + mp(ack[:6]))
        return ack

    def pack(self, blobs: list[bytes]) -> None:
        """4.5, with parts in any order."""
        parts = {H("pack", blob): inflate(blob) for blob in blobs}
        first = next((part for part in parts.values() if part[0] == 1), None)
        need(first, "bad-pack")
        assert first
        need(len(blobs) == 1 + len(first[2]) and all(h in parts for h in first[2]), "bad-pack")
        controls: list[Event] = []
        awaited: dict[bytes, tuple[bytes, int]] = {}
        placed: set[int] = set()
        for n, part in enumerate([first, *(parts[h] for h in first[2])], start=1):
            need(part[1] == self.id and (n == 1 or part[2] == n), "bad-pack")
            for raw, body, seal in part[4]:
                e = event(raw, body, "bad-pack")
                need(e.kind != CONTENT and self.here(e), "bad-pack")
                if e.kind in (GENESIS, OPEN):
                    self.accept([e], seal)
                controls.append(e)
                need(e.chain in self.signers, "bad-pack")
                check_seal(self.signers[e.chain][1], seal, self.id, e.id)
            for chain, seq, name, seal in part[3]:
                need(chain in self.signers, "bad-pack")
                check_seal(self.signers[chain][1], seal, self.id, name)
                awaited[name] = (chain, seq)
            for chain, start, prev, events in reversed(part[5]):
                before, run = prev, []
                for seq, item in enumerate(events, start):
                    if isinstance(item, int):
                        need(item < len(controls), "bad-pack")
                        e = controls[item]
                        placed.add(item)
                        need((e.chain, e.seq, e.prev) == (chain, seq, before), "bad-pack")
                    else:
                        e = self.rebuild(chain, seq, before, *item)
                    run.append(e)
                    before = e.id
                need(run and awaited.get(before) == (chain, run[-1].seq), "bad-pack")
                need(start or prev == self.id, "bad-pack")
                awaited |= {prev: (chain, start - 1)} if start else {}
                for e in run:
                    awaited.pop(e.id, None)
                self.events |= {
                    e.id: e for e in run if e.data is not None or e.id not in self.events
                }
        all_placed = all(i in placed or e.kind == GENESIS for i, e in enumerate(controls))
        need(not awaited and all_placed, "bad-pack")

    def rebuild(self, chain: bytes, seq: int, prev: bytes, refs: list[Any], content: Any) -> Event:
        body = content if isinstance(content, bytes) else None
        size, mac = content if body is None else (len(body) - 32, b"")
        mac = mac if body is None else hmac.digest(body[:32], D("payload") + body[32:], "sha256")
        header = [1, self.id[:16], chain, seq, prev, CONTENT, size, mac, refs]
        return event(mp(header), body, "bad-pack")
