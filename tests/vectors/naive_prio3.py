"""Prio3 from the text of VDAF draft 18 in the plainest way; it imports nothing of ours.

Slow on purpose: polynomials are lists of coefficients, found by interpolation from their
definition, TurboSHAKE128 (RFC 9861) is written out, and nothing is shared between steps. It
makes the vectors in ``sums/prio3_*.json``; section numbers are the draft's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Call = Callable[[list[int]], int]

ROTATIONS = [
    *([0, 36, 3, 41, 18], [1, 44, 10, 45, 2], [62, 6, 43, 15, 61]),
    *([28, 55, 25, 21, 56], [27, 20, 39, 8, 14]),
]
ROUND_CONSTANTS = [
    *(0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003),
    *(0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A),
    *(0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008),
]
RATE = 168


def rotate(lane: int, by: int) -> int:
    return (lane << by | lane >> 64 - by) & 2**64 - 1


def permute(a: list[list[int]]) -> list[list[int]]:
    """Keccak-p[1600, 12]: the last twelve rounds of Keccak-f."""
    span = range(5)
    for constant in ROUND_CONSTANTS:
        c = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in span]
        d = [c[x - 1] ^ rotate(c[(x + 1) % 5], 1) for x in span]
        b = [[0] * 5 for _ in span]
        for x in span:
            for y in span:
                b[y][(2 * x + 3 * y) % 5] = rotate(a[x][y] ^ d[x], ROTATIONS[x][y])
        a = [
            [b[x][y] ^ ~b[(x + 1) % 5][y] & 2**64 - 1 & b[(x + 2) % 5][y] for y in span]
            for x in span
        ]
        a[0][0] ^= constant
    return a


def turboshake128(message: bytes, domain: int, size: int) -> bytes:
    padded = bytearray(message + bytes([domain]))
    padded += bytes(-len(padded) % RATE)
    padded[-1] ^= 0x80
    state = [[0] * 5 for _ in range(5)]
    lanes = [(i % 5, i // 5) for i in range(RATE // 8)]
    for at in range(0, len(padded), RATE):
        for i, (x, y) in enumerate(lanes):
            state[x][y] ^= int.from_bytes(padded[at + 8 * i : at + 8 * i + 8], "little")
        state = permute(state)
    out = b""
    while len(out) < size:
        out += b"".join(state[x][y].to_bytes(8, "little") for x, y in lanes)
        state = permute(state)
    return out[:size]


# --- 6.1 fields and polynomials --------------------------------------------------------


@dataclass
class Field:
    q: int
    size: int
    two_adic: int

    def root(self, n: int) -> int:
        """The principal n-th root of unity: 7 to the odd part of q - 1 generates all."""
        generator = pow(7, (self.q - 1) >> self.two_adic, self.q)
        return pow(generator, 2**self.two_adic // n, self.q)

    def roots(self, n: int, count: int) -> list[int]:
        return [pow(self.root(n), i, self.q) for i in range(count)]

    def encode(self, vector: list[int]) -> bytes:
        return b"".join((x % self.q).to_bytes(self.size, "little") for x in vector)

    def decode(self, data: bytes) -> list[int]:
        found = [
            int.from_bytes(data[i : i + self.size], "little")
            for i in range(0, len(data), self.size)
        ]
        assert all(x < self.q for x in found)
        return found

    def at(self, polynomial: list[int], x: int) -> int:
        value = 0
        for coefficient in reversed(polynomial):
            value = (value * x + coefficient) % self.q
        return value

    def times(self, left: list[int], right: list[int]) -> list[int]:
        product = [0] * (len(left) + len(right) - 1)
        for i, x in enumerate(left):
            for j, y in enumerate(right):
                product[i + j] = (product[i + j] + x * y) % self.q
        return product

    def through(self, xs: list[int], ys: list[int]) -> list[int]:
        """Coefficients of the polynomial of least degree through these points."""
        whole = [1]
        for x in xs:
            whole = self.times(whole, [-x, 1])
        found = [0] * len(xs)
        for x, y in zip(xs, ys, strict=True):
            part, carry = [0] * len(xs), 0  # the whole, divided by (X - x)
            for i in range(len(xs), 0, -1):
                carry = (whole[i] + carry * x) % self.q
                part[i - 1] = carry
            factor = y * pow(self.at(part, x), self.q - 2, self.q)
            found = [(a + factor * b) % self.q for a, b in zip(found, part, strict=True)]
        return found


FIELD64 = Field(2**64 - 2**32 + 1, 8, 32)
FIELD128 = Field(2**128 - 7 * 2**66 + 1, 16, 66)


# --- 7.4 circuits ----------------------------------------------------------------------


def bits(value: int, largest: int) -> list[int]:
    count = largest.bit_length()
    last = value >= 2 ** (count - 1)
    rest = value - (largest - 2 ** (count - 1) + 1) if last else value
    return [rest >> i & 1 for i in range(count - 1)] + [int(last)]


def unbits(encoded: list[int], largest: int) -> int:
    count = largest.bit_length()
    last = largest - 2 ** (count - 1) + 1
    return sum(2**i * x for i, x in enumerate(encoded[:-1])) + last * encoded[-1]


def mul_sum(inputs: list[int]) -> int:
    return sum(inputs[i] * inputs[i + 1] for i in range(0, len(inputs), 2))


def cut(seq: list[int], size: int) -> list[list[int]]:
    return [seq[i : i + size] for i in range(0, len(seq), size)]


class Type:
    """One of the five, by the names and parameters that the draft's vectors have."""

    def __init__(self, name: str, parameters: dict[str, int]) -> None:
        self.name = name
        self.shares = parameters["shares"]
        self.length = parameters.get("length", 1)
        self.largest = parameters.get("max_measurement", parameters.get("max_weight", 1))
        self.chunk = parameters.get("chunk_length", 1)
        count = self.largest.bit_length()
        kinds: dict[str, tuple[int, Field, int, int]] = {
            "Prio3Count": (1, FIELD64, 1, 1),
            "Prio3Sum": (2, FIELD64, count, count),
            "Prio3SumVec": (3, FIELD128, self.length * count, 1),
            "Prio3Histogram": (4, FIELD128, self.length, 2),
            "Prio3MultihotCountVec": (5, FIELD128, self.length + count, 2),
        }
        self.id, self.field, self.meas_len, self.checks = kinds[name]
        self.blinded = self.id > 2
        self.calls = -(-self.meas_len // self.chunk)
        self.arity = {1: 2, 2: 1}.get(self.id, 2 * self.chunk)
        self.joint_len = self.calls if self.blinded else 0
        self.wire_len = 1
        while self.wire_len < 1 + self.calls:
            self.wire_len *= 2
        self.poly_len = 2 * (self.wire_len - 1) + 1

    def encode(self, measurement: Any) -> list[int]:
        match self.id:
            case 1:
                return [measurement]
            case 2:
                return bits(measurement, self.largest)
            case 3:
                return [bit for each in measurement for bit in bits(each, self.largest)]
            case 4:
                return [int(i == measurement) for i in range(self.length)]
            case _:
                weight = bits(sum(measurement), self.largest)
                return [*map(int, measurement), *weight]

    def truncate(self, meas: list[int]) -> list[int]:
        match self.id:
            case 2:
                return [unbits(meas, self.largest)]
            case 3:
                size = self.largest.bit_length()
                return [unbits(each, self.largest) for each in cut(meas, size)]
            case _:
                return meas[: self.length]

    def gadget(self, inputs: list[int]) -> int:
        value = inputs[0] ** 2 - inputs[0] if self.id == 2 else mul_sum(inputs)
        return value % self.field.q

    def circuit(self, meas: list[int], joint: list[int], one: int, call: Call) -> list[int]:
        match self.id:
            case 1:
                return [call([meas[0], meas[0]]) - meas[0]]
            case 2:
                return [call([x]) for x in meas]
        checked = 0
        for k, part in enumerate(cut(meas, self.chunk)):
            inputs: list[int] = []
            for j in range(self.chunk):
                x = part[j] if j < len(part) else 0
                inputs += [pow(joint[k], j + 1, self.field.q) * x, x - one]
            checked += call(inputs)
        match self.id:
            case 3:
                return [checked]
            case 4:
                return [checked, sum(meas) - one]
            case _:
                told = unbits(meas[self.length :], self.largest)
                return [checked, sum(meas[: self.length]) - told]

    # --- 7.3 proof ---

    def wires(self, seeds: list[int], calls: list[list[int]]) -> list[list[int]]:
        f = self.field
        xs = f.roots(self.wire_len, self.wire_len)
        found = []
        for j, seed in enumerate(seeds):
            ys = [seed, *(inputs[j] for inputs in calls)]
            found.append(f.through(xs, ys + [0] * (self.wire_len - len(ys))))
        return found

    def prove(self, meas: list[int], seeds: list[int], joint: list[int]) -> list[int]:
        calls: list[list[int]] = []

        def call(inputs: list[int]) -> int:
            calls.append(inputs)
            return self.gadget(inputs)

        self.circuit(meas, joint, 1, call)
        wires = self.wires(seeds, calls)
        points = self.field.roots(2 * self.wire_len, self.poly_len)
        return seeds + [self.gadget([self.field.at(w, x) for w in wires]) for x in points]

    def query(
        self, meas: list[int], proof: list[int], rand: list[int], joint: list[int]
    ) -> list[int]:
        f = self.field
        seeds, values = proof[: self.arity], proof[self.arity :]
        gadget = f.through(f.roots(2 * self.wire_len, self.poly_len), values)
        calls: list[list[int]] = []

        def call(inputs: list[int]) -> int:
            calls.append(inputs)
            return f.at(gadget, pow(f.root(self.wire_len), len(calls), f.q))

        one = pow(self.shares, f.q - 2, f.q)
        out = self.circuit(meas, joint, one, call)
        if self.checks > 1:
            v = sum(r * x for r, x in zip(rand[: self.checks], out, strict=True))
            rand = rand[self.checks :]
        else:
            (v,) = out
        (t,) = rand
        assert pow(t, self.wire_len, f.q) != 1
        tests = [f.at(wire, t) for wire in self.wires(seeds, calls)]
        return [v % f.q, *tests, f.at(gadget, t)]

    def decide(self, verifier: list[int]) -> bool:
        return verifier[0] == 0 and self.gadget(verifier[1:-1]) == verifier[-1]

    # --- 7.2 shares ---

    def xof(self, seed: bytes, usage: int, ctx: bytes, binder: bytes, size: int) -> bytes:
        dst = bytes([18, 0]) + self.id.to_bytes(4, "big") + usage.to_bytes(2, "big") + ctx
        head = len(dst).to_bytes(2, "little") + dst + bytes([len(seed)]) + seed
        return turboshake128(head + binder, 1, size)

    def expand(self, seed: bytes, usage: int, ctx: bytes, binder: bytes, n: int) -> list[int]:
        stream = self.xof(seed, usage, ctx, binder, (n + 4) * self.field.size)
        numbers = [int.from_bytes(each, "little") for each in _pieces(stream, self.field.size)]
        return [x for x in numbers if x < self.field.q][:n]

    def part(self, ctx: bytes, i: int, blind: bytes, meas: list[int], nonce: bytes) -> bytes:
        return self.xof(blind, 7, ctx, bytes([i]) + nonce + self.field.encode(meas), 32)

    def joint(self, ctx: bytes, parts: list[bytes]) -> tuple[bytes, list[int]]:
        seed = self.xof(bytes(32), 6, ctx, b"".join(parts), 32)
        return seed, self.expand(seed, 3, ctx, b"\1", self.joint_len)

    def helper(self, ctx: bytes, i: int, seed: bytes) -> tuple[list[int], list[int]]:
        meas = self.expand(seed, 1, ctx, bytes([i]), self.meas_len)
        return meas, self.expand(seed, 2, ctx, bytes([1, i]), self.arity + self.poly_len)

    def shard(
        self, ctx: bytes, encoded: list[int], nonce: bytes, rand: bytes
    ) -> tuple[bytes, list[bytes]]:
        """Of an encoded measurement, valid or not: a test may cheat."""
        q, seeds, n = self.field.q, _pieces(rand, 32), self.shares
        if self.blinded:
            helpers, blinds = seeds[0 : 2 * n - 2 : 2], [seeds[-2], *seeds[1 : 2 * n - 2 : 2]]
        else:
            helpers, blinds = seeds[: n - 1], [b""] * n
        meas, proofs = list(encoded), []
        parts = []
        for i, seed in enumerate(helpers, 1):
            share, proof = self.helper(ctx, i, seed)
            meas = [(x - y) % q for x, y in zip(meas, share, strict=True)]
            proofs.append(proof)
            parts.append(self.part(ctx, i, blinds[i], share, nonce) if self.blinded else b"")
        joint: list[int] = []
        if self.blinded:
            parts = [self.part(ctx, 0, blinds[0], meas, nonce), *parts]
            joint = self.joint(ctx, parts)[1]
        wire_seeds = self.expand(seeds[-1], 4, ctx, b"\1", self.arity)
        whole = self.prove(encoded, wire_seeds, joint)
        for proof in proofs:
            whole = [(x - y) % q for x, y in zip(whole, proof, strict=True)]
        leader = self.field.encode(meas + whole) + blinds[0]
        shares = [leader, *(s + b for s, b in zip(helpers, blinds[1:], strict=True))]
        return b"".join(parts) if self.blinded else b"", shares

    def verify_init(
        self, key: bytes, ctx: bytes, i: int, nonce: bytes, public: bytes, share: bytes
    ) -> tuple[bytes, bytes, bytes]:
        """Out share, corrected joint randomness seed, verifier share."""
        blind = share[-32:] if self.blinded else b""
        share = share[: len(share) - len(blind)]
        if i:
            meas, proof = self.helper(ctx, i, share)
        else:
            both = self.field.decode(share)
            meas, proof = both[: self.meas_len], both[self.meas_len :]
        seed, part, joint = b"", b"", list[int]()
        if self.blinded:
            part = self.part(ctx, i, blind, meas, nonce)
            parts = _pieces(public, 32)
            parts[i] = part
            seed, joint = self.joint(ctx, parts)
        rand = self.expand(key, 5, ctx, b"\1" + nonce, 1 + self.checks * (self.checks > 1))
        verifier = self.query(meas, proof, rand, joint)
        return self.field.encode(self.truncate(meas)), seed, self.field.encode(verifier) + part

    def message(self, ctx: bytes, shares: list[bytes]) -> bytes | None:
        """None where the verifiers show no measurement."""
        size = (self.arity + 2) * self.field.size
        columns = zip(*(self.field.decode(share[:size]) for share in shares), strict=True)
        if not self.decide([sum(column) % self.field.q for column in columns]):
            return None
        return self.joint(ctx, [share[size:] for share in shares])[0] if self.blinded else b""

    def add(self, shares: list[bytes]) -> list[int]:
        columns = zip(*(self.field.decode(share) for share in shares), strict=True)
        return [sum(column) % self.field.q for column in columns]


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]
