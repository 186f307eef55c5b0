"""What the house needs from outside, as Protocols: Fetcher, Parser, Store, Search, Output, Queue and others.

An adapter is one module in `fetchers/`, `parsers/`, `stores/`, `searches/`, `outputs/` or `queues/`; the suites in
`tests/contracts/` find it by themselves. This module holds no behaviour.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from aggregator.model.change import Revision, Saved
    from aggregator.model.document import Document, NotModified, Response
    from aggregator.model.entry import Parsed
    from aggregator.model.feed import Feed, Post
    from aggregator.model.item import Ages, Dropped, Outline, Record, Row
    from aggregator.model.search import Found, Page, Query
    from aggregator.model.sketch import Link, Sketched
    from aggregator.model.source import FetchState, Source

Access = Literal["write", "read", "scratch"]
"""What an index is opened for; `scratch` is a private copy."""


class Fetcher(Protocol):
    """Gets a source's documents, conditionally."""

    def accepts(self, source: Source) -> bool:
        """Whether this fetcher knows how to get the source."""

    async def fetch(self, source: Source, state: FetchState) -> Response | NotModified:
        """Return the documents, or `NotModified`.

        `state` carries the validators of the last complete fetch; they are ignored if `state.url` differs from the
        source's address. Raises `errors.FetchError` and nothing else.
        """

    async def aclose(self) -> None:
        """Close connections; the fetcher is not used afterwards."""


class Parser(Protocol):
    """A module of `parsers/`: bytes to entries, pure."""

    def recognizes(self, document: Document) -> bool:
        """Whether the document looks like this parser's format; cheap."""

    def parse(self, document: Document) -> Parsed:
        """Return feed and entries. Raises `errors.ParseError` if the document is not of the format at all."""


class Store(AbstractContextManager["Store", None], Protocol):
    """The index: fetch states, item records, and which feeds have to be published. Rebuildable from the item files.

    Every method is one transaction. A store is a context manager; leaving it closes it.
    """

    sketches: Sketches
    revisions: Revisions
    history: History
    drops: Drops
    upkeep: Upkeep

    def enroll(self, sources: Sequence[tuple[str, str]]) -> None:
        """Make (source id, host) the set of sources that can be due; states of others are kept but never due."""

    def due_hosts(self, now: datetime, limit: int) -> list[str]:
        """Hosts with enrolled sources whose `next_at` has come (or was never set), the longest overdue first."""

    def claim(self, sources: Sequence[str], now: datetime, lease: float, *, due: bool = False) -> list[FetchState]:
        """Return the sources' states with a new generation, and push their `next_at` to `now + lease` seconds.

        With `due` only sources whose time has come are claimed: not those that somebody else has claimed meanwhile. A
        claimer that dies is replaced after the lease. Sources that are unknown start with an empty state.
        """

    def commit(self, state: FetchState, saved: Sequence[Saved], stale: Iterable[str] = ()) -> None:
        """Write state and records, and mark the feeds they touch, and those named `stale`, for publication.

        Raises `errors.StaleClaim` if `state.generation` is not the newest: then nothing was written.
        """

    def states(self) -> Mapping[str, FetchState]:
        """All fetch states by source id."""

    def known(self, keys: Iterable[str], urls: Iterable[str], ids: Iterable[str]) -> list[Record]:
        """Records, tombstones included, that have one of the keys, canonical URLs or entry ids."""

    def items(
        self,
        *,
        tag: str = "",
        source: str = "",
        since: datetime | None = None,
        prefix: str = "",
        text: str = "",
        aside: bool | None = None,
        limit: int = 0,
    ) -> list[Record]:
        """Records without tombstones, newest `published` first, then by entry id.

        `tag` is compared by `steps.slugs.tag_key`; `prefix` is the beginning of a key; `text` equals the path, the
        link or the entry id; `aside` True gives only copies that are set aside, False only the others;
        `limit` 0 means all.
        """

    def files(self) -> Iterator[tuple[str, str, int, int]]:
        """Give (path, key, size, mtime_ns) of each record that is no tombstone, by path."""

    def tags(self) -> Mapping[str, tuple[str, int]]:
        """Tag key → (label, number of items that are not set aside); the label is the first spelling seen."""

    def sources(self) -> Mapping[str, int]:
        """Source id → number of items that are not set aside, for every source that has items."""

    def replace(self, records: Sequence[Record], removed: Iterable[str] = ()) -> None:
        """Insert or replace records and drop those with the keys `removed`, marking the feeds of old and new.

        A record that differs from the stored one in size and mtime_ns only marks nothing.
        """

    def outbox(self, done: Iterable[str] = ()) -> frozenset[str]:
        """Return the feeds to publish, after striking out those that were `done`.

        Members are `all`, `tag:<tag key>` and `source:<id>`, and `day:<YYYY-MM-DD>` for each day in UTC on which items
        were published that were added, changed or removed.
        """


class Sketches(Protocol):
    """The part of the index that finds copies: sketches of the last weeks, and links between items, for good."""

    def fresh(self) -> list[str]:
        """Keys of items that came into the index, were set aside or came back, and were not looked at since."""

    def keep(self, rows: Sequence[Sketched], looked: Iterable[str]) -> None:
        """Insert or replace sketches, and remember that the items with the keys `looked` were looked at."""

    def find(self, asked: Sequence[Sequence[int]]) -> list[list[Sketched]]:
        """Return, for the places of each text or topic, the sketches worth comparing (`steps.copies.candidates`).

        They come without their places. Ask for some dozens at a time.
        """

    def get(self, keys: Iterable[str]) -> Mapping[str, Sketched]:
        """Return the sketches, without their places, of those items that have one."""

    def link(self, links: Iterable[Link], renewed: Iterable[str] = (), parted: Iterable[str] = ()) -> set[str]:
        """Drop old links and put new ones in; return the keys at both ends of all that `renewed` and `parted` had.

        Dropped are the owner's links ("merged") of `parted`, and other links of `renewed`, but to unsketched items.
        """

    def links(self, keys: Iterable[str]) -> list[Link]:
        """Return all links of the items, in order."""

    def forget(self, sketched: datetime, topics: datetime) -> int:
        """Drop sketches and topics that are older; return how many sketches. Links stay."""


