"""Makes ``sums/*.json``, the vectors of consented sums; it imports nothing of ours.

    python tests/vectors/generate_sums.py           compare with the committed files
    python tests/vectors/generate_sums.py --write   write them

Prio3 files have the form of the published ones (VDAF draft 18, appendix C), and ``expect``,
the code of our error, at an operation that must fail.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from vectors import naive_blindrsa, naive_dap
from vectors.naive_prio3 import Type, turboshake128

HERE = Path(__file__).parent / "sums"
CTX = b"a survey of ours"
MALFORMED, INVALID, CALLER = "malformed-report", "invalid-report", "caller"

VALID: list[tuple[str, dict[str, int], list[Any]]] = [
    ("Prio3Count", {"shares": 2}, [1, 0]),
    ("Prio3Count", {"shares": 5}, [1]),
    ("Prio3Sum", {"shares": 2, "max_measurement": 1}, [1, 0]),
    ("Prio3Sum", {"shares": 2, "max_measurement": 10}, [7, 8, 10, 0]),
    ("Prio3Sum", {"shares": 3, "max_measurement": 2**63 + 12345}, [2**63 + 12345, 2**62]),
    (
        "Prio3SumVec",
        {"shares": 2, "length": 3, "max_measurement": 6, "chunk_length": 2},
        [[6, 0, 5], [3, 4, 1]],
    ),
    (
        "Prio3SumVec",
        {"shares": 2, "length": 9, "max_measurement": 3, "chunk_length": 1},
        [[0, 1, 2, 3, 0, 1, 2, 3, 0]],
    ),
    (
        "Prio3SumVec",
        {"shares": 3, "length": 2, "max_measurement": 2**20, "chunk_length": 50},
        [[2**20, 2**19 + 1]],
    ),
    ("Prio3Histogram", {"shares": 2, "length": 5, "chunk_length": 2}, [0, 2, 4]),
    ("Prio3Histogram", {"shares": 2, "length": 1, "chunk_length": 1}, [0]),
    ("Prio3Histogram", {"shares": 4, "length": 12, "chunk_length": 5}, [11]),
    ("Prio3Histogram", {"shares": 2, "length": 17, "chunk_length": 1}, [9]),
    (
        "Prio3MultihotCountVec",
        {"shares": 2, "length": 4, "max_weight": 2, "chunk_length": 2},
        [[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]],
    ),
    (
        "Prio3MultihotCountVec",
        {"shares": 3, "length": 10, "max_weight": 10, "chunk_length": 4},
        [[1] * 10],
    ),
]


def stream(label: str, size: int) -> bytes:
    return hashlib.shake_256(b"inglenook sums: " + label.encode()).digest(size)


@cache
def sharded(
    name: str,
    parameters: tuple[tuple[str, int], ...],
    meas: tuple[int, ...],
    nonce: bytes,
    rand: bytes,
) -> tuple[bytes, list[bytes]]:
    """Most refused cases are about one report."""
    return Type(name, dict(parameters)).shard(CTX, list(meas), nonce, rand)


@cache
def begun(
    name: str, parameters: tuple[tuple[str, int], ...], key: bytes, i: int, *report: bytes
) -> tuple[bytes, bytes, bytes]:
    """What aggregator ``i`` says about a report: its nonce, public share, input share."""
    return Type(name, dict(parameters)).verify_init(key, CTX, i, *report)


class Case:
    """One file's worth of operations, with what an honest run gives."""

    def __init__(
        self, label: str, name: str, parameters: dict[str, int], seed: str | None = None
    ) -> None:
        self.label, self.name, self.parameters = label, name, parameters
        self.type = Type(name, parameters)
        self.seed = seed or name
        self.key = stream(f"{self.seed} key", 32)
        self.reports: list[dict[str, Any]] = []
        self.operations: list[dict[str, Any]] = []
        self.agg_shares: list[str] = []
        self.agg_result: Any = None

    def step(self, operation: str, expect: str | None = None, **more: int) -> None:
        failing = {"expect": expect} if expect else {}
        self.operations.append(
            {"operation": operation, **more, "success": expect is None, **failing}
        )

    def report(self, measurement: Any, encoded: list[int] | None = None) -> dict[str, Any]:
        """A report, of a cheating client where ``encoded`` is given."""
        number, t = len(self.reports), self.type
        nonce = stream(f"{self.seed} nonce {number}", 16)
        rand = stream(f"{self.seed} rand {number}", 32 * t.shares * (1 + t.blinded))
        meas = tuple(encoded or t.encode(measurement))
        public, shares = sharded(self.name, tuple(self.parameters.items()), meas, nonce, rand)
        made = {
            "measurement": None if encoded else measurement,
            "nonce": nonce.hex(),
            "rand": rand.hex(),
            "public_share": public.hex(),
            "input_shares": [share.hex() for share in shares],
            "verifier_shares": [[]],
            "verifier_messages": [],
            "out_shares": [],
        }
        self.reports.append(made)
        return made

    def checked(self, report: dict[str, Any]) -> list[bytes]:
        """What every aggregator says about a report; returns their out shares."""
        inits = [
            begun(
                *(self.name, tuple(self.parameters.items()), self.key, i),
                *(bytes.fromhex(report["nonce"]), bytes.fromhex(report["public_share"])),
                bytes.fromhex(share),
            )
            for i, share in enumerate(report["input_shares"])
        ]
        report["verifier_shares"] = [[share.hex() for _, _, share in inits]]
        message = self.type.message(CTX, [share for _, _, share in inits])
        if message is not None:
            report["verifier_messages"] = [message.hex()]
        return [out for out, _, _ in inits]

    def document(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "type": self.name,
            **self.parameters,
            "ctx": CTX.hex(),
            "verify_key": self.key.hex(),
            "reports": self.reports,
            "agg_shares": self.agg_shares,
            "agg_result": self.agg_result,
            "operations": self.operations,
        }


