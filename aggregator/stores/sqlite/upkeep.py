"""What an SQLite file needs over the years: looked over, copied while in use, given back its holes.

This module reads no rows.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import errors, files
from aggregator.stores.sqlite import database, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC, _ID = b"SQLite format 3\0", slice(68, 72)
_COMPLAINTS = 20
"""How many complaints of one damaged file are worth reading."""


def check(path: str) -> list[str]:
    """Return SQLite's complaints about the file, none if it is sound."""
    with _opened(path) as connection:
        rows = connection.execute(f"PRAGMA integrity_check({_COMPLAINTS})").fetchall()
    return [f"{path}: {text}" for (text,) in rows if text != "ok"]


def backup(path: str, target: str) -> None:
    """Copy the database, also one in use, to a file that is complete or not there at all.

    Raises `errors.UsageError` for a target that is the database itself, or what SQLite keeps beside it, and for what
    is there and is neither empty nor a copy of ours.
    """
    for suffix in database.SUFFIXES:
        if files.same(target, f"{path}{suffix}"):
            raise errors.UsageError(f"{target} is {path}{suffix}, which is in use: name another file")
    if os.path.lexists(target) and not _replaceable(target):
        raise errors.UsageError(f"{target} is no index of tagwire, so it is not replaced: name another file")
    part = f"{target}.part"
    with _opened(path) as connection, database.translated(target):
        os.close(os.open(part, os.O_CREAT | os.O_CLOEXEC, 0o600))  # it may know passwords of sources
        with closing(sqlite3.connect(part)) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, readable from read-only media
        os.replace(part, target)  # noqa: PTH105 - strings, as in the rest of the adapter


def _replaceable(path: str) -> bool:
    """Whether a file is empty, or one of our databases (SQLite file format §1.3: magic string, application id)."""
    try:
        data = files.read_bytes(path)
    except FileNotFoundError:  # a link that leads nowhere
        return True
    except OSError:
        return False
    return not data or (data[:16] == _MAGIC and int.from_bytes(data[_ID]) == schema.APPLICATION_ID)


def compact(path: str) -> tuple[int, int]:
    """Rewrite the file without its holes; return its size in bytes before and after."""
    with database.translated(path):
        before = Path(path).stat().st_size
        with closing(database.connect(path)) as opened:
            opened.connection.execute("VACUUM")
            opened.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return before, Path(path).stat().st_size


@contextmanager
def _opened(path: str) -> Iterator[sqlite3.Connection]:
    """Open the file read-only; raise if it is missing, empty or not ours."""
    with database.translated(path):
        if not Path(path).is_file():
            raise errors.StoreMissing(f"{path}: there is no index yet; `tagwire refresh` makes one")
        with closing(database.read_only(path)) as connection:
            yield connection
