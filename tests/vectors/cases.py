"""What the golden vectors show: two people, three devices, one small log (see generate.py)."""

import json
from typing import Any

from vectors import attachments
from vectors import generate as g
from vectors.generate import (
    ACK,
    BATCH,
    BUNDLE,
    CHUNK,
    CONTENT,
    EPOCH,
    ERASE,
    FILE,
    GENESIS,
    INVITE,
    KNOCK,
    MEMBER,
    OFFER,
    OPEN,
    PACK,
    RECOVERY,
    RELAY,
    ROTATE,
    ROTATE_RECORD,
    SEALED,
    SEALED_RECORD,
    SUITE,
    WELCOME,
    Z32,
    Box,
    D,
    Device,
    Event,
    H,
    Log,
    Person,
    mp,
    seed,
)

EXPIRES = 1_800_000_000


def content(text: str, at: int = 1_790_000_000_000) -> bytes:
    """A content payload: a msgpack map of six."""
    fields = {"at": at, "date": "2026-09-21", "for_date": "2026-09-21"}
    fields |= {"kind": "entry.written", "text": text, "zone": "Europe/Oslo"}
    return bytes([0x80 | len(fields)]) + b"".join(mp(k) + mp(v) for k, v in fields.items())


class World:
    """Everybody, and the pair log of Ada (two devices) and Ben (one)."""

    def __init__(self) -> None:
        self.kept = g.Kept()
        self.ada, self.ben = g.person("Ada"), g.person("Ben")
        self.laptop = g.device("Ada's laptop", self.ada, 1)
        self.tablet = g.device("Ada's tablet", self.ada, 5, by=self.laptop)
        self.phone = g.device("Ben's phone", self.ben, 1)
        self.people = {"Ada": self.ada, "Ben": self.ben}
        self.devices = {d.label: d for d in (self.laptop, self.tablet, self.phone)}
        self.nonce = seed("offer nonce", 16)
        self.first, self.second = seed("epoch 0"), seed("epoch 1")
        self._write()

    def _write(self) -> None:
        log = self.log = Log("pair")
        laptop, tablet, phone = self.laptop, self.tablet, self.phone
        founded = [1, 2, self.ada.public, "mentee", b"", b"", laptop.certificates]
        self.genesis = log.add(laptop, GENESIS, founded)
        self.box = Box(EPOCH, self.first, log.id)
        self.next_box = Box(EPOCH, self.second, log.id)
        self.open_laptop = log.add(laptop, OPEN, opening(laptop))
        start = [1, 1, [], g.epoch_commitment(log.id, self.first), [RELAY], wraps_hash([]), 0]
        self.start = log.add(laptop, ROTATE, start, after=self.open_laptop)
        self.knock = g.knock(phone, log.id, self.nonce, self.ada.id, joins=True)
        add = [1, "mentor", self.knock, self.nonce]
        self.add = log.add(laptop, MEMBER, add, after=self.start)
        self.c1 = log.add(laptop, CONTENT, content("Walked home, felt ok."), after=self.add)
        self.open_phone = log.add(phone, OPEN, opening(phone), refs=(self.add,))
        self.c2 = log.add(phone, CONTENT, content("Hello Ada."), after=self.open_phone)
        self.open_tablet = log.add(tablet, OPEN, opening(tablet), refs=(self.c1,))
        long = content("A longer thought. " * 30)
        self.c3 = log.add(tablet, CONTENT, long, after=self.open_tablet, refs=(self.c2,))
        refs = (self.c2, self.c3)
        self.c4 = log.add(laptop, CONTENT, content("Not for long."), after=self.c1, refs=refs)
        gone = [[self.c4.id]]
        self.erase = log.add(tablet, ERASE, gone, after=self.c3, refs=(self.c4,))
        self.c5 = log.add(laptop, CONTENT, b"\x81\xa4kind\xa1?", after=self.c4, refs=(self.erase,))
        self.c6 = log.add(laptop, CONTENT, content("Grüße, 世界 🌍"), after=self.c5)
        committed = g.epoch_commitment(log.id, self.second)
        self.wraps = sorted(
            [kem.hash, self.kept.seal(f"wrap {name}", kem, self.second, info)]
            for name, kem in self.kems().items()
            for info in [g.wrap_info(log.id, committed, kem)]
        )
        parents = [g.epoch_commitment(log.id, self.first)]
        age = [1, 1, parents, committed, [RELAY], wraps_hash(self.wraps), 3]
        self.rotate = log.add(laptop, ROTATE, age, after=self.c6)
        self.fresh = log.add(phone, MEMBER, [4, self.phone.kem.public], after=self.c2)

    def kems(self) -> dict[str, g.Kem]:
        everybody = (*self.people.values(), *self.devices.values())
        return {who.name if isinstance(who, Person) else who.label: who.kem for who in everybody}

    def records(self) -> list[tuple[str, Box, int, bytes, bytes]]:
        """What lies in the first epoch's mailbox: name, box, kind, inner, erase secret."""
        ada, ben = self.ada.erase, self.ben.erase
        batches = [
            ("genesis", ada, [self.genesis]),
            ("laptop opens", ada, [self.open_laptop]),
            ("laptop starts", ada, [self.start]),
            ("laptop adds Ben", ada, [self.add]),
            ("laptop writes", ada, [self.c1]),
            ("phone opens", ben, [self.open_phone]),
            ("phone writes", ben, [self.c2]),
            ("tablet opens", ada, [self.open_tablet]),
            ("tablet writes", ada, [self.c3]),
            ("laptop's is erased", ada, [bare(self.c4)]),
            ("tablet erases", ada, [self.erase]),
            ("laptop writes two", ada, [self.c5, self.c6]),
        ]
        found = [(name, self.box, BATCH, g.batch(*run), by) for name, by, run in batches]
        rotated = mp([self.rotate.raw, self.rotate.body, self.rotate.seal, self.wraps])
        ack = mp(self.ack())
        return [
            *found,
            ("laptop rotates", self.box, ROTATE_RECORD, rotated, ada),
            ("phone's fresh key", self.box, BATCH, g.batch(self.fresh), ben),
            ("phone acks", self.box, ACK, ack, self.first),
        ]

    def ack(self) -> list[Any]:
        read, write = g.tokens(self.first, self.log.id, RELAY)
        at = g.address(g.token_hash(read), g.token_hash(write))
        heads = sorted([self.c6.ref, self.c3.ref])
        cursor = [RELAY, at, 300, seed("some head")]
        fields = [self.log.id, self.phone.id, 7, heads, [self.c4.id], [cursor]]
        return g.signed(self.phone.sign, "ack", fields)

    def events(self) -> list[Event]:
        """As a pack holds them: the erased body is gone."""
        return [bare(e) if e is self.c4 else e for e in self.log.events]


