import pytest

from harness.strategies_schema import device, seeded
from inglenook_schema import seal
from inglenook_schema.errors import BadSignatureError

LOG, EVENT = seeded("log"), seeded("event")


def test_a_seal_fits_its_device_log_and_event() -> None:
    ada = device()
    seal.check(ada.sign.public, seal.make(ada.sign, LOG, EVENT), LOG, EVENT)


def test_a_seal_fits_no_other_device_log_or_event() -> None:
    ada, ben = device(), device("Ben", "phone")
    made = seal.make(ada.sign, LOG, EVENT)

    for public, log, event in (
        (ben.sign.public, LOG, EVENT),
        (ada.sign.public, seeded("other"), EVENT),
        (ada.sign.public, LOG, seeded("other")),
        (ada.sign.public, EVENT, LOG),
    ):
        with pytest.raises(BadSignatureError):
            seal.check(public, made, log, event)


def test_a_seal_is_made_the_same_again() -> None:
    assert seal.make(device().sign, LOG, EVENT) == seal.make(device().sign, LOG, EVENT)