class Revisions(Protocol):
    """The part of the index that remembers what items said before, a bounded number of times each."""

    def of(self, key: str) -> list[Revision]:
        """Return what was kept of an item, the oldest first."""


class Drops(Protocol):
    """What filters kept out, remembered per source in bounded number so that it can be listed."""

    def note(self, dropped: Sequence[Dropped]) -> int:
        """Remember one source's entries; return how many were not known. Those known keep their first instant.

        Of each source the newest `steps.indexing.DROPS` stay.
        """

    def listed(self, *, source: str = "", limit: int = 0) -> list[Dropped]:
        """Return what is remembered, newest first, then by key; `limit` 0 means all."""


class Upkeep(Protocol):
    """The part of the index that drops what it needs no more."""

    def prune(self, sources: Collection[str], ages: Ages) -> Mapping[str, int]:
        """Drop what is older than `ages` say, or of none of the `sources`; return how many rows of each kind."""


class History(Protocol):
    """What archives and charts are made from. `tag` is a tag key, empty for all; copies set aside are counted in."""

    def span(self, tag: str, since: datetime, until: datetime, *, after: str = "") -> Iterator[Row]:
        """Give rows of the items published at or after `since` and before `until`, the oldest first, then by key.

        Of those of its first second only the ones whose keys come behind `after`.
        """

    def outlines(self, after: str, limit: int) -> list[Outline]:
        """At most so many items, tombstones aside, whose keys come behind `after`, by key."""

    def before(self, tag: str, instant: datetime) -> datetime | None:
        """When the newest item published before the instant was, None if there is none."""

    def after(self, tag: str, instant: datetime) -> datetime | None:
        """When the oldest item published at or after the instant was, None if there is none."""

    def counts(self, tags: Sequence[str], edges: Sequence[datetime]) -> Mapping[str, tuple[int, ...]]:
        """For each tag, how many items, here without copies, there are from each edge, included, to the next one."""

    def buried(self, limit: int) -> list[Record]:
        """Tombstones, the latest `updated` first, then by key."""

    def brought(self) -> Mapping[str, int]:
        """Source id → items, here without copies, that it brought under other sources' names, as folders do."""

    def brought_by(self, source: str) -> list[Record]:
        """The records, tombstones aside, that a source brought under other sources' names; by key."""


class Search(AbstractContextManager["Search", None], Protocol):
    """The full-text index; a context manager. Where it is `frozen` nobody can write it. Raises `errors.StoreError`."""

    frozen: bool

    def renew(self, stamp: str) -> None:
        """Forget every page that was put in under another stamp, or if so many were replaced that it pays."""

    def known(self) -> Mapping[str, tuple[int, int]]:
        """Key → (size, mtime_ns) of every page."""

    def put(self, pages: Sequence[Page], removed: Iterable[str] = ()) -> None:
        """Put pages in, in place of those with the same keys, and drop those with the keys `removed`."""

    def find(self, query: Query, now: datetime, *, limit: int = 20, offset: int = 0) -> Found:
        """Return the best hits, without excerpts; the newest of an empty query. Never raises for what is searched."""


class Output(Protocol):
    """A module of `outputs/`: a feed to bytes, pure and deterministic."""

    FORMAT: str
    """Name in `[publish] formats`."""
    SUFFIX: str
    """File suffix with its dot."""

    def render(self, feed: Feed, *, limit: int = 0, entries: Iterable[bytes] | None = None) -> bytes:
        """Return the feed's bytes; a `limit` in bytes, 0 for none, drops the oldest `entries`, but never all."""

    def entry(self, post: Post, feed: Feed) -> bytes:
        """Return one post as it stands in the feed's file; of the feed it looks at `frame` only."""

    def frame(self, feed: Feed) -> str:
        """Return what tells apart feeds in which an `entry` looks different."""


class Queue(Protocol):
    """Work that is due now. Only a hint: losing or doubling a job must be harmless, the store is the truth."""

    async def submit(self, kind: str, keys: Sequence[str], *, priority: int = 0, after: float = 0.0) -> int:
        """Add jobs, unique by (kind, key) while queued or running; return how many were new. `after` is in seconds."""

    async def run(
        self,
        handlers: Mapping[str, Callable[[str], Awaitable[None]]],
        *,
        concurrency: int,
        stop: asyncio.Event,
        forever: bool = False,
    ) -> None:
        """Run jobs, `handlers[kind](key)`, until `stop` is set or, unless `forever`, nothing is left.

        Jobs that run when `stop` is set are finished; queued ones stay. A handler that raises is logged, no more.
        """


class Workers(Protocol):
    """Runs functions from bytes to bytes elsewhere, under limits."""

    async def call(self, function: Callable[[bytes], bytes], payload: bytes, *, url: str = "") -> bytes:
        """Return `function(payload)`. Raises `errors.ParseTimeout`, `ParseCrash`, naming `url`, or `WorkersFailed`."""

    def close(self) -> None:
        """Stop what is running."""


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the wall clock in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never go back; only differences mean anything."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""