def opening(who: Device) -> list[Any]:
    return [who.owner.public, who.certificates, who.label, 1_790_000_000_000]


def bare(event: Event) -> Event:
    return Event(event.header, b"", event.seal)


def wraps_hash(wraps: list[Any]) -> bytes:
    return H(D("wraps") + mp(wraps))


# --- one file a topic ------------------------------------------------------------------


def people(w: World) -> list[dict[str, Any]]:
    return [
        {
            "name": p.name,
            "recovery_key": p.recovery_key,
            "root_sign_seed": p.sign.seed,
            "root_sign": p.sign.public,
            "root_kem_private": p.kem.private,
            "root_kem": p.kem.public,
            "person": p.id,
            "recovery_secret": g.hkdf(p.recovery_key, D("recovery")),
            "devices": [
                {
                    "label": d.label,
                    "sign_seed": d.sign.seed,
                    "sign": d.sign.public,
                    "kem_private": d.kem.private,
                    "kem": d.kem.public,
                    "key_hash": d.kem.hash,
                    "device": d.id,
                    "rank": d.certificates[-1][5],
                    "issuer": d.certificates[-1][6],
                    "certificates": [mp(c) for c in d.certificates],
                }
                for d in w.devices.values()
                if d.owner is p
            ],
        }
        for p in w.people.values()
    ]


