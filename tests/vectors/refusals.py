"""Negative vectors: each is right but for one thing, and ``expect`` names how it is refused.

``reader`` says what reads it; the other keys are what that reader is given.
"""

import zlib
from typing import Any

from vectors import attachments
from vectors import generate as g
from vectors.cases import RELAY, World, bundles, invites, opening
from vectors.generate import (
    BATCH,
    BUNDLE,
    CONTENT,
    EPOCH,
    ERASE,
    GENESIS,
    MEMBER,
    OFFER,
    OPEN,
    RECOVERY,
    SUITE,
    Z16,
    Z32,
    Box,
    D,
    Device,
    Event,
    H,
    Log,
    mp,
    seed,
)

Case = dict[str, Any]


def cases(w: World) -> list[Case]:
    """All of them."""
    return [
        *headers(w),
        *bodies(w),
        *payloads(w),
        *seals(w),
        *certificates(w),
        *records(w),
        *inners(w),
        *packs(w),
        *wraps(w),
        *links(w),
        *meetings(w),
        *recovered(w),
        *frames(w),
        *files(w),
        *attachments.refused(w),
    ]


def case(reader: str, name: str, expect: str, **given: Any) -> Case:
    return {"reader": reader, "name": name, "expect": expect, **given}


def headers(w: World) -> list[Case]:
    good, start, begin = w.c4.header, w.genesis.header, w.open_tablet.header
    one, two = sorted(w.c4.refs)

    def change(at: int, value: Any, header: list[Any] = good) -> bytes:
        return mp([*header[:at], value, *header[at + 1 :]])

    raw = mp(good)
    seq = raw.index(mp(good[3:5][0]) + mp(good[4]))
    many = [[seed(f"chain {i}", 16), 1, seed(f"ref {i}")] for i in range(65)]
    found = {
        "an integer that is not minimal": raw[:seq] + b"\xcd\0" + raw[seq:],
        "a length that is not minimal": b"\xdc\0\x09" + raw[1:],
        "a surplus element": mp([*good, 0]),
        "an element too few": mp(good[:-1]),
        "a surplus byte": raw + b"\xc0",
        "a byte too few": raw[:-1],
        "nothing": b"",
        "a string for an id": raw.replace(b"\xc4\x20" + good[4], b"\xd9\x20" + b"a" * 32),
        "a number for the refs": change(8, 0),
        "refs out of order": change(8, [two, one]),
        "a ref twice": change(8, [one, one]),
        "a ref of its own chain": change(8, [[good[2], 1, seed("x")]]),
        "a ref of no chain": change(8, [[Z16, 1, seed("x")]]),
        "65 refs": change(8, sorted(many)),
        "an id that is too short": change(4, good[4][:31]),
        "a log id that is too long": change(1, good[1] + b"\0"),
        "a negative sequence number": raw[:seq] + b"\xff" + raw[seq + 1 :],
        "a sequence number beyond 2^63": change(3, 2**63),
        "a payload of no size": change(6, 0),
        "a payload that is no multiple of 64": change(6, 96),
        "a payload that is too large": change(6, 262_208),
        "a kind beyond 255": change(5, 256),
        "content at the start of a chain": change(3, 0),
        "content in no chain": change(2, Z16),
        "content in no log": change(1, Z16),
        "content after nothing": change(4, Z32),
        "a genesis in a log": change(1, good[1], start),
        "a genesis with refs": change(8, [one], start),
        "a genesis after something": change(4, good[4], start),
        "an open in a chain": change(2, good[2], begin),
        "an open that is not first": change(3, 1, begin),
        "an open after an event": change(4, good[4], begin),
    }
    return [
        *(case("header", n, "malformed-event", bytes=b) for n, b in found.items()),
        case("header", "another suite", "unsupported-suite", bytes=change(0, 2)),
    ]


def bodies(w: World) -> list[Case]:
    good = w.c1.body
    long = good[:32] + (len(good) - 32 - 3).to_bytes(4, "big") + good[36:]
    found = {
        "padding that is not zero": good[:-1] + b"\1",
        "a length past the end": long,
        "a size that is no multiple of 64": good + bytes(32),
        "no payload": good[:32],
        "nothing": b"",
    }
    return [
        *(case("body", n, "malformed-event", bytes=b) for n, b in found.items()),
        case(
            "event",
            "a body with another salt",
            "malformed-event",
            header=w.c1.raw,
            body=bytes([good[0] ^ 1]) + good[1:],
        ),
        case(
            "event",
            "a body of another size",
            "malformed-event",
            header=w.c1.raw,
            body=good + bytes(64),
        ),
    ]


