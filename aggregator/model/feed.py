"""What we publish: feeds of posts. This module renders nothing."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - msgspec reads the annotations at run time
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations at run time
from typing import Literal

from aggregator.model.entry import Enclosure, Person  # noqa: TC001 - msgspec reads the annotations at run time


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag as published; `slug` names its files, `label` is shown."""

    label: str
    slug: str
    count: int = 0
    description: str = ""
    icon: str = ""
    logo: str = ""
    parent: str = ""
    """Slug of the tag that this one belongs to."""
    fed: bool = True
    """Whether it has a feed and a page that can be linked to; beyond `max_feeds` tags have none."""
    days: tuple[int, ...] = ()
    """Items of each of the last days up to that of the site's newest item, the oldest day first; empty: not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Atom `entry/source` (RFC 4287 §4.2.11): where the entry came from."""

    id: str
    title: str
    link: str = ""
    feed_url: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """Another item that belongs to a post: a copy under the same URL or another one, or one about the same event."""

    kind: Literal["same", "copy", "related"]
    title: str
    source: str
    """The title of its source."""
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One published entry: an item's record and file, rendered."""

    key: str
    id: str
    title: str
    link: str
    published: datetime
    updated: datetime
    summary: str
    html: str
    """Sanitised, URLs absolute."""
    origin: Origin
    tags: tuple[Tag, ...] = ()
    authors: tuple[Person, ...] = ()
    lang: str = ""
    thumbnail: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    also: tuple[Also, ...] = ()
    """Copies first, then what is related."""
    page: str = ""
    """Path of its own page, without suffix; empty if it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """A tombstone, Atom `at:deleted-entry` (RFC 6721 §3): an entry that its publisher took away."""

    id: str
    when: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What one output file is rendered from."""

    path: str
    """Relative to the published directory, without suffix: `tags/ai`, `sources/qq`, `all`."""
    id: str
    title: str
    updated: datetime
    lang: str
    home: str
    """Absolute URL of the published directory, ending with a slash."""
    author: str = ""
    subtitle: str = ""
    hub: str = ""
    formats: tuple[str, ...] = ()
    """The formats that exist of this feed, for its links."""
    icon: str = ""
    logo: str = ""
    current: str = ""
    """Path of the feed whose archive document this is (RFC 5005 §4); empty for a feed itself."""
    previous: str = ""
    """Path of the archive document with the next older entries."""
    following: str = ""
    """Path of the archive document with the next newer entries."""
    deleted: tuple[Deleted, ...] = ()
    posts: Sequence[Post] = ()
    """Newest first; rendered only when asked for where there are many."""
