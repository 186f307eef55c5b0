"""HTML that Markdown would damage is rewritten; all other HTML stays the identical object."""

from __future__ import annotations

import random
import re
from html import escape

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps.html import markdown, prepare, sanitize, tables


def visible(html):
    """Text without white space, link targets and image sources, by an HTML5 parse."""
    root = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    shown = [link for link in root.iter("a") if "".join(link.itertext()).strip() or link.find(".//img") is not None]
    images = [image.get("src") for image in root.iter("img")]
    return "".join("".join(root.itertext()).split()), [link.get("href") for link in shown], images


def published(html):
    """What becomes of HTML on its way through Markdown."""
    return markdown.to_html(markdown.to_markdown(prepare.prepare(html)))


NOTHING_TO_CURE = [
    "",
    "plain text",
    "<p>甲乙丙。</p><p>丁</p>",
    "<p>a <strong>bold</strong> and <em>italic</em>, all fine.</p>",
    "<p><strong>甲乙。</strong>丙丁</p>",
    "<p><b>One:</b> two</p><p>three <i>(four)</i> five</p>",
    '<p>a <a href="https://h.test/?a=1&amp;b=2">link</a>.</p>',
    '<p><a href="https://h.test/"><img src="https://h.test/a.png" alt="A picture"></a></p>',
    "<h2>Title</h2><ul><li>one</li><li>two</li></ul><hr>",
    "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>",
    "<p>3~5 days, 10-20%, x = y, 2 + 2, no. 7</p>",
    "<p>1 &lt; 2 &amp; 3 &gt; 2!</p>",
    "<blockquote><p>甲<br>乙</p></blockquote>",
    "<p>*stars* and _underscores_ are markdownify's business</p>",
    "<p>　　甲&nbsp;乙</p>",
]


