"""The Relay's half at the end: check with the Witness, freeze, add up, forget (protocol 11.11).

    begin     every answer that stands is opened, and the Witness is asked to check its half
    take      what came of an errand; after the last check the list is signed, after the
              Witness's name under it this half is added up, given noise once, and all
              answers are deleted in the same change

Rule 1: nothing is added up before both have signed one list.
Rule 2: noise is drawn within the change that stores it, and a change that was too late is
thrown away whole: what is told is told again with the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from inglenook_schema import dap, suite
from inglenook_schema.errors import MalformedMessageError
from inglenook_schema.noise import Draw
from inglenook_schema.sums import answers, closing, frames
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.answers import Answer
from inglenook_schema.sums.closing import Leaf, Sum
from inglenook_schema.sums.frames import Collected, ErrandTask, Outcome, Phase
from inglenook_schema.sums.tasks import COLLECTION, LEADER, Task, tasks
from inglenook_schema.sums.terms import Cosigned, Party, Terms
from inglenook_server.core.sums import checking
from inglenook_server.core.sums.checking import FINISH, INITIALIZE, OperatorKeys
from inglenook_server.core.sums.errors import ReportRejectedError
from inglenook_server.core.sums.rows import (
    Begun,
    Checked,
    Chunk,
    Claim,
    Out,
    RelayState,
    read,
    terms_of,
    write,
)
from inglenook_server.core.sums.store import Change, Kind, Rows, Wanted

VERIFY_KEY_ID: Final = 0
VERIFY_INFO: Final = suite.domain("verify-key")
_ERRORS: Final = tuple[tuple[int, int], ...]


def numbered(number: int) -> bytes:
    """An errand's number as the id of its row."""
    return number.to_bytes(8, "big")


def with_errand(change: Change, state: RelayState, task: ErrandTask) -> Change:
    """Add an errand and the state that counts it."""
    number = state.errands + 1
    change.set(Kind.ERRAND, frames.encode(task), numbered(number))
    change.set(Kind.STATE, write(msgspec.structs.replace(state, errands=number)))
    change.due = True
    return change


def leaders(report: dap.Report) -> dap.ReportShare:
    """The Relay's half."""
    return dap.ReportShare(
        report.report_metadata, report.public_share, report.leader_encrypted_input_share
    )


def helpers(report: dap.Report) -> dap.ReportShare:
    """The Witness's half."""
    return dap.ReportShare(
        report.report_metadata, report.public_share, report.helper_encrypted_input_share
    )


def read_errors(data: bytes) -> tuple[tuple[int, int], ...]:
    """A row of errors."""
    return read(data, _ERRORS)


def begin(rows: Rows, keys: OperatorKeys) -> tuple[Change, RelayState]:
    """Open the halves of all answers that stand, and ask the Witness about the others.

    Args:
        rows: The state, and every answer.
        keys: The Relay's.
    """
    state = read(rows.found[Kind.STATE, b""], RelayState)
    survey, terms = terms_of(state.cosigned.terms)
    all_tasks = tasks(survey, terms)
    change = Change(rows.version)
    found = [(name, read(value, Answer)) for name, value in rows.all(Kind.ANSWER)]
    state = msgspec.structs.replace(state, phase=Phase.CHECKING)
    seen = set[tuple[int, bytes]]()
    for start in range(0, len(found), frames.MAX_CHUNK):
        some = found[start : start + frames.MAX_CHUNK]
        check, chunk, errors = _chunk(state, all_tasks, some, keys, seen)
        for name, wrong in errors.items():
            change.set(Kind.ERROR, write(tuple(wrong)), name)
        change.set(Kind.VERIFY, write(chunk), numbered(state.errands + 1))
        with_errand(change, state, check)
        state = msgspec.structs.replace(state, errands=state.errands + 1, checks=state.checks + 1)
    if not found:
        return _freeze(change, state, survey, terms, [], keys)
    change.set(Kind.STATE, write(state))
    return change, state


