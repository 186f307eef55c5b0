"""Rows that the index needs no more, dropped. Items are never among them; what tells of deleted ones has its time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aggregator.steps import indexing
from aggregator.stores.sqlite import rows
from aggregator.stores.sqlite.sketches import SqliteSketches

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from aggregator.model.item import Ages
    from aggregator.stores.sqlite.database import Database

_DROPPED = """
    DELETE FROM dropped WHERE source NOT IN (SELECT value FROM json_each(?))
    AND source NOT IN (SELECT source FROM item WHERE NOT gone)
"""
_STATES = """
    DELETE FROM source WHERE id NOT IN (SELECT value FROM json_each(?))
    AND id NOT IN (SELECT source FROM item WHERE NOT gone)
"""
_REVISIONS = "DELETE FROM revision WHERE key NOT IN (SELECT key FROM item WHERE NOT gone) OR at < ?"
_AGED = "DELETE FROM dropped WHERE at < ?"
_BURIED = """
    SELECT key FROM item WHERE gone AND json_extract(record, '$.updated') < ?
    ORDER BY json_extract(record, '$.updated') LIMIT ?
"""
_UNLINK = "DELETE FROM near_link WHERE ? IN (small, big)"
_BATCH: Final = 1_000
"""Tombstones in one transaction: others write meanwhile, and wait for it."""


@dataclass(frozen=True, slots=True)
class SqliteUpkeep:
    """`ports.Upkeep` in SQL."""

    database: Database

    def prune(self, sources: Collection[str], ages: Ages) -> Mapping[str, int]:
        """See `ports.Upkeep.prune`."""
        counts = {"sketches": SqliteSketches(self.database).forget(ages.sketched, ages.topics)}
        counts["tombstones"] = _forget_buried(self.database, ages.gone) if ages.gone else 0
        known, aged = rows.text(sorted(sources)), indexing.seconds(ages.gone) if ages.gone else 0
        with self.database.write() as connection:
            counts["revisions"] = connection.execute(_REVISIONS, (aged,)).rowcount
            filtered = connection.execute(_DROPPED, (known,)).rowcount
            counts["filtered"] = filtered + connection.execute(_AGED, (aged,)).rowcount
            counts["states"] = connection.execute(_STATES, (known,)).rowcount
        return counts


def _forget_buried(database: Database, gone: datetime) -> int:
    """Drop tombstones from before the instant, with their links; return how many."""
    count = 0
    while keys := [key for (key,) in database.read(_BURIED, (rows.text(gone).strip('"'), _BATCH))]:
        with database.write() as connection:
            rows.put(connection, [], path=database.path, removed=keys)
            connection.executemany("DELETE FROM near_fresh WHERE key = ?", ((key,) for key in keys))
            connection.executemany(_UNLINK, ((indexing.number(key),) for key in keys))
        count += len(keys)
    return count