def payloads(w: World) -> list[Case]:
    cert = w.laptop.certificates
    ada = w.ada.public
    rotate = [1, 1, [seed("b"), seed("a")], seed("c"), [RELAY], seed("d"), 3]
    rotate[2] = sorted(rotate[2], reverse=True)
    long = [1, 1, [], seed("c"), ["https://" + "a" * 249], seed("d"), 0]
    found = [
        ("genesis", "a secret in a pair", [1, 2, ada, "", seed("s"), b"", cert]),
        ("genesis", "a journal without a secret", [1, 1, ada, "", b"", b"", cert]),
        ("genesis", "half a predecessor", [1, 2, ada, "", b"", bytes(16), cert]),
        ("genesis", "no certificates", [1, 2, ada, "", b"", b"", []]),
        ("open", "a label of 65 letters", [ada, cert, "é" * 65, 0]),
        ("open", "17 certificates", [ada, cert * 17, "", 0]),
        ("open", "no instant", [ada, cert, ""]),
        ("member", "an act nobody knows", [6, b""]),
        ("member", "half a root signature", [3, Z16, bytes(63), 0]),
        ("member", "a KEM key that is too short", [4, bytes(1215)]),
        ("rotate", "parents out of order", rotate),
        ("rotate", "a parent twice", [*rotate[:2], [Z32, Z32], *rotate[3:]]),
        ("rotate", "a relay of 257 letters", long),
        ("rotate", "a relay in capitals", [*long[:4], ["https://RELAY.example.org"], *long[5:]]),
        ("rotate", "a folder for a relay", [*long[:4], ["folder:" + "5a" * 16], *long[5:]]),
        ("erase", "no targets", [[]]),
        ("erase", "65 targets", [[seed(str(i)) for i in range(65)]]),
    ]
    return [case(kind, name, "malformed-event", bytes=mp(data)) for kind, name, data in found]


SMALL_ORDER = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
P = 2**255 - 19


def seals(w: World) -> list[Case]:
    event, log, key = w.c2.id, w.log.id, w.phone.sign
    good = w.c2.seal
    flipped = bytes([good[0] ^ 1]) + good[1:]
    # Anything is a signature under a key of small order: R = 1, S = 0.
    free = b"\1" + bytes(63)
    # S plus the group order: the same number for whoever does not check.
    order = 2**252 + 27742317777372353535851937790883648493
    larger = good[:32] + (int.from_bytes(good[32:], "little") + order).to_bytes(32, "little")
    found = [
        ("a seal of another log", key.public, key.sign(g.seal_message(seed("log"), event))),
        ("a seal of another event", key.public, w.c3.seal),
        ("a seal of another device", w.laptop.sign.public, good),
        ("a flipped bit", key.public, flipped),
        ("a seal that is too short", key.public, good[:63]),
        ("the same seal with the group order added", key.public, larger),
        ("a key of order 8", SMALL_ORDER, free),
        ("a key of order 8, other sign", SMALL_ORDER[:31] + bytes([SMALL_ORDER[31] | 128]), free),
        ("a key of order 1", b"\1" + bytes(31), free),
        ("a key of order 1, not canonical", (P + 1).to_bytes(32, "little"), free),
        ("a key that is not canonical", (P + 3).to_bytes(32, "little"), good),
        ("a key that is no point", b"\2" + bytes(31), good),
        ("a key that is too short", key.public[:31], good),
    ]
    return [
        case("seal", name, "bad-signature", public=public, log=log, event=event, seal=seal)
        for name, public, seal in found
    ]


