"""Markdown in the seeds' style, and HTML that shows what it means."""

from __future__ import annotations

import html as entities
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdownify import markdownify

from aggregator.steps.html import markdown, prepare, sanitize

ARTICLES = [
    "<p>甲<strong>乙。</strong>丙</p><h2>标题</h2><ul><li>一</li><li>二<ul><li>三</li></ul></li></ul>",
    "<h1>T</h1><h3>t</h3><blockquote><p>a</p><p>b</p></blockquote><ol><li>a</li></ol><hr>",
    '<p><a href="https://h.test/" title="t">a</a> <a href="https://h.test/">https://h.test/</a></p>',
    '<p><img src="https://h.test/i.png" alt="图"><em>a</em> *b* _c_</p><pre>x\n y</pre><p><code>z</code></p>',
    "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>",
    "<p>　　甲&nbsp;乙<br>丙</p>",
]


@pytest.mark.parametrize("html", ARTICLES)
def test_markdown_is_what_markdownify_writes(html):
    assert markdown.to_markdown(html) == markdownify(html).strip("\n")


def test_the_style_is_that_of_the_seeds():
    html = "<h1>一</h1><h2>二</h2><ul><li>三</li></ul><p><b>四</b></p>"
    assert markdown.to_markdown(html) == "一\n=\n\n二\n-\n\n* 三\n\n**四**"


def test_only_newlines_are_stripped():
    assert markdown.to_markdown("\n<p>　　甲</p>\n") == "　　甲"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("　　甲<br>　　乙", "　　甲  \n　　乙"),
        ("<div>　　甲<br>　　乙</div>", "　　甲  \n　　乙"),
        ("<div>　　甲</div>\n<section>　　乙</section>", "　　甲\n\n　　乙"),
        ("<p>　　<b>粗体：</b>第二</p>", "　　**粗体：**第二"),
        ("<p>　　<u>甲</u>乙</p>", "　　甲乙"),
        ("<p>　　<mark>甲</mark>乙</p>", "　　甲乙"),
        ("<blockquote><p>　　<small>甲</small></p></blockquote>", "> 　　甲"),
        ("<p>\n　　<b> 粗体：</b>第二</p>", "　　 **粗体：**第二"),
        ("<p><b>　　粗体：</b>第二</p>", "　　**粗体：**第二"),
        ('<p>　　<a href="https://h.test/">一</a>二</p>', "　　[一](https://h.test/)二"),
        ('<p><a href="https://h.test/">　　一</a>二</p>', "　　[一](https://h.test/)二"),
        ('<p>　　<img src="https://h.test/i.png">二</p>', "　　![](https://h.test/i.png)二"),
        ("<p><b> 　　甲</b></p>", "　　**甲**"),
        ("<p> <b>\n <i> 　　甲</i></b></p>", "　　***甲***"),
        ('<p>　　<a href="https://h.test/">　　链</a></p>', "　　　　[链](https://h.test/)"),
        ('<p><a href="https://h.test/"> 　　一</a>二</p>', "　　[一](https://h.test/)二"),
        ("<p>　　 \n 　　甲</p>", "　　 　　甲"),
        ("<p>　<b>&nbsp;　<i>　甲</i></b></p>", "　\xa0　　***甲***"),
        ("<table><tr><td>　　</td><td>乙</td></tr></table>", "|  |  |\n| --- | --- |\n| 　　 | 乙 |"),
        ("<table><tr><th> 　　</th><th>乙</th></tr></table>", "| 　　 | 乙 |\n| --- | --- |"),
        ("<p>\u2003\u2003<em>a</em> b</p>", "\u2003\u2003*a* b"),
        ("<p>&nbsp;　<code>a</code> b</p>", "\xa0　`a` b"),
        ("<ul><li>　甲</li></ul><blockquote><p>　　<i>乙</i></p></blockquote>", "* 　甲\n\n> 　　*乙*"),
        ("<table><tr><th>a</th></tr><tr><td>　<b>甲</b></td></tr></table>", "| a |\n| --- |\n| 　**甲** |"),
        ("<p>甲</p>　　<b>乙</b>", "甲\n\n　　**乙**"),
        ("<pre>　　a\n　b ```</pre>", "````\n　　a\n　b ```\n````"),
    ],
)
def test_wide_spaces_indent_whatever_a_block_begins_with(html, expected):
    """They come back in HTML, too: what is shown begins with the same spaces."""
    written = markdown.to_markdown(html)
    assert written == expected
    assert all(space in markdown.to_html(written) for space in re.findall("[\u3000\u2003]+", expected))


