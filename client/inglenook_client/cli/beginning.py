"""The first five minutes of somebody alone (product 7): a first line, a goal, the kit.

Every question can be passed by with Enter, and none is asked where nobody can answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inglenook_client.words import _

if TYPE_CHECKING:
    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown
    from inglenook_schema.events.content import Content


def guide(call: Call) -> None:
    """Lead a person at a terminal through the start; each answer is saved at once."""
    screen = call.screen
    screen.say("", _("Three short questions. Enter alone skips one."), "")
    if line := _asked(call, _("A first line, for yourself:")):
        _first_line(call, line)
    if title := _asked(call, _("A goal, if you have one in mind:")):
        _first_goal(call, title)
    _kit(call)
    screen.say("", _("That is all. Whenever you like: inglenook   What there is: inglenook help"))


def _asked(call: Call, question: str) -> str:
    return call.screen.answer(question, "--no-guide")


def _first_line(call: Call, text: str) -> None:
    from inglenook_client.journal.texts import tags
    from inglenook_schema.events.writing import EntryWritten

    _saved(call, EntryWritten, text=text, tags=tags(text))


def _first_goal(call: Call, title: str) -> None:
    from inglenook_schema.events.action_plan import StepAdded
    from inglenook_schema.events.goals import GoalSet

    goal = _saved(call, GoalSet, title=title)
    if step := _asked(call, _("One small first step towards it:")):
        _saved(call, StepAdded, goal=goal.event, title=step)


def _saved(call: Call, kind: type[Content], **fields: object) -> Shown:
    from inglenook_client.cli.saving import append, moment

    async def write(journal: Journal) -> Shown:
        content = kind(**fields, **await moment(journal))
        return await append(call, journal, await journal.space(None), content)

    shown = call.run(write)
    call.wrote(shown)
    return shown


def _kit(call: Call) -> None:
    from inglenook_client.cli import kit_sheet

    call.screen.say("")
    kit_sheet.show_and_ask_back(
        call,
        _("Last, your recovery kit: 24 words for a sheet of paper. If every device is lost,"),
        _("only it brings your journal back; without both, what is private is gone."),
    )