def certificates(w: World) -> list[Case]:
    ada, laptop, tablet = w.ada, w.laptop, w.tablet
    by, key = laptop.certificates[0], laptop.sign

    def leaf(
        who: Device = tablet,
        *,
        owner: bytes = ada.id,
        name: bytes = tablet.id,
        sign: bytes = tablet.sign.public,
        rank: int = 5,
        issuer: bytes = laptop.id,
        by: g.Sign = key,
        suite: int = 1,
    ) -> list[Any]:
        return g.certificate(by, owner, name, sign, who.kem.public, rank, issuer, suite=suite)

    small = H(D("device") + SMALL_ORDER)[:16]
    cut = [*leaf()[:-1], bytes(64)]
    found = [
        ("a rank that does not rise", [by, leaf(rank=1)]),
        ("the certificate of another person", [by, leaf(owner=w.ben.id)]),
        ("another person's device", w.phone.certificates),
        ("an issuer that is not the one before", [by, leaf(issuer=tablet.id)]),
        ("a device that the root did not issue first", [leaf()]),
        ("an issuer's name with another's signature", [by, leaf(by=tablet.sign)]),
        ("no signature", [by, cut]),
        ("a device id that is not the key's", [by, leaf(name=laptop.id)]),
        ("a signing key of small order", [by, leaf(name=small, sign=SMALL_ORDER)]),
    ]
    return [
        *(
            case(
                "certificates",
                name,
                "bad-certificate",
                person=mp(ada.public),
                certificates=mp(chain),
            )
            for name, chain in found
        ),
        case(
            "certificates",
            "another suite",
            "unsupported-suite",
            person=mp(ada.public),
            certificates=mp([by, leaf(suite=2)]),
        ),
    ]


def records(w: World) -> list[Case]:
    box, k = w.box, w.box.erase_key()
    inner = g.batch(w.c1)
    text = g.plaintext(BATCH, inner)
    good = box.raw_record(text, k)
    other = Box(EPOCH, seed("other"), w.log.id)

    def flip(at: int) -> bytes:
        at %= len(good)
        return good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]

    def padding(text: bytes) -> bytes:
        return box.raw_record(text, k)

    empty = bytes([BATCH]) + bytes(4)
    malformed = [
        ("a byte too short", box.raw_record(bytes(511), k)),
        ("nothing", b""),
        ("a kind this box may not hold", padding(g.plaintext(OFFER, inner))),
        ("a kind nobody knows", padding(g.plaintext(99, inner))),
        ("padding that is not zero", padding(text[:-1] + b"\1")),
        ("a step too much padding", padding(text + bytes(256))),
        ("a length past the end", padding(empty[:1] + (508).to_bytes(4, "big") + bytes(507))),
        ("less padding than the least", padding(empty + bytes(508))),
    ]
    wrong = [
        ("a flipped bit of the salt", flip(1)),
        ("a flipped bit of the commitment", flip(33)),
        ("a flipped bit of the ciphertext", flip(49)),
        ("a flipped bit of the tag", flip(-1)),
        ("a record of another epoch", other.record(BATCH, inner)),
        ("a record of another log's box", other_box(w).raw_record(text, k, secret=w.first)),
        ("a record of another type of box", Box(2, w.first, w.log.id).raw_record(text, k)),
    ]
    given = {"box_type": box.type, "box": box.box16, "secret": box.secret}
    return [
        *(case("record", n, "malformed-record", blob=b, **given) for n, b in malformed),
        *(case("record", n, "wrong-key", blob=b, **given) for n, b in wrong),
        case("record", "another suite", "unsupported-suite", blob=b"\2" + good[1:], **given),
    ]


def other_box(w: World) -> Box:
    return Box(EPOCH, w.first, seed("another log"))


def inners(w: World) -> list[Case]:
    pair = [w.c1.raw, w.c1.body]
    rotated = [w.rotate.raw, w.rotate.body, w.rotate.seal]
    ack = w.ack()
    found = [
        ("batch", "no events", mp([[], w.c1.seal])),
        ("batch", "65 events", mp([[pair] * 65, w.c1.seal])),
        ("batch", "a seal that is too short", mp([[pair], w.c1.seal[:63]])),
        ("batch", "a body without payload", mp([[[w.c1.raw, w.c1.body[:32]]], w.c1.seal])),
        ("batch", "a surplus element", mp([[pair], w.c1.seal, None])),
        ("batch", "a header of 4,097 bytes", mp([[[bytes(4097), w.c1.body]], w.c1.seal])),
        ("rotate-record", "wraps out of order", mp([*rotated, w.wraps[::-1]])),
        ("rotate-record", "a wrap twice", mp([*rotated, w.wraps[:1] * 2])),
        ("rotate-record", "a rotate without its body", mp([rotated[0], None, rotated[2], []])),
        ("ack", "heads out of order", mp([*ack[:3], ack[3][::-1], *ack[4:]])),
    ]
    flipped = mp([*ack[:2], 8, *ack[3:]])
    return [
        *(case(reader, name, "malformed-record", bytes=data) for reader, name, data in found),
        case(
            "signed-ack",
            "another counter",
            "bad-signature",
            public=w.phone.sign.public,
            bytes=flipped,
        ),
    ]


