"""The feed that an address stands for: the address itself, or what the page there names, or what is there commonly.

Few requests, one after the other, with the configured gap, through the fetcher that guards against private addresses;
what comes back is read in a worker process. This module writes no configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from aggregator import __version__, reading
from aggregator.clock import SystemClock
from aggregator.errors import HttpStatus, NotAFeed, ParseError, SourceError
from aggregator.fetchers import open_fetchers
from aggregator.model import FetchState, Response, Source
from aggregator.steps.webpages import alternates
from aggregator.workers import PARSE_BYTES, PARSE_SECONDS, Workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aggregator import ports
    from aggregator.ports import Clock, Fetcher
    from aggregator.settings import Settings
    from aggregator.steps.webpages.alternates import Candidate

NEWEST = 3
"""Titles that are shown of a feed."""
TRIED = 6
"""Addresses named by a page that are tried at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed that was read; `how` says where its address came from, `others` are those that were not tried."""

    url: str
    title: str
    newest: tuple[str, ...]
    entries: int
    how: str
    others: tuple[Candidate, ...] = ()


class Page(msgspec.Struct, frozen=True):
    """What a worker needs to look for links in a page."""

    body: bytes
    charset: str
    url: str
    links: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scout:
    """Looks for feeds; whoever made fetcher and workers closes them."""

    settings: Settings
    fetcher: Fetcher
    workers: ports.Workers
    clock: Clock

    async def find(self, address: str) -> Found:
        """Return the feed that the address stands for.

        Raises `errors.FetchError` if the address itself cannot be had, `errors.ParseError` if no feed is found there.
        """
        answer = await self._fetch(address)
        try:
            return await self._read(answer, answer.moved_to or address, "its address")
        except NotAFeed as error:
            refusal = error
        named = await self._named(answer)
        found = await self._first(named[:TRIED], named)
        found = found or await self._first(alternates.common(answer.url), [])
        if found is None:
            tried = f"none of the {len(named)} feeds that it names can be read" if named else "it names no feed"
            raise NotAFeed(f"{refusal}; {tried}, and none is where feeds commonly are", url=address) from refusal
        return found

    async def _first(self, chosen: Iterable[Candidate], named: Sequence[Candidate]) -> Found | None:
        """Return the first candidate that is a feed; a server that asks to wait is not asked again."""
        for candidate in chosen:
            try:
                answer = await self._fetch(candidate.url)
                others = tuple(one for one in named if one != candidate)
                return await self._read(answer, answer.moved_to or candidate.url, _HOW[candidate.found], others)
            except HttpStatus as error:
                if error.retryable:
                    return None
            except SourceError:
                continue
        return None

    async def _fetch(self, url: str) -> Response:
        answer = await self.fetcher.fetch(Source(id="add", url=url), FetchState(source="add"))
        assert isinstance(answer, Response)  # nothing was known that could be unmodified
        return answer

    async def _read(self, answer: Response, url: str, how: str, others: tuple[Candidate, ...] = ()) -> Found:
        site = self.settings.site
        job = reading.Job(
            source=Source(id="add", url=url),
            documents=answer.documents,
            url=answer.url,
            now=self.clock.now(),
            zone=site.timezone,
            authority=site.tag_authority,
            language=site.language,
        )
        read = reading.unpack(await self.workers.call(reading.work, reading.pack(job), url=answer.url))
        dated = sorted(read.items, key=lambda item: item.published.timestamp() if item.published else 0, reverse=True)
        newest = tuple(item.title for item in dated[:NEWEST])
        return Found(url=url, title=read.title, newest=newest, entries=read.entries, how=how, others=others)

    async def _named(self, answer: Response) -> list[Candidate]:
        """Return the feeds that the page names; a page that a worker cannot read names none."""
        (document,) = answer.documents
        page = Page(body=document.body[: alternates.LOOK], charset=document.charset, url=answer.url, links=answer.links)
        try:
            found = await self.workers.call(work, msgspec.msgpack.encode(page), url=answer.url)
        except ParseError:
            return []
        return msgspec.msgpack.decode(found, type=list[alternates.Candidate])


async def find_feed(settings: Settings, address: str) -> Found:
    """Return the feed that a URL stands for. Raises `errors.SourceError`, see `Scout.find`."""
    clock = SystemClock()
    fetcher, *_ = open_fetchers(settings.http, version=__version__, contact=settings.site.base_url, clock=clock)
    workers = Workers(1, seconds=PARSE_SECONDS, memory_bytes=PARSE_BYTES)
    try:
        return await Scout(settings=settings, fetcher=fetcher, workers=workers, clock=clock).find(address)
    finally:
        await fetcher.aclose()
        workers.close()


_HOW = {"header": "its Link header", "page": "a link in the page", "path": "a common path"}


def work(payload: bytes) -> bytes:
    """Return the candidates of a `Page`, both as MessagePack: what a worker runs."""
    page = msgspec.msgpack.decode(payload, type=Page)
    return msgspec.msgpack.encode(alternates.candidates(page.body, page.charset, page.url, page.links))
