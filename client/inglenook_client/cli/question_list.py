"""The questions of a pair: those that wait first, the urgent ones before the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import arguments, pages, saying
from inglenook_client.cli.cards import Called, Card
from inglenook_client.cli.command import Command
from inglenook_client.words import _, later
from inglenook_schema.events.choices import Want

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.questions import Question

_STATES: Final = ("open", "answered", "settled")


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--want", type=arguments.choice, choices=[want.value for want in Want],
        help=_("only those that want this"),
    )  # fmt: skip
    parser.add_argument("--state", choices=_STATES, help=_("only those that stand so"))
    pages.count_argument(parser)


def _list(call: Call) -> None:
    args = call.args
    found = pages.read(
        call,
        lambda journal: journal.views.questions,
        states=(args.state,) if args.state else (),
        want=args.want,
    )
    pages.show(
        call,
        found,
        card,
        [
            _("There is no question here."),
            _('To ask one: inglenook ask "How do you begin?" --want experience'),
            _("Asking is how the two of you begin."),
        ],
    )


def card(question: Question, page: Called) -> Card:
    """One question, with its replies."""
    space = page.spaces[question.space]
    return Card(
        short=page.shorts.get(question.id, ""),
        first=saying.word(question.state),
        about=(
            _by(question, space),
            _("wants {want}").format(want=saying.word(question.want)),
            saying.word(question.when) if question.when else "",
        ),
        text="\n".join([question.text, *_replies(question)]),
    )


def _by(question: Question, space: str) -> str:
    if question.asked.mine:
        return _("you asked {name}").format(name=saying.partner(space))
    return _("{name} asked you").format(name=saying.partner(space))


def _replies(question: Question) -> Iterator[str]:
    for reply in question.replies:
        yield f"{saying.writer(reply.given)}: {reply.text}"
    if question.settled:
        settled = _("settled: {outcome}").format(outcome=saying.word(question.settled.outcome))
        yield f"{settled} ({question.settled.note})" if question.settled.note else settled


COMMANDS: Final = {
    "question list": Command(
        later("the questions between you, those that wait first"),
        _list,
        _arguments,
        ("inglenook question list", "inglenook question list --want listen --state open"),
        long=True,
    ),
}