# --- packs -----------------------------------------------------------------------------


class Parts:
    """A good pack of a small log, to spoil."""

    def __init__(self, w: World) -> None:
        self.w = w
        log = self.log = Log("to spoil")
        founded = [1, 2, w.ada.public, "", b"", b"", w.laptop.certificates]
        log.add(w.laptop, GENESIS, founded)
        self.laptop = log.add(w.laptop, OPEN, opening(w.laptop))
        self.phone = log.add(w.phone, OPEN, opening(w.phone))
        self.a1 = log.add(w.laptop, CONTENT, b"a1", after=self.laptop, refs=(self.phone,))
        self.p1 = log.add(w.phone, CONTENT, b"p1", after=self.phone, refs=(self.laptop,))
        self.erase = log.add(w.laptop, ERASE, [[self.a1.id]], after=self.a1)
        self.close = log.add(w.laptop, MEMBER, [5], after=self.erase)
        self.a2 = log.add(w.laptop, CONTENT, b"a2", after=self.close)
        self.parts = g.raw_parts(log.id, log.events)
        self.signers = {
            self.laptop.chain: w.laptop.sign.public,
            self.phone.chain: w.phone.sign.public,
        }

    @property
    def heads(self) -> list[Any]:
        return self.parts[0][3]

    @property
    def controls(self) -> list[Any]:
        return self.parts[0][4]

    @property
    def segments(self) -> list[Any]:
        return self.parts[0][5]

    def run(self, start: Event) -> list[Any]:
        return next(s for s in self.segments if s[0] == start.chain)

    def case(self, name: str, expect: str = "bad-pack", blobs: list[bytes] | None = None) -> Case:
        return case(
            "pack",
            name,
            expect,
            log=self.log.id,
            signers=[list(pair) for pair in self.signers.items()],
            parts=g.compress(self.parts) if blobs is None else blobs,
        )


def packs(w: World) -> list[Case]:
    return [*streams(w), *runs(w), *controls(w), *forged(w), *unruly(w)]


def streams(w: World) -> list[Case]:
    found: list[Case] = []
    p = Parts(w)
    good = g.compress(p.parts)
    found += [
        p.case("a bomb", blobs=[zlib.compress(bytes(8_388_609), 9)]),
        p.case("something behind the stream", blobs=[good[0] + b"\0"]),
        p.case("a stream without its end", blobs=[good[0][:-1]]),
        p.case("no stream", blobs=[mp(p.parts[0])]),
        p.case("a second part that nobody named", blobs=[*good, good[0]]),
    ]
    p.parts[0][2] = [seed("part")]
    found.append(p.case("a part that is missing", blobs=[zlib.compress(mp(p.parts[0]))]))

    p = Parts(w)
    p.parts[0].append(0)
    found.append(p.case("a surplus element"))

    p = Parts(w)
    p.parts[0][1] = seed("another log")
    found.append(p.case("another log"))
    return found


def runs(w: World) -> list[Case]:
    found: list[Case] = []
    p = Parts(w)
    p.run(p.phone)[3].append([[], seed("more", 96)])
    found.append(p.case("an event after the head"))

    p = Parts(w)
    p.heads.pop()
    found.append(p.case("a run that no head leads to"))

    p = Parts(w)
    p.segments.pop()
    found.append(p.case("a head without its run"))

    p = Parts(w)
    p.run(p.laptop)[3][1][1] = p.p1.body
    found.append(p.case("an event exchanged for another"))

    p = Parts(w)
    run = p.run(p.phone)
    run[1:] = [1, p.phone.id, run[3][1:]]
    found.append(p.case("a run without its beginning"))

    p = Parts(w)
    p.segments.append([p.phone.chain, 1, p.phone.id, []])
    found.append(p.case("a run of nothing"))

    p = Parts(w)
    p.segments.append(p.run(p.phone))
    found.append(p.case("a run twice"))

    p = Parts(w)
    p.heads[0][3] = bytes(64)
    found.append(p.case("a head with no seal", "bad-signature"))

    p = Parts(w)
    nobody = seed("nobody", 16)
    p.heads.append([nobody, 1, p.p1.id, p.p1.seal])
    found.append(p.case("a chain that nobody opened"))
    return found


