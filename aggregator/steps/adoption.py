"""Whether an item's file is what tagwire wrote, when the index that knew is lost, and what stays in it from then on.

What an update is (title, text, link, enclosures) tells it, and that the rest is written as tagwire writes it. Tags and
constants may be of another day: other rules, other `[frontmatter] defaults`, or their owner's. Since nobody knows, they
are no reason to hold updates, and no update overwrites them. This module reads and writes no files.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.errors import EntryError
from aggregator.steps import frontmatter
from aggregator.steps.identity import content_hash

if TYPE_CHECKING:
    from datetime import tzinfo

    from aggregator.model import Item


def pristine(data: bytes, item: Item, zone: tzinfo) -> bool:
    """Whether a file says what its source writes now, and differs from that in tags, constants and tracking only.

    Of files that came as they are every character counts. Raises `errors.EntryError` if it cannot be read.
    """
    there = _load(data, item, zone)
    if item.file or content_hash(there) != content_hash(item):
        return False
    alike = replace(_headed(item, there), link=there.link, enclosures=there.enclosures)
    return frontmatter.dump(alike, zone).encode() == data


def headed(item: Item, data: bytes, zone: tzinfo) -> Item:
    """Return the item with the tags and constants that its file has; one whose file cannot be read, as it is."""
    try:
        return _headed(item, _load(data, item, zone))
    except EntryError:
        return item


def _headed(item: Item, there: Item) -> Item:
    return replace(item, tags=there.tags, extra=there.extra)


def _load(data: bytes, item: Item, zone: tzinfo) -> Item:
    try:
        return frontmatter.load(data.decode("utf-8"), zone, key=item.key, name=item.source)
    except UnicodeDecodeError as error:
        raise EntryError(f"not UTF-8: {error.reason}") from error
