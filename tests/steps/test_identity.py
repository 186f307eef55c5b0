"""Keys and content hashes: what is the same item, and what is a change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.model import Enclosure, Entry, Item, Person
from aggregator.steps.identity import content_hash, identify, item_key


def keys(*entries: Entry, source: str = "s") -> list[str]:
    return identify(source, entries)


class TestKeys:
    def test_a_key_is_sixteen_hex_digits_and_never_changes(self) -> None:
        assert item_key("qq", "guid", "1") == "8a0ea6dbf26f4c07"

    def test_source_kind_and_value_all_count(self) -> None:
        assert len({item_key("a", "guid", "1"), item_key("b", "guid", "1"), item_key("a", "url", "1")}) == 3

    def test_no_entries_no_keys(self) -> None:
        assert keys() == []

    def test_the_guid_comes_first(self) -> None:
        entry = Entry(guid=" 5 ", link="https://example.com/", title="T")
        assert keys(entry) == [item_key("s", "guid", "5")]

    def test_without_guid_the_canonical_url(self) -> None:
        plain, tracked = (
            Entry(link="https://example.com/a", title="T"),
            Entry(link="http://www.example.com/a?utm_source=x"),
        )
        assert keys(plain) == keys(tracked) == [item_key("s", "url", "https://example.com/a")]

    def test_a_relative_link_is_resolved_by_its_base_or_taken_as_written(self) -> None:
        assert keys(Entry(link="b", base="https://example.com/a/")) == keys(Entry(link="https://example.com/a/b"))
        assert keys(Entry(link="/b")) == [item_key("s", "url", "/b")]

    def test_without_link_title_and_date_as_written(self) -> None:
        assert keys(Entry(title="T", published="yesterday", content="x")) == keys(
            Entry(title="T", published="yesterday")
        )
        assert keys(Entry(title="T", updated="yesterday")) == keys(Entry(title="T", published="yesterday"))
        assert keys(Entry(title="T", published="today")) != keys(Entry(title="T"))

    def test_without_anything_else_the_text(self) -> None:
        one, other = keys(Entry(content="a"), Entry(content="b"))
        assert one != other
        assert keys(Entry(content="a")) == [one]

    def test_lone_surrogates_do_no_harm(self) -> None:
        assert len(keys(Entry(guid="\ud800"), Entry(title="\udfff"))) == 2


class TestSharedIdentities:
    def test_one_guid_on_all_entries_is_no_identity(self) -> None:
        entries = [Entry(guid="same", link=f"https://example.com/{n}", title=f"T{n}") for n in range(10)]
        assert keys(*entries) == keys(*(replace(entry, guid="") for entry in entries))
        assert len(set(keys(*entries))) == 10

    def test_one_link_on_all_entries_is_no_identity(self) -> None:
        entries = [Entry(link="https://example.com/", title=f"T{n}", published="today") for n in range(10)]
        assert len(set(keys(*entries))) == 10

    def test_one_link_and_title_on_all_entries_still_lose_nothing(self) -> None:
        entries = [Entry(title="Note", content=str(n)) for n in range(10)]
        assert len(set(keys(*entries))) == 10

    def test_untitled_notes_under_one_guid_are_told_apart_by_their_text(self) -> None:
        note = Entry(guid="https://example.com/#1", link="https://example.com/#1", content="a", published="today")
        assert len(set(keys(note, replace(note, content="b", published="later")))) == 2
        assert len(set(keys(note, replace(note, published="later")))) == 1

    def test_exact_repeats_share_their_key(self) -> None:
        entry = Entry(guid="1", link="https://example.com/", title="T", content="x")
        assert len(set(keys(entry, entry, entry))) == 1
        assert len(set(keys(Entry(content="x"), Entry(content="x")))) == 1

    def test_a_later_version_of_the_same_entry_shares_its_key(self) -> None:
        entry = Entry(guid="1", link="https://example.com/", title="T", content="x", updated="today")
        assert len(set(keys(entry, replace(entry, content="y", updated="tomorrow")))) == 1

    def test_anchors_of_one_page_are_kept_apart_by_their_guids(self) -> None:
        entries = [
            Entry(guid=f"https://example.com/#v{n}", link=f"https://example.com/#v{n}", title="New") for n in range(3)
        ]
        assert len(set(keys(*entries))) == 3

    def test_the_others_keep_their_guids(self) -> None:
        shared = [Entry(guid="same", title="A"), Entry(guid="same", title="B")]
        assert keys(*shared, Entry(guid="own", title="C"))[2] == item_key("s", "guid", "own")


FILE = """---
title: "T"
date: "2025-01-02 03:04:05"
{more}---

text

{footer}
"""


def file(more: str = "", footer: str = "") -> Entry:
    return Entry(file=FILE.format(more=more, footer=footer))


class TestFiles:
    def test_a_file_has_the_key_of_the_entry_with_its_link(self) -> None:
        seed = file('categories:\n  - "qq"\n', "[qq](https://example.com/a)")
        assert keys(seed) == keys(Entry(link="http://example.com/a/"), source="qq")

    def test_a_guid_key_is_the_guid(self) -> None:
        seed = file('categories: ["qq"]\nguid: "urn:x:1"\n', "[qq](https://example.com/a)")
        assert keys(seed) == keys(Entry(guid="urn:x:1"), source="qq")

    def test_without_category_the_folder_is_the_source(self) -> None:
        assert keys(file('link: "https://example.com/a"\n')) == keys(Entry(link="https://example.com/a"))

    def test_without_link_title_and_date_decide(self) -> None:
        assert keys(file()) == keys(file('summary: "x"\n'))
        assert keys(file()) != keys(Entry(file=FILE.format(more="", footer="").replace("03:04:05", "03:04:06")))

    def test_without_title_date_and_link_the_text_decides(self) -> None:
        one, other = Entry(file="---\nx: 1\n---\na"), Entry(file="---\nx: 1\n---\nb")
        assert keys(one) != keys(other)

    @pytest.mark.parametrize("text", ["no header", "---\n[[[\n---\n"])
    def test_a_broken_file_has_a_key_too(self, text: str) -> None:
        assert len(keys(Entry(file=text))[0]) == 16


ITEM = Item(key="k", source="s", title="T", body="text", link="https://example.com/a?utm_source=x")


class TestContentHash:
    def test_it_is_thirty_two_hex_digits(self) -> None:
        assert len(content_hash(ITEM)) == 32
        assert int(content_hash(ITEM), 16) >= 0

    @pytest.mark.parametrize(
        "change",
        [
            {"title": "U"},
            {"body": "other"},
            {"link": "https://example.com/b"},
            {"enclosures": (Enclosure(href="https://example.com/a.mp3"),)},
            {"file": "exact text"},
        ],
    )
    def test_what_readers_read_counts(self, change: dict[str, object]) -> None:
        assert content_hash(replace(ITEM, **change)) != content_hash(ITEM)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "change",
        [
            {"key": "x"},
            {"tags": ("a",)},
            {"thumbnail": "https://example.com/t.jpg"},
            {"summary": "other"},
            {"authors": (Person(name="A"),)},
            {"link": "https://example.com/a?utm_source=y"},
        ],
    )
    def test_the_rest_does_not(self, change: dict[str, object]) -> None:
        assert content_hash(replace(ITEM, **change)) == content_hash(ITEM)  # type: ignore[arg-type]

    def test_title_and_body_do_not_run_together(self) -> None:
        assert content_hash(replace(ITEM, title="Tt", body="ext")) != content_hash(ITEM)