def controls(w: World) -> list[Case]:
    found: list[Case] = []
    p = Parts(w)
    p.run(p.laptop)[3][0] = 99
    found.append(p.case("a control event that is not there"))

    p = Parts(w)
    run = p.run(p.laptop)[3]
    run[2], run[3] = run[3], run[2]
    found.append(p.case("control events in each other's places"))

    p = Parts(w)
    p.controls.append(g.control(p.log.add(w.laptop, MEMBER, [5], after=p.a2)))
    found.append(p.case("a control event in no run"))

    p = Parts(w)
    p.controls[1][1] = p.controls[2][1]
    found.append(p.case("a control event with another's body"))

    p = Parts(w)
    p.controls.append(g.control(p.a1))
    p.run(p.laptop)[3][1] = len(p.controls) - 1
    found.append(p.case("content among the control events"))

    p = Parts(w)
    foreign = [1, 2, w.ada.public, "another", b"", b"", w.laptop.certificates]
    p.controls[0] = g.control(Log("foreign").add(w.laptop, GENESIS, foreign))
    found.append(p.case("another genesis"))

    p = Parts(w)
    p.controls.pop(0)
    for segment in p.segments:
        segment[3] = [e - 1 if isinstance(e, int) else e for e in segment[3]]
    found.append(p.case("no genesis"))
    return found


def forged(w: World) -> list[Case]:
    """Ben puts words into Ada's chain: his own key seals them, as a head of his own chain."""
    p = Parts(w)
    body = g.make_body("forged", b"I never wrote this")
    chain, seq, prev = p.laptop.chain, 5, p.a2.id
    pcommit = g.commit(body)
    header = [1, p.log.id[:16], chain, seq, prev, CONTENT, len(body) - 32, pcommit, []]
    event = Event(header, body, b"")
    seal = w.phone.sign.sign(g.seal_message(p.log.id, event.id))
    p.heads[:] = [h for h in p.heads if h[0] != chain]
    p.heads.append([p.phone.chain, seq, event.id, seal])
    p.run(p.laptop)[3].append([[], body])
    return [p.case("words in another's chain under one's own head")]


def unruly(w: World) -> list[Case]:
    """A device may seal what no reader of a batch takes; a pack must not smuggle it in."""
    p = Parts(w)
    turned = sorted([p.a1.ref, p.a2.ref], reverse=True)
    own = [[p.phone.chain, 7, seed("own")]]
    return [
        smuggled(w, "refs out of order", refs=turned),
        smuggled(w, "a ref of its own chain", refs=own),
        smuggled(w, "an erased payload that is no multiple of 64", psize=100),
        smuggled(w, "a payload that is no multiple of 64", more=b"\0"),
        smuggled(w, "content at the start of a chain", seq=0),
        misplaced(w, "a control event that skips a place", seq=3),
        misplaced(w, "a control event after another chain's", chain="laptop"),
        stranger(w),
        borrowed(w),
    ]


def added(p: Parts, by: Device, header: list[Any], body: bytes) -> tuple[Event, int]:
    """A control event sealed by its device, among the others; and its number."""
    event = Event(header, body, b"")
    event.seal = by.sign.sign(g.seal_message(p.log.id, event.id))
    p.controls.append(g.control(event))
    return event, len(p.controls) - 1


def misplaced(w: World, name: str, *, seq: int = 1, chain: str = "phone") -> Case:
    p = Parts(w)
    after = p.phone if chain == "phone" else p.laptop
    body = g.make_body(name, mp([5]))
    place = [p.phone.chain, seq, after.id]
    header = [1, p.log.id[:16], *place, MEMBER, len(body) - 32, g.commit(body), []]
    event, number = added(p, w.phone, header, body)
    p.heads.append([p.phone.chain, 1, event.id, event.seal])
    p.segments.append([p.phone.chain, 1, after.id, [number]])
    return p.case(name)


def borrowed(w: World) -> Case:
    """A run of Ben's chain that begins with Ada's open; his own begins with his."""
    p = Parts(w)
    body = g.make_body("borrowed", b"borrowed")
    place = [p.phone.chain, 1, p.laptop.id]
    header = [1, p.log.id[:16], *place, CONTENT, len(body) - 32, g.commit(body), []]
    event = Event(header, body, b"")
    seal = w.phone.sign.sign(g.seal_message(p.log.id, event.id))
    p.heads.append([p.phone.chain, 1, event.id, seal])
    number = next(i for i, c in enumerate(p.controls) if c[0] == p.laptop.raw)
    p.segments.append([p.phone.chain, 0, p.log.id, [number, [[], body]]])
    return p.case("a run that begins with another chain's open")