@pytest.mark.parametrize("html", NOTHING_TO_CURE)
def test_html_with_nothing_to_cure_is_returned_as_the_identical_object(html):
    assert prepare.prepare(html) is html
    assert visible(published(html)) == visible(html)


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        # emphasis
        ("<p><b>a</b><strong>b</strong></p>", "<p><strong>ab</strong></p>"),
        ("<p><b>a<strong>b</strong></b>c</p>", "<p><strong>ab</strong>c</p>"),
        ("<b><p>a</p><p>b</p></b>", "<p><strong>a</strong></p>\n<p><strong>b</strong></p>"),
        ("<p><b>a<br><br>b</b></p>", "<p><strong>a</strong></p>\n<p><strong>b</strong></p>"),
        ("<p><b>a<br></b>b</p>", "<p><strong>a</strong><br>\nb</p>"),
        ("<p>x<b>, </b>y</p>", "<p>x, y</p>"),
        ("<p>x<b>(y)</b>z</p>", "<p>x(<strong>y</strong>)z</p>"),
        ("<p>甲<b>　乙　</b>丙</p>", "<p>甲　<strong>乙</strong>　丙</p>"),
        ("<p>甲<b>&nbsp;乙</b>丙</p>", "<p>甲&nbsp;<strong>乙</strong>丙</p>"),
        ("<p>x<b></b>y<i> </i>z</p>", "<p>xy z</p>"),
        (
            '<p>x<b><a href="https://h.test/">y</a></b>z</p>',
            '<p>x<a href="https://h.test/"><strong>y</strong></a>z</p>',
        ),
        (
            '<p>x<b><img src="https://h.test/i" alt="">y</b></p>',
            '<p>x<img src="https://h.test/i" alt=""><strong>y</strong></p>',
        ),
        ("<ul><b><li>a</li></b></ul>", "<ul>\n<li><strong>a</strong></li>\n</ul>"),
        ("<p>a<u><b>b</b></u><b>c</b></p>", "<p>a<strong>bc</strong></p>"),
        ("<p><s>old</s> <del>new</del></p>", "<p>old new</p>"),
        # links
        ('<a href="https://h.test/"><h3>T</h3></a>', '<h3><a href="https://h.test/">T</a></h3>'),
        ('<a href="https://h.test/"><p>a</p><p>b</p></a>', '<p><a href="https://h.test/">a b</a></p>'),
        ('<p><a href="https://h.test/">a<br>b</a></p>', '<p><a href="https://h.test/">a b</a></p>'),
        ('<p><a href="https://h.test/a)b">x</a></p>', '<p><a href="https://h.test/a)b">x</a></p>'),
        ('<p><a href="https://h.test/?a&amp;copy;">x</a></p>', '<p><a href="https://h.test/?a&amp;copy;">x</a></p>'),
        ('<p><a href="https://h.test/">a]b</a></p>', '<p><a href="https://h.test/">a]b</a></p>'),
        ('<p><a href="https://h.test/">[x](y)</a></p>', '<p><a href="https://h.test/">[x](y)</a></p>'),
        ('<p>Look!<a href="https://h.test/">x</a></p>', '<p>Look!<a href="https://h.test/">x</a></p>'),
        ('<p><u>Look!</u><a href="https://h.test/">x</a></p>', '<p>Look!<a href="https://h.test/">x</a></p>'),
        (
            '<p><a href="https://h.test/" title="a\n\nb">x</a></p>',
            '<p><a href="https://h.test/" title="a b">x</a></p>',
        ),
        # images
        ('<h2>a<img src="https://h.test/i_1" alt="i">b</h2>', '<h2>a<img src="https://h.test/i_1" alt="i">b</h2>'),
        (
            '<p><img src="https://h.test/i" alt="a]\n\n`b_ *c*"></p>',
            '<p><img src="https://h.test/i" alt="a] `b_ *c*"></p>',
        ),
        ("<p>a<b><q>中文</q></b>b</p>", "<p>a&quot;<strong>中文</strong>&quot;b</p>"),
        ("<p>word<em><q>x</q></em>word</p>", "<p>word&quot;<em>x</em>&quot;word</p>"),
        # text that looks like Markdown
        ("<p>1. one</p>", "<p>1. one</p>"),
        ("<p>2) two</p>", "<p>2) two</p>"),
        ("<p>- a</p><p>+ b</p><p>&gt; c</p><p># d</p>", "<p>- a</p>\n<p>+ b</p>\n<p>&gt; c</p>\n<p># d</p>"),
        ("<p>a<br>---</p><p>b<br>===</p>", "<p>a<br>\n---</p>\n<p>b<br>\n===</p>"),
        ("<p>a\n- b</p>", "<p>a\n- b</p>"),
        ("<p>~~~~</p><p>a</p>", "<p>~~~~</p>\n<p>a</p>"),
        ("<p>`a` \\* \\</p>", "<p>`a` \\* \\</p>"),
        ("<p>&amp;amp; &lt;b&gt; &lt;!--</p>", "<p>&amp;amp; &lt;b&gt; &lt;!--</p>"),
        ("<p>[a](b) [c]: d</p>", "<p>[a](b) [c]: d</p>"),
        ("<p>a | b<br>--|--</p>", "<p>a | b<br>\n--|--</p>"),
        ("<p>a<br>:-:</p><p>b<br>-:</p><p>:-</p>", "<p>a<br>\n:-:</p>\n<p>b<br>\n-:</p>\n<p>:-</p>"),
        ("<h3>About C #</h3>", "<h3>About C #</h3>"),
        ("<h2>1. One</h2>", "<h2>1. One</h2>"),
        ("<li>1. a</li>", "<ul>\n<li>1. a</li>\n</ul>"),
        ("<ul><li>\xa0# a</li></ul>", "<ul>\n<li># a</li>\n</ul>"),
        # blocks
        ("a<center>b</center>c", "<p>a</p>\n<p>b</p>\n<p>c</p>"),
        ("<figure>a</figure><figure>b</figure>", "<p>a</p>\n<p>b</p>"),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "<p>a</p>\n<p>b</p>"),
        ("a<p></p>b", "<p>a<br>\nb</p>"),
        ("<p>a</p><div></div>1. b", "<p>a</p>\n<p>1. b</p>"),
        ("<code>a</code><code>b</code>", "<p><code>ab</code></p>"),
        ('<code><a href="https://h.test/">a</a></code>', '<p><a href="https://h.test/"><code>a</code></a></p>'),
        (
            '<p><code>a <b><a href="https://h.test/">b</a></b> c<br>d</code></p>',
            '<p><code>a</code> <a href="https://h.test/"><code>b</code></a> <code>c</code><br>\n<code>d</code></p>',
        ),
        ("<pre>a<br>b<div>c</div><div><br></div>d</pre>", "<pre><code>a\nb\nc\n\nd\n</code></pre>"),
        (
            '<pre>a <img src="https://h.test/i"> b</pre>c',
            '<pre><code>a  b\n</code></pre>\n<p><img src="https://h.test/i" alt=""></p>\n<p>c</p>',
        ),
        ('<code>a <img src="https://h.test/i"></code>', '<p><code>a</code> <img src="https://h.test/i" alt=""></p>'),
        ('<pre><img src="https://h.test/i"></pre>', '<p><img src="https://h.test/i" alt=""></p>'),
        (
            "<pre>a\n```js\nb\n```\nc ````</pre><p>d</p><pre>e</pre>",
            "<pre><code>a\n```js\nb\n```\nc ````\n</code></pre>\n<p>d</p>\n<pre><code>e\n</code></pre>",
        ),
        (
            "<ul><li>a<blockquote><pre>```\nb</pre></blockquote></li></ul>",
            "<ul>\n<li>a\n<blockquote>\n<pre><code>```\nb\n</code></pre>\n</blockquote>\n</li>\n</ul>",
        ),
        ("<code><pre>a\n b</pre></code>c", "<pre><code>a\n b\n</code></pre>\n<p>c</p>"),
        (
            "<code>a<pre>b</pre><div>c</div></code>",
            "<p><code>a</code></p>\n<pre><code>b\n</code></pre>\n<p><code>c</code></p>",
        ),
        ("<pre><pre>a</pre></pre>", "<pre><code>a\n</code></pre>"),
        (
            '<pre>a<code><pre>b <a href="https://h.test/">c</a><img src="https://h.test/i"></pre>d</code></pre>e',
            '<pre><code>a\nb c\nd\n</code></pre>\n<p><img src="https://h.test/i" alt=""></p>\n<p>e</p>',
        ),
        (
            "<p><code>if a:<br>&nbsp; b</code> <kbd> &nbsp;c</kbd></p>",
            "<p><code>if a:</code><br>\n<code>&nbsp; b</code>  <code>&nbsp;c</code></p>",
        ),
        ("<p>a<br>---\u3000</p><p>===\u2029</p>", "<p>a<br>\n---</p>\n<p>===</p>"),
        ("\ufeffa", "<p>\ufeffa</p>"),
        ("<ruby>漢<rt>hàn</rt></ruby>", "<p>漢(hàn)</p>"),
        ("<ruby>漢<rp>（</rp><rt>hàn</rt><rp>）</rp></ruby>", "<p>漢（hàn）</p>"),
        ("<ruby>漢<rp>(</rp><rt>hàn</rt></ruby>後", "<p>漢(hàn)後</p>"),
        ("<ruby>漢<rp>（</rp><rt>hàn</rt></ruby>後", "<p>漢（hàn）後</p>"),
        ("<ruby>漢<rt>hàn</rt><rp>】</rp></ruby>後", "<p>漢【hàn】後</p>"),
        ("<ruby>漢<rp>(</rp><rt>hàn</rt>字<rp>(</rp><rt>zì</rt><rp>)</rp></ruby>", "<p>漢(hàn)字(zì)</p>"),
        ("<ruby>漢<rt>hàn</rt><rp>）</rp>字<rt>zì</rt></ruby>", "<p>漢（hàn）字(zì)</p>"),
        ("<ruby>漢字<rp>(</rp><rt>hàn </rt><rt>zì</rt><rp>)</rp></ruby>", "<p>漢字(hàn zì)</p>"),
        ("<ruby>漢字<rt>hàn</rt><rt>zì</rt><rp>)</rp></ruby>", "<p>漢字(hànzì)</p>"),
        ("<ruby>漢<rt>hàn</rt><rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "<p>漢(hàn)(kan)</p>"),
        ("<ruby>漢<rp>(</rp><rp>[</rp><rt>hàn</rt></ruby>", "<p>漢[hàn]</p>"),
        ("<ruby>漢<rp>(</rp><rt>hàn</rt><rp>[</rp><rt>kan</rt><rp>]</rp></ruby>", "<p>漢(hàn)[kan]</p>"),
        ("<ruby>漢<rp>(</rp></ruby>後", "<p>漢後</p>"),
        ("<ruby>漢<rp>)</rp></ruby>後", "<p>漢後</p>"),
        ("<ruby>漢<rt></rt></ruby>後", "<p>漢後</p>"),
        ("<ruby>漢<rp></rp><rt>hàn</rt><rp></rp></ruby>後", "<p>漢(hàn)後</p>"),
        ("<ruby>漢<rp>(</rp><rtc><rt>a</rt></rtc><rp>)</rp></ruby>後", "<p>漢(a)後</p>"),
        ("<p><code>1. `a` | \\ &amp;amp;</code> \\.</p>", "<p><code>1. `a` | \\ &amp;amp;</code> \\.</p>"),
        # lists, and headings around them
        ("<ul>a <b>b</b><li>c</li></ul>", "<p>a <strong>b</strong></p>\n<ul>\n<li>c</li>\n</ul>"),
        (
            '<ul>\n<li>a</li>b<li>c</li>\n<a href="https://h.test/">d</a>\n</ul>',
            '<ul>\n<li>a b</li>\n<li>c <a href="https://h.test/">d</a></li>\n</ul>',
        ),
        ("<h2>a<ul><li>b</li></ul>c</h2>", "<h2>a</h2>\n<ul>\n<li>b</li>\n</ul>\n<p>c</p>"),
        ("<h3><pre>a\nb</pre></h3>", "<pre><code>a\nb\n</code></pre>"),
        ("<h2>a<u>b<ul><li>c</li></ul></u></h2>", "<h2>ab</h2>\n<ul>\n<li>c</li>\n</ul>"),
        # numbers
        ('<ol><li value="5">a</li><li>b</li></ol>', '<ol start="5">\n<li>a</li>\n<li>b</li>\n</ol>'),
        (
            '<ol start="5"><li>a</li><li value="9"><p>b</p></li><li><b>c</b></li></ol>',
            '<ol start="5">\n<li>a</li>\n</ol>\n<ol start="9">\n<li>b</li>\n<li><strong>c</strong></li>\n</ol>',
        ),
        (
            "<ol><li>a</li></ol><ol><li>b</li></ol>\n<ol><li>c</li></ol>",
            "<ol>\n<li>a</li>\n</ol>\n<ol>\n<li>b</li>\n</ol>\n<ol>\n<li>c</li>\n</ol>",
        ),
        (
            "<ol><li>a</li></ol><ol><li>b</li><li><h4>y</h4></li></ol>",
            '<ol>\n<li>a</li>\n</ol>\n<ol>\n<li>b</li>\n</ol>\n<ol start="2">\n<li>\n<h4>y</h4>\n</li>\n</ol>',
        ),
        ('<ol start="99999999999"><li>a</li></ol>', "<ol>\n<li>a</li>\n</ol>"),
        # tables
        ("a<table><caption>b</caption></table>c", "<p>a</p>\n<p>b</p>\n<p>c</p>"),
        ("<table><tr><td>a</td></tr></table>", "<p>a</p>"),
        (
            "<table><colgroup><col></colgroup><tr><td>a<ul><li>b</li></ul></td><td>c</td></tr></table>",
            "<p>a</p>\n<ul>\n<li>b</li>\n</ul>\n<p>c</p>",
        ),
    ],
)  # fmt: skip
def test_cures(html, shown):
    assert published(html).strip("\n") == shown


