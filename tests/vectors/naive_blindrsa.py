"""RFC 9474 in the plainest way; it imports nothing of ours. It makes ``sums/blindrsa.json``."""

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


def sha384(data: bytes) -> bytes:
    return hashlib.sha384(data).digest()


def xof(label: str, size: int) -> bytes:
    return hashlib.shake_256(b"inglenook blind rsa: " + label.encode()).digest(size)


@dataclass
class Key:
    p: int
    q: int
    e: int = 65537

    @property
    def n(self) -> int:
        return self.p * self.q

    @property
    def d(self) -> int:
        return pow(self.e, -1, (self.p - 1) * (self.q - 1))

    @property
    def size(self) -> int:
        return (self.n.bit_length() + 7) // 8

    def der(self) -> tuple[bytes, bytes]:
        """The public key and the private one."""
        public = rsa.RSAPublicNumbers(self.e, self.n)
        numbers = rsa.RSAPrivateNumbers(
            *(self.p, self.q, self.d, self.d % (self.p - 1), self.d % (self.q - 1)),
            *(pow(self.q, -1, self.p), public),
        )
        key = numbers.private_key()
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return spki, key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def prime(label: str, bits: int, step: int) -> int:
    """The prime ``step`` odd numbers after a point in a stream; steps were found once."""
    start = int.from_bytes(xof(label, bits // 8 + 1), "big") % (1 << bits)
    return (start | 3 << (bits - 2) | 1) + 2 * step


def probable(n: int) -> bool:
    """Fermat to a few bases; for finding steps, where nobody plays tricks."""
    return all(pow(base, n - 1, n) == 1 for base in (2, 3, 5, 7))


def find(label: str, bits: int) -> int:
    """The step of the first prime there."""
    step = 0
    while not probable(prime(label, bits, step)) or prime(label, bits, step) % 65537 == 1:
        step += 1
    return step


def encode_pss(message: bytes, salt: bytes, bits: int) -> bytes:
    """RFC 8017, 9.1.1, as one big number: DB, its mask, H, 0xbc."""
    size = (bits + 7) // 8
    h = sha384(bytes(8) + sha384(message) + salt)
    db = int.from_bytes(b"\1" + salt, "big")
    width = size - 48 - 1
    stream = b"".join(sha384(h + bytes([0, 0, 0, i])) for i in range(width // 48 + 1))
    masked = (db ^ int.from_bytes(stream[:width], "big")) % (1 << bits - 8 * 49)
    return masked.to_bytes(width, "big") + h + b"\xbc"


def run(key: Key, message: bytes, salt: bytes, inv: int) -> dict[str, str]:
    """All steps of one signature, by their definitions."""
    encoded = encode_pss(message, salt, key.n.bit_length() - 1)
    m = int.from_bytes(encoded, "big")
    blinded = m * pow(pow(inv, -1, key.n), key.e, key.n) % key.n
    blind_sig = pow(blinded, key.d, key.n)
    sig = blind_sig * inv % key.n
    assert pow(sig, key.e, key.n) == m
    named = {"inv": inv, "blinded_msg": blinded, "blind_sig": blind_sig, "sig": sig}
    return {
        "msg": message.hex(),
        "salt": salt.hex(),
        "encoded_msg": encoded.hex(),
        **{name: number.to_bytes(key.size, "big").hex() for name, number in named.items()},
    }
