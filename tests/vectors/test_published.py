"""Our code against the standards' own vectors, which lie outside the repository.

``INGLENOOK_VECTORS`` names their folder. Whatever is in ``vdaf/``, ``dap/`` and
``rfc9474/`` there is run, so more vectors need no more code.
"""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from harness.prio3_vectors import TYPES, differences
from harness.require import require
from inglenook_schema import blindrsa, dap
from inglenook_schema.dap.basic import Extension
from inglenook_schema.dap.codec import Message, Vector
from inglenook_schema.errors import InglenookError, MalformedMessageError
from inglenook_schema.prio3 import xof
from inglenook_schema.prio3.field import FIELD128

FOLDER = Path(os.environ.get("INGLENOOK_VECTORS") or "/nonexistent")
require(
    "vectors",
    FOLDER.is_dir(),
    "INGLENOOK_VECTORS does not name a folder of the standards' published vectors",
)


def read(*path: str) -> Any:
    return json.loads(FOLDER.joinpath(*path).read_text())


def prio3_files() -> list[Any]:
    """Every file of a type that is ours."""
    found = [(path.stem.split("_")[0], path) for path in sorted(FOLDER.glob("vdaf/**/*.json"))]
    return [pytest.param(name, path, id=path.stem) for name, path in found if name in TYPES]


@pytest.mark.parametrize(("name", "path"), prio3_files())
def test_prio3_does_what_the_vector_says(name: str, path: Path) -> None:
    assert differences(name, json.loads(path.read_text())) == []


def test_the_xof_gives_the_published_seed_and_vector() -> None:
    vector = read("vdaf", "XofTurboShake128.json")
    front = xof.head(bytes.fromhex(vector["dst"]))
    seed, binder = bytes.fromhex(vector["seed"]), bytes.fromhex(vector["binder"])

    assert xof.seed(front, seed, binder).hex() == vector["derived_seed"]
    expanded = xof.vector(FIELD128, front, seed, binder, vector["length"])[1]
    assert expanded.hex() == vector["expanded_vec_field128"]


# --- DAP -------------------------------------------------------------------------------

NAMES = {
    "task_id": dap.TaskID,
    "report_id": dap.ReportID,
    "batch_id": dap.BatchID,
    "report_share_error": dap.ReportError,
}
"""Where a vector's name is not the draft's."""


def kind_of(name: str) -> Any:
    """The type that a vector's name means; AttributeError where we have none."""
    short = name.partition("roundtrip_")[2]
    return NAMES.get(short) or getattr(dap, short.title().replace("_", ""))


class ExtensionList(Message, frozen=True):
    """The published file also has extension lists by themselves, among the metadata."""

    extensions: Annotated[tuple[Extension, ...], Vector(2)]


def dap_cases(least: int = 0) -> list[Any]:
    return [
        pytest.param(name, bytes.fromhex(text), id=f"{name} {text[:16]}")
        for name, texts in read("dap", "messages.json").items()
        for text in texts
        if not name.endswith("_aad") and len(text) >= 2 * least
    ]


@pytest.mark.parametrize(("name", "data"), dap_cases())
def test_a_message_decodes_and_encodes_to_the_same_bytes(name: str, data: bytes) -> None:
    kind = kind_of(name)
    if name.endswith("report_metadata") and len(data) < 26:
        kind = ExtensionList

    assert dap.encode(dap.decode(kind, data)) == data


@pytest.mark.parametrize(("name", "data"), dap_cases(least=3))
def test_a_message_cut_or_lengthened_is_refused(name: str, data: bytes) -> None:
    kind = kind_of(name)
    for wrong in (data[:-1], data + b"\0"):
        with pytest.raises(MalformedMessageError):
            dap.decode(kind, wrong)


CONFIGURATION = dap.TaskConfiguration(
    *(b"task", b"https://a.example", b"https://b.example", dap.TimePrecision(60), 50),
    *(dap.BatchModeCode(1), b"", dap.VdafType(1), b"", ()),
)


def with_configuration(data: bytes) -> bytes:
    """A published AAD with the configuration that draft 18 has behind the task id."""
    return data[:32] + dap.encode(CONFIGURATION) + data[32:]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("upload.roundtrip_input_share_aad", dap.InputShareAad, id="input"),
        pytest.param("collection.roundtrip_aggregate_share_aad", dap.AggregateShareAad, id="sum"),
    ],
)
def test_authenticated_data_is_the_published_with_the_draft_s_configuration_in_it(
    name: str, kind: Any
) -> None:
    whole = [bytes.fromhex(text) for text in read("dap", "messages.json")[name] if len(text) > 64]
    assert whole

    for data in whole:
        aad = dap.decode(kind, with_configuration(data))

        assert aad.task_id == data[:32]
        assert aad.task_configuration == CONFIGURATION
        assert dap.encode(aad) == with_configuration(data)
        with pytest.raises(InglenookError):
            dap.decode(kind, data)  # draft 18 has no such data without a configuration


# --- blind RSA -------------------------------------------------------------------------


@pytest.mark.parametrize("vector", read("rfc9474", "vector.json"))
def test_a_blind_signature_is_the_published_one(vector: dict[str, str]) -> None:
    given = {name: bytes.fromhex(text.removeprefix("0x")) for name, text in vector.items()}
    p, q, n, e, d = (int.from_bytes(given[name], "big") for name in ("p", "q", "n", "e", "d"))
    public_numbers = rsa.RSAPublicNumbers(e, n)
    key = rsa.RSAPrivateNumbers(
        *(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public_numbers)
    ).private_key()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    message = blindrsa.prepare(given["msg"], given.get("msg_prefix", b""))

    blinded = blindrsa.blind(public, message, given["inv"], given["salt"])

    assert blinded == given["blinded_msg"]
    assert blindrsa.blind_sign(private, blinded) == given["blind_sig"]
    assert blindrsa.finalize(public, message, given["blind_sig"], given["inv"]) == given["sig"]
