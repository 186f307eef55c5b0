"""The oracle: entries that feedgen writes, with an extension for what it lacks."""

from __future__ import annotations

import html

from feedgen.ext.base import BaseEntryExtension
from feedgen.feed import FeedGenerator
from lxml.etree import SubElement

from aggregator.outputs import atom
from aggregator.steps import urls

MEDIA = "{http://search.yahoo.com/mrss/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class Extension(BaseEntryExtension):  # type: ignore[misc]
    """Completes one entry; `post` and `lang` are set before rendering."""

    def extend_atom(self, entry):
        post = self.post
        if post.lang != self.lang and atom._LANGUAGE.fullmatch(post.lang):
            entry.set(LANG, post.lang)
        for name in ("title", "summary"):
            construct(entry.find(name))
        for element, link in zip(entry.iterfind("link"), atom._links(post), strict=True):
            element.attrib.update(link)  # feedgen writes the href only
        if post.thumbnail:
            url = urls.iri_to_uri(post.thumbnail)
            SubElement(entry, f"{MEDIA}thumbnail", url=url)
            SubElement(entry, f"{MEDIA}content", url=url, medium="image")
        source(entry, post)
        return entry


def construct(element) -> None:
    if element is not None and atom._MARKUP.search(element.text):
        element.set("type", "html")
        element.text = atom._markup(element.text)


def source(entry, post) -> None:
    element = SubElement(entry, "source")
    for name, text in (("id", post.origin.id), ("title", post.origin.title), ("updated", post.updated.isoformat())):
        SubElement(element, name).text = text
    construct(element.find("title"))
    for rel, url in (("alternate", post.origin.link), ("self", post.origin.feed_url)):
        if url:
            SubElement(element, "link", rel=rel, href=urls.iri_to_uri(url))
    if post.origin.icon:
        SubElement(element, "icon").text = urls.iri_to_uri(post.origin.icon)


def entries(feed) -> bytes:
    """Return the entries of the document that feedgen writes for the feed, one right after the other."""
    generator = FeedGenerator()
    generator.register_extension("tagwire", atom._FeedExtension, Extension)
    generator.tagwire.feed = feed
    generator.id("x")
    generator.title("x")
    generator.updated(feed.updated)
    for post in feed.posts:
        add(generator, post, feed)
    document: bytes = generator.atom_str()
    return document[document.index(b"<entry") : document.rindex(b"</feed>")]


def add(generator, post, feed) -> None:
    entry = generator.add_entry(order="append")
    entry.tagwire.post, entry.tagwire.lang = post, feed.lang
    title = post.title or post.summary or post.link or post.key
    entry.id(post.id)
    entry.title(title)
    entry.published(post.published)
    entry.updated(post.updated)
    entry.author(atom._people(post))
    summary = post.summary or ("" if post.html else title)
    if summary:
        entry.summary(summary, type="text")
    if post.html or not post.link:
        entry.content(atom._portable(post.html or html.escape(summary, quote=False)), type="html")
    entry.link(atom._links(post))
    entry.category(atom._categories(post.tags, feed.home))
