"""What blind signing refuses, and what its signer does not learn or let out."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from inglenook_schema import blindrsa
from inglenook_schema.errors import (
    BadSignatureError,
    BlindingError,
    MalformedTokenError,
    SigningFailedError,
)
from inglenook_schema.suite.rsa import RsaPrivateKey, rsa_private

VECTORS = Path(__file__).parents[1] / "vectors" / "sums" / "blindrsa.json"


@cache
def vector(name: str) -> dict[str, bytes]:
    """The case whose name ends so."""
    (found,) = [each for each in json.loads(VECTORS.read_text()) if each["name"].startswith(name)]
    return {key: bytes.fromhex(text) for key, text in found.items() if key != "name"}


PSS = vector("RSABSSA-SHA384-PSS-Deterministic, 2048")
ZERO = vector("RSABSSA-SHA384-PSSZERO-Deterministic, 2048")
PUBLIC, MSG, INV, SALT = PSS["public"], PSS["msg"], PSS["inv"], PSS["salt"]
SIZE = len(INV)
SPKI = load_der_public_key(PUBLIC)
assert isinstance(SPKI, rsa.RSAPublicKey)
N = SPKI.public_numbers().n
SECRET = load_der_private_key(PSS["private"], None)
assert isinstance(SECRET, rsa.RSAPrivateKey)
P = SECRET.private_numbers().p


def big(number: int, size: int = SIZE) -> bytes:
    return number.to_bytes(size, "big")


@cache
def signer() -> RsaPrivateKey:
    return rsa_private(PSS["private"])


# --- prepare ---------------------------------------------------------------------------


def test_a_message_is_prepared_with_a_prefix_or_as_it_is() -> None:
    assert blindrsa.prepare(b"text") == b"text"
    assert blindrsa.prepare(b"text", b"p" * 32) == b"p" * 32 + b"text"


def test_a_prefix_of_another_length_is_refused() -> None:
    with pytest.raises(BlindingError):
        blindrsa.prepare(b"text", b"p" * 31)


# --- blind -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inv",
    [
        pytest.param(b"", id="empty"),
        pytest.param(big(0), id="zero"),
        pytest.param(big(N), id="the modulus"),
        pytest.param(big(1, SIZE + 1), id="too long"),
        pytest.param(big(P), id="without an inverse"),
    ],
)
def test_a_blinding_that_cannot_be_taken_off_is_refused(inv: bytes) -> None:
    with pytest.raises(BlindingError):
        blindrsa.blind(PUBLIC, MSG, inv, SALT)
    with pytest.raises(BlindingError):
        blindrsa.finalize(PUBLIC, MSG, PSS["blind_sig"], inv)


@pytest.mark.parametrize("size", [1, 32, 47, 49])
def test_a_salt_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(BlindingError):
        blindrsa.blind(PUBLIC, MSG, INV, bytes(size))
    with pytest.raises(BlindingError):
        blindrsa.verify(PUBLIC, MSG, PSS["sig"], size)


@pytest.mark.parametrize(
    "public",
    [
        pytest.param(b"", id="empty"),
        pytest.param(PUBLIC[:-1], id="cut"),
        pytest.param(b"-----BEGIN nothing", id="no PEM"),
        pytest.param(
            ec.derive_private_key(7, ec.SECP256R1())
            .public_key()
            .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            id="another kind",
        ),
        pytest.param(
            rsa.RSAPublicNumbers(65537, N >> 100 | 1)
            .public_key()
            .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            id="too short",
        ),
    ],
)
def test_a_key_that_is_none_is_refused(public: bytes) -> None:
    for attempt in (
        lambda: blindrsa.blind(public, MSG, INV, SALT),
        lambda: blindrsa.finalize(public, MSG, PSS["blind_sig"], INV),
        lambda: blindrsa.verify(public, MSG, PSS["sig"]),
        lambda: blindrsa.blind_sign(public, PSS["blinded_msg"]),
    ):
        with pytest.raises(MalformedTokenError):
            attempt()


def test_a_key_may_be_pem_or_the_library_s_own() -> None:
    pem = SPKI.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secret = SECRET.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    for public in (pem, SPKI):
        blinded = blindrsa.blind(public, MSG, INV, SALT)  # type: ignore[arg-type]
        assert blinded == PSS["blinded_msg"]
    assert rsa_private(secret).d == rsa_private(SECRET).d == signer().d


def test_two_blindings_of_one_message_are_different() -> None:
    assert blindrsa.blind(PUBLIC, MSG, big(3), SALT) != blindrsa.blind(PUBLIC, MSG, big(5), SALT)


# --- blind_sign ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "blinded",
    [
        pytest.param(b"", id="empty"),
        pytest.param(PSS["blinded_msg"][1:], id="short"),
        pytest.param(b"\0" + PSS["blinded_msg"], id="long"),
        pytest.param(big(N), id="the modulus"),
        pytest.param(b"\xff" * SIZE, id="beyond the modulus"),
    ],
)
def test_a_message_out_of_range_is_not_signed(blinded: bytes) -> None:
    with pytest.raises(MalformedTokenError):
        blindrsa.blind_sign(signer(), blinded)


@pytest.mark.parametrize("part", ["dp", "dq", "q_inverse", "p"])
def test_a_signature_that_a_fault_made_wrong_stays_inside(part: str) -> None:
    faulty = rsa_private(SECRET)
    setattr(faulty, part, getattr(faulty, part) ^ 4)

    with pytest.raises(SigningFailedError):
        blindrsa.blind_sign(faulty, PSS["blinded_msg"])


def test_the_same_request_gets_the_same_signature() -> None:
    first = blindrsa.blind_sign(signer(), PSS["blinded_msg"])
    assert first == blindrsa.blind_sign(signer(), PSS["blinded_msg"]) == PSS["blind_sig"]


@pytest.mark.parametrize("blinded", [0, 1, N - 1])
def test_messages_at_the_ends_of_the_range_are_signed(blinded: int) -> None:
    assert blindrsa.blind_sign(signer(), big(blinded)) == big(blinded)


def test_a_private_key_does_not_show_itself() -> None:
    assert repr(signer()) == "RsaPrivateKey(…)"


# --- finalize and verify ---------------------------------------------------------------


@pytest.mark.parametrize(
    "blind_sig",
    [
        pytest.param(PSS["blind_sig"][1:], id="short"),
        pytest.param(b"\0" + PSS["blind_sig"], id="long"),
        pytest.param(big(N), id="the modulus"),
    ],
)
def test_a_blind_signature_out_of_range_is_refused(blind_sig: bytes) -> None:
    with pytest.raises(MalformedTokenError):
        blindrsa.finalize(PUBLIC, MSG, blind_sig, INV)


@pytest.mark.parametrize(
    ("msg", "blind_sig", "inv"),
    [
        pytest.param(b"other", PSS["blind_sig"], INV, id="another message"),
        pytest.param(MSG, big(1), INV, id="another signature"),
        pytest.param(MSG, ZERO["blind_sig"], INV, id="a signature on another request"),
        pytest.param(MSG, PSS["blind_sig"], big(3), id="another blinding"),
    ],
)
def test_a_signature_on_something_else_is_refused(msg: bytes, blind_sig: bytes, inv: bytes) -> None:
    with pytest.raises(BadSignatureError):
        blindrsa.finalize(PUBLIC, msg, blind_sig, inv)


def test_a_salt_length_that_is_asked_for_is_kept_to() -> None:
    blindrsa.verify(PUBLIC, MSG, PSS["sig"], 48)
    blindrsa.verify(ZERO["public"], ZERO["msg"], ZERO["sig"], 0)
    with pytest.raises(BadSignatureError):
        blindrsa.verify(PUBLIC, MSG, PSS["sig"], 0)
    with pytest.raises(BadSignatureError):
        blindrsa.finalize(ZERO["public"], ZERO["msg"], ZERO["blind_sig"], ZERO["inv"], 48)


@pytest.mark.parametrize("signature", [b"", PSS["sig"][1:], bytes(SIZE), b"\xff" * SIZE])
def test_any_bytes_are_no_signature(signature: bytes) -> None:
    with pytest.raises(BadSignatureError):
        blindrsa.verify(PUBLIC, MSG, signature)


def test_a_message_that_shares_a_factor_with_the_modulus_is_not_blinded() -> None:
    # No message hashes to a multiple of p in a lifetime, so the modulus is made to fit: an
    # odd multiple of the odd part of what the message is encoded as (it ends in 0xbc).
    odd = int.from_bytes(blindrsa._encode(MSG, SALT, 2047), "big") >> 2
    modulus = next(odd * each for each in range(3, 99, 2) if (odd * each).bit_length() == 2048)
    key = rsa.RSAPublicNumbers(65537, modulus).public_key()
    public = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    with pytest.raises(BlindingError):
        blindrsa.blind(public, MSG, big(1), SALT)
