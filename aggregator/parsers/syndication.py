"""RSS 0.9x, 1.0 (RDF) and 2.0, Atom 0.3 and 1.0, by feedparser's handlers (`steps.syndication.feedxml`).

Where it is certain that the result is the same, a faster road is taken (`steps.syndication.fastxml`).

Everything stays as written: links relative, dates unread, HTML unsafe. Plain text where HTML is expected is escaped.
This module decides nothing about what is kept, and reads no more than the newest 1000 entries.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from aggregator.errors import ParseError
from aggregator.model import Enclosure, Entry, Hints, Parsed, Person, Problem
from aggregator.steps import dates, titles
from aggregator.steps.bodies import decode, sniff
from aggregator.steps.html import pictures, plain
from aggregator.steps.syndication import damage, fastxml, feedxml, people

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregator.model import Document

LIMIT = 1000
"""Entries taken of one document."""

_NO_FEEDS = frozenset(("html", "opml", "urlset", "sitemapindex", "svg"))
_FEED_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|rdf|channel)[\s>]", re.IGNORECASE)
_HTML = frozenset(("text/html", "application/xhtml+xml", "html", "xhtml"))
_ENCODED = frozenset(("application/octet-stream",))
"""The type of titles that were base64, which feedparser has decoded (RFC 4287 §4.1.3.3): HTML."""
_TITLES = _HTML | _ENCODED
_ITEM = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_VOID_END = re.compile(r"</(?:area|br|col|embed|hr|img|input|source|track|wbr)>", re.IGNORECASE)
"""End tags that feedparser gives to empty elements of XHTML; HTML reads `</br>` as one more line."""
_SIZE = re.compile(r"[0-9]{1,12}")
_HOUR = re.compile(r"(?:[01]?[0-9]|2[0-4])")
_PERIODS = {"hourly": 3600.0, "daily": 86400.0, "weekly": 604800.0, "monthly": 2592000.0, "yearly": 31536000.0}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def recognizes(document: Document) -> bool:
    """Whether the document is markup that is known to be no other thing, or has a feed's root behind other output."""
    text = sniff.first_text(document.body)
    known = text.startswith("<") and sniff.root(document.body) not in _NO_FEEDS
    return known or _FEED_ROOT.search(text) is not None


def parse(document: Document) -> Parsed:
    """Return feed and entries. Raises `errors.NotAFeed` if there is no feed, `errors.ParseError` if reading fails."""
    if sniff.root(document.body) in _NO_FEEDS:
        raise sniff.not_a_feed(document.name, document.body)
    text = decode.read(document.body, document.charset)
    body = decode.encoded(document.body, text.text)
    return _parsed(_read(body, document.name), body, document, text.problems(document.name))


def _parsed(raw: feedxml.Raw, body: bytes, document: Document, told: tuple[Problem, ...] = ()) -> Parsed:
    """Feed and entries, whichever road the raw feed came by."""
    truncated, damaged = damage.told(raw, body)
    lost = truncated or damaged
    if not raw.version and not raw.entries:
        if lost and _FEED_ROOT.search(sniff.first_text(document.body)):
            return Parsed(truncated=lost)
        raise sniff.not_a_feed(document.name, document.body)
    found = raw.entries[:-1] if raw.cut and lost else raw.entries
    kept, problems = _newest(found, raw, body, document.name)
    feed = raw.feed
    atom = raw.version.startswith("atom")
    return Parsed(
        title=_name(feed, atom=atom),
        link=_text(feed.get("link")),
        base=_own_address(feed),
        open_bases=not atom,
        feed_id=_text(feed.get("id")),
        icon=_text(feed.get("icon") or feed.get("logo") or _href(feed.get("image"))),
        lang=_text(feed.get("language")),
        authors=_people(feed),
        hints=_hints(raw),
        entries=tuple(_entry(entry, atom=atom) for entry in kept),
        problems=told + problems + ((Problem(where=document.name, message=damaged),) if damaged else ()),
        truncated=truncated,
        damaged=bool(damaged),
    )


def _read(body: bytes, name: str) -> feedxml.Raw:
    """The raw feed; reading stops early only where the newest entries come first."""
    try:
        raw = fastxml.read(body, limit=LIMIT) or feedxml.read(body, limit=LIMIT)
        if raw.full and _ascends(raw.entries):
            raw = fastxml.read(body) or feedxml.read(body)
    except ParseError as error:
        error.url = name
        raise
    return raw


