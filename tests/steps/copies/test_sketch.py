# ruff: noqa: E501
"""Sketches: what is folded, what is kept, and a plain reading of the same rules that gives the same."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps import near
from aggregator.steps.copies import hashing
from aggregator.steps.copies import sketch as module
from aggregator.steps.copies.sketch import sketch, sketches, tokens
from aggregator.steps.words import folding
from tests.near.labelled import Writer

MASK = (1 << 64) - 1
TEXT = "青石桥的旧书集市重新开张，因为老屋漏雨严重，面包师和修钟匠一早就赶到现场，排队的人从巷口站到河边。"


ALONE = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0x20000, folding.SIZE - 1),
)  # fmt: skip
"""Scripts without spaces: Thai, Lao, Myanmar, Khmer, kana, Han."""
KNOWN = unicodedata if unicodedata.unidata_version == "14.0.0" else unicodedata.ucd_3_2_0
"""The table is of Unicode 14; in another Python only old characters are sure to be what they were."""


def plain_tokens(text: str) -> list[str]:
    """Split a text as the module's docstring says, one character at a time."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    found, word = [], ""
    forms = folding.hanzi()
    for char in (chr(forms.get(ord(one), ord(one))) if ord(one) < folding.SIZE else " " for one in folded):
        alone = any(low <= ord(char) <= high for low, high in ALONE)
        in_word = char.isalnum() or unicodedata.category(char)[0] == "M"
        if word and (alone or not in_word):
            found.append(word)
            word = ""
        if alone and in_word:
            found.append(char)
        elif in_word:
            word += char
    return [*found, word] if word else found


def plain_hash(token: str) -> int:
    """The hash of one token, in integers."""
    value = sum(ord(char) * pow(hashing.BASE, place, 1 << 64) for place, char in enumerate(token)) & MASK
    value = ((value ^ value >> 30) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ value >> 27) * 0x94D049BB133111EB) & MASK
    value ^= value >> 31
    alone = len(token) == 1 and any(low <= ord(token) <= high for low, high in ALONE)
    return value >> 1 | alone << 63


@pytest.mark.parametrize(
    "text",
    [
        TEXT, "", " ", "A", "ＡＢＣ１２３ Straße ﬁx ½ ①②", "cafe\u0301 café", "한국어 텍스트 예시 문장", "カタカナ ﾊﾟﾊﾟ ひらがな",
        "ภาษาไทยไม่มีช่องว่าง", "a1b2-3.14 42%", "漢語與汉语", "😀 smile 😀", "\U00033333 high", "x" * 5000,
    ],
)  # fmt: skip
def test_tokens_are_those_of_a_plain_reading(text: str) -> None:
    """To the bit."""
    assert tokens(text).tolist() == [plain_hash(token) for token in plain_tokens(text)]


@given(
    st.text(alphabet=st.characters(codec="utf-8", max_codepoint=0x2FFFF, exclude_categories=["Cn", "Co"]), max_size=60)
)
def test_tokens_of_any_text(text: str) -> None:
    """Whatever characters meet; a few meet differently when they compose across what separates them."""
    if unicodedata.is_normalized("NFKC", text) and all(KNOWN.category(char) != "Cn" for char in text):
        assert tokens(text).tolist() == [plain_hash(token) for token in plain_tokens(text)]


def test_forms_of_one_text_have_one_sketch() -> None:
    """Full and half width, case, simplified and traditional characters, links and pictures."""
    plain = sketch("", "集市重新开张 Market 2025，里面很热闹，人们从云岭县赶来看热闹，台上的戏唱到深夜。")
    other = sketch("", "集市重新開張 ＭＡＲＫＥＴ ２０２５，裏面很熱鬧，人們從雲嶺縣趕來看熱鬧，臺上的戲唱到深夜。")
    assert plain == other
    linked = "![戏](http://x.example/1.jpg)集市[重新开张](http://x.example/2025)**Market** 2025，里面很热闹，人们从云岭县赶来看热闹，台上的戏唱到深夜。"
    assert sketch("", linked).hashes == plain.hashes


def test_a_long_text_is_sampled_and_bounded() -> None:
    """The longer, the fewer of its shingles; of the first 8,192 characters."""
    writer = Writer("train")
    text = "\n".join(writer.piece("zh").body for _ in range(60))
    for characters, level in ((1_600, 3), (3_200, 4), (6_400, 5), (len(text), 6)):
        found = sketch("", text[:characters])
        assert found.level == level
        assert 30 < len(found.hashes) < 260
        assert list(found.hashes) == sorted(set(found.hashes))
    assert sketch("", text) == sketch("", text[: module.CHARACTERS])


def test_texts_side_by_side_have_the_sketches_that_each_has_alone() -> None:
    """Whatever stands before and behind them in the same arrays, and however many there are."""
    writer = Writer("train")
    pieces = [writer.piece("en" if number % 3 else "zh") for number in range(60)]
    texts = [(piece.title, piece.body) for piece in pieces]
    texts += [("", ""), ("½ ﬁx", "a"), ("", "ﾊﾟ①½ ℃" * 30), ("x" * 5000, "字" * 20_000), ("1 2", "3"), ("题", "目")]
    assert sketches(texts) == [sketch(*text) for text in texts]
    assert sketches([]) == []


@given(st.lists(st.tuples(st.text(max_size=20), st.text(alphabet="a1 字½\u0301ﾊﾟ，", max_size=80)), max_size=6))
def test_any_texts_side_by_side(texts: list[tuple[str, str]]) -> None:
    """As alone."""
    assert sketches(texts) == [sketch(*text) for text in texts]


def test_an_empty_text_has_an_empty_sketch() -> None:
    """Nothing to compare, nothing raised."""
    found = sketch("", "![](http://x.example/1.jpg)")
    assert (found.tokens, found.hashes, found.lead, found.topic) == (0, (), 0, ())


def test_sketches_survive_packing() -> None:
    """What goes into the index comes out."""
    found = sketch("旧书集市", TEXT * 3 + "3 月 12 日 480.5 元")
    assert near.unpack(near.pack(found), near.pack_topic(found)) == found
    assert len(near.pack(found)) == 12 + 4 * len(found.hashes) + 2 * len(found.numbers)


def test_numbers_are_runs_of_digits() -> None:
    """In any width, each once."""
    assert sketch("", "3月12日，480.5元").numbers == sketch("", "５ 480 １２ 3 3").numbers
    assert len(sketch("", "3月12日，480.5元").numbers) == 4


def test_the_table_folds_what_unicode_and_opencc_say() -> None:
    """Spot checks, and its size."""
    table = folding.table()
    assert table.dtype == np.uint32
    assert chr(table[ord("Ａ")] & folding.CODE) == "a"
    assert table[ord("體")] == table[ord("体")]
    assert table[ord("，")] == 0
    assert table[ord("７")] & folding.DIGIT
    assert folding.comparable("《漢語》　Ａ") == folding.comparable("《汉语》 a")


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_can_be_sketched(title: str, body: str) -> None:
    """Lone surrogates and all."""
    found = sketch(title, body)
    assert found.tokens <= module.CHARACTERS
    assert near.unpack(near.pack(found), near.pack_topic(found)) == found
    assert all(re.fullmatch(r"-?\d+", str(place)) for place in near.places(found))


def test_hundreds_of_empty_texts_share_an_array() -> None:
    """More than an array can number do not get into one."""
    texts = [("", ""), ("题", "")] * 700
    assert sketches(texts) == [sketch("", ""), sketch("题", "")] * 700
