"""The daemon's refresh: what is due is asked, what came is published, and nobody waits for the slowest source.

As long as anything is under way what has come due meanwhile is asked, too, and what has come is published, again and
again. A site on which something is always under way is never through, and that is fine: `stop` ends it.

This module reads no configuration; when to begin and to stop is `service`'s business.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aggregator import memory
from aggregator.agenda import Agenda
from aggregator.app import aftermath_of, house_of
from aggregator.errors import PublishError, StoreError, TagwireError
from aggregator.queues.local import LocalQueue
from aggregator.rounds import On, Round
from aggregator.steps.visits import due
from aggregator.sync import Synced
from aggregator.threads import apart

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from aggregator.app import App
    from aggregator.model import Outcome, Summary


LOOK = 60.0
"""Seconds after which item files are looked at again while work is under way: with many that costs a second of CPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Who hears of what."""

    outcome: Callable[[Outcome], None]
    """Every source, as soon as it is done."""
    summary: Callable[[Summary], None]
    """What has come and was published while other sources are still under way."""
    failed: Callable[[Exception], None]
    """What kept it from being published; it is tried again."""
    alive: Callable[[], None]
    """Every file that is read or rendered."""


async def tidy(summary: Summary) -> None:
    """Give memory back to the system if feeds were rendered: nothing takes more."""
    if summary.feeds_written:
        await apart(memory.give_back)


async def work(app: App, stop: asyncio.Event, told: Told, *, every: float) -> Summary:
    """Refresh what is due, looking anew after so many seconds as long as it takes; return what was not `told` yet.

    What an earlier refresh was kept from publishing is published before anybody is asked. Setting `stop` gives sources
    under way a few seconds, and as many to publish what came, and leaves the rest to the next refresh. Raises
    `errors.ClockError`, `DiskError`, `TreeError`, `PublishError`, `StoreError`, `WorkersFailed`.
    """
    due.require_set_clock(app.clock.now())
    chosen, _ = due.select_due(app.states(), (), due=True, now=app.clock.now())

    def stopping() -> bool:
        told.alive()
        return stop.is_set()

    synced, synced_at = await apart(app.sync, stopping=stopping), app.clock.monotonic()
    house = house_of(app, chosen)
    visit = Round(house, Agenda(house, chosen, "slice"), told.outcome, stop)
    aftermath = replace(aftermath_of(app, house, stop), stopping=stopping)
    overdue = bool(app.store.outbox())

    async def part() -> None:
        nonlocal synced, synced_at, overdue
        outcomes, visit.outcomes = tuple(visit.outcomes), []
        if app.clock.monotonic() - synced_at >= LOOK:
            synced, synced_at = await apart(app.sync, stopping=stopping), app.clock.monotonic()
        summary = await aftermath.settle(synced)
        told.summary(replace(summary, outcomes=outcomes))
        synced, overdue = Synced(), False
        await tidy(summary)

    async def between() -> None:
        try:
            if visit.outcomes or overdue:
                await part()
        except StoreError:
            raise
        except (TagwireError, OSError) as error:
            told.failed(error)

    if overdue:
        with suppress(PublishError, OSError):  # told when it fails again, after the sources were asked
            await part()
    await visit.run(LocalQueue(app.clock), On(every, between))
    return replace(await aftermath.settle(synced), outcomes=tuple(visit.outcomes))
