"""What differs between the item files that there are and those that the index knows.

Both are gone through once, side by side: neither is held, however many there are. This module reads neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Facts = tuple[int, int]
"""Size and mtime_ns of a file."""
Row = tuple[str, str, int, int]
"""What an index knows of one: its path, its item's key, size and mtime_ns."""


@dataclass(slots=True)
class Differences:
    """How files differ from what is known of them."""

    known: int = 0
    """Files that the index knows."""
    missing: dict[str, str] = field(default_factory=dict)
    """Path → key of those that are gone."""
    touched: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Path → (key, known mtime_ns) of those that have another size or time."""
    facts: dict[str, Facts] = field(default_factory=dict)
    """Path → what the file system says of those that were touched, and of those that the index does not know."""

    @property
    def appeared(self) -> set[str]:
        """Paths that the index does not know."""
        return self.facts.keys() - self.touched.keys()


def differences(listing: Iterable[tuple[str, Facts]], rows: Iterable[Row], *, every: bool = False) -> Differences:
    """Return how files, as (path, facts), differ from what is known of them; both are given by path.

    With `every` each file that both know counts as touched.
    """
    found, known = Differences(), iter(rows)
    row = next(known, None)
    for path, facts in listing:
        while row and row[0] < path:
            found.missing[row[0]] = row[1]
            found.known += 1
            row = next(known, None)
        if not row or row[0] != path:
            found.facts[path] = facts
        while row and row[0] == path:
            if every or row[2:] != facts:
                found.touched[path] = row[1], row[3]
                found.facts[path] = facts
            found.known += 1
            row = next(known, None)
    left = {one[0]: one[1] for one in chain([row] if row else [], known)}
    found.missing |= left
    found.known += len(left)
    return found
