"""One SQLite file: opened, checked, migrated, written in whole transactions, its errors turned into ours.

A file is ours if its application id says so. It is created complete or not at all, so an empty file is never taken for
an empty index. `meta` remembers that a writer is at work; if the next writer still finds that mark, the last one was
killed, and the file is checked before anything is written.

This module knows neither items nor sources.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator import errors, files
from aggregator.steps import remedies
from aggregator.stores.sqlite import schema, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES = ("", "-wal", "-shm")
"""The files that SQLite keeps of one database in WAL mode."""
_BUSY = 5.0
"""Seconds to wait for another process's transaction."""
_SHOWN = 3
"""Tables that are named of those that are wrong."""
_SOME = 1000
"""Rows read at a time where there may be as many as items."""
_ADVICE = "run `tagwire reindex` to build a new one from the item files"
_NO_RIGHTS = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})
"""What SQLite says when it cannot create the files that readers of a WAL need."""
_WAL_HEADER = slice(18, 20), b"\2\2"
"""Where a file says that it is in WAL mode (file format §1.3.3); set from its first moment."""


class Database:
    """An open database. Threads take turns, a query or a transaction at a time."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self.connection = connection
        self.path = path
        self._turn = threading.RLock()
        self._marked = False
        self._durable = True

    def read(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT. Raises `errors.StoreError`."""
        with self._turn, translated(self.path):
            return self.connection.execute(sql, parameters).fetchall()

    def stream(self, sql: str, parameters: tuple[object, ...], after: tuple[object, object]) -> Iterator[Any]:
        """Give the rows of a SELECT however many: they are read some at a time, so that others take turns meanwhile.

        It orders them by its first two columns; its last parameters are those of the row `after` which it begins, and
        how many it gives. Raises `errors.StoreError`.
        """
        while True:
            rows = self.read(sql, (*parameters, *after, _SOME))
            yield from rows
            if len(rows) < _SOME:
                return
            after = rows[-1][:2]

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction around the block, taken back whole if it raises. Raises `errors.StoreError`.

        One that is not `durable` may be lost by a power cut, with no other harm: it waits for no disk.
        """
        with self._turn:
            if durable is not self._durable:
                self.connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            with translated(self.path), _transaction(self.connection):
                if not self._marked:
                    self._mark()
                yield self.connection
            self._marked = True

    def close(self) -> None:
        """Close the file; not being able to say goodbye costs the next writer a check, nothing else."""
        if self._marked:
            with suppress(errors.StoreError), self.write() as connection:
                connection.execute("DELETE FROM meta WHERE name = 'writing'")
        self._marked = False
        self.connection.close()

    def _mark(self) -> None:
        """Say in the same transaction that we write; if somebody said so before, look what he left."""
        if self.connection.execute("SELECT 1 FROM meta WHERE name = 'writing'").fetchone():
            complaint = self.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if complaint != "ok":
                raise errors.StoreCorrupt(f"{self.path} is damaged ({complaint}); {_ADVICE}")
        self.connection.execute("INSERT OR IGNORE INTO meta VALUES ('writing', '')")


def connect(path: str) -> Database:
    """Return the database in the file, created if missing and brought to our schema.

    Raises `errors.StoreCorrupt` for a file that is empty, damaged, not ours or without the tables of its schema,
    `SchemaTooNew`, `StoreError`.
    """
    with translated(path):
        _create_if_missing(path)
        connection = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
        with ExitStack() as undo:
            undo.callback(connection.close)
            _check(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA cache_size = -16000")  # KiB; keys are random, so commits touch many pages
            connection.execute("PRAGMA wal_autocheckpoint = 4000")  # pages; the same ones return in commit after commit
            _migrate(connection)
            undo.pop_all()
    return Database(connection, path)


def copy(path: str) -> Database:
    """Return a private copy in memory, empty if there is no such file; nothing is created on disk."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    with translated(path), ExitStack() as undo:
        undo.callback(connection.close)
        if Path(path).exists():
            with closing(read_only(path)) as original:
                original.backup(connection)
        _migrate(connection)
        undo.pop_all()
    return Database(connection, path)


def read_only(path: str) -> sqlite3.Connection:
    """Return a connection that can change nothing and creates nothing on disk.

    Raises `errors.StoreCorrupt` for a file that is empty, not ours or without the tables of its schema, `SchemaTooNew`,
    sqlite3's own errors.
    """
    # Without a WAL the file is complete, and only `immutable` keeps SQLite from creating one.
    return _read_only(path, immutable=not Path(f"{path}-wal").exists())


