"""Rows that the index needs no more, dropped. Items are never among them, nor what tells that one was deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.stores.sqlite import rows
from aggregator.stores.sqlite.sketches import SqliteSketches

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from aggregator.stores.sqlite.database import Database

_DROPPED = """
    DELETE FROM dropped WHERE source NOT IN (SELECT value FROM json_each(?))
    AND source NOT IN (SELECT source FROM item WHERE NOT gone)
"""
_STATES = """
    DELETE FROM source WHERE id NOT IN (SELECT value FROM json_each(?))
    AND id NOT IN (SELECT source FROM item WHERE NOT gone)
"""
_REVISIONS = "DELETE FROM revision WHERE key NOT IN (SELECT key FROM item WHERE NOT gone)"


def prune(database: Database, sources: Collection[str], *, sketched: datetime, topics: datetime) -> Mapping[str, int]:
    """Return how many rows of each kind were dropped, see `aggregator.stores.prune`."""
    counts = {"sketches": SqliteSketches(database).forget(sketched, topics)}
    known = rows.text(sorted(sources))
    with database.write() as connection:
        counts["revisions"] = connection.execute(_REVISIONS).rowcount
        counts["filtered"] = connection.execute(_DROPPED, (known,)).rowcount
        counts["states"] = connection.execute(_STATES, (known,)).rowcount
    return counts
