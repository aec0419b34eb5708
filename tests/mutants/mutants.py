"""Each defence, broken in one place, and the few scenarios that must notice.

A mutant names tests of whole devices under attack, never the broken function's own: what is
shown is that the attack is noticed, not that the line is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SCHEMA: Final = "schema/inglenook_schema/"
CLIENT: Final = "client/inglenook_client/"
SERVER: Final = "server/inglenook_server/"
SCENARIOS: Final = ("tests/hostile/", "tests/client/journal/", "tests/simulation/")
"""Where a test must lie that a mutant names."""


@dataclass(frozen=True)
class Mutant:
    """One defence broken."""

    name: str
    file: str
    edits: tuple[tuple[str, str], ...]
    """[what stands there once, what stands there instead]."""
    tests: tuple[str, ...]
    survives: bool = False
    """Whether nobody may notice, since nothing was changed."""


def row(*names: str) -> tuple[str, ...]:
    """Ids of rows of the table of attacks."""
    test = "tests/hostile/test_rows.py::test_after_an_attack_nothing_is_lost_leaked_or_unsaid"
    return tuple(f"{test}[{name}]" for name in names)


_PROCESS: Final = "tests/hostile/test_process.py::"
_DISK: Final = "tests/hostile/test_disk_first.py::"
_VOICES: Final = "tests/client/journal/test_voices.py::"
_HELD: Final = "tests/client/journal/test_what_coordinators_hold.py::"
_ATTACHED: Final = "tests/client/journal/test_attaching.py::"
_WRONG_PLACE: Final = """        if first.kind != Kind.OPEN and first.header.prev not in self._ids(
            first.chain, first.seq - 1
        ):
            return None
"""
_COMMIT_LATER: Final = """        db.execute(begin)
        try:
            result = work(db)
            db.execute("COMMIT")
"""
_COMMITTED_LATER: Final = """        if begin == "BEGIN" and db.in_transaction:
            return work(db)
        if db.in_transaction:
            db.execute("COMMIT")
        db.execute(begin)
        try:
            result = work(db)
            if "_prepare" not in repr(work):
                db.execute("COMMIT")
"""
_BY: Final = "        by=known.of(row.log, row.person),\n"
_BY_PAYLOAD: Final = """        by=__import__("msgspec").msgpack.decode(
            __import__("inglenook_schema.body", fromlist=["body"]).data_of(row.body)
        ).get("by", known.of(row.log, row.person)) if row.body else known.of(row.log, row.person),
"""
_PADDING: Final = """        or padded_size(end) != len(plaintext)
        or plaintext.count(0, end) != len(plaintext) - end