def events(w: World) -> list[dict[str, Any]]:
    journal = Log("journal")
    first = [1, 1, w.ada.public, "owner", w.ada.erase, w.log.id, w.laptop.certificates]
    genesis = journal.add(w.laptop, GENESIS, first)
    begin = journal.add(w.laptop, OPEN, opening(w.laptop))
    remove = journal.add(w.laptop, MEMBER, [3, w.tablet.id, b"", 1_760_000_000_000], after=begin)
    act = D("root-act") + SUITE + journal.id + w.tablet.id + remove.id + mp([])
    by_root = [3, w.tablet.id, w.ada.sign.sign(act), 0]
    rooted = journal.add(w.laptop, MEMBER, by_root, after=remove)
    close = journal.add(w.laptop, MEMBER, [5, 1_760_000_000_000], after=rooted)
    leave = journal.add(w.laptop, MEMBER, [2, w.ada.id, 0], after=close)
    journal.add(w.laptop, CONTENT, b"x" * 60, after=leave)
    journal.add(w.laptop, CONTENT, b"x" * 61, after=journal.events[-1])
    journal.add(w.laptop, CONTENT, b"", after=journal.events[-1])
    assert genesis.id == journal.id
    return [
        {
            "log": log.id,
            "device": next(d.sign.public for d in w.devices.values() if signed_by(d, log, e)),
            "kind": e.kind,
            "psize": e.header[6],
            "refs": e.refs,
            "data": e.body[36 : 36 + int.from_bytes(e.body[32:36], "big")],
            "salt": e.body[:32],
            "body": e.body,
            "pcommit": e.header[7],
            "header": e.raw,
            "id": e.id,
            "chain": e.chain,
            "seal": e.seal,
        }
        for log in (w.log, journal)
        for e in log.events
    ]


def signed_by(who: Device, log: Log, event: Event) -> bool:
    return who.sign.sign(g.seal_message(log.id, event.id)) == event.seal


def records(w: World) -> list[dict[str, Any]]:
    invite = Box(INVITE, g.hkdf(seed("link secret", 16), D("invite")))
    file = Box(FILE, seed("file secret"))
    found = [
        *w.records(),
        ("offer", invite, OFFER, b"any", invite.secret),
        ("knock", invite, KNOCK, b"", invite.secret),
        ("welcome", invite, WELCOME, seed("507 bytes", 507), invite.secret),
        ("one more is a step more", invite, WELCOME, seed("508 bytes", 508), invite.secret),
        ("chunk", file, CHUNK, seed("chunk", 5000), w.ada.erase),
    ]
    plain = [
        record_case(name, box, kind, inner, box.erase_key(secret), secret)
        for name, box, kind, inner, secret in found
    ]
    recovery = Box(RECOVERY, g.hkdf(w.ada.recovery_key, D("recovery")))
    sealed = Box(SEALED, seed("sealed box"))
    wrapped = []
    for name, box, kind, kem, own in (
        ("bundle", recovery, BUNDLE, w.ada.kem, seed("laptop's own")),
        ("sealed", sealed, SEALED_RECORD, w.laptop.kem, sealed.secret),
    ):
        secret = seed(f"fresh {name}")
        info = D(name) + SUITE + bytes([box.type]) + box.box16 + kem.hash
        wrap = w.kept.seal(f"{name} record", kem, secret, info)
        k = box.erase_key(own)
        case = record_case(name, box, kind, b"inside", k, own, wrap, secret)
        wrapped.append(case | {"kem_private": kem.private, "info": info, "fresh": secret})
    return plain + wrapped


