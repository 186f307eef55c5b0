"""`tagwire search`."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing


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


def freeze(site):
    """Root may write everywhere but where a folder stands: so it meets what others meet on a read-only disk."""
    index = site / "var/search.db"
    if index.exists():
        with closing(sqlite3.connect(index)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        index.symlink_to("no/such/folder/search.db")
    for suffix in ("-wal", "-shm"):
        (site / f"var/search.db{suffix}").unlink(missing_ok=True)
        (site / f"var/search.db{suffix}").mkdir()


def test_many_files_that_cannot_be_read_are_one_line(tagwire, site):
    """How many, and which one is the first; they are found by their titles, which is no failure."""
    tagwire("refresh")
    for path in list((site / "items").rglob("*.md")):
        path.unlink()
        path.mkdir()
    done = tagwire("search", "nothing of the kind")
    [line, none] = done.err.splitlines()
    assert (done.code, none) == (0, "no items")
    assert re.fullmatch(
        r"2 item files are found by title and summary only; the first: \S+\.md: Is a directory; .*", line
    )


def test_where_nothing_can_be_written_it_is_searched_as_it_is(tagwire, site):
    tagwire("refresh")
    tagwire("search", "road")
    before = tagwire("search", "--json", "road").json
    freeze(site)
    found = tagwire("search", "--json", "road")
    assert (found.code, found.json) == (0, before)
    assert found.err == "tagwire: var/search.db cannot be written: what came since is not found\n"
    assert tagwire("-q", "search", "road").err == ""


def test_where_there_is_no_search_index_and_none_can_be_made_it_says_what_to_do(tagwire, site):
    tagwire("refresh")
    shutil.rmtree(site / "var/search.db", ignore_errors=True)
    freeze(site)
    done = tagwire("search", "road")
    assert done.code == 1
    assert "search.db cannot be made: run `tagwire search` once where the site can be written" in done.err


def test_what_is_no_search_index_is_not_searched(tagwire, site):
    tagwire("refresh")
    with closing(sqlite3.connect(site / "var/search.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE other (x)")
    freeze(site)
    done = tagwire("search", "road")
    assert (done.code, "not a search index of tagwire" in done.err) == (1, True)


def test_a_site_without_index_gets_a_private_folder(tagwire, tmp_path):
    """Whatever the command that comes first: `var/` is for its owner alone."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/tagwire.toml").write_text("", encoding="utf-8")
    assert tagwire("-C", tmp_path, "search", "harbour").code == 0
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