def whole(label: str, name: str, parameters: dict[str, int], measurements: list[Any]) -> Case:
    """An honest batch from beginning to end."""
    case = Case(label, name, parameters, seed=label)
    everybody = range(case.type.shares)
    columns: list[list[bytes]] = []
    for number, measurement in enumerate(measurements):
        report = case.report(measurement)
        out = case.checked(report)
        report["out_shares"] = [share.hex() for share in out]
        columns.append(out)
        case.step("shard", report_index=number)
        for i in everybody:
            case.step("verify_init", aggregator_id=i, report_index=number)
        case.step("verifier_shares_to_message", report_index=number, round=0)
        for i in everybody:
            case.step("verify_next", aggregator_id=i, report_index=number, round=1)
    sums = [case.type.add([out[i] for out in columns]) for i in everybody]
    case.agg_shares = [case.type.field.encode(each).hex() for each in sums]
    total = [sum(column) % case.type.field.q for column in zip(*sums, strict=True)]
    case.agg_result = total[0] if case.type.id < 3 else total
    for i in everybody:
        case.step("aggregate", aggregator_id=i)
    case.step("unshard")
    return case


# --- what must be refused ------------------------------------------------------------------

COUNT = ("Prio3Count", {"shares": 2})
SUM = ("Prio3Sum", {"shares": 2, "max_measurement": 10})
HISTOGRAM = ("Prio3Histogram", {"shares": 2, "length": 5, "chunk_length": 2})
MULTIHOT = (
    "Prio3MultihotCountVec",
    {"shares": 2, "length": 4, "max_weight": 2, "chunk_length": 2},
)
SUMVEC = ("Prio3SumVec", {"shares": 2, "length": 3, "max_measurement": 6, "chunk_length": 2})

CHEATS: list[tuple[str, tuple[str, dict[str, int]], list[int]]] = [
    ("count of two", COUNT, [2]),
    ("bit of two", SUM, [2, 0, 0, 0]),
    ("one bit of many is minus one", SUM, [1, 1, 1, 2**64 - 2**32]),
    ("vector with a two", SUMVEC, [0, 0, 0, 0, 2, 0, 0, 0, 0]),
    ("two buckets", HISTOGRAM, [1, 0, 0, 1, 0]),
    ("no bucket", HISTOGRAM, [0, 0, 0, 0, 0]),
    ("one bucket twice", HISTOGRAM, [0, 0, 2, 0, 0]),
    ("three of two choices", MULTIHOT, [1, 1, 1, 0, 1, 1]),
    ("choices fewer than claimed", MULTIHOT, [0, 0, 1, 0, 1, 1]),
    ("weight with a two", MULTIHOT, [1, 1, 0, 0, 2, 0]),
]


