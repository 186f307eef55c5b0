"""What came instead of a feed is told in words."""

from __future__ import annotations

import pytest

from aggregator.steps.bodies import sniff


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!doctype html><title>x</title><p>hi", "an HTML page"),
        (b"\xef\xbb\xbf<!-- x --><!DOCTYPE HTML>\n<gallery-page>", "an HTML page"),
        (b"<title>x</title><p>hi", "an HTML page"),
        (b"<P>hi", "an HTML page"),
        (b"<html><svg/></html>", "an HTML page"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG image"),
        (b'<!DOCTYPE note SYSTEM "note.dtd"><note/>', "XML with the root element <note>"),
        (b"<opml/>", "an OPML list of feeds"),
    ],
)
def test_pages_that_leave_out_their_root_are_pages(body: bytes, words: str) -> None:
    """HTML §13.1.2.4: the tags of html, head and body may be left out."""
    assert sniff.looks_like(body) == words
