"""What consented sums cost: ``--people`` who answer ``--questions`` histograms of five.

A report's bytes as uploaded, against the bytes of its shares alone; the client's time to
shard, and each aggregator's to check a report and add it up, without HPKE, against the bare
XOF calls that the draft asks of them; HPKE by itself, against the two key exchanges in it;
and what both aggregators do at a closing, one after the other in this process: open, check,
count, draw noise, seal their sums. Times are of this process's CPU.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from lines import report, say

from inglenook_schema import dap, hpke, noise, suite
from inglenook_schema.dap import sealing
from inglenook_schema.prio3 import Prio3Histogram, xof

T = TypeVar("T")

VDAF = Prio3Histogram(shares=2, length=5, chunk_length=2)
CTX = b"dap-18" + bytes(32)
KEY = hashlib.sha256(b"verify key").digest()
TASK = dap.TaskConfiguration(
    *(b"How sure are you about your next step?", b"https://relay.example"),
    *(b"https://witness.example", dap.TimePrecision(3600), 50, dap.BatchModeCode(2), b""),
    *(dap.VdafType(4), dap.encode(dap.Prio3HistogramConfig(5, 2)), ()),
)
ROLES = (dap.Role.LEADER, dap.Role.HELPER)
SHARD_MS, AGGREGATOR_MS, CLOSE_S = 0.12, 0.2, 8.0
CLOSED = 2_000


@dataclass
class Sharded:
    """One report before it is sealed."""

    report_id: dap.ReportID
    public: bytes
    shares: list[bytes]


@dataclass
class Keys:
    """The keys of the two aggregators."""

    private: list[suite.KemKey]
    configs: list[dap.HpkeConfig]


def timed(run: Callable[[], T]) -> tuple[float, T]:
    """Seconds of CPU, and what came of it."""
    begun = time.process_time()
    found = run()
    return time.process_time() - begun, found


def shard(count: int) -> list[Sharded]:
    made = []
    for number in range(count):
        report_id = dap.ReportID(os.urandom(16))
        public, shares = VDAF.shard(CTX, number % 5, report_id, os.urandom(VDAF.RAND_SIZE))
        made.append(Sharded(report_id, public, shares))
    return made


def begin(made: list[Sharded], who: int) -> list[tuple[bytes, bytes]]:
    return [
        VDAF.verify_init(KEY, CTX, who, each.report_id, each.public, each.shares[who])
        for each in made
    ]


def decide(shares: list[list[bytes]]) -> list[bytes]:
    """One of the two does this for both."""
    return [VDAF.verifier_shares_to_message(CTX, pair) for pair in shares]


def finish(states: list[bytes], messages: list[bytes]) -> bytes:
    return VDAF.aggregate(map(VDAF.verify_next, states, messages))


def bare_shard(count: int) -> None:
    """The XOF calls of a shard and nothing else."""
    for sizes in [
        ((5 * 16, 1), (32, 112), (32, 112), (32, 64), (48, 1), (64, 1), (176, 2))
    ] * count:
        _bare(sizes)


def bare_leader(count: int) -> None:
    for sizes in [((32, 112), (32, 64), (48, 1), (48, 17), (32, 64))] * count:
        _bare(sizes)


def bare_helper(count: int) -> None:
    for sizes in [((80, 1), (176, 2), (32, 112), (32, 64), (48, 1), (48, 17))] * count:
        _bare(sizes)


def _bare(sizes: tuple[tuple[int, int], ...]) -> None:
    front, seed = _FRONT, KEY
    for out, binder in sizes:
        xof.TurboSHAKE128.new(domain=1, data=front + seed + bytes(binder)).read(out)


_FRONT = xof.head(xof.tag(4, 1, CTX))


def aad(made: Sharded) -> dap.InputShareAad:
    metadata = dap.ReportMetadata(made.report_id, dap.Time(490_000), ())
    return dap.InputShareAad(dap.TaskID(bytes(32)), TASK, metadata, made.public)


def seal(made: list[Sharded], keys: Keys) -> list[dap.Report]:
    """Every report as it is uploaded."""
    sealed = []
    for each in made:
        bound = aad(each)
        texts = [
            sealing.seal_input_share(config, role, bound, dap.PlaintextInputShare((), share))
            for config, role, share in zip(keys.configs, ROLES, each.shares, strict=True)
        ]
        sealed.append(dap.Report(bound.report_metadata, each.public, *texts))
    return sealed


def bare_seal(count: int, public: bytes) -> None:
    for _ in range(count):
        suite.kem_encapsulate(public)


def opened(uploads: list[bytes], keys: Keys, who: int) -> list[Sharded]:
    """Read and open all reports as one aggregator."""
    found = []
    for upload in uploads:
        read = dap.decode(dap.Report, upload)
        metadata, public = read.report_metadata, read.public_share
        sealed = (read.leader_encrypted_input_share, read.helper_encrypted_input_share)[who]
        bound = dap.InputShareAad(dap.TaskID(bytes(32)), TASK, metadata, public)
        share = sealing.open_input_share(keys.private[who], who, ROLES[who], bound, sealed)
        shares = [b"", b""]
        shares[who] = share.payload
        found.append(Sharded(metadata.report_id, public, shares))
    return found


def close(uploads: list[bytes], keys: Keys, questions: int) -> list[list[int]]:
    """Both aggregators' work at a closing, and the collector's."""
    reports = [opened(uploads, keys, who) for who in range(2)]
    begun = [begin(reports[who], who) for who in range(2)]
    pairs = zip(*([share for _, share in each] for each in begun), strict=True)
    messages = decide([list(pair) for pair in pairs])
    scale = noise.scale(2, Fraction(1))
    results = []
    asked = dap.CollectionJobReq(dap.Query(dap.BatchMode.LEADER_SELECTED, b""), b"", ())
    bound = dap.AggregateShareAad(dap.TaskID(bytes(32)), TASK, asked)
    for question in range(questions):
        sums = []
        for who in range(2):
            states = [state for state, _ in begun[who]]
            total = finish(states[question::questions], messages[question::questions])
            noised = VDAF.add_noise(total, noise.laplaces(5, scale, os.urandom))
            sealing.seal_aggregate_share(keys.configs[who], ROLES[who], bound, noised)
            sums.append(noised)
        results.append(VDAF.unshard_noised(sums, len(uploads) // questions))
    return results


def measure(people: int, questions: int, keys: Keys) -> bool:
    """All lines of one size; whether the goals are met."""
    count = people * questions
    say(f"sums: {people} people, {questions} questions")
    taken, made = timed(lambda: shard(count))
    bare, _ = timed(lambda: bare_shard(count))
    ms = 1e3 / count
    met = report("sums.shard", people, taken * ms, "ms", bare * ms, SHARD_MS, "value")

    first, leaders = timed(lambda: begin(made, 0))
    second, helpers = timed(lambda: begin(made, 1))
    pairs = [[one, two] for (_, one), (_, two) in zip(leaders, helpers, strict=True)]
    decided, messages = timed(lambda: decide(pairs))
    ended, _ = timed(lambda: finish([state for state, _ in leaders], messages))
    for name, taken, loop in (
        ("leader", first + decided + ended, bare_leader),
        ("helper", second + ended, bare_helper),
    ):
        bare, _ = timed(lambda loop=loop: loop(count))
        met &= report(f"sums.{name}", people, taken * ms, "ms", bare * ms, AGGREGATOR_MS, "value")

    taken, reports = timed(lambda: seal(made, keys))
    bare, _ = timed(lambda: bare_seal(2 * count, keys.configs[0].public_key))
    met &= report("sums.seal", people, taken * ms, "ms", bare * ms)
    uploads = [dap.encode(each) for each in reports]
    shares = sum(len(each.public) + sum(map(len, each.shares)) for each in made)
    size = sum(map(len, uploads)) / count
    met &= report("sums.bytes", people, size, "B a report", shares / count)
    met &= report("sums.person", people, size * questions, "B a person", shares / people)

    taken, results = timed(lambda: close(uploads, keys, questions))
    assert len(results) == questions
    verified = first + second + decided + 2 * ended
    goal = CLOSE_S if people == CLOSED else None
    return report("sums.close", people, taken, "s", verified, goal, "value") and met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="*", default=[10, 100, CLOSED])
    parser.add_argument("--questions", type=int, default=5)
    options = parser.parse_args()
    private = [suite.KemKey(hashlib.shake_256(name).digest(96)) for name in (b"relay", b"witness")]
    keys = Keys(private, [sealing.hpke_config(i, key.public) for i, key in enumerate(private)])
    assert keys.configs[0].kem_id == hpke.KEM_ID
    shard(20)  # what is made once is made before it is timed
    close([dap.encode(each) for each in seal(shard(20), keys)], keys, 1)
    met = [measure(people, options.questions, keys) for people in options.people]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
