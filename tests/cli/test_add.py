"""`tagwire add`: the feed that an address stands for, over real HTTP on loopback."""

from __future__ import annotations

import pytest

from aggregator.config.editing import assumed
from aggregator.workers import Workers

FEED = (
    "<rss version='2.0'><channel><title>{0}</title><link>http://127.0.0.1/</link>"
    "<item><guid>1</guid><title>Old news</title><pubDate>Mon, 03 Mar 2025 01:00:00 GMT</pubDate></item>"
    "<item><guid>2</guid><title>New news</title><pubDate>Tue, 04 Mar 2025 01:00:00 GMT</pubDate></item>"
    "<item><guid>3</guid><title>Newer news</title><pubDate>Wed, 05 Mar 2025 01:00:00 GMT</pubDate></item>"
    "<item><guid>4</guid><title>Oldest news</title><pubDate>Sun, 02 Mar 2025 01:00:00 GMT</pubDate></item>"
    "</channel></rss>"
)
PAGE = """<!DOCTYPE html><html><head><title>Blog</title><base href="/blog/">
<link rel="stylesheet" href="style.css"><link rel="alternate" hreflang="en" href="/en/">
<link rel="alternate" type="application/rss+xml" title="Blog » Comments" href="comments.xml">
<link rel="alternate" type="application/rss+xml" title="Blog" href="rss.xml">
<link rel="alternate" type="application/atom+xml" title="Atom" href="atom.xml">
</head><body>text"""


def sources(site):
    return (site / "config" / "sources.toml").read_text()


def test_a_feed_is_taken_as_it_is_and_its_newest_titles_are_shown(tagwire, web, site):
    url = web.page("/feed", FEED.format("Wires"))
    done = tagwire("add", url, "--id", "w", "--tag", "x")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        f"added w: {url}\n  Wires, 4 entries; found by its address\n  - Newer news\n  - New news\n  - Old news\n"
    )
    assert f'id = "w"\nurl = "{url}"\ntags = ["x"]\n' in sources(site)


def test_a_feed_of_one_entry_has_one_entry(tagwire, web, site):
    url = web.page("/feed", "<rss version='2.0'><channel><title>W</title><item><title>N</title></item></channel></rss>")
    assert tagwire("add", url, "--id", "w").out == f"added w: {url}\n  W, 1 entry; found by its address\n  - N\n"


def test_a_page_names_its_feed_and_the_others_are_told(tagwire, web, monkeypatch):
    """Relative to <base>; feeds of comments come last; only the first that works is fetched; a worker reads."""
    monkeypatch.setattr("aggregator.operations.discovery.Workers", Workers)
    page = web.page("/", PAGE, media_type="text/html")
    feed = web.page("/blog/rss.xml", FEED.format("Blog"))
    added = tagwire("add", page, "--json").json["added"]
    assert [(one["address"], one["found"], one["title"]) for one in added] == [(feed, "a link in the page", "Blog")]
    assert [one["url"] for one in added[0]["others"]] == [web.url("/blog/atom.xml"), web.url("/blog/comments.xml")]
    assert added[0]["newest"] == ["Newer news", "New news", "Old news"]
    assert [visit.path for visit in web.requests] == ["/", "/blog/rss.xml"]


def test_the_link_header_counts_and_what_is_no_feed_is_passed_over(tagwire, web):
    header = (
        '</gone>; rel="alternate"; type="application/rss+xml", </a.json>; rel=alternate; type=application/feed+json'
    )
    page = web.page("/", "<p>Hello", media_type="text/html", headers={"Link": header})
    feed = web.page("/a.json", '{"version":"https://jsonfeed.org/version/1.1","title":"J","items":[{"id":"1","title":"T"}]}',
                    media_type="application/feed+json")  # fmt: skip
    (added,) = tagwire("add", page, "--json").json["added"]
    assert (added["address"], added["found"], added["newest"]) == (feed, "its Link header", ["T"])


def test_common_paths_are_tried_last(tagwire, web):
    page = web.page("/blog/", "<p>Hello", media_type="text/html")
    feed = web.page("/blog/atom.xml", FEED.format("Blog"))
    done = tagwire("add", page)
    assert f"added 127.0.0.1: {feed}\n" in done.out
    assert "found by a common path" in done.out
    assert [visit.path for visit in web.requests] == [
        "/blog/", "/feed", "/blog/feed", "/rss", "/blog/rss", "/atom.xml", "/blog/atom.xml",
    ]  # fmt: skip


def test_a_moved_feed_is_added_where_it_is_now(tagwire, web):
    new = web.page("/new", FEED.format("Moved"))
    old = web.page("/old", status=301, headers={"Location": "/new"})
    (added,) = tagwire("add", old, "--json").json["added"]
    assert added["address"] == new


