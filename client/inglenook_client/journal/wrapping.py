"""KEM keys and the wraps made to them: who gets an epoch's secret, and who was left out.

entering an epoch ---------> a fresh key is announced (member act 4, protocol 5.3)
entered by the newest key -> the older ones of the log are forgotten
a wrap is missing ---------> any member who holds the secret puts the rotate record again
                             with it, into the mailboxes that lead to the new epoch
"""

from __future__ import annotations

from collections.abc import Iterable

from inglenook_client import ambient
from inglenook_client.core.acts import Act
from inglenook_client.core.clocks import covers
from inglenook_client.core.members import Roster, Seat
from inglenook_client.journal import composing, identity, newcomers
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, events, logs
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema import batch, canonical, epoch, record, suite
from inglenook_schema.batch import Ack
from inglenook_schema.control import Open, RefreshKem, Rotate, Wraps
from inglenook_schema.errors import WrongKeyError
from inglenook_schema.header import Kind
from inglenook_schema.keys import kem_hash
from inglenook_schema.record import RecordKind

_LEFT_OUT = "left out "
"""With a log's number: the id of a rotate whose secret this device did not get."""
_UNSUPPLIED = "unsupplied "
"""With a log's number: commitments of 32 bytes each."""
_STUCK = "stuck "
"""With a log's number and a device's id in hex: number of the mailbox in which its ack came."""
_MOST_WRAPS = 500
"""Of the 512 that a record may hold; the author of a rotate adds a key of their own."""
_MOST_KEYS = 8
"""Keys of one device that wraps are made to: it announces one for each epoch that it enters.
A member may announce as many as they like."""


def recipients(db: Db, log: LogRow) -> list[bytes]:
    """KEM public keys of every device and root that belongs to a log, newcomers' too.

    As many as a rotate record has room for: of whoever opens chains without end some are left
    out, and of other people's before one's own.
    """
    me, roster = identity.load(db), logs.roster_of(db, log)
    roots = [m.person.kem for _, m in sorted(roster.people.items()) if not m.gone]
    coming = [each.kem for each in newcomers.awaited(db, log, roster)]
    seats = sorted(_staying(roster), key=lambda s: (s.person != me.person_id, s.rank, s.chain))
    return [*roots, *coming, *(seat.kem for seat in seats)][:_MOST_WRAPS]


def _staying(roster: Roster) -> list[Seat]:
    staying = {name for name, member in roster.people.items() if not member.gone}
    return [s for s in roster.seats.values() if s.person in staying and s.last is None]


def refresh(db: Db, me: Me, log: LogRow) -> None:
    """Announce a fresh KEM key, where anybody else might wrap to it; call inside a write."""
    alone = {me.kem_public, *(kem for kem, _ in _keys(db, log)), *_own_root(me)}
    if logs.my_chain(db, log.number) is None or set(recipients(db, log)) <= alone:
        return
    private = ambient.random_bytes(96)
    public = suite.kem_public(private)
    events.append(db, log, [composing.act(Kind.MEMBER, RefreshKem(public))])
    db.execute(
        "INSERT INTO kem(log, public, private, day) VALUES(?, ?, ?, ?)",
        (log.number, public, private, identity.today()),
    )


def _own_root(me: Me) -> tuple[bytes, ...]:
    return (me.person.kem,) if me.person else ()


def _keys(db: Db, log: LogRow) -> list[tuple[bytes, bytes]]:
    """[public, private] that this device announced in a log, the newest first."""
    return db.execute(
        "SELECT public, private FROM kem WHERE log = ? ORDER BY number DESC",
        (log.number,),
    ).fetchall()


def unwrap(db: Db, me: Me, log: LogRow, rotate: Rotate, wraps: Wraps) -> bytes:
    """Open this device's wrap, by whichever of its keys it was made to.

    Older keys of the log are forgotten once the newest was used: whoever makes wraps knows it.

    Raises:
        WrongKeyError: There is none that opens, or what is in it is not what was promised.
    """
    announced = _keys(db, log)
    names = {name for name, _ in wraps}
    for place, (public, private) in enumerate((*announced, (me.kem_public, me.kem))):
        if kem_hash(public) in names:
            secret = epoch.unwrap(wraps, private, log.id, rotate.commitment)
            if place == 0 and announced:
                _forget(db, log, public)
            return secret
    raise WrongKeyError("This device was left out of a new key.")


def note_left_out(db: Db, log: LogRow, rotate: bytes | None) -> None:
    """Keep which rotate's secret this device did not get, or that it has it now.

    The rotate may wait for events before it; nothing is put meanwhile all the same.
    """
    if rotate is None:
        logs.forget_meta(db, f"{_LEFT_OUT}{log.number}")
    else:
        logs.set_meta(db, f"{_LEFT_OUT}{log.number}", rotate)


