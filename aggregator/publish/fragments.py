"""Rendered entries in a file of their own, `var/fragments.db`: losing any of it costs time, nothing else.

What an item became in every place lies in one row, since a feed's formats are asked for one after the other; each
fragment carries a seal, a digest of what it was rendered from. Beside them lies what is remembered of whole feeds
(`standing`). Rows are numbered by the instant of publication, since
feeds show the newest: these lie side by side, and when the file is full the oldest go first. A file that is damaged,
not ours or of another stamp is made anew; one that cannot be used is told in the log and done without.

This module renders nothing, and does not know what places and seals are made from.
"""

from __future__ import annotations

import logging
import sqlite3
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import msgspec

from aggregator import files, witness

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from types import TracebackType

log = logging.getLogger(__name__)

APPLICATION_ID: Final = 0x74616766
"""Tells our files from others' (`tagf`)."""
BYTES: Final = 1024 * 1024 * 1024
"""Size of the file at which the oldest quarter of its fragments goes."""
MEMORY: Final = 32 * 1024 * 1024
"""The same where there is no file."""
_LARGEST: Final = 1024 * 1024
"""Bytes of an item's fragments from which they are not kept."""
_BATCH: Final = 1024 * 1024
"""Bytes of new fragments that wait to be written, and of those read that are kept for the next feed."""
_BUSY: Final = 1.0
"""Seconds to wait for another process."""
_HASH_BITS: Final = 28
_LATEST: Final = 1 << 34
_SCHEMA: Final = (
    "CREATE TABLE fragments (id INTEGER PRIMARY KEY, sum INTEGER, data BLOB)",
    "CREATE TABLE meta (stamp TEXT)",
    "CREATE TABLE standing (name TEXT PRIMARY KEY, sum INTEGER, data BLOB) WITHOUT ROWID",
)

Fragment = tuple[bytes, bytes]
"""A seal, and what was rendered."""
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(dict[bytes, Fragment])


