"""Feeds by query: what stands in them, and when they are written."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from aggregator.publish import queries
from aggregator.settings import QueryFeed, TagRule


def ask(press, query, **settings):
    press.settings = replace(press.settings, feeds=(QueryFeed(slug="q", query=query),), **settings)
    press.configure(entries=50, max=50)
    press.publish()
    return press.numbers("queries/q")


@pytest.fixture
def stocked(press, day):
    press.add(1, day(2, 1), "苹果")
    press.add(2, day(2, 2), "苹果", "手机")
    press.add(3, day(2, 3), "手机", lang="en-GB")
    press.add(4, day(2, 4), "open source", body="潮水**很高**，船 还在。", source="qq")
    press.add(5, day(2, 5), "AI", summary="The Tide rises")
    return press


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("苹果", [2, 1]),
        ("苹果 and not 手机", [1]),
        ("苹果 NOT 手机", [1]),
        ("苹果 or 手机", [3, 2, 1]),
        ("(苹果 or ai) and not (手机 and lang:zh)", [5, 1]),
        ("lang:en", [3]),
        ("lang:EN-gb", [3]),
        ("lang:e", []),
        ("source:qq", [4]),
        ('tag:"Open Source" or tag:open-source', [4]),
        ("not source:harbour", [4]),
        ('"潮水很高，船 还在"', [4]),
        ('"tide RISES"', [5]),
        ('手机 "消息 3"', [3]),
        ('not "潮水"', []),
        ("不存在", []),
    ],
)
def test_a_query_shows_what_matches(stocked, query, numbers):
    assert ask(stocked, query) == numbers


def test_an_alias_means_its_tag(stocked):
    assert ask(stocked, "Apple", tags=(TagRule(name="苹果", aliases=("Apple",)),)) == [2, 1]


@pytest.mark.parametrize("rule", [TagRule(name="苹果"), TagRule(name="苹果", aliases=("蘋果公司",))])
def test_a_tag_with_a_rule_is_meant_in_either_script(stocked, rule):
    assert ask(stocked, rule.aliases[0] if rule.aliases else "蘋果", tags=(rule,)) == [2, 1]
    assert ask(stocked, "苹果公司" if rule.aliases else "苹果", tags=(rule,)) == [2, 1]


def test_a_feed_by_query_has_its_title_twins_and_place_in_opml(stocked):
    stocked.settings = replace(stocked.settings, feeds=(QueryFeed(slug="fruit", query="苹果", title="水果"),))
    stocked.publish()
    assert stocked.feed("queries/fruit").findtext("{*}title") == "水果 · 港湾"
    assert stocked.feed("queries/fruit").findtext("{*}id") == "tag:localhost,2026:feed/queries/fruit"
    twin = json.loads((stocked.root / "feeds/queries/fruit.json").read_text())
    assert len(twin["items"]) == 2
    assert 'xmlUrl="http://127.0.0.1:8420/queries/fruit.xml"' in (stocked.root / "feeds/feeds.opml").read_text()


def test_a_feed_by_query_is_rendered_only_when_what_it_looks_at_changed(stocked, day):
    ask(stocked, "苹果 and not 手机")
    stocked.store.outbox(stocked.store.outbox())
    stocked.add(6, day(2, 6), "别的")
    assert not [name for name in stocked.publish_changed().written if "queries" in name]
    stocked.add(7, day(2, 7), "苹果")
    assert "feeds/queries/q.xml" in stocked.publish_changed().written
    assert stocked.numbers("queries/q") == [7, 1]


def test_a_feed_by_query_that_is_not_configured_any_more_goes(stocked):
    ask(stocked, "苹果")
    stocked.settings = replace(stocked.settings, feeds=())
    assert "feeds/queries/q.xml" in stocked.publish().removed


def test_candidates_are_looked_for_until_there_are_enough(press, day):
    for number in range(30):
        press.add(number, day(1, 1 + number), "common", *(["rare"] if number < 3 else []))
    press.settings = replace(press.settings, feeds=(QueryFeed(slug="q", query="common and lang:zh and not x"),))
    press.configure(entries=2, max=2)
    press.settings = replace(press.settings, feeds=(QueryFeed(slug="q", query="not common or (lang:zh rare)"),))
    press.publish()
    assert press.numbers("queries/q") == [2, 1]


def test_the_search_ends_somewhere(press, day, monkeypatch):
    monkeypatch.setattr(queries, "DEEPEST", 10)
    for number in range(30):
        press.add(number, day(1, 1 + number), *(["rare"] if number < 3 else []))
    assert ask(press, "lang:zh and not harbour or lang:xx") == []


def test_a_file_that_cannot_be_read_matches_by_its_title_only(stocked):
    stocked.texts["harbour/1.md"] = "no front matter"
    assert ask(stocked, '"消息 1"') == []  # nor can it be published
    assert ask(stocked, 'not "潮水"') == []
