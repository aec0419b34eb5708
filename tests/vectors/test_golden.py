"""Our code against the golden vectors: it makes the same bytes and reads them the same."""

import json
import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from inglenook_client.journal import knocking
from inglenook_schema import (
    attachment,
    batch,
    body,
    bundle,
    canonical,
    control,
    epoch,
    errors,
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
from inglenook_schema.errors import CallerError, InglenookError
from inglenook_schema.events import decode_content
from inglenook_schema.events.attachments import AttachmentAdded
from inglenook_schema.header import Kind
from inglenook_schema.record import RecordKind
from vectors import (
    attachment_decoder,
    attachments,
    bundle_decoder,
    cases,
    decoder,
    generate,
    programmes,
)
from vectors.readers import READERS, read_pack, unhex

FOLDER = Path(__file__).parent / "inglenook"


def load(name: str) -> Any:
    return unhex(json.loads((FOLDER / name).read_text()))


def named(name: str) -> Any:
    """Each case of a file, under its name."""
    found = json.loads((FOLDER / name).read_text())
    label = ("name", "label", "entered", "kind", "origin")
    return [
        pytest.param(
            unhex(case), id=next((str(case[key]) for key in label if key in case), str(number))
        )
        for number, case in enumerate(found)
    ]


def test_the_committed_files_are_what_the_generator_makes() -> None:
    made = cases.files()
    assert sorted(made) == sorted(path.name for path in FOLDER.iterdir())
    stale = [name for name, text in made.items() if (FOLDER / name).read_text() != text]
    assert stale == []


@pytest.mark.parametrize(
    "module",
    [generate, cases, programmes, decoder, bundle_decoder, attachments, attachment_decoder],
)
def test_generator_and_decoder_know_nothing_of_ours(module: Any) -> None:
    assert "inglenook_schema" not in Path(module.__file__).read_text().replace('"', "")


def test_the_second_decoder_is_under_300_lines() -> None:
    assert Path(decoder.__file__).read_text().count("\n") < 300


def test_the_list_of_domains_is_the_closed_one() -> None:
    domains = {case["name"]: case["bytes"] for case in load("domains.json")}
    assert {name: suite.domain(name) for name in suite.DOMAINS} == domains


@pytest.mark.parametrize("case", named("people.json"))
def test_people_and_devices(case: Any) -> None:
    root = keys.root(case["recovery_key"])
    person = root.public

    assert root.sign.seed == case["root_sign_seed"]
    assert root.kem == case["root_kem_private"]
    assert person == keys.Person(case["root_sign"], case["root_kem"])
    assert person.id == case["person"]
    assert keys.recovery_secret(case["recovery_key"]) == case["recovery_secret"]
    for device in case["devices"]:
        key = suite.SigningKey(device["sign_seed"])
        chain = tuple(canonical.decode(raw, keys.Certificate) for raw in device["certificates"])
        signers = {person.id: root.sign}
        signers |= {
            keys.device_id(other["sign"]): suite.SigningKey(other["sign_seed"])
            for other in case["devices"]
        }
        again = keys.issue(
            signers[device["issuer"]],
            device["issuer"],
            person.id,
            key.public,
            suite.kem_public(device["kem_private"]),
            device["rank"],
        )
        assert key.public == device["sign"]
        assert keys.device_id(key.public) == device["device"]
        assert keys.kem_hash(device["kem"]) == device["key_hash"]
        assert keys.check_chain(chain, person) == again


DECODERS = {
    Kind.GENESIS: control.decode_genesis,
    Kind.OPEN: control.decode_open,
    Kind.MEMBER: control.decode_member,
    Kind.ROTATE: control.decode_rotate,
    Kind.ERASE: control.decode_erase,
}


@pytest.mark.parametrize("case", named("events.json"))
def test_events(case: Any) -> None:
    head = header.decode(case["header"])

    assert header.encode(head) == case["header"]
    assert header.event_id(case["header"]) == case["id"]
    assert (head.kind, head.psize, head.pcommit) == (case["kind"], case["psize"], case["pcommit"])
    assert [list(ref) for ref in head.refs] == case["refs"]
    assert body.make(case["data"], case["salt"]) == case["body"]
    assert body.commitment(case["body"]) == case["pcommit"]
    assert body.data_of(case["body"]) == case["data"]
    seal.check(case["device"], case["seal"], case["log"], case["id"])
    if head.kind != Kind.CONTENT:
        assert control.encode(DECODERS[Kind(head.kind)](case["data"])) == case["data"]


def test_a_root_signature_fits_its_act() -> None:
    rooted = next(
        (case, act)
        for case in load("events.json")
        if case["kind"] == Kind.MEMBER
        for act in [control.decode_member(case["data"])]
        if isinstance(act, control.RemoveDevice) and act.root
    )
    case, act = rooted
    head = header.decode(case["header"])
    ada = load("people.json")[0]

    message = control.root_act(case["log"], act.device, head.prev, head.refs)
    suite.verify(ada["root_sign"], act.root, message)


@pytest.mark.parametrize("case", named("records.json"))
def test_records(case: Any) -> None:
    box_type, kind = record.BoxType(case["box_type"]), record.RecordKind(case["kind"])
    secret = case.get("fresh", case["secret"])
    place = record.Place(box_type, case["box"], secret)
    key = record.erase_key(case["erase_secret"], case["place"])

    assert mailbox.box(case["secret"], case["place"]) == case["box"]
    assert key == case["erase_key"]
    assert record.seal(kind, case["inner"], place, key, case["wrap"]) == case["blob"]
    assert record.open_record(case["blob"], place) == (kind, case["inner"])
    assert record.erase_token(kind, case["inner"], case["box"], key) == case["erase_token"]
    assert record.may_erase(case["blob"], case["erase_token"])
    assert record.rid(case["blob"]) == case["rid"]
    if case["wrap"]:
        wrap = record.wrap_of(case["blob"])
        assert wrap == case["wrap"]
        assert suite.hpke_open(case["kem_private"], wrap, case["info"]) == secret


def test_padding() -> None:
    for size, padded in load("padding.json"):
        assert record.padded_size(size) == padded


@pytest.mark.parametrize("case", named("epochs.json"))
def test_epochs(case: Any) -> None:
    tokens = mailbox.tokens(case["secret"], case["place"], case["origin"], case["owner"])

    assert epoch.commitment(case["place"], case["secret"]) == case["commitment"]
    assert mailbox.box(case["secret"], case["place"]) == case["box"]
    assert tokens == (case["read"], case["write"], case["owner"])
    assert [mailbox.token_hash(token) if token else b"" for token in tokens] == case["hashes"]
    assert tokens.address == case["address"]


@pytest.mark.parametrize("case", named("origins.json"))
def test_origins(case: Any) -> None:
    if case["origin"] is None:
        with pytest.raises(CallerError):
            mailbox.origin_of(case["entered"])
    else:
        assert mailbox.origin_of(case["entered"]) == case["origin"]


def test_wraps() -> None:
    case = load("wraps.json")
    shape: Any = control.Wraps
    wraps = canonical.decode(case["wraps"], shape)

    assert control.wraps_hash(wraps) == case["wraps_hash"]
    assert control.wraps_hash(()) == case["no_wraps_hash"]
    for recipient in case["recipients"]:
        assert keys.kem_hash(suite.kem_public(recipient["kem_private"])) == recipient["key_hash"]
        opened = epoch.unwrap(wraps, recipient["kem_private"], case["log"], case["commitment"])
        assert opened == case["secret"]


@pytest.mark.parametrize("case", named("packs.json"))
def test_packs(case: Any) -> None:
    signers = dict(case["signers"])
    first = pack.decode_part(case["parts"][0])
    assert isinstance(first, pack.FirstPart)
    reader = pack.Reader(first)
    items = list(reader.controls.values())[:1] + read_pack(case["parts"], signers)
    seals = {
        head.id: head.seal for part in map(pack.decode_part, case["parts"]) for head in part.heads
    }
    seals |= {item.id: item.seal or b"" for item in items if item.seal}

    found = sorted((i.chain, i.header.seq, i.id, i.body is None) for i in items[1:])
    assert found == [(e["chain"], e["seq"], e["id"], e["erased"]) for e in case["events"]]
    assert [pack.part_hash(part) for part in case["parts"]] == case["hashes"]
    # Another build of zlib may compress otherwise: what is inside must be the same.
    sealed = [
        pack.Item(i.chain, i.header, i.id, i.body, seals.get(i.id), i.raw) for i in reversed(items)
    ]
    again = [zlib.decompress(part) for part in pack.build(case["log"], sealed)]
    stored = [zlib.decompress(part) for part in case["parts"]]
    assert again[1:] == stored[1:]
    assert len(again[0]) == len(stored[0])
    assert unnamed(again[0]) == unnamed(stored[0])
    assert [suite.sha256(raw) for raw in stored] == case["raw_sha256"]


def unnamed(raw: bytes) -> pack.FirstPart:
    """Part 1 without the hashes of the others."""
    return msgspec.structs.replace(canonical.decode(raw, pack.FirstPart), parts=())


@pytest.mark.parametrize("case", named("acks.json"))
def test_acks(case: Any) -> None:
    ack = batch.decode_ack(case["ack"])

    assert canonical.encode(ack) == case["ack"]
    batch.check_ack(case["device"], ack)


@pytest.mark.parametrize("name", ["pair", "device"])
def test_invites(name: str) -> None:
    case = load("invites.json")[name]
    link = invite.read_link(case["text"])
    offer = canonical.decode(case["offer"], invite.Offer)
    knock = canonical.decode(case["knock"], invite.Knock)
    sealed = canonical.decode(case["record"], invite.SealedWelcome)

    assert canonical.encode(link) == case["link"]
    assert invite.write_link(link) == case["text"]
    assert invite.place(link.secret) == (record.BoxType.INVITE, case["box"], case["box_secret"])
    assert invite.owner_token(case["erase_secret"], link.secret) == case["owner"]
    assert invite.offer_hash(offer) == case["offer_hash"]
    assert invite.knock_hash(knock) == case["knock_hash"]
    invite.check_offer(offer, case["inviting_device"])
    invite.check_knock(knock, case["log"], case["nonce"], case["inviter"])
    opened = invite.open_welcome(sealed, case["kem_private"], knock, case["inviting_device"])
    assert canonical.encode(opened) == case["welcome"]


def test_bundles() -> None:
    case = load("bundles.json")
    box = bundle.box_of(case["recovery_key"])
    hashes = mailbox.tokens(box.secret, bytes(32), case["origin"], box.owner)
    key = record.erase_key(case["erase_secret"])
    opened = [bundle.open_bundle(part["blob"], box) for part in case["parts"]]
    whole = msgspec.structs.replace(opened[0], spaces=opened[0].spaces + opened[1].spaces)

    assert (box.secret, box.owner) == (case["secret"], case["owner"])
    assert hashes.address == case["address"]
    assert bundle.prove(box, case["journal"]) == case["proof"]
    assert [canonical.encode(each) for each in opened] == [part["inner"] for part in case["parts"]]
    for part in case["parts"]:
        at = bundle.place(box.secret, part["fresh"])
        again = record.seal(RecordKind.BUNDLE, part["inner"], at, key, part["wrap"])
        assert again == part["blob"]
    (alone,) = bundle.sign(suite.SigningKey(case["device"]), whole)
    assert (alone.part, alone.parts, alone.spaces) == (1, 1, whole.spaces)


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c["name"]) for c in load("attachments.json")["files"]]
)
def test_attachments(case: Any) -> None:
    given = load("attachments.json")
    person_secret, origin = given["person_secret"], given["origin"]
    data = attachments.content(case["name"], case["size"])
    sealed = attachment.seal(data, case["box"], person_secret)
    owner = attachment.owner_token(person_secret, case["box"])

    assert (sealed.hash, list(sealed.chunks)) == (case["hash"], case["chunks"])
    assert [len(blob) for blob in sealed.blobs] == case["sizes"]
    assert case.get("blobs", list(sealed.blobs)) == list(sealed.blobs)
    assert case.get("data", data) == data
    assert (owner, mailbox.token_hash(owner)) == (case["owner_token"], case["owner"])
    assert mailbox.tokens(case["box"], bytes(32), origin, owner).address == case["address"]
    said = (case["chunks"], case["box"], case["size"], case["hash"])
    assert attachment.unseal(dict(zip(sealed.chunks, sealed.blobs, strict=True)), *said) == data
    assert attachment_decoder.read(list(reversed(sealed.blobs)), *said) == data


