"""What we keep: items, and the index's record of them. This module holds no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations at run time
from typing import NamedTuple

from aggregator.model.entry import Enclosure, Person  # noqa: TC001 - msgspec reads the annotations at run time


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item, complete. Front-matter keys in brackets; the file is the truth, see `steps.frontmatter`."""

    key: str
    """16 hex digits, a pure function of source and identity (`steps.identity`)."""
    source: str
    """[categories] and first of [tags]."""
    title: str
    """[title], one line of text."""
    link: str = ""
    """Footer. Absolute http(s) URL as published, or empty."""
    published: datetime | None = None
    """[date] in the site's zone; whole seconds. None: nobody said; becomes the first-seen instant when saved."""
    updated: datetime | None = None
    """What they said; index only."""
    summary: str = ""
    """[summary], text."""
    body: str = ""
    """Markdown between front matter and footer."""
    tags: tuple[str, ...] = ()
    """[tags]: source id, the source's tags, the entry's categories, rule tags; no repeats."""
    lang: str = ""
    """[lang] and [translations]."""
    thumbnail: str = ""
    guid: str = ""
    """[guid] only where it cannot be derived: an absolute IRI that differs from the link."""
    enclosures: tuple[Enclosure, ...] = ()
    """[enclosures] only where there are any."""
    authors: tuple[Person, ...] = ()
    """Index only."""
    categories: tuple[str, ...] = ()
    """The entry's categories as they wrote them, or the tags of the file that it is; index only."""
    dropped: str = ""
    """Why a filter drops it; such an item is told, never kept."""
    extra: tuple[tuple[str, object], ...] = ()
    """The other front-matter keys in file order; the configured defaults for items of ours."""
    file: str = ""
    """The exact text, for items that came as files: they are never rewritten."""
    ahead: datetime | None = None
    """The date in its file, if that lies ahead: `published` is now instead; index only."""


Row = tuple[int, str, int]
"""One item in a listing, of which a feed may have ten thousands a month, with as much as archives are divided by: when
it was published in seconds since 1970, its key, and its file's size in bytes."""


class Outline(NamedTuple):
    """One item, as much of it as tells whether what shows it stands: a site has many, so it is not decoded whole."""

    key: str
    source: str
    via: str
    tags: tuple[str, ...]
    others: tuple[str, ...]
    """Keys of its copies and of what is related to it."""
    seal: bytes
    """A digest of its record; equal records may have different ones in different indexes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An entry that a filter kept out: just enough to find it again."""

    key: str
    source: str
    title: str
    link: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the index knows of one item: everything but its body. A tombstone has `gone` set and no path."""

    key: str
    source: str
    path: str
    """Relative to the item directory; under `.duplicates/` while `duplicate_of` is set."""
    title: str
    link: str
    url: str
    """Canonical URL (`steps.urls.canonical`), the key for duplicates across sources; empty without link."""
    entry_id: str
    """The Atom id under which it is published; never changes."""
    published: datetime
    updated: datetime
    first_seen: datetime
    via: str = ""
    """Id of the configured source that brought it; differs from `source` for folders."""
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] | None = None
    """As they wrote them, before rules.

    None in rows of older versions, and where the index was lost and the file has other tags or constants than its
    source would get: those stay (`steps.adoption`).
    """
    lang: str = ""
    summary: str = ""
    thumbnail: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    authors: tuple[Person, ...] = ()
    content_hash: str = ""
    """Hash of what they wrote (`steps.identity.content_hash`): decides between Updated and Unchanged.

    Empty for records made from files: nobody knows what their source wrote.
    """
    file_hash: str = ""
    """Hash of the bytes that we last wrote or accepted: tells an owner's edit."""
    size: int = 0
    mtime_ns: int = 0
    duplicate_of: str = ""
    """Key of the owner's item while this copy is set aside."""
    gone: bool = False
    """Deleted by its owner, for good."""
    broken: bool = False
    """The file could not be read when it was last looked at: it is in no feed until it can."""
    edited: bool = False
    """The owner edited the file; refetches leave it alone."""
    edits: int = 0
    """How often the source changed it; bounds how often it is rewritten."""
    contested: bool = False
    """Another source's item claims the same id, so this one has its `tag:` form; the journal says so, not the file."""
    alone: bool = False
    """The owner of the site said that it is nobody's copy (`tagwire split`)."""
    story: str = ""
    """Key of the item that owns the story to which this one belongs, or its own; empty without copies."""
    copies: tuple[str, ...] = ()
    """Keys of the other items of the story, the owner first."""
    related: tuple[str, ...] = ()
    """Keys of items about the same event, the closest first."""
    circle: str = ""
    """Hash of what is shown of `copies` and `related`: whoever shows them has to be published again when it changes."""

    def __hash__(self) -> int:
        """Return the hash of the key: what is equal has equal keys, and thirty fields take long."""
        return hash(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """From when on an index remembers what it can do without; items that are there it never forgets.

    Besides it forgets fetch states, and entries that filters dropped, of sources that are neither configured nor have
    items, and revisions of items that are gone.
    """

    sketched: datetime
    """Sketches by which copies are found."""
    topics: datetime
    """Topics by which related items are."""
    gone: datetime | None = None
    """Tombstones, revisions and entries that filters dropped; None for ever."""
