"""Our own readers by the names that ``refused.json`` gives them."""

import zlib
from collections.abc import Callable
from typing import Any

from inglenook_schema import (
    attachment,
    batch,
    body,
    bundle,
    canonical,
    control,
    epoch,
    header,
    invite,
    keys,
    pack,
    packfile,
    record,
    seal,
    wire,
)

Given = dict[str, Any]


def unhex(value: Any) -> Any:
    """The inverse of `cases.plain`: every string of hex digits is bytes, but for texts."""
    match value:
        case {"zlib": data}:
            return zlib.decompress(bytes.fromhex(data))
        case dict():
            return {key: item if key in _TEXTS else unhex(item) for key, item in value.items()}
        case list():
            return [unhex(item) for item in value]
        case str():
            return bytes.fromhex(value)
    return value


_TEXTS = frozenset({"reader", "name", "expect", "text", "label", "origin", "entered"})


def read_pack(parts: list[bytes], signers: dict[bytes, bytes]) -> list[pack.Item]:
    """All events of a pack, verified as protocol 4.5 says."""
    first = pack.decode_part(parts[0])
    assert isinstance(first, pack.FirstPart)
    reader = pack.Reader(first)
    found = list[pack.Item]()
    for blob in parts:
        found += reader.read(pack.decode_part(blob))
    reader.finish(signers)
    return found


def _certificates(v: Given) -> object:
    person = canonical.decode(v["person"], keys.Person)
    chain = canonical.decode(v["certificates"], tuple[keys.Certificate, ...])
    return keys.check_chain(chain, person)


def _wrap(v: Given) -> object:
    wraps = canonical.decode(v["wraps"], tuple[tuple[bytes, bytes], ...])
    return epoch.unwrap(wraps, v["kem_private"], v["log"], v["commitment"])


def _welcome(v: Given) -> object:
    sealed = canonical.decode(v["record"], invite.SealedWelcome)
    knock = canonical.decode(v["knock"], invite.Knock)
    return invite.open_welcome(sealed, v["kem_private"], knock, v["public"])


def _knock(v: Given) -> object:
    knock = canonical.decode(v["bytes"], invite.Knock)
    invite.check_knock(knock, v["log"], v["nonce"], v["inviter"])
    return knock


def _offer(v: Given) -> object:
    offer = canonical.decode(v["bytes"], invite.Offer)
    invite.check_offer(offer, v["public"])
    return offer


def _record(v: Given) -> object:
    place = record.Place(record.BoxType(v["box_type"]), v["box"], v["secret"])
    return record.open_record(v["blob"], place)


READERS: dict[str, Callable[[Given], object]] = {
    "header": lambda v: header.decode(v["bytes"]),
    "body": lambda v: body.data_of(v["bytes"]),
    "genesis": lambda v: control.decode_genesis(v["bytes"]),
    "open": lambda v: control.decode_open(v["bytes"]),
    "member": lambda v: control.decode_member(v["bytes"]),
    "rotate": lambda v: control.decode_rotate(v["bytes"]),
    "erase": lambda v: control.decode_erase(v["bytes"]),
    "seal": lambda v: seal.check(v["public"], v["seal"], v["log"], v["event"]),
    "certificates": _certificates,
    "record": _record,
    "batch": lambda v: batch.decode_batch(v["bytes"]),
    "rotate-record": lambda v: batch.decode_rotate(v["bytes"]),
    "ack": lambda v: batch.decode_ack(v["bytes"]),
    "signed-ack": lambda v: batch.check_ack(v["public"], batch.decode_ack(v["bytes"])),
    "pack": lambda v: read_pack(v["parts"], dict(v["signers"])),
    "wrap": _wrap,
    "link": lambda v: invite.read_link(v["text"]),
    "offer": _offer,
    "knock": _knock,
    "welcome": _welcome,
    "bundle": lambda v: bundle.open_bundle(v["blob"], bundle.box_of(v["recovery_key"])),
    "attachment": lambda v: attachment.unseal(
        {record.rid(blob): blob for blob in v["blobs"]},
        *(v["chunks"], v["box"], v["size"], v["hash"]),
    ),
    "to-relay": lambda v: wire.decode_to_relay(v["bytes"]),
    "to-client": lambda v: wire.decode_to_client(v["bytes"]),
    "packfile": lambda v: packfile.decode(v["bytes"]),
}
