"""A list of entries completed by further requests: the next pages of the list, and the pages of its new entries.

Only entries that nobody knows yet cost a request, a bounded number in each round. The others wait in the source's
state, whole, so that they come even if the list forgets them. An entry whose page fails waits for another try; after
`blame.TRIES` it is kept with what the list gave. If the server gives no page at all, the source counts as failing and
every entry waits, but not for ever (`blame.PATIENCE`). What a page tells to leave out is remembered as long as the
list names it.

This module knows neither formats nor adapters: it is handed how to fetch and how to read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aggregator.errors import Busy, HttpStatus, RateLimited, RobotsDisallowed, SourceError, Truncated
from aggregator.model import Failure, FetchState, NotModified, Problem, Reason, Source, Wanted
from aggregator.steps.text import fold
from aggregator.steps.urls import canonical, host
from aggregator.steps.visits import blame

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Detail, Response
    from aggregator.ports import Clock, Store
    from aggregator.reading import Job, Reading
    from aggregator.settings import Schedule

WAITING, WAITING_TEXT = 200, 1024 * 1024
"""Entries and characters that wait at most; what is beyond is taken from the list again."""
SECONDS = 300.0
"""Time for the pages of one source in one round; a claim lasts three times as long."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What completing works with; `fetch` and `read` raise `errors.SourceError`."""

    fetch: Callable[[Source, FetchState], Awaitable[Response | NotModified]]
    read: Callable[[Job], Awaitable[Reading]]
    store: Store
    clock: Clock
    stopping: Callable[[], bool]


@dataclass(slots=True)
class Completed:
    """What came of it."""

    reading: Reading
    """What the list gave, with the items of the other requests."""
    waiting: tuple[Wanted, ...] = ()
    skipped: tuple[str, ...] = ()
    known: int = 0
    """Entries of the list that needed nothing."""
    partial: bool = False
    """Something of the list is neither kept nor waiting: it has to be read again."""
    failure: Failure | None = None
    """Why the pages that its list leads to could not be had."""
    retry_after: float | None = None
    retry_host: str = ""
    """Whose Retry-After that is."""

    @property
    def trouble(self) -> Failure | None:
        """Why the source counts as failing although there are items."""
        cut = self.reading.truncated
        return Failure(kind=Truncated.kind, message=cut) if cut else self.failure

    @property
    def unfinished(self) -> bool:
        """Whether the list must be asked for in full the next time, even if it has not changed."""
        return self.partial or bool(self.waiting)

    @property
    def note(self) -> str:
        """What people should know of a round that went well."""
        count = len(self.waiting)
        return f"{count} {'entry waits' if count == 1 else 'entries wait'} for the next round" if count else ""


async def complete(job: Job, found: Reading, state: FetchState, tools: Tools) -> Completed:
    """Return `found` with what the list's next pages and the pages of its entries add; raises `errors.StoreError` only.

    `job` is the one that the list was read by, `state` the source's at the begin of the round.
    """
    work = _Work(job, found, tools)
    wanted = [*found.wanted, *await work.further(found.next)]
    if detail := job.source.detail:
        await work.pages(work.new(wanted, state), detail)
    return work.done


def again(state: FetchState, source: Source, schedule: Schedule, now: datetime) -> FetchState:
    """Return the state of a source whose list has to be read again, and soon, even if it has not changed."""
    state = replace(state, etag="", last_modified="", digest="")
    soon = now + timedelta(seconds=schedule.min)
    if source.every or state.next_at is None or state.next_at <= soon:
        return state
    waiting = Reason(rule="minimum", why="entries wait for their pages", seconds=schedule.min)
    return replace(state, next_at=soon, reasons=(*state.reasons, waiting))


