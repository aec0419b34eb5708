import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.require import require
from inglenook_client.keys import passphrase
from inglenook_client.keys.errors import LockedError, PassphraseError, PassphraseFileError

ASK = "print(passphrase.ask('Passphrase: '))"
ASK_NEW = "print(passphrase.ask_new('New passphrase: ', 'Again: '))"


def script(expression: str) -> list[str]:
    code = (
        "from inglenook_client.keys import passphrase, errors\n"
        f"try: {expression}\n"
        "except errors.CallerError as e: print(type(e).__name__, e)"
    )
    return [sys.executable, "-c", code]


def on_a_terminal(expression: str, *answers: bytes) -> bytes:
    """What a person sees who types each answer when asked."""
    screen, end = pty.openpty()
    with subprocess.Popen(
        script(expression), stdin=end, stdout=end, stderr=end, start_new_session=True
    ) as process:
        os.close(end)
        seen = b""
        for answer in answers:
            seen += read_until(screen, b": ")
            os.write(screen, answer)
        seen += read_until(screen, None)
        process.wait()
    os.close(screen)
    return seen


def read_until(screen: int, mark: bytes | None) -> bytes:
    seen = b""
    while mark is None or not seen.endswith(mark):
        try:
            piece = os.read(screen, 1)
        except OSError:  # the process is gone
            break
        if not piece:
            break
        seen += piece
    return seen


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"secret\n", b"secret", id="a line"),
        pytest.param(b"secret", b"secret", id="a line without its end"),
        pytest.param(b"secret\r\n", b"secret", id="a line of Windows"),
        pytest.param(b"secret\nmore\n", b"secret", id="two lines"),
        pytest.param(b" secret \t\n", b" secret \t", id="blanks are part of it"),
        pytest.param(b"secret\r", b"secret\r", id="a lone CR is no line end"),
        pytest.param(b"secret\r\r\n", b"secret\r", id="one line end only"),
        pytest.param(b"\xef\xbb\xbfsecret\n", b"secret", id="a byte order mark"),
        pytest.param("pa\u0308ss\n".encode(), "p\u00e4ss".encode(), id="decomposed"),
        pytest.param("two\u00a0words\n".encode(), b"two words", id="a no-break space"),
    ],
)
def test_a_passphrase_is_the_first_line_of_its_file(
    passphrase_file: Path, content: bytes, expected: bytes
) -> None:
    passphrase_file.write_bytes(content)

    assert passphrase.from_file(passphrase_file) == expected


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b"\n", "empty", id="an empty line"),
        pytest.param(b"\r\nsecret\n", "empty", id="an empty line of Windows"),
        pytest.param(b"\xef\xbb\xbf\n", "no passphrase", id="a byte order mark alone"),
        pytest.param(b"\xff\xfe\n", "no passphrase", id="not UTF-8"),
        pytest.param(b"x" * 4097, "no passphrase", id="too long"),
        pytest.param(b"x" * 1_000_000, "no passphrase", id="some other file"),
    ],
)
def test_a_first_line_that_is_no_passphrase_is_refused(
    passphrase_file: Path, content: bytes, sentence: str
) -> None:
    passphrase_file.write_bytes(content)

    with pytest.raises(PassphraseFileError, match=sentence) as refusal:
        passphrase.from_file(passphrase_file)

    assert refusal.value.exit_code == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o666, 0o777])
def test_a_file_open_to_others_is_refused(passphrase_file: Path, mode: int) -> None:
    passphrase_file.chmod(mode)

    with pytest.raises(PassphraseFileError, match="chmod 600"):
        passphrase.from_file(passphrase_file)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_for_its_owner_only_is_read(passphrase_file: Path, mode: int) -> None:
    passphrase_file.chmod(mode)

    assert passphrase.from_file(passphrase_file)


