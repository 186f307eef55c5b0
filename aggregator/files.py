"""Files written whole or not at all.

Every write goes to a temporary file in the target's folder and is renamed over the target, so a reader sees the old
bytes or the new ones, and a full disk or a crash leaves the old ones. Errors are plain `OSError`, unchanged, and leave
no temporary file behind; what a killed process leaves is cleared by `leftovers`.

This module does not know what the bytes mean, keeps no state and reads no clock.
"""

# Plain strings and os.path: with pathlib, finding that a file need not be written costs twice the CPU (22 µs, not 12).
# ruff: noqa: PTH103, PTH105, PTH112, PTH116, PTH120

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

from aggregator import flushing, leftovers, witness

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_T = TypeVar("_T")
_BATCH = 32
"""Files open at a time in `write_all`; small enough for `ulimit -n 64`."""
_BATCH_BYTES = 1024 * 1024
"""Bytes in memory at a time in `write_all`, as soon as they are reached."""
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
"""What keeps every file from being written, so that trying the others is in vain."""
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})
"""What file systems without hard links answer."""


def digest(data: bytes) -> str:
    """Return 32 hex digits that tell these bytes from all others (BLAKE2b, 16 bytes)."""
    return blake2b(data, digest_size=16).hexdigest()


def read_bytes(path: str | Path) -> bytes:
    """Return a regular file's bytes.

    Raises `OSError`, also for folders, pipes, sockets and devices: opening those would block or never end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode, size = (status := os.fstat(descriptor)).st_mode, status.st_size
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        return b"".join(iter(lambda: os.read(descriptor, size + 1), b""))
    finally:
        os.close(descriptor)


def write(path: str | Path, data: bytes, *, sync: bool = False) -> bool:
    """Make the file hold `data`; return whether it did not before. See `write_all`."""
    return bool(write_all([(path, data)], sync=sync))


def write_all(
    pairs: Iterable[tuple[str | Path, bytes]],
    *,
    sync: bool = False,
    staging: str | Path = "",
    failed: dict[str, OSError] | None = None,
    noted: dict[str, witness.Facts] | None = None,
    replaced: set[str] | None = None,
) -> list[str]:
    """Make every file hold its bytes; return the paths that were written, in order.

    Files that hold them already keep their mtime; missing folders are made. With `sync`, files written here and the
    names of all of `pairs` survive a power cut. Temporary files go beside their targets, or into the folder `staging`,
    which must be on the same file system: many small files in many new folders cost a fifth of the CPU that way (ext4
    places each new folder far from the others). Raises `OSError`: files renamed before it stay, each of them whole.
    With a dict `failed`, a file that cannot be written is put there with its error, and the others are written; only a
    disk that takes no more files ends the work. A dict `noted` is told the `witness.facts` of all that hold theirs, a
    set `replaced` the paths that were written, whatever ends the work.
    """
    written: list[str] = []
    folders: set[str] = set()
    for batch in _batches(pairs):
        facts = witness.all_of(path for path, _ in batch) if noted is not None else {}
        put = _put(batch, os.fspath(staging), folders, failed, replaced, sync=sync)
        written += put
        if noted is not None:
            noted.update(_held(batch, facts | witness.all_of(put), {*put, *(failed or ())}))
    if sync:
        flushing.folders(folders)
    return written


def _put(
    batch: Sequence[tuple[str, bytes]],
    staging: str,
    folders: set[str],
    failed: dict[str, OSError] | None,
    replaced: set[str] | None,
    *,
    sync: bool,
) -> list[str]:
    """Write the files that differ and return their paths; folders where names may have changed join `folders`."""
    done: set[str] = set()
    try:
        changed = [(path, data) for path, data in batch if not _holds(path, data)]
        folders.update(_replace(changed, staging, done, sync=sync))
    except OSError as error:
        if failed is None or error.errno in _NO_ROOM:
            raise
        if len(batch) == 1:
            failed[batch[0][0]] = error
            return []
        for pair in batch:  # one by one, to learn which it was
            done.update(_put([pair], staging, folders, failed, replaced, sync=sync) if pair[0] not in done else ())
    finally:
        if replaced is not None:
            replaced |= done
    folders.update(os.path.dirname(path) for path, _ in batch if not failed or path not in failed)
    return [path for path, _ in batch if path in done]


def _held(
    batch: Sequence[tuple[str, bytes]], facts: Mapping[str, witness.Facts], doubtful: Collection[str]
) -> dict[str, witness.Facts]:
    """Return those of the facts that are of these bytes: the facts first, else somebody may write between the two."""
    held = (path for path, data in batch if path not in doubtful or _holds(path, data))
    return {path: facts[path] for path in held if path in facts}


def _batches(pairs: Iterable[tuple[str | Path, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    batch: list[tuple[str, bytes]] = []
    size = 0
    for path, data in pairs:
        batch.append((os.fspath(path), data))
        size += len(data)
        if len(batch) == _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def claim(path: str | Path) -> None:
    """Make a file that its owner alone may read, empty, and its folder likewise; what is there stays as it is."""
    os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))


def create(path: str | Path, data: bytes, *, sync: bool = False) -> bool:
    """Write a file that must not exist yet; return False if it does. Raises `OSError`.

    It is for its owner alone to read, and so is its folder, if it has to be made.
    """
    path = os.fspath(path)
    if os.path.lexists(path):
        return False
    try:
        _write_one(path, data, lambda staged: os.fchmod(staged.descriptor, 0o600), _name_once, sync=sync)
    except FileExistsError:
        return False
    return True


def rewrite(path: str | Path, data: bytes) -> None:
    """Make a file that people keep hold `data`, for good: its mode stays, and its owner as far as the system lets us.

    A symbolic link stays one, and what it points to is written. Raises `OSError`.
    """
    path = os.path.realpath(path)
    if not _holds(path, data):
        _write_one(path, data, lambda staged: staged.liken(path), _rename, sync=True)


def _write_one(
    path: str,
    data: bytes,
    prepare: Callable[[leftovers.Staged], None],
    name: Callable[[leftovers.Staged, set[str]], None],
    *,
    sync: bool,
) -> None:
    """Write a file that is prepared while it is empty, and given its name when it is whole."""
    folders = {os.path.dirname(path)}
    staged = _stage(path, "", folders, 0o700)
    try:
        prepare(staged)
        staged.fill(data)
        if sync:
            flushing.file(staged.descriptor)
        staged.close()
        name(staged, folders)
    finally:
        staged.drop()
    if sync:
        flushing.folders(folders)


def same(path: str | Path, other: str | Path) -> bool:
    """Whether both name one file, by whatever spelling or link, or would if it were there."""
    with suppress(OSError):
        return os.path.samefile(path, other)  # noqa: PTH121 - as above
    return os.path.realpath(path) == os.path.realpath(other)


def _replace(pairs: Sequence[tuple[str, bytes]], staging: str, done: set[str], *, sync: bool) -> set[str]:
    """Write and rename, adding paths to `done`; return the folders that had to be made, and their parents."""
    staged: list[leftovers.Staged] = []
    folders: set[str] = set()
    try:
        for path, data in pairs:
            staged.append(_stage(path, staging, folders))
            staged[-1].fill(data)
        if sync:
            flushing.files([file.descriptor for file in staged])
        for file in staged:
            file.close()
        for file in staged:
            _rename(file, folders)
            done.add(file.path)
        staged.clear()
    finally:
        for file in staged:
            file.drop()
    return folders


def _stage(path: str, staging: str, folders: set[str], mode: int = 0o777) -> leftovers.Staged:
    """Return a temporary file for `path`."""
    folder = staging or os.path.dirname(path)
    return _within(folder, folders, path, lambda: leftovers.Staged(path, folder), mode)


def _rename(staged: leftovers.Staged, folders: set[str]) -> None:
    """Put a file in its place."""
    target = staged.path
    _within(os.path.dirname(target), folders, target, lambda: os.replace(staged.temporary, target))


def _within(folder: str, folders: set[str], path: str, act: Callable[[], _T], mode: int = 0o777) -> _T:
    """Return what `act` does in a folder that is made only when it turns out to be missing; errors name `path`."""
    try:
        try:
            return act()
        except FileNotFoundError:
            _make(folder, folders, mode)
            return act()
    except OSError as error:
        error.filename, error.filename2 = path, None  # nobody knows the temporary file
        raise


def _make(folder: str, folders: set[str], mode: int) -> None:
    """Make a folder; those above it, up to the nearest that existed, join `folders`, since names in them changed."""
    above = folder
    while above and not os.path.isdir(above):
        above = os.path.dirname(above)
        folders.add(above)
    os.makedirs(folder, mode, exist_ok=True)


def _name_once(staged: leftovers.Staged, _folders: set[str]) -> None:
    """Give the file its name; a link, unlike a rename, never takes the place of a file that came meanwhile."""
    try:
        os.link(staged.temporary, staged.path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.replace(staged.temporary, staged.path)


def _holds(path: str, data: bytes) -> bool:
    """Whether a regular file of exactly these bytes is there; the size is asked first, since it mostly settles it."""
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        return stat.S_ISREG(status.st_mode) and status.st_size == len(data) and read_bytes(path) == data
    except PermissionError:  # its folder may let us replace what we may not read
        return False
