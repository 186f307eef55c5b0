"""What stays at a former slug: a valid feed of one entry in every format, that leads to the new one."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from aggregator.outputs import discover
from aggregator.publish import Publisher
from aggregator.settings import Publish, Settings, Site, TagRule
from aggregator.stores.memory import MemoryStore

RULE = TagRule(name="天气 & Wetter", aliases=("weather",), was=(("weather", "2026-11-22"), ("rain", "2025-01-02")))


def publish(root, *rules, formats=("atom", "json", "html"), language="zh-CN"):
    settings = Settings(
        root=str(root),
        tags=rules,
        site=Site(language=language, title="站"),
        publish=Publish(dir="feeds", formats=formats),
    )
    return Publisher(settings, MemoryStore(), str, discover()).publish()


def test_every_format_says_where_the_feed_is(tmp_path):
    publish(tmp_path, RULE)
    place = "http://127.0.0.1:8420/tags/%E5%A4%A9%E6%B0%94-%26-wetter"
    new = f"{place}.xml"
    feed = etree.fromstring((tmp_path / "feeds/tags/weather.xml").read_bytes())
    atom = "{http://www.w3.org/2005/Atom}"
    assert feed.findtext(f"{atom}id") == "tag:localhost,2026:feed/tags/weather"
    (entry,) = feed.findall(f"{atom}entry")
    assert dict(entry.find(f"{atom}link").attrib) == {"rel": "alternate", "type": "text/html", "href": f"{place}.html"}
    assert new in entry.findtext(f"{atom}summary")
    assert f'href="{new}"' in entry.findtext(f"{atom}content")
    assert entry.findtext(f"{atom}title") == "“天气 & Wetter”的订阅源已搬到新地址"
    assert entry.findtext(f"{atom}published").startswith("2026-11-22T00:00:00")
    (item,) = json.loads((tmp_path / "feeds/tags/rain.json").read_bytes())["items"]
    assert (item["url"], item["date_published"][:10]) == (f"{place}.html", "2025-01-02")
    assert new in (tmp_path / "feeds/tags/rain.html").read_text()
    assert not publish(tmp_path, RULE).written


@pytest.mark.parametrize(("formats", "suffix"), [(("json", "html"), ".json"), (("html",), ".html")])
def test_it_leads_to_a_format_that_there_is(tmp_path, formats, suffix):
    publish(tmp_path, RULE, formats=formats, language="en")
    page = (tmp_path / "feeds/tags/weather.html").read_text()
    assert f"wetter{suffix}" in page
    assert "has moved" in page


def test_without_pages_the_notice_has_no_link_and_says_where_the_feed_is(tmp_path):
    publish(tmp_path, RULE, formats=("atom",))
    (entry,) = etree.fromstring((tmp_path / "feeds/tags/weather.xml").read_bytes()).findall("{*}entry")
    assert entry.find("{*}link") is None
    assert "wetter.xml" in entry.findtext("{*}content")


def test_a_slug_in_use_is_no_former_one_and_a_notice_goes_when_it_is_struck_out(tmp_path):
    taken = TagRule(name="x", slug="x", was=(("x", "2026-11-22"),))
    written = publish(tmp_path, taken, RULE).written
    assert "feeds/tags/weather.xml" in written
    assert not (tmp_path / "feeds/tags/x.xml").exists()
    assert "feeds/tags/weather.xml" in publish(tmp_path, taken).removed
