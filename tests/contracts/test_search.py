"""What every full-text index means by `ports.Search`: one suite, run over every module of `aggregator.searches`."""

from __future__ import annotations

import pkgutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import searches
from aggregator.model.search import Page, Query
from aggregator.steps.text import clean
from aggregator.steps.words import search_query

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
KINDS = [module.name for module in pkgutil.iter_modules(searches.__path__)]
DAY = timedelta(days=1)


def page(key, title="", body="", **changes):
    fields = {
        "key": key,
        "path": f"{key}.md",
        "size": 1,
        "mtime_ns": 1,
        "source": "harbour",
        "title": title,
        "link": "",
        "lang": "zh-CN",
        "published": NOW - DAY,
        "body": body,
    }
    return Page(**(fields | changes))


@pytest.fixture(params=KINDS or ["none"])
def search(request, tmp_path):
    assert KINDS, "no full-text index was found"
    with searches.open_search(str(tmp_path / "search.db"), request.param) as search:
        search.renew("")
        yield search


def keys(search, text, **window):
    return [hit.key for hit in search.find(search_query.parse(text, NOW), NOW, **window).hits]


def test_any_part_of_a_chinese_text_is_found(search):
    search.put([page("a", "山谷里的苹果熟了", "游客很多，价格也不高。"), page("b", "苹与果", "果苹")])
    for part in ("苹果", "果熟", "谷", "里的苹果熟", "游客很多", "高"):
        assert keys(search, part) == ["a"], part
    assert set(keys(search, "苹")) == {"a", "b"}
    assert keys(search, "苹果熟透") == []


def test_words_are_found_whole_and_in_any_case(search):
    search.put([page("a", "Gulls over the Harbour", "They came back in AI功能, 3.5 metres of it; Café.")])
    for word in ("gulls", "HARBOUR", "ai", "功能", "AI功能", "3.5", "cafe", "ｇｕｌｌｓ"):
        assert keys(search, word) == ["a"], word
    for word in ("gull", "arbour", "3.6", "over gulls harbor"):
        assert keys(search, word) == [], word


def test_all_words_have_to_hold_and_phrases_stand_together(search):
    search.put([page("a", "large model", "of a ship"), page("b", "model large"), page("c", "large")])
    assert set(keys(search, "large model")) == {"a", "b"}
    assert keys(search, '"large model"') == ["a"]
    assert keys(search, "“large model”") == ["a"]
    assert keys(search, "large -model") == ["c"]
    assert keys(search, "-model") == ["c"]
    assert keys(search, '-"model large" model') == ["a"]
    assert keys(search, "ship model") == ["a"], "title and text count together"


def test_filters_narrow(search):
    search.put(
        [
            page("a", "tide", tags=("Sea", "大 海"), source="qq", lang="en-GB", published=NOW - 10 * DAY),
            page("b", "tide", tags=("sea",), published=NOW - 2 * DAY),
            page("c", "tide", published=NOW),
        ]
    )
    expected = {
        "tag:SEA": {"a", "b"},
        'tag:"大 海"': {"a"},
        "source:QQ": {"a"},
        "lang:en": {"a"},
        "lang:en-gb": {"a"},
        "lang:zh": {"b", "c"},
        "since:7d": {"b", "c"},
        "since:2026-10-31": {"c"},
        "tag:sea -source:qq tide": {"b"},
        "-tag:sea": {"c"},
        "tag：sea": {"a", "b"},
        "tag:nope": set(),
        "lang:fr": set(),
        "since:8d tag:sea": {"b"},
    }
    for text, found in expected.items():
        assert set(keys(search, text)) == found, text


def test_traditional_and_simplified_characters_find_each_other(search):
    search.put([page("a", "蘋果"), page("b", "苹果")])
    assert set(keys(search, "苹果")) == set(keys(search, "蘋果")) == {"a", "b"}


def test_titles_and_new_items_come_first(search):
    others = [page(f"z{number}", "weather", "sun") for number in range(20)]
    search.put([*others, page("a", "weather", "the tide"), page("b", "tide"), page("c", "sun", "rain")])
    assert keys(search, "tide") == ["b", "a"]
    search.put([page("old", "news", published=NOW - 400 * DAY), page("new", "news", published=NOW - DAY)])
    assert keys(search, "news") == ["new", "old"]
    assert keys(search, "tag:nope") == []
    assert keys(search, "since:3d", limit=3)[0] != "old"