def needed_for(task: ErrandTask, outcome: Outcome) -> list[Wanted]:
    """Rows that :func:`take` wants besides the state and the errand's own."""
    match task, outcome:
        case frames.Sign(request), _:
            return [Wanted(Kind.CLAIM, request.claim)]
        case frames.Check(), _:
            return [Wanted(Kind.OUT, None), Wanted(Kind.ERROR, None)]
        case frames.Freeze(), _:
            return [Wanted(Kind.OUT, None)]
        case _:
            return []


def take(
    rows: Rows,
    number: bytes,
    task: ErrandTask,
    outcome: Outcome,
    keys: OperatorKeys,
    draw: Draw,
) -> Change:
    """What becomes of a survey by what the Witness did.

    Args:
        rows: The state, the errand's rows and those of :func:`needed_for`.
        number: The errand's.
        task: The errand.
        outcome: What came of it.
        keys: The Relay's.
        draw: Gives random bytes, for noise.

    Raises:
        PeerError: The outcome does not fit the errand, or is not signed; nothing changes.
    """
    state = read(rows.found[Kind.STATE, b""], RelayState)
    change = Change(rows.version)
    change.remove(Kind.ERRAND, (number,))
    change.remove(Kind.VERIFY, (number,))
    survey, terms = terms_of(state.cosigned.terms)
    match task, outcome:
        case frames.Cosign(), frames.Signed():
            return _opened(change, state, survey, terms, outcome, keys)
        case frames.Cosign(), frames.No(reason):
            refused = msgspec.structs.replace(state, phase=Phase.REFUSED, reason=reason)
            change.set(Kind.STATE, write(refused))
            change.due = False
            return change
        case frames.Sign(request), frames.SignedBlindly(claim, signature) if claim == request.claim:
            change.set(Kind.CLAIM, write(Claim(request, signature)), claim)
            return change
        case frames.Deliver(), frames.Withdrawn(answer, signature):
            frames.check_withdrawn(terms, survey, answer, signature)
            change.set(Kind.WITNESSED, signature, answer)
            return change
        case frames.Check(), frames.Checked():
            return _checked(change, rows, state, number, outcome, keys)
        case frames.Freeze(), frames.Summed():
            return _summed(change, rows, state, outcome, keys, draw)
        case _, frames.No(reason):
            # The Witness will not go on: the reason is shown, and all waits for its last date.
            change.set(Kind.STATE, write(msgspec.structs.replace(state, reason=reason)))
            return change
        case _:
            raise MalformedMessageError


def _opened(
    change: Change,
    state: RelayState,
    survey: bytes,
    terms: Terms,
    said: frames.Signed,
    keys: OperatorKeys,
) -> Change:
    terms_.check_signature(terms, Party.WITNESS, survey, said.signature)
    verify_key = suite.hpke_open(keys.kem_private, said.verify_key, VERIFY_INFO + survey)
    old = state.cosigned
    cosigned = Cosigned(old.terms, old.coordinator, old.relay, said.signature)
    opened = msgspec.structs.replace(
        state, phase=Phase.OPEN, cosigned=cosigned, verify_key=verify_key
    )
    change.set(Kind.STATE, write(opened))
    return change


def _chunk(
    state: RelayState,
    all_tasks: Sequence[Task],
    some: Sequence[tuple[bytes, Answer]],
    keys: OperatorKeys,
    seen: set[tuple[int, bytes]],
) -> tuple[frames.Check, Chunk, dict[bytes, list[tuple[int, int]]]]:
    jobs: dict[int, list[tuple[Begun, dap.VerifyInit]]] = {}
    errors: dict[bytes, list[tuple[int, int]]] = {}
    for name, answer in some:
        for each in answer.reports:
            report = answers.read_report(each.report)
            try:
                begun = _begin(state, all_tasks[each.question], report, name, keys, seen)
            except ReportRejectedError as error:
                errors.setdefault(name, []).append((each.question, int(error.error)))
            else:
                jobs.setdefault(each.question, []).append(begun)
    survey = terms_.survey_id(state.cosigned.terms)
    asked = tuple(
        (q, dap.encode(_job(survey, [init for _, init in jobs[q]]))) for q in sorted(jobs)
    )
    kept = tuple((q, tuple(begun for begun, _ in jobs[q])) for q in sorted(jobs))
    heads = tuple(frames.Checking(answer.head, answer.token) for _, answer in some)
    return frames.Check(heads, asked), Chunk(tuple(name for name, _ in some), kept), errors


