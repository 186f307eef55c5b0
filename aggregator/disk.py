"""Files below a folder, as the item tree needs them: read, written, given names that are free, moved.

This module knows no items beyond their records' paths, and takes no decisions.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import files
from aggregator.errors import DiskError
from aggregator.model import Problem
from aggregator.steps import remedies
from aggregator.steps.filenames import STRANGE, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregator.model import Record

STAGING = ".staging"
"""Where files are written before they are renamed into place."""
_PAGE = 4096
"""Bytes that tell whether a disk takes files: fewer may find room in what is set aside for their names."""


@contextmanager
def writing() -> Iterator[None]:
    """Turn what the system says in the block when it does not write into `errors.DiskError`, which names the cure."""
    try:
        yield
    except OSError as error:
        raise DiskError(remedies.told(error)) from error


@writing()
def require_room(folder: str | Path) -> None:
    """Raise `errors.DiskError` if no file can be written to a folder, whatever its name."""
    trial = Path(folder, "trial")
    files.write(trial, bytes(_PAGE))
    trial.unlink(missing_ok=True)


def strangers(root: Path, strange: Iterable[str]) -> tuple[Problem, ...]:
    """Return what is to be told of the names below `root` that were left out since they are not UTF-8."""
    return tuple(Problem(where=shown(str(root / path)), message=STRANGE) for path in sorted(strange))


class Disk:
    """Files below a folder; a `dry` one remembers what it would have written."""

    def __init__(self, root: Path, *, dry: bool) -> None:
        self.dry = dry
        self._root = str(root)
        self._unwritten: dict[str, bytes] = {}

    def require_room(self) -> None:
        """Raise `errors.DiskError` if no file can be written here, whatever its name; a `dry` one writes none."""
        if not self.dry:
            require_room(f"{self._root}/{STAGING}")

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises OSError."""
        return self._unwritten.get(path) or files.read_bytes(f"{self._root}/{path}")

    def write(self, pairs: list[tuple[str, bytes]]) -> None:
        """Write files whole or not at all. Raises OSError."""
        if self.dry:
            self._unwritten.update(pairs)
        else:
            named = [(f"{self._root}/{path}", data) for path, data in pairs]
            files.write_all(named, staging=f"{self._root}/{STAGING}")

    def free(self, path: str, data: bytes | None = None) -> str:
        """Return `path`, or the first of `…-2.md` and so on, where nothing lies, or (after a crash) these bytes."""
        stem, suffix = os.path.splitext(path)  # noqa: PTH122 - a text is wanted
        names = chain([path], (f"{stem}-{number}{suffix}" for number in count(2)))
        return next(name for name in names if not self._taken(name, data))

    def _taken(self, path: str, data: bytes | None) -> bool:
        if path not in self._unwritten and not os.path.lexists(f"{self._root}/{path}"):
            return False
        try:
            return self.read(path) != data
        except OSError:
            return True

    def move(self, path: str, target: str) -> str:
        """Rename a file, if it is there, and return where it is: a replay after a crash finds it moved."""
        if path in self._unwritten:
            target = self.free(target)
            self._unwritten[target] = self._unwritten.pop(path)
        elif os.path.lexists(f"{self._root}/{path}"):
            target = self.free(target)
            if not self.dry:
                Path(f"{self._root}/{target}").parent.mkdir(parents=True, exist_ok=True)
                Path(f"{self._root}/{path}").replace(f"{self._root}/{target}")
        return target

    def facts(self, record: Record, path: str = "", file_hash: str = "") -> Record:
        """Return the record with path and hash, if new, and with size and time of its file as they are on disk.

        Of a file that its owner edited they stay those under which it was read: it may have been edited again since.
        """
        path, file_hash = path or record.path, file_hash or record.file_hash
        size, mtime_ns = record.size, record.mtime_ns
        if not (record.gone or record.edited or self.dry):
            with suppress(FileNotFoundError):
                facts = os.stat(f"{self._root}/{path}")  # noqa: PTH116 - a Path costs more than the call
                size, mtime_ns = facts.st_size, facts.st_mtime_ns
        return replace(record, path=path, file_hash=file_hash, size=size, mtime_ns=mtime_ns)  # once: it is not cheap
