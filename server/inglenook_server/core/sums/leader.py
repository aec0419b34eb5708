"""The Relay's half of surveys: what it takes, and what it answers (protocol 11.13).

    PROPOSED ──Signed──> OPEN ──collect, after withdraw_until──> CHECKING ──all Checked──> FREEZING
        └──No──> REFUSED                                                      Summed │
    any phase but COUNTED ──forgotten──> FORGOTTEN                                COUNTED

Rule 1: every answer to a question is decided on rows of one version and stored with them.
Rule 2: nothing that this half decrypts is stored before the survey is closed.
Rule 3: an answer takes a token, and no more tokens are taken than were asked for here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

import msgspec

from inglenook_schema import dap, suite
from inglenook_schema.errors import BadSignatureError, PeerError
from inglenook_schema.noise import Draw
from inglenook_schema.sums import answers, frames, tokens, tree
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.answers import Answer, Withdrawal
from inglenook_schema.sums.closing import Frozen, Leaf, encoded
from inglenook_schema.sums.frames import (
    AskToken,
    Cards,
    Collect,
    Collected,
    Errand,
    Errands,
    Exchange,
    Follow,
    Followed,
    Look,
    Phase,
    Post,
    Propose,
    Refused,
    Reply,
    Request,
    Seen,
    Taken,
    TokenSaid,
    Upload,
    WhoAreYou,
    Withdraw,
)
from inglenook_schema.sums.tasks import LEADER, Task, tasks
from inglenook_schema.sums.terms import Card, Cosigned, Operator, Party, Terms
from inglenook_server.core.errors import StoreUnavailableError
from inglenook_server.core.sums import checking, closing
from inglenook_server.core.sums.checking import OperatorKeys
from inglenook_server.core.sums.errors import RefusedError, ReportRejectedError
from inglenook_server.core.sums.rows import Claim, RelayState, read, terms_of, write
from inglenook_server.core.sums.store import SELF, Change, Kind, Rows, SumsStore, Wanted

T = TypeVar("T")
Run: TypeAlias = Callable[[Callable[[], T]], Awaitable[T]]
"""Calls something that takes long; a shell does it beside its loop."""
Decide: TypeAlias = Callable[[Rows], tuple[Reply, Change | None]]

MAX_SURVEYS: Final = 256
"""That run at once."""
MAX_LETTERS: Final = 4
"""About one answer."""
CLOCK_SKEW_S: Final = 86_400
_TRIES: Final = 200
_STATE: Final = (Wanted(Kind.STATE),)
_ERRANDS_AT_ONCE: Final = 48
_UNSIGNED: Final = bytes(64)
_WITHDRAWN: Final = b"\x01"
_REPLACED: Final = b"\x02"


@dataclass(frozen=True)
class Leader:
    """Answers questions about surveys from one store; any number at once."""

    store: SumsStore
    operator: Operator
    keys: OperatorKeys
    draw: Draw
    run: Run  # type: ignore[type-arg]

    async def receive(self, data: bytes, now: int) -> bytes:
        """Answer the bytes of one question, whatever they are.

        Args:
            data: Anything at all.
            now: Unix seconds.
        """
        try:
            reply = await self.answer(frames.read_request(data), now)
        except RefusedError as error:
            reply = Refused(error.said, error.reports)
        except BadSignatureError:
            reply = Refused("unauthorizedRequest")
        except PeerError:
            reply = Refused("invalidMessage")
        except StoreUnavailableError:
            reply = Refused("busy")
        return frames.encode(reply)

    async def answer(self, request: Request, now: int) -> Reply:
        """Answer one question.

        Raises:
            RefusedError: With what is said instead.
            PeerError: What came does not fit or is not signed.
            StoreUnavailableError: Nothing was acknowledged.
        """
        match request:
            case WhoAreYou() | Look() | Follow():
                return await self._tell(request)
            case Propose():
                return await self._propose(request, now)
            case AskToken(asked):
                return await self._ask_token(asked, now)
            case Upload(answer):
                return await self._upload(answer, now)
            case Withdraw(withdrawal):
                return await self._withdraw(withdrawal, now)
            case Post():
                return await self._post(request, now)
            case Collect():
                return await self._collect(request, now)
            case Exchange():
                return await self._exchange(request, now)

    async def forget(self, now: int) -> int:
        """Delete what has passed its last date; gives the number of surveys.

        Args:
            now: Unix seconds.
        """
        gone = 0
        for survey in await self.store.surveys():
            rows = await self.store.load(survey.id, _STATE)
            state = _state_in(rows)
            if state is None or state.phase is Phase.FORGOTTEN:
                continue
            if now >= terms_of(state.cosigned.terms)[1].forgotten:
                await self.store.save(survey.id, _forgetting(rows, state))
                gone += 1
        return gone

    async def _tell(self, asked: WhoAreYou | Look | Follow) -> Reply:
        match asked:
            case WhoAreYou():
                return await self._cards()
            case Look(survey):
                state, _ = await self._state(survey)
                return _seen(state)
            case Follow():
                return await self._follow(asked)

    async def _cards(self) -> Cards:
        own = terms_.sign_card(self.keys.sign, self.operator, ())
        return Cards((own, *await self._witnesses()))

    async def _witnesses(self) -> list[Card]:
        rows = await self.store.load(SELF, (Wanted(Kind.PEER, None),))
        return [read(value, Card) for _, value in rows.all(Kind.PEER)]

    async def _propose(self, asked: Propose, now: int) -> Reply:
        survey, terms = terms_of(asked.terms)
        terms_.check_signature(terms, Party.COORDINATOR, survey, asked.signature)
        fits = (
            terms.relay == self.operator
            and len(asked.claims) == terms.enrolled
            and sorted(set(asked.claims)) == list(asked.claims)
            and terms_.roster_hash(asked.claims) == terms.roster
            and now < terms.closes
        )
        cards = [card for card in await self._witnesses() if card.operator == terms.witness]
        if not fits or not any(terms.token_key in card.token_keys for card in cards):
            raise RefusedError("invalidMessage")
        if await self._running() >= MAX_SURVEYS:
            raise RefusedError("busy")
        own = terms_.sign(self.keys.sign, Party.RELAY, survey)

        def decide(rows: Rows) -> tuple[Reply, Change | None]:
            known = _state_in(rows)
            if known is not None:
                return _seen(known), None
            cosigned = Cosigned(asked.terms, asked.signature, own, _UNSIGNED)
            state = RelayState(Phase.PROPOSED, cosigned)
            change = Change(rows.version)
            change.set(Kind.ROSTER, b"".join(asked.claims))
            errand = frames.Cosign(asked.terms, asked.signature, own, asked.claims)
            return _seen(state), closing.with_errand(change, state, errand)

        return await self._change(survey, _STATE, decide)

    async def _running(self) -> int:
        """Surveys that are neither counted, refused nor forgotten."""
        ended = {Phase.REFUSED, Phase.COUNTED, Phase.FORGOTTEN}
        count = 0
        for survey in await self.store.surveys():
            state = _state_in(await self.store.load(survey.id, _STATE))
            count += state is not None and state.phase not in ended
        return count

    async def _ask_token(self, asked: tokens.TokenRequest, now: int) -> Reply:
        tokens.check_request(asked)
        _, terms = await self._state(asked.survey)
        signed = frames.countersign(self.keys.sign, asked)
        wanted = (*_STATE, Wanted(Kind.ROSTER), Wanted(Kind.CLAIM, asked.claim))

        def decide(rows: Rows) -> tuple[Reply, Change | None]:
            state, claims = _open_state(rows), rows.get(Kind.ROSTER) or b""
            if asked.claim not in [claims[i : i + 32] for i in range(0, len(claims), 32)]:
                raise RefusedError("notEnrolled")
            before = rows.get(Kind.CLAIM, asked.claim)
            if before is not None:
                claim = read(before, Claim)
                if claim.request.blinded != asked.blinded:
                    raise RefusedError("tokenAlreadyAsked")
                return TokenSaid(claim.blind_signature), None
            if state.phase is not Phase.OPEN or now >= terms.closes:
                raise RefusedError("surveyClosed")
            change = Change(rows.version)
            change.set(Kind.CLAIM, write(Claim(asked)), asked.claim)
            counted = msgspec.structs.replace(state, requests=state.requests + 1)
            return TokenSaid(b""), closing.with_errand(change, counted, frames.Sign(asked, signed))

        return await self._change(asked.survey, wanted, decide)

    async def _upload(self, answer: Answer, now: int) -> Reply:
        head = answer.head
        state, terms = await self._state(head.survey)
        self._check_time(state, terms, answer, now)
        try:
            tokens.check_token(head.survey, terms, head.nonce, answer.token)
        except PeerError:
            raise RefusedError("tokenRefused") from None
        name = answers.answer_id(head)
        await self.run(lambda: self._check_reports(answer, terms, name, now))
        first = await self.store.load(head.survey, (Wanted(Kind.NONCE, head.nonce),))
        wanted = [*_STATE, Wanted(Kind.ANSWER, name), Wanted(Kind.GONE, name)]
        wanted.append(Wanted(Kind.NONCE, head.nonce))
        if (before := first.get(Kind.NONCE, head.nonce)) is not None:
            wanted += [Wanted(Kind.ANSWER, before), Wanted(Kind.GONE, before)]

        def decide(rows: Rows) -> tuple[Reply, Change | None]:
            self._check_time(_open_state(rows), terms, answer, now)
            return _taking(rows, answer, name, before)

        return await self._change(head.survey, tuple(wanted), decide)

    def _check_time(self, state: RelayState, terms: Terms, answer: Answer, now: int) -> None:
        if state.phase in (Phase.PROPOSED, Phase.REFUSED):
            raise RefusedError("unrecognizedTask")
        error = None
        if state.phase is not Phase.OPEN:
            error = dap.ReportError.BATCH_COLLECTED
        elif now < terms.opens:
            error = dap.ReportError.TASK_NOT_STARTED
        elif now >= terms.closes:
            error = dap.ReportError.TASK_EXPIRED
        if error is not None:
            raise _rejected(answer, error)

    def _check_reports(self, answer: Answer, terms: Terms, name: bytes, now: int) -> None:
        """Everything that one half can tell of an answer; what it opens is forgotten at once."""
        all_tasks = tasks(answer.head.survey, terms)
        asked = [each.question for each in answer.reports]
        needed = {task.number for task in all_tasks if _is_needed(task)}
        if sorted(set(asked)) != asked or max(asked) >= len(all_tasks) or not needed <= set(asked):
            raise _rejected(answer, dap.ReportError.INVALID_MESSAGE)
        kem = self.keys.kem
        found = []
        for numbered in answer.reports:
            error = _error_of(all_tasks[numbered.question], kem, numbered.report, name, terms, now)
            if error is not None:
                found.append((numbered.question, int(error)))
        if found:
            raise RefusedError("reportRejected", tuple(found))

    async def _withdraw(self, withdrawal: Withdrawal, now: int) -> Reply:
        _, terms = await self._state(withdrawal.survey)
        wanted = (
            *_STATE,
            *(Wanted(kind, withdrawal.answer) for kind in (Kind.ANSWER, Kind.GONE)),
        )

        def decide(rows: Rows) -> tuple[Reply, Change | None]:
            if rows.get(Kind.GONE, withdrawal.answer) is not None:
                return Taken(), None
            stored = rows.get(Kind.ANSWER, withdrawal.answer)
            if _open_state(rows).phase is not Phase.OPEN or now >= terms.withdraw_until:
                raise RefusedError("tooLate")
            if stored is None:
                raise RefusedError("unknownAnswer")
            answers.check_withdrawal(withdrawal, read(stored, Answer).head)
            change = Change(rows.version)
            change.remove(Kind.ANSWER, (withdrawal.answer,))
            change.set(Kind.GONE, _WITHDRAWN, withdrawal.answer)
            return Taken(), change

        return await self._change(withdrawal.survey, wanted, decide)

    async def _post(self, asked: Post, now: int) -> Reply:
        survey = asked.letter.survey
        _, terms = await self._state(survey)
        kinds = (Kind.ANSWER, Kind.GONE, Kind.LETTERS)
        wanted = (*_STATE, *(Wanted(kind, asked.answer) for kind in kinds))

        def decide(rows: Rows) -> tuple[Reply, Change | None]:
            state = _open_state(rows)
            if state.phase is not Phase.OPEN or now >= terms.withdraw_until:
                raise RefusedError("tooLate")
            if not any(rows.get(kind, asked.answer) for kind in (Kind.ANSWER, Kind.GONE)):
                raise RefusedError("unknownAnswer")
            sent = (rows.get(Kind.LETTERS, asked.answer) or b"\0")[0]
            if sent >= MAX_LETTERS:
                raise RefusedError("busy")
            change = Change(rows.version)
            change.set(Kind.LETTERS, bytes((sent + 1,)), asked.answer)
            return Taken(), closing.with_errand(change, state, frames.Deliver(asked.letter))

        return await self._change(survey, wanted, decide)

    async def _follow(self, asked: Follow) -> Reply:
        kinds = (Kind.ANSWER, Kind.GONE, Kind.WITNESSED, Kind.OUT, Kind.ERROR)
        wanted = (*_STATE, Wanted(Kind.RESULT), *(Wanted(kind, asked.answer) for kind in kinds))
        rows = await self.store.load(asked.survey, wanted)
        _open_state(rows)
        gone = rows.get(Kind.GONE, asked.answer)
        collected = rows.get(Kind.RESULT)
        proof = _proof(read(collected, Collected), asked.answer) if collected else None
        stored = any(rows.get(kind, asked.answer) is not None for kind in (Kind.ANSWER, Kind.OUT))
        errors = rows.get(Kind.ERROR, asked.answer)
        return Followed(
            stored or proof is not None,
            gone == _WITHDRAWN,
            rows.get(Kind.WITNESSED, asked.answer) or b"",
            proof,
            closing.read_errors(errors) if errors else (),
        )

    async def _collect(self, asked: Collect, now: int) -> Reply:
        state, terms = await self._state(asked.survey)
        frames.check_collect(terms, asked)
        if state.phase is Phase.COUNTED:
            rows = await self.store.load(asked.survey, (Wanted(Kind.RESULT),))
            found = rows.get(Kind.RESULT)
            if found is not None:
                return read(found, Collected)
        if state.phase is not Phase.OPEN:
            return _seen(state)
        if now < terms.withdraw_until:
            raise RefusedError("batchInvalid")
        rows = await self.store.load(asked.survey, (*_STATE, Wanted(Kind.ANSWER, None)))
        change, begun = await self.run(lambda: closing.begin(rows, self.keys))
        await self.store.save(asked.survey, change)
        return _seen(begun)

    async def _exchange(self, asked: Exchange, now: int) -> Reply:
        frames.check_exchange(asked)
        known = await self.store.load(SELF, (Wanted(Kind.PEER, asked.witness),))
        if known.get(Kind.PEER, asked.witness) is None or abs(now - asked.now) > CLOCK_SKEW_S:
            raise RefusedError("unauthorizedRequest")
        for done in asked.done:
            await self._done(asked.witness, done)
        return await self._errands(asked.witness)

    async def _done(self, witness: bytes, done: frames.Done) -> None:
        """Take in what came of an errand; one that is not waited for changes nothing."""
        number = closing.numbered(done.number)
        wanted = [*_STATE, Wanted(Kind.ERRAND, number), Wanted(Kind.VERIFY, number)]
        first = await self.store.load(done.survey, (*_STATE, Wanted(Kind.ERRAND, number)))
        state, errand = _state_in(first), first.get(Kind.ERRAND, number)
        if state is None or errand is None:
            return
        _, terms = terms_of(state.cosigned.terms)
        if terms.witness.sign != witness:
            return
        task, outcome = frames.read_errand(errand), frames.read_outcome(done.outcome)
        wanted += closing.needed_for(task, outcome)
        for _ in range(_TRIES):
            rows = await self.store.load(done.survey, tuple(wanted))
            if rows.get(Kind.ERRAND, number) is None:
                return
            current = rows
            change = await self.run(
                lambda current=current: closing.take(  # type: ignore[misc]
                    current, number, task, outcome, self.keys, self.draw
                )
            )
            if await self.store.save(done.survey, change):
                return
        raise StoreUnavailableError("too much at once")

    async def _errands(self, witness: bytes) -> Errands:
        room, found = frames.MAX_ERRAND, list[Errand]()
        for survey in await self.store.surveys():
            if not survey.due:
                continue
            wanted = (*_STATE, Wanted(Kind.ERRAND, None, _ERRANDS_AT_ONCE))
            rows = await self.store.load(survey.id, wanted)
            state = _state_in(rows)
            if state is None or terms_of(state.cosigned.terms)[1].witness.sign != witness:
                continue
            waiting = rows.all(Kind.ERRAND)
            for number, task in waiting:
                room -= len(task)
                if found and (room < 0 or len(found) == frames.MAX_DONE):
                    return Errands(tuple(found), more=True)
                found.append(Errand(survey.id, int.from_bytes(number, "big"), task))
            if len(waiting) == _ERRANDS_AT_ONCE:
                return Errands(tuple(found), more=True)
        return Errands(tuple(found), more=False)

    async def _state(self, survey: bytes) -> tuple[RelayState, Terms]:
        state = _open_state(await self.store.load(survey, _STATE))
        return state, terms_of(state.cosigned.terms)[1]

    async def _change(self, survey: bytes, wanted: tuple[Wanted, ...], decide: Decide) -> Reply:
        """Decide again until nobody came between reading and writing."""
        for _ in range(_TRIES):
            reply, change = decide(await self.store.load(survey, wanted))
            if change is None or await self.store.save(survey, change):
                return reply
        raise StoreUnavailableError("too much at once")


def _taking(
    rows: Rows, answer: Answer, name: bytes, before: bytes | None
) -> tuple[Reply, Change | None]:
    """Store an answer, in the place of an earlier one or for a token that is new."""
    stored = rows.get(Kind.ANSWER, name)
    if stored is not None and stored == write(answer):
        return Taken(), None
    gone = rows.get(Kind.GONE, name)
    if stored is not None or gone == _REPLACED:
        raise _rejected(answer, dap.ReportError.REPORT_REPLAYED)
    if gone is not None:
        raise _rejected(answer, dap.ReportError.REPORT_DROPPED)
    state, change = _open_state(rows), Change(rows.version)
    current = rows.get(Kind.NONCE, answer.head.nonce)
    if current != before:
        raise StoreUnavailableError("too much at once")
    if current is None:
        if state.redeemed >= state.requests:
            raise RefusedError("tokenRefused")
        counted = msgspec.structs.replace(state, redeemed=state.redeemed + 1)
        change.set(Kind.STATE, write(counted))
    elif rows.get(Kind.GONE, current) is None:
        _replace(rows, change, answer, current)
    change.set(Kind.ANSWER, write(answer), name)
    change.set(Kind.NONCE, name, answer.head.nonce)
    return Taken(), change


def _replace(rows: Rows, change: Change, answer: Answer, current: bytes) -> None:
    """The token has an answer already: only whoever gave it may give another."""
    old = read(rows.get(Kind.ANSWER, current) or b"", Answer)
    refused = _rejected(answer, dap.ReportError.REPORT_REPLAYED)
    if answer.instead is None:
        raise refused
    try:
        answers.check_withdrawal(answer.instead, old.head)
    except BadSignatureError:
        raise refused from None
    change.remove(Kind.ANSWER, (current,))
    change.set(Kind.GONE, _REPLACED, current)


def _error_of(
    task: Task, kem: suite.KemKey, data: bytes, name: bytes, terms: Terms, now: int
) -> dap.ReportError | None:
    """What is wrong with one report, as far as the Relay's half shows."""
    try:
        report = answers.read_report(data)
    except PeerError:
        return dap.ReportError.INVALID_MESSAGE
    time = report.report_metadata.time
    if time > now // 86_400 + 1:
        return dap.ReportError.REPORT_TOO_EARLY
    if time < terms.opens // 86_400:
        return dap.ReportError.TASK_NOT_STARTED
    if not answers.in_time(terms, time):
        return dap.ReportError.TASK_EXPIRED
    try:
        checking.open_share(task, kem, LEADER, closing.leaders(report), name)
    except ReportRejectedError as error:
        return error.error
    return None


