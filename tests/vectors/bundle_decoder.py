"""A second reader of bundles, written from ``docs/protocol.md``: it imports nothing of ours."""

from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from vectors.decoder import CHAIN, NAME, UINT, D, H, device_of, mp, need, unpack, verify

RECOVERY, BUNDLE = 3, 8
PART = ("uint", 1, 255)
SPACE = [32, ("uint", 1, 255), NAME, ("all", 32, 1, 64), ("all", (str, 0, 256), 0, 8), NAME]
SHAPE = [32, CHAIN, UINT, PART, PART, NAME, 32, 64, ("all", SPACE, 0, 1 << 32), 64]
WRAP, FRAME = 1168, 49


def hkdf(secret: bytes, info: bytes, size: int = 32) -> bytes:
    return HKDFExpand(hashes.SHA256(), size, info).derive(secret)


class Words:
    """What the 24 words lead to (3.1, 5.2)."""

    def __init__(self, recovery_key: bytes) -> None:
        sign = Ed25519PrivateKey.from_private_bytes(hkdf(recovery_key, D("root-sign")))
        kem = hkdf(recovery_key, D("root-kem"), 96)
        lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(kem[:64])
        curve = x25519.X25519PrivateKey.from_private_bytes(kem[64:])
        self.kem = hpke.MLKEM768X25519PrivateKey(lattice, curve)
        public = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
        self.person = [sign.public_key().public_bytes_raw(), public]
        self.secret = hkdf(recovery_key, D("recovery"))
        self.box = hkdf(self.secret, D("box") + bytes(32), 16)
        self.owner_hash = H("token", hkdf(recovery_key, D("owner") + self.box))

    def read(self, blob: bytes) -> list[Any]:
        """The elements of a bundle, its signature last; it was checked, and the proof too."""
        need(FRAME + WRAP + 16 + 512 <= len(blob) <= 65_536, "malformed-record")
        need(blob[0] == 1, "unsupported-suite")
        wrap, head = blob[FRAME : FRAME + WRAP], bytes([1, RECOVERY]) + self.box
        suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
        try:
            fresh = suite.decrypt(wrap, self.kem, D("bundle") + head + H("kem", self.person[1]))
            keys = hkdf(fresh, D("record") + blob[1:33], 48)
            need(keys[32:] == blob[33:FRAME], "wrong-key")
            text = AESGCM(keys[:32]).decrypt(bytes(12), blob[FRAME + WRAP :], head + wrap)
        except InvalidTag:
            need(good=False, code="wrong-key")
        end = 5 + int.from_bytes(text[1:5], "big")
        need(text[0] == BUNDLE and not any(text[end:]), "malformed-record")
        found: list[Any] = unpack(text[5:end], SHAPE, "malformed-record")
        need(found[3] <= found[4], "malformed-record")
        need(found[0] == H("person", self.person[0] + self.person[1]), "bad-certificate")
        device = device_of(self.person, found[1])
        verify(device, found[9], D("bundle") + b"\1" + mp(found[:9]))
        proof = D("recovery") + b"\1" + found[6] + self.secret + self.owner_hash
        verify(self.person[0], found[7], proof)
        return found
