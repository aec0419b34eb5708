import msgspec
import pytest

from harness.strategies_schema import device, seeded
from inglenook_schema import canonical, keys, suite
from inglenook_schema.errors import BadCertificateError, MalformedError, UnsupportedSuiteError
from inglenook_schema.keys import Certificate

LAPTOP, TABLET = device(), device("Ada", "tablet", "laptop")
WATCH = device("Ada", "watch", "laptop", "tablet")
PHONE = device("Ben", "phone")
SMALL_ORDER = b"\1" + bytes(31)


def test_root_keys_come_from_the_recovery_key_alone() -> None:
    one, two = keys.root(seeded("R")), keys.root(seeded("R"))

    assert one.public == two.public
    assert keys.root(seeded("R2")).public != one.public
    assert len({one.sign.seed, one.kem[:32], one.kem[64:], keys.recovery_secret(seeded("R"))}) == 4


def test_a_person_is_named_by_both_root_keys() -> None:
    ada, ben = LAPTOP.person, PHONE.person
    mixed = [keys.Person(ada.sign, ben.kem), keys.Person(ben.sign, ada.kem)]
    assert len({person.id for person in (ada, ben, *mixed)}) == 4


@pytest.mark.parametrize("made", [LAPTOP, TABLET, WATCH, PHONE])
def test_a_chain_of_certificates_leads_from_the_person_to_the_device(made: object) -> None:
    assert isinstance(made, type(LAPTOP))
    last = keys.check_chain(made.certificates, made.person)

    assert last == made.certificates[-1]
    assert last.device == keys.device_id(made.sign.public)


def issued(**changes: object) -> Certificate:
    """The tablet's certificate with other fields, properly signed by the laptop."""
    cert = msgspec.structs.replace(TABLET.certificates[-1], **changes)
    fields = tuple(getattr(cert, name) for name in Certificate.__struct_fields__[:-1])
    message = suite.domain("cert") + canonical.encode(fields)
    return msgspec.structs.replace(cert, signature=LAPTOP.sign.sign(message))


ROOTED = LAPTOP.certificates[0]


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param((), id="none"),
        pytest.param(PHONE.certificates, id="another person's"),
        pytest.param(TABLET.certificates[1:], id="without the root's"),
        pytest.param(TABLET.certificates[::-1], id="in the wrong order"),
        pytest.param((ROOTED, ROOTED), id="one twice"),
        pytest.param((ROOTED, *WATCH.certificates[2:]), id="one left out"),
        pytest.param((ROOTED, issued(rank=1)), id="rank as the issuer's"),
        pytest.param((ROOTED, issued(person=PHONE.person.id)), id="person"),
        pytest.param((ROOTED, issued(issuer=TABLET.id)), id="issued by itself"),
        pytest.param((ROOTED, issued(issuer=LAPTOP.person.id)), id="issuer the root"),
        pytest.param((ROOTED, issued(device=LAPTOP.id)), id="id of another key"),
        pytest.param((ROOTED, issued(sign=PHONE.sign.public)), id="key of another id"),
        pytest.param(
            (ROOTED, issued(sign=SMALL_ORDER, device=keys.device_id(SMALL_ORDER))),
            id="key of small order",
        ),
        pytest.param(
            (ROOTED, msgspec.structs.replace(TABLET.certificates[1], rank=9)), id="altered rank"
        ),
        pytest.param(
            (ROOTED, msgspec.structs.replace(TABLET.certificates[1], kem=PHONE.kem_public)),
            id="altered KEM key",
        ),
        pytest.param(WATCH.certificates * 6, id="18 of them"),
    ],
)
def test_a_chain_that_leads_elsewhere_is_refused(chain: tuple[Certificate, ...]) -> None:
    with pytest.raises(BadCertificateError):
        keys.check_chain(chain, LAPTOP.person)


def test_another_suite_is_told_apart() -> None:
    with pytest.raises(UnsupportedSuiteError):
        keys.check_chain((ROOTED, issued(suite=2)), LAPTOP.person)


def test_a_certificate_that_was_properly_signed_again_is_taken() -> None:
    # What the table above relies on: only the named field is wrong there.
    assert keys.check_chain((ROOTED, issued()), LAPTOP.person) == TABLET.certificates[-1]


@pytest.mark.parametrize("field", Certificate.__struct_fields__)
def test_every_field_of_a_certificate_is_signed(field: str) -> None:
    other = {
        "suite": 2,
        "person": PHONE.person.id,
        "device": PHONE.id,
        "sign": PHONE.sign.public,
        "kem": PHONE.kem_public,
        "rank": 7,
        "issuer": PHONE.id,
        "signature": seeded("no", 64),
    }
    changed = msgspec.structs.replace(TABLET.certificates[1], **{field: other[field]})
    with pytest.raises((BadCertificateError, UnsupportedSuiteError)):
        keys.check_chain((ROOTED, changed), LAPTOP.person)


def test_16_devices_may_vouch_for_one_another_and_not_one_more() -> None:
    names = [f"device {number}" for number in range(17)]
    most, more = (device("Ada", names[n], *names[:n]) for n in (15, 16))

    assert keys.check_chain(most.certificates, LAPTOP.person) == most.certificates[-1]
    with pytest.raises(BadCertificateError):
        keys.check_chain(more.certificates, LAPTOP.person)


@pytest.mark.parametrize("rank", [0, 2**32])
def test_a_rank_outside_its_range_cannot_be_read(rank: int) -> None:
    raw = canonical.encode(msgspec.structs.replace(ROOTED, rank=rank))
    with pytest.raises(MalformedError):
        canonical.decode(raw, Certificate)


def test_a_certificate_is_the_same_when_issued_again() -> None:
    again = keys.issue(
        LAPTOP.sign, LAPTOP.id, LAPTOP.person.id, TABLET.sign.public, TABLET.kem_public, 2
    )
    assert again == TABLET.certificates[1]


def test_devices_and_kem_keys_have_names_of_their_own() -> None:
    assert len({LAPTOP.id, TABLET.id, WATCH.id, PHONE.id}) == 4
    assert len({keys.kem_hash(each.kem_public) for each in (LAPTOP, TABLET, PHONE)}) == 3
