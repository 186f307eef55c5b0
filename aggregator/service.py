"""What runs for long, put together: the daemon that refreshes and publishes, and the server beside it.

This module knows when a beat has something to do; what is done then is `app`'s business.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aggregator import locks, outcomes, shift
from aggregator.app import App, lock_file
from aggregator.clock import SystemClock
from aggregator.errors import StoreError
from aggregator.model import FetchState
from aggregator.operations.announce import announce
from aggregator.steps import indexing
from aggregator.stores import files, open_store
from aggregator.threads import apart

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from aggregator.config.watching import Watch
    from aggregator.daemon import Pulse
    from aggregator.model import Outcome, Summary
    from aggregator.ports import Clock
    from aggregator.settings import Server, Settings

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between two looks at whether another process waits for the site."""
THOROUGH = 300.0
"""Seconds after which a beat looks at the item files even if no source is due."""


async def run_daemon(watch: Watch, *, serve: bool, stop: asyncio.Event, hangup: asyncio.Event) -> None:
    """Refresh what is due and publish until `stop` is set; with `serve` also serve the feeds (extra `server`).

    Changed configuration files hold from the next beat on. `hangup` has them read at once, whatever is under way, and
    calls for that beat. Raises ImportError without that extra, OSError if the server's address is taken.
    """
    from aggregator import daemon  # noqa: PLC0415 - APScheduler costs a tenth of a second

    clock, pulse, wake, settings = SystemClock(), daemon.Pulse(), asyncio.Event(), watch.settings
    work = Work(watch, clock, pulse, every=daemon.BEAT)
    plan = await apart(_plan, settings, clock.now())
    async with asyncio.TaskGroup() as group:
        if serve:
            from aggregator import server  # noqa: PLC0415 - an extra

            published = asyncio.Event()
            told = server.Told(settings=lambda: watch.settings, pulse=pulse, published=published)
            work.tell(told.tally.heard, published.set)

            def listening(port: int) -> None:
                log.info(
                    "started: %s; serving %s on %s port %d", plan, settings.publish.dir, settings.server.host, port
                )

            group.create_task(server.serve(settings, stop, told=told, on_listening=listening))
        else:
            log.info("started: %s; serving nothing", plan)
        beside = [group.create_task(_heed(watch, hangup, wake)), group.create_task(work.announce())]
        try:
            await daemon.Heartbeat(work.beat, clock, pulse, every=daemon.BEAT).run(stop, wake)
        finally:
            for task in beside:
                task.cancel()


async def _heed(watch: Watch, hangup: asyncio.Event, wake: asyncio.Event) -> None:
    """Whenever `hangup` is set read the configuration, though a beat may be under way, and call for the next one."""
    while True:
        await hangup.wait()
        hangup.clear()
        await apart(watch.check)
        wake.set()


def _plan(settings: Settings, now: datetime) -> str:
    """Say how many sources there are and when the first of them is due; no more than that if the index is damaged."""
    sources = [source for source in settings.sources if source.enabled]
    told = f"{len(sources)} source{'s' if len(sources) != 1 else ''}"
    try:
        with open_store(settings.storage.index, settings.root, access="read") as store:
            states = store.states()
    except StoreError:  # the first beat tells of it
        return told
    due = [indexing.due_at(states.get(one.id) or FetchState(source=one.id)) for one in sources]
    if waiting := sum(instant <= indexing.seconds(now) for instant in due):
        return f"{told}, {waiting} due now"
    first = min(due, default=indexing.NEVER)
    if first == indexing.NEVER:  # none that is enabled, or all have been given up
        return told
    return f"{told}, the next due {indexing.EPOCH + timedelta(seconds=first):%Y-%m-%d %H:%M} UTC"


async def serve_feeds(
    settings: Settings, stop: asyncio.Event, on_listening: Callable[[int], None] = lambda _: None
) -> None:
    """Serve the site until `stop` is set; `on_listening` is told the port.

    Raises ImportError without the extra `server`, OSError.
    """
    from aggregator import server  # noqa: PLC0415 - an extra

    await server.serve(settings, stop, on_listening=on_listening)


