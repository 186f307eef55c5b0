"""JSON Feed: what is bad in one place costs that place only."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from aggregator import parsers, reading
from aggregator.errors import NotAFeed, ParseError
from aggregator.model import Document, Source
from aggregator.parsers import jsonfeed
from aggregator.reading import Job

NOW = datetime(2025, 3, 1, tzinfo=UTC)


def document(body, media_type="application/feed+json"):
    return Document(name="http://a/", body=body if isinstance(body, bytes) else body.encode(), media_type=media_type)


def read(body, media_type="application/feed+json"):
    return jsonfeed.parse(document(body, media_type))


@pytest.mark.parametrize(
    "body",
    [
        b'{"version": "https://jsonfeed.org/version/1", "items": []}',
        b'{"version": "http://jsonfeed.org/version/1.1", "items": []}',
        rb'{"version": "https:\/\/jsonfeed.org\/version\/1.1", "items": []}',
        b'\xef\xbb\xbf \n{"items": [], "version": "https://jsonfeed.org/version/1"}',
        '{"version": "https://jsonfeed.org/version/1", "items": []}'.encode("utf-16"),
    ],
)
def test_the_version_is_enough_whatever_the_media_type(body):
    found = document(body, "text/plain")
    assert parsers.choose(found).parse(found).entries == ()


def test_other_json_is_not_taken():
    assert not jsonfeed.recognizes(document(b'{"items": []}', "application/json"))
    assert not jsonfeed.recognizes(document(b"[]"))


@pytest.mark.parametrize("body", ["[]", '"x"', "{}", '{"items": {}}', "null", "1"])
def test_json_that_is_no_feed_is_said_to_be_none(body):
    with pytest.raises(NotAFeed):
        read(body)


def test_bad_json_is_reported_with_its_line():
    with pytest.raises(ParseError, match=r"not JSON: .* at line 3, column 3") as caught:
        read('{"version": "1",\n "items": [],\n  x}')
    assert caught.value.line == 3
    assert caught.value.kind == "parse-error"


def test_deep_nesting_is_a_typed_error():
    with pytest.raises(ParseError):
        read('{"items":' + "[" * 200_000)


def test_strange_but_legal_json_is_read():
    feed = read(
        '{"items": [{"id": "first", "id": "last", "content_text": NaN, "title": "a\\ud800b",'
        ' "date_published": Infinity, "x": 1e999999, "y": ' + "9" * 10_000 + "}]}"
    )
    (entry,) = feed.entries
    assert (entry.guid, entry.content, entry.title, entry.published) == ("last", "", "a\ufffdb", "")


def test_control_characters_inside_strings_do_not_cost_the_feed():
    assert read('{"items": [{"id": "1", "content_html": "<pre>a\nb</pre>"}]}').entries[0].content == "<pre>a\nb</pre>"


@pytest.mark.parametrize(
    ("number", "text"), [("7", "7"), ("1.50", "1.50"), ("-3", "-3"), ("12345678901234567890", None)]
)
def test_ids_that_are_numbers_stay_as_they_were_written(number, text):
    assert read(f'{{"items": [{{"id": {number}}}]}}').entries[0].guid == (text or number)


def test_no_more_than_the_first_thousand_items_are_read():
    feed = read(json.dumps({"items": [{"id": str(number)} for number in range(1003)]}))
    assert len(feed.entries) == 1000
    assert "3 of 1003 entries skipped" in feed.problems[0].message


def test_sizes_without_sense_are_unknown():
    items = [{"url": "http://a/", "size_in_bytes": size} for size in (5, 5.9, -1, "5", 10**40)]
    entry = read(json.dumps({"items": [{"id": "1", "attachments": items}]})).entries[0]
    assert [enclosure.length for enclosure in entry.enclosures] == [5, 5, 0, 0, 0]


@pytest.mark.parametrize("key", ["content_html", "content_text", "summary"])
def test_texts_keep_the_wide_spaces_that_indent_them(key):
    (entry,) = read(json.dumps({"version": "jsonfeed.org", "items": [{key: "\n 　　甲 \n\n　　乙\n"}]})).entries
    text = entry.content or entry.summary
    assert text == ("　　甲 \n\n　　乙" if key == "content_html" else "<p>　　甲 </p><p>　　乙</p>")
    assert read(json.dumps({"version": "jsonfeed.org", "items": [{key: " 　　 "}]})).entries[0].content == ""


def test_entries_are_told_by_their_place_in_the_document_even_behind_others_that_are_none():
    items = [{"id": "1", "title": "T"}, 2, {"id": "3"}, {"id": "4", "title": "F"}, None, {"id": "6"}]
    found = document(json.dumps({"version": "jsonfeed.org", "items": items}))
    source = Source(id="s", url="http://a/")
    job = Job(source=source, documents=(found,), url="http://a/", now=NOW, zone="UTC", authority="a")
    told = [str(problem) for problem in reading.read(job).problems]
    assert [re.findall(r"entry (\d)", line) for line in told] == [["2"], ["5"], ["3"], ["6"]]


def test_dates_may_be_numbers():
    body = b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "date_published": 1790848800}]}'
    (entry,) = jsonfeed.parse(Document(name="x", body=body)).entries
    assert entry.published == "1790848800"


def test_a_banner_stands_in_for_an_image_that_is_the_authors_avatar():
    avatar, banner = "https://secure.gravatar.com/avatar/?s=96", "https://a.example/banner.jpg"
    item = {"id": "1", "image": avatar, "banner_image": banner}
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]})
    assert read(body).entries[0].image == banner


def test_the_title_of_a_feed_is_kept_as_titles_of_items_are():
    """One line, and no megabytes of it."""
    found = document(
        json.dumps({"version": "https://jsonfeed.org/version/1", "title": " 新\n " + "y" * 9**6, "items": []})
    )
    job = Job(source=Source(id="a"), documents=(found,), url="http://a/", now=NOW, zone="UTC", authority="a")
    assert reading.read(job).title == "新 " + "y" * 497 + "…"
