"""Prio3: shares of an answer that prove it valid and tell nothing (VDAF draft 18, section 7).

    client        shard ──> public share, one input share for each aggregator
    aggregator i  verify_init ──> state, verifier share
    any           verifier_shares_to_message ──> message, or the report is invalid
    aggregator i  verify_next ──> out share    aggregate ──> aggregate share
    collector     unshard ──> result

Everything that travels is bytes in the encoding of section 7.2.7; the state is bytes too, so
that an aggregator may keep it for weeks. Aggregator 0 is the leader. Nothing is drawn here:
nonce, randomness and keys are arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final, Generic

from inglenook_schema.errors import CallerError, InvalidReportError, MalformedReportError
from inglenook_schema.prio3 import xof
from inglenook_schema.prio3.circuits import Circuit, Measurement, Result
from inglenook_schema.prio3.flp import Flp
from inglenook_schema.prio3.xof import SEED

_BYTE: Final = [bytes([i]) for i in range(256)]
_PROOFS: Final = _BYTE[1]
"""One proof a report, in every type that the draft names."""
_MOST: Final = 2**63 - 1
_NO_SEED: Final = bytes(SEED)


class Prio3(Generic[Measurement, Result]):
    """One of the types, for a number of aggregators.

    Args:
        shares: Aggregators, 2 to 255.
        circuit: What an answer is.

    Raises:
        CallerError: ``shares`` is out of range.
    """

    ID: ClassVar[int]
    """Identifier of the type (section 10)."""
    NONCE_SIZE: ClassVar[int] = 16
    VERIFY_KEY_SIZE: ClassVar[int] = SEED

    def __init__(self, shares: int, circuit: Circuit[Measurement, Result]) -> None:
        if not _counts(shares, 2, 255):
            raise CallerError("A survey has from 2 to 255 aggregators.")
        self.shares: Final = shares
        self._circuit: Final = circuit
        self._flp: Final = Flp(circuit)
        self._field: Final = circuit.field
        self._one: Final = circuit.field.inverse(shares)
        self._meas_size: Final = circuit.length * circuit.field.size
        self._blinded: Final = circuit.joint > 0
        self.RAND_SIZE: Final = SEED * shares * (2 if self._blinded else 1)

    def shard(
        self, ctx: bytes, measurement: Measurement, nonce: bytes, rand: bytes
    ) -> tuple[bytes, list[bytes]]:
        """Split a measurement (section 7.2.1).

        Args:
            ctx: The application's context, the same for all parties.
            measurement: The answer.
            nonce: 16 random bytes, public.
            rand: ``RAND_SIZE`` random bytes, secret, never used again.

        Returns:
            The public share and ``shares`` input shares, the leader's first.

        Raises:
            CallerError: The measurement does not fit, or a length is wrong.
        """
        _given(nonce, self.NONCE_SIZE)
        _given(rand, self.RAND_SIZE)
        heads = _heads(self.ID, ctx)
        meas = self._circuit.encode(measurement)
        seeds = [rand[i : i + SEED] for i in range(0, len(rand), SEED)]
        step = 2 if self._blinded else 1
        helpers = seeds[: (self.shares - 1) * step : step]
        blinds = [seeds[-2], *seeds[1 : (self.shares - 1) * step : step]]
        leader, parts = meas, [b""]
        for number, helper in enumerate(helpers, 1):
            share, raw = self._helper_meas(heads, number, helper)
            leader = [x - y for x, y in zip(leader, share, strict=True)]
            if self._blinded:
                parts.append(_part(heads, number, blinds[number], raw, nonce))
        q = self._field.modulus
        encoded = self._field.encode([x % q for x in leader])
        if self._blinded:
            parts[0] = _part(heads, 0, blinds[0], encoded, nonce)
        proof = self._proof(heads, meas, seeds[-1], parts)
        for number, helper in enumerate(helpers, 1):
            share = self._helper_proof(heads, number, helper)
            proof = [x - y for x, y in zip(proof, share, strict=True)]
        leader_share = encoded + self._field.encode([x % q for x in proof])
        if not self._blinded:
            return b"", [leader_share, *helpers]
        shares = [
            part + blind for part, blind in zip([leader_share, *helpers], blinds, strict=True)
        ]
        return b"".join(parts), shares

    def verify_init(
        self,
        verify_key: bytes,
        ctx: bytes,
        aggregator_id: int,
        nonce: bytes,
        public_share: bytes,
        input_share: bytes,
    ) -> tuple[bytes, bytes]:
        """Begin to check one share of a report (section 7.2.2).

        Args:
            verify_key: 32 bytes that the aggregators share and no client knows.
            ctx: As in :meth:`shard`.
            aggregator_id: 0 for the leader.
            nonce: The report's.
            public_share: The report's.
            input_share: This aggregator's.

        Returns:
            The state for :meth:`verify_next`, and the verifier share for all aggregators.

        Raises:
            CallerError: The id, the key or the nonce is out of range.
            MalformedReportError: A share has the wrong length or is not canonical.
            InvalidReportError: The check's random point would show something.
        """
        _given(verify_key, self.VERIFY_KEY_SIZE)
        _given(nonce, self.NONCE_SIZE)
        if not _counts(aggregator_id, 0, self.shares - 1):
            raise CallerError("There is no aggregator of that number.")
        heads = _heads(self.ID, ctx)
        _came(public_share, SEED * self.shares if self._blinded else 0)
        meas, raw, proof, blind = self._expand(heads, aggregator_id, input_share)
        joint, part, corrected = list[int](), b"", b""
        if self._blinded:
            part = _part(heads, aggregator_id, blind, raw, nonce)
            at = SEED * aggregator_id
            parts = public_share[:at] + part + public_share[at + SEED :]
            corrected = xof.seed(heads[xof.JOINT_RAND_SEED], _NO_SEED, parts)
            joint = self._joint(heads, corrected)
        rand = self._vector(
            heads, xof.QUERY_RANDOMNESS, verify_key, _PROOFS + nonce, self._flp.sizes.query_rand
        )
        verifier = self._flp.query(meas, proof, rand, joint, self._one)
        state = self._field.encode(self._circuit.truncate(meas)) + corrected
        return state, self._field.encode(verifier) + part

    def verifier_shares_to_message(self, ctx: bytes, verifier_shares: Sequence[bytes]) -> bytes:
        """Decide on a report from what all aggregators said about it (section 7.2.2).

        Args:
            ctx: As in :meth:`shard`.
            verifier_shares: One an aggregator, in their order.

        Returns:
            The message for :meth:`verify_next`; empty without joint randomness.

        Raises:
            MalformedReportError: There are too few or too many, or one cannot be read.
            InvalidReportError: The report is no measurement.
        """
        heads = _heads(self.ID, ctx)
        if len(verifier_shares) != self.shares:
            raise MalformedReportError("A survey answer lacks a share, or has one too many.")
        size = self._flp.sizes.verifier * self._field.size
        parts = b""
        found: list[list[int]] = []
        for share in verifier_shares:
            _came(share, size + (SEED if self._blinded else 0))
            found.append(self._field.decode(share[:size], self._flp.sizes.verifier))
            parts += share[size:]
        q = self._field.modulus
        if not self._flp.accepts([sum(column) % q for column in zip(*found, strict=True)]):
            raise InvalidReportError
        return xof.seed(heads[xof.JOINT_RAND_SEED], _NO_SEED, parts) if self._blinded else b""

    def verify_next(self, state: bytes, message: bytes) -> bytes:
        """Finish the check; returns this aggregator's out share (section 7.2.2).

        Args:
            state: Of :meth:`verify_init`, for the same report.
            message: Of :meth:`verifier_shares_to_message`.

        Raises:
            MalformedReportError: The state or the message has the wrong length.
            InvalidReportError: The client had chosen the joint randomness itself.
        """
        size, seed = self._circuit.outputs * self._field.size, SEED if self._blinded else 0
        _came(state, size + seed)
        _came(message, seed)
        if message != state[size:]:
            raise InvalidReportError("A survey answer chose its own test, and does not count.")
        return state[:size]

    def aggregate(self, out_shares: Iterable[bytes]) -> bytes:
        """Add up out shares, or aggregate shares of parts of a batch (section 7.2.4).

        Raises:
            MalformedReportError: One of them cannot be read.
        """
        total = [0] * self._circuit.outputs
        for share in out_shares:
            _came(share, self._circuit.outputs * self._field.size)
            decoded = self._field.decode(share, self._circuit.outputs)
            total = [x + y for x, y in zip(total, decoded, strict=True)]
        return self._field.encode([x % self._field.modulus for x in total])

    def unshard(self, agg_shares: Sequence[bytes], count: int) -> Result:
        """The result from the aggregate shares of all aggregators (section 7.2.5).

        Args:
            agg_shares: One an aggregator.
            count: How many measurements were added up.

        Raises:
            CallerError: ``count`` is negative.
            MalformedReportError: There are too few or too many, or one cannot be read.
        """
        return self._circuit.result(self._merge(agg_shares, count))

    def add_noise(self, agg_share: bytes, noise: Sequence[int]) -> bytes:
        """An aggregate share with noise in it; ours, not the draft's (protocol 11.2).

        Args:
            agg_share: Of :meth:`aggregate`.
            noise: An integer, of either sign, for each number of the sum.

        Raises:
            CallerError: There are too few or too many.
            MalformedReportError: The share cannot be read.
        """
        if len(noise) != self._circuit.outputs:
            raise CallerError("A survey's sum has another number of parts than its noise.")
        total = self._field.decode(agg_share, self._circuit.outputs)
        q = self._field.modulus
        return self._field.encode([(x + y) % q for x, y in zip(total, noise, strict=True)])

    def unshard_noised(self, agg_shares: Sequence[bytes], count: int) -> list[int]:
        """Like :meth:`unshard` where noise may have taken a number below zero.

        Returns:
            Every number of the sum: one for a count or a sum.
        """
        q = self._field.modulus
        return [x - q if x > q // 2 else x for x in self._merge(agg_shares, count)]

    def _merge(self, agg_shares: Sequence[bytes], count: int) -> list[int]:
        if not _counts(count, 0, _MOST):
            raise CallerError("The number of survey answers is not a number.")
        if len(agg_shares) != self.shares:
            raise MalformedReportError("A survey's sum lacks a share, or has one too many.")
        return self._field.decode(self.aggregate(agg_shares), self._circuit.outputs)

    def _proof(
        self, heads: tuple[bytes, ...], meas: list[int], prove_seed: bytes, parts: list[bytes]
    ) -> list[int]:
        seeds = self._vector(
            heads, xof.PROVE_RANDOMNESS, prove_seed, _PROOFS, self._flp.sizes.prove_rand
        )
        joint: list[int] = []
        if self._blinded:
            told = xof.seed(heads[xof.JOINT_RAND_SEED], _NO_SEED, b"".join(parts))
            joint = self._joint(heads, told)
        return self._flp.prove(meas, seeds, joint)

    def _expand(
        self, heads: tuple[bytes, ...], number: int, share: bytes
    ) -> tuple[list[int], bytes, list[int], bytes]:
        """An input share's measurement, the same encoded, its proof, its blind."""
        blind = SEED if self._blinded else 0
        if number:
            _came(share, SEED + blind)
            meas, raw = self._helper_meas(heads, number, share[:SEED])
            return meas, raw, self._helper_proof(heads, number, share[:SEED]), share[SEED:]
        length, proof = self._circuit.length, self._flp.sizes.proof
        end = (length + proof) * self._field.size
        _came(share, end + blind)
        both = self._field.decode(share[:end], length + proof)
        return both[:length], share[: self._meas_size], both[length:], share[end:]

    def _helper_meas(
        self, heads: tuple[bytes, ...], number: int, share: bytes
    ) -> tuple[list[int], bytes]:
        return xof.vector(
            *(self._field, heads[xof.MEAS_SHARE], share, _BYTE[number], self._circuit.length)
        )

    def _helper_proof(self, heads: tuple[bytes, ...], number: int, share: bytes) -> list[int]:
        binder = _PROOFS + _BYTE[number]
        return self._vector(heads, xof.PROOF_SHARE, share, binder, self._flp.sizes.proof)

    def _joint(self, heads: tuple[bytes, ...], seed: bytes) -> list[int]:
        return self._vector(heads, xof.JOINT_RANDOMNESS, seed, _PROOFS, self._circuit.joint)

    def _vector(
        self, heads: tuple[bytes, ...], usage: int, seed: bytes, binder: bytes, length: int
    ) -> list[int]:
        return xof.vector(self._field, heads[usage], seed, binder, length)[0]


def _part(
    heads: tuple[bytes, ...], number: int, blind: bytes, meas_share: bytes, nonce: bytes
) -> bytes:
    """An aggregator's part of the joint randomness (section 7.2.6)."""
    return xof.seed(heads[xof.JOINT_RAND_PART], blind, _BYTE[number] + nonce + meas_share)


def _heads(algorithm: int, ctx: object) -> tuple[bytes, ...]:
    if not isinstance(ctx, bytes):
        raise CallerError("The context of a survey is not bytes.")
    return xof.heads(algorithm, ctx)


def _given(value: object, size: int) -> None:
    if not isinstance(value, bytes) or len(value) != size:
        raise CallerError("A key, a nonce or randomness has the wrong length.")


def _counts(number: object, least: int, most: int) -> bool:
    return isinstance(number, int) and least <= number <= most


def _came(value: object, size: int) -> None:
    if not isinstance(value, bytes) or len(value) != size:
        raise MalformedReportError("Part of a survey answer has the wrong length.")
