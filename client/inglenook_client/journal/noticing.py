"""What others tried and may not: nothing of it counts, and a person is told of it once.

arrives from a device that was removed --> how many events, and that they count nowhere
an act its author may not do -----------> by whom, and that it changed nothing
an erasure of somebody else's words ----> by whom, and that they stay

What stays so is told by ``status``: a stranger with the space's key, and a device whose chain
says two things at one place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from inglenook_client.core.events import Event, control_of
from inglenook_client.core.members import Roster, Seat
from inglenook_client.journal import belonging, labels, reading
from inglenook_client.journal.identity import Me
from inglenook_client.stores import ancestry, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import ChainRow, LogRow
from inglenook_client.words import _, ngettext
from inglenook_schema.control import Erase
from inglenook_schema.errors import PeerError
from inglenook_schema.header import Kind
from inglenook_schema.ids import ZERO_SHORT

# --- once, when it comes --------------------------------------------------------------


@dataclass
class _Tried:
    """How often, by whom."""

    after_removal: Counter[bytes] = field(default_factory=Counter)
    """By device."""
    void: Counter[str] = field(default_factory=Counter)
    """By what a person calls its author."""
    erasures: Counter[str] = field(default_factory=Counter)
    """As ``void``."""


def notice(db: Db, me: Me, log: LogRow, came: Sequence[Event], space: str) -> list[str]:
    """Sentences about events of others that just came and change nothing.

    Args:
        db: Inside a write; the log was folded with them.
        me: This device.
        log: Whose.
        came: What is new here.
        space: What a person calls the log.
    """
    chains = {chain.id: chain for chain in logs.chains_of(db, log.number)}
    theirs = [e for e in came if _is_anothers(chains, e, me)]
    if not any(e.kind != Kind.CONTENT or e.seq > chains[e.chain].last for e in theirs):
        return []  # what nearly all are is told apart without folding anything
    roster = logs.roster_of(db, log)
    lines = ancestry.branches_of(db, log.number).line_of
    tried = _Tried()
    removed = belonging.removed(db, log).keys()
    called = _authors(db, me, log)
    for event in theirs:
        seat = roster.seats.get(event.chain)
        if seat is None:
            continue
        if not seat.counts(event.seq, lines.get(event.id)):
            tried.after_removal.update({seat.device} & removed)
        elif event.kind == Kind.ERASE:
            tried.erasures[called(seat)] += _of_others(db, event, seat)
        elif event.id in roster.void:
            tried.void[called(seat)] += 1
    return [
        *_after_removal(db, log, tried.after_removal, space),
        *(_void(name, count, space) for name, count in sorted(tried.void.items())),
        *(_erasures(name, count, space) for name, count in sorted(tried.erasures.items()) if count),
    ]


def _is_anothers(chains: Mapping[bytes, ChainRow], event: Event, me: Me) -> bool:
    chain = chains.get(event.chain)
    return chain is not None and chain.device not in {me.device, ZERO_SHORT}


def _of_others(db: Db, event: Event, seat: Seat) -> int:
    """How many events of other people an erasure names."""
    act = None
    with suppress(PeerError):
        act = control_of(event)
    targets = act.targets if isinstance(act, Erase) else ()
    sql = "SELECT c.person FROM event e JOIN chain c ON c.number = e.chain WHERE e.id = ?"
    found = [db.execute(sql, (name,)).fetchone() for name in targets]
    return sum(row is not None and row[0] != seat.person for row in found)


def _authors(db: Db, me: Me, log: LogRow) -> Callable[[Seat], str]:
    """What to call whoever did something: a person, or which of this person's own devices."""
    label, known = _labels(db, log), reading.names(db, me)

    def called(seat: Seat) -> str:
        if seat.person == me.person_id:
            return f"“{label(seat.device)}”"
        return known.of(log.number, seat.person) or _("Somebody")

    return called


def _after_removal(db: Db, log: LogRow, found: Mapping[bytes, int], space: str) -> list[str]:
    label = _labels(db, log)
    return [
        ngettext(
            "“{device}” was removed, and {count} event more came from it in “{space}”: it counts"
            " nowhere and is kept as evidence.",
            "“{device}” was removed, and {count} events more came from it in “{space}”: they count"
            " nowhere and are kept as evidence.",
            count,
        ).format(device=label(device), count=count, space=space)
        for device, count in sorted(found.items())
    ]


def _void(name: str, count: int, space: str) -> str:
    return ngettext(
        "{name} did something in “{space}” that is not theirs to do, or was done before: it"
        " changed nothing.",
        "{name} did {count} things in “{space}” that are not theirs to do, or were done before:"
        " they changed nothing.",
        count,
    ).format(name=name, count=count, space=space)


def _erasures(name: str, count: int, space: str) -> str:
    return ngettext(
        "{name} tried to erase {count} entry in “{space}” that somebody else wrote: it stays.",
        "{name} tried to erase {count} entries in “{space}” that somebody else wrote: they stay.",
        count,
    ).format(name=name, count=count, space=space)


# --- as long as it is so --------------------------------------------------------------


def problems(db: Db, log: LogRow, roster: Roster, space: str) -> list[str]:
    """What ``status`` says of a space that somebody abuses, or seems to."""
    if roster.genesis is None:
        return []
    chains = logs.chains_of(db, log.number)
    found = list[str]()
    if any(chain.id != ZERO_SHORT and chain.id not in roster.seats for chain in chains):
        found.append(
            _(
                "Somebody who does not belong to “{space}” has its key and wrote there; nothing of"
                " it counts. Is a device lost that could read it? Then remove that."
            ).format(space=space)
        )
    forked = {
        seat.device
        for chain in chains
        if chain.forked is not None and (seat := roster.seats.get(chain.id)) and seat.last is None
    }
    if not forked:
        return found
    label = _labels(db, log)
    return found + [
        _(
            "“{device}” says two different things at one place in “{space}”; both are kept. Was"
            " its folder copied, or does somebody else use its keys? Then remove it."
        ).format(device=label(device), space=space)
        for device in sorted(forked)
    ]


def _labels(db: Db, log: LogRow) -> Callable[[bytes], str]:
    called = labels.everybodys(db, log)
    return lambda device: called.get(device) or device.hex()[:8]
