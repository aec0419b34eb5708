"""The Witness's half of surveys: one errand at a time (protocol 11.13).

    OPEN ──first Check──> CHECKING ──Freeze──> COUNTED      any of them ──forgotten──> FORGOTTEN

Rule 1: an errand done twice gives the same bytes, and no report is checked twice; noise is
drawn once and stored with what it was drawn for.
Rule 2: the Relay is believed nothing that the Witness can check: dates, tokens, names under
terms, the list, k.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from inglenook_schema import blindrsa, dap, suite
from inglenook_schema.errors import MalformedError, PeerError, SurveyRefusedError
from inglenook_schema.noise import Draw
from inglenook_schema.suite.rsa import RsaPrivateKey
from inglenook_schema.sums import answers, closing, frames, tokens
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.closing import Sum
from inglenook_schema.sums.frames import Errand, ErrandTask, Outcome, Phase
from inglenook_schema.sums.tasks import HELPER, Task, tasks
from inglenook_schema.sums.terms import Operator, Party, Terms
from inglenook_server.core.errors import StoreUnavailableError
from inglenook_server.core.sums import checking
from inglenook_server.core.sums.checking import FINISH, INITIALIZE, OperatorKeys
from inglenook_server.core.sums.closing import VERIFY_INFO
from inglenook_server.core.sums.errors import ReportRejectedError
from inglenook_server.core.sums.rows import (
    Checked,
    Claim,
    IssuingKey,
    Out,
    WitnessState,
    read,
    terms_of,
    write,
)
from inglenook_server.core.sums.store import SELF, Change, Kind, Rows, SumsStore, Wanted

_TRIES: Final = 20
_STATE: Final = (Wanted(Kind.STATE),)
_VERIFY_KEY: Final = 32


@dataclass(frozen=True)
class Helper:
    """Does errands over one store.

    Args:
        store: The Witness's rows.
        operator: What it is.
        keys: Its keys.
        relay: The key of the one Relay that it works with.
        draw: Gives random bytes.
        issuer: Reads a token key's private half; reading takes a second, so keep what it gives.
    """

    store: SumsStore
    operator: Operator
    keys: OperatorKeys
    relay: bytes
    draw: Draw
    issuer: Callable[[bytes], RsaPrivateKey]

    async def perform(self, errand: Errand, now: int) -> bytes | None:
        """Do one errand; gives what to say, or None where its time has not come.

        Args:
            errand: From the Relay.
            now: Unix seconds, by the Witness's own clock.

        Raises:
            StoreUnavailableError: Nothing was done.
        """
        try:
            task = frames.read_errand(errand.task)
            outcome = await self._perform(errand.survey, task, now)
        except SurveyRefusedError as error:
            outcome = frames.No(str(error)[:300])
        except PeerError as error:
            outcome = frames.No(error.code)
        return None if outcome is None else frames.encode(outcome)

    async def forget(self, now: int) -> int:
        """Delete what has passed its last date; gives the number of surveys."""
        gone = 0
        for survey in await self.store.surveys():
            rows = await self.store.load(survey.id, _STATE)
            found = rows.get(Kind.STATE)
            state = read(found, WitnessState) if found is not None else None
            if state is None or state.phase is Phase.FORGOTTEN:
                continue
            if now >= terms_of(state.terms)[1].forgotten:
                change = Change(rows.version)
                change.clear = set(Kind) - {Kind.STATE}
                left = WitnessState(Phase.FORGOTTEN, state.terms, b"", state.said)
                change.set(Kind.STATE, write(left))
                await self.store.save(survey.id, change)
                gone += 1
        return gone

    async def _perform(self, survey: bytes, task: ErrandTask, now: int) -> Outcome | None:
        match task:
            case frames.Cosign():
                return await self._cosign(task, now)
            case frames.Sign():
                return await self._sign(survey, task, now)
            case frames.Deliver(letter):
                return await self._deliver(survey, letter)
            case frames.Check():
                return await self._check(survey, task, now)
            case frames.Freeze():
                return await self._freeze(survey, task)

    async def _cosign(self, task: frames.Cosign, now: int) -> Outcome:
        survey, terms = terms_of(task.terms)
        terms_.check_signature(terms, Party.COORDINATOR, survey, task.coordinator)
        terms_.check_signature(terms, Party.RELAY, survey, task.relay)
        fits = (
            terms.witness == self.operator
            and terms.relay.sign == self.relay
            and len(task.claims) == terms.enrolled
            and sorted(set(task.claims)) == list(task.claims)
            and terms_.roster_hash(task.claims) == terms.roster
        )
        if not fits:
            return frames.No("invalidMessage")
        if now >= terms.closes:
            return frames.No("That survey had closed when the Witness saw it.")
        if not await self._reserve(survey, terms.token_key):
            return frames.No("The token key of that survey is another survey's, or unknown.")

        def decide(rows: Rows) -> tuple[Outcome, Change | None]:
            found = rows.get(Kind.STATE)
            if found is not None:
                return frames.read_outcome(read(found, WitnessState).said), None
            verify_key = self.draw(_VERIFY_KEY)
            sealed = suite.hpke_seal(terms.relay.kem, verify_key, VERIFY_INFO + survey)
            signature = terms_.sign(self.keys.sign, Party.WITNESS, survey)
            said = frames.Signed(signature, sealed)
            change = Change(rows.version)
            state = WitnessState(Phase.OPEN, task.terms, verify_key, frames.encode(said))
            change.set(Kind.STATE, write(state))
            change.set(Kind.ROSTER, b"".join(task.claims))
            return said, change

        return await self._change(survey, _STATE, decide)

    async def _reserve(self, survey: bytes, public: bytes) -> bool:
        """Give a token key to one survey, for good."""
        name = suite.sha256(public)
        for _ in range(_TRIES):
            rows = await self.store.load(SELF, (Wanted(Kind.TOKEN_KEY, name),))
            found = rows.get(Kind.TOKEN_KEY, name)
            if found is None:
                return False
            key = read(found, IssuingKey)
            if key.survey:
                return key.survey == survey
            change = Change(rows.version)
            taken = IssuingKey(key.number, key.private, key.public, survey)
            change.set(Kind.TOKEN_KEY, write(taken), name)
            if await self.store.save(SELF, change):
                return True
        raise StoreUnavailableError("too much at once")

    async def _sign(self, survey: bytes, task: frames.Sign, now: int) -> Outcome:
        request = task.request
        tokens.check_request(request)
        wanted = (*_STATE, Wanted(Kind.ROSTER), Wanted(Kind.CLAIM, request.claim))
        first = await self.store.load(survey, _STATE)
        _, terms = terms_of(_state(first).terms)
        frames.check_countersigned(terms, task)
        name = suite.sha256(terms.token_key)
        keys = await self.store.load(SELF, (Wanted(Kind.TOKEN_KEY, name),))
        issuing = read(keys.found[Kind.TOKEN_KEY, name], IssuingKey)

        def decide(rows: Rows) -> tuple[Outcome, Change | None]:
            claims = rows.get(Kind.ROSTER) or b""
            listed = {claims[i : i + 32] for i in range(0, len(claims), 32)}
            if request.survey != survey or request.claim not in listed:
                return frames.No("notEnrolled"), None
            before = rows.get(Kind.CLAIM, request.claim)
            if before is not None:
                known = read(before, Claim)
                if known.request.blinded != request.blinded:
                    return frames.No("tokenAlreadyAsked"), None
                return frames.SignedBlindly(request.claim, known.blind_signature), None
            if _state(rows).phase is not Phase.OPEN or now >= terms.closes:
                return frames.No("surveyClosed"), None
            signature = blindrsa.blind_sign(self.issuer(issuing.private), request.blinded)
            change = Change(rows.version)
            change.set(Kind.CLAIM, write(Claim(request, signature)), request.claim)
            return frames.SignedBlindly(request.claim, signature), change

        return await self._change(survey, wanted, decide)

    async def _deliver(self, survey: bytes, letter: answers.Letter) -> Outcome:
        withdrawal = answers.open_letter(self.keys.kem_private, letter)
        if withdrawal.survey != survey:
            return frames.No("invalidMessage")
        secret = answers.commitment(withdrawal.secret)
        wanted = (*_STATE, Wanted(Kind.WITHDRAWN, secret))

        def decide(rows: Rows) -> tuple[Outcome, Change | None]:
            signed = frames.sign_withdrawn(self.keys.sign, survey, withdrawal.answer)
            said = frames.Withdrawn(withdrawal.answer, signed)
            if rows.get(Kind.WITHDRAWN, secret) is not None:
                return said, None
            if _state(rows).phase is not Phase.OPEN:
                return frames.No("tooLate"), None
            change = Change(rows.version)
            change.set(Kind.WITHDRAWN, withdrawal.answer, secret)
            return said, change

        return await self._change(survey, wanted, decide)

    async def _check(self, survey: bytes, task: frames.Check, now: int) -> Outcome | None:
        state = _state(await self.store.load(survey, _STATE))
        _, terms = terms_of(state.terms)
        if now < terms.withdraw_until:
            return None
        jobs = [(number, _job(data, survey)) for number, data in task.jobs]
        name = suite.sha256(frames.encode(task))
        wanted = (
            *(*_STATE, Wanted(Kind.VERIFY, name)),
            *(Wanted(Kind.WITHDRAWN, None), Wanted(Kind.REPORT, None)),
            *(Wanted(Kind.NONCE, each.head.nonce) for each in task.answers),
        )

        def decide(rows: Rows) -> tuple[Outcome, Change | None]:
            before = rows.get(Kind.VERIFY, name)
            if before is not None:
                return read(before, frames.Checked), None
            state = _state(rows)
            if state.phase not in (Phase.OPEN, Phase.CHECKING):
                return frames.No("stepMismatch"), None
            change = Change(rows.version)
            checking_ = WitnessState(Phase.CHECKING, state.terms, state.verify_key, state.said)
            change.set(Kind.STATE, write(checking_))
            check = _Check(survey, terms, state.verify_key, self.keys, rows, change)
            said = check.run(task, jobs)
            change.set(Kind.VERIFY, write(said), name)
            return said, change

        return await self._change(survey, wanted, decide)

    async def _freeze(self, survey: bytes, task: frames.Freeze) -> Outcome:
        wanted = (*_STATE, Wanted(Kind.RESULT), Wanted(Kind.ANSWER, None))

        def decide(rows: Rows) -> tuple[Outcome, Change | None]:
            before = rows.get(Kind.RESULT)
            if before is not None:
                return read(before, frames.Summed), None
            state = _state(rows)
            if state.phase not in (Phase.OPEN, Phase.CHECKING):
                return frames.No("stepMismatch"), None
            said = self._sum(survey, state, task, rows)
            change = Change(rows.version)
            change.clear = {
                *(Kind.ANSWER, Kind.NONCE, Kind.REPORT, Kind.VERIFY),
                *(Kind.WITHDRAWN, Kind.CLAIM, Kind.ROSTER),
            }
            change.set(Kind.RESULT, write(said))
            done = WitnessState(Phase.COUNTED, state.terms, b"", state.said)
            change.set(Kind.STATE, write(done))
            return said, change

        return await self._change(survey, wanted, decide)

    def _sum(
        self, survey: bytes, state: WitnessState, task: frames.Freeze, rows: Rows
    ) -> frames.Summed:
        _, terms = terms_of(state.terms)
        frozen = task.frozen
        closing.check_frozen(terms, Party.RELAY, frozen, task.relay)
        closing.check_list(survey, terms, frozen, task.leaves)
        known = {name: read(value, Checked) for name, value in rows.all(Kind.ANSWER)}
        outs: dict[int, list[Out]] = {}
        for leaf in task.leaves:
            found = known.get(leaf.answer)
            if found is None or leaf.counted & ~found.counted:
                raise RefusedFreezeError
            for out in found.outs:
                if leaf.counted >> out.question & 1:
                    outs.setdefault(out.question, []).append(out)
        if len(task.requests) != len(terms.questions):
            raise RefusedFreezeError
        sums = tuple(
            self._half(survey, terms, each, request, outs.get(each.number, []))
            for each, request in zip(tasks(survey, terms), task.requests, strict=True)
        )
        return frames.Summed(closing.sign_frozen(self.keys.sign, Party.WITNESS, frozen), sums)

    def _half(
        self, survey: bytes, terms: Terms, task: Task, request: bytes | None, outs: Sequence[Out]
    ) -> Sum | None:
        if (request is None) is not (len(outs) < task.question.k):
            raise RefusedFreezeError
        if request is None:
            return None
        asked = dap.decode(dap.AggregateShareReq, request)
        summed = checking.checksum(out.report_id for out in outs)
        if asked.report_count != len(outs) or asked.checksum != summed:
            raise RefusedFreezeError
        share = checking.noised_sum(task, [out.share for out in outs], self.draw)
        return closing.make_sum(self.keys.sign, Party.WITNESS, survey, task, terms, share)

    async def _change(
        self,
        survey: bytes,
        wanted: tuple[Wanted, ...],
        decide: Callable[[Rows], tuple[Outcome, Change | None]],
    ) -> Outcome:
        for _ in range(_TRIES):
            outcome, change = decide(await self.store.load(survey, wanted))
            if change is None or await self.store.save(survey, change):
                return outcome
        raise StoreUnavailableError("too much at once")


class RefusedFreezeError(PeerError):
    """The Relay's list is not what the Witness found."""

    code = "batchMismatch"


