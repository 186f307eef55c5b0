"""Declared pages and APIs over HTTP, robots.txt asked for every page on the way.

The requests themselves are `fetchers.http`'s, with its deadline, limits, turns and address rules. What the documents
mean is the parsers' business.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aggregator.fetchers.robots import Robots
from aggregator.model import FetchState, NotModified, Source

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.fetchers.http import HttpFetcher
    from aggregator.model import Response
    from aggregator.ports import Clock

_ACCEPT: Final = {
    "json": "application/json, */*;q=0.5",
    "html": "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5",
}


class DeclaredFetcher:
    """Fetches lists and pages of json and html sources (`ports.Fetcher`).

    An entry's own page is fetched as a source of its own, with the declaration of that page. What robots.txt files
    said is kept in the file `robots`, if there is one.
    """

    def __init__(self, web: HttpFetcher, *, clock: Clock, robots: Path | None = None) -> None:
        self._web = web
        self._robots = Robots(self._plain, clock, robots)

    def accepts(self, source: Source) -> bool:
        """Whether the source is a declared page or API."""
        return source.kind in _ACCEPT and bool(source.url)

    async def fetch(self, source: Source, state: FetchState) -> Response | NotModified:
        """Return the document with its declaration, or `NotModified`. Raises `errors.FetchError` only.

        A request with a body is never conditional: validators are about what GET would answer (RFC 9110 §13.1).
        """
        state = FetchState(source=state.source) if source.body else state
        admit = self._robots.check if source.kind == "html" else None
        answer = await self._web.fetch(_spoken(source), state, admit)
        if isinstance(answer, NotModified):
            return answer
        return replace(answer, documents=tuple(replace(one, declared=source.items) for one in answer.documents))

    async def aclose(self) -> None:
        """Keep what robots.txt files said; the connections are closed by the fetcher that has them."""
        self._robots.close()

    async def _plain(self, url: str) -> bytes:
        """Return what stands at a URL."""
        answer = await self._web.fetch(Source(id="robots.txt", url=url), FetchState(source="robots.txt"))
        return b"" if isinstance(answer, NotModified) else answer.documents[0].body


def _spoken(source: Source) -> Source:
    """Return the source with the headers that its kind goes with, unless they are configured."""
    said = {name.lower() for name, _ in source.headers}
    wanted = {"Accept": _ACCEPT[source.kind]} | ({"Content-Type": "application/json"} if source.body else {})
    ours = tuple((name, value) for name, value in wanted.items() if name.lower() not in said)
    return replace(source, headers=(*source.headers, *ours))
