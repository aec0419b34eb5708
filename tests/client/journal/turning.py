"""A process that syncs a data folder in turn with others. Started by tests.

    HOME DIARY HOLD    takes its turn; its work writes to DIARY and lasts until HOLD is gone

It prints the id of the process that did the work.
"""

import asyncio
import os
import sys
from pathlib import Path

from inglenook_client.journal import turn
from inglenook_client.journal.model import Report

home, diary, hold = map(Path, sys.argv[1:4])


async def work() -> Report:
    with diary.open("a") as lines:
        lines.write(f"begin {os.getpid()}\n")
    while hold.exists():  # noqa: ASYNC110 - another process takes it away
        await asyncio.sleep(0.01)
    with diary.open("a") as lines:
        lines.write(f"end {os.getpid()}\n")
    return Report(sent=os.getpid())


sys.stdout.write(str(asyncio.run(turn.in_turn(home, work)).sent))
