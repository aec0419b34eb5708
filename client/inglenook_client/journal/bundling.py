"""This device's bundle in the recovery box: when a new one is put, and what it says.

something it says changed | a month passed | a relay is new --> the next counter, to all relays
                                        kept by the relay --> the older ones are nulled there
"""

from __future__ import annotations

from inglenook_client import ambient
from inglenook_client.journal import identity, kit, knocking, restoring
from inglenook_client.journal.identity import Me
from inglenook_client.journal.kit import Prepared
from inglenook_client.stores import bundles, logs
from inglenook_client.stores.bundles import State
from inglenook_client.stores.connection import Db
from inglenook_schema import bundle, canonical, record, suite
from inglenook_schema.bundle import Bundle
from inglenook_schema.invite import Space

MONTH_DAYS = 30
_OWN_SECRET = "bundle-secret"  # noqa: S105 - a name


def is_due(db: Db, relay: str) -> bool:
    """Whether the recovery box at a relay is to be talked about now."""
    if restoring.state(db) is not None or relay not in bundles.relays(db):
        return False
    me = identity.load(db)
    if me.person is None or not kit.knows_box(db):
        return False
    return is_old(db, me) or bundles.waits(db, relay)


def prepare(db: Db) -> None:
    """Make a new bundle for every relay, where the last one does not do; call inside a write."""
    me = identity.load(db)
    box = kit.prepare(db, me)
    if box is None or restoring.state(db) is not None:
        return
    bundles.leave_others(db)
    targets = boxes_for(db, box)
    last = bundles.state(db)
    lacking = last is None or not all(bundles.holds(db, at, last.counter) for at in targets)
    if targets and (lacking or is_old(db, me)):
        put(db, me, box, targets)


def boxes_for(db: Db, box: Prepared) -> list[int]:
    """The recovery box at every relay that is set."""
    return [
        bundles.box_at(db, relay, box.secret, owner_hash=box.owner_hash, today=identity.today())
        for relay in bundles.relays(db)
    ]


def put(db: Db, me: Me, box: Prepared, targets: list[int]) -> None:
    """Make the next bundle and let it wait for these boxes; call inside a write."""
    assert me.person is not None  # noqa: S101 - it knows the box
    last = bundles.state(db)
    counter = last.counter + 1 if last else 1
    whole = Bundle(
        *(me.person.id, me.certificates, counter, 1, 1, me.name, box.journal, box.proof),
        *(tuple(_spaces(db)), bytes(64)),
    )
    key = record.erase_key(_own_secret(db))
    parts = [
        bundle.seal(part, box.secret, me.person.kem, ambient.random_bytes(32), key)
        for part in bundle.sign(me.sign, whole)
    ]
    bundles.put(db, targets, parts, counter)
    bundles.set_state(db, State(counter, identity.today(), _says(db, me)))


def is_old(db: Db, me: Me) -> bool:
    """Whether the last bundle does not say what is so, or was made a month ago."""
    last = bundles.state(db)
    if last is None or identity.today() - last.day >= MONTH_DAYS:
        return True
    return last.said != _says(db, me)


def _says(db: Db, me: Me) -> bytes:
    """32 bytes that change with what a bundle would say; cheap enough for every sync."""
    spaces = db.execute(
        "SELECT id, type, role, label, relays, epoch FROM log ORDER BY number"
    ).fetchall()
    newest = db.execute("SELECT log, max(number) FROM epoch GROUP BY log ORDER BY log").fetchall()
    return suite.sha256(canonical.encode((me.name, me.certificates, spaces, newest)))


def _spaces(db: Db) -> list[Space]:
    return [
        knocking.space_of(db, log, log.role, label=log.label)
        for log in logs.all_logs(db)
        if log.epoch is not None and not log.is_enrolled
    ]


def _own_secret(db: Db) -> bytes:
    """32 bytes that only this device knows, so that no other can null its bundles."""
    found = logs.meta(db, _OWN_SECRET)
    if found is None:
        found = ambient.random_bytes(32)
        logs.set_meta(db, _OWN_SECRET, found)
    return found
