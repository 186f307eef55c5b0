"""Which items are worth comparing with one, by the places of the index that they share.

Boilerplate stands in thousands of texts, and in a busy week every second title names the same thing. So of the items
that share a common place only a few are compared, the same ones with every item: copies of a text that everybody prints
are still found to be one story, through those few. They are chosen by the items' keys alone, never by who came first.
Terms that so many items share say nothing about an event. This module compares no texts (`steps.near`).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from aggregator.steps.copies import topics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMMON: Final = 64
"""A place that more items share is common."""
REPRESENTATIVES: Final = 4
"""Items of a common place that are compared."""
_MOST: Final = 128
"""Items of rare places that are compared at most."""
_TERMS: Final = 2
"""Terms of their topics that two items must share at least; one alone says nothing."""


def candidates(rare: Mapping[int, Sequence[int]], common: Mapping[int, Sequence[int]]) -> list[int]:
    """Return the items worth comparing, the most promising first.

    `rare` has all items of each place, `common` the first of each place that many share. An item is a number here,
    whose order says nothing about when it came.
    """
    shared = Counter(item for items in rare.values() for item in items)
    if any(place >= topics.FIRST for place in rare):
        shared = Counter({item: count for item, count in shared.items() if count >= _TERMS})
    beside = Counter(item for items in common.values() for item in items if item not in shared)
    return _best(shared, _MOST) + _best(beside, REPRESENTATIVES)


def _best(counts: Counter[int], most: int) -> list[int]:
    return sorted(counts, key=lambda item: (-counts[item], item))[:most]
