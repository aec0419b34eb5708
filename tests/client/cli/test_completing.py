"""A shell's Tab offers what can be typed, and knows nothing of anybody's journal."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from client.cli.conftest import Inglenook
from harness.require import require
from inglenook_client.cli.index import MODULES, NOUNS

Ask = Callable[[str, Path], list[str]]


def run(*line: str) -> list[str]:
    done = subprocess.run(line, capture_output=True, text=True, timeout=50, check=False)
    assert done.stderr == ""
    return done.stdout.split()


def in_bash(line: str, script: Path) -> list[str]:
    words = " ".join(f"'{word}'" for word in line.split(" "))
    ask = f"source {script}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1))"
    return run("bash", "--norc", "-c", f'{ask}; _inglenook; printf "%s\\n" "${{COMPREPLY[@]}}"')


def in_zsh(line: str, script: Path) -> list[str]:
    *before, last = line.split(" ")
    words = " ".join(f"'{word}'" for word in before)
    standing = "compdef() { }; _files() { }; compadd() { print -rl -- ${(P)2} }"
    ask = f"{standing}; source {script}; words=({words} ''); CURRENT=$#words; _inglenook"
    return [word for word in run("zsh", "-f", "-c", ask) if word.startswith(last)]


def in_fish(line: str, script: Path) -> list[str]:
    return run("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_tab_offers_commands_options_and_fixed_choices(
    shell: str, inglenook: Inglenook, tmp_path: Path
) -> None:
    require(shell, shutil.which(shell) is not None, f"no {shell} (apt-get install {shell})")
    ask: Ask = {"bash": in_bash, "zsh": in_zsh, "fish": in_fish}[shell]
    script = tmp_path / "script"
    script.write_text(inglenook("completion", shell).out)

    assert set(ask("inglenook ", script)) >= set(NOUNS)
    assert set(ask("inglenook go", script)) == {"goal"}
    assert set(ask("inglenook goal ", script)) >= set(NOUNS["goal"])
    assert "--why" in ask("inglenook goal new --wh", script)
    assert set(ask("inglenook export --to js", script)) == {"jsonl"}
    assert "--month" in ask("inglenook strides --mo", script)


def test_the_manual_has_every_command_and_every_example(inglenook: Inglenook) -> None:
    page = inglenook("manual").out

    for name in MODULES:
        assert f".SS {name}".replace("-", "\\-") in page
    assert "goal new \\(dqPass maths\\(dq" in page
    if shutil.which("man"):
        done = subprocess.run(
            ["man", "--warnings", "-E", "UTF-8", "-l", "-"],
            input=page,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
