"""The index in one SQLite file: `sqlite:///relative/path` or `sqlite:////absolute/path`.

This module only finds the file; `database` opens and guards it, `schema` shapes it, `store` speaks the port, `upkeep`
checks, copies and compacts it, `pruning` drops old rows.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import errors
from aggregator.stores.sqlite import database, upkeep
from aggregator.stores.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.ports import Access

_PREFIX = "sqlite:///"


_OPEN: dict[Access, Callable[[str], database.Database]] = {
    "write": database.connect,
    "read": database.view,
    "scratch": database.copy,
}


def open_store(url: str, root: str, *, access: Access = "write") -> SqliteStore:
    """Return the store of the file that the URL names, see `aggregator.stores.open_store`."""
    return SqliteStore(_OPEN[access](_path(url, root)))


def discard(url: str, root: str) -> None:
    """Rename the file, and what SQLite keeps beside it, to `….broken`; raises `errors.StoreError`."""
    path = _path(url, root)
    for suffix in database.SUFFIXES:
        part = Path(f"{path}{suffix}")
        try:
            part.rename(f"{path}.broken{suffix}")
        except FileNotFoundError:
            continue
        except OSError as error:
            raise errors.StoreError(f"{part}: {error.strerror}") from error


def check(url: str, root: str) -> list[str]:
    """See `aggregator.stores.check`."""
    return upkeep.check(_path(url, root))


def backup(url: str, root: str, target: str) -> None:
    """See `aggregator.stores.backup`."""
    upkeep.backup(_path(url, root), target)


def compact(url: str, root: str) -> tuple[int, int]:
    """See `aggregator.stores.compact`."""
    return upkeep.compact(_path(url, root))


def files(url: str, root: str) -> list[str]:
    """See `aggregator.stores.files`."""
    path = _path(url, root)
    return [f"{path}{suffix}" for suffix in database.SUFFIXES]


def _path(url: str, root: str) -> str:
    location = url.removeprefix(_PREFIX)
    if location in ("", url):
        raise errors.StoreError(f"index {url!r}: expected {_PREFIX}path/to/file.db")
    return str(Path(root, location))
