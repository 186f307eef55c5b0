"""How the site is at this moment: what the index says, how the daemon gets on, and whether all of it can be trusted.

The index is read in a thread and at most every few seconds, whoever asks and however often. This module renders
nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from aggregator.errors import StoreError
from aggregator.model import FetchState
from aggregator.steps.publishing import compose
from aggregator.steps.visits import interval
from aggregator.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from aggregator.model import Outcome, Source
    from aggregator.ports import Clock
    from aggregator.settings import Settings

FRESH: Final = 5.0
"""Seconds for which a look at the index is good enough for people and monitors."""
LAZY: Final = 30.0
"""Seconds for which it is good enough for Cache-Control."""
_AGES: Final = (300, 3600)
"""Seconds that feeds may be cached at least and at most."""


class Pulse(Protocol):
    """What the daemon in this process says of itself; see `daemon.Pulse`."""

    moved_at: float
    beats: int
    failed: int
    busy: bool
    error: str

    def healthy(self, now: float) -> bool:
        """Whether the daemon gets on."""


class Tally:
    """What came of visits to sources since the process began."""

    def __init__(self) -> None:
        self.results: Counter[tuple[str, str]] = Counter()
        """(source, result) → visits."""
        self.items: Counter[tuple[str, str]] = Counter()
        """(source, new|updated|duplicate) → items."""
        self.seconds: dict[str, float] = {}
        """Source → seconds that its visits took."""

    def heard(self, outcome: Outcome) -> None:
        """Count one visit, or that a source was left alone."""
        self.results[outcome.source, outcome.result] += 1
        counts = {"new": outcome.new, "updated": outcome.updated, "duplicate": outcome.duplicates}
        for kind, count in counts.items():
            if count:
                self.items[outcome.source, kind] += count
        self.seconds[outcome.source] = self.seconds.get(outcome.source, 0.0) + outcome.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a daemon in the same process tells the server."""

    settings: Callable[[], Settings]
    """Those that are in force now."""
    pulse: Pulse
    published: asyncio.Event
    """Set after every publication; the server clears it."""
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One look at the index."""

    at: datetime
    taken: float
    """On the monotonic clock."""
    states: tuple[tuple[Source, FetchState], ...] = ()
    """The configured sources, in their order, with what is remembered of them."""
    items: Mapping[str, int] = field(default_factory=dict)
    """Source → items; sources that only files name included."""
    brought: Mapping[str, int] = field(default_factory=dict)
    """Source → items that it brought under other names."""
    tags: int = 0
    error: str = ""
    """Why the index could not be read; all else is empty then."""

    def count(self, source: str) -> int:
        """Return the number of a source's items, however they are named."""
        return self.items.get(source, 0) + self.brought.get(source, 0)


class Site:
    """The site that is served."""

    def __init__(self, settings: Settings, clock: Clock, told: Told | None = None) -> None:
        self.clock = clock
        self.told = told
        """None: nothing refreshes in this process."""
        self.started = clock.now()
        self._settings = settings
        self._view: View | None = None
        self._due: dict[str, datetime] = {}
        """Path of a source's feed → when it is fetched next."""
        self._looking: asyncio.Task[View] | None = None

    @property
    def settings(self) -> Settings:
        """The settings that are in force."""
        return self.told.settings() if self.told else self._settings

    async def view(self, within: float = FRESH) -> View:
        """Return a view of the index that is at most `within` seconds old."""
        if self._view is None or self.clock.monotonic() - self._view.taken > within:
            return await asyncio.shield(self._look())
        return self._view

    def max_age(self, name: str) -> int:
        """Return for how many seconds a published file may be cached: until something is fetched that may change it.

        A source's feed changes when that source is fetched, every other file when any is.
        """
        if self._view is None or self.clock.monotonic() - self._view.taken > LAZY:
            self._look()
        due = self._due.get(name.rpartition(".")[0])
        first = due or min(self._due.values(), default=None)
        low, high = _AGES
        seconds = int((first - self.clock.now()).total_seconds()) if first else low
        return min(max(seconds, low), high)

    def _look(self) -> asyncio.Task[View]:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._take())
        return self._looking

    async def _take(self) -> View:
        view = await asyncio.to_thread(self._read)
        self._view = view
        self._due = {
            compose.source_path(source.id): planned
            for source, state in view.states
            if source.enabled and (planned := interval.next_visit(state)) is not None
        }
        return view

    def _read(self) -> View:
        at, taken, settings = self.clock.now(), self.clock.monotonic(), self.settings
        try:
            with open_store(settings.storage.index, settings.root, access="read") as store:
                states, items, tags = store.states(), store.sources(), store.tags()
                brought = store.history.brought()
        except StoreError as error:
            return View(at=at, taken=taken, error=str(error))
        known = tuple((source, states.get(source.id) or FetchState(source=source.id)) for source in settings.sources)
        used = sum(1 for _, count in tags.values() if count)
        return View(at=at, taken=taken, states=known, items=items, brought=brought, tags=used)
