"""Our sums against vectors of our own, made by code that shares nothing with ours."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.prio3_vectors import TYPES, differences
from inglenook_schema import blindrsa, dap
from inglenook_schema.dap.codec import Message
from inglenook_schema.errors import MalformedMessageError
from inglenook_schema.prio3 import xof
from inglenook_schema.prio3.field import FIELD128
from vectors import generate_sums

FOLDER = Path(__file__).parent / "sums"


@cache
def load(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


def cases(name: str, *label: str) -> list[Any]:
    """Each case of a file, under what names it."""
    found = load(name)
    return [
        pytest.param(case, id=" ".join([str(number), *(str(case[key]) for key in label)]))
        for number, case in enumerate(found)
    ]


def test_the_committed_files_are_what_the_generator_makes() -> None:
    made = generate_sums.files()

    assert sorted(made) == sorted(path.name for path in FOLDER.iterdir())
    assert [name for name, text in made.items() if (FOLDER / name).read_text() != text] == []


# --- Prio3 -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("prio3.json", "type"))
def test_a_batch_from_answers_to_result_is_the_vectors(case: dict[str, Any]) -> None:
    assert differences(case["type"], case) == []


@pytest.mark.parametrize("case", cases("prio3_refused.json", "label"))
def test_what_is_no_report_is_refused_where_the_vector_says(case: dict[str, Any]) -> None:
    assert [step["success"] for step in case["operations"]].count(False) >= 1
    assert differences(case["type"], case) == []


def test_all_types_have_vectors() -> None:
    assert {case["type"] for case in load("prio3.json")} == set(TYPES)


@pytest.mark.parametrize("case", load("xof.json"))
def test_the_xof_gives_seeds_and_vectors_of_any_tag(case: dict[str, str]) -> None:
    given = {name: bytes.fromhex(text) for name, text in case.items()}
    front = xof.head(given["dst"])
    size = min(32, len(given["out"]))

    assert xof.seed(front, given["seed"], given["binder"])[:size] == given["out"][:size]
    length = len(given["out"]) // 16
    found, raw = xof.vector(FIELD128, front, given["seed"], given["binder"], length)
    assert raw == given["out"][: 16 * length]
    assert FIELD128.encode(found) == raw


# --- DAP -------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A message as plain numbers, hex, lists and dicts."""
    match value:
        case Message():
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        case tuple():
            return [plain(each) for each in value]
        case bytes():
            return value.hex()
        case int():
            return int(value)
        case _:
            return value


@pytest.mark.parametrize("case", cases("dap.json", "type"))
def test_a_message_has_the_fields_and_the_bytes_of_the_vector(case: dict[str, Any]) -> None:
    kind, data = getattr(dap, case["type"]), bytes.fromhex(case["hex"])

    message = dap.decode(kind, data)

    assert type(message) is kind
    assert plain(message) == case["value"]
    assert dap.encode(message) == data


@pytest.mark.parametrize("case", cases("dap_refused.json", "type", "why"))
def test_what_is_no_message_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(MalformedMessageError):
        dap.decode(getattr(dap, case["type"]), bytes.fromhex(case["hex"]))


# --- blind RSA -------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("blindrsa.json", "name"))
def test_a_blind_signature_is_the_vectors(case: dict[str, str]) -> None:
    given = {name: bytes.fromhex(text) for name, text in case.items() if name != "name"}
    public, salt_length = given["public"], len(given["salt"])

    message = blindrsa.prepare(given["input_msg"], given["prefix"])
    assert message == given["msg"]
    blinded = blindrsa.blind(public, message, given["inv"], given["salt"])
    assert blinded == given["blinded_msg"]
    assert blindrsa.blind_sign(given["private"], blinded) == given["blind_sig"]
    done = blindrsa.finalize(public, message, given["blind_sig"], given["inv"], salt_length)
    assert done == given["sig"]
    assert blindrsa.finalize(public, message, given["blind_sig"], given["inv"]) == done
