"""One device's shell around the sync machine, without a database: what it must make durable."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from harness.logs import draw
from inglenook_client.core.sync import (
    Arrived,
    Conversation,
    Effect,
    Kept,
    Lost,
    Mailbox,
    Outgoing,
    compare,
)
from inglenook_schema import mailbox, record
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.mailbox import EMPTY_HEAD
from inglenook_schema.record import BoxType, Place, RecordKind
from inglenook_schema.wire import Make, ToClient, ToRelay

ORIGIN = "https://relay.example"


@dataclass
class Held:
    """One mailbox as a device stores it."""

    number: int
    place: Place
    tokens: mailbox.Tokens
    n: int = 0
    head: bytes = EMPTY_HEAD
    made: bool = False
    may_make: bool = True
    records: dict[bytes, bytes] = field(default_factory=dict)
    """Blob by rid, in the order in which this device got or wrote them."""
    positions: dict[bytes, int | None] = field(default_factory=dict)
    """Where each stands at the relay; None while it waits to be put."""

    @property
    def waiting(self) -> list[bytes]:
        """Rids that are not at the relay yet."""
        return [rid for rid in self.records if self.positions[rid] is None]

    def outgoing(self, rids: Iterable[bytes]) -> list[Outgoing]:
        """Records to put; a record's number is its place among those held."""
        numbers = {rid: number for number, rid in enumerate(self.records)}
        return [Outgoing(numbers[rid], rid, self.records[rid]) for rid in rids]


class Peer:
    """A device with some mailboxes at one relay."""

    def __init__(self, *names: str, voucher: bytes = b"", may_make: bool = True) -> None:
        """Hold a mailbox for each name; equal names are the same mailbox."""
        self.voucher = voucher
        self.boxes = [_box(number, name, may_make) for number, name in enumerate(names)]
        self.effects: list[Effect] = []
        """All that happened, in order."""
        self.trips = 0
        self.healed = 0
        """Records that a relay lost and this device put again."""

    def write(self, text: str, box: int = 0, size: int = 0) -> bytes:
        """Make a record that waits to be put; returns its rid."""
        kept = self.boxes[box]
        inner = text.encode().ljust(size, b".")
        key = record.erase_key(kept.place.secret)
        blob = record.seal(RecordKind.BATCH, inner, kept.place, key)
        rid = record.rid(blob)
        kept.records[rid] = blob
        kept.positions.setdefault(rid, None)
        return rid

    def texts(self, box: int = 0) -> list[str]:
        """What this device has read of a mailbox, in the relay's order."""
        kept = self.boxes[box]
        placed = sorted((n, rid) for rid, n in kept.positions.items() if n is not None)
        return [self._text(kept, kept.records[rid]) for _, rid in placed if kept.records[rid]]

    @staticmethod
    def _text(kept: Held, blob: bytes) -> str:
        return record.open_record(blob, kept.place).inner.decode().rstrip(".")

    def talk(self) -> Conversation:
        """Begin a conversation from what is stored."""
        return Conversation([self._plan(kept) for kept in self.boxes])

    def _plan(self, kept: Held) -> Mailbox:
        tokens = kept.tokens
        hashes = mailbox.token_hash(tokens.read), mailbox.token_hash(tokens.write), b""
        return Mailbox(
            kept.number,
            Make(tokens.address, *hashes, days=400, pass_=self.voucher),
            tokens.read,
            tokens.write,
            n=kept.n,
            head=kept.head,
            made=kept.made,
            may_make=kept.may_make,
            outbox=kept.outgoing(kept.waiting),
        )

    def sync(self, ask: Callable[[ToRelay], ToClient], talk: Conversation | None = None) -> None:
        """Talk until nothing is left to say; each step is kept before the next."""
        talk = talk or self.talk()
        while (frame := talk.ask()) is not None:
            answer = ask(frame)
            self.trips += 1
            self.keep(talk, talk.receive(answer))

    def keep(self, talk: Conversation, effects: Iterable[Effect]) -> None:
        """Make effects durable, and heal what was lost."""
        for effect in effects:
            self.effects.append(effect)
            kept = self.boxes[effect.box]
            match effect:
                case Arrived():
                    self._arrived(kept, effect)
                case Kept():
                    kept.positions[[*kept.records][effect.number]] = effect.n
                case Lost():
                    self._heal(talk, kept, effect)
                case _:
                    pass
        for number, state in talk.boxes.items():
            self.boxes[number].made = state.made

    def _arrived(self, kept: Held, effect: Arrived) -> None:
        for n, _, rid, blob in effect.items:
            kept.positions[rid] = n
            if blob or rid not in kept.records:
                kept.records[rid] = blob
        kept.n, kept.head = effect.n, effect.head

    def _heal(self, talk: Conversation, kept: Held, effect: Lost) -> None:
        at = kept.positions
        held = sorted(kept.records, key=lambda rid: (at[rid] is None, at[rid] or 0))
        found = compare(effect.rids, held)
        again = [rid for rid in found.again if kept.records[rid]]
        self.healed += sum(at[rid] is not None for rid in again)
        for rid in held:
            at[rid] = found.positions.get(rid)
        kept.n, kept.head = found.n, found.head
        talk.resume(kept.number, found.n, found.head, kept.outgoing(again), make=effect.unknown)


def _box(number: int, name: str, may_make: bool) -> Held:
    secret = draw(f"mailbox {name}")
    place = Place(BoxType.EPOCH, mailbox.box(secret), secret)
    return Held(number, place, mailbox.tokens(secret, ZERO_ID, ORIGIN), may_make=may_make)
