"""Queries: how they are read, which feeds cover them, and what is said of those that are none."""

from __future__ import annotations

import pytest

from aggregator.steps.publishing import query
from aggregator.steps.publishing.query import EVERYTHING, QueryError


@pytest.mark.parametrize(
    ("text", "cover"),
    [
        ("苹果", {"tag:苹果"}),
        ("苹果 and not 手机", {"tag:苹果"}),
        ("a or b", {"tag:a", "tag:b"}),
        ("(a or b) and c", {"tag:c"}),
        ("a b or c", {"tag:a", "tag:c"}),
        ("source:qq or tag:x", {"source:qq", "tag:x"}),
        ('source:qq "words"', {"source:qq"}),
        ("a or lang:zh", EVERYTHING),
        ("not a", EVERYTHING),
        ('"words"', EVERYTHING),
        ("C++ or 3:4", {"tag:c++", "tag:3:4"}),
    ],
)
def test_a_match_stands_in_one_of_the_covering_feeds(text, cover):
    assert query.parse(text).cover == cover


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("", "expected a tag, source:…, lang:… or words in quotes, found the end", 0),
        ("  ", "expected a tag, source:…, lang:… or words in quotes, found the end", 2),
        ("a and", "expected a tag, source:…, lang:… or words in quotes, found the end", 5),
        ("a or or b", 'expected a tag, source:…, lang:… or words in quotes, found "or"', 5),
        ("a and )", "expected a tag, source:…, lang:… or words in quotes, found )", 6),
        ("(a", "expected ) for this (", 0),
        ("b (a or", "expected a tag, source:…, lang:… or words in quotes, found the end", 7),
        ("a) b", 'expected "and", "or" or the end, found )', 1),
        ("by:me", 'expected tag:, source: or lang:, found "by:"', 0),
        ("a tag:", "expected a name behind tag:", 2),
        ('a "b', "expected a closing quote", 2),
        ('a " "', "expected words between the quotes", 2),
        ('lang:en "roof" -x', 'expected "not x": a query excludes with "not"', 15),
        ("a -tag:b", 'expected "not tag:b": a query excludes with "not"', 2),
        ('a -"b"', 'expected "not": a query excludes with "not"', 2),
        ("not " * 60 + "a", "expected at most 50 parentheses inside each other", 204),
        ("a " * 201, "expected at most 200 terms", 400),
    ],
)
def test_mistakes_name_what_was_expected_and_where(text, message, offset):
    with pytest.raises(QueryError) as caught:
        query.parse(text)
    assert (str(caught.value), caught.value.offset) == (message, offset)


def test_a_tag_that_begins_with_a_minus_is_asked_for_by_its_field():
    assert query.parse("tag:-x").cover == query.parse('tag:"-x"').cover


def test_an_alias_key_stands_for_its_tag():
    assert query.parse("Apple", {"apple": "苹果"}).cover == {"tag:苹果"}


def test_markdown_case_and_width_do_not_count_in_phrases():
    assert query.folded("**Ｔide** [rises](https://x.example/) `soon`") == "tide rises soon"
