"""What one frame may change: the rules for make, put and erase (protocol 6.1, 6.4).

Rule 1: an absent mailbox and a wrong token take the same path and get the same answer.
Rule 2: repeating anything is harmless and answered as the first time.
Rule 3: a token comes before everything else: who has none learns nothing of the mailbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from inglenook_schema import mailbox
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.limits import FRAMING, ID, MAX_OWNED_RECORD, MIN_PLAIN, SUITE
from inglenook_schema.record import may_erase, rid
from inglenook_schema.wire import Done, Erase, Make, Put, Status, ToRelay
from inglenook_server.core.ledger import Ledger, Mailbox, Stub
from inglenook_server.core.pace import Pace
from inglenook_server.core.rules import CreateMode, Rules

NONE: Final[frozenset[bytes]] = frozenset()
MIN_RECORD: Final = FRAMING + MIN_PLAIN
_NOBODY: Final = Mailbox(bytes(16), ZERO_ID, ZERO_ID, ZERO_ID, 1, 0)
"""Stands in for an absent mailbox: no token hashes to zeros."""
_NOTHING: Final = Stub(ZERO_ID, 0)
"""Stands in for an absent record: no token hashes to zeros."""
_UNKNOWN: Final = Done(Status.UNKNOWN, 0)
_OK: Final = Done(Status.OK, 0)
_REFUSED: Final = Done(Status.REFUSED, 0)
_TOO_LARGE: Final = Done(Status.TOO_LARGE, 0)
_FULL: Final = Done(Status.FULL, 0)
_CLOSED: Final = Done(Status.CLOSED, 0)


class Now(NamedTuple):
    """The two readings of time a relay decides with."""

    day: int
    """Days since 1970-01-01 in UTC; the finest time that is ever stored."""
    minute: int
    """Whole minutes of a clock that never goes back; kept in memory only."""


class Outcome(NamedTuple):
    """How one frame's changes were answered; true once the transaction is durable."""

    made: tuple[Done, ...]
    acks: tuple[Done, ...]
    erased: tuple[Done, ...]
    grown: Mapping[bytes, int]
    """Mailboxes with new records, and their length."""


