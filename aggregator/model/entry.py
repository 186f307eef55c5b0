"""What they wrote: entries with every field optional. This module cleans nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from aggregator.model.document import Hints, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Atom `author`; RSS `author`/`dc:creator`; JSON Feed `authors[]`."""

    name: str = ""
    email: str = ""
    uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """Atom `link[rel=enclosure]`; RSS `enclosure`; JSON Feed `attachments[]`. `length` in bytes, 0 if unknown."""

    href: str
    media_type: str = ""
    length: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as published; every field optional, nothing cleaned, dates as they were written."""

    guid: str = ""
    """Atom `id`; RSS `guid`; RDF `rdf:about`; JSON Feed `id`."""
    link: str = ""
    """Atom `link[rel=alternate]`; RSS `link`, or a permalink guid; JSON Feed `url`, else `external_url`."""
    title: str = ""
    """HTML if `title_is_html`, else text."""
    title_is_html: bool = False
    summary: str = ""
    """HTML. Atom `summary`; RSS `description` beside `content:encoded`; JSON Feed `summary`."""
    content: str = ""
    """HTML; plain text arrives escaped. Atom `content`; RSS `content:encoded`, else `description`; JSON Feed
    `content_html`."""
    base: str = ""
    """xml:base in force, absolute or empty."""
    published: str = ""
    """As written. Atom `published`; RSS `pubDate`, `dc:date`; JSON Feed `date_published`."""
    updated: str = ""
    """As written. Atom `updated`; `dcterms:modified`; JSON Feed `date_modified`."""
    authors: tuple[Person, ...] = ()
    categories: tuple[str, ...] = ()
    """Atom `category` label, else term; RSS `category`; JSON Feed `tags[]`."""
    enclosures: tuple[Enclosure, ...] = ()
    image: str = ""
    """media:thumbnail, media:content of an image, itunes:image, JSON Feed `image`, else `banner_image`."""
    lang: str = ""
    """xml:lang in force, dc:language, JSON Feed `language` of the item."""
    file: str = ""
    """The exact text of an item file, for entries that come from a folder; then the other fields stay empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An entry that waits for a page of its own, known by its key already."""

    key: str
    url: str
    """Absolute URL of that page."""
    entry: Entry
    """What the list gave; its URLs are absolute."""
    tries: int = 0
    """How often the page could not be had or read, and nothing but that page was to blame."""
    asked: int = 0
    """In how many rounds the page was asked for in vain, whoever was to blame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """One document, read: what it says of itself and its entries in document order."""

    title: str = ""
    link: str = ""
    """As written: Atom `link[rel=alternate]`, RSS `link`, JSON Feed `home_page_url`."""
    base: str = ""
    """What `link` is relative to where the document has no address: its xml:base, Atom `link[rel=self]`, JSON Feed
    `feed_url`; absolute or empty."""
    open_bases: bool = False
    """Whether the format does not say what URLs in the HTML of entries are relative to: RSS and JSON Feed do not, Atom
    does (RFC 4287 §2)."""
    feed_id: str = ""
    icon: str = ""
    lang: str = ""
    authors: tuple[Person, ...] = ()
    hints: Hints = field(default_factory=Hints)
    entries: tuple[Entry, ...] = ()
    numbers: tuple[int, ...] = ()
    """Where each entry stands in the document, from 1, if some of those before it were left out; else empty."""
    problems: tuple[Problem, ...] = ()
    truncated: str = ""
    """Why we believe that the document ends too early; empty if it is whole."""
    damaged: bool = False
    """Whether something is missing within a document that came to its end; one of the `problems` says what."""
    next: str = ""
    """Absolute URL of the next page of the list, where one was declared."""
