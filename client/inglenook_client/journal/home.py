"""The journal of one data folder: what a person does, whoever asks for it (CLI or page)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import msgspec

from inglenook_client import ambient
from inglenook_client.journal import choosing, composing, incarnation, reading, turn
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.folder import DATABASE, Folder
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import (
    CameIn,
    Check,
    Copied,
    Device,
    Erasing,
    Exported,
    Imported,
    Invited,
    Joined,
    Kit,
    Member,
    Moved,
    Parted,
    Places,
    Query,
    RelayShown,
    Report,
    Restore,
    SearchFilter,
    Shown,
    Space,
    Status,
    Waiting,
)
from inglenook_client.stores import drafts, events, logs, search, stale, views
from inglenook_client.stores.connection import Db, Store
from inglenook_client.stores.contents import ENTRIES
from inglenook_client.stores.drafts import Draft
from inglenook_client.stores.errors import DamagedStoreError
from inglenook_client.words import _

if TYPE_CHECKING:
    from inglenook_client.journal.attaching import File, Kept
    from inglenook_client.journal.boards import Boards
    from inglenook_client.journal.programmes import Programmes
    from inglenook_client.journal.survey_asking import SurveyAsking
    from inglenook_client.journal.surveys import Surveys
    from inglenook_client.journal.viewing import Views
    from inglenook_client.journal.voices import Voices
from inglenook_schema.control import LogType
from inglenook_schema.errors import InvalidEventError, NotAllowedError
from inglenook_schema.events import SPACES, Content, check
from inglenook_schema.invite import Purpose
from inglenook_schema.programme import MEMBER


class Journal:
    """One person's journal on one device; every call leaves it durable."""

    def __init__(self, folder: Folder) -> None:
        """Use :meth:`create` or :meth:`open`."""
        self._folder = folder

    @property
    def home(self) -> Path:
        """The data folder."""
        return self._folder.home

    @property
    def store(self) -> Store:
        """Its database."""
        return self._folder.store

    @property
    def me(self) -> Me:
        """This device, as it was when it was last read."""
        return self._folder.me

    @property
    def name(self) -> str:
        """What this person is called."""
        return self.me.name

    @property
    def relay(self) -> str | None:
        """The first relay, if there is one."""
        return self._folder.relay

    @classmethod
    async def create(
        cls,
        home: Path,
        key: bytes,
        *,
        name: str,
        relay: str | None,
        voucher: str | None,
        device_label: str,
    ) -> Journal:
        """Start a journal in a folder: person, device, the log of the journal.

        Raises:
            CallerError: The relay's address cannot be used.
        """
        from inglenook_client.journal import beginning

        store = await beginning.found(
            home, key, name=name, relay=relay, voucher=voucher, device_label=device_label
        )
        return await cls.of(home, store)

    @classmethod
    async def open(cls, home: Path, key: bytes) -> Journal:
        """Open the journal of a folder.

        Raises:
            NotFoundError: There is none.
            StoreError: It cannot be read, or not with this key.
        """
        if not (home / DATABASE).exists():
            raise NotFoundError(_("There is no journal here yet. Start one: inglenook init"))
        return await cls.of(home, await Store(home / DATABASE, key).open())

    @classmethod
    async def of(cls, home: Path, store: Store) -> Journal:
        """The journal in an open database, which is closed where it cannot be read.

        Raises:
            StoreError: It cannot be read.
        """
        try:
            return await cls._opened(home, store)
        except BaseException:
            await store.close()
            raise

    @classmethod
    async def _opened(cls, home: Path, store: Store) -> Journal:
        folder = await Folder.of(home, store)
        if not folder.me.device:
            raise DamagedStoreError
        await incarnation.check(store)
        return cls(folder)

    async def close(self) -> None:
        """Close the database."""
        await self.store.close()

    async def __aenter__(self) -> Journal:
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        await self.close()

    # --- reading ---

    @property
    def views(self) -> Views:
        """What people look at."""
        from inglenook_client.journal.viewing import Views

        return Views(self._folder)

    def hear(self, tell: stale.Tell) -> None:
        """Have long work, such as the first look after an older version, say how far it is."""
        self._folder.tell = tell

    @property
    def voices(self) -> Voices:
        """What this person sends to programmes."""
        from inglenook_client.journal.voices import Voices

        return Voices(self._folder)

    @property
    def boards(self) -> Boards:
        """What programmes show, and what their coordinators were sent."""
        from inglenook_client.journal.boards import Boards

        return Boards(self._folder)

    @property
    def surveys(self) -> Surveys:
        """Surveys, as this person is asked them."""
        from inglenook_client.journal.surveys import Surveys

        return Surveys(self._folder)

    async def tend_surveys(self) -> list[str]:
        """Fetch tokens, send answers that wait; gives sentences for the person, if any.

        Cheap where no programme has a survey.
        """
        from inglenook_client.journal import programme_log

        def asked(db: Db) -> bool:
            logs_ = programme_log.programmes(db)
            return any(programme_log.surveys(db, log) for log in logs_)

        return await self.surveys.visit() if await self.store.read(asked) else []

    @property
    def survey_asking(self) -> SurveyAsking:
        """Surveys, as coordinators ask them."""
        from inglenook_client.journal.survey_asking import SurveyAsking

        return SurveyAsking(self._folder)

    @property
    def programmes(self) -> Programmes:
        """Programmes that this person coordinates or is enrolled in."""
        from inglenook_client.journal.programmes import Programmes

        return Programmes(self._folder)

    async def _fresh(self) -> None:
        """Catch the projections up; what that takes is only loaded where something is new."""
        if await self.store.read(stale.is_behind):
            await self.views.fresh()

    async def spaces(self) -> list[Space]:
        """Every space that this person shares or owns, the journal first."""
        found = await self.store.read(lambda db: reading.spaces(db, self.me))
        return [space for space in found if space.name]

    async def space(self, name: str | None, *, pair: bool = False) -> Space:
        """The space that is meant: see `choosing.space`.

        Raises:
            NotFoundError: There is none by that name.
            AmbiguousError: There are several pairs.
            NotReadyError: This device waits to be let in.
        """
        return choosing.space(await self.spaces(), name, pair=pair)

    async def log(self, query: Query) -> list[Shown]:
        """The timeline, oldest first; entries as they stand after their revisions."""
        await self._fresh()
        return await self.store.read(lambda db: _listing(db, self.me, query))

    async def find(self, ref: str, *, letters: str = "", early: bool = False) -> Shown:
        """One event by short id, or by eight or more hex digits of its id.

        Args:
            ref: As a person types it.
            letters: The short id's letter is one of these; empty for any.
            early: Whether it may be one that is only shown yet (:mod:`.preview`).

        Raises:
            NotFoundError: There is none, or it is not one of ``letters``.
            AmbiguousError: More than one id starts so.
        """
        if early:
            found = await self.store.read(lambda db: _find(db, self.me, ref))
        else:
            found = await self.store.read(lambda db: reading.find(db, self.me, ref, letters))
        return await self._as_it_stands(found)

    async def _as_it_stands(self, shown: Shown) -> Shown:
        """An entry with its present texts; anything else, and a part of a long one, as it is."""
        if shown.kind not in ENTRIES or shown.preview:
            return shown
        from inglenook_client.journal.views import revising

        await self._fresh()
        found = await self.store.read(lambda db: revising.as_they_stand(db, self.me, [shown]))
        return found[0] if found else shown

    async def places(self, shown: Shown) -> Places:
        """Where one event is besides here."""
        from inglenook_client.journal import whereabouts

        return await self.store.read(lambda db: whereabouts.places(db, self.me, shown))

    async def search(
        self,
        words: str,
        *,
        space: Space | None = None,
        limit: int = 50,
        filters: SearchFilter | None = None,
    ) -> list[Shown]:
        """Full-text search, newest first; what was written a moment ago is found too.

        Args:
            words: All of them; the last may be a beginning, and what stands in double quotes
                is looked for as it stands. None at all: whatever the filters let through.
            space: Only there.
            limit: At most so many.
            filters: What else has to be true.

        Raises:
            NotFoundError: The filters name somebody who is not here.
        """
        if await self.store.read(search.behind):
            await self.store.write(lambda db: search.catch_up(db, self._folder.tell))
        await self._fresh()  # what came in twice is shown once
        asked = filters or SearchFilter()
        if space is not None:
            asked = msgspec.structs.replace(asked, space=space.number)
        return await self.store.read(lambda db: reading.searching(db, self.me, words, asked, limit))

    async def by_id(self, ids: Sequence[bytes]) -> list[Shown]:
        """Those of these events that are here and count, in the order given, as written."""
        return await self.store.read(lambda db: reading.show(db, self.me, views.by_ids(db, ids)))

    async def by_id_now(self, ids: Sequence[bytes]) -> list[Shown]:
        """The same, entries with their present texts."""
        from inglenook_client.journal.views.revising import as_they_stand

        await self.views.fresh()
        return await self.store.read(
            lambda db: as_they_stand(db, self.me, reading.by_ids(db, self.me, ids))
        )

    async def shorts(self, ids: list[bytes]) -> dict[bytes, str]:
        """Short ids on this device, of the events that have one."""
        return await self.store.read(lambda db: views.shorts(db, ids))

    async def who(self, space: Space) -> list[Member]:
        """Who can read a space."""
        from inglenook_client.journal import checking

        return await self.store.read(lambda db: checking.who(db, self.me, space.number))

    async def devices(self) -> list[Device]:
        """This person's devices."""
        from inglenook_client.journal import removing

        return await self.store.read(lambda db: removing.devices(db, self.me))

    async def status(self) -> Status:
        """How everything stands."""
        from inglenook_client.journal import checking

        await self._fresh()
        return await self.store.read(lambda db: checking.status(db, self.me, self.relay))

    async def doctor(self) -> Check:
        """Verify everything on this device."""
        from inglenook_client.journal import doctor

        return await self.store.read(lambda db: doctor.examine(db, self.home))

    async def rebuild(self) -> int:
        """Make the index, and all else that follows from the events, anew; returns how many.

        All of it in one write: whoever ends it early finds everything as it was.
        """
        from inglenook_client.journal import rebuilding

        return await self.store.write(rebuilding.rebuild)

    # --- writing ---

    async def moment(self, on: str | None = None) -> tuple[int, str, str]:
        """Now, or noon of another local date: ms UTC, IANA zone, local date."""
        return composing.moment(on)

    async def append(self, space: Space, content: Content) -> Shown:
        """Save one event here, durably, before anything else is tried.

        Raises:
            InvalidEventError: It does not fit its kind, or does not belong in this space.
            NotAllowedError: The space takes nothing new on this device.
            StoreError: It could not be saved; nothing was changed.
        """
        _check_place(space, content)
        draft = composing.draft(content)
        shown = await self.store.write(lambda db: _append(db, self.me, space, draft, content))
        turn.poke(self.home)
        return shown

    async def attach(self, space: Space, target: Shown, file: File, lang: str) -> Shown:
        """Put a file beside something this person wrote, durably: its event and all its bytes.

        Raises:
            CallerError: It is somebody else's, nothing can be attached to it, or the space
                takes nothing new; nothing was changed.
            StoreError: It could not be saved; nothing was changed.
        """
        from inglenook_client.journal import attaching

        attaching.check_target(target)
        (shown,) = await self._with_files(space, [(target.event, file)], lang)
        return shown

    async def share(
        self, space: Space, content: Content, attached: Sequence[bytes], lang: str
    ) -> list[Shown]:
        """Save a copy of an entry with copies of its files, all of it or nothing.

        Args:
            space: Where to.
            content: The copy.
            attached: Attachments that go with it; all of them are here.
            lang: What the writer writes in.

        Returns:
            The copy, then its attachments.

        Raises:
            NotFoundError: One of the attachments was erased meanwhile; nothing was changed.
            BadAttachmentError: One of them does not verify; nothing was changed.
        """
        from inglenook_client.journal import attaching

        def copied(db: Db) -> list[File]:
            return [attaching.data_of(db, event) for event in attached]

        _check_place(space, content)
        files = await self.store.read(copied)
        return await self._with_files(space, [(b"", file) for file in files], lang, content)

    async def _with_files(
        self,
        space: Space,
        files: Sequence[tuple[bytes, File]],
        lang: str,
        content: Content | None = None,
    ) -> list[Shown]:
        """Append an event, if any, and files: those that are for no other event, for that one."""
        from inglenook_client.journal import attaching

        def work(db: Db) -> list[Shown]:
            found = list[Shown]()
            if content is not None:
                found.append(_append(db, self.me, space, composing.draft(content), content))
            for to, file in files:
                made = attaching.draft(db, space.number, to or found[0].event, file, lang)
                _check_place(space, made.content)
                draft = composing.draft(made.content)
                found.append(_append(db, self.me, space, draft, made.content))
                attaching.keep(db, found[-1].event, made)
            return found

        shown = await self.store.write(work)
        turn.poke(self.home)
        return shown

    async def attachments(self, event: bytes) -> list[Kept]:
        """The files beside an event, by whoever wrote that, and how far each is."""
        from inglenook_client.journal import attaching

        def look(db: Db) -> list[Kept]:
            shown = reading.by_ids(db, self.me, attaching.of(db, event))
            return attaching.kept(db, self.me, shown)

        return await self.store.read(look)

    async def attachment(self, shown: Shown) -> Kept | None:
        """How far a file is; None where the event is no attachment."""
        from inglenook_client.journal import attaching

        found = await self.store.read(lambda db: attaching.kept(db, self.me, [shown]))
        return found[0] if found else None

    async def all_attachments(self, space: Space | None = None) -> list[Kept]:
        """Every file that counts, oldest first."""
        from inglenook_client.journal import attaching

        number = space.number if space is not None else None
        query = Query(space=number, kinds=frozenset({"attachment.added"}))
        shown = await self.log(query)
        return await self.store.read(lambda db: attaching.kept(db, self.me, shown))

    async def fetch(self, event: bytes, progress: Callable[[int, int], None] | None = None) -> None:
        """Have the bytes of an attachment here: it is fetched where it is not.

        Raises:
            NotThereError: No relay of its space has all of it.
            OfflineError: None of them could be reached.
        """
        from inglenook_client.journal import files

        await files.fetch(self._folder, event, progress)

    async def file(self, event: bytes) -> File:
        """An attachment that is here, with its bytes; they stay in memory.

        Raises:
            NotFoundError: It is none, or was erased.
            BadAttachmentError: What is here is not the file that its event names.
        """
        from inglenook_client.journal import attaching

        return await self.store.read(lambda db: attaching.data_of(db, event))

    async def drafts(self) -> list[Draft]:
        """Words that are written and not saved yet, the oldest first; on this device alone."""
        return await self.store.read(drafts.every)

    async def has_open_drafts(self) -> bool:
        """Whether an editor has words open, or had when something ended too early."""
        return await self.store.read(drafts.any_open)

    async def begin_draft(self, line: Sequence[str], form: str, text: str, folder: str) -> int:
        """Keep words that somebody begins to write; returns their number.

        Args:
            line: What they are for, so that it can go on after a crash.
            form: What stood there at first.
            text: The words so far.
            folder: Where an editor has them open.
        """
        now = ambient.now_ms()
        return await self.store.write(lambda db: drafts.begin(db, line, form, text, folder, now))

    async def keep_draft(self, number: int, text: str, folder: str = "") -> None:
        """Keep what those words have become."""
        now = ambient.now_ms()
        await self.store.write(lambda db: drafts.keep(db, number, text, folder, now))

    async def drop_draft(self, number: int) -> None:
        """Forget them: they were saved, or are not wanted."""
        await self.store.write(lambda db: drafts.drop(db, number))

    async def erase(self, ids: Sequence[bytes], *, deep: bool = False) -> Erasing:
        """Erase what this person wrote: here at once, at the relay with the next sync.

        Args:
            ids: 32-byte event ids, of any spaces.
            deep: Also begin a new epoch in each of those spaces.

        Raises:
            NotFoundError: One of them is not here; nothing was erased.
            NotAllowedError: One of them is not this person's to erase; nothing was erased.
        """
        from inglenook_client.journal import erasing

        found = await self.store.write(lambda db: erasing.erase(db, self.me, ids, deep=deep))
        turn.poke(self.home)
        return found

    async def erase_all_mine(self, space: Space) -> Erasing:
        """Erase everything that this person wrote in a space, as :meth:`erase` does."""
        from inglenook_client.journal import erasing

        number = space.number
        found = await self.store.write(lambda db: erasing.erase_all_mine(db, self.me, number))
        turn.poke(self.home)
        return found

    async def gone(self, ids: Sequence[bytes]) -> Erasing:
        """How far erased events are from being gone; those that are not erased left out."""
        from inglenook_client.journal import erasing

        return await self.store.read(lambda db: erasing.states(db, self.me, ids))

    # --- syncing ---

    async def sync(self, progress: Callable[[int, int], None] | None = None) -> Report:
        """Send what waits and take in what came, now."""
        from inglenook_client.journal import live

        return await live.sync(self._folder, progress)

    async def recreate(self, space: Space) -> None:
        """Answer for a space that moved away: the next sync makes it again where it was.

        Raises:
            CallerError: It did not move.
        """
        from inglenook_client.journal import vanished

        await self.store.write(lambda db: vanished.recreate(db, space.number, space.name))

    async def sync_folder(
        self, path: Path, progress: Callable[[int, int], None] | None = None
    ) -> Report:
        """Sync over files in a folder: a stick, or one that other devices see too.

        Raises:
            OfflineError: It cannot be used; what was done before stands.
        """
        from inglenook_client.journal import carrying

        report = await carrying.sync_folder(self._folder, path, progress)
        turn.poke(self.home)
        return report

    async def watch(self, on_news: Callable[[str], None]) -> None:
        """Stay connected until cancelled; what changes is said as it happens."""
        from inglenook_client.journal import live

        await live.watch(self._folder, on_news)

    async def relays(self) -> list[RelayShown]:
        """Every relay, and what lies there."""
        from inglenook_client.journal import moving

        return await self.store.read(lambda db: moving.shown(db, self.me))

    async def add_relay(
        self, relay: str, *, voucher: str = "", space: Space | None = None
    ) -> Moved:
        """Let the journal and what this person began lie at one more relay.

        Args:
            relay: Its address.
            voucher: A code that it may ask for.
            space: The one space that is meant, whoever began it.
        """
        from inglenook_client.journal import moving

        number = space.number if space else None
        return await self._relays_changed(
            await moving.add_relay(self._folder, relay, voucher, number)
        )

    async def remove_relay(self, relay: str, *, alone: bool = False) -> Moved:
        """Let nothing lie at a relay any more.

        Raises:
            LastRelayError: The journal would stay on this device only, and ``alone`` was not
                said.
            CallerError: It is not in use, or a pair lies there only.
        """
        from inglenook_client.journal import moving

        return await self._relays_changed(
            await moving.remove_relay(self._folder, relay, alone=alone)
        )

    async def move_relay(self, old: str, new: str, *, voucher: str = "") -> Moved:
        """Let all that lies at one relay lie at another instead."""
        from inglenook_client.journal import moving

        return await self._relays_changed(await moving.move_relay(self._folder, old, new, voucher))

    async def _relays_changed(self, moved: Moved) -> Moved:
        await self._folder.refresh()
        turn.poke(self.home)
        return moved

    # --- packs in files ---

    async def export_packs(
        self, path: Path, space: Space | None = None, *, replace: bool = False
    ) -> Exported:
        """Write all of a space, or of every space, sealed to a file."""
        from inglenook_client.journal import archiving

        number = space.number if space else None
        return await archiving.export(self._folder, path, number, replace=replace)

    async def export_lines(
        self,
        path: Path,
        space: Space | None = None,
        *,
        since: str | None = None,
        until: str | None = None,
        replace: bool = False,
    ) -> Copied:
        """Write all of a space, or of every space, as plain text to a file of JSON lines."""
        from inglenook_client.journal import exporting

        asked = exporting.Asked(space.number if space else None, since, until)
        return await exporting.export(self._folder, path, asked, replace=replace)

    async def export_words(
        self,
        path: Path,
        to: str,
        space: Space | None = None,
        *,
        since: str | None = None,
        until: str | None = None,
        replace: bool = False,
    ) -> Copied:
        """Write what the timeline says, of a space or of all, for another program.

        Args:
            path: Where to; in a folder that is there.
            to: ``csv`` or ``jrnl``.
            space: Only there.
            since: Local date, inclusive.
            until: Local date, inclusive.
            replace: Whether a file that is there may give way.
        """
        from inglenook_client.journal import handing_over

        number = space.number if space else None
        shown = await self.log(Query(space=number, since=since, until=until))
        starred = await self.views.entries(space, starred=True)
        stars = frozenset(each.entry.id for each in starred.items)
        return await handing_over.export(path, to, shown, stars, replace=replace)

    async def export_folder(
        self,
        path: Path,
        space: Space | None = None,
        *,
        since: str | None = None,
        until: str | None = None,
    ) -> Copied:
        """Write a folder of Markdown: a file for each entry and each goal.

        Args:
            path: Its name, in a folder that is there; never one that is there itself.
            space: Only there.
            since: Local date, inclusive.
            until: Local date, inclusive.
        """
        from inglenook_client.journal import markdown_folder

        number = space.number if space else None
        shown = await self.log(Query(space=number, since=since, until=until))
        starred = await self.views.entries(space, starred=True)
        stars = frozenset(each.entry.id for each in starred.items)
        page = await self.views.goals(space)
        days = (since or "", until or "9999-12-31")
        goals = [goal for goal in page.items if days[0] <= goal.begun.date <= days[1]]
        spaces = {each.number: each.name for each in await self.spaces()}
        attached = await self.all_attachments(space)
        told = markdown_folder.Told(shown, stars, goals, attached, spaces)
        return await markdown_folder.export(self.store, path, told)

    async def export_calendar(
        self,
        path: Path,
        space: Space | None = None,
        *,
        since: str | None = None,
        until: str | None = None,
        summaries: bool = False,
        replace: bool = False,
    ) -> Copied:
        """Write check-ins, activities and steps for a calendar (RFC 5545).

        Args:
            path: Where to; in a folder that is there.
            space: Only there.
            since: Local date, inclusive.
            until: Local date, inclusive.
            summaries: Whether it says what things are called, and where they are.
            replace: Whether a file that is there may give way.
        """
        from inglenook_client.journal import calendar_file

        spaces = await self.spaces()
        plans = calendar_file.Plans(
            (await self.views.checkins(space)).items,
            (await self.views.activities(space)).items,
            (await self.views.goals(space)).items,
            {each.number: each.partner for each in spaces},
            {each.number: each.name for each in spaces},
        )
        asked = calendar_file.Asked(since, until, summaries)
        return await calendar_file.export(path, plans, asked, replace=replace)

    async def export_page(
        self, path: Path, shown: Sequence[Shown], page: str, *, replace: bool = False
    ) -> Copied:
        """Write a page that tells of these events."""
        from inglenook_client.journal import handing_over

        return await handing_over.keep_page(path, shown, page, replace=replace)

    async def import_file(
        self,
        path: Path,
        source: str | None = None,
        *,
        zone: str | None = None,
        moods: Mapping[str, int] | None = None,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> CameIn:
        """Take in what another program wrote, into the journal; what is here already stays.

        Args:
            path: A file or a folder.
            source: Its format; None to look.
            zone: Of times that say none; None for this machine's.
            moods: What moods with names of one's own are, 1 to 5.
            dry_run: Whether only to say what would come in.
            progress: Is told how much of how much is written.

        Raises:
            NotFoundError: There is no such file.
            CallerError: It is of no format that is known, damaged, or too long; nothing was
                changed.
        """
        from inglenook_client.journal import coming_in

        here = coming_in.Here(zone or ambient.local_zone(), moods or {})
        done = await coming_in.come_in(
            self._folder, path, source, here, dry_run=dry_run, progress=progress
        )
        turn.poke(self.home)
        return done

    async def import_packs(self, path: Path) -> Imported:
        """Take in what such a file holds of this device's spaces."""
        from inglenook_client.journal import archiving

        done = await archiving.import_(self._folder, path)
        turn.poke(self.home)
        return done

    # --- letting in, being let in ---

    async def pair_invite(self, *, role: str, via: bool) -> Invited:
        """Make a link for a mentor or a mentee.

        Args:
            role: What the invited person will be: ``mentor`` or ``mentee``.
            via: Somebody else hands it on.
        """
        from inglenook_client.journal import letting_in

        return await letting_in.invite_person(self._folder, role=role, via=via)

    async def pair_revoke(self) -> int:
        """Take back every pair invite that nobody was let in by yet; returns how many."""
        from inglenook_client.journal import letting_in

        return await letting_in.revoke(self._folder, Purpose.PAIR)

    async def pair_join(self, link: str) -> Joined:
        """Knock on an invite; the approval comes with a later sync."""
        from inglenook_client.journal import letting_in

        return await letting_in.join(self._folder, link)

    async def pair_waiting(self) -> list[Waiting]:
        """Who knocked; asks the relay first where it can be reached."""
        from inglenook_client.journal import letting_in

        return await letting_in.waiting(self._folder, Purpose.PAIR)

    async def pair_approve(self, number: int) -> str:
        """Let somebody in; returns their name."""
        from inglenook_client.journal import letting_in

        return await letting_in.approve(self._folder, number, Purpose.PAIR)

    async def pair_words(self, space: Space) -> tuple[str, ...]:
        """Eight words that both people must see alike."""
        from inglenook_client.journal import letting_in

        return await letting_in.words(self._folder, space.number)

    async def pair_confirm(self, space: Space) -> None:
        """Note that the words were compared, and alike."""
        from inglenook_client.journal import letting_in

        await self.store.write(lambda db: letting_in.confirm(db, self.me, space.number))
        turn.poke(self.home)

    async def pair_to_end(self, named: str | None) -> Space:
        """The pair that is meant, and checked: it can be closed or left from here.

        Raises:
            NotFoundError: There is none, or none by that name.
            NotAllowedError: It is no pair, or closed already.
        """
        from inglenook_client.journal import leaving

        space = await self.space(named, pair=True)
        await self.store.read(lambda db: leaving.check(db, space.number))
        return space

    async def pair_close(self, space: Space) -> Report:
        """Close a pair for both; it stays readable on both sides. Syncs at once.

        Raises:
            NotAllowedError: It is no pair, or closed already; nothing was changed.
        """
        from inglenook_client.journal import leaving

        await self.store.write(lambda db: leaving.close(db, space.number))
        return await self.sync()

    async def pair_leave(self, space: Space, *, erase_mine: bool = False) -> Parted:
        """Leave a pair; it stays readable here and there. Syncs at once.

        Args:
            space: Which.
            erase_mine: First erase what this person wrote there; afterwards nobody can.

        Raises:
            NotAllowedError: As :meth:`pair_close`.
        """
        from inglenook_client.journal import leaving

        await self.store.read(lambda db: leaving.check(db, space.number))
        found = (await self.erase_all_mine(space)).gone if erase_mine else []
        await self.store.write(lambda db: leaving.leave(db, self.me, space.number))
        report = await self.sync()
        left = await self.gone([gone.event for gone in found])
        return Parted(report, len(found), left.unconfirmed)

    async def pair_to_restore(self, new: Space, old: Space) -> None:
        """Refuse, before anything is asked, what :meth:`pair_restore` would refuse."""
        from inglenook_client.journal import giving_back

        await self.store.read(lambda db: giving_back.check(db, self.me, new.number, old.number))

    async def pair_restore(self, new: Space, old: Space) -> Report:
        """Give somebody who lost everything the earlier space back. Syncs at once.

        Args:
            new: The space that they, as a new person, were let into.
            old: What both wrote before; it is closed, and stays readable here.

        Raises:
            NotAllowedError: The safety words of the new space were not compared, or these
                are no two spaces with two people; nothing was changed.
        """
        from inglenook_client.journal import giving_back

        await self.store.write(
            lambda db: giving_back.give_back(db, self.me, new.number, old.number)
        )
        return await self.sync()

    async def device_add(self) -> Invited:
        """Make a link for another device of this person."""
        from inglenook_client.journal import letting_in

        return await letting_in.invite_device(self._folder)

    async def device_waiting(self) -> list[Waiting]:
        """Devices that knocked; asks the relay first where it can be reached."""
        from inglenook_client.journal import letting_in

        return await letting_in.waiting(self._folder, Purpose.DEVICE)

    async def device_approve(self, number: int) -> str:
        """Let a device in; returns its label."""
        from inglenook_client.journal import letting_in

        return await letting_in.approve(self._folder, number, Purpose.DEVICE)

    # --- the recovery kit ---

    async def recovery_make(self, words: str | None = None) -> Kit:
        """The kit to write down; the same words until they were typed back, then from them.

        Raises:
            NotFoundError: This device does not hold the words, and none were given.
            WrongWordsError: What was given is no kit, or somebody else's.
        """
        from inglenook_client.journal import kit

        given = await asyncio.to_thread(kit.read_words, words) if words is not None else None
        return await self.store.write(lambda db: kit.make(db, self.me, given))

    async def recovery_test(self, words: str) -> None:
        """The words were typed back: where they are right, this device forgets them.

        Raises:
            WrongWordsError: They are not; nothing was changed.
        """
        from inglenook_client.journal import kit

        given = await asyncio.to_thread(kit.read_words, words)
        await self.store.write(lambda db: kit.confirm(db, self.me, given))

    async def restore_keep(self, names: tuple[str, ...]) -> None:
        """Say which other devices this person still has; the restore goes on with the next sync.

        Raises:
            NotFoundError: One of the names is no device's; nothing was changed.
            AmbiguousError: One of them is several devices'.
        """
        from inglenook_client.journal import recovering

        await self.store.write(lambda db: recovering.keep(db, names))

    async def restoring(self) -> Restore | None:
        """How far a restore is; None where there is none, or no more."""
        from inglenook_client.journal import recovering

        return await self.store.read(recovering.standing)

    async def recovery_missing(self) -> bool:
        """Whether this device holds words that nobody has been shown yet."""
        from inglenook_client.journal import kit

        return await self.store.read(kit.is_missing)

    async def device(self, named: str) -> Device:
        """One of this person's devices, by its name or the start of its id.

        Raises:
            NotFoundError: There is none called so.
            AmbiguousError: Several are.
        """
        from inglenook_client.journal import removing

        return removing.choose(await self.devices(), named)

    async def device_to_revoke(self, named: str) -> Device:
        """As :meth:`device`, and checked: this device may remove it.

        Raises:
            NotAllowedError: It was there before this device, or is the only one.
        """
        from inglenook_client.journal import removing

        device = await self.device(named)
        await self.store.read(lambda db: removing.check(db, self.me, device))
        return device

    async def device_revoke(self, device: Device) -> Report:
        """Remove a device of this person from every space, and sync at once.

        Raises:
            NotAllowedError: It was there before this device; nothing was changed.
        """
        from inglenook_client.journal import standing

        await standing.revoke(self._folder.store, self.me, device)
        return await self.sync()

    async def device_rename(self, device: Device, label: str) -> Report:
        """Call a device something else, on every screen that shows it; syncs at once.

        Raises:
            InvalidEventError: That is no name; nothing was changed.
        """
        from inglenook_client.journal import labels

        await self.store.write(lambda db: labels.rename(db, self.me, device.id, label))
        return await self.sync()


async def begin_restore(
    home: Path,
    key: bytes,
    *,
    words: str | None,
    relay: str | None,
    voucher: str | None,
    device_label: str,
    keep: tuple[str, ...] | None,
) -> Journal:
    """Begin in an empty folder with nothing but the words, or go on where that was begun.

    Args:
        home: The data folder.
        key: Its database key.
        words: Of the kit; None to go on.
        relay: Where the bundles lie; None to go on.
        voucher: Code for making mailboxes.
        device_label: What to call this device.
        keep: Names of the devices that the person still has; None to be asked.

    Raises:
        WrongWordsError: The words are none; nothing was begun.
        CallerError: The relay's address cannot be used; nothing was begun.
        NotAllowedError: There is a journal here that is not being restored.
    """
    from inglenook_client.journal import beginning

    store = await beginning.restore(
        home,
        key,
        words=words,
        relay=relay,
        voucher=voucher,
        device_label=device_label,
        keep=keep,
    )
    return await Journal.of(home, store)


def _check_place(space: Space, content: Content) -> None:
    """Refuse what does not fit its kind, or does not belong in a space."""
    check(content)
    if space.type is LogType.PROGRAMME and space.role == MEMBER:
        raise NotAllowedError(
            _("Only coordinators write there. To tell them something: inglenook idea")
        )
    if not space.open:
        raise NotAllowedError(_("This space is closed: it stays readable and takes nothing new."))
    if space.type.name.lower() not in SPACES[content.kind]:
        if not SPACES[content.kind] & {"journal", "pair"}:
            raise InvalidEventError(_("That belongs to a programme and its coordinators."))
        raise InvalidEventError(
            _("That is for two: it belongs in a space you share.")
            if space.type is LogType.JOURNAL
            else _(
                "That stays in your journal. To tell your partner, share an entry,"
                " or write to them in your own words."
            )
        )


def _listing(db: Db, me: Me, query: Query) -> list[Shown]:
    from inglenook_client.journal.views import revising

    found = reading.listing(
        db, me, query, lambda shown: revising.as_they_stand(db, me, shown, query.as_of)
    )
    if not views.parts_wait(db):
        return found
    from inglenook_client.journal import preview

    return preview.merged(db, me, query, found)


def _find(db: Db, me: Me, ref: str) -> Shown:
    try:
        return reading.find(db, me, ref, "")
    except NotFoundError:
        if not views.parts_wait(db):
            raise
        from inglenook_client.journal import preview

        found = preview.find(db, me, ref.strip().lower())
        if found is None:
            raise
        return found


def _append(db: Db, me: Me, space: Space, draft: events.Draft, content: Content) -> Shown:
    try:
        (saved,) = events.save(db, space.number, [draft])
    except NotAllowedError:
        from inglenook_client.journal import sending

        if logs.my_chain(db, space.number) is not None:
            raise
        sending.open_if_member(db, me, logs.log_by_number(db, space.number))
        (saved,) = events.save(db, space.number, [draft])
    if saved.row % search.BEHIND == 0 and search.behind(db) <= search.FAR_BEHIND:
        from inglenook_client.stores import projecting

        search.catch_up(db)
        projecting.catch_up(db)
    return reading.written(me, space, saved, content)
