"""HPKE with authenticated data, with two libraries as judges."""

from __future__ import annotations

import hashlib

import pytest
from Crypto.Protocol import HPKE
from Crypto.PublicKey import Hybrid

from inglenook_schema import hpke, suite
from inglenook_schema.errors import MalformedError, WrongKeyError
from inglenook_schema.suite import KemKey

SEED = bytes(range(32))
PRIVATE = hashlib.shake_256(SEED).digest(96)
"""What the seed of that library's key expands to (draft-irtf-cfrg-hybrid-kems, 5.1.1)."""
KEY = KemKey(PRIVATE)
OTHER = Hybrid.generate(param_set=Hybrid.MLKEM768_X25519, randfunc=lambda _: SEED)
INFO, AAD, TEXT = b"some info", b"what is bound", b"a share"


def other(public: bool, enc: bytes | None = None) -> HPKE.HPKE_Cipher:
    """A context of the other library's, for the same key."""
    return HPKE.new(
        receiver_key=OTHER.public_key() if public else OTHER,
        aead_id=HPKE.AEAD.AES256_GCM,
        info=INFO,
        **({} if enc is None else {"enc": enc}),
    )


def test_a_key_has_the_public_half_that_both_libraries_give_it() -> None:
    assert KEY.public == suite.kem_public(PRIVATE) == OTHER._pk


def test_pycryptodome_opens_what_is_sealed_here() -> None:
    enc, sealed = hpke.seal(KEY.public, INFO, AAD, TEXT)
    assert other(public=False, enc=enc).unseal(sealed, AAD) == TEXT


def test_what_pycryptodome_sealed_opens_here() -> None:
    context = other(public=True)
    sealed = context.seal(TEXT, AAD)
    assert hpke.unseal(KEY, context.enc, INFO, AAD, sealed) == TEXT


def test_without_data_it_is_the_seal_of_records() -> None:
    enc, sealed = hpke.seal(KEY.public, INFO, b"", TEXT)
    assert suite.hpke_open(PRIVATE, enc + sealed, INFO) == TEXT

    whole = suite.hpke_seal(KEY.public, TEXT, INFO)
    assert hpke.unseal(KEY, whole[:1120], INFO, b"", whole[1120:]) == TEXT


def test_two_seals_of_one_text_have_nothing_in_common() -> None:
    first, second = (hpke.seal(KEY.public, INFO, AAD, TEXT) for _ in range(2))
    assert first[0] != second[0]
    assert first[1] != second[1]


ENC, SEALED = hpke.seal(KEY.public, INFO, AAD, TEXT)


@pytest.mark.parametrize(
    ("private", "enc", "info", "aad", "sealed"),
    [
        pytest.param(b"\1" * 96, ENC, INFO, AAD, SEALED, id="another key"),
        pytest.param(PRIVATE, ENC, b"", AAD, SEALED, id="other info"),
        pytest.param(PRIVATE, ENC, INFO, b"", SEALED, id="other data"),
        pytest.param(PRIVATE, ENC, INFO, AAD, SEALED[:-1], id="cut"),
        pytest.param(PRIVATE, ENC, INFO, AAD, b"", id="empty"),
        pytest.param(PRIVATE, ENC[:-1], INFO, AAD, SEALED, id="enc cut"),
        pytest.param(PRIVATE, ENC[:-32] + bytes(32), INFO, AAD, SEALED, id="point of small order"),
        pytest.param(PRIVATE, b"\0" + ENC[1:], INFO, AAD, SEALED, id="enc changed"),
    ],
)
def test_what_was_not_sealed_so_does_not_open(
    private: bytes, enc: bytes, info: bytes, aad: bytes, sealed: bytes
) -> None:
    with pytest.raises(WrongKeyError):
        hpke.unseal(KemKey(private), enc, info, aad, sealed)


@pytest.mark.parametrize(
    "public",
    [
        pytest.param(b"", id="empty"),
        pytest.param(KEY.public[:-1], id="short"),
        pytest.param(b"\xff" * 1184 + KEY.public[-32:], id="no lattice key"),
        pytest.param(KEY.public[:-32] + bytes(32), id="point of small order"),
    ],
)
def test_a_key_that_cannot_be_sealed_to_is_refused(public: bytes) -> None:
    with pytest.raises(MalformedError):
        hpke.seal(public, INFO, AAD, TEXT)


def test_a_private_key_of_another_length_is_refused() -> None:
    with pytest.raises(WrongKeyError):
        KemKey(PRIVATE[:-1])


def test_a_private_key_does_not_show_itself() -> None:
    assert repr(KEY) == "KemKey(…)"