def test_cells_keep_bars_images_and_every_column():
    html = (
        "<table><tr><th>a|b</th></tr>"
        '<tr><td>c</td><td><img src="https://h.test/i.png" alt="d"><code>e|f</code></td>'
        '<td colspan="2">g</td></tr></table>'
    )
    assert visible(published(html)) == visible(html)
    assert published(html).count("<td") == 4
    assert prepare.prepare(html).count("<th") == 4


def test_cells_below_one_that_reaches_over_rows_keep_their_column():
    first = '<tr><td rowspan="2" colspan="2">a</td><td>b</td></tr>'
    rows = f"{first}<tr><td>c</td></tr><tr><td>d</td><td>e</td><td>f</td></tr>"
    body = markdown.to_markdown(prepare.prepare(f"<table>{rows}</table>"))
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in body.splitlines()[2:]]
    assert cells == [["a", "", "b"], ["", "", "c"], ["d", "e", "f"]]


def cells(html):
    """What stands in the cells of the tables that are published of some HTML, row by row."""
    root = html5lib.parseFragment(published(sanitize.sanitize(html)), treebuilder="etree", namespaceHTMLElements=False)
    tables = [[["".join(cell.itertext()) for cell in row] for row in table.iter("tr")] for table in root.iter("table")]
    return tables[0] if len(tables) == 1 else tables


