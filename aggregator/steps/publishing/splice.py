"""Rendered posts fitted into a file of limited size, and the addresses that a feed's formats share.

This module renders nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aggregator.model import Feed

TWINS: Mapping[str, tuple[str, str]] = {
    "atom": (".xml", "application/atom+xml"),
    "json": (".json", "application/feed+json"),
    "html": (".html", "text/html"),
}
"""Format → (file suffix, media type), for the links between a feed's formats."""


def fit(head: bytes, fragments: Iterable[bytes], tail: bytes, *, separator: bytes = b"", limit: int = 0) -> bytes:
    """Return head, as many leading fragments as the file may hold, and tail; `separator` stands between fragments.

    `limit` is the size of the whole in bytes, 0 for none; the first fragment stands in any case. Fragments are not
    asked for once one was too many, so those that would be cut are not rendered.
    """
    kept: list[bytes] = []
    size = len(head) + len(tail) - len(separator)
    for fragment in fragments:
        size += len(separator) + len(fragment)
        if limit and kept and size > limit:
            break
        kept.append(fragment)
    if not kept:
        return head + tail
    kept[0] = head + kept[0]  # two short copies instead of two of the whole
    kept[-1] += tail
    return separator.join(kept)


def address(feed: Feed, suffix: str) -> str:
    """Return the absolute, percent-encoded URL of one format of the feed."""
    return place(feed, feed.path + suffix)


def place(feed: Feed, path: str) -> str:
    """Return the absolute, percent-encoded URL of a file of the site."""
    return feed.home + quote(path)


def twins(feed: Feed, *, but: str) -> list[tuple[str, str]]:
    """Return (URL, media type) of the formats in which this feed exists too, without the format `but`."""
    return [
        (address(feed, suffix), media_type)
        for name, (suffix, media_type) in TWINS.items()
        if name in feed.formats and name != but
    ]


def up(path: str) -> str:
    """Return the relative reference from a feed's file to the published directory: `../` per folder, or empty."""
    return "../" * path.count("/")
