"""Pages: escaped, without script but for the search box, in the reader's language."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import html5lib
import pytest

from aggregator.errors import PublishError
from aggregator.model import Also, Enclosure, Tag
from aggregator.model.catalogue import Catalogue, Channel
from aggregator.model.source import Failure
from aggregator.outputs import html
from aggregator.outputs.html import bodies, charts
from aggregator.settings import Settings, Site
from aggregator.steps.html import markdown, sanitize

EVIL = '"><script>alert(1)</script>'
SITE = html.open_output(Settings(root="", site=Site(timezone="Asia/Shanghai")))


def strict(data: bytes):
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(data.decode())


def shown(data: bytes) -> str:
    return " ".join("".join(strict(data).itertext()).split())


def site(catalogue: Catalogue, pages: html.Pages = SITE) -> dict[str, bytes]:
    return dict(pages.documents(catalogue))


def themed(**templates: str) -> html.Pages:
    own = tuple((f"{name}.{'css' if name == 'page' else 'html'}", text) for name, text in templates.items())
    return html.open_output(Settings(root="", templates=own))


@pytest.fixture
def catalogue(make_feed, make_post) -> Catalogue:
    posts = make_post(0), make_post(1, link="", lang="en", title=EVIL)
    tags = (Tag(label="航运", slug="航运", count=7, days=(0, 3, 1)), Tag(label=EVIL, slug="x", count=1))
    return Catalogue(
        feed=make_feed(*posts, path="all", subtitle=""),
        headlines=(*posts, make_post(2, page="items/2", title="</script><b>")),
        tags=(*tags, Tag(label="a", slug="a", count=9)),
        topics=tags,
        queries=(("queries/q", EVIL),),
        channels=(
            Channel(id="a", title="港湾日报", health="ok", path="sources/a", link="https://a.example.org/", items=9),
            Channel(
                id="b",
                title=EVIL,
                health="failing",
                path="",
                error=Failure(kind="dns", message=f"no address {EVIL}"),
                failing_since=datetime(2025, 2, 1, 20, tzinfo=UTC),
                moved_to="https://b.example.org/",
            ),
            Channel(id="c", title="c", health="new", path="sources/c"),
            Channel(id="d", title="d", health="paused", path="sources/d"),
        ),
        day=date(2025, 2, 13),
        days=(0, 4, 2),
    )


def every_page(catalogue, make_feed, make_post) -> dict[str, bytes]:
    """One of each kind, with markup in every text that others write."""
    enclosure = Enclosure(href="https://example.org/a.mp3", media_type="audio/mpeg")
    also = tuple(Also(kind=kind, title=EVIL, source=EVIL, link="https://b.example/") for kind in ("same", "related"))
    post = make_post(title=EVIL, summary=EVIL, html="", tags=(Tag(label=EVIL, slug=EVIL),), lang=EVIL, also=also)
    full = make_post(1, enclosures=(enclosure,), thumbnail="https://example.org/a.png", page="items/1", also=also)
    feed = make_feed(post, full, title=EVIL, subtitle=EVIL)
    pages = {name: data for name, data in site(catalogue).items() if name.endswith(".html")}
    archive = make_feed(full, path="all/2025-02", current="all", previous="all/2025-01", following="all/2025-03")
    pages |= {"feed": SITE.render(feed), "empty": SITE.render(make_feed()), "archive": SITE.render(archive)}
    return pages | {"item": SITE.item(full, feed), "bare item": SITE.item(post, feed)}


def test_pages_are_html5_without_a_single_parse_error(catalogue, make_feed, make_post):
    pages = every_page(catalogue, make_feed, make_post)
    assert len(pages) == 8
    for page in pages.values():
        strict(page)


def test_nothing_that_others_wrote_can_become_markup(catalogue, make_feed, make_post):
    for name, page in every_page(catalogue, make_feed, make_post).items():
        scripts = list(strict(page).iter("script"))
        assert [script.text for script in scripts] == ([str(SITE.theme.script)] if name == "index.html" else [])
        assert not [one for one in strict(page).iter() if any(key.startswith("on") for key in one.attrib)]
    assert b"&lt;script&gt;" in site(catalogue)["status.html"]


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_our_style_and_the_search_box_alone(catalogue, make_feed, make_post):
    for name, data in every_page(catalogue, make_feed, make_post).items():
        page = data.decode()
        [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
        [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
        rules = dict(rule.partition(" ")[::2] for rule in policy.split("; "))
        assert rules["default-src"] == "'none'"
        assert rules["style-src"] == digest(style)
        allowed = f"{digest(str(SITE.theme.script))} 'strict-dynamic'"
        assert rules.get("script-src") == (allowed if name == "index.html" else None)
        assert "unsafe" not in policy
        assert "light dark" in style


def test_a_twin_shows_posts_and_how_to_subscribe(make_feed, make_post):
    data = html.render(make_feed(make_post(0), make_post(1, lang="en")))
    root = strict(data)
    assert root.get("lang") == "zh-CN"
    assert [article.get("lang") for article in root.iter("article")] == [None, "en"]
    hrefs = [link.get("href") for link in root.iter("link") if link.get("rel") == "alternate"]
    assert hrefs == ["%E8%88%AA%E8%BF%90.xml", "%E8%88%AA%E8%BF%90.json"]
    links = [link.get("href") for link in root.iter("a")]
    for link in ("../index.html", "../tags/%E8%88%AA%E8%BF%90.html", "../tags/open-source.html"):
        assert link in links
    assert "订阅：把这个地址交给阅读器" in shown(data)
    assert "http://127.0.0.1:8420/tags/%E8%88%AA%E8%BF%90.xml" in shown(data)
    assert " object at 0x" not in shown(data)


def test_times_are_the_sites_and_instants_exact(make_feed, make_post):
    feed = make_feed(make_post())
    assert "港湾日报 · 2025-02-13 19:47" in shown(SITE.render(feed))
    assert "港湾日报 · 2025-02-13 11:47" in shown(html.render(feed))
    assert b'datetime="2025-02-13T11:47:22+00:00"' in SITE.render(feed)


def test_a_thumbnail_stands_where_the_text_has_no_image(make_feed, make_post):
    image = '<img src="https://example.org/b.png" alt="">'
    bare, with_image = (make_post(n, thumbnail="https://example.org/a.png", html=h) for n, h in ((0, ""), (1, image)))
    sources = [one.get("src") for one in strict(SITE.render(make_feed(bare, with_image))).iter("img")]
    assert sources == ["https://example.org/a.png", "https://example.org/b.png"]


def test_archives_lead_from_month_to_month(make_feed, make_post):
    page = strict(SITE.render(make_feed(make_post(), path="all", previous="all/2025-01")))
    assert [a.get("href") for a in page.iter("a") if a.get("rel")][-1] == "all/2025-01.html"
    page = strict(SITE.render(make_feed(make_post(), previous="tags/航运/2025-01")))
    assert [a.get("href") for a in page.iter("a") if a.get("rel")][-1] == "../tags/%E8%88%AA%E8%BF%90/2025-01.xml"
    page = strict(
        SITE.render(make_feed(path="all/2025-02", current="all", previous="all/2025-01", following="all/2025-03"))
    )
    nav = [a.get("href") for a in page.iter("a")][-3:]
    assert nav == ["../all/2025-03.html", "../all.html", "../all/2025-01.html"]


def test_an_item_has_its_text_and_what_belongs_to_it(make_feed, make_post):
    also = (
        Also(kind="same", title="同", source="乙报", link="https://b.example/"),
        Also(kind="related", title="潮汐表", source="丙报", link="https://c.example/"),
    )
    post = make_post(page="items/x", also=also, html="<h1>一</h1><h4>二</h4><p>文</p>")
    data = SITE.item(post, make_feed(path="items/x", title="第 0 艘船进港 · 港湾"))
    text = shown(data)
    for words in ("其他来源 乙报", "相关 潮汐表 丙报", "陆小舟", "阅读原文"):
        assert words in text
    levels = [one.tag for one in strict(data).iter() if re.fullmatch("h[1-6]", str(one.tag))]
    assert levels == ["h1", "h2", "h3"]
    assert "items/x.html" not in data.decode()
    assert b'href="items/x.html"' in SITE.render(make_feed(post, path="all"))


def test_tags_lead_to_feeds_where_there_are_no_pages(catalogue):
    atom = replace(catalogue, feed=replace(catalogue.feed, formats=("atom",)))
    page = site(atom)["index.html"]
    assert b'href="tags/%E8%88%AA%E8%BF%90.xml"' in page
    assert b"all.html" not in page
    assert [one.get("src") for one in strict(page).iter("script")] == [None]


def test_the_index_lists_topics_posts_sources_and_feeds(catalogue):
    data = site(catalogue)["index.html"]
    for words in ("航运 7", "第 0 艘船进港", "✕ 失败", "dns · 开始于 2025-02-02 04:00", "○ c", "全部来源和状态 (4)"):
        assert words in shown(data)
    root = strict(data)
    links = {link.get("href") for link in root.iter("a")}
    assert {"tags/%E8%88%AA%E8%BF%90.html", "sources/a.html", "feeds.opml", "queries/q.html", "all.xml"} <= links
    found = {link.get("href") for link in root.iter("link") if link.get("type") == "application/atom+xml"}
    assert found == {"all.xml", "tags/%E8%88%AA%E8%BF%90.xml", "tags/x.xml"}
    [image] = [one for one in root.iter() if str(one.tag).endswith("svg")]
    assert (image.get("role"), image.get("aria-label")) == ("img", "3 天内 4 条，最多一天 3 条")


def test_the_status_page_tells_of_every_source_the_failing_ones_first(catalogue):
    text = shown(site(catalogue)["status.html"])
    assert text.index("✕ 失败") < text.index("● 正常") < text.index("○ 未取") < text.index("‖ 暂停")
    for words in ("dns: no address", "开始于 2025-02-02 04:00", "已搬到 https://b.example.org/", "截至 2025-02-13"):
        assert words in text


def test_tags_stand_under_their_parents(catalogue):
    tech, chips = Tag(label="科技", slug="tech", count=9), Tag(label="芯片", slug="chips", count=2, parent="tech")
    lone = Tag(label="独", slug="lone", count=1, parent="gone")
    text = shown(site(replace(catalogue, topics=(tech, chips, lone)))["tags.html"])
    assert "独 1 科技 9 芯片 2" in text


def test_the_first_load_of_a_thousand_tags_is_small(catalogue, make_post, make_feed):
    tags = tuple(Tag(label=f"标签之{n}", slug=f"标签之{n}", count=n, days=tuple(range(14))) for n in range(1000))
    sources = tuple(Channel(id=f"s{n}", title=f"来源 {n}", health="ok", path=f"sources/s{n}") for n in range(1000))
    feed = make_feed(*map(make_post, range(30)), path="all")
    pages = site(Catalogue(feed=feed, tags=tags, topics=tags, channels=sources))
    assert len(pages["index.html"]) < 100_000
    assert pages["index.html"].count(b"<svg") == 100
    assert "全部标签 (1000)" in pages["index.html"].decode()
    assert pages["tags.html"].count(b'<li><a href="tags/') == 1000


def test_the_search_index_is_data_and_nothing_else(catalogue):
    text = site(catalogue)["search.js"].decode()
    match = re.fullmatch(r"/\* generator: tagwire \*/\nvar tagwire = (.*);\n", text)
    assert match
    assert "<" not in text
    data = json.loads(match[1])
    assert data["feeds"][0] == ["航运", "tags/%E8%88%AA%E8%BF%90.html", "标签 · 7"]
    assert ["港湾日报", "sources/a.html", "来源"] in data["feeds"]
    assert [EVIL, "queries/q.html", "专题"] in data["feeds"]
    assert data["items"] == [
        ["第 0 艘船进港", "https://harbour.example.org/0", "港湾日报 · 2025-02-13", "zh-CN"],
        ["</script><b>", "items/2.html", "港湾日报 · 2025-02-13", "zh-CN"],
    ]


@pytest.mark.parametrize(("lang", "word"), [("zh-TW", "首页"), ("en-GB", "Home"), ("fr", "Home")])
def test_pages_speak_chinese_or_english(make_feed, lang, word):
    assert word in html.render(make_feed(lang=lang)).decode()


def test_an_empty_site_says_so(make_feed):
    pages = site(Catalogue(feed=make_feed(path="all")))
    assert pages["index.html"].decode().count("还没有内容") == 3
    assert "还没有内容" in pages["tags.html"].decode()


def test_the_stylesheet_for_feeds_hides_markup(catalogue):
    assert b"entry>*{display:none}" in site(catalogue)["feed.css"]


# --- the owner's templates ---


@pytest.mark.parametrize(
    ("name", "text", "times"),
    [("feed", "{{ feed.title }}", 0), ("feed", "{{ body }}<hr>{{ body }}", 2), ("base", "{{ feed.title }}", 0)],
)
def test_a_feeds_page_in_which_the_posts_do_not_stand_once_is_its_templates_mistake(make_feed, name, text, times):
    with pytest.raises(PublishError) as caught:
        themed(**{name: text}).render(make_feed())
    told = f"config/templates/{name}.html: {{{{ body }}}} must stand once in the page, and stands {times} times"
    assert str(caught.value) == told


def test_an_owners_template_stands_in_for_ours(make_feed, make_post):
    own = themed(post="<article><h2>{{ post.title }}!</h2></article>", page="body{color:red}")
    page = own.render(make_feed(make_post())).decode()
    assert "<h2>第 0 艘船进港!</h2>" in page
    assert "<style>body{color:red}</style>" in page
    assert digest("body{color:red}") in page


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("a\nb {{ nobody }}", 2),
        ("{{ post.titel }}", 1),
        ("\n\n{% include 'none.html' %}", 3),
        ("{{ 1 // 0 }}", 1),
        ("\n{% for n in range(10000000000) %}{% endfor %}", 2),
    ],
)
def test_a_mistake_that_shows_with_items_names_file_and_line(make_feed, make_post, template, line):
    with pytest.raises(PublishError, match=rf"^config/templates/post\.html:{line}: "):
        themed(post=template).render(make_feed(make_post()))


@pytest.mark.parametrize(
    ("templates", "told"),
    [
        ({"post": "a\n{% include 'post.html' %}"}, "post.html:2: includes, extends or calls itself, without end"),
        ({"base": "{% extends 'base.html' %}"}, "base.html:1: includes, extends or calls itself, without end"),
        ({"post": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"}, "post.html:1: includes, extends or calls"),
        (
            {"post": "{% include '_mine.html' %}", "_mine": "\n{% include 'post.html' %}"},
            r"_mine.html:2: includes, extends or calls itself, by way of config/templates/post.html:1, without end",
        ),
    ],
)  # fmt: skip
def test_templates_that_go_round_in_a_circle_are_named(make_feed, make_post, templates, told):
    with pytest.raises(PublishError) as caught:
        themed(**templates).render(make_feed(make_post()))
    assert str(caught.value).startswith(f"config/templates/{told}")


def test_a_mistake_of_form_names_its_line():
    assert html.mistake("post.html", "{% if %}") == (1, "Expected an expression, got 'end of statement block'")
    found = html.mistake("post.html", "\n{% for x in y %}")
    assert found
    assert found[0] == 2
    assert html.mistake("post.html", "{{ fine }}") is None
    assert html.mistake("page.css", "{% if %}") is None


# --- texts and charts ---

WORDS = html.words("en")


@pytest.mark.parametrize(
    ("text", "fitted"),
    [
        ("<h1>a</h1><h4>b</h4><h1>c</h1>", "<h3>a</h3><h4>b</h4><h3>c</h3>"),
        ("<h2>a</h2><h3>b</h3><h5>c</h5><h6>d</h6><h6>e</h6>", "<h3>a</h3><h4>b</h4><h5>c</h5><h6>d</h6><h6>e</h6>"),
        ('<img src="a>b" alt="x">', '<img src="a>b" alt="x" loading="lazy">'),
        ('<img src="a">', '<img src="a" alt="" loading="lazy">'),
        ('<a href="x"><img src="a" alt=""></a>', '<a href="x"><img src="a" alt="Image" loading="lazy"></a>'),
        ('<a href="x"> </a><h2></h2>t', "t"),
        ("<p>a &lt;img src=x&gt; b</p>", "<p>a &lt;img src=x&gt; b</p>"),
        ('<b title="<img src=x><a></a>">', '<b title="<img src=x><a></a>">'),
        ('<abbr title="x">h</abbr><hr>', '<abbr title="x">h</abbr><hr>'),
    ],
)
def test_a_text_is_fitted_into_its_page(text, fitted):
    assert bodies.fit(text, WORDS, top=3) == fitted


ATTACKS = [
    "<img src=x onerror=alert(1)>",
    '<a title="<img src=x onerror=alert(1)>" href="https://a.example/">a</a>',
    '<img alt=\'"><script>alert(1)</script>\' src="https://a.example/x">',
    '<img alt=\'" onerror="alert(1)\' src="https://a.example/x">',
    '<a href="javascript:alert(1)">a</a><svg onload=alert(1)><math><style><img src=x onerror=alert(1)>',
    "<a title='<a \"></a><script>alert(1)</script>' href='https://a.example/'>b</a>",
    "<h1 title='</h1>'></h1><table title='</table><script>'><tr><td>1</td></tr></table>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_text_stays_harmless_on_its_page(make_feed, make_post, attack):
    once = sanitize.sanitize(attack)
    for text in (once, markdown.to_html(markdown.to_markdown(once))):
        root = html5lib.parse(SITE.render(make_feed(make_post(html=text))).decode(), namespaceHTMLElements=False)
        assert not list(root.iter("script"))
        for one in root.iter():
            assert not [key for key in one.attrib if str(key).startswith("on")]
            assert not one.get("href", "").startswith("javascript")


def test_a_table_can_be_scrolled_by_keyboard():
    fitted = bodies.fit("<table><tr><td>a</td></tr></table>", WORDS, top=2)
    frame = '<div class="wide" role="group" tabindex="0" aria-label="Table">'
    assert fitted == f"{frame}<table><tr><td>a</td></tr></table></div>"


def test_bars_are_as_high_as_their_days():
    assert charts.bars((0, 1, 2)) == "M4 16v-8h3v8zM8 16v-16h3v16z"
    assert charts.bars((1, 1000), height=10, pitch=8) == "M0 10v-1h7v1zM8 10v-10h7v10z"
    assert charts.bars(()) == charts.bars((0, 0)) == ""
