"""Where a page says that its feeds are."""

from __future__ import annotations

import pytest

from aggregator.steps.webpages import alternates
from aggregator.steps.webpages.alternates import Candidate

BASE = "https://site.example/blog/post.html"


def found(page: str | bytes, header: str = "") -> list[str]:
    body = page.encode() if isinstance(page, str) else page
    return [one.url for one in alternates.candidates(body, "", BASE, header)]


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ('<link rel="alternate" type="application/rss+xml" href="/f">', "https://site.example/f"),
        (
            "<LINK REL='Alternate home' TYPE='application/atom+xml; charset=utf-8' HREF=' f '>",
            "https://site.example/blog/f",
        ),
        ("<link rel=alternate type=application/feed+json href=//o.example/f>", "https://o.example/f"),
        ('<link rel="alternate" type="application/json" href="/feed.json">', "https://site.example/feed.json"),
        ('<link rel="alternate" type="text/xml" href="?x=1&amp;y=2">', "https://site.example/blog/post.html?x=1&y=2"),
    ],
)
def test_links_of_feeds(link: str, address: str) -> None:
    assert found(f"<html><head>{link}</head>") == [address]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="stylesheet alternate" type="application/rss+xml" href="/f">',
        '<link rel="icon" type="application/rss+xml" href="/f">',
        '<link rel="alternate" type="text/html" href="/en/">',
        '<link rel="alternate" href="/f">',
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">',
        '<link rel="alternate" type="application/rss+xml" href="">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">',
        '<link rel="alternate" type="application/rss+xml" href="post.html#x">',
        '<!-- <link rel="alternate" type="application/rss+xml" href="/f"> -->',
    ],
)
def test_other_links(link: str) -> None:
    assert found(f"<html><head>{link}</head><p>x") == []


def test_order_header_page_comments_last_each_once() -> None:
    page = (
        '<link rel="alternate" type="application/rss+xml" title="站点 评论" href="/c">'
        '<link rel="alternate" type="application/rss+xml" href="/a#top">'
        '<link rel="alternate" type="text/xml" href="/h">'
    )
    header = '</style.css>; rel=stylesheet, </h>; rel="alternate"; type="application/rss+xml"; title="头"'
    assert alternates.candidates(page.encode(), "", BASE, header) == [
        Candidate(url="https://site.example/h", title="头", found="header"),
        Candidate(url="https://site.example/a#top", found="page"),
        Candidate(url="https://site.example/c", title="站点 评论", found="page"),
    ]


def test_encodings_and_size_are_bounded() -> None:
    page = '<head><link rel="alternate" type="application/rss+xml" title="新闻" href="/f">'.encode("gb18030")
    (one,) = alternates.candidates(page, "gb2312", BASE, "")
    assert one.title == "新闻"
    late = b" " * alternates.LOOK + page
    assert alternates.candidates(late, "", BASE, "") == []
    many = "".join(f'<link rel="alternate" type="text/xml" href="/{number}">' for number in range(99))
    assert len(found(many)) == alternates.MOST
    assert found("") == []


@pytest.mark.parametrize("address", ["http://[bad", "http://[::::]/f", "//[/f", "mailto:a@b.example", "javascript:f()"])
def test_an_address_that_is_none_is_left_out(address: str) -> None:
    feed = '<link rel="alternate" type="text/xml" href="{}">'
    assert found(feed.format(address) + feed.format("/f")) == ["https://site.example/f"]
    assert found("", f'<{address}>; rel="alternate"; type="text/xml"') == []
    assert found(f'<base href="{address}">' + feed.format("f")) == ["https://site.example/blog/f"]


def test_a_hostile_header_takes_a_moment() -> None:
    assert found("", "<" * 50_000) == []
    assert found("", "<a>" + ' ; a="' * 20_000) == []


def test_common_paths_are_tried_at_the_root_and_below_the_page() -> None:
    urls = [one.url for one in alternates.common(BASE)]
    assert urls[:4] == [
        "https://site.example/feed", "https://site.example/blog/feed",
        "https://site.example/rss", "https://site.example/blog/rss",
    ]  # fmt: skip
    assert len(alternates.common("https://site.example/")) == len(alternates.COMMON)
