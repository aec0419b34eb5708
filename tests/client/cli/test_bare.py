"""What a command line means: a command, words to save, or a slip that is not saved."""

import pytest

from inglenook_client.cli.bare import (
    FromEditor,
    FromInput,
    Help,
    Meaning,
    Run,
    Slip,
    Text,
    Version,
    distance,
    meaning,
    nearest,
)
from inglenook_client.cli.hints import hint


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param(["walked home, felt ok"], "walked home, felt ok", id="one line in quotes"),
        pytest.param(["walked", "home"], "walked home", id="several words"),
        pytest.param(["goal for today: rest"], "goal for today: rest", id="quoted command word"),
        pytest.param(["serch the notes"], "serch the notes", id="quoted slip is what was meant"),
        pytest.param(["--", "sync", "the", "phones"], "sync the phones", id="after --"),
        pytest.param(["--", "goal", "new"], "goal new", id="a command after --"),
        pytest.param(["--", "word"], "word", id="one word after --"),
        pytest.param(["--", "--json"], "--json", id="an option after --"),
        pytest.param(["rain", "--", "then", "sun"], "rain -- then sun", id="a dash among words"),
        pytest.param(["logged", "5", "km", "today"], "logged 5 km today", id="inflected log"),
        pytest.param(["wins", "and", "losses"], "wins and losses", id="inflected win"),
        pytest.param(["shared", "e7", "with", "Mum"], "shared e7 with Mum", id="inflected share"),
        pytest.param(["asked", "my teacher"], "asked my teacher", id="inflected ask"),
        pytest.param(["steps", "add", "up"], "steps add up", id="inflected step"),
        pytest.param(["searching", "for", "keys"], "searching for keys", id="inflected search"),
        pytest.param(["as", "I", "walked"], "as I walked", id="as is no ask"),
        pytest.param(["in", "the", "evening"], "in the evening", id="in is no win"),
        pytest.param(["long", "day"], "long day", id="long is no log"),
        pytest.param(["what", "a", "day"], "what a day", id="what is no watch"),
        pytest.param(["good", "new", "start"], "good new start", id="good is no goal"),
        pytest.param(["stop", "doing", "this"], "stop doing this", id="stop is no step"),
        pytest.param(["snow", "all", "day"], "snow all day", id="snow is no show"),
        pytest.param(["food", "3", "times"], "food 3 times", id="food is no mood"),
        pytest.param(["research", "for", "school"], "research for school", id="research"),
        pytest.param(["next", "week", "I", "rest"], "next week I rest", id="next in a sentence"),
        pytest.param(["today", "I", "rested"], "today I rested", id="today in a sentence"),
        pytest.param(["help", "me", "sleep"], "help me sleep", id="help in a sentence"),
        pytest.param(["it", "was", "-5", "today"], "it was -5 today", id="a number below zero"),
        pytest.param(["Maya", "said hello"], "Maya said hello", id="a quoted part"),
        pytest.param(["привет мир"], "привет мир", id="another script"),
    ],
)
def test_prose_is_text(line: list[str], words: str) -> None:
    assert meaning(line) == Text(words, literal=line[0] == "--")


@pytest.mark.parametrize(
    ("line", "near"),
    [
        pytest.param(["homework"], "", id="one word"),
        pytest.param(["Done!"], "", id="one word with a mark"),
        pytest.param(["logg"], "log", id="one word near a command"),
        pytest.param(["Log"], "log", id="a capital"),
        pytest.param(["stauts"], "status", id="letters swapped"),
        pytest.param(["gaol", "new"], "goal new", id="goal new"),
        pytest.param(["goal", "nwe", "x"], "goal new", id="second word"),
        pytest.param(["goal", "for", "today"], "", id="a noun with no verb"),
        pytest.param(["goal"], "", id="a noun alone"),
        pytest.param(["Goal", "new", "title"], "goal new", id="capital noun"),
        pytest.param(["shwo", "e7"], "show", id="show and an id"),
        pytest.param(["repyl", "q2", "yes"], "reply", id="reply and an id"),
        pytest.param(["serch", "the", "notes"], "search", id="search and anything"),
        pytest.param(["aks", "how do I start?"], "ask", id="a quoted text"),
        pytest.param(["pari", "join", "x"], "pair join", id="pair join"),
        pytest.param(["seettle", "q2"], "settle", id="settle and an id"),
        pytest.param(["erasse", "e7"], "erase", id="erase and an id"),
        pytest.param(["help-now"], "help-now", id="noun of a later version"),
        pytest.param(["tell"], "tell", id="one word of a later version"),
        pytest.param(["-x"], "", id="an unknown letter"),
        pytest.param(["--form", "monday"], "", id="an unknown option"),
        pytest.param(["some", "words", "--jsn"], "", id="an unknown option at the end"),
    ],
)
def test_what_may_be_a_mistyped_command_is_refused_with_a_hint(line: list[str], near: str) -> None:
    found = meaning(line)

    assert isinstance(found, Slip)
    assert found.near == near
    assert "Nothing was saved. To save these words: inglenook -- " in hint(found)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param([], FromEditor(), id="nothing"),
        pytest.param(["--space", "pair"], FromEditor(("--space", "pair")), id="only options"),
        pytest.param(["-"], FromInput(), id="standard input"),
        pytest.param(["--json", "-"], FromInput(("--json",)), id="standard input, options"),
        pytest.param(["--help"], Help(), id="help"),
        pytest.param(["help"], Help(), id="help as a word"),
        pytest.param(["help", "goal"], Help("goal"), id="help on a noun"),
        pytest.param(["goal", "--help"], Help("goal"), id="a noun and help"),
        pytest.param(["--version"], Version(), id="version"),
        pytest.param(["log"], Run("log", ()), id="a command"),
        pytest.param(["log", "-n", "5"], Run("log", ("-n", "5")), id="its arguments"),
        pytest.param(["goal", "new", "Read"], Run("goal new", ("Read",)), id="noun and verb"),
        pytest.param(["--json", "log"], Run("log", ("--json",)), id="options in front"),
        pytest.param(
            ["goal", "--json", "list"], Run("goal list", ("--json",)), id="options between"
        ),
        pytest.param(["--space=pair", "log"], Run("log", ("--space=pair",)), id="with ="),
        pytest.param(["two words", "--json"], Text("two words", ("--json",)), id="options behind"),
        pytest.param(
            ["--space", "Maya", "two", "words"],
            Text("two words", ("--space", "Maya")),
            id="words into a space",
        ),
        pytest.param([""], Text(""), id="an empty word, which the entry then refuses"),
    ],
)
def test_everything_else_means_what_it_says(line: list[str], expected: Meaning) -> None:
    assert meaning(line) == expected


@pytest.mark.parametrize(
    ("a", "b", "far"),
    [
        ("goal", "goal", 0),
        ("gaol", "goal", 1),
        ("log", "logg", 1),
        ("ask", "win", 3),
        ("", "ab", 2),
    ],
)
def test_distance_counts_letters_to_change_add_drop_or_swap(a: str, b: str, far: int) -> None:
    assert distance(a, b) == far


def test_nearest_finds_nothing_where_nothing_is_near() -> None:
    assert not nearest("breakfast", ["log", "status"])
