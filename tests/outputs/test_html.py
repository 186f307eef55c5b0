"""Pages: escaped, without script, in the reader's language."""

from __future__ import annotations

import base64
import hashlib
import re

import html5lib
import pytest

from aggregator.model import Enclosure, Tag
from aggregator.model.catalogue import Catalogue, Channel
from aggregator.model.source import Failure
from aggregator.outputs import html

EVIL = '"><script>alert(1)</script>'


def strict(data: bytes):
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(data.decode())


@pytest.fixture
def catalogue(make_feed, make_post) -> Catalogue:
    return Catalogue(
        feed=make_feed(make_post(0), make_post(1, link="", lang="en", title=EVIL), path="all", subtitle=""),
        tags=(Tag(label="航运", slug="航运", count=7), Tag(label=EVIL, slug="x", count=1)),
        channels=(
            Channel(id="a", title="港湾日报", health="ok", path="sources/a", link="https://a.example.org/", items=9),
            Channel(
                id="b", title=EVIL, health="failing", path="", error=Failure(kind="dns", message=f"no address {EVIL}")
            ),
            Channel(id="c", title="c", health="new", path="sources/c"),
            Channel(id="d", title="d", health="paused", path="sources/d"),
        ),
    )


def test_pages_are_html5_without_a_single_parse_error(make_feed, make_post, catalogue):
    enclosure = Enclosure(href="https://example.org/a.mp3", media_type="audio/mpeg")
    posts = make_post(0, enclosures=(enclosure,)), make_post(1, html="", link="", title=EVIL, lang="en")
    for page in (html.render(make_feed(*posts)), html.render(make_feed()), html.index(catalogue)):
        strict(page)


def test_nothing_that_others_wrote_can_become_markup(make_feed, make_post, catalogue):
    post = make_post(title=EVIL, summary=EVIL, html="", tags=(Tag(label=EVIL, slug=EVIL),), lang=EVIL)
    for page in (html.render(make_feed(post, title=EVIL, subtitle=EVIL)), html.index(catalogue)):
        root = strict(page)
        assert not list(root.iter("script"))
        assert b"&lt;script&gt;" in page


def test_the_policy_allows_our_style_and_no_script(make_feed):
    page = html.render(make_feed()).decode()
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "light dark" in style


def test_a_twin_shows_posts_and_how_to_subscribe(make_feed, make_post):
    root = strict(html.render(make_feed(make_post(0), make_post(1, lang="en"))))
    assert root.get("lang") == "zh-CN"
    assert [article.get("lang") for article in root.iter("article")] == [None, "en"]
    hrefs = [link.get("href") for link in root.iter("link")]
    assert hrefs == ["%E8%88%AA%E8%BF%90.xml", "%E8%88%AA%E8%BF%90.json"]
    links = [link.get("href") for link in root.iter("a")]
    assert "../index.html" in links
    assert "../tags/%E8%88%AA%E8%BF%90.html" in links
    assert "../tags/open-source.html" in links
    shown = "".join(root.itertext())
    assert "订阅：把这个地址交给阅读器" in shown
    assert "http://127.0.0.1:8420/tags/%E8%88%AA%E8%BF%90.xml" in shown
    assert " object at 0x" not in shown


def test_tags_lead_to_feeds_where_there_are_no_pages(catalogue):
    feed = catalogue.feed
    page = html.index(Catalogue(feed=type(feed)(**{**_fields(feed), "formats": ("atom",)}), tags=catalogue.tags))
    assert b'href="tags/%E8%88%AA%E8%BF%90.xml"' in page
    assert b".html" not in page


def _fields(feed) -> dict:
    return {name: getattr(feed, name) for name in feed.__dataclass_fields__}


def test_the_index_lists_tags_posts_sources_and_feeds(catalogue):
    root = strict(html.index(catalogue))
    shown = " ".join("".join(root.itertext()).split())
    for words in ("航运 7", "第 0 艘船进港", "● 正常", "✕ 失败", "名称状态条目", "○ 未取", "‖ 暂停", "dns: no address"):
        assert words in shown
    links = {link.get("href") for link in root.iter("a")}
    assert {"tags/%E8%88%AA%E8%BF%90.html", "sources/a.html", "feeds.opml", "sources.opml", "all.xml"} <= links
    found = {link.get("href") for link in root.iter("link") if link.get("type") == "application/atom+xml"}
    assert found == {"all.xml", "tags/%E8%88%AA%E8%BF%90.xml", "tags/x.xml"}


@pytest.mark.parametrize(("lang", "word"), [("zh-TW", "首页"), ("en-GB", "Home"), ("fr", "Home")])
def test_pages_speak_chinese_or_english(make_feed, lang, word):
    assert word in html.render(make_feed(lang=lang)).decode()


def test_an_empty_index_says_so(make_feed):
    assert html.index(Catalogue(feed=make_feed(path="all"))).decode().count("还没有内容") == 2


def test_the_stylesheet_for_feeds_hides_markup():
    assert b"entry>*{display:none}" in html.stylesheet()
