"""A survey between real journals and both operators' real cores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from client.journal.forgetting import Clock
from harness.devices import Device
from harness.programme import enrol, found, of, people
from harness.survey_net import SurveyNet, survey_network
from inglenook_client.core.sums.asking import read_draft
from inglenook_client.journal import survey_asking, surveys
from inglenook_client.journal.errors import NotFoundError, NotReadyError
from inglenook_client.journal.surveys import Survey
from inglenook_client.stores.connection import Db
from inglenook_schema import body
from inglenook_schema.errors import CallerError, SurveyRefusedError
from inglenook_schema.sums import floors, frames
from inglenook_schema.sums.frames import Phase

FILE = """
title: This month
closes: 14 days
tick: We met this month
"""


@pytest.fixture
def net_of_sums() -> Iterator[SurveyNet]:
    with survey_network() as net:
        yield net


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two members make no ten answers: the floor is one here, and is tested where it stands."""
    monkeypatch.setattr(floors, "_FLOORS", {**floors._FLOORS, floors.TICK: 1})


@pytest_asyncio.fixture
async def kim(
    base: Path, ada: Device, max_: Device, net_of_sums: SurveyNet
) -> AsyncIterator[Device]:
    """A coordinator with two members."""
    await net_of_sums.operators.introduce()
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, ada, max_)
    yield kim
    await kim.close()


async def publish(kim: Device, net: SurveyNet, *devices: Device) -> Survey:
    asking = kim.journal.survey_asking
    programme = await of(kim)
    prepared = await asking.prepare(programme, read_draft(FILE))
    waiting = await asking.propose(prepared)
    assert [each.phase for each in waiting] == [Phase.PROPOSED]
    await net.visit()
    assert [each.phase for each in await asking.visit(programme)] == [Phase.OPEN]
    for device in devices:
        await device.sync()
    return await kim.journal.surveys.choose(None)


async def fetch(net: SurveyNet, *devices: Device) -> None:
    """Everybody's token, asked for and given."""
    for device in devices:
        await device.journal.surveys.visit()
    await net.visit()
    for device in devices:
        await device.journal.surveys.visit()


async def test_a_survey_goes_from_a_file_to_numbers_that_all_can_check(
    kim: Device, ada: Device, max_: Device, net_of_sums: SurveyNet, clock: Clock
) -> None:
    await publish(kim, net_of_sums, ada, max_)
    await fetch(net_of_sums, ada, max_)
    for device, ticked in ((ada, True), (max_, False)):
        survey = await device.journal.surveys.choose(None)
        answered = await device.journal.surveys.answer(survey, [ticked], "shown")
        assert answered.mine is not None
        assert surveys.ACKNOWLEDGED in answered.mine.stages
    clock.days(16)
    survey = await kim.journal.surveys.choose(None)
    waits = await kim.journal.survey_asking.close(survey)
    await net_of_sums.visit()
    done = await kim.journal.survey_asking.close(survey)
    for device in (ada, max_):
        await device.sync()
        await device.journal.surveys.visit()

    assert waits is not None
    assert (waits.phase, done) == (Phase.CHECKING, None)
    for device in (kim, ada, max_):
        (seen,) = await device.journal.surveys.every()
        assert seen.result is not None
        assert (seen.result.answers, seen.result.outcomes[0].count) == (2, 2)
    for device in (ada, max_):
        (seen,) = await device.journal.surveys.every()
        assert seen.mine is not None
        assert surveys.INCLUDED in seen.mine.stages


async def test_an_answer_made_offline_is_kept_and_goes_later(
    kim: Device, ada: Device, net_of_sums: SurveyNet
) -> None:
    await publish(kim, net_of_sums, ada)
    net_of_sums.reachable = False
    survey = await ada.journal.surveys.choose(None)

    kept = await ada.journal.surveys.answer(survey, [True], "shown")
    net_of_sums.reachable = True
    await fetch(net_of_sums, ada)
    (sent,) = await ada.journal.surveys.every()

    assert kept.mine is not None
    assert sent.mine is not None
    assert kept.mine.stages == {surveys.SEALED}
    assert sent.mine.stages == {surveys.SEALED, surveys.ACKNOWLEDGED}
    assert sent.mine.kept == kept.mine.kept


async def test_another_device_of_the_person_can_take_the_answer_back_from_both(
    kim: Device, ada: Device, net_of_sums: SurveyNet
) -> None:
    await publish(kim, net_of_sums, ada)
    await fetch(net_of_sums, ada)
    phone = await ada.second("phone")
    survey = await ada.journal.surveys.choose(None)
    await ada.journal.surveys.answer(survey, [True], "shown")
    await ada.sync()
    await phone.sync()

    first = await phone.journal.surveys.withdraw(await phone.journal.surveys.choose(None))
    await net_of_sums.visit()
    await phone.journal.surveys.visit()
    (after,) = await phone.journal.surveys.every()

    assert first.mine is not None
    assert after.mine is not None
    assert (first.mine.confirmed, after.mine.confirmed) == ("one", "both")
    consents = await phone.journal.voices.consents()
    assert [each.withdrawn for each in consents if each.said.purpose == "survey"] == [True]


