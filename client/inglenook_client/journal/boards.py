"""The board that everybody enrolled sees, and what coordinators get to read.

notices, activities, you said we did, wins and stories --> the board, while they last
letter.received ---------------------------------------> what came, for coordinators
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from inglenook_client.journal import composing, enrolled, live, programme_log, sealed
from inglenook_client.journal.enrolled import Received
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Report
from inglenook_client.journal.programme_log import Said
from inglenook_client.journal.programmes import Programme
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.events import check
from inglenook_schema.events.programme import (
    ProgrammeNoticed,
    ProgrammeReplied,
    StoryReleased,
    SurveyPublished,
)
from inglenook_schema.events.resources import ActivitySuggested
from inglenook_schema.letter import IdeaOffered, PulseShared, StoryOffered


class Sort(StrEnum):
    """What stands on the board."""

    NOTICE = "notice"
    ACTIVITY = "activity"
    REPLY = "reply"
    WIN = "win"
    STORY = "story"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing on the board."""

    event: bytes
    short: str
    sort: Sort
    at: int
    on: str
    """Local date on which it was put there."""
    title: str
    text: str
    by: str
    """The name that a story's writer chose; else empty: coordinators wrote it."""
    ends_on: str
    """The last day; empty for none."""
    about: str
    """What a reply goes with: a survey's title; else empty."""
    when: str
    """Of an activity: its day; else empty."""
    where: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Came:
    """One thing that coordinators were sent."""

    short: str
    hash: bytes
    sort: str
    """``idea``, ``pulse``, ``win``, ``story``, or ``newer``."""
    month: str
    """When it came; of a pulse, what it is about. Nothing finer is kept."""
    by: str
    """Who sent it, where they said so."""
    text: str
    share: str
    """Of an idea: ``coordinators`` or ``programme``; else empty."""
    pair: str
    held: int
    state: str
    ends_on: str
    on_board: bool
    withdrawn: bool
    answered: bool
    """Whether a reply goes with it."""


class Boards:
    """What stands there, and what came."""

    def __init__(self, folder: Folder) -> None:
        """Of one data folder."""
        self._folder = folder
        self._store = folder.store

    @property
    def _me(self) -> Me:
        return self._folder.me

    async def board(self, programme: Programme, *, all_: bool = False) -> list[Item]:
        """What stands on it, newest first.

        Args:
            programme: Whose.
            all_: Also notices whose last day is over; what its writer released ends for all.
        """
        return await self._store.read(lambda db: _board(db, programme, all_=all_))

    async def inbox(self, programme: Programme) -> list[Came]:
        """What coordinators were sent, those who would like support first."""
        return await self._store.read(lambda db: _inbox(db, programme))

    async def came(self, programme: Programme, ref: str) -> Came:
        """One of these, by its short id.

        Raises:
            NotFoundError: There is none.
        """
        for each in await self.inbox(programme):
            if ref in (each.short, each.hash.hex()):
                return each
        raise NotFoundError(_("There is nothing called {ref} here.").format(ref=ref))

    async def publish(self, programme: Programme, came: Came) -> Report:
        """Put a story on the board as its writer released it.

        Raises:
            NotAllowedError: It is none, was taken back, is over, or stands there.
        """
        await self._store.write(lambda db: _publish(db, programme, came))
        return await live.sync(self._folder)


def _board(db: Db, programme: Programme, *, all_: bool) -> list[Item]:
    log = logs.log_by_number(db, programme.number)
    today = composing.moment()[2]
    found = [_notice(s) for s in programme_log.said(db, log, ProgrammeNoticed)]
    found += [_activity(s) for s in programme_log.said(db, log, ActivitySuggested)]
    titles = {s.event: s.content.title for s in programme_log.said(db, log, SurveyPublished)}
    found += [_reply(s, titles) for s in programme_log.said(db, log, ProgrammeReplied)]
    stories = [_story(s) for s in programme_log.said(db, log, StoryReleased)]
    lasting = [each for each in found if all_ or not each.ends_on or each.ends_on >= today]
    lasting += [each for each in stories if each.ends_on >= today]
    return sorted(lasting, key=lambda each: (each.at, each.event), reverse=True)


def _notice(said: Said[ProgrammeNoticed]) -> Item:
    content = said.content
    return _item(
        said, Sort.NOTICE, content.title or "", content.text, ends_on=content.ends_on or ""
    )


