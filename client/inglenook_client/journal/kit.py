"""The recovery kit: 24 words that are the person, and what devices keep without them.

    R  shown as words --typed back--> forgotten; what it leads to stays

A device that holds R writes down for the others where the recovery box is (protocol 3.1);
none of them can make its owner token, so that a stolen one cannot close it.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from inglenook_client.journal import composing, restoring
from inglenook_client.journal.errors import NotFoundError, WrongWordsError
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Kit
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema import bundle, canonical, keys
from inglenook_schema.control import LogType
from inglenook_schema.errors import NotAllowedError, PeerError
from inglenook_schema.events.spaces import RecoveryPrepared
from inglenook_schema.ids import Hash, LogId, Secret, Signature

WORDS: Final = 24
KEY: Final = "recovery"
"""Under this name R lies in the table ``meta`` until its words were typed back."""
SHOWN: Final = "recovery-shown"
_BOX: Final = "recovery-box"


class Prepared(msgspec.Struct, frozen=True, array_like=True):
    """Where the recovery box is, as every device may know it."""

    secret: Secret
    owner_hash: Hash
    journal: LogId
    proof: Signature


# --- words ----------------------------------------------------------------------------


def words_of(recovery_key: bytes) -> tuple[str, ...]:
    """The 24 BIP-39 words of R."""
    from mnemonic import Mnemonic  # noqa: PLC0415 - costs start-up

    return tuple(Mnemonic("english").to_mnemonic(recovery_key).split())


def read_words(text: str) -> bytes:
    """R, from its words as somebody typed them; numbers between them are forgiven.

    Raises:
        WrongWordsError: Not 24, one that is none of the list, or a checksum that does not
            fit; said without repeating any of them.
    """
    from mnemonic import Mnemonic  # noqa: PLC0415 - costs start-up

    english = Mnemonic("english")
    words = re.sub(r"[\d.,;:()]+", " ", text).casefold().split()
    known = set(english.wordlist)
    unknown = [str(n) for n, word in enumerate(words, start=1) if word not in known]
    if unknown:
        raise WrongWordsError(
            _("Look again at word {number}: no kit has such a word.").format(
                number=", ".join(unknown[:5])
            )
        )
    if len(words) != WORDS:
        raise WrongWordsError(
            _("A kit has 24 words, and these are {count}.").format(count=len(words))
        )
    try:
        return bytes(english.to_entropy(words))
    except ValueError:
        raise WrongWordsError(
            _("These words do not fit together: one of them is wrong, or stands in another place.")
        ) from None


def check_words(me: Me, recovery_key: bytes) -> None:
    """Raises WrongWordsError where they are somebody else's."""
    if keys.root(recovery_key).public != me.person:
        raise WrongWordsError(_("These are the words of another kit, not of this journal's."))


# --- the kit --------------------------------------------------------------------------


def make(db: Db, me: Me, given: bytes | None) -> Kit:
    """The kit to be written down; call inside a write.

    Args:
        given: R, as its words were typed; None where this device must hold it.

    Raises:
        NotFoundError: This device does not hold the words, and none were given.
        WrongWordsError: They are another person's.
    """
    held = logs.meta(db, KEY)
    if given is not None:
        check_words(me, given)
    elif held is None:
        raise NotFoundError(
            _(
                "The words are not on this device: they were typed back, or shown on another one."
                " To print the kit again from them: inglenook recovery make --words-file FILE"
            )
        )
    if held is not None:
        logs.set_meta(db, SHOWN, b"\1")
    relays = tuple(row[0] for row in db.execute("SELECT origin FROM relay ORDER BY origin"))
    return Kit(words_of(given or held or b""), relays, held is None)


def is_missing(db: Db) -> bool:
    """Whether this device holds words that nobody has been shown yet."""
    held = logs.meta(db, KEY) is not None and not restoring.is_on(db)
    return held and logs.meta(db, SHOWN) is None


def confirm(db: Db, me: Me, given: bytes) -> None:
    """The words were typed back: this device forgets R; call inside a write.

    Raises:
        WrongWordsError: They are another person's; nothing was changed.
        NotAllowedError: A restore needs them yet.
    """
    check_words(me, given)
    if restoring.is_reading(db):
        raise NotAllowedError(
            _("A restore is at work here and needs the words. To go on with it: inglenook sync")
        )
    prepare(db, me)  # what R leads to stays known
    forget(db, given)


def forget(db: Db, recovery_key: bytes) -> None:
    """This device keeps nothing that only the words may lead to; call inside a write."""
    restoring.end(db, recovery_key)
    for key in (KEY, SHOWN):
        logs.forget_meta(db, key)


# --- what every device knows ----------------------------------------------------------


def prepare(db: Db, me: Me) -> Prepared | None:
    """Where the recovery box is; the first time it is looked up, or written down for others.

    Call inside a write. None while nobody who holds R has said so.
    """
    packed = logs.meta(db, _BOX)
    if packed is not None:
        return canonical.decode(packed, Prepared)
    journal = _journal(db)
    if journal is None or me.person is None:
        return None
    found = told(db, me, journal)
    recovery_key = logs.meta(db, KEY)
    if found is None and recovery_key is not None and logs.my_chain(db, journal.number):
        found = _tell(db, journal, recovery_key)
    if found is not None:
        logs.set_meta(db, _BOX, canonical.encode(found))
    return found


def knows_box(db: Db) -> bool:
    """Whether this device knows where the recovery box is."""
    return logs.meta(db, _BOX) is not None


def told(db: Db, me: Me, journal: LogRow) -> Prepared | None:
    """What the journal says, under the root's signature."""
    assert me.person is not None  # noqa: S101 - asked by the caller
    rows = db.execute(
        "SELECT e.body FROM event e JOIN chain c ON c.number = e.chain WHERE c.log = ?"
        " AND e.linked = 1 AND e.type = 'recovery.prepared' AND e.body IS NOT NULL ORDER BY e.row",
        (journal.number,),
    )
    for (packed,) in rows:
        said = content_of(packed)
        if not isinstance(said, RecoveryPrepared):
            continue
        try:
            bundle.check_proof(me.person, said.proof, journal.id, said.secret, said.owner_hash)
        except PeerError:
            continue
        return Prepared(said.secret, said.owner_hash, journal.id, said.proof)
    return None


def _tell(db: Db, journal: LogRow, recovery_key: bytes) -> Prepared:
    box = bundle.box_of(recovery_key)
    found = Prepared(box.secret, box.owner_hash, journal.id, bundle.prove(box, journal.id))
    at, zone, date = composing.moment()
    said = RecoveryPrepared(
        at=at,
        zone=zone,
        date=date,
        secret=found.secret,
        owner_hash=found.owner_hash,
        proof=found.proof,
    )
    events.append(db, journal, [composing.draft(said)])
    return found


def _journal(db: Db) -> LogRow | None:
    return next((log for log in logs.all_logs(db) if log.type is LogType.JOURNAL), None)
