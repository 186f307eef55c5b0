"""What becomes of URLs: plain ones are read as httpx reads them, others by httpx itself."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator import errors
from aggregator.fetchers import location

PIECES = st.sampled_from(
    [
        "a",
        "Z",
        "feeds.example",
        "127.0.0.1",
        "0177.0.0.1",
        "256.1.1.1",
        "x-1",
        "-",
        "_",
        "~",
        ".",
        "..",
        "/",
        "//",
        "?",
        "=",
        "&",
        ":80",
        ":443",
        ":8080",
        ":0",
        ":99999",
        ":070",
        "%41",
        "%zz",
        "#x",
        "u:p@",
        "[::1]",
        "é",
        "+",
        ";",
    ]
)
URLS = st.builds("".join, st.tuples(st.sampled_from(["http://", "https://"]), *[PIECES] * 5))


@given(URLS)
@example("http://127.0.0.1:8000/feed.xml")
@example("https://feeds.example/2026/a.b/c.xml?page=2&x=y")
@example("http://feeds.example")
@example("http://feeds.example/a/../b")
@example("http://feeds.example/a/.")
@example("http://feeds.example:080/")
@example("https://feeds.example:443/")
@example("http://1.2.3/")
@example("http://feeds.example/a?b?c")
def test_a_plain_url_is_what_httpx_makes_of_it(text):
    found = location._plain(text)
    if found is not None:
        assert found == location._read(text)
        assert found.text == text


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8000/feed.xml",
        "https://feeds.example/a.b/c.xml?format=atom",
        "https://xn--fsqu00a.example/",
        "http://localhost/x",
    ],
)
def test_usual_urls_are_plain(text):
    assert location._plain(text) is not None


def test_the_parts_of_a_url_that_is_not_plain():
    url = location.parse_url("HTTP://us%40er:pw@[::1]:8080/a b/./c?x=ü#end")
    assert url == location.Url(
        text="http://[::1]:8080/a%20b/c?x=%C3%BC",
        scheme="http",
        host="::1",
        port=8080,
        netloc=b"[::1]:8080",
        target=b"/a%20b/c?x=%C3%BC",
        userinfo=b"us%40er:pw",
    )


def test_a_redirect_leaves_credentials_and_fragment_behind():
    url = location.join(location.parse_url("http://feeds.example/a/b"), "//u:p@other.example/é#x")
    assert (url.text, url.userinfo) == ("http://other.example/%C3%A9", b"")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ftp://feeds.example/", errors.BadScheme),
        ("http://feeds.example:99999/", errors.BadUrl),
        ("http://256.1.1.1/", errors.BadUrl),
        (f"http://{'a' * 254}/", errors.BadUrl),
        ("http:///x", errors.BadUrl),
    ],
)
def test_what_cannot_be_requested(text, kind):
    with pytest.raises(kind) as found:
        location.parse_url(text)
    assert found.value.url == text


@pytest.mark.parametrize(
    ("here", "there", "same"),
    [
        ("http://a.example/x", "http://a.example/y", True),
        ("http://a.example/", "https://a.example/", True),
        ("https://a.example/", "http://a.example/", False),
        ("http://a.example:8080/", "https://a.example/", False),
        ("http://a.example/", "http://b.example/", False),
    ],
)
def test_whether_two_urls_are_one_server(here, there, same):
    assert location.same_owner(location.parse_url(here), location.parse_url(there)) is same


def test_httpx_reads_the_shown_parts_alike():
    """What `Url` takes from httpx exists there under these names."""
    url = httpx.URL("http://a.example:81/x?y")
    assert (url.netloc, url.raw_path, url.userinfo) == (b"a.example:81", b"/x?y", b"")
