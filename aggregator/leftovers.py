"""Temporary files that killed writers left: how they are called, found and removed.

This module writes nothing (`files`).
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEMPORARY = re.compile(r"\.tmp-[0-9a-f]{16}")


def name() -> str:
    """Return a name for a temporary file that no other has."""
    return f".tmp-{os.urandom(8).hex()}"


def found(directory: str | Path) -> Iterator[Path]:
    """Yield the temporary files below `directory`, of writers at work and of killed ones."""
    for folder, _, names in os.walk(directory):
        yield from (Path(folder, one) for one in names if _TEMPORARY.fullmatch(one))


def sweep(directory: str | Path) -> int:
    """Remove the temporary files that killed writers left below `directory`; return how many. Raises `OSError`.

    Only for the holder of the site's lock: a file of a writer at work would be removed too.
    """
    paths = list(found(directory))
    for path in paths:
        with suppress(FileNotFoundError):
            path.unlink()
    return len(paths)
