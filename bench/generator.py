"""The records that every benchmark writes: one seeded generator, 346 bytes a record as JSON.

    {"id":"<20 hex>","kind":"entry","time":"…Z","author":"…","text":"~216 letters","tags":["…","…"]}

The same seed gives the same records on every machine, and the first ones of a longer list
are those of a shorter one. As an event, ``id`` and ``author`` are the event's own id and
chain; the rest is an EntryWritten.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypedDict

from inglenook_schema.events.writing import EntryWritten

SEED = 346
WORDS = 3_000
RECORD = 346
"""Bytes of a record as JSON, on average."""
ZONE = "Europe/Berlin"

_START = datetime(2024, 1, 8, 7, 0, tzinfo=UTC)
_LETTERS = (  # about as often as in English
    *"eeeeeeeeeeeetttttttttaaaaaaaaoooooooiiiiiiinnnnnnnsssssshhhhhhrrrrrr",
    *"ddddlllluuucccmmmwwffggyyppbbvvkjxqz",
)
_AUTHORS = ("ada", "grace", "katherine", "emmy", "rosalind")
_TAGS = (
    *("exam", "maths", "reading", "thesis", "sleep", "work", "family", "music", "plans", "win"),
    *("writing", "courage", "project", "physics", "sports", "cooking", "garden", "language"),
    *("interview", "friends", "health", "money", "teaching", "travel"),
)


class Record(TypedDict):
    """One journal entry, as another program would keep it."""

    id: str
    kind: str
    time: str
    author: str
    text: str
    tags: list[str]


def vocabulary(rng: random.Random) -> list[str]:
    """3,000 different words of 2 to 9 letters."""
    words = dict[str, None]()
    while len(words) < WORDS:
        words["".join(rng.choices(_LETTERS, k=rng.randint(2, 9)))] = None
    return list(words)


def records(count: int, seed: int = SEED) -> Iterator[Record]:
    """So many records, a few minutes apart."""
    return islice(_endless(random.Random(seed)), count)


def _endless(rng: random.Random) -> Iterator[Record]:
    words = vocabulary(rng)
    at = _START
    while True:
        at += timedelta(seconds=rng.randint(30, 600))
        yield {
            "id": f"{rng.getrandbits(80):020x}",
            "kind": "entry",
            "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "author": rng.choice(_AUTHORS),
            "text": " ".join(rng.choices(words, k=rng.randint(17, 48))),
            "tags": rng.sample(_TAGS, 2),
        }


def as_json(record: Record) -> bytes:
    """A record in its plain form, without blanks."""
    return json.dumps(record, separators=(",", ":")).encode()


def as_event(record: Record) -> EntryWritten:
    """The same, as an event says it."""
    at = datetime.strptime(record["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return EntryWritten(
        at=int(at.timestamp()) * 1000,
        zone=ZONE,
        date=record["time"][:10],
        text=record["text"],
        tags=tuple(record["tags"]),
    )
