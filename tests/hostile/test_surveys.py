"""What is tried against a survey: an attack a row, with DAP's code for it; none of it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from harness.survey import (
    AFTER,
    CLOSES,
    DAY,
    DURING,
    OPENS,
    WITHDRAW_UNTIL,
    Dice,
    Survey,
    opened,
    operator_keys,
    run,
    tick,
)
from inglenook_client.core.sums import answering, collecting
from inglenook_client.core.sums.answering import Kept
from inglenook_schema import blindrsa, dap, suite
from inglenook_schema.dap import ReportError, sealing
from inglenook_schema.sums import answers, closing, frames, tasks
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.answers import Numbered
from inglenook_schema.sums.frames import No, Refused, Taken, Upload
from inglenook_schema.sums.tasks import Task
from inglenook_schema.sums.terms import Party, Terms
from inglenook_schema.sums.tokens import Wallet
from inglenook_server.core.sums import leader

replaced = msgspec.structs.replace
GIVEN = 11
"""Members who answer honestly; the twelfth does not, or does not answer."""
LAST = 11


def survey_with_answers() -> tuple[Survey, list[Kept]]:
    survey = opened(12, [tick()])
    return survey, [run(survey.give(who, [who % 2 == 0])) for who in range(GIVEN)]


def under(survey: Survey, terms: Terms, who: int = LAST) -> Kept:
    """An answer sealed under other terms, that claims to be to these."""
    wallet = survey.members[who].wallet
    assert wallet is not None
    head = answers.Head(survey.id, wallet.nonce, answers.commitment(bytes(32)))
    other = terms_.survey_id(terms_.encode(terms))
    reports = answers.make_reports(
        tasks.tasks(other, terms), terms, [True], head, DURING // DAY, survey.dice
    )
    return Kept(head, reports, bytes(32))


def other_question(survey: Survey, **changes: Any) -> Terms:
    question = replaced(survey.terms.questions[0], **changes)
    return replaced(survey.terms, questions=(question,))


def crafted(
    survey: Survey,
    *,
    metadata: Callable[[dap.ReportMetadata], dap.ReportMetadata] = lambda it: it,
    private: tuple[dap.Extension, ...] = (),
    config_id: int = answers.KEY_ID,
) -> Kept:
    """A report of one's own making, sealed as it must be."""
    wallet = survey.members[LAST].wallet
    assert wallet is not None
    head = answers.Head(survey.id, wallet.nonce, answers.commitment(bytes(32)))
    (task,) = tasks.tasks(survey.id, survey.terms)
    name = answers.answer_id(head)
    given = metadata(
        dap.ReportMetadata(
            dap.ReportID(survey.dice(16)),
            dap.Time(DURING // DAY),
            (dap.Extension(tasks.ANSWER_EXTENSION, name),),
        )
    )
    vdaf: Any = task.vdaf
    public, shares = vdaf.shard(task.context, 1, given.report_id, survey.dice(vdaf.RAND_SIZE))
    return Kept(
        head,
        (Numbered(0, _sealed(survey, task, given, public, shares, private, config_id)),),
        bytes(32),
    )


def _sealed(
    survey: Survey,
    task: Task,
    metadata: dap.ReportMetadata,
    public: bytes,
    shares: list[bytes],
    private: tuple[dap.Extension, ...] = (),
    config_id: int = answers.KEY_ID,
) -> bytes:
    halves = [
        sealing.seal_input_share(
            sealing.hpke_config(config_id, to.kem),
            role,
            task.aad(metadata, public),
            dap.PlaintextInputShare(private, share),
        )
        for to, role, share in zip(
            (survey.terms.relay, survey.terms.witness), tasks.ROLES, shares, strict=True
        )
    ]
    return dap.encode(dap.Report(metadata, public, *halves))


def two_ticks(survey: Survey) -> Kept:
    """One person's tick that counts for two: each half opens, and the proof does not hold."""
    kept = crafted(survey)
    wallet = survey.members[LAST].wallet
    assert wallet is not None
    (task,) = tasks.tasks(survey.id, survey.terms)
    metadata = answers.read_report(kept.reports[0].report).report_metadata
    vdaf: Any = task.vdaf
    public, shares = vdaf.shard(task.context, 1, metadata.report_id, survey.dice(vdaf.RAND_SIZE))
    doubled = (int.from_bytes(shares[0][:8], "little") + 1) % (2**64 - 2**32 + 1)
    shares[0] = doubled.to_bytes(8, "little") + shares[0][8:]
    return Kept(
        kept.head, (Numbered(0, _sealed(survey, task, metadata, public, shares)),), bytes(32)
    )


def upload(survey: Survey, kept: Kept, instead: Kept | None = None) -> Upload:
    return survey.answer(LAST, kept, instead)


def moved(survey: Survey, kept: list[Kept]) -> Upload:
    """Somebody else's report under one's own token."""
    own = survey.seal(LAST, [True])
    return upload(survey, Kept(own.head, kept[0].reports, own.secret))


def same_token(survey: Survey, _: list[Kept], **rest: Any) -> Upload:
    return survey.answer(0, survey.seal(0, [True]), **rest)


def withdrawn_again(survey: Survey, kept: list[Kept]) -> Upload:
    run(survey.ask(frames.Withdraw(kept[0].withdrawal)))
    run(survey.give(0, [True]))
    return survey.answer(0, kept[0])


def replaced_again(survey: Survey, kept: list[Kept]) -> Upload:
    run(survey.ask(survey.answer(0, survey.seal(0, [True]), instead=kept[0])))
    return survey.answer(0, kept[0])


def later(metadata: dap.ReportMetadata) -> dap.ReportMetadata:
    return replaced(metadata, time=dap.Time(DURING // DAY + 3))


def before(metadata: dap.ReportMetadata) -> dap.ReportMetadata:
    return replaced(metadata, time=dap.Time(OPENS // DAY - 1))


def one_more(metadata: dap.ReportMetadata) -> dap.ReportMetadata:
    more = dap.Extension(dap.ExtensionType(0xFF02), b"")
    return replaced(metadata, public_extensions=(*metadata.public_extensions, more))


Attack = Callable[[Survey, list[Kept]], Upload]
REFUSED = [
    pytest.param(lambda s, _: upload(s, s.seal(LAST, [True])), CLOSES, 7, id="late"),
    pytest.param(lambda s, _: upload(s, s.seal(LAST, [True])), OPENS - 1, 10, id="too early"),
    pytest.param(same_token, DURING, 2, id="duplicate token"),
    pytest.param(
        lambda s, k: same_token(s, k, instead=k[1]), DURING, 2, id="instead of somebody else's"
    ),
    pytest.param(
        lambda s, k: same_token(s, k, instead=replaced(k[0], secret=bytes(32))),
        *(DURING, 2),
        id="instead, with a wrong secret",
    ),
    pytest.param(withdrawn_again, DURING, 3, id="replay of what was withdrawn"),
    pytest.param(replaced_again, DURING, 2, id="replay of what was replaced"),
    pytest.param(
        lambda s, _: upload(s, under(s, other_question(s, wordings=tick("Other").wordings))),
        *(DURING, 5),
        id="under another text",
    ),
    pytest.param(
        lambda s, _: upload(s, under(s, other_question(s, k=11))), DURING, 5, id="under another k"
    ),
    pytest.param(
        lambda s, _: upload(s, under(s, other_question(s, spend=(1, 1)))),
        *(DURING, 5),
        id="under another ε",
    ),
    pytest.param(
        lambda s, _: upload(
            s, under(s, replaced(s.terms, closes=CLOSES + DAY, withdraw_until=CLOSES + DAY))
        ),
        *(DURING, 5),
        id="under another date",
    ),
    pytest.param(moved, DURING, 8, id="another's report"),
    pytest.param(
        lambda s, _: upload(s, crafted(s, config_id=1)), DURING, 4, id="to a key of another number"
    ),
    pytest.param(
        lambda s, _: upload(s, crafted(s, metadata=later)), DURING, 9, id="from a later day"
    ),
    pytest.param(lambda s, _: upload(s, crafted(s, metadata=before)), DURING, 10, id="from before"),
    pytest.param(
        lambda s, _: upload(s, crafted(s, metadata=one_more)), DURING, 8, id="an unknown extension"
    ),
    pytest.param(
        lambda s, _: upload(
            s, crafted(s, private=(dap.Extension(dap.ExtensionType(0xFF02), b""),))
        ),
        *(DURING, 8),
        id="an unknown extension under the seal",
    ),
    pytest.param(
        lambda s, _: upload(s, replaced(s.seal(LAST, [True]), reports=(Numbered(0, b"?"),))),
        *(DURING, 8),
        id="no report at all",
    ),
    pytest.param(
        lambda s, _: upload(s, replaced(s.seal(LAST, [True]), reports=(Numbered(1, b"?"),))),
        *(DURING, 8),
        id="about a question that is not asked",
    ),
]


@pytest.mark.parametrize(("attack", "now", "code"), REFUSED)
async def test_a_bad_answer_gets_daps_code_and_counts_for_nothing(
    attack: Attack, now: int, code: int
) -> None:
    survey, kept = survey_with_answers()

    said = await survey.ask(attack(survey, kept), now)
    collected = await survey.close()

    assert isinstance(said, Refused)
    assert (said.code, {error for _, error in said.reports}) == ("reportRejected", {code})
    assert collected.frozen.counts == (GIVEN,)


async def test_the_same_answer_twice_counts_once() -> None:
    survey, kept = survey_with_answers()

    again = await survey.ask(survey.answer(0, kept[0]))

    assert again == Taken()
    assert (await survey.close()).frozen.counts == (GIVEN,)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(
            lambda s: replaced(s.answer(LAST, s.seal(LAST, [True])).answer, token=bytes(256)),
            id="made up",
        ),
        pytest.param(
            lambda s: replaced(
                s.answer(LAST, s.seal(LAST, [True])).answer, token=s.members[0].token
            ),
            id="another's",
        ),
        pytest.param(
            lambda s: replaced(
                s.answer(LAST, s.seal(LAST, [True])).answer, token=s.members[0].token + b"\0"
            ),
            id="longer",
        ),
    ],
)
async def test_an_answer_without_a_token_of_its_own_is_refused(
    make: Callable[[Survey], Any],
) -> None:
    survey, _ = survey_with_answers()

    assert await survey.ask(Upload(make(survey))) == Refused("tokenRefused")


async def test_tokens_that_the_witness_gave_away_in_secret_are_worth_nothing() -> None:
    survey = opened(12, [tick()])
    for who in range(12):
        await survey.give(who, [True])
    secret = Dice("an extra token")(32)
    wallet = Wallet(survey.members[0].claim, secret, survey.id, survey.terms)
    issuer = survey.operators.helper.issuer(b"")
    token = wallet.finish(blindrsa.blind_sign(issuer, wallet.request().blinded))
    kept = answering.seal(survey.id, survey.terms, [True], wallet, DURING, survey.dice)

    assert await survey.ask(Upload(answering.attach(kept, token))) == Refused("tokenRefused")


async def test_an_answer_of_more_than_one_is_found_when_both_halves_are_checked() -> None:
    survey, _ = survey_with_answers()
    forged = two_ticks(survey)

    assert await survey.ask(upload(survey, forged)) == Taken()
    collected = await survey.close()
    standing = await survey.follow(forged, AFTER)

    assert collected.frozen.counts == (GIVEN,)
    assert (standing.included, standing.left_out) == (False, ((0, ReportError.VDAF_VERIFY_ERROR),))


async def test_two_answers_with_one_report_id_do_not_both_count() -> None:
    survey, kept = survey_with_answers()
    taken = answers.read_report(kept[0].reports[0].report).report_metadata.report_id
    twin = crafted(survey, metadata=lambda it: replaced(it, report_id=taken))

    assert await survey.ask(upload(survey, twin)) == Taken()

    assert (await survey.close()).frozen.counts == (GIVEN,)


async def test_a_share_that_only_the_witness_cannot_open_is_told_by_it() -> None:
    survey, _ = survey_with_answers()
    good, other = survey.seal(LAST, [True]), under(survey, other_question(survey, k=11))
    ours, theirs = (answers.read_report(each.reports[0].report) for each in (good, other))
    mixed = replaced(ours, helper_encrypted_input_share=theirs.helper_encrypted_input_share)
    sent = replaced(good, reports=(Numbered(0, dap.encode(mixed)),))

    assert await survey.ask(upload(survey, sent)) == Taken()
    collected = await survey.close()

    assert collected.frozen.counts == (GIVEN,)
    standing = await survey.follow(sent, AFTER)
    assert standing.left_out == ((0, ReportError.HPKE_DECRYPT_ERROR),)


def other_claim(survey: Survey) -> frames.AskToken:
    stranger = suite.SigningKey(Dice("a stranger")(32))
    return frames.AskToken(Wallet(stranger, bytes(32), survey.id, survey.terms).request())


def second_token(survey: Survey) -> frames.AskToken:
    claim = survey.members[0].claim
    return frames.AskToken(Wallet(claim, bytes(32), survey.id, survey.terms).request())


def forged_token_request(survey: Survey) -> frames.AskToken:
    asked = second_token(survey).request
    return frames.AskToken(replaced(asked, claim=survey.members[1].claim.public))


def unknown(survey: Survey) -> Upload:
    kept = survey.seal(LAST, [True])
    return upload(survey, replaced(kept, head=replaced(kept.head, survey=bytes(32))))


def with_terms(survey: Survey, **changes: Any) -> frames.Propose:
    terms = replaced(survey.terms, **changes)
    data = terms_.encode(terms)
    signed = terms_.sign(survey.keys.sign, Party.COORDINATOR, terms_.survey_id(data))
    return frames.Propose(data, signed, survey.claims)


ANSWERED_NO = [
    pytest.param(other_claim, DURING, "notEnrolled", id="a token for a stranger"),
    pytest.param(second_token, DURING, "tokenAlreadyAsked", id="a second token"),
    pytest.param(
        forged_token_request, DURING, "unauthorizedRequest", id="a token in another's name"
    ),
    pytest.param(unknown, DURING, "unrecognizedTask", id="an answer to no survey"),
    pytest.param(
        lambda s: frames.Collect(s.id, bytes(64)),
        AFTER,
        "unauthorizedRequest",
        id="sums for anybody",
    ),
    pytest.param(
        lambda _: frames.sign_exchange(operator_keys("other").sign, DURING, ()),
        *(DURING, "unauthorizedRequest"),
        id="errands for anybody",
    ),
    pytest.param(
        lambda s: frames.sign_exchange(s.operators.witness_keys.sign, DURING - 2 * DAY, ()),
        *(DURING, "unauthorizedRequest"),
        id="an old question of the Witness's",
    ),
    pytest.param(
        lambda s: with_terms(s, relay=s.terms.witness, witness=s.terms.relay),
        *(DURING, "invalidMessage"),
        id="a survey of another relay's",
    ),
    pytest.param(
        lambda s: with_terms(s, nonce=bytes(15) + b"\1", roster=bytes(32)),
        *(DURING, "invalidMessage"),
        id="a survey for another roster",
    ),
    pytest.param(
        lambda s: with_terms(s, token_key=bytes(300)),
        DURING,
        "invalidMessage",
        id="another token key",
    ),
    pytest.param(
        lambda s: replaced(with_terms(s, nonce=bytes(15) + b"\1"), signature=bytes(64)),
        *(DURING, "unauthorizedRequest"),
        id="a survey that nobody signed",
    ),
]


@pytest.mark.parametrize(("make", "now", "code"), ANSWERED_NO)
async def test_who_may_not_ask_is_told_no(
    make: Callable[[Survey], frames.Request], now: int, code: str
) -> None:
    survey, _ = survey_with_answers()

    assert await survey.ask(make(survey), now) == Refused(code)


WITHDRAWALS = [
    pytest.param(
        lambda k: replaced(k[0].withdrawal, secret=bytes(32)),
        DURING,
        "unauthorizedRequest",
        id="wrong secret",
    ),
    pytest.param(
        lambda k: replaced(k[0].withdrawal, answer=k[1].name),
        DURING,
        "unauthorizedRequest",
        id="another's",
    ),
    pytest.param(
        lambda k: replaced(k[0].withdrawal, answer=bytes(32)),
        DURING,
        "unknownAnswer",
        id="of nothing",
    ),
    pytest.param(lambda k: k[0].withdrawal, WITHDRAW_UNTIL, "tooLate", id="too late"),
]


@pytest.mark.parametrize(("make", "now", "code"), WITHDRAWALS)
async def test_only_whoever_answered_takes_it_back_and_in_time(
    make: Callable[[list[Kept]], answers.Withdrawal], now: int, code: str
) -> None:
    survey, kept = survey_with_answers()

    said = await survey.ask(frames.Withdraw(make(kept)), now)

    assert said == Refused(code)
    assert (await survey.close()).frozen.counts == (GIVEN,)


async def test_a_letter_with_a_wrong_secret_takes_nothing_back() -> None:
    survey, kept = survey_with_answers()
    forged = answers.seal_letter(
        survey.terms.witness, replaced(kept[0].withdrawal, secret=bytes(32))
    )

    await survey.ask(frames.Post(forged, kept[0].name))

    assert (await survey.close()).frozen.counts == (GIVEN,)


async def test_nobody_fills_the_witnesss_box_with_letters() -> None:
    survey, kept = survey_with_answers()
    letter = answering.letter(kept[0], survey.terms)

    said = [await survey.ask(frames.Post(letter, kept[0].name)) for _ in range(5)]
    stranger = await survey.ask(frames.Post(letter, bytes(32)))

    assert said == [Taken()] * 4 + [Refused("busy")]
    assert stranger == Refused("unknownAnswer")


@pytest.mark.parametrize("data", [b"", b"\xc0", bytes(100), b"\x91\x63"])
async def test_garbage_is_answered_with_daps_word_for_it(data: bytes) -> None:
    survey = opened(12, [tick()])

    assert frames.read_reply(await survey.operators.leader.receive(data, DURING)) == Refused(
        "invalidMessage"
    )


# The Relay itself, against the Witness


async def closing_errand(survey: Survey) -> tuple[frames.Errand, frames.Freeze]:
    """Closed as far as the list that the Relay signed."""
    operators = survey.operators
    await survey.ask(collecting.collect(survey.id, survey.keys), AFTER)
    key, done = operators.witness_keys.sign, ()
    while True:
        reply = await survey.ask(frames.sign_exchange(key, AFTER, done), AFTER)
        done = ()
        for errand in reply.errands:
            task = frames.read_errand(errand.task)
            if isinstance(task, frames.Freeze):
                return errand, task
            outcome = await operators.helper.perform(errand, AFTER)
            assert outcome is not None
            done += (frames.Done(errand.survey, errand.number, outcome),)


def resigned(
    survey: Survey, task: frames.Freeze, leaves: tuple[closing.Leaf, ...]
) -> frames.Freeze:
    frozen = closing.freeze(survey.id, 1, leaves)
    signed = closing.sign_frozen(survey.operators.relay_keys.sign, Party.RELAY, frozen)
    return replaced(task, frozen=frozen, relay=signed, leaves=leaves)


def one_unknown(survey: Survey, task: frames.Freeze) -> frames.Freeze:
    leaves = sorted(
        [*task.leaves, closing.Leaf(bytes(31) + b"\1", 1)], key=lambda leaf: leaf.answer
    )
    return resigned(survey, task, tuple(leaves))


FREEZES = [
    pytest.param(one_unknown, id="an answer that it never saw"),
    pytest.param(lambda s, t: resigned(s, t, t.leaves[:9]), id="under k, and the sum all the same"),
    pytest.param(
        lambda s, t: resigned(s, t, t.leaves[:10]), id="a list that is not what is asked for"
    ),
    pytest.param(lambda _, t: replaced(t, requests=(None,)), id="no sum where there must be one"),
    pytest.param(lambda _, t: replaced(t, leaves=t.leaves[1:]), id="other leaves than the root's"),
    pytest.param(
        lambda _, t: replaced(t, relay=bytes(64)), id="a list that the Relay did not sign"
    ),
]


@pytest.mark.parametrize("change", FREEZES)
async def test_the_witness_signs_no_list_but_its_own(
    change: Callable[[Survey, frames.Freeze], frames.Freeze],
) -> None:
    survey, _ = survey_with_answers()
    errand, task = await closing_errand(survey)
    drawn = survey.operators.witness_dice.drawn
    bad = replaced(errand, task=frames.encode(change(survey, task)))

    outcome = await survey.operators.helper.perform(bad, AFTER)

    assert outcome is not None
    assert isinstance(frames.read_outcome(outcome), No)
    assert survey.operators.witness_dice.drawn == drawn
    assert (await survey.close()).frozen.counts == (GIVEN,)


async def test_the_witness_gives_one_sum_whatever_is_asked_afterwards() -> None:
    survey, _ = survey_with_answers()
    errand, task = await closing_errand(survey)
    first = await survey.operators.helper.perform(errand, AFTER)

    other = replaced(errand, task=frames.encode(resigned(survey, task, task.leaves[:10])))

    assert await survey.operators.helper.perform(other, AFTER) == first


async def test_the_witness_checks_no_report_twice() -> None:
    survey, _ = survey_with_answers()
    operators = survey.operators
    await survey.ask(collecting.collect(survey.id, survey.keys), AFTER)
    key = operators.witness_keys.sign
    reply = await survey.ask(frames.sign_exchange(key, AFTER, ()), AFTER)
    (errand,) = reply.errands
    task = frames.read_errand(errand.task)
    assert isinstance(task, frames.Check)
    ((number, data),) = task.jobs
    job = dap.decode(dap.AggregationJobInitReq, data)
    changed = replaced(job, verify_inits=job.verify_inits[:5])
    again = replaced(task, jobs=((number, dap.encode(changed)),))

    first = await operators.helper.perform(errand, AFTER)
    repeated = await operators.helper.perform(errand, AFTER)
    second = await operators.helper.perform(replaced(errand, task=frames.encode(again)), AFTER)

    assert repeated == first
    assert second is not None
    outcome = frames.read_outcome(second)
    assert isinstance(outcome, frames.Checked)
    resps = dap.decode(dap.AggregationJobResp, outcome.jobs[0]).verify_resps
    assert {resp.report_error for resp in resps} == {ReportError.REPORT_REPLAYED}


async def test_the_witness_signs_no_token_that_the_relay_did_not_count() -> None:
    survey = opened(12, [tick()])
    request = second_token(survey).request
    errand = frames.Errand(survey.id, 99, frames.encode(frames.Sign(request, bytes(64))))

    outcome = await survey.operators.helper.perform(errand, DURING)

    assert outcome is not None
    assert frames.read_outcome(outcome) == No("bad-signature")


async def test_the_witness_takes_part_in_one_survey_a_token_key() -> None:
    survey = opened(12, [tick()])
    terms = replaced(survey.terms, nonce=bytes(15) + b"\1")
    data = terms_.encode(terms)
    name = terms_.survey_id(data)
    signed = terms_.sign(survey.keys.sign, Party.COORDINATOR, name)
    relays = terms_.sign(survey.operators.relay_keys.sign, Party.RELAY, name)
    task = frames.Cosign(data, signed, relays, survey.claims)

    outcome = await survey.operators.helper.perform(
        frames.Errand(name, 1, frames.encode(task)), DURING
    )

    assert outcome is not None
    said = frames.read_outcome(outcome)
    assert isinstance(said, No)
    assert "token key" in said.reason
    tampered = replaced(task, coordinator=bytes(64))
    outcome = await survey.operators.helper.perform(
        frames.Errand(name, 2, frames.encode(tampered)), DURING
    )
    assert outcome is not None
    assert frames.read_outcome(outcome) == No("bad-signature")


async def test_the_witness_tells_no_one_else_s_relay() -> None:
    survey = opened(12, [tick()])
    helper = replace(survey.operators.helper, relay=bytes(32))
    data = terms_.encode(survey.terms)
    signed = terms_.sign(survey.keys.sign, Party.COORDINATOR, survey.id)
    relays = terms_.sign(survey.operators.relay_keys.sign, Party.RELAY, survey.id)
    task = frames.Cosign(data, signed, relays, survey.claims)

    outcome = await helper.perform(frames.Errand(survey.id, 1, frames.encode(task)), DURING)

    assert outcome is not None
    assert frames.read_outcome(outcome) == No("invalidMessage")


async def test_surveys_that_ended_leave_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leader, "MAX_SURVEYS", 1)
    survey, _ = survey_with_answers()
    other = with_terms(survey, nonce=bytes(15) + b"\1")

    full = await survey.ask(other)
    await survey.close()
    after = await survey.ask(other)

    assert full == Refused("busy")
    assert isinstance(after, frames.Seen)
