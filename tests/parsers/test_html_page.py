"""Web pages read as declared: selectors, attributes, removal, encodings, and what is said about every other shape."""

from __future__ import annotations

import pytest

from aggregator.errors import ParseError
from aggregator.model import Declaration, Document, Person
from aggregator.parsers import html_page

URL = "http://site.example/news/"
FIELDS = (("title", "h2"), ("link", "h2 a"))
POST = "<article><h2><a href='{0}'>标题 {0}</a></h2>{1}</article>"


def page(*rows):
    return "<html><head><title> 新闻\n列表 </title></head><body>" + "".join(rows) + "</body></html>"


def parse(body, fields=FIELDS, each="article", charset="", **how):
    data = body if isinstance(body, bytes) else body.encode()
    declared = Declaration(kind="html", each=each, fields=fields, **how)
    return html_page.parse(Document(name=URL, body=data, charset=charset, declared=declared))


def one(row, *fields):
    (entry,) = parse(page(POST.format("1", row)), (*FIELDS, *fields)).entries
    return entry


def test_entries_have_title_and_absolute_link_and_the_page_its_own():
    found = parse(page(POST.format("1", ""), POST.format("/x?a=1&amp;b=2", "")))
    assert [(entry.title, entry.link) for entry in found.entries] == [
        ("标题 1", "http://site.example/news/1"),
        ("标题 /x?a=1&b=2", "http://site.example/x?a=1&b=2"),
    ]
    assert (found.title, found.link) == ("新闻 列表", URL)


@pytest.mark.parametrize(
    ("field", "row", "expected"),
    [
        (("date", "time"), "<time datetime='2025-02-13'>gestern</time>", "2025-02-13"),
        (("date", "time"), "<time>2025年2月13日</time>", "2025年2月13日"),
        (("date", ".d@data-at"), "<i class=d data-at=1739337358>x</i>", "1739337358"),
        (("updated", "time.u"), "<time class=u datetime=2025>x</time>", "2025"),
        (("summary", "p"), "<p>a <b>b</b></p><p>c</p>", "a <b>b</b>"),
        (("content", "p"), "<p>a <b>b</b></p>x<p>c&amp;d</p>", "a <b>b</b>\nc&amp;d"),
        (("content", "p"), "<p> 　　a</p>", "　　a"),
        (("content", ".o, .o p"), "<div class=o>1<p>2</p></div>", "1<p>2</p>"),
        (("image", "img"), "<img data-src='/lazy.png' src='/blank.gif'>", "http://site.example/lazy.png"),
        (("image", "img@src"), "<img data-src='/lazy.png' src='/a.png'>", "http://site.example/a.png"),
        (("tags", "li"), "<ul><li> 财经 <li>AI<li>财经</ul>", ("财经", "AI")),
        (("author", ".by"), "<b class=by>甲</b><b class=by>乙</b>", (Person(name="甲"), Person(name="乙"))),
        (("id", "@data-id"), "", ""),
        (("content", "img"), "<img src='/a.png'>", '<img src="/a.png">'),
    ],
)
def test_a_field_takes_what_is_meant(field, row, expected):
    if field[0] == "id":
        (entry,) = parse("<article data-id='77'><h2><a href=1>T</a></h2></article>", (*FIELDS, field)).entries
        assert entry.guid == "77"
        return
    entry = one(row, field)
    names = {"date": "published", "tags": "categories", "author": "authors"}
    assert getattr(entry, names.get(field[0], field[0])) == expected


def test_an_entrys_own_element_may_be_the_link():
    (entry,) = parse(
        "<ul><li><a class=card href='/1'><b>T</b></a></ul>", (("title", "b"), ("link", "@href")), "a.card"
    ).entries
    assert entry.link == "http://site.example/1"


def test_what_is_removed_leaves_the_text_around_it():
    body = page("<article><h2><a href=1>T<i>ad</i></a></h2><script>x()</script>tail<p>a<i>ad</i>b</p></article>")
    (entry,) = parse(body, (*FIELDS, ("content", "p")), remove=("script", "i", "html")).entries
    assert (entry.title, entry.content) == ("T", "ab")


