"""Readers of feeds, as aggregators tell them: the latest word counts, and strangers fill no memory."""

from __future__ import annotations

import pytest

from aggregator.server import subscribers
from aggregator.server.subscribers import Subscribers
from aggregator.testing import FakeClock

FEEDLY = b"Feedly/1.0 (+http://www.feedly.com/fetcher.html; 12 subscribers; like FeedFetcher-Google)"


@pytest.fixture
def told():
    return Subscribers(FakeClock())


def ask(told, agent, path="/tags/茶.xml", status=200):
    told.heard(path, [(b"host", b"x"), (b"user-agent", agent)], status)
    return dict(told.counts())


def test_the_latest_word_of_each_aggregator_counts(told):
    assert ask(told, FEEDLY) == {("tags/茶.xml", "Feedly"): 12}
    assert ask(told, FEEDLY.replace(b"12", b"11"), status=304) == {("tags/茶.xml", "Feedly"): 11}
    assert ask(told, b"NewsBlur Feed Fetcher - 1 subscriber - http://x/", "/all.json") == {
        ("tags/茶.xml", "Feedly"): 11,
        ("all.json", "NewsBlur"): 1,
    }


@pytest.mark.parametrize(
    ("agent", "path", "status"),
    [
        (b"Mozilla/5.0 (X11; Linux)", "/all.xml", 200),
        (b"", "/all.xml", 200),
        (b"(12 subscribers)", "/all.xml", 200),
        (b"X/1 (123456789 subscribers)", "/all.xml", 200),
        (FEEDLY, "/nothing.xml", 404),
        (FEEDLY, "/index.html", 200),
    ],
)
def test_nothing_is_counted_that_is_no_word_of_an_aggregator_about_a_feed(told, agent, path, status):
    assert ask(told, agent, path, status) == {}


def test_who_asks_no_more_counts_no_more():
    clock = FakeClock()
    told = Subscribers(clock)
    ask(told, FEEDLY)
    clock.advance(subscribers.SILENT)
    assert told.counts()
    clock.advance(1)
    assert not told.counts()


def test_strangers_fill_no_memory(told, monkeypatch):
    """Those that were silent for longest go."""
    monkeypatch.setattr(subscribers, "MOST", 3)
    for number in (1, 2, 3, 1, 4):
        ask(told, b"A%d/1 (%d subscribers)" % (number, number))
    assert [name for _, name in told.counts()] == ["A3", "A1", "A4"]