HEAD, BODY, FOOT = (f"<{part}><tr><td>{part}</td></tr></{part}>" for part in ("thead", "tbody", "tfoot"))
ROWS = [["a", "b"], ["c", "d"]]


@pytest.mark.parametrize(
    ("sections", "rows"),
    [
        (HEAD + BODY + FOOT, ["thead", "tbody", "tfoot"]),
        (HEAD + FOOT + BODY, ["thead", "tbody", "tfoot"]),
        (BODY + BODY, ["", "tbody", "tbody"]),
        (HEAD + HEAD + BODY, ["thead", "thead", "tbody"]),
        (HEAD + BODY + HEAD + BODY, ["thead", "tbody", "thead", "tbody"]),
        ("<thead></thead>" + BODY + FOOT + HEAD + BODY, ["thead", "tbody", "tbody", "tfoot"]),
        (HEAD + BODY.replace("td", "th") + BODY, ["thead", "tbody", "tbody"]),
        (HEAD + "<tbody></tbody><tbody><tr></tr></tbody>" + BODY, ["thead", "tbody"]),
        ("<caption>x</caption>" + BODY.replace("td", "th") + BODY, ["tbody", "tbody"]),
        ("<tbody><tr><th>h</th></tr><tr></tr><tr><td>x</td></tr></tbody>", ["h", "x"]),
        ("<thead><tr><th>h</th></tr><tr><th>x</th></tr></thead>" + BODY, ["h", "x", "tbody"]),
    ],
)
@pytest.mark.parametrize("around", ["{}", "<blockquote>{}</blockquote>", "<ul><li>x{}</li></ul>"])
def test_a_table_of_several_sections_is_one(sections, rows, around):
    """A foot stands last, as browsers show it; no line of dashes becomes text, no empty row a cell."""
    assert cells(around.format(f"<table>{sections}</table>")) == [[row] for row in rows]


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("<ul><li>one</li><li><p>two</p></li></ul>", "• one • two"),
        ("x<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>y", "x 1. a • b 2. c y"),
        ('<ol start="3"><li>a</li><li value="9">b</li><li>c</li></ol>', "3. a 9. b 10. c"),
        ('<ol start="x"> <li>a</li> <ol><li>b</li></ol></ol>', "1. a 1. b"),
        ("<pre>a:\n\tb | `c`\n\n  d</pre>", "a: \xa0\xa0\xa0\xa0b | `c` \xa0\xa0d"),
        ("<table><tr><th>1</th><th>2</th></tr><tr><td>3</td><td>4</td></tr></table>x", "1 2 3 4 x"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("<h4>head</h4>x", "head x"),
        ("<hr>2<hr>", "2"),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "a b"),
        ("<b>甲</b><ul><li><b>乙</b></li></ul>", "甲 • 乙"),
    ],
)
def test_blocks_in_a_cell_of_a_table_with_a_header_become_a_line_of_it(cell, line):
    (head, row) = cells(f"<table><tr><th>h</th><th>i</th></tr><tr><td>{cell}</td><td>z</td></tr></table>")
    assert head == ["h", "i"]
    assert [re.sub("[ \n]+", " ", one) for one in row] == [line, "z"]


