from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategies_schema import REFS, WRAPS, ascending, device, seeded, spoiled, widened
from inglenook_schema import control, invite
from inglenook_schema.control import (
    AddPerson,
    Close,
    Erase,
    Genesis,
    LogType,
    Member,
    Open,
    Reason,
    RefreshKem,
    RemoveDevice,
    RemovePerson,
    Rotate,
)
from inglenook_schema.errors import MalformedEventError
from inglenook_schema.ids import ZERO_ID

ADA, BEN = device(), device("Ben", "phone")
KNOCK = invite.Knock(
    BEN.person,
    BEN.certificates,
    invite.DeviceKeys(BEN.sign.public, BEN.kem_public, "phone"),
    "Ben",
    seeded("nonce", 16),
    seeded("consent", 64),
)
GENESIS = Genesis(1, LogType.PAIR, ADA.person, "mentee", b"", b"", ADA.certificates)
FOLDER = "folder:" + "5a" * 16
ROTATE = Rotate(
    1, 1, tuple(sorted((seeded(1), seeded(2)))), seeded("c"), ("https://a",), seeded("w"), 3
)
Decode = Callable[[bytes], Any]
PAYLOADS: list[tuple[Decode, object]] = [
    (control.decode_genesis, GENESIS),
    (
        control.decode_genesis,
        msgspec.structs.replace(
            GENESIS, type=LogType.JOURNAL, secret=seeded("s"), predecessor=seeded("p")
        ),
    ),
    (control.decode_open, Open(ADA.person, ADA.certificates, "laptop", 0)),
    (control.decode_member, AddPerson("mentor", KNOCK, seeded("offer", 16))),
    (control.decode_member, RemovePerson(BEN.person.id)),
    (control.decode_member, RemoveDevice(BEN.id, b"")),
    (control.decode_member, RemoveDevice(BEN.id, seeded("root", 64))),
    (control.decode_member, RefreshKem(BEN.kem_public)),
    (control.decode_member, Close()),
    (control.decode_member, Close(1_760_000_000_000)),
    (control.decode_rotate, ROTATE),
    (control.decode_rotate, control.first_rotate(seeded("c"), ("https://a",), 1)),
    (control.decode_erase, Erase((seeded(1), seeded(2)))),
]
IDS = [type(payload).__name__ for _, payload in PAYLOADS]


@pytest.mark.parametrize(("decode", "payload"), PAYLOADS, ids=IDS)
def test_a_payload_comes_back_as_it_went(decode: Decode, payload: object) -> None:
    assert decode(control.encode(payload)) == payload


@pytest.mark.parametrize(("decode", "payload"), PAYLOADS, ids=IDS)
def test_no_longer_spelling_of_a_payload_is_taken(decode: Decode, payload: object) -> None:
    for data in widened(control.encode(payload)):
        with pytest.raises(MalformedEventError):
            decode(data)


@given(st.data())
def test_any_bytes_are_a_payload_in_its_one_encoding_or_our_error(data: st.DataObject) -> None:
    decode, payload = data.draw(st.sampled_from(PAYLOADS))
    raw = data.draw(spoiled(st.just(control.encode(payload))) | st.binary(max_size=50))
    try:
        found = decode(raw)
    except MalformedEventError:
        return
    assert control.encode(found) == raw


def replaced(payload: object, **changes: object) -> object:
    return msgspec.structs.replace(payload, **changes)


@pytest.mark.parametrize(
    ("decode", "payload"),
    [
        pytest.param(
            control.decode_genesis, replaced(GENESIS, secret=seeded("s")), id="secret in a pair"
        ),
        pytest.param(
            control.decode_genesis, replaced(GENESIS, type=LogType.JOURNAL), id="journal without"
        ),
        pytest.param(
            control.decode_genesis,
            replaced(GENESIS, type=LogType.JOURNAL, secret=b"s" * 31),
            id="secret of 31",
        ),
        pytest.param(
            control.decode_genesis, replaced(GENESIS, predecessor=b"p" * 16), id="predecessor of 16"
        ),
        pytest.param(control.decode_genesis, replaced(GENESIS, role="x" * 65), id="long role"),
        pytest.param(
            control.decode_genesis, replaced(GENESIS, certificates=()), id="no certificates"
        ),
        pytest.param(
            control.decode_open,
            Open(ADA.person, ADA.certificates * 17, "", 0),
            id="17 certificates",
        ),
        pytest.param(
            control.decode_member, RemoveDevice(BEN.id, bytes(63)), id="half a root signature"
        ),
        pytest.param(control.decode_member, [6], id="an act of a later version"),
        pytest.param(control.decode_member, [0], id="no act"),
        pytest.param(control.decode_member, [5], id="a close without a time"),
        pytest.param(control.decode_member, [5, 5, 5], id="a close with more"),
        pytest.param(
            control.decode_rotate,
            replaced(ROTATE, parents=ROTATE.parents[::-1]),
            id="parents out of order",
        ),
        pytest.param(
            control.decode_rotate, replaced(ROTATE, parents=ROTATE.parents[:1] * 2), id="twice"
        ),
        pytest.param(
            control.decode_rotate, replaced(ROTATE, relays=("https://a",) * 9), id="nine relays"
        ),
        pytest.param(
            control.decode_rotate, replaced(ROTATE, relays=("https://A",)), id="another spelling"
        ),
        pytest.param(
            control.decode_rotate, replaced(ROTATE, relays=(FOLDER,)), id="a folder for a relay"
        ),
        pytest.param(control.decode_erase, Erase(()), id="nothing to erase"),
        pytest.param(control.decode_erase, Erase((seeded(1),) * 65), id="65 targets"),
    ],
)
def test_a_payload_that_is_not_as_it_must_be_is_refused(decode: Decode, payload: object) -> None:
    with pytest.raises(MalformedEventError):
        decode(control.encode(payload))


def test_the_first_rotate_has_no_parents_and_no_wraps() -> None:
    first = control.first_rotate(seeded("c"), ("https://a",), 1)

    assert first.parents == ()
    assert first.wraps == control.wraps_hash(())
    assert first.reason == Reason.START


@given(WRAPS, WRAPS)
def test_a_rotate_names_its_wraps(one: control.Wraps, two: control.Wraps) -> None:
    assert (control.wraps_hash(one) == control.wraps_hash(two)) == (one == two)


@given(ascending(REFS, 3), ascending(REFS, 3))
def test_a_root_signs_the_cut_with_the_removal(
    one: tuple[control.Ref, ...], two: tuple[control.Ref, ...]
) -> None:
    messages = [
        control.root_act(seeded("log"), BEN.id, seeded("prev"), refs) for refs in (one, two)
    ]
    assert (messages[0] == messages[1]) == (one == two)


def test_a_root_signature_is_for_one_log_device_and_place() -> None:
    good = (seeded("log"), BEN.id, seeded("prev"), ())
    messages = {
        control.root_act(*good),
        control.root_act(seeded("other"), *good[1:]),
        control.root_act(good[0], ADA.id, *good[2:]),
        control.root_act(*good[:2], seeded("earlier"), ()),
        control.root_act(*good[:2], ZERO_ID, ()),
    }
    assert len(messages) == 5


def test_every_act_of_the_union_has_a_number_of_its_own() -> None:
    acts = Member.__args__  # type: ignore[attr-defined]
    tags = [act.__struct_config__.tag for act in acts]
    assert sorted(tags) == [1, 2, 3, 4, 5]