def left_out_of(db: Db, log: LogRow) -> bytes | None:
    """The id of a rotate that left this device out; None where there is none."""
    return logs.meta(db, f"{_LEFT_OUT}{log.number}")


def forget_known(db: Db, log: LogRow) -> None:
    """Once the rotate itself is here, the fold tells whether its epoch is one to write to."""
    rotate = left_out_of(db, log)
    if rotate and db.execute("SELECT 1 FROM event WHERE id = ?", (rotate,)).fetchone():
        note_left_out(db, log, None)


def _forget(db: Db, log: LogRow, newest: bytes) -> None:
    db.execute("DELETE FROM kem WHERE log = ? AND public <> ?", (log.number, newest))


# --- for others who were left out -----------------------------------------------------


def supply_missing(db: Db, me: Me, log: LogRow, commitment: bytes) -> None:
    """Give a wrap to every device and root that a rotate left out, and to newcomers.

    Call inside a write.

    A device that had seen the rotate when it was opened got the secret by its welcome. One that
    the rotate's author may have known to be removed waits until that is known here too.
    """
    _waits(db, log, commitment, it=False)
    roster = logs.roster_of(db, log)
    found = roster.epochs.get(commitment)
    if found is None or _secret(db, log, commitment) is None:
        return
    if logs.my_chain(db, log.number) is None:
        return  # a restore has not said yet who is lost
    acts = {act.id: act for act in logs.acts_of(db, log.number)}
    rotation = acts[found.act]
    lacking = _lacking_behind(db, log, rotation)
    given = {name for left in _left(db, log, rotation) for name, _ in left.wraps}
    wanted = [m.person.kem for m in roster.people.values() if not m.gone]
    for seat in _staying(roster):
        announced = _announced(acts.values(), seat)
        opened = next(act for act in acts.values() if act.id[:16] == seat.chain)
        knew = covers(opened.past, rotation.chain, rotation.seq)
        if seat.device == me.device or knew or given & set(map(kem_hash, announced)):
            continue
        if _may_be_removed(roster, seat.person, lacking):
            _waits(db, log, commitment, it=True)
        else:
            wanted.append(seat.kem)
    if coming := newcomers.awaited(db, log, roster):
        if _may_be_removed(roster, me.person_id, lacking):
            _waits(db, log, commitment, it=True)
        else:
            wanted += [each.kem for each in coming]
    _put_again(db, log, rotation, commitment, [k for k in wanted if kem_hash(k) not in given])


def supply_stuck(db: Db, log: LogRow, box: BoxRow, ack: Ack) -> None:
    """Give a new wrap to a device whose ack shows that it knows a rotate and not its mailbox.

    To its last keys: one whose folder was put back holds an older one. While the rotate's
    author may have known that it was removed, it waits as in :func:`supply_missing`.

    Args:
        db: Inside a write.
        log: Whose.
        box: The mailbox in which the ack came.
        ack: By a device that belongs to the log; its signature was checked.
    """
    waiting = f"{_STUCK}{log.number} {ack.device.hex()}"
    logs.forget_meta(db, waiting)
    roster = logs.roster_of(db, log)
    commitments = {n: c for n, c, _ in logs.epochs_of(db, log.number)}
    known = {
        row[0] for row in db.execute("SELECT address FROM mailbox WHERE log = ?", (log.number,))
    }
    left = commitments.get(box.epoch or 0)
    seats = [s for s in _staying(roster) if s.device == ack.device]
    if not seats or any(c.address in known and c.address != box.address for c in ack.cursors):
        return
    acts = {act.id: act for act in logs.acts_of(db, log.number)}
    seen = {chain: seq for chain, seq, _ in ack.heads}
    for commitment, found in roster.epochs.items():
        rotation = acts[found.act]
        knows = seen.get(rotation.chain, -1) >= rotation.seq or rotation.id in ack.missing
        if left not in found.rotate.parents or not knows:
            continue
        lacking = _lacking_behind(db, log, rotation)
        if any(_may_be_removed(roster, seat.person, lacking) for seat in seats):
            logs.set_meta(db, waiting, str(box.number).encode())
            continue
        kems = [kem for seat in seats for kem in _announced(acts.values(), seat)][:_MOST_KEYS]
        _put_again(db, log, rotation, commitment, sorted(kems))