def record_case(
    name: str,
    box: Box,
    kind: int,
    inner: bytes,
    k: bytes,
    erase_secret: bytes,
    wrap: bytes = b"",
    secret: bytes = b"",
) -> dict[str, Any]:
    text = g.plaintext(kind, inner)
    blob = box.raw_record(text, k, wrap, secret)
    return {
        "name": name,
        "box_type": box.type,
        "secret": box.secret,
        "place": box.place,
        "box": box.box16,
        "kind": kind,
        "inner": inner,
        "padded": len(text),
        "erase_secret": erase_secret,
        "erase_key": k,
        "erase_token": g.erase_token(k, box.box16, text),
        "salt": blob[1:33],
        "wrap": wrap,
        "blob": blob,
        "rid": g.rid(blob),
    }


SIZES = sorted(
    {0, 1, 5, 511, 512, 513, 768, 769, 4095, 4096, 4097, 4352, 4353, 8192, 8193, 9000, 16384, 16385}
    | {
        65535,
        65536,
        65537,
        262144,
        262181,
        500_000,
        524_288,
        524_289,
        960_000,
        1_015_809,
        1_032_192,
    }
)


def epochs(w: World) -> list[dict[str, Any]]:
    found = []
    for secret, place, origin, owner in (
        (w.first, w.log.id, RELAY, b""),
        (w.first, w.log.id, "https://other.example.org:8443", b""),
        (w.first, w.log.id, "http://127.0.0.1:8000", b""),
        (w.second, w.log.id, RELAY, b""),
        (seed("some box"), Z32, "folder:" + seed("folder", 16).hex(), seed("owner")),
    ):
        read, write = g.tokens(secret, place, origin)
        hashes = [g.token_hash(t) if t else b"" for t in (read, write, owner)]
        found.append(
            {
                "secret": secret,
                "place": place,
                "origin": origin,
                "commitment": g.epoch_commitment(place, secret),
                "box": g.hkdf(secret, D("box") + place, 16),
                "read": read,
                "write": write,
                "owner": owner,
                "hashes": hashes,
                "address": g.address(*hashes),
            }
        )
    return found


ORIGINS = {
    "https://relay.example.org": "https://relay.example.org",
    "  HTTPS://Relay.Example.ORG/ ": "https://relay.example.org",
    "https://relay.example.org:443": "https://relay.example.org:443",
    "https://relay.example.org/a/b?c#d": "https://relay.example.org",
    "http://127.0.0.1:8080": "http://127.0.0.1:8080",
    "http://[::1]:8080/": "http://[::1]:8080",
    "https://xn--caf-dma.example": "https://xn--caf-dma.example",
    "": None,
    "relay.example.org": None,
    "ftp://relay.example.org": None,
    "https://": None,
    "https:///path": None,
    "https://ada@relay.example.org": None,
    "https://ada:pass@relay.example.org": None,
    "https://café.example": None,
    "https://\u212aelvin.example": None,
    "https://relay .example.org": None,
    "https://relay\\.example.org": None,
    "https://relay.example.org:port": None,
    "https://relay.example.org:": None,
    "https://relay\x00.example.org": None,
    "https://" + "a" * 249 + ".org": None,
}


def wraps(w: World) -> dict[str, Any]:
    return {
        "log": w.log.id,
        "secret": w.second,
        "commitment": g.epoch_commitment(w.log.id, w.second),
        "wraps": mp(w.wraps),
        "wraps_hash": wraps_hash(w.wraps),
        "no_wraps_hash": wraps_hash([]),
        "recipients": [
            {"name": name, "kem_private": kem.private, "key_hash": kem.hash}
            for name, kem in w.kems().items()
        ],
    }


