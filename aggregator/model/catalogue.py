"""What the site-wide documents are rendered from: the index page, OPML and status. This module renders nothing."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - msgspec reads the annotations at run time
from dataclasses import dataclass
from datetime import date, datetime  # noqa: TC003 - msgspec reads the annotations at run time
from typing import Literal

from aggregator.model.feed import Feed, Post, Tag  # noqa: TC001 - msgspec reads the annotations at run time
from aggregator.model.source import Failure  # noqa: TC001

Health = Literal["ok", "failing", "new", "paused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A configured source as it is shown to people; nothing in it changes from fetch to fetch without reason."""

    id: str
    title: str
    health: Health
    path: str
    """Of its feed, relative to the published directory, without suffix; empty if there is none."""
    url: str = ""
    """Of the upstream feed, without user and password; empty for files."""
    link: str = ""
    """Of the upstream site."""
    lang: str = ""
    items: int = 0
    error: Failure | None = None
    failing_since: datetime | None = None
    moved_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The published site: its main feed with the newest posts, its tags and its sources."""

    feed: Feed
    """`all`, with as many posts as the index page shows, without their texts."""
    tags: tuple[Tag, ...] = ()
    """The tags that have items, the largest first."""
    topics: tuple[Tag, ...] = ()
    """`tags` without those that are a source's id: every source is a tag, too, and sources are listed by themselves."""
    channels: tuple[Channel, ...] = ()
    """In configured order."""
    named: tuple[Channel, ...] = ()
    """Sources that only item files name, by id."""
    queries: tuple[tuple[str, str], ...] = ()
    """(path, title) of the feeds by query, in configured order."""

    headlines: tuple[Post, ...] = ()
    """The newest posts, more of them and without their texts, to be searched."""
    day: date | None = None
    """Of the newest item, in the site's zone; None without items."""
    days: tuple[int, ...] = ()
    """Items of each of the last days up to `day`, the oldest day first."""

    @property
    def troubled(self) -> tuple[Channel, ...]:
        """The sources that are failing."""
        return tuple(channel for channel in self.channels if channel.health == "failing")

    @property
    def calm(self) -> tuple[Channel, ...]:
        """The sources that are not failing."""
        return tuple(channel for channel in self.channels if channel.health != "failing")

    @property
    def posts(self) -> Sequence[Post]:
        """The newest posts."""
        return self.feed.posts
