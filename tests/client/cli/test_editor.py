"""The editor: where the words lie meanwhile, and that nothing of them stays behind."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from client.cli.conftest import Inglenook, passphrase_file
from inglenook_client.cli import editor
from inglenook_client.cli.editor import OPTIONS

WriteEditor = Callable[[str], Path]
WORDS = "what I would tell nobody"


@pytest.fixture
def write_editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteEditor:
    """Make a program the editor; it notes where its file lies, and runs the body after that."""

    def make(body: str) -> Path:
        program = tmp_path / "my-editor"
        program.write_text(
            "#!/bin/sh\n"
            f'file="$1"; echo "$file" > {tmp_path}/seen\n'
            f'stat -c %a "$file" "$(dirname "$file")" >> {tmp_path}/seen\n{body}\n'
        )
        program.chmod(0o755)
        monkeypatch.setenv("EDITOR", str(program))
        return tmp_path / "seen"

    return make


def left_behind(folder: Path) -> list[Path]:
    return [found for found in (folder / "run").rglob("*") if "inglenook-" in str(found)]


@pytest.mark.usefixtures("home")
def test_words_lie_in_memory_readable_by_nobody_else_and_are_gone_afterwards(
    inglenook: Inglenook, write_editor: WriteEditor, tmp_path: Path
) -> None:
    seen = write_editor(f'echo "{WORDS}" > "$file"; echo "{WORDS}" > "$file~"')

    answer = inglenook()

    where, file_mode, folder_mode = seen.read_text().split()
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == "e1  Saved on this device. Only you can read it.\n"
    assert Path(where).is_relative_to(tmp_path / "run")
    assert (file_mode, folder_mode) == ("600", "700")
    assert not left_behind(tmp_path)
    assert WORDS in inglenook("log").out


@pytest.mark.usefixtures("home")
def test_wiped_words_are_overwritten_before_their_file_is_removed(
    inglenook: Inglenook, write_editor: WriteEditor, tmp_path: Path
) -> None:
    # A second name for the file shows what its bytes became.
    write_editor(f'echo "{WORDS}" > "$file"; ln "$file" {tmp_path}/run/second-name')

    inglenook()

    kept = (tmp_path / "run" / "second-name").read_bytes()
    assert kept == bytes(len(WORDS) + 1)


@pytest.mark.usefixtures("home")
def test_an_empty_file_saves_nothing(
    inglenook: Inglenook, write_editor: WriteEditor, tmp_path: Path
) -> None:
    write_editor("true")

    answer = inglenook()

    assert answer.code == 1
    assert answer.err == "There were no words, so nothing was saved.\n"
    assert not left_behind(tmp_path)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("end", ["exit 3", "kill -9 $$"], ids=["fails", "is killed"])
def test_words_of_an_editor_that_ends_badly_are_kept_and_the_person_is_told_where(
    inglenook: Inglenook, write_editor: WriteEditor, tmp_path: Path, end: str
) -> None:
    write_editor(f'echo "{WORDS}" > "$file"; {end}')

    answer = inglenook()

    (draft,) = inglenook("draft", "list", "--json").document
    assert answer.code == 1
    assert "What you wrote is kept as a draft, encrypted. To go on with it: inglenook" in answer.err
    assert WORDS not in answer.out + answer.err
    assert (draft["text"], draft["command"], draft["open"]) == (WORDS, "inglenook", False)
    assert not left_behind(tmp_path)
    assert inglenook("log", "--json").document == []


@pytest.mark.usefixtures("home")
def test_an_editor_that_fails_with_nothing_written_leaves_nothing(
    inglenook: Inglenook, write_editor: WriteEditor, tmp_path: Path
) -> None:
    write_editor("exit 1")

    answer = inglenook()

    assert answer.code == 1
    assert "nothing was saved" in answer.err
    assert not left_behind(tmp_path)


@pytest.mark.usefixtures("home")
def test_words_that_cannot_be_saved_are_kept(
    inglenook: Inglenook, write_editor: WriteEditor, tmp_path: Path
) -> None:
    # A title does for a goal's name; a note takes 10,000 letters, and this is longer.
    inglenook("goal", "new", "Write less")
    write_editor('head -c 20000 /dev/zero | tr "\\0" a > "$file"')

    answer = inglenook("progress", "g1")

    (draft,) = inglenook("draft", "list", "--json").document
    assert answer.code == 1
    assert "10,000 letters" in answer.err
    assert "inglenook progress g1\n" in answer.err
    assert len(draft["text"]) == 20_000
    assert not left_behind(tmp_path)


@pytest.mark.usefixtures("home")
def test_a_wrong_passphrase_is_told_before_the_editor_opens(
    inglenook: Inglenook, write_editor: WriteEditor, tmp_path: Path
) -> None:
    seen = write_editor(f'echo "{WORDS}" > "$file"')
    passphrase_file(tmp_path, "another one")

    answer = inglenook()

    assert answer.code == 2
    assert not seen.exists()


@pytest.mark.usefixtures("home")
def test_who_is_alone_learns_it_before_writing_a_question(
    inglenook: Inglenook, write_editor: WriteEditor
) -> None:
    seen = write_editor("true")

    answer = inglenook("ask")

    assert answer.code == 1
    assert "You share no space with anybody yet." in answer.err
    assert not seen.exists()


@pytest.mark.usefixtures("home")
def test_a_form_comes_back_in_its_parts(inglenook: Inglenook, write_editor: WriteEditor) -> None:
    write_editor(
        'sed -i "s/^## Strides.*/&\\n- spoke up\\n- asked twice/;'
        's/^## Needs attention.*/&\\nhomework/" "$file"'
    )

    answer = inglenook("reflect", "--month", "--json")

    assert answer.document["fields"] == {
        "period": "month",
        "strides": ["spoke up", "asked twice"],
        "attention": ["homework"],
    }


@pytest.mark.usefixtures("home")
def test_a_form_that_comes_back_as_it_was_saves_nothing(
    inglenook: Inglenook, write_editor: WriteEditor, tmp_path: Path
) -> None:
    write_editor("true")

    answer = inglenook("reflect")

    assert answer.code == 1
    assert "There were no words" in answer.err
    assert not [f for f in left_behind(tmp_path) if f.is_file()]


@pytest.mark.usefixtures("home")
def test_standard_input_is_kept_when_it_cannot_be_saved(
    inglenook: Inglenook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    long = "a" * 20_000
    inglenook("goal", "new", "Write less")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(long.encode())))

    answer = inglenook("progress", "g1", "-")

    (draft,) = inglenook("draft", "list", "--json").document
    assert answer.code == 1
    assert "inglenook progress g1\n" in answer.err
    assert draft["text"] == long
    assert not left_behind(tmp_path)


@pytest.mark.usefixtures("home")
def test_without_a_terminal_and_without_an_editor_of_ones_own_nothing_opens(
    inglenook: Inglenook,
) -> None:
    answer = inglenook()

    assert answer.code == 1
    assert "There is no terminal for an editor." in answer.err


@pytest.mark.parametrize("name", ["vim", "nano", "emacs"])
def test_an_editor_that_needs_a_terminal_is_not_opened_without_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / name
    program.touch(mode=0o755)
    monkeypatch.setenv("VISUAL", str(program))

    with pytest.raises(editor.MistakeError, match="no terminal"):
        editor.command(print)


@pytest.mark.parametrize(
    ("target", "link", "options"),
    [
        pytest.param("vim.basic", "vi", OPTIONS["vim"], id="vi is vim"),
        pytest.param("nvim", "nvim", OPTIONS["vim"], id="nvim"),
        pytest.param("nano", "editor", OPTIONS["nano"], id="editor is nano"),
        pytest.param("emacs-gtk", "emacs", OPTIONS["emacs"], id="emacs"),
        pytest.param("ed", "ed", (), id="ed"),
    ],
)
def test_editors_are_told_to_keep_no_copies(
    target: str,
    link: str,
    options: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / target).touch(mode=0o755)
    if link != target:
        (tmp_path / link).symlink_to(tmp_path / target)
    monkeypatch.setenv("VISUAL", f"{tmp_path / link} +1")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)

    assert editor.command(print) == [str(tmp_path / link), "+1", *options]


def test_an_editor_that_keeps_copies_is_named_before_it_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "code").touch(mode=0o755)
    monkeypatch.setenv("VISUAL", f"{tmp_path / 'code'} --wait")
    warned = list[str]()

    editor.command(warned.append)

    assert warned
    assert "code may keep copies of its own" in warned[0]


@pytest.mark.usefixtures("home")
def test_the_editor_gets_no_way_to_the_passphrase(
    inglenook: Inglenook, write_editor: WriteEditor, tmp_path: Path
) -> None:
    write_editor(f'env > {tmp_path}/environment; echo x y > "$file"')

    assert inglenook().code == 0
    assert "INGLENOOK_PASSPHRASE_FILE" not in (tmp_path / "environment").read_text()
    assert f"TMPDIR={os.environ['XDG_RUNTIME_DIR']}" in (tmp_path / "environment").read_text()
