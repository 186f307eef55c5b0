"""The daemon: a heartbeat that refreshes what is due and publishes what changed, until it is told to stop.

APScheduler is the heartbeat only: one short job, coalesced, never twice at once. Due times live in the index, so a
restart neither forgets nor storms. APScheduler plans by the wall clock, which people and NTP set; a second look on the
monotonic clock sees to it that a jump costs at most one interval, and that a beat which no longer gets on is told,
ended, and not hidden from the service manager.

This module decides nothing about when a source is due (`steps.cadence`) and serves nothing (`server`).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from aggregator import systemd
from aggregator.errors import Locked, TagwireError
from aggregator.steps import remedies

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from apscheduler.job import Job

    from aggregator.model import Summary
    from aggregator.ports import Clock

log = logging.getLogger(__name__)

BEAT = 15.0
"""Seconds between two looks at what is due."""
STUCK = 300.0
"""Seconds without a source finished, or a file read or rendered, after which a beat is ended.

Every wait inside is shorter.
"""


@dataclass(slots=True)
class Pulse:
    """How the daemon gets on: for its watch, its health page and its metrics. Instants are monotonic seconds."""

    moved_at: float = 0.0
    """When something was last finished: a beat, or a source in it."""
    beats: int = 0
    """Beats that came to their end."""
    failed: int = 0
    """Beats that ended with an error."""
    busy: bool = False
    error: str = ""
    """What the last beat that failed ran into; empty after one that did not."""

    def beaten(self, summary: Summary | None, error: str = "") -> None:
        """Count a beat, and log what came of it; one that takes long is told in parts."""
        self.beats += 1
        self.failed += bool(error)
        self.error = error
        if summary and summary.outcomes:
            told = f"sources: {len(summary.outcomes)}, new: {summary.new}, failed: {summary.count('failed')}"
            log.info("%s", told)
            systemd.notify(f"STATUS=last asked {told}")

    def stumbled(self, what: str, error: Exception) -> None:
        """Count a beat that `error` kept from its end, and log it in one line: a template's mistake comes at each.

        Known errors say what is wrong; their traceback is for those who log everything.
        """
        said = remedies.told(error) if isinstance(error, OSError) else str(error)
        told, deep = "; ".join(said.splitlines()), error if log.isEnabledFor(logging.DEBUG) else None
        log.error("%s; trying again at the next one: %s", what, told, exc_info=deep)
        self.beaten(None, told)

    def healthy(self, now: float) -> bool:
        """Whether the daemon is idle in time or getting on with its work."""
        return now - self.moved_at < STUCK


class Steady(BaseTrigger):  # type: ignore[misc]
    """A beat after every interval; of the time that a clock jumped ahead none is owed.

    APScheduler's own trigger lists every beat in between before it makes them one: 118 million from 1970 to today.
    """

    def __init__(self, interval: timedelta) -> None:
        """Beats come `interval` apart."""
        self._interval = interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return when the next beat is, always ahead of `now`."""
        planned = (previous_fire_time or now) + self._interval
        return planned if planned > now else now + self._interval


class Heartbeat:
    """Calls `beat` at once and then every `every` seconds; see `run`."""

    def __init__(
        self,
        beat: Callable[[asyncio.Event], Awaitable[Summary | None]],
        clock: Clock,
        pulse: Pulse,
        *,
        every: float = BEAT,
        stuck: float = STUCK,
    ) -> None:
        self._beat = beat
        self._clock = clock
        self._pulse = pulse
        self._every = every
        self._stuck = stuck
        self._running: asyncio.Task[Summary | None] | None = None
        self._busy = asyncio.Lock()

    async def run(self, stop: asyncio.Event, wake: asyncio.Event) -> None:
        """Beat until `stop` is set; a beat under way is finished first. `wake` calls for one now, and is cleared.

        A beat that fails is logged and tried again at the next one.
        """
        self._pulse.moved_at = self._clock.monotonic()
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns at every interval that a beat outlasts
        scheduler = AsyncIOScheduler(timezone="UTC")
        job = scheduler.add_job(
            self._tick,
            Steady(timedelta(seconds=self._every)),
            [stop],
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=self._clock.now(),
        )
        scheduler.start()
        watching = asyncio.create_task(self._watch(job))
        waking = asyncio.create_task(self._wake(wake, job))
        systemd.notify("READY=1")
        try:
            await stop.wait()
        finally:
            log.info("stopping")
            systemd.notify("STOPPING=1")
            for task in (watching, waking):
                task.cancel()
            await asyncio.wait({watching, waking})
            scheduler.pause()
            async with self._busy:  # the scheduler would cancel a running beat; we wait for it
                scheduler.shutdown(wait=False)

    async def _tick(self, stop: asyncio.Event) -> None:
        async with self._busy:
            if stop.is_set():
                return
            self._pulse.busy, self._pulse.moved_at = True, self._clock.monotonic()
            self._running = asyncio.ensure_future(self._beat(stop))
            await self._ended(self._running)
            self._pulse.busy, self._pulse.moved_at = False, self._clock.monotonic()

    async def _ended(self, running: asyncio.Task[Summary | None]) -> None:
        """Wait for the beat and tell what came of it."""
        await asyncio.wait({running})
        if running.cancelled():
            self._pulse.beaten(None, f"ended after {self._stuck:g} s without progress")
            return
        try:
            self._pulse.beaten(running.result())
        except Locked as error:
            log.info("skipped a beat: %s", error)
            self._pulse.beaten(None)
        except (TagwireError, OSError) as error:
            self._pulse.stumbled("a beat failed", error)

    async def _watch(self, job: Job) -> None:
        """On the monotonic clock: end a beat that is stuck, undo what a set clock did, tell the service manager."""
        pause = min(self._every, systemd.watchdog() / 3 or self._every)
        while True:
            before = self._clock.monotonic()
            await self._clock.sleep(pause)
            if self._clock.monotonic() - before > pause + self._every:
                self._pulse.moved_at = self._clock.monotonic()  # the whole process slept: nobody is to blame
            self._look_at_the_clock(job)
            if self._clock.monotonic() - self._pulse.moved_at < self._stuck:
                systemd.notify("WATCHDOG=1")
            elif self._running and not self._running.done():
                log.error("a beat made no progress for %g s; it is ended, the next one goes on", self._stuck)
                self._running.cancel()

    def _look_at_the_clock(self, job: Job) -> None:
        planned: datetime = job.next_run_time
        if planned - self._clock.now() > timedelta(seconds=2 * self._every):
            log.warning("the clock was set back; going on at once")
            job.modify(next_run_time=self._clock.now())

    async def _wake(self, wake: asyncio.Event, job: Job) -> None:
        while True:
            await wake.wait()
            wake.clear()
            async with self._busy:  # the scheduler would skip a beat that begins during another one
                pass
            job.modify(next_run_time=self._clock.now())
