"""Where searches of the server's visitors are answered: in a thread, one at a time, and never too many in line.

The full-text index is brought up to date behind their backs: who searches gets what is there, and is told if more is on
its way. This module knows no HTTP.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aggregator.errors import StoreError
from aggregator.finding import open_finder
from aggregator.model.search import Found, Query
from aggregator.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.finding import Finder
    from aggregator.ports import Clock
    from aggregator.settings import Settings

log = logging.getLogger(__name__)

LINE: Final = 32
"""Searches that may wait; at some milliseconds each nobody waits long."""
RECENT: Final = 60.0
"""Seconds after which a search makes us look for new items, if nobody told of some before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a search led to."""

    query: Query
    found: Found
    indexing: bool
    """The full-text index was being brought up to date."""


class Desk:
    """Answers searches of one site; for one event loop."""

    def __init__(self, settings: Callable[[], Settings], clock: Clock) -> None:
        self._settings = settings
        self._opened: Settings | None = None
        self._clock = clock
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._finder: Finder | None = None
        self._updated = -RECENT
        self._updating: asyncio.Task[None] | None = None
        self._wanted = self._closing = False

    async def ask(self, text: str, *, limit: int, offset: int) -> Answer | None:
        """Return what is found, None if too many are in line. What cannot be searched has no hits; it is logged why."""
        if self._waiting >= LINE:
            return None
        if text.strip() and self._clock.monotonic() - self._updated >= RECENT:
            self.refresh()
        busy = self._busy()  # what is found now may be too little, though all be there a moment later
        self._waiting += 1
        try:
            async with self._turn:
                query, found = await asyncio.to_thread(self._find, text, limit, offset)
        except StoreError as error:
            _tell("cannot search", error)
            self._drop()
            query, found = Query(), Found()
        finally:
            self._waiting -= 1
        return Answer(query=query, found=found, indexing=busy or self._busy())

    def refresh(self) -> None:
        """Bring the full-text index up to date, in the background; if that is under way, once more after it."""
        self._wanted = True
        if not self._busy():
            self._updating = asyncio.create_task(self._update())

    async def close(self) -> None:
        """End what is under way, and close the index."""
        self._closing = True
        if self._updating is not None:
            await self._updating
        async with self._turn:
            self._drop()

    def _busy(self) -> bool:
        return self._updating is not None and not self._updating.done()

    def _find(self, text: str, limit: int, offset: int) -> tuple[Query, Found]:
        now, settings = self._clock.now(), self._settings()
        if self._finder is None or settings is not self._opened:  # what a source publishes may have changed
            self._drop()
            self._finder, self._opened = open_finder(settings), settings
        if all(source.content == "full" for source in settings.sources):
            return self._finder.find(text, now, limit=limit, offset=offset)
        with open_store(settings.storage.index, settings.root, access="read") as store:
            return self._finder.find(text, now, limit=limit, offset=offset, public=store)

    async def _update(self) -> None:
        while self._wanted and not self._closing:
            self._wanted = False
            try:
                done = await asyncio.to_thread(self._bring_up_to_date)
                log.info("search index: %s", done)
            except StoreError as error:
                _tell("the search index cannot be brought up to date", error)
            self._updated = self._clock.monotonic()

    def _bring_up_to_date(self) -> str:
        settings = self._settings()
        finder = open_finder(settings)  # a connection of its own: searches go on meanwhile
        try:
            with open_store(settings.storage.index, settings.root, access="read") as store:
                done = finder.update(store, lambda: self._closing)
        finally:
            finder.close()
        return done.busy or f"{done.put} put in, {done.removed} removed, {len(done.problems)} problems"

    def _drop(self) -> None:
        if self._finder is not None:
            self._finder.close()
            self._finder = None


def _tell(what: str, error: StoreError) -> None:
    """Log an error that says what is wrong in one line; its traceback is for those who log everything."""
    log.error("%s: %s", what, error, exc_info=error if log.isEnabledFor(logging.DEBUG) else None)