@pytest.mark.parametrize(
    "html",
    [
        "<p>　　<b>甲</b>乙</p>",
        "<p>\n　　<a href='https://h.test/'>甲</a>乙</p><p>　　<img src='https://h.test/i.png'></p>",
        "<p><a href='https://h.test/'>　　甲</a>乙</p>",
        "<p><b> 　　甲</b>乙</p>",
        "<p>　　<a href='https://h.test/'> 　　甲</a>乙</p>",
        "<div>\n<p>　　甲</p>\n<p>　　乙</p></div>丙",
        "<div>　　甲<br>　　乙</div><section>　　丙<ul><li>丁</li></ul></section>",
        "<div><div>　　<em>甲</em></div><table><tr><td>乙</td></tr></table></div>",
    ],
)
def test_prepared_indents_survive_markdownify_itself(html):
    prepared = prepare.prepare(sanitize.sanitize(html))
    written = markdown.to_markdown(prepared)
    assert written == markdownify(prepared).strip("\n")
    assert written.count("　") == html.count("　")
    assert markdown.to_html(written).count("　") == html.count("　")


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>　　</p><p>甲</p>", "甲"),
        ("<p>　　<b></b></p><p>甲</p>", "甲"),
        ("<div>　　<p>甲</p></div>", "甲"),
        ("<p>甲　　</p><p>乙<b>　</b></p>", "甲\n\n乙"),
        ("<p>&nbsp;<b>甲</b></p>", "**甲**"),
    ],
)
def test_spaces_that_indent_nothing_are_none(html, expected):
    assert markdown.to_markdown(html) == expected


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("报道，**公司将发布新品。**受消息影响", "<p>报道，<strong>公司将发布新品。</strong>受消息影响</p>"),
        ("**作者／记者****某人**", "<p><strong>作者／记者某人</strong></p>"),
        ("**“新品”**的*价格。*公布", "<p><strong>“新品”</strong>的<em>价格。</em>公布</p>"),
        ("3~5天，10~20%", "<p>3~5天，10~20%</p>"),
        ("a <script>alert(1)</script> b", "<p>a &lt;script&gt;alert(1)&lt;/script&gt; b</p>"),
        ("<div>\n\nx", "&lt;div&gt;\n<p>x</p>"),
        ("[a](javascript:alert(1))", "<p>a</p>"),
        ("![a](data:image/png;base64,x)b", "<p>b</p>"),
        ("标题\n--", "<h2>标题</h2>"),
        ("a  \n  \nb", "<p>a</p>\n<p>b</p>"),
        ("a****b", "<p>ab</p>"),
        ("a\n\n****\n\nb", "<p>a</p>\n<hr>\n<p>b</p>"),
        ("`a****b` **c****d**", "<p><code>a****b</code> <strong>cd</strong></p>"),
        ("```\na****b\n```\n**c****d**", "<pre><code>a****b\n</code></pre>\n<p><strong>cd</strong></p>"),
        ("~~~\n```\na****b\n~~~\n", "<pre><code>```\na****b\n</code></pre>"),
        ("    a****b", "<pre><code>a****b\n</code></pre>"),
        (r"a\*\*\*\*b", "<p>a****b</p>"),
        ("| a |\n| --- |\n| b |", None),
        ("", ""),
    ],
)
def test_to_html(source, html):
    rendered = markdown.to_html(source).strip("\n")
    if html is None:
        assert "<table>" in rendered
        assert "<td>b</td>" in rendered
    else:
        assert rendered == html


@given(st.text(st.characters(exclude_categories=())))
def test_to_html_never_raises(text):
    assert "<script" not in markdown.to_html(text)


def test_deep_quotes_stay_shallow():
    assert markdown.to_html("> " * 3_000 + "x").count("<blockquote>") <= 200


def test_tables_too_wide_for_the_renderer_are_shown_as_text():
    start = time.process_time()
    html = markdown.to_html(("|" + " a |" * 9_000 + "\n|" + " --- |" * 9_000 + "\n") + "| a |\n" * 900)
    assert time.process_time() - start < 1.0
    assert "<table>" not in html


@pytest.mark.parametrize("signs", ["<", "&", "*", "_a", "[", "a*b_"])
def test_storms_of_signs_are_shown_as_they_are_written(signs):
    """A renderer would make a tree of 200 MB of a megabyte of them."""
    storm = signs * 300_000
    assert markdown.to_html(f"{storm}\n\n**x**") == f"<p>{entities.escape(storm)}</p><p>**x**</p>"


def test_a_long_text_with_signs_is_no_storm():
    assert markdown.to_html("**a** & b\n\n" * 15_000).count("<strong>a</strong> &amp; b") == 15_000
