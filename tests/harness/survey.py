"""A survey among members in memory: both operators' real cores, and real shares and tokens."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from harness.memory_relay import at_once
from inglenook_client.core.sums import answering, collecting
from inglenook_client.core.sums.answering import Kept
from inglenook_client.core.sums.collecting import CollectorKeys
from inglenook_schema import suite
from inglenook_schema.suite.rsa import RsaPrivateKey, rsa_generate, rsa_private, rsa_spki
from inglenook_schema.sums import frames, tokens
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.closing import Counted
from inglenook_schema.sums.frames import Phase
from inglenook_schema.sums.tasks import Said
from inglenook_schema.sums.terms import Cosigned, Kind, Operator, Question, Terms, Wording
from inglenook_schema.sums.tokens import Wallet
from inglenook_server.core.sums.checking import OperatorKeys
from inglenook_server.core.sums.helper import Helper
from inglenook_server.core.sums.leader import Leader
from inglenook_server.core.sums.rows import IssuingKey, RelayState, read, write
from inglenook_server.core.sums.store import SELF, Change, SumsStore, Wanted
from inglenook_server.core.sums.store import Kind as Row
from inglenook_server.stores.memory_sums import MemorySums

T = TypeVar("T")
DAY = 86_400
OPENS = 20_000 * DAY
CLOSES = OPENS + 7 * DAY
WITHDRAW_UNTIL = CLOSES + DAY
FORGOTTEN = CLOSES + 60 * DAY
DURING = OPENS + 3 * DAY
AFTER = WITHDRAW_UNTIL
PROGRAMME = bytes([7]) * 32


@lru_cache(maxsize=1)
def token_key() -> tuple[bytes, RsaPrivateKey, bytes]:
    """One for a whole test run: private bytes, the same read, the public half."""
    private = rsa_generate()
    read = rsa_private(private)
    return private, read, rsa_spki(read)


@lru_cache(maxsize=1)
def token_signer() -> RSAPrivateKey:
    """The same key, for signing what nobody blinded."""
    key = load_der_private_key(token_key()[0], None)
    assert isinstance(key, RSAPrivateKey)
    return key


class Dice:
    """Random bytes that repeat from run to run, and differ from each other."""

    def __init__(self, seed: str) -> None:
        """Begin."""
        self._seed = seed.encode()
        self.drawn = 0

    def __call__(self, size: int) -> bytes:
        """So many bytes."""
        self.drawn += 1
        return hashlib.shake_256(self._seed + self.drawn.to_bytes(8, "big")).digest(size)


async def inline(work: Callable[[], T]) -> T:
    """Runs what takes long here and now."""
    return work()


def operator_keys(seed: str) -> OperatorKeys:
    """An operator's, the same each time."""
    dice = Dice(seed)
    return OperatorKeys(suite.SigningKey(dice(32)), dice(96))


def operator(name: str, origin: str, keys: OperatorKeys) -> Operator:
    """What terms say of it."""
    return Operator(name, origin, keys.sign.public, keys.kem.public)


def tick(text: str = "We met this month", k: int = 10, epsilon: int = 2) -> Question:
    """A box to tick."""
    return Question(Kind.TICK, (Wording("en", text, ()),), 0, 0, 0, k, (epsilon, 1))


def mean(k: int = 30) -> Question:
    """A number from 1 to 5."""
    return Question(Kind.MEAN, (Wording("en", "How useful?", ()),), 1, 5, 0, k, (1, 1))


def choice(options: int = 3, k: int = 50) -> Question:
    """One of some."""
    words = Wording("en", "Which fits best?", tuple(f"Option {i}" for i in range(options)))
    return Question(Kind.CHOICE, (words,), 0, 0, 0, k, (1, 1))


def choices(options: int = 4, most: int = 2, k: int = 100) -> Question:
    """Up to a number of some."""
    words = Wording("en", "Which do you use?", tuple(f"Thing {i}" for i in range(options)))
    return Question(Kind.CHOICES, (words,), 0, 0, most, k, (1, 1))