def flipped(data: str, at: int) -> str:
    changed = bytearray.fromhex(data)
    changed[at] ^= 1
    return changed.hex()


def cheats() -> list[Case]:
    """Clients that prove what is not so."""
    cases = []
    for label, (name, parameters), encoded in CHEATS:
        case = Case(label, name, parameters)
        case.checked(case.report(None, encoded))
        for i in range(2):
            case.step("verify_init", aggregator_id=i, report_index=0)
        case.step("verifier_shares_to_message", INVALID, report_index=0, round=0)
        cases.append(case)
    return cases


def tampered() -> list[Case]:
    """One bit of a report is another."""
    cases = []
    for kind, measurement in ((COUNT, 1), (SUM, 7), (HISTOGRAM, 3), (MULTIHOT, [1, 0, 1, 0])):
        name, parameters = kind
        t = Type(name, parameters)
        first_proof = t.meas_len * t.field.size
        spots = {
            "leader's measurement": ("leader", 0),
            "a wire's seed": ("leader", first_proof),
            "gadget polynomial": ("leader", first_proof + (t.arity + 1) * t.field.size),
            "helper's seed": ("helper", 0),
        }
        if t.blinded:
            spots |= {
                "leader's blind": ("leader", -1),
                "helper's blind": ("helper", -1),
                "leader's part": ("public", 0),
                "helper's part": ("public", 32),
            }
        for spot, (where, at) in spots.items():
            case = Case(f"{name}: {spot}", name, parameters)
            report = case.report(measurement)
            if where == "public":
                report["public_share"] = flipped(report["public_share"], at)
            else:
                i = int(where == "helper")
                report["input_shares"][i] = flipped(report["input_shares"][i], at)
            case.checked(report)
            assert not report["verifier_messages"]
            report["measurement"] = None
            for i in range(2):
                case.step("verify_init", aggregator_id=i, report_index=0)
            case.step("verifier_shares_to_message", INVALID, report_index=0, round=0)
            cases.append(case)
    return cases


def later() -> list[Case]:
    """What goes wrong once the report is made."""
    cases = []
    for (name, parameters), measurement in ((HISTOGRAM, 3), (COUNT, 1)):
        case = Case(f"{name}: message of another report", name, parameters)
        report = case.report(measurement)
        case.checked(report)
        message = report["verifier_messages"][0]
        report["verifier_messages"] = [flipped(message, 0) if message else "00" * 32]
        for i in range(2):
            case.step("verify_init", aggregator_id=i, report_index=0)
        expect = INVALID if message else MALFORMED
        case.step("verify_next", expect, aggregator_id=0, report_index=0, round=1)
        cases.append(case)
    return cases


def changes(t: Type) -> dict[str, Callable[[str], str]]:
    """Ways to make the hex of a share unreadable."""
    big = t.field.q.to_bytes(t.field.size, "little").hex()
    return {
        "beyond the field": lambda s: big + s[len(big) :],
        "short": lambda s: s[2:],
        "long": lambda s: s + "00",
        "empty": lambda _: "",
    }


def unreadable_inputs(kind: tuple[str, dict[str, int]], measurement: Any) -> list[Case]:
    """Public and input shares that are none."""
    name, parameters = kind
    t = Type(name, parameters)
    at = 2 * t.meas_len * t.field.size
    ways = changes(t)
    big = ways["beyond the field"]
    spots: list[tuple[str, int, Callable[[str], str]]] = [
        *((f"leader's share {label}", 0, way) for label, way in ways.items()),
        ("leader's proof beyond the field", 0, lambda s: s[:at] + big(s[at:])),
        *((f"helper's share {label}", 1, ways[label]) for label in ("short", "long", "empty")),
    ]
    cases = []
    for label, who, way in spots:
        case = Case(f"{name}: {label}", name, parameters)
        report = case.report(measurement)
        report["input_shares"][who] = way(report["input_shares"][who])
        case.step("verify_init", MALFORMED, aggregator_id=who, report_index=0)
        cases.append(case)
    for label in ("short", "long") if t.blinded else ("long",):
        case = Case(f"{name}: public share {label}", name, parameters)
        report = case.report(measurement)
        report["public_share"] = ways[label](report["public_share"])
        case.step("verify_init", MALFORMED, aggregator_id=1, report_index=0)
        cases.append(case)
    for label, number in (("beyond the last", 2), ("below the first", -1)):
        case = Case(f"{name}: aggregator {label}", name, parameters)
        report = case.report(measurement)
        report["input_shares"].append(report["input_shares"][1])
        case.step("verify_init", CALLER, aggregator_id=number, report_index=0)
        cases.append(case)
    return cases


