"""Records and their texts become posts; sources become origins."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.model import Enclosure, FetchState, Person, Record, Source
from aggregator.steps.publishing import compose

WHEN = datetime(2025, 2, 13, tzinfo=UTC)
ORIGIN = compose.origin("a", None, None, authority="localhost,2026")


def record(**changes) -> Record:
    fields = {"key": "0" * 16, "source": "a", "path": "a.md", "title": "index", "link": "", "url": ""}
    times = {"entry_id": "urn:x:1", "published": WHEN, "updated": WHEN, "first_seen": WHEN}
    return Record(**{**fields, **times, **changes})


def post(html: str = "<p>x</p>", *, content: str = "full", **changes):
    return compose.post(record(**changes), html, origin=ORIGIN, tags=(), content=content)


def test_a_post_is_what_the_index_says_around_the_text():
    found = post(title="t\n", link="https://example.org/a", lang="de", summary="s", authors=(Person(name=" A\n"),))
    assert (found.title, found.link, found.lang, found.html) == ("t", "https://example.org/a", "de", "<p>x</p>")
    assert (found.id, found.published, found.authors) == ("urn:x:1", WHEN, (Person(name="A"),))


@pytest.mark.parametrize(
    ("content", "expected"), [("full", ("s", "<p>x</p>")), ("summary", ("s", "")), ("link", ("", ""))]
)
def test_a_source_decides_how_much_of_the_text_is_published(content, expected):
    found = post(summary="s", content=content)
    assert (found.summary, found.html) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"summary": "words " * 40}, "words " * 13 + "w…"),
        ({"link": "https://example.org/a"}, "https://example.org/a"),
        ({}, "0" * 16),
    ],
)
def test_the_title_is_never_empty(fields, expected):
    assert post(**{"title": " ", **fields}).title == expected


def test_controls_never_get_through():
    nasty = "a\x00b\ud800c\ufffe\u202ed"
    found = post(title=nasty, summary=nasty)
    assert (found.title, found.summary) == ("abcd", "abcd")


def test_only_web_addresses_are_published():
    found = post(
        link="javascript:alert(1)",
        thumbnail="data:image/png;base64,AA",
        enclosures=(Enclosure(href="file:///etc/passwd"), Enclosure(href="https://例子.example/图?a[]=1")),
    )
    assert (found.link, found.thumbnail) == ("", "")
    assert [one.href for one in found.enclosures] == ["https://xn--fsqu00a.example/%E5%9B%BE?a%5B%5D=1"]


@pytest.mark.parametrize(
    ("iri", "expected"),
    [
        ("https://例子.example/图", "https://例子.example/图"),
        ("http://[::1]:80/a[1]?b[]", "http://[::1]:80/a%5B1%5D?b%5B%5D"),
        ("http://example.org?a[]=1", "http://example.org?a%5B%5D=1"),
        ("urn:x:[1]", "urn:x:%5B1%5D"),
    ],
)
def test_ids_stay_as_they_are_but_for_brackets_that_no_iri_may_have(iri, expected):
    assert compose.entry_id(iri) == expected


def test_an_origin_is_the_upstream_feed():
    source = Source(id="a", url="https://user:pass@a.example.org/feed")
    state = FetchState(source="a", title="A\n daily", link="https://a.example.org/", feed_id="urn:isbn:1", icon="x")
    found = compose.origin("a", source, state, authority="localhost,2026")
    assert (found.id, found.title, found.link) == ("urn:isbn:1", "A daily", "https://a.example.org/")
    assert (found.feed_url, found.icon) == ("https://a.example.org/feed", "")


@pytest.mark.parametrize(
    ("source", "state", "expected"),
    [
        (Source(id="a", url="https://a.example.org/f", title="T"), None, ("https://a.example.org/f", "T")),
        (Source(id="a", path="/x"), FetchState(source="a", feed_id="no iri"), ("tag:h,2026:source/a", "a")),
        (None, None, ("tag:h,2026:source/a", "a")),
    ],
)
def test_an_origin_falls_back_to_url_and_id(source, state, expected):
    found = compose.origin("a", source, state, authority="h,2026")
    assert (found.id, found.title) == expected


@pytest.mark.parametrize(
    ("feed_id", "expected"),
    [
        ("HTTPS://A.Example.org", "https://a.example.org/"),
        ("https://a.example.org?x=%e4%Bd", "https://a.example.org/?x=%E4%BD"),
        ("urn:isbn:0451450523", "urn:isbn:0451450523"),
        ("urn:X:Y", "tag:h,2026:source/a"),
    ],
)
def test_an_origins_id_is_normalised(feed_id, expected):
    state = FetchState(source="a", feed_id=feed_id)
    assert compose.origin("a", None, state, authority="h,2026").id == expected


def test_ids_of_feeds_and_of_items_per_feed_are_ascii():
    assert compose.feed_id("h,2026", "tags/苹果") == "tag:h,2026:feed/tags/%E8%8B%B9%E6%9E%9C"
    assert compose.item_id("h,2026", "0" * 16, "all") == f"tag:h,2026:item/{'0' * 16}/all"
    assert compose.origin("苹/果", None, None, authority="h,2026").id == "tag:h,2026:source/%E8%8B%B9%2F%E6%9E%9C"


@pytest.mark.parametrize(("source_id", "expected"), [("qq", "qq"), ("BBC-News", "BBC-News"), ("华尔街", "华尔街")])
def test_a_sources_feed_is_named_like_the_source(source_id, expected):
    assert compose.source_path(source_id) == f"sources/{expected}"


def test_a_sources_feed_never_leaves_its_folder():
    for nasty in ("../../etc/passwd", ".hidden", "a/b", "", "My Source"):
        path = compose.source_path(nasty)
        assert path.startswith("sources/")
        assert path.count("/") == 1
        assert path.removeprefix("sources/").strip(". ")


@pytest.mark.parametrize(
    ("url", "expected"), [("/etc/feed.xml", ""), ("https://u:p@h.example/x@y", "https://h.example/x@y")]
)
def test_public_addresses_have_no_password(url, expected):
    assert compose.public(url) == expected
