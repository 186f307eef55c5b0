"""Declared pages and APIs over HTTP: robots.txt asked for pages, and a gap between two requests to one host.

The requests themselves are `fetchers.http`'s, with its deadline, limits and address rules. What the documents mean is
the parsers' business.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aggregator.fetchers.robots import Robots
from aggregator.model import FetchState, NotModified, Source
from aggregator.steps.urls import host

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aggregator.fetchers.http import HttpFetcher
    from aggregator.model import Response
    from aggregator.ports import Clock

_ACCEPT: Final = {
    "json": "application/json, */*;q=0.5",
    "html": "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5",
}


class DeclaredFetcher:
    """Fetches lists and pages of json and html sources (`ports.Fetcher`); `gap` is in seconds.

    An entry's own page is fetched as a source of its own, with the declaration of that page. What robots.txt files
    said is kept in the file `robots`, if there is one.
    """

    def __init__(self, web: HttpFetcher, *, clock: Clock, gap: float, robots: Path | None = None) -> None:
        self._web = web
        self._pace = Pace(clock, gap)
        self._robots = Robots(self._plain, clock, robots)

    def accepts(self, source: Source) -> bool:
        """Whether the source is a declared page or API."""
        return source.kind in _ACCEPT and bool(source.url)

    async def fetch(self, source: Source, state: FetchState) -> Response | NotModified:
        """Return the document with its declaration, or `NotModified`. Raises `errors.FetchError` only.

        A request with a body is never conditional: validators are about what GET would answer (RFC 9110 §13.1).
        """
        if source.kind == "html":
            await self._robots.check(source.url)
        async with self._pace.turn(host(source.url)):
            answer = await self._web.fetch(_spoken(source), FetchState(source=state.source) if source.body else state)
        if isinstance(answer, NotModified):
            return answer
        return replace(answer, documents=tuple(replace(one, declared=source.items) for one in answer.documents))

    async def aclose(self) -> None:
        """Keep what robots.txt files said; the connections are closed by the fetcher that has them."""
        self._robots.close()

    async def _plain(self, url: str) -> bytes:
        """Return what stands at a URL."""
        async with self._pace.turn(host(url)):
            answer = await self._web.fetch(Source(id="robots.txt", url=url), FetchState(source="robots.txt"))
        return b"" if isinstance(answer, NotModified) else answer.documents[0].body


class Pace:
    """One request at a time to a host, and `gap` seconds from the end of one to the begin of the next."""

    def __init__(self, clock: Clock, gap: float) -> None:
        self._clock = clock
        self._gap = gap
        self._locks: dict[str, asyncio.Lock] = {}
        self._ended: dict[str, float] = {}

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for the host's turn, and hold it."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            ended = self._ended.get(name)
            if ended is not None and (wait := ended + self._gap - self._clock.monotonic()) > 0:
                await self._clock.sleep(wait)
            try:
                yield
            finally:
                self._ended[name] = self._clock.monotonic()


def _spoken(source: Source) -> Source:
    """Return the source with the headers that its kind goes with, unless they are configured."""
    said = {name.lower() for name, _ in source.headers}
    wanted = {"Accept": _ACCEPT[source.kind]} | ({"Content-Type": "application/json"} if source.body else {})
    ours = tuple((name, value) for name, value in wanted.items() if name.lower() not in said)
    return replace(source, headers=(*source.headers, *ours))
