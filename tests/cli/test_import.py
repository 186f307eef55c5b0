"""`tagwire import` and `tagwire export`: nothing lost, one bad line stops nothing, out and in again is the same."""

from __future__ import annotations

import json

import pytest

from aggregator.config import load

LIST = """https://a.example/feed "far east" "~Title A"
https://a.example/feed?utm_source=x more
ftp://b.example/
https://welcome.example/feed
https://c.example/feed
https://c.example/other
"""


@pytest.fixture
def full(site):
    """Sources with every kind of key."""
    (site / "config" / "sources.toml").write_text(
        """# mine
[[sources]]
id = "folder"
kind = "folder"
path = "seeds"

[[sources]]
id = "rich"
url = "https://user:hidden@rich.example/feed?a=1&b=2"
title = "富 & <rich>"
tags = ["a,b", "c/d", "新闻"]
lang = "zh-CN"
timezone = "Asia/Shanghai"
every = "1h30m"
content = "summary"
enabled = false
headers = { Authorization = "hidden" }

[[sources]]
url = "https://plain.example/feed"
"""
    )
    return site


def sources(site):
    return [source for source in load(str(site), environ={}).sources if source.url]


def test_addresses_of_the_scheme_feed_are_those_of_the_web(tagwire, site):
    lines = [
        "feed://f.example/rss",
        "feed:https://g.example/rss",
        "FEED://https://h.example/rss",
        "http://f.example/rss",
    ]
    (site / "urls").write_text("\n".join(lines))
    assert tagwire("import", "urls").out.endswith("added 3 sources, 1 known already, 0 problems\n")
    found = ["http://f.example/rss", "https://g.example/rss", "https://h.example/rss"]
    assert [source.url for source in sources(site)][-3:] == found
    (site / "more.json").write_text('["feed://i.example/rss", {"url": "feed:https://j.example/rss"}, {"url": 5}]')
    assert tagwire("import", "more.json").out.endswith("added 2 sources, 0 known already, 1 problem\n")
    assert tagwire("add", "--no-discover", "feed://k.example/rss").code == 0
    assert [source.url for source in sources(site)][-1] == "http://k.example/rss"


def test_a_binary_file_is_one_problem_that_names_what_is_accepted(tagwire, site):
    (site / "photo.jpg").write_bytes(bytes(range(256)) * 400)
    done = tagwire("import", "photo.jpg")
    assert done.code == 2
    (line,) = (line for line in done.err.splitlines() if "photo.jpg" in line)
    accepted = (
        "OPML, newsboat's urls file, a planet's config.ini, a list with one URL a line, and what `tagwire export "
        "--json` writes"
    )
    assert line == f"tagwire: photo.jpg: this is no text; accepted are {accepted}"


def test_a_list_is_taken_in_line_by_line(tagwire, site):
    (site / "urls").write_text(LIST)
    before = (site / "config" / "sources.toml").read_text()
    tried = tagwire("import", "urls", "--dry-run")
    assert (site / "config" / "sources.toml").read_text() == before
    assert tried.out.endswith("would add 4 sources, 1 known already, 1 problem\n")
    done = tagwire("import", "urls")
    assert done.code == 0
    assert done.out.splitlines()[0] == "a.example: https://a.example/feed  [far east, more]"
    assert done.err.splitlines() == [
        "tagwire: urls:3: expected an http or https URL, found 'ftp://b.example/'",
        "urls:2: https://a.example/feed?utm_source=x stands in line 1 already; tags were united",
    ]
    assert (site / "config" / "sources.toml").read_text().startswith(before)
    assert [one.id for one in sources(site)] == ["a.example", "welcome.example", "c.example", "c.example-2"]
    again = tagwire("import", "urls", "--json").json
    assert (again["added"], len(again["duplicates"])) == ([], 5)
    assert again["problems"] == [{"line": 3, "message": "expected an http or https URL, found 'ftp://b.example/'"}]


def test_bad_keys_cost_their_own_source_only(tagwire, site):
    rows = [
        {"url": "https://a.example/", "every": "soon"},
        {"url": "https://b.example/", "colour": "red"},
        {"url": "https://c.example/", "tags": "x"},
        {"url": "https://d.example/", "path": "x"},
        {"url": "https://e.example/", "headers": {"bad name": "x"}},
        {"url": "https://f.example/", "id": "seeds"},
        {"path": "seeds", "kind": "folder"},
        {"url": "https://g.example/", "id": "g"},
    ]
    (site / "list.json").write_text(json.dumps(rows))
    done = tagwire("import", "list.json", "--json").json
    assert [one["address"] for one in done["added"]] == ["https://f.example/", "https://g.example/"]
    assert len(done["problems"]) == 6
    assert done["problems"][1]["message"] == "https://b.example/: colour: unknown key"
    assert [one["message"] for one in done["duplicates"]] == ["seeds is a source already: seeds"]


@pytest.mark.parametrize("form", ["opml", "json"])
def test_out_and_in_again_is_the_same(tagwire, full, form):
    args = ["--json"] if form == "json" else []
    done = tagwire("export", f"list.{form}", *args)
    assert done.code == 0
    assert "rich: headers and user name and password stay here" in done.err
    text = (full / f"list.{form}").read_text()
    assert "hidden" not in text
    assert tagwire("export", *args).out == text
    before = sources(full)
    (full / "config" / "sources.toml").write_text('[[sources]]\nid = "other"\nkind = "folder"\npath = "other"\n')
    assert tagwire("import", f"list.{form}", "-q").err == ""
    (full / "config" / "tagwire.toml").write_text("")
    after = sources(full)
    assert [one.url for one in after] == ["https://rich.example/feed?a=1&b=2", "https://plain.example/feed"]
    assert tagwire("export", f"again.{form}", *args).code == 0
    assert [
        (one.id, one.title, one.tags, one.every, one.lang, one.timezone, one.content, one.enabled) for one in after
    ] == [(one.id, one.title, one.tags, one.every, one.lang, one.timezone, one.content, one.enabled) for one in before]


def test_folders_are_exported_as_json_only(tagwire, full):
    assert "folder: OPML has no place for" in tagwire("export").err
    assert {"id": "folder", "kind": "folder", "path": "seeds"} in tagwire("export", "--json").json["sources"]


def test_standard_input_and_nothing(tagwire, site, monkeypatch):
    (site / "empty").write_text("")
    assert tagwire("import", "empty").out == "added 0 sources, 0 known already, 0 problems\n"
    assert tagwire("import", "nope").code == 2
    (site / "many").write_text("".join(f"https://h{number}.example/\n" for number in range(30)))
    assert "and 10 more (-v shows all)" in tagwire("import", "many").out


@pytest.mark.parametrize("text", ["", "{broken", "<rss/>", "# nothing\n"])
def test_a_file_without_sources_is_a_usage_error(tagwire, site, text):
    (site / "list").write_text(text)
    done = tagwire("import", "list")
    assert done.code == 2
    assert "list" in done.err
