"""A source through the house: fetch, parse, normalize, tag, dedupe, save; an `Outcome` comes out, not an error.

Reads like the design's §2. Which adapters do the work is not this module's business, nor is publishing, nor which
source comes when (`rounds`).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from aggregator import completing, outcomes
from aggregator.errors import BadScheme, DiskError, ParseError, StoreError, WorkersFailed
from aggregator.fetchers.pace import awaiting
from aggregator.model import New, NotModified, Outcome, Updated
from aggregator.model.change import Visit
from aggregator.model.source import PROBLEMS
from aggregator.steps import cadence, dedupe, indexing
from aggregator.steps.visits import moves
from aggregator.threads import apart
from aggregator.workers import starved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from aggregator.completing import Completed
    from aggregator.model import Change, FetchState, Response, Saved, Sketched, Source
    from aggregator.ports import Clock, Fetcher, Store, Workers
    from aggregator.reading import Job, Reading
    from aggregator.settings import Settings
    from aggregator.tree import ItemTree

log = logging.getLogger(__name__)

AT_ONCE = 50
"""Items that are decided about and written between two looks at the network."""
RECENT = 500
"""Items of a source among which entries are sought that come back under other ids and links."""


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
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held from looking up what is known until what was decided is committed: by one source at a time."""
    sketching: set[asyncio.Future[None]] = field(default_factory=set)
    """Sources that have been saved and whose texts are being sketched."""
    near: bool = True
    """Whether to sketch texts, so that copies of them can be found."""
    sketched: dict[str, Sketched] = field(default_factory=dict)
    """Sketches of what was new or changed, by key: grows as sources are done."""


async def refresh(
    house: House, source: Source, state: FetchState, began: datetime, *, stopping: Callable[[], bool] = lambda: False
) -> Outcome:
    """Return what came of refreshing one source; `state` is its claim, and everything is committed under it.

    `began` is when the round began: the instant of first sight of all that it brings, whoever answers first. Once
    `stopping` says so no entry's own page is asked for. Raises only `errors.StoreError` and, if no item of whatever
    source can be written, `DiskError`, or read, `WorkersFailed`: there is nothing to go on with then.
    """
    now, started = house.clock.now(), house.clock.monotonic()
    state = cadence.current(state, source)
    visit = Visit(url=moves.target(source, state) or source.path)
    try:
        answer = await _fetch(house, source, state)
        visit = outcomes.visit(answer)
        body = "" if isinstance(answer, NotModified) else outcomes.digest_of(answer)
        if isinstance(answer, NotModified) or (body and body == state.digest):
            after = cadence.unchanged(state, answer, source, house.settings.schedule, now)
            after = moves.sighted(after, answer.moved_to, source, _asked(house), now)
            house.store.commit(after, ())
            outcome = Outcome(source=source.id, result="not_modified")
        else:
            read = _read(house, _job(house, source, answer, began), state, stopping)
            answer = replace(answer, documents=())  # before it waits for a worker: documents may be large
            found = await read
            async with house.saving:
                changes, saved = await _settle(house, source, found.reading, now, seen=state.ok_at is not None)
                after = _advance(house, source, state, answer, found, changes, body, now)
                house.store.commit(after, saved, _restyled(house, state, after))
                sketching = _sketching(house, source, _texts(house, source, found.reading, changes))
            dropped = _note(house, found.reading)
            outcome = replace(outcomes.told(source, changes, saved, found, answer, after), dropped=dropped)
            del found, changes, saved  # nor while its texts wait for one
            await sketching
    except (StoreError, WorkersFailed):
        raise
    except DiskError as error:
        house.tree.disk.require_room()
        after, outcome = outcomes.unkept(state, error, now)
        house.store.commit(after, ())
    except Exception as error:  # noqa: BLE001 - one source never stops the others; told, counted and logged in `failed`
        after, outcome = outcomes.failed(source, state, error, house.settings.schedule, house.clock.now())
        house.store.commit(after, ())
    if note := moves.notice(state, after, source):
        log.warning("%s: %s", source.id, note)
    return replace(
        outcome,
        note="; ".join(filter(None, (outcome.note, note))),
        next_at=after.next_at,
        retry_at=after.retry_at,
        retry_host=after.retry_host,
        failures=after.failures,
        seconds=house.clock.monotonic() - started,
        network=bool(source.url),
        visit=visit,
    )


async def _fetch(house: House, source: Source, state: FetchState) -> Response | NotModified:
    for fetcher in house.fetchers:
        if fetcher.accepts(source):
            try:
                return await fetcher.fetch(source, state)
            except RuntimeError as error:
                raise starved(error) from error
    raise BadScheme(f"nothing here can fetch {source.address}", url=source.address)


