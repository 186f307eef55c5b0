"""Posts and feeds to render."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import Feed, Origin, Person, Post, Tag

START = datetime(2025, 2, 13, 11, 47, 22, tzinfo=UTC)
ORIGIN = Origin(
    id="tag:localhost,2026:source/harbour",
    title="港湾日报",
    link="https://harbour.example.org/",
    feed_url="https://harbour.example.org/feed.xml",
)


@pytest.fixture
def make_post():
    def make(number: int = 0, **changes) -> Post:
        fields = {
            "key": f"{number:016x}",
            "id": f"https://harbour.example.org/{number}",
            "title": f"第 {number} 艘船进港",
            "link": f"https://harbour.example.org/{number}",
            "published": START - timedelta(hours=number),
            "updated": START - timedelta(hours=number),
            "summary": "今天的潮水很高。",
            "html": "<p>今天的<strong>潮水</strong>很高。</p>",
            "origin": ORIGIN,
            "tags": (Tag(label="航运", slug="航运"), Tag(label="Open Source", slug="open-source")),
            "authors": (Person(name="陆小舟"),),
            "lang": "zh-CN",
        }
        return Post(**{**fields, **changes})

    return make


@pytest.fixture
def make_feed(make_post):
    def make(*posts: Post, **changes) -> Feed:
        fields = {
            "path": "tags/航运",
            "id": "tag:localhost,2026:feed/tags/%E8%88%AA%E8%BF%90",
            "title": "航运 · 港湾",
            "updated": max((post.updated for post in posts), default=START),
            "lang": "zh-CN",
            "home": "http://127.0.0.1:8420/",
            "author": "港湾编辑部",
            "subtitle": "船与海",
            "formats": ("atom", "json", "html"),
            "posts": posts,
        }
        return Feed(**{**fields, **changes})

    return make
