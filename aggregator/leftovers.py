"""Temporary files: called, filled on their way to their names, and removed where a killed writer left them.

This module gives no file its name (`files`).
"""

# ruff: noqa: PTH108, PTH116, PTH118 - plain strings and os.path, as in `files`

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEMPORARY = re.compile(r"\.tmp-[0-9a-f]{16}")


class Staged:
    """A temporary file, open, on its way to `path`."""

    __slots__ = ("descriptor", "path", "temporary")

    def __init__(self, path: str, folder: str) -> None:
        self.path = path
        self.temporary = os.path.join(folder, name())
        self.descriptor = os.open(self.temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)

    def fill(self, data: bytes) -> None:
        """Append the bytes. Raises OSError, which names `path`."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]
        except OSError as error:
            error.filename = self.path
            raise

    def liken(self, path: str) -> None:
        """Take mode and owner of a file, if it is there; only root can take both from another's."""
        with suppress(FileNotFoundError, PermissionError):
            other = os.stat(path)
            os.fchmod(self.descriptor, stat.S_IMODE(other.st_mode))
            os.fchown(self.descriptor, -1, other.st_gid)
            os.fchown(self.descriptor, other.st_uid, -1)

    def close(self) -> None:
        """Close the file, once. Raises OSError if the disk did not take it."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def drop(self) -> None:
        """Forget the file; harmless once it was renamed."""
        with suppress(OSError):
            self.close()
        with suppress(OSError):
            os.unlink(self.temporary)


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
