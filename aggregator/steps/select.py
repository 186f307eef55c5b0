"""Which records stand in a feed: one item of each story, then the newest within the window.

This module does not ask the store and does not know what a feed weighs in bytes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from aggregator.steps import indexing
from aggregator.steps.slugs import tag_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from aggregator.model import Record
    from aggregator.settings import Publish, Settings

BURIED: Final = 1000
"""The latest deletions of a site that are looked at."""
TOMBSTONES: Final = 50
"""Deletions that one feed tells of."""
REMEMBERED: Final = timedelta(days=30)
"""How much older than the feed's newest entry a deletion may be."""


def policy(settings: Settings, member: str) -> str:
    """Return whether a feed, named as in the outbox, collapses stories or keeps every copy: "collapse" or "keep"."""
    kind, _, name = member.partition(":")
    said = ""
    if kind == "tag":
        said = next((rule.stories for rule in settings.tags if tag_key(rule.name) == name), "")
    elif kind == "query":
        said = next((feed.stories for feed in settings.feeds if feed.slug == name), "")
    return said or settings.publish.stories


def window(records: Iterable[Record], publish: Publish, *, stories: str = "collapse") -> list[Record]:
    """Return the records of one feed, newest `published` first, then by entry id.

    Copies are collapsed first (`collapse`). What is left is everything within `publish.window` seconds
    of the newest, at least `publish.entries`, at most `publish.max`. The order of `records` does not matter.
    """
    found = ordered(collapse(records, stories=stories))
    if not found:
        return []
    newest = found[0].published
    recent = sum((newest - record.published).total_seconds() <= publish.window for record in found)
    return found[: min(max(recent, publish.entries), publish.max)]


def settled(records: Sequence[Record], publish: Publish, *, stories: str = "collapse") -> bool:
    """Return whether the window of these, the newest of a feed in its order, is the feed's however many are older.

    It is not while an older one could stand for one of them, or be recent.
    """
    found = ordered(collapse(records, stories=stories))
    if not found or any(any(_rank(record)[:2]) for record in found):
        return False
    age = (found[0].published - records[-1].published).total_seconds()
    return len(found) >= publish.entries and age > publish.window


def ordered(records: Iterable[Record]) -> list[Record]:
    """Return the records newest `published` first, then by entry id."""
    by_id = sorted(records, key=lambda record: record.entry_id)
    return sorted(by_id, key=lambda record: record.published, reverse=True)


def newest_first(records: Iterable[Record]) -> list[Record]:
    """Return the records as an index lists them: newest `published` first, then by entry id and key."""
    return sorted(records, key=lambda one: (-indexing.seconds(one.published), one.entry_id, one.key))


def matching(records: Iterable[Record], tag: str, since: datetime | None) -> list[Record]:
    """Return those of the records that have a tag and are not older than an instant, if these are given."""
    key = tag_key(tag)
    return [
        one
        for one in records
        if (not tag or key in indexing.tags(one.tags)) and (since is None or one.published >= indexing.whole(since))
    ]


def tombstones(buried: Iterable[Record], newest: datetime) -> list[Record]:
    """Return those of the tombstones, the latest first, that a feed whose newest entry is from `newest` tells of.

    Copies of other articles are left out: the article is still there.
    """
    told = [one for one in buried if not one.duplicate_of and newest - one.updated <= REMEMBERED]
    return told[:TOMBSTONES]


def collapse(records: Iterable[Record], *, stories: str = "collapse") -> list[Record]:
    """Return one record of each story: its owner's if that is among `records`, else the copy that was seen first.

    With `stories` "keep" copies under URLs of their own stay, and only those that were set aside are collapsed.
    """
    standing: dict[str, Record] = {}
    for record in records:
        group = (record.story if stories == "collapse" else "") or record.duplicate_of or record.key
        rival = standing.get(group)
        if rival is None or _rank(record) < _rank(rival):
            standing[group] = record
    return list(standing.values())


def _rank(record: Record) -> tuple[bool, bool, datetime, str]:
    """What sorts the records of a story: its owner first, then what was not set aside, then what was seen first."""
    return record.story not in {"", record.key}, bool(record.duplicate_of), record.first_seen, record.key