class Fragments:
    """An open cache for one thread; `path` "" is one in memory. It is a context manager and never raises."""

    def __init__(self, path: str, stamp: str, *, check: bool = False, limit: int = 0) -> None:
        """Open the file; fragments of another `stamp` are forgotten. With `check` it is not written, nor made."""
        self._path = path
        self._read_only = check and bool(path)
        self._limit = limit or (BYTES if path else MEMORY)
        self._fresh: dict[int, Mapping[bytes, Fragment]] = {}
        self._waiting = 0
        self._read: dict[int, Mapping[bytes, Fragment]] = {}
        self._held = 0
        self._connection = self._opened(stamp)
        self._connection.execute("BEGIN")  # one read for all: each of its own would ask for the file's lock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.flush()
        self._connection.close()

    def get(self, number: int) -> Mapping[bytes, Fragment]:
        """Return the fragments with that number by place, none if there are none."""
        known = self._fresh.get(number) or self._read.get(number)
        if known is not None:
            return known
        try:
            found = self._connection.execute("SELECT sum, data FROM fragments WHERE id = ?", (number,)).fetchone()
        except sqlite3.Error as error:
            self._do_without(error)
            return {}
        if not found or zlib.crc32(found[1]) != found[0]:
            return {}
        kept = self._read[number] = _DECODER.decode(found[1])
        self._held += len(found[1])
        if self._held > _BATCH:
            self._read.clear()
            self._held = 0
        return kept

    def put(self, number: int, fragments: Mapping[bytes, Fragment]) -> None:
        """Keep fragments by place instead of those with the same number; very large ones are not kept."""
        size = sum(len(data) for _, data in fragments.values())
        if size > _LARGEST:
            return
        self._fresh[number] = fragments
        self._read.pop(number, None)
        self._waiting += size
        if self._waiting > _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what waits, in one transaction."""
        rows = [(number, zlib.crc32(data), data) for number, data in self._encoded()] if not self._read_only else []
        self._fresh.clear()
        self._waiting = 0
        if not rows:
            return
        try:
            self._connection.executemany("INSERT OR REPLACE INTO fragments VALUES (?, ?, ?)", rows)
            self._make_room()
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN")
        except sqlite3.Error as error:
            self._do_without(error)

    def remembered(self) -> dict[str, bytes]:
        """Return everything that was remembered, by name."""
        try:
            rows = self._connection.execute("SELECT name, sum, data FROM standing").fetchall()
        except sqlite3.Error as error:
            self._do_without(error)
            return {}
        return {name: data for name, known, data in rows if zlib.crc32(data) == known}

    def remember(self, changed: Mapping[str, bytes], gone: Collection[str], *, since: int = 0) -> None:
        """Remember what `changed`, by name, and forget what is `gone`; not before the clock of files is past `since`.

        That is an instant in ns; if it does not pass soon nothing is remembered.
        """
        self.flush()
        if not self._path or self._read_only or not (changed or gone):
            return
        rows = [(name, zlib.crc32(data), data) for name, data in changed.items()]
        try:
            if changed and not witness.passed(self._path, since):
                return
            self._connection.executemany("DELETE FROM standing WHERE name = ?", [(name,) for name in gone])
            self._connection.executemany("INSERT OR REPLACE INTO standing VALUES (?, ?, ?)", rows)
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN")
        except (sqlite3.Error, OSError) as error:
            self._do_without(error)

    def _encoded(self) -> Iterator[tuple[int, bytes]]:
        return ((number, _ENCODER.encode(self._fresh[number])) for number in sorted(self._fresh))

    def _make_room(self) -> None:
        used = sum(
            sign * self._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name, sign in (("page_count", 1), ("freelist_count", -1))
        )
        if used * self._connection.execute("PRAGMA page_size").fetchone()[0] <= self._limit:
            return
        count = self._connection.execute("SELECT count(*) FROM fragments").fetchone()[0]
        edge = "SELECT id FROM fragments ORDER BY id LIMIT 1 OFFSET ?"
        self._connection.execute(f"DELETE FROM fragments WHERE id < ({edge})", (count // 4 + 1,))  # noqa: S608 - ours

    def _opened(self, stamp: str) -> sqlite3.Connection:
        if not self._path:
            return _made(":memory:", stamp)
        try:
            if self._read_only:
                return _looked_at(self._path, stamp) or _made(":memory:", stamp)
            return _found(self._path, stamp) or _made_anew(self._path, stamp)
        except sqlite3.Error as error:
            level = (
                logging.INFO if self._read_only else logging.WARNING
            )  # a look must not make it anew: no harm is done
            log.log(level, "%s cannot be used (%s): entries are rendered anew", self._path, error)
            return _made(":memory:", stamp)

    def _do_without(self, error: sqlite3.Error | OSError) -> None:
        """Go on without the file; a damaged one is removed, so that the next publication makes it anew."""
        log.warning("%s cannot be used (%s): entries are rendered anew", self._path or "memory", error)
        self._connection.close()
        if not (self._read_only or isinstance(error, (sqlite3.OperationalError, OSError))):
            _remove(self._path)
        self._path, self._read_only, self._limit = "", False, MEMORY
        self._connection = _made(":memory:", "")
        self._connection.execute("BEGIN")


def number_of(seconds: int, name: str) -> int:
    """Return the number of a row, given when its item was published and what tells it from others of that second."""
    instant = min(max(seconds, 0), _LATEST - 1)
    return instant << _HASH_BITS | zlib.crc32(name.encode("utf-8", "surrogatepass")) >> 32 - _HASH_BITS


def _found(path: str, stamp: str) -> sqlite3.Connection | None:
    """The file, None if it has to be made anew. Raises `sqlite3.OperationalError` if it cannot be used now."""
    if not Path(path).is_file():
        return None
    connection = _connection(path)
    try:
        _prepare(connection)
        if _is_ours(connection, stamp):
            return connection
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and not _is_misshapen(error):
            connection.close()
            raise
    connection.close()
    return None


def _looked_at(path: str, stamp: str) -> sqlite3.Connection | None:
    """The file for reading only, None if it would have to be made anew. Raises `sqlite3.Error` if it cannot be used."""
    if not Path(path).exists():
        return None
    connection = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY)
    if not _is_ours(connection, stamp):
        connection.close()
        return None
    return connection


def _is_ours(connection: sqlite3.Connection, stamp: str) -> bool:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        return False
    found = connection.execute("SELECT stamp FROM meta").fetchone()
    return bool(found) and found[0] == stamp


def _is_misshapen(error: sqlite3.Error) -> bool:
    """Whether the file has other tables than ours; SQLite calls that an operational error."""
    return error.sqlite_errorcode == sqlite3.SQLITE_ERROR


def _made_anew(path: str, stamp: str) -> sqlite3.Connection:
    _remove(path)
    with suppress(OSError):  # opening tells better what is wrong
        files.claim(path)
    return _made(path, stamp)


def _made(path: str, stamp: str) -> sqlite3.Connection:
    connection = _connection(path)
    _prepare(connection)
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES (?)", (stamp,))
    return connection


def _connection(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = OFF")  # what a power cut damages is made anew
    connection.execute("PRAGMA cache_size = -4000")  # KiB


def _remove(path: str) -> None:
    for suffix in ("", "-journal"):
        with suppress(OSError):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
