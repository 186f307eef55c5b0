"""The daemon: a heartbeat that refreshes what is due and publishes what changed, until it is told to stop.

APScheduler is the heartbeat only: one short job, coalesced, never twice at once. Due times live in the index, so a
restart neither forgets nor storms. The site is locked for the time of a beat, so that one-shot commands get their turn.

This module decides nothing about when a source is due (`steps.cadence`) and serves nothing (`server`).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator.errors import Locked, TagwireError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aggregator.model import Summary

log = logging.getLogger(__name__)

BEAT = 15.0
"""Seconds between two looks at what is due."""


async def run(beat: Callable[[asyncio.Event], Awaitable[Summary]], stop: asyncio.Event, *, every: float = BEAT) -> None:
    """Call `beat` at once and then every `every` seconds until `stop` is set; a beat under way is finished first.

    A beat that fails is logged and tried again at the next one.
    """
    busy = asyncio.Lock()

    async def tick() -> None:
        async with busy:
            if not stop.is_set():
                await _beat(beat, stop)

    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.add_job(tick, "interval", seconds=every, coalesce=True, max_instances=1, misfire_grace_time=None)
    first = asyncio.create_task(tick())
    scheduler.start()
    try:
        await stop.wait()
    finally:
        scheduler.pause()
        async with busy:  # the scheduler would cancel a running beat; we wait for it
            scheduler.shutdown(wait=False)
        await first


async def _beat(beat: Callable[[asyncio.Event], Awaitable[Summary]], stop: asyncio.Event) -> None:
    try:
        summary = await beat(stop)
    except Locked as error:
        log.info("skipped a beat: %s", error)
    except TagwireError:
        log.exception("a beat failed; trying again at the next one")
    else:
        if summary.outcomes:
            failed = summary.count("failed")
            log.info("%d sources: %d new, %d failed", len(summary.outcomes), summary.new, failed)
