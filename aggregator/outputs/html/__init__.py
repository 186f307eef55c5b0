"""HTML pages for people: the twin of each feed, index, tags, status and items, and the frame of what a server makes.

Only the index has a script, allowed by its hash: the box that searches `search.js`. `pages` renders, `theme` holds the
templates. This module puts them together for a site.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from aggregator.outputs.html.pages import SUFFIX, Pages
from aggregator.outputs.html.theme import REPLACEABLE, Theme, mistake
from aggregator.outputs.html.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregator.model import Feed, Post
    from aggregator.settings import Settings

__all__ = [
    "FORMAT",
    "REPLACEABLE",
    "SUFFIX",
    "Pages",
    "Theme",
    "entry",
    "frame",
    "mistake",
    "open_output",
    "render",
    "script_hash",
    "words",
]

FORMAT: Final = "html"


def render(feed: Feed, *, limit: int = 0, entries: Iterable[bytes] | None = None) -> bytes:
    """Return the feed's page with our own templates and times in UTC; see `Pages.render`."""
    return _pages((), "UTC").render(feed, limit=limit, entries=entries)


def entry(post: Post, feed: Feed) -> bytes:
    """Return the post in that page; see `Pages.entry`."""
    return _pages((), "UTC").entry(post, feed)


def frame(feed: Feed) -> str:
    """Return what of the feed an entry looks at; see `Pages.frame`."""
    return _pages((), "UTC").frame(feed)


def open_output(settings: Settings) -> Pages:
    """Return the pages of a site: with its owner's templates, and times in its zone."""
    return _pages(settings.templates, settings.site.timezone)


def script_hash() -> str:
    """Return the hash of the only script that a page may have, in Base64, for policies in headers."""
    return _pages((), "UTC").theme.script_hash


@lru_cache(maxsize=2)
def _pages(templates: tuple[tuple[str, str], ...], zone: str) -> Pages:
    return Pages(Theme(dict(templates)), zone)
