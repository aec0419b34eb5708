"""``inglenook-relay``: run a relay, make a voucher for one, or let it take part in surveys."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, NoReturn

from inglenook_schema import mailbox
from inglenook_schema.errors import CallerError, InglenookError
from inglenook_server import ambient
from inglenook_server.config import Config
from inglenook_server.core.rules import CreateMode, Quota, Rules
from inglenook_server.fanouts.opening import LOCAL, is_fanout, open_fanout
from inglenook_server.stores.opening import SQLITE, is_store, open_store

_RUN: Final = "run"
_QUOTA: Final = Quota()


class Listen(NamedTuple):
    """Where to listen."""

    host: str
    port: int
    """0 for a free one."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code, 0 or 1."""
    words = list(sys.argv[1:] if argv is None else argv)
    command = words.pop(0) if words and words[0] in _COMMANDS else _RUN
    os.umask(0o077)
    try:
        return _COMMANDS[command](words)
    except InglenookError as error:
        print(f"inglenook-relay: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Exit with 1, as every mistake in a command does."""
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")


def _run(words: Sequence[str]) -> int:
    options = _run_parser().parse_args(words)
    listen: Listen = options.listen
    create: CreateMode = options.create or CreateMode.OPEN
    if create is CreateMode.OPEN and not listen.is_loopback:
        raise CallerError(
            "Beyond this machine a relay does not let anybody create mailboxes; "
            "say --create token, and hand out vouchers."
        )
    quota = Quota(options.quota_bytes, options.quota_records, options.quota_puts)
    config = Config(Rules(create, quota), max_live=options.max_live, drain_s=options.drain)
    asyncio.run(_serve(options.store, options.fanout, listen, config))
    return 0


async def _serve(word: str, carrier: str, listen: Listen, config: Config) -> None:
    # Here, so that --help and mistakes are answered at once.
    from aiohttp import web

    from inglenook_server.shells.http import DRAINING, make_app
    from inglenook_server.shells.trouble import Trouble

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _raise_file_limit()
    store = await open_store(word)
    try:
        fanout = open_fanout(carrier, store, Trouble("Hints between processes").note)
        app = make_app(store, config, fanout)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=config.stop_timeout_s)
        await runner.setup()
        try:
            await web.TCPSite(runner, listen.host, listen.port).start()
            host, port = runner.addresses[0][:2]
            shown = f"[{host}]" if ":" in host else host
            print(f"inglenook-relay listening on http://{shown}:{port}", flush=True)
            await stop.wait()
            stop.clear()  # a second signal ends the draining
            app[DRAINING].set()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), config.drain_s)
        except OSError as error:
            reason = os.strerror(error.errno or 0) if (error.errno or 0) > 0 else "no such host"
            raise CallerError(f"Cannot listen there ({reason}).") from None
        finally:
            await runner.cleanup()
    finally:
        await store.close()


def _voucher(words: Sequence[str]) -> int:
    options = _voucher_parser().parse_args(words)
    code = ambient.voucher()
    asyncio.run(_add_voucher(options.store, code, options.uses))
    print(code)
    return 0


async def _add_voucher(word: str, code: str, uses: int) -> None:
    store = await open_store(word)
    try:
        await store.add_voucher(mailbox.token_hash(code.encode("ascii")), uses)
    finally:
        await store.close()


def _operator(words: Sequence[str]) -> int:
    from inglenook_server.shells.operating import operator

    return operator(words, _Parser, _add_store)


_COMMANDS: Final[dict[str, Callable[[Sequence[str]], int]]] = {
    _RUN: _run,
    "voucher": _voucher,
    "operator": _operator,
}


def _run_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="inglenook-relay",
        description="Carry sealed records between devices; open none.",
        epilog="inglenook-relay voucher --db FILE [--uses N] prints a code that lets "
        "somebody create mailboxes on a relay that runs with --create token. "
        "inglenook-relay operator lets it hold one half of each answer to a survey.",
    )
    _add_store(parser)
    parser.add_argument(
        "--listen", type=_listen, required=True, metavar="HOST:PORT", help="port 0 takes a free one"
    )
    parser.add_argument(
        "--fanout",
        type=_fanout,
        default=LOCAL,
        metavar="WHERE",
        help="what carries hints to live connections: local, or nats://HOST where several "
        "processes share one PostgreSQL (%(default)s)",
    )
    parser.add_argument(
        "--create",
        type=CreateMode,
        choices=list(CreateMode),
        help="what creating a mailbox costs: nothing, or a voucher; open only on loopback",
    )
    parser.add_argument(
        "--quota-bytes",
        type=_positive,
        default=_QUOTA.max_bytes,
        metavar="N",
        help="bytes a mailbox (%(default)s)",
    )
    parser.add_argument(
        "--quota-records",
        type=_positive,
        default=_QUOTA.max_records,
        metavar="N",
        help="records a mailbox (%(default)s)",
    )
    parser.add_argument(
        "--quota-puts",
        type=_positive,
        default=_QUOTA.puts_a_minute,
        metavar="N",
        help="new records a mailbox a minute (%(default)s)",
    )
    parser.add_argument(
        "--max-live",
        type=_positive,
        default=Config().max_live,
        metavar="N",
        help="live connections at once (%(default)s)",
    )
    parser.add_argument(
        "--drain",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="how long to say “not ready” and go on, after the signal to stop (%(default)s)",
    )
    return parser


def _voucher_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="inglenook-relay voucher",
        description="Print a new code that lets its holder create mailboxes. "
        "It may be made while the relay runs.",
    )
    _add_store(parser)
    parser.add_argument(
        "--uses",
        type=_positive,
        default=1,
        metavar="N",
        help="mailboxes it may create (%(default)s)",
    )
    return parser


def _add_store(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--store",
        type=_store,
        metavar="STORE",
        help="the database: sqlite:FILE or postgresql://USER@HOST/NAME",
    )
    where.add_argument(
        "--db",
        dest="store",
        type=SQLITE.__add__,
        metavar="FILE",
        help="short for --store sqlite:FILE",
    )


def _store(text: str) -> str:
    if not is_store(text):
        raise argparse.ArgumentTypeError("it looks like sqlite:FILE or postgresql://USER@HOST/NAME")
    return text


def _fanout(text: str) -> str:
    if not is_fanout(text):
        raise argparse.ArgumentTypeError("it is local, or looks like nats://HOST:4222")
    return text


def _listen(text: str) -> Listen:
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise argparse.ArgumentTypeError("it looks like 127.0.0.1:8080 or [::1]:8080")
    return Listen(host, int(port))


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("it is a whole number, at least 1")
    return int(text)


def _seconds(text: str) -> float:
    if not text.isdecimal() or int(text) > 3_600:
        raise argparse.ArgumentTypeError("it is a whole number of seconds, at most 3600")
    return float(text)


def _raise_file_limit() -> None:
    """Every connection is a file: take as many as the system lets us have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
