"""A survey from its proposal to its result, both operators' cores in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.survey import (
    AFTER,
    DURING,
    FORGOTTEN,
    OPENS,
    Survey,
    choice,
    choices,
    mean,
    opened,
    run,
    tick,
)
from inglenook_client.core.sums import answering, collecting
from inglenook_client.core.sums.answering import Confirmed
from inglenook_schema.dap import ReportError
from inglenook_schema.sums import answers, closing, frames, tasks
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.frames import Phase, Refused, Taken
from inglenook_schema.sums.tasks import Said
from inglenook_server.core.errors import StoreUnavailableError
from inglenook_server.core.sums.store import Change, Kind, Rows, Wanted
from inglenook_server.core.sums.store import Survey as Known
from inglenook_server.stores.memory_sums import MemorySums


@pytest.fixture(scope="module")
def whole() -> tuple[Survey, list[answering.Kept], frames.Collected]:
    """A survey with every kind of question, closed."""
    people = 104
    questions = [tick(epsilon=1), mean(), choice(3), choices(4, 2)]
    survey = opened(people, questions)
    kept = [run(survey.give(who, _said(who))) for who in range(people - 1)]
    return survey, kept, run(survey.close())


def _said(who: int) -> list[Said]:
    return [
        who % 2 == 0,
        None if who % 10 == 0 else 1 + who % 5,
        None if who % 4 == 3 else who % 4 % 3,
        (who % 4, (who + 1) % 4),
    ]


async def test_every_kind_of_question_comes_out_within_its_noise(
    whole: tuple[Survey, list[answering.Kept], frames.Collected],
) -> None:
    survey, kept, collected = whole
    said = [_said(who) for who in range(len(kept))]

    published, counted = survey.publish(collected)

    assert closing.replay(published) == counted
    asked = tasks.tasks(survey.id, survey.terms)
    for number, outcome in enumerate(counted.outcomes):
        measured = [tasks.measurement(asked[number].question, one[number]) for one in said]
        sent = [one for one in measured if one is not None]
        assert outcome.count == len(sent)
        assert outcome.numbers is not None
        truth = _sum(asked[number], sent)
        # Six times as far as 95 of 100 go: far beyond any chance, and far below the sums.
        far = 6 * outcome.within
        assert all(abs(a - b) <= far for a, b in zip(outcome.numbers, truth, strict=True))


def _sum(task: tasks.Task, sent: list[int | list[int]]) -> list[int]:
    if task.question.kind is terms_.Kind.CHOICE:
        return [sent.count(place) for place in range(task.outputs)]
    rows = [one if isinstance(one, list) else [one] for one in sent]
    return [sum(column) for column in zip(*rows, strict=True)]


async def test_who_answered_finds_the_answer_in_the_list_that_both_signed(
    whole: tuple[Survey, list[answering.Kept], frames.Collected],
) -> None:
    survey, kept, _ = whole

    standings = [await survey.follow(each, AFTER) for each in kept[:5]]

    assert {standing.included for standing in standings} == {True}


async def test_asking_for_the_sums_again_gives_the_same_bytes(
    whole: tuple[Survey, list[answering.Kept], frames.Collected],
) -> None:
    survey, _, collected = whole
    drawn = survey.operators.relay_dice.drawn, survey.operators.witness_dice.drawn

    again = await survey.close(AFTER + 86_400)

    assert frames.encode(again) == frames.encode(collected)
    assert drawn == (survey.operators.relay_dice.drawn, survey.operators.witness_dice.drawn)


async def test_after_the_sums_nothing_of_an_answer_is_left_with_either(
    whole: tuple[Survey, list[answering.Kept], frames.Collected],
) -> None:
    survey, kept, _ = whole
    left = {Kind.STATE, Kind.RESULT, Kind.ERROR, Kind.GONE, Kind.WITNESSED}

    for store in (survey.operators.relay_store, survey.operators.witness_store):
        assert isinstance(store, MemorySums)
        rows = store.rows[survey.id]
        assert {kind for kind, _ in rows} <= left
        everything = b"".join(rows.values())
        for each in kept[:10]:
            for report in each.reports:
                read = answers.read_report(report.report)
                for half in (read.leader_encrypted_input_share, read.helper_encrypted_input_share):
                    assert half.payload not in everything


async def test_under_k_nobody_can_open_anything() -> None:
    survey = opened(12, [tick()])
    for who in range(9):
        await survey.give(who, [True])

    collected = await survey.close()
    _, counted = survey.publish(collected)

    assert collected.sums == (None,)
    assert (counted.outcomes[0].count, counted.outcomes[0].numbers) == (9, None)
    assert survey.operators.relay_dice.drawn == 0
    for store in (survey.operators.relay_store, survey.operators.witness_store):
        assert isinstance(store, MemorySums)
        assert not {Kind.ANSWER, Kind.OUT, Kind.VERIFY} & {
            kind for kind, _ in store.rows[survey.id]
        }


async def test_one_question_may_be_under_k_where_others_are_not() -> None:
    survey = opened(31, [tick(), mean(30)])
    for who in range(31):
        await survey.give(who, [True, 3 if who > 1 else None])

    _, counted = survey.publish(await survey.close())

    assert [outcome.count for outcome in counted.outcomes] == [31, 29]
    assert [outcome.numbers is None for outcome in counted.outcomes] == [False, True]


async def test_each_side_makes_noise_of_its_own() -> None:
    survey = opened(12, [tick()])
    for who in range(12):
        await survey.give(who, [True])

    await survey.close()

    assert survey.operators.relay_dice.drawn > 0
    # The Witness's dice also gave the verify key.
    assert survey.operators.witness_dice.drawn > 1


@pytest.mark.parametrize("way", ["relay", "witness", "both"])
async def test_an_answer_that_either_was_told_to_leave_out_does_not_count(way: str) -> None:
    survey = opened(12, [tick()])
    kept = [await survey.give(who, [True]) for who in range(12)]
    taken_back = kept[3]

    if way in ("relay", "both"):
        assert await survey.ask(frames.Withdraw(taken_back.withdrawal)) == Taken()
    if way in ("witness", "both"):
        letter = answering.letter(taken_back, survey.terms)
        assert await survey.ask(frames.Post(letter, taken_back.name)) == Taken()
        await survey.operators.visit(DURING)
    standing = await survey.follow(taken_back)
    collected = await survey.close()

    assert standing.withdrawn is (Confirmed.BOTH if way == "both" else Confirmed.ONE)
    assert collected.frozen.counts == (11,)
    assert taken_back.name not in {leaf.answer for leaf in collected.leaves}
    assert not (await survey.follow(taken_back, AFTER)).included


async def test_a_letter_that_arrives_while_the_witness_is_off_still_counts() -> None:
    survey = opened(12, [tick()])
    kept = [await survey.give(who, [True]) for who in range(12)]
    await survey.ask(frames.Post(answering.letter(kept[0], survey.terms), kept[0].name))

    collected = await survey.close(AFTER + 20 * 86_400)

    assert collected.frozen.counts == (11,)


async def test_a_changed_answer_counts_once_and_as_it_was_changed() -> None:
    survey = opened(12, [tick()])
    kept = [await survey.give(who, [False]) for who in range(12)]
    other = survey.seal(0, [True])

    assert await survey.ask(survey.answer(0, other, instead=kept[0])) == Taken()
    names = {leaf.answer for leaf in (await survey.close()).leaves}

    assert other.name in names
    assert kept[0].name not in names
    assert len(names) == 12


async def test_who_withdrew_may_answer_again() -> None:
    survey = opened(12, [tick()])
    kept = [await survey.give(who, [False]) for who in range(12)]
    await survey.ask(frames.Withdraw(kept[0].withdrawal))

    again = await survey.give(0, [True])

    assert again.name in {leaf.answer for leaf in (await survey.close()).leaves}


async def test_without_a_witness_there_are_no_sums() -> None:
    survey = Survey(12)
    await survey.operators.introduce()
    propose = collecting.propose(survey.terms, survey.keys, survey.claims)

    seen = await survey.ask(propose, OPENS)
    asked = await survey.ask(collecting.collect(survey.id, survey.keys), AFTER)

    assert (seen.phase, seen.cosigned) == (Phase.PROPOSED, None)
    assert asked.phase is Phase.PROPOSED


async def test_nothing_is_closed_before_its_date_by_either() -> None:
    survey = opened(12, [tick()])
    for who in range(12):
        await survey.give(who, [True])
    collect = collecting.collect(survey.id, survey.keys)

    early = await survey.ask(collect, AFTER - 1)
    await survey.ask(collect, AFTER)
    # The Relay's clock says that it is time; the Witness's does not, and it waits.
    waited = await survey.operators.visit(AFTER - 1)

    assert early == Refused("batchInvalid")
    assert waited == 0
    assert (await survey.close()).frozen.answers == 12


async def test_what_is_not_collected_is_forgotten_on_its_date() -> None:
    survey = opened(12, [tick()])
    kept = [await survey.give(who, [True]) for who in range(12)]

    gone = (
        await survey.operators.leader.forget(FORGOTTEN),
        await survey.operators.helper.forget(FORGOTTEN),
    )
    again = await survey.operators.leader.forget(FORGOTTEN)

    assert (gone, again) == ((1, 1), 0)
    for store in (survey.operators.relay_store, survey.operators.witness_store):
        assert isinstance(store, MemorySums)
        assert {kind for kind, _ in store.rows[survey.id]} == {Kind.STATE}
    assert (await survey.ask(frames.Look(survey.id), FORGOTTEN)).phase is Phase.FORGOTTEN
    refused = await survey.ask(survey.answer(0, kept[0]), FORGOTTEN)
    assert refused.reports == ((0, ReportError.BATCH_COLLECTED),)


async def test_the_token_is_the_same_on_every_device_and_signed_once() -> None:
    survey = opened(12, [tick()])
    member = survey.members[0]
    assert member.wallet is not None
    other_device = answering.Wallet(member.claim, member.secret, survey.id, survey.terms)

    said = await survey.ask(frames.AskToken(other_device.request()))

    assert other_device.finish(said.blind_signature) == member.token


class Crashing:
    """A store that fails at one save, before it or just after."""

    def __init__(self, inner: MemorySums, at: int, *, after: bool) -> None:
        self.inner = inner
        self._left = at
        self._after = after

    async def load(self, survey: bytes, wanted: tuple[Wanted, ...]) -> Rows:
        return await self.inner.load(survey, wanted)

    async def save(self, survey: bytes, change: Change) -> bool:
        self._left -= 1
        if self._left == -1 and not self._after:
            raise StoreUnavailableError("crashed")
        saved = await self.inner.save(survey, change)
        if self._left == -1:
            raise StoreUnavailableError("crashed")
        return saved

    async def surveys(self) -> list[Known]:
        return await self.inner.surveys()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("side", ["relay", "witness"])
@pytest.mark.parametrize("at", range(4))
async def test_a_crash_at_any_step_of_closing_never_tells_two_noises(
    at: int, side: str, after: bool
) -> None:
    survey = opened(12, [tick(), tick("Would like support")])
    for who in range(12):
        await survey.give(who, [True, who > 3])
    operators = survey.operators
    relay, witness = operators.relay_store, operators.witness_store
    assert isinstance(relay, MemorySums)
    assert isinstance(witness, MemorySums)
    if side == "relay":
        operators.leader = replace(operators.leader, store=Crashing(relay, at, after=after))
    else:
        operators.helper = replace(operators.helper, store=Crashing(witness, at, after=after))
    told: dict[tuple[int, str], set[bytes]] = {}

    collected = await _closing(survey, told)

    assert frames.encode(await survey.close()) == frames.encode(collected)
    assert {len(each) for each in told.values()} == {1}
    survey.publish(collected)


async def _closing(survey: Survey, told: dict[tuple[int, str], set[bytes]]) -> frames.Collected:
    """Close with retries, noting every half of a sum that leaves the Witness or the Relay."""
    operators = survey.operators
    done: tuple[frames.Done, ...] = ()
    for _ in range(40):
        said = await survey.ask(collecting.collect(survey.id, survey.keys), AFTER)
        if isinstance(said, frames.Collected):
            for number, pair in enumerate(said.sums):
                assert pair is not None
                told.setdefault((number, "relay"), set()).add(pair[0].sealed)
            return said
        asked = frames.sign_exchange(operators.witness_keys.sign, AFTER, done)
        reply = await survey.ask(asked, AFTER)
        if not isinstance(reply, frames.Errands):
            continue
        done = ()
        for errand in reply.errands:
            try:
                outcome = await operators.helper.perform(errand, AFTER)
            except StoreUnavailableError:
                break
            assert outcome is not None
            done += (frames.Done(errand.survey, errand.number, outcome),)
            read = frames.read_outcome(outcome)
            if isinstance(read, frames.Summed):
                for number, half in enumerate(read.sums):
                    assert half is not None
                    told.setdefault((number, "witness"), set()).add(half.sealed)
    raise AssertionError("it never ended")
