"""Filters: drop beats keep, keep filters leave only what matches, each for its sources and fields."""

from __future__ import annotations

import pytest

from aggregator.settings import Filter
from aggregator.steps import sieve

ADS = Filter(action="drop", match=("广告", "re:sponsor(ed)?"), not_=("广告法",))
KEEP = Filter(action="keep", sources=("qq",), match=("芯片",))


def verdict(*filters: Filter, source: str = "qq", **texts: str) -> str:
    made = sieve.compile(filters)
    assert made is not None
    return made.verdict(source, texts)


def test_no_filters_are_no_sieve() -> None:
    assert sieve.compile(()) is None


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("新广告", 'filter 1 drops what has "广告"'),
        ("Sponsored post", 'filter 1 drops what has "re:sponsor(ed)?"'),
        ("广告法修订 广告", ""),
        ("新闻", ""),
    ],
)
def test_drop(title: str, why: str) -> None:
    assert verdict(ADS, title=title) == why


def test_a_filter_without_match_means_everything_but() -> None:
    only = Filter(action="drop", not_=("芯片",))
    assert verdict(only, title="天气") == "filter 1 drops it"
    assert verdict(only, text="芯片") == ""


def test_keep_leaves_only_what_matches_and_other_sources_alone() -> None:
    assert verdict(KEEP, title="芯片") == ""
    assert verdict(KEEP, title="天气") == "filter 1 keeps only other entries"
    assert verdict(KEEP, source="other", title="天气") == ""


def test_one_of_several_keep_filters_is_enough_and_drop_beats_them() -> None:
    also = Filter(action="keep", match=("天气",))
    assert verdict(KEEP, also, title="天气") == ""
    assert verdict(KEEP, also, title="体育") == "filters 1, 2 keep only other entries"
    assert verdict(KEEP, also, ADS, title="芯片广告") == 'filter 3 drops what has "广告"'


def test_terms_are_looked_for_in_the_fields_that_are_named() -> None:
    by = Filter(action="drop", match=("Bot", "re:/ads/"), fields=("author", "link"))
    assert verdict(by, title="bot", author="Ann\nBo") == ""
    assert verdict(by, author="Ann\nbot") == 'filter 1 drops what has "bot"'
    assert verdict(by, link="https://example.com/ads/1") == 'filter 1 drops what has "re:/ads/"'


def test_filters_do_not_hide_each_others_words() -> None:
    """阿里 is found in 阿里山, though another filter knows the longer word."""
    first, second = Filter(action="drop", match=("阿里",)), Filter(action="keep", match=("阿里山",))
    assert verdict(second, first, title="阿里山") == 'filter 2 drops what has "阿里"'
