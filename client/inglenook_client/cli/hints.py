"""What is said to a command line that is none: the likely command, or how to save words."""

from __future__ import annotations

import shlex

from inglenook_client.cli.bare import Slip
from inglenook_client.cli.index import NOUNS
from inglenook_client.words import _


def hint(slip: Slip) -> str:
    """Why nothing was saved, and what to write instead."""
    first = slip.words[0]
    as_text = "inglenook -- " + shlex.join(slip.words)
    if slip.planned:
        why = _("“{command}” comes with a later version of Inglenook.").format(command=slip.near)
    elif NOUNS.get(first):
        why = _("“{command}” needs one of: {choices}.").format(
            command=first, choices=", ".join(NOUNS[first])
        )
    elif slip.near:
        why = _("Did you mean: inglenook {command}?").format(command=slip.near)
    elif first.startswith("-") or len(slip.words) > 1:
        why = _("That has an option which Inglenook does not know.")
    else:
        why = _("One word alone is not saved, in case it was meant to be a command.")
    save = _("Nothing was saved. To save these words: {command}").format(command=as_text)
    return f"{why}\n{save}"
