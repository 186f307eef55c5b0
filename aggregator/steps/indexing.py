"""What every index derives from records and states, whatever it is kept in.

This module stores nothing and knows no database.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar

from aggregator.model import FetchState, Record
from aggregator.steps import slugs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NEVER = 2**53
"""When a source is due that never is: a second after any instant that a clock tells."""
DROPS = 1000
"""Entries of one source, kept out by filters, that an index remembers."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Row = TypeVar("_Row", Record, FetchState)
_INSTANTS = {
    kind: tuple(field.name for field in fields(kind) if str(field.type).startswith("datetime"))
    for kind in (Record, FetchState)
}


def whole(instant: datetime) -> datetime:
    """Return the instant in UTC, cut to whole seconds: all that an index keeps of it."""
    if instant.tzinfo is None:
        raise TypeError(f"an instant without time zone: {instant}")
    if instant.tzinfo is UTC and not instant.microsecond:
        return instant
    return instant.astimezone(UTC).replace(microsecond=0)


def seconds(instant: datetime) -> int:
    """Return the whole seconds from 1970 to the instant, rounded down; negative before."""
    return int((whole(instant) - EPOCH).total_seconds())


def settle(row: _Row) -> _Row:
    """Return the row with all instants whole UTC seconds; the same object if they are. Raises `TypeError` if naive."""
    changes: dict[str, Any] = {}
    for name in _INSTANTS[type(row)]:
        value = getattr(row, name)
        if value is not None and (settled := whole(value)) is not value:
            changes[name] = settled
    return replace(row, **changes) if changes else row


def seal(data: bytes) -> bytes:
    """Return a digest of a row's bytes: 16 bytes (BLAKE2b), equal for equal rows and different for different ones."""
    return blake2b(data, digest_size=16).digest()


def number(key: str) -> int:
    """Return an item's key, 16 hex digits, as a signed number of 64 bits."""
    return int.from_bytes(bytes.fromhex(key), signed=True)


def due_at(state: FetchState) -> int:
    """Return the second at which the source is due: `next_at`, but never before `retry_at`; 0 is at once.

    A retired source is due at the end of time.
    """
    if state.retired_at is not None:
        return NEVER
    return max((seconds(instant) for instant in (state.next_at, state.retry_at) if instant is not None), default=0)


@lru_cache(maxsize=1024)
def tags(names: tuple[str, ...]) -> Mapping[str, str]:
    """Return tag key → first spelling; names that leave no key are dropped."""
    labels: dict[str, str] = {}
    for name in names:
        if key := slugs.tag_key(name):
            labels.setdefault(key, name)
    return labels


def stale(old: Iterable[Record], new: Iterable[Record]) -> set[str]:
    """Return the feeds to publish when the rows `new` take the place of `old`; another file time alone is no change."""
    before, after = ({one.key: one for one in rows} for rows in (old, new))
    same = {key for key in before.keys() & after.keys() if _timeless(before[key]) == _timeless(after[key])}
    return {feed for rows in (before, after) for key in rows.keys() - same for feed in feeds(rows[key])}


def _timeless(record: Record) -> Record:
    return replace(record, size=0, mtime_ns=0)


def feeds(record: Record) -> set[str]:
    """Return the feeds that show the record, as the outbox names them: `all`, `source:<id>`, `tag:<tag key>`.

    With them goes `day:<YYYY-MM-DD>`, its day in UTC, which tells the parts of their archives that it touches.
    """
    day = f"day:{whole(record.published):%Y-%m-%d}"
    return {"all", f"source:{record.source}", day, *(f"tag:{key}" for key in tags(record.tags))}