def test_the_event_of_an_attachment() -> None:
    case = load("attachments.json")
    said = decode_content(case["event"])

    assert isinstance(said, AttachmentAdded)
    assert (said.chunks, said.box) == (tuple(case["files"][1]["chunks"]), case["files"][1]["box"])


def test_programmes() -> None:
    case = load("programmes.json")
    log, epoch, inbox = case["log"], case["epoch"], case["epoch"]["inbox"]
    tokens = programme.epoch_tokens(epoch["secret"], log, case["origin"])
    found = programme.inbox(epoch["secret"], log)
    place = mailbox.tokens(found.secret, bytes(32), case["origin"], found.owner)

    assert programme.reader_secret(epoch["secret"], log) == epoch["read_secret"]
    assert mailbox.box(epoch["read_secret"], log) == epoch["box"]
    assert (tokens.read, tokens.write) == (epoch["read"], epoch["write"])
    assert tokens.address == epoch["address"]
    assert (found.secret, found.owner) == (inbox["secret"], inbox["owner"])
    assert (found.kem, suite.kem_public(found.kem)) == (inbox["kem_private"], inbox["kem"])
    assert place.address == inbox["address"]


def test_memberships() -> None:
    case = load("programmes.json")
    log, said, asking = case["log"], case["membership"], case["enrolment"]
    alias = programme.alias(said["seed"], log)
    once = programme.once(said["seed"], log, said["nonce"])
    owner = programme.box_owner(said["person_secret"], alias.secret)
    asked = canonical.decode(asking["asked"], programme.Enrolment)

    assert (alias.sign.public, alias.secret) == (said["sign"], said["secret"])
    assert suite.kem_public(alias.kem) == said["kem"]
    assert (once.public, owner) == (said["once"], said["owner"])
    place = (log, asking["offer_nonce"], asking["inviter"])
    programme.check_enrolment(asked, *place)
    assert programme.sign_enrolment(alias.sign, asked, *place) == asked


