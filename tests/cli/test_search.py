"""`tagwire search`."""

from __future__ import annotations


def test_search_finds_and_marks(tagwire, site):
    tagwire("refresh")
    found = tagwire("search", "文件夹")
    assert found.code == 0
    assert "新站点已经跑起来了" in found.out
    assert "\x1b" not in found.out
    assert "\x1b[1m文件夹\x1b[0m" in tagwire("search", "文件夹", "--color", "always").out


def test_search_prints_json(tagwire, site):
    tagwire("refresh")
    document = tagwire("search", "--json", "road", "lang:en", "since:soon").json
    assert (document["total"], document["more"], document["ignored"]) == (1, False, ["since:soon"])
    (item,) = document["items"]
    (start, end), *_ = item["marks"]
    assert item["excerpt"][start:end] == "road"
    assert tagwire("show", item["key"]).code == 0


def test_what_is_not_found_or_not_understood_is_told(tagwire, site):
    tagwire("refresh")
    nothing = tagwire("search", "xylophone")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "no items\n")
    assert "not understood: since:soon" in tagwire("search", "road", "since:soon").err
    assert tagwire("search", "-n", "1", "since:2026-01-01").err == "1 of 2\n"
    assert len(tagwire("search", "--", "-road").out.splitlines()) == 2
    assert tagwire("search").code == 2


def test_search_tells_of_files_that_cannot_be_read(tagwire, site):
    tagwire("refresh")
    (path,) = (
        (site / "items").rglob("*en*.md")
        if list((site / "items").rglob("*en*.md"))
        else list((site / "items").rglob("*.md"))[:1]
    )
    path.write_bytes(b"\xff")
    assert path.name in tagwire("search", "road").err
