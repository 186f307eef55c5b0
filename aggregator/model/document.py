"""What was fetched: documents, and what servers say about when to come back. This module holds no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations at run time

from aggregator.model.declared import Declaration  # noqa: TC001 - msgspec reads the annotations at run time


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One body: a feed, or one Markdown file of a folder."""

    name: str
    """URL after redirects, or path relative to the folder; named in every complaint about the body."""
    body: bytes
    media_type: str = ""
    """Lower case, without parameters; empty if the server said nothing."""
    charset: str = ""
    """The label of the transport, not of the body."""
    declared: Declaration | None = None
    """How to read it, where that was declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a server or document says about when to come back; seconds, None where nothing was said."""

    max_age: float | None = None
    """Cache-Control max-age, else Expires less Date (RFC 9111 §4.2.1); of the last answer that said so."""
    age: float = 0.0
    """For how long the last answer had been in caches: that goes off `max_age` (RFC 9111 §4.2.3)."""
    ttl: float | None = None
    """RSS 2.0 `ttl` (minutes there, seconds here)."""
    period: float | None = None
    """sy:updatePeriod / sy:updateFrequency."""
    base: datetime | None = None
    """sy:updateBase: an instant at which a period begins."""
    skip_hours: tuple[int, ...] = ()
    """RSS 2.0 `skipHours`, GMT."""
    skip_days: tuple[str, ...] = ()
    """RSS 2.0 `skipDays`, English names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A successful fetch. A feed is one document, a folder one per file; `problems`: files that could not be read."""

    url: str
    documents: tuple[Document, ...]
    status: int = 200
    etag: str = ""
    last_modified: str = ""
    max_age: float | None = None
    age: float = 0.0
    moved_to: str = ""
    """Target of an unbroken chain of permanent redirects (301, 308), else empty."""
    problems: tuple[Problem, ...] = ()
    delta: bool = False
    """226 IM Used: only what is new since the validators (RFC 3229); what is absent has not vanished."""
    links: str = ""
    """The Link header as it was sent (RFC 8288)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The source says that nothing changed (304, or the same files); validators may be refreshed (RFC 9111 §4.3.4)."""

    url: str
    etag: str = ""
    last_modified: str = ""
    max_age: float | None = None
    age: float = 0.0
    moved_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that was set aside while the rest went on: one entry, or one file; `line` is 0 where unknown."""

    where: str
    message: str
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.where}:{self.line}" if self.line else self.where
        return f"{place}: {self.message}"
