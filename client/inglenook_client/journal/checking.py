"""How everything stands: status, and who is here."""

from __future__ import annotations

from functools import partial

from inglenook_client.core.members import Roster
from inglenook_client.journal import (
    belonging,
    following,
    kit,
    labels,
    noticing,
    parting,
    preview,
    reading,
    removing,
    restoring,
    sending,
    standing,
    vanished,
    whereabouts,
    wrapping,
)
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Member, SpaceStatus, Status
from inglenook_client.stores import files, items, logs, nulling, views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _, ngettext
from inglenook_schema import canonical, suite

# --- state ----------------------------------------------------------------------------


def state(db: Db, log: LogRow, roster: Roster) -> str:
    """64 hex digits over the events, the roster and the projections of a space.

    Equal on two devices that hold the same events; nothing device-local goes in. The
    projections must be caught up.
    """
    members = [
        sorted((name, m.role, m.founder, m.gone) for name, m in roster.people.items()),
        sorted(
            (chain, seat.device, seat.person, seat.rank, seat.label, seat.last is None, seat.last)
            for chain, seat in roster.seats.items()
        ),
        sorted(roster.epochs),
        sorted(roster.tips),
        [roster.closed, roster.stalled],
    ]
    held = [views.fingerprint(db, log.number), items.digest(db, log.number)]
    return suite.sha256(canonical.encode([held, members])).hex()


# --- status ---------------------------------------------------------------------------


def status(db: Db, me: Me, relay: str | None) -> Status:
    """How far everything has got, and what is in the way; the projections are caught up."""
    found = list[SpaceStatus]()
    known = reading.names(db, me)
    problems = list[str]()
    for log in logs.all_logs(db):
        name = known.spaces[log.number]
        if not name:
            continue
        counts = views.counts(db, log.number, me.person_id)
        roster = logs.roster_of(db, log)
        called = partial(known.of, log.number)
        undelivered = whereabouts.undelivered(db, me, log, roster, called)
        found.append(
            SpaceStatus(
                name,
                counts.waiting if log.number in known.syncing else 0,
                counts.relay,
                counts.partner,
                sum(count for _device, count in undelivered),
                state(db, log, roster),
                whereabouts.spread(db, me, log, roster, called),
                whereabouts.quiet_since(db, me, log, roster),
                parting.end_sentence(db, me, log, known.partners[log.number]),
            )
        )
        problems += [
            whereabouts.undelivered_sentence(device, count, name) for device, count in undelivered
        ]
        problems += _space_problems(db, me, log, name, roster)
    problems += preview.problems(db, known.spaces)
    problems += _own_problems(db, me, relay)
    problems += parting.problems(db, me) + standing.problems(db, me, known.spaces)
    waiting = sum(space.waiting for space in found)
    on_relay = sum(space.on_relay for space in found)
    return Status(relay, waiting, on_relay, problems, found, files.waiting(db))


def _space_problems(db: Db, me: Me, log: LogRow, name: str, roster: Roster) -> list[str]:
    problems = list[str]()
    if log.given == logs.IMPORTED:
        return problems  # it is only read, and nothing is on its way
    if sending.waits_for_words(db, me, log):
        problems.append(
            _(
                "What you write in “{space}” waits here until you compared the safety words:"
                " inglenook pair words --confirm"
            ).format(space=name)
        )
    if nowhere := following.problem(log, name):
        problems.append(nowhere)
    if vanished.is_gone(db, log.number):
        problems.append(vanished.problem(name))
    waits = wrapping.left_out_of(db, log) or (log.epoch is None and roster.tips)
    if waits and not log.stalled:
        problems.append(
            _(
                "“{space}” has a new key that is not here yet. What you write there is saved and"
                " waits; it comes when another device of yours or your partner's has synced."
            ).format(space=name)
        )
    if roster.stalled:
        problems.append(
            _("“{space}” was changed by a newer Inglenook: update this device.").format(space=name)
        )
    problems += noticing.problems(db, log, roster, name)
    (refused,) = db.execute(
        "SELECT count(*) FROM record r JOIN mailbox m ON m.number = r.mailbox"
        " WHERE r.state = 2 AND m.log = ?",
        (log.number,),
    ).fetchone()
    if refused:
        problems.append(
            ngettext(
                "{count} record in “{space}” was refused and kept as evidence.",
                "{count} records in “{space}” were refused and kept as evidence.",
                refused,
            ).format(count=refused, space=name)
        )
    return problems


def _own_problems(db: Db, me: Me, relay: str | None) -> list[str]:
    problems = list[str]()
    unconfirmed = nulling.unconfirmed(db, me.person_id)
    if unconfirmed:
        problems.append(
            ngettext(
                "{count} erased entry is not confirmed at the relay yet.",
                "{count} erased entries are not confirmed at the relay yet.",
                unconfirmed,
            ).format(count=unconfirmed)
        )
    if me.person is None:
        problems.append(_("This device waits to be let in. Approve it on the other device."))
    elif restoring.is_on(db):
        problems.append(
            _("The restore is not finished. To go on with it: inglenook recovery restore")
        )
    elif logs.meta(db, "recovery") is not None and relay is not None:
        problems.append(
            _("The recovery kit is not made yet.")
            if kit.is_missing(db)
            else _("The recovery kit is made; type its words back once: inglenook recovery test")
        )
    (knocks,) = db.execute(
        "SELECT count(*) FROM knock k JOIN invite i ON i.number = k.invite"
        " WHERE k.state = 0 AND i.state = 0"
    ).fetchone()
    if knocks:
        problems.append(
            ngettext(
                "Somebody waits to be let in: inglenook pair approve, or device approve.",
                "{count} wait to be let in: inglenook pair approve, or device approve.",
                knocks,
            ).format(count=knocks)
        )
    return problems


# --- who ------------------------------------------------------------------------------


def who(db: Db, me: Me, number: int) -> list[Member]:
    """The people of a space, oneself first, and the devices that can read it."""
    log = logs.log_by_number(db, number)
    roster = logs.roster_of(db, log)
    known = reading.names(db, me)
    found = [
        Member(
            known.of(number, name) or log.label,
            member.role,
            removing.seats_of(me, roster, name, labels.known(db, log, name)),
            name == me.person_id or sending.is_checked(db, name),
            name == me.person_id,
            name,
            belonging.left_on(db, log, name) if member.gone else "",
        )
        for name, member in roster.people.items()
    ]
    return sorted(found, key=lambda member: (not member.me, member.name))