def test_entries_that_match_a_condition_are_left_out():
    found = parse(page(POST.format("1", "<b class=ad>x</b>"), POST.format("2", "")), skip=(".none", ".ad"))
    assert [entry.title for entry in found.entries] == ["标题 2"]


@pytest.mark.parametrize(
    ("encoding", "charset", "head"),
    [
        ("gbk", "", "<meta charset=gbk>"),
        ("gb2312", "gb2312", ""),
        ("gb18030", "", '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">'),
        ("utf-8", "", ""),
        ("utf-8", "gbk", ""),
        ("big5", "", "<meta charset='big5'>"),
        ("shift_jis", "", "<meta charset=Shift_JIS>"),
        ("utf-16", "", ""),
    ],
)
def test_pages_are_read_in_the_encoding_that_they_have(encoding, charset, head):
    body = f"<html><head>{head}</head><body><article><h2><a href=1>日本的天文台</a></h2></article>".encode(encoding)
    assert parse(body, charset=charset).entries[0].title == "日本的天文台"


@pytest.mark.parametrize(
    ("base", "link"),
    [("/deep/", "http://site.example/deep/1"), ("http://evil.example/", "http://site.example/news/1")],
)
def test_a_base_counts_within_the_site(base, link):
    body = f"<html><head><base href='{base}'></head><body>" + POST.format("1", "")
    assert parse(body).entries[0].link == link


def test_links_that_are_none_for_the_web_are_none():
    found = parse(page(POST.format("javascript:alert(1)", ""), POST.format("2", "")))
    assert [entry.link for entry in found.entries] == ["", "http://site.example/news/2"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not a web page: this is empty, there is nothing"),
        (b"  \n", "not a web page: this is empty"),
        (b'{"data": []}', "not a web page: this is JSON, it begins with '{\"data\": []}'"),
        (b"\x89PNG\r\n\x1a\n\x00", "not a web page: this is a PNG image"),
        (b"just text", "not a web page: this is text"),
        (b"<!---->", "not a web page"),
        (
            b"<html><p>Please log in",
            "items.list: 'article' finds nothing: the site may have changed; this is an HTML page",
        ),
        (b"<article><p>x</article>", "items.title: 'h2' finds nothing in any of 1 entries: the site may have changed"),
    ],
)
def test_a_page_of_another_shape_is_an_error_that_says_what_came(body, words):
    with pytest.raises(ParseError) as caught:
        parse(body)
    assert words in str(caught.value)
    assert caught.value.url == URL


def test_the_next_page_is_an_absolute_url():
    body = page(POST.format("1", ""), "<a rel=next href='?p=2'>more</a>")
    assert parse(body, next="a[rel=next]", pages=2).next == "http://site.example/news/?p=2"
    assert parse(page(POST.format("1", "")), next="a[rel=next]", pages=2).next == ""


def test_a_whole_page_is_one_entry():
    body = page("<h1>T</h1><div class=c><p>Text</p></div>")
    fields = (("title", "h1"), ("content", ".c"))
    (entry,) = parse(body, fields, "").entries
    assert (entry.title, entry.content, entry.base) == ("T", "<p>Text</p>", URL)
    assert parse(body, fields, "", skip=("h1",)).entries == ()
    with pytest.raises(ParseError, match=r"items\.content: '\.d' finds nothing on this page"):
        parse(body, (("content", ".d"),), "")


@pytest.mark.parametrize(
    "body",
    [b"<div>" * 50_000 + b"x", b"<article " + b"".join(b"a%d " % n for n in range(150_000)) + b"><h2><a href=1>T"],
)
def test_pages_without_end_are_read_or_refused(body):
    """Neither a stack nor an afternoon is used up: the attributes alone would cost a worker its ten seconds."""
    try:
        assert len(parse(body, each="div, article", fields=(("title", "h2"),)).entries) >= 0
    except ParseError as error:
        assert "finds nothing" in str(error)  # noqa: PT017 - either is right
