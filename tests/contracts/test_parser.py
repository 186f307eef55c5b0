"""The contract of `ports.Parser`, over every module that is found in `aggregator/parsers/`."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import parsers
from aggregator.errors import NotAFeed, ParseError
from aggregator.model import Declaration, Document, Entry, Parsed

PARSERS = parsers.discover()

SAMPLES = {
    "syndication": (
        Document(name="a", body=b"<rss version='2.0'><channel><item><title>T</title></item></channel></rss>"),
        Document(name="b", body=b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>T</title></entry></feed>"),
    ),
    "jsonfeed": (
        Document(name="c", body=b'{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","title":"T"}]}'),
        Document(name="d", body=b'{"items":[{"title":"T"}]}', media_type="application/feed+json"),
    ),
    "json_api": (
        Document(
            name="f",
            body=b'{"data": {"items": [{"id": 1, "name": "T"}]}}',
            declared=Declaration(kind="json", each="data.items", fields=(("id", "id"), ("title", "name"))),
        ),
        Document(
            name="g",
            body=b'{"data": {"name": "T"}}',
            declared=Declaration(kind="json", fields=(("title", "data.name"),)),
        ),
    ),
    "html_page": (
        Document(
            name="h",
            body=b"<ul><li><a href='/1'>T</a></ul>",
            declared=Declaration(kind="html", each="li", fields=(("title", "a"), ("link", "a"))),
        ),
        Document(name="i", body=b"<h1>T</h1>", declared=Declaration(kind="html", fields=(("title", "h1"),))),
    ),
    "article": (
        Document(
            name="http://a/",
            body=b"<html><body><article>" + b"<p>A paragraph long enough to be the main text of it.</p>" * 5,
            declared=Declaration(kind="auto"),
        ),
    ),
    "markdown": (Document(name="e.md", body=b"---\ntitle: T\n---\n\nText\n", media_type="text/markdown"),),
}

by_parser = pytest.mark.parametrize("name", PARSERS)


def test_every_parser_has_samples_and_the_last_one_takes_any_markup():
    assert set(PARSERS) == set(SAMPLES)
    assert list(PARSERS)[-1] == "syndication"


@by_parser
def test_its_samples_are_recognized_chosen_and_read(name):
    for document in SAMPLES[name]:
        assert PARSERS[name].recognizes(document)
        assert parsers.choose(document) is PARSERS[name]
        parsed = PARSERS[name].parse(document)
        assert len(parsed.entries) == 1
        assert parsed.entries[0].title == "T" or parsed.entries[0].file or "main text" in parsed.entries[0].content


@by_parser
def test_other_parsers_samples_are_not_taken(name):
    others = [document for other, documents in SAMPLES.items() if other != name for document in documents]
    assert not any(parsers.choose(document) is PARSERS[name] for document in others)


@by_parser
def test_reading_twice_gives_the_same(name):
    for document in SAMPLES[name]:
        assert PARSERS[name].parse(document) == PARSERS[name].parse(document)


@by_parser
@pytest.mark.parametrize("body", [b"", b"   \n", b"\x89PNG\r\n\x1a\n\x00", b"/etc/passwd", b"[1]", b"\xff\xfe"])
def test_what_is_nothing_of_it_is_a_typed_error_naming_the_document(name, body):
    with pytest.raises(ParseError) as caught:
        PARSERS[name].parse(Document(name="http://a/", body=body, media_type="text/html"))
    assert caught.value.url == "http://a/"
    assert "\n" not in str(caught.value)


@by_parser
@given(st.data())
def test_bytes_of_any_kind_give_a_feed_or_a_typed_error(name, data):
    """Anything, and samples with a piece cut out or put in."""
    sample = data.draw(st.sampled_from(SAMPLES[name]))
    cut = data.draw(st.integers(0, len(sample.body)))
    end = data.draw(st.integers(cut, len(sample.body)))
    body = sample.body[:cut] + data.draw(st.binary(max_size=20)) + sample.body[end:]
    document = dataclasses.replace(sample, body=body, charset=data.draw(st.sampled_from(["", "utf-8", "gbk", "x"])))
    try:
        parsed = PARSERS[name].parse(document)
    except ParseError:
        return
    assert isinstance(parsed, Parsed)
    for entry in parsed.entries:
        assert isinstance(entry, Entry)
        repr(dataclasses.astuple(entry)).encode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the document is empty"),
        (b"\xef\xbb\xbf \n", "the document is empty"),
        (b"<!DOCTYPE html><html><p>x", "an HTML page"),
        (b"<p>x</p>", "an HTML page"),
        (b"Sorry <div>no</div>", "an HTML page"),
        (b"\x89PNG\r\n\x1a\nxyz", "a PNG image"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x1f\x8b\x08\x00", "gzip data"),
        (b'{"data": []}', "JSON"),
        (b"<opml version='2.0'><body/></opml>", "an OPML list of feeds"),
        (b"<urlset><url/></urlset>", "a sitemap"),
        (b"<?xml version='1.0'?><note>x</note>", "root element <note>"),
        (b"<?xml version='1.0'?>", "XML without a root element"),
        (b"hello", "text"),
        (b"\x00\x01\x02\x03\x04 binary", "binary data"),
    ],
)
def test_what_is_no_feed_is_called_by_its_name_with_its_first_bytes(body, words):
    document = Document(name="http://a/", body=body)
    with pytest.raises(NotAFeed) as caught:
        parsers.choose(document).parse(document)
    assert words in str(caught.value)
    assert caught.value.url == "http://a/"
    begin = body.strip(b"\xef\xbb\xbf \n\0")[:8]  # in letters where it is text, in hex where it is not
    shown = (repr(begin)[2:-1], begin.hex(" "), begin.decode("latin-1"))
    assert any(form in str(caught.value) for form in shown)