def _job(house: House, source: Source, response: Response, now: datetime) -> Job:
    """Return what a worker is to do with the response."""
    from aggregator.reading import Job  # noqa: PLC0415 - 30 ms that a round without news need not pay

    settings = house.settings
    return Job(
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


async def _read(house: House, job: Job, state: FetchState, stopping: Callable[[], bool]) -> Completed:
    """Return what worker processes made of the response and of all that it leads to. Raises `errors.ParseError`.

    What a worker has is forgotten here meanwhile: documents may be large.
    """
    from aggregator import reading  # noqa: PLC0415 - as in `_job`

    async def work(job: Job) -> Reading:
        return reading.unpack(await house.workers.call(reading.work, reading.pack(job), url=job.url))

    call = house.workers.call(reading.work, reading.pack(job), url=job.url)
    job = replace(job, documents=())
    found = reading.unpack(await call)
    tools = completing.Tools(partial(_fetch, house), work, house.store, house.clock, stopping)
    with awaiting(""):  # a page is not worth a detour
        return await completing.complete(job, found, state, tools)


def _note(house: House, found: Reading) -> int:
    """Note what filters dropped and return how many are new; an item that was kept before there was a filter stays."""
    if not found.dropped:
        return 0
    kept = {one.key for one in house.store.known([one.key for one in found.dropped], [], []) if not one.gone}
    return house.store.drops.note([one for one in found.dropped if one.key not in kept])


async def _settle(
    house: House, source: Source, found: Reading, now: datetime, *, seen: bool
) -> tuple[list[Change], list[Saved]]:
    """Return what was decided about the items, and the rows of the files that were written for it.

    Many files are written in a thread, so that the others' connections are served meanwhile.
    """
    known = house.store.known(
        [record.key for record in found.records],
        [record.url for record in found.records],
        [record.entry_id for record in found.records],
    )

    def settle() -> tuple[list[Change], list[Saved]]:
        authority = house.settings.site.tag_authority
        changes = dedupe.decide(found.items, found.records, known, house.hosts, authority=authority)
        if seen and dedupe.suspicious(changes):  # guids and links may have changed at once
            more = [*known, *house.store.items(source=source.id, limit=RECENT)]
            changes = dedupe.decide(found.items, found.records, more, house.hosts, authority=authority, faces=True)
        return changes, house.tree.save(changes, now)

    return settle() if len(found.items) <= AT_ONCE else await apart(settle)


def _texts(house: House, source: Source, found: Reading, changes: Sequence[Change]) -> bytes:
    """Return the texts of what is new or changed, to be sketched; empty if there are none."""
    pairs = zip(changes, found.items, strict=True) if house.near and source.near else ()
    wanted = [(change.record.key, item) for change, item in pairs if isinstance(change, New | Updated)]
    if not wanted:
        return b""
    from aggregator import reading  # noqa: PLC0415 - as in `_job`

    now = house.clock.now()
    return reading.pack_texts([reading.Text(key=key, at=now, title=item.title, body=item.body) for key, item in wanted])


def _sketching(house: House, source: Source, texts: bytes) -> asyncio.Future[None]:
    """Begin to sketch texts, and tell who publishes that they are awaited."""
    sketching = asyncio.ensure_future(_sketch(house, source, texts))
    house.sketching.add(sketching)
    sketching.add_done_callback(house.sketching.discard)
    return sketching


async def _sketch(house: House, source: Source, texts: bytes) -> None:
    """Remember the sketches of texts, if any; if that fails, they are made from the files later."""
    if texts:
        from aggregator import reading  # noqa: PLC0415 - as in `_job`

        try:
            answer = await house.workers.call(reading.sketch_work, texts, url=source.address)
        except (ParseError, WorkersFailed) as error:
            log.info("%s: %s", source.id, error)
        else:
            house.sketched.update((one.key, one) for one in reading.unpack_sketches(answer))


def _advance(
    house: House,
    source: Source,
    state: FetchState,
    response: Response,
    done: Completed,
    changes: Sequence[Change],
    body: str,
    now: datetime,
) -> FetchState:
    """Return the state to commit: validators and digest advance only if everything was read."""
    schedule, found = house.settings.schedule, done.reading
    dates = [item.published for item in found.items if item.published]
    new = sum(isinstance(change, New) for change in changes)
    problems = (*response.problems, *found.problems)
    after = replace(
        cadence.changed(state, response, found.hints, dates, new, source, schedule, now),
        title=found.title or state.title,
        link=found.link or state.link,
        feed_id=found.feed_id or state.feed_id,
        icon=found.icon or state.icon,
        waiting=done.waiting,
        skipped=done.skipped,
        problems=problems[:PROBLEMS],
        troubled=len(problems),
    )
    if done.trouble:
        known = replace(state, title=after.title, link=after.link, waiting=done.waiting, skipped=done.skipped)
        after = cadence.failed(known, done.trouble, source, schedule, house.clock.now(), retry_after=done.retry_after)
        return replace(after, retry_host=done.retry_host)
    after = moves.sighted(after, response.moved_to, source, _asked(house), now)
    etag = response.etag or (state.etag if response.delta else "")
    kept = replace(after, etag=etag, last_modified=response.last_modified, validated=response.url, digest=body)
    if found.damaged:  # what is missing is there when it is mended
        after = kept = replace(after, etag="", last_modified="", digest="")
    if response.delta:  # the validator names the whole document, which we have not seen
        return kept
    if done.unfinished:
        return completing.again(after, source, schedule, now)
    if source.kind == "folder" and problems:
        return replace(after, etag="", digest="")  # said again at every refresh, until the files are mended
    return kept


def _asked(house: House) -> Iterator[tuple[Source, FetchState | None]]:
    """Give all sources with their states; the index is looked at when the first is asked for."""
    states = house.store.states()
    yield from ((source, states.get(source.id)) for source in house.settings.sources)


def _restyled(house: House, state: FetchState, after: FetchState) -> set[str]:
    """Return the feeds whose entries show a source's title or address, if that changed."""
    before, now = ((one.title, one.link, one.feed_id, one.icon) for one in (state, after))
    if before == now or state.ok_at is None:
        return set()
    mine = house.store.items(source=after.source)
    known = {key for one in mine for key in (one.key, *one.copies, *one.related)}
    links = house.store.sketches.links(known)  # an item is shown with more than it shows itself
    beside = house.store.known(known.union(*((link.small, link.big) for link in links)), [], [])
    return set[str]().union(*map(indexing.feeds, (*mine, *beside)))
