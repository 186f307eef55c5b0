"""Accept and Accept-Encoding: what is liked best of what there is, and headers that nobody would send in earnest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps.serving import media, negotiate

OFFERS = ("application/atom+xml", "text/html", "application/json")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", OFFERS[0]),
        ("*/*", OFFERS[0]),
        ("text/html", "text/html"),
        ("TEXT/HTML;level=1", "text/html"),
        ("text/*", "text/html"),
        ("text/*;q=0.3, application/json;q=0.4, */*;q=0.1", "application/json"),
        ("application/*;q=0.5, application/atom+xml;q=0.1, text/html;q=0.2", "application/json"),
        ("application/json, text/html", "text/html"),
        ("image/png", OFFERS[0]),
        ("text/html;q=0", OFFERS[0]),
        ("application/atom+xml;q=0", "text/html"),
        ("application/*;q=0.0", "text/html"),
        ("application/*;q=0, application/json", "application/json"),
        ("application/atom+xml;q=0, */*", "text/html"),
        ("*/*;q=0", ""),
        ("*/*;q=0, text/html;q=0.1", "text/html"),
        ("text/html;q=2, application/json", "application/json"),
        (",,;;,q=1,", OFFERS[0]),
        ("text/html," * 200, OFFERS[0]),
    ],
)
def test_the_best_liked_offer_is_chosen(accept, chosen):
    assert negotiate.media_type(accept, OFFERS) == chosen


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [("", ""), ("br, gzip", "br"), ("gzip;q=1.0, br;q=0.9", "gzip"), ("*;q=0.1", "br"), ("*;q=0", ""), ("identity", ""),
     ("gzip;q=0.5, identity;q=0.6", ""), ("br;q=0, *", "gzip"), ("compress", "")],
)  # fmt: skip
def test_the_best_liked_coding_is_chosen(accept, chosen):
    assert negotiate.encoding(accept, ("br", "gzip")) == chosen


@given(st.text(max_size=200))
def test_no_header_raises(header):
    assert negotiate.media_type(header, OFFERS) in {*OFFERS, ""}
    assert negotiate.encoding(header, ("br", "gzip")) in ("", "br", "gzip")


def test_files_that_are_no_feeds_keep_their_type_whatever_is_liked():
    assert media.media_type("sitemap.xml", "application/atom+xml") == "application/xml; charset=utf-8"
    assert media.media_type("about.json", "") == "application/json; charset=utf-8"
    assert media.media_type("queries/a.json", "") == "application/feed+json; charset=utf-8"
    assert media.media_type("all/2026-11.xml", "application/atom+xml") == "application/atom+xml; charset=utf-8"
    assert media.media_type("LICENSE", "") == media.media_type("x.unheard-of", "") == "application/octet-stream"
    assert media.varies("sitemap.xml") == "Accept-Encoding"