"""

MUTANTS: Final = (
    Mutant(
        "seal not verified",
        SCHEMA + "seal.py",
        (("    suite.verify(public, signature, _SEAL + log + event)\n", "    return\n"),),
        row("forged authorship"),
    ),
    Mutant(
        "prev not checked between batches",
        CLIENT + "core/intake.py",
        ((_WRONG_PLACE, ""),),
        row("withheld middle"),
    ),
    Mutant(
        "prev not checked inside a batch",
        CLIENT + "core/events.py",
        ((" or event.header.prev != before.id or", " or"),),
        row("words before a true seal"),
    ),
    Mutant(
        "commitment not compared",
        CLIENT + "core/events.py",
        ((" or body.commitment(body_) != head.pcommit", ""),),
        row("other words under a true header"),
    ),
    Mutant(
        "record's place left out of the AAD",
        SCHEMA + "record.py",
        (
            ("aad = bytes((SUITE, place.box_type)) + place.box + wrap", "aad = wrap"),
            (
                "aad = bytes((SUITE, place.box_type)) + place.box + blob[_HEAD:start]",
                "aad = blob[_HEAD:start]",
            ),
        ),
        row("swaps between places with one key"),
    ),
    Mutant(
        "key commitment ignored",
        SCHEMA + "record.py",
        (("if not _compare.compare_digest(derived[32:], blob[33:_HEAD]):", "if False:"),),
        row("two keys for one record"),
    ),
    Mutant(
        "lower suite accepted",
        SCHEMA + "record.py",
        (("    if blob[0] != SUITE:\n", "    if False:\n"),),
        row("downgraded suite"),
    ),
    Mutant(
        "padding skipped",
        SCHEMA + "record.py",
        ((_PADDING, ""),),
        row("altered padding"),
    ),
    Mutant(
        "inflate limit off",
        SCHEMA + "pack.py",
        (("inflater.decompress(inner, MAX_INFLATED)", "inflater.decompress(inner)"),),
        row("compression bombs"),
    ),
    Mutant(
        "running head not compared",
        CLIENT + "core/sync.py",
        (('(n == found.n and found.head in (head, b""))', "n == found.n"),),
        row("wrong heads", "flips on the way"),
    ),
    Mutant(
        "put acknowledged before the commit",
        SERVER + "stores/sqlite_ledger.py",
        (
            (
                'connection.execute("BEGIN IMMEDIATE")',
                'connection.in_transaction and connection.execute("COMMIT")\n'
                '        connection.execute("BEGIN IMMEDIATE")',
            ),
            ('        connection.execute("COMMIT")\n    except', "    except"),
        ),
        (
            _PROCESS + "test_what_a_relay_acknowledged_is_there_after_a_kill_and_what_it_could"
            "_not_keep_is_not_said",
        ),
    ),
    Mutant(
        "pushed before the local commit",
        CLIENT + "stores/connection.py",
        ((_COMMIT_LATER, _COMMITTED_LATER),),
        (_DISK + "test_whatever_leaves_a_device_is_on_its_disk_first",),
    ),
    Mutant(
        "cut ignored",
        CLIENT + "core/removals.py",
        (
            (
                "        self.cuts[chain] = cut if before is None else _both(cut, before)\n",
                "        assert cut is not before\n",
            ),
        ),
        row("back-dated events after removal"),
    ),
    Mutant(
        "rank ignored",
        CLIENT + "core/removals.py",
        (("rank >= removal.rank if removal.own else rank > removal.rank", "rank > 0"),),
        row("thief who revokes first"),
    ),
    Mutant(
        "rotate of a removed device accepted",
        CLIENT + "journal/receiving.py",
        (("seat is None or seat.last is not None or stored is not None", "seat is None"),),
        row("a rotate of a removed device"),
    ),
    Mutant(
        "erased ids forgotten",
        CLIENT + "stores/events.py",
        (('\n        " AND id NOT IN (SELECT event FROM erased)",', ","),),
        row("resurrected erasures"),
    ),
    Mutant(
        "read-back skipped",
        CLIENT + "journal/syncing.py",
        (
            (
                "        boxes.was_put(db, effect.box, effect.number, effect.n)\n",
                "        boxes.was_put(db, effect.box, effect.number, effect.n)\n"
                "        boxes.read_back(db, effect.number, 1)\n"
                "        log = boxes.box(db, effect.box).log\n"
                "        if log is not None:\n"
                "            reaching.note_relay(db, log, identity.today())\n",
            ),
        ),
        row("lying acks"),
    ),
    Mutant(
        "unsealed event shown",
        SCHEMA + "pack.py",
        (("        seal.check(signers[head.chain], head.seal, log, head.id)\n", ""),),
        row("an unsealed pack shown early"),
    ),
    Mutant(
        "partner's name taken from the payload",
        CLIENT + "journal/reading.py",
        ((_BY, _BY_PAYLOAD),),
        row("a name in the payload"),
    ),
    Mutant(
        "second knock silent",
        CLIENT + "journal/knocking.py",
        (("    if before:\n", "    if False:\n"),),
        row("second knocks", "invite interception"),
    ),
    Mutant(
        "invite expiry ignored by who lets in",
        CLIENT + "journal/knocking.py",
        (("    if knocked.offer.expires * 1000 < ambient.now_ms():\n", "    if False:\n"),),
        row("expired invites"),
    ),
    Mutant(
        "invite expiry ignored by who joins",
        CLIENT + "journal/letting_in.py",
        (("    if link.expires * 1000 < ambient.now_ms():\n", "    if False:\n"),),
        row("an expired link"),
    ),
    Mutant(
        "wrap not checked against its commitment",
        SCHEMA + "epoch.py",
        (
            (
                "if len(secret) != len(committed) or commitment(log, secret) != committed:",
                "if False:",
            ),
        ),
        row("different secrets to different devices"),
    ),
    Mutant(
        "two different answers for unknown and wrong token",
        SERVER + "core/changes.py",
        (
            (
                "        if not mailbox.token_fits(put.write, box.write_hash):\n"
                "            return _UNKNOWN\n",
                "        if not mailbox.token_fits(put.write, box.write_hash):\n"
                "            return _UNKNOWN if box is _NOBODY else _REFUSED\n",
            ),
        ),
        (_PROCESS + "test_an_unknown_mailbox_and_a_wrong_token_are_answered_with_the_same_bytes",),
    ),
    Mutant(
        "a canary written to a log",
        CLIENT + "journal/composing.py",
        (
            (
                "    return Draft(Kind.CONTENT, encode_content(content)",
                '    __import__("logging").getLogger("inglenook").debug("new: %s", content)\n'
                "    return Draft(Kind.CONTENT, encode_content(content)",
            ),
        ),
        row("rollback"),
    ),
    # --- and some that the list of old did not name ---
    Mutant(
        "log left out of the seal",
        SCHEMA + "seal.py",
        (
            ("key.sign(_SEAL + log + event)", "key.sign(_SEAL + event)"),
            ("signature, _SEAL + log + event)", "signature, _SEAL + event)"),
        ),
        row("cross-log signature reuse"),
    ),
    Mutant(
        "ack believed without its signature",
        SCHEMA + "batch.py",
        (("    suite.verify(public, ack.signature, _ack_message(ack))\n", "    return\n"),),
        row("acks for others"),
    ),
    Mutant(
        "root's signature on a removal not checked",
        CLIENT + "core/removals.py",
        (("        suite.verify(author.person.sign, remove.root, message)\n", "        pass\n"),),
        row("thief who revokes first"),
    ),
    Mutant(
        "a third person let into a pair",
        CLIENT + "core/members.py",
        (("genesis.type == LogType.PAIR and len(taken | {person.id}) > 2", "len(taken) > 9"),),
        row("stolen unlocked device"),
    ),
    Mutant(
        "anybody erases anything",
        CLIENT + "stores/erasing.py",
        ((" AND e.kind = 0 AND c.person = ?", " AND e.kind = 0 AND ? <> ''"),),
        row("erasing others' events"),
    ),
    Mutant(
        "certificate's issuer not checked",
        SCHEMA + "keys.py",
        (
            (
                "            suite.verify(key, cert.signature, _CERT + canonical.encode(fields))\n",
                "",
            ),
        ),
        row("a ghost under a name that belongs"),
    ),
    Mutant(
        "knock's consent not checked",
        SCHEMA + "invite.py",
        (
            (
                "    suite.verify(knock.device.sign, knock.consent,"
                " consent_message(knock, log, nonce, inviter))\n",
                "    return\n",
            ),
        ),
        row("another's name in a knock"),
    ),
    Mutant(
        "offer not bound to the link's inviter",
        CLIENT + "journal/knocking.py",
        (("        offer.person.id[:16] != link.inviter\n        or offer", "        offer"),),
        row("an offer by somebody else"),
    ),
    Mutant(
        "welcome's signature not checked",
        CLIENT + "journal/knocking.py",
        (
            (
                "    welcome = invite.open_welcome(sealed, me.kem, own, signer)\n",
                "    sealed = invite.SealedWelcome(sealed.sealed, sealed.signature)\n"
                "    invite.suite.verify, kept = lambda *_: None, invite.suite.verify\n"
                "    try:\n"
                "        welcome = invite.open_welcome(sealed, me.kem, own, signer)\n"
                "    finally:\n"
                "        invite.suite.verify = kept\n",
            ),
        ),
        row("a welcome by somebody else"),
    ),
    Mutant(
        "refused records put to the relay again",
        CLIENT + "stores/boxes.py",
        (("row[2] is not None and row[4] != REFUSED:", "row[2] is not None:"),),
        row("truncations"),
    ),
    Mutant(
        "refused records said nothing of",
        CLIENT + "journal/receiving.py",
        (
            (
                "    received.refused.setdefault(space_name(log), []).append(str(error))\n",
                "    assert received is not None\n",
            ),
        ),
        row("flips", "junk floods"),
    ),
    Mutant(
        "redirects followed",
        CLIENT + "transports/session.py",
        (("        middlewares=(_stay,),\n", ""),),
        (
            _PROCESS + "test_a_live_connection_is_led_nowhere_else_and_hints_are_no_data",
            _PROCESS + "test_whatever_a_relay_does_to_frames_and_to_http_nothing_is_lost_leaked"
            "_or_unsaid",
        ),
    ),
    Mutant(
        "lists read only where something was erased",
        CLIENT + "journal/syncing.py",
        (("    nulling.look_some_day(db, ended | grown, identity.today())\n", ""),),
        row("nulling what others need"),
    ),
    Mutant(
        "a bundle believed without a signature",
        SCHEMA + "bundle.py",
        (("    suite.verify(device.sign, found.signature, _message(found))\n", ""),),
        row("forged recovery bundles"),
    ),
    # --- so that the others can be believed ---
    Mutant(
        "nothing at all",
        SCHEMA + "seal.py",
        (
            (
                "    suite.verify(public, signature, _SEAL + log + event)\n",
                "    # nothing changes here\n"
                "    suite.verify(public, signature, _SEAL + log + event)\n",
            ),
        ),
        (
            *row("forged authorship", "withheld middle", "resurrected erasures", "lying acks"),
            _DISK + "test_whatever_leaves_a_device_is_on_its_disk_first",
            _PROCESS + "test_an_unknown_mailbox_and_a_wrong_token_are_answered_with_the_same_bytes",
        ),
        survives=True,
    ),
    Mutant(
        "a file's hash not compared",
        SCHEMA + "attachment.py",
        ((" or digest(data) != hash_:", ":"),),
        row("a file that is not what its event says"),
    ),
    Mutant(
        "an erased file's chunks stay",
        CLIENT + "stores/files.py",
        (('        db.execute("DELETE FROM chunk WHERE event = ?", (event,))\n', ""),),
        row("a file shown again after its erasure"),
    ),
    Mutant(
        "an erased file's box left open",
        CLIENT + "stores/files.py",
        (("            _close(db, event, said, secret, _relays(relays))\n", "            pass\n"),),
        (_ATTACHED + "test_a_file_goes_with_its_entry_here_at_the_relay_and_elsewhere",),
    ),
    Mutant(
        "a box believed closed without its list",
        CLIENT + "core/files.py",
        (("box.state = State.GONE if whole else State.UNTRUE", "box.state = State.GONE"),),
        row("a file whose erasure is ignored"),
    ),
    Mutant(
        "a box never looked at again once closed",
        CLIENT + "journal/files.py",
        (("return files.GONE, today + files.LATER_DAYS", "return files.GONE, today + 10**6"),),
        row("a file shown again after its erasure"),
    ),
    Mutant(
        "files stay where their entry goes",
        CLIENT + "journal/erasing.py",
        (
            (
                " += [row.event for row in files.of(db, names) if row.event not in names]",
                " += []",
            ),
        ),
        (_ATTACHED + "test_a_file_goes_with_its_entry_here_at_the_relay_and_elsewhere",),
    ),
    Mutant(
        "what another device attached to an erased entry stays",
        CLIENT + "journal/syncing.py",
        (("            await files.before(store)\n", "            pass\n"),),
        (_ATTACHED + "test_what_another_device_attached_to_an_erased_entry_is_erased_as_well",),
    ),
    Mutant(
        "a shared file under the journal's key",
        CLIENT + "journal/attaching.py",
        (("    secret = ambient.random_bytes(32)\n", "    secret = bytes(32)\n"),),
        (_ATTACHED + "test_a_partner_sees_a_shared_file_at_once_and_never_gets_the_journals_key",),
    ),
    Mutant(
        "a file shown beside whatever it names",
        CLIENT + "stores/files.py",
        ((" and wanted[row.said.to] == (row.log, row.person)", ""),),
        row("a file laid beside another's words"),
    ),
    Mutant(
        "a relay asked because an event names it",
        CLIENT + "journal/files.py",
        (
            (
                "named = [relay for relay in row.said.relays if relay in used]",
                "named = row.said.relays",
            ),
        ),
        row("a file laid beside another's words"),
    ),
    Mutant(
        "a picture's place left in it",
        CLIENT + "journal/pictures.py",
        (("    return Cleaned(out.getvalue(),", "    return Cleaned(data,"),),
        (
            "tests/client/journal/test_pictures.py::test_nothing_is_left_of_what_a_picture_tells_about_itself",
        ),
    ),  # --- programmes -----------------------------------------------------------------------
    Mutant(
        "what members hold puts as well",
        SCHEMA + "programme.py",
        (
            (
                "return Tokens(read, mailbox.tokens(epoch_secret, log, origin).write)",
                "return mailbox.tokens(reader_secret(epoch_secret, log), log, origin)",
            ),
        ),
        row("a member who writes to all"),
    ),
    Mutant(
        "keys for those who went",
        CLIENT + "journal/enrolled.py",
        (
            (
                "return [each.said for each in enrolled(db, own) if each.here]",
                "return [each.said for each in enrolled(db, own)]",
            ),
        ),
        row("a member who was taken out and reads on"),
    ),
    Mutant(
        "keys from anybody",
        CLIENT + "journal/memberships.py",
        (
            (
                "return known is not None and not known.gone and device not in roster.removed",
                "return True",
            ),
        ),
        row("a coordinator who was taken out and goes on"),
    ),
    Mutant(
        "coordinators whom the founder let go stay",
        CLIENT + "core/removals.py",
        (("        self._let_go(others)\n", ""),),
        row("a coordinator who was taken out and goes on"),
    ),
    Mutant(
        "a join code that nobody minds",
        CLIENT + "journal/asked.py",
        (("    if before and done.rowcount:", "    if False:"),),
        row("a join code that leaked"),
    ),
    Mutant(
        "a pulse that one of two wants",
        CLIENT + "journal/voices.py",
        (("return self.mine and self.theirs", "return self.mine"),),
        (_VOICES + "test_a_pulse_goes_out_once_both_agreed",),
    ),
    Mutant(
        "letters that are told to the day",
        CLIENT + "journal/composing.py",
        (("day=1, hour=0", "hour=0"),),
        (_HELD + "test_nothing_that_members_send_is_dated_finer_than_the_month",),
    ),
    Mutant(
        "an inbox that members read",
        CLIENT + "core/sync.py",
        (("[b for b in asking if not b.deaf]", "list(asking)"),),
        (_VOICES + "test_members_read_nothing_of_what_others_leave",),
    ),
)
