"""What is configured, and what is remembered of it between fetches. This module holds no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations at run time
from typing import Literal

from aggregator.model.declared import Declaration, Detail  # noqa: TC001 - msgspec reads the annotations at run time
from aggregator.model.document import Hints, Problem
from aggregator.model.entry import Wanted  # noqa: TC001

PROBLEMS = 20
"""Problems of a source that are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place that entries come from, as declared in sources.toml."""

    id: str
    """Stable name; the item's `categories` and first tag; part of every item's path."""
    kind: Literal["feed", "folder", "json", "html"] = "feed"
    url: str = ""
    """Absolute http(s) URL of the feed; empty for files."""
    path: str = ""
    """Absolute path of the folder, or of a feed file; empty for URLs."""
    title: str = ""
    """Shown to people; falls back to the feed's own title, then to the id."""
    tags: tuple[str, ...] = ()
    lang: str = ""
    """BCP 47 tag that overrides what feed and entries say."""
    timezone: str = ""
    """IANA zone in which dates without offset are read; empty means the site's."""
    every: float = 0.0
    """Seconds between fetches; 0 means adaptive."""
    content: Literal["full", "summary", "link"] = "full"
    """How much of the text is published."""
    enabled: bool = True
    near: bool = True
    """Whether copies of its texts are looked for, and items about the same event."""
    headers: tuple[tuple[str, str], ...] = ()
    """Extra request headers, sent to the source's own host only."""
    body: str = ""
    """What is sent with the request, which is a POST then."""
    items: Declaration | None = None
    """How the entries of json and html sources are found."""
    detail: Detail | None = None
    """The page that each new entry is completed from."""
    full_text: str = ""
    """As configured: `auto`, `css:…` or empty; `detail` is made from it."""

    @property
    def address(self) -> str:
        """The URL, else the path: what people recognise the source by."""
        return self.url or self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error as a value: `kind` is one of the design's error kinds."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One step of the reasoning that led to `FetchState.next_at`."""

    rule: str
    """Its name, for programs: `posts`, `minimum`, `max-age`, `retry-after`, …"""
    why: str
    """For people: ``posts 6/day``."""
    seconds: float = 0.0
    """The interval after this step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchState:
    """What we remember of one source between fetches; kept in the index, fenced by `generation`.

    Validators are opaque (RFC 9110 §8.8): latin-1 text, echoed byte for byte.
    """

    source: str
    generation: int = 0
    url: str = ""
    """The configured address that all this is about; it is void when that differs now (`cadence.current`)."""
    etag: str = ""
    last_modified: str = ""
    validated: str = ""
    """The URL, after redirects, that gave these two: no other one is sent them; empty is where the source is asked."""
    digest: str = ""
    """Hash of the last complete, committed body, so that an unchanged one is not parsed again."""
    title: str = ""
    """Feed-level title, Atom `feed/title`, RSS `channel/title`, JSON Feed `title`."""
    link: str = ""
    """Feed-level site address, Atom `link[rel=alternate]`, RSS `channel/link`, JSON Feed `home_page_url`."""
    feed_id: str = ""
    """Atom `feed/id`; empty where the format has none."""
    icon: str = ""
    fetched_at: datetime | None = None
    ok_at: datetime | None = None
    full_at: datetime | None = None
    """When a whole document was last had; a day later validators are not believed any more."""
    next_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    """Why `next_at` is when it is, as decided then; `steps.visits.interval.explain` puts it into words."""
    failures: int = 0
    """Failures in a row; those while the whole network was down are not among them."""
    failing_since: datetime | None = None
    """When the first of them was."""
    error: Failure | None = None
    status: int = 0
    """The HTTP status that refused us last, 0 if none did since the last success."""
    status_count: int = 0
    """How often in a row, answers only."""
    status_since: datetime | None = None
    retired_at: datetime | None = None
    """Not asked any more since then, since the server said for long enough that the source is gone."""
    retry_at: datetime | None = None
    """The server told us to stay away until then (Retry-After); also binds a manual refresh."""
    retry_host: str = ""
    """The host that said so, perhaps one that redirects lead to; empty is the one that the source is asked at."""
    moved_to: str = ""
    """Where permanent redirects point, as long as that is only being watched."""
    moved_count: int = 0
    moved_since: datetime | None = None
    adopted: str = ""
    """The URL that is asked instead of the configured one, after permanent redirects over days."""
    adopted_at: datetime | None = None
    hints: Hints = field(default_factory=Hints)
    """What the last document said about when to come back; still holds when it did not change."""
    posts: float = 0.0
    """New items, decayed with a half-life of 14 days (cadence)."""
    observed: float = 0.0
    """Seconds watched, decayed alike (cadence)."""
    waiting: tuple[Wanted, ...] = ()
    """Entries whose own pages are still to be fetched."""
    skipped: tuple[str, ...] = ()
    """Keys of entries that their own pages told to leave out, as long as the list names them."""
    problems: tuple[Problem, ...] = ()
    """What had to be set aside when it was last read; the first `PROBLEMS`."""
    troubled: int = 0
    """How many problems there were in all."""
