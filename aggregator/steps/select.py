"""Which records stand in a feed: one copy of each article, then the newest within the window.

This module does not ask the store and does not know what a feed weighs in bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from aggregator.model import Record
    from aggregator.settings import Publish


def window(records: Iterable[Record], publish: Publish) -> list[Record]:
    """Return the records of one feed, newest `published` first, then by entry id.

    Copies of one article are collapsed first (`collapse`). What is left is everything within `publish.window` seconds
    of the newest, at least `publish.entries`, at most `publish.max`. The order of `records` does not matter.
    """
    ordered = sorted(collapse(records), key=lambda record: record.entry_id)
    ordered.sort(key=lambda record: record.published, reverse=True)
    if not ordered:
        return []
    newest = ordered[0].published
    recent = sum((newest - record.published).total_seconds() <= publish.window for record in ordered)
    return ordered[: min(max(recent, publish.entries), publish.max)]


def collapse(records: Iterable[Record]) -> list[Record]:
    """Return one record of each article: its owner's if that is among `records`, else the copy that was seen first."""
    standing: dict[str, Record] = {}
    for record in records:
        group = record.duplicate_of or record.key
        rival = standing.get(group)
        if rival is None or _rank(record) < _rank(rival):
            standing[group] = record
    return list(standing.values())


def _rank(record: Record) -> tuple[bool, datetime, str]:
    return bool(record.duplicate_of), record.first_seen, record.key
