"""What the site-wide documents are rendered from: the index page, OPML and status. This module renders nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations at run time
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
    """`all`, with as many posts as the index page shows."""
    tags: tuple[Tag, ...] = ()
    """Those with items, the largest first."""
    channels: tuple[Channel, ...] = ()
    """In configured order."""
    named: tuple[Channel, ...] = ()
    """Sources that only item files name, by id."""
    queries: tuple[tuple[str, str], ...] = ()
    """(path, title) of the feeds by query, in configured order."""

    @property
    def posts(self) -> tuple[Post, ...]:
        """The newest posts."""
        return self.feed.posts