def _newest(
    found: list[dict[str, Any]], raw: feedxml.Raw, body: bytes, name: str
) -> tuple[list[dict[str, Any]], tuple[Problem, ...]]:
    """The newest entries in document order, and what to say of the others."""
    total = max(len(_ITEM.findall(body)), len(found)) if raw.full else len(found)
    if total <= LIMIT:
        return found, ()
    kept = found[-LIMIT:] if _ascends(found) else found[:LIMIT]
    return kept, (
        Problem(where=name, message=f"{total - LIMIT} of {total} entries skipped: the newest {LIMIT} are read"),
    )


def _ascends(entries: list[dict[str, Any]]) -> bool:
    """Whether the oldest entry comes first, by the dates of first and last."""
    first, last = (
        dates.parse(_published(entry) or _text(entry.get("updated")), UTC) for entry in (entries[0], entries[-1])
    )
    return first is not None and last is not None and first < last


def _entry(entry: dict[str, Any], *, atom: bool) -> Entry:
    """One entry as it was written."""
    detail = entry.get("title_detail") or {}
    body: dict[str, Any] = max(entry.get("content") or (), key=_rank, default={})
    teaser = entry.get("summary_detail") or {}
    content, summary = _texts(body, teaser, atom=atom)
    return Entry(
        guid=_text(entry.get("id")),
        link=_link(entry),
        title=_title(entry, atom=atom),
        title_is_html=detail.get("type") in (_TITLES if atom else _ENCODED),
        summary=summary,
        content=content,
        base=next((base for part in (body, teaser, detail) if (base := _base(part))), ""),
        published=_published(entry),
        updated=_text(entry.get("updated")),
        authors=_people(entry),
        categories=_categories(entry, atom=atom),
        enclosures=tuple({enclosure.href: enclosure for enclosure in _enclosures(entry)}.values()),
        image=next(filter(pictures.shows, _images(entry)), ""),
        lang=_text(entry.get("language"))
        or next((lang for part in (body, teaser, detail) if (lang := part.get("language"))), ""),
    )


def _rank(part: dict[str, Any]) -> tuple[bool, int]:
    """HTML before plain text, then the longest: `content:encoded` beside `itunes:summary`."""
    return part.get("type") in _HTML, len(part.get("value") or "")


def _texts(body: dict[str, Any], teaser: dict[str, Any], *, atom: bool) -> tuple[str, str]:
    """Content and summary as HTML. In RSS a plain text (`itunes:summary`) never displaces a `description` in HTML."""
    content, summary = _markup(body, atom=atom), _markup(teaser, atom=atom)
    if not atom and (not content or (body.get("type") not in _HTML and teaser.get("type") in _HTML and summary)):
        return summary, ""
    return content, "" if summary == content else summary


def _markup(part: dict[str, Any], *, atom: bool) -> str:
    """A text construct as HTML (RFC 4287 §3.1, §4.1.3); empty if it is neither HTML nor text. RSS's may be plain."""
    value, kind = str(part.get("value") or ""), part.get("type") or ""
    if kind.endswith("xml"):
        return _VOID_END.sub("", value)
    if kind in _HTML:
        return value if atom else plain.guessed(value)
    return plain.to_html(value) if kind.startswith("text") else ""


def _base(part: dict[str, Any]) -> str:
    base = str(part.get("base") or "")
    return base if _WEB.match(base) else ""


def _own_address(feed: dict[str, Any]) -> str:
    """The address that a feed gives for itself: xml:base of its root, as its title has it, else its link to itself."""
    links = (_text(link.get("href")) for link in feed.get("links") or () if link.get("rel") == "self")
    return _base(feed.get("title_detail") or {}) or next((link for link in links if _WEB.match(link)), "")


def _link(entry: dict[str, Any]) -> str:
    """The address of what the entry is about, as written; where there is none, a guid or Atom id that is one."""
    links = [link for link in entry.get("links") or () if link.get("href")]
    link = _text(entry.get("link"))
    if any(link == known["href"].strip() for known in links):
        return link
    alternate = next((_text(known["href"]) for known in links if known.get("rel") == "alternate"), "")
    return alternate or (link if _WEB.match(link) else "")


def _published(entry: dict[str, Any]) -> str:
    """The date as written: RSS `pubDate`, Atom `published`, Atom 0.3 `issued`, `dc:date`, Atom 0.3 `created`."""
    return next((date for key in ("published", "dc_date", "created") if (date := _text(entry.get(key)))), "")