def _is_needed(task: Task) -> bool:
    """Whether a report about it is always sent, also by who would rather not say."""
    return task.question.kind is not terms_.Kind.MEAN


def _rejected(answer: Answer, error: dap.ReportError) -> RefusedError:
    return RefusedError(
        "reportRejected", tuple((each.question, int(error)) for each in answer.reports)
    )


def _state_in(rows: Rows) -> RelayState | None:
    found = rows.get(Kind.STATE)
    return None if found is None else read(found, RelayState)


def _open_state(rows: Rows) -> RelayState:
    state = _state_in(rows)
    if state is None:
        raise RefusedError("unrecognizedTask")
    return state


def _seen(state: RelayState) -> Seen:
    signed = state.phase not in (Phase.PROPOSED, Phase.REFUSED)
    whole = signed and state.cosigned.witness != _UNSIGNED
    return Seen(state.phase, state.cosigned if whole else None, state.reason)


def _proof(
    found: Collected, answer: bytes
) -> tuple[Frozen, bytes, bytes, int, Leaf, tuple[bytes, ...]] | None:
    for index, leaf in enumerate(found.leaves):
        if leaf.answer == answer:
            way = tree.path(encoded(found.leaves), index)
            return found.frozen, found.relay, found.witness, index, leaf, way
    return None


def _forgetting(rows: Rows, state: RelayState) -> Change:
    """Nothing but the terms is left."""
    change = Change(rows.version, due=False)
    change.clear = set(Kind) - {Kind.STATE}
    bare = RelayState(Phase.FORGOTTEN, state.cosigned, state.reason)
    change.set(Kind.STATE, write(bare))
    return change
