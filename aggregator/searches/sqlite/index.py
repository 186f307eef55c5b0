"""The full-text index in one SQLite file of its own, with FTS5: small, and of no use but for searching.

FTS5 keeps postings only, not the texts. A row's number grows with the hour of publication, so the newest hits are read
first and reading stops when there are enough. A page that is replaced leaves its postings behind without a page; when
many did, all is forgotten and put in again, which costs less than keeping every text to take its postings out.

This module reads no items and cuts no excerpts.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from aggregator import errors, files
from aggregator.model.search import Found, Hit
from aggregator.searches.sqlite import matching
from aggregator.steps import indexing
from aggregator.steps.words.tokens import VERSION, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from aggregator.model.search import Page, Query

APPLICATION_ID: Final = 0x74616773
"""Tells our files from others' (`tags`)."""
SCHEMA: Final = (
    """
    CREATE TABLE page (
        id INTEGER PRIMARY KEY, key TEXT UNIQUE, size INTEGER, mtime_ns INTEGER, path TEXT, source TEXT, title TEXT,
        tokens TEXT, link TEXT, lang TEXT, published INTEGER
    )
    """,  # key is NULL where the page was replaced
    """
    CREATE VIRTUAL TABLE posting USING fts5
        (title, body, marks, content = '', tokenize = 'unicode61 remove_diacritics 2')
    """,
    "CREATE TABLE frequency (token TEXT PRIMARY KEY, pages INTEGER) WITHOUT ROWID",  # of short tokens
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
)
CANDIDATES: Final = 2000
"""Hits that are ranked; of more, the newest."""
_COSTLY: Final = 12_000
"""Pages that hold the rarest token of each word, from which bm25 is too slow: it reads all of them once more."""
_SHORT: Final = 4
"""Characters of tokens of which it is counted how many pages hold them; the commonest words are short ones."""
_HOUR_BITS: Final = 14
"""A row's number is the hour of publication and, in the lowest bits, which one it is of that hour."""
_MOST_GONE: Final = 0.25
_WAL_HEADER: Final = slice(18, 20)
"""Where a file's header says that it is in WAL mode (SQLite file format §1.3.3)."""
_BUSY: Final = 5.0
_NOT_WRITABLE: Final = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})

_RANKED: Final = """
    SELECT page.id, page.published, page.tokens, {rank} FROM posting CROSS JOIN page ON page.id = posting.rowid
    WHERE posting MATCH ? AND posting.rowid >= ? AND page.key IS NOT NULL AND page.published >= ?
    ORDER BY posting.rowid DESC LIMIT ?
"""
_RANKS: Final = {True: "bm25(posting, 8.0, 1.0, 0.0)", False: "0.0"}
_HITS: Final = """
    SELECT id, key, path, source, title, link, lang, published FROM page WHERE id IN (SELECT value FROM json_each(?))
"""
_PUT: Final = "INSERT INTO page VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_COUNT: Final = """
    INSERT INTO frequency VALUES (?, ?) ON CONFLICT (token) DO UPDATE SET pages = pages + excluded.pages
