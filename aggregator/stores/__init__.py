"""Stores: where the index is kept. The scheme of `[storage] index` names the module: `sqlite:///var/tagwire.db`.

This module knows no store by name: a new one is a new module here with `open_store(url, root, *, access)`,
`discard(url, root)`, `check(url, root)`, `backup(url, root, target)`, `compact(url, root)` and `files(url, root)`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, cast

from aggregator import errors

if TYPE_CHECKING:
    from types import ModuleType

    from aggregator.ports import Access, Store


def schemes() -> list[str]:
    """Return the URL schemes that `open_store` understands."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def open_store(url: str, root: str, *, access: Access = "write") -> Store:
    """Return the store that the URL names, made if it is missing; relative paths start at `root`, the site directory.

    `read` gives one that cannot be written, whoever else writes it; if it is missing an empty one, and nothing is made.
    `scratch` gives a private copy in memory: what is written to it is lost, and nothing is created on disk.
    Raises `errors.StoreError`, `StoreCorrupt` for what must be rebuilt and `SchemaTooNew`.
    """
    return cast("Store", _module(url).open_store(url, root, access=access))


def discard(url: str, root: str) -> None:
    """Put a damaged index out of the way, so that `open_store` makes a new one; no error if there is none."""
    _module(url).discard(url, root)


def check(url: str, root: str) -> list[str]:
    """Return what is wrong inside of the index, nothing if it is sound; it is not changed, and may be in use.

    Raises `errors.StoreMissing` if it is missing, `StoreError` if it is damaged or not ours, `SchemaTooNew`.
    """
    return cast("list[str]", _module(url).check(url, root))


def backup(url: str, root: str, target: str) -> None:
    """Write a complete copy of the index, also of one in use, to the file `target`. Raises `errors.StoreError`."""
    _module(url).backup(url, root, target)


def compact(url: str, root: str) -> tuple[int, int]:
    """Give unused space back to the disk; return the size in bytes before and after. Raises `errors.StoreError`."""
    return cast("tuple[int, int]", _module(url).compact(url, root))


def files(url: str, root: str) -> list[str]:
    """Return the files here that the index is kept in, there or not, if it is kept in files; the index itself first.

    Raises `errors.StoreError` for a URL that names no index.
    """
    return cast("list[str]", _module(url).files(url, root))


def _module(url: str) -> ModuleType:
    scheme, colon, _ = url.partition(":")
    if not colon or scheme not in schemes():
        raise errors.StoreError(f"index {url!r}: unknown scheme; there are {', '.join(schemes())}")
    return import_module(f"{__name__}.{scheme}")
