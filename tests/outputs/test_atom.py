"""Atom: complete, valid, and to the byte what feedgen writes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator import __version__
from aggregator.model import Enclosure, Origin, Person, Post, Tag
from aggregator.model.feed import Also
from aggregator.outputs import atom
from aggregator.steps.publishing import compose
from aggregator.steps.text import clean, one_line
from tests.outputs import feedgen_entries
from tests.properties import woven

NS = {"a": "http://www.w3.org/2005/Atom", "media": "http://search.yahoo.com/mrss/"}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def parse(data: bytes):
    return etree.fromstring(data)


def texts(root, path: str) -> list[str]:
    return [element.text for element in root.findall(path, NS)]


PIECES = ("<b>", "&amp;", "&#1;", "]]>", '"', "'", "\t", "\n", "\x85", "Ã¶", "\ufffd", "字")
TEXTS = woven.texts(PIECES, most=20).map(clean)
LINES = TEXTS.map(one_line)
URLS = LINES.map(lambda text: compose._web(f"https://example.org/{text}"))
ADDRESSES = st.just("") | URLS
INSTANTS = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
POSTS = st.builds(
    Post,
    key=st.just("0" * 16),
    id=URLS,
    title=LINES,
    link=ADDRESSES,
    published=INSTANTS,
    updated=INSTANTS,
    summary=TEXTS,
    html=TEXTS,
    origin=st.builds(Origin, id=URLS, title=LINES, link=ADDRESSES, feed_url=ADDRESSES, icon=ADDRESSES),
    tags=st.lists(st.builds(Tag, label=LINES, slug=LINES.map("t{}".format)), max_size=3).map(tuple),
    authors=st.lists(st.builds(Person, name=LINES, email=LINES, uri=ADDRESSES), max_size=3).map(tuple),
    lang=st.sampled_from(["zh-CN", "en", "", "no language"]),
    thumbnail=ADDRESSES,
    enclosures=st.lists(st.builds(Enclosure, href=URLS, media_type=LINES, length=st.integers(0)), max_size=3).map(
        tuple
    ),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(POSTS, min_size=1, max_size=4))
def test_entries_have_the_bytes_that_feedgen_writes(make_feed, posts):
    data = atom.render(make_feed(*posts))
    written = data[data.index(b"<entry") : data.rindex(b"\n</feed>")].replace(b"</entry>\n<entry", b"</entry><entry")
    assert written == feedgen_entries.entries(make_feed(*posts))


def test_the_root_stands_within_the_first_512_bytes_after_a_stylesheet(make_feed):
    data = atom.render(make_feed(path="tags/a"))
    assert 0 < data.index(b"<feed") < 512
    assert b'<?xml-stylesheet type="text/css" href="../feed.css"?>' in data[:512]
    assert b'href="feed.css"' in atom.render(make_feed(path="all"))[:512]
    assert b"xslt" not in data.lower()
    assert b"text/xsl" not in data


def test_a_feed_says_who_and_where_it_is(make_feed, make_post):
    root = parse(atom.render(make_feed(make_post(), hub="https://hub.example.org/")))
    links = {(link.get("rel"), link.get("type")): link.get("href") for link in root.findall("a:link", NS)}
    home = "http://127.0.0.1:8420/tags/%E8%88%AA%E8%BF%90"
    assert links == {
        ("self", "application/atom+xml"): f"{home}.xml",
        ("alternate", "application/feed+json"): f"{home}.json",
        ("alternate", "text/html"): f"{home}.html",
        ("hub", None): "https://hub.example.org/",
    }
    assert texts(root, "a:id") == ["tag:localhost,2026:feed/tags/%E8%88%AA%E8%BF%90"]
    assert texts(root, "a:title") == ["航运 · 港湾"]
    assert texts(root, "a:subtitle") == ["船与海"]
    assert texts(root, "a:author/a:name") == ["港湾编辑部"]
    generator = root.find("a:generator", NS)
    assert (generator.text, dict(generator.attrib)) == ("tagwire", {"version": __version__})
    assert root.get(LANG) == "zh-CN"


def test_links_name_only_formats_that_exist(make_feed):
    root = parse(atom.render(make_feed(formats=("atom",))))
    assert [link.get("rel") for link in root.findall("a:link", NS)] == ["self"]


def test_an_empty_feed_has_no_entry_and_everything_that_atom_demands(make_feed):
    root = parse(atom.render(make_feed(author="", updated=datetime(2000, 1, 1, tzinfo=UTC))))
    assert texts(root, "a:updated") == ["2000-01-01T00:00:00+00:00"]
    assert texts(root, "a:author/a:name") == ["航运 · 港湾"]
    assert root.find("a:entry", NS) is None


def test_every_entry_carries_its_complete_source(make_feed, make_post):
    post = make_post(updated=datetime(2025, 3, 1, tzinfo=UTC))
    post = replace(post, origin=replace(post.origin, icon="https://harbour.example.org/i.png"))
    source = parse(atom.render(make_feed(post))).find("a:entry/a:source", NS)
    assert texts(source, "a:id") == ["tag:localhost,2026:source/harbour"]
    assert texts(source, "a:title") == ["港湾日报"]
    assert texts(source, "a:updated") == ["2025-03-01T00:00:00+00:00"]
    assert texts(source, "a:icon") == ["https://harbour.example.org/i.png"]
    assert [(link.get("rel"), link.get("href")) for link in source.findall("a:link", NS)] == [
        ("alternate", "https://harbour.example.org/"),
        ("self", "https://harbour.example.org/feed.xml"),
    ]


def test_a_source_without_addresses_has_no_links(make_feed, make_post):
    post = make_post()
    bare = replace(post, origin=replace(post.origin, link="", feed_url=""))
    assert parse(atom.render(make_feed(bare))).find("a:entry/a:source/a:link", NS) is None


def test_an_entry_carries_the_whole_post(make_feed, make_post):
    post = make_post(
        thumbnail="https://example.org/图.png",
        enclosures=(
            Enclosure(href="https://example.org/a.mp3", media_type="audio/mpeg", length=1234),
            Enclosure(href="https://example.org/b", media_type="not a type"),
        ),
    )
    entry = parse(atom.render(make_feed(post))).find("a:entry", NS)
    assert texts(entry, "a:published") == texts(entry, "a:updated") == ["2025-02-13T11:47:22+00:00"]
    summary, content = entry.find("a:summary", NS), entry.find("a:content", NS)
    assert (summary.get("type"), summary.text) == ("text", "今天的潮水很高。")
    assert (content.get("type"), content.text) == ("html", "<p>今天的<strong>潮水</strong>很高。</p>")
    assert [dict(link.attrib) for link in entry.findall("a:link", NS)] == [
        {"href": "https://harbour.example.org/0", "rel": "alternate", "type": "text/html"},
        {"href": "https://example.org/a.mp3", "rel": "enclosure", "type": "audio/mpeg", "length": "1234"},
        {"href": "https://example.org/b", "rel": "enclosure"},
    ]
    assert [dict(category.attrib) for category in entry.findall("a:category", NS)] == [
        {"term": "航运", "label": "航运", "scheme": "http://127.0.0.1:8420/tags/"},
        {"term": "open-source", "label": "Open Source", "scheme": "http://127.0.0.1:8420/tags/"},
    ]
    url = "https://example.org/%E5%9B%BE.png"
    assert dict(entry.find("media:thumbnail", NS).attrib) == {"url": url}
    assert dict(entry.find("media:content", NS).attrib) == {"url": url, "medium": "image"}


@pytest.mark.parametrize(
    ("lang", "expected"), [("zh-CN", None), ("en", "en"), ("", None), ("Deutsch (Österreich)", None)]
)
def test_entries_name_their_language_where_it_differs_and_is_one(make_feed, make_post, lang, expected):
    entry = parse(atom.render(make_feed(make_post(lang=lang)))).find("a:entry", NS)
    assert entry.get(LANG) == expected


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        ((), ["港湾日报"]),
        ((Person(email="zhou@example.org"),), ["zhou"]),
        ((Person(name="Tom &amp; <b>Ann</b>"),), ["Tom & Ann"]),
        ((Person(name="\x85<i>"),), ["港湾日报"]),
        ((Person(name="A&#27;n&#x8;&#xFFFE;n&#8238;"),), ["Ann"]),
        ((Person(name="A"), Person(name="B", uri="javascript:alert(1)")), ["A", "B"]),
    ],
)
def test_every_entry_has_an_author_who_falls_back_to_the_source(make_feed, make_post, authors, expected):
    entry = parse(atom.render(make_feed(make_post(authors=authors)))).find("a:entry", NS)
    assert texts(entry, "a:author/a:name") == expected
    assert entry.find("a:author/a:uri", NS) is None


def test_addresses_of_authors_are_written_if_they_are_addresses(make_feed, make_post):
    people = (
        Person(name="A", email="a@example.org", uri="https://a.example.org/"),
        Person(name="B", email="b at home"),
    )
    entry = parse(atom.render(make_feed(make_post(authors=people)))).find("a:entry", NS)
    assert texts(entry, "a:author/a:email") == ["a@example.org"]
    assert texts(entry, "a:author/a:uri") == ["https://a.example.org/"]


@pytest.mark.parametrize(
    "title", ["a <b>bold</b> move", "R &amp; D", "&#39;", "R&1;", "bytes \ufffd lost", "next\x85line", "kÃ¶nnen"]
)
def test_texts_that_look_like_markup_are_written_as_html_that_shows_the_same(make_feed, make_post, title):
    data = atom.render(make_feed(make_post(title=title, summary=title), title=title))
    root = parse(data)
    for path in ("a:title", "a:entry/a:title", "a:entry/a:summary"):
        element = root.find(path, NS)
        assert element.get("type") == "html"
        shown = etree.HTML(f"<body><p>{element.text}</p></body>").find("body/p")
        assert len(shown) == 0
        assert shown.text == title.replace("\x85", "\n")
    assert "\ufffd".encode() not in data


@pytest.mark.parametrize("title", ["AT&T", "1 < 2", "R&D"])
def test_texts_that_nobody_takes_for_markup_stay_text(make_feed, make_post, title):
    element = parse(atom.render(make_feed(make_post(title=title)))).find("a:entry/a:title", NS)
    assert (element.get("type"), element.text) == (None, title)


def test_replacement_characters_in_content_are_references(make_feed, make_post):
    content = parse(atom.render(make_feed(make_post(html="<p>a\ufffdb\x85c</p>")))).find("a:entry/a:content", NS)
    assert content.text == "<p>a&#65533;b\nc</p>"
    broken = parse(atom.render(make_feed(make_post(html="<p>kÃ¶nnen</p>")))).find("a:entry/a:content", NS)
    assert broken.text == "<p>kÃ&#182;nnen</p>"


@pytest.mark.parametrize(
    ("changes", "summary", "content"),
    [
        ({"html": ""}, "今天的潮水很高。", None),
        ({"html": "", "summary": ""}, "第 0 艘船进港", None),
        ({"html": "", "link": "", "summary": "a < b"}, "a < b", "a &lt; b"),
        ({"summary": ""}, None, "<p>今天的<strong>潮水</strong>很高。</p>"),
    ],
)
def test_no_entry_is_blank(make_feed, make_post, changes, summary, content):
    entry = parse(atom.render(make_feed(make_post(**changes)))).find("a:entry", NS)
    assert entry.findtext("a:summary", None, NS) == summary
    assert entry.findtext("a:content", None, NS) == content


def test_a_post_without_title_takes_what_it_has(make_feed, make_post):
    post = make_post(title="", summary="", link="")
    assert texts(parse(atom.render(make_feed(post))), "a:entry/a:title") == [post.key]


def test_tags_are_readable_even_where_labels_are_markup(make_feed, make_post):
    names = ("<details>", "a<b", "Q&amp;A", "AT&T", "R&B", "\ufffd", "&#1;", "</b>", "&lt;b&gt;x&lt;/b&gt;")
    post = make_post(tags=tuple(Tag(label=name, slug=f"t{n}") for n, name in enumerate(names)))
    labels = [c.get("label") for c in parse(atom.render(make_feed(post))).findall("a:entry/a:category", NS)]
    assert labels == ["<details>", "a<b", "Q&A", "AT&T", "R&B", "?", "t6", "<\u2060/b>", "<b>x<\u2060/b>"]


@pytest.mark.parametrize("title", ["Use <b>bold</b>", "&nbsp; and &lt;br> and &#8203;", "a &copy b", "R&D2", "plain"])
def test_titles_of_links_are_shown_as_they_are_and_taken_for_html_by_nobody(make_feed, make_post, title):
    """By the rule of the W3C's validator: no end tag, no reference. What parts them is unseen, and goes when read."""
    also = Also(link="http://b.example/1", title=title, source="S", kind="related")
    (link,) = parse(atom.render(make_feed(make_post(also=(also,))))).findall("a:entry/a:link[@rel='related']", NS)
    shown = link.get("title")
    assert not re.search(r"</(\w+)>|&(?:#|nbsp|lt|copy|\w*\d)", shown)
    assert one_line(shown) == f"S: {title}"


def test_references_to_what_no_xml_can_hold_cost_nobody_the_feed(make_feed, make_post):
    post = make_post(title="a&#1;b", tags=(Tag(label="x&#27;y", slug="xy"),), authors=(Person(name="&#2;"),))
    root = parse(atom.render(make_feed(post, title="t&#3;", author="e&#4;d")))
    assert root.findtext("a:author/a:name", None, NS) == "ed"
    assert root.find("a:entry/a:category", NS).get("label") == "xy"
    assert texts(root, "a:entry/a:author/a:name") == ["港湾日报"]


def test_feedparser_reads_back_what_was_published(make_feed, make_post):
    posts = [make_post(number) for number in range(3)]
    found = feedparser.parse(atom.render(make_feed(*posts)))
    assert not found.bozo
    assert [entry.id for entry in found.entries] == [post.id for post in posts]
    assert [entry.title for entry in found.entries] == [post.title for post in posts]
    assert [entry.link for entry in found.entries] == [post.link for post in posts]
    assert [[tag.label for tag in entry.tags] for entry in found.entries] == [["航运", "Open Source"]] * 3
    assert found.entries[0].source.title == "港湾日报"
