"""Plain text that comes as HTML: which of its lines are kept."""

from __future__ import annotations

import html

import pytest

from aggregator.steps.html import plain

PROSE = """\
The keepers of a small lighthouse have replaced the lamp of their tower
with one that needs no oil. The old lamp had burnt for ninety years and
stands in the museum of the harbour now, where anybody may see it on the
first Sunday of a month."""
CHINESE = """\
钟楼的守钟人把用了九十年的旧油灯换成了一盏不需要油的新灯，旧灯如
今放在港口的博物馆里，每个月的第一个星期天对所有人开放，欢迎大家前
来参观"""
INDENTED = """\
The lamp was replaced.
      The museum has the old one.
      Everybody is welcome."""
LINES = "The lamp was replaced.\nThe museum has the old one."


TALK = "Today we talk about lamps and oil with a keeper."


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (
            "第一段介绍。\n\n时间轴\n00:00 开场\n12:30 正题",
            "<p>第一段介绍。</p><p>时间轴<br>00:00 开场<br>12:30 正题</p>",
        ),
        ("Show notes\r\n\r\n\r\n00:00 hello\r12:30 bye", "<p>Show notes</p><p>00:00 hello<br>12:30 bye</p>"),
        (LINES, "<p>The lamp was replaced.<br>The museum has the old one.</p>"),
        ("　　第一段\n　　第二段", "<p>　　第一段<br>　　第二段</p>"),
        ("a < b & c\nAT&T <3", "<p>a &lt; b &amp; c<br>AT&amp;T &lt;3</p>"),
        ("links\nhttps://town.example/?a=1&copy=2", "<p>links<br>https://town.example/?a=1&amp;copy=2</p>"),
        ("R&D; that is\nresearch", "<p>R&amp;D; that is<br>research</p>"),
        (
            f"{'Nobody wrapped long lines. ' * 4}\nTwo",
            f"<p>{'Nobody wrapped long lines. ' * 4}".rstrip() + "<br>Two</p>",
        ),
        (f"{PROSE}\n\n00:00 a\n12:30 b", f"<p>{PROSE}</p><p>00:00 a<br>12:30 b</p>"),
        (
            f"{PROSE}\n\nhttps://town.example/{'x' * 90}\nb",
            f"<p>{PROSE}</p><p>https://town.example/{'x' * 90}<br>b</p>",
        ),
        (f"{TALK}\n{TALK} Come and see.", f"<p>{TALK}<br>{TALK} Come and see.</p>"),
        (f"{INDENTED}\n\n      Come and see.", f"<p>{INDENTED}</p><p>Come and see.</p>"),
        (f"{CHINESE}\n\n{CHINESE}", f"<p>{CHINESE}</p><p>{CHINESE}</p>"),
    ],
)
def test_text_without_markup_keeps_paragraphs_and_lines(markup: str, expected: str) -> None:
    assert plain.guessed(markup) == expected


@pytest.mark.parametrize(
    "markup",
    [
        "",
        "<p>one</p>\n\n<p>two</p>",
        "one<br>\ntwo",
        "one\n\ntwo</p>",
        "<!-- one -->\n\ntwo",
        "AT&amp;T\n\ntwo",
        "AT&#38;T\n\ntwo",
        "AT&#x26;T\n\ntwo",
        PROSE,
        CHINESE,
        INDENTED,
        "A selection of views from the streets of the harbour on what people expect from the new lamp in\nthe tower",
    ],
)
def test_markup_single_lines_and_lines_that_no_author_ended_stay_as_they_are(markup: str) -> None:
    assert plain.guessed(markup) == markup


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < b", False),
        ("<3", False),
        ("R&D; x", False),
        ("<b>", False),
        ("</p>", True),
        ("<p>", True),
        ("&nbsp;", True),
        ("&#1;", True),
    ],
)
def test_markup_is_what_html_would_not_show_as_it_is_written(text: str, expected: bool) -> None:
    assert plain.is_markup(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "one line, a < b",
        "We show that p<q for all n.",
        "2<b and more text",
        "We prove $p<q$, and if $a<b$ then $c>d$ holds",
        "When p<q, the bound holds, and when p>q it fails.",
        "if (x<y && z>w) return;",
        "Use <Ctrl>+<C> to stop, then <Enter>.",
        "a List<String> in a Vec<T>",
        "John Doe <john@example.org>, see <https://town.example/a>",
    ],
)
def test_what_only_looks_like_a_tag_is_text(text: str) -> None:
    """On one line, and among others."""
    shown = html.escape(text, quote=False)
    assert plain.guessed(text) == shown
    assert plain.guessed(f"{text}\n\nMore.") == f"<p>{shown}</p><p>More.</p>"


@pytest.mark.parametrize(
    "markup",
    [
        "<p>One\n<p>Two",
        "<b>x</b>",
        "a<br>b",
        "<div>cut",
        "<strong>cut",
        "<o:p></o:p>x",
        "cut <a href='http://x",
        "<x-y a=b>",
    ],
)
def test_tags_stay_tags(markup: str) -> None:
    """Void, without end, with attributes, of other vocabularies, cut off."""
    assert plain.is_markup(markup)
    assert plain.guessed(markup) == markup


def test_long_texts_are_read_in_linear_time() -> None:
    text = "\n".join(["word " * 12] * 20_000)
    assert plain.guessed(text + "\n\nend").count("<p>") == 2
