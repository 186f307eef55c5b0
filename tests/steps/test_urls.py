"""URLs resolved, shown and compared: golden examples of each rule, and nothing raises on anything."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps import tracking, urls

ANYTHING = st.text(st.characters(exclude_categories=()))
PARTS = """
    :99999 :00080 [1.2] ℀ ：
    http https HTTP ftp : // / \\ www. m. h 例え 。 💩 xn-- .co.uk @ u:p@ :80 :443 :8080 :x [::1] [ ] .. . %2e % %zz %e4
    ? & = # #! + utm_a=1 id=1 spm=x from=timeline ß a B 1
"""
PIECES = st.sampled_from([*PARTS.split(), " ", "\t", "\n", "\x00", "\ud800", "\u202e"])
URLISH = st.one_of(ANYTHING, st.lists(PIECES, max_size=14).map("".join), ANYTHING.map("http://h/".__add__))


@pytest.mark.parametrize(
    ("base", "url", "resolved"),
    [
        ("https://h.test/a/b", "../c?d#e", "https://h.test/c?d#e"),
        ("https://h.test/a/b", "//cdn.test/x", "https://cdn.test/x"),
        ("https://h.test/a", "#top", "https://h.test/a#top"),
        ("https://h.test/a", "?page=2", "https://h.test/a?page=2"),
        ("https://h.test/a", "", ""),
        ("https://h.test/a", " \n ", ""),
        ("", "/a", ""),
        ("not a url", "a", ""),
        ("", "https://h.test/as/../written?q=字&A=b", "https://h.test/as/../written?q=字&A=b"),
        ("", "  https://h.test/a\nb c\td ", "https://h.test/ab%20cd"),
        ("https://h.test/", "\\\\other.test\\a\\b?c\\d", "https://other.test/a/b?c%5Cd"),
        ("", 'https://h.test/"<a>`{b}', "https://h.test/%22%3Ca%3E%60%7Bb%7D"),
        ("", "mailto:editor@h.test", "mailto:editor@h.test"),
        ("", "mailto:", ""),
        ("https://h.test/", "javascript:alert(1)", ""),
        ("https://h.test/", "java\nscript:alert(1)", ""),
        ("https://h.test/", "\x01 JaVaScRiPt:alert(1)", ""),
        ("https://h.test/", "data:text/html,x", ""),
        ("https://h.test/", "file:///etc/passwd", ""),
        ("https://h.test/", "feed:javascript:alert(1)", ""),
        ("https://h.test/", "http://[", ""),
        ("https://h.test/", "http:///path", ""),
        ("https://[::1]/a", "b", "https://[::1]/b"),
        ("https://h.test/", "https://h.test:99999/a", ""),
        ("https://h.test/", "https://h℀.test/a", ""),
        ("https://h.test/", "https://例え.test:8443/a?", "https://例え.test:8443/a?"),
    ],
)
def test_resolve(base, url, resolved):
    assert urls.resolve(base, url) == resolved


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://EXAMPLE.test:8443/x", "example.test"),
        ("http://user:pass@h.test", "h.test"),
        ("http://例え.test/", "xn--r8jz45g.test"),
        ("http://例え。test/", "xn--r8jz45g.test"),
        ("http://💩.test/", "xn--ls8h.test"),
        ("http://h%2Etest./", "h.test"),
        ("http://[::1]:80/", "[::1]"),
        ("http://a b/", ""),
        ("http://[::1", ""),
        ("http://[::ffff:192.0.2.1]/", "[::ffff:192.0.2.1]"),
        ("http://[::::]/", ""),
        ("http://[1.2.3.4]/", ""),
        ("http://[fe80::1%25eth0]/", ""),
        ("http://h:port/", ""),
        ("http://h:00080/", "h"),
        ("http://h:65536/", ""),
        ("http://h:" + "9" * 5_000, ""),
        ("http://h℀.test/", ""),
        ("http://u：p@h.test/", ""),
        ("http://u[p]@h.test/", ""),
        ("ftp://h.test/", ""),
        ("h.test", ""),
        ("http://" + "字" * 100_000 + "/", ""),
        ("", ""),
    ],
)
def test_host(url, host):
    assert urls.host(url) == host
    assert urls.is_web(url) == bool(host)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("news.test", "news.test", True),
        ("www.news.test", "m.news.test", True),
        ("rss.news.test", "news.test", True),
        ("a.news.com.cn", "b.news.com.cn", True),
        ("one.com.cn", "two.com.cn", False),
        ("one.co.uk", "two.co.uk", False),
        ("ann.github.io", "bob.github.io", False),
        ("news.test", "fakenews.test", False),
        ("127.0.0.1", "10.0.0.1", False),
        ("10.1.0.1", "10.2.0.1", False),
        ("[::1]", "[::1]", True),
        ("", "", False),
    ],
)
def test_same_site(one, other, same):
    assert urls.same_site(one, other) is same


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("https://u@例え.test:80/字?q=值#節", "https://u@xn--r8jz45g.test:80/%E5%AD%97?q=%E5%80%BC#%E7%AF%80"),
        ("https://h.test/%E5%AD%97", "https://h.test/%E5%AD%97"),
        ("tag:字,2026:x", "tag:%E5%AD%97,2026:x"),
        ("https://h.test/a b", "https://h.test/a%20b"),
    ],
)
def test_iri_to_uri(url, uri):
    assert urls.iri_to_uri(url) == uri


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h.test/?utm_source=a&b=2&UTM_Medium=c#d", "https://h.test/?b=2#d"),
        ("https://h.test/a?fbclid=1", "https://h.test/a"),
        ("https://h.test/a?gclid=1#x", "https://h.test/a#x"),
        ("https://h.test/?b=2&&a=1&spm=3", "https://h.test/?b=2&&a=1"),
        ("https://h.test/?from=timeline&isappinstalled=0&id=1", "https://h.test/?id=1"),
        ("https://mp.weixin.qq.com/s?__biz=a&mid=1&chksm=2&scene=3", "https://mp.weixin.qq.com/s?__biz=a&mid=1"),
    ],
)
def test_strip_tracking_takes_only_what_tracks(url, shown):
    assert urls.strip_tracking(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "https://h.test/?id=1&p=2&sid=3&uid=4&source=5&session=6&ref=7&page=8&from=home",
        "https://h.test/?scene=12&chksm=3",
        "https://h.test/utm_source=a?b",
        "https://h.test/#?utm_source=a",
        "https://h.test/?b=%zz&a",
        "mailto:a@h.test?subject=utm_source",
        "https://fakeqq.com/?scene=1",
    ],
)
def test_strip_tracking_returns_everything_else_as_it_is(url):
    assert urls.strip_tracking(url) is url


def test_no_name_that_may_find_a_page_is_in_the_table():
    needed = "id p page q s sid uid source session ref v t type cat tag article mid idx sn __biz newsid docid"
    assert not any(tracking.is_tracking("mp.weixin.qq.com", name, "1") for name in needed.split())


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("https://h.test/1", True),
        ("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", True),
        ("tag:h.test,2026:字", True),
        ("at://did/app", True),
        ("3740905", False),
        ("h.test/1", False),
        ("https://", False),
        ("http:relative", False),
        ("has space:x y", False),
        ("note: a", False),
        ("C:\\news", False),
        ("tag:a%2", False),
        ("tag:\x01", False),
        ("tag:\ud800", False),
        ("javascript:alert(1)", False),
        ("data:text/html,a", False),
        ("urn:", False),
        ("", False),
    ],
)
def test_is_absolute_iri(text, valid):
    assert urls.is_absolute_iri(text) is valid


PAGE = "https://h.test/a?x=1&y=2"


@pytest.mark.parametrize(
    "url",
    [
        "http://h.test/a?x=1&y=2",
        "https://www.h.test/a?x=1&y=2",
        "https://m.h.test/a?x=1&y=2",
        "https://mobile.h.test/a/?x=1&y=2",
        "http://www.m.h.test:80/a?x=1&y=2",
        "HTTPS://H.TEST:443/a?y=2&x=1",
        "https://user:pass@h.test/a?x=1&y=2",
        "https://h.test./a?x=1&y=2#part",
        "https://h.test/b/../%61?x=1&&y=2&utm_source=rss",
        "https://h.test/./b/%2e%2E/a//?x=%31&y=2&fbclid=1&from=singlemessage",
        " https:\\\\h.test\\a?x=1&y=2\n",
    ],
)
def test_links_to_one_page_have_one_canonical_form(url):
    assert urls.canonical(url) == PAGE


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("http://h.test", "https://h.test"),
        ("http://h.test/#!/a b", "https://h.test#!/a%20b"),
        ("http://h.test:8080/", "https://h.test:8080"),
        ("http://例え.test/字?值=%e5", "https://xn--r8jz45g.test/%E5%AD%97?%E5%80%BC=%E5"),
        ("http://h.test/a+b?c+d", "https://h.test/a+b?c%20d"),
        ("http://h.test/100%", "https://h.test/100%25"),
        ("http://www.co.uk/x", "https://www.co.uk/x"),
        ("http://m.test/", "https://m.test"),
        ("http://h.test/?id=1&sid=2&uid=3&source=4", "https://h.test?id=1&sid=2&source=4&uid=3"),
        ("http://h.test/\ud800", "https://h.test/%EF%BF%BD"),
        ("mailto:a@h.test", ""),
        ("javascript:alert(1)", ""),
        ("/a", ""),
        ("", ""),
    ],
)
def test_canonical(url, canonical):
    assert urls.canonical(url) == canonical


def test_different_pages_stay_different():
    pages = ["a", "A", "a?x=1", "a?x=2", "a?x=1&x=2", "a?x", "a%2Fb", "a/b", "#!a", "a;b"]
    assert len({urls.canonical(f"https://h.test/{page}") for page in pages}) == len(pages)


@given(URLISH)
def test_canonical_is_idempotent_ascii_and_never_raises(url):
    once = urls.canonical(url)
    assert once.isascii()
    assert urls.canonical(once) == once
    assert not once or urls.is_web(once)


@given(URLISH)
def test_the_standard_library_takes_every_web_address_apart(url):
    if urls.is_web(url):
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port is None or parts.port >= 0
        urljoin(url, "a")


@given(URLISH, URLISH)
def test_resolve_gives_web_mail_or_nothing_and_is_idempotent(base, url):
    resolved = urls.resolve(base, url)
    assert not resolved or urls.is_web(resolved) or resolved.lower().startswith("mailto:")
    assert urls.resolve("", resolved) == resolved
    assert not set(resolved) & set(' \t\n"<>\\')


@given(URLISH)
def test_the_others_never_raise_and_are_idempotent(url):
    uri = urls.iri_to_uri(url)
    assert uri.isascii()
    assert urls.iri_to_uri(uri) == uri
    assert urls.strip_tracking(urls.strip_tracking(url)) == urls.strip_tracking(url)
    assert urls.host(url).isascii()
    assert urls.is_absolute_iri(url) in {True, False}


@given(URLISH)
def test_a_canonical_url_is_the_same_with_and_without_tracking(url):
    assert urls.canonical(urls.strip_tracking(url)) == urls.canonical(url)