def forked() -> tuple[Log, dict[bytes, bytes]]:
    """A log whose one device forked twice, once with two control events in one place."""
    log, ada = Log("forked"), g.person("Ada")
    laptop = g.device("Ada's laptop", ada, 1)
    log.add(laptop, GENESIS, [1, 1, ada.public, "owner", ada.erase, b"", laptop.certificates])
    begin = log.add(laptop, OPEN, opening(laptop))
    shared = log.add(laptop, CONTENT, b"shared", after=begin)
    for branch in ("one", "two"):
        act = log.add(laptop, MEMBER, [4, g.Kem(seed(f"kem {branch}", 96)).public], after=shared)
        last = log.add(laptop, CONTENT, b"after " + branch.encode(), after=act)
    log.add(laptop, CONTENT, b"three", after=shared)
    log.add(laptop, CONTENT, b"four", after=last)
    return log, {begin.chain: laptop.sign.public}


def large() -> tuple[Log, dict[bytes, bytes]]:
    """Two chains whose bodies need several parts, and compress well."""
    log, ada, ben = Log("large"), g.person("Ada"), g.person("Ben")
    devices = [g.device("Ada's laptop", ada, 1), g.device("Ben's phone", ben, 1)]
    founded = [1, 2, ada.public, "mentee", b"", b"", devices[0].certificates]
    log.add(devices[0], GENESIS, founded)
    opens = [log.add(d, OPEN, opening(d)) for d in devices]
    last = list(opens)
    for number in range(8):
        side = number % 2
        text = f"{number} is a large number. ".encode() * 10_000
        last[side] = log.add(
            devices[side], CONTENT, text[:262_140], after=last[side], refs=(last[1 - side],)
        )
    return log, {e.chain: d.sign.public for e, d in zip(opens, devices, strict=True)}


def packs(w: World) -> list[dict[str, Any]]:
    signers = {
        e.chain: d.sign.public
        for e, d in (
            (w.open_laptop, w.laptop),
            (w.open_tablet, w.tablet),
            (w.open_phone, w.phone),
        )
    }
    found = []
    for name, log, events_, chains in (
        ("small", w.log, w.events(), signers),
        ("forked", forked()[0], forked()[0].events, forked()[1]),
        ("large", large()[0], large()[0].events, large()[1]),
    ):
        parts = g.raw_parts(log.id, events_)
        blobs = g.compress(parts)
        parts[0][2] = [g.part_hash(blob) for blob in blobs[1:]]
        found.append(
            {
                "name": name,
                "log": log.id,
                "signers": [list(pair) for pair in chains.items()],
                "parts": blobs,
                "raw_sha256": [H(mp(part)) for part in parts],
                "hashes": [g.part_hash(blob) for blob in blobs],
                "events": [
                    {"id": e.id, "chain": e.chain, "seq": e.seq, "erased": not e.body}
                    for e in sorted(events_, key=lambda e: e.ref)
                    if e.kind != GENESIS
                ],
            }
        )
    return found


def invites(w: World) -> dict[str, Any]:
    found = {}
    secret = seed("link secret", 16)
    for name, purpose, who, genesis, role, log in (
        ("pair", 1, w.phone, w.genesis, "mentor", w.log.id),
        ("device", 2, w.tablet, None, "", Z32),
    ):
        box = Box(INVITE, g.hkdf(secret, D("invite")))
        owner = g.hkdf(w.ada.erase, D("invite-owner") + secret)
        hashes = [*map(g.token_hash, g.tokens(box.secret, Z32, RELAY)), g.token_hash(owner)]
        at = g.address(*hashes)
        link = [1, purpose, secret, w.ada.id[:16], at, hashes[2], RELAY, EXPIRES, purpose == 1]
        founded = [genesis.raw, genesis.body, genesis.seal] if genesis else None
        fields = [purpose, w.ada.public, w.laptop.certificates, "Ada", role, founded]
        offer = g.signed(w.laptop.sign, "offer", [*fields, w.nonce, EXPIRES])
        knock = g.knock(who, log, w.nonce, w.ada.id, joins=genesis is not None)
        knock_hash = H(D("knock") + SUITE + mp(knock))
        pair = [w.log.id, 2, "mentor", [w.first], [RELAY], "Ada"]
        welcome = [[], [pair], ""] if genesis else [w.tablet.certificates, [pair], "Ada"]
        info = D("welcome") + SUITE + knock_hash
        sealed = w.kept.seal(f"welcome {name}", who.kem, mp(welcome), info)
        message = D("welcome") + SUITE + H(info + sealed)
        offer_hash = H(D("offer") + SUITE + mp(offer))
        found[name] = {
            "erase_secret": w.ada.erase,
            "box_secret": box.secret,
            "box": box.box16,
            "owner": owner,
            "link": mp(link),
            "text": g.link_text(link),
            "offer": mp(offer),
            "inviting_device": w.laptop.sign.public,
            "offer_hash": offer_hash,
            "knock": mp(knock),
            "knock_hash": knock_hash,
            "log": log,
            "nonce": w.nonce,
            "inviter": w.ada.id,
            "welcome": mp(welcome),
            "kem_private": who.kem.private,
            "record": mp([sealed, w.laptop.sign.sign(message)]),
        }
    return found