def test_a_page_without_feed_is_refused_unless_nobody_is_asked(tagwire, web, site):
    page = web.page("/", "<html><p>Hello", media_type="text/html")
    done = tagwire("add", page)
    assert done.code == 2
    assert done.err.startswith(f"tagwire: {page}: ")
    assert "this is an HTML page" in done.err
    assert "it names no feed, and none is where feeds commonly are (--no-discover adds it anyhow)" in done.err
    missing = tagwire("add", web.url("/none"))
    assert missing.code == 2
    assert missing.err == f"tagwire: {web.url('/none')}: 404 Not Found (--no-discover adds it anyhow)\n"
    assert "127.0.0.1" not in sources(site)
    asked = len(web.requests)
    assert tagwire("add", page, "--no-discover", "--id", "p").out == f"added p: {page}\n"
    assert len(web.requests) == asked


def test_pages_that_name_other_pages_or_cannot_be_read_have_no_feed(tagwire, web):
    page = web.page("/", PAGE, media_type="text/html")
    for path in ("/blog/rss.xml", "/blog/atom.xml", "/blog/comments.xml"):
        web.page(path, "<html><p>Not here", media_type="text/html")
    assert "none of the 3 feeds that it names can be read" in tagwire("add", page).err
    empty = web.page("/empty", "<!-- nothing -->", media_type="text/html")
    assert "it names no feed" in tagwire("add", empty).err


def test_a_server_that_says_wait_is_asked_no_more(tagwire, web):
    page = web.page("/", PAGE, media_type="text/html")
    web.page("/blog/rss.xml", status=429, headers={"Retry-After": "60"})
    assert tagwire("add", page).code == 2
    assert web.visits("/blog/atom.xml") == 0


def test_what_does_not_answer_is_added_as_it_is(tagwire, web, site):
    broken = web.page("/feed", status=503)
    done = tagwire("add", broken)
    assert (done.code, done.out) == (0, f"added 127.0.0.1: {broken}\n")
    assert "could not be looked at, it was added as it is: 503 Service Unavailable" in done.err
    dead = "http://127.0.0.1:1/feed"
    assert "connect: " in tagwire("add", dead, "--json").json["added"][0]["note"]
    (site / "config" / "tagwire.toml").write_text("")
    assert "blocked-address: " in tagwire("add", "http://127.0.0.1:2/feed", "--id", "z").err


def test_several_addresses_are_added_each_for_itself(tagwire, web, site):
    one, two = web.page("/1", FEED.format("One")), web.page("/2", FEED.format("Two"))
    done = tagwire("add", one, web.url("/none"), two, one)
    assert done.code == 2
    assert [line for line in done.out.splitlines() if line.startswith("added")] == [
        f"added 127.0.0.1: {one}", f"added 127.0.0.1-2: {two}",
    ]  # fmt: skip
    assert f"tagwire: {web.url('/none')}: 404 Not Found" in done.err
    assert f"{one} is a source already" in done.err
    assert tagwire("add", one, two, "--id", "x").code == 2


def test_nobody_is_asked_for_what_is_there_already(tagwire, web):
    feed = web.page("/feed", FEED.format("One"))
    tagwire("add", feed, "--no-discover")
    assert tagwire("add", feed).code == 2
    assert not web.requests


def test_a_title_of_two_lines_is_a_usage_error(tagwire, site):
    done = tagwire("add", "--json", "--no-discover", "--title", "a\nb", "http://127.0.0.1/feed")
    assert done.code == 2
    assert done.json["failed"][0]["kind"] == "usage"


def test_an_address_without_scheme_is_asked_for_over_https_and_not_added_if_nobody_answers(tagwire, web, site):
    before = sources(site)
    done = tagwire("add", "127.0.0.1:1/feed")
    assert done.code == 2
    assert "'127.0.0.1:1/feed' is no path here, and at https://127.0.0.1:1/feed nobody could be asked: " in done.err
    refused = tagwire("add", "--no-discover", "127.0.0.1:1/feed")
    assert (refused.code, "did you mean https://127.0.0.1:1/feed?" in refused.err) == (2, True)
    assert "did you mean" not in tagwire("add", "no-such-folder").err
    assert sources(site) == before


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("example.org", "https://example.org"),
        ("www.example.org:8443/feed?x=1", "https://www.example.org:8443/feed?x=1"),
        ("新闻.example", "https://新闻.example"),
        ("localhost", ""),
        ("./example.org", ""),
        ("127.0.0.1", "https://127.0.0.1"),
        ("feed.1", ""),
        ("a folder.org", ""),
        ("http://example.org/", ""),
        ("there.org", ""),
    ],
)
def test_what_looks_like_a_host_and_is_no_path_lacks_its_scheme(site, address, url):
    (site / "there.org").mkdir()
    assert assumed(address) == url
