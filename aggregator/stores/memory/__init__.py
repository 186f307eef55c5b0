"""The index in plain dicts: the port's meaning, readable in a minute. Nothing is kept beyond the process."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Self

from aggregator import errors
from aggregator.model import Dropped, FetchState, Record
from aggregator.model.item import Outline
from aggregator.steps import indexing, slugs
from aggregator.stores.memory.sketches import MemoryRevisions, MemorySketches

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from aggregator.model import Saved
    from aggregator.model.item import Ages, Row
    from aggregator.ports import Access, Drops, History, Revisions, Sketches, Upkeep


def open_store(url: str = "memory:", root: str = "", *, access: Access = "write") -> MemoryStore:  # noqa: ARG001
    """Return a new, empty store; every call gives another one."""
    return MemoryStore()


def discard(url: str, root: str) -> None:
    """Nothing is kept, so there is nothing to put away."""


def check(url: str, root: str) -> list[str]:  # noqa: ARG001
    """Return nothing: there is no file that could be damaged."""
    return []


def backup(url: str, root: str, target: str) -> None:  # noqa: ARG001
    """Raise `errors.StoreError`: nothing is kept."""
    raise errors.StoreError(f"{url} is kept in memory only, there is nothing to copy")


def compact(url: str, root: str) -> tuple[int, int]:  # noqa: ARG001
    """Return zeros: no space is used on disk."""
    return 0, 0


def files(url: str, root: str) -> list[str]:  # noqa: ARG001
    """Return nothing: no file is written."""
    return []


class MemoryUpkeep:
    """`ports.Upkeep` where nothing outlives the process."""

    def prune(self, sources: Collection[str], ages: Ages) -> Mapping[str, int]:  # noqa: ARG002
        """Return zeros."""
        return dict.fromkeys(("sketches", "tombstones", "revisions", "filtered", "states"), 0)


@dataclass(slots=True)
class MemoryDrops:
    """`ports.Drops` for tests and rehearsals."""

    _known: dict[str, Dropped] = field(default_factory=dict)

    def note(self, dropped: Sequence[Dropped]) -> int:
        """See `ports.Drops.note`."""
        fresh = {one.key: replace(one, at=indexing.whole(one.at)) for one in dropped if one.key not in self._known}
        self._known |= fresh
        for source in {one.source for one in fresh.values()}:
            for one in self.listed(source=source)[indexing.DROPS :]:
                del self._known[one.key]
        return len(fresh)

    def listed(self, *, source: str = "", limit: int = 0) -> list[Dropped]:
        """See `ports.Drops.listed`."""
        found = [one for one in self._known.values() if source in ("", one.source)]
        return sorted(found, key=lambda one: (-indexing.seconds(one.at), one.key))[: limit or None]


@dataclass(slots=True)
class MemoryStore:
    """`ports.Store` for tests and rehearsals; not safe for several threads at a time."""

    drops: Drops = field(default_factory=MemoryDrops)
    upkeep: Upkeep = field(default_factory=MemoryUpkeep)
    _hosts: dict[str, str] = field(default_factory=dict)
    _states: dict[str, FetchState] = field(default_factory=dict)
    _records: dict[str, Record] = field(default_factory=dict)
    _labels: dict[str, str] = field(default_factory=dict)
    _outbox: set[str] = field(default_factory=set)
    sketches: Sketches = field(init=False)
    revisions: Revisions = field(init=False)
    history: History = field(init=False)
    _sketches: MemorySketches = field(default_factory=MemorySketches)
    _revisions: MemoryRevisions = field(default_factory=MemoryRevisions)

    def __post_init__(self) -> None:
        """Open what else is kept, and the past of the same records."""
        self.sketches, self.revisions = self._sketches, self._revisions
        self.history = MemoryHistory(self._records)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        pass

    def enroll(self, sources: Sequence[tuple[str, str]]) -> None:
        """See `ports.Store.enroll`."""
        self._hosts = dict(sources)
        for name in self._hosts:
            self._states.setdefault(name, FetchState(source=name))

    def due_hosts(self, now: datetime, limit: int) -> list[str]:
        """See `ports.Store.due_hosts`."""
        due: dict[str, int] = {}
        for name, host in self._hosts.items():
            at = indexing.due_at(self._states[name])
            if at <= indexing.seconds(now):
                due[host] = min(at, due.get(host, at))
        return sorted(due, key=lambda host: (due[host], host))[:limit]

    def claim(self, sources: Sequence[str], now: datetime, lease: float, *, due: bool = False) -> list[FetchState]:
        """See `ports.Store.claim`."""
        until = indexing.whole(now + timedelta(seconds=lease))
        states = [self._states.get(name, FetchState(source=name)) for name in dict.fromkeys(sources)]
        claimed = [
            replace(state, generation=state.generation + 1, next_at=until)
            for state in states
            if not due or indexing.due_at(state) <= indexing.seconds(now)
        ]
        self._states.update((state.source, state) for state in claimed)
        return claimed

    def commit(self, state: FetchState, saved: Sequence[Saved], stale: Iterable[str] = ()) -> None:
        """See `ports.Store.commit`."""
        if state.generation != self._states.get(state.source, FetchState(source=state.source)).generation:
            raise errors.StaleClaim(f"{state.source}: claimed again since; this result is dropped")
        settled = indexing.settle(state)
        self.replace([one.record for one in saved])
        for one in saved:
            if one.revision:
                self._revisions.remember(one.revision)
        self._outbox.update(f"tag:{key}" for one in saved for key in indexing.tags(one.removed_tags))
        self._outbox.update(stale)
        self._states[state.source] = settled

    def states(self) -> Mapping[str, FetchState]:
        """See `ports.Store.states`."""
        return dict(sorted(self._states.items()))

    def known(self, keys: Iterable[str], urls: Iterable[str], ids: Iterable[str]) -> list[Record]:
        """See `ports.Store.known`; ordered by key, empty texts match nothing."""
        keys, urls, ids = ({*filter(None, texts)} for texts in (keys, urls, ids))
        found = (one for one in self._records.values() if one.key in keys or one.url in urls or one.entry_id in ids)
        return sorted(found, key=lambda one: one.key)

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
        """See `ports.Store.items`."""
        found = [
            one
            for one in self._records.values()
            if not one.gone
            and (not tag or slugs.tag_key(tag) in indexing.tags(one.tags))
            and (not source or one.source == source)
            and (since is None or one.published >= indexing.whole(since))
            and one.key.startswith(prefix)
            and (not text or text in (one.path, one.link, one.entry_id))
            and (aside is None or bool(one.duplicate_of) is aside)
        ]
        found.sort(key=lambda one: (-indexing.seconds(one.published), one.entry_id, one.key))
        return found[: limit or None]

    def files(self) -> Iterator[tuple[str, str, int, int]]:
        """See `ports.Store.files`."""
        living = (one for one in self._records.values() if not one.gone)
        return iter(sorted((one.path, one.key, one.size, one.mtime_ns) for one in living))

    def tags(self) -> Mapping[str, tuple[str, int]]:
        """See `ports.Store.tags`; a tag that lost its last item stays, with 0."""
        counts = Counter(key for one in self.items(aside=False) for key in indexing.tags(one.tags))
        return {key: (label, counts[key]) for key, label in sorted(self._labels.items())}

    def sources(self) -> Mapping[str, int]:
        """See `ports.Store.sources`."""
        counts = Counter({one.source: 0 for one in self.items()})
        counts.update(one.source for one in self.items(aside=False))
        return dict(sorted(counts.items()))

    def replace(self, records: Sequence[Record], removed: Iterable[str] = ()) -> None:
        """See `ports.Store.replace`; `removed` goes first, so a key in both stays."""
        settled = [indexing.settle(record) for record in records]  # raises before anything is changed
        removed = list(removed)
        old = [self._records[key] for key in {*removed, *(one.key for one in settled)} & self._records.keys()]
        for key in removed:
            self._records.pop(key, None)
        for one in settled:
            known = self._records.get(one.key)
            if known is None or bool(known.duplicate_of) != bool(one.duplicate_of):
                self._sketches.waiting.add(one.key)
            self._records[one.key] = one
            self._labels = {**indexing.tags(one.tags), **self._labels}
        self._outbox.update(indexing.stale(old, settled))

    def outbox(self, done: Iterable[str] = ()) -> frozenset[str]:
        """See `ports.Store.outbox`."""
        self._outbox.difference_update(done)
        return frozenset(self._outbox)


@dataclass(slots=True)
class MemoryHistory:
    """`ports.History` of the records in a dict."""

    _records: Mapping[str, Record]

    def span(self, tag: str, since: datetime, until: datetime, *, after: str = "") -> Iterator[Row]:
        """See `ports.History.span`."""
        rows = sorted((indexing.seconds(one.published), one.key, one.size) for one in self._standing(tag))
        return (row for row in rows if (indexing.seconds(since), after) < row[:2] < (indexing.seconds(until), ""))

    def outlines(self, after: str, limit: int) -> list[Outline]:
        """See `ports.History.outlines`."""
        found = sorted((one for one in self._standing("") if one.key > after), key=lambda one: one.key)[:limit]
        seals = [indexing.seal(repr(one).encode("utf-8", "surrogatepass")) for one in found]
        return [
            Outline(one.key, one.source, one.via, one.tags, one.copies + one.related, seal)
            for one, seal in zip(found, seals, strict=True)
        ]

    def before(self, tag: str, instant: datetime) -> datetime | None:
        """See `ports.History.before`."""
        return max((one.published for one in self._standing(tag) if one.published < instant), default=None)

    def after(self, tag: str, instant: datetime) -> datetime | None:
        """See `ports.History.after`."""
        return min((one.published for one in self._standing(tag) if one.published >= instant), default=None)

    def counts(self, tags: Sequence[str], edges: Sequence[datetime]) -> Mapping[str, tuple[int, ...]]:
        """See `ports.History.counts`."""
        standing = [one for one in self._records.values() if not one.gone and not one.duplicate_of]
        days = list(pairwise(map(indexing.whole, edges)))
        return {
            tag: tuple(
                sum(begin <= one.published < end for one in standing if not tag or tag in indexing.tags(one.tags))
                for begin, end in days
            )
            for tag in tags
        }

    def buried(self, limit: int) -> list[Record]:
        """See `ports.History.buried`."""
        gone = sorted((one for one in self._records.values() if one.gone), key=lambda one: one.key)
        return sorted(gone, key=lambda one: one.updated, reverse=True)[:limit]

    def brought(self) -> Mapping[str, int]:
        """See `ports.History.brought`."""
        ids = {one.via for one in self._records.values()}
        counts = {name: sum(not one.duplicate_of for one in found) for name in ids if (found := self.brought_by(name))}
        return dict(sorted(counts.items()))

    def brought_by(self, source: str) -> list[Record]:
        """See `ports.History.brought_by`."""
        found = [one for one in self._records.values() if not one.gone and source and source == one.via != one.source]
        return sorted(found, key=lambda one: one.key)

    def _standing(self, tag: str) -> Iterator[Record]:
        return (one for one in self._records.values() if not one.gone and (not tag or tag in indexing.tags(one.tags)))
