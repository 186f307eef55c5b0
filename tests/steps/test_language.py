"""Which language an item gets, from what is declared and what is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps import language

SIMPLIFIED = "这家公司说，新产品将于明年发布，价格还没有公开。"
TRADITIONAL = "這家公司說，新產品將於明年發布，價格還沒有公開。"
JAPANESE = "新しい製品は来年の春に発売される予定です。"
KOREAN = "새로운 제품은 내년 봄에 출시될 예정이다."
ENGLISH = "The new product will be on sale next spring."
MIXED = "公司发布Apple Intelligence与OpenAI ChatGPT集成，先行地区包括加拿大、英国。"


@pytest.mark.parametrize(
    ("tag", "normal"),
    [
        ("zh_cn", "zh-CN"),
        ("ZH-cn", "zh-CN"),
        ("zh-hant-tw", "zh-Hant-TW"),
        (" en-us ", "en-US"),
        ("en-US,en;q=0.9", "en-US"),
        ("zh-chs", "zh-Hans"),
        ("cn", "zh-CN"),
        ("en-x-ab", "en-x-ab"),
        ("de-1996", "de-1996"),
        ("english", ""),
        ("中文", ""),
        ("und", ""),
        ("-", ""),
        ("", ""),
    ],
)
def test_normalize(tag, normal):
    assert language.normalize(tag) == normal


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        (SIMPLIFIED, "zh-CN"),
        (TRADITIONAL, "zh-TW"),
        (JAPANESE, "ja"),
        (KOREAN, "ko"),
        (ENGLISH, "en"),
        (MIXED, "zh-CN"),
        ("一二三", "zh-CN"),
        ("台灣新聞", "zh-TW"),
        ("台湾新闻", "zh-CN"),
        ("日本経済に影響", "ja"),
        ("円安対応検討", "ja"),
        ("喆与犇：两个罕见的名字", "zh-CN"),
        ("Привет, мир", "ru"),
        ("สวัสดี", "th"),
        ("Hello from the Москва team", "en"),
        ("Das hübsche Mädchen", "en"),
        (ENGLISH + " (新品)", "en"),
        ("2025 … !", ""),
        ("", ""),
        ("…", ""),
    ],
)
def test_detect_tells_scripts_apart(text, tag):
    assert language.detect(text) == tag


@pytest.mark.parametrize(
    ("source", "entry", "feed", "text", "chosen"),
    [
        ("fr", "de", "es", SIMPLIFIED, "fr"),
        ("", "de", "es", ENGLISH, "de"),
        ("", "", "es", ENGLISH, "es"),
        ("", "english", "en_us", ENGLISH, "en-US"),
        ("", "en", "en", SIMPLIFIED, "zh-CN"),
        ("", "", "en", TRADITIONAL, "zh-TW"),
        ("", "en", "zh-HK", TRADITIONAL, "zh-HK"),
        ("", "", "ja", "新製品発売", "ja"),
        ("", "", "", JAPANESE, "ja"),
        ("", "", "", ENGLISH, "en"),
        ("", "", "", "", "zh-CN"),
    ],
)
def test_choose_believes_in_order_what_can_be_true(source, entry, feed, text, chosen):
    assert language.choose(source, entry, feed, text, "zh-CN") == chosen


def test_a_site_that_is_not_east_asian_names_its_own_latin_language():
    assert language.choose("", "", "", "Das hübsche Mädchen", "de") == "de"
    assert language.choose("", "", "", SIMPLIFIED, "de") == "zh-CN"


@given(st.text(), st.text(max_size=20))
def test_nothing_raises_and_tags_are_stable(text, tag):
    assert language.choose(tag, tag, tag, text, "zh-CN")
    assert language.normalize(language.normalize(tag)) == language.normalize(tag)
