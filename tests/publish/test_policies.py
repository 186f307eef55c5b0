"""Stories collapsed or kept: by site, by tag with its archive, by feed of a query."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.settings import QueryFeed, TagRule
from aggregator.steps import select

TWO = {"story": f"{1:016x}"}


@pytest.fixture
def told_twice(press, day):
    """Two items of one story in January, and enough in March to send them into the archive."""
    press.add(1, day(1, 3), "航运", copies=(f"{2:016x}",), **TWO)
    press.add(2, day(1, 4), "航运", copies=(f"{1:016x}",), **TWO)
    for number in (3, 4, 5):
        press.add(number, day(3, number), "航运")
    return press


@pytest.mark.parametrize(("said", "shown"), [("", [1]), ("collapse", [1]), ("keep", [2, 1])])
def test_a_feed_by_query_has_a_policy_of_its_own(told_twice, said, shown):
    feed = QueryFeed(slug="q", query="航运 and not x", stories=said)
    told_twice.settings = replace(told_twice.settings, feeds=(feed,))
    told_twice.configure(entries=10, max=10)
    told_twice.publish()
    assert told_twice.numbers("queries/q") == [5, 4, 3, *shown]


@pytest.mark.parametrize(("said", "shown"), [("", [1]), ("keep", [2, 1])])
def test_a_tags_policy_holds_for_its_archive(told_twice, said, shown):
    told_twice.settings = replace(told_twice.settings, tags=(TagRule(name="航运", stories=said),))
    told_twice.publish()
    assert told_twice.numbers("tags/航运/2025-01") == shown
    assert told_twice.numbers("all/2025-01") == [1]


def test_what_has_no_policy_of_its_own_has_the_sites(press):
    press.configure(stories="keep")
    press.settings = replace(press.settings, tags=(TagRule(name="a", stories="collapse"),))
    members = ("all", "tag:a", "tag:b", "source:a", "query:a")
    assert [select.policy(press.settings, member) for member in members] == ["keep", "collapse", *["keep"] * 3]
