"""Letters and enrolments: what is refused, and that nothing else gets through."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.logs import draw, first_device
from inglenook_schema import canonical, letter, mailbox, programme, suite
from inglenook_schema.errors import (
    BadCertificateError,
    BadSignatureError,
    MalformedError,
    MalformedRecordError,
    PeerError,
    WrongKeyError,
)
from inglenook_schema.letter import IdeaOffered, Letter, MemberLeft
from inglenook_schema.programme import Enrolment

LOG, SECRET, SEED = draw("log"), draw("box"), draw("seed")
BOX = mailbox.box(SECRET)
ALIAS = programme.alias(SEED, LOG)
KEM = draw("kem", 96)
PHONE = first_device("Ben", "phone")
IDEA = IdeaOffered("a club", "coordinators", "Ada")


def by_member() -> Letter:
    return letter.sign(ALIAS.sign, BOX, LOG, IDEA)


def by_coordinator() -> Letter:
    return letter.sign(
        *(PHONE.sign, BOX, LOG, IDEA), person=PHONE.person, certificates=PHONE.certificates
    )


def by_nobody() -> Letter:
    return letter.unsigned(LOG, IDEA)


@pytest.mark.parametrize("make", [by_member, by_coordinator, by_nobody])
def test_a_letter_comes_back_as_it_went(make: Callable[[], Letter]) -> None:
    sent = make()
    sealed = letter.seal(sent, SECRET, suite.kem_public(KEM), draw("fresh"))

    came = letter.unseal(sealed.blob, SECRET, KEM)
    letter.check(came, BOX, LOG)

    assert came == sent
    assert letter.body_of(came) == IDEA


REPLACED = [
    pytest.param({"log": draw("other")}, BadSignatureError, id="another programme"),
    pytest.param({"body": canonical.encode(MemberLeft())}, BadSignatureError, id="other words"),
    pytest.param({"signature": b""}, BadSignatureError, id="no signature"),
    pytest.param({"sender": b"", "signature": b""}, BadCertificateError, id="a person, unsigned"),
    pytest.param({"sender": draw("other")}, BadCertificateError, id="another key"),
    pytest.param({"sender": b"short"}, BadSignatureError, id="a short key"),
    pytest.param({"certificates": ()}, BadCertificateError, id="no certificates"),
    pytest.param({"person": None}, BadCertificateError, id="certificates of nobody"),
]


@pytest.mark.parametrize(("changed", "refusal"), REPLACED)
def test_a_letter_that_was_changed_is_refused(
    changed: dict[str, object], refusal: type[PeerError]
) -> None:
    with pytest.raises(refusal):
        letter.check(msgspec.structs.replace(by_coordinator(), **changed), BOX, LOG)


def test_a_letter_fits_no_other_box() -> None:
    with pytest.raises(BadSignatureError):
        letter.check(by_member(), mailbox.box(draw("another box")), LOG)


def test_a_letter_opens_with_no_other_key() -> None:
    sealed = letter.seal(by_member(), SECRET, suite.kem_public(KEM), draw("fresh"))

    with pytest.raises(WrongKeyError):
        letter.unseal(sealed.blob, SECRET, draw("another kem", 96))
    with pytest.raises(WrongKeyError):
        letter.unseal(sealed.blob, draw("another box"), KEM)


def test_a_letter_that_is_too_long_is_not_sealed() -> None:
    long = msgspec.structs.replace(by_nobody(), body=bytes(letter.MAX_LETTER))

    with pytest.raises(MalformedRecordError):
        letter.seal(long, SECRET, suite.kem_public(KEM), draw("fresh"))


def test_what_a_newer_version_says_is_no_body_of_ours() -> None:
    assert letter.body_of(Letter(LOG, b"", None, (), canonical.encode((99, "x")), b"")) is None


@given(st.binary(max_size=3_000))
def test_garbage_is_no_letter(data: bytes) -> None:
    with pytest.raises(PeerError):
        letter.unseal(data, SECRET, KEM)


def asking() -> Enrolment:
    unsigned = Enrolment(
        *(ALIAS.sign.public, suite.kem_public(ALIAS.kem), "Ada", ALIAS.secret, draw("owner")),
        *(bytes(16), bytes(64)),
    )
    return programme.sign_enrolment(ALIAS.sign, unsigned, LOG, bytes(16), PHONE.person.id)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        pytest.param({"name": "Eve"}, BadSignatureError, id="another name"),
        pytest.param({"secret": draw("other")}, BadSignatureError, id="another box"),
        pytest.param({"kem": suite.kem_public(KEM)}, BadSignatureError, id="another KEM key"),
        pytest.param({"sign": draw("other")}, BadSignatureError, id="another key"),
        pytest.param({"sign": bytes(32)}, BadSignatureError, id="a key of small order"),
    ],
)
def test_an_enrolment_that_was_changed_is_refused(
    changed: dict[str, bytes], refusal: type[PeerError]
) -> None:
    place = (LOG, bytes(16), PHONE.person.id)
    programme.check_enrolment(asking(), *place)

    with pytest.raises(refusal):
        programme.check_enrolment(msgspec.structs.replace(asking(), **changed), *place)


@pytest.mark.parametrize("moved", [(draw("other"), bytes(16)), (LOG, b"x" * 16)])
def test_an_enrolment_counts_for_no_other_code(moved: tuple[bytes, bytes]) -> None:
    with pytest.raises(BadSignatureError):
        programme.check_enrolment(asking(), *moved, PHONE.person.id)


def test_nobody_is_enrolled_to_whom_nothing_can_be_sealed() -> None:
    dumb = msgspec.structs.replace(asking(), kem=b"\xff" * 1_216)
    signed = programme.sign_enrolment(ALIAS.sign, dumb, LOG, bytes(16), PHONE.person.id)

    with pytest.raises(MalformedError):
        programme.check_enrolment(signed, LOG, bytes(16), PHONE.person.id)


def test_a_reader_secret_tells_neither_the_epoch_s_nor_another_log_s() -> None:
    epoch = draw("epoch")
    reader = programme.reader_secret(epoch, LOG)
    own = programme.epoch_tokens(epoch, LOG, "https://relay.example")

    assert reader != programme.reader_secret(epoch, draw("other"))
    derived = mailbox.tokens(reader, LOG, "https://relay.example")
    assert derived.read == own.read
    assert derived.write != own.write
