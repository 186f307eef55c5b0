"""`ports.Store` in SQL. This module opens no file and decides nothing about items."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from aggregator import errors
from aggregator.model import FetchState
from aggregator.steps import indexing
from aggregator.stores.sqlite import rows, sketches
from aggregator.stores.sqlite.drops import SqliteDrops
from aggregator.stores.sqlite.history import SqliteHistory
from aggregator.stores.sqlite.pruning import SqliteUpkeep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from aggregator.model import Record, Saved
    from aggregator.ports import Drops, History, Revisions, Sketches, Upkeep
    from aggregator.stores.sqlite.database import Database

_ENROLL = """
    INSERT INTO source (id, host, enrolled, state) VALUES (?, ?, 1, ?)
    ON CONFLICT (id) DO UPDATE SET host = excluded.host, enrolled = 1
"""
_DUE_HOSTS = """
    SELECT host FROM source WHERE enrolled AND due_at <= ?
    GROUP BY host ORDER BY min(due_at), host LIMIT ?
"""
_KEYED = "SELECT record FROM item WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key"
_KNOWN = """
    SELECT record FROM item
    WHERE key IN (SELECT value FROM json_each(?))
       OR url IN (SELECT value FROM json_each(?))
       OR entry_id IN (SELECT value FROM json_each(?))
    ORDER BY key
"""
_FILES = """
    SELECT path, key, size, mtime_ns FROM item
    WHERE NOT gone AND (path, key) > (?, ?) ORDER BY path, key LIMIT ?
"""
_MARK = "INSERT OR IGNORE INTO outbox VALUES (?)"


@dataclass(slots=True)
class SqliteStore:
    """The index in SQLite; open one with `aggregator.stores.open_store`."""

    database: Database
    sketches: Sketches = field(init=False)
    revisions: Revisions = field(init=False)
    history: History = field(init=False)
    drops: Drops = field(init=False)
    upkeep: Upkeep = field(init=False)

    def __post_init__(self) -> None:
        """Open what else the same file holds."""
        self.history = SqliteHistory(self.database)
        self.drops = SqliteDrops(self.database)
        self.upkeep = SqliteUpkeep(self.database)
        self.sketches = sketches.SqliteSketches(self.database)
        self.revisions = sketches.SqliteRevisions(self.database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.database.close()

    def enroll(self, sources: Sequence[tuple[str, str]]) -> None:
        """See `ports.Store.enroll`; writes only if the set changed."""
        wanted = dict(sources)
        if wanted == dict(self.database.read("SELECT id, host FROM source WHERE enrolled")):
            return
        with self.database.write() as connection:
            connection.execute("UPDATE source SET enrolled = 0 WHERE enrolled")
            empty = ((name, host, rows.text(FetchState(source=name))) for name, host in wanted.items())
            connection.executemany(_ENROLL, empty)

    def due_hosts(self, now: datetime, limit: int) -> list[str]:
        """See `ports.Store.due_hosts`."""
        return [host for (host,) in self.database.read(_DUE_HOSTS, (indexing.seconds(now), limit))]

    def claim(self, sources: Sequence[str], now: datetime, lease: float, *, due: bool = False) -> list[FetchState]:
        """See `ports.Store.claim`."""
        until = indexing.whole(now + timedelta(seconds=lease))
        claimed = []
        with self.database.write(durable=False) as connection:  # a lost claim is a claim that its claimer died of
            for name in dict.fromkeys(sources):
                row = connection.execute("SELECT state FROM source WHERE id = ?", (name,)).fetchone()
                state = rows.decode(rows.STATE, row[0], self.database.path) if row else FetchState(source=name)
                if due and indexing.due_at(state) > indexing.seconds(now):
                    continue
                claimed.append(replace(state, generation=state.generation + 1, next_at=until))
                rows.put_state(connection, claimed[-1])
        return claimed

    def commit(self, state: FetchState, saved: Sequence[Saved], stale: Iterable[str] = ()) -> None:
        """See `ports.Store.commit`."""
        dropped = {f"tag:{key}" for one in saved for key in indexing.tags(one.removed_tags)} | set(stale)
        with self.database.write(durable=bool(saved)) as connection:  # without items, losing it costs one more request
            row = connection.execute("SELECT generation FROM source WHERE id = ?", (state.source,)).fetchone()
            if state.generation != (row[0] if row else 0):
                raise errors.StaleClaim(f"{state.source}: claimed again since; this result is dropped")
            rows.put_state(connection, state)
            feeds = dropped
            if saved:
                feeds |= rows.put(connection, [one.record for one in saved], path=self.database.path)
                sketches.remember(connection, saved)
            connection.executemany(_MARK, ((feed,) for feed in sorted(feeds)))

    def states(self) -> Mapping[str, FetchState]:
        """See `ports.Store.states`."""
        found = self.database.read("SELECT id, state FROM source ORDER BY id")
        return {name: rows.decode(rows.STATE, text, self.database.path) for name, text in found}

    def known(self, keys: Iterable[str], urls: Iterable[str], ids: Iterable[str]) -> list[Record]:
        """See `ports.Store.known`; ordered by key, empty texts match nothing."""
        wanted = tuple(rows.text(sorted(filter(None, set(texts)))) for texts in (keys, urls, ids))
        if wanted[1:] == ("[]", "[]"):
            return _records(self.database, _KEYED, wanted[:1])
        return _records(self.database, _KNOWN, wanted)

    def items(
        self,
        *,
        tag: str = "",
        source: str = "",
        since: datetime | None = None,
        prefix: str = "",
        text: str = "",
        aside: bool | None = None,
        limit: int = 0,
    ) -> list[Record]:
        """See `ports.Store.items`."""
        sql, values = rows.select(
            tag=tag, source=source, since=since, prefix=prefix, reference=text, aside=aside, limit=limit
        )
        return _records(self.database, sql, values)

    def files(self) -> Iterator[tuple[str, str, int, int]]:
        """See `ports.Store.files`; read off one index."""
        return self.database.stream(_FILES, (), ("", ""))

    def tags(self) -> Mapping[str, tuple[str, int]]:
        """See `ports.Store.tags`; a tag that lost its last item stays, with 0."""
        found = self.database.read("SELECT key, label, items FROM tag")
        return {key: (label, count) for key, label, count in found}

    def sources(self) -> Mapping[str, int]:
        """See `ports.Store.sources`."""
        return dict(self.database.read("SELECT source, items FROM held WHERE items + copies > 0 ORDER BY source"))

    def replace(self, records: Sequence[Record], removed: Iterable[str] = ()) -> None:
        """See `ports.Store.replace`; `removed` goes first, so a key in both stays."""
        with self.database.write() as connection:
            feeds = rows.put(connection, records, path=self.database.path, removed=list(removed))
            connection.executemany(_MARK, ((feed,) for feed in sorted(feeds)))

    def outbox(self, done: Iterable[str] = ()) -> frozenset[str]:
        """See `ports.Store.outbox`."""
        if struck := [(feed,) for feed in done]:
            with self.database.write() as connection:
                connection.executemany("DELETE FROM outbox WHERE feed = ?", struck)
        return frozenset(feed for (feed,) in self.database.read("SELECT feed FROM outbox"))


def _records(database: Database, sql: str, values: tuple[object, ...]) -> list[Record]:
    return [rows.record(text, database.path) for (text,) in database.read(sql, values)]
