"""The real relay core in the hands of somebody who wishes harm.

Two ways to lie. With ``edit`` the relay shows a mailbox other than it is, and the core makes
positions, heads and forks fit: a consistent lie, which only the records themselves can give
away. With the hooks it alters what is put and what is answered: an inconsistent one.

    question -> put, erase: altered, or answered with a lie -> core
    core over the mailboxes as ``edit`` shows them -> get, head, ids: altered -> answer

``asker`` says who asks, as a relay tells connections apart; ``views`` gives each their own
mailboxes. :meth:`HostileRelay.calm` makes it an honest relay again.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from harness.memory_relay import MemoryRelay, at_once
from inglenook_client.transports.errors import OfflineError
from inglenook_client.transports.http import read_answer
from inglenook_schema import mailbox, record, wire
from inglenook_schema.wire import Box, Done, Erase, Ids, Put, ToClient, ToRelay, Want
from inglenook_server.core.ledger import Mailbox
from inglenook_server.core.relay import Relay
from inglenook_server.core.rules import Rules
from inglenook_server.fanouts.local import LocalFanout
from inglenook_server.stores.memory import MemoryStore, _Row


class Kept(NamedTuple):
    """One record as a mailbox shows it."""

    rid: bytes
    blob: bytes
    """Empty once erased."""


Edit = Callable[[bytes, list[Kept]], Iterable[Kept]]
"""Given an address and what lies there, in order: what the asker is shown instead."""


def shown(blob: bytes) -> Kept:
    """A record with the name that its bytes have."""
    return Kept(record.rid(blob), blob)


class HostileRelay(MemoryRelay):
    """Honest until a hook is set; see the module."""

    def __init__(self, rules: Rules | None = None) -> None:
        """Empty, reachable and honest."""
        super().__init__(rules)
        self.traffic: list[bytes] = []
        """Every byte that passed, either way."""
        self.asker = ""
        self.calm()

    def calm(self) -> None:
        """Be honest from now on; what lies there is what the core kept."""
        self.views: dict[str, MemoryStore] = {}
        self.edit: Edit | None = None
        self.on_put: Callable[[Put], Put | Done] = lambda put: put
        self.on_erase: Callable[[Erase], Erase | Done] = lambda erase: erase
        self.on_get: Callable[[Want, Box], Box] = lambda _, box: box
        self.on_head: Callable[[Want, Box], bytes] = lambda _, box: box.head
        self.on_ids: Callable[[Ids, Box], Box] = lambda _, box: box
        self.on_answer: Callable[[ToRelay, bytes], bytes] = lambda _, data: data

    def split(self, *askers: str) -> None:
        """From now on each of these has mailboxes of their own, begun as they are now."""
        self.views = {asker: copy.deepcopy(self.store) for asker in askers}

    def ask(self, frame: ToRelay) -> ToClient:
        """Answer one frame, honestly or not.

        Raises:
            OfflineError: The relay cannot be reached, or its answer got lost or is none.
        """
        if not self.reachable:
            raise OfflineError
        self.frames.append(frame)
        question = wire.encode(frame)
        answer = self.on_answer(frame, self.answer(question))
        self.traffic += [question, answer]
        if self.answers_to_lose:
            self.answers_to_lose -= 1
            raise OfflineError
        return read_answer(answer)

    def answer(self, question: bytes) -> bytes:
        """The bytes that answer the bytes of a frame, as far as the hooks decide it."""
        frame = wire.decode_to_relay(question)
        puts = [self.on_put(put) for put in frame.put]
        erases = [self.on_erase(erase) for erase in frame.erase]
        store = self.views.get(self.asker, self.store)
        done = self._core(
            store,
            ToRelay(
                make=frame.make,
                put=tuple(put for put in puts if isinstance(put, Put)),
                erase=tuple(erase for erase in erases if isinstance(erase, Erase)),
                want=frame.want if self.edit is None else (),
                ids=frame.ids if self.edit is None else (),
            ),
        )
        read = done
        if self.edit is not None and (frame.want or frame.ids):
            read = self._core(self._edited(store, frame), ToRelay(want=frame.want, ids=frame.ids))
        return wire.encode(
            ToClient(
                fault=done.fault,
                made=done.made,
                boxes=tuple(map(self._got, frame.want, read.boxes)),
                acks=_woven(puts, done.acks),
                ids=tuple(map(self.on_ids, frame.ids, read.ids)),
                erased=_woven(erases, done.erased),
            )
        )

    def _core(self, store: MemoryStore, frame: ToRelay) -> ToClient:
        relay = Relay(store, LocalFanout(), self._rules)
        return at_once(relay.receive(wire.encode(frame), self.now))

    def _got(self, want: Want, box: Box) -> Box:
        box = self.on_get(want, box)
        return msgspec.structs.replace(box, head=self.on_head(want, box))

    def _edited(self, store: MemoryStore, frame: ToRelay) -> MemoryStore:
        """The mailboxes that are read, as they are to be shown; the rest is not looked at."""
        assert self.edit is not None
        seen = MemoryStore()
        asked: tuple[Want | Ids, ...] = (*frame.want, *frame.ids)
        for address in {ask.address for ask in asked} & store._mailboxes.keys():
            rows = [Kept(row.rid, row.blob) for row in store._records[address]]
            fill(seen, copy.copy(store._mailboxes[address]), list(self.edit(address, rows)))
        return seen


def fill(store: MemoryStore, box: Mailbox, rows: Sequence[Kept]) -> None:
    """Let a mailbox of a store hold these records and no others, with heads that fit."""
    head = mailbox.EMPTY_HEAD
    kept = list[_Row]()
    for rid, blob in rows:
        head = mailbox.next_head(head, rid)
        kept.append(_Row(rid, head, blob, blob[1:33]))
    box.n, box.head = len(kept), head
    store._mailboxes[box.address] = box
    store._records[box.address] = kept
    for n, row in enumerate(kept, start=1):
        store._places[box.address, row.rid] = n


def _woven(asked: Sequence[object], answers: Sequence[Done]) -> tuple[Done, ...]:
    """The core's answers in their places, between the lies."""
    honest = iter(answers)
    return tuple(ask if isinstance(ask, Done) else next(honest) for ask in asked)