@dataclass
class Member:
    """One enrolled person."""

    claim: suite.SigningKey
    secret: bytes
    wallet: Wallet | None = None
    token: bytes = b""


@dataclass
class Operators:
    """The Relay's half and the Witness's, each over a store of its own."""

    relay_store: SumsStore = field(default_factory=MemorySums)
    witness_store: SumsStore = field(default_factory=MemorySums)
    relay_origin: str = "https://relay.example"
    witness_origin: str = ""

    def __post_init__(self) -> None:
        """Give them keys, and make them known to each other."""
        keys, self.witness_keys = operator_keys("relay"), operator_keys("witness")
        self.relay_keys = keys
        self.relay = operator("Relay House", self.relay_origin, keys)
        self.witness = operator("Witness Trust", self.witness_origin, self.witness_keys)
        private, issuer, public = token_key()
        self.public = public
        self.relay_dice, self.witness_dice = Dice("relay's noise"), Dice("witness's noise")
        self.leader = Leader(self.relay_store, self.relay, keys, self.relay_dice, inline)
        self.helper = Helper(
            *(self.witness_store, self.witness, self.witness_keys, keys.sign.public),
            *(self.witness_dice, lambda _: issuer),
        )
        card = terms_.sign_card(self.witness_keys.sign, self.witness, (public,))
        self.known = Change(0, put={(Row.PEER, self.witness.sign): write(card)})
        name = suite.sha256(public)
        key = write(IssuingKey(1, private, public))
        self.issues = Change(0, put={(Row.TOKEN_KEY, name): key})

    async def introduce(self) -> None:
        """Store what each knows of the other."""
        await self.relay_store.save(SELF, self.known)
        await self.witness_store.save(SELF, self.issues)

    async def ask(self, request: frames.Request, now: int) -> Any:
        """Ask the Relay over bytes, as over a wire."""
        data = frames.encode(request)
        assert frames.read_request(data) == request
        return frames.read_reply(await self.leader.receive(data, now))

    async def visit(self, now: int) -> int:
        """The Witness asks for errands until there are none; gives how many it did."""
        done: tuple[frames.Done, ...] = ()
        count = 0
        while True:
            asked = frames.sign_exchange(self.witness_keys.sign, now, done)
            reply = await self.ask(asked, now)
            assert isinstance(reply, frames.Errands), reply
            done = ()
            for errand in reply.errands:
                outcome = await self.helper.perform(errand, now)
                if outcome is not None:
                    done += (frames.Done(errand.survey, errand.number, outcome),)
            if not done:
                return count
            count += len(done)


