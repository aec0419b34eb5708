"""Real editors, set up to keep as much as they can, keep nothing of what was written.

For root nano reads no settings from HOME, so there it proves less than for a person.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import struct
import sys
import termios
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.require import require

WORD = "marzipan"
PATIENCE_S = 50.0
WRITE = f"""
from inglenook_client.cli import editor
from inglenook_client.cli.drafts import Draft
draft = Draft("so far: {WORD}\\n")
editor.run(editor.command(print), draft)
print("READ:", draft.read())
draft.wipe()
"""


@dataclass(frozen=True)
class Editor:
    """One program: what it is asked to keep, and the keys that write, search, save and end."""

    program: str
    keys: str
    settings: dict[str, str] = field(default_factory=dict)


VIM = "set undofile undodir=~/undo backup backupdir=~/undo writebackup swapfile directory=~/undo"
LISP = (
    '(setq make-backup-files t auto-save-default t backup-directory-alist \'(("." . "~/undo")))'
    "(setq savehist-additional-variables '(search-ring) inhibit-startup-screen t)"
    "(savehist-mode 1) (save-place-mode 1) (recentf-mode 1)"
)
MICRO = (
    '{"backup": true, "permbackup": true, "savecursor": true, "savehistory": true,'
    ' "saveundo": true}'
)
MODAL = f"i{WORD}\x1b/{WORD}\r:wq\r"
EDITORS = (
    Editor(
        "nano",
        f"{WORD}\x17{WORD}\r\x0f\r\x18",
        {".nanorc": 'set backup\nset backupdir "~/undo"\nset historylog\nset positionlog\n'},
    ),
    Editor("vim.tiny", MODAL, {".vimrc": f"{VIM} viminfo='100\n"}),
    Editor("vim", MODAL, {".vimrc": f"{VIM} viminfo='100\n"}),
    Editor("nvim", MODAL, {".config/nvim/init.vim": f"{VIM} shada='100\n"}),
    Editor("emacs", f"{WORD}\x13{WORD}\r\x18\x13\x18\x03", {".emacs.d/init.el": LISP}),
    Editor("micro", f"{WORD}\x06{WORD}\r\x13\x11", {".config/micro/settings.json": MICRO}),
)


def at_a_terminal(environment: dict[str, str], keys: str) -> str:
    """Open the editor, type once the file is on the screen; all that was shown."""
    child, screen = pty.fork()
    if child == 0:
        os.execve(sys.executable, [sys.executable, "-c", WRITE], environment)
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    shown, typed = "", False
    try:
        while more := _read(screen):
            shown += more
            if not typed and "words.txt" in shown:
                os.write(screen, keys.encode())
                typed = True
    finally:
        os.close(screen)
        os.waitpid(child, 0)
    return shown


def _read(screen: int) -> str:
    ready, _, _ = select.select([screen], [], [], PATIENCE_S)
    assert ready, "nothing came for a long time"
    try:
        return os.read(screen, 65_536).decode(errors="replace")
    except OSError:  # the program has ended
        return ""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("editor", EDITORS, ids=[editor.program for editor in EDITORS])
def test_an_editor_keeps_no_copy_of_what_was_written(editor: Editor, tmp_path: Path) -> None:
    program = shutil.which(editor.program)
    require(editor.program, program is not None, f"{editor.program} is not installed")
    for place in ("undo", ".local/share/nano"):
        (tmp_path / place).mkdir(parents=True)
    for name, text in editor.settings.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.replace("~", str(tmp_path)))
    kept = {"PATH", "LANG", "LC_ALL", "COVERAGE_PROCESS_START"}
    environment = {name: value for name, value in os.environ.items() if name in kept}
    environment |= {"HOME": str(tmp_path), "TERM": "xterm", "VISUAL": str(program)}

    mode = Path(os.devnull).stat().st_mode

    shown = at_a_terminal(environment, editor.keys)

    assert f"READ: {WORD}so far: {WORD}" in shown
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in left if WORD.encode() in path.read_bytes()] == []
    assert list((tmp_path / "undo").iterdir()) == []
    assert Path(os.devnull).stat().st_mode == mode, "the null device is everybody's"
