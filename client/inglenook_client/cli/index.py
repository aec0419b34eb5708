"""Which words are commands, and where each is; nothing is imported before it is needed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from inglenook_client.words import later

if TYPE_CHECKING:
    from inglenook_client.cli.command import Command

GROUPS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    (
        later("Writing, for yourself"),
        {
            "prompt": "prompting",
            "mood": "writing",
            "win": "writing",
            "reflect": "looking_back",
            "draft list": "draft_list",
            "draft show": "draft_list",
            "draft drop": "draft_list",
            "revise": "revising",
            "star": "stars",
            "unstar": "stars",
            "strength add": "strengths",
            "strength list": "strengths",
            "wins": "wins",
            "profile show": "profile",
            "profile set": "profile",
        },
    ),
    (
        later("Looking back"),
        {
            "today": "today",
            "log": "looking",
            "show": "showing",
            "search": "looking",
            "calendar": "month",
            "moods": "moods",
            "lookback": "looking_further",
            "reflections": "reflections",
            "strides": "looking_further",
            "horizons": "looking_further",
            "attachment add": "attachments",
            "attachment list": "attachments",
            "attachment get": "attachments",
            "erase": "erasing",
        },
    ),
    (
        later("Goals"),
        {
            "goal new": "goals",
            "goal list": "goals",
            "goal show": "goal_page",
            "goal revise": "goals",
            "goal accept": "goals",
            "goal achieve": "goal_turns",
            "goal pause": "goal_turns",
            "goal resume": "goal_turns",
            "goal let-go": "goal_turns",
            "next": "next_steps",
            "step add": "action_plan",
            "step done": "action_plan",
            "step reopen": "action_plan",
            "step drop": "action_plan",
            "progress": "action_plan",
            "cheer": "action_plan",
        },
    ),
    (
        later("With your mentor or mentee"),
        {
            "share": "sharing",
            "ask": "asking",
            "reply": "asking",
            "settle": "asking",
            "question list": "question_list",
            "note": "asking",
            "feedback ask": "feedback_round",
            "feedback give": "feedback",
            "feedback answer": "feedback_round",
            "feedback list": "feedback_list",
            "checkin plan": "checkins",
            "checkin list": "checkin_list",
            "checkin agenda": "agenda",
            "checkin hold": "checkins",
            "checkin missed": "checkins",
            "checkin summary": "summaries",
            "checkin confirm": "summaries",
            "shelf add": "shelf",
            "shelf list": "shelf",
            "shelf tried": "shelf",
            "activity add": "activities",
            "activity list": "activities",
            "activity answer": "activities",
            "activity went": "activities",
            "pair invite": "pairing",
            "pair join": "pairing",
            "pair approve": "pairing",
            "pair words": "pairing",
            "pair agreement": "agreement",
            "pair show": "us",
            "pair timeline": "us",
            "pair pause": "resting",
            "pair resume": "resting",
            "pair close": "parting",
            "pair leave": "parting",
            "pair restore": "giving_back",
            "who": "people",
        },
    ),
    (
        later("Programmes"),
        {
            "programme join": "enrolling",
            "programme list": "programmes",
            "programme board": "programmes",
            "idea": "voices",
            "programme release": "voices",
            "survey list": "surveys",
            "survey answer": "surveys",
            "survey change": "surveys",
            "survey withdraw": "surveys",
            "survey results": "surveys",
            "survey verify": "surveys",
            "pulse": "voices",
            "pass-on": "enrolling",
            "consent list": "voices",
            "consent withdraw": "voices",
            "programme leave": "programmes",
            "programme init": "programmes",
            "programme invite": "enrolling",
            "programme approve": "enrolling",
            "programme remove": "enrolling",
            "programme inbox": "voices",
            "programme publish": "voices",
            "programme notice": "programmes",
            "programme reply": "programmes",
            "survey new": "survey_asking",
            "survey publish": "survey_asking",
            "survey close": "survey_asking",
            "programme close": "programmes",
        },
    ),
    (
        later("Your devices, and sending"),
        {
            "device add": "devices",
            "device accept": "devices",
            "device approve": "devices",
            "device list": "devices",
            "recovery make": "recovery",
            "recovery test": "recovery",
            "recovery restore": "recovery",
            "device rename": "devices",
            "device revoke": "devices",
            "relay add": "relays",
            "relay list": "relays",
            "relay remove": "relays",
            "relay move": "relays",
            "sync": "syncing",
            "watch": "syncing",
            "export": "leaving",
            "import": "coming_in",
            "pack export": "packs",
            "pack import": "packs",
            "status": "checking",
            "doctor": "checking",
        },
    ),
    (
        later("This journal"),
        {
            "init": "opening",
            "unlock": "opening",
            "lock": "opening",
            "completion": "completing",
            "manual": "manual",
            "schema": "describing",
        },
    ),
)
"""The commands by what they are for, each with the module that has it."""

MODULES: Final = {name: module for _, commands in GROUPS for name, module in commands.items()}

NOUNS: Final[dict[str, tuple[str, ...]]] = {
    first: tuple(name.partition(" ")[2] for name in MODULES if name.startswith(f"{first} "))
    for first in dict.fromkeys(name.partition(" ")[0] for name in MODULES)
}
"""First words with what may follow them; nothing where the first word is all."""

SENTENCES: Final = frozenset(
    {"moods", "today", "next", "wins", "strides", "horizons", "reflections"}
)
"""Commands that take no words, and that many a sentence begins with: then it is text."""

PLANNED: Final[dict[str, tuple[str, ...]]] = {
    "tell": (),
    "help-now": (),
    "block": (),
    "open": (),
}
"""Commands of later versions: typed as such today they are refused, not saved as text."""


def load(name: str) -> Command:
    """The command called ``name``, for example ``goal new``."""
    module = import_module(f"inglenook_client.cli.{MODULES[name]}")
    found: Command = module.COMMANDS[name]
    return found
