"""Processes that write to one data folder, some of which die doing it. Started by tests.

append HOME KEY COUNT    waits for a line, appends, and names each event once it is saved
slaughter HOME KEY N     so many children append; each is killed in the middle of it
squeeze HOME KEY ROOM    appends until the disk, which has so many bytes more, is full
stranger HOME KEY        appends as a user who may not write here
"""

import asyncio
import concurrent.futures.thread  # noqa: F401 - a stranger may read no module any more
import os
import resource
import select
import signal
import sys
from pathlib import Path

from inglenook_client.journal import composing
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import Query
from inglenook_client.stores.errors import CannotStoreError
from inglenook_schema.events.writing import EntryWritten

NOBODY = 65_534


def entry(text: str) -> EntryWritten:
    at, zone, date = composing.moment()
    return EntryWritten(at=at, zone=zone, date=date, text=text)


async def append(
    home: Path, key: bytes, count: int, text: str = "entry", *, wait: bool = False
) -> None:
    async with await Journal.open(home, key) as journal:
        space = await journal.space(None)
        if wait:
            os.write(1, b"ready\n")
            sys.stdin.readline()
        for number in range(count):
            saved = await journal.append(space, entry(f"{text} {number}"))
            os.write(1, saved.event.hex().encode() + b"\n")


def slaughter(home: Path, key: bytes, times: int) -> None:
    for time in range(times):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(writing, 1)
            asyncio.run(append(home, key, 10_000, f"child {time}"))
            os._exit(0)
        os.close(writing)
        said = b""
        while said.count(b"\n") <= time % 4:  # later children are killed further on
            select.select([reading], [], [])
            said += os.read(reading, 65)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(reading, 4096):
            said += more
        os.close(reading)
        os.write(1, said[: said.rindex(b"\n") + 1])


async def squeeze(home: Path, key: bytes, room: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    async with await Journal.open(home, key) as journal:
        space = await journal.space(None)
        largest = max(file.stat().st_size for file in home.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + room, resource.RLIM_INFINITY))
        for number in range(10_000):
            try:
                saved = await journal.append(space, entry(f"entry {number}" * 100))
            except CannotStoreError as error:
                os.write(1, f"full: {error}\n".encode())
                break
            os.write(1, saved.event.hex().encode() + b"\n")
        listed = {shown.event for shown in await journal.log(Query())}
        os.write(1, f"listed: {len(listed)}\n".encode())
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        saved = await journal.append(space, entry("there is room again"))
        os.write(1, saved.event.hex().encode() + b"\n")


async def stranger(home: Path, key: bytes) -> None:
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        async with await Journal.open(home, key) as journal:
            await journal.append(await journal.space(None), entry("not mine to write"))
    except CannotStoreError as error:
        os.write(1, f"refused: {error}\n".encode())


if __name__ == "__main__":
    job, home, key = sys.argv[1], Path(sys.argv[2]), bytes.fromhex(sys.argv[3])
    number = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    match job:
        case "append":
            asyncio.run(append(home, key, number, wait=True))
        case "slaughter":
            slaughter(home, key, number)
        case "squeeze":
            asyncio.run(squeeze(home, key, number))
        case "stranger":
            asyncio.run(stranger(home, key))