def stranger(w: World) -> Case:
    """The log id's first half is in the header; the whole of it is in ``prev``."""
    p = Parts(w)
    body = g.make_body("stranger", mp(opening(w.phone)))
    prev = p.log.id[:16] + seed("another", 16)
    header = [1, prev[:16], Z16, 0, prev, OPEN, len(body) - 32, g.commit(body), []]
    event, number = added(p, w.phone, header, body)
    p.signers[event.chain] = w.phone.sign.public
    p.heads.append([event.chain, 0, event.id, event.seal])
    p.segments.append([event.chain, 0, prev, [number]])
    return p.case("an open of a log whose id begins the same")


def smuggled(
    w: World,
    name: str,
    *,
    seq: int = 1,
    refs: Any = (),
    psize: int | None = None,
    more: bytes = b"",
) -> Case:
    p = Parts(w)
    chain, prev = p.phone.chain, p.phone.id
    if seq == 0:
        chain, prev = seed("no open", 16), p.log.id
        p.signers[chain] = w.phone.sign.public
    body = g.make_body(name, b"unruly") + more
    pcommit = g.commit(body)
    size = psize or len(body) - 32
    event = Event([1, p.log.id[:16], chain, seq, prev, CONTENT, size, pcommit, refs], body, b"")
    seal = w.phone.sign.sign(g.seal_message(p.log.id, event.id))
    p.heads.append([chain, seq, event.id, seal])
    p.segments.append([chain, seq, prev, [[refs, [size, pcommit] if psize else body]]])
    return p.case(name)


# --- sections 5 to 7 -------------------------------------------------------------------


def wraps(w: World) -> list[Case]:
    committed = g.epoch_commitment(w.log.id, w.second)
    laptop = w.laptop.kem
    at = next(i for i, (name, _) in enumerate(w.wraps) if name == laptop.hash)
    flipped = [list(wrap) for wrap in w.wraps]
    flipped[at][1] = flipped[at][1][:-1] + bytes([flipped[at][1][-1] ^ 1])
    exchanged = [list(wrap) for wrap in w.wraps]
    exchanged[at][1] = exchanged[at - 1][1]
    info = g.wrap_info(w.log.id, committed, laptop)
    other = [[laptop.hash, w.kept.seal("wrap of another secret", laptop, seed("not E"), info)]]
    found = [
        ("left out", [wrap for i, wrap in enumerate(w.wraps) if i != at], w.log.id, committed),
        ("a flipped bit", flipped, w.log.id, committed),
        ("another's wrap", exchanged, w.log.id, committed),
        ("a wrap of another log", w.wraps, seed("log"), committed),
        ("a wrap of another epoch", w.wraps, w.log.id, seed("commitment")),
        ("a secret that was not committed to", other, w.log.id, committed),
    ]
    return [
        case(
            "wrap",
            name,
            "wrong-key",
            kem_private=laptop.private,
            wraps=mp(these),
            log=log,
            commitment=commitment,
        )
        for name, these, log, commitment in found
    ]


def links(w: World) -> list[Case]:
    secret = seed("link secret", 16)
    box = Box(2, g.hkdf(secret, D("invite")))
    owner = g.token_hash(g.hkdf(w.ada.erase, D("invite-owner") + secret))

    def link(relay: str = RELAY, suite: int = 1, purpose: int = 1) -> list[Any]:
        hashes = [*map(g.token_hash, g.tokens(box.secret, Z32, relay)), owner]
        at = g.address(*hashes)
        return [suite, purpose, secret, w.ada.id[:16], at, owner, relay, 1_800_000_000, True]

    good = link()
    text = g.link_text(good)

    def change(at: int, value: Any) -> str:
        return g.link_text([*good[:at], value, *good[at + 1 :]])

    spelled = next(
        text[:-1] + c
        for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        if c != text[-1]
        and g.base64.urlsafe_b64decode(text[15:-1] + c + "==")[:-1] == mp(good)[:-1]
    )
    found = {
        "nothing": "",
        "another scheme": text.replace("inglenook:", "https:"),
        "another word": text.replace("join", "device"),
        "a word nobody knows": text.replace("join", "leave"),
        "no fragment": text.replace("#", "?"),
        "the last letter missing": text[:-1],
        "a letter more": text + "A",
        "padding": text + "=",
        "another spelling of the last letter": spelled,
        "a letter outside the alphabet": text[:-1] + "*",
        "another suite": g.link_text(link(suite=2)),
        "an altered secret": change(2, seed("other", 16)),
        "an altered address": change(4, seed("other", 16)),
        "another owner": change(5, seed("other")),
        "no owner": change(5, b""),
        "another relay": change(6, "https://other.example.org"),
        "a relay with a path": g.link_text(link(RELAY + "/x")),
        "a relay in capitals": g.link_text(link("https://RELAY.example.org")),
        "a relay that is no address": g.link_text(link("relay")),
        "more than 2,048 letters": text + "A" * 2048,
        "half a secret": change(2, secret[:15]),
    }
    return [case("link", name, "malformed-link", text=text) for name, text in found.items()]