def test_code_links_and_images_of_a_cell_stay_what_they_are():
    html = (
        '<table><tr><th>h</th><th>i</th></tr><tr><td><ul><li><a href="https://h.test/a|b" title="p|q">l|m</a></li></ul>'
        '<img src="https://h.test/i" alt="q|r"><pre>x|y</pre></td></tr></table>'
    )
    shown = published(sanitize.sanitize(html))
    assert '<a href="https://h.test/a%7Cb" title="p|q">l|m</a>' in shown
    assert '<img src="https://h.test/i" alt="q|r">' in shown
    assert "<code>x|y</code>" in shown


COLUMN = '<th class="small-12 large-6 columns">{}</th>'
ARTICLE = "<h2>News</h2><p>One.</p><p>Two.</p><ul><li>a</li><li>b</li></ul><pre>x = 1\ny = 2</pre>"
ARTICLE_SHOWN = """<h2>News</h2>
<p>One.</p>
<p>Two.</p>
<ul>
<li>a</li>
<li>b</li>
</ul>
<pre><code>x = 1
y = 2
</code></pre>"""
LONG = f"<p>{'word ' * 60}</p>"


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        (f"<tr>{COLUMN.format(ARTICLE)}<th class='expander'></th></tr>", ARTICLE_SHOWN),
        (f"<tr>{COLUMN.format(ARTICLE)}{COLUMN.format('<p>right</p>')}</tr>", ARTICLE_SHOWN + "\n<p>right</p>"),
        (
            "<tr><th><h1>Letter</h1></th></tr><tr><td><p>One.</p><p>Two.</p><ul><li>a</li></ul></td></tr>",
            "<h1>Letter</h1>\n<p>One.</p>\n<p>Two.</p>\n<ul>\n<li>a</li>\n</ul>",
        ),
        ("<thead><tr><th>Letter</th></tr></thead><tr><td><p>One.</p></td></tr>", "<p>Letter</p>\n<p>One.</p>"),
        ("<tr><th><p>left</p></th><th><div><div>right</div></div></th></tr>", "<p>left</p>\n<p>right</p>"),
        ("<tr><th>a</th><th></th></tr><tr><td></td><td> </td></tr>", "<p>a</p>"),
        (
            f"<tr><th>a</th><th>b</th></tr><tr><td>c</td><td>{'<p>d</p>' * 4}</td></tr>",
            "\n".join(f"<p>{letter}</p>" for letter in "abcdddd"),
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "<table class='container'><tr><td><center>{}</center></td></tr></table>"])
def test_a_newsletter_that_is_laid_out_with_header_cells_keeps_its_blocks(rows, shown, around):
    """Foundation for Emails makes every column a `<th>`."""
    assert published(sanitize.sanitize(around.format(f"<table class='row'>{rows}</table>"))).strip() == shown


