import pytest

from harness.strategies_schema import device, seeded
from inglenook_schema import canonical, control, epoch, keys, suite
from inglenook_schema.errors import WrongKeyError

LOG, E = seeded("log"), seeded("E")
COMMITTED = epoch.commitment(LOG, E)
LAPTOP, TABLET, PHONE = device(), device("Ada", "tablet", "laptop"), device("Ben", "phone")


def test_a_commitment_binds_log_and_secret() -> None:
    assert epoch.commitment(LOG, E) == COMMITTED
    others = {epoch.commitment(seeded("other"), E), epoch.commitment(LOG, seeded("other"))}
    assert COMMITTED not in others


@pytest.fixture(scope="module")
def wraps() -> control.Wraps:
    return epoch.wrap(E, LOG, [LAPTOP.kem_public, PHONE.kem_public, PHONE.kem_public])


def test_each_recipient_opens_their_own_wrap(wraps: control.Wraps) -> None:
    assert epoch.unwrap(wraps, LAPTOP.kem, LOG, COMMITTED) == E
    assert epoch.unwrap(wraps, PHONE.kem, LOG, COMMITTED) == E


def test_there_is_one_wrap_a_key_in_rising_order(wraps: control.Wraps) -> None:
    names = [name for name, _ in wraps]

    assert names == sorted({keys.kem_hash(each.kem_public) for each in (LAPTOP, PHONE)})
    raw = canonical.encode(wraps)
    assert canonical.decode(raw, control.Wraps) == wraps  # type: ignore[arg-type]


def test_who_was_left_out_opens_nothing(wraps: control.Wraps) -> None:
    with pytest.raises(WrongKeyError, match="left out"):
        epoch.unwrap(wraps, TABLET.kem, LOG, COMMITTED)


def test_anothers_wrap_under_ones_own_name_does_not_open(wraps: control.Wraps) -> None:
    (one, first), (two, second) = wraps
    swapped = ((one, second), (two, first))

    for recipient in (LAPTOP, PHONE):
        with pytest.raises(WrongKeyError):
            epoch.unwrap(swapped, recipient.kem, LOG, COMMITTED)


def test_a_wrap_opens_in_no_other_log_and_no_other_epoch(wraps: control.Wraps) -> None:
    with pytest.raises(WrongKeyError):
        epoch.unwrap(wraps, LAPTOP.kem, seeded("other"), COMMITTED)
    with pytest.raises(WrongKeyError):
        epoch.unwrap(wraps, LAPTOP.kem, LOG, epoch.commitment(LOG, seeded("other")))


def test_a_secret_that_was_not_committed_to_is_refused() -> None:
    name = keys.kem_hash(LAPTOP.kem_public)
    info = suite.domain("wrap") + b"\1" + LOG + COMMITTED + name
    for secret in (seeded("another"), E[:31], E + b"\0", b""):
        forged = ((name, suite.hpke_seal(LAPTOP.kem_public, secret, info)),)
        with pytest.raises(WrongKeyError, match="did not fit"):
            epoch.unwrap(forged, LAPTOP.kem, LOG, COMMITTED)


def test_whoever_announces_an_unusable_key_keeps_nobody_out() -> None:
    unusable = [b"\xff" * 1216, LAPTOP.kem_public[:-32] + bytes(32)]

    made = epoch.wrap(E, LOG, [*unusable, PHONE.kem_public])

    assert len(made) == 1
    assert epoch.unwrap(made, PHONE.kem, LOG, COMMITTED) == E