def _begin(
    state: RelayState,
    task: Task,
    report: dap.Report,
    name: bytes,
    keys: OperatorKeys,
    seen: set[tuple[int, bytes]],
) -> tuple[Begun, dap.VerifyInit]:
    report_id = bytes(report.report_metadata.report_id)
    if (task.number, report_id) in seen:
        raise ReportRejectedError(dap.ReportError.REPORT_REPLAYED)
    seen.add((task.number, report_id))
    share = leaders(report)
    payload = checking.open_share(task, keys.kem, LEADER, share, name)
    kept, verifier = checking.begin(task, state.verify_key, LEADER, share, payload)
    message = checking.say(INITIALIZE, verifier)
    return Begun(name, report_id, kept), dap.VerifyInit(helpers(report), message)


def _job(survey: bytes, inits: Sequence[dap.VerifyInit]) -> dap.AggregationJobInitReq:
    batch = dap.AggregationJobExtension(
        dap.LEADER_SELECTED_BATCH_ID, dap.encode(dap.BatchID(survey))
    )
    return dap.AggregationJobInitReq(VERIFY_KEY_ID, b"", (batch,), tuple(inits))


def _checked(
    change: Change,
    rows: Rows,
    state: RelayState,
    number: bytes,
    said: frames.Checked,
    keys: OperatorKeys,
) -> Change:
    survey, terms = terms_of(state.cosigned.terms)
    all_tasks = tasks(survey, terms)
    chunk = read(rows.found[Kind.VERIFY, number], Chunk)
    if len(said.jobs) != len(chunk.jobs):
        raise MalformedMessageError
    outs: dict[bytes, list[Out]] = {}
    errors: dict[bytes, list[tuple[int, int]]] = {}
    for (question, begun), data in zip(chunk.jobs, said.jobs, strict=True):
        answered = dap.decode(dap.AggregationJobResp, data).verify_resps
        if [bytes(each.report_id) for each in answered] != [each.report_id for each in begun]:
            raise MalformedMessageError
        for one, resp in zip(begun, answered, strict=True):
            try:
                share = _finish(all_tasks[question], one, resp, set(said.withdrawn))
            except ReportRejectedError as error:
                errors.setdefault(one.answer, []).append((question, int(error.error)))
            else:
                outs.setdefault(one.answer, []).append(Out(question, one.report_id, share))
    _keep(change, rows, outs, errors)
    change.remove(Kind.ANSWER, chunk.answers)
    state = msgspec.structs.replace(state, checks=state.checks - 1)
    if state.checks:
        change.set(Kind.STATE, write(state))
        return change
    found = dict(rows.all(Kind.OUT))
    found |= {id_: value for (kind, id_), value in change.put.items() if kind is Kind.OUT}
    leaves = [Leaf(name, read(value, Checked).counted) for name, value in sorted(found.items())]
    frozen, _ = _freeze(change, state, survey, terms, leaves, keys, found.values())
    return frozen


def _finish(task: Task, begun: Begun, resp: dap.VerifyResp, withdrawn: set[bytes]) -> bytes:
    if begun.answer in withdrawn:
        raise ReportRejectedError(dap.ReportError.REPORT_DROPPED)
    if resp.report_error is not None:
        raise ReportRejectedError(resp.report_error)
    if resp.payload is None:
        raise ReportRejectedError(dap.ReportError.VDAF_VERIFY_ERROR)
    return checking.finish(task, begun.state, checking.hear(FINISH, resp.payload))


