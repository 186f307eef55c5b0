"""Atom 1.0 (RFC 4287) by feedgen, with what feedgen cannot write: complete `atom:source`, `xml:lang`, media.

Each post is rendered once per process, cut out of a feed that feedgen writes, and spliced into others: the bytes are
those that feedgen would have written for the whole feed. This module does not clean text: posts come cleaned.
"""

from __future__ import annotations

import html
import re
from functools import partial
from typing import TYPE_CHECKING, Final

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml.etree import SubElement

from aggregator import __version__
from aggregator.steps import splice, urls
from aggregator.steps.keep import Newest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lxml.etree import _Element

    from aggregator.model import Feed, Origin, Person, Post

FORMAT = "atom"
SUFFIX = ".xml"

_MEDIA_NS: Final = "http://search.yahoo.com/mrss/"
_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_STYLESHEET: Final = b'<?xml-stylesheet type="text/css" href="%sfeed.css"?>\n'
_END: Final = b"</feed>"
_ENTRY: Final = b"<entry"
_BATCH: Final = 32
"""Posts rendered together: a feed of its own for each would cost as much as the post."""
_fragments: Final = Newest[bytes](len)

_MARKUP = re.compile(r"</?[A-Za-z]|&(?:#|[A-Za-z]{2}|\w*[\d_])|[\ufffd\x85]|[ÂÃ][\x80-\xbf]")
_SUSPECT = re.compile(r"\ufffd|(?<=[ÂÃ])[\x80-\xbf]")
_TAG = re.compile(r"<[^>]*>?")
_EMAIL = re.compile(r"[A-Za-z0-9_.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def render(feed: Feed, *, limit: int = 0) -> bytes:
    """Return the Atom document; a `limit` in bytes drops the oldest posts, but never the newest one."""
    return splice.fit(_head(feed), _entries(feed), b"\n" + _END + b"\n", separator=b"\n", limit=limit)


class _FeedExtension(BaseExtension):  # type: ignore[misc]
    """Declares the media namespace and marks texts that look like markup."""

    def extend_ns(self) -> Mapping[str, str]:
        return {"media": _MEDIA_NS}

    def extend_atom(self, feed: _Element) -> _Element:
        for name in ("title", "subtitle"):
            _construct(feed.find(name))
        return feed


class _EntryExtension(BaseEntryExtension):  # type: ignore[misc]
    """Adds what feedgen lacks to one entry; `post` and `lang` are set before rendering."""

    post: Post
    lang: str

    def extend_atom(self, entry: _Element) -> _Element:
        post = self.post
        if post.lang != self.lang and _LANGUAGE.fullmatch(post.lang):
            entry.set(_XML_LANG, post.lang)
        for name in ("title", "summary"):
            _construct(entry.find(name))
        for element, link in zip(entry.iterfind("link"), _links(post), strict=True):
            element.attrib.update(link)  # feedgen writes the href only
        if post.thumbnail:
            url = urls.iri_to_uri(post.thumbnail)
            SubElement(entry, f"{{{_MEDIA_NS}}}thumbnail", url=url)
            SubElement(entry, f"{{{_MEDIA_NS}}}content", url=url, medium="image")
        _source(entry, post.origin, post.updated.isoformat())
        return entry


def _construct(element: _Element | None) -> None:
    """Make a text construct HTML (RFC 4287 §3.1.1.2) if readers that ignore `type` would take it for markup."""
    if element is not None and _MARKUP.search(element.text):
        element.set("type", "html")
        element.text = _portable(html.escape(element.text, quote=False))


def _portable(markup: str) -> str:
    """HTML that means the same, with references for what validators take for our encoding being broken.

    It is the upstream's that was: U+FFFD, and UTF-8 that was read as Latin-1 before it came to us.
    """
    return _SUSPECT.sub(lambda match: f"&#{ord(match[0])};", markup.replace("\x85", "\n"))


def _source(entry: _Element, origin: Origin, updated: str) -> None:
    """Append `atom:source` (RFC 4287 §4.2.11); its `updated` is the entry's, since the feed's own would churn."""
    source = SubElement(entry, "source")
    SubElement(source, "id").text = origin.id
    title = SubElement(source, "title")
    title.text = origin.title
    _construct(title)
    SubElement(source, "updated").text = updated
    if origin.link:
        SubElement(source, "link", rel="alternate", href=urls.iri_to_uri(origin.link))
    if origin.feed_url:
        SubElement(source, "link", rel="self", href=urls.iri_to_uri(origin.feed_url))
    if origin.icon:
        SubElement(source, "icon").text = urls.iri_to_uri(origin.icon)


def _head(feed: Feed) -> bytes:
    """The document up to its first entry, with the stylesheet (RFC 3023 §8.1, xml-stylesheet)."""
    generator = _generator(feed.lang)
    generator.id(feed.id)
    generator.title(feed.title)
    generator.updated(feed.updated)
    generator.author(name=_plain(feed.author) or _plain(feed.title) or "tagwire")
    generator.subtitle(feed.subtitle or None)
    generator.generator("tagwire", version=__version__)
    generator.link(rel="self", type="application/atom+xml", href=splice.address(feed, SUFFIX))
    for url, media_type in splice.twins(feed, but=FORMAT):
        generator.link(rel="alternate", type=media_type, href=url)
    if feed.hub:
        generator.link(rel="hub", href=urls.iri_to_uri(feed.hub))
    document: bytes = generator.atom_str()
    declaration, _, rest = document.partition(b"\n")
    stylesheet = _STYLESHEET % splice.up(feed.path).encode()
    return b"%s\n%s%s\n" % (declaration, stylesheet, rest.removesuffix(_END))


def _generator(lang: str) -> FeedGenerator:
    generator = FeedGenerator()
    generator.register_extension("tagwire", _FeedExtension, _EntryExtension)
    if _LANGUAGE.fullmatch(lang):
        generator.language(lang)
    return generator


def _entries(feed: Feed) -> Iterator[bytes]:
    """Give each post's `<entry>`; those that are not remembered are rendered a few at a time."""
    for start in range(0, len(feed.posts), _BATCH):
        batch = feed.posts[start : start + _BATCH]
        keys = [(post, feed.lang, feed.home) for post in batch]
        missing = [post for post, key in zip(batch, keys, strict=True) if key not in _fragments]
        fresh = dict(zip(missing, _render(missing, feed), strict=True)) if missing else {}
        for post, key in zip(batch, keys, strict=True):
            yield _fragments.get(key, post.published, partial(fresh.__getitem__, post))


def _render(posts: list[Post], feed: Feed) -> list[bytes]:
    """The `<entry>`s of the feed that feedgen writes with these posts; text in them is escaped, so they can be told."""
    generator = _generator(feed.lang)
    generator.id("urn:entries")
    generator.title("entries")
    generator.updated(feed.updated)
    for post in posts:
        _add(generator, post, lang=feed.lang, home=feed.home)
    document: bytes = generator.atom_str()
    _, *entries = document[: document.rindex(_END)].split(_ENTRY)
    return [_ENTRY + entry for entry in entries]


def _add(generator: FeedGenerator, post: Post, *, lang: str, home: str) -> None:
    """Append the post to feedgen's feed; an entry without content gets a summary, so that it is never blank."""
    entry = generator.add_entry(order="append")
    entry.tagwire.post, entry.tagwire.lang = post, lang
    title = post.title or post.summary or post.link or post.key
    entry.id(post.id)
    entry.title(title)
    entry.published(post.published)
    entry.updated(post.updated)
    entry.author(_people(post))
    summary = post.summary or ("" if post.html else title)
    if summary:
        entry.summary(summary, type="text")
    if post.html or not post.link:
        entry.content(_portable(post.html or html.escape(summary, quote=False)), type="html")
    entry.link(_links(post))
    scheme = home + "tags/"
    entry.category([{"term": tag.slug, "scheme": scheme, "label": _plain(tag.label) or tag.slug} for tag in post.tags])


def _links(post: Post) -> list[dict[str, str]]:
    links = [{"href": post.link, "rel": "alternate", "type": "text/html"}] if post.link else []
    for enclosure in post.enclosures:
        link = {"href": enclosure.href, "rel": "enclosure"}
        if _MEDIA_TYPE.fullmatch(enclosure.media_type):
            link["type"] = enclosure.media_type
        if enclosure.length > 0:
            link["length"] = str(enclosure.length)
        links.append(link)
    return [{**link, "href": urls.iri_to_uri(link["href"])} for link in links]


def _people(post: Post) -> list[dict[str, str]]:
    people = [_person(person) for person in post.authors]
    named = [person for person in people if person["name"]]
    return named or [{"name": _plain(post.origin.title) or post.origin.id}]


def _person(person: Person) -> dict[str, str]:
    found = {"name": _plain(person.name) or person.email.partition("@")[0]}
    if _EMAIL.fullmatch(person.email):
        found["email"] = person.email
    if urls.is_web(person.uri):
        found["uri"] = urls.iri_to_uri(person.uri)
    return found


def _plain(text: str) -> str:
    """Names have no type in Atom, so what looks like markup in them is read as HTML, and its tags are dropped."""
    if not _MARKUP.search(text):
        return text
    return _TAG.sub("", html.unescape(text)).replace("\ufffd", "?").replace("\x85", " ").strip()