def test_hits_come_in_windows_and_are_counted(search):
    search.put([page(f"{number:02}", "tide", published=NOW - number * DAY) for number in range(30)])
    found = search.find(search_query.parse("tide", NOW), NOW, limit=10, offset=10)
    assert [hit.key for hit in found.hits] == [f"{number:02}" for number in range(10, 20)]
    assert (found.total, found.more) == (30, False)
    assert keys(search, "tide", offset=100) == []


def test_a_page_put_again_takes_the_place_of_the_old_one(search):
    search.put([page("a", "ebb"), page("b", "ebb")])
    search.put([page("a", "flood", size=2)], removed=["b"])
    assert (keys(search, "ebb"), keys(search, "flood")) == ([], ["a"])
    assert search.known() == {"a": (2, 1)}
    search.put([page("b", "ebb")])
    assert keys(search, "ebb") == ["b"]


def test_two_pages_of_one_instant_stand_beside_each_other(search):
    search.put(
        [
            page("a", "ebb"),
            page("a", "tide"),
            page("b", "tide"),
            page("c", "tide", published=datetime(1950, 1, 1, tzinfo=UTC)),
        ]
    )
    assert sorted(keys(search, "tide")) == ["a", "b", "c"]
    search.put([], removed=["a", "b", "c", "d"])
    assert search.known() == {}
    search.put([page("d", "tide")])
    assert keys(search, "tide") == ["d"]


def test_a_hit_is_what_was_put_in(search):
    put = page("a", "Ebb — 潮", link="https://a.example/?b=1&c", lang="en")
    search.put([put])
    (hit,) = search.find(search_query.parse("ebb", NOW), NOW).hits
    for name in ("key", "path", "source", "title", "link", "lang", "published"):
        assert getattr(hit, name) == getattr(put, name)


def test_another_stamp_forgets_everything(search):
    search.put([page("a", "ebb")])
    search.renew("")
    assert keys(search, "ebb") == ["a"]
    search.renew("other rules")
    assert (keys(search, "ebb"), search.known()) == ([], {})
    search.put([page("a", "ebb")])
    search.renew("other rules")
    assert keys(search, "ebb") == ["a"]


def test_nothing_put_in_is_nothing_found(search):
    assert keys(search, "tide") == []
    assert search.find(Query(), NOW).hits == ()


NASTY = [
    '"',
    '""',
    "*",
    "a*",
    "NEAR(a b)",
    "a OR b",
    "title:a",
    "{title}:a",
    "^a",
    "a AND",
    "NOT",
    "(",
    ")",
    "a + b",
    "-",
    "--",
    "-*",
    "tag:",
    'tag:"',
    "since:",
    "since:99999d",
    "since:0001-01-01",
    "since:9999-12-31T23:59:59-23:59",
    "'; DROP TABLE page; --",
    "%",
    "\\",
    "\x00",
    "\ud800",
    "a" * 100_000,
    "苹" * 1000,
    '"' * 999,
    "🐟",
    "e\u0301",
    "؀",
    "\u202e",
    "a\x1fb",
    "marks:all",
    "ﷺ" * 50,
    "lang:*",
    "source:\x00",
    "𠮷",
    "한국어",
    "भाषा",
    "ภาษา",
]


@pytest.mark.parametrize("text", NASTY)
def test_no_search_raises(search, text):
    kept = clean(text[:500])
    search.put([page("a", kept, kept, tags=(kept,), source=kept, lang=kept)])
    search.find(search_query.parse(text, NOW), NOW)
    search.find(search_query.parse(f"a -{text} {text}", NOW), NOW)


@pytest.fixture(scope="module", params=KINDS)
def filled(request, tmp_path_factory):
    with searches.open_search(str(Path(tmp_path_factory.mktemp("search")) / "search.db"), request.param) as search:
        search.put([page(str(number), "tide 潮水", "苹果 and others") for number in range(5)])
        yield search


@given(
    st.text(st.characters(codec=None), max_size=60)
    | st.text(st.sampled_from('"-:*^(){}+ aA潮苹tagsource'), max_size=40)
)
def test_no_search_raises_whatever_it_is(filled, text):
    found = filled.find(search_query.parse(text, NOW), NOW)
    assert len(found.hits) <= 5


@given(st.text(st.characters(categories=["Lo", "Ll", "Lu", "Nd"]), min_size=1, max_size=12))
def test_a_title_finds_itself(filled, title):
    asked = search_query.parse(f'"{title}"', NOW)
    if asked.words:
        filled.put([page("x", title)])
        assert "x" in [hit.key for hit in filled.find(asked, NOW, limit=100).hits]