def bundles(w: World) -> dict[str, Any]:
    """Ada's recovery box, with a bundle of her tablet's in two parts."""
    ada, tablet = w.ada, w.tablet
    box = Box(RECOVERY, g.hkdf(ada.recovery_key, D("recovery")))
    owner = g.hkdf(ada.recovery_key, D("owner") + box.box16)
    owner_hash = g.token_hash(owner)
    hashes = [*map(g.token_hash, g.tokens(box.secret, Z32, RELAY)), owner_hash]
    journal = seed("Ada's journal")
    proof = ada.sign.sign(D("recovery") + SUITE + journal + box.secret + owner_hash)
    spaces = [
        [journal, 1, "owner", [seed("journal epoch")], [RELAY], ""],
        [w.log.id, 2, "mentee", [w.second, w.first], [RELAY], "Ben"],
    ]
    info = D("bundle") + SUITE + bytes([RECOVERY]) + box.box16 + ada.kem.hash
    parts = []
    for number, space in enumerate(spaces, start=1):
        fields = [ada.id, tablet.certificates, 3, number, 2, "Ada", journal, proof, [space]]
        inner = mp(g.signed(tablet.sign, "bundle", fields))
        fresh = seed(f"fresh part {number}")
        wrap = w.kept.seal(f"bundle part {number}", ada.kem, fresh, info)
        k = box.erase_key(seed("tablet's own"))
        blob = box.raw_record(g.plaintext(BUNDLE, inner), k, wrap, fresh)
        parts.append({"inner": inner, "fresh": fresh, "wrap": wrap, "blob": blob})
    return {
        "recovery_key": ada.recovery_key,
        "secret": box.secret,
        "owner": owner,
        "owner_hash": owner_hash,
        "origin": RELAY,
        "address": g.address(*hashes),
        "journal": journal,
        "proof": proof,
        "device": tablet.sign.seed,
        "erase_secret": seed("tablet's own"),
        "parts": parts,
    }


def words(w: World, device: dict[str, Any]) -> list[dict[str, Any]]:
    pairs = [(w.ada.id, w.ben.id), (device["offer_hash"], device["knock_hash"])]
    return [{"inputs": list(pair), "words": g.words(*pair)} for pair in pairs]


