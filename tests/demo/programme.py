"""A survey among 24 people, over real sockets: one relay, one Witness, one coordinator.

Nobody's answer is with anybody: the end shows what each party's database holds.
"""

from __future__ import annotations

import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.relay_process import RelayProcess
from harness.sums_line import ask_over_http
from inglenook_client.core.sums import answering, collecting
from inglenook_client.core.sums.answering import Kept
from inglenook_client.core.sums.collecting import CollectorKeys
from inglenook_schema import dap, suite
from inglenook_schema.dap import sealing
from inglenook_schema.sums import answers, closing, floors, frames, tasks
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.answers import Numbered
from inglenook_schema.sums.terms import Kind, Question, Terms, Wording
from inglenook_schema.sums.tokens import Wallet
from inglenook_server.core.sums.store import Kind as Row
from inglenook_server.shells.cards import read_card

PEOPLE = 24
OPEN_S = 25
QUESTIONS = ("We met this month", "I would like some support")
BIN = Path(sys.executable).parent


@dataclass
class Member:
    """One of those who are enrolled; what they tick stays here."""

    claim: suite.SigningKey
    secret: bytes
    ticks: list[bool]
    wallet: Wallet | None = None
    token: bytes = b""
    kept: Kept | None = None


class Demo:
    """Everything that runs, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Start both operators and make them known to each other."""
        self.relay_db, self.witness_db = folder / "relay.db", folder / "witness.db"
        self.relay = RelayProcess(self.relay_db)
        own = ["--db", str(self.relay_db), "--name", "Relay House", "--origin", self.relay.url]
        card = self._run("inglenook-relay", "operator", *own)
        begin = ["--db", str(self.witness_db), "--name", "Witness Trust", "--relay", "-"]
        witness = self._run("inglenook-witness", "init", *begin, stdin=card)
        self._run("inglenook-relay", "operator", *own, "--witness", "-", stdin=witness)
        self.cards = read_card(card), read_card(witness)
        words = [str(BIN / "inglenook-witness"), "run", "--db", str(self.witness_db)]
        self.witness = subprocess.Popen([*words, "--every", "0.3"], stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        """End both processes."""
        self.witness.terminate()
        self.witness.wait(20)
        self.relay.end()

    def ask(self, request: frames.Request) -> Any:
        """Ask the relay's half, over a socket."""
        return ask_over_http(self.relay.port, request)

    def until(self, request: frames.Request, come: Any) -> Any:
        """Ask again until it has come."""
        for _ in range(600):
            reply = self.ask(request)
            if come(reply):
                return reply
            time.sleep(0.1)
        raise SystemExit(f"It never came: {reply}")

    @staticmethod
    def _run(program: str, *words: str, stdin: str = "") -> str:
        done = subprocess.run(
            [str(BIN / program), *words], input=stdin, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


def say(*lines: str) -> None:
    """Show some lines."""
    print(*lines, sep="\n", flush=True)


def make_terms(demo: Demo, claims: tuple[bytes, ...], keys: CollectorKeys) -> Terms:
    """Two boxes to tick."""
    relay, witness = demo.cards
    questions = tuple(
        Question(Kind.TICK, (Wording("en", text, ()),), 0, 0, 0, 10, (2, 1)) for text in QUESTIONS
    )
    now = int(time.time())
    return Terms(
        *(1, secrets.token_bytes(32), bytes(16), (("en", "This month"),), questions),
        *(relay.operator, witness.operator, keys.public("Coordinator"), witness.token_keys[0]),
        *(now, now + OPEN_S, now + OPEN_S + 2, now + 86_400, len(claims)),
        *(terms_.roster_hash(claims), terms_.is_trial(relay.operator, witness.operator)),
    )


def forge(survey: bytes, terms: Terms, wallet: Wallet) -> Kept:
    """One person's tick that would count for 1,000: each half opens, the proof does not hold."""
    secret = secrets.token_bytes(32)
    head = answers.Head(survey, wallet.nonce, answers.commitment(secret))
    reports = []
    for task in tasks.tasks(survey, terms):
        vdaf: Any = task.vdaf
        metadata = dap.ReportMetadata(
            dap.ReportID(secrets.token_bytes(16)),
            dap.Time(int(time.time()) // 86_400),
            (dap.Extension(tasks.ANSWER_EXTENSION, answers.answer_id(head)),),
        )
        public, shares = vdaf.shard(
            task.context, 1, metadata.report_id, secrets.token_bytes(vdaf.RAND_SIZE)
        )
        more = (int.from_bytes(shares[0][:8], "little") + 999) % (2**64 - 2**32 + 1)
        shares[0] = more.to_bytes(8, "little") + shares[0][8:]
        halves = [
            sealing.seal_input_share(
                sealing.hpke_config(answers.KEY_ID, to.kem),
                role,
                task.aad(metadata, public),
                dap.PlaintextInputShare((), share),
            )
            for to, role, share in zip(
                (terms.relay, terms.witness), tasks.ROLES, shares, strict=True
            )
        ]
        reports.append(Numbered(task.number, dap.encode(dap.Report(metadata, public, *halves))))
    return Kept(head, tuple(reports), secret)


def holds(db: Path) -> str:
    """What one database holds, by sort."""
    with sqlite3.connect(f"file:{db}?mode=ro", uri=True) as opened:
        rows = opened.execute(
            "SELECT kind, count(*), sum(length(value)) FROM survey_row GROUP BY 1"
        )
        return ", ".join(f"{n} of {Row(kind).name.lower()} ({size:,} B)" for kind, n, size in rows)


def holds_none(db: Path, members: list[Member]) -> bool:
    """Whether nothing of any sealed half is in the file any more."""
    data = b"".join(part.read_bytes() for part in db.parent.glob(f"{db.name}*"))
    return not any(
        each.report[at : at + 48] in data
        for member in members
        if member.kept
        for each in member.kept.reports
        for at in (200, 1_400)
    )


def main() -> int:
    """Tell it; 1 where something is not as it must be."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="inglenook-demo-") as name:
        demo = Demo(Path(name))
        try:
            good = tell(demo)
        finally:
            demo.stop()
    say("", f"{time.monotonic() - begun:.0f} seconds in all.")
    return 0 if good else 1


def tell(demo: Demo) -> bool:
    """The story."""
    members = sorted(
        (
            Member(suite.SigningKey(secrets.token_bytes(32)), secrets.token_bytes(32), ticks)
            for ticks in [[who < 17, who % 4 == 0] for who in range(PEOPLE)]
        ),
        key=lambda member: member.claim.public,
    )
    claims = tuple(member.claim.public for member in members)
    keys = CollectorKeys.derive(secrets.token_bytes(32), bytes(16))
    terms = make_terms(demo, claims, keys)
    propose = collecting.propose(terms, keys, claims)
    survey = terms_.survey_id(propose.terms)

    say("A coordinator asks two things, as boxes to tick:", *(f"  {text}" for text in QUESTIONS))
    odds = floors.odds(terms.questions[0].epsilon)
    say(
        f"  counted from {terms.questions[0].k} answers on; who guesses at one person's tick is "
        f"right in at most {odds} of 100 cases"
    )
    say(f"  halves go to {terms.relay.name} and {terms.witness.name}")
    if terms.trial:
        say("  trial: both halves on one machine")
    demo.ask(propose)
    seen = demo.until(frames.Look(survey), lambda reply: reply.cosigned is not None)
    say("", "Both operators looked at it, and signed. All 24 members fetch a token.")
    answer(demo, survey, terms, members)
    good = hostile(demo, survey, terms, members)

    say("", "While it is open:")
    say(
        f"  the relay holds    {holds(demo.relay_db)}",
        f"  the Witness holds  {holds(demo.witness_db)}",
    )
    collect = collecting.collect(survey, keys)
    time.sleep(max(0.0, terms.closes - time.time()))
    late = members[-1]
    assert late.wallet is not None
    kept = seal(survey, terms, late)
    said = demo.ask(frames.Upload(answering.attach(kept, late.token)))
    good &= refused("a late answer", said, dap.ReportError.TASK_EXPIRED)
    time.sleep(max(0.0, terms.withdraw_until - time.time()))
    collected = demo.until(collect, lambda reply: isinstance(reply, frames.Collected))
    published, counted = collecting.publish(seen.cosigned, collected, keys)

    say("", "The coordinator opens the sums, and nothing else:")
    for question, outcome in zip(QUESTIONS, counted.outcomes, strict=True):
        (number,) = outcome.numbers or (0,)
        say(f"  {question}: about {number} of {outcome.count} (± {outcome.within} in 95 of 100)")
    good &= all(outcome.count == PEOPLE - 3 for outcome in counted.outcomes)
    good &= closing.replay(published) == counted
    size = f"{len(published):,} bytes, {counted.answers} answers"
    say(f"  anybody can check it offline, with both names under it: {size}")
    return good & end(demo, survey, terms, members)


def seal(survey: bytes, terms: Terms, member: Member) -> Kept:
    """What a member's device sends, and keeps."""
    assert member.wallet is not None
    now = int(time.time())
    return answering.seal(survey, terms, member.ticks, member.wallet, now, secrets.token_bytes)


def answer(demo: Demo, survey: bytes, terms: Terms, members: list[Member]) -> None:
    """All but two answer; of those one is late, and one forges."""
    for member in members:
        member.wallet = Wallet(member.claim, member.secret, survey, terms)
        demo.ask(frames.AskToken(member.wallet.request()))
    for member in members:
        assert member.wallet is not None
        asked = frames.AskToken(member.wallet.request())
        said = demo.until(asked, lambda reply: bool(reply.blind_signature))
        member.token = member.wallet.finish(said.blind_signature)
    for member in members[:-2]:
        member.kept = seal(survey, terms, member)
        demo.ask(frames.Upload(answering.attach(member.kept, member.token)))
    say(f"{PEOPLE - 2} answer: each tick is split, and each half sealed to one operator.")


def hostile(demo: Demo, survey: bytes, terms: Terms, members: list[Member]) -> bool:
    """One takes an answer back, one tries to count for 1,000, one to answer twice."""
    say("")
    first, forger = members[0], members[-2]
    assert first.kept is not None
    assert forger.wallet is not None
    demo.ask(frames.Withdraw(first.kept.withdrawal))
    demo.ask(frames.Post(answering.letter(first.kept, terms), first.kept.name))
    follow = frames.Follow(survey, first.kept.name)
    kept = first.kept
    both = demo.until(
        follow,
        lambda reply: answering.standing(kept, terms, reply).withdrawn is answering.Confirmed.BOTH,
    )
    say("  one answer is withdrawn: confirmed by both operators" if both else "")
    forger.kept = forge(survey, terms, forger.wallet)
    demo.ask(frames.Upload(answering.attach(forger.kept, forger.token)))
    say("  a forged report, worth 1,000 ticks, is sent: neither half shows it")
    twice = seal(survey, terms, members[1])
    said = demo.ask(frames.Upload(answering.attach(twice, members[1].token)))
    return refused("a second answer under one token", said, dap.ReportError.REPORT_REPLAYED)


def refused(what: str, said: Any, error: dap.ReportError) -> bool:
    """Show how something was refused."""
    fits = isinstance(said, frames.Refused) and {code for _, code in said.reports} == {error}
    say(f"  {what}: refused, {error.name.lower()}" if fits else f"  {what}: {said}")
    return fits


def end(demo: Demo, survey: bytes, terms: Terms, members: list[Member]) -> bool:
    """What members can prove, and what is left."""
    known = Counter[str]()
    for member in members:
        if member.kept is not None:
            said = demo.ask(frames.Follow(survey, member.kept.name))
            standing = answering.standing(member.kept, terms, said)
            known["in the list" if standing.included else "not in it"] += 1
    inside, outside = known["in the list"], known["not in it"]
    say("", f"Members hold proofs: {inside} answers are in the list, {outside} are not")
    say(
        f"  the relay holds    {holds(demo.relay_db)}",
        f"  the Witness holds  {holds(demo.witness_db)}",
    )
    clean = all(holds_none(db, members) for db in (demo.relay_db, demo.witness_db))
    say("  of the sealed halves not a byte is left with either" if clean else "  HALVES ARE LEFT")
    say("  the coordinator holds the sums above, and no answer ever reached them")
    return clean and known["in the list"] == PEOPLE - 3


if __name__ == "__main__":
    sys.exit(main())
