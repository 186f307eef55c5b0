"""The lock of a site directory: one process writes at a time, and knows when another waits for its turn.

The kernel keeps the locks (flock), so whatever ends a process frees them. This module does not know what is guarded.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import errors, files

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def lock(path: str | Path, *, wait: float = 0.0, who: str) -> Iterator[None]:
    """Hold the lock file for the time of the block, as `who` (a command, for others to read).

    Waits up to `wait` seconds, behind others who wait already up to as long again, then raises `errors.Locked` naming
    the holder's pid, command and start. A file that a crash left behind is no lock. Who waits holds a second lock
    meanwhile, which `wanted` sees.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - 30 ms that commands which only read need not pay

    path = os.fspath(path)
    Path(path).parent.mkdir(0o700, parents=True, exist_ok=True)  # what stands there may know passwords of sources
    note = f"{path}.holder"
    guard = FileLock(path, thread_local=False)
    try:
        with FileLock(f"{path}.queue", thread_local=False).acquire(timeout=wait) if wait > 0 else nullcontext():
            guard.acquire(timeout=wait)
    except Timeout:
        raise errors.Locked(f"{path} is held by {_holder(note)}") from None
    try:
        with suppress(OSError):  # the note only explains: a full disk must not keep anybody from working
            Path(note).unlink(missing_ok=True)  # a note of the same bytes that a crash left has the wrong time
            files.write(note, f"{os.getpid()}\n{who}".encode())
        yield
    finally:
        with suppress(OSError):
            Path(note).unlink(missing_ok=True)
        guard.release()


def wanted(path: str | Path) -> bool:
    """Whether somebody waits for the lock file; its holder may then want to let it go sooner."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - as in `lock`

    try:
        FileLock(f"{os.fspath(path)}.queue", thread_local=False).acquire(timeout=0).lock.release()
    except Timeout:
        return True
    return False


def _holder(note: str) -> str:
    """Return who wrote the note, and when; its mtime is the time, so that nobody needs a clock here."""
    try:
        pid, _, who = files.read_bytes(note).decode(errors="replace").partition("\n")
        since = datetime.fromtimestamp(int(Path(note).stat().st_mtime), UTC)
    except OSError:
        return "another process"
    return f"pid {pid} ({who}) since {since:%Y-%m-%dT%H:%M:%SZ}"
