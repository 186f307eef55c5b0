"""What every output promises, whichever modules are found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import Feed, Origin, Post, Tag
from aggregator.outputs import discover

OUTPUTS = discover()
START = datetime(2025, 2, 13, tzinfo=UTC)


def post(number: int) -> Post:
    return Post(
        key=f"{number:016x}",
        id=f"https://example.org/{number}",
        title=f"标题 {number}",
        link=f"https://example.org/{number}",
        published=START - timedelta(hours=number),
        updated=START - timedelta(hours=number),
        summary="摘要",
        html=f"<p>{'字' * (100 + number)}</p>",
        origin=Origin(id="https://example.org/", title="Example"),
        tags=(Tag(label="标签", slug="标签"),),
    )


@pytest.fixture
def feed() -> Feed:
    return Feed(
        path="tags/标签",
        id="tag:localhost,2026:feed/tags/x",
        title="标签",
        updated=START,
        lang="zh-CN",
        home="http://127.0.0.1:8420/",
        formats=tuple(OUTPUTS),
        posts=tuple(map(post, range(20))),
    )


def test_there_are_outputs_and_each_has_its_own_suffix():
    assert {"atom", "html", "json"} <= set(OUTPUTS)
    suffixes = [output.SUFFIX for output in OUTPUTS.values()]
    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix.startswith(".") for suffix in suffixes)


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_same_feed_gives_the_same_bytes(name, feed):
    assert OUTPUTS[name].render(feed) == OUTPUTS[name].render(replace(feed, title=feed.title))


@pytest.mark.parametrize("name", OUTPUTS)
def test_posts_stand_in_order_and_whole(name, feed):
    text = OUTPUTS[name].render(feed).decode()
    places = [text.index(f"标题 {number}<" if name != "json" else f'"标题 {number}"') for number in range(20)]
    assert places == sorted(places)
    assert all(one.html.removeprefix("<p>").removesuffix("</p>") in text for one in feed.posts)


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_limit_drops_the_oldest_and_as_few_as_it_takes(name, feed):
    render = OUTPUTS[name].render
    for count in (1, 7, 19):
        part = render(replace(feed, posts=feed.posts[:count]))
        assert render(feed, limit=len(part)) == part
        assert render(feed, limit=len(part) + 10) == part
    assert render(feed, limit=len(render(feed))) == render(feed)


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_newest_post_stands_whatever_the_limit(name, feed):
    render = OUTPUTS[name].render
    assert render(feed, limit=1) == render(replace(feed, posts=feed.posts[:1]))


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_empty_feed_is_a_feed(name, feed):
    empty = OUTPUTS[name].render(replace(feed, posts=()))
    assert 0 < len(empty) < len(OUTPUTS[name].render(feed))
    assert OUTPUTS[name].render(replace(feed, posts=()), limit=1) == empty


@pytest.mark.parametrize("name", OUTPUTS)
def test_our_mark_stands_near_the_beginning(name, feed):
    """So that the publisher knows its own files (`publish.shelf`)."""
    assert b"tagwire" in OUTPUTS[name].render(feed)[:4096]
