"""DAP's messages field by field with the draft's tables, and what encoding refuses."""

from __future__ import annotations

import typing
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inglenook_schema import dap
from inglenook_schema.dap import codec
from inglenook_schema.dap.codec import (
    Code,
    Fixed,
    Message,
    Name,
    Number,
    Opaque,
    Rest,
    Uint,
    Vector,
)
from inglenook_schema.errors import CallerError, InglenookError, InvalidReportError
from vectors.naive_dap import ALIASES, TABLES


def form(kind: Any) -> str:
    """A type of ours in the words of the tables."""
    for mark in getattr(kind, "__metadata__", ()):
        match mark:
            case Uint(size):
                return f"u{size}"
            case Fixed(size):
                return f"b{size}"
            case Opaque(prefix, least):
                return f"o{prefix}" + "+" * least
            case Vector(prefix, least):
                more = f"+{least}" if least else ""
                return f"[{element(kind)}]{prefix}{more}"
            case Rest():
                return f"[{element(kind)}]"
    if issubclass(kind, Number) and kind.__name__ not in ALIASES:
        return f"u{kind.SIZE}"
    return str(kind.__name__)


def element(kind: Any) -> str:
    return str(typing.get_args(typing.get_args(kind)[0])[0].__name__)


@pytest.mark.parametrize("name", TABLES)
def test_a_message_has_the_draft_s_fields_in_the_draft_s_order_and_form(name: str) -> None:
    kind = getattr(dap, name)
    hints = typing.get_type_hints(kind, include_extras=True)

    found = {field: form(hints[field]) for field in kind.__struct_fields__}

    assert found == TABLES[name]
    assert list(found) == list(TABLES[name])


@pytest.mark.parametrize("name", ALIASES)
def test_a_named_type_has_the_draft_s_size_or_values(name: str) -> None:
    kind, drawn = getattr(dap, name), ALIASES[name]

    if issubclass(kind, Code):
        assert sorted(kind) == [int(each) for each in drawn[3:].split(",")]
    else:
        assert drawn == ("b" if issubclass(kind, Name) else "u") + str(kind.SIZE)


def test_the_codes_have_the_draft_s_names() -> None:
    assert [role.name.lower() for role in dap.Role] == ["collector", "client", "leader", "helper"]
    assert [error.name.lower() for error in dap.ReportError] == [
        *("reserved", "batch_collected", "report_replayed", "report_dropped"),
        *("hpke_unknown_config_id", "hpke_decrypt_error", "vdaf_verify_error", "task_expired"),
        *("invalid_message", "report_too_early", "task_not_started", "outdated_config"),
    ]
    assert [kind.name.lower() for kind in dap.VerifyRespType] == ["continue", "finish", "reject"]
    assert [mode.name.lower() for mode in dap.BatchMode] == ["time_interval", "leader_selected"]
    assert (dap.TASK_INTERVAL, dap.LEADER_SELECTED_BATCH_ID) == (1, 1)


def test_every_message_is_in_a_table() -> None:
    ours = {
        name
        for name in dap.__all__
        if isinstance(getattr(dap, name), type) and issubclass(getattr(dap, name), Message)
    }
    assert ours - set(TABLES) == {"BatchConfig", "VdafConfig", "VerifyResp"}


METADATA = dap.ReportMetadata(dap.ReportID(bytes(16)), dap.Time(7), ())
SEALED = dap.HpkeCiphertext(dap.HpkeConfigId(1), b"enc", b"payload")


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(dap.TaskID(b"short"), id="id too short"),
        pytest.param(dap.Time(-1), id="time below zero"),
        pytest.param(dap.HpkeConfigId(256), id="number too large"),
        pytest.param(msgspec.structs.replace(SEALED, enc=b""), id="empty enc"),
        pytest.param(dap.PlaintextInputShare((), b""), id="empty payload"),
        pytest.param(
            dap.PlaintextInputShare((dap.Extension(dap.ExtensionType(1), bytes(65536)),), b"x"),
            id="extension too long",
        ),
        pytest.param(
            dap.VerifyResp(dap.ReportID(bytes(16)), dap.VerifyRespType.FINISH, payload=b"x"),
            id="a payload that is no part of it",
        ),
        pytest.param(
            dap.VerifyResp(dap.ReportID(bytes(16)), dap.VerifyRespType.REJECT),
            id="a refusal without a reason",
        ),
        pytest.param(
            dap.Query(1, b""),  # type: ignore[arg-type]
            id="a code that is a number",
        ),
        pytest.param(
            dap.Report(METADATA, "text", SEALED, SEALED),  # type: ignore[arg-type]
            id="text",
        ),
        pytest.param(
            dap.Report(SEALED, b"", SEALED, SEALED),  # type: ignore[arg-type]
            id="another message",
        ),
        pytest.param(
            dap.AggregationJobInitReq(
                *(0, b""),
                (dap.AggregationJobExtension(dap.AggregationJobExtensionType(1), b""),) * 2,
                (),
            ),
            id="an extension twice",
        ),
    ],
)
def test_what_is_out_of_range_is_not_encoded(message: Any) -> None:
    with pytest.raises(CallerError):
        dap.encode(message)


def test_what_is_no_message_has_no_form() -> None:
    with pytest.raises(CallerError):
        codec.encode(3)  # type: ignore[arg-type]


@given(st.sampled_from([*TABLES, *ALIASES, "VerifyResp"]), st.binary(max_size=200))
def test_any_bytes_are_a_message_that_encodes_to_them_or_an_error_of_ours(
    name: str, data: bytes
) -> None:
    try:
        message = dap.decode(getattr(dap, name), data)
    except InglenookError:
        return
    assert dap.encode(message) == data


# --- a report's extensions -------------------------------------------------------------


def share_with(*types: int) -> dap.PlaintextInputShare:
    return dap.PlaintextInputShare(extensions(*types), b"share")


def extensions(*types: int) -> tuple[dap.Extension, ...]:
    return tuple(dap.Extension(dap.ExtensionType(each), b"") for each in types)


@pytest.mark.parametrize(
    ("public", "private"),
    [
        pytest.param([9], [], id="unknown"),
        pytest.param([1], [1], id="public and private"),
        pytest.param([2, 1], [], id="public out of order"),
        pytest.param([], [3, 2], id="private out of order"),
        pytest.param([], [2, 2], id="twice"),
    ],
)
def test_a_report_s_extensions_are_judged_by_themselves(
    public: list[int], private: list[int]
) -> None:
    metadata = msgspec.structs.replace(METADATA, public_extensions=extensions(*public))
    assert dap.decode(dap.ReportMetadata, dap.encode(metadata)) == metadata

    with pytest.raises(InvalidReportError):
        dap.check_extensions(metadata, share_with(*private), frozenset({1, 2, 3}))


def test_a_report_may_have_extensions_that_are_known() -> None:
    metadata = msgspec.structs.replace(METADATA, public_extensions=extensions(1, 3))
    dap.check_extensions(metadata, share_with(2), frozenset({1, 2, 3}))


@pytest.mark.parametrize(("types", "expected"), [([1, 2], True), ([2, 1], False), ([1, 1], False)])
def test_a_collection_s_extensions_out_of_order_decode_and_tell(
    types: list[int], expected: bool
) -> None:
    listed = tuple(
        dap.CollectionJobExtension(dap.CollectionJobExtensionType(each), b"") for each in types
    )
    request = dap.CollectionJobReq(dap.Query(dap.BatchMode.LEADER_SELECTED, b""), b"", listed)

    read = dap.decode(dap.CollectionJobReq, dap.encode(request))

    assert read.extensions_in_order() is expected