class _Check:
    """One chunk of answers, against what is known of the others."""

    def __init__(
        self,
        survey: bytes,
        terms: Terms,
        verify_key: bytes,
        keys: OperatorKeys,
        rows: Rows,
        change: Change,
    ) -> None:
        self._survey = survey
        self._terms = terms
        self._verify_key = verify_key
        self._keys = keys
        self._rows = rows
        self._change = change
        self._outs: dict[bytes, list[Out]] = {}
        self._left_out: dict[bytes, dap.ReportError] = {}

    def run(
        self, task: frames.Check, jobs: Sequence[tuple[int, dap.AggregationJobInitReq]]
    ) -> frames.Checked:
        listed: dict[bytes, frames.Checking] = {}
        for each in task.answers:
            name = answers.answer_id(each.head)
            error = self._head_error(each, name)
            if error is not None:
                self._left_out[name] = error
            listed[name] = each
        all_tasks = tasks(self._survey, self._terms)
        said = []
        for number, job in jobs:
            if number >= len(all_tasks):
                raise RefusedFreezeError
            resps = [self._report(all_tasks[number], each, listed) for each in job.verify_inits]
            said.append(dap.encode(dap.AggregationJobResp(tuple(resps))))
        for name, outs in self._outs.items():
            self._change.set(Kind.ANSWER, write(Checked(tuple(outs))), name)
        dropped = [
            name
            for name, error in self._left_out.items()
            if error is dap.ReportError.REPORT_DROPPED
        ]
        return frames.Checked(tuple(sorted(dropped)), tuple(said))

    def _head_error(self, each: frames.Checking, name: bytes) -> dap.ReportError | None:
        head = each.head
        try:
            if head.survey != self._survey:
                return dap.ReportError.INVALID_MESSAGE
            tokens.check_token(self._survey, self._terms, head.nonce, each.token)
        except PeerError:
            return dap.ReportError.INVALID_MESSAGE
        if self._rows.get(Kind.WITHDRAWN, head.commitment) is not None:
            return dap.ReportError.REPORT_DROPPED
        taken = self._change.put.get((Kind.NONCE, head.nonce)) or self._rows.get(
            Kind.NONCE, head.nonce
        )
        if taken is not None and taken != name:
            return dap.ReportError.REPORT_REPLAYED
        self._change.set(Kind.NONCE, name, head.nonce)
        return None

    def _report(
        self, task: Task, init: dap.VerifyInit, listed: dict[bytes, frames.Checking]
    ) -> dap.VerifyResp:
        report_id = init.report_share.report_metadata.report_id
        try:
            name = _belongs_to(init.report_share, listed)
            message, out = self._open(task, init, name)
        except ReportRejectedError as error:
            kind = dap.VerifyRespType.REJECT
            return dap.VerifyResp(report_id, kind, report_error=error.error)
        self._outs.setdefault(name, []).append(Out(task.number, bytes(report_id), out))
        said = checking.say(FINISH, message)
        return dap.VerifyResp(report_id, dap.VerifyRespType.CONTINUE, payload=said)

    def _open(self, task: Task, init: dap.VerifyInit, name: bytes) -> tuple[bytes, bytes]:
        if name in self._left_out:
            raise ReportRejectedError(self._left_out[name])
        share = init.report_share
        if not answers.in_time(self._terms, share.report_metadata.time):
            raise ReportRejectedError(dap.ReportError.TASK_EXPIRED)
        # Once only, and whatever comes of it: whoever may try a half again with other words
        # of its own learns from each no a little about the half that it does not hold.
        place = (Kind.REPORT, bytes((task.number,)) + share.report_metadata.report_id)
        twice = any(out.question == task.number for out in self._outs.get(name, []))
        if twice or place in self._change.put or self._rows.get(*place) is not None:
            raise ReportRejectedError(dap.ReportError.REPORT_REPLAYED)
        self._change.put[place] = name
        payload = checking.open_share(task, self._keys.kem, HELPER, share, name)
        state, verifier = checking.begin(task, self._verify_key, HELPER, share, payload)
        theirs = checking.hear(INITIALIZE, init.payload)
        message = checking.decide(task, theirs, verifier)
        out = checking.finish(task, state, message)
        return message, out


def _belongs_to(share: dap.ReportShare, listed: dict[bytes, frames.Checking]) -> bytes:
    """The answer that a report names; only then is its half opened."""
    for extension in share.report_metadata.public_extensions:
        if extension.extension_data in listed:
            return extension.extension_data
    raise ReportRejectedError(dap.ReportError.INVALID_MESSAGE)


def _job(data: bytes, survey: bytes) -> dap.AggregationJobInitReq:
    job = dap.decode(dap.AggregationJobInitReq, data)
    expected = (
        dap.AggregationJobExtension(dap.LEADER_SELECTED_BATCH_ID, dap.encode(dap.BatchID(survey))),
    )
    if job.extensions != expected or job.agg_param or job.verification_key_id:
        raise RefusedFreezeError
    return job


def _state(rows: Rows) -> WitnessState:
    found = rows.get(Kind.STATE)
    if found is None:
        raise UnknownSurveyError
    return read(found, WitnessState)


class UnknownSurveyError(MalformedError):
    """The Witness never signed that survey."""

    code = "unrecognizedTask"