def test_letters() -> None:
    case = load("programmes.json")
    for each in case["letters"]:
        opened = letter.unseal(each["blob"], each["secret"], each["kem_private"])
        letter.check(opened, mailbox.box(each["secret"]), case["log"])

        assert canonical.encode(opened) == each["letter"]
        assert opened.hash == each["hash"]
        assert letter.body_of(opened) is not None


def test_join_codes() -> None:
    for each in load("programmes.json")["codes"]:
        link = invite.read_link(each["text"])

        assert (link.purpose, link.secret) == (each["purpose"], each["secret"])


@pytest.mark.parametrize("case", named("words.json"))
def test_words(case: Any) -> None:
    assert list(invite.word_indexes(*case["inputs"])) == case["words"]


def test_a_new_device_shows_the_words_of_its_offer_and_knock() -> None:
    case = load("invites.json")["device"]
    offer = canonical.decode(case["offer"], invite.Offer)
    knock = canonical.decode(case["knock"], invite.Knock)

    words = knocking.words_of(offer, knock)

    assert list(words) == load("words.json")[1]["words"]


def test_running_heads() -> None:
    head = mailbox.EMPTY_HEAD
    for case in load("relay.json")["heads"]:
        head = mailbox.next_head(head, record.rid(case["blob"]))
        assert (record.rid(case["blob"]), head) == (case["rid"], case["head"])


