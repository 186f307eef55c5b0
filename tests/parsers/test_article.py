"""Pages whose main text is found by itself: it stays as the page has it, and what stands around it goes."""

from __future__ import annotations

import sys

import pytest

from aggregator.errors import ParseError
from aggregator.model import Declaration, Document
from aggregator.parsers import article, html_page
from aggregator.steps.html.markdown import to_markdown
from aggregator.steps.html.prepare import prepare
from aggregator.steps.html.sanitize import sanitize
from aggregator.steps.webpages import mainpart

URL = "http://site.example/a/1.html"
TEXT = "".join(
    f"<p>钟楼的第{n}位守钟人讲了一个很长的故事，<b>大家</b>都听到了<a href='/end'>结尾</a>。</p>" for n in range(6)
)
LONG = "The keepers of a small lighthouse have replaced the lamp of their tower with one that needs no oil at all."
BODY = f"""
<p>{LONG} Call <code>light --on</code> and <a href="next.html">go on</a> or <a href="#h">below</a>.</p>
<p>　　守钟人把用了九十年的旧油灯换成了一盏不需要油的新灯，旧灯如今放在港口的博物馆里，欢迎大家前来参观。</p>
<h2 id="h">How to</h2>
<pre><code class="language-sh">$ light --on
    # *wait* for it
</code></pre>
<p>{LONG} That was the first part of it, and here is the second.</p>
<pre>plain text
  in two lines</pre>
<figure><img src="lamp.png" alt="Lamp"><figcaption>The lamp, new</figcaption></figure>
<ol><li>first</li><li>second<ul><li>inner</li></ul></li></ol>
<table><thead><tr><th>Lamp</th><th>Oil</th></tr></thead><tbody><tr><td>new</td><td>0</td></tr></tbody></table>
<iframe src="https://player.example/embed/1"></iframe>
<p>{LONG} Everybody is welcome on the first Sunday of a month.</p>
"""
PARTS = [f"<p>{LONG} This is part {n}, sentence {m}, of the story.</p>" for n in range(3) for m in range(3)]
SECTIONS = "".join(f"<section class='part'>{''.join(PARTS[n : n + 3])}</section>" for n in (0, 3, 6))
LINKS = "".join(
    f"<li><a href='/r{n}'><img src='/r{n}.png'>Another article of this site, number {n}</a></li>" for n in range(6)
)
MENU = "".join(f"<a href='/s{n}'>Rubric {n}</a> | " for n in range(8))
COMMENTS = "".join(
    f"<div class='comment'><b>u{n}</b><p>I do not agree with this at all, says {n}.</p></div>" for n in range(4)
)

BLOG = """<html><head><title>The lamp - Site</title></head><body><header><a href="/"><img src="/logo.png"></a>
<nav>{menu}</nav></header><main><article><header><h1>The lamp</h1></header><div id="x">{body}</div></article>
<div class="comments">{comments}</div></main><aside><h3>Related</h3><ul>{links}</ul></aside>
<footer>Copyright</footer></body></html>"""
NEWS = """<html><head><title>The lamp | Site</title></head><body><div class="hd">{menu}</div><div class="page">
<div class="l"><h1>The lamp</h1><div id="x">{body}</div><div class="more"><h3>Read on</h3><ul>{links}</ul></div>
<div class="comment-list">{comments}</div></div><div class="r"><ul>{links}</ul></div></div>
<div>Copyright</div></body></html>"""
PORTAL = """<html><head><title>The lamp_Site</title></head><body><div>{menu}</div><table><tr><td>
<div><a href="/">首页</a> &gt; <a href="/n">新闻</a></div><h1>The lamp</h1><div id="x">{body}</div></td>
<td><div><h3>热点</h3><ul>{links}</ul></div></td></tr></table>
<div align="center">版权所有</div></body></html>"""


def read(body):
    return article.parse(Document(name=URL, body=body, declared=Declaration(kind="auto")))


def markdown(entry):
    return to_markdown(prepare(sanitize(entry.content, entry.base, page=URL)))


def page(layout, body):
    return layout.format(body=body, menu=MENU, links=LINKS, comments=COMMENTS).encode()


def by_css(body, selector):
    how = Declaration(kind="html", key="full_text", fields=(("content", selector),))
    return html_page.parse(Document(name=URL, body=body, declared=how)).entries[0]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_the_main_text_is_found_with_its_links_and_images(encoding):
    picture = "<p><img src='/i.png'></p>"
    body = f"<html><body><nav>导航</nav><article>{TEXT}{picture}</article><footer>页脚</footer></body></html>"
    (entry,) = read(body.encode(encoding)).entries
    assert entry.content == (TEXT + picture).replace("'", '"')
    assert entry.base == URL


@pytest.mark.parametrize("layout", [BLOG, NEWS, PORTAL], ids=["blog", "news", "portal"])
def test_the_article_is_what_a_selector_would_have_taken(layout):
    body = page(layout, BODY)
    assert markdown(read(body).entries[0]) == markdown(by_css(body, "#x"))


@pytest.mark.parametrize("layout", [BLOG, NEWS, PORTAL], ids=["blog", "news", "portal"])
def test_an_article_in_several_parts_is_whole(layout):
    body = page(layout, SECTIONS)
    assert markdown(read(body).entries[0]) == markdown(by_css(body, "section.part"))


def test_urls_are_relative_to_the_page_or_to_what_it_says():
    body = page(BLOG, BODY)
    text = markdown(read(body).entries[0])
    assert "[go on](http://site.example/a/next.html)" in text
    assert "[below](http://site.example/a/1.html#h)" in text
    assert "![Lamp](http://site.example/a/lamp.png)" in text
    based = body.replace(b"<head>", b"<head><base href='/b/'>")
    assert "![Lamp](http://site.example/b/lamp.png)" in markdown(read(based).entries[0])


@pytest.mark.parametrize("heading", ["<h1>Another title</h1>", "<h2>The lamp</h2>", "<h2>The lamp - Site</h2>"])
def test_the_title_is_no_part_of_the_text(heading):
    text = markdown(read(page(BLOG, f"{heading}{BODY}")).entries[0])
    assert text.startswith(LONG)


def test_a_first_heading_that_is_no_title_stays():
    assert markdown(read(page(BLOG, f"<h2>The</h2>{BODY}")).entries[0]).startswith("The\n---")


def test_where_the_page_does_not_have_the_text_it_is_taken_as_it_was_extracted(monkeypatch):
    monkeypatch.setattr(mainpart, "ENOUGH", 2)
    text = markdown(read(page(BLOG, BODY)).entries[0])
    assert "Call `light --on` and [go on](http://site.example/a/next.html)" in text
    assert "```\n$ light --on\n    # *wait* for it\n```" in text


@pytest.mark.parametrize("body", [b"", b"<html><body></body></html>", b"\x89PNG\r\n\x1a\n\x00", b'{"a": 1}'])
def test_a_page_without_text_is_an_error(body):
    with pytest.raises(ParseError, match="full_text: no main text found; this is "):
        read(body)


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(ParseError, match=r"pip install 'tagwire\[fulltext\]'"):
        read(b"<p>x</p>")
