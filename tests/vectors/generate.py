"""Makes the golden vectors from ``docs/protocol.md`` alone; it imports nothing of ours.

    python tests/vectors/generate.py           compare with the committed files
    python tests/vectors/generate.py --write   write them

Everything comes from fixed seeds but HPKE messages, which draw their own randomness: they
were made once, lie in ``kept.json``, and are checked by opening them. Section numbers in
comments are those of the protocol.
"""

import base64
import hashlib
import hmac
import json
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

HERE = Path(__file__).parent / "inglenook"
KEPT = HERE / "kept.json"
SUITE = b"\x01"
DOMAINS = {
    *("payload", "event", "seal", "record", "salt", "erase", "erase-key", "plaintext"),
    *("epoch", "wrap", "wraps", "read", "write", "token", "address", "box", "owner", "rid"),
    *("head", "pack", "person", "root-sign", "root-kem", "recovery", "device", "kem", "cert"),
    *("root-act", "words", "ack", "invite", "invite-owner", "offer", "knock", "welcome"),
    *("sealed", "bundle", "file", "work", "unlock", "import"),
    *("terms", "roster", "operator", "task", "token-request", "token-parts", "answer"),
    *("withdraw", "letter", "leaf", "node", "freeze", "sum", "result", "collect"),
    *("exchange", "witnessed", "verify-key"),
    *("reader", "inbox", "inbox-kem", "alias-sign", "alias-kem", "alias-box", "enrol"),
    "sealed-letter",
}
CONTENT, GENESIS, OPEN, MEMBER, ROTATE, ERASE = range(6)
Z16, Z32 = bytes(16), bytes(32)
RELAY = "https://relay.example.org"


# --- section 1 -------------------------------------------------------------------------


def seed(label: str, size: int = 32) -> bytes:
    """What stands where a device would draw random bytes."""
    return hashlib.shake_256(b"inglenook vectors 1: " + label.encode()).digest(size)


def D(x: str) -> bytes:  # noqa: N802 - as in the protocol
    assert x in DOMAINS
    return b"inglenook/1 " + x.encode() + bytes(20 - len(x))


