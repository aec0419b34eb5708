"""Who this device is: its keys, its certificates, its person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import msgspec

from inglenook_client import ambient
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_schema import canonical, keys, seal, suite
from inglenook_schema.control import LogType
from inglenook_schema.keys import Certificate, Person

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Me:
    """This device; without certificates while it waits to be let in."""

    sign: suite.SigningKey
    kem: bytes
    """96 private bytes."""
    kem_public: bytes
    device: bytes
    label: str
    person: Person | None
    certificates: tuple[Certificate, ...]
    name: str

    def seal(self, log: bytes, event: bytes) -> bytes:
        """This device's seal of an event."""
        return seal.make(self.sign, log, event)

    @cached_property
    def person_id(self) -> bytes:
        """32 bytes; none while this device waits to be let in."""
        return self.person.id if self.person else b""


def make_device(db: Db, label: str, name: str) -> None:
    """Draw this device's keys; call inside a write, once a data folder."""
    logs.set_meta(db, "sign", ambient.random_bytes(32))
    kem = ambient.random_bytes(96)
    logs.set_meta(db, "kem", kem)
    logs.set_meta(db, "kem-public", suite.kem_public(kem))
    logs.set_meta(db, "label", label.encode())
    logs.set_meta(db, "name", name.encode())
    sign = suite.SigningKey(logs.meta(db, "sign") or b"")
    logs.set_meta(db, "device", keys.device_id(sign.public))


def make_person(db: Db) -> None:
    """Draw the recovery key of a new person and let it certify this device."""
    certify(db, ambient.random_bytes(32))


def certify(db: Db, recovery_key: bytes) -> None:
    """Let a recovery key certify this device, and keep the key for the time being."""
    root = keys.root(recovery_key)
    person = root.public
    me = load(db)
    cert = keys.issue(
        root.sign, person.id, person.id, me.sign.public, me.kem_public, keys.FIRST_RANK
    )
    logs.set_meta(db, "recovery", recovery_key)
    become(db, person, (cert,))


def become(db: Db, person: Person, certificates: tuple[Certificate, ...]) -> None:
    """Keep whose device this is."""
    logs.set_meta(db, "person", canonical.encode(person))
    logs.set_meta(db, "certificates", canonical.encode(certificates))
    logs.add_person(db, person.id, person)
    db.execute("UPDATE person SET checked = 1 WHERE id = ?", (person.id,))


def load(db: Db) -> Me:
    """Read this device's keys."""
    person = logs.meta(db, "person")
    certificates = logs.meta(db, "certificates")
    return Me(
        suite.SigningKey(logs.meta(db, "sign") or b""),
        logs.meta(db, "kem") or b"",
        logs.meta(db, "kem-public") or b"",
        logs.meta(db, "device") or b"",
        (logs.meta(db, "label") or b"").decode(),
        msgspec.msgpack.decode(person, type=Person) if person else None,
        msgspec.msgpack.decode(certificates, type=tuple[Certificate, ...]) if certificates else (),
        (logs.meta(db, "name") or b"").decode(),
    )


def person_secret(db: Db) -> bytes | None:
    """The secret from which erase keys and owner tokens come; it stands in the journal."""
    for log in logs.all_logs(db):
        if log.type is LogType.JOURNAL:
            genesis = logs.genesis_of(db, log.number)
            return genesis.secret if genesis else None
    return None


def today() -> int:
    """Days since 1970, UTC."""
    return ambient.now_ms() // DAY_MS
