"""Closing a survey whole: ``--people`` who answered ``--questions`` histograms of five.

From the coordinator's wish to a transcript that anybody can check: the relay opens its
halves, the Witness checks its own, both sign the list, add up, make noise, store it in SQLite
and delete every answer, and the coordinator opens the sums. Both operators' real cores and
stores, one after the other in this process; what is sent passes through its bytes. Times are of
this process's CPU; against the 0.2 ms that either may take to check a half, as ``sums.py`` has it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_private_key
from lines import report, say

from inglenook_client.core.sums import answering, collecting
from inglenook_client.core.sums.collecting import CollectorKeys
from inglenook_schema import suite
from inglenook_schema.suite.rsa import rsa_generate, rsa_private, rsa_spki
from inglenook_schema.sums import frames, tokens
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.terms import Cosigned, Kind, Operator, Party, Question, Terms, Wording
from inglenook_schema.sums.tokens import Wallet
from inglenook_server.core.sums.checking import OperatorKeys
from inglenook_server.core.sums.helper import Helper
from inglenook_server.core.sums.leader import Leader
from inglenook_server.core.sums.rows import RelayState, WitnessState, write
from inglenook_server.core.sums.store import SELF, Change
from inglenook_server.core.sums.store import Kind as Row
from inglenook_server.stores.sqlite import SqliteStore
from inglenook_server.stores.sqlite_sums import WitnessFile

T = TypeVar("T")
CLOSE_S = 8.0
GOAL_PEOPLE = 2_000
DAY = 86_400
NOW = 20_000 * DAY
AFTER = NOW + 8 * DAY


class Answered:
    """A survey that everybody answered, with both stores as they are then."""

    def __init__(self, people: int, questions: int) -> None:
        self.relay_keys, self.witness_keys = _keys(), _keys()
        self.relay = _operator("Relay House", "https://relay.example", self.relay_keys)
        self.witness = _operator("Witness Trust", "", self.witness_keys)
        self.private = rsa_generate()
        self.issuer = rsa_private(self.private)
        self.keys = CollectorKeys.derive(os.urandom(32), bytes(16))
        claims = sorted(
            ((suite.SigningKey(os.urandom(32)), os.urandom(32)) for _ in range(people)),
            key=lambda pair: pair[0].public,
        )
        asked = tuple(
            Question(
                Kind.CHOICE,
                (Wording("en", f"Question {n}", tuple("abcd")),),
                *(0, 0, 0, 100, (1, 1)),
            )
            for n in range(questions)
        )
        self.terms = Terms(
            *(1, bytes(32), bytes(16), (("en", "A survey"),), asked, self.relay, self.witness),
            *(self.keys.public("Coordinator"), rsa_spki(self.issuer)),
            *(NOW, NOW + 7 * DAY, AFTER, AFTER + 30 * DAY, people),
            *(terms_.roster_hash(tuple(claim.public for claim, _ in claims)), False),
        )
        data = terms_.encode(self.terms)
        self.id = terms_.survey_id(data)
        self.cosigned = Cosigned(
            data,
            terms_.sign(self.keys.sign, Party.COORDINATOR, self.id),
            terms_.sign(self.relay_keys.sign, Party.RELAY, self.id),
            terms_.sign(self.witness_keys.sign, Party.WITNESS, self.id),
        )
        self.answers = [self._answer(number, *pair) for number, pair in enumerate(claims)]

    def _answer(self, number: int, claim: suite.SigningKey, secret: bytes) -> tuple[bytes, bytes]:
        wallet = Wallet(claim, secret, self.id, self.terms)
        said = [(number + n) % 4 for n in range(len(self.terms.questions))]
        kept = answering.seal(self.id, self.terms, said, wallet, NOW, os.urandom)
        key: Any = load_der_private_key(self.private, None, unsafe_skip_rsa_key_validation=True)
        hashed = hashes.SHA384()
        pss = padding.PSS(padding.MGF1(hashed), tokens.SALT)
        token = key.sign(tokens.token_input(self.id, self.terms, wallet.nonce), pss, hashed)
        return kept.name, write(answering.attach(kept, token))

    async def close(self, folder: Path) -> tuple[float, int]:
        """Seconds of CPU for the whole closing, and the answers that came out."""
        store = await SqliteStore.open(folder / "relay.db")
        file = await WitnessFile.open(folder / "witness.db")
        try:
            await self._fill(store, file)
            leader = Leader(store.sums, self.relay, self.relay_keys, os.urandom, _inline)
            helper = Helper(
                *(file, self.witness, self.witness_keys, self.relay.sign, os.urandom),
                lambda _: self.issuer,
            )
            begun = time.process_time()
            counted = await self._count(leader, helper)
            return time.process_time() - begun, counted
        finally:
            await store.close()
            await file.close()

    async def _fill(self, store: SqliteStore, file: WitnessFile) -> None:
        count = len(self.answers)
        verify_key = os.urandom(32)
        state = RelayState(
            frames.Phase.OPEN, self.cosigned, "", verify_key, requests=count, redeemed=count
        )
        change = Change(0)
        change.set(Row.STATE, write(state))
        for name, answer in self.answers:
            change.set(Row.ANSWER, answer, name)
        await store.sums.save(self.id, change)
        card = terms_.sign_card(self.witness_keys.sign, self.witness, ())
        known = Change(0, put={(Row.PEER, self.witness.sign): write(card)})
        await store.sums.save(SELF, known)
        other = Change(0)
        told = WitnessState(frames.Phase.OPEN, self.cosigned.terms, verify_key, b"")
        other.set(Row.STATE, write(told))
        await file.save(self.id, other)

    async def _count(self, leader: Leader, helper: Helper) -> int:
        collect = frames.encode(collecting.collect(self.id, self.keys))
        await leader.receive(collect, AFTER)
        done: tuple[frames.Done, ...] = ()
        while True:
            asked = frames.sign_exchange(self.witness_keys.sign, AFTER, done)
            reply = frames.read_reply(await leader.receive(frames.encode(asked), AFTER))
            assert isinstance(reply, frames.Errands), reply
            done = ()
            for errand in reply.errands:
                outcome = await helper.perform(errand, AFTER)
                assert outcome is not None
                done += (frames.Done(errand.survey, errand.number, outcome),)
            if not done:
                break
        collected = frames.read_reply(await leader.receive(collect, AFTER))
        assert isinstance(collected, frames.Collected), collected
        _, counted = collecting.publish(self.cosigned, collected, self.keys)
        return counted.answers


def _keys() -> OperatorKeys:
    return OperatorKeys(suite.SigningKey(os.urandom(32)), os.urandom(96))


def _operator(name: str, origin: str, keys: OperatorKeys) -> Operator:
    return Operator(name, origin, keys.sign.public, keys.kem.public)


async def _inline(work: Callable[[], T]) -> T:
    return work()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=GOAL_PEOPLE)
    parser.add_argument("--questions", type=int, default=5)
    options = parser.parse_args()
    say(f"surveys: {options.people} people, {options.questions} questions")
    answered = Answered(options.people, options.questions)
    with tempfile.TemporaryDirectory() as folder:
        taken, answers = asyncio.run(answered.close(Path(folder)))
    assert answers == options.people
    bare = 2 * 0.2e-3 * options.people * options.questions
    goal = CLOSE_S if options.people == GOAL_PEOPLE else None
    return 0 if report("surveys.close", options.people, taken, "s", bare, goal, "value") else 1


if __name__ == "__main__":
    sys.exit(main())
