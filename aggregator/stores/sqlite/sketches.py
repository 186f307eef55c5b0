"""`ports.Sketches` and `ports.Revisions` in SQL. This module compares no texts."""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aggregator.model import Link, Revision, Sketched
from aggregator.steps import indexing, near
from aggregator.steps.copies import topics
from aggregator.steps.copies.candidates import COMMON, REPRESENTATIVES, candidates

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Saved
    from aggregator.stores.sqlite.database import Database

REVISIONS = 10
"""So many are kept of an item."""
_SHARED = """
    WITH asked AS MATERIALIZED (
        SELECT value, (SELECT mark FROM near_place WHERE place = value LIMIT 1 OFFSET ?2) IS NOT NULL AS common
        FROM json_each(?1)
    ), bounded AS MATERIALIZED (
        SELECT value, common, CASE WHEN NOT common THEN 1 << 32 ELSE
            (SELECT mark FROM near_place WHERE place = value ORDER BY mark LIMIT 1 OFFSET ?3)
        END AS bound FROM asked WHERE NOT common OR value < ?4
    )
    SELECT common, place, mark FROM bounded CROSS JOIN near_place ON place = value AND mark < bound
"""
"""Two steps, so that `bound` is a limit of the range that is read and not a condition for each of its rows."""
_FOUND = """
    SELECT item, at, body, topic FROM json_each(?)
    CROSS JOIN near_sketch ON item BETWEEN value << 32 AND (value << 32) + 0xFFFFFFFF ORDER BY item
"""
_GET = "SELECT item, at, body, topic FROM near_sketch WHERE item IN (SELECT value FROM json_each(?)) ORDER BY item"
_STALE = "SELECT item, body, topic FROM near_sketch WHERE item IN (SELECT value FROM json_each(?))"
_KEEP = """
    INSERT INTO near_sketch (item, at, body, topic) VALUES (?, ?, ?, ?)
    ON CONFLICT (item) DO UPDATE SET at = excluded.at, body = excluded.body, topic = excluded.topic
"""
_LINKS = """
    SELECT small, big, bond, score, part FROM near_link WHERE small IN (SELECT value FROM json_each(?1))
    UNION SELECT small, big, bond, score, part FROM near_link WHERE big IN (SELECT value FROM json_each(?1))
    ORDER BY small, big, bond
"""
_OLD = "SELECT item, body, topic FROM near_sketch WHERE at < ?"
_FADED = "SELECT item, topic FROM near_sketch WHERE at < ? AND topic IS NOT NULL"
_UNPLACE = "DELETE FROM near_place WHERE place = ? AND mark = ?"
_TOO_MANY = """
    DELETE FROM revision WHERE key = ?1 AND at NOT IN (SELECT at FROM revision WHERE key = ?1 ORDER BY at DESC LIMIT ?2)
"""


_Marks = dict[int, list[int]]
"""Place → the upper halves of the numbers of the items that have it."""