def supply_waiting(db: Db, log: LogRow) -> None:
    """Something came: look again at acks that waited; call inside a write."""
    rows = db.execute(
        "SELECT value, signed FROM meta JOIN ack ON key = ? || lower(hex(device)) WHERE log = ?",
        (f"{_STUCK}{log.number} ", log.number),
    ).fetchall()
    for number, signed in rows:
        box = next((b for b in boxes.boxes_of(db, log.number) if b.number == int(number)), None)
        if box is not None:
            supply_stuck(db, log, box, canonical.decode(signed, Ack))


def unsupplied(db: Db, log: LogRow) -> set[bytes]:
    """Commitments of epochs whose wraps wait for events that their authors had seen."""
    known = logs.meta(db, f"{_UNSUPPLIED}{log.number}") or b""
    return {known[at : at + 32] for at in range(0, len(known), 32)}


def _waits(db: Db, log: LogRow, commitment: bytes, *, it: bool) -> None:
    before = unsupplied(db, log)
    after = before | {commitment} if it else before - {commitment}
    if after != before:
        logs.set_meta(db, f"{_UNSUPPLIED}{log.number}", b"".join(sorted(after)))


def _lacking_behind(db: Db, log: LogRow, rotation: Act) -> set[bytes]:
    """Chains of which a rotate's author had seen events that are not here."""
    rows = db.execute(
        "SELECT a.chain, c.id, e.seq FROM awaited a JOIN event e ON e.id = a.by"
        " JOIN chain c ON c.number = e.chain WHERE a.log = ?",
        (log.number,),
    ).fetchall()
    past = {**rotation.past, rotation.chain: rotation.seq}
    return {chain for chain, by, seq in rows if covers(past, by, seq)}


def _may_be_removed(roster: Roster, person: bytes, lacking: set[bytes]) -> bool:
    """Whether an act against a person's device may stand among events that are not here.

    Only its own person's devices write such acts (protocol 8.2): a chain that is known to be
    another person's holds none, so nobody else can keep a device out by naming what is not.
    """
    others = {chain for chain, s in roster.seats.items() if s.person != person}
    return bool(lacking - others)


def _announced(acts: Iterable[Act], seat: Seat) -> list[bytes]:
    """Every KEM key that a device ever had in a log; it may still hold an older one.

    The newest, its certificate's, which it never forgets, and the others, newest first.
    """
    fresh, opened = list[tuple[int, bytes, bytes]](), list[bytes]()
    for act in acts:
        if isinstance(act.payload, RefreshKem) and act.chain == seat.chain:
            fresh.append((act.seq, act.id, act.payload.kem))
        if isinstance(act.payload, Open) and act.id[:16] == seat.chain:
            opened.append(act.payload.certificates[-1].kem)
    older = [kem for _seq, _id, kem in sorted(fresh, reverse=True)]
    return list(dict.fromkeys((seat.kem, *opened, *older)))


def _secret(db: Db, log: LogRow, commitment: bytes) -> bytes | None:
    known = {c: secret for _, c, secret in logs.epochs_of(db, log.number)}
    return known.get(commitment)


def _left(db: Db, log: LogRow, rotation: Act) -> list[batch.RotateRecord]:
    """The records of a rotate that this device holds, from whichever mailbox."""
    rows = db.execute(
        "SELECT r.mailbox, r.blob FROM record r JOIN chain c ON c.number = r.chain"
        " WHERE r.kind = ? AND r.blob IS NOT NULL AND r.first = ? AND c.id = ? AND c.log = ?",
        (RecordKind.ROTATE, rotation.seq, rotation.chain, log.number),
    ).fetchall()
    opened = [record.open_record(blob, boxes.box(db, number).place) for number, blob in rows]
    return [batch.decode_rotate(found.inner) for found in opened]


def _put_again(db: Db, log: LogRow, rotation: Act, commitment: bytes, kems: list[bytes]) -> None:
    secret = _secret(db, log, commitment)
    if not kems or secret is None or not isinstance(rotation.payload, Rotate):
        return
    header, content = db.execute(
        "SELECT header, body FROM event WHERE id = ?", (rotation.id,)
    ).fetchone()
    wraps = epoch.wrap(secret, log.id, kems[:_MOST_WRAPS])
    left = batch.RotateRecord(header, content, events.seal_of(db, rotation.id), wraps)
    parents = {c: n for n, c, _ in logs.epochs_of(db, log.number)}
    for target in boxes.boxes_of(db, log.number):
        if target.epoch in {parents.get(parent) for parent in rotation.payload.parents}:
            key = record.erase_key(target.keys, log.id)
            boxes.enqueue(db, target, RecordKind.ROTATE, canonical.encode(left), key)