"""


def open_search(path: str) -> SqliteSearch:
    """Return the index in the file, see `aggregator.searches.open_search`."""
    try:
        return SqliteSearch(_connect(path), path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # locked, full, forbidden: nothing is wrong with the file
            return SqliteSearch(_as_it_is(path, error), path, frozen=True)
    _discard(path)
    with _translated(path):
        return SqliteSearch(_connect(path), path)


class SqliteSearch:
    """An open index, usable from one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, path: str, *, frozen: bool = False) -> None:
        self.frozen = frozen
        self._connection = connection
        self._path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._connection.close()

    def renew(self, stamp: str) -> None:
        """See `ports.Search.renew`."""
        wanted = f"{VERSION} {stamp}"
        with _translated(self._path):
            found = self._connection.execute("SELECT value FROM meta WHERE name = 'stamp'").fetchone()
            all_of_them, alive = self._connection.execute("SELECT count(*), count(key) FROM page").fetchone()
        if found and found[0] == wanted and all_of_them - alive <= _MOST_GONE * alive + CANDIDATES:
            return
        with self._writing() as connection:
            for table in ("page", "posting", "frequency", "meta"):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            _create(connection)
            connection.execute("INSERT INTO meta VALUES ('stamp', ?)", (wanted,))

    def known(self) -> Mapping[str, tuple[int, int]]:
        """See `ports.Search.known`."""
        with _translated(self._path):
            rows = self._connection.execute("SELECT key, size, mtime_ns FROM page WHERE key IS NOT NULL")
            return {key: (size, mtime_ns) for key, size, mtime_ns in rows}

    def put(self, pages: Sequence[Page], removed: Iterable[str] = ()) -> None:
        """See `ports.Search.put`; best in batches of thousands."""
        frequency: Counter[str] = Counter()
        pages = list({page.key: page for page in pages}.values())
        gone = [(key,) for key in {*removed, *(page.key for page in pages)}]
        with self._writing() as connection:
            connection.executemany("UPDATE page SET key = NULL, tokens = '' WHERE key = ?", gone)
            for number, page in self._numbered(connection, pages):
                title, body = tokens(page.title), tokens(page.body)
                frequency.update(token for token in {*title, *body} if len(token) <= _SHORT)
                texts = (number, " ".join(title), " ".join(body), matching.marks(page))
                connection.execute("INSERT INTO posting (rowid, title, body, marks) VALUES (?, ?, ?, ?)", texts)
                connection.execute(_PUT, _row(number, page, title))
            connection.executemany(_COUNT, frequency.items())

    def find(self, query: Query, now: datetime, *, limit: int = 20, offset: int = 0) -> Found:
        """See `ports.Search.find`."""
        since = indexing.seconds(query.since) if query.since else -(2**62)
        sql = _RANKED.format(rank=_RANKS[self._is_cheap(query)])
        values = (matching.expression(query), _first_number(since), since, CANDIDATES + 1)
        with _translated(self._path):
            rows = self._connection.execute(sql, values).fetchall()
            best = matching.order(rows[:CANDIDATES], query, now)[offset : offset + limit]
            found = {row[0]: row[1:] for row in self._connection.execute(_HITS, (str(best),))}
        hits = tuple(_hit(*found[number]) for number in best if number in found)
        return Found(hits=hits, total=min(len(rows), CANDIDATES), more=len(rows) > CANDIDATES)

    def _is_cheap(self, query: Query) -> bool:
        """Whether ranking by bm25 is, as far as the tokens tell that are counted."""
        short = {token for words in query.words for token in words.tokens if len(token) <= _SHORT}
        marks = ", ".join("?" * len(short))
        sql = f"SELECT token, pages FROM frequency WHERE token IN ({marks})"  # noqa: S608 - question marks only
        with _translated(self._path):
            pages = dict(self._connection.execute(sql, tuple(short)))
        rarest = (min((pages.get(token, 0) for token in words.tokens), default=0) for words in query.words)
        return sum(rarest) <= _COSTLY

    def _numbered(self, connection: sqlite3.Connection, pages: list[Page]) -> Iterator[tuple[int, Page]]:
        """Pages with their numbers, ascending: FTS5 writes a new segment whenever a number is not the highest."""
        following: dict[int, int] = {}
        for page in sorted(pages, key=lambda page: page.published):
            hour = _first_number(indexing.seconds(page.published))
            while True:
                if hour not in following:
                    last = "SELECT max(id) FROM page WHERE id >= ? AND id < ?"
                    found = connection.execute(last, (hour, hour + (1 << _HOUR_BITS))).fetchone()[0]
                    following[hour] = hour if found is None else found + 1
                if following[hour] < hour + (1 << _HOUR_BITS):
                    break
                hour += 1 << _HOUR_BITS  # full: what was imported with one date spreads over the next hours
            yield following[hour], page
            following[hour] += 1

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with _translated(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")


def _first_number(seconds: int) -> int:
    """The number of the first page of the hour in which an instant is; before 1970 all hours are one."""
    return max(seconds // 3600, 0) << _HOUR_BITS


def _row(number: int, page: Page, title: list[str]) -> tuple[object, ...]:
    facts = (page.key, page.size, page.mtime_ns, page.path, page.source, page.title)
    return (number, *facts, f" {' '.join(title)} ", page.link, page.lang, indexing.seconds(page.published))


def _hit(key: str, path: str, source: str, title: str, link: str, lang: str, published: int) -> Hit:
    instant = indexing.EPOCH + timedelta(seconds=published)
    return Hit(key=key, path=path, source=source, title=title, link=link, lang=lang, published=instant)


def _connect(path: str) -> sqlite3.Connection:
    """Open the file. Raises `sqlite3.DatabaseError`, unless it is an `OperationalError` of a file to be made anew."""
    if not Path(path).exists():
        _make(path)
    connection = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous = OFF")  # losing it costs time only
        connection.execute("PRAGMA cache_size = -8000")
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise sqlite3.DatabaseError("not a search index of tagwire")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _make(path: str) -> None:
    """Make an empty index, unless another process comes first: whole at once, since becoming WAL waits for nobody."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _create(connection)
        image = bytearray(connection.serialize())
    image[_WAL_HEADER] = b"\x02\x02"
    with suppress(OSError):  # opening tells better what is wrong
        files.create(path, bytes(image))


def _as_it_is(path: str, error: sqlite3.OperationalError) -> sqlite3.Connection:
    """Open a file for reading where nothing can be written. Raises `errors.StoreError` if that is not what is wrong."""
    if error.sqlite_errorcode & 0xFF not in _NOT_WRITABLE:
        raise errors.StoreError(f"{path}: {error}") from error
    if not Path(path).is_file():
        message = f"{path} cannot be made: run `tagwire search` once where the site can be written"
        raise errors.StoreError(message) from error
    with _translated(path):  # what nobody can write needs no locks
        uri = f"{Path(path).absolute().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            connection.close()
            raise sqlite3.DatabaseError("not a search index of tagwire")
    return connection


def _create(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for statement in SCHEMA:
        connection.execute(statement)


def _discard(path: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            Path(f"{path}{suffix}").unlink(missing_ok=True)


@contextmanager
def _translated(path: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise errors.StoreError(f"{path}: {error}; delete it, it is made anew") from error