def _people(context: dict[str, Any]) -> tuple[Person, ...]:
    """The authors of an entry or feed, each name once."""
    found: dict[str, Person] = {}
    for author in context.get("authors") or ():
        if "text" in author:
            someone = people.person(_text(author["text"]))
            someone = replace(someone, name=titles.of_line(someone.name)) if someone else None
        else:
            name, email, uri = (_text(author.get(key))[:500] for key in ("name", "email", "href"))
            someone = Person(name=name, email=email, uri=uri) if name or email or uri else None
        if someone:
            found.setdefault(someone.name or someone.email or someone.uri, someone)
    return tuple(found.values())


def _categories(entry: dict[str, Any], *, atom: bool) -> tuple[str, ...]:
    written = (_text(tag.get("label")) or _text(tag.get("term")) for tag in entry.get("tags") or ())
    names = (name if atom else titles.of_line(name) for name in written)
    return tuple(dict.fromkeys(name for name in names if name))


def _enclosures(entry: dict[str, Any]) -> Iterator[Enclosure]:
    """RSS `enclosure`, Atom `link[rel=enclosure]`, and sounds and films of Media RSS."""
    for link in entry.get("links") or ():
        if link.get("rel") == "enclosure" and link.get("href"):
            yield _enclosure(link["href"], link.get("type"), link.get("length"))
    for media in entry.get("media_content") or ():
        if media.get("url") and _kind(media) in {"audio", "video"}:
            yield _enclosure(media["url"], media.get("type"), media.get("filesize"))


def _enclosure(href: str, media_type: str | None, length: str | None) -> Enclosure:
    size = int(length) if length and _SIZE.fullmatch(length) else 0
    return Enclosure(href=href.strip(), media_type=(media_type or "").strip(), length=size)


def _kind(media: dict[str, str]) -> str:
    return pictures.kind(media.get("type") or "", media.get("medium") or "")


def _images(entry: dict[str, Any]) -> Iterator[str]:
    """Addresses of images, the best first."""
    yield from pictures.thumbnails(entry.get("media_thumbnail") or ())
    yield from pictures.prominent(entry.get("media_content") or ())
    if url := _href(entry.get("image")):
        yield url
    for link in entry.get("links") or ():
        if link.get("rel") == "enclosure" and pictures.is_picture(link.get("href") or "", link.get("type") or ""):
            yield _text(link["href"])


def _title(context: dict[str, Any], *, atom: bool) -> str:
    """A title as written; RSS's, which may be text or HTML, as text (`steps.titles`)."""
    title = _text(context.get("title"))
    return title if atom or (context.get("title_detail") or {}).get("type") in _ENCODED else titles.of_line(title)


def _name(feed: dict[str, Any], *, atom: bool) -> str:
    """The feed's title as text."""
    title = _title(feed, atom=atom)
    return titles.of_html(title) if atom and (feed.get("title_detail") or {}).get("type") in _TITLES else title


def _hints(raw: feedxml.Raw) -> Hints:
    """When the feed wants to be asked again; what makes no sense is nothing said."""
    feed = raw.feed
    ttl, frequency = _text(feed.get("ttl")), _text(feed.get("sy_updatefrequency"))
    period = _PERIODS.get(_text(feed.get("sy_updateperiod")).lower())
    if period is None and _SIZE.fullmatch(frequency):
        period = _PERIODS["daily"]  # the default of RSS 1.0's syndication module
    return Hints(
        ttl=float(ttl) * 60 if _SIZE.fullmatch(ttl) and int(ttl) else None,
        period=period / max(1, int(frequency) if _SIZE.fullmatch(frequency) else 1) if period else None,
        base=dates.parse(_text(feed.get("sy_updatebase")), UTC),
        skip_hours=_sorted(int(hour) % 24 for hour in raw.hours if _HOUR.fullmatch(hour)),
        skip_days=tuple(day for day in _DAYS if day in {said.title() for said in raw.days}),
    )


def _sorted(hours: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(hours)))


def _href(image: object) -> str:
    return _text(image.get("href")) if isinstance(image, dict) else ""


def _text(value: object) -> str:
    """The text of an element; elements that feedparser keeps by their attributes have none."""
    return value.strip() if isinstance(value, str) else ""
