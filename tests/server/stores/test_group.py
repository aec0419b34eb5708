"""Changes that wait are committed together."""

import asyncio
import gc
from typing import Any

import pytest

from harness.relay_boxes import TODAY, HeldBox, sealed
from inglenook_schema.wire import ToRelay
from inglenook_server.core.changes import Changes, Outcome
from inglenook_server.core.errors import StoreUnavailableError
from inglenook_server.core.pace import Pace
from inglenook_server.core.rules import Rules
from inglenook_server.stores import group
from inglenook_server.stores.group import GroupCommit


def change(*words: object) -> Changes:
    frame = ToRelay(put=(HeldBox().put(sealed(*words).blob),))
    return Changes(frame, TODAY, Rules(), Pace(1_000))


class Engine:
    """Commits when told to; answers each change with its size, in ``grown``."""

    def __init__(self) -> None:
        self.groups: list[list[Changes]] = []
        self.failures: list[Exception] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def commit(self, changes: list[Changes]) -> list[Outcome]:
        self.groups.append(changes)
        self.begun.set()
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop()
        return [Outcome((), (), (), {each.rids[0]: 1}) for each in changes]

    @property
    def sizes(self) -> list[int]:
        return [len(each) for each in self.groups]


async def test_what_waits_together_is_one_commit_and_each_gets_its_own_answer() -> None:
    engine = Engine()
    commits = GroupCommit(engine.commit)
    changes = [change(number) for number in range(20)]

    outcomes = await asyncio.gather(*map(commits.write, changes))

    assert engine.groups == [changes]
    assert [list(outcome.grown) for outcome in outcomes] == [each.rids for each in changes]


async def test_what_comes_during_a_commit_waits_for_the_next() -> None:
    engine = Engine()
    engine.gate.clear()
    commits = GroupCommit(engine.commit)
    first = asyncio.create_task(commits.write(change("first")))
    await engine.begun.wait()
    later = [asyncio.create_task(commits.write(change(number))) for number in range(5)]

    engine.gate.set()
    await asyncio.gather(first, *later)

    assert engine.sizes == [1, 5]


async def test_a_commit_that_fails_fails_all_of_its_group_and_none_of_the_next() -> None:
    engine = Engine()
    engine.failures = [StoreUnavailableError("SQLITE_FULL")]
    commits = GroupCommit(engine.commit)

    failed = await asyncio.gather(
        *(commits.write(change(number)) for number in range(3)), return_exceptions=True
    )
    after = await commits.write(change("after"))

    assert [getattr(error, "reason", None) for error in failed] == ["SQLITE_FULL"] * 3
    assert after.grown


async def test_a_mistake_in_the_code_is_not_swallowed_and_leaves_nobody_waiting() -> None:
    engine = Engine()
    engine.failures = [ZeroDivisionError()]
    commits = GroupCommit(engine.commit)
    seen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))

    with pytest.raises(StoreUnavailableError):
        await commits.write(change("first"))
    after = await commits.write(change("after"))
    await commits.close()
    gc.collect()

    assert after.grown
    assert [type(context["exception"]) for context in seen] == [ZeroDivisionError]


async def test_groups_are_bounded_in_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "MAX_GROUP_FRAMES", 4)
    engine = Engine()
    commits = GroupCommit(engine.commit)

    await asyncio.gather(*(commits.write(change(number)) for number in range(10)))

    assert engine.sizes == [4, 4, 2]


async def test_groups_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "MAX_GROUP", 3 * change(0).size)
    engine = Engine()
    commits = GroupCommit(engine.commit)

    await asyncio.gather(*(commits.write(change(number)) for number in range(7)))

    assert engine.sizes == [3, 3, 1]


async def test_when_too_much_waits_the_next_is_turned_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(group, "MAX_WAITING", 3 * change(0).size)
    engine = Engine()
    commits = GroupCommit(engine.commit)

    results = await asyncio.gather(
        *(commits.write(change(number)) for number in range(5)), return_exceptions=True
    )
    after = await commits.write(change("after"))

    assert [isinstance(result, StoreUnavailableError) for result in results] == [
        *[False] * 3,
        *[True] * 2,
    ]
    assert after.grown


async def test_closing_finishes_what_waits_and_takes_no_more() -> None:
    engine = Engine()
    commits = GroupCommit(engine.commit)
    waiting = [asyncio.create_task(commits.write(change(number))) for number in range(3)]
    await asyncio.sleep(0)

    await commits.close()

    assert all([(await each).grown for each in waiting])
    with pytest.raises(StoreUnavailableError):
        await commits.write(change("late"))


async def test_somebody_who_stopped_waiting_does_not_disturb_the_others() -> None:
    engine = Engine()
    commits = GroupCommit(engine.commit)
    gone = asyncio.create_task(commits.write(change("gone")))
    stays = asyncio.create_task(commits.write(change("stays")))
    await asyncio.sleep(0)

    gone.cancel()

    assert (await stays).grown
