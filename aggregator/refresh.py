"""Sources through the house: fetch, parse, normalize, tag, dedupe, save; an `Outcome` of each comes out, not an error.

Reads like the design's §2. Which adapters do the work is not this module's business, nor is publishing, nor which
source is due.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aggregator import reading
from aggregator.errors import BadScheme, HttpStatus, InternalError, ParseError, SourceError, StoreError, Truncated
from aggregator.files import digest
from aggregator.model import Duplicate, Failure, New, NotModified, Outcome, Repeated, Updated
from aggregator.steps import cadence, dedupe, indexing
from aggregator.steps.urls import host

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Change, FetchState, Response, Source
    from aggregator.ports import Clock, Fetcher, Queue, Store, Workers
    from aggregator.reading import Reading
    from aggregator.settings import Settings
    from aggregator.tree import ItemTree

log = logging.getLogger(__name__)

LEASE = 15 * 60.0
"""Seconds after which a claim that was never committed may be taken over."""
CLAIMS = 20
"""Sources of one host claimed in one transaction."""
GRACE = 5.0
"""Seconds that sources under way are given after a stop, so that the process has ended within ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What a refresh works with; `hosts` maps source ids to the host of their URL."""

    settings: Settings
    store: Store
    tree: ItemTree
    fetchers: Sequence[Fetcher]
    workers: Workers
    clock: Clock
    hosts: Mapping[str, str]


class Round:
    """One round over sources: hosts side by side, the sources of a host one after the other with a gap.

    `outcomes` grows as sources are done, and `on_outcome` hears of each.
    """

    def __init__(
        self, house: House, sources: Sequence[Source], on_outcome: Callable[[Outcome], None], stop: asyncio.Event
    ) -> None:
        self.outcomes: list[Outcome] = []
        self._house = house
        self._sources = sources
        self._on_outcome = on_outcome
        self._stop = stop
        self._error: StoreError | None = None
        self._began = house.clock.now()
        self._by_host: dict[str, list[Source]] = {}
        for source in sources:
            self._by_host.setdefault(host(source.url) or f"file:{source.id}", []).append(source)

    async def run(self, queue: Queue) -> None:
        """Refresh every source once, or until `stop`. Raises the `errors.StoreError` that ended the round early."""
        house = self._house
        house.store.enroll([(source.id, host(source.url)) for source in house.settings.sources if source.enabled])
        await queue.submit("host", list(self._by_host))
        try:
            await self._until_stopped(
                queue.run({"host": self._host}, concurrency=house.settings.http.concurrency, stop=self._stop)
            )
        finally:
            for fetcher in house.fetchers:
                await fetcher.aclose()
            house.workers.close()
        if self._error:
            raise self._error

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

    async def _host(self, name: str) -> None:
        """Refresh one host's sources in turn, politely."""
        sources = self._by_host[name]
        for start in range(0, len(sources), CLAIMS):
            if self._stop.is_set():
                return
            await self._claimed(sources[start : start + CLAIMS], pause=bool(start))

    async def _claimed(self, sources: Sequence[Source], *, pause: bool) -> None:
        """Claim sources of one host and refresh them; those that a stop leaves over are due at once."""
        house = self._house
        claims = {one.source: one for one in house.store.claim([one.id for one in sources], house.clock.now(), LEASE)}
        try:
            for source in sources:
                if source.url and pause:
                    await house.clock.sleep(house.settings.http.per_host_delay)
                if self._stop.is_set():
                    return
                outcome = await refresh(house, source, claims[source.id], self._began)
                del claims[source.id]
                self.outcomes.append(outcome)
                self._on_outcome(outcome)
                pause = True
        except StoreError as error:
            self._error = error
            claims.clear()
            self._stop.set()
        finally:
            for state in claims.values():
                house.store.commit(replace(state, next_at=house.clock.now()), ())


async def refresh(house: House, source: Source, state: FetchState, began: datetime) -> Outcome:
    """Return what came of refreshing one source; `state` is its claim, and everything is committed under it.

    `began` is when the round began: the instant of first sight of all that it brings, whoever answers first. Raises
    `errors.StoreError` only: without an index there is nothing to go on with.
    """
    now, started = house.clock.now(), house.clock.monotonic()
    try:
        answer = await _fetch(house, source, state)
        body = "" if isinstance(answer, NotModified) else _body_digest(answer)
        if isinstance(answer, NotModified) or (body == state.digest and state.url == source.address):
            after = cadence.unchanged(state, answer, source, house.settings.schedule, now)
            house.store.commit(after, ())
            outcome = Outcome(source=source.id, result="not_modified")
        else:
            found = await _read(house, source, answer, began)
            changes = _decide(house, found)
            saved = house.tree.save(changes, now)
            after = _advance(house, source, state, answer, found, changes, body, now)
            house.store.commit(after, saved, _restyled(house, state, after))
            dropped = house.store.drops.note(found.dropped) if found.dropped else 0
            outcome = replace(_told(source, changes, found, answer, after), dropped=dropped)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - one source never stops the others; told, counted and logged in _failed
        after, outcome = _failed(house, source, state, error, now)
        house.store.commit(after, ())
    return replace(
        outcome,
        next_at=after.next_at,
        failures=after.failures,
        seconds=house.clock.monotonic() - started,
        network=bool(source.url),
    )


