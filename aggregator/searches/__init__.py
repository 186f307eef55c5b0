"""Full-text indexes, behind the port `Search`: found by name, opened here. This module knows no query."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from aggregator.ports import Search


def open_search(path: str, kind: str = "sqlite") -> Search:
    """Return the full-text index in the file, made if it is missing; what cannot be used is made anew.

    Where nothing can be written it is `frozen`: searched as it is.
    Raises `errors.StoreError`.
    """
    return cast("Search", import_module(f"{__name__}.{kind}").open_search(path))