@pytest.mark.parametrize(
    ("cell", "stays"),
    [
        ("<p>d</p>" * 3 + "<p></p>", True),
        ("word " * 150, True),
        (f"<p>{'word ' * 150}</p>", True),
        ("<ul>" + "<li><p>d</p></li>" * 9 + "</ul>", True),
        ("<h4>d</h4>", True),
        ("<p>d</p>" * 4, False),
        (LONG * 2, False),
        ("<h3>d</h3>", False),
    ],
)
def test_a_table_of_data_has_short_cells(cell, stays):
    html = f"<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>{cell}</td></tr></table>"
    assert ("<table>" in published(sanitize.sanitize(html))) is stays


def test_a_table_with_a_header_stays_one_within_a_layout():
    inner = "<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>"
    layout = f"<table><tr><td>{inner}</td><td><table><tr><td>e</td><td>f</td></tr></table></td></tr></table>"
    assert cells(layout) == ROWS
    assert visible(published(sanitize.sanitize(layout)))[0] == "abcdef"


def test_a_row_that_others_reach_over_is_none_too_many():
    rows = (
        '<tr><th>a</th><th>b</th></tr><tr><td rowspan="2">c</td><td rowspan="2">d</td></tr><tr></tr><tr><td>e</td></tr>'
    )
    assert cells(f"<table>{rows}</table>") == [*ROWS, ["", ""], ["e", ""]]


def test_an_absurd_colspan_costs_nothing():
    html = '<table><tr><td colspan="99999999999">a|b</td><td>c</td></tr><tr><td colspan="x">d</td></tr></table>'
    assert visible(published(sanitize.sanitize(html)))[0] == "a|bcd"


def test_absurdly_wide_tables_become_paragraphs():
    html = f"<table><tr>{'<td>字</td>' * (tables.MAX_COLUMNS + 1)}</tr></table>"
    assert "<t" not in published(html)
    assert visible(published(html)) == visible(html)


