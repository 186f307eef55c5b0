"""Item files: the seeds' format to the byte, and other people's Markdown as well as it can be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import frontmatter as library
import pytest

from aggregator.errors import EntryError
from aggregator.model import Enclosure, Item
from aggregator.settings import FRONT_MATTER_DEFAULTS
from aggregator.steps import frontmatter

SEEDS = sorted((Path(__file__).parents[2] / "seeds").glob("*.md"))
SHANGHAI = ZoneInfo("Asia/Shanghai")

ITEM = Item(
    key="0123456789abcdef",
    source="qq",
    title='他说："好"',
    link="https://example.com/a/1",
    published=datetime(2025, 2, 13, 11, 47, 22, tzinfo=UTC),
    updated=datetime(2025, 2, 13, 11, 47, 22, tzinfo=UTC),
    summary="一　二",
    body="\u3000\u3000第一段。\n\n第二段。",
    tags=("qq", "AI"),
    lang="zh-CN",
    thumbnail="https://example.com/a.jpg",
    extra=FRONT_MATTER_DEFAULTS,
)

TEXT = """\
---
title: "他说：\\"好\\""
date: "2025-02-13 19:47:22"
summary: "一　二"
categories:
  - "qq"
lang:
  - "zh-CN"
translations:
  - "zh-CN"
tags:
  - "qq"
  - "AI"
menu: ""
thumbnail: "https://example.com/a.jpg"
lead: ""
comments: false
authorbox: false
pager: true
toc: false
mathjax: false
sidebar: "right"
widgets:
  - "search"
  - "recent"
  - "taglist"
---

　　第一段。

第二段。

