"""Killable worker processes: functions from bytes to bytes, with limits on time and memory.

A worker that hangs, crashes or eats its memory costs one call one typed error; the next call finds a fresh one. Workers
start at the first call, by `spawn`, and die with the process that started them. Interrupts are the parent's business.

This module does not know what the functions do, and never runs one in the calling process.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import gc
import multiprocessing
import os
import resource
import signal
from typing import TYPE_CHECKING

from aggregator.errors import ParseCrash, ParseTimeout, WorkersFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from pebble import ProcessPool

PARSE_SECONDS, PARSE_BYTES = 10.0, 1024 * 1024 * 1024
"""What one document may take."""

_PR_SET_PDEATHSIG = 1
_QUEUED = 2
"""Calls handed to the pool for each worker: one that runs, and one so that it need not wait for the next."""
_GRACE = 30.0
"""Seconds beyond what calls may take after which the pool itself is taken to be stuck: workers that never start."""
_PATIENCE = 10.0
"""Seconds to wait for killed workers to be gone."""
_COLLECT = (50_000, 20, 20)
"""Garbage collection: documents leave few cycles behind, and looking for them every 700 objects costs a twelfth."""
_SEMAPHORES = "see that /dev/shm is there, can be written and has room: semaphores are made in it"
_CURES = {
    errno.EAGAIN: "raise the limit on processes (`ulimit -u`, TasksMax= of the unit)",
    errno.ENOMEM: "free memory",
    errno.EMFILE: "raise `ulimit -n` (LimitNOFILE= of the unit)",
    **dict.fromkeys((errno.ENOENT, errno.ENOSYS, errno.EACCES, errno.EROFS, errno.ENOSPC), _SEMAPHORES),
}
_CANNOT = "the processes that read documents cannot be started: {} (nothing is held against a source)"
_NO_THREAD = "can't start new thread"
"""What Python says then, which has no kind of its own."""
_STILLBORN = "they end, or hang, as soon as they start"
_REBORN = "if Python or tagwire were updated, start tagwire again; else see that there are memory and processes left"
_ATTEMPTS = 2
"""A call is tried again once if the pool itself broke, which is no fault of the document's."""


class Workers:
    """A pool of `count` processes; every call may take `seconds` and map `memory_bytes` of address space."""

    def __init__(self, count: int, *, seconds: float, memory_bytes: int) -> None:
        self._count = count
        self._seconds = seconds
        self._memory = memory_bytes
        self._turns = asyncio.Semaphore(count * _QUEUED)
        self._pool: ProcessPool | None = None
        self._alive = False
        """Whether a worker of this pool did anything yet."""

    async def call(self, function: Callable[[bytes], bytes], payload: bytes, *, url: str = "") -> bytes:
        """Return `function(payload)`, computed in a worker. `function` must be importable by name.

        Raises `errors.ParseTimeout` when it takes too long, `errors.ParseCrash` when the worker dies, runs out of
        memory or the function raises; `url` is named in both. A cancelled call kills its worker. Raises
        `errors.WorkersFailed` when no worker comes to life, whatever it were given to read.
        """
        from pebble import ProcessExpired  # noqa: PLC0415 - 15 ms that a round without news need not pay

        for attempt in range(_ATTEMPTS):
            pool, limit = self._started(), asyncio.timeout(self._seconds * _QUEUED + _GRACE)
            try:
                async with self._turns, limit:
                    done, result = await asyncio.wrap_future(
                        pool.schedule(_run, args=(function, payload), timeout=self._seconds)
                    )
            except TimeoutError as error:
                if limit.expired() and not self._alive:
                    self._discard(pool)
                    raise WorkersFailed(_unborn(error)) from error
                self._alive = True
                raise ParseTimeout(f"reading took longer than {self._seconds:g} s", url=url) from error
            except ProcessExpired as error:
                self._alive = True
                raise ParseCrash(f"the worker {_death(error.exitcode)}", url=url) from error
            except (RuntimeError, OSError, ImportError) as error:  # it broke, was closed, or cannot start a process
                self._discard(pool)
                if attempt + 1 == _ATTEMPTS:
                    raise WorkersFailed(_unborn(error)) from error
                continue
            self._alive = True
            if done:
                return bytes(result)
            raise ParseCrash(result.decode(), url=url)
        raise AssertionError  # pragma: no cover - the loop returns or raises

    def close(self) -> None:
        """Kill the workers; a later call would start new ones."""
        if self._pool is not None:
            self._discard(self._pool)

    def _started(self) -> ProcessPool:
        from multiprocessing.spawn import get_executable  # noqa: PLC0415 - as above

        from pebble import ProcessPool  # noqa: PLC0415

        if self._pool is None:
            self._alive = False
            if not os.path.exists(python := os.fsdecode(get_executable())):  # noqa: PTH110 - no path is made of it
                raise WorkersFailed(_CANNOT.format(f"{python} is not there any more; {_REBORN}"))
            self._pool = ProcessPool(
                max_workers=self._count,
                context=multiprocessing.get_context("spawn"),
                initializer=_enter,
                initargs=(os.getpid(), self._memory),
            )
        return self._pool

    def _discard(self, pool: ProcessPool) -> None:
        if self._pool is pool:
            self._pool = None
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _enter(parent: int, memory: int) -> None:  # pragma: no cover - in workers, which are killed before they could tell
    """Prepare a worker: die with the parent, leave interrupts to it, and have no more memory than allowed."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before we asked to be told
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # pebble's own handler waits for C code to return
    gc.set_threshold(*_COLLECT)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy would start one a core, each with address space of its own
    resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _run(function: Callable[[bytes], bytes], payload: bytes) -> tuple[bool, bytes]:
    """In the worker: the result, or in words what was raised; an exception that cannot be pickled breaks the pool."""
    try:
        return True, bytes(memoryview(function(payload)))
    except MemoryError:
        pass
    except Exception as error:  # noqa: BLE001 - the border of the process: what it was is told in words
        return False, f"{type(error).__name__}: {error}"[:500].encode("utf-8", "replace")
    return False, b"reading needs more memory than a worker may have"


def starved(error: RuntimeError) -> RuntimeError | WorkersFailed:
    """Return the error, as one of ours if it says that no thread can be started, which is nobody's fault but ours."""
    return WorkersFailed(_unborn(error)) if str(error) == _NO_THREAD else error


def _unborn(error: Exception) -> str:
    """Return why no worker comes to life, and what to do about it."""
    code = error.errno if isinstance(error, OSError) else errno.EAGAIN if str(error) == _NO_THREAD else None
    if code is None or code not in _CURES:
        why, cure = _STILLBORN, _REBORN
    else:
        why, cure = os.strerror(code), _CURES[code]
    return _CANNOT.format(f"{why}; {cure}")


def _death(code: int) -> str:
    """How a process ended, in words."""
    if code < 0 and -code in set(signal.Signals):
        return f"died of {signal.Signals(-code).name}"
    return f"ended with status {code}"
