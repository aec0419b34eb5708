"""What came into sealed boxes: keys and codes for a member, letters for coordinators.

opened and checked -> kept where it belongs, and the record forgotten here
not to be judged yet (the programme's log is not here) -> held, and looked at again
anything else -> passed over: whoever may write to a box may write what they like
"""

from __future__ import annotations

from collections.abc import Sequence

from inglenook_client.journal import (
    belonging,
    composing,
    enrolled,
    erasing,
    memberships,
    programme_log,
)
from inglenook_client.journal.enrolled import Received
from inglenook_client.journal.identity import Me
from inglenook_client.journal.memberships import Membership
from inglenook_client.stores import boxes, events, logs
from inglenook_client.stores.boxes import BoxRow, RecordRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema import canonical, letter
from inglenook_schema.errors import PeerError
from inglenook_schema.events.enrolling import MemberEnrolled, MemberRemoved
from inglenook_schema.events.programme import StoryReleased
from inglenook_schema.letter import (
    CodesGiven,
    IdeaOffered,
    KeysAsked,
    KeysGiven,
    Letter,
    MemberLeft,
    PulseShared,
    StoryOffered,
    StoryWithdrawn,
)
from inglenook_schema.record import BoxType, RecordKind

_TAKEN_DOWN = "taken down"
_CODES = "codes to pass on "
"""With a log's number: the newest links that its coordinators gave."""


def on_record(db: Db, me: Me, box: BoxRow, row: RecordRow) -> list[str]:
    """A record came into a sealed box; returns sentences to say once."""
    member = memberships.of_box(db, box)
    if member is not None:
        return _for_member(db, box, row, member)
    found = enrolled.inbox_of(db, box)
    if found is None:
        return []  # a member's box, to which coordinators only write
    log, own, inbox = found
    try:
        came = letter.unseal(row.blob, box.secret, inbox.kem)
        letter.check(came, box.box, log.id)
    except PeerError:
        boxes.label_record(db, row.number, 0, state=boxes.REFUSED)
        return []
    if not belonging.may_write(db, own):
        boxes.label_record(db, row.number, RecordKind.SEALED, state=boxes.HELD)
        return []
    news = _for_coordinators(db, me, (log, own), came, box)
    boxes.label_record(db, row.number, RecordKind.SEALED)
    boxes.drop_blob(db, row.number)
    return news


def look_again(db: Db, me: Me) -> list[str]:
    """Letters that could not be judged when they came; call inside a write."""
    rows = db.execute(
        "SELECT r.number, r.mailbox, r.rid, r.blob FROM record r JOIN mailbox m"
        " ON m.number = r.mailbox WHERE r.state = ? AND m.type = ? AND r.blob IS NOT NULL"
        " ORDER BY r.number",
        (boxes.HELD, BoxType.SEALED),
    ).fetchall()
    news = list[str]()
    for row in rows:
        found = RecordRow(*row)
        news += on_record(db, me, boxes.box(db, found.mailbox), found)
    return news


# --- for a member ---------------------------------------------------------------------


def _for_member(db: Db, box: BoxRow, row: RecordRow, member: Membership) -> list[str]:
    try:
        came = letter.unseal(row.blob, box.secret, member.alias.kem)
        letter.check(came, box.box, member.log)
    except PeerError:
        boxes.label_record(db, row.number, 0, state=boxes.REFUSED)
        return []
    if not memberships.may_give(db, member, came):
        # a coordinator whom the log does not name here yet, or somebody who was one
        boxes.label_record(db, row.number, RecordKind.SEALED, state=boxes.HELD)
        return []
    boxes.label_record(db, row.number, RecordKind.SEALED)
    match letter.body_of(came):
        case KeysGiven() as given:
            if memberships.take_keys(db, member, given):
                return [_("You are enrolled in “{name}”.").format(name=given.name)]
        case CodesGiven(links=links):
            log = logs.log_by_id(db, member.log)
            if log is not None:
                logs.set_meta(db, f"{_CODES}{log.number}", "\n".join(links).encode())
                return [_("There are invites for you to pass on: inglenook pass-on")]
        case _:
            pass
    return []


def codes(db: Db, log: LogRow) -> list[str]:
    """Join codes that this person may pass on."""
    packed = logs.meta(db, f"{_CODES}{log.number}")
    return packed.decode().split("\n") if packed else []


# --- for coordinators -----------------------------------------------------------------