def view(path: str) -> Database:
    """Return the database for reading only, while others may write it; empty if there is no such file.

    It sees what is committed, at every query anew. Where the folder cannot be written, nothing is, and nobody else can
    be writing there. One of an older schema is copied to memory and brought to ours there.
    """
    if not Path(path).exists():
        return copy(path)
    with translated(path), ExitStack() as undo:
        try:
            connection = _read_only(path, immutable=False)
        except sqlite3.OperationalError as error:
            code = error.sqlite_errorcode & 0xFF
            if code not in _NO_RIGHTS and not (code == sqlite3.SQLITE_IOERR and not _pending(path)):  # a full disk
                raise
            connection = _read_only(path, immutable=True)
        undo.callback(connection.close)
        if _pragma(connection, "user_version") < len(schema.MIGRATIONS):
            return copy(path)
        undo.pop_all()
    return Database(connection, path)


def _pending(path: str) -> bool:
    """Whether there is a WAL with something in it, which the file alone does not tell."""
    wal = Path(f"{path}-wal")
    return wal.exists() and wal.stat().st_size > 0


def _read_only(path: str, *, immutable: bool) -> sqlite3.Connection:
    """Return a connection that cannot write; `immutable` promises that nobody else does."""
    _refuse_empty(path)
    uri = f"{Path(path).absolute().as_uri()}?mode=ro{'&immutable=1' * immutable}"
    connection = sqlite3.connect(uri, uri=True, timeout=_BUSY, isolation_level=None, check_same_thread=False)
    with ExitStack() as undo:
        undo.callback(connection.close)
        _check(connection, path)
        undo.pop_all()
    return connection


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn what sqlite3 and the file system raise in the block into `errors.StoreError` or `StoreCorrupt`."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(error, path) from error
    except UnicodeEncodeError as error:
        raise errors.StoreError(f"{path}: text that is not Unicode cannot be stored ({error.reason})") from error
    except OSError as error:
        raise errors.StoreError(remedies.told(OSError(error.errno, error.strerror, path))) from error


def _translate(error: sqlite3.Error, path: str) -> errors.StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the rest only refines it
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return errors.StoreCorrupt(f"{path} is damaged ({error}); {_ADVICE}")
    if code == sqlite3.SQLITE_FULL:
        return errors.StoreError(f"{path}: the disk is full; the index is as it was before")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return errors.StoreError(f"{path}: another process has been writing for {_BUSY:g} seconds")
    if code in _NO_RIGHTS:
        return errors.StoreError(f"{path} or its folder cannot be written ({error}): `tagwire doctor` tells more")
    if code == sqlite3.SQLITE_IOERR:
        return errors.StoreError(f"{path}: {error}: make room if the disk is full, look at its health if not")
    return errors.StoreError(f"{path}: {error}")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")  # a plain BEGIN that reads first cannot wait for its turn to write
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:  # not committed; a full disk has rolled back by itself
            connection.execute("ROLLBACK")


@contextmanager
def _moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything in the block is read as of one moment: another process may be bringing the file to its schema."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _create_if_missing(path: str) -> None:
    """Make an empty index. What a removed file left beside it would be replayed into the new one, so it goes first."""
    leftovers = [other for suffix in SUFFIXES[1:] if (other := Path(f"{path}{suffix}")).exists()]
    if Path(path).exists():
        _refuse_empty(path)
        return
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _migrate(connection)
        image = bytearray(connection.serialize())
    place, mode = _WAL_HEADER
    image[place] = mode
    files.create(path, bytes(image), sync=True)


def _refuse_empty(path: str) -> None:
    if Path(path).is_file() and Path(path).stat().st_size == 0:
        raise errors.StoreCorrupt(f"{path} is empty; {_ADVICE}")


def _check(connection: sqlite3.Connection, path: str) -> None:
    """Raise unless the file is ours, of a schema that we know, and has its tables."""
    with _moment(connection):
        _compare(connection, path)


def _compare(connection: sqlite3.Connection, path: str) -> None:
    if _pragma(connection, "application_id") != schema.APPLICATION_ID:
        raise errors.StoreCorrupt(f"{path} is not an index of tagwire; {_ADVICE}")
    if (version := _pragma(connection, "user_version")) > len(schema.MIGRATIONS):
        raise errors.SchemaTooNew(
            f"{path} has schema {version}, written by a newer tagwire; this one knows {len(schema.MIGRATIONS)}"
        )
    if wrong := shape.strange(connection, version):
        names = f"{', '.join(wrong[:_SHOWN])}{' …' * (len(wrong) > _SHOWN)}"
        raise errors.StoreCorrupt(f"{path} does not have the tables of schema {version} ({names}); {_ADVICE}")


def _migrate(connection: sqlite3.Connection) -> None:
    if _pragma(connection, "user_version") == len(schema.MIGRATIONS):
        return
    with _transaction(connection):
        for statements in schema.MIGRATIONS[_pragma(connection, "user_version") :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS)}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
