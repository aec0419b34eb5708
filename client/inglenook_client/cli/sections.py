"""A text in sections, for the editor: headings with room below each.

## Strides: what moved on, one a line

## Needs attention: one a line
"""

from __future__ import annotations

from collections.abc import Mapping

_MARK = "## "


def template(headings: Mapping[str, str]) -> str:
    """The empty form.

    Args:
        headings: What each section is called on screen, by its name.
    """
    return "\n\n".join(_MARK + heading + "\n" for heading in headings.values())


def read(text: str, headings: Mapping[str, str], first: str) -> dict[str, str]:
    """What was written under each heading, by the section's name; nothing where it is empty.

    Args:
        text: The form as it came back.
        headings: As for `template`.
        first: The section that words above every heading belong to.
    """
    names = {_MARK + heading: name for name, heading in headings.items()}
    found = dict[str, list[str]]()
    section = first
    for line in text.splitlines():
        if line.rstrip() in names:
            section = names[line.rstrip()]
        else:
            found.setdefault(section, []).append(line)
    written = {name: "\n".join(lines).strip() for name, lines in found.items()}
    return {name: said for name, said in written.items() if said}


def lines(text: str) -> tuple[str, ...]:
    """The lines of a section, without blank ones and list marks."""
    stripped = (line.strip().removeprefix("- ").removeprefix("* ") for line in text.splitlines())
    return tuple(line for line in stripped if line)
