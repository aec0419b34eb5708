"""Runs a Prio3 vector, operation by operation (VDAF draft 18, appendix C)."""

from __future__ import annotations

from typing import Any

from inglenook_schema import prio3
from inglenook_schema.errors import InglenookError

TYPES: dict[str, type[prio3.Prio3[Any, Any]]] = {
    cls.__name__: cls
    for cls in (
        prio3.Prio3Count,
        prio3.Prio3Sum,
        prio3.Prio3SumVec,
        prio3.Prio3Histogram,
        prio3.Prio3MultihotCountVec,
    )
}
PARAMETERS = ("length", "max_measurement", "max_weight", "chunk_length")


def differences(name: str, document: dict[str, Any]) -> list[str]:
    """Run all operations; a sentence for each whose outcome is another than the vector's.

    Args:
        name: The type.
        document: The vector. ``expect`` at a failing operation, where it is there, is the
            code of the error.
    """
    run = _Run(name, document)
    wrong: list[str] = []
    for operation in document["operations"]:
        shown = " ".join(str(each) for each in operation.values())
        try:
            found, vector = run.do(operation)
        except InglenookError as error:
            if operation["success"] or operation.get("expect", error.code) != error.code:
                wrong.append(f"{shown}: {error.code}")
            continue
        if not operation["success"]:
            wrong.append(f"{shown}: it was taken")
        elif found != vector:
            wrong.append(f"{shown}: another result")
    return wrong


def _hex(text: str) -> bytes:
    return bytes.fromhex(text)


class _Run:
    def __init__(self, name: str, document: dict[str, Any]) -> None:
        given = {key: document[key] for key in PARAMETERS if key in document}
        self.vdaf = TYPES[name](document["shares"], **given)
        self.vector = document
        self.ctx = _hex(document["ctx"])
        self.states: dict[tuple[int, int], bytes] = {}

    def do(self, operation: dict[str, Any]) -> tuple[Any, Any]:
        """What our code gives, and what the vector says."""
        number, who = operation.get("report_index", 0), operation.get("aggregator_id", 0)
        report = self.vector["reports"][number]
        match operation["operation"]:
            case "shard":
                return self._shard(report)
            case "verify_init":
                return self._verify_init(report, number, who)
            case "verifier_shares_to_message":
                shares = [_hex(share) for share in report["verifier_shares"][0]]
                message = self.vdaf.verifier_shares_to_message(self.ctx, shares)
                return message.hex(), next(iter(report["verifier_messages"]), None)
            case "verify_next":
                message = _hex(report["verifier_messages"][0])
                out = self.vdaf.verify_next(self.states[number, who], message)
                return out.hex(), next(iter(report["out_shares"][who : who + 1]), None)
            case "aggregate":
                reports = self.vector["reports"]
                out = self.vdaf.aggregate([_hex(each["out_shares"][who]) for each in reports])
                return out.hex(), self.vector["agg_shares"][who]
            case "unshard":
                shares = [_hex(share) for share in self.vector["agg_shares"]]
                count = len(self.vector["reports"])
                return self.vdaf.unshard(shares, count), self.vector["agg_result"]
            case other:
                raise AssertionError(other)

    def _shard(self, report: dict[str, Any]) -> tuple[Any, Any]:
        public, shares = self.vdaf.shard(
            self.ctx, report["measurement"], _hex(report["nonce"]), _hex(report["rand"])
        )
        found = (public.hex(), [share.hex() for share in shares])
        return found, (report["public_share"], report["input_shares"])

    def _verify_init(self, report: dict[str, Any], number: int, who: int) -> tuple[Any, Any]:
        state, share = self.vdaf.verify_init(
            *(_hex(self.vector["verify_key"]), self.ctx, who, _hex(report["nonce"])),
            *(_hex(report["public_share"]), _hex(report["input_shares"][who])),
        )
        self.states[number, who] = state
        return share.hex(), report["verifier_shares"][0][who]