async def test_a_changed_answer_takes_the_place_of_the_first(
    kim: Device, ada: Device, net_of_sums: SurveyNet
) -> None:
    await publish(kim, net_of_sums, ada)
    await fetch(net_of_sums, ada)
    first = await ada.journal.surveys.answer(await ada.journal.surveys.choose(None), [True], "a")
    second = await ada.journal.surveys.answer(first, [False], "b")

    assert first.mine is not None
    assert second.mine is not None
    said = await net_of_sums.ask(frames.Follow(first.id, first.mine.kept.name))
    assert isinstance(said, frames.Followed)
    assert not said.stored
    assert surveys.ACKNOWLEDGED in second.mine.stages
    assert len(await surveys_spent(ada)) == 1


async def surveys_spent(device: Device) -> list[object]:
    return list(await device.read(surveys.spending))


async def test_everybody_fetches_a_token_whether_they_answer_or_not(
    kim: Device, ada: Device, max_: Device, net_of_sums: SurveyNet
) -> None:
    await publish(kim, net_of_sums, ada, max_)

    for device in (ada, max_):
        await device.journal.surveys.visit()

    asked = [each for each in net_of_sums.asked if isinstance(each, frames.AskToken)]
    assert len({each.request.claim for each in asked}) == 2


async def test_nothing_that_was_said_is_in_the_journal(
    kim: Device, ada: Device, max_: Device, net_of_sums: SurveyNet
) -> None:
    """Answers that differ leave entries of the same kinds and sizes."""
    await publish(kim, net_of_sums, ada, max_)
    await fetch(net_of_sums, ada, max_)
    left = []
    for device, ticked in ((ada, True), (max_, False)):
        before = await device.read(entries)
        survey = await device.journal.surveys.choose(None)
        await device.journal.surveys.answer(survey, [ticked], "shown")
        left.append((await device.read(entries))[len(before) :])

    assert {kind for kind, _size in left[0]} == {"survey.receipted", "consent.given"}
    assert left[0] == left[1]


def entries(db: Db) -> list[tuple[str, int]]:
    """The kind of everything here that can be read, and its size without padding, as it came."""
    rows = db.execute("SELECT type, body FROM event WHERE type IS NOT NULL ORDER BY row")
    return [(kind, len(body.data_of(kept))) for kind, kept in rows]


async def test_without_a_witness_there_is_no_survey(
    base: Path, net_of_sums: SurveyNet, ada: Device
) -> None:
    del net_of_sums
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, ada)

    with pytest.raises(NotReadyError, match="no Witness"):
        await kim.journal.survey_asking.prepare(await of(kim), read_draft(FILE))
    await kim.close()


async def test_a_survey_that_breaks_a_floor_is_not_even_proposed(
    kim: Device, net_of_sums: SurveyNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floors, "_FLOORS", {**floors._FLOORS, floors.TICK: 10})

    with pytest.raises(SurveyRefusedError, match="10"):
        await kim.journal.survey_asking.prepare(await of(kim), read_draft(FILE + "k: 2\n"))
    assert not [each for each in net_of_sums.asked if isinstance(each, frames.Propose)]


async def test_a_survey_of_operators_that_the_programme_did_not_name_is_not_shown(
    kim: Device, ada: Device, net_of_sums: SurveyNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = survey_asking._operators
    monkeypatch.setattr(survey_asking, "_operators", lambda cards: named((cards[1], cards[0])))
    asking = kim.journal.survey_asking
    await asking.propose(await asking.prepare(await of(kim), read_draft(FILE)))
    await net_of_sums.visit()
    await asking.visit(await of(kim))
    await ada.sync()

    assert await ada.journal.surveys.every() == []


async def test_late_answers_and_withdrawals_are_refused_here_already(
    kim: Device, ada: Device, net_of_sums: SurveyNet, clock: Clock
) -> None:
    await publish(kim, net_of_sums, ada)
    await fetch(net_of_sums, ada)
    survey = await ada.journal.surveys.choose(None)
    with pytest.raises(NotFoundError):
        await ada.journal.surveys.withdraw(survey)
    answered = await ada.journal.surveys.answer(survey, [True], "shown")
    clock.days(16)

    with pytest.raises(CallerError, match="no answers now"):
        await ada.journal.surveys.answer(survey, [True], "shown")
    with pytest.raises(CallerError, match="too late"):
        await ada.journal.surveys.withdraw(answered)
    assert replace(answered, mine=None) == replace(survey, mine=None)
