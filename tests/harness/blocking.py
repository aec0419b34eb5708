"""The watch for blocking calls, with what our client may do in passing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from blockbuster import BlockBuster, blockbuster_ctx

_MICROSECONDS = (
    # Names, locks and small files of this machine, which answer at once.
    ("inglenook_client/keys/rendezvous.py", {"make_socket_path", "is_private", "socket_name"}),
    ("inglenook_client/journal/turn.py", {"try_take", "listen", "release", "poke"}),
    ("inglenook_client/journal/letting_in.py", {"spell"}),
    ("inglenook_client/journal/home.py", {"open"}),
    ("inglenook_client/ambient.py", {"local_zone"}),
    # Not ours, but called by ours: a camera that looks at every step.
    ("harness/photographs.py", {"shoot"}),
)


@contextmanager
def watching() -> Iterator[BlockBuster]:
    """Fail coroutines of ours that hold up the loop, but for what is named above."""
    with blockbuster_ctx(["inglenook_client", "inglenook_server"]) as watch:
        for function in watch.functions.values():
            for file, functions in _MICROSECONDS:
                function.can_block_in(file, functions)
        yield watch
