"""The queue of one process, in memory: unique jobs, priorities, delays, bounded concurrency.

Nothing survives the process, and nothing has to: the store knows what is due. This module knows no kind of work.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from aggregator.ports import Clock

log = logging.getLogger(__name__)

_Job = tuple[str, str]


@dataclass(slots=True)
class LocalQueue:
    """`ports.Queue` on one event loop; the highest priority first, then in the order in which jobs became due."""

    clock: Clock
    _taken: set[_Job] = field(default_factory=set)
    _ready: list[tuple[int, int, _Job]] = field(default_factory=list)
    _delayed: list[tuple[float, int, int, _Job]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)
    _runs: set[asyncio.Event] = field(default_factory=set)

    async def submit(self, kind: str, keys: Sequence[str], *, priority: int = 0, after: float = 0.0) -> int:
        """See `ports.Queue.submit`."""
        new = [(kind, key) for key in dict.fromkeys(keys) if (kind, key) not in self._taken]
        due = self.clock.monotonic() + after
        for job in new:
            heappush(self._delayed, (due, next(self._order), -priority, job))
        self._taken.update(new)
        self._wake()
        return len(new)

    async def run(
        self,
        handlers: Mapping[str, Callable[[str], Awaitable[None]]],
        *,
        concurrency: int,
        stop: asyncio.Event,
        forever: bool = False,
    ) -> None:
        """See `ports.Queue.run`; cancelling it cancels the handlers and waits for them. It may be run again."""
        changed = asyncio.Event()
        self._runs.add(changed)
        running: set[_Job] = set()
        try:
            async with asyncio.TaskGroup() as group:  # leaves only when the handlers are through
                stopping = group.create_task(stop.wait())
                stopping.add_done_callback(lambda _: changed.set())
                while not stop.is_set():
                    changed.clear()
                    self._promote()
                    while self._ready and len(running) < concurrency:
                        self._start(group, handlers, running)
                    if not (forever or running or self._delayed):
                        break
                    await self._wait(changed)
                stopping.cancel()
        finally:
            self._runs.discard(changed)

    def _start(
        self,
        group: asyncio.TaskGroup,
        handlers: Mapping[str, Callable[[str], Awaitable[None]]],
        running: set[_Job],
    ) -> None:
        *_, job = heappop(self._ready)

        def finish(_: asyncio.Task[None]) -> None:
            # A callback, since a task that is cancelled before its first step never reaches a `finally` of its own.
            running.discard(job)
            self._taken.discard(job)
            self._wake()

        running.add(job)
        group.create_task(_attempt(handlers, *job)).add_done_callback(finish)

    def _promote(self) -> None:
        """Move jobs whose time has come to those that can start."""
        now = self.clock.monotonic()
        while self._delayed and self._delayed[0][0] <= now:
            _, _, rank, job = heappop(self._delayed)
            heappush(self._ready, (rank, next(self._order), job))

    async def _wait(self, changed: asyncio.Event) -> None:
        """Wait until something changed, or the first delayed job is due."""
        if not self._delayed:
            await changed.wait()
            return
        pause = self._delayed[0][0] - self.clock.monotonic()
        waiting = {asyncio.ensure_future(self.clock.sleep(pause)), asyncio.ensure_future(changed.wait())}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for future in waiting:
                future.cancel()

    def _wake(self) -> None:
        for changed in self._runs:
            changed.set()


async def _attempt(handlers: Mapping[str, Callable[[str], Awaitable[None]]], kind: str, key: str) -> None:
    try:
        await handlers[kind](key)
    except Exception:  # one job's bug must not cost the others anything
        log.exception("job %s %s failed", kind, key)