@pytest.mark.parametrize("direction", ["to_relay", "to_client"])
def test_frames(direction: str) -> None:
    decode = {"to_relay": wire.decode_to_relay, "to_client": wire.decode_to_client}[direction]
    for case in load("relay.json")[direction]:
        assert wire.encode(decode(case["bytes"])) == case["bytes"]


def test_a_file_of_packs() -> None:
    case = load("packfile.json")
    (section,) = packfile.decode(case["file"])

    assert (section.box, list(section.records)) == (case["box"], case["blobs"])
    assert packfile.encode([section]) == case["file"]


# --- what is refused -------------------------------------------------------------------

REFUSED = json.loads((FOLDER / "refused.json").read_text())


def refused(readers: set[str]) -> list[Any]:
    return [
        pytest.param(unhex(case), id=f"{case['reader']}: {case['name']}")
        for case in REFUSED
        if case["reader"] in readers
    ]


@pytest.mark.parametrize("case", refused(set(READERS)))
def test_each_is_refused_by_us_as_it_says(case: Any) -> None:
    with pytest.raises(InglenookError) as refusal:
        READERS[case["reader"]](case)
    assert refusal.value.code == case["expect"]


def test_every_refusal_names_a_class_of_errors_and_each_case_once() -> None:
    codes = {
        cls.code for cls in vars(errors).values() if isinstance(cls, type) and hasattr(cls, "code")
    }
    names = [(case["reader"], case["name"]) for case in REFUSED]

    assert {case["expect"] for case in REFUSED} <= codes
    assert len(names) == len(set(names))
    assert {case["reader"] for case in REFUSED} == {*READERS, "event"}
