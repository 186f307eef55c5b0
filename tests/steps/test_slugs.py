"""File names and tag keys: the rule of the design, and that no name escapes or collides."""

from __future__ import annotations

import hashlib
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps import slugs

ANYTHING = st.text(st.characters(exclude_categories=()))


def digest(name):
    return hashlib.sha256(unicodedata.normalize("NFC", name).encode("utf-8", "surrogatepass")).hexdigest()[:8]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("AI", "ai"),
        ("Machine Learning", "machine-learning"),
        ("machine \t\u3000learning", "machine-learning"),
        ("重庆", "重庆"),
        ("人工智能 2025", "人工智能-2025"),
        ("C++", "c++"),
        ("Straße", "strasse"),
        ("e\u0301te\u0301", "été"),
        (" edges ", "edges"),
        ("☕", "☕"),
        ("𠮷", "𠮷"),
    ],
)
def test_case_and_white_space_change_without_a_hash(name, slug):
    assert slugs.slug(name) == slug


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("C#", "c-"),
        ('a/b\\c:d*e?f"g<h>i|j%k', "a-b-c-d-e-f-g-h-i-j-k"),
        (".net", "-net"),
        ("..", "-."),
        (".", "-"),
        ("", ""),
        ("\u200b", ""),
        ("\u200b.x", "-x"),
        ("a\x00b", "a-b"),
        ("a\u202eb", "ab"),
        ("a\ud800b", "ab"),
        ("x" * 101, "x" * 100),
        ("字" * 34, "字" * 33),
    ],
)
def test_every_other_change_is_marked_with_the_names_hash(name, base):
    assert slugs.slug(name) == f"{base}-{digest(name)}"


def test_the_limit_counts_bytes():
    assert slugs.slug("字" * 21, limit=60) == f"{'字' * 20}-{digest('字' * 21)}"
    assert slugs.slug("字" * 20, limit=60) == "字" * 20


@pytest.mark.parametrize(
    ("one", "other"), [("machine learning", "Machine-Learning"), ("ＡＩ", "ai"), ("a  b", " a b "), ("ﬁ", "FI")]
)
def test_spellings_of_one_tag_have_one_key(one, other):
    assert slugs.tag_key(one) == slugs.tag_key(other)


@given(ANYTHING)
def test_a_slug_is_one_plain_path_segment(name):
    slug = slugs.slug(name)
    assert slug not in {"", ".", ".."}
    assert not set(slug) & set('/\\:*?"<>|%#')
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zs"} for character in slug)
    assert not slug.startswith(".")
    assert not slug.endswith(".")
    assert len(slug.encode()) <= 109


@given(ANYTHING)
def test_a_tag_key_is_idempotent(name):
    assert slugs.tag_key(slugs.tag_key(name)) == slugs.tag_key(name)


@pytest.mark.parametrize(
    "alphabet", ["aA ß-./#\u3000ｂB", "测試字\u200b\ud800.:% é\u0301", "\x00\x85\u2028ıİſsK\u212a"]
)
def test_no_two_tags_share_a_file_name(alphabet):
    chance = random.Random(20260101)
    names = {"".join(chance.choices(alphabet, k=chance.randint(0, 6))) for _ in range(8_000)}
    keys: dict[str, str] = {}
    for name in names:
        assert keys.setdefault(slugs.slug(name), slugs.tag_key(name)) == slugs.tag_key(name)
    assert len(names) > 3_000


@pytest.mark.parametrize(("name", "expected"), [("e.g.", "e.g."), ("CON", "con"), ("A test.", "a-test.")])
def test_case_and_white_space_alone_leave_no_mark(name, expected):
    """A file's suffix follows, so neither a last dot nor a name that some system reserves does harm."""
    assert slugs.slug(name) == expected
