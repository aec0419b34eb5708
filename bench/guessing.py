"""What the time of an answer tells whoever guesses tokens: nothing, within the error given.

- ``relay.guess.difference``: the mean difference between asking for a mailbox that is there
  with a wrong token and for one that is not, in microseconds, beside its standard error. Each
  pair of questions goes over one connection right after each other, in a random order. It tells
  something where it is several times its error in run after run; so there is no goal.

A relay process over SQLite answers, with 1,000 mailboxes in it.
"""

from __future__ import annotations

import http.client
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lines import report

from inglenook_schema import mailbox, wire
from inglenook_schema.wire import Make, ToRelay, Want

PAIRS = 4_000
WARM_UP = 200
BOXES = 1_000
RELAY = "import sys; from inglenook_server.shells.cli import main; sys.exit(main())"
HEADERS = {"Content-Type": "application/x-msgpack"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-c", RELAY, "--db", str(Path(folder) / "db")]
        with subprocess.Popen(
            [*words, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
        ) as relay:
            try:
                assert relay.stdout is not None
                measure(int(relay.stdout.readline().strip().rsplit(":", 1)[-1]))
            finally:
                relay.terminate()


def measure(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    hashes = [number.to_bytes(32, "big") for number in range(2 * BOXES)]
    there = hashes[:BOXES]
    for at in range(0, BOXES, 250):
        makes = [Make(mailbox.address(h, h), h, h, b"", 400, b"") for h in there[at : at + 250]]
        ask(connection, wire.encode(ToRelay(make=tuple(makes))))
    dice = random.Random(4)
    differences: list[float] = []
    times: list[float] = []
    for number in range(WARM_UP + PAIRS):
        asked = [dice.choice(there), dice.choice(hashes[BOXES:])]
        took = [0.0, 0.0]
        for which in dice.sample((0, 1), 2):
            address = mailbox.address(asked[which], asked[which])
            want = Want(address, dice.randbytes(32), 0, mailbox.EMPTY_HEAD)
            took[which] = ask(connection, wire.encode(ToRelay(want=(want,))))
        if number >= WARM_UP:
            differences.append((took[0] - took[1]) * 1e6)
            times += took
    connection.close()
    # the slowest hundredth is what else the machine does
    bound = statistics.quantiles(map(abs, differences), n=100)[-1]
    kept = [d for d in differences if abs(d) <= bound]
    error = statistics.stdev(kept) / len(kept) ** 0.5
    report("relay.guess.difference", len(kept), abs(statistics.fmean(kept)), "µs", error)


def ask(connection: http.client.HTTPConnection, frame: bytes) -> float:
    """Seconds until the answer is here."""
    begun = time.perf_counter()
    connection.request("POST", "/v1/sync", frame, HEADERS)
    connection.getresponse().read()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
