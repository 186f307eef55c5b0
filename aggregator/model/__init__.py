"""The nouns of tagwire, frozen: Source → Response → Entry → Item → Feed.

An *entry* is what they wrote, every field optional. An *item* is what we keep, complete. A *feed* is what we publish;
what we read from is a *source*. All instants are aware UTC datetimes; all sequences are tuples.

This module does no I/O, knows no file format and depends on the standard library only.
"""

from __future__ import annotations

from aggregator.model.change import (
    Adopted,
    Change,
    Duplicate,
    New,
    Outcome,
    Repeated,
    Result,
    Revision,
    Saved,
    Summary,
    Unchanged,
    Updated,
)
from aggregator.model.declared import Declaration, Detail
from aggregator.model.document import Document, Hints, NotModified, Problem, Response
from aggregator.model.entry import Enclosure, Entry, Parsed, Person, Wanted
from aggregator.model.feed import Also, Deleted, Feed, Origin, Post, Tag
from aggregator.model.item import Dropped, Item, Record
from aggregator.model.sketch import MOST_NUMBERS, Bond, Link, Sketch, Sketched, Verdict
from aggregator.model.source import Failure, FetchState, Reason, Source

__all__ = [
    "MOST_NUMBERS",
    "Adopted",
    "Also",
    "Bond",
    "Change",
    "Declaration",
    "Deleted",
    "Detail",
    "Document",
    "Dropped",
    "Duplicate",
    "Enclosure",
    "Entry",
    "Failure",
    "Feed",
    "FetchState",
    "Hints",
    "Item",
    "Link",
    "New",
    "NotModified",
    "Origin",
    "Outcome",
    "Parsed",
    "Person",
    "Post",
    "Problem",
    "Reason",
    "Record",
    "Repeated",
    "Response",
    "Result",
    "Revision",
    "Saved",
    "Sketch",
    "Sketched",
    "Source",
    "Summary",
    "Tag",
    "Unchanged",
    "Updated",
    "Verdict",
    "Wanted",
]
