"""The JSON Schema of every kind of event, for people who write programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from inglenook_client.cli.bare import nearest
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "kind", nargs="?", metavar=_("KIND"), help=_("one kind, such as goal.set; all if left out")
    )


def _schema(call: Call) -> None:
    from inglenook_schema.events.jsonschema import all_schemas, schema_of
    from inglenook_schema.events.registry import KINDS

    kind = call.args.kind
    if kind is not None and kind not in KINDS:
        near = nearest(kind, KINDS)
        hint = _("Did you mean {kind}?").format(kind=near) if near else ", ".join(KINDS)
        raise MistakeError(_("There is no kind called {kind}. {hint}").format(kind=kind, hint=hint))
    found = schema_of(kind) if kind else all_schemas()
    # The answer is JSON with and without --json.
    print(json.dumps(found, indent=2))


COMMANDS: Final = {
    "schema": Command(
        later("the JSON Schema of one kind of event, or of all"),
        _schema,
        _arguments,
        ("inglenook schema goal.set",),
        in_spaces=False,
    ),
}
