"""One round over sources: hosts side by side, the sources of a host one after the other.

What is decided about a whole host or the whole network is decided here: several sources that are told to wait speak for
their host, and when no host answers it is nobody's failure. Which sources are asked is said by `agenda`, what happens
to each of them by `refresh`.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.agenda import Detours
from aggregator.disk import require_room
from aggregator.errors import DiskError, ProxyFailed, StaleClaim, StoreError, WorkersFailed
from aggregator.fetchers.pace import awaiting
from aggregator.model import Outcome
from aggregator.refresh import House, refresh
from aggregator.steps import cadence
from aggregator.steps.visits import due

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from datetime import datetime

    from aggregator.agenda import Agenda, Claims
    from aggregator.model import FetchState, Source
    from aggregator.ports import Queue

PATIENCE = 60.0
"""Seconds for which an outcome is kept back at most, waiting for any host to answer."""
SETTLING = 3.0
"""Seconds for which nobody is saved while sketches of what was saved are awaited; mostly it takes hundredths."""
GRACE = 4.0
"""Seconds that sources under way are given after a stop, so that the process has ended within ten."""


@dataclass(frozen=True, slots=True)
class On:
    """How a round goes on."""

    every: float
    """Seconds between two looks at what has come due, as long as anything is under way."""
    between: Callable[[], Awaitable[None]]
    """Awaited before each look, while no source is being saved: the time to publish what came."""


class Round:
    """One round over sources: hosts side by side, the sources of a host one after the other.

    `outcomes` grows as sources are done, and `on_outcome` hears of each. Failures that a missing network has, too, are
    told when a host has answered, or after a minute, or at the end: if none did by then, they are not counted.
    A round that goes `on` looks again and again at what has come due meanwhile. A source whose redirect leads to a host
    that is being asked for another one comes back when there is a place for that host, and keeps none until then.
    """

    _queue: Queue

    def __init__(
        self, house: House, agenda: Agenda, on_outcome: Callable[[Outcome], None], stop: asyncio.Event
    ) -> None:
        self.outcomes: list[Outcome] = []
        self._house = house
        self._agenda = agenda
        self._on_outcome = on_outcome
        self._stop = stop
        self._error: StoreError | DiskError | WorkersFailed | None = None
        self._answered = False
        self._held: list[tuple[Source, Outcome]] = []
        self._held_since = 0.0
        self._detours = Detours(house)

    async def run(self, queue: Queue, on: On | None = None) -> None:
        """Refresh every source once, or until `stop`. Raises the `errors.StoreError` that ended the round early.

        Raises `errors.DiskError` if no item, or nothing in var/, can be written; at the beginning nobody is asked then;
        `WorkersFailed` if none can be read.
        With `on` what comes due is taken in while hosts are under way: one that is slow keeps no other one waiting.
        """
        house = self._house
        house.tree.disk.require_room()
        if not house.tree.disk.dry:
            require_room(Path(house.settings.root, "var"))
        self._queue = queue
        await queue.submit("host", self._agenda.hosts())
        handlers: dict[str, Callable[[str], Awaitable[None]]] = {"host": self._host, "detour": self._detour}
        work = queue.run(handlers, concurrency=house.settings.http.concurrency, stop=self._stop)
        try:
            await self._until_stopped(self._going_on(work, queue, on) if on else work)
        finally:
            for fetcher in house.fetchers:
                await fetcher.aclose()
            house.workers.close()
        if self._error:
            raise self._error
        for outcome in self._detours.left():
            self._tell(outcome)
        self._judge()

    async def _going_on(self, work: Coroutine[None, None, None], queue: Queue, on: On) -> None:
        """Run the work; as long as it lasts, look every so often at what there is to do besides."""
        running = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({running}, timeout=on.every))[0] and not self._stop.is_set():
                async with self._house.saving:
                    if await self._all_sketched():
                        await on.between()
                self._agenda, self._answered = self._agenda.anew(), False
                await queue.submit("host", self._agenda.hosts())
            await running
        finally:
            running.cancel()
            await asyncio.wait({running})

    async def _all_sketched(self) -> bool:
        """Whether the texts of all sources that were saved are sketched, within seconds; else that has its time."""
        sketching = self._house.sketching
        return not sketching or not (await asyncio.wait(sketching, timeout=SETTLING))[1]

    async def _until_stopped(self, work: Coroutine[None, None, None]) -> None:
        """Run the work; after a stop it has `GRACE` seconds, then it is cancelled wherever it waits."""
        running, stopping = asyncio.ensure_future(work), asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({running}, timeout=GRACE)
        finally:
            for task in (running, stopping):
                task.cancel()
            await asyncio.wait({running, stopping})
        if not running.cancelled():
            running.result()

    async def _detour(self, job: str) -> None:
        """Refresh in turn the sources of other hosts that found one busy."""
        await self._host(job.partition(" ")[0], detour=True)

    async def _host(self, name: str, *, detour: bool = False) -> None:
        """Refresh one host's sources in turn, or those of others that are led there."""
        if self._stop.is_set():
            return
        agenda = self._agenda
        try:
            for claims in self._detours.claims(name) if detour else agenda.claims(name):
                await self._claimed(name, claims, agenda, detour=detour)
                if self._stop.is_set():
                    return
        except (StoreError, DiskError, WorkersFailed) as error:
            self._error = error
            self._stop.set()

    async def _claimed(self, name: str, claims: Claims, agenda: Agenda, *, detour: bool) -> None:
        """Refresh sources of one host that were claimed; those that a stop leaves over are due at once.

        If Retry-After told several sources to wait, the others are left alone, too.
        """
        house, left = self._house, {source.id: state for source, state in claims}
        told = agenda.told.setdefault(name, [])
        try:
            for source, state in claims:
                until = due.wait_of(told, house.clock.now())
                if self._stop.is_set():
                    return
                outcome = await self._visit(source, state, until, agenda.began, "" if detour else name)
                del left[source.id]
                if outcome.busy and not detour:
                    await self._queue.submit("detour", self._detours.put(source, outcome))
                    continue
                if outcome.retry_at:
                    agenda.told.setdefault(outcome.retry_host or name, []).append(outcome.retry_at)
                self._settle(source, outcome)
        except StoreError:
            left.clear()
            raise
        finally:
            for state in left.values():
                with suppress(StaleClaim):
                    house.store.commit(replace(state, next_at=house.clock.now()), ())

    async def _visit(
        self, source: Source, state: FetchState, until: datetime | None, began: datetime, place: str
    ) -> Outcome:
        """Return what came of a source: asked, or left alone `until` its host may be asked again.

        It waits for the turn of the host that has this `place`, or of any: another one that is being asked is `busy`.

        One that took longer than its lease, so that somebody else has it now, is the other's to tell.
        """
        try:
            if until:
                return _postpone(self._house, state, until)
            with awaiting(place):
                return await refresh(self._house, source, state, began, stopping=self._stop.is_set)
        except StaleClaim:
            return Outcome(source=source.id, result="skipped", note="somebody else has taken it over meanwhile")

    def _settle(self, source: Source, outcome: Outcome) -> None:
        """Tell an outcome, unless it may be the network's fault; what the proxy does is none of a source's."""
        kind = outcome.error.kind if outcome.error else ""
        if kind == ProxyFailed.kind:
            state = self._house.store.states()[source.id]
            self._tell(_excuse(self._house, source, state, outcome))
            return
        if outcome.network and kind in due.UNREACHED and not self._answered:
            now = self._house.clock.monotonic()
            self._held_since = self._held_since if self._held else now
            self._held.append((source, outcome))
            if now - self._held_since >= PATIENCE:
                self._judge()
            return
        if outcome.network and outcome.result != "skipped" and kind not in due.UNASKED and not self._answered:
            self._answered = True
            self._release()
        self._tell(outcome)

    def _judge(self) -> None:
        """Decide about what was held back: if no host answered lately, it is nobody's failure."""
        if self._held:
            house, states = self._house, self._house.store.states()
            asked = [(source, states[source.id]) for source in house.settings.sources if source.id in states]
            if due.offline(asked, house.clock.now()):
                self._held = [
                    (source, _excuse(house, source, states[source.id], outcome)) for source, outcome in self._held
                ]
        self._release()

    def _release(self) -> None:
        for _, outcome in self._held:
            self._tell(outcome)
        self._held.clear()

    def _tell(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._on_outcome(outcome)


def _postpone(house: House, state: FetchState, until: datetime) -> Outcome:
    """Return the outcome of a source that is not asked, since its host told others to wait."""
    after = cadence.postponed(state, until)
    house.store.commit(after, ())
    note = "its host told several sources to wait"
    return Outcome(source=state.source, result="skipped", note=note, next_at=until, failures=state.failures)


def _excuse(house: House, source: Source, state: FetchState, outcome: Outcome) -> Outcome:
    """Return the outcome of a failure that is the network's, after taking it off the source's account.

    If somebody else has claimed the source meanwhile, his visit tells.
    """
    after = cadence.excused(state, source, house.settings.schedule, house.clock.now())
    try:
        house.store.commit(after, ())
    except StaleClaim:
        return outcome
    return replace(outcome, failures=after.failures, next_at=after.next_at)
