"""``inglenook-witness``: begin one, run it, see how far its surveys are."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from inglenook_schema.errors import InglenookError
from inglenook_server import ambient
from inglenook_server.core.errors import StoreUnavailableError, UnreachableError

EVERY_S: Final = 300.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code, 0 or 1."""
    options = _parser().parse_args(sys.argv[1:] if argv is None else argv)
    os.umask(0o077)
    try:
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except InglenookError as error:
        print(f"inglenook-witness: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _init(options: argparse.Namespace) -> int:
    from inglenook_server.shells.cards import read_card, write_card
    from inglenook_server.stores.sqlite_sums import WitnessFile
    from inglenook_server.witness import keys

    relay = read_card(sys.stdin.read() if options.relay == "-" else options.relay)

    async def begin() -> str:
        store = await WitnessFile.open(options.db)
        try:
            return write_card(await keys.begin(store, options.name, relay))
        finally:
            await store.close()

    print(asyncio.run(begin()))
    return 0


def _run(options: argparse.Namespace) -> int:
    asyncio.run(_serve(options.db, options.every, once=options.once))
    return 0


async def _serve(path: Path, every_s: float, *, once: bool) -> None:
    """Visit the relay again and again; one that does not answer is visited later."""
    from inglenook_server.stores.sqlite_sums import WitnessFile
    from inglenook_server.witness import errands, keys

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    store = await WitnessFile.open(path)
    try:
        witness = await keys.load(store)
        if not once:
            print(f"inglenook-witness visits {witness.relay.origin}", flush=True)
        async with errands.RelayLine(witness.relay.origin) as line:
            while not stop.is_set():
                try:
                    done = await errands.visit(witness, line)
                    await witness.helper.forget(ambient.unix_s())
                    await keys.top_up(store)
                    if once:
                        print(f"{done} done")
                except (UnreachableError, StoreUnavailableError) as error:
                    if once:
                        raise
                    print(f"inglenook-witness: {error}", file=sys.stderr, flush=True)
                if once:
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(every_s):
                        await stop.wait()
    finally:
        await store.close()


def _status(options: argparse.Namespace) -> int:
    from inglenook_server.core.sums.rows import (
        WitnessState,
        read,
        terms_of,
    )
    from inglenook_server.core.sums.store import Kind, Wanted
    from inglenook_server.shells.cards import write_card
    from inglenook_server.stores.sqlite_sums import WitnessFile
    from inglenook_server.witness import keys

    async def look() -> list[str]:
        store = await WitnessFile.open(options.db)
        try:
            witness = await keys.load(store)
            free = sum(not key.survey for key in await keys.token_keys(store))
            lines = [
                f"Witness: {witness.operator.name}",
                f"Relay: {witness.relay.name}, {witness.relay.origin}",
                f"Token keys for surveys to come: {free}",
            ]
            for survey in await store.surveys():
                rows = await store.load(survey.id, (Wanted(Kind.STATE),))
                state = read(rows.found[Kind.STATE, b""], WitnessState)
                title = terms_of(state.terms)[1].title[0][1]
                lines.append(f"{survey.id.hex()[:8]}  {state.phase.name.lower():10} {title}")
            if options.card:
                found = await keys.card(store, witness.operator, witness.keys)
                lines = [write_card(found)]
            return lines
        finally:
            await store.close()

    print("\n".join(asyncio.run(look())))
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Exit with 1, as every mistake in a command does."""
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="inglenook-witness",
        description="Hold the other half of each answer to a survey, and give everybody one "
        "token. It listens nowhere, and may be off for weeks.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    begin = commands.add_parser("init", help="give it a name and keys; prints its card")
    begin.add_argument("--name", required=True, help="who runs it, as members will read it")
    begin.add_argument(
        "--relay",
        required=True,
        metavar="CARD",
        help="as inglenook-relay operator prints it; - reads it",
    )
    begin.set_defaults(command=_init)
    run = commands.add_parser("run", help="visit the relay, do what waits, again and again")
    run.add_argument(
        "--every", type=_seconds, default=EVERY_S, metavar="SECONDS", help="how often (300)"
    )
    run.add_argument("--once", action="store_true", help="visit once, and stop")
    run.set_defaults(command=_run)
    status = commands.add_parser("status", help="how far its surveys are")
    status.add_argument("--card", action="store_true", help="only print the card")
    status.set_defaults(command=_status)
    for each in (begin, run, status):
        each.add_argument("--db", type=Path, required=True, metavar="FILE", help="its one file")
    return parser


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0.05 <= found <= 86_400:
        raise argparse.ArgumentTypeError("it is a number of seconds, at most a day")
    return found
