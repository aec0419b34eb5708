"""A table of every kind: written, merged, shown, searched, kept by a version that knows it not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from harness.devices import Device, agree, settle
from harness.saying import say
from harness.tales import TELLS
from inglenook_client import ambient
from inglenook_client.journal import composing
from inglenook_client.journal.model import Query, SearchFilter, Shown
from inglenook_client.stores import events
from inglenook_client.stores.connection import Db
from inglenook_client.stores.events import Draft
from inglenook_schema.events import KINDS, SPACES, Content, decode_content, kind_of, text_of
from inglenook_schema.events.action_plan import StepAdded
from inglenook_schema.events.goals import GoalSet
from inglenook_schema.header import Kind

OWN = frozenset(
    kind
    for kind, shape in KINDS.items()
    if shape.__module__.endswith((".spaces", ".programme", ".enrolling", ".coming_in"))
)
"""About spaces, devices, programmes, imports: their own tests tell of them."""
TOLD = sorted(set(KINDS) - OWN - {"pair.restored"})
NEEDED: dict[str, dict[str, Any]] = {"resource.shared": {"why_it_helped_me": "it did"}}
"""What `check` asks of the writer besides."""


def contents(about: bytes, word: str) -> dict[str, Content]:
    """One event of each kind, about one event, with a word of its own where it has words."""
    at, zone, day = composing.moment()
    found = dict[str, Content]()
    for number, tell in enumerate(TELLS):
        shape, said = tell(about, number)
        kind = kind_of(shape)
        if kind in found:
            continue
        mine = {
            name: f"{word}{number} {value}" if isinstance(value, str) and name in _WORDS else value
            for name, value in said.items()
        }
        found[kind] = shape(at=at, zone=zone, date=day, **(NEEDED.get(kind, {}) | mine))
    return found


_WORDS = {"text", "excerpt", "title", "note", "about", "hopes", "strategy", "strength"}


def test_the_table_has_every_kind() -> None:
    assert sorted(contents(bytes(32), "word")) == TOLD


async def write_all(device: Device, about: bytes, word: str, where: str) -> dict[str, Shown]:
    space = await device.journal.space(None) if where == "journal" else await device.pair()
    return {
        kind: await device.journal.append(space, content)
        for kind, content in contents(about, word).items()
        if where in SPACES[kind]
    }


@pytest.mark.parametrize("where", ["journal", "pair"])
async def test_every_kind_is_written_merged_shown_and_searched(
    where: str, trio: tuple[Device, Device, Device]
) -> None:
    laptop, tablet, max_ = trio
    one, other = laptop, tablet if where == "journal" else max_
    space = await one.journal.space(None) if where == "journal" else await one.pair()
    about = (await say(one, GoalSet, space=space, title="root")).event
    await settle(one, other, rounds=1)
    mine = await write_all(one, about, "here", where)
    theirs = await write_all(other, about, "there", where)

    await settle(one, other, rounds=2)

    assert await agree(one, other)
    kinds = [kind for kind in TOLD if where in SPACES[kind]]
    for device in (one, other):
        for kind in kinds:
            listed = await device.journal.log(Query(kinds=frozenset({kind})))
            assert {mine[kind].event, theirs[kind].event} <= {shown.event for shown in listed}, kind
            for shown in (mine[kind], theirs[kind]):
                await _found(device, shown)
        state = await device.states()
        await device.journal.rebuild()
        assert await device.states() == state


async def _found(device: Device, written: Shown) -> None:
    """By its id; and by its words, where it has any."""
    assert written.content is not None
    shown = await device.journal.find(written.event.hex())
    assert shown.kind == written.kind
    words = text_of(written.content).split()
    if words:
        narrowed = SearchFilter(kinds=frozenset({written.kind}))
        hits = await device.journal.search(" ".join(words[:3]), filters=narrowed)
        assert written.event in {hit.event for hit in hits}, written.kind


@pytest.mark.parametrize("kind", TOLD)
def test_every_kind_says_who_merges_it_and_how(kind: str) -> None:
    """A kind that can be said twice about one thing has its rule in its docstring."""
    told = KINDS[kind].__doc__ or ""
    alone = not any(mark in kind for mark in (".set", ".revised", ".accepted"))

    assert told.strip()
    assert alone or "Merge" in told or "in force" in told


# --- an old and a new version in one pair ---------------------------------------------

NEWER: dict[str, dict[str, Any]] = {
    "a newer kind": {"kind": "dream.told", "text": "I flew", "depth": [1, {"a": b"\x00"}]},
    "a newer field": {"kind": "note.left", "text": "hello", "colour": "blue"},
    "a newer choice": {"kind": "question.asked", "text": "How?", "want": "a hug"},
    "a newer shape": {"kind": "goal.set", "title": {"en": "swim", "cy": "nofio"}},
}


async def append_raw(device: Device, said: dict[str, Any]) -> tuple[bytes, bytes]:
    """As a newer version would write it; returns its id and payload."""
    at, zone, day = composing.moment()
    payload = msgspec.msgpack.encode(said | {"at": at, "zone": zone, "date": day})
    space = await device.pair()

    def write(db: Db) -> bytes:
        known: Any = decode_content(payload)
        draft = Draft(Kind.CONTENT, payload, ambient.random_bytes(32), known)
        (saved,) = events.save(db, space.number, [draft])
        return saved.event.id

    return await device.change(write), payload


@pytest.mark.parametrize("name", NEWER)
async def test_what_a_newer_version_writes_is_kept_shown_and_passed_on(
    name: str, trio: tuple[Device, Device, Device]
) -> None:
    laptop, tablet, max_ = trio
    event, payload = await append_raw(max_, NEWER[name])
    await settle(max_, laptop, tablet, rounds=2)

    assert await agree(laptop, tablet, max_)
    for device in trio:
        held = await device.read(
            lambda db: db.execute("SELECT body FROM event WHERE id = ?", (event,)).fetchone()[0]
        )
        assert payload in held
        shown = await device.journal.find(event.hex())
        assert shown.kind == NEWER[name]["kind"]
        assert (await device.journal.doctor()).ok
        state = await device.states()
        await device.journal.rebuild()
        assert await device.states() == state


async def test_what_goes_on_with_something_newer_waits_for_the_version_that_knows_it(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    event, _ = await append_raw(max_, NEWER["a newer shape"])
    await settle(max_, ada, rounds=1)
    await say(ada, StepAdded, space=await ada.pair(), goal=event, title="a step")
    await settle(ada, max_, rounds=2)

    assert await agree(ada, max_)
    assert (await ada.journal.views.goals()).items == ()
    assert [shown.text for shown in await ada.journal.log(Query())][-1:] == ["a step"]
