"""From what they wrote to what we keep: every field by its rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from aggregator.errors import EntryError
from aggregator.model import Enclosure, Entry, Item, Parsed, Person, Source
from aggregator.settings import FRONT_MATTER_DEFAULTS, TagRule
from aggregator.steps import frontmatter, tag
from aggregator.steps.normalize import LINK_LIMIT, URL_LIMIT, Context, normalize

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2025, 6, 1, tzinfo=UTC)
CONTEXT = Context(
    zone=SHANGHAI,
    now=NOW,
    tagger=tag.compile((TagRule(name="AI", match=("AI",), aliases=("人工智能",)),)),
    defaults=FRONT_MATTER_DEFAULTS,
    language="en",
)
FEED = "https://example.com/feed/rss.xml"


def item(entry: Entry, *, source: Source | None = None, parsed: Parsed | None = None, base: str = FEED) -> Item:
    return normalize(entry, "k" * 16, source or Source(id="s", url=FEED), parsed or Parsed(), CONTEXT, base)


EMOJI = (
    '<img src="https://cdn.example.com/1f642.png" alt="🙂" class="wp-smiley">',
    "<img class='size-full emoji' src='https://cdn.example.com/1f642.png'>",
    '<img src="https://cdn.example.com/1f642.png" style="height: 1em; max-height: 1em;">',
)


@pytest.mark.parametrize("sign", EMOJI)
def test_an_image_that_stands_for_a_sign_is_no_thumbnail(sign: str) -> None:
    made = item(Entry(title="T", content=f'<p>a {sign} <img class="emojify" src="https://example.com/a.jpg"></p>'))
    assert made.thumbnail == "https://example.com/a.jpg"
    assert "https://cdn.example.com/1f642.png" in made.body


PIXELS = (
    '<img src="https://pixel.wp.com/g.gif?v=ext&amp;blog=1">',
    '<img src="https://example.com/b.gif?host=x">',
    '<img src="http://feeds.feedburner.com/~r/Some/~4/abc" alt="">',
    '<img src="http://feeds.example.com/~ff/Some?d=yIl2AUoC8zA">',
    '<img src="https://ad.doubleclick.net/ddm/trackimp/N1.2">',
    '<img src="https://vg01.met.vgwort.de/na/0123456789abcdef">',
    '<img src="https://www.facebook.com/tr?id=1&amp;ev=PageView">',
    '<img src="https://medium.com/_/stat?event=post.clientViewed">',
    '<img src="https://news.example.com/1x1.gif">',
    '<img src="https://news.example.com/api/pixel?id=1">',
    '<img src="https://news.example.com/p.jpg" style="width:1px;height:1px">',
    "<IMG alt='' style='border:0; Height: 1px !important' src='https://news.example.com/p.jpg'>",
    '<img src="https://news.example.com/p.jpg" style="height:0">',
    '<img src="https://news.example.com/p.jpg" style="border:0;max-width:1px">',
    '<img src="https://news.example.com/p.jpg" style="display: none !important">',
    "<img style='color:red; visibility:hidden' src=https://news.example.com/p.jpg>",
    '<img src="https://news.example.com/p.jpg" style="opacity:0.0;">',
    '<img hidden src="https://news.example.com/p.jpg">',
    '<img src="https://news.example.com/p.jpg" style="float:left" alt="it\'s" hidden/>',
    '<img src="https://secure.gravatar.com/avatar/?s=96">',
    '<img src="https://1.gravatar.com/avatar/0123456789abcdef0123456789abcdef?s=96&amp;d=identicon">',
    '<img src="https://mirror.example.com/avatar/0123456789abcdef0123456789abcdef?s=96">',
    '<img src="http://images.pheedo.com/images/mm/twitter.gif">',
    '<img src="http://ads.pheedo.com/img.phdo?s=1">',
)
SEEN = (
    '<img src="https://example.com/b.gif">',
    '<img src="https://example.com/pixel-art/castle.png">',
    '<img src="https://pixel.example.com/castle.png">',
    '<img src="https://www.facebook.com/travel.jpg">',
    '<img src="https://example.com/counterpoint.gif">',
    '<img src="https://example.com/a.jpg" style="max-width:100px">',
    '<img src="https://example.com/a.jpg" style="opacity:0.5;display:block">',
    '<img src="https://example.com/a.jpg" alt="a hidden=1 garden" aria-hidden="true">',
    '<img src="https://example.com/x.gif" data-src="https://example.com/a.jpg" style="display:none">',
    '<img src="https://example.com/a.jpg" style="display:none"><noscript><img src="https://example.com/a.jpg"></noscript>',
    '<img src="https://example.com/avatar/the-last-one.jpg">',
    '<img src="https://gravatar.com.example.com/a.jpg">',
    '<img src="https://example.com/a.jpg" style="width:100%;height:auto">',
    '<img src="https://example.com/a.jpg" style="width:1em0">',
)


@pytest.mark.parametrize("pixel", PIXELS)
def test_a_pixel_that_counts_readers_is_no_thumbnail_and_stays_in_the_text(pixel: str) -> None:
    made = item(Entry(title="T", content=f'<p>a {pixel} b</p><p><img src="https://example.com/real.jpg"></p>'))
    assert made.thumbnail == "https://example.com/real.jpg"
    assert made.body.count("![") == 2


@pytest.mark.parametrize("image", SEEN)
def test_an_image_that_only_resembles_a_pixel_is_a_thumbnail(image: str) -> None:
    made = item(Entry(title="T", content=f'<p>a {image}</p><p><img src="https://example.com/real.jpg"></p>'))
    assert made.thumbnail.startswith(("https://", "http://"))
    assert made.thumbnail != "https://example.com/real.jpg"


AVATAR = "https://1.gravatar.com/avatar/0123456789abcdef0123456789abcdef?s=96"


def test_an_avatar_that_a_feed_names_is_no_thumbnail_either() -> None:
    text = '<p>a</p><img src="https://example.com/real.jpg">'
    assert item(Entry(title="T", content=text, image=AVATAR)).thumbnail == "https://example.com/real.jpg"
    attached = tuple(Enclosure(href=url, media_type="image/png") for url in (AVATAR, "https://example.com/e.png"))
    assert item(Entry(title="T", content=text, image=AVATAR, enclosures=attached)).thumbnail == attached[1].href


class TestWhole:
    def test_an_entry_of_rsshub_becomes_an_item_like_the_seeds(self) -> None:
        entry = Entry(
            guid="3740905",
            link="https://example.com/articles/3740905",
            title="标题",
            content="<p>正文<strong>加粗。</strong></p>"
            '<p><img src="https://example.com/a.jpg" referrerpolicy="no-referrer"></p>',
            published="Tue, 11 Feb 2025 21:15:58 GMT",
            authors=(Person(name="作者"),),
        )
        made = item(entry, parsed=Parsed(lang="en"))
        assert made == Item(
            key="k" * 16,
            source="s",
            title="标题",
            link="https://example.com/articles/3740905",
            published=datetime(2025, 2, 11, 21, 15, 58, tzinfo=UTC),
            updated=datetime(2025, 2, 11, 21, 15, 58, tzinfo=UTC),
            summary="正文加粗。",
            body="正文**加粗。**\n\n![](https://example.com/a.jpg)",
            tags=("s",),
            lang="zh-CN",
            thumbnail="https://example.com/a.jpg",
            authors=(Person(name="作者"),),
            extra=FRONT_MATTER_DEFAULTS,
        )

    @pytest.mark.parametrize(
        "entry", [Entry(), Entry(title=" \u202e", content="<p> </p>", link="javascript:alert(1)"), Entry(guid="only")]
    )
    def test_an_entry_that_says_nothing_is_refused(self, entry: Entry) -> None:
        with pytest.raises(EntryError, match="neither title nor link nor content"):
            item(entry)

    def test_hostile_sizes_still_make_a_file_that_reads_back(self) -> None:
        long = "https://example.com/" + "x" * URL_LIMIT
        entry = Entry(
            title='"' * 9_999,
            content="<p>" + "ส\ufeff" * 99_999 + "</p>",
            categories=tuple(f"{number}" + '"' * 999 for number in range(999)),
            enclosures=tuple(Enclosure(href=f"{long[:-40]}{number}", media_type='"' * 999) for number in range(99)),
            image=long[:-30],
            guid=long[:-20],
        )
        made = item(entry)
        text = frontmatter.dump(made, SHANGHAI)
        assert frontmatter.load(text, SHANGHAI, key=made.key) == replace(made, categories=())


class TestTitle:
    @pytest.mark.parametrize(
        ("title", "is_html", "expected"),
        [
            ("1 < 2 & <b>", False, "1 < 2 & <b>"),
            ("1 &lt; 2 &amp;amp; <i>x</i>", True, "1 < 2 &amp; x"),
            ("a<script>alert(1)</script>b", True, "ab"),
            ("AT&amp;T", False, "AT&amp;T"),
            (" a\n\tb\u2028c ", False, "a b c"),
            ("a\u202eb\x07", False, "ab"),
            ("&#8238;a", True, "a"),
        ],
    )
    def test_it_is_one_line_of_text(self, title: str, is_html: bool, expected: str) -> None:
        assert item(Entry(title=title, title_is_html=is_html)).title == expected

    def test_it_has_at_most_500_characters(self) -> None:
        assert len(item(Entry(title="x" * 5_000_000)).title) == 500

    def test_without_one_the_text_begins_it(self) -> None:
        title = item(Entry(content=f"<p>{'字' * 100}</p>")).title
        assert (len(title), title[:59]) == (60, "字" * 59)

    def test_without_text_the_link_is_it(self) -> None:
        assert item(Entry(link="/a")).title == "https://example.com/a"

    def test_without_anything_to_say_it_says_so(self) -> None:
        assert item(Entry(content='<img src="/a.jpg">')).title == "(untitled)"


class TestLink:
    @pytest.mark.parametrize(
        ("link", "expected"),
        [
            ("https://example.com/a?utm_source=x&b=1", "https://example.com/a?b=1"),
            ("/a", "https://example.com/a"),
            ("https://example.com/a_(b)", "https://example.com/a_%28b%29"),
            ("mailto:a@example.com", ""),
            ("javascript:alert(1)", ""),
            ("file:///etc/passwd", ""),
            ("https://example.com/" + "x" * LINK_LIMIT, ""),
        ],
    )
    def test_it_is_absolute_and_for_the_web(self, link: str, expected: str) -> None:
        assert item(Entry(title="T", link=link)).link == expected

    @pytest.mark.parametrize(
        ("base", "home", "expected"),
        [
            ("", "", "https://example.com/feed/p"),
            ("", "https://blog.example.org/x/", "https://blog.example.org/x/p"),
            ("", "/site/", "https://example.com/site/p"),
            ("https://www.example.com/deep/", "", "https://www.example.com/deep/p"),
            ("https://evil.example.net/", "", "https://example.com/feed/p"),
        ],
    )
    def test_relative_links_follow_xml_base_within_the_site_then_the_feed(
        self, base: str, home: str, expected: str
    ) -> None:
        assert item(Entry(title="T", link="p", base=base), parsed=Parsed(link=home)).link == expected

    def test_a_local_feed_file_may_rely_on_xml_base(self) -> None:
        assert item(Entry(title="T", link="p", base="https://example.com/"), base="").link == "https://example.com/p"

    @pytest.mark.parametrize(
        ("guid", "expected"),
        [
            ("urn:uuid:1", "urn:uuid:1"),
            ("3740905", ""),
            ("https://example.com/a", ""),
            ("https://example.com/?p=1", "https://example.com/?p=1"),
            ("javascript:alert(1)", ""),
            ("urn:" + "x" * URL_LIMIT, ""),
        ],
    )
    def test_the_guid_is_kept_where_the_link_does_not_say_it(self, guid: str, expected: str) -> None:
        assert item(Entry(title="T", link="https://example.com/a", guid=guid)).guid == expected


class TestText:
    def test_without_content_the_summary_is_it(self) -> None:
        made = item(Entry(content=" <p> </p> ", summary="<p>short</p>"))
        assert (made.body, made.summary) == ("short", "short")

    def test_a_picture_takes_its_summary_from_the_summary(self) -> None:
        made = item(Entry(content='<img src="/a.jpg">', summary="<p>what it shows</p>"))
        assert (made.body, made.summary) == ("![](https://example.com/a.jpg)", "what it shows")

    def test_a_chinese_summary_has_fifty_characters(self) -> None:
        made = item(Entry(content=f"<p>{'一二三四五' * 8}</p><p>{'六七八九十' * 8}</p>"))
        assert made.summary == "一二三四五" * 8 + "六七八九十" * 2 + "..."

    def test_an_english_summary_joins_blocks_with_a_space(self) -> None:
        made = item(Entry(content="<p>one</p><p>two</p>"), source=Source(id="s", lang="en"))
        assert (made.summary, made.lang) == ("one two", "en")

    def test_a_feed_that_lies_about_its_language_is_not_believed(self) -> None:
        made = item(Entry(content="<p>第一段文字</p><p>第二段文字</p>"), parsed=Parsed(lang="en"))
        assert (made.summary, made.lang) == ("第一段文字第二段文字", "zh-CN")

    def test_a_leading_ideographic_space_stays(self) -> None:
        assert item(Entry(content="<p>\u3000\u3000字</p>")).body == "\u3000\u3000字"

    def test_no_control_character_survives_not_even_as_a_reference(self) -> None:
        made = item(Entry(title="a", content="<p>a&#8238;b&#1;c\ud800\x00</p>"))
        assert (made.body, made.summary) == ("abc", "abc")


class TestDates:
    @pytest.mark.parametrize(
        ("published", "updated", "expected"),
        [
            ("2025-02-12 05:15:58", "", ("2025-02-11T21:15:58", "2025-02-11T21:15:58")),
            ("", "2025-02-12T00:00:00Z", ("2025-02-12T00:00:00", "2025-02-12T00:00:00")),
            ("2025-02-12T00:00:00Z", "2025-02-13T00:00:00Z", ("2025-02-12T00:00:00", "2025-02-13T00:00:00")),
            ("nonsense", "2025-02-13T00:00:00Z", ("2025-02-13T00:00:00", "2025-02-13T00:00:00")),
            ("2999-01-01T00:00:00Z", "", ("2025-06-01T00:00:00", "2025-06-01T00:00:00")),
        ],
    )
    def test_each_date_stands_in_for_the_other(self, published: str, updated: str, expected: tuple[str, str]) -> None:
        made = item(Entry(title="T", published=published, updated=updated))
        assert made.published
        assert made.updated
        assert (made.published.isoformat()[:19], made.updated.isoformat()[:19]) == expected

    @pytest.mark.parametrize("written", ["", "soon", "1970-01-01T00:00:00Z"])
    def test_unknown_stays_unknown(self, written: str) -> None:
        assert item(Entry(title="T", published=written)).published is None

    def test_dates_without_offset_are_read_in_the_sources_zone(self) -> None:
        made = item(Entry(title="T", published="2025-02-12 00:00:00"), source=Source(id="s", timezone="UTC"))
        assert made.published == datetime(2025, 2, 12, tzinfo=UTC)


class TestPictures:
    @pytest.mark.parametrize(
        ("image", "expected"),
        [
            ("/t.jpg", "https://example.com/t.jpg"),
            ("", "https://example.com/e.png"),
            ("data:image/png;base64,AA", "https://example.com/e.png"),
        ],
    )
    def test_the_entrys_own_goes_before_an_enclosed_one(self, image: str, expected: str) -> None:
        enclosed = Enclosure(href="/e.png", media_type="image/png")
        assert item(Entry(image=image, content='<img src="/c.jpg">', enclosures=(enclosed,))).thumbnail == expected

    def test_an_enclosure_without_a_type_is_known_by_its_name(self) -> None:
        enclosures = (
            Enclosure(href="/a.mp3"),
            Enclosure(href="/e.JPG?w=1", media_type="audio/x"),
            Enclosure(href="/p.webp"),
        )
        assert item(Entry(enclosures=enclosures)).thumbnail == "https://example.com/p.webp"

    def test_the_first_of_the_text_is_the_last_choice(self) -> None:
        assert (
            item(Entry(content='<p>a<img src="/c.jpg"><img src="/d.jpg"></p>')).thumbnail == "https://example.com/c.jpg"
        )


class TestTheRest:
    def test_enclosures_are_for_the_web_and_stand_once(self) -> None:
        enclosures = (
            Enclosure(href="/a.mp3", media_type=" Audio/MPEG\n", length=-1),
            Enclosure(href="/a.mp3"),
            Enclosure(href="javascript:alert(1)"),
            Enclosure(href="https://example.org/b", length=5),
        )
        assert item(Entry(enclosures=enclosures)).enclosures == (
            Enclosure(href="https://example.com/a.mp3", media_type="audio/mpeg"),
            Enclosure(href="https://example.org/b", length=5),
        )

    def test_authors_are_cleaned(self) -> None:
        people = (
            Person(name=" a\nb\u202e", uri="javascript:x"),
            Person(),
            Person(name="c", uri="/c"),
            Person(name="a b"),
        )
        assert item(Entry(title="T", authors=people)).authors == (
            Person(name="a b"),
            Person(name="c", uri="https://example.com/c"),
        )

    def test_the_feeds_authors_are_those_of_entries_without_any(self) -> None:
        assert item(Entry(title="T"), parsed=Parsed(authors=(Person(name="F"),))).authors == (Person(name="F"),)

    def test_tags_come_from_source_entry_and_rules(self) -> None:
        entry = Entry(title="AI", content="<p>x</p>", categories=("科技", "人工智能"))
        assert item(entry, source=Source(id="s", tags=("t",))).tags == ("s", "t", "科技", "AI")

    def test_addresses_of_links_and_alternative_texts_give_no_tags(self) -> None:
        assert item(Entry(title="T", content='<a href="/ai">x</a><img src="/ai" alt="AI">')).tags == ("s",)


FILE = """---
title: "T"
date: 2025-02-12 00:00:00
categories: [qq]
tags: [qq, own]
{more}---