def H(data: bytes) -> bytes:  # noqa: N802
    return hashlib.sha256(data).digest()


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def hkdf(secret: bytes, info: bytes, size: int = 32) -> bytes:
    out = block = b""
    for i in range(1, -(-size // 32) + 1):
        block = mac(secret, block + info + bytes([i]))
        out += block
    return out[:size]


def mp(value: Any) -> bytes:
    """Canonical msgpack, 1.3."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int() if value < 128:
            return bytes([value])
        case int():
            size = next(s for s in (1, 2, 4, 8) if value < 1 << 8 * s)
            return bytes([0xCB + size.bit_length()]) + value.to_bytes(size, "big")
        case str():
            data = value.encode()
            if len(data) < 32:
                return bytes([0xA0 | len(data)]) + data
            return sized(0xD9, len(data)) + data
        case bytes():
            return sized(0xC4, len(value)) + value
        case list() | tuple():
            inner = b"".join(map(mp, value))
            if len(value) < 16:
                return bytes([0x90 | len(value)]) + inner
            return (
                b"\xdc" + len(value).to_bytes(2, "big")
                if len(value) < 65536
                else b"\xdd" + len(value).to_bytes(4, "big")
            ) + inner
    raise TypeError(value)


def sized(first: int, size: int) -> bytes:
    step = 0 if size < 256 else 1 if size < 65536 else 2
    return bytes([first + step]) + size.to_bytes(1 << step, "big")


@dataclass(frozen=True)
class Sign:
    """An Ed25519 key."""

    seed: bytes

    @property
    def key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)


@dataclass(frozen=True)
class Kem:
    """A hybrid KEM key: 96 private bytes, 1,216 public ones."""

    private: bytes

    @property
    def keys(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        return (
            MLKEM768PrivateKey.from_seed_bytes(self.private[:64]),
            X25519PrivateKey.from_private_bytes(self.private[64:]),
        )

    @property
    def public(self) -> bytes:
        lattice, curve = self.keys
        return lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()

    @property
    def hash(self) -> bytes:
        return H(D("kem") + self.public)

    def open(self, message: bytes, info: bytes) -> bytes:
        """HPKE by hand: X-Wing, then the key schedule of RFC 9180."""
        lattice, curve = self.keys
        ct_x = message[1088:1120]
        ss = hashlib.sha3_256(
            lattice.decapsulate(message[:1088])
            + curve.exchange(X25519PublicKey.from_public_bytes(ct_x))
            + ct_x
            + self.public[1184:]
            + bytes.fromhex("5c2e2f2f5e5c")
        ).digest()
        suite = b"HPKE" + bytes.fromhex("647a00010002")

        def extract(salt: bytes, label: bytes, ikm: bytes) -> bytes:
            return mac(salt or Z32, b"HPKE-v1" + suite + label + ikm)

        def expand(label: bytes, size: int) -> bytes:
            length = size.to_bytes(2, "big")
            return hkdf(secret, length + b"HPKE-v1" + suite + label + context, size)

        context = b"\0" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
        secret = extract(ss, b"secret", b"")
        return AESGCM(expand(b"key", 32)).decrypt(expand(b"base_nonce", 12), message[1120:], b"")


class Kept:
    """HPKE messages that were made once."""

    def __init__(self) -> None:
        self.messages = json.loads(KEPT.read_text()) if KEPT.exists() else {}

    def seal(self, name: str, kem: Kem, text: bytes, info: bytes) -> bytes:
        try:
            message = bytes.fromhex(self.messages[name])
            if kem.open(message, info) == text:
                return message
        except (KeyError, InvalidTag):
            pass
        public = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(kem.public[:1184]),
            X25519PublicKey.from_public_bytes(kem.public[1184:]),
        )
        suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
        message = suite.encrypt(text, public, info)
        assert kem.open(message, info) == text
        self.messages[name] = message.hex()
        return message


# --- section 3 -------------------------------------------------------------------------


@dataclass
class Person:
    """A person with their root; ``erase`` is their erase secret."""

    name: str
    recovery_key: bytes
    sign: Sign
    kem: Kem
    erase: bytes

    @property
    def public(self) -> list[Any]:
        return [self.sign.public, self.kem.public]

    @property
    def id(self) -> bytes:
        return H(D("person") + self.sign.public + self.kem.public)


def person(name: str) -> Person:
    r = seed(f"{name} R")
    sign, kem = Sign(hkdf(r, D("root-sign"))), Kem(hkdf(r, D("root-kem"), 96))
    return Person(name, r, sign, kem, seed(f"{name} erase"))


@dataclass
class Device:
    """A device with its chain of certificates."""

    label: str
    owner: Person
    sign: Sign
    kem: Kem
    certificates: list[Any]

    @property
    def id(self) -> bytes:
        return H(D("device") + self.sign.public)[:16]

    @property
    def keys(self) -> list[Any]:
        return [self.sign.public, self.kem.public, self.label]


def device(label: str, owner: Person, rank: int, by: Device | None = None) -> Device:
    made = Device(label, owner, Sign(seed(f"{label} sign")), Kem(seed(f"{label} kem", 96)), [])
    issuer, key = (by.id, by.sign) if by else (owner.id, owner.sign)
    own = certificate(key, owner.id, made.id, made.sign.public, made.kem.public, rank, issuer)
    made.certificates = [*(by.certificates if by else []), own]
    return made


def certificate(key: Sign, *fields: Any, suite: int = 1) -> list[Any]:
    return [suite, *fields, key.sign(D("cert") + mp([suite, *fields]))]


# --- section 2 -------------------------------------------------------------------------


@dataclass
class Event:
    """One event with a seal of its own."""

    header: list[Any]
    body: bytes
    seal: bytes

    @property
    def raw(self) -> bytes:
        return mp(self.header)

    @property
    def id(self) -> bytes:
        return H(D("event") + self.raw)

    @property
    def chain(self) -> bytes:
        return self.id[:16] if self.kind == OPEN else self.header[2]

    seq = property(lambda self: self.header[3])
    prev = property(lambda self: self.header[4])
    kind = property(lambda self: self.header[5])
    refs = property(lambda self: self.header[8])

    @property
    def ref(self) -> list[Any]:
        return [self.chain, self.seq, self.id]


def make_body(label: str, data: bytes) -> bytes:
    payload = len(data).to_bytes(4, "big") + data
    return seed(f"salt {label}") + payload + bytes(-len(payload) % 64)


def commit(body: bytes) -> bytes:
    return mac(body[:32], D("payload") + body[32:])


def seal_message(log: bytes, event: bytes) -> bytes:
    return D("seal") + SUITE + log + event


@dataclass
class Log:
    """A log in the making."""

    name: str
    events: list[Event] = field(default_factory=list)
    id: bytes = Z32

    def add(
        self,
        by: Device,
        kind: int,
        payload: Any,
        *,
        after: Event | None = None,
        refs: tuple[Event, ...] = (),
        erased: bool = False,
    ) -> Event:
        data = payload if isinstance(payload, bytes) else mp(payload)
        body = make_body(f"{self.name} {len(self.events)}", data)
        first = kind in (GENESIS, OPEN)
        header = [
            1,
            self.id[:16],
            Z16 if first or after is None else after.chain,
            0 if first or after is None else after.seq + 1,
            self.id if first or after is None else after.id,
            kind,
            len(body) - 32,
            commit(body),
            sorted(ref.ref for ref in refs),
        ]
        event = Event(header, body, b"")
        if kind == GENESIS:
            self.id = event.id
        event.seal = by.sign.sign(seal_message(self.id, event.id))
        if erased:
            event.body = b""
        self.events.append(event)
        return event


# --- section 4 -------------------------------------------------------------------------

EPOCH, INVITE, RECOVERY, SEALED, FILE = range(1, 6)
BATCH, PACK, ROTATE_RECORD, ACK, OFFER, KNOCK, WELCOME, BUNDLE, SEALED_RECORD, CHUNK = range(1, 11)


def padded(size: int) -> int:
    if size <= 512:
        return 512
    if size <= 4096:
        return -(-size // 256) * 256
    e = size.bit_length() - 1
    step = 1 << (e - e.bit_length())
    return -(-size // step) * step


def plaintext(kind: int, inner: bytes) -> bytes:
    text = bytes([kind]) + len(inner).to_bytes(4, "big") + inner
    return text + bytes(padded(len(text)) - len(text))


def erase_token(k: bytes, box: bytes, text: bytes) -> bytes:
    return mac(k, D("erase") + box + H(D("plaintext") + text))


@dataclass
class Box:
    """A mailbox as its readers know it."""

    type: int
    secret: bytes
    place: bytes = Z32

    @property
    def box16(self) -> bytes:
        return hkdf(self.secret, D("box") + self.place, 16)

    def erase_key(self, secret: bytes | None = None) -> bytes:
        return hkdf(secret or self.secret, D("erase-key") + self.place)

    def raw_record(self, text: bytes, k: bytes, wrap: bytes = b"", secret: bytes = b"") -> bytes:
        """The record of any plaintext, also of one that no reader may take."""
        salt = H(D("salt") + erase_token(k, self.box16, text))
        derived = hkdf(secret or self.secret, D("record") + salt, 48)
        aad = SUITE + bytes([self.type]) + self.box16 + wrap
        sealed = AESGCM(derived[:32]).encrypt(bytes(12), text, aad)
        return SUITE + salt + derived[32:] + wrap + sealed

    def record(self, kind: int, inner: bytes, k: bytes | None = None) -> bytes:
        return self.raw_record(plaintext(kind, inner), k or self.erase_key())


def batch(*events: Event) -> bytes:
    return mp([[[e.raw, e.body or None] for e in events], events[-1].seal])


def heights(events: list[Event]) -> dict[bytes, int]:
    known: dict[bytes, int] = {}
    by_id = {e.id: e for e in events}

    def height(name: bytes) -> int:
        if name not in by_id:
            return 0
        if name not in known:
            e = by_id[name]
            known[name] = 1 + max(map(height, (e.prev, *(r[2] for r in e.refs))))
        return known[name]

    for event in events:
        height(event.id)
    return known


def head(event: Event) -> list[Any]:
    return [event.chain, event.seq, event.id, event.seal]


def control(event: Event) -> list[Any]:
    return [event.raw, event.body or None, event.seal]


def packed(event: Event, numbers: dict[bytes, int]) -> Any:
    if event.kind != CONTENT:
        return numbers[event.id]
    return [event.refs, event.body or [event.header[6], event.header[7]]]


def raw_parts(log: bytes, events: list[Event], limit: int = 960_000) -> list[list[Any]]:
    """The parts before compression, 4.5; part 1 without its hashes."""
    height = heights(events)
    prevs = {e.prev for e in events}
    heads = [e for e in events if e.id not in prevs and e.kind != GENESIS]
    controls = sorted((e for e in events if e.kind != CONTENT), key=lambda e: (height[e.id], e.id))
    numbers = {e.id: i for i, e in enumerate(controls)}
    rest = sorted(
        (e for e in events if e.kind != GENESIS), key=lambda e: (-height[e.id], e.chain, e.id)
    )
    fills: list[tuple[list[Any], list[Any], list[Event]]] = [([], [], [])]
    used = 0
    costs = [
        *((1, control(e), len(mp(control(e)))) for e in controls),
        *((0, head(e), len(mp(head(e)))) for e in sorted(heads, key=lambda e: e.ref)),
        *((2, e, len(mp(packed(e, {e.id: 2**63 - 1})))) for e in rest),
    ]
    for where, what, cost in costs:
        if where == 2 and all(e.prev != what.id for e in fills[-1][2]):
            cost += 68  # noqa: PLW2901
        if used and used + cost > limit:
            fills.append(([], [], []))
            used = 0
        fills[-1][where].append(what)
        used += cost
    return [
        [1 if n == 1 else 2, log, [] if n == 1 else n, hs, cs, segments(es, numbers)]
        for n, (hs, cs, es) in enumerate(fills, start=1)
    ]


def segments(events: list[Event], numbers: dict[bytes, int]) -> list[Any]:
    made: list[list[Event]] = []
    for event in sorted(events, key=lambda e: (e.chain, e.seq, e.id)):
        for run in made:
            if event.kind != OPEN and run[-1].id == event.prev:
                run.append(event)
                break
        else:
            made.append([event])
    return [
        [run[0].chain, run[0].seq, run[0].prev, [packed(e, numbers) for e in run]] for run in made
    ]


def part_hash(part: bytes) -> bytes:
    return H(D("pack") + part)


def compress(parts: list[list[Any]]) -> list[bytes]:
    later = [zlib.compress(mp(part), 6) for part in parts[1:]]
    first = [*parts[0][:2], [part_hash(part) for part in later], *parts[0][3:]]
    return [zlib.compress(mp(first), 6), *later]


# --- sections 5 to 7 -------------------------------------------------------------------


def token_hash(token: bytes) -> bytes:
    return H(D("token") + token)


def address(read: bytes, write: bytes, owner: bytes = b"") -> bytes:
    """Of token hashes."""
    return H(D("address") + read + write + (owner or Z32))[:16]


def tokens(secret: bytes, place: bytes, origin: str) -> tuple[bytes, bytes]:
    where = place + origin.encode()
    return hkdf(secret, D("read") + where), hkdf(secret, D("write") + where)


def epoch_commitment(log: bytes, secret: bytes) -> bytes:
    return H(D("epoch") + log + secret)


def wrap_info(log: bytes, commitment: bytes, kem: Kem) -> bytes:
    return D("wrap") + SUITE + log + commitment + kem.hash


def next_head(before: bytes, rid: bytes) -> bytes:
    return H(D("head") + before + rid)


def rid(blob: bytes) -> bytes:
    return H(D("rid") + blob)


def signed(key: Sign, name: str, fields: list[Any]) -> list[Any]:
    return [*fields, key.sign(D(name) + SUITE + mp(fields))]


def link_text(link: list[Any]) -> str:
    word = {1: "join", 2: "device", 3: "programme", 4: "coordinate"}[link[1]]
    return f"inglenook:{word}#{base64.urlsafe_b64encode(mp(link)).rstrip(b'=').decode()}"


def knock(who: Device, log: bytes, nonce: bytes, inviter: bytes, *, joins: bool) -> list[Any]:
    fields = [
        who.owner.public if joins else None,
        who.certificates if joins else [],
        who.keys,
        who.owner.name,
        seed(f"knock {who.label}", 16),
    ]
    inner = H(D("knock") + SUITE + mp(fields))
    return [*fields, who.sign.sign(D("knock") + SUITE + log + nonce + inviter + inner)]


def words(one: bytes, other: bytes) -> list[int]:
    low, high = sorted((one, other))
    kdf = Argon2id(salt=D("words"), length=11, iterations=3, lanes=1, memory_cost=65536)
    bits = int.from_bytes(kdf.derive(low + high), "big")
    return [bits >> 11 * (7 - i) & 2047 for i in range(8)]


# --- the files -------------------------------------------------------------------------


def main() -> int:
    """Write or compare; 1 where a file differs."""
    from vectors import cases

    files = cases.files()
    if "--write" in sys.argv:
        HERE.mkdir(exist_ok=True)
        for name, text in files.items():
            (HERE / name).write_text(text)
        return 0
    stale = [name for name, text in files.items() if (HERE / name).read_text() != text]
    sys.stdout.write(f"differ: {', '.join(stale)}\n" if stale else "all as committed\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.exit(main())
