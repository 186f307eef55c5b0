"""What people search for and what they find. This module holds no behaviour but what its values say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations at run time
from typing import Literal

FilterKind = Literal["tag", "source", "lang"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Tokens that stand side by side in title or text."""

    tokens: tuple[str, ...]
    excluded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A tag, source or language that an item has; the value as it is compared."""

    kind: FilterKind
    value: str
    excluded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search, read. All words and filters have to hold."""

    words: tuple[Words, ...] = ()
    filters: tuple[Filter, ...] = ()
    since: datetime | None = None
    ignored: tuple[str, ...] = ()
    """Parts that mean nothing to us, told to people."""

    @property
    def empty(self) -> bool:
        """Whether nothing was asked."""
        return not (self.words or self.filters or self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One item as it is put into the search index; `title` and `body` as plain text."""

    key: str
    path: str
    size: int
    mtime_ns: int
    source: str
    title: str
    link: str
    lang: str
    published: datetime
    tags: tuple[str, ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One item that was found."""

    key: str
    path: str
    source: str
    title: str
    link: str
    lang: str
    published: datetime
    excerpt: tuple[tuple[str, bool], ...] = ()
    """Pieces of the text, in order, and whether each is what was searched for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best hits, and how many there are."""

    hits: tuple[Hit, ...] = ()
    total: int = 0
    more: bool = False
    """There are more than `total`; only the newest were ranked."""