def relay(w: World) -> dict[str, Any]:
    blobs = [seed("blob one", 577), seed("blob two", 700), seed("blob three", 577)]
    heads, head = [], Z32
    for blob in blobs:
        head = g.next_head(head, g.rid(blob))
        heads.append({"blob": blob, "rid": g.rid(blob), "head": head})
    read, write = g.tokens(w.first, w.log.id, RELAY)
    at = g.address(g.token_hash(read), g.token_hash(write))
    owner = g.token_hash(seed("owner"))
    asks = {
        "nothing": [[], [], [], [], [], False],
        "everything": [
            [
                [at, g.token_hash(read), g.token_hash(write), b"", 400, b""],
                [at, seed("r"), seed("w"), owner, 7, seed("voucher", 20)],
            ],
            [[at, read, 0, Z32], [at, read, 300, head]],
            [[at, write, blobs[0], b""], [at, write, blobs[1], seed("work", 64)]],
            [[at, read, 2**63 - 1]],
            [[at, 3, seed("token")], [at, 0, seed("owner")]],
            True,
        ],
    }
    answers = {
        "nothing": [0, [], [], [], [], [], []],
        "malformed": [1, [], [], [], [], [], []],
        "everything": [
            0,
            [[0, 0], [4, 0]],
            [
                [0, 302, head, [[0, blobs[0]], [1, g.rid(blobs[1])], [2, g.rid(blobs[2])]], True],
                [1, 12, b"", [], False],
                [2, 0, b"", [], False],
            ],
            [[0, 301], [3, 0]],
            [[0, 2, head, [[3, g.rid(blobs[0])]], False]],
            [[0, 0], [6, 0]],
            [[at, 302]],
        ],
    }
    return {
        "heads": heads,
        "to_relay": [{"name": n, "bytes": mp(f)} for n, f in asks.items()],
        "to_client": [{"name": n, "bytes": mp(f)} for n, f in answers.items()],
    }


def log(w: World) -> dict[str, Any]:
    """A whole log as its readers meet it: blobs and the epoch secrets."""
    blobs = [
        box.record(kind, inner, box.erase_key(secret))
        for _, box, kind, inner, secret in w.records()
    ]
    packed = [
        w.next_box.record(PACK, part) for part in g.compress(g.raw_parts(w.log.id, w.events()))
    ]
    return {
        "log": w.log.id,
        "first_epoch": {"secret": w.first, "blobs": blobs},
        "second_epoch": {"secret": w.second, "blobs": packed},
        "events": [
            {
                "id": e.id,
                "chain": e.chain,
                "seq": e.seq,
                "kind": e.kind,
                "person": (w.ben if signed_by(w.phone, w.log, e) else w.ada).id,
                "data": None
                if e is w.c4
                else e.body[36 : 36 + int.from_bytes(e.body[32:36], "big")],
            }
            for e in sorted(w.log.events, key=lambda e: e.id)
        ],
        "acks": [{"device": w.phone.id, "counter": 7, "missing": [w.c4.id]}],
    }


def file_of_packs(w: World) -> bytes:
    """The log as a file (10)."""
    records = [
        w.next_box.record(PACK, part) for part in g.compress(g.raw_parts(w.log.id, w.events()))
    ]
    sections = [[w.next_box.box16, records]]
    return b"inglenook pack\r\n\1" + mp(sections)


def files() -> dict[str, str]:
    """Name to text of every file."""
    from vectors import programmes, refusals

    w = World()
    invited = invites(w)
    found: dict[str, Any] = {
        "domains.json": [{"name": name, "bytes": D(name)} for name in sorted(g.DOMAINS)],
        "people.json": people(w),
        "events.json": events(w),
        "records.json": records(w),
        "padding.json": [[size, g.padded(size)] for size in SIZES],
        "epochs.json": epochs(w),
        "origins.json": [{"entered": k, "origin": v} for k, v in ORIGINS.items()],
        "wraps.json": wraps(w),
        "packs.json": packs(w),
        "acks.json": [{"device": w.phone.sign.public, "ack": mp(w.ack())}],
        "invites.json": invited,
        "bundles.json": bundles(w),
        "attachments.json": attachments.made(w),
        "programmes.json": programmes.programmes(w),
        "words.json": words(w, invited["device"]),
        "relay.json": relay(w),
        "log.json": log(w),
        "packfile.json": {
            "file": file_of_packs(w),
            "box": w.next_box.box16,
            "blobs": log(w)["second_epoch"]["blobs"],
        },
        "refused.json": refusals.cases(w),
    }
    found["kept.json"] = w.kept.messages
    return {name: json.dumps(plain(data), indent=1) + "\n" for name, data in found.items()}


def plain(value: Any) -> Any:
    """The same with bytes as hex."""
    match value:
        case bytes():
            return value.hex()
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return value
