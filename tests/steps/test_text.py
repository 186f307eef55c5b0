"""What `steps.text` lets through, on golden examples and on anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps import text

ANYTHING = st.text(st.characters(exclude_categories=()))  # lone surrogates included


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("a\x00b\x07c\x1b", "abc"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x7fb\x84c\x9f", "abc"),
        ("\x85\u2028\u2029\xa0\u3000", "\x85\u2028\u2029\xa0\u3000"),
        ("a\ud800b\udfff", "ab"),
        ("a\ufffeb\uffffc\ufdd0d\ufdef", "abcd"),
        ("a\U0001fffeb\U0010ffffc", "abc"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("👨\u200d👩\u200d👧 字", "👨\u200d👩\u200d👧 字"),
    ],
)
def test_clean_takes_away_exactly_what_no_document_may_carry(written, cleaned):
    assert text.clean(written) == cleaned


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("  a \n\t b\u2028c\xa0d ", "a b c d"),
        ("上\u3000下", "上\u3000下"),
        ("\u3000上\u3000", "上"),
        ("ze\u200bro\ufeff wi\u00addth\u2060", "zero width"),
        ("a\u200db", "ab"),
        ("a\u200d\u200db", "ab"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
    ],
)
def test_one_line_collapses_blanks_and_drops_what_only_hides(written, line):
    assert text.one_line(written) == line


def test_one_line_is_cut_with_an_ellipsis_at_the_limit():
    assert text.one_line("字" * 501) == "字" * 499 + "…"
    assert text.one_line("字" * 500) == "字" * 500
    assert text.one_line("ab cd", limit=4) == "ab…"


@pytest.mark.parametrize(
    ("one", "other"),
    [("ＡＩ　News", "ai news"), ("Straße", "STRASSE"), ("ﬁn", "FIN"), ("a\n b", "a b"), ("e\u0301", "É"), ("①", "1")],
)
def test_fold_makes_spellings_equal(one, other):
    assert text.fold(one) == text.fold(other)


def test_fold_keeps_different_texts_apart():
    assert len({text.fold(name) for name in ("c", "c#", "c++", "简", "簡")}) == 5


@given(ANYTHING)
def test_each_function_is_idempotent_and_never_raises(anything):
    for function in (text.clean, text.one_line, text.fold):
        once = function(anything)
        assert function(once) == once


@given(ANYTHING)
def test_a_clean_text_can_be_encoded_and_stands_in_xml(anything):
    cleaned = text.clean(anything)
    cleaned.encode()
    assert all(character in "\t\n" or character >= " " for character in cleaned)


@given(ANYTHING, st.integers(2, 40))
def test_a_line_never_breaks_and_never_passes_its_limit(anything, limit):
    line = text.one_line(anything, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1


def test_clean_judges_every_character_alike_whatever_stands_beside_it():
    """A quick look passes whole texts below U+10000; a character beyond that forces the long road."""
    for character in map(chr, {*range(0x10000)} - {ord("\r")}):
        assert text.clean(f"🚢{character}") == f"🚢{text.clean(character)}"
