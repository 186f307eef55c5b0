"""explain, split, merge, items --duplicates and show --history as their user sees them."""

from __future__ import annotations

import pytest

TEXT = (
    "渡口的旧渡轮改成了图书馆，第一天来了两百多人。船舱里的书架是退休的船工用甲板的木料做的，"
    "每一层都钉着当年航线的名字。管理员说，借书不用押金，只要在船票背面写下名字。涨潮的时候船会轻轻晃，孩子们最喜欢那一刻。"
)
RSS = (
    "<rss version='2.0'><channel><title>{0}</title><item><guid isPermaLink='false'>{0}</guid><title>{1}</title>"
    "<link>http://{0}.example/1</link><pubDate>Mon, 03 Mar 2025 08:00:00 GMT</pubDate><description>{2}</description>"
    "</item></channel></rss>"
)


@pytest.fixture
def story(site, add_source, tagwire):
    """Two sources with one text under two links; returns the keys by source."""
    for name, title in (("a", "旧渡轮成了图书馆"), ("b", "船上读书")):
        (site / f"{name}.xml").write_text(RSS.format(name, title, TEXT))
        add_source(f'id = "{name}"\npath = "{name}.xml"')
    done = tagwire("refresh", "--json")
    assert done.lines[-1]["duplicates"] == 1, "a copy under another URL counts"
    items = tagwire("items", "--json", "-n", "0").json["items"]
    return {item["source"]: item["key"] for item in items}


def test_explain_tells_rule_score_and_evidence(tagwire, story):
    told = tagwire("explain", story["b"])
    assert told.code == 0
    assert f"belongs to the story of {story['a']}; 1 other" in told.out
    assert f"a copy: {story['a']}" in told.out
    assert "score 1.00" in told.out
    (reason, *_) = tagwire("explain", "http://b.example/1", "--json").json["reasons"]
    assert (reason["key"], reason["rule"], reason["score"], reason["failed"]) == (story["a"], "near", 1.0, None)


def test_explain_tells_why_not(tagwire, story):
    told = tagwire("explain", story["a"], story["welcome"])
    assert "no copy" in told.out
    assert "text: too little of the shorter text" in told.out
    assert "has no copies" in tagwire("explain", story["welcome"]).out


def test_explain_counts_copies_that_were_set_aside(tagwire, site, add_source):
    text = RSS.replace("http://{0}.example/1", "http://a.example/1")
    for name in ("a", "b", "c"):
        (site / f"{name}.xml").write_text(text.format(name, "旧渡轮成了图书馆", TEXT))
        add_source(f'id = "{name}"\npath = "{name}.xml"')
    tagwire("refresh")
    (owner,) = [one for one in tagwire("items", "--json").json["items"] if one["title"] == "旧渡轮成了图书馆"]
    told = tagwire("explain", owner["key"]).out
    assert "has no copies" not in told
    assert "\n2 copies of it set aside\n" in told
    assert told.count("the same article: ") == 2
    copy = tagwire("items", "--duplicates", "--json").json["items"][0]
    assert f"set aside, as a copy of {owner['key']}" in tagwire("explain", copy["key"]).out


def test_split_and_merge_are_published_and_shown(site, tagwire, story):
    assert "http://b.example/1</id>" not in (site / "feeds/all.xml").read_text()
    done = tagwire("split", story["b"])
    assert f"{story['b']}  b  船上读书: alone" in done.out
    assert "http://b.example/1</id>" in (site / "feeds/all.xml").read_text()
    assert "you split it" in tagwire("explain", story["b"]).out
    done = tagwire("merge", "--json", story["a"], story["b"])
    assert {item["story"] for item in done.json["items"]} == {story["a"]}
    assert "a copy, since you said so" in tagwire("explain", story["b"]).out
    assert "http://b.example/1</id>" not in (site / "feeds/all.xml").read_text()
    assert tagwire("merge", story["a"]).code == 2


def test_explain_tells_what_was_merged_though_by_another_item_of_the_story(tagwire, story):
    """Not that they are copies, of which the score would say the opposite."""
    assert tagwire("merge", story["a"], story["welcome"]).code == 0
    told = tagwire("explain", story["b"], story["welcome"])
    assert f"a copy, since you said so: {story['welcome']}" in told.out
    assert "you merged items of this story" in told.out
    assert story["a"] not in told.out.partition("\n\n")[2], "only who was asked about"
    assert f"a copy: {story['a']}" in tagwire("explain", story["b"]).out


def test_duplicates_lists_copies_under_urls_of_their_own(tagwire, story):
    (item,) = tagwire("items", "--duplicates", "--json").json["items"]
    assert (item["key"], item["story"], item["duplicate_of"]) == (story["b"], story["a"], None)
    assert item["copies"] == [story["a"]]


def test_history_shows_what_changed_and_what_was_held_back(site, tagwire, story):
    assert "nothing is kept" in tagwire("show", story["a"], "--history").err
    (site / "a.xml").write_text(RSS.format("a", "旧渡轮成了图书馆", TEXT.replace("两百", "三百")))
    tagwire("refresh", "a")
    (path,) = (site / "items/a").rglob("*.md")
    path.write_text(path.read_text().replace("三百", "许多"))
    (site / "a.xml").write_text(RSS.format("a", "旧渡轮成了图书馆", TEXT.replace("两百", "四百")))
    tagwire("refresh", "a")
    told = tagwire("show", story["a"], "--history")
    assert "changed" in told.out
    assert "held back from your file" in told.out
    lines = [line.strip() for line in told.out.splitlines()]
    assert any(line.startswith("-") and "两百" in line for line in lines)
    assert any(line.startswith("+") and "四百" in line for line in lines)
    first, held = tagwire("show", story["a"], "--history", "--json").json["revisions"]
    assert (first["held_back"], held["held_back"]) == (False, True)


def test_no_near_looks_for_nothing_this_time(site, add_source, tagwire):
    for name in "ab":
        (site / f"{name}.xml").write_text(RSS.format(name, name, TEXT))
        add_source(f'id = "{name}"\npath = "{name}.xml"')
    assert tagwire("refresh", "--no-near", "--json").lines[-1]["duplicates"] == 0
    assert "1 near duplicate" in tagwire("refresh").out
