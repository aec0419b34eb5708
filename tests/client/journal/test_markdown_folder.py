"""An entry that became a file of Markdown is the same entry when that is read, whatever it says."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from harness.fuzz_formats import HERE
from harness.strategies_events import event_of
from inglenook_client import ambient
from inglenook_client.journal import handing_over, markdown_folder
from inglenook_client.journal.coming_in import markdown
from inglenook_client.journal.coming_in.found import Found, Skipped, folded
from inglenook_client.journal.model import Reach, Shown
from inglenook_schema.events.content import Content
from inglenook_schema.events.writing import EntryWritten


def shown(content: EntryWritten, event: bytes) -> Shown:
    return Shown(
        row=1,
        event=event,
        short="e1",
        kind=content.kind,
        at=content.at,
        zone=content.zone,
        local_date=ambient.local_date(content.at, content.zone).isoformat(),
        by="Ada “: #”",
        mine=True,
        space="journal",
        space_number=1,
        text=content.text,
        reach=Reach.HERE,
        content=content,
    )


@given(event_of("entry.written"), st.binary(min_size=32, max_size=32), st.booleans())
def test_every_entry_is_read_as_it_was_written(made: Content, event: bytes, starred: bool) -> None:
    assert isinstance(made, EntryWritten)
    said = shown(made, event)
    assume(said.local_date >= "1900")  # the day that its clock showed can be one of 1899
    front, body = markdown_folder._entry(said, starred)

    found = markdown.read(markdown_folder._file(front, body), HERE, "2020-02-02 other.md")

    if not body:
        assert isinstance(found, Skipped) or found.text == folded(front["title"])
        return
    assert isinstance(found, Found), found
    assert (found.event, found.text) == (event, handing_over.plain(made.text))
    assert (found.at, found.zone, found.date) == (made.at, made.zone, said.local_date)
    assert (found.title or "") == folded(made.title or "")
    assert (found.mood, found.starred, found.for_date) == (made.mood, starred, made.for_date)