def _keep(
    change: Change,
    rows: Rows,
    outs: dict[bytes, list[Out]],
    errors: dict[bytes, list[tuple[int, int]]],
) -> None:
    for name, found in outs.items():
        change.set(Kind.OUT, write(Checked(tuple(found))), name)
    for name, wrong in errors.items():
        before = rows.get(Kind.ERROR, name)
        known = read_errors(before) if before else ()
        change.set(Kind.ERROR, write((*known, *wrong)), name)


def _freeze(
    change: Change,
    state: RelayState,
    survey: bytes,
    terms: Terms,
    leaves: Sequence[Leaf],
    keys: OperatorKeys,
    checked: Iterable[bytes] = (),
) -> tuple[Change, RelayState]:
    frozen = closing.freeze(survey, len(terms.questions), leaves)
    signature = closing.sign_frozen(keys.sign, Party.RELAY, frozen)
    ids: dict[int, list[bytes]] = {}
    for value in checked:
        for out in read(value, Checked).outs:
            ids.setdefault(out.question, []).append(out.report_id)
    requests = tuple(
        _request(survey, count, ids[task.number]) if count >= task.question.k else None
        for task, count in zip(tasks(survey, terms), frozen.counts, strict=True)
    )
    state = msgspec.structs.replace(
        state, phase=Phase.FREEZING, frozen=frozen, leaves=tuple(leaves)
    )
    errand = frames.Freeze(frozen, signature, tuple(leaves), requests)
    return with_errand(change, state, errand), state


def _request(survey: bytes, count: int, report_ids: Sequence[bytes]) -> bytes:
    batch = dap.LeaderSelectedBatchSelectorConfig(dap.BatchID(survey))
    selector = dap.BatchSelector(dap.BatchMode.LEADER_SELECTED, dap.encode(batch))
    summed = checking.checksum(report_ids)
    return dap.encode(dap.AggregateShareReq(COLLECTION, selector, count, summed))


def _summed(
    change: Change,
    rows: Rows,
    state: RelayState,
    said: frames.Summed,
    keys: OperatorKeys,
    draw: Draw,
) -> Change:
    """Both have signed: add up this half, make its noise, and forget every answer."""
    survey, terms = terms_of(state.cosigned.terms)
    frozen = state.frozen
    if frozen is None or len(said.sums) != len(terms.questions):
        raise MalformedMessageError
    closing.check_frozen(terms, Party.WITNESS, frozen, said.signature)
    outs: dict[int, list[bytes]] = {}
    for _, value in rows.all(Kind.OUT):
        for out in read(value, Checked).outs:
            outs.setdefault(out.question, []).append(out.share)
    sums = tuple(
        _pair(task, frozen.counts[task.number], outs, terms, survey, theirs, keys, draw)
        for task, theirs in zip(tasks(survey, terms), said.sums, strict=True)
    )
    own = closing.sign_frozen(keys.sign, Party.RELAY, frozen)
    result = Collected(frozen, own, said.signature, state.leaves, sums)
    change.clear = {
        *(Kind.ANSWER, Kind.OUT, Kind.NONCE, Kind.CLAIM, Kind.ROSTER, Kind.LETTERS),
        *(Kind.ERRAND, Kind.VERIFY),
    }
    change.set(Kind.RESULT, write(result))
    done = msgspec.structs.replace(
        state, phase=Phase.COUNTED, verify_key=b"", frozen=None, leaves=()
    )
    change.set(Kind.STATE, write(done))
    change.due = False
    return change


def _pair(
    task: Task,
    count: int,
    outs: dict[int, list[bytes]],
    terms: Terms,
    survey: bytes,
    theirs: Sum | None,
    keys: OperatorKeys,
    draw: Draw,
) -> tuple[Sum, Sum] | None:
    if (theirs is None) is not (count < task.question.k):
        raise MalformedMessageError
    if theirs is None:
        return None
    share = checking.noised_sum(task, outs[task.number], draw)
    return closing.make_sum(keys.sign, Party.RELAY, survey, task, terms, share), theirs