def _for_coordinators(
    db: Db, me: Me, logs_: tuple[LogRow, LogRow], came: Letter, box: BoxRow
) -> list[str]:
    log, own = logs_
    by = next((m for m in enrolled.members(db, own) if m.member == came.sender), None)
    body = letter.body_of(came)
    match body:
        case KeysAsked():
            if by is not None:
                enrolled.give_keys(db, me, log, [by])
            return []
        case MemberLeft():
            return _let_go(db, logs_, by)
        case _:
            pass
    if enrolled.has(db, came):
        return []
    sentence = _sentence(db, logs_, came, by)
    if not sentence:
        return []
    enrolled.keep(db, own, came, box.box)
    return [sentence.format(name=log.label)]


def _sentence(db: Db, logs_: tuple[LogRow, LogRow], came: Letter, by: MemberEnrolled | None) -> str:
    """What is said of a letter; empty for one that is not its sender's to send."""
    match letter.body_of(came):
        case IdeaOffered() if by is not None or not came.sender:
            return _("An idea for “{name}” came: inglenook programme inbox")
        case PulseShared() if by is not None:
            return _("A pulse for “{name}” came: inglenook programme inbox")
        case StoryOffered() if came.sender and not _is_over(db, logs_, came):
            return _("A story for “{name}” came: inglenook programme inbox")
        case StoryWithdrawn(letter=name) if came.sender:
            known = {(e.hash, e.letter.sender) for e in enrolled.letters(db, *logs_)}
            released = programme_log.said(db, logs_[0], StoryReleased)
            known |= {(each.content.letter, each.content.key) for each in released}
            mine = (name, came.sender) in known
            return _("A story of “{name}” was taken back by its writer.") if mine else ""
        case _:
            return ""


def _is_over(db: Db, logs_: tuple[LogRow, LogRow], came: Letter) -> bool:
    """Whether a story was taken back before it came here, as to a coordinator who is new."""
    return any(
        isinstance(each.body, StoryWithdrawn)
        and (each.body.letter, each.letter.sender) == (came.hash, came.sender)
        for each in enrolled.letters(db, *logs_)
    )


def _let_go(db: Db, logs_: tuple[LogRow, LogRow], by: MemberEnrolled | None) -> list[str]:
    log, own = logs_
    if by is None:
        return []
    at, zone, date = composing.moment()
    gone = MemberRemoved(at=at, zone=zone, date=date, member=by.member, left=True)
    events.append(db, own, [composing.draft(gone)])
    return [_("{name} left “{programme}”.").format(name=by.called, programme=log.label)]


def take_down(db: Db, me: Me) -> None:
    """Erase stories that are over, or were taken back, and what brought them.

    Each device erases what its own person wrote; call inside a write.
    """
    today = composing.moment()[2]
    mark = _mark(db, today)
    if logs.meta(db, _TAKEN_DOWN) == mark:
        return
    waits = False
    for log, own in enrolled.coordinated(db):
        came = enrolled.letters(db, log, own)
        gone = _withdrawn(db, log, came)
        over = [
            each.event
            for each in programme_log.said(db, log, StoryReleased)
            if each.author.mine and (each.content.ends_on < today or each.content.letter in gone)
        ]
        over += [
            each.said.event
            for each in came
            if isinstance(each.body, StoryOffered)
            and each.said.author.mine
            and (each.body.ends_on < today or each.hash in gone)
        ]
        may = belonging.may_write(db, log) and belonging.may_write(db, own)
        if over and may:
            erasing.erase(db, me, over, deep=False)
        waits = waits or not may
    if not waits:
        logs.set_meta(db, _TAKEN_DOWN, mark)


def _mark(db: Db, today: str) -> bytes:
    """Changes whenever there may be something to take down."""
    row = db.execute(
        "SELECT count(*), max(row) FROM event WHERE linked = 1"
        " AND type IN ('letter.received', 'story.released')"
    ).fetchone()
    return canonical.encode((today, *(int(n or 0) for n in row)))


def withdrawn_letters(db: Db, log: LogRow, own: LogRow) -> set[bytes]:
    """Hashes of the letters whose writers took them back."""
    return _withdrawn(db, log, enrolled.letters(db, log, own))


def _withdrawn(db: Db, log: LogRow, came: Sequence[Received]) -> set[bytes]:
    """Only the key of a story takes it back; it stands in the letter, and on the board."""
    keys = {(each.hash, each.letter.sender) for each in came}
    released = programme_log.said(db, log, StoryReleased)
    keys |= {(each.content.letter, each.content.key) for each in released}
    return {
        each.body.letter
        for each in came
        if isinstance(each.body, StoryWithdrawn) and (each.body.letter, each.letter.sender) in keys
    }
