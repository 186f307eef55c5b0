"""`ports.Drops` in SQL. This module opens no file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aggregator.model import Dropped
from aggregator.steps import indexing
from aggregator.stores.sqlite import rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.stores.sqlite.database import Database

_KNOWN = "SELECT key FROM dropped WHERE key IN (SELECT value FROM json_each(?))"
_NOTE = "INSERT OR IGNORE INTO dropped (key, source, at, title, link, why) VALUES (?, ?, ?, ?, ?, ?)"
_BOUND = """
    DELETE FROM dropped WHERE key IN (
        SELECT key FROM dropped WHERE source = ? ORDER BY at DESC, key LIMIT -1 OFFSET ?
    )
"""
_LISTED = """
    SELECT key, source, title, link, why, at FROM dropped WHERE ? IN ('', source) ORDER BY at DESC, key LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class SqliteDrops:
    """What filters kept out, in the index's file."""

    database: Database

    def note(self, dropped: Sequence[Dropped]) -> int:
        """See `ports.Drops.note`; writes only if some are new, and not durably: they would be told again."""
        keys = rows.text([one.key for one in dropped])
        known = {key for (key,) in self.database.read(_KNOWN, (keys,))}
        fresh = [one for one in {one.key: one for one in dropped}.values() if one.key not in known]
        if fresh:
            with self.database.write(durable=False) as connection:
                connection.executemany(
                    _NOTE,
                    ((one.key, one.source, indexing.seconds(one.at), one.title, one.link, one.why) for one in fresh),
                )
                for source in {one.source for one in fresh}:
                    connection.execute(_BOUND, (source, indexing.DROPS))
        return len(fresh)

    def listed(self, *, source: str = "", limit: int = 0) -> list[Dropped]:
        """See `ports.Drops.listed`."""
        found = self.database.read(_LISTED, (source, limit or -1))
        return [
            Dropped(key=key, source=name, title=title, link=link, why=why, at=datetime.fromtimestamp(at, UTC))
            for key, name, title, link, why, at in found
        ]
