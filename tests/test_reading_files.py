"""Feed files on this machine: relative URLs follow what the document says of itself, and none is lost silently."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from aggregator.model import Document, Source
from aggregator.reading import Job, Reading, pack, read, unpack, work

PATH = "/srv/feeds/blog.xml"
ENTRY = (
    '<entry><id>urn:a:1</id><title>One</title><updated>2025-03-02T09:30:00Z</updated><link href="one.html"/>'
    '<link rel="enclosure" type="audio/mpeg" href="one.mp3"/>'
    '<content type="html">&lt;p&gt;See &lt;a href="two.html"&gt;two&lt;/a&gt; &lt;img src="/pic.jpg"&gt;&lt;/p&gt;'
    "</content></entry>"
)
ITEM = {"id": "1", "title": "One", "content_html": '<p><img src="in.jpg"></p>', "image": "top.jpg"}


def of_file(body: str, path: str = PATH) -> Reading:
    source = Source(id="blog", path=path)
    document = Document(name=path, body=body.encode(), media_type="")
    now = datetime(2025, 6, 1, tzinfo=UTC)
    return read(Job(source=source, documents=(document,), url=path, now=now, zone="UTC", authority="localhost,2026"))


def atom(inside: str = "", attributes: str = "") -> Reading:
    return of_file(
        f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><id>urn:a</id><title>A</title>'
        f"<updated>2025-03-02T09:30:00Z</updated>{inside}{ENTRY}</feed>"
    )


def rss(inside: str) -> Reading:
    return of_file(
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>A</title>'
        f'{inside}<item><title>One</title><link>one.html</link><enclosure url="one.mp3" type="audio/mpeg" length="1"/>'
        '<description>&lt;a href="two.html"&gt;two&lt;/a&gt; &lt;img src="/pic.jpg"&gt;</description>'
        "</item></channel></rss>"
    )


HOME = "https://blog.example.org/"
DEEP = "https://blog.example.org/deep/"


@pytest.mark.parametrize(
    ("found", "base"),
    [
        (atom(attributes=f'xml:base="{DEEP}"'), DEEP),
        (atom('<link href="https://elsewhere.example.com/"/>', f'xml:base="{DEEP}"'), DEEP),
        (atom('<link href="/"/>', f'xml:base="{DEEP}"'), DEEP),
        (atom(f'<link rel="self" href="{DEEP}feed.xml"/>'), DEEP),
        (atom(f'<link rel="self" href="{DEEP}feed.xml"/><link href="/"/>'), HOME),
        (atom(f'<link href="{DEEP}"/>'), DEEP),
        (rss(f"<link>{DEEP}</link>"), DEEP),
        (rss(f'<atom:link rel="self" href="{DEEP}feed.xml"/>'), DEEP),
        (rss(f'<atom:link rel="self" href="{DEEP}feed.xml"/><link>/</link>'), HOME),
    ],
)
def test_relative_urls_follow_the_documents_own_base(found: Reading, base: str) -> None:
    (made,) = found.items
    assert made.link == f"{base}one.html"
    assert made.thumbnail == "https://blog.example.org/pic.jpg"
    assert [one.href for one in made.enclosures] == [f"{base}one.mp3"]
    assert f"[two]({base}two.html)" in made.body
    assert not found.problems


@pytest.mark.parametrize("found", [atom(), rss(""), atom('<link href="/"/>', 'xml:base="file:///srv/feeds/"')])
def test_what_has_no_base_is_told(found: Reading) -> None:
    (problem,) = found.problems
    assert str(problem) == (
        f"{PATH}: 4 relative URLs lost, 'one.html' in entry 1 first: nothing says what it is relative to; "
        "xml:base or an absolute link of the feed would"
    )
    assert "two" in found.items[0].body, "the text stays"


def test_the_home_of_a_feed_is_absolute_too() -> None:
    found = atom('<link href="/"/><icon>icon.png</icon>', f'xml:base="{DEEP}"')
    assert (found.link, found.icon) == (HOME, f"{HOME}icon.png")


def json_feed(item: dict[str, str], **feed: str) -> Reading:
    shape = {"version": "https://jsonfeed.org/version/1.1", "title": "A", **feed, "items": [ITEM | item]}
    return of_file(json.dumps(shape), "/srv/feeds/blog.json")


@pytest.mark.parametrize(
    "found",
    [
        json_feed({"url": f"{DEEP}one.html"}),
        json_feed({"url": "one.html"}, feed_url=f"{DEEP}feed.json"),
        json_feed({"url": "one.html"}, home_page_url=DEEP),
        json_feed({"url": "one.html"}, feed_url=f"{HOME}feed.json", home_page_url="/deep/"),
    ],
)
def test_a_json_feed_file_resolves_by_the_feed_else_by_the_item(found: Reading) -> None:
    (made,) = found.items
    assert (made.link, made.thumbnail) == (f"{DEEP}one.html", f"{DEEP}top.jpg")
    assert f"![]({DEEP}in.jpg)" in made.body
    assert not found.problems


def test_a_json_feed_file_that_says_nothing_is_told() -> None:
    assert "2 relative URLs lost, 'top.jpg' in entry 1 first" in str(json_feed({}).problems[0])
    assert "one relative URL lost, 'in.jpg'" in str(json_feed({"image": "https://example.org/a.jpg"}).problems[0])


def test_what_is_no_relative_url_is_not_told() -> None:
    found = json_feed({"image": "", "content_html": '<a href="#note">1</a> <a href="MAILTO:a@example.org">m</a>'})
    assert not found.problems


def test_a_long_url_is_told_shortened() -> None:
    assert "a" * 80 + "…" in str(json_feed({"image": "a" * 200}).problems[0])


def test_a_number_of_any_length_in_a_file_stops_no_other_of_its_folder() -> None:
    """What a worker answers holds numbers of 64 bits; `9…9` in a file may be an id of somebody else's."""
    long = "9" * 30
    texts = (
        f"id: {long}\nenclosures: [{{url: 'https://a.example/b', length: {long}}}]",
        "more: [-0x" + "f" * 20 + "]",
        "",
    )
    documents = tuple(
        Document(name=f"{number}.md", body=f"---\ntitle: T{number}\n{more}\n---\n".encode(), media_type="text/markdown")
        for number, more in enumerate(texts)
    )
    now = datetime(2025, 6, 1, tzinfo=UTC)
    source = Source(id="own", kind="folder", path="/srv/own")
    job = Job(source=source, documents=documents, url="/srv/own", now=now, zone="UTC", authority="localhost,2026")
    first, *others = unpack(work(pack(job))).items
    assert (dict(first.extra)["id"], first.enclosures[0].length) == (long, 0)
    assert [item.title for item in others] == ["T1", "T2"]
