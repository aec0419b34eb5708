"""`inglenook search`: its options, its answers to people and to programs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from client.cli.conftest import Inglenook, passphrase_file, runtime
from inglenook_client.cli.entrance import run

LINES = (
    ("a quiet day @school",),
    ("mood", "2", "tired", "--note", "a quiet evening"),
    ("mood", "5", "--note", "a loud one"),
    ("goal", "new", "A quiet room"),
)


@pytest.fixture(scope="module")
def written(anas_journal: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ana's journal with four lines in it; nobody writes to it any more."""
    folder = tmp_path_factory.mktemp("searched")
    shutil.copytree(anas_journal, folder / "journal")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("INGLENOOK_HOME", str(folder / "journal"))
        environment.setenv("INGLENOOK_PASSPHRASE_FILE", str(passphrase_file(folder)))
        environment.setenv("XDG_RUNTIME_DIR", str(runtime(folder)))
        assert [run(line) for line in LINES] == [0] * len(LINES)
    return folder / "journal"


@pytest.fixture
def search(inglenook: Inglenook, written: Path, monkeypatch: pytest.MonkeyPatch) -> Inglenook:
    monkeypatch.setenv("INGLENOOK_HOME", str(written))
    return lambda *line: inglenook("search", *line)


def texts(search: Inglenook, *line: str) -> list[str]:
    return [event["text"] for event in search(*line, "--json").document]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        pytest.param(
            ["quiet"], ["A quiet room", "a quiet evening", "a quiet day @school"], id="everything"
        ),
        pytest.param(["quiet", "--kind", "mood"], ["a quiet evening"], id="kind"),
        pytest.param(["--kind", "goal.set"], ["A quiet room"], id="a kind in full"),
        pytest.param(
            ["--kind", "goal", "--kind", "mood", "quiet"],
            ["A quiet room", "a quiet evening"],
            id="kinds",
        ),
        pytest.param(["--mood", "4-5"], ["a loud one"], id="moods"),
        pytest.param(["--tag", "@School"], ["a quiet day @school"], id="tag"),
        pytest.param(["quiet", "-n", "1"], ["A quiet room"], id="the newest"),
        pytest.param(["quiet", "--until", "yesterday"], [], id="days before"),
        pytest.param(["loud", "--from", "today", "--by", "me"], ["a loud one"], id="person"),
        pytest.param(
            ["quiet", "--by", "ANA", "--space", "journal", "--tag", "school"],
            ["a quiet day @school"],
            id="all at once",
        ),
        pytest.param(['"quiet day"'], ["a quiet day @school"], id="phrase"),
        pytest.param(["schoo"], ["a quiet day @school"], id="beginning"),
    ],
)
def test_what_is_asked_for_is_found_newest_first(
    search: Inglenook, line: list[str], found: list[str]
) -> None:
    assert texts(search, *line) == found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param([], "Say what to look for: words, or an option", id="nothing"),
        pytest.param(
            ["--kind", "gaol"], "there is no kind gaol; there are: entry, mood", id="kind"
        ),
        pytest.param(["--mood", "7"], "a whole number from 1 to 5", id="mood"),
        pytest.param(["x", "--by", "Eve"], "Nobody here is called Eve.", id="person"),
    ],
)
def test_what_cannot_be_meant_is_said_with_what_can(
    search: Inglenook, line: list[str], said: str
) -> None:
    answer = search(*line)

    assert answer.code == 1
    assert said in answer.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param(["nowhere"], "Its first letters alone find more.", id="a word"),
        pytest.param(["no", "where"], "One word alone finds more.", id="words"),
        pytest.param(["quiet", "--mood", "1"], "One option less finds more.", id="options"),
        pytest.param(["🎉"], "For signs: inglenook log --contains", id="signs"),
        pytest.param(['"', "(", "OR"], "Nothing here has those words.", id="operators"),
    ],
)
def test_where_nothing_is_found_the_next_step_is_said(
    search: Inglenook, line: list[str], said: str
) -> None:
    answer = search(*line)

    assert (answer.code, answer.err) == (0, "")
    assert said in answer.out
