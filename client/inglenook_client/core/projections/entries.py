"""Entries, reflections and what was shared of them, as they stand after all revisions.

Each field by itself is a single value. Of texts that were revised at once all are kept and
shown as versions, until a revision that knows them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from msgspec import UNSET

from inglenook_client.core.projections.cheers import Cheer, cheers
from inglenook_client.core.projections.facts import Before, F, gathered, in_order, key
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_client.core.projections.single import last, value
from inglenook_schema.events.content import Content
from inglenook_schema.events.looking_back import ReflectionWritten
from inglenook_schema.events.writing import EntryRevised, EntryShared, EntryWritten

KINDS: Final = frozenset(
    {"entry.written", "entry.shared", "reflection.written", "entry.revised", "cheer.given"}
)
"""The kinds that `entries` reads."""


@dataclass(frozen=True, slots=True)
class Version:
    """One of several texts that stand side by side."""

    text: str
    given: Mark


@dataclass(frozen=True, slots=True)
class LookingBack:
    """What a reflection says besides."""

    period: str
    starts_on: str | None
    ends_on: str | None
    strides: tuple[str, ...]
    attention: tuple[str, ...]
    surprised_by: str | None
    next_focus: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, one reflection, or one copy that was shared."""

    id: bytes
    space: int = field(metadata=LOCAL)
    kind: str
    """``entry.written``, ``entry.shared`` or ``reflection.written``."""
    title: str | None
    text: str
    """As it stands now, with all parts of a long one; of versions the one that counts."""
    versions: tuple[Version, ...]
    """Empty, or two and more texts that were written at once."""
    mood: int | None
    feelings: tuple[str, ...]
    tags: tuple[str, ...]
    for_date: str | None
    prompt: str | None
    excerpt: bool
    """Whether ``text`` is a part that was shared."""
    note: str | None
    """A word that went with a copy."""
    source: bytes | None
    """Of a copy: the journal's own entry, which only the author can find."""
    reflection: LookingBack | None
    parts: tuple[bytes, ...]
    """Ids of the further events that a long text goes on in."""
    revised: tuple[Mark, ...]
    """Every revision, oldest first."""
    cheers: tuple[Cheer, ...]
    written: Mark


_Root: TypeAlias = EntryWritten | EntryShared | ReflectionWritten
_Revisions: TypeAlias = Sequence[tuple[F, EntryRevised]]


def entries(facts: Iterable[F], before: Before[F]) -> tuple[Entry, ...]:
    """All entries, in the order in which they were written.

    Args:
        facts: Events of `KINDS`, in any order; others are passed over.
        before: Their causal order.
    """
    facts = list(facts)
    revisions = gathered(facts, EntryRevised, lambda act: act.entry)
    later = gathered(facts, EntryWritten, lambda act: act.continues)
    cheered = cheers(facts)
    found = list[Entry]()
    for fact in facts:
        said = fact.content
        if not isinstance(said, _Root) or getattr(said, "continues", None) is not None:
            continue
        pieces = in_order(later.get(key(fact), []), before)
        found.append(
            _entry(
                fact,
                said,
                revisions.get(key(fact), []),
                [(part, act, revisions.get(key(part), [])) for part, act in pieces],
                cheered.get(key(fact), ()),
                before,
            )
        )
    return tuple(sorted(found, key=lambda each: (each.written.at, each.id)))


def _entry(
    fact: F,
    said: _Root,
    revisions: _Revisions[F],
    parts: list[tuple[F, EntryWritten, _Revisions[F]]],
    cheered: tuple[Cheer, ...],
    before: Before[F],
) -> Entry:
    texts = _texts(fact, _first_text(said), revisions, before)
    further = [_texts(part, act.text, changes, before) for part, act, changes in parts]
    changed = [mark(act) for act, _ in (*revisions, *(r for *_, rs in parts for r in rs))]
    contested = next((each for each in (texts, *further) if len(each) > 1), [])
    tags = [*_now(fact, said, revisions, "tags", before, ())]
    for part, act, changes in parts:
        tags += _now(part, act, changes, "tags", before, ())
    return Entry(
        id=fact.event,
        space=fact.space_number,
        kind=said.kind,
        title=_now(fact, said, revisions, "title", before, None),
        text="".join(each[-1].text for each in (texts, *further)),
        versions=tuple(contested),
        mood=_now(fact, said, revisions, "mood", before, None),
        feelings=_now(fact, said, revisions, "feelings", before, ()),
        tags=tuple(dict.fromkeys(tags)),
        for_date=_now(fact, said, revisions, "for_date", before, None),
        prompt=getattr(said, "prompt", None),
        excerpt=getattr(said, "excerpt", None) is not None,
        note=getattr(said, "note", None),
        source=getattr(said, "source", None),
        reflection=_reflection(said) if isinstance(said, ReflectionWritten) else None,
        parts=tuple(part.event for part, *_ in parts),
        revised=tuple(sorted(changed, key=lambda each: (each.at, each.event))),
        cheers=cheered,
        written=mark(fact),
    )


def _first_text(said: _Root) -> str:
    match said:
        case EntryWritten():
            return said.text
        case EntryShared():
            return said.text or said.excerpt or ""
        case ReflectionWritten():
            return ""


def _texts(fact: F, first: str, revisions: _Revisions[F], before: Before[F]) -> list[Version]:
    """The texts that no later one took the place of, the one that counts last."""
    claims = [(fact, first)] + [(act, said.text) for act, said in revisions]
    given = [(act, text) for act, text in claims if isinstance(text, str)]
    found = {text: mark(act) for act, text in last(given, before)}  # the same twice is one
    return [Version(text, said) for text, said in found.items()]


def _now(
    fact: F,
    said: Content,
    revisions: _Revisions[F],
    name: str,
    before: Before[F],
    otherwise: object,
) -> Any:
    claims = [(fact, getattr(said, name, otherwise))]
    claims += [
        (act, getattr(change, name))
        for act, change in revisions
        if getattr(change, name) is not UNSET
    ]
    return value(claims, before, otherwise)


def _reflection(said: ReflectionWritten) -> LookingBack:
    return LookingBack(
        said.period,
        said.starts_on,
        said.ends_on,
        said.strides,
        said.attention,
        said.surprised_by,
        said.next_focus,
    )
