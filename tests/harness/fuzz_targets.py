"""Everything that reads bytes from outside, with valid bytes of each for mutations to start at.

Whoever is given garbage answers with an error of ours or with a value, and with nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Final

from harness import survey
from harness.fuzz_formats import formats
from harness.prio3_vectors import PARAMETERS, TYPES
from inglenook_client.cli import index, sections, surveys
from inglenook_client.cli import parser as cli_parser
from inglenook_client.core import events as client_events
from inglenook_client.core import folder
from inglenook_client.core.sums import answering, asking
from inglenook_client.journal import kit
from inglenook_client.keys import keyfile
from inglenook_client.transports import address, http
from inglenook_client.transports import sums as sums_line
from inglenook_schema import (
    batch,
    body,
    bundle,
    canonical,
    control,
    dap,
    header,
    invite,
    keys,
    letter,
    mailbox,
    pack,
    packfile,
    programme,
    record,
    seal,
    suite,
    wire,
)
from inglenook_schema.dap import codec as dap_codec
from inglenook_schema.events import codec
from inglenook_schema.sums import answers as sums_answers
from inglenook_schema.sums import closing, frames
from inglenook_schema.sums import terms as sums_terms
from inglenook_server.fanouts import hints
from inglenook_server.shells import cards
from inglenook_server.shells import cli as relay_cli

VECTORS: Final = Path(__file__).parents[1] / "vectors"


@dataclass(frozen=True)
class Target:
    """One reader."""

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    """Bytes that it takes."""
    covers: tuple[str, ...]
    """The public functions that meet the bytes, as ``module.function``."""


def _load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


def _bytes(texts: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(text) for text in texts)


def _data(kind: int) -> tuple[bytes, ...]:
    return _bytes(e["data"] for e in _load("inglenook/events.json") if e["kind"] == kind)


def _reader(function: Callable[..., object], *rest: object) -> Callable[[bytes], object]:
    return lambda data: function(data, *rest)


def _text(function: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: function(data.decode("utf-8", "replace"))


def _records() -> dict[str, Target]:
    records = _load("inglenook/records.json")
    first, wraps = records[0], _load("inglenook/bundles.json")
    secret, box = bytes.fromhex(first["secret"]), bytes.fromhex(first["box"])
    place = record.Place(record.BoxType(first["box_type"]), box, secret)
    of_box = [r for r in records if (r["secret"], r["box"]) == (first["secret"], first["box"])]
    owned = bundle.box_of(bytes.fromhex(wraps["recovery_key"]))

    def inside(data: bytes) -> object:
        """The checks that come after decryption too: what a writer may have sealed."""
        key = record.erase_key(bytes(32))
        return record.open_record(record.seal(record.RecordKind.BATCH, data, place, key), place)

    inners = {
        kind: _bytes(r["inner"] for r in records if r["kind"] == kind) for kind in range(1, 6)
    }
    return {
        "record": Target(
            _reader(record.open_record, place),
            _bytes(r["blob"] for r in of_box),
            ("record.open_record",),
        ),
        "inside a record": Target(inside, inners[1] or (b"inner",), ()),
        "bundle's record": Target(
            _reader(bundle.open_bundle, owned),
            _bytes(part["blob"] for part in wraps["parts"]),
            ("bundle.open_bundle",),
        ),
        "bundle": Target(
            bundle.decode, _bytes(part["inner"] for part in wraps["parts"]), ("bundle.decode",)
        ),
    }


def _pack(data: bytes) -> object:
    """A part 1, and a part 1 with the part behind it read too."""
    part = pack.decode_part(data)
    if isinstance(part, pack.FirstPart):
        reader = pack.Reader(part)
        return list(reader.read(part))
    return part


def _log() -> dict[str, Target]:
    found = _load("inglenook/events.json")
    log = bytes.fromhex(found[0]["log"])
    headers, bodies = _bytes(e["header"] for e in found), _bytes(e["body"] for e in found)
    a_batch = next(r for r in _load("inglenook/records.json") if r["kind"] == 1)

    def run(data: bytes) -> object:
        read = batch.decode_batch(data)
        return client_events.read_run(log, read.events, read.seal)

    batches = (bytes.fromhex(a_batch["inner"]), *_batches(found))
    rotates = _bytes(r["inner"] for r in _load("inglenook/records.json") if r["kind"] == 3)
    return {
        "header": Target(header.decode, headers, ("header.decode",)),
        "body": Target(body.data_of, bodies, ()),
        "event": Target(_reader(client_events.read, None), headers, ("core.events.read",)),
        "seal": Target(_seal(found[0]), _bytes([found[0]["seal"]]), ()),
        "genesis": Target(control.decode_genesis, _data(1), ("control.decode_genesis",)),
        "open": Target(control.decode_open, _data(2), ("control.decode_open",)),
        "member act": Target(control.decode_member, _data(3), ("control.decode_member",)),
        "rotate": Target(control.decode_rotate, _data(4), ("control.decode_rotate",)),
        "erase": Target(control.decode_erase, _data(5), ("control.decode_erase",)),
        "content": Target(codec.decode_content, _data(0), ("events.codec.decode_content",)),
        "batch": Target(run, batches, ("batch.decode_batch", "core.events.read_run")),
        "rotate record": Target(batch.decode_rotate, rotates or batches, ("batch.decode_rotate",)),
        "ack": Target(
            batch.decode_ack,
            _bytes(a["ack"] for a in _load("inglenook/acks.json")),
            ("batch.decode_ack",),
        ),
        "pack": Target(
            _pack,
            _bytes(part for p in _load("inglenook/packs.json") for part in p["parts"]),
            ("pack.decode_part",),
        ),
        "file of packs": Target(
            packfile.decode,
            _bytes([_load("inglenook/packfile.json")["file"]]),
            ("packfile.decode",),
        ),
    }


def _batches(found: list[dict[str, Any]]) -> list[bytes]:
    return [
        canonical.encode(batch.Batch(((h, b),), s))
        for e in found[:6]
        for h, b, s in [_bytes([e["header"], e["body"], e["seal"]])]
    ]


def _seal(event: dict[str, Any]) -> Callable[[bytes], object]:
    device, log, name = _bytes([event["device"], event["log"], event["id"]])
    return lambda data: seal.check(device, data, log, name)


def _invites() -> dict[str, Target]:
    pair, device = (_load("inglenook/invites.json")[name] for name in ("pair", "device"))
    both = (pair, device)
    knock = canonical.decode(bytes.fromhex(pair["knock"]), invite.Knock)
    log, nonce, inviter, public, kem = _bytes(
        pair[name] for name in ("log", "nonce", "inviter", "inviting_device", "kem_private")
    )

    def offer(data: bytes) -> object:
        read = canonical.decode(data, invite.Offer)
        keys.check_chain(read.certificates, read.person)
        invite.check_offer(read, public)
        return read

    def knocked(data: bytes) -> object:
        read = canonical.decode(data, invite.Knock)
        if read.person is not None:
            keys.check_chain(read.certificates, read.person)
        invite.check_knock(read, log, nonce, inviter)
        return read

    def welcome(data: bytes) -> object:
        read = canonical.decode(data, invite.SealedWelcome)
        return invite.open_welcome(read, kem, knock, public)

    return {
        "link": Target(
            _text(invite.read_link), tuple(i["text"].encode() for i in both), ("invite.read_link",)
        ),
        "offer": Target(
            offer, _bytes(i["offer"] for i in both), ("invite.check_offer", "canonical.decode")
        ),
        "knock": Target(knocked, _bytes(i["knock"] for i in both), ("invite.check_knock",)),
        "welcome": Target(welcome, _bytes([pair["record"]]), ("invite.open_welcome",)),
        "signing key": Target(suite.check_sign_public, (public,), ("suite.check_sign_public",)),
    }


def _programmes() -> dict[str, Target]:
    case = _load("inglenook/programmes.json")
    log, asked = bytes.fromhex(case["log"]), case["enrolment"]
    places = _bytes([asked["offer_nonce"], asked["inviter"]])
    sealed = case["letters"]
    secret, kem = _bytes([sealed[0]["secret"], sealed[0]["kem_private"]])

    def enrolment(data: bytes) -> object:
        read = canonical.decode(data, programme.Enrolment)
        programme.check_enrolment(read, log, *places)
        return read

    def inside(data: bytes) -> object:
        read = canonical.decode(data, letter.Letter)
        letter.check(read, mailbox.box(secret), log)
        return letter.body_of(read)

    return {
        "enrolment": Target(enrolment, _bytes([asked["asked"]]), ("programme.check_enrolment",)),
        "letter's record": Target(
            lambda data: letter.unseal(data, secret, kem),
            _bytes(each["blob"] for each in sealed),
            ("letter.unseal",),
        ),
        "letter": Target(inside, _bytes([sealed[0]["letter"]]), ("letter.check", "letter.body_of")),
    }


def _wire() -> dict[str, Target]:
    told = (hints.encode({b"a" * 16: 7, b"b" * 16: 2**40}), hints.encode(hints.LOOK))
    relay = _load("inglenook/relay.json")
    there = _bytes(case["bytes"] for case in relay["to_relay"])
    back = _bytes(case["bytes"] for case in relay["to_client"])
    origins = (b"https://relay.example.org", b"http://[::1]:8080", b"https://a.b:443")
    return {
        "frame to the relay": Target(wire.decode_to_relay, there, ("wire.decode_to_relay",)),
        "frame to the client": Target(wire.decode_to_client, back, ("wire.decode_to_client",)),
        "hints": Target(hints.decode, told, ("hints.decode",)),
        "answer over HTTP": Target(http.read_answer, back, ("http.read_answer",)),
        "relay's address": Target(_text(mailbox.origin_of), origins, ()),
        "relay to speak to": Target(
            _text(lambda text: address.check_relay(mailbox.origin_of(text))),
            origins,
            ("transports.address.check_relay",),
        ),
    }


def _files() -> dict[str, Target]:
    name = f"{7:08d}-{bytes(32).hex()}".encode()
    key = keyfile.for_keyring(bytes(32), ident=bytes(16))
    hashes = tuple(bytes([n]) * 32 for n in range(3))
    at = mailbox.address(hashes[0], hashes[1], hashes[2])
    words = " ".join(kit.words_of(bytes(range(32)))).encode()
    return {
        "record's name in a folder": Target(
            _text(folder.read_name), (name, name + b".gone"), ("core.folder.read_name",)
        ),
        "mailbox in a folder": Target(
            lambda data: folder.read_box(at, data), (b"".join(hashes),), ("core.folder.read_box",)
        ),
        "key file": Target(keyfile.decode, (keyfile.encode(key),), ("keyfile.decode",)),
        "recovery words": Target(_text(kit.read_words), (words,), ("kit.read_words",)),
    }


def _typed() -> dict[str, Target]:
    questions = (survey.tick(), survey.mean(), survey.choice(), survey.choices())

    def said(data: bytes) -> object:
        number, text = data[:1], data[1:].decode("utf-8", "replace")
        return surveys.read_said(questions[sum(number) % len(questions)], text)

    def arguments(data: bytes) -> object:
        name, *line = data.decode("utf-8", "replace").split("\n")
        if name not in index.MODULES:
            return None
        try:
            with redirect_stdout(StringIO()):
                return cli_parser.parse(name, index.load(name), line)
        except SystemExit as end:
            if end.code == 0:  # help was asked for; mistakes are errors of ours
                return None
            raise

    def paper(data: bytes) -> object:
        return sections.read(
            data.decode("utf-8", "replace"), {"when": "When", "what": "What"}, "what"
        )

    def relay(data: bytes) -> object:
        words = data.decode("utf-8", "replace").split("\n")
        with redirect_stderr(StringIO()), redirect_stdout(StringIO()), suppress(SystemExit):
            return relay_cli._run_parser().parse_args(words)
        return None

    return {
        "answer to a question": Target(
            said,
            (b"\0yes", b"\x013", b"\x021", b"\x031, 2", b"\x01" + b"9" * 5_000),
            ("surveys.read_said",),
        ),
        "the relay's arguments": Target(
            relay, (b"--listen\n127.0.0.1:8080\n--db\nrelay.db\n--max-live\n5",), ()
        ),
        "arguments": Target(
            arguments,
            (
                b"write\nhello\n--on\ntoday",
                b"search\nhello\n--limit\n5",
                b"log\n--json",
                b"goal\nset",
            ),
            ("cli.parser.parse",),
        ),
        "paper from an editor": Target(
            paper, (b"# When\nMonday\n\n# What\nThis\n",), ("cli.sections.read",)
        ),
    }


def _sums() -> dict[str, Target]:
    messages: dict[str, list[str]] = {}
    for case in _load("sums/dap.json"):
        messages.setdefault(case["type"], []).append(case["hex"])
    found = {
        f"DAP {kind}": Target(
            lambda data, kind=kind: dap_codec.decode(getattr(dap, kind), data),  # type: ignore[misc]
            _bytes(texts[:4]),
            ("dap.codec.decode", "dap.codec.decode_part"),
        )
        for kind, texts in messages.items()
    }
    for document in _load("sums/prio3.json"):
        if document["type"] not in found and document.get("reports"):
            found[document["type"]] = _prio3(document)
    return found


def _surveys() -> dict[str, Target]:
    """What travels between members, coordinator, Relay and Witness of a survey."""
    kept = _load("surveys/messages.json")
    survey, key = _bytes([kept["survey"], kept["witness_kem"]])

    def letter(data: bytes) -> object:
        return sums_answers.open_letter(key, sums_answers.Letter(survey, data))

    def cosigned(data: bytes) -> object:
        return sums_terms.open_cosigned(canonical.decode(data, sums_terms.Cosigned))

    def one(read: Callable[[bytes], object], name: str, covers: str) -> Target:
        texts = [kept[name]] if isinstance(kept[name], str) else kept[name]
        return Target(read, _bytes(texts), (covers,))

    return {
        "terms": one(sums_terms.decode, "terms", "sums.terms.decode"),
        "signed terms": one(cosigned, "cosigned", "sums.terms.open_cosigned"),
        "question about a survey": one(frames.read_request, "requests", "frames.read_request"),
        "answer about a survey": one(frames.read_reply, "replies", "frames.read_reply"),
        "answer of an operator": one(sums_line.read_reply, "replies", "sums.read_reply"),
        "file of a survey": Target(
            _text(asking.read_draft), (_SURVEY_FILE,), ("core.sums.asking.read_draft",)
        ),
        "errand": one(frames.read_errand, "errands", "frames.read_errand"),
        "outcome of an errand": one(frames.read_outcome, "outcomes", "frames.read_outcome"),
        "report of a survey": one(sums_answers.read_report, "reports", "answers.read_report"),
        "letter to the Witness": one(letter, "letter", "answers.open_letter"),
        "kept answer": one(answering.read_kept, "kept", "answering.read_kept"),
        "operator's card": Target(
            _text(cards.read_card), (_card(kept).encode(),), ("shells.cards.read_card",)
        ),
        "transcript": one(closing.replay, "published", "closing.replay"),
    }


_SURVEY_FILE: Final = b"""title: Month
[de] Monat
closes: 14 days
one: Which?
[de] Welche?
- a
[de] b
- c
[de] d
k: 60
epsilon: 1/2
"""


def _card(kept: dict[str, Any]) -> str:
    """The Relay's own, as it answered once."""
    replies = [frames.read_reply(data) for data in _bytes(kept["replies"])]
    (found,) = [each for each in replies if isinstance(each, frames.Cards)]
    return cards.write_card(found.cards[0])


def _prio3(document: dict[str, Any]) -> Target:
    """All bytes of a report at once: the public share, the leader's, and the verifier's."""
    vdaf = TYPES[document["type"]](
        document["shares"], **{key: document[key] for key in PARAMETERS if key in document}
    )
    report = document["reports"][0]
    key, context, nonce = _bytes([document["verify_key"], document["ctx"], report["nonce"]])
    public, leader = _bytes([report["public_share"], report["input_shares"][0]])

    def read(data: bytes) -> object:
        given = data[: len(public)], data[len(public) :]
        state, verifier = vdaf.verify_init(key, context, 0, nonce, *given)
        return state, vdaf.verifier_shares_to_message(context, [verifier, data[-len(verifier) :]])

    return Target(read, (public + leader,), ())


def _formats() -> dict[str, Target]:
    return {name: Target(*row) for name, row in formats().items()}


def targets() -> dict[str, Target]:
    """All of them, by name."""
    groups = (
        _log,
        _records,
        _invites,
        _programmes,
        _wire,
        _files,
        _typed,
        _formats,
        _sums,
        _surveys,
    )
    return {name: target for group in groups for name, target in group().items()}