def unreadable_later(kind: tuple[str, dict[str, int]], measurement: Any) -> list[Case]:
    """Verifier shares and sums that are none."""
    name, parameters = kind
    cases = []
    ways = changes(Type(name, parameters))
    lists: dict[str, Callable[[list[str]], list[str]]] = {
        "one too few": lambda shares: shares[:1],
        "one too many": lambda shares: [*shares, shares[0]],
        **{label: lambda s, way=way: [s[0], way(s[1])] for label, way in ways.items()},
    }
    for label, way in lists.items():
        case = Case(f"{name}: verifier shares, {label}", name, parameters)
        report = case.report(measurement)
        case.checked(report)
        report["verifier_shares"] = [way(report["verifier_shares"][0])]
        case.step("verifier_shares_to_message", MALFORMED, report_index=0, round=0)
        cases.append(case)
    for label, way in lists.items():
        case = Case(f"{name}: sum, {label}", name, parameters)
        report = case.report(measurement)
        out = [share.hex() for share in case.checked(report)]
        report["out_shares"] = case.agg_shares = way(out)
        if label in ways:
            case.step("aggregate", MALFORMED, aggregator_id=1)
        case.step("unshard", MALFORMED)
        cases.append(case)
    return cases


def unreadable() -> list[Case]:
    """Bytes that are no share."""
    return [
        case
        for kind, measurement in ((HISTOGRAM, 3), (COUNT, 1))
        for case in (
            *unreadable_inputs(kind, measurement),
            *unreadable_later(kind, measurement),
        )
    ]


# --- DAP -----------------------------------------------------------------------------------


def dap_values() -> list[dict[str, Any]]:
    """Every message with much and with little in it."""
    found = []
    for name in (*naive_dap.TABLES, *naive_dap.ALIASES, "VerifyResp"):
        for full in (True, False):
            draw = naive_dap.Draw(stream(f"dap {name} {full}", 20000))
            value = naive_dap.sample(name, draw, full=full)
            found.append({"type": name, "value": value, "hex": naive_dap.pack(name, value).hex()})
    for kind in range(3):
        more = {0: {"payload": "00"}, 1: {}, 2: {"report_error": 6}}[kind]
        value = {"report_id": "07" * 16, "verify_resp_type": kind}
        value |= {"payload": None, "report_error": None} | more
        packed = naive_dap.pack("VerifyResp", value).hex()
        found.append({"type": "VerifyResp", "value": value, "hex": packed})
    return found


def dap_refused() -> list[dict[str, str]]:
    """No message: cut, lengthened, with an unknown code, too short, out of order."""
    found = []
    for each in dap_values():
        name, data = each["type"], each["hex"]
        if data:  # an empty list that goes on to the end is no bytes at all
            found.append({"type": name, "why": "cut", "hex": data[:-2]})
            found.append({"type": name, "why": "longer", "hex": data + "00"})
    task = naive_dap.Draw(stream("dap TaskConfiguration True", 20000))
    config = naive_dap.sample("TaskConfiguration", task, full=True)
    config["extensions"].reverse()
    job = {
        "verification_key_id": 0,
        "agg_param": "",
        "extensions": [{"extension_type": 1, "extension_data": ""}] * 2,
        "verify_inits": [],
    }
    found += [
        {"type": "Role", "why": "no such role", "hex": "04"},
        {"type": "ReportError", "why": "no such error", "hex": "0c"},
        {"type": "VerifyRespType", "why": "no such type", "hex": "03"},
        {"type": "VerifyResp", "why": "no such type", "hex": "00" * 16 + "03"},
        {"type": "VerifyResp", "why": "no such error", "hex": "00" * 16 + "02ff"},
        {"type": "VerifyResp", "why": "empty payload", "hex": "00" * 16 + "0000000000"},
        {"type": "Query", "why": "reserved batch mode", "hex": "000000"},
        {"type": "Query", "why": "no such batch mode", "hex": "030000"},
        {"type": "HpkeCiphertext", "why": "empty enc", "hex": "01" + "0000" + "0000000100"},
        {"type": "HpkeCiphertext", "why": "empty payload", "hex": "01" + "000100" + "00000000"},
        {"type": "PlaintextInputShare", "why": "empty payload", "hex": "000000000000"},
        {"type": "HpkeConfigList", "why": "empty list", "hex": "0000"},
        {"type": "HpkeConfigList", "why": "nine bytes", "hex": "0009" + "010010000300020000"},
        {
            "type": "TaskConfiguration",
            "why": "extensions out of order",
            "hex": naive_dap.pack("TaskConfiguration", config).hex(),
        },
        {
            "type": "AggregationJobInitReq",
            "why": "an extension twice",
            "hex": naive_dap.pack("AggregationJobInitReq", job).hex(),
        },
        {
            "type": "ReportMetadata",
            "why": "a list that ends inside an element",
            "hex": "00" * 24 + "0003" + "000000",
        },
    ]
    return found