用AI写的**正文**。![](https://example.com/a.jpg)

[qq](https://example.com/a)
"""


class TestFiles:
    def test_the_exact_text_is_kept_and_rules_give_tags_beside_it(self) -> None:
        text = "\ufeff" + FILE.format(more="").replace("\n", "\r\n")
        made = item(Entry(file=text), source=Source(id="folder", kind="folder", tags=("seen",)))
        assert (made.file, made.key, made.source) == (text, "k" * 16, "qq")
        assert made.tags == ("qq", "seen", "own", "AI")

    def test_what_is_missing_is_filled_in(self) -> None:
        made = item(Entry(file=FILE.format(more="")))
        assert (made.lang, made.summary, made.thumbnail) == ("zh-CN", "用AI写的正文。", "https://example.com/a.jpg")

    def test_what_is_there_is_kept(self) -> None:
        more = 'summary: "S"\nlang: "ja"\nthumbnail: "https://example.com/t.jpg"\nguid: "urn:x:1"\n'
        made = item(Entry(file=FILE.format(more=more)))
        assert (made.summary, made.lang, made.thumbnail, made.guid) == (
            "S",
            "ja",
            "https://example.com/t.jpg",
            "urn:x:1",
        )

    def test_a_guid_that_is_the_link_says_nothing(self) -> None:
        assert item(Entry(file=FILE.format(more='guid: "https://example.com/a"\n'))).guid == ""

    def test_future_dates_count_as_now_and_old_ones_are_believed(self) -> None:
        text = FILE.format(more="")
        assert item(Entry(file=text.replace("2025-02-12", "2999-02-12"))).published == NOW
        old = item(Entry(file=text.replace("2025-02-12", "1985-02-12"))).published
        assert old == datetime(1985, 2, 11, 16, tzinfo=UTC)

    def test_without_title_the_text_begins_it(self) -> None:
        assert item(Entry(file="---\nx: 1\n---\nsome text\n")).title == "some text"

    def test_without_category_the_folder_is_the_source(self) -> None:
        assert item(Entry(file="---\ntitle: T\n---\n"), source=Source(id="folder")).tags == ("folder",)

    @pytest.mark.parametrize("text", ["---\nx: 1\n---\n", "---\nx: [\n---\n"])
    def test_files_that_say_nothing_or_cannot_be_read_are_refused_with_a_line(self, text: str) -> None:
        with pytest.raises(EntryError) as caught:
            item(Entry(file=text))
        assert caught.value.line >= 1
