"""What experiments on chance need: seeds, chi-square, and bounds of a likelihood ratio."""

from __future__ import annotations

import hashlib
import math
import os
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from statistics import NormalDist

NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "night"
"""Whether there is time: ``make night``."""


class Seeded:
    """Random bytes from a label; always the same ones."""

    def __init__(self, label: str) -> None:
        self._label, self._block, self._buffer, self._at = label, 0, b"", 0

    def __call__(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        while self._at + size > len(self._buffer):
            name = f"{self._label} {self._block}".encode()
            self._buffer = self._buffer[self._at :] + hashlib.shake_256(name).digest(1 << 20)
            self._block, self._at = self._block + 1, 0
        self._at += size
        return self._buffer[self._at - size : self._at]


def chi_square(groups: Sequence[Counter[Hashable]]) -> tuple[float, int]:
    """How far groups are from having one distribution.

    Returns:
        The statistic, and its degrees of freedom.
    """
    cells = set().union(*groups)
    total = sum(group.total() for group in groups)
    found = 0.0
    for cell in cells:
        share = sum(group[cell] for group in groups) / total
        for group in groups:
            expected = share * group.total()
            found += (group[cell] - expected) ** 2 / expected
    return found, (len(cells) - 1) * (len(groups) - 1)


def critical(freedom: int, chance: float) -> float:
    """What chi-square exceeds with that chance (Wilson and Hilferty 1931)."""
    if freedom == 0:
        return 0.0
    z, spread = NormalDist().inv_cdf(1 - chance), 2 / (9 * freedom)
    return float(freedom * (1 - spread + z * math.sqrt(spread)) ** 3)


def likelihood_ratio(
    one: Callable[[int], Hashable], other: Callable[[int], Hashable], runs: int
) -> float:
    """How surely two experiments can be told apart by what one sees.

    Args:
        one: An experiment: the number of a run to what is seen in it.
        other: The same with one person's answer changed.
        runs: How often each is made.

    Returns:
        The greatest 99 % lower bound of a likelihood ratio, in either direction, over all
        that was seen at least 100 times, corrected for their number.
    """
    first, second = (Counter(map(each, range(runs))) for each in (one, other))
    often = [cell for cell in {*first, *second} if max(first[cell], second[cell]) >= 100]
    assert often
    z = NormalDist().inv_cdf(1 - 0.01 / (2 * len(often)))
    bounds = [
        # Half a count more: what was never seen may still be possible.
        math.log((a + 0.5) / (b + 0.5)) - z * math.sqrt(1 / (a + 0.5) + 1 / (b + 0.5))
        for cell in often
        for a, b in ((first[cell], second[cell]), (second[cell], first[cell]))
    ]
    return math.exp(max(bounds))