def test_somebody_elses_file_is_refused(passphrase_file: Path) -> None:
    require("root", os.geteuid() == 0, "only root can give a file to somebody else")
    os.chown(passphrase_file, 12345, 0)

    with pytest.raises(PassphraseFileError, match="somebody else"):
        passphrase.from_file(passphrase_file)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("put", "sentence"),
    [
        pytest.param(lambda path: os.mkfifo(path, 0o600), "regular", id="a pipe"),
        pytest.param(lambda path: path.mkdir(0o700), "regular", id="a folder"),
        pytest.param(lambda path: path.symlink_to("/dev/null"), "regular", id="a device"),
        pytest.param(lambda path: path.symlink_to(path), "cannot be read", id="a link in a ring"),
        pytest.param(lambda _path: None, "does not exist", id="nothing"),
    ],
)
def test_what_is_no_regular_file_is_refused_without_waiting(
    tmp_path: Path, put: Callable[[Path], object], sentence: str
) -> None:
    put(tmp_path / "x")

    with pytest.raises(PassphraseFileError, match=sentence):
        passphrase.from_file(tmp_path / "x")


def test_no_sentence_names_the_path_or_what_the_file_holds(passphrase_file: Path) -> None:
    passphrase_file.write_bytes(b"sesame\xff\n")

    with pytest.raises(PassphraseFileError) as refusal:
        passphrase.from_file(passphrase_file)

    assert "sesame" not in str(refusal.value)
    assert str(passphrase_file) not in str(refusal.value)


@given(st.text())
def test_any_text_is_a_passphrase_of_one_form_or_refused(text: str) -> None:
    try:
        once = passphrase.normalise(text)
    except PassphraseError:
        return
    assert 0 < len(once) <= passphrase.MAX_PASSPHRASE
    assert passphrase.normalise(once.decode()) == once


@pytest.mark.parametrize("text", ["", "\udcff", "x" * 4097])
def test_what_cannot_be_a_passphrase_is_refused(text: str) -> None:
    with pytest.raises(PassphraseError):
        passphrase.normalise(text)


def test_a_terminal_does_not_show_what_is_typed() -> None:
    seen = on_a_terminal("print(len(passphrase.ask('Passphrase: ')))", b"sesame\n")

    assert b"sesame" not in seen
    assert seen.split() == [b"Passphrase:", b"6"]


def test_a_new_passphrase_is_asked_for_twice() -> None:
    seen = on_a_terminal(ASK_NEW, b"sesame\n", b"sesame\n")

    assert seen.split() == [b"New", b"passphrase:", b"Again:", b"sesame"]


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        pytest.param([b"sesame\n", b"sesam\n"], b"differ", id="two that differ"),
        pytest.param([b"\n"], b"empty", id="an empty one"),
        pytest.param([b"\x04"], b"INGLENOOK_PASSPHRASE_FILE", id="the end of input"),
    ],
)
def test_a_new_passphrase_that_will_not_do_is_refused(
    answers: list[bytes], sentence: bytes
) -> None:
    seen = on_a_terminal(ASK_NEW, *answers)

    assert b"PassphraseError" in seen
    assert sentence in seen


def test_a_terminal_closed_instead_of_an_answer_leaves_the_journal_locked() -> None:
    assert b"LockedError" in on_a_terminal(ASK, b"\x04")


def test_a_terminal_that_none_of_its_streams_lead_to_is_left_alone() -> None:
    screen, end = pty.openpty()
    # Makes the terminal its own, as a shell's is, then asks with pipes around it.
    outer = (
        "import fcntl, subprocess, sys, termios\n"
        f"fcntl.ioctl({end}, termios.TIOCSCTTY, 0)\n"
        "sys.exit(subprocess.run(sys.argv[1:], stdin=-3, stderr=-1, timeout=9).returncode)"
    )
    done = subprocess.run(
        [sys.executable, "-c", outer, *script(ASK)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        pass_fds=[end],
        start_new_session=True,
        check=True,
    )
    os.close(end)

    assert done.stdout.startswith(b"LockedError")
    assert read_until(screen, None) == b""
    os.close(screen)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("expression", "error"),
    [pytest.param(ASK, LockedError, id="old"), pytest.param(ASK_NEW, PassphraseError, id="new")],
)
def test_without_a_terminal_nothing_prompts(expression: str, error: type[Exception]) -> None:
    done = subprocess.run(
        script(expression), input=b"sesame\nsesame\n", capture_output=True, check=True
    )

    assert done.stdout.startswith(error.__name__.encode())
    assert b"INGLENOOK_PASSPHRASE_FILE" in done.stdout
    assert done.stderr == b""
