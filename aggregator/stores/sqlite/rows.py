"""Records and states as rows: what is written into which table, and how it comes back. This module opens nothing."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from aggregator import errors
from aggregator.model import FetchState, Record
from aggregator.steps import indexing, slugs

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime


class Outlined(msgspec.Struct):
    """What `model.item.Outline` is made of, besides key and seal, read off a record's row."""

    source: str
    via: str = ""
    tags: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    related: tuple[str, ...] = ()


_Row = TypeVar("_Row", Record, FetchState, Outlined)

# Unknown fields are skipped and missing ones take their defaults, so rows outlive changes of the model.
STATE = msgspec.json.Decoder(FetchState)
RECORD = msgspec.json.Decoder(Record)
OUTLINED = msgspec.json.Decoder(Outlined)

_RECENT = 1024
"""Records that are remembered by their rows: a site's newest items are asked for by several feeds, again and again."""
_LAST = "\U0010ffff"
"""Sorts behind every text: the range of a prefix ends at `prefix + _LAST`."""
_SAVE_STATE = """
    INSERT INTO source (id, due_at, generation, state) VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at, generation = excluded.generation, state = excluded.state
"""
_SAVE_ITEM = """
    INSERT INTO item
        (key, source, path, size, mtime_ns, link, url, entry_id, published, aside, gone, brought_by, record)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET
        source = excluded.source, path = excluded.path, size = excluded.size, mtime_ns = excluded.mtime_ns,
        link = excluded.link, url = excluded.url,
        entry_id = excluded.entry_id, published = excluded.published, aside = excluded.aside, gone = excluded.gone,
        brought_by = excluded.brought_by, record = excluded.record
"""
_SAVE_LABEL = "INSERT OR IGNORE INTO tag (key, label) VALUES (?, ?)"  # the first spelling stays
_COUNT_TAG = "UPDATE tag SET items = items + ? WHERE key = ?"
_COUNT_SOURCE = """
    INSERT INTO held VALUES (?, ?, ?)
    ON CONFLICT (source) DO UPDATE SET items = items + excluded.items, copies = copies + excluded.copies
"""
_DROP_TAG = "DELETE FROM item_tag WHERE tag = ? AND published = ? AND key = ?"
_REFERENCE = """item.key IN (
    SELECT key FROM item WHERE path = ? AND NOT gone
    UNION ALL SELECT key FROM item WHERE entry_id = ?
    UNION ALL SELECT key FROM item WHERE link = ? AND link <> entry_id
)"""
_OLD = "SELECT record FROM item WHERE key IN (SELECT value FROM json_each(?))"


def text(value: object) -> str:
    """Return the value as JSON. Raises `UnicodeEncodeError` for lone surrogates."""
    return msgspec.json.encode(value).decode()


def decode(decoder: msgspec.json.Decoder[_Row], row: str, path: str) -> _Row:
    """Return the record or state of a row. Raises `errors.StoreCorrupt` naming `path`."""
    try:
        return decoder.decode(row)
    except msgspec.DecodeError as error:
        raise errors.StoreCorrupt(f"{path} holds a row that cannot be read ({error}); run `tagwire reindex`") from error


@lru_cache(maxsize=_RECENT)
def record(row: str, path: str) -> Record:
    """Return the record of a row, the same object for the same text, as long as it is remembered."""
    return decode(RECORD, row, path)


def put_state(connection: sqlite3.Connection, state: FetchState) -> None:
    """Insert or replace one fetch state; who is enrolled stays as it is."""
    settled = indexing.settle(state)
    connection.execute(_SAVE_STATE, (state.source, indexing.due_at(settled), state.generation, text(settled)))


def put(
    connection: sqlite3.Connection, records: Sequence[Record], *, path: str, removed: Sequence[str] = ()
) -> set[str]:
    """Drop the items `removed`, then insert or replace the records; return the feeds that showed or show them."""
    records = [indexing.settle(record) for record in records]
    last = {record.key: record for record in records}.values()
    rows = connection.execute(_OLD, (text([*removed, *(record.key for record in records)]),))
    old = [decode(RECORD, row, path) for (row,) in rows]
    connection.executemany("DELETE FROM item WHERE key = ?", ((key,) for key in removed))
    connection.executemany(_DROP_TAG, (row[:3] for record in old for row in _tag_rows(record)))
    connection.executemany(_SAVE_ITEM, map(_item_row, last))
    connection.executemany("INSERT INTO item_tag VALUES (?, ?, ?, ?)", (row for one in last for row in _tag_rows(one)))
    labels: dict[str, str] = {}
    for record in reversed(records):
        labels |= indexing.tags(record.tags)
    connection.executemany(_SAVE_LABEL, labels.items())
    _count(connection, old, last)
    return indexing.stale(old, last)


def _count(connection: sqlite3.Connection, old: Iterable[Record], new: Iterable[Record]) -> None:
    """Keep the numbers of items of tags and sources right, given what was there and what is there instead."""
    tags: Counter[str] = Counter()
    sources: Counter[tuple[str, bool]] = Counter()
    for records, change in ((old, -1), (new, 1)):
        for record in records:
            if not record.gone:
                sources[record.source, bool(record.duplicate_of)] += change
                if not record.duplicate_of:
                    tags.update(dict.fromkeys(indexing.tags(record.tags), change))
    connection.executemany(_COUNT_TAG, ((change, key) for key, change in tags.items() if change))
    held = (((name, 0, change) if aside else (name, change, 0)) for (name, aside), change in sources.items() if change)
    connection.executemany(_COUNT_SOURCE, held)


def select(
    *, tag: str, source: str, since: datetime | None, prefix: str, reference: str, aside: bool | None, limit: int
) -> tuple[str, tuple[Any, ...]]:
    """Return the SELECT for `ports.Store.items`, and its parameters.

    Windows are read off an index from its new end; few items have a prefix or reference, so these are sorted (`+`).
    """
    newest = "item_tag.published" if tag else "item.published"
    conditions = {
        "item_tag.tag = ?": (slugs.tag_key(tag),) if tag else None,
        "NOT item.gone": (),
        "item.source = ?": (source,) if source else None,
        f"{newest} >= ?": (indexing.seconds(since),) if since else None,
        "item.key BETWEEN ? AND ?": (prefix, prefix + _LAST) if prefix else None,
        _REFERENCE: (reference,) * 3 if reference else None,
        "item.aside = ?": (aside,) if aside is not None else None,
    }
    chosen = {condition: values for condition, values in conditions.items() if values is not None}
    sql = (  # pieces of ours only, what people type is bound
        f"SELECT item.record FROM {'item_tag CROSS JOIN item USING (key)' if tag else 'item'}"  # noqa: S608
        f" WHERE {' AND '.join(chosen)}"
        f" ORDER BY {'+' if prefix or reference else ''}{newest} DESC, item.entry_id, item.key LIMIT ?"
    )
    return sql, (*(value for values in chosen.values() for value in values), limit or -1)


def _item_row(record: Record) -> tuple[object, ...]:
    return (
        record.key,
        record.source,
        record.path,
        record.size,
        record.mtime_ns,
        record.link,
        record.url,
        record.entry_id,
        indexing.seconds(record.published),
        bool(record.duplicate_of),
        record.gone,
        record.via if record.via != record.source else "",
        text(record),
    )


def _tag_rows(record: Record) -> Iterator[tuple[object, ...]]:
    if not record.gone:
        published, aside = indexing.seconds(record.published), bool(record.duplicate_of)
        yield from ((tag, published, record.key, aside) for tag in indexing.tags(record.tags))
