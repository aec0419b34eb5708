"""The second decoder against the golden vectors, and against blobs that our code made."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from harness.strategies_schema import Log, device, logs, seeded
from inglenook_schema import batch, canonical, mailbox, pack, record
from inglenook_schema.header import Kind
from inglenook_schema.record import BoxType, Place, RecordKind
from vectors import attachment_decoder, bundle_decoder, decoder
from vectors.readers import unhex

FOLDER = Path(__file__).parent / "inglenook"
LOG = unhex(json.loads((FOLDER / "log.json").read_text()))
EXPECTED = {event["id"]: event for event in LOG["events"]}


def check(log: decoder.Log) -> None:
    assert log.events.keys() == EXPECTED.keys()
    for name, event in log.events.items():
        expected = EXPECTED[name]
        data = None if event.body is None else decoder.data_of(event.body)
        assert (event.chain, event.seq, event.kind) == tuple(
            expected[key] for key in ("chain", "seq", "kind")
        )
        assert data == expected["data"]
        assert log.signers[event.chain][0] == expected["person"]


@pytest.mark.parametrize(
    "epochs",
    [
        pytest.param(["first_epoch"], id="batches"),
        pytest.param(["second_epoch"], id="a pack"),
        pytest.param(["first_epoch", "second_epoch"], id="batches, then a pack"),
        pytest.param(["second_epoch", "first_epoch"], id="a pack, then batches"),
    ],
)
@pytest.mark.parametrize("step", [1, -1], ids=["in order", "backwards"])
def test_the_decoder_reads_the_golden_log(epochs: list[str], step: int) -> None:
    log = decoder.Log(LOG["log"])
    for name in epochs:
        log.read(LOG[name]["secret"], LOG[name]["blobs"][::step])
    check(log)


@pytest.mark.parametrize("name", ["small", "forked", "large"])
def test_the_decoder_reads_the_golden_packs(name: str) -> None:
    packs = unhex(json.loads((FOLDER / "packs.json").read_text()))
    case = next(each for each in packs if each["name"] == name)
    log = decoder.Log(case["log"])

    log.pack(case["parts"])

    found = sorted((e.chain, e.seq, e.id) for e in log.events.values() if e.kind != decoder.GENESIS)
    assert found == [(e["chain"], e["seq"], e["id"]) for e in case["events"]]
    assert {chain: key for chain, (_, key) in log.signers.items() if any(chain)} == dict(
        case["signers"]
    )


# --- blobs of our own making -----------------------------------------------------------


def place(log: Log, secret: bytes) -> Place:
    return Place(BoxType.EPOCH, mailbox.box(secret, log.id), secret)


def blob(kind: RecordKind, inner: bytes, log: Log, secret: bytes) -> bytes:
    key = record.erase_key(seeded("erase"), log.id)
    return record.seal(kind, inner, place(log, secret), key)


def shown(log: Log) -> dict[bytes, tuple[bytes, int, bytes | None]]:
    return {item.id: (item.chain, item.header.seq, item.body) for item in log.items}


def found(log: decoder.Log) -> dict[bytes, tuple[bytes, int, bytes | None]]:
    return {event.id: (event.chain, event.seq, event.body) for event in log.events.values()}


@given(logs(10))
def test_the_decoder_reads_the_batches_that_our_code_makes(made: Log) -> None:
    secret = seeded("E")
    inners = [
        canonical.encode(batch.Batch(((item.raw, item.body),), item.seal or b""))
        for item in made.items
    ]
    reader = decoder.Log(made.id)

    reader.read(secret, [blob(RecordKind.BATCH, inner, made, secret) for inner in inners])

    assert found(reader) == shown(made)


@given(logs(10))
def test_the_decoder_reads_the_packs_that_our_code_makes(made: Log) -> None:
    secret = seeded("E")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pack, "RAW_PART", 3_000)
        parts = pack.build(made.id, made.items)
    reader = decoder.Log(made.id)

    reader.read(secret, [blob(RecordKind.PACK, part, made, secret) for part in parts])

    assert found(reader) == shown(made)


def test_the_decoder_reads_a_batch_of_several_events_under_one_seal() -> None:
    made = Log()
    made.found(device())
    run = [made.open(device())]
    for number in range(3):
        run.append(made.add(device(), Kind.CONTENT, b"%d" % number, run[-1]))
    together = batch.Batch(tuple((e.raw, e.body) for e in run[1:]), run[-1].seal or b"")
    alone = [batch.Batch(((e.raw, e.body),), e.seal or b"") for e in made.items[:2]]
    reader = decoder.Log(made.id)

    reader.read(
        seeded("E"),
        [
            blob(RecordKind.BATCH, canonical.encode(each), made, seeded("E"))
            for each in (together, *alone)
        ],
    )

    assert found(reader) == shown(made)


# --- what is refused -------------------------------------------------------------------


def _pack(v: Any) -> None:
    decoder.Log(v["log"]).pack(v["parts"])


def _seal(v: Any) -> None:
    message = decoder.D("seal") + b"\1" + v["log"] + v["event"]
    decoder.verify(v["public"], v["seal"], message)


def _certificates(v: Any) -> None:
    person = decoder.unpack(v["person"], decoder.PERSON, "bad-certificate")
    chain = decoder.unpack(v["certificates"], decoder.CHAIN, "bad-certificate")
    decoder.device_of(person, chain)


SECOND: dict[str, Callable[[Any], object]] = {
    "header": lambda v: decoder.event(v["bytes"], None),
    "body": lambda v: decoder.data_of(v["bytes"]),
    "event": lambda v: decoder.event(v["header"], v["body"]),
    "seal": _seal,
    "certificates": _certificates,
    "record": lambda v: decoder.open_record(v["blob"], v["box_type"], v["box"], v["secret"]),
    "batch": lambda v: decoder.unpack(v["bytes"], decoder.BATCHED, "malformed-record"),
    "pack": _pack,
}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(unhex(case), id=f"{case['reader']}: {case['name']}")
        for case in json.loads((FOLDER / "refused.json").read_text())
        if case["reader"] in SECOND
    ],
)
def test_each_is_refused_by_the_decoder_as_it_says(case: Any) -> None:
    with pytest.raises(decoder.Refused) as refusal:
        SECOND[case["reader"]](case)
    assert str(refusal.value) == case["expect"]


@pytest.mark.parametrize("at", [0, 1, 33, 49, -1])
def test_the_decoder_takes_no_blob_with_a_flipped_bit(at: int) -> None:
    first = LOG["first_epoch"]
    spoiled = bytearray(first["blobs"][0])
    spoiled[at] ^= 1
    with pytest.raises(decoder.Refused):
        decoder.Log(LOG["log"]).read(first["secret"], [bytes(spoiled)])


# --- bundles ---------------------------------------------------------------------------

BUNDLES = unhex(json.loads((FOLDER / "bundles.json").read_text()))


def test_the_bundle_decoder_reads_the_golden_bundles() -> None:
    words = bundle_decoder.Words(BUNDLES["recovery_key"])

    assert (words.secret, words.owner_hash) == (BUNDLES["secret"], BUNDLES["owner_hash"])
    for number, part in enumerate(BUNDLES["parts"], start=1):
        found = words.read(part["blob"])
        assert decoder.mp(found) == part["inner"]
        assert found[3:5] == [number, 2]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(unhex(case), id=case["name"])
        for case in json.loads((FOLDER / "refused.json").read_text())
        if case["reader"] == "bundle"
    ],
)
def test_the_bundle_decoder_refuses_what_we_refuse(case: Any) -> None:
    with pytest.raises(decoder.Refused, match=case["expect"]):
        bundle_decoder.Words(case["recovery_key"]).read(case["blob"])


# --- attachments -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(unhex(case), id=case["name"])
        for case in json.loads((FOLDER / "refused.json").read_text())
        if case["reader"] == "attachment"
    ],
)
def test_the_attachment_decoder_refuses_what_we_refuse(case: Any) -> None:
    said = (case["chunks"], case["box"], case["size"], case["hash"])
    with pytest.raises(decoder.Refused, match=case["expect"]):
        attachment_decoder.read(case["blobs"], *said)
