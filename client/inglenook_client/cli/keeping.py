"""Words while they are written: kept in the encrypted store, and found again after a crash.

    call.words() → Writing ──every few seconds──> the journal's drafts
                      │ saved                        │ the draft is dropped
                      └ anything else                └ the draft stays; the file is wiped

The file that an editor needs is wiped in either case. What a process that was killed left
behind is taken in by the next command (`take_in`).
"""

from __future__ import annotations

import asyncio
import shlex
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from inglenook_client.cli import drafts
from inglenook_client.cli.errors import KeptError
from inglenook_client.words import _
from inglenook_schema.errors import InglenookError

if TYPE_CHECKING:
    from inglenook_client.cli.screen import Screen
    from inglenook_client.journal.home import Journal
    from inglenook_client.stores.drafts import Draft as Kept

T = TypeVar("T")

EVERY_S: Final = 2.0
"""How often words are kept while they are written, in seconds."""


class Command(Protocol):
    """What of a running command is needed here; :class:`.call.Call` is one."""

    line: tuple[str, ...]
    screen: Screen

    @property
    def home(self) -> Path:
        """The data folder."""

    @property
    def key(self) -> bytes:
        """Its key."""

    def run(self, use: Callable[[Journal], Awaitable[T]]) -> T:
        """Open the journal, do one thing with it, close it."""


@contextmanager
def lending(call: Command, command: Sequence[str], form: str) -> Iterator[str]:
    """Let the person write, and lend the words; they are kept until they are saved.

    Args:
        call: Whose journal, and what the words are for.
        command: The editor.
        form: What stands there at first, unless words for the same command were kept.

    Raises:
        MistakeError: The editor closed with an error and there is nothing new.
        KeptError: Anything else went wrong, and there are words.
    """
    from inglenook_client.cli import editor

    before = call.run(lambda journal: _found(journal, call.line))
    file = drafts.Draft(before.text + "\n" if before else form)
    try:
        number = call.run(lambda journal: _begin(journal, call, file, before, form))
    except BaseException:
        file.wipe()
        raise
    if before:
        call.screen.warn(_("The words that you had begun are back."))
    forms = {"", form.strip(), before.form.strip() if before else ""}
    try:
        with _autosave(call, file, number):
            editor.run(command, file)
        text = file.read().rstrip("\n")
        _keep(call, file, number, text)
        yield text
    except BaseException as error:
        if file.read().strip() in forms:
            _finish(call, file, number)
            raise
        raise KeptError(error, _put_away(call, file, number)) from error
    _finish(call, file, number)


@contextmanager
def holding(call: Command, text: str) -> Iterator[str]:
    """Lend words that came from standard input; if they cannot be saved, keep them.

    Raises:
        KeptError: In place of whatever was raised inside.
    """
    try:
        yield text
    except BaseException as error:
        if not text.strip():
            raise
        try:
            call.run(lambda journal: journal.begin_draft(call.line, "", text, ""))
        except (InglenookError, OSError):
            raise KeptError(error, drafts.Draft(text).where) from error
        raise KeptError(error, where(call.line)) from error


async def take_in(journal: Journal) -> int:
    """Take in what editors, and we, left in files when something ended too early.

    Returns:
        How many texts were found so, and are kept now.
    """
    count = 0
    for kept in await journal.drafts():
        folder = Path(kept.folder)
        if not kept.folder or drafts.is_open(folder):
            continue
        ours = drafts.is_ours(folder)
        words = drafts.words_in(folder).rstrip("\n") if ours else ""
        text = words if words.strip() else kept.text
        await journal.keep_draft(kept.number, text, kept.folder)
        if ours:
            drafts.wipe(folder)
        # its folder is forgotten last: until then whoever comes next would wipe it
        if text.strip() in {"", kept.form.strip()}:
            await journal.drop_draft(kept.number)
        else:
            await journal.keep_draft(kept.number, text)
            count += 1
    return count


def where(line: Sequence[str]) -> str:
    """The sentence that says where words are kept, and how to go on with them."""
    sentence = _("What you wrote is kept as a draft, encrypted. To go on with it: {command}")
    return sentence.format(command=shlex.join(("inglenook", *line)))


async def _found(journal: Journal, line: Sequence[str]) -> Kept | None:
    """The newest words that were kept for the same command, and are open nowhere."""
    await take_in(journal)
    same = [kept for kept in await journal.drafts() if kept.line == tuple(line)]
    return next((kept for kept in reversed(same) if not kept.folder), None)


async def _begin(
    journal: Journal, call: Command, file: drafts.Draft, before: Kept | None, form: str
) -> int:
    if before is not None:
        await journal.keep_draft(before.number, before.text, str(file.folder))
        return before.number
    return await journal.begin_draft(call.line, form, form, str(file.folder))


@contextmanager
def _autosave(call: Command, file: drafts.Draft, number: int) -> Iterator[None]:
    """Keep what stands in the file whenever it has changed, from a thread of its own."""
    ended = threading.Event()

    def watch() -> None:
        last = file.read()
        while not ended.wait(EVERY_S):
            if (text := file.read().rstrip("\n")) != last and text.strip():
                with suppress(InglenookError, OSError):  # the next time, or at the end
                    asyncio.run(_kept(call, file, number, text))
                    last = text

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


async def _kept(call: Command, file: drafts.Draft, number: int, text: str) -> None:
    from inglenook_client.journal.home import Journal

    async with await Journal.open(call.home, call.key) as journal:
        await journal.keep_draft(number, text, str(file.folder))


def _keep(call: Command, file: drafts.Draft, number: int, text: str) -> None:
    with suppress(InglenookError, OSError):  # then saving will say so, too
        call.run(lambda journal: journal.keep_draft(number, text, str(file.folder)))


def _put_away(call: Command, file: drafts.Draft, number: int) -> str:
    """Keep the words without the file; where they are, as a sentence."""
    text = file.read().rstrip("\n")
    try:
        call.run(lambda journal: journal.keep_draft(number, text, str(file.folder)))
    except (InglenookError, OSError):
        return file.where
    file.wipe()
    with suppress(InglenookError, OSError):  # the next command does it
        call.run(lambda journal: journal.keep_draft(number, text))
    return where(call.line)


def _finish(call: Command, file: drafts.Draft, number: int) -> None:
    """The words are saved, or there were none."""
    file.wipe()
    call.run(lambda journal: journal.drop_draft(number))
