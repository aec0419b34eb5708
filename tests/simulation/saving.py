"""A process that saves entries while the engine under it fails; started by tests under strace.

saving.py HOME KEY COUNT TEXT    "saved TEXT" or "refused EXIT-CODE TEXT", entry by entry
"""

import asyncio
import os
import sys
from pathlib import Path

from inglenook_client.journal import composing
from inglenook_client.journal.home import Journal
from inglenook_client.stores.errors import StoreError
from inglenook_schema.events.writing import EntryWritten


async def save(home: Path, key: bytes, count: int, text: str) -> None:
    async with await Journal.open(home, key) as journal:
        os.write(1, b"open\n")
        space = await journal.space(None)
        for number in range(count):
            at, zone, date = composing.moment()
            said = f"{text} {number} ".ljust(300, ".")
            entry = EntryWritten(at=at, zone=zone, date=date, text=said)
            try:
                await journal.append(space, entry)
                os.write(1, f"saved {said}\n".encode())
            except StoreError as error:
                os.write(1, f"refused {error.exit_code} {said}\n".encode())


if __name__ == "__main__":
    asyncio.run(save(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
