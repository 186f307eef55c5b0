"""Where redirects may lead, what is told on the way, and what is reported about it."""

from __future__ import annotations

from base64 import b64encode

import pytest

from aggregator import errors

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<rss>"
KEY = ("X-Api-Key", "k3y")
BASIC = b"authorization: Basic " + b64encode(b"user:p@ss")


def to(location, status="302 Found"):
    raw = location if isinstance(location, bytes) else location.encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nLocation: ".encode() + raw + b"\r\n\r\n"


class Script:
    """A server that answers each path from a table, over and over."""

    def __init__(self, bench, answers):
        self.bench = bench
        self.answers = answers

    async def __call__(self, reader, writer):
        while True:
            request = await self.bench.raw.hear(reader)
            writer.write(self.answers[request.split(b" ")[1].decode()])
            await writer.drain()


def walk(on_bench, answers, path="/a", *, validated="", **kwargs):
    """Return the result of fetching `path` from a server with these answers, and the requests it got."""

    async def scenario(bench):
        root = f"http://127.0.0.1:{await bench.raw.start(Script(bench, answers))}"
        result = await bench.get(root + path, validated=validated and root + validated, **kwargs)
        return result, bench.raw.heard, bench.raw.connections

    return on_bench(scenario)


def test_a_relative_redirect_is_followed_on_the_same_connection(on_bench):
    moved = to("b?x=1#part").replace(b"Length: 0", b"Length: 5") + b"moved"
    result, heard, connections = walk(on_bench, {"/a": moved, "/b?x=1": OK})
    assert result.url.endswith("/b?x=1")
    assert result.documents[0].name == result.url
    assert (len(heard), connections) == (2, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_every_kind_of_redirect_is_followed(on_bench, status):
    result, _, _ = walk(on_bench, {"/a": to("/b", f"{status} X"), "/b": OK})
    assert result.documents[0].body == b"<rss>"
    assert result.moved_to == (result.url if status in {301, 308} else "")


@pytest.mark.parametrize(
    ("first", "second", "moved"), [(301, 308, True), (301, 302, False), (302, 301, False), (307, 307, False)]
)
def test_only_an_unbroken_chain_of_permanent_redirects_is_a_move(on_bench, first, second, moved):
    answers = {"/a": to("/b", f"{first} X"), "/b": to("/c", f"{second} X"), "/c": OK}
    result, _, _ = walk(on_bench, answers)
    assert result.moved_to == (result.url if moved else "")


def test_a_move_is_reported_with_not_modified_too(on_bench):
    answers = {"/a": to("/b", "301 X"), "/b": b"HTTP/1.1 304 Not Modified\r\n\r\n"}
    result, heard, _ = walk(on_bench, answers, etag='"1"', validated="/b")
    assert result.moved_to.endswith("/b")
    assert [b'if-none-match: "1"' in request for request in heard] == [False, True]


def test_validators_are_told_to_the_url_that_gave_them_only(on_bench):
    """RFC 9110 §13.1: they are of one resource; another one might say 304 to them for ever."""
    answers = {"/a": to("/b"), "/b": to("/c"), "/c": OK}
    for validated, expected in (("", [True, False, False]), ("/b", [False, True, False]), ("/d", [False] * 3)):
        _, heard, _ = walk(on_bench, answers, etag='"1"', last_modified="then", validated=validated)
        assert [b'if-none-match: "1"' in request for request in heard] == expected
        assert [b"if-modified-since: then" in request for request in heard] == expected
        assert [b"a-im: feed" in request for request in heard] == expected


def test_a_location_in_raw_utf8_is_understood(on_bench):
    result, _, _ = walk(on_bench, {"/a": to("/新"), "/%E6%96%B0": OK})
    assert result.url.endswith("/%E6%96%B0")


def test_a_location_in_latin1_is_understood(on_bench):
    result, _, _ = walk(on_bench, {"/a": to(b"/\xe9"), "/%C3%A9": OK})
    assert result.url.endswith("/%C3%A9")


def test_five_redirects_are_followed_and_not_six(on_bench):
    answers = {f"/{n}": to(f"/{n + 1}") for n in range(6)} | {"/6": OK}
    walk(on_bench, answers, "/1")
    with pytest.raises(errors.BadRedirect, match="more than 5"):
        walk(on_bench, answers, "/0")


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("", errors.BadRedirect),
        ("/a", errors.BadRedirect),
        ("#again", errors.BadRedirect),
        ("http://[::1", errors.BadRedirect),
        ("http://x\x7fy/", errors.BadRedirect),
        ("http://example.test:99999/", errors.BadUrl),
        ("file:///etc/passwd", errors.BadScheme),
        ("ftp://127.0.0.1/x", errors.BadScheme),
        ("data:text/xml,<rss/>", errors.BadScheme),
        ("javascript:alert(1)", errors.BadScheme),
    ],
)
def test_a_redirect_to_nowhere_is_an_error(on_bench, location, kind):
    with pytest.raises(kind):
        walk(on_bench, {"/a": to(location)})


