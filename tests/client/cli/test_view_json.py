"""The JSON of every view: keys may be added and are never renamed (issue 2, product 5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from transcripts.in_process import Desk, desk_in

LIFE = """
ana inglenook init --name Ana --relay <relay> --kdf-mib 64
maya inglenook init --name Maya --relay <relay> --kdf-mib 64
ana inglenook pair invite
maya inglenook pair join "<link>"
ana inglenook pair approve --yes
maya inglenook sync
ana inglenook sync
ana inglenook "walked home @school"
ana inglenook revise e1 "walked home with Bo @school"
ana inglenook star e1
ana inglenook mood 4 calm
ana inglenook reflect "spoke up" --attention sleep
ana inglenook goal new Swim --space pair --area sport
ana inglenook step add g1 "Find the pool" --by friday
ana inglenook progress g1 --confidence 4 "half way"
ana inglenook win "swam" --goal g1 --space pair
ana inglenook strength add "keeps going" --in g1
ana inglenook shelf add "Only begin" --strategy "two minutes" --why "it works"
ana inglenook shelf tried r1 --helped yes
ana inglenook activity add "Open day" --on saturday
ana inglenook activity answer a1 --going
ana inglenook activity went a1 --new-to-me
ana inglenook ask "How do you begin?" --goal g1
ana inglenook feedback ask "How I swim" --focus "the arms"
ana inglenook checkin plan "friday 16:00" --every week
ana inglenook checkin hold "the plan" --on today --plan c1
ana inglenook checkin summary c1 "the plan" --next "a pool"
ana inglenook checkin agenda add "sleep"
ana inglenook pair agreement propose --hopes calm --contact-hours evenings
ana inglenook profile set --how-i-like-help "ask first"
ana inglenook sync
maya inglenook sync
maya inglenook reply q1 "With one line"
maya inglenook cheer g1 "well done"
maya inglenook feedback give --asked f1 "strong"
maya inglenook checkin confirm c1
maya inglenook pair agreement accept --yes
maya inglenook sync
ana inglenook sync
ana inglenook settle q1 --helped
ana inglenook feedback answer f1 --thanks
""".strip()
ITEM = {"id", "event", "space"}
MARK = {"by", "me", "at", "local_date", "event"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Two people's devices, with one of everything."""
    with desk_in(tmp_path_factory.mktemp("desk")) as found:
        for line in LIFE.splitlines():
            who, _, typed = line.partition(" ")
            said = list(found.type(who, typed))
            assert not said or not said[-1].startswith("= "), (line, said)
        yield found


def answer(desk: Desk, who: str, line: str) -> Any:
    return json.loads("\n".join(desk.type(who, f"inglenook {line} --json")))


KEYS = {
    "question list": "id event space type text want goal when replies settled asked off_agenda"
    " talked state",
    "feedback list": "id event space about regarding focus framework given state begun",
    "checkin list": "id event space plan starts_at tz minutes where template repeat held held_on"
    " missed summaries state begun",
    "checkin agenda": "coming partners points last",
    "shelf list": "id event space title url strategy why_it_helped_me tags goal tried cheers"
    " shared",
    "activity list": "id event space title text url where on starts_at tz tags goal answers"
    " attended cheers state suggested",
    "strength list": "strength mine times",
    "wins": "id event space text whose goal tags on cheers recorded",
    "next": "id event space goal goal_title goes_on step",
    "goal list": "id event title state space steps why target_on confidence",
    "goal show g1": "id event title state space steps why target_on confidence wins questions"
    " feedback resources activities strengths",
    "today": "day moods checkin steps questions news beginnings",
    "calendar": "day entries moods wins checkins",
    "lookback": "month_ago earlier_years begun wins wins_then",
    "reflections": "id event space kind title text mood tags reflection written",
    "strides": "starts_on strides attention reflections",
    "horizons": "areas new attended since",
    "profile show": "id event space display_name pronouns languages interests how_i_like_help"
    " good_times setting stage said",
    "pair show": "state role agreement agreed waiting versions rest people space rhythm coming",
    "pair timeline": "id event space what day text thread said",
    "pair agreement": "state role agreement agreed waiting versions rest people",
    "show e1": "id event kind at local_date by space text reach fields on on_relay after erased"
    " entry",
    "log": "id event kind at local_date by space text reach fields",
    "log --starred": "id event kind at local_date by space text reach fields",
}
"""The keys of each answer, or of each item of a list, as the first release had them."""


@pytest.mark.parametrize("line", KEYS)
def test_no_key_is_ever_renamed(line: str, desk: Desk) -> None:
    found = answer(desk, "ana", line)

    items = found if isinstance(found, list) else [found]
    assert items
    for item in items:
        assert set(KEYS[line].split()) <= set(item)


def test_what_was_said_carries_who_and_when_and_ids_are_hex(desk: Desk) -> None:
    (question,) = answer(desk, "ana", "question list")
    (goal,) = answer(desk, "ana", "goal list")

    assert set(question["asked"]) >= MARK
    assert (question["asked"]["by"], question["asked"]["me"]) == ("Ana", True)
    assert (question["replies"][0]["given"]["by"], question["settled"]["outcome"]) == (
        *("Maya", "helped"),
    )
    assert (question["id"], question["space"], question["goal"]) == ("q1", "Maya", goal["event"])
    assert question["asked"]["at"].endswith("Z")


def test_both_sides_see_one_agreement_in_force(desk: Desk) -> None:
    ana, maya = (answer(desk, who, "pair agreement") for who in ("ana", "maya"))

    assert ana["agreement"]["event"] == maya["agreement"]["event"]
    assert (ana["role"], maya["role"]) == ("mentee", "mentor")
    assert ana["state"] == maya["state"] == "active"