class Changes:
    """What one frame asks to change, with all that a store needs to load for it.

    Attributes:
        put: With ``rids``, theirs, in order.
        erase: What to erase.
        vouchers: Hashes of the vouchers that makes carry.
        addresses: Every mailbox whose row is needed.
        size: About how many bytes of memory all this holds.
    """

    __slots__ = (
        *("_make", "_now", "_pace", "_rules", "_touch"),
        *("addresses", "erase", "put", "rids", "size", "vouchers"),
    )

    def __init__(
        self,
        frame: ToRelay,
        now: Now,
        rules: Rules,
        pace: Pace,
        touch: frozenset[bytes] = NONE,
        rids: list[bytes] | None = None,
    ) -> None:
        """Gather what a frame wants changed.

        Args:
            frame: What was asked.
            now: Today, and the running minute.
            rules: The operator's dials.
            pace: The relay's one count of puts.
            touch: Mailboxes read today for the first time.
            rids: What the frame's records are called, where that is known already.
        """
        self._now, self._rules, self._pace, self._touch = now, rules, pace, touch
        self._make, self.put, self.erase = frame.make, frame.put, frame.erase
        self.rids = [rid(put.blob) for put in frame.put] if rids is None else rids
        self.vouchers = [mailbox.token_hash(make.pass_) for make in frame.make if make.pass_]
        self.addresses = {put.address for put in frame.put}
        self.addresses.update(touch)
        self.size = 512
        for put in frame.put:
            self.size += len(put.blob) + 256
        others: tuple[Make | Erase, ...] = (*frame.make, *frame.erase)
        for other in others:
            self.addresses.add(other.address)
            self.size += 256

    def apart(self) -> dict[bytes, Changes]:
        """The same changes by mailbox, each mailbox's in their order.

        For a store whose transaction never touches two mailboxes. What one mailbox
        answers depends on no other, but for which of two gets a voucher's last use.
        """
        if len(self.addresses) == 1:
            return dict.fromkeys(self.addresses, self)
        makes: dict[bytes, list[Make]] = {address: [] for address in self.addresses}
        puts: dict[bytes, list[Put]] = {address: [] for address in self.addresses}
        rids: dict[bytes, list[bytes]] = {address: [] for address in self.addresses}
        erasures: dict[bytes, list[Erase]] = {address: [] for address in self.addresses}
        for make in self._make:
            makes[make.address].append(make)
        for put, name in zip(self.put, self.rids, strict=True):
            puts[put.address].append(put)
            rids[put.address].append(name)
        for erase in self.erase:
            erasures[erase.address].append(erase)
        parts = {}
        for address in self.addresses:
            frame = ToRelay(
                make=tuple(makes[address]),
                put=tuple(puts[address]),
                erase=tuple(erasures[address]),
            )
            touch = self._touch & {address}
            parts[address] = Changes(
                frame, self._now, self._rules, self._pace, touch, rids[address]
            )
        return parts

    def joined(self, outcomes: Mapping[bytes, Outcome]) -> Outcome:
        """The whole frame's answer from those to its parts, by address."""
        made = {address: iter(outcome.made) for address, outcome in outcomes.items()}
        acks = {address: iter(outcome.acks) for address, outcome in outcomes.items()}
        erased = {address: iter(outcome.erased) for address, outcome in outcomes.items()}
        grown: dict[bytes, int] = {}
        for outcome in outcomes.values():
            grown.update(outcome.grown)
        return Outcome(
            tuple([next(made[make.address]) for make in self._make]),
            tuple([next(acks[put.address]) for put in self.put]),
            tuple([next(erased[erase.address]) for erase in self.erase]),
            grown,
        )

    def settle(self, ledger: Ledger) -> Outcome:
        """Decide everything, in the order make, put, erase; the ledger says what to save."""
        grown: dict[bytes, int] = {}
        made = tuple([self._settle_make(ledger, make) for make in self._make])
        acks = tuple(
            [
                self._settle_put(ledger, put, name, grown)
                for put, name in zip(self.put, self.rids, strict=True)
            ]
        )
        erased = tuple([_erase(ledger, erase, self._now.day) for erase in self.erase])
        for address in self._touch:
            box = ledger.find(address)
            if box is not None:
                _use(ledger, box, self._now.day)
        return Outcome(made, acks, erased, grown)

    def _settle_make(self, ledger: Ledger, make: Make) -> Done:
        owner = b"" if make.owner == ZERO_ID else make.owner
        # protocol 5.2: the address certifies its tokens, so nobody can claim it with others.
        if mailbox.address(make.read, make.write, owner) != make.address:
            return _UNKNOWN
        box = ledger.find(make.address)
        if box is not None:
            return _CLOSED if box.closed else _OK
        if self._rules.create is CreateMode.TOKEN:
            voucher = mailbox.token_hash(make.pass_)
            if ledger.uses(voucher) < 1:
                return _REFUSED
            ledger.spend(voucher)
        ledger.make(Mailbox(make.address, make.read, make.write, owner, make.days, self._now.day))
        return _OK

    def _settle_put(self, ledger: Ledger, put: Put, name: bytes, grown: dict[bytes, int]) -> Done:
        box = ledger.find(put.address) or _NOBODY
        if not mailbox.token_fits(put.write, box.write_hash):
            return _UNKNOWN
        if box.closed:
            return _CLOSED
        blob = put.blob
        if len(blob) < MIN_RECORD or blob[0] != SUITE:
            return _REFUSED
        if box.owner_hash and len(blob) > MAX_OWNED_RECORD:
            return _TOO_LARGE
        known = ledger.place(put.address, name)
        if known:
            return Done(Status.OK, known)
        if not self._has_room(box, len(blob)):
            return _FULL
        n = ledger.append(box, name, blob)
        box.used_day = max(box.used_day, self._now.day)
        grown[put.address] = n
        return Done(Status.OK, n)

    def _has_room(self, box: Mailbox, size: int) -> bool:
        quota = self._rules.quota
        return (
            box.size + size <= quota.max_bytes
            and box.n < quota.max_records
            and self._pace.take(box.address, self._now.minute)
        )


def _erase(ledger: Ledger, erase: Erase, day: int) -> Done:
    box = ledger.find(erase.address) or _NOBODY
    stub = ledger.stub(erase.address, erase.n)
    # Both are always worked out: time tells nothing of which one failed.
    by_owner = mailbox.token_fits(erase.token, box.owner_hash or ZERO_ID)
    by_author = _fits_salt(erase.token, (stub or _NOTHING).salt)
    if by_owner and erase.n == 0:
        if not box.closed:
            ledger.close(box)
        return _OK
    if stub is None or not (by_owner or by_author):
        return _UNKNOWN
    if stub.size:
        ledger.erase(box, erase.n, stub)
        _use(ledger, box, day)
    return _OK


def _fits_salt(token: bytes, salt: bytes) -> bool:
    return may_erase(bytes((SUITE,)) + salt + bytes(FRAMING - ID - 1), token)


def _use(ledger: Ledger, box: Mailbox, day: int) -> None:
    if box.used_day < day:
        box.used_day = day
        ledger.touch(box)
