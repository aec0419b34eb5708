"""Whoever got hold of a device's keys: a hostile member, a thief, one who was removed.

It writes by no rules but those of the formats, straight to the relay, and leaves the device's
own database alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.devices import ORIGIN, Device
from harness.logs import draw
from harness.memory_relay import MemoryRelay
from inglenook_client.core.events import Event, Run, batch_of, compose
from inglenook_client.journal import composing, identity
from inglenook_client.stores import logs, packing
from inglenook_client.stores.connection import Db
from inglenook_schema import batch, canonical, control, epoch, mailbox, pack, record, seal, suite
from inglenook_schema.control import LogType, Reason, Rotate
from inglenook_schema.events import Content, encode_content
from inglenook_schema.events.goals import GoalSet
from inglenook_schema.header import Kind, Ref
from inglenook_schema.ids import ZERO_SHORT
from inglenook_schema.record import BoxType, Place, RecordKind
from inglenook_schema.wire import Put, ToRelay


@dataclass
class Hand:
    """One log, as somebody with a device's keys and one of its epochs can write to it."""

    relay: MemoryRelay
    device: identity.Me
    log: bytes
    secret: bytes
    """Of the epoch whose mailbox is written to."""
    erase_secret: bytes
    """Of the device's person."""
    chain: bytes
    seq: int
    """Of the newest event of the chain that this hand knows; it goes on behind that."""
    prev: bytes
    _salts: int = field(default=0)

    @classmethod
    async def of(
        cls, device: Device, relay: MemoryRelay, type_: LogType = LogType.PAIR, *, age: int = 0
    ) -> Hand:
        """Take the keys from a device.

        Args:
            device: Whose.
            relay: Where to write.
            type_: Of the log; the newest such.
            age: 0 for the newest epoch, 1 for the one before, …
        """

        def take(db: Db) -> Hand:
            log = next(row for row in reversed(logs.all_logs(db)) if row.type is type_)
            chain = logs.my_chain(db, log.number)
            assert chain is not None
            tip = logs.tip(db, chain.number)
            assert tip is not None
            secrets = [secret for _, _, secret in logs.epochs_of(db, log.number)]
            own = identity.person_secret(db)
            assert own is not None
            secret = secrets[-1 - age]
            return cls(relay, identity.load(db), log.id, secret, own, chain.id, *tip)

        return await device.read(take)

    # --- where ---

    @property
    def place(self) -> Place:
        """Where its records belong."""
        return Place(BoxType.EPOCH, mailbox.box(self.secret, self.log), self.secret)

    @property
    def tokens(self) -> mailbox.Tokens:
        """Of the mailbox."""
        return mailbox.tokens(self.secret, self.log, ORIGIN)

    # --- what ---

    def salt(self) -> bytes:
        """32 bytes that no other hand draws."""
        self._salts += 1
        return draw(f"salt {self._salts} of {self.device.label} in {self.log.hex()}")

    def event(
        self,
        kind: Kind | int,
        data: bytes,
        *,
        chain: bytes | None = None,
        seq: int | None = None,
        prev: bytes | None = None,
        refs: Sequence[Ref] = (),
        log: bytes | None = None,
    ) -> Event:
        """An event behind the newest of this chain, or wherever it is said to stand."""
        return compose(
            kind,  # type: ignore[arg-type]  # numbers that this version does not know too
            data,
            self.salt(),
            log=log or self.log,
            chain=self.chain if chain is None else chain,
            seq=self.seq + 1 if seq is None else seq,
            prev=self.prev if prev is None else prev,
            refs=tuple(sorted(refs)),
        )

    def goes_on(self, event: Event) -> Event:
        """Note that the chain goes on behind this event."""
        self.chain, self.seq, self.prev = event.chain, event.seq, event.id
        return event

    def words(self, title: str, **where: object) -> Event:
        """A goal, at the end of the chain."""
        return self.event(Kind.CONTENT, encode_content(goal(title)), **where)  # type: ignore[arg-type]

    def act(self, kind: Kind, payload: object, **where: object) -> Event:
        """A control event, at the end of the chain."""
        return self.event(kind, canonical.encode(payload), **where)  # type: ignore[arg-type]

    def opening(self, opened: control.Open) -> Event:
        """The first event of a chain."""
        return self.event(
            Kind.OPEN, canonical.encode(opened), chain=ZERO_SHORT, seq=0, prev=self.log
        )

    def seal(self, event: Event, key: suite.SigningKey | None = None) -> bytes:
        """By the device, or by another key."""
        return seal.make(key or self.device.sign, self.log, event.id)

    # --- into the mailbox ---

    def blob(self, kind: RecordKind, inner: bytes, *, key: bytes | None = None) -> bytes:
        """A record for this mailbox."""
        key = record.erase_key(self.erase_secret if key is None else key, self.log)
        return record.seal(kind, inner, self.place, key)

    def put(self, *blobs: bytes) -> list[int]:
        """Put blobs there; where they then stand."""
        tokens = self.tokens
        puts = tuple(Put(tokens.address, tokens.write, blob, b"") for blob in blobs)
        acks = self.relay.ask(ToRelay(put=puts)).acks
        assert all(done.n for done in acks)
        return [done.n for done in acks]

    def send(self, *events: Event, key: suite.SigningKey | None = None, seal_: bytes = b"") -> None:
        """A batch of these events under a seal of the last."""
        signature = seal_ or self.seal(events[-1], key)
        self.put(self.blob(RecordKind.BATCH, batch_of(Run(events, signature))))

    def rotate(
        self,
        parents: Sequence[bytes],
        secret: bytes,
        wraps: control.Wraps,
        *,
        relays: Sequence[str] = (ORIGIN,),
        version: int = 1,
        suite_: int = 1,
    ) -> Event:
        """A rotate event that begins an epoch with this secret."""
        payload = Rotate(
            *(version, suite_, tuple(sorted(parents)), epoch.commitment(self.log, secret)),
            *(tuple(relays), control.wraps_hash(wraps), Reason.AGE),
        )
        return self.act(Kind.ROTATE, payload)

    def leave(self, event: Event, wraps: control.Wraps, signature: bytes | None = None) -> None:
        """A rotate record in this mailbox, as a forwarding address."""
        assert event.body is not None
        sealed = self.seal(event) if signature is None else signature
        left = batch.RotateRecord(event.raw, event.body, sealed, wraps)
        self.put(self.blob(RecordKind.ROTATE, canonical.encode(left)))

    def pack(self, *parts: bytes) -> None:
        """Parts of a pack."""
        self.put(*(self.blob(RecordKind.PACK, part, key=self.secret) for part in parts))


def goal(title: str) -> Content:
    """A goal set now."""
    at, zone, date = composing.moment()
    return GoalSet(at=at, zone=zone, date=date, title=title)


async def items(device: Device, log: bytes) -> list[pack.Item]:
    """All events of a log as a pack is built from them."""
    rows = await device.read(
        lambda db: db.execute(
            "SELECT e.header, e.body, s.signature FROM event e JOIN chain c ON c.number = e.chain"
            " JOIN log l ON l.number = c.log LEFT JOIN seal s ON s.event = e.id WHERE l.id = ?",
            (log,),
        ).fetchall()
    )
    return [packing._item(*row) for row in rows]


def item(event: Event, signature: bytes) -> pack.Item:
    """One more, made by hand."""
    return pack.Item(event.chain, event.header, event.id, event.body, signature, event.raw)
