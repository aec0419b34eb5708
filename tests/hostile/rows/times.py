"""Lies about time, by a relay and by a member: no rule reads a clock."""

from __future__ import annotations

from harness.intruder import Hand
from hostile.scene import Evidence, Scene, row
from inglenook_schema.events import encode_content
from inglenook_schema.events.goals import GoalRevised
from inglenook_schema.header import Kind
from inglenook_server.core.changes import Now

YEAR_2100_MS = 4_102_444_800_000


@row(
    "lies about time",
    unseen="no frame has a place for a time, and no client asks a relay what day it is. Bounded:"
    " order is causal, whatever anybody's clock says; days in front of HTTP are not read",
    evidence=Evidence.NOTHING_CAME,
)
async def relay_time(scene: Scene) -> None:
    """The relay lives in 1970, then in 4707, then goes back; puts come before and after."""
    for day in (0, 1_000_000, 1):
        scene.relay.now = Now(day, day)
        for device in scene.honest:
            await scene.share(device, f"day {day}")
            await scene.sync(device)


@row(
    "a member who lies about time",
    unseen="a claimed instant is a claim, shown as such. Bounded: what was written knowing of it"
    " comes after it, whatever it claims, and no validity rule reads it",
    evidence=Evidence.VOID,
)
async def member_time(scene: Scene) -> None:
    """Max revises Ada's goal and claims the year 2100; she, who read it, revises it again."""
    goal = await scene.ada.share("title before")
    await scene.settle()
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest.remove(scene.max)
    lie = GoalRevised(
        at=YEAR_2100_MS, zone="UTC", date="2100-01-01", goal=goal.event, title="for ever"
    )
    event = hand.event(Kind.CONTENT, encode_content(lie))
    hand.send(event)
    scene.void.append(event.id)
    await scene.settle(rounds=1)
    await scene.ada.revise(goal.event, "title after")
    await scene.settle()
    for device in scene.honest:
        page = await device.journal.views.goals(await device.pair())
        assert [each.title for each in page.items] == ["title after"]