def test_html_with_absurdly_many_tags_is_left_alone():
    html = "<p>1. a</p>" * (prepare.MAX_TAGS // 2 + 1)
    assert prepare.prepare(html) is html


@given(st.text(st.characters(exclude_categories=())))
def test_it_takes_whatever_the_sanitiser_gives_and_keeps_the_text(text):
    html = sanitize.sanitize(f"<p>x{escape(text)}x</p>")
    assert visible(published(html)) == visible(html)


@given(st.text(alphabet="<>/pbaihref=\"' 1.-&;#!\x00\ud800字", max_size=40))
def test_it_never_raises_even_on_what_nobody_sanitised(text):
    prepare.prepare(text)
    prepare.prepare(f"<p>1. a</p>{text}")


SIGNS = """
    word 字 文。 “引” (x) a*b _u_ `c` \\ &lt;t&gt; &amp;amp; [x](y) ! | ~~~ --- === 　 &nbsp; 17% [ ] ** C# :- 😀 — é
"""
WORDS = [*SIGNS.split(), "　", " ", "\n", "1. ", "- ", "# ", "&gt; "]


def document(chance):
    """A small document of awkward words in nested inline elements."""

    def text():
        return "".join(chance.choices(WORDS, k=chance.randint(1, 3)))

    def inline(levels):
        kind = chance.random()
        if not levels or kind < 0.5:
            return text()
        if kind < 0.8:
            name = chance.choice(["b", "strong", "em", "i", "u"])
            return f"<{name}>{inline(levels - 1)}{inline(levels - 1)}</{name}>"
        if kind < 0.9:
            return f'<a href="https://h.test/{chance.choice("abc")}">{text()}</a>'
        return chance.choice(["<br>", "<br><br>", '<img src="https://h.test/i.png" alt="i">', "<code>c</code>"])

    name = chance.choice(["p", "p", "p", "h2", "h4", "blockquote", "li"])
    return f"<{name}>{inline(2)}{inline(2)}</{name}>"


def test_almost_any_soup_of_awkward_inline_markup_keeps_text_links_and_images():
    chance = random.Random(20260102)
    documents = [sanitize.sanitize(document(chance)) for _ in range(600)]
    lost = [html for html in documents if visible(published(html)) != visible(html)]
    assert len(lost) <= 0.015 * len(documents), lost[:3]
    assert sum(prepare.prepare(html) is not html for html in documents) > 300


def test_no_marks_are_left_in_the_text_of_ordinary_articles():
    chance = random.Random(7)
    words = ["公司", "宣布", "增长5%", "Apple", "2025", "（注）", "，", "。", "“新品”", "said", "that"]
    for _ in range(200):
        marks = [chance.choice(["b", "strong", "i"]) for _ in range(4)]
        html = (
            "<p>"
            + "".join(f"{chance.choice(words)}<{m}>{''.join(chance.choices(words, k=3))}</{m}>" for m in marks)
            + "</p>"
        )
        assert not re.search(r"\*", visible(published(html))[0]), html


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<ruby>漢<rp>(<rt>hàn<rp>)</ruby>後", "漢(hàn)後"),
        ("<ruby><rb>漢<rb>字<rp>（<rt>hàn <rt>zì<rp>）</ruby>後", "漢字（hàn zì）後"),
        ("<ruby>漢<rp>(<rt>hàn</ruby>後", "漢(hàn)後"),
        ("<ruby>漢<rt>hàn<rp>)</ruby>後", "漢(hàn)後"),
    ],
)
def test_readings_whose_ends_html_leaves_out_are_paired(html, shown):
    """The sanitiser closes what is open, as browsers do; the parentheses are ours to pair."""
    assert published(sanitize.sanitize(f"<p>{html}</p>")).strip() == f"<p>{shown}</p>"


_PARTS = ["<rp>(</rp>", "<rp>)</rp>", "<rp>（</rp>", "<rp></rp>", "<rt>a</rt>", "字", " "]


@given(st.lists(st.sampled_from(_PARTS), max_size=8))
def test_readings_are_always_balanced(parts):
    """No parenthesis is left open or closed twice, whatever stands side by side; every reading stays."""
    shown = prepare.prepare(f"<p><ruby>漢{''.join(parts)}</ruby></p>")
    text = re.sub("<[^<>]*>", "", shown)
    depth = 0
    for sign in text:
        depth += (sign in "(（") - (sign in ")）")
        assert depth in {0, 1}, text
    assert depth == 0, text
    assert text.count("a") == parts.count("<rt>a</rt>")
