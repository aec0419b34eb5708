"""Cases of programmes, from the protocol's section 12 alone; imports nothing of ours."""

from typing import Any

from vectors import generate as g
from vectors.generate import RELAY, SUITE, Z32, Box, D, H, Kem, Sign, hkdf, mp, seed

EPOCH, SEALED, LETTER = 1, 4, 9


def programmes(w: Any) -> dict[str, Any]:
    """An epoch, a membership, an enrolment, letters both ways, and join codes."""
    log, secret = seed("programme log"), seed("programme epoch")
    reader = hkdf(secret, D("reader") + log)
    alias = membership(log, seed("membership"))
    return {
        "log": log,
        "origin": RELAY,
        "epoch": epoch(log, secret, reader),
        "membership": {k: v for k, v in alias.items() if not isinstance(v, Sign | Kem)},
        "enrolment": enrolment(w, log, alias),
        "letters": letters(w, log, secret, reader, alias),
        "codes": codes(w),
    }


def epoch(log: bytes, secret: bytes, reader: bytes) -> dict[str, Any]:
    """12.1: who reads, who writes, and the inbox."""
    read, _ = g.tokens(reader, log, RELAY)
    _, write = g.tokens(secret, log, RELAY)
    inbox = inbox_of(log, secret, reader)
    hashes = [*map(g.token_hash, g.tokens(inbox["secret"], Z32, RELAY))]
    return {
        "secret": secret,
        "read_secret": reader,
        "box": Box(EPOCH, reader, log).box16,
        "read": read,
        "write": write,
        "address": g.address(g.token_hash(read), g.token_hash(write)),
        "inbox": inbox | {"address": g.address(*hashes, g.token_hash(inbox["owner"]))},
    }


def inbox_of(log: bytes, secret: bytes, reader: bytes) -> dict[str, Any]:
    inbox = hkdf(reader, D("inbox") + log)
    private = hkdf(secret, D("inbox-kem") + log, 96)
    return {
        "secret": inbox,
        "owner": hkdf(secret, D("owner") + Box(SEALED, inbox).box16),
        "kem_private": private,
        "kem": Kem(private).public,
    }


def membership(log: bytes, drawn: bytes) -> dict[str, Any]:
    """12.3: the keys that come from a seed, and one for one letter."""
    nonce = seed("letter nonce", 16)
    sign = Sign(hkdf(drawn, D("alias-sign") + log))
    kem = Kem(hkdf(drawn, D("alias-kem") + log, 96))
    once = Sign(hkdf(drawn, D("alias-sign") + log + nonce))
    secret = hkdf(drawn, D("alias-box") + log)
    person = seed("member's erase secret")
    return {
        "seed": drawn,
        "key": sign,
        "kem_key": kem,
        "once_key": once,
        "sign": sign.public,
        "kem": kem.public,
        "secret": secret,
        "nonce": nonce,
        "once": once.public,
        "person_secret": person,
        "owner": hkdf(person, D("owner") + Box(SEALED, secret).box16),
    }


def enrolment(w: Any, log: bytes, alias: dict[str, Any]) -> dict[str, Any]:
    fields = [
        *(alias["sign"], alias["kem"], "Ada", alias["secret"], g.token_hash(alias["owner"])),
        seed("enrolment nonce", 16),
    ]
    inner = H(D("enrol") + SUITE + mp(fields))
    message = D("enrol") + SUITE + log + w.nonce + w.ben.id + inner
    asked = [*fields, alias["key"].sign(message)]
    return {"offer_nonce": w.nonce, "inviter": w.ben.id, "asked": mp(asked)}


def letters(
    w: Any, log: bytes, secret: bytes, reader: bytes, alias: dict[str, Any]
) -> list[dict[str, Any]]:
    """12.4, one of each kind of sender."""
    inbox = inbox_of(log, secret, reader)
    down, up = Box(SEALED, alias["secret"]), Box(SEALED, inbox["secret"])
    _, write = g.tokens(secret, log, RELAY)
    keys = [
        *(1, g.epoch_commitment(log, secret), reader, "Bridges"),
        [[RELAY, g.token_hash(write)]],
        *(g.token_hash(inbox["owner"]), inbox["kem"]),
    ]
    story = [4, "win", "A fox", "I asked.", "2026-12-31"]
    phone = w.phone
    made = {
        "keys": (phone.sign, [w.ben.public, phone.certificates], keys, down, alias["kem_key"]),
        "idea, unnamed": (None, [None, []], [2, "A club", "coordinators", ""], up, None),
        "pulse": (alias["key"], [None, []], [3, "A and B", "2026-11", 2, "support"], up, None),
        "story": (alias["once_key"], [None, []], story, up, None),
    }
    found = []
    for name, (key, who, said, box, kem) in made.items():
        fields = [log, key.public if key else b"", *who, mp(said)]
        message = D("sealed-letter") + SUITE + box.box16 + mp(fields)
        letter = [*fields, key.sign(message) if key else b""]
        found.append(sealed(w, name, letter, box, kem or Kem(inbox["kem_private"])))
    return found


def sealed(w: Any, name: str, letter: list[Any], box: Box, kem: Kem) -> dict[str, Any]:
    info = D("sealed") + SUITE + bytes([SEALED]) + box.box16 + kem.hash
    fresh = seed(f"fresh {name}")
    wrap = w.kept.seal(f"letter {name}", kem, fresh, info)
    text = g.plaintext(LETTER, mp(letter))
    return {
        "name": name,
        "secret": box.secret,
        "kem_private": kem.private,
        "letter": mp(letter),
        "hash": H(D("sealed-letter") + SUITE + mp(letter)),
        "blob": box.raw_record(text, box.erase_key(), wrap, fresh),
    }


def codes(w: Any) -> list[dict[str, Any]]:
    """7.1, with the purposes of 12.2 and 12.3."""
    found = []
    for purpose in (3, 4):
        secret = seed(f"code {purpose}", 16)
        owner = g.token_hash(hkdf(w.ben.erase, D("invite-owner") + secret))
        hashes = [*map(g.token_hash, g.tokens(hkdf(secret, D("invite")), Z32, RELAY))]
        place = g.address(*hashes, owner)
        expires = 1_800_000_000
        link = [1, purpose, secret, w.ben.id[:16], place, owner, RELAY, expires, True]
        found.append({"purpose": purpose, "secret": secret, "text": g.link_text(link)})
    return found
