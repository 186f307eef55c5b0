"""Settings written back: readable again, secrets masked."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import kinds, load, showing


@pytest.fixture
def site(tmp_path):
    (tmp_path / "config").mkdir()
    return tmp_path


def write(site, tables):
    homes = {"sources": "sources", "tags": "tags", "feeds": "tags", "filters": "tags"}
    for name in ("tagwire", "sources", "tags"):
        chosen = {key: value for key, value in tables.items() if homes.get(key, "tagwire") == name}
        (site / "config" / f"{name}.toml").write_text(showing.toml(chosen))


def test_what_is_shown_reads_as_the_same_settings(site):
    tables = {
        "site": {"title": '新 "闻"', "timezone": "UTC"},
        "schedule": {"base": "90m", "jitter": 0.25},
        "http": {"max_bytes": "500kB", "allow_hosts": ["10.0.0.0/8", "a.example"], "per_host_delay": "0.5s"},
        "frontmatter": {"defaults": {"menu": "", "n": 1, "on": True, "w": ["a"]}},
        "publish": {"dir": "../out", "formats": ["atom"]},
        "sources": [
            {"id": "a", "url": "https://a.example/feed", "every": "2h", "tags": ["x"], "enabled": False},
            {"path": "notes", "kind": "folder"},
        ],
        "tags": [{"name": "AI", "not": ["x", r"re:x\d"], "aliases": ["人工智能"], "was": {"old": "2026-11-22"}}],
        "feeds": [{"slug": "q", "query": 'AI and "x y"'}],
        "filters": [{"action": "drop", "sources": ["a"], "match": ["广告"], "fields": ["title"]}],
    }
    write(site, tables)
    loaded = load(str(site), environ={})
    shown = showing.plain(loaded)
    assert shown["sources"][1] == {"id": "notes", "path": "notes", "kind": "folder"}
    assert tomllib.loads(showing.toml(shown)) == shown
    write(site, shown)
    assert load(str(site), environ={}) == loaded


def test_headers_and_passwords_are_masked(site):
    write(
        site,
        {
            "http": {"proxy": "http://user:hidden@proxy.example:3128"},
            "sources": [
                {
                    "url": "https://me:hidden@a.example/?api_key=hidden&page=2",
                    "headers": {"Authorization": "env:SECRET"},
                }
            ],
        },
    )
    text = showing.toml(showing.plain(load(str(site), environ={"SECRET": "hidden"})))
    assert "hidden" not in text
    assert 'proxy = "http://user:***@proxy.example:3128"' in text
    assert 'headers = { Authorization = "***" }' in text
    assert "page=2" in text


@pytest.mark.parametrize("url", ["", "https://a.example/?q=1", "http://[broken"])
def test_urls_without_secrets_stay(url):
    assert showing.masked(url) == url


@given(st.integers(0, kinds.LONGEST))
def test_durations_are_shown_as_they_are_read(seconds):
    assert kinds.duration().read(kinds.show_duration(float(seconds))) == seconds


@given(st.integers(1, 1 << 40))
def test_sizes_are_shown_as_they_are_read(count):
    assert kinds.size().read(kinds.show_size(count)) == count
