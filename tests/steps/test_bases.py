"""What the relative URLs of an entry are relative to: its fields, its HTML, and references within the text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

import msgspec
import pytest

from aggregator import parsers, reading
from aggregator.model import Declaration, Detail, Document, Item, Source
from aggregator.steps import normalize, tag

FEED = "https://town.example/feeds/new.xml"
HTML = '<p>a<a href="#n:1">1</a> <img src="pic.png"> <a href="../b/">b</a> <a href="/c">c</a></p>'
CONTEXT = normalize.Context(zone=ZoneInfo("UTC"), now=datetime(2026, 3, 1, tzinfo=UTC), tagger=tag.compile(()))


def rss(link: str, *, home: str = "https://town.example/", guid: str = "", base: str = "", html: str = HTML) -> bytes:
    """An RSS feed of one item with relative URLs in its fields, too."""
    xml_base = f" xml:base={quoteattr(base)}" if base else ""
    named = f"<guid>{escape(guid)}</guid>" if guid else ""
    picture = '<enclosure url="s/1.mp3" type="audio/mpeg" length="1"/><media:thumbnail url="t.png"/>'
    return (
        f'<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>T</title><link>{home}</link>'
        f"<item><title>One</title><link>{link}</link>{named}{picture}"
        f"<description{xml_base}>{escape(html)}</description></item></channel></rss>"
    ).encode()


def atom(link: str, *, home: str = "https://town.example/", base: str = "") -> bytes:
    """An Atom feed of one entry."""
    xml_base = f" xml:base={quoteattr(base)}" if base else ""
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><link href="{home}"/><entry><title>One</title>'
        f'<id>urn:x:1</id><link href="{link}"/><content type="html"{xml_base}>{escape(HTML)}</content></entry></feed>'
    ).encode()


def json(link: str, home: str = "https://town.example/") -> bytes:
    """A JSON Feed of one item."""
    one = {"id": "1", "url": link, "title": "One", "content_html": HTML, "image": "t.png"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "T", "home_page_url": home, "items": [one]}
    return msgspec.json.encode(feed)


def item(body: bytes, url: str = FEED) -> Item:
    """The first item of a document that was found at `url`."""
    document = Document(name=url, body=body)
    parsed = parsers.choose(document).parse(document)
    return normalize.normalize(parsed.entries[0], "k" * 16, Source(id="s"), parsed, CONTEXT, url)


def body(note: str, inner: str, site: str = "https://town.example") -> str:
    """The Markdown of `HTML`: where the note leads, and what the picture stands in."""
    up = inner.rsplit("/", 2)[0] if inner.count("/") > 3 else inner.rstrip("/")
    return f"a[1]({note}#n:1) ![]({inner}pic.png) [b]({up}/b/) [c]({site}/c)"


POST, HOME = "https://town.example/posts/one/", "https://town.example/"


@pytest.mark.parametrize(
    ("found", "note", "inner"),
    [
        (rss(POST), POST, POST),
        (rss("/posts/one/"), POST, POST),
        (rss(POST, html=HTML.replace('"#n:1"', '" #n:1 "')), POST, POST),
        (rss(POST + "#top"), POST, POST),
        (rss("https://www.town.example/x"), "https://www.town.example/x", "https://www.town.example/"),
        (rss(POST, base="https://town.example/d/"), POST, "https://town.example/d/"),
        (rss(POST, base="https://evil.example/"), POST, POST),
        (rss("https://far.example/p/"), "https://far.example/p/", HOME),
        (rss("https://far.example/p/", guid=POST), POST, POST),
        (rss("https://far.example/p/", guid="https://other.example/1/"), "https://far.example/p/", HOME),
        (rss(""), HOME, HOME),
        (json(POST), POST, POST),
        (json("https://far.example/p/"), "https://far.example/p/", HOME),
        (atom(POST), POST, HOME),
        (atom(POST, base=HOME + "d/"), POST, HOME + "d/"),
        (atom("https://far.example/p/"), "https://far.example/p/", HOME),
    ],
)
def test_html_is_relative_to_the_entrys_own_page_where_the_format_leaves_it_open(
    found: bytes, note: str, inner: str
) -> None:
    site = "https://www.town.example" if "www." in inner else "https://town.example"
    assert item(found).body == body(note, inner, site)


def test_a_feed_of_a_host_for_feeds_belongs_to_the_site_that_it_names() -> None:
    assert item(rss(POST), "https://feeds.example/town").body == body(POST, POST)


def test_a_feed_in_a_file_has_pages_too() -> None:
    assert item(rss(POST), "town.xml").body == body(POST, POST)
    assert item(rss(POST, home=""), "town.xml").body == body(POST, POST)


def test_fields_of_an_entry_belong_to_the_feed() -> None:
    found = item(rss("posts/one/"))
    assert found.link == POST
    assert found.thumbnail == "https://town.example/t.png"
    assert [one.href for one in found.enclosures] == ["https://town.example/s/1.mp3"]
    assert item(json("posts/one/")).thumbnail == "https://town.example/t.png"


@pytest.mark.parametrize(("found", "inner"), [(rss(POST), POST), (json(POST), POST), (atom(POST), HOME)])
def test_an_entry_kept_without_its_page_is_read_as_without_full_text(found: bytes, inner: str) -> None:
    source = Source(id="s", url=FEED, detail=Detail(page=Declaration(kind="auto", key="full_text")))
    document = Document(name=FEED, body=found)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    job = reading.Job(source=source, documents=(document,), url=FEED, now=now, zone="UTC", authority="x.example,2026")
    (wanted,) = reading.read(job).wanted
    (kept,) = reading.read(replace(job, documents=(), wanted=wanted)).items
    assert kept.body == body(POST, inner)
