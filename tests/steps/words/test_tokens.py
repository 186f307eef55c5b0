"""Text as tokens, Markdown as plain text, and excerpts around what was searched for."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps.words import excerpt, search_query
from aggregator.steps.words.tokens import is_alone, readable, tokens

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("苹果AI功能 2.0", ["苹", "果", "ai", "功", "能", "2", "0"]),
        ("Straße ＡＢＣ", ["strasse", "abc"]),
        ("don't_stop e-mail", ["don", "t", "stop", "e", "mail"]),
        ("カタカナ 한국 ไทย", ["カ", "タ", "カ", "ナ", "한", "국", "ไ", "ท", "ย"]),
        ("हिन्दी", ["हिन्दी"]),
        ("𠮷野山", ["𠮷", "野", "山"]),
        ("", []),
        ("…—！", []),
    ],
)
def test_words_are_tokens_and_so_is_each_character_of_scripts_without_spaces(text, found):
    assert tokens(text) == found


def test_forms_of_a_character_are_one_token_and_endless_words_cut():
    assert tokens("蘋果 abc") == tokens("苹果 abc")
    assert len(tokens("蘋果 abc")) == 3
    assert tokens("a" * 1000) == ["a" * 64]
    assert [is_alone(token) for token in ("苹", "a", "苹果", "ก", "")] == [True, False, False, True, False]


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("The **gulls** came *back*.", "The gulls came back."),
        ("Title\n=====\n\nText\n\n---\n\n* one\n* two\n1. three", "Title Text one two three"),
        ("> quoted\n> > twice\n\n### Head", "quoted twice Head"),
        ("see [the *map*](https://a.example/x) ![sea](https://a.example/i.png) <https://b.example/>", "see the map"),
        ('[a](https://a.example/ "title") b', "a b"),
        ("5 \\* 3 \\[x\\] a\\_b &amp; c", "5 * 3 [x] a_b & c"),
        ("| a | b |\n| --- | :-: |\n| c | d |", "| a | b | | c | d |"),
        ("`code` ~~gone~~ un**believ**able", "code gone unbelievable"),
        ("- a | b", "a | b"),
        ("苹**果**", "苹果"),
        ("-5 degrees\n2026. What a year", "-5 degrees What a year"),
    ],
)
def test_markdown_reads_as_its_readers_see_it(markdown, plain):
    assert readable(markdown) == plain


@pytest.mark.parametrize(
    "unit", ["[", "![", "[](", "![a](", "-", "- ", "<a:", "\\", "*", "| ", "&", "> ", "1. ", "`", '[a](b "']
)
def test_no_text_takes_long(unit):
    """Quadratic time would take minutes here."""
    readable(unit * 200_000)
    excerpt.cut(unit * 200_000, excerpt.pattern(search_query.parse('"a b c" -- 苹果', NOW)))


def cut(text, search):
    return excerpt.cut(text, excerpt.pattern(search_query.parse(search, NOW)))


def test_an_excerpt_marks_every_hit():
    assert cut("AI功能 and ai, not MAIL", "ai") == (
        ("AI", True),
        ("功能 and ", False),
        ("ai", True),
        (", not MAIL", False),
    )
    assert cut("苹 果，苹果", "苹果") == (("苹 果", True), ("，", False), ("苹果", True))
    assert cut("蘋果", "苹果") == (("蘋果", True),)
    assert cut("tide and ebb", "-tide") == (("tide and ebb", False),)
    assert cut("", "tide") == ()


def test_an_excerpt_begins_near_the_first_hit():
    pieces = cut("word " * 100 + "tide " + "word " * 100, "tide")
    assert pieces[0] == ("…", False)
    assert pieces[-1] == ("…", False)
    assert ("tide", True) in pieces
    assert pieces[1][0].startswith("word")
    assert len("".join(piece for piece, _ in pieces)) <= excerpt.LENGTH + 2


@given(st.text(max_size=300), st.text(max_size=20))
def test_an_excerpt_is_a_part_of_its_text(text, search):
    pieces = [piece for piece, _ in cut(text, search)]
    assert re.sub("^…|…$", "", "".join(pieces)) in f"{text}…"
    assert all(pieces)


def test_what_is_not_understood_is_told():
    asked = search_query.parse('tide since:soon -“” source:"" since:99999999w -since:7d —', NOW)
    assert asked.ignored == ("since:soon", 'source:""', "since:99999999w", "-since:7d")
    assert asked.since is None
    assert [words.tokens for words in asked.words] == [("tide",)]
    assert search_query.parse("—", NOW).empty
    assert search_query.parse("since:90min", NOW).since == datetime(2026, 10, 31, 22, 30, tzinfo=UTC)