class _Work:
    """One source's round."""

    def __init__(self, job: Job, found: Reading, tools: Tools) -> None:
        self.done = Completed(reading=found)
        self._job = job
        self._tools = tools

    async def further(self, url: str) -> list[Wanted]:
        """Read the list's next pages and return the entries that want pages; a failure ends the walk."""
        source, wanted, seen = self._job.source, list[Wanted](), {self._job.url}
        while source.items and url and url not in seen and len(seen) < source.items.pages:
            seen.add(url)
            try:
                page = replace(source, url=url, headers=_headers(source, url))
                more = await self._read(page, None)
            except SourceError as error:
                self._tell(url, error)
                self.done.partial = True
                break
            wanted += more.wanted
            url = more.next
        return wanted

    def new(self, wanted: Sequence[Wanted], state: FetchState) -> list[Wanted]:
        """Return the entries that nobody knows and no page told to leave out, those that failed before last."""
        waited = {one.key: one for one in state.waiting}
        listed = {one.key: _renewed(one, waited.get(one.key)) for one in wanted}
        self.done.skipped = tuple(key for key in state.skipped if key in listed)
        candidates = {**waited, **listed}
        known = _known(self._job.source, candidates, self._tools.store) | set(self.done.skipped)
        self.done.known = len(listed.keys() & known)
        return sorted((one for key, one in candidates.items() if key not in known), key=lambda one: one.asked)

    async def pages(self, new: Sequence[Wanted], detail: Detail) -> None:
        """Complete as many entries as a round may; the others wait."""
        tools, ends = self._tools, self._tools.clock.monotonic() + SECONDS
        left, busy, failed = list(new), list[Wanted](), list[blame.Failed]()
        while left and len(new) - len(left) < detail.limit:
            tried = len(new) - len(left)
            if tools.stopping() or tools.clock.monotonic() > ends or blame.hopeless(failed, tried):
                break
            one = left.pop(0)
            try:
                await self._page(one, detail)
            except Busy:
                busy.append(one)
            except SourceError as error:
                if isinstance(error, RobotsDisallowed) and error.lasting:
                    await self._give_up(one, error)
                    continue
                failed.append(blame.Failed(replace(one, asked=one.asked + 1), error))
                if self._is_refusal(error):
                    break
        nothing = blame.is_silent(failed, len(new) - len(left))
        self._wait(await self._judge(failed, nothing=nothing) + busy + left)

    async def _page(self, one: Wanted, detail: Detail) -> None:
        """Fetch and read one entry's page. Raises `errors.SourceError`."""
        if not one.url:
            await self._keep(one)
            return
        source = self._job.source
        kind = detail.page.kind if detail.page.kind == "json" else "html"
        page = Source(id=source.id, kind=kind, url=one.url, headers=_headers(source, one.url), items=detail.page)
        if not (await self._read(page, one)).entries:
            self.done.skipped = (*self.done.skipped, one.key)

    async def _judge(self, failed: Sequence[blame.Failed], *, nothing: bool) -> list[Wanted]:
        """Tell of the pages that failed and return the entries that wait for another try.

        If the server gave `nothing`, or wants to be left alone, only pages that failed by themselves are to blame.
        """
        again: list[Wanted] = []
        refused = bool(self.done.failure)
        for one, error in failed:
            blamed = blame.is_its_own(error) or not (refused or nothing) or (one.tries > 0 and not refused)
            tries = one.tries + blamed
            if tries >= blame.TRIES or one.asked >= blame.PATIENCE:
                await self._give_up(one, error)
                continue
            again.append(replace(one, tries=tries))
            self._tell(one.url, error, f" (try {tries} of {blame.TRIES})" if blamed else "")
        if nothing and not refused:
            error = failed[-1].error
            message = f"none of the {len(failed)} entries' own pages that were tried could be had: {error}"
            self.done.failure = Failure(kind=error.kind, message=message)
        return again

    async def _give_up(self, one: Wanted, error: SourceError) -> None:
        """Keep an entry without its page, and say so."""
        self._tell(one.url, error, "; kept with what the list gave")
        try:
            await self._keep(one)
        except SourceError as unreadable:
            self._tell(one.url, unreadable)

    async def _keep(self, one: Wanted) -> None:
        self._take(await self._tools.read(replace(self._job, documents=(), wanted=one)))

    async def _read(self, source: Source, one: Wanted | None) -> Reading:
        """Return what was read at the source's URL, its items taken. Raises `errors.SourceError`."""
        response = await self._tools.fetch(source, FetchState(source=source.id))
        assert not isinstance(response, NotModified), "nothing was asked conditionally"
        job = replace(self._job, documents=response.documents, url=self._job.url if one else response.url, wanted=one)
        reading = await self._tools.read(job)
        self._take(reading)
        return reading

    def _take(self, more: Reading) -> None:
        found = self.done.reading
        self.done.reading = replace(
            found,
            items=(*found.items, *more.items),
            records=(*found.records, *more.records),
            problems=(*found.problems, *more.problems),
        )

    def _tell(self, url: str, error: SourceError, more: str = "") -> None:
        problem = Problem(where=url or self._job.url, message=f"{error.kind}: {error}{more}")
        self.done.reading = replace(self.done.reading, problems=(*self.done.reading.problems, problem))

    def _is_refusal(self, error: SourceError) -> bool:
        """Whether the server wants to be left alone, which then goes for the source as a whole."""
        if not isinstance(error, HttpStatus) or not (isinstance(error, RateLimited) or error.retry_after is not None):
            return False
        self.done.failure = Failure(kind=error.kind, message=f"{error.url}: {error}")
        self.done.retry_after, self.done.retry_host = error.retry_after, host(error.url)
        return True

    def _wait(self, waiting: Sequence[Wanted]) -> None:
        room, kept = WAITING_TEXT, list[Wanted]()
        for one in waiting[:WAITING]:
            room -= len(one.entry.content) + len(one.entry.summary)
            if room >= 0:
                kept.append(one)
        self.done.waiting = tuple(kept)
        self.done.partial = self.done.partial or len(kept) < len(waiting)


def _known(source: Source, candidates: Mapping[str, Wanted], store: Store) -> set[str]:
    """Return the keys of entries that are items already: by key, or by URL and title where a guid has rotated."""
    faces = {key: (canonical(one.entry.link), fold(one.entry.title)) for key, one in candidates.items()}
    records = store.known(candidates, (url for url, _ in faces.values()), ())
    keys = {record.key for record in records}
    seen = {(record.url, fold(record.title)) for record in records if record.source == source.id and record.url}
    return {key for key, face in faces.items() if key in keys or face in seen}


def _renewed(one: Wanted, waited: Wanted | None) -> Wanted:
    """The entry as the list names it now, with what is remembered of its page."""
    return replace(one, tries=waited.tries, asked=waited.asked) if waited else one


def _headers(source: Source, url: str) -> tuple[tuple[str, str], ...]:
    """Return the source's own headers if the URL is on its own server: they may hold secrets."""
    own, other = urlsplit(source.url), urlsplit(url)
    same = (own.scheme, own.hostname, own.port) == (other.scheme, other.hostname, other.port)
    return source.headers if same else ()
