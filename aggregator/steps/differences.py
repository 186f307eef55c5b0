"""What differs between the item files that there are and those that the index knows.

One pass over the index's rows: with many items neither side is held twice. This module reads neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(slots=True)
class Differences:
    """How files differ from what is known of them."""

    known: int = 0
    """Files that the index knows."""
    missing: dict[str, str] = field(default_factory=dict)
    """Path → key of those that are gone."""
    touched: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Path → (key, known mtime_ns) of those that have another size or time, in the order of the index."""
    appeared: set[str] = field(default_factory=set)
    """Paths that the index does not know."""


def differences(
    listing: Mapping[str, tuple[int, int]], rows: Iterable[tuple[str, str, int, int]], *, every: bool = False
) -> Differences:
    """Return how the files `listing`, path → (size, mtime_ns), differ from rows of (path, key, size, mtime_ns).

    With `every` each file that both know counts as touched.
    """
    found = Differences(appeared=set(listing))
    for path, key, size, mtime_ns in rows:
        found.known += 1
        found.appeared.discard(path)
        facts = listing.get(path)
        if facts is None:
            found.missing[path] = key
        elif every or facts != (size, mtime_ns):
            found.touched[path] = key, mtime_ns
    return found
