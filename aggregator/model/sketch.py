"""What a text is recognised by, and how texts belong together. This module holds no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations at run time
from typing import Final, Literal

Bond = Literal["near", "within", "related", "merged"]
"""Copies; a text that stands in a longer one, but is no copy of it; texts on one event; what the owner put together."""
MOST_NUMBERS: Final = 32
"""A sketch holds so many numbers of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """A text in a few hundred bytes (`steps.copies.sketch`); enough to tell copies of it, not to read it."""

    tokens: int = 0
    """How long the text is, in characters of Chinese and words of other languages."""
    level: int = 0
    """Every 2^level-th shingle was kept."""
    hashes: tuple[int, ...] = ()
    """Distinct 32-bit hashes of shingles, sorted."""
    lead: int = 0
    """31-bit hash of the first 24 tokens; 0 for shorter texts."""
    numbers: tuple[int, ...] = ()
    """16-bit hashes of the distinct runs of digits, sorted; of more than `MOST_NUMBERS` the least ones."""
    topic: tuple[tuple[int, int], ...] = ()
    """(32-bit hash, weight of 1 to 255) of the terms that say most, the heaviest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketched:
    """A sketch as the index keeps it; `at` is when it ages from. What `places` and bytes mean is `steps.near`'s."""

    key: str
    at: datetime
    body: bytes
    topic: bytes = b""
    places: tuple[int, ...] = ()
    """Under which it is found."""
    topic_places: tuple[int, ...] = ()
    """Under which it is found as long as its topic is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """That two items belong together. `small` is the shorter text's key; `part` says that `big` holds more."""

    small: str
    big: str
    bond: Bond
    score: float
    part: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether two texts are copies of each other, and what was found; `failed` is the first clause that did not hold.

    Shares are between 0 and 1; `evidence` is for people.
    """

    near: bool
    score: float
    """Containment: the share of the shorter text's shingles that the longer one has."""
    failed: str = ""
    evidence: str = ""
    part: bool = False
