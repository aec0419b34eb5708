"""Shares are sealed for one reader, one direction and one task, to the letter."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from inglenook_schema import dap
from inglenook_schema.dap import sealing
from inglenook_schema.errors import (
    CallerError,
    MalformedError,
    MalformedMessageError,
    WrongKeyError,
)
from inglenook_schema.suite import KemKey

LEADER, HELPER, CLIENT = dap.Role.LEADER, dap.Role.HELPER, dap.Role.CLIENT
KEY = KemKey(hashlib.shake_256(b"an operator").digest(96))
CONFIG = sealing.hpke_config(7, KEY.public)
TASK = dap.TaskConfiguration(
    *(b"Did you meet this month?", b"https://relay.example", b"https://witness.example"),
    *(dap.TimePrecision(3600), 10, dap.BatchModeCode(2), b"", dap.VdafType(1), b"", ()),
)
AAD = dap.InputShareAad(
    dap.TaskID(bytes(32)),
    TASK,
    dap.ReportMetadata(dap.ReportID(bytes(16)), dap.Time(5), ()),
    b"public share",
)
SHARE = dap.PlaintextInputShare((), b"input share")
ASKED = dap.CollectionJobReq(dap.Query(dap.BatchMode.LEADER_SELECTED, b""), b"", ())
SUM_AAD = dap.AggregateShareAad(dap.TaskID(bytes(32)), TASK, ASKED)


def replaced(message: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(message, **changes)


@pytest.mark.parametrize("role", [LEADER, HELPER])
def test_an_input_share_opens_for_its_aggregator(role: dap.Role) -> None:
    sealed = sealing.seal_input_share(CONFIG, role, AAD, SHARE)

    assert sealed.config_id == 7
    assert sealing.open_input_share(KEY, 7, role, AAD, sealed) == SHARE


@pytest.mark.parametrize("role", [LEADER, HELPER])
def test_an_aggregate_share_opens_for_the_collector(role: dap.Role) -> None:
    sealed = sealing.seal_aggregate_share(CONFIG, role, SUM_AAD, b"sum")

    assert sealing.open_aggregate_share(KEY, 7, role, SUM_AAD, sealed) == b"sum"


@pytest.mark.parametrize(
    "aad",
    [
        pytest.param(
            replaced(AAD, task_configuration=replaced(TASK, task_info=b"Did you meet this week?")),
            id="one word of the question",
        ),
        pytest.param(
            replaced(AAD, task_configuration=replaced(TASK, min_batch_size=9)), id="another k"
        ),
        pytest.param(
            replaced(
                AAD, task_configuration=replaced(TASK, helper_aggregator_endpoint=b"https://relay")
            ),
            id="another operator",
        ),
        pytest.param(replaced(AAD, task_id=dap.TaskID(b"\1" * 32)), id="another task"),
        pytest.param(
            replaced(AAD, report_metadata=replaced(AAD.report_metadata, time=dap.Time(6))),
            id="another time",
        ),
        pytest.param(replaced(AAD, public_share=b"other"), id="another public share"),
    ],
)
def test_an_input_share_does_not_open_under_anything_else(aad: dap.InputShareAad) -> None:
    sealed = sealing.seal_input_share(CONFIG, LEADER, AAD, SHARE)

    with pytest.raises(WrongKeyError):
        sealing.open_input_share(KEY, 7, LEADER, aad, sealed)


def test_a_share_does_not_open_in_the_other_s_place() -> None:
    sealed = sealing.seal_input_share(CONFIG, LEADER, AAD, SHARE)
    summed = sealing.seal_aggregate_share(CONFIG, LEADER, SUM_AAD, b"sum")

    with pytest.raises(WrongKeyError):
        sealing.open_input_share(KEY, 7, HELPER, AAD, sealed)
    with pytest.raises(WrongKeyError):
        sealing.open_input_share(KEY, 8, LEADER, AAD, sealed)
    with pytest.raises(WrongKeyError):
        sealing.open_aggregate_share(KEY, 7, HELPER, SUM_AAD, summed)


def test_a_sum_does_not_open_under_another_request() -> None:
    sealed = sealing.seal_aggregate_share(CONFIG, LEADER, SUM_AAD, b"sum")
    other = replaced(SUM_AAD, collection_job_req=replaced(ASKED, agg_param=b"x"))

    with pytest.raises(WrongKeyError):
        sealing.open_aggregate_share(KEY, 7, LEADER, other, sealed)


@pytest.mark.parametrize("role", [CLIENT, dap.Role.COLLECTOR])
def test_only_aggregators_hold_shares(role: dap.Role) -> None:
    with pytest.raises(CallerError):
        sealing.seal_input_share(CONFIG, role, AAD, SHARE)


@pytest.mark.parametrize(
    ("config", "error"),
    [
        pytest.param(
            replaced(CONFIG, kem_id=dap.HpkeKemId(0x20)), MalformedMessageError, id="other KEM"
        ),
        pytest.param(
            replaced(CONFIG, aead_id=dap.HpkeAeadId(1)), MalformedMessageError, id="other AEAD"
        ),
        pytest.param(replaced(CONFIG, public_key=b""), MalformedError, id="no key"),
        pytest.param(replaced(CONFIG, public_key=b"\xff" * 1216), MalformedError, id="bad key"),
    ],
)
def test_a_key_that_is_not_of_the_suite_is_refused(
    config: dap.HpkeConfig, error: type[Exception]
) -> None:
    with pytest.raises(error):
        sealing.seal_input_share(config, LEADER, AAD, SHARE)


def test_what_was_sealed_must_be_an_input_share() -> None:
    sealed = sealing.seal_input_share(CONFIG, LEADER, AAD, SHARE)
    text = sealing._seal(CONFIG, sealing._input_info(LEADER), dap.encode(AAD), b"\xff")

    assert sealing.open_input_share(KEY, 7, LEADER, AAD, sealed) == SHARE
    with pytest.raises(MalformedMessageError):
        sealing.open_input_share(KEY, 7, LEADER, AAD, text)