class Work:
    """What the daemon does at a beat."""

    def __init__(self, watch: Watch, clock: Clock, pulse: Pulse, *, every: float = 15.0) -> None:
        """`every` is the time in seconds between two looks at what is due while work is under way."""
        self._watch = watch
        self._every = every
        self._clock = clock
        self._pulse = pulse
        self._last: datetime | None = None
        self._thorough_at = 0.0
        self._index = 0
        self._heard: Callable[[Outcome], None] = lambda _: None
        self._published: Callable[[], None] = lambda: None
        self._unannounced = asyncio.Event()
        self._telling = outcomes.Telling()

    def tell(self, heard: Callable[[Outcome], None], published: Callable[[], None]) -> None:
        """Call `heard` with every outcome, and `published` after a publication of items that are new or changed."""
        self._heard, self._published = heard, published

    async def beat(self, stop: asyncio.Event) -> Summary | None:
        """Refresh what is due and publish what changed; None if there was nothing to do.

        Lasts as long as anything is under way. Ends early, and goes on at the next beat, if another process waits for
        the site, or the configuration changed.
        """
        before = self._watch.settings
        changed = self._watch.renew()
        settings = self._watch.settings
        if changed and _served(before) != _served(settings):
            log.warning("[server], publish.dir or the path of site.base_url has changed: the server needs a restart")
        if not (changed or self._has_work(settings)):
            return None
        enough = asyncio.Event()
        looking = asyncio.create_task(self._until_wanted(lock_file(settings), stop, enough))
        told = shift.Told(outcome=self._moved, summary=self._partly, failed=self._failed, alive=self._alive)
        try:
            with ExitStack() as opened:
                site = App.open(settings, write=True, command="run", clock=self._clock)
                app = await apart(opened.enter_context, site)  # it walks the folders for what killed writers left
                summary = await shift.work(app, enough, told, every=self._every)
        finally:
            looking.cancel()
            await asyncio.wait({looking})
        await shift.tidy(summary)
        self._telling.settled(summary)
        self._last, self._thorough_at = self._clock.now(), self._clock.monotonic() + THOROUGH
        self._index = _index(settings)
        self._announce(summary)
        return summary

    async def announce(self) -> None:
        """Tell the hub of what beats published, beside them, until cancelled; what it did not hear stays noted."""
        while True:
            await self._unannounced.wait()
            self._unannounced.clear()
            for problem in await announce(self._watch.settings, self._clock):
                log.warning("%s", problem)

    async def _until_wanted(self, lock: Path, stop: asyncio.Event, enough: asyncio.Event) -> None:
        """Set `enough` when `stop` is set, another process waits for the lock, or the configuration is another one."""
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK)
            if locks.wanted(lock):
                log.info("another process waits; it goes first")
                break
            if self._watch.unread():
                await apart(self._watch.check)
            if self._watch.stale():
                break
        enough.set()

    def _has_work(self, settings: Settings) -> bool:
        """Whether a source is due or nobody looked for long; cheap, since most beats find nothing to do."""
        now = self._clock.now()
        if self._last is None or now < self._last or self._clock.monotonic() >= self._thorough_at:
            return True
        if _index(settings) != self._index:  # lost, or put back from a copy: what is due stood in it
            return True
        with open_store(settings.storage.index, settings.root, access="read") as store:
            return bool(store.due_hosts(now, 1))

    def _alive(self) -> None:
        self._pulse.moved_at = self._clock.monotonic()

    def _moved(self, outcome: Outcome) -> None:
        self._alive()
        self._telling.heard(outcome, self._clock.now())
        self._heard(outcome)

    def _partly(self, summary: Summary) -> None:
        self._alive()
        self._telling.settled(summary)
        self._pulse.beaten(summary)
        self._announce(summary)

    def _failed(self, error: Exception) -> None:
        self._pulse.stumbled("what came could not be published", error)

    def _announce(self, summary: Summary) -> None:
        if summary.feeds_written:
            self._published()
            self._unannounced.set()


def _index(settings: Settings) -> int:
    """Return which file the index is, 0 if it is none or there is none."""
    try:
        return Path(files(settings.storage.index, settings.root)[0]).stat().st_ino
    except (IndexError, OSError):
        return 0


def _served(settings: Settings) -> tuple[Server, str, str]:
    """What the server goes by from its start to its end."""
    return settings.server, settings.publish.dir, urlsplit(settings.site.base_url).path.rstrip("/")
