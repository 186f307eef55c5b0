"""Titles of which nobody says whether they are HTML: one rule for RSS, RDF and APIs, whichever way they are read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import pytest

from aggregator import parsers
from aggregator.model import Declaration, Document, Parsed, Person, Source
from aggregator.steps import tag, titles
from aggregator.steps.normalize import Context, normalize
from aggregator.steps.syndication import fastxml

TABLE = {
    "<b>Bold</b>": "Bold",
    "AT&amp;T": "AT&T",
    "AT&T": "AT&T",
    "a < b": "a < b",
    "a<b &amp; c": "a<b & c",
    "x<y &amp; z": "x<y & z",
    "Vec<T> &amp; Box<a>": "Vec<T> & Box<a>",
    "The <b> tag": "The <b> tag",
    "Use &lt;b&gt; here": "Use <b> here",
    "Use &lt;b&gt; and <i>more</i>": "Use <b> and more",
    "one<br/>two<BR>three": "one two three",
    'a <img src="x.gif"> b': "a b",
    "an <img> without source": "an <img> without source",
    "<a href='x'>link</a>, <font color=red>red</font>": "link, red",
    "<p>one</p><p>two</p>": "one two",
    "<foo>x</foo> &amp; y": "<foo>x</foo> & y",
    "<script>alert(1)</script>x": "<script>alert(1)</script>x",
    "It&#8217;s &apos;so&apos; &hellip;": "It’s 'so' …",
    "&copy; &nosuch; &hellip &;": "© &nosuch; &hellip &;",
    "&amp;amp;": "&amp;",
    "<<三体>>": "<<三体>>",
    "《<em>甲</em>》&nbsp;乙": "《甲》 乙",
    "</b> alone": "</b> alone",
}
"""What a title says once its document was read → the title."""
CONTEXT = Context(zone=ZoneInfo("UTC"), now=datetime(2025, 6, 1, tzinfo=UTC), tagger=tag.compile(()))
ADDRESS = "https://example.org/feed"
BROKEN = "<x>&nbsp;<y></x>"


def read(body: str, declared: Declaration | None = None) -> Parsed:
    document = Document(name=ADDRESS, body=body.encode(), declared=declared)
    return parsers.choose(document).parse(document)


def title_of(parsed: Parsed) -> str:
    return normalize(parsed.entries[0], "k" * 16, Source(id="s", url=ADDRESS), parsed, CONTEXT, ADDRESS).title


def rss(title: str, besides: str = "") -> str:
    return (
        f"<rss version='2.0'><channel><title>{title}</title><link>https://example.org/</link>{besides}"
        f"<item><title>{title}</title><link>https://example.org/1</link></item></channel></rss>"
    )


def rdf(title: str) -> str:
    return (
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
        f"<channel rdf:about='x'><title>{title}</title></channel>"
        f"<item rdf:about='https://example.org/1'><title>{title}</title></item></rdf:RDF>"
    )


@pytest.mark.parametrize(("written", "expected"), TABLE.items())
def test_the_rule(written: str, expected: str) -> None:
    assert " ".join(titles.of_line(written).split()) == expected


@pytest.mark.parametrize(("written", "expected"), TABLE.items())
def test_every_reader_of_rss_has_it(written: str, expected: str) -> None:
    quoted, raw = escape(written), f"<![CDATA[{written}]]>"
    assert fastxml.read(rss(quoted).encode()), "the fast road"
    assert fastxml.read(rss(quoted, BROKEN).encode()) is None, "feedparser's loose road"
    for body in (rss(quoted), rss(raw), rss(quoted, BROKEN), rss(raw, BROKEN), rdf(quoted), rdf(raw)):
        assert title_of(read(body)) == expected, body
        assert " ".join(read(body).title.split()) == expected, "the feed's own title"


@pytest.mark.parametrize(("written", "expected"), TABLE.items())
def test_titles_of_apis_have_it(written: str, expected: str) -> None:
    declared = Declaration(kind="json", each="data", fields=(("id", "id"), ("title", "t")))
    assert title_of(read(json.dumps({"data": [{"id": 1, "t": written}]}), declared)) == expected


def test_markup_in_a_title_of_rss_is_what_it_is() -> None:
    assert title_of(read(rss("Foo <b>bar</b> AT&amp;T"))) == "Foo bar AT&T"


def test_names_and_categories_of_apis_have_it_and_their_addresses_do_not() -> None:
    fields = (("id", "id"), ("title", "id"), ("author", "by"), ("tags", "tags"), ("image", "img"))
    declared = Declaration(kind="json", each="data", fields=fields)
    row = {"id": "1", "by": ["Tom &amp; <i>Jerry</i>"], "tags": ["R&amp;D"], "img": "https://example.org/?a=1&amp;b=2"}
    (entry,) = read(json.dumps({"data": [row]}), declared).entries
    assert entry.authors == (Person(name="Tom & Jerry"),)
    assert entry.categories == ("R&D",)
    assert entry.image == "https://example.org/?a=1&amp;b=2"


def test_names_and_categories_of_rss_have_it() -> None:
    besides = "<category>R&amp;amp;D</category><author>a@example.org (Tom &amp;amp; Jerry)</author>"
    (entry,) = read(rss("T").replace("</item>", f"{besides}</item>")).entries
    assert entry.categories == ("R&D",)
    assert entry.authors == (Person(name="Tom & Jerry", email="a@example.org"),)


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        ("text", "AT&amp;T <b>x</b>", "AT&amp;T <b>x</b>"),
        ("html", "AT&amp;T <b>x</b><br>y", "AT&T x y"),
        ("html", "<p>one</p><p>two</p>", "one two"),
    ],
)
def test_atom_says_what_its_titles_are_and_is_believed(kind: str, written: str, expected: str) -> None:
    title = f'<title type="{kind}">{escape(written)}</title>'
    entry = f"<entry><id>urn:a:1</id>{title}<updated>2025-03-02T09:30:00Z</updated></entry>"
    parsed = read(f'<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:a</id>{title}{entry}</feed>')
    assert title_of(parsed) == expected
    assert " ".join(parsed.title.split()) == expected


def test_json_feed_says_that_its_titles_are_text() -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "AT&amp;T <b>x</b>"}]}
    assert title_of(read(json.dumps(feed))) == "AT&amp;T <b>x</b>"
