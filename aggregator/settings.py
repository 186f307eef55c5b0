"""The site's configuration as frozen values; defaults are the documented ones.

Durations are in seconds, sizes in bytes, paths absolute strings. `aggregator.config` builds and checks these.
This module does not read files, the environment or the clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.model import Source

FRONT_MATTER_DEFAULTS: tuple[tuple[str, object], ...] = (
    ("menu", ""),
    ("lead", ""),
    ("comments", False),
    ("authorbox", False),
    ("pager", True),
    ("toc", False),
    ("mathjax", False),
    ("sidebar", "right"),
    ("widgets", ("search", "recent", "taglist")),
)
"""The constant keys of an item's front matter, in the seeds' order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """[site]: who publishes; ``base_url`` is the URL of the published directory itself and ends with a slash."""

    title: str = "tagwire"
    author: str = ""
    language: str = "zh-CN"
    timezone: str = "Asia/Shanghai"
    tag_authority: str = "localhost,2026"
    base_url: str = "http://127.0.0.1:8420/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """[schedule]: seconds between two fetches of a source; ``base`` is that of a source that posts once a day."""

    base: float = 3600.0
    min: float = 1800.0
    max: float = 86400.0
    jitter: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """[http]: ``timeout`` is the total deadline of one fetch, ``max_bytes`` the cap on the decoded body."""

    user_agent: str = ""
    timeout: float = 20.0
    max_bytes: int = 8 * 1024 * 1024
    per_host_delay: float = 1.0
    concurrency: int = 32
    proxy: str = ""
    allow_hosts: tuple[str, ...] = ()
    allow_private_networks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """[storage]: where items and the index live, and the pattern of an item's path."""

    items: str = "items"
    index: str = "sqlite:///var/tagwire.db"
    path: str = "{source}/{date:%Y}/{date:%m}/{date:%d}-{slug}-{key}.md"
    keep: float = math.inf
    """Seconds for which the index remembers what is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """[frontmatter]: ``defaults`` are the constant keys of every item, in the seeds' order."""

    defaults: tuple[tuple[str, object], ...] = FRONT_MATTER_DEFAULTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """[publish]: a feed holds all within ``window`` seconds of its newest, at least ``entries``, at most ``max``."""

    dir: str = "feeds"
    entries: int = 50
    window: float = 7 * 86400.0
    max: int = 200
    max_size: int = 1024 * 1024
    formats: tuple[str, ...] = ("atom", "json", "html")
    stories: str = "collapse"
    hub: str = ""
    archive: str = "monthly"
    max_feeds: int = 10_000
    item_pages: bool = False
    entry_ids: str = "stable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """[server]: where `tagwire serve` listens."""

    host: str = "127.0.0.1"
    port: int = 8420


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """[[filters]] of tags.toml: which entries of which sources are dropped, or are all that is kept."""

    action: Literal["keep", "drop"]
    sources: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    not_: tuple[str, ...] = ()
    fields: tuple[str, ...] = ("title", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRule:
    """[[tags]] of tags.toml: a tag's name, its other spellings, and the words that give it to an item."""

    name: str
    slug: str = ""
    aliases: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    not_: tuple[str, ...] = ()
    parent: str = ""
    description: str = ""
    stories: str = ""
    icon: str = ""
    logo: str = ""
    was: tuple[tuple[str, str], ...] = ()
    """Former slugs of its feed, each with the day on which it moved (YYYY-MM-DD)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFeed:
    """[[feeds]] of tags.toml: a feed of the items that match a query (`steps.publishing.query`)."""

    slug: str
    query: str
    title: str = ""
    stories: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything configured; ``root`` is the site directory, ``files`` the configuration files that were read."""

    root: str
    files: tuple[str, ...] = ()
    site: Site = field(default_factory=Site)
    schedule: Schedule = field(default_factory=Schedule)
    http: Http = field(default_factory=Http)
    storage: Storage = field(default_factory=Storage)
    frontmatter: FrontMatter = field(default_factory=FrontMatter)
    publish: Publish = field(default_factory=Publish)
    server: Server = field(default_factory=Server)
    sources: tuple[Source, ...] = ()
    tags: tuple[TagRule, ...] = ()
    feeds: tuple[QueryFeed, ...] = ()
    filters: tuple[Filter, ...] = ()
    templates: tuple[tuple[str, str], ...] = ()
    """(name, text) of the owner's own templates and style sheets for pages, by name."""

    @property
    def by_id(self) -> Mapping[str, Source]:
        """The configured sources by id."""
        return {source.id: source for source in self.sources}