class Survey:
    """One survey from its proposal to its result."""

    def __init__(
        self,
        people: int = 12,
        questions: Sequence[Question] = (tick(),),
        operators: Operators | None = None,
        nonce: bytes = bytes(16),
    ) -> None:
        """Prepare it; nothing is asked yet."""
        self.operators = operators or Operators()
        dice = Dice("members")
        self.dice = dice
        members = [Member(suite.SigningKey(dice(32)), dice(32)) for _ in range(people)]
        self.members = sorted(members, key=lambda member: member.claim.public)
        self.claims = tuple(member.claim.public for member in self.members)
        self.keys = CollectorKeys.derive(dice(32), nonce)
        relay, witness = self.operators.relay, self.operators.witness
        self.terms = Terms(
            *(1, PROGRAMME, nonce, (("en", "This month"),), tuple(questions), relay, witness),
            *(self.keys.public("Coordinator"), self.operators.public),
            *(OPENS, CLOSES, WITHDRAW_UNTIL, FORGOTTEN, people),
            *(terms_.roster_hash(self.claims), terms_.is_trial(relay, witness)),
        )
        self.id = terms_.survey_id(terms_.encode(self.terms))
        self.cosigned: Cosigned | None = None

    async def ask(self, request: frames.Request, now: int = DURING) -> Any:
        """Ask the Relay."""
        return await self.operators.ask(request, now)

    async def propose(self, now: int = OPENS - DAY) -> None:
        """Both operators co-sign it."""
        await self.operators.introduce()
        propose = collecting.propose(self.terms, self.keys, self.claims)
        assert (await self.ask(propose, now)).phase is Phase.PROPOSED
        await self.operators.visit(now)
        seen = await self.ask(frames.Look(self.id), now)
        assert seen.phase is Phase.OPEN, seen
        self.cosigned = seen.cosigned

    async def tokens(self, now: int = OPENS) -> None:
        """Everybody fetches a token."""
        for member in self.members:
            member.wallet = Wallet(member.claim, member.secret, self.id, self.terms)
            await self.ask(frames.AskToken(member.wallet.request()), now)
        await self.operators.visit(now)
        for member in self.members:
            assert member.wallet is not None
            said = await self.ask(frames.AskToken(member.wallet.request()), now)
            member.token = member.wallet.finish(said.blind_signature)

    async def ready_tokens(self) -> None:
        """Everybody has a token and nobody waited: signed in one step, and counted as asked for."""
        key, hashed = token_signer(), hashes.SHA384()
        pss = padding.PSS(padding.MGF1(hashed), tokens.SALT)
        for member in self.members:
            member.wallet = Wallet(member.claim, member.secret, self.id, self.terms)
            message = tokens.token_input(self.id, self.terms, member.wallet.nonce)
            member.token = key.sign(message, pss, hashed)
        rows = await self.operators.relay_store.load(self.id, (Wanted(Row.STATE),))
        state = read(rows.found[Row.STATE, b""], RelayState)
        change = Change(rows.version)
        change.set(Row.STATE, write(msgspec.structs.replace(state, requests=len(self.members))))
        assert await self.operators.relay_store.save(self.id, change)

    def seal(self, who: int, said: Sequence[Said], now: int = DURING) -> Kept:
        """What one member's device keeps and sends."""
        wallet = self.members[who].wallet
        assert wallet is not None
        return answering.seal(self.id, self.terms, said, wallet, now, self.dice)

    def answer(self, who: int, kept: Kept, instead: Kept | None = None) -> frames.Upload:
        """With the member's token."""
        return frames.Upload(answering.attach(kept, self.members[who].token, instead))

    async def give(self, who: int, said: Sequence[Said], now: int = DURING) -> Kept:
        """Seal and upload."""
        kept = self.seal(who, said, now)
        reply = await self.ask(self.answer(who, kept), now)
        assert isinstance(reply, frames.Taken), reply
        return kept

    async def follow(self, kept: Kept, now: int = DURING) -> answering.Standing:
        """What the member can know."""
        said = await self.ask(frames.Follow(self.id, kept.name), now)
        return answering.standing(kept, self.terms, said)

    async def close(self, now: int = AFTER) -> frames.Collected:
        """Both operators close it."""
        collect = collecting.collect(self.id, self.keys)
        await self.ask(collect, now)
        await self.operators.visit(now)
        collected = await self.ask(collect, now)
        assert isinstance(collected, frames.Collected), collected
        return collected

    def publish(self, collected: frames.Collected) -> tuple[bytes, Counted]:
        """As the coordinator does."""
        assert self.cosigned is not None
        return collecting.publish(self.cosigned, collected, self.keys)


def opened(people: int = 12, questions: Sequence[Question] = (tick(),)) -> Survey:
    """A survey that is open, and whose members have their tokens; each caller's own."""
    survey = copy.copy(_opened(people, tuple(questions)))
    before = survey.operators
    stores = copy.deepcopy((before.relay_store, before.witness_store))
    survey.operators = Operators(*stores)
    survey.dice = Dice("members, later")
    return survey


@lru_cache(maxsize=16)
def _opened(people: int, questions: tuple[Question, ...]) -> Survey:
    survey = Survey(people, questions)
    at_once(survey.propose())
    at_once(survey.tokens() if people <= 12 else survey.ready_tokens())
    return survey


def run(work: Awaitable[T]) -> T:
    """Run what never waits."""
    return at_once(work)  # type: ignore[arg-type]
