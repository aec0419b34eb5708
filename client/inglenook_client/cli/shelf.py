"""The shelf: what helped somebody, and whether it helped the one who tried it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import arguments, pages, saying
from inglenook_client.cli.cards import Called, Card
from inglenook_client.cli.command import Command
from inglenook_client.cli.saving import append, find, moment
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later
from inglenook_schema.events.choices import Helped
from inglenook_schema.events.resources import ResourceShared, ResourceTried

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.resources import Resource
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("title", metavar=_("TITLE"), help=_("what it is called, in quotes"))
    parser.add_argument("--why", metavar=_("TEXT"), help=_("why it helped you"))
    parser.add_argument("--url", metavar=_("URL"), help=_("where it is on the web"))
    parser.add_argument("--strategy", metavar=_("TEXT"), help=_("how it is done, in words"))
    arguments.tags(parser)
    arguments.goal_option(parser)


def _add(call: Call) -> None:
    call.wrote(call.run(lambda journal: _put_there(call, journal)))


async def _put_there(call: Call, journal: Journal) -> Shown:
    args = call.args
    space = await journal.space(args.space)
    goal = (await find(journal, args.goal, "g", space.name))[0].event if args.goal else None
    content = ResourceShared(
        title=args.title,
        url=args.url,
        strategy=args.strategy,
        why_it_helped_me=args.why,
        tags=tuple(args.tag),
        goal=goal,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


def _list_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--tag", type=lambda said: said.lstrip("@#"), metavar=_("TAG"), help=_("only with this tag")
    )
    parser.add_argument(
        "--helped", nargs="?", const=Helped.YES.value, type=arguments.choice,
        choices=[*(each.value for each in Helped), "untried"],
        help=_("only what helped somebody who tried it; or a_bit, not_for_me, untried"),
    )  # fmt: skip
    pages.count_argument(parser)


def _list(call: Call) -> None:
    found = pages.read(
        call,
        lambda journal: journal.views.shelf,
        tag=call.args.tag,
        helped=call.args.helped,
    )
    pages.show(
        call,
        found,
        card,
        [
            _("There is nothing on the shelf yet."),
            _('Something first: inglenook shelf add "Only begin" --strategy "…" --why "…"'),
            _("What helped you once is easier to find here, and may help the other too."),
        ],
    )


def card(resource: Resource, page: Called) -> Card:
    """One of them, as it stands."""
    return Card(
        short=page.shorts.get(resource.id, ""),
        first=one_line(resource.title),
        about=(
            *(f"@{tag}" for tag in resource.tags),
            _("from {name}").format(name=saying.writer(resource.shared)),
            saying.readers(page.spaces[resource.space]),
        ),
        text="\n".join(_said(resource)),
    )


def _said(resource: Resource) -> Iterator[str]:
    yield from (said for said in (resource.strategy, resource.url) if said)
    if resource.why_it_helped_me:
        yield _("Why it helped: {why}").format(why=resource.why_it_helped_me)
    for tried in resource.tried:
        said = f"{saying.writer(tried.said)}: {saying.word(tried.helped)}"
        yield f"{said} ({tried.note})" if tried.note else said


def _tried_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "resource", type=arguments.reference, metavar=_("ID"), help=_("its id, such as r1")
    )
    parser.add_argument(
        "--helped",
        required=True,
        type=arguments.choice,
        choices=[each.value for each in Helped],
        help=_("whether it helped you"),
    )
    parser.add_argument("--note", metavar=_("TEXT"), help=_("how it went"))


def _tried(call: Call) -> None:
    call.wrote(call.run(lambda journal: _say_tried(call, journal)))


async def _say_tried(call: Call, journal: Journal) -> Shown:
    args = call.args
    resource, space = await find(journal, args.resource, "r", args.space)
    content = ResourceTried(
        resource=resource.event,
        helped=Helped(args.helped),
        note=args.note,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


COMMANDS: Final = {
    "shelf add": Command(
        later("put something that helped you on the shelf"),
        _add,
        _add_arguments,
        ('inglenook shelf add "Only begin" --strategy "Two minutes" --why "Then I go on"',),
        writes=True,
    ),
    "shelf list": Command(
        later("what is on the shelf, and whom it helped"),
        _list,
        _list_arguments,
        ("inglenook shelf list", "inglenook shelf list --helped"),
        long=True,
    ),
    "shelf tried": Command(
        later("you tried something from the shelf"),
        _tried,
        _tried_arguments,
        ("inglenook shelf tried r1 --helped a_bit",),
        writes=True,
    ),
}
