"""The written rule of summaries, on texts of our own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps import summary


@pytest.mark.parametrize(
    ("lang", "cjk"),
    [
        ("zh-CN", True),
        ("zh_TW", True),
        ("ja", True),
        ("ko-KR", True),
        ("yue", True),
        ("ZH", True),
        ("en", False),
        ("", False),
        ("jam", False),
        ("za", False),
    ],
)
def test_is_cjk(lang, cjk):
    assert summary.is_cjk(lang) is cjk


@pytest.mark.parametrize(
    ("html", "chinese", "english"),
    [
        ("<p>甲。</p>\n<p>乙</p>", "甲。乙", "甲。 乙"),
        ("<p>甲<br>乙</p>", "甲乙", "甲 乙"),
        ("<p>甲 <strong>乙</strong>丙</p>", "甲 乙丙", "甲 乙丙"),
        ("<p>　　甲&nbsp;&nbsp; 乙</p>", "　　甲\xa0\xa0 乙", "　　甲\xa0\xa0 乙"),
        ("<p>甲\n\t 乙 </p> <p> 丙</p>", "甲 乙丙", "甲 乙 丙"),
        ('<p><img src="https://h.test/a.png" alt="图片">甲</p>', "甲", "甲"),
        ('<p><a href="https://h.test/?a=1&gt;2" title="x > y">甲</a></p>', "甲", "甲"),
        ("<ul><li>一</li><li>二</li></ul><hr>三", "一二三", "一 二 三"),
        ("<table><tr><td>一</td><td>二</td></tr></table>", "一二", "一 二"),
        ("1 &lt; 2 &amp;amp; &quot;3&quot;", '1 < 2 &amp; "3"', '1 < 2 &amp; "3"'),
        ("a &lt;p&gt; b", "a <p> b", "a <p> b"),
        ("plain  text", "plain text", "plain text"),
        ("", "", ""),
    ],
)
def test_the_visible_text_is_joined_by_language(html, chinese, english):
    visible = summary.marked(html)
    assert summary.joined(visible, "zh-CN") == chinese
    assert summary.joined(visible, "en") == english


def test_a_cjk_text_of_under_80_characters_is_its_own_summary():
    assert summary.summarize("字" * 79, "zh-CN") == "字" * 79
    assert summary.summarize("字" * 80, "zh-CN") == "字" * 50 + "..."
    assert summary.summarize("𠮷" * 80, "ja") == "𠮷" * 50 + "..."


def test_elsewhere_50_words_are_kept():
    words = [f"w{number}" for number in range(60)]
    assert summary.summarize(" ".join(words[:49]), "en") == " ".join(words[:49])
    assert summary.summarize(" ".join(words[:50]), "en") == " ".join(words[:50]) + "..."
    assert summary.summarize(" ".join(words), "en") == " ".join(words[:50]) + "..."


def test_white_space_between_words_stays_as_it_is():
    assert summary.summarize("a\xa0" * 60, "en") == "\xa0".join("a" * 50) + "..."


@pytest.mark.parametrize(
    ("html", "image"),
    [
        ('<p>a</p><img src="https://h.test/a.png"><img src="https://h.test/b.png">', "https://h.test/a.png"),
        (
            '<img src="https://h.test/p.gif" width="1" height="1"><img src="https://h.test/b.png">',
            "https://h.test/b.png",
        ),
        (
            '<img src="data:image/gif;base64,R0"><img alt="x" src="https://h.test/?a=1&amp;b=2">',
            "https://h.test/?a=1&b=2",
        ),
        (
            '<img src="https://h.test/i.gif" width="16px" height="16"><img src="https://h.test/b.png">',
            "https://h.test/b.png",
        ),
        ('<img src="https://h.test/i.gif" height="1em"><img src="https://h.test/b.png">', "https://h.test/b.png"),
        ('<img src="https://h.test/b.png" width="100%" height="33">', "https://h.test/b.png"),
        ('<img src="https://s.w.org/images/core/emoji/14.0.0/72x72/1f642.png" alt="🙂">', ""),
        ('<img src="https://h.test/wp-includes/images/smilies/icon_smile.gif" alt=":)">', ""),
        ('<img alt="no source">', ""),
        ("<p>no image</p>", ""),
        ('&lt;img src="https://h.test/a.png"&gt;', ""),
    ],
)
def test_first_image(html, image):
    assert summary.first_image(html) == image


@given(st.text(), st.sampled_from(["zh-CN", "en"]))
def test_no_text_makes_it_raise_and_summaries_are_beginnings(text, lang):
    plain = summary.joined(summary.marked(text), lang)
    short = summary.summarize(plain, lang)
    assert plain.startswith(short.removesuffix("..."))
    summary.first_image(text)