def test_a_redirect_without_location_is_an_error(on_bench):
    with pytest.raises(errors.BadRedirect, match="without Location"):
        walk(on_bench, {"/a": b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"})


@pytest.mark.parametrize(
    "body", [b"Content-Length: 99999999999\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n", b"\r\n"]
)
def test_the_body_of_a_redirect_is_not_waited_for(on_bench, body):
    result, _, connections = walk(on_bench, {"/a": b"HTTP/1.1 302 Found\r\nLocation: /b\r\n" + body, "/b": OK})
    assert result.url.endswith("/b")
    assert connections == 2


# what is told to whom


def hop(on_bench, fake_network, start, target, *, tls_there=False):
    """Fetch `start`, redirected to `target`; return what the second server heard."""

    async def scenario(bench):
        here = await bench.raw.start(to(target))
        there = await bench.raw.start(OK, tls=tls_there)
        network.doors = {"192.0.2.1": here, "192.0.2.2": there}
        twice = [["192.0.2.1"], ["192.0.2.2"]]
        network.names = {"one.test": twice, "feeds.test": twice, "two.test": [["192.0.2.2"]]}
        await bench.get(start, headers=[KEY])
        return bench.raw.heard[0], bench.raw.heard[-1]

    network = fake_network()
    first, last = on_bench(scenario, network=network, allow_hosts=("192.0.2.0/24",))
    assert BASIC in first
    assert b"x-api-key: k3y" in first
    return last


@pytest.mark.parametrize(
    "target", ["http://two.test/", "http://user:p%40ss@two.test/", "http://one.test:81/", "//two.test/x"]
)
def test_neither_credentials_nor_configured_headers_cross_hosts(on_bench, fake_network, target):
    last = hop(on_bench, fake_network, "http://user:p%40ss@one.test/", target)
    assert b"authorization" not in last.lower()
    assert b"x-api-key" not in last.lower()


def test_they_follow_the_same_host_from_http_to_https(on_bench, fake_network):
    last = hop(on_bench, fake_network, "http://user:p%40ss@feeds.test/", "https://feeds.test/", tls_there=True)
    assert BASIC in last
    assert b"x-api-key: k3y" in last


def test_they_do_not_follow_from_https_to_http(on_bench, fake_network):
    async def scenario(bench):
        here = await bench.raw.start(to("http://feeds.test/"), tls=True)
        there = await bench.raw.start(OK)
        network.doors = {"192.0.2.1": here, "192.0.2.2": there}
        network.names = {"feeds.test": [["192.0.2.1"], ["192.0.2.2"]]}
        await bench.get("https://u:p@feeds.test/", headers=[KEY])
        return bench.raw.heard

    network = fake_network()
    first, last = on_bench(scenario, network=network, allow_hosts=("feeds.test",))
    assert b"x-api-key" in first
    assert b"x-api-key" not in last
    assert b"authorization" not in last


def test_once_away_nothing_is_told_even_back_at_home(on_bench, fake_network):
    async def scenario(bench):
        port = await bench.raw.start(
            Script(bench, {"/a": to("http://two.test/b"), "/b": to("http://one.test/c"), "/c": OK})
        )
        network.doors = {"192.0.2.1": port}
        await bench.get("http://u:p@one.test/a", headers=[KEY])
        return bench.raw.heard

    network = fake_network({"one.test": [["192.0.2.1"]], "two.test": [["192.0.2.1"]]})
    heard = on_bench(scenario, network=network, allow_hosts=("one.test", "two.test"))
    assert [b"x-api-key" in request for request in heard] == [True, False, False]
    assert [b"authorization" in request for request in heard] == [True, False, False]


def test_a_configured_header_replaces_ours_but_never_the_codings(on_bench):
    headers = [("User-Agent", "mine"), ("Accept-Encoding", "br"), ("ACCEPT", "text/xml")]
    _, (request,), _ = walk(on_bench, {"/a": OK}, headers=headers)
    text = request.decode().lower()
    assert text.count("user-agent:") == 1
    assert "user-agent: mine\r\n" in text
    assert "\r\naccept: text/xml\r\n" in text
    assert "\r\naccept-encoding: gzip, deflate, br, zstd\r\n" in text


def test_a_user_without_password_is_sent_with_an_empty_one(on_bench):
    async def scenario(bench):
        port = await bench.raw.start(OK)
        result = await bench.get(f"http://me@127.0.0.1:{port}/")
        return result, bench.raw.heard[0]

    result, request = on_bench(scenario)
    assert b"authorization: Basic " + b64encode(b"me:") in request
    assert "me@" not in result.url
    assert "me@" not in result.documents[0].name


def test_cookies_are_neither_kept_nor_sent(on_bench):
    answers = {"/a": to("/b").replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=1; Path=/\r\n\r\n"), "/b": OK}
    _, heard, _ = walk(on_bench, answers)
    assert b"cookie" not in heard[1].lower()
