"""When an item was published, where its file does not say it: what has to be written down to be known again.

Three kinds of files do not: those without a date, those whose date lay ahead when they were first seen (which counts
as that moment), and ours of an hour that comes twice as clocks are set back, since local times do not tell which.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from aggregator.model import Item, Record


class Sighting(NamedTuple):
    """What is written down of one item."""

    key: str
    stated: str
    """The date in its file as `stated` gives it."""
    published: datetime


def stated(item: Item) -> str:
    """Return the date in the file that an item was read from, ISO 8601 in UTC; empty if it has none."""
    date = item.ahead or item.published
    return date.astimezone(UTC).isoformat() if date else ""


def published(known: Mapping[tuple[str, str], datetime], item: Item, otherwise: datetime) -> datetime:
    """Return when an item was published: as it was written down (key, `stated` → instant), else as its file says.

    If that says nothing either, or what lies ahead, it is `otherwise`.
    """
    return known.get((item.key, stated(item))) or (not item.ahead and item.published) or otherwise


def sighting(item: Item, record: Record, zone: tzinfo) -> Sighting | None:
    """Return what the file of an item does not say of when it was published; None if it says it."""
    if item.file:
        silent = item.ahead or not item.published
        return Sighting(item.key, stated(item), record.published) if silent else None
    local = record.published.astimezone(zone)
    if not local.fold:
        return None
    read = local.replace(fold=0, microsecond=0).astimezone(UTC)
    return Sighting(record.key, read.isoformat(), record.published)