# --- blind RSA -----------------------------------------------------------------------------

STEPS = {"p even": (1024, 89), "q even": (1024, 265), "p odd": (1025, 1634), "q odd": (1024, 3)}


def rsa_key(label: str) -> naive_blindrsa.Key:
    p, q = (
        naive_blindrsa.prime(f"{half} {label}", *STEPS[f"{half} {label}"]) for half in ("p", "q")
    )
    return naive_blindrsa.Key(p, q)


def blind_rsa() -> list[dict[str, Any]]:
    """The four variants, under a modulus of whole bytes and one that is a bit longer."""
    found = []
    for label in ("even", "odd"):
        key = rsa_key(label)
        public, private = key.der()
        for salt_size, name in ((48, "PSS"), (0, "PSSZERO")):
            for prefix_size, kind in ((32, "Randomized"), (0, "Deterministic")):
                variant = f"RSABSSA-SHA384-{name}-{kind}"
                draw = stream(f"{variant} {label}", 32 + 48 + key.size)
                prefix, salt = draw[:prefix_size], draw[32 : 32 + salt_size]
                inv = int.from_bytes(draw[80:], "big") % key.n
                message = b"a token for one answer"
                made = naive_blindrsa.run(key, prefix + message, salt, inv)
                found.append(
                    {
                        "name": f"{variant}, {key.n.bit_length()} bits",
                        "public": public.hex(),
                        "private": private.hex(),
                        "input_msg": message.hex(),
                        "prefix": prefix.hex(),
                        **made,
                    }
                )
    return found


def xofs() -> list[dict[str, Any]]:
    """TurboSHAKE128 under tags, seeds and binders of several lengths."""
    found = []
    for dst, binder, size in ((0, 0, 32), (40, 17, 300), (200, 168, 168), (1000, 1, 16)):
        label = f"xof {dst} {binder}"
        seed = stream(label, 32)
        tag, bound = stream(label + " tag", dst), stream(label + " binder", binder)
        message = dst.to_bytes(2, "little") + tag + b"\x20" + seed + bound
        found.append(
            {
                "seed": seed.hex(),
                "dst": tag.hex(),
                "binder": bound.hex(),
                "out": turboshake128(message, 1, size).hex(),
            }
        )
    return found


def files() -> dict[str, str]:
    """Every file's text."""
    valid = [
        whole(f"{name} {number}", name, parameters, measurements)
        for number, (name, parameters, measurements) in enumerate(VALID)
    ]
    refused = [*cheats(), *tampered(), *later(), *unreadable()]
    made: dict[str, Any] = {
        "prio3.json": [case.document() for case in valid],
        "prio3_refused.json": [case.document() for case in refused],
        "xof.json": xofs(),
        "dap.json": dap_values(),
        "dap_refused.json": dap_refused(),
        "blindrsa.json": blind_rsa(),
    }
    return {name: json.dumps(content, indent=1) + "\n" for name, content in made.items()}


def main() -> int:
    stale = []
    for name, text in files().items():
        path = HERE / name
        if "--write" in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(name)
    sys.stdout.write(f"stale: {stale}\n" if stale else "all files are as made\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
