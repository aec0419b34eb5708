"""The suite against published answers, and what it refuses."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from harness.strategies_schema import device, seeded
from inglenook_schema import suite
from inglenook_schema.errors import BadSignatureError, MalformedError, WrongKeyError

# --- known answers ---------------------------------------------------------------------


def test_sha256_gives_the_answer_of_fips_180() -> None:
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert suite.sha256(b"abc").hex() == digest


def test_hmac_gives_the_answer_of_rfc_4231_case_2() -> None:
    answer = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert suite.hmac(b"Jefe", b"what do ya want for nothing?").hex() == answer


@pytest.mark.parametrize(
    ("prk", "info", "okm"),
    [
        pytest.param(
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            "f0f1f2f3f4f5f6f7f8f9",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            id="case 1",
        ),
        pytest.param(
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            "",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            id="case 3",
        ),
    ],
)
def test_hkdf_expand_gives_the_answers_of_rfc_5869(prk: str, info: str, okm: str) -> None:
    found = suite.expand(bytes.fromhex(prk), bytes.fromhex(info), len(okm) // 2)
    assert found.hex() == okm


@pytest.mark.parametrize(
    ("seed", "public", "message", "signature"),
    [
        pytest.param(
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            id="test 1",
        ),
        pytest.param(
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            id="test 2",
        ),
        pytest.param(
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
            id="test 3",
        ),
    ],
)
def test_ed25519_gives_the_answers_of_rfc_8032(
    seed: str, public: str, message: str, signature: str
) -> None:
    key = suite.SigningKey(bytes.fromhex(seed))

    assert key.public.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    suite.verify(key.public, bytes.fromhex(signature), bytes.fromhex(message))


def test_aes_256_gcm_gives_the_answers_of_the_gcm_specification() -> None:
    # Test cases 13 and 14: key, nonce and plaintext are zeros.
    empty = "530f8afbc74536b9a963b4f1c4cb738b"
    block = "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
    assert suite.aead_seal(bytes(32), b"", b"").hex() == empty
    assert suite.aead_seal(bytes(32), bytes(16), b"").hex() == block


def test_argon2id_gives_the_answer_of_the_reference_code() -> None:
    # phc-winner-argon2, src/test.c: version 0x13, t 2, m 2^16 KiB, p 1.
    found = suite.argon2id(b"password", b"somesalt", mib=64, passes=2, lanes=1)
    assert found.hex() == "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"


# --- domains ---------------------------------------------------------------------------


def test_domains_are_32_bytes_and_all_different() -> None:
    made = {suite.domain(name) for name in suite.DOMAINS}

    assert {len(each) for each in made} == {32}
    assert len(made) == len(suite.DOMAINS)
    assert suite.domain("seal") == b"inglenook/1 seal" + bytes(16)


def test_a_domain_outside_the_closed_list_is_our_own_mistake() -> None:
    with pytest.raises(KeyError):
        suite.domain("something new")


# --- AEAD ------------------------------------------------------------------------------


@given(st.binary(max_size=100), st.binary(max_size=40))
def test_what_was_sealed_opens(text: bytes, aad: bytes) -> None:
    key = seeded("key")
    assert suite.aead_open(key, suite.aead_seal(key, text, aad), aad) == text


@given(st.binary(max_size=100), st.integers(min_value=0), st.integers(0, 7))
def test_a_flipped_bit_does_not_open(text: bytes, at: int, bit: int) -> None:
    sealed = bytearray(suite.aead_seal(seeded("key"), text, b""))
    sealed[at % len(sealed)] ^= 1 << bit

    with pytest.raises(WrongKeyError):
        suite.aead_open(seeded("key"), bytes(sealed), b"")


@pytest.mark.parametrize("size", [0, 1, 15, 16])
def test_too_few_bytes_do_not_open(size: int) -> None:
    with pytest.raises(WrongKeyError):
        suite.aead_open(seeded("key"), bytes(size), b"")


# --- Ed25519: a curve of ten lines, to check the constants -----------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]


def add(a: Point, b: Point) -> Point:
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + k, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - k, -1, P)
    return x % P, y % P


def times(n: int, point: Point) -> Point:
    total = (0, 1)
    while n:
        if n & 1:
            total = add(total, point)
        point = add(point, point)
        n >>= 1
    return total


def point_at(y: int) -> Point | None:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (x, y) if (x * x - square) % P == 0 else None


def small_order_points() -> set[Point]:
    """The eight, from any point: the group order takes away everything else."""
    found = set[Point]()
    y = 2
    while len(found) < 8:
        point = point_at(y)
        if point is not None:
            found |= {times(k * ORDER, point) for k in range(8)}
        y += 1
    return found


def encodings(point: Point) -> set[bytes]:
    """Every 32 bytes that some decoder reads as this point's y, either sign."""
    ys = [y for y in (point[1], point[1] + P) if y < 2**255]
    return {(y | sign << 255).to_bytes(32, "little") for y in ys for sign in (0, 1)}