async def _fetch(house: House, source: Source, state: FetchState) -> Response | NotModified:
    for fetcher in house.fetchers:
        if fetcher.accepts(source):
            return await fetcher.fetch(source, state)
    raise BadScheme(f"nothing here can fetch {source.address}", url=source.address)


async def _read(house: House, source: Source, response: Response, now: datetime) -> Reading:
    """Return what a worker process made of the response. Raises `errors.ParseError`."""
    settings = house.settings
    job = reading.Job(
        source=source,
        documents=response.documents,
        url=response.url,
        now=now,
        zone=settings.site.timezone,
        authority=settings.site.tag_authority,
        language=settings.site.language,
        rules=settings.tags,
        filters=settings.filters,
        defaults=settings.frontmatter.defaults,
    )
    return reading.unpack(await house.workers.call(reading.work, reading.pack(job), url=response.url))


def _decide(house: House, found: Reading) -> list[Change]:
    known = house.store.known(
        [record.key for record in found.records],
        [record.url for record in found.records if record.url],
        [record.entry_id for record in found.records],
    )
    return dedupe.decide(found.items, found.records, known, house.hosts, authority=house.settings.site.tag_authority)


def _advance(
    house: House,
    source: Source,
    state: FetchState,
    response: Response,
    found: Reading,
    changes: Sequence[Change],
    body: str,
    now: datetime,
) -> FetchState:
    """Return the state to commit: validators and digest advance only if everything was read."""
    schedule = house.settings.schedule
    dates = [item.published for item in found.items if item.published]
    new = sum(isinstance(change, New) for change in changes)
    after = replace(
        cadence.changed(state, response, found.hints, dates, new, source, schedule, now),
        title=found.title or state.title,
        link=found.link or state.link,
        feed_id=found.feed_id or state.feed_id,
        icon=found.icon or state.icon,
    )
    if found.truncated:
        error = Failure(kind=Truncated.kind, message=found.truncated)
        return replace(cadence.failed(state, error, source, schedule, now), title=after.title, link=after.link)
    if source.kind == "folder" and (found.problems or response.problems):
        return replace(after, etag="", digest="")  # said again at every refresh, until the files are mended
    return replace(after, etag=response.etag, last_modified=response.last_modified, digest=body)


def _restyled(house: House, state: FetchState, after: FetchState) -> set[str]:
    """Return the feeds whose entries show a source's title or address, if that changed."""
    before, now = ((one.title, one.link, one.feed_id, one.icon) for one in (state, after))
    if before == now or state.ok_at is None:
        return set()
    return set[str]().union(*map(indexing.feeds, house.store.items(source=after.source)))


def _told(source: Source, changes: Sequence[Change], found: Reading, response: Response, after: FetchState) -> Outcome:
    count = Counter(type(change) for change in changes)
    known = sum(isinstance(change, New) and bool(change.displaces) for change in changes)  # another source had them
    return Outcome(
        source=source.id,
        result="failed" if after.error else "ok",
        new=count[New] - known,
        updated=count[Updated],
        duplicates=count[Duplicate] + count[Repeated] + known,
        unchanged=len(changes) - count[New] - count[Updated] - count[Duplicate] - count[Repeated],
        error=after.error,
        problems=(*response.problems, *found.problems),
    )


def _failed(
    house: House, source: Source, state: FetchState, error: Exception, now: datetime
) -> tuple[FetchState, Outcome]:
    """Return state and outcome of a failure; what is not a typed error is a bug of ours, told with its traceback."""
    if isinstance(error, SourceError):
        line = error.line if isinstance(error, ParseError) else 0
        failure = Failure(kind=error.kind, message=f"{error} (line {line})" if line else str(error))
    else:
        log.error("refreshing %s failed", source.id, exc_info=error)
        failure = Failure(kind=InternalError.kind, message=f"{type(error).__name__}: {error}")
    status = error.status if isinstance(error, HttpStatus) else 0
    retry_after = error.retry_after if isinstance(error, HttpStatus) else None
    schedule = house.settings.schedule
    after = cadence.failed(state, failure, source, schedule, now, status=status, retry_after=retry_after)
    return after, Outcome(source=source.id, result="failed", error=failure)


def _body_digest(response: Response) -> str:
    """Return the hash of everything that was fetched, names included where there are several."""
    if len(response.documents) == 1 and not response.problems:
        return digest(response.documents[0].body)
    return digest(b"\0".join(part for one in response.documents for part in (one.name.encode(), one.body)))
