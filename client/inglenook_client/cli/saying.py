"""Values as words: scales, states, answers, where something is and who can read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from inglenook_client.core.projections.mark import Mark
    from inglenook_client.journal.model import Places, Shown

JOURNAL: Final = "journal"

MOODS: Final = (
    later("very low"), later("low"), later("okay"), later("good"), later("very good"),
)  # fmt: skip
CONFIDENCE: Final = (
    later("not sure at all"), later("a little sure"), later("fairly sure"), later("sure"),
    later("very sure"),
)  # fmt: skip
LEVELS: Final = (
    later("just begun"), later("under way"), later("half way"), later("nearly there"),
    later("there"),
)  # fmt: skip

WORDS: Final[Mapping[str, str]] = {
    "listen": later("to be heard"),
    "ideas": later("ideas"),
    "experience": later("experience"),
    "act": later("something done"),
    "proposed": later("thinking about"),
    "active": later("working on"),
    "paused": later("resting"),
    "achieved": later("reached"),
    "let_go": later("let go"),
    "open": later("no reply yet"),
    "answered": later("answered"),
    "settled": later("settled"),
    "helped": later("it helped"),
    "partly": later("it helped in part"),
    "not_yet": later("not yet"),
    "no_longer_needed": later("no longer needed"),
    "thanks": later("thanks"),
    "will_try": later("I will try it"),
    "lets_talk": later("let's talk about it"),
    "not_for_me": later("not for me"),
    "yes": later("it helped"),
    "a_bit": later("it helped a bit"),
    "going": later("going"),
    "maybe": later("maybe"),
    "not_this_time": later("not this time"),
    "soon": later("soon"),
    "next_checkin": later("at the next check-in"),
    "any_time": later("any time"),
    "day": later("day"),
    "week": later("week"),
    "month": later("month"),
    "term": later("term"),
    "year": later("year"),
    "stage": later("stage"),
    "mentor": later("mentor"),
    "mentee": later("mentee"),
    "owner": later("owner"),
    "situation": later("Situation"),
    "behaviour": later("Behaviour"),
    "impact": later("Impact"),
    "what_went_well": later("What went well"),
    "even_better_if": later("Even better if"),
    "start": later("Start"),
    "stop": later("Stop"),
    "continue": later("Continue"),
}
"""Stored words, which are never translated, as a person reads them."""


def word(stored: str) -> str:
    """A stored word as a person reads it; one we do not know stays as it is."""
    return _(WORDS[stored]) if stored in WORDS else one_line(stored)


def sentence(said: str) -> str:
    """Words that stand in a line elsewhere, as a sentence of their own."""
    return f"{said[:1].upper()}{said[1:]}."


def scale(words: tuple[str, ...], value: int) -> str:
    """A value from 1 to 5 in words."""
    return _(words[value - 1]) if 1 <= value <= len(words) else str(value)


def rhythm(every: int, unit: str) -> str:
    """How often, in words."""
    match str(unit):
        case "day":
            return ngettext("every day", "every {n} days", every).format(n=every)
        case "month":
            return ngettext("every month", "every {n} months", every).format(n=every)
        case _:
            return ngettext("every week", "every {n} weeks", every).format(n=every)


def author(shown: Shown) -> str:
    """Who wrote it: ``you``, or the name."""
    return _("you") if shown.mine else one_line(shown.by)


def writer(mark: Mark) -> str:
    """Who wrote a part of a view: ``you``, or the name."""
    return _("you") if mark.mine else one_line(mark.by)


def whose(who: str, said: Mark) -> str:
    """Whose a thing is, as the one who reads sees it; it is stored as its writer saw it."""
    if who == "both":
        return _("both of you")
    return _("you") if (who == "me") == said.mine else _("the other")


def readers(space: str) -> str:
    """Who can read what stands in a space."""
    if space == JOURNAL:
        return _("only you")
    return _("you and {name}").format(name=partner(space))


def partner(space: str) -> str:
    """The other of a pair, by the space's name; a space without a name yet has none."""
    return _("your partner") if space == "pair" else one_line(space)


def reach(shown: Shown) -> str:
    """Where an event of this person has got to."""
    match str(shown.reach):
        case "here":
            return _("saved on this device")
        case "waiting":
            return _("waiting to send")
        case "relay":
            return _("on the relay")
        case _ if shown.space == JOURNAL:
            return _("on your other device")
        case _:
            return _("on {name}'s device").format(name=partner(shown.space))


def whereabouts(shown: Shown, places: Places) -> str:
    """Every place where an event is known to be, this device first."""
    parts = [_("saved here")]
    if str(shown.reach) == "waiting":
        parts.append(_("waiting to send"))
    if places.relay:
        parts.append(_("on the relay"))
    parts += [_("on {device}").format(device=one_line(device)) for device in places.on]
    return " · ".join(parts)


def saved(shown: Shown) -> str:
    """What is said when something was written: where it is, and who can read it."""
    if shown.space == JOURNAL:
        return _("Saved on this device. Only you can read it.")
    name = partner(shown.space)
    if str(shown.reach) == "here":
        message = _(
            "Saved on this device, for you and {name}. It is not sent yet; status says why."
        )
    else:
        message = _("Saved on this device, for you and {name}. The next sync sends it.")
    return message.format(name=name)


def size(count: int) -> str:
    """How large a file is, in round numbers."""
    if count < 1_000:
        return ngettext("{n} byte", "{n} bytes", count).format(n=count)
    if count < 1_000_000:
        return _("{n} kB").format(n=round(count / 1_000))
    return _("{n} MB").format(n=round(count / 1_000_000, 1))
