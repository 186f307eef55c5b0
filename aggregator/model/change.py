"""What was decided about items, and how one source's refresh came out. This module decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations at run time
from typing import Literal

from aggregator.model.document import Problem  # noqa: TC001 - msgspec reads the annotations at run time
from aggregator.model.item import Item, Record  # noqa: TC001
from aggregator.model.source import Failure  # noqa: TC001

Result = Literal["ok", "not_modified", "failed", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """Save this item; copies named in `displaces` are set aside, since this one's source owns the article.

    `record` is the row to be, without path and file facts: those are known when the file is written. Others in
    `displaces` stay where they are and only give back an id that is this item's.
    """

    item: Item
    record: Record
    displaces: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """The same item with another title or text: rewrite the same file."""

    item: Item
    record: Record
    previous: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """Known, and nothing that matters differs."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """Known from its file only (after `reindex`), seen again: what they write now becomes the version to compare with.

    A file that differs from it may hold its owner's edits, so it is left alone from then on.
    """

    item: Item
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Another source's copy of an article that we have: set aside, never lost. `why` explains it to people."""

    item: Item
    record: Record
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """The same entry again within one document."""

    key: str
    why: str


Change = New | Updated | Adopted | Unchanged | Duplicate | Repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What an item's file said until `at`; `held`: what its source wrote then, held back since the file was edited."""

    key: str
    at: datetime
    text: str
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """One row to commit together with its source's state: the item's new record, and the feeds that it touches."""

    record: Record
    removed_tags: tuple[str, ...] = ()
    """Tags that the previous version had and this one has not."""
    revision: Revision | None = None
    """What the file said before, or what was held back from it."""
    problem: Problem | None = None
    """What the owner should know, once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What was asked and what came: the address, without credentials, after redirects; what is not known is 0."""

    url: str
    status: int = 0
    size: int = 0
    """Bytes, their Content-Encoding undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One source's refresh, told: what log, table, JSON and metrics print."""

    source: str
    result: Result
    new: int = 0
    updated: int = 0
    held: int = 0
    """Updates that were not applied, since the owner edited the file, or it cannot be read."""
    duplicates: int = 0
    dropped: int = 0
    """Entries that filters kept out and that had not been told before."""
    unchanged: int = 0
    error: Failure | None = None
    failures: int = 0
    """Failures in a row, this one included."""
    problems: tuple[Problem, ...] = ()
    next_at: datetime | None = None
    retry_at: datetime | None = None
    """The server said to stay away until then."""
    retry_host: str = ""
    """The host that said so; empty is the one that was asked first."""
    seconds: float = 0.0
    network: bool = True
    """False for files and folders: they say nothing about whether the network is up."""
    visit: Visit | None = None
    """None if nobody was asked."""
    note: str = ""
    """Shown behind the result, for example the status line or why it was skipped."""
    busy: str = ""
    """The host where others were being asked, which is why it was skipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One refresh of many sources, told."""

    outcomes: tuple[Outcome, ...] = ()
    feeds_written: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Item files and feeds that were set aside while the rest went on; those of sources are in their outcomes."""
    seconds: float = 0.0
    near: int = 0
    """Items that turned out to be copies, under URLs of their own, of items of other sources."""
    related: int = 0
    """Items to which others about the same event were found."""
    well: frozenset[str] = frozenset()
    """Network sources that answered when they were asked last, before this; empty if single ones were named."""
    failure: str = ""
    """Why not all that changed could be published, in a line for each cause; empty if it could."""

    def count(self, result: str) -> int:
        """Return the number of sources with this result."""
        return sum(outcome.result == result for outcome in self.outcomes)

    @property
    def new(self) -> int:
        """Return the number of new items."""
        return sum(outcome.new for outcome in self.outcomes)

    @property
    def updated(self) -> int:
        """Return the number of items whose title or text changed."""
        return sum(outcome.updated for outcome in self.outcomes)

    @property
    def held(self) -> int:
        """Return the number of updates that were held back from files."""
        return sum(outcome.held for outcome in self.outcomes)

    @property
    def duplicates(self) -> int:
        """Return the number of copies that were set aside."""
        return sum(outcome.duplicates for outcome in self.outcomes)

    @property
    def dropped(self) -> int:
        """Return the number of entries that filters kept out."""
        return sum(outcome.dropped for outcome in self.outcomes)

    @property
    def all_network_failed(self) -> bool:
        """Whether network sources were asked, every one of them failed, and none that was not asked is well."""
        tried = [outcome for outcome in self.outcomes if outcome.network and outcome.result != "skipped"]
        others = self.well.difference(outcome.source for outcome in tried)
        return bool(tried) and not others and all(outcome.result == "failed" for outcome in tried)
