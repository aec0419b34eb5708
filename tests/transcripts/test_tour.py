"""The five minutes of the README, typed as they stand there."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from transcripts.in_process import Desk, desk_in

README: Final = Path(__file__).parents[2] / "README.md"
AT_A_TERMINAL: Final = {
    "inglenook": "opens an editor",
    "inglenook pair agreement propose": "opens an editor",
    "inglenook-relay --db relay.db --listen 127.0.0.1:8080 &": "the desk's relay is there",
    "export PATH=$PWD/.venv/bin:$PATH": "the shell's own",
}
"""What is not typed again here, and why."""
PROGRAMMES: Final = ("programme", "idea", "pulse", "survey")
"""What a coordinator and members type: `papers/programme.session` and `test_surveys` have it."""
ANSWERS: Final = {
    "init": "--kdf-mib 64",
    "device accept": "--kdf-mib 64",
    "pair approve": "--yes",
    "device approve": "--yes",
    "share": "--yes",
}
"""Questions that a terminal would ask, answered by flags."""


def tour() -> Iterator[tuple[bool, str]]:
    """Every command of the tour, and whether the other device types it."""
    chapter = README.read_text().partition("## Five minutes\n")[2].partition("\n## ")[0]
    for block in re.findall(r"```\n(.*?)```", chapter, re.DOTALL):
        for line in block.splitlines():
            typed = re.sub(r"\s+# .*", "", line)
            for command in typed.split(" && "):
                if command.strip() and not command.lstrip().startswith("#"):
                    yield line.startswith("    "), command.strip()


def as_typed(command: str) -> str:
    """With the desk's relay, the link that was shown, and the answers of a terminal."""
    for name, flags in ANSWERS.items():
        if command.startswith(f"inglenook {name}"):
            command = f"{command} {flags}"
    command = command.replace("http://127.0.0.1:8080", "<relay>")
    return re.sub(r"'inglenook:\w+#…'", '"<link>"', command)


def play(desk: Desk, who: str, command: str) -> None:
    said = list(desk.type(who, as_typed(command)))
    assert not said or not said[-1].startswith("= "), (command, said)


def test_the_tour_of_the_readme_can_be_typed_word_for_word(tmp_path: Path) -> None:
    found = list(tour())
    assert len(found) > 25
    with desk_in(tmp_path) as desk:
        play(desk, "mentor", "inglenook init --name Max --relay <relay>")
        for other, command in found:
            if command in AT_A_TERMINAL or command.split()[1] in PROGRAMMES:
                continue
            guest = "mentor" if "pair join" in command else "tablet"
            play(desk, guest if other else "ada", command)
            if command == "inglenook pair approve":
                for who in ("mentor", "ada"):  # "then both: inglenook sync"
                    play(desk, who, "inglenook sync")

    assert {command for _other, command in found} >= AT_A_TERMINAL.keys()
