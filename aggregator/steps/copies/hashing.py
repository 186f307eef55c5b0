"""Hashes of 64 bits over arrays: of runs of numbers wherever they stand, and spread over all bits; needs numpy.

This module knows nothing of texts (`steps.copies.sketch`).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Places = NDArray[np.int64]

BASE: Final = 0x9E3779B97F4A7C15
"""Odd, so that it has an inverse."""
_ONE: Final = np.ones(1, dtype=np.uint64)


def sums(values: NDArray[np.uint32]) -> Hashes:
    """Return what `runs` needs of some numbers: the running sums of their products with the powers of `BASE`."""
    found = np.zeros(len(values) + 1, dtype=np.uint64)
    np.multiply(values, powers(len(values))[0], out=found[1:])
    return np.cumsum(found, out=found)


def runs(running: Hashes, edges: Places) -> Hashes:
    """Return a hash of each run between two edges, whatever its place: its sum, divided by its first power."""
    found = running[edges]
    return (found[1:] - found[:-1]) * powers(len(running))[1][edges[:-1]]


def mixed(values: Hashes) -> Hashes:
    """SplitMix64's finaliser: every bit of the input reaches every bit of the output."""
    found = values >> np.uint64(30)
    found ^= values
    found *= np.uint64(0xBF58476D1CE4E5B9)
    found ^= found >> np.uint64(27)
    found *= np.uint64(0x94D049BB133111EB)
    found ^= found >> np.uint64(31)
    return found


def powers(size: int) -> tuple[Hashes, Hashes]:
    """Return the first powers of `BASE` modulo 2⁶⁴, and their inverses."""
    straight, inverse = _power_table(size.bit_length())
    return straight[:size], inverse[:size]


@cache
def _power_table(bits: int) -> tuple[Hashes, Hashes]:
    bases = (BASE, pow(BASE, -1, 1 << 64))
    straight, inverse = (np.cumprod(np.full(1 << bits, base, dtype=np.uint64)) for base in bases)
    return np.concatenate((_ONE, straight[:-1])), np.concatenate((_ONE, inverse[:-1]))
