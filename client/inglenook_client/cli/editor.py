"""The person's own editor, without the copies that editors like to keep.

Swap files, backups, undo files and histories are switched off where we know how; what an
editor puts beside the file goes with its folder. Temporary files are sent there as well.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from inglenook_client.cli.drafts import Draft
from inglenook_client.cli.errors import MistakeError
from inglenook_client.words import _

_VIM: Final = (
    "-n",  # no swap file
    "-i",
    "NONE",  # no viminfo, no shada
    "-c",  # after the person's own settings, so that it counts
    "set nobackup nowritebackup noundofile noswapfile",
    "-c",  # what was typed is in the file a moment later, and so in the journal's drafts
    "set updatetime=1500 | autocmd CursorHold,CursorHoldI * silent! update",
)
_NANO: Final = ("--ignorercfiles",)  # backups, histories and positions are off by default
_LISP: Final = (
    "(setq make-backup-files nil auto-save-default nil auto-save-list-file-prefix nil"
    " create-lockfiles nil undo-tree-auto-save-history nil auto-save-visited-interval 2)"
)
_LISP_FORGETS: Final = (
    # Switched off, not sent to the null device: recentf sets the mode of the file it saves to.
    "(progn (defun inglenook-forget () (dolist (mode '(recentf-mode savehist-mode save-place-mode))"
    " (when (and (boundp mode) (symbol-value mode)) (funcall mode 0))))"
    " (inglenook-forget) (add-hook 'emacs-startup-hook 'inglenook-forget t))"
)
_LISP_SAVES: Final = "(auto-save-visited-mode 1)"
_MICRO: Final = tuple(
    word
    for setting in ("backup", "permbackup", "savecursor", "savehistory", "saveundo")
    for word in (f"-{setting}", "false")
)
OPTIONS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("vim", "nvim", "gvim", "mvim"), _VIM),
    **dict.fromkeys(("nano", "rnano", "pico"), _NANO),
    "emacs": ("--eval", _LISP, "--eval", _LISP_FORGETS, "--eval", _LISP_SAVES),
    "micro": (*_MICRO, "-autosave", "2"),
}
"""What each editor is told, by the name of its program."""

KEEPS_COPIES: Final = frozenset({"code", "codium", "subl", "zed", "gedit", "kate", "emacsclient"})
"""Editors that keep copies of their own which nobody can switch off from here."""
NEEDS_TERMINAL: Final = frozenset({*OPTIONS, "vi", "ed", "ex", "view", "hx", "helix", "kak", "joe"})
_FALLBACKS: Final = ("nano", "vim", "vi")


def command(warn: Callable[[str], None]) -> list[str]:
    """The editor to open, and what it is told.

    Args:
        warn: Shows a sentence before the editor opens.

    Raises:
        MistakeError: There is no editor, or none that could work without a terminal.
    """
    chosen = _chosen()
    program = shutil.which(chosen[0]) if chosen else None
    name = _name(program) if program else ""
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if not on_terminal and (not _named() or name in NEEDS_TERMINAL):
        raise MistakeError(
            _("There is no terminal for an editor. Give the words in quotes, or - to read them.")
        )
    if not program:
        raise MistakeError(_no_editor())
    if name in KEEPS_COPIES:
        message = _(
            "{editor} may keep copies of its own, which Inglenook cannot wipe. Another editor"
            " can be named in VISUAL."
        )
        warn(message.format(editor=name))
    return [*chosen, *OPTIONS.get(name, ())]


def run(command: Sequence[str], draft: Draft) -> None:
    """Let the person write; returns when the editor is closed.

    Args:
        command: The editor.
        draft: What it opens.

    Raises:
        MistakeError: It closed with an error, or would not open.
    """
    try:
        failed = _run([*command, str(draft.file)], draft)
    except OSError:
        raise MistakeError(_no_editor()) from None
    if failed:
        raise MistakeError(_("The editor closed with an error, so nothing was saved."))


def _named() -> str:
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""


def _chosen() -> list[str]:
    try:
        words = shlex.split(_named())
    except ValueError:
        words = []
    return words or [next((name for name in _FALLBACKS if shutil.which(name)), _FALLBACKS[-1])]


def _name(program: str) -> str:
    """What the program is: ``vi`` is often a name for ``vim.basic``."""
    names = (Path(program).name, Path(program).resolve().name)
    stems = [name.partition(".")[0].partition("-")[0] for name in names]
    return next((stem for stem in stems if stem in OPTIONS), stems[0])


def _no_editor() -> str:
    return _(
        "There is no editor here that Inglenook could open; name one in VISUAL, or give the"
        " words on standard input: inglenook -"
    )


def _run(command: list[str], draft: Draft) -> bool:
    """Run the editor to its end; whether it failed or was stopped."""
    environment = os.environ | {"TMPDIR": str(draft.folder)}
    environment.pop("INGLENOOK_PASSPHRASE_FILE", None)
    with (
        # the lock goes with it: should we be killed, the words are the editor's until it ends
        subprocess.Popen(command, env=environment, pass_fds=(draft.lock,)) as editor,  # noqa: S603
        _undisturbed(editor),
    ):
        return editor.wait() != 0


@contextmanager
def _undisturbed(editor: subprocess.Popen[bytes]) -> Iterator[None]:
    """Leave Ctrl-C to the editor, and end with it when we are told to end."""

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        editor.terminate()

    handlers: dict[signal.Signals, Any] = {
        signal.SIGINT: signal.SIG_IGN,
        signal.SIGQUIT: signal.SIG_IGN,
        signal.SIGHUP: end,
        signal.SIGTERM: end,
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