@dataclass(frozen=True, slots=True)
class SqliteSketches:
    """Sketches beside the index, in the same file."""

    database: Database

    def fresh(self) -> list[str]:
        """See `ports.Sketches.fresh`."""
        return [key for (key,) in self.database.read("SELECT key FROM near_fresh ORDER BY key")]

    def keep(self, sketched: Sequence[Sketched], looked: Iterable[str]) -> None:
        """See `ports.Sketches.keep`."""
        with self.database.write(durable=False) as connection:
            numbers = [indexing.number(row.key) for row in sketched]
            stale = connection.execute(_STALE, (_list(numbers),)).fetchall()
            connection.executemany(_UNPLACE, _places(stale))
            pairs = list(zip(numbers, sketched, strict=True))
            kept = ((number, indexing.seconds(row.at), row.body, row.topic or None) for number, row in pairs)
            connection.executemany(_KEEP, kept)
            placed = [(place, number >> 32) for number, row in pairs for place in (*row.places, *row.topic_places)]
            connection.executemany("INSERT OR IGNORE INTO near_place VALUES (?, ?)", sorted(placed))
            connection.executemany("DELETE FROM near_fresh WHERE key = ?", ((key,) for key in looked))

    def find(self, asked: Sequence[Sequence[int]]) -> list[list[Sketched]]:
        """See `ports.Sketches.find`; what many texts have in common is read once."""
        rare, common = self._shared({place for places in asked for place in places})
        found = []
        for places in asked:
            mine = set(places)
            found.append(candidates(_only(rare, mine), _only(common, mine)))
        there: defaultdict[int, list[Sketched]] = defaultdict(list)
        wanted = _list({mark for marks in found for mark in marks})
        for row in self.database.read(_FOUND, (wanted,)):
            there[row[0] >> 32].append(_sketched(*row))
        return [[row for mark in marks for row in there[mark]] for marks in found]

    def _shared(self, places: set[int]) -> tuple[_Marks, _Marks]:
        """Return the marks of places: all of those that are rare, the first of those that are common."""
        rare: _Marks = defaultdict(list)
        common: _Marks = defaultdict(list)
        for often, place, mark in self.database.read(_SHARED, (_list(places), COMMON, REPRESENTATIVES, topics.FIRST)):
            (common if often else rare)[place].append(mark)
        return rare, common

    def get(self, keys: Iterable[str]) -> Mapping[str, Sketched]:
        """See `ports.Sketches.get`."""
        found = (_sketched(*row) for row in self.database.read(_GET, (_numbers(keys),)))
        return {row.key: row for row in found}

    def link(self, links: Iterable[Link], renewed: Iterable[str] = (), parted: Iterable[str] = ()) -> set[str]:
        """See `ports.Sketches.link`."""
        renewed, parted = set(renewed), set(parted)
        links = list(links)
        if not (links or renewed or parted):
            return set()
        with self.database.write(durable=False) as connection:
            dropped, before = [], set()
            for link in _links(connection.execute(_LINKS, (_numbers(renewed | parted),)).fetchall()):
                before |= {link.small, link.big}
                if link.bond == "merged" and parted & {link.small, link.big}:
                    dropped.append(link)
                elif link.bond != "merged" and renewed & {link.small, link.big}:
                    other = link.big if link.small in renewed else link.small
                    known = connection.execute("SELECT 1 FROM near_sketch WHERE item = ?", (indexing.number(other),))
                    dropped += [link] if other in renewed or known.fetchone() else []
            connection.executemany(
                "DELETE FROM near_link WHERE small = ? AND big = ? AND bond = ?", (_row(link)[:3] for link in dropped)
            )
            connection.executemany("INSERT OR REPLACE INTO near_link VALUES (?, ?, ?, ?, ?)", map(_row, links))
        return before

    def links(self, keys: Iterable[str]) -> list[Link]:
        """See `ports.Sketches.links`."""
        return _links(self.database.read(_LINKS, (_numbers(keys),)))

    def forget(self, sketched: datetime, topics: datetime) -> int:
        """See `ports.Sketches.forget`."""
        faded = self.database.read(_FADED, (indexing.seconds(topics),))
        old = self.database.read(_OLD, (indexing.seconds(sketched),))
        if faded or old:
            with self.database.write(durable=False) as connection:
                connection.executemany(_UNPLACE, _topic_places(faded))
                connection.executemany(
                    "UPDATE near_sketch SET topic = NULL WHERE item = ?", ((row[0],) for row in faded)
                )
                connection.executemany(_UNPLACE, _places(old))
                connection.executemany("DELETE FROM near_sketch WHERE item = ?", ((row[0],) for row in old))
        return len(old)


@dataclass(frozen=True, slots=True)
class SqliteRevisions:
    """Revisions beside the index, in the same file."""

    database: Database

    def of(self, key: str) -> list[Revision]:
        """See `ports.Revisions.of`."""
        found = self.database.read("SELECT at, held, text FROM revision WHERE key = ? ORDER BY at, held", (key,))
        return [
            Revision(
                key=key,
                at=indexing.EPOCH + timedelta(seconds=at),
                held=bool(held),
                text=zlib.decompress(text).decode("utf-8", "replace"),
            )
            for at, held, text in found
        ]


def remember(connection: sqlite3.Connection, saved: Iterable[Saved]) -> None:
    """Write the revisions that were saved, and drop the oldest of an item that has too many."""
    for one in saved:
        if (revision := one.revision) is not None:
            text = zlib.compress(revision.text.encode("utf-8", "replace"))
            values = (revision.key, indexing.seconds(revision.at), revision.held, text)
            connection.execute("INSERT OR REPLACE INTO revision VALUES (?, ?, ?, ?)", values)
            connection.execute(_TOO_MANY, (revision.key, REVISIONS))


def _only(found: _Marks, places: set[int]) -> _Marks:
    return {place: found[place] for place in places if place in found}


def _list(numbers: Iterable[int]) -> str:
    """Return numbers as the JSON that statements take lists from."""
    return f"[{','.join(map(str, numbers))}]"


def _key(number: int) -> str:
    return number.to_bytes(8, signed=True).hex()


def _numbers(keys: Iterable[str]) -> str:
    return _list(indexing.number(key) for key in sorted(set(keys)))


def _sketched(item: int, at: int, body: bytes, topic: bytes | None) -> Sketched:
    instant = indexing.EPOCH + timedelta(seconds=at)
    return Sketched(key=_key(item), at=instant, body=body, topic=topic or b"")


def _links(found: Iterable[tuple[Any, ...]]) -> list[Link]:
    return [
        Link(small=_key(small), big=_key(big), bond=bond, score=score, part=bool(part))
        for small, big, bond, score, part in found
    ]


def _row(link: Link) -> tuple[object, ...]:
    return indexing.number(link.small), indexing.number(link.big), link.bond, link.score, link.part


def _places(found: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, int]]:
    found = list(found)
    yield from ((place, number >> 32) for number, body, _ in found for place in near.places(near.unpack(body)))
    yield from _topic_places((number, topic) for number, _, topic in found)


def _topic_places(found: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, int]]:
    yield from (
        (place, number >> 32) for number, topic in found for place in topics.places(near.unpack_topic(topic or b""))
    )