SMALL = sorted({data for point in small_order_points() for data in encodings(point)})


def test_the_small_order_points_are_eight() -> None:
    points = small_order_points()
    assert len(points) == 8
    assert all(times(8, point) == (0, 1) for point in points)
    assert len(SMALL) == 14


@pytest.mark.parametrize("public", SMALL, ids=bytes.hex)
def test_a_key_of_small_order_is_refused_whatever_the_signature(public: bytes) -> None:
    anything_goes = b"\1" + bytes(63)

    with pytest.raises(BadSignatureError):
        suite.verify(public, anything_goes, b"message")
    with pytest.raises(BadSignatureError):
        suite.check_sign_public(public)


def test_the_library_alone_would_take_a_key_of_small_order() -> None:
    # Why we look ourselves. Fails the day the library does, and then this can go.
    one = b"\1" + bytes(31)
    Ed25519PublicKey.from_public_bytes(one).verify(b"\1" + bytes(63), b"message")


@pytest.mark.parametrize("extra", range(19))
@pytest.mark.parametrize("sign", [0, 1])
def test_a_key_that_is_not_canonical_is_refused(extra: int, sign: int) -> None:
    public = (P + extra | sign << 255).to_bytes(32, "little")
    with pytest.raises(BadSignatureError):
        suite.check_sign_public(public)


@given(st.binary(min_size=32, max_size=32))
def test_every_key_made_from_a_seed_is_taken(seed: bytes) -> None:
    key = suite.SigningKey(seed)
    suite.check_sign_public(key.public)
    suite.verify(key.public, key.sign(b"message"), b"message")


@given(st.binary(max_size=70), st.binary(max_size=70))
def test_any_key_and_signature_give_our_error(public: bytes, signature: bytes) -> None:
    with pytest.raises(BadSignatureError):
        suite.verify(public, signature, b"message")


@given(st.integers(0, 511))
def test_a_signature_with_a_flipped_bit_is_refused(bit: int) -> None:
    key = suite.SigningKey(seeded("sign"))
    signature = int.from_bytes(key.sign(b"message"), "big") ^ 1 << bit

    with pytest.raises(BadSignatureError):
        suite.verify(key.public, signature.to_bytes(64, "big"), b"message")


def test_a_key_is_never_shown() -> None:
    key = suite.SigningKey(seeded("sign"))
    assert key.seed.hex() not in repr(key)
    assert repr(key.seed) not in repr(key)


# --- HPKE ------------------------------------------------------------------------------


def test_hpke_adds_1136_bytes_and_opens_for_its_recipient() -> None:
    ada = device()
    sealed = suite.hpke_seal(ada.kem_public, b"x" * 32, b"info")

    assert len(sealed) == 32 + 1136
    assert suite.hpke_open(ada.kem, sealed, b"info") == b"x" * 32


@pytest.mark.parametrize("at", [0, 1087, 1088, 1119, 1120, 1167])
def test_hpke_with_a_flipped_bit_does_not_open(at: int) -> None:
    ada = device()
    sealed = bytearray(suite.hpke_seal(ada.kem_public, b"x" * 32, b"info"))
    sealed[at] ^= 1

    with pytest.raises(WrongKeyError):
        suite.hpke_open(ada.kem, bytes(sealed), b"info")


def test_hpke_opens_for_nobody_else_and_for_nothing_else() -> None:
    ada, ben = device(), device("Ben", "phone")
    sealed = suite.hpke_seal(ada.kem_public, b"x" * 32, b"info")

    with pytest.raises(WrongKeyError):
        suite.hpke_open(ben.kem, sealed, b"info")
    with pytest.raises(WrongKeyError):
        suite.hpke_open(ada.kem, sealed, b"other info")
    with pytest.raises(WrongKeyError):
        suite.hpke_open(ada.kem[:-1], sealed, b"info")


@given(st.binary(max_size=200) | st.integers(1000, 1300).map(lambda n: seeded(n, n)))
def test_hpke_opens_no_garbage(garbage: bytes) -> None:
    with pytest.raises(WrongKeyError):
        suite.hpke_open(device().kem, garbage, b"info")


def unusable_keys() -> list[bytes]:
    good = device().kem_public
    return [
        b"",
        good[:-1],
        good + b"\0",
        b"\xff" * 1184 + good[-32:],
        good[:-32] + bytes(32),
        good[:-32] + b"\1" + bytes(31),
    ]


@pytest.mark.parametrize("public", unusable_keys(), ids=lambda key: f"{len(key)} {key[-32:].hex()}")
def test_a_kem_key_that_cannot_be_used_gives_our_error(public: bytes) -> None:
    with pytest.raises(MalformedError):
        suite.hpke_seal(public, b"x", b"")
