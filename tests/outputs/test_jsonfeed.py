"""JSON Feed 1.1."""

from __future__ import annotations

import json
from dataclasses import replace

from aggregator.model import Enclosure, Person
from aggregator.outputs import jsonfeed


def test_a_feed_says_who_and_where_it_is(make_feed, make_post):
    found = json.loads(jsonfeed.render(make_feed(make_post(), hub="https://hub.example.org/")))
    home = "http://127.0.0.1:8420/tags/%E8%88%AA%E8%BF%90"
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert (found["title"], found["description"], found["language"]) == ("航运 · 港湾", "船与海", "zh-CN")
    assert (found["feed_url"], found["home_page_url"]) == (f"{home}.json", f"{home}.html")
    assert found["authors"] == [{"name": "港湾编辑部"}]
    assert found["hubs"] == [{"type": "WebSub", "url": "https://hub.example.org/"}]
    assert found["_tagwire"]["atom"] == f"{home}.xml"


def test_what_is_unknown_is_left_out(make_feed, make_post):
    found = json.loads(jsonfeed.render(make_feed(make_post(), author="", subtitle="", formats=("json",))))
    assert {"authors", "description", "hubs"}.isdisjoint(found)
    assert found["home_page_url"] == "http://127.0.0.1:8420/"
    assert {"image", "attachments", "language"}.isdisjoint(found["items"][0])


def test_an_item_carries_the_whole_post(make_feed, make_post):
    post = make_post(
        lang="en",
        thumbnail="https://example.org/t.png",
        enclosures=(Enclosure(href="https://example.org/a", length=7), Enclosure(href="b", media_type="audio/mpeg")),
        authors=(Person(name="陆小舟", uri="https://lu.example.org/"), Person(email="zhou@example.org"), Person()),
    )
    [item] = json.loads(jsonfeed.render(make_feed(post)))["items"]
    assert item == {
        "id": "https://harbour.example.org/0",
        "url": "https://harbour.example.org/0",
        "title": "第 0 艘船进港",
        "content_html": "<p>今天的<strong>潮水</strong>很高。</p>",
        "summary": "今天的潮水很高。",
        "image": "https://example.org/t.png",
        "date_published": "2025-02-13T11:47:22+00:00",
        "date_modified": "2025-02-13T11:47:22+00:00",
        "authors": [{"name": "陆小舟", "url": "https://lu.example.org/"}, {"name": "zhou"}],
        "tags": ["航运", "Open Source"],
        "language": "en",
        "attachments": [
            {"url": "https://example.org/a", "mime_type": "application/octet-stream", "size_in_bytes": 7},
            {"url": "b", "mime_type": "audio/mpeg"},
        ],
        "_tagwire": {
            "source": {
                "id": "tag:localhost,2026:source/harbour",
                "title": "港湾日报",
                "url": "https://harbour.example.org/",
                "feed_url": "https://harbour.example.org/feed.xml",
            }
        },
    }


def test_an_item_without_text_has_its_summary_or_title_as_content(make_feed, make_post):
    posts = make_post(0, html=""), make_post(1, html="", summary="")
    items = json.loads(jsonfeed.render(make_feed(*posts)))["items"]
    assert [item["content_text"] for item in items] == ["今天的潮水很高。", "第 1 艘船进港"]
    assert all("content_html" not in item for item in items)


def test_an_item_without_authors_names_its_source(make_feed, make_post):
    [item] = json.loads(jsonfeed.render(make_feed(make_post(authors=()))))["items"]
    assert item["authors"] == [{"name": "港湾日报"}]


def test_the_same_post_is_rendered_anew_when_it_changed(make_feed, make_post):
    post = make_post()
    before, after = jsonfeed.render(make_feed(post)), jsonfeed.render(make_feed(replace(post, title="新题")))
    assert "新题" in after.decode()
    assert before != after
