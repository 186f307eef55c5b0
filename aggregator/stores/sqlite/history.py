"""`ports.History` in SQL: ranges of one index each. This module writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from aggregator.model.item import Outline
from aggregator.steps import indexing
from aggregator.stores.sqlite import rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Record
    from aggregator.model.item import Row
    from aggregator.stores.sqlite.database import Database

_SPAN = """
    SELECT published, key, size FROM item
    WHERE NOT gone AND published < ? AND (published, key) > (?, ?)
    ORDER BY published, key LIMIT ?
"""
_SPAN_TAG = """
    SELECT item_tag.published, item_tag.key, item.size FROM item_tag CROSS JOIN item USING (key)
    WHERE item_tag.tag = ? AND item_tag.published < ? AND (item_tag.published, item_tag.key) > (?, ?)
    ORDER BY item_tag.published, item_tag.key LIMIT ?
"""
_OUTLINES = "SELECT key, record FROM item WHERE key > ? AND NOT gone ORDER BY key LIMIT ?"
_BEFORE = "SELECT max(published) FROM item WHERE NOT gone AND published < ?"
_BEFORE_TAG = "SELECT max(published) FROM item_tag WHERE tag = ? AND published < ?"
_AFTER = "SELECT min(published) FROM item WHERE NOT gone AND published >= ?"
_AFTER_TAG = "SELECT min(published) FROM item_tag WHERE tag = ? AND published >= ?"
_BURIED = "SELECT record FROM item WHERE gone ORDER BY json_extract(record, '$.updated') DESC, key LIMIT ?"
_BROUGHT = "SELECT brought_by, sum(NOT aside) FROM item WHERE brought_by <> '' AND NOT gone GROUP BY brought_by"
_BROUGHT_BY = "SELECT record FROM item WHERE brought_by = ? AND brought_by <> '' AND NOT gone ORDER BY key"

# Each range is counted by itself: a GROUP BY would sort what the index has in order.
_COUNTS = """
    SELECT CASE wanted.value
        WHEN '' THEN (
            SELECT count(*) FROM item
            WHERE NOT gone AND NOT aside AND published >= day.begin AND published < day.end
        )
        ELSE (
            SELECT count(*) FROM item_tag
            WHERE tag = wanted.value AND published >= day.begin AND published < day.end AND NOT aside
        )
    END
    FROM json_each(?) AS wanted CROSS JOIN (
        SELECT key, json_extract(value, '$[0]') AS begin, json_extract(value, '$[1]') AS end FROM json_each(?)
    ) AS day
    ORDER BY wanted.key, day.key
"""


@dataclass(slots=True)
class SqliteHistory:
    """The past of an index in SQLite."""

    database: Database

    def span(self, tag: str, since: datetime, until: datetime, *, after: str = "") -> Iterator[Row]:
        """See `ports.History.span`."""
        sql, own = (_SPAN_TAG, (tag, indexing.seconds(until))) if tag else (_SPAN, (indexing.seconds(until),))
        return self.database.stream(sql, own, (indexing.seconds(since), after))

    def outlines(self, after: str, limit: int) -> list[Outline]:
        """See `ports.History.outlines`."""
        return [self._outline(key, text) for key, text in self.database.read(_OUTLINES, (after, limit))]

    def before(self, tag: str, instant: datetime) -> datetime | None:
        """See `ports.History.before`."""
        return self._edge(_BEFORE_TAG if tag else _BEFORE, tag, instant)

    def after(self, tag: str, instant: datetime) -> datetime | None:
        """See `ports.History.after`."""
        return self._edge(_AFTER_TAG if tag else _AFTER, tag, instant)

    def counts(self, tags: Sequence[str], edges: Sequence[datetime]) -> Mapping[str, tuple[int, ...]]:
        """See `ports.History.counts`."""
        wanted, days = list(dict.fromkeys(tags)), list(pairwise(map(indexing.seconds, edges)))
        found = [count for (count,) in self.database.read(_COUNTS, (rows.text(wanted), rows.text(days)))]
        return {tag: tuple(found[n * len(days) : (n + 1) * len(days)]) for n, tag in enumerate(wanted)}

    def buried(self, limit: int) -> list[Record]:
        """See `ports.History.buried`."""
        return self._records(_BURIED, limit)

    def brought(self) -> Mapping[str, int]:
        """See `ports.History.brought`; counted off an index of such items alone."""
        return dict(self.database.read(_BROUGHT))

    def brought_by(self, source: str) -> list[Record]:
        """See `ports.History.brought_by`."""
        return self._records(_BROUGHT_BY, source)

    def _outline(self, key: str, text: str) -> Outline:
        told = rows.decode(rows.OUTLINED, text, self.database.path)
        return Outline(key, told.source, told.via, told.tags, told.copies + told.related, indexing.seal(text.encode()))

    def _records(self, sql: str, value: object) -> list[Record]:
        return [rows.decode(rows.RECORD, text, self.database.path) for (text,) in self.database.read(sql, (value,))]

    def _edge(self, sql: str, tag: str, instant: datetime) -> datetime | None:
        values = (tag, indexing.seconds(instant)) if tag else (indexing.seconds(instant),)
        ((found,),) = self.database.read(sql, values)
        return None if found is None else indexing.EPOCH + timedelta(seconds=found)
