"""Every field that a coordinator's device holds of members, after they did everything.

A field that is added anywhere makes this test fail until it stands in the list, and in the
threat model.
"""

from pathlib import Path
from typing import Any

import msgspec

from client.journal.test_programmes import everything
from harness.devices import Device, settle
from harness.programme import add_coordinator, enrol, found, notice, of, people
from inglenook_client.journal import composing, enrolled, programme_log
from inglenook_client.stores.connection import Db
from inglenook_schema import body
from inglenook_schema.letter import IdeaOffered, PulseShared, StoryOffered

OF_MEMBERS = {
    # who is enrolled
    "member.enrolled": {"member", "kem", "called", "code", "secret", "owner", "relay"},
    "member.removed": {"member", "left"},
    # what they sent, as it was signed
    "letter.received": {"letter", "box"},
    "letter": {"log", "sender", "person", "certificates", "body", "signature"},
    "idea": {"text", "share", "name"},
    "pulse": {"pair", "month", "held", "state"},
    "story": {"sort", "name", "text", "ends_on"},
    "withdrawal": {"letter"},
    # what they released for all
    "story.released": {"letter", "key", "sort", "called", "text", "ends_on"},
    # the programme's own
    "programme.created": {
        *("name", "setting", "contacts", "helplines", "limits_text", "retention", "k"),
    },
    "programme.noticed": {"title", "text", "ends_on"},
    "programme.replied": {"you_said", "we_did", "survey", "idea"},
    "keys.shared": {"epoch"},
    "profile.set": {"display_name"},
}
WHEN = {"kind", "at", "zone", "date", "lang"}
PRIVATE = ("walked home alone", "pass maths", "talked of sleep", "how did you cope")


async def everything_happens(ada: Device, max_: Device, kim: Device) -> None:
    """Ada and Max write, meet, send an idea each, a win, a pulse; Max leaves."""
    await ada.write(PRIVATE[0])
    await ada.share(PRIVATE[1])
    await max_.share(PRIVATE[2])
    await settle(ada, max_, rounds=1)
    programme, voices = await of(ada), ada.journal.voices
    await voices.idea(programme, IdeaOffered("a club", "programme", "Ada"), "shown")
    await max_.journal.voices.idea(
        await of(max_), IdeaOffered("more maths", "coordinators", ""), "shown"
    )
    await voices.story(programme, StoryOffered("win", "A fox", "I asked", "2099-01-01"), "shown")
    for device in (ada, max_):
        await device.journal.voices.allow(await device.pair(), programme.log, "Bridges", "Foxes")
    await settle(ada, max_, rounds=1)
    (standing,) = await voices.standings(await ada.pair())
    month = composing.moment()[2][:7]
    await voices.pulse(
        await ada.pair(), PulseShared("Foxes", month, 2, "support"), standing, "shown"
    )
    await settle(kim, ada, rounds=1)
    for came in await kim.journal.boards.inbox(await of(kim)):
        if came.sort == "win":
            await kim.journal.boards.publish(await of(kim), came)
    (story,) = [c for c in await voices.consents() if c.said.purpose == "story"]
    await voices.withdraw(story.short)
    await max_.journal.programmes.leave(await of(max_))
    await notice(kim, "notice one")
    await settle(kim, ada, max_, kim, rounds=2)


async def test_a_coordinator_s_device_holds_these_fields_and_no_others(
    base: Path, pair: tuple[Device, Device]
) -> None:
    kim, lee = await people(base, "Kim", "Lee")
    await found(kim)
    await enrol(kim, *pair)
    await add_coordinator(kim, lee)
    await everything_happens(*pair, kim)
    await settle(lee, kim, rounds=2)

    for device in (kim, lee):
        fields, letters = await device.read(contents), await device.read(letters_of)
        assert fields <= {(kind, name) for kind, names in OF_MEMBERS.items() for name in names}
        assert letters <= {(sort, name) for sort in SORTS.values() for name in OF_MEMBERS[sort]}
        assert {("member.enrolled", "called"), ("letter.received", "letter")} <= fields
        assert {("idea", "text"), ("pulse", "month")} <= letters
        held = await device.read(everything)
        assert b"notice one" in held
        for words in PRIVATE:
            assert words.encode() not in held
        assert set(await device.read(types)) == {1, 3, 4}
    for device in (kim, lee):
        await device.close()


async def test_nothing_that_members_send_is_dated_finer_than_the_month(
    base: Path, pair: tuple[Device, Device]
) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, *pair)
    await everything_happens(*pair, kim)

    dated = await kim.read(
        lambda db: db.execute(
            "SELECT at, date FROM event WHERE type = 'letter.received'"
        ).fetchall()
    )
    at, zone, date = composing.month()

    assert len(dated) >= 4
    assert {instant for instant, _ in dated} == {at}
    assert {day for _, day in dated} <= {date, None}  # of what was erased nothing is left
    assert (zone, date[-3:]) == ("UTC", "-01")
    await kim.close()


SORTS = {
    "IdeaOffered": "idea",
    "PulseShared": "pulse",
    "StoryOffered": "story",
    "StoryWithdrawn": "withdrawal",
    "Letter": "letter",
}


def contents(db: Db) -> set[tuple[str, str]]:
    """[kind, field] of every content event outside the journal, as it lies in the store."""
    rows = db.execute(
        "SELECT e.body FROM event e JOIN chain c ON c.number = e.chain JOIN log l"
        " ON l.number = c.log WHERE l.type <> 1 AND e.kind = 0 AND e.body IS NOT NULL"
    ).fetchall()
    said: list[dict[str, Any]] = [msgspec.msgpack.decode(body.data_of(row[0])) for row in rows]
    return {(each["kind"], name) for each in said for name in each.keys() - WHEN}


def letters_of(db: Db) -> set[tuple[str, str]]:
    """[sort, field] of every letter."""
    log, own = enrolled.coordinated(db)[0]
    assert programme_log.programmes(db) == [log]
    found = enrolled.letters(db, log, own)
    structs = [part for each in found for part in (each.letter, each.body)]
    assert not [each for each in found if each.body is None]
    return {
        (SORTS[type(each).__name__], name)
        for each in structs
        if each is not None
        for name in each.__struct_fields__
    }


def types(db: Db) -> list[int]:
    return [row[0] for row in db.execute("SELECT type FROM log").fetchall()]
