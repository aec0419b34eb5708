"""The fully linear proof that a vector is a measurement (VDAF draft 18, section 7.3).

The prover lists what went into each wire of the gadget at each call, behind a random seed:
those values define a polynomial a wire. The gadget of these polynomials is one polynomial
more, and the proof is the seeds and its values at the first 2p - 1 roots of unity of order
2p, where p is the first power of two above the number of calls. Its value at each second
root is the output of a call; a test at a random point shows that it is the gadget's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from inglenook_schema.errors import InvalidReportError
from inglenook_schema.prio3.circuits import Circuit
from inglenook_schema.prio3.field import root_powers
from inglenook_schema.prio3.polynomial import dot, values_between, weights_at


@dataclass(frozen=True)
class Sizes:
    """How many field elements each part has (section 7.3.2)."""

    wire: int
    """Values of a wire polynomial, a power of two."""
    proof: int
    prove_rand: int
    query_rand: int
    verifier: int


class Flp:
    """Proofs and checks for one circuit."""

    def __init__(self, circuit: Circuit[Any, Any]) -> None:
        self.circuit: Final = circuit
        wire = 1 << circuit.calls.bit_length()
        self.sizes: Final = Sizes(
            wire=wire,
            proof=circuit.arity + 2 * wire - 1,
            prove_rand=circuit.arity,
            query_rand=1 + (circuit.checks if circuit.checks > 1 else 0),
            verifier=circuit.arity + 2,
        )

    def prove(self, meas: list[int], seeds: list[int], joint: list[int]) -> list[int]:
        """The proof of an encoded measurement (section 7.3.3).

        Args:
            meas: The whole measurement, not a share.
            seeds: Random, one a wire.
            joint: The joint randomness.
        """
        circuit, field, wire = self.circuit, self.circuit.field, self.sizes.wire
        padding = [0] * (wire - 1 - circuit.calls)
        columns = [
            [seed, *inputs, *padding]
            for seed, inputs in zip(seeds, circuit.wires(meas, joint, 1), strict=True)
        ]
        values = [0] * (2 * wire)
        values[::2] = circuit.gadget(columns)
        values[1::2] = circuit.gadget([values_between(field, column) for column in columns])
        return seeds + values[:-1]

    def query(
        self, meas: list[int], proof: list[int], rand: list[int], joint: list[int], one: int
    ) -> list[int]:
        """What an aggregator may say about its shares: a share of the verifier (section 7.3.4).

        Args:
            meas: A share of the measurement.
            proof: A share of the proof.
            rand: The query randomness.
            joint: The joint randomness.
            one: 1 / shares.

        Raises:
            InvalidReportError: The random point is one at which a wire's input shows.
        """
        circuit, q = self.circuit, self.circuit.field.modulus
        seeds, poly = proof[: circuit.arity], proof[circuit.arity :]
        called = poly[2 : 2 * circuit.calls + 1 : 2]
        found = circuit.check(meas, called, one)
        reduced = found[0] if circuit.checks == 1 else dot(rand, found)
        t = rand[-1]
        if pow(t, self.sizes.wire, q) == 1:
            raise InvalidReportError("A survey answer cannot be checked with this key.")
        seed_weight, *weights = weights_at(circuit.field, self.sizes.wire, t)
        tests = [
            (seed_weight * seed + dot(weights, inputs)) % q
            for seed, inputs in zip(seeds, circuit.wires(meas, joint, one), strict=True)
        ]
        return [reduced % q, *tests, self._gadget_at(poly, t)]

    def accepts(self, verifier: list[int]) -> bool:
        """Whether the sum of all verifier shares shows a measurement (section 7.3.5)."""
        reduced, *tests, told = verifier
        return reduced == 0 and self.circuit.gadget([[test] for test in tests]) == [told]

    def _gadget_at(self, poly: list[int], t: int) -> int:
        """The gadget polynomial at ``t``, from one value fewer than its basis has.

        Its degree is at most 2p - 2, so the coefficient of the highest power, a multiple of
        the sum of each value times its root, is zero: that gives the value left out.
        """
        field = self.circuit.field
        size = 2 * self.sizes.wire
        roots = root_powers(field, size)
        weights = weights_at(field, size, t)
        # The last root's inverse is the first root but one.
        missing = -dot(poly, roots) * roots[1] % field.modulus
        return (dot(poly, weights) + missing * weights[-1]) % field.modulus