[qq](https://example.com/a/1)
"""


def load(text: str, **names: str) -> Item:
    return frontmatter.load(text, SHANGHAI, **names)


def with_body(body: str, header: str = 'categories: ["qq"]') -> str:
    return f"---\n{header}\n---\n\n{body}"


class TestOurFormat:
    def test_an_item_is_written_like_the_seeds(self) -> None:
        assert frontmatter.dump(ITEM, SHANGHAI) == TEXT

    def test_its_file_gives_the_item_back(self) -> None:
        assert load(TEXT, key=ITEM.key) == ITEM

    @pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
    def test_every_seed_survives_load_and_dump(self, seed: Path) -> None:
        text = seed.read_bytes().decode()
        assert frontmatter.dump(load(text), SHANGHAI) == text

    def test_there_are_seeds_in_two_languages_and_three_sources(self) -> None:
        items = [load(seed.read_text()) for seed in SEEDS]
        assert len(items) >= 6
        assert {item.lang for item in items} == {"zh-CN", "en"}
        assert {"wallstreetcn", "qq"} < {item.source for item in items}

    def test_python_frontmatter_reads_the_same(self) -> None:
        item = replace(ITEM, title='a\x85b\u2028c: # \\ "', tags=("qq", "---", "yes", "1"))
        found = library.loads(frontmatter.dump(item, SHANGHAI)).metadata
        assert list(found)[:7] == ["title", "date", "summary", "categories", "lang", "translations", "tags"]
        assert (found["title"], found["tags"]) == (item.title, list(item.tags))
        assert (found["comments"], found["pager"], found["sidebar"]) == (False, True, "right")

    def test_nothing_is_written_as_empty(self) -> None:
        text = frontmatter.dump(Item(key="", source="qq", title=""), SHANGHAI)
        assert text == (
            '---\ntitle: ""\ndate: ""\nsummary: ""\ncategories:\n  - "qq"\nlang: []\ntranslations: []\ntags: []\n'
            'thumbnail: ""\n---\n\n[qq]()\n'
        )
        assert frontmatter.dump(load(text), SHANGHAI) == text

    def test_extra_keys_come_last_behind_guid_and_enclosures(self) -> None:
        item = replace(
            ITEM,
            guid="tag:example.com,2025:1",
            enclosures=(
                Enclosure(href="https://example.com/a.mp3", media_type="audio/mpeg", length=7),
                Enclosure(href="https://example.com/b"),
            ),
            extra=(*FRONT_MATTER_DEFAULTS, ("layout", "post"), ("params", {"a": (1, None)})),
        )
        text = frontmatter.dump(item, SHANGHAI)
        assert text.partition('"taglist"\n')[2].partition("---")[0] == (
            'guid: "tag:example.com,2025:1"\n'
            "enclosures:\n"
            '  - url: "https://example.com/a.mp3"\n'
            '    type: "audio/mpeg"\n'
            "    length: 7\n"
            '  - url: "https://example.com/b"\n'
            'layout: "post"\n'
            "params:\n  a:\n    - 1\n    - null\n"
        )
        assert load(text, key=item.key) == item
        assert library.loads(text)["enclosures"][1] == {"url": "https://example.com/b"}  # type: ignore[index]

    def test_constant_keys_keep_the_seeds_order_whatever_the_configuration_says(self) -> None:
        shuffled = replace(ITEM, extra=tuple(reversed(FRONT_MATTER_DEFAULTS)))
        assert frontmatter.dump(shuffled, SHANGHAI) == TEXT

    def test_an_item_that_came_as_a_file_is_that_file(self) -> None:
        assert frontmatter.dump(replace(ITEM, file="anything\r\n"), SHANGHAI) == "anything\r\n"

    def test_the_date_is_local(self) -> None:
        assert 'date: "2025-02-13 06:47:22"' in frontmatter.dump(ITEM, ZoneInfo("America/New_York"))


class TestFooter:
    @pytest.mark.parametrize(
        ("link", "written"),
        [
            ("https://example.com/a b(c)", "https://example.com/a%20b%28c%29"),
            ("https://example.com/a%28b%29", "https://example.com/a%28b%29"),
            ("https://example.com/a\n\x7f\u2028", "https://example.com/a%0A%7F%E2%80%A8"),
            ("https://example.com/中文", "https://example.com/中文"),
            ("", ""),
        ],
    )
    def test_what_would_end_the_link_is_encoded(self, link: str, written: str) -> None:
        assert frontmatter.footer("qq", link) == f"[qq]({written})"
        assert frontmatter.footer_link(written) == written

    def test_a_last_link_that_does_not_name_the_source_belongs_to_the_text(self) -> None:
        item = load(with_body("text\n\n[more](https://example.com/)\n"))
        assert (item.body, item.link) == ("text\n\n[more](https://example.com/)", "")

    @pytest.mark.parametrize("link", ["javascript:alert(1)", "/relative", "https://example.com/a) and (b"])
    def test_a_last_line_without_a_web_address_belongs_to_the_text(self, link: str) -> None:
        assert load(with_body(f"text\n\n[qq]({link})\n")).body.endswith(f"[qq]({link})")

    def test_parentheses_in_a_footer_of_other_hands_are_encoded(self) -> None:
        assert load(with_body("text\n\n[qq](https://example.com/a_(b))")).link == "https://example.com/a_%28b%29"

    def test_blank_lines_behind_the_footer_do_not_hide_it(self) -> None:
        item = load(with_body("text\n\n[qq](https://example.com/)\n\n\n"))
        assert (item.body, item.link) == ("text", "https://example.com/")

    def test_a_footer_alone_is_a_file_without_text(self) -> None:
        item = load(with_body("[qq](https://example.com/)\n"))
        assert (item.body, item.link) == ("", "https://example.com/")

    @pytest.mark.parametrize("key", ["link", "url", "canonical"])
    def test_without_footer_a_key_may_name_the_page(self, key: str) -> None:
        assert load(with_body("text", f"{key}: https://example.com/(x)")).link == "https://example.com/%28x%29"


class TestBody:
    @pytest.mark.parametrize(
        "body",
        [
            "\u3000indent",
            "\xa0nbsp\xa0",
            "    code",
            "---\nnot: a header\n---",
            "a\n\n---\n\nb",
            "a\x85b\u2028c",
            "[qq](https://example.com/no-footer)",
            "\nleading and trailing\n",
        ],
    )
    def test_it_is_never_stripped(self, body: str) -> None:
        text = frontmatter.dump(replace(ITEM, body=body), SHANGHAI)
        assert load(text).body == body

    def test_control_characters_in_it_are_removed(self) -> None:
        assert load(with_body("a\x00b\u202ec\r\nd")).body == "abc\nd"


class TestOtherPeoplesFiles:
    def test_missing_keys_are_empty(self) -> None:
        item = load("---\ntitle: T\n---\nbody", key="k", name="notes")
        assert item == Item(key="k", source="notes", title="T", body="body", extra=())

    @pytest.mark.parametrize("opening", ["\ufeff", "\n\n", " \n", "\ufeff\n"])
    def test_what_stands_before_the_header_does_not_matter(self, opening: str) -> None:
        assert load(f"{opening}---\ntitle: T\n---\nbody").title == "T"

    def test_windows_line_ends(self) -> None:
        assert load(TEXT.replace("\n", "\r\n"), key=ITEM.key) == ITEM

    @pytest.mark.parametrize("end", ["---", "...", "-----", "---  "])
    def test_the_header_may_end_in_several_ways(self, end: str) -> None:
        assert load(f"---\ntitle: T\n{end}\nbody").body == "body"

    @pytest.mark.parametrize(
        ("tags", "expected"),
        [
            ("one", ("one",)),
            ("one, two", ("one", "two")),
            ("[a, 2025-01-02, 3, '', null, a]", ("a", "2025-01-02", "3")),
            ("", ()),
            ("{a: 1}", ()),
        ],
    )
    def test_tags_of_any_shape(self, tags: str, expected: tuple[str, ...]) -> None:
        assert load(f"---\ntags: {tags}\n---\n").tags == expected

    def test_the_first_category_is_the_source_and_the_others_are_tags(self) -> None:
        item = load("---\ncategories: [News, Tech]\ntags: [x]\n---\n", name="folder")
        assert (item.source, item.tags) == ("News", ("x", "Tech"))

    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ("2025-02-12", datetime(2025, 2, 11, 16, tzinfo=UTC)),
            ("2025-02-12 05:15:58", datetime(2025, 2, 11, 21, 15, 58, tzinfo=UTC)),
            ("2025-02-12T05:15:58+01:00", datetime(2025, 2, 12, 4, 15, 58, tzinfo=UTC)),
            ("2025-02-12T05:15:58.75Z", datetime(2025, 2, 12, 5, 15, 58, tzinfo=UTC)),
            ('"12 Feb 2025 05:15:58 GMT"', datetime(2025, 2, 12, 5, 15, 58, tzinfo=UTC)),
            ('"2025-02-30"', None),
            ("soon", None),
            ("12:30:45", None),
            ("0001-01-01", None),
            ("[2025]", None),
        ],
    )
    def test_dates_with_and_without_quotes(self, written: str, expected: datetime | None) -> None:
        assert load(f"---\ndate: {written}\n---\n").published == expected

    def test_wrong_types_are_empty_or_text(self) -> None:
        item = load("---\ntitle: [a]\nsummary: 5\nlang: {a: 1}\nthumbnail: null\nguid: 7\n---\n")
        assert (item.title, item.summary, item.lang, item.thumbnail, item.guid) == ("", "5", "", "", "")

    def test_a_title_is_one_line(self) -> None:
        assert load('---\ntitle: "a\\n b\\u202E"\n---\n').title == "a b"

    def test_other_keys_are_kept_in_order_as_plain_data(self) -> None:
        item = load('---\nlayout: post\ndraft: false\nd: 2025-01-02\nm: {"a\\0": ["x\\0", 1]}\n---\n')
        assert item.extra == (("layout", "post"), ("draft", False), ("d", "2025-01-02"), ("m", {"a": ("x", 1)}))

    def test_enclosures_of_any_shape(self) -> None:
        header = "enclosures: [https://example.com/a.mp3, {url: https://example.com/b, length: -1}, {url: x}, 3]"
        hrefs = [(one.href, one.length) for one in load(f"---\n{header}\n---\n").enclosures]
        assert hrefs == [("https://example.com/a.mp3", 0), ("https://example.com/b", 0)]
        assert load("---\nenclosures: none\n---\n").enclosures == ()


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("", 1),
            ("no header\n", 1),
            ("+++\ntitle = 'x'\n+++\n", 1),
            ("--- title\n---\n", 1),
            ("---\ntitle: T\n", 1),
            ("\n\n---\ntitle: T\n", 3),
            ("---\n" + "a: b\n" * 14_000 + "---\n", 1),
            ("---\ntitle: T\nx: [\n---\n", 4),
            ("---\ntitle: T\nnull: x\n---\n", 3),
            ("---\ntitle: T\ndate: 2025-02-30\n---\n", 3),
            ("---\r\ntitle: T\r\ntitle: U\r\n---\r\n", 3),
            ("---\n- a\n---\n", 2),
        ],
    )
    def test_files_without_a_readable_header_name_the_line(self, text: str, line: int) -> None:
        with pytest.raises(EntryError) as caught:
            load(text)
        assert caught.value.line == line

    def test_a_header_without_an_end_and_one_that_is_too_long_are_told_apart(self) -> None:
        with pytest.raises(EntryError, match="has no end: no second line is ---"):
            load("---\ntitle: T\n")
        with pytest.raises(EntryError, match="does not end within 64 kB"):
            load("---\n" + "a: b\n" * 14_000 + "---\n")

    def test_a_header_of_brackets_leaves_the_process_alive(self) -> None:
        with pytest.raises(EntryError, match="nested too deeply"):
            load("---\n" + "[" * 65_000 + "\n---\n")

    def test_the_largest_header_is_read(self) -> None:
        assert load("---\n#" + "x" * (frontmatter.HEADER_LIMIT - 8) + "\na: b\n---\n").extra == (("a", "b"),)
