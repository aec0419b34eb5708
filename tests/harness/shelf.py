"""One log's events in dictionaries: the intake's view without a database."""

from __future__ import annotations

from collections.abc import Sequence

from harness.ancestry import branches_in, joints_of
from inglenook_client.core.clocks import recompute
from inglenook_client.core.events import Event, Run
from inglenook_client.core.intake import Chain, Intake, Outcome
from inglenook_schema.keys import check_chain


class Shelf:
    """Keeps what an intake accepts; put right after each take, as the store does."""

    def __init__(self, log: bytes) -> None:
        """Empty."""
        self.log = log
        self.events: dict[bytes, Event] = {}
        self.pasts: dict[bytes, dict[bytes, int]] = {}
        self.signs: dict[bytes, bytes] = {}
        self.awaited: dict[bytes, set[bytes]] = {}
        """Missing event ids, by the event that refers to them."""
        self.seals: dict[bytes, bytes] = {}

    def ids_at(self, chain: bytes, seq: int) -> list[bytes]:
        """See :class:`Lookup`."""
        return [e.id for e in self.events.values() if (e.chain, e.seq) == (chain, seq)]

    def past_at(self, chain: bytes, seq: int) -> dict[bytes, int]:
        """See :class:`Lookup`; of several at one place the lowest id's."""
        below = [e for i in self.pasts if (e := self.events[i]).chain == chain and e.seq <= seq]
        nearest = min(below, key=lambda e: (-e.seq, e.id), default=None)
        return dict(self.pasts[nearest.id]) if nearest else {}

    def chains(self) -> dict[bytes, Chain]:
        """As the intake wants them."""
        found = dict[bytes, Chain]()
        for chain, sign in self.signs.items():
            mine = [e for e in self.events.values() if e.chain == chain]
            tip = min(mine, key=lambda e: (-e.seq, e.id))
            found[chain] = Chain(sign, tip.seq, tip.id, self.past_at(chain, tip.seq))
        return found

    def take(self, runs: Sequence[Run]) -> Outcome:
        """Take runs in and keep what was accepted."""
        outcome = Intake(self.log, self.chains(), self).take(runs)
        for event, opened in outcome.opened:
            self.signs[event.chain] = check_chain(opened.certificates, opened.person).sign
        for accepted in outcome.accepted:
            event = accepted.event
            self.events[event.id] = event
            if accepted.past is not None:
                self.pasts[event.id] = accepted.past
            if accepted.awaits:
                self.awaited[event.id] = {name for _, _, name in accepted.awaits}
        for event, signature in outcome.seals:
            self.seals[event.id] = signature
        for event in outcome.refilled:
            if self.events[event.id].body is None:
                self.events[event.id] = event
        self.awaited = {
            i: left for i, a in self.awaited.items() if (left := a - self.events.keys())
        }
        here = self.events.values()
        self.pasts |= recompute(joints_of(here), branches_in(here))
        return outcome
