"""A text in sections, for the editor: headings with a question and room below each.

## Strides: what moved on, one a line
> What did you do this week that you are quietly proud of?

## Needs attention: one a line
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_MARK = "## "
_ASKS = "> "
_NONE: Mapping[str, str] = {}


def template(
    headings: Mapping[str, str],
    asks: Mapping[str, str] = _NONE,
    filled: Mapping[str, str] = _NONE,
) -> str:
    """The form.

    Args:
        headings: What each section is called on screen, by its name.
        asks: A question to begin with, by the section's name.
        filled: What stands in a section at first, by its name.
    """
    return "\n\n".join(
        f"{_MARK}{heading}\n"
        + (f"{_ASKS}{asks[name]}\n" if name in asks else "")
        + filled.get(name, "")
        for name, heading in headings.items()
    )


def read(
    text: str, headings: Mapping[str, str], first: str, asked: Iterable[str] = ()
) -> dict[str, str]:
    """What was written under each heading, by the section's name; nothing where it is empty.

    Args:
        text: The form as it came back.
        headings: As for `template`.
        first: The section that words above every heading belong to.
        asked: Questions that the form may have held; they are no part of what was written.
    """
    passed_over = {_ASKS + question for question in asked}
    names = {_MARK + heading: name for name, heading in headings.items()}
    found = dict[str, list[str]]()
    section = first
    for line in text.splitlines():
        if line.rstrip() in names:
            section = names[line.rstrip()]
        elif line.rstrip() not in passed_over:
            found.setdefault(section, []).append(line)
    written = {name: "\n".join(lines).strip() for name, lines in found.items()}
    return {name: said for name, said in written.items() if said}


def lines(text: str) -> tuple[str, ...]:
    """The lines of a section, without blank ones and list marks."""
    stripped = (line.strip().removeprefix("- ").removeprefix("* ") for line in text.splitlines())
    return tuple(line for line in stripped if line)