def meetings(w: World) -> list[Case]:
    made = invites(w)["pair"]
    offer, knock, record = made["offer"], made["knock"], made["record"]
    role = offer.replace(b"\xa6mentor", b"\xa6mentee")
    name = knock.replace(b"\xa3Ben", b"\xa3Bob")
    flipped = record[:-64] + bytes([record[-64] ^ 1]) + record[-63:]
    laptop = {"public": w.laptop.sign.public}
    phone = {"public": w.phone.sign.public}
    place = {key: made[key] for key in ("log", "nonce", "inviter")}
    opened = {"record": record, "knock": knock, "kem_private": w.phone.kem.private, **laptop}
    tablet = {"kem_private": w.tablet.kem.private}
    found = [
        ("offer", "another role", {"bytes": role, **laptop}),
        ("offer", "another device", {"bytes": offer, **phone}),
        ("knock", "another name", {"bytes": name, **place}),
        ("knock", "another log", {"bytes": knock, **place, "log": Z32}),
        ("knock", "another offer", {"bytes": knock, **place, "nonce": Z16}),
        ("knock", "another inviter", {"bytes": knock, **place, "inviter": Z32}),
        ("welcome", "a flipped bit of the signature", {**opened, "record": flipped}),
        ("welcome", "another knock", {**opened, "knock": name}),
        ("welcome", "another device's word", {**opened, **phone}),
    ]
    return [
        *(case(reader, title, "bad-signature", **given) for reader, title, given in found),
        case("welcome", "a welcome for another device", "wrong-key", **{**opened, **tablet}),
    ]


def recovered(w: World) -> list[Case]:
    """Bundles in Ada's recovery box; all of them use one wrap, which no device would."""
    made = bundles(w)
    part = made["parts"][0]
    box = Box(RECOVERY, made["secret"])
    laptop, phone = w.laptop, w.phone
    good = [w.ada.id, laptop.certificates, 1, 1, 1, "Ada", made["journal"], made["proof"], []]

    def record(inner: bytes, *, kind: int = BUNDLE, size: int = 0) -> Case:
        text = g.plaintext(kind, inner)
        blob = box.raw_record(text, box.erase_key(), part["wrap"], part["fresh"])
        return {"blob": blob[:size] if size else blob, "recovery_key": made["recovery_key"]}

    def change(at: int, value: Any, by: Device = laptop) -> Case:
        fields = [value if i == at else field for i, field in enumerate(good)]
        return record(mp(g.signed(by.sign, "bundle", fields)))

    inner = mp(g.signed(laptop.sign, "bundle", good))
    elsewhere = D("recovery") + SUITE + Z32 + made["secret"] + made["owner_hash"]
    long = [[Z32, 2, "", [seed(str(i)) for i in range(64)], [], ""]] * 30
    found = [
        ("shorter than its wrap", "malformed-record", record(inner, size=1_744)),
        ("another kind", "malformed-record", record(inner, kind=BATCH)),
        ("more than 65,536 bytes", "malformed-record", change(8, long)),
        ("part 2 of 1", "malformed-record", change(3, 2)),
        ("part 0", "malformed-record", change(3, 0)),
        ("an element too many", "malformed-record", record(mp([*good, b"", bytes(64)]))),
        ("no certificate", "malformed-record", change(1, [])),
        ("not signed by the device", "bad-signature", change(5, "Ada", by=w.tablet)),
        ("another person", "bad-certificate", change(0, w.ben.id)),
        ("another person's device", "bad-certificate", change(1, phone.certificates, by=phone)),
        ("another journal than the root's", "bad-signature", change(6, Z32)),
        ("a proof by a device", "bad-signature", change(7, laptop.sign.sign(elsewhere))),
    ]
    other = {**record(inner), "recovery_key": w.ben.recovery_key}
    return [
        *(case("bundle", name, expect, **given) for name, expect, given in found),
        case("bundle", "another person's words", "wrong-key", **other),
    ]


