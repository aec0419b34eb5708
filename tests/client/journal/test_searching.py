"""Searching everything of a person: whose, where, and never what was erased."""

from __future__ import annotations

import pytest

from client.journal.forgetting import TEXT
from harness.devices import Device, settle
from inglenook_client.journal import composing
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.model import SearchFilter, Shown
from inglenook_client.stores import search
from inglenook_schema.events.asking import QuestionAsked, ReplyGiven
from inglenook_schema.events.looking_back import MoodNoted


async def ask(device: Device, text: str) -> Shown:
    at, zone, day = composing.moment()
    asked = QuestionAsked(at=at, zone=zone, date=day, text=text)
    return await device.journal.append(await device.pair(), asked)


async def texts(device: Device, words: str = "", **narrow: object) -> list[str]:
    found = await device.journal.search(words, filters=SearchFilter(**narrow))  # type: ignore[arg-type]
    return [shown.text for shown in found]


@pytest.fixture
async def talk(trio: tuple[Device, Device, Device]) -> tuple[Device, Device]:
    """Ada and Max, who each wrote about stairs: Ada alone as well."""
    ada, _, max_ = trio
    await ada.write("stairs, alone")
    question = await ask(ada, "the stairs?")
    await settle(*trio)
    at, zone, day = composing.moment()
    reply = ReplyGiven(at=at, zone=zone, date=day, question=question.event, text="stairs: slowly")
    await max_.journal.append(await max_.pair(), reply)
    await settle(*trio)
    return ada, max_


async def test_it_finds_what_one_person_wrote_wherever_it_stands(
    talk: tuple[Device, Device],
) -> None:
    ada, max_ = talk

    assert await texts(ada, "stairs", by="max") == ["stairs: slowly"]
    assert await texts(ada, "stairs", by="me") == ["the stairs?", "stairs, alone"]
    assert await texts(max_, "stairs", by="me") == ["stairs: slowly"]
    assert await texts(max_, "stairs") == ["stairs: slowly", "the stairs?"]


async def test_it_finds_what_stands_in_one_space(talk: tuple[Device, Device]) -> None:
    ada, _ = talk
    pair = await ada.pair()

    found = await ada.journal.search("stairs", space=pair)

    assert [shown.text for shown in found] == ["stairs: slowly", "the stairs?"]
    assert await texts(ada, "stairs", space=pair.number, by="max") == ["stairs: slowly"]


async def test_who_is_not_here_is_named_with_those_who_are(talk: tuple[Device, Device]) -> None:
    ada, _ = talk

    with pytest.raises(NotFoundError, match=r"Nobody here is called eve\. There is: Ada, Max"):
        await texts(ada, "stairs", by="eve")


async def test_erased_words_are_found_by_nothing(ada: Device) -> None:
    at, zone, day = composing.moment()
    mood = MoodNoted(at=at, zone=zone, date=day, mood=1, feelings=("forlorn",), note=TEXT)
    gone = await ada.journal.append(await ada.journal.space(None), mood)
    asked = [TEXT, "forlorn", f'"{TEXT}"', "forl"]
    for words in asked:
        assert len(await texts(ada, words)) == 1

    await ada.journal.erase([gone.event])

    for _ in range(2):
        for words in asked:
            assert await texts(ada, words) == []
        assert await texts(ada, moods=frozenset({1})) == []
        assert await texts(ada, kinds=frozenset({"mood.noted"})) == []
        await ada.journal.rebuild()


async def test_what_no_longer_counts_takes_no_place_among_what_is_found(ada: Device) -> None:
    kept = [await ada.write(f"word {number}") for number in range(3)]
    astray = [await ada.write(f"word astray {number}") for number in range(3)]
    await ada.journal.search("word")
    await ada.change(
        lambda db: db.executemany(
            "INSERT INTO astray SELECT ?, number FROM log", [(each.event,) for each in astray]
        )
    )
    await ada.change(lambda db: db.execute("UPDATE chain SET mine = 0"))

    found = await ada.journal.search("word", limit=2)

    assert [shown.event for shown in found] == [kept[2].event, kept[1].event]


async def test_writing_in_a_journal_that_is_far_behind_leaves_the_work_to_the_next_look(
    ada: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "FAR_BEHIND", search.BEHIND // 2)
    heard = list[float]()
    ada.journal.hear(heard.append)

    for number in range(search.BEHIND + 1):
        await ada.write(f"word {number}")

    assert await ada.read(search.behind) > search.BEHIND
    assert len(await texts(ada, "word", by="me")) == 50
    assert heard[-1] == 1
