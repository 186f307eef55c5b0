"""How the past of a feed is divided into archive documents (RFC 5005 §4): by month, and a long month into parts.

Parts are filled from the oldest item on, so that a new item touches the last part alone. This module asks no store and
renders nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from aggregator.model.item import Row

_NAME = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?:-([1-9]\d{0,5}))?")
_DECEMBER: Final = 12
_FRAME: Final = 1000
"""Bytes that an entry takes besides its file's text: source, links, categories."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the site's calendar."""

    year: int
    month: int

    def begin(self, zone: ZoneInfo) -> datetime:
        """Return its first instant."""
        return datetime(self.year, self.month, 1, tzinfo=zone)

    def end(self, zone: ZoneInfo) -> datetime:
        """Return the first instant of the next month."""
        if self.month == _DECEMBER:
            return Month(self.year + 1, 1).begin(zone)
        return Month(self.year, self.month + 1).begin(zone)


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One archive document: the part `number` of a month, from 0."""

    month: Month
    number: int

    @property
    def name(self) -> str:
        """Its file's name without suffix: `2025-02`, then `2025-02-2` and so on."""
        stem = f"{self.month.year:04}-{self.month.month:02}"
        return f"{stem}-{self.number + 1}" if self.number else stem


def month_of(instant: datetime, zone: ZoneInfo) -> Month:
    """Return the month in which the instant lies in that zone."""
    local = instant.astimezone(zone)
    return Month(local.year, local.month)


@dataclass(slots=True)
class Stretch:
    """Where the rows of one part begin and end: there may be many. Their order is that of (seconds since 1970, key)."""

    after: tuple[int, str]
    """The last place before them."""
    last: tuple[int, str]


@lru_cache(maxsize=4096)
def part_named(name: str) -> Part | None:
    """Return the part whose file has that name without suffix, None if no part has."""
    match = _NAME.fullmatch(name)
    if match is None or match[3] == "1":
        return None
    return Part(Month(int(match[1]), int(match[2])), int(match[3] or 1) - 1)


def divide(rows: Iterable[Row], limit: int) -> list[Stretch]:
    """Return how a month's rows, the oldest first, make parts of about `limit` bytes of Atom each.

    What an entry will weigh is estimated from its file. Items added behind the last one change the last part only.
    """
    parts: list[Stretch] = []
    room = 0
    for published, key, size in rows:
        weight = _FRAME + size + size // 2
        place = published, key
        if weight > room:
            parts.append(Stretch(parts[-1].last if parts else (published, ""), place))
            room = limit
        parts[-1].last = place
        room -= weight
    return parts


def outside(rows: Iterable[Row], standing: frozenset[str], edge: int) -> bool:
    """Whether one of the rows that are not newer than `edge`, in seconds, is not `standing` in the feed."""
    return any(published <= edge and key not in standing for published, key, _ in rows)