def frames(w: World) -> list[Case]:
    read, write = g.tokens(w.first, w.log.id, RELAY)
    at = g.address(g.token_hash(read), g.token_hash(write))
    want = [at, read, 0, Z32]
    make = [at, seed("r"), seed("w"), b"", 400, b""]
    long = bytes(1_033_426)
    to_relay = [
        ("an element too few", [[], [], [], [], []]),
        ("a surplus element", [[], [], [], [], [], False, 0]),
        ("257 wants", [[], [want] * 257, [], [], [], False]),
        ("an owner of five bytes", [[[*make[:3], b"owner", 400, b""]], [], [], [], [], False]),
        ("801 days", [[[*make[:4], 801, b""]], [], [], [], [], False]),
        ("no days", [[[*make[:4], 0, b""]], [], [], [], [], False]),
        ("a token of 31 bytes", [[], [[at, read[:31], 0, Z32]], [], [], [], False]),
        ("a blob shorter than a hash", [[], [], [[at, write, bytes(31), b""]], [], [], False]),
        ("a blob longer than a record", [[], [], [[at, write, long, b""]], [], [], False]),
        ("work of 65 bytes", [[], [], [[at, write, bytes(577), bytes(65)]], [], [], False]),
        ("a number for yes", [[], [], [], [], [], 1]),
    ]
    box = [0, 1, Z32, [], False]
    to_client = [
        ("an element too few", [0, [], [], [], [], []]),
        ("a fault nobody knows", [9, [], [], [], [], [], []]),
        ("a status nobody knows", [0, [[9, 0]], [], [], [], [], []]),
        ("a shape nobody knows", [0, [], [[*box[:3], [[9, Z32]], False]], [], [], [], []]),
        ("a rid of 33 bytes", [0, [], [[*box[:3], [[1, bytes(33)]], False]], [], [], [], []]),
        ("a head of 16 bytes", [0, [], [[0, 1, Z16, [], False]], [], [], [], []]),
        ("257 boxes", [0, [], [box] * 257, [], [], [], []]),
        ("4,097 acks", [0, [], [], [[0, 0]] * 4097, [], [], []]),
        ("4,097 hints", [0, [], [], [], [], [], [[at, 1]] * 4097]),
    ]
    return [
        *(case("to-relay", name, "malformed", bytes=short(mp(f))) for name, f in to_relay),
        *(case("to-client", name, "malformed", bytes=short(mp(f))) for name, f in to_client),
    ]


def short(data: bytes) -> Any:
    """Long ones compressed, to keep the file small: ``{"zlib": hex}``."""
    return data if len(data) < 4096 else {"zlib": zlib.compress(data, 9)}


def files(w: World) -> list[Case]:
    magic, box, record = b"inglenook pack\r\n", w.next_box.box16, bytes(577)

    def made(value: Any) -> bytes:
        return magic + b"\1" + mp(value)

    good = made([[box, [record]]])
    found = {
        "without its suite": magic,
        "a line end of another system": good.replace(b"\r\n", b"\n"),
        "cut off": good[:-1],
        "something behind": good + b"\0",
        "no sections": made([]),
        "no records": made([[box, []]]),
        "a record of 576 bytes": made([[box, [bytes(576)]]]),
        "a record of 1,032,258 bytes": made([[box, [bytes(1_032_258)]]]),
        "a box twice": made([[box, [record]]] * 2),
        "boxes out of order": made([[b"\xff" * 16, [record]], [Z16, [record]]]),
        "257 sections": made([[n.to_bytes(16, "big"), [record]] for n in range(257)]),
    }
    other = magic + b"\2" + good[17:]
    return [
        *(case("packfile", name, "malformed", bytes=short(data)) for name, data in found.items()),
        case("packfile", "another suite", "unsupported-suite", bytes=other),
    ]
