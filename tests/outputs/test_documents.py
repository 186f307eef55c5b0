"""OPML and status."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import etree

from aggregator.model import Tag
from aggregator.model.catalogue import Catalogue, Channel
from aggregator.model.source import Failure
from aggregator.outputs import opml, status
from aggregator.outputs.html import words


@pytest.fixture
def catalogue(make_feed, make_post) -> Catalogue:
    return Catalogue(
        feed=make_feed(make_post(), path="all", title="港湾"),
        tags=(Tag(label="航运", slug="航运", count=7, description="船"), Tag(label="a", slug="a", count=3)),
        topics=(Tag(label="航运", slug="航运", count=7, description="船"),),
        channels=(
            Channel(
                id="a",
                title="A & <B>",
                health="failing",
                path="sources/a",
                url="https://a.example.org/feed",
                link="https://a.example.org/",
                lang="en",
                items=3,
                error=Failure(kind="dns", message="no address"),
                failing_since=datetime(2025, 2, 1, tzinfo=UTC),
            ),
            Channel(id="folder", title="Folder", health="ok", path=""),
        ),
    )


def outlines(data: bytes) -> list[dict[str, str]]:
    root = etree.fromstring(data)
    assert root.get("version") == "2.0"
    return [dict(outline.attrib) for outline in root.iter("outline")]


def test_feeds_opml_lists_topics_and_sources_in_groups_in_the_sites_language(catalogue):
    """A tag that is a source's id is left out: the source's own feed stands there, and has the same entries."""
    home = "http://127.0.0.1:8420/"
    assert outlines(opml.feeds(catalogue, words("zh-CN"))) == [
        _rss("港湾", f"{home}all.xml", f"{home}all.html"),
        {"text": "标签"},
        _rss("航运", f"{home}tags/%E8%88%AA%E8%BF%90.xml", f"{home}tags/%E8%88%AA%E8%BF%90.html", description="船"),
        {"text": "来源"},
        _rss("A & <B>", f"{home}sources/a.xml", f"{home}sources/a.html"),
    ]


def test_tags_with_a_parent_stand_in_its_group_and_queries_in_theirs(catalogue):
    tags = (
        Tag(label="科技", slug="tech", count=9),
        Tag(label="芯片", slug="chips", count=2, parent="tech"),
        Tag(label="孤儿", slug="orphan", count=1, parent="gone"),
    )
    site = replace(catalogue, topics=tags, queries=(("queries/x", "查询"),), channels=())
    assert [
        (one["text"], one.get("xmlUrl", "").rpartition("/")[2]) for one in outlines(opml.feeds(site, words("en")))
    ] == [
        ("港湾", "all.xml"),
        ("Collections", ""),
        ("查询", "x.xml"),
        ("Tags", ""),
        ("科技", "tech.xml"),
        ("孤儿", "orphan.xml"),
        ("科技", ""),
        ("芯片", "chips.xml"),
    ]


def test_sources_opml_lists_the_feeds_that_we_read(catalogue):
    assert outlines(opml.sources(catalogue)) == [
        {"text": "港湾"},
        _rss("A & <B>", "https://a.example.org/feed", "https://a.example.org/", language="en"),
    ]


def test_opml_names_the_formats_that_exist(catalogue, make_feed):
    site = Catalogue(feed=make_feed(path="all", formats=("json",), author=""))
    [main, *_] = outlines(opml.feeds(site, words("en")))
    assert (main["xmlUrl"], main["htmlUrl"]) == ("http://127.0.0.1:8420/all.json", "http://127.0.0.1:8420/")
    assert b"ownerName" not in opml.feeds(site, words("en"))


def test_status_tells_how_sources_are(catalogue):
    found = json.loads(status.render(catalogue))
    assert (found["schema"], found["tags"]) == (1, 2)
    assert found["sources"][0] == {
        "id": "a",
        "title": "A & <B>",
        "url": "https://a.example.org/feed",
        "health": "failing",
        "error": {"kind": "dns", "message": "no address"},
        "failing_since": "2025-02-01T00:00:00+00:00",
        "moved_to": "",
        "items": 3,
    }
    assert found["sources"][1]["error"] is None


def _rss(title: str, url: str, page: str, **more: str) -> dict[str, str]:
    return {"type": "rss", "text": title, "title": title, "xmlUrl": url, "htmlUrl": page, **more}