def _activity(said: Said[ActivitySuggested]) -> Item:
    content = said.content
    return _item(
        *(said, Sort.ACTIVITY, content.title, content.text or ""),
        when=content.on or "",
        where=content.where or "",
        ends_on=content.on or "",
    )


def _reply(said: Said[ProgrammeReplied], titles: dict[bytes, str]) -> Item:
    content = said.content
    about = titles.get(content.survey, "") if content.survey else ""
    return _item(said, Sort.REPLY, content.you_said, content.we_did, about=about)


def _story(said: Said[StoryReleased]) -> Item:
    content = said.content
    sort = Sort.WIN if content.sort == Sort.WIN else Sort.STORY
    return _item(said, sort, "", content.text, by=content.called, ends_on=content.ends_on)


def _item(
    said: Said[ProgrammeNoticed]
    | Said[ActivitySuggested]
    | Said[ProgrammeReplied]
    | Said[StoryReleased],
    sort: Sort,
    title: str,
    text: str,
    *,
    by: str = "",
    ends_on: str = "",
    about: str = "",
    when: str = "",
    where: str = "",
) -> Item:
    return Item(
        *(said.event, said.short, sort, said.at, said.local_date, title, text, by, ends_on),
        *(about, when, where, said.author.mine),
    )


# --- for coordinators -----------------------------------------------------------------


def _logs(db: Db, programme: Programme) -> tuple[LogRow, LogRow]:
    log = logs.log_by_number(db, programme.number)
    own = enrolled.coordinators_of(db, log)
    if own is None or log.is_enrolled:
        raise NotAllowedError(_("Only coordinators can do that."))
    return log, own


def _inbox(db: Db, programme: Programme) -> list[Came]:
    log, own = _logs(db, programme)
    on_board = {s.content.letter for s in programme_log.said(db, log, StoryReleased)}
    answered = {s.content.idea for s in programme_log.said(db, log, ProgrammeReplied)}
    gone = sealed.withdrawn_letters(db, log, own)
    found = [
        came
        for each in enrolled.letters(db, log, own)
        if (came := _came(each, on_board, answered, gone)) is not None
    ]
    return sorted(found, key=lambda each: (each.state != "support", int(each.short[1:] or 0)))


def _came(
    each: Received, on_board: set[bytes], answered: set[bytes | None], gone: set[bytes]
) -> Came | None:
    by = each.by.called if each.by else ""
    text = share = pair = state = ends_on = ""
    held, month = 0, each.said.local_date[:7]
    match each.body:
        case IdeaOffered() as idea:
            sort, by, text, share = "idea", idea.name and (by or idea.name), idea.text, idea.share
        case PulseShared() as pulse:
            sort, pair, held, state, month = (
                *("pulse", pulse.pair, pulse.held, pulse.state),
                pulse.month,
            )
        case StoryOffered() as story:
            if each.hash in gone:
                return None  # taken back: nothing of it is shown any more
            sort, by, text, ends_on = story.sort, story.name, story.text, story.ends_on
        case None:
            sort = "newer"
        case _:
            return None
    return Came(
        *(each.said.short, each.hash, sort, month, by, text, share, pair, held, state, ends_on),
        on_board=each.hash in on_board,
        withdrawn=each.hash in gone,
        answered=each.hash in answered,
    )


def _publish(db: Db, programme: Programme, came: Came) -> None:
    log, own = _logs(db, programme)
    found = next((e for e in enrolled.letters(db, log, own) if e.hash == came.hash), None)
    if found is None or not isinstance(found.body, StoryOffered):
        raise NotAllowedError(_("Only a win or a story goes on the board."))
    if came.hash in sealed.withdrawn_letters(db, log, own):
        raise NotAllowedError(_("Its writer took it back."))
    if came.on_board:
        raise NotAllowedError(_("It stands on the board already."))
    at, zone, date = composing.moment()
    if found.body.ends_on < date:
        raise NotAllowedError(_("Its last day is over."))
    released = StoryReleased(
        at=at,
        zone=zone,
        date=date,
        letter=found.hash,
        key=found.letter.sender,
        sort=found.body.sort,
        called=found.body.name,
        text=found.body.text,
        ends_on=found.body.ends_on,
    )
    check(released)
    events.append(db, log, [composing.draft(released)])
