"""What HttpFetcher returns and raises for everything that a server may answer."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest

from aggregator import errors
from aggregator.model import NotModified, Response

FEED = "<rss><channel><title>新闻</title></channel></rss>".encode()


def reply(body=FEED, status="200 OK", *headers, length=None):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def failure(on_bench, data, kind, **kwargs):
    """Return the error of this kind that an answer leads to."""
    with pytest.raises(kind) as caught:
        on_bench(lambda bench: bench.answer(data, **kwargs))
    assert type(caught.value) is kind
    assert caught.value.url.startswith("http://127.0.0.1:")
    return caught.value


# documents


def test_a_feed_arrives_with_all_that_was_said_about_it(on_bench):
    data = reply(
        FEED,
        "200 OK",
        'Content-Type: Application/RSS+XML; version=2; charset="GBK"',
        'ETag: W/"é"',
        "Last-Modified: Sun, 01 Mar 2026 00:00:00 GMT",
        "Cache-Control: public",
        "Cache-Control: max-age=900",
    )
    result = on_bench(lambda bench: bench.answer(data))
    assert isinstance(result, Response)
    (document,) = result.documents
    assert document.body == FEED
    assert (document.media_type, document.charset) == ("application/rss+xml", "GBK")
    assert document.name == result.url
    assert result.url.endswith("/feed")
    assert (result.etag, result.last_modified) == ('W/"é"', "Sun, 01 Mar 2026 00:00:00 GMT")
    assert (result.status, result.max_age, result.moved_to) == (200, 900.0, "")


def test_nothing_said_is_nothing_known(on_bench):
    result = on_bench(lambda bench: bench.answer(b"HTTP/1.0 200 OK\r\n\r\n" + FEED))
    (document,) = result.documents
    assert (document.body, document.media_type, document.charset) == (FEED, "", "")
    assert (result.etag, result.last_modified, result.max_age) == ("", "", None)


def test_a_content_type_may_have_other_parameters_only(on_bench):
    result = on_bench(lambda bench: bench.answer(reply(FEED, "200 OK", "Content-Type: text/xml; q=1")))
    assert (result.documents[0].media_type, result.documents[0].charset) == ("text/xml", "")


def test_of_a_repeated_header_the_first_counts(on_bench):
    data = reply(FEED, "200 OK", "Content-Type: text/xml", "Content-Type: text/html", 'ETag: "1"', 'ETag: "2"')
    result = on_bench(lambda bench: bench.answer(data))
    assert (result.documents[0].media_type, result.etag) == ("text/xml", '"1"')


def test_an_empty_document_is_for_the_parser_to_judge(on_bench):
    assert on_bench(lambda bench: bench.answer(reply(b""))).documents[0].body == b""


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (gzip.compress(FEED, mtime=0), "Content-Encoding: gzip"),
        (zlib.compress(FEED), "Content-Encoding: deflate"),
        (gzip.compress(FEED, mtime=0), "Content-Type: application/x-gzip"),
    ],
)
def test_compressed_bodies_are_undone(on_bench, body, header):
    assert on_bench(lambda bench: bench.answer(reply(body, "200 OK", header))).documents[0].body == FEED


def test_the_request_says_who_we_are_and_what_we_understand(on_bench):
    async def scenario(bench):
        await bench.answer(reply())
        return bench.raw.heard[0].decode().lower()

    request = on_bench(scenario)
    assert request.startswith("get /feed http/1.1\r\nhost: 127.0.0.1:")
    assert "\r\nuser-agent: tagwire/test (+https://example.org/bot)\r\n" in request
    assert "\r\naccept: application/atom+xml, " in request
    assert "\r\naccept-encoding: gzip, deflate, br, zstd\r\n" in request
    assert "cookie" not in request
    assert "if-none-match" not in request


def test_a_configured_user_agent_replaces_ours(on_bench):
    async def scenario(bench):
        await bench.answer(reply())
        return bench.raw.heard[0]

    assert "\r\nuser-agent: reader 阅读器\r\n" in on_bench(scenario, user_agent="Reader 阅读器").decode().lower()


# conditional requests


def test_validators_are_echoed_byte_for_byte(on_bench):
    async def scenario(bench):
        first = await bench.answer(b'HTTP/1.1 200 OK\r\nETag: "\xe9\xff"\r\nLast-Modified: \xe4\xb8\xad\r\n\r\nx')
        port = await bench.raw.start(b"HTTP/1.1 304 Not Modified\r\n\r\n")
        url = f"http://127.0.0.1:{port}/"
        return await bench.get(url, etag=first.etag, last_modified=first.last_modified), bench.raw.heard[1]

    result, request = on_bench(scenario)
    assert b'if-none-match: "\xe9\xff"\r\n' in request.lower()
    assert b"if-modified-since: \xe4\xb8\xad\r\n" in request.lower()
    assert isinstance(result, NotModified)
    assert result.etag == '"éÿ"'


def test_a_304_may_bring_new_validators_and_freshness(on_bench):
    data = b'HTTP/1.1 304 Not Modified\r\nETag: "2"\r\nCache-Control: max-age=60\r\n\r\n'
    result = on_bench(lambda bench: bench.answer(data, etag='"1"', last_modified="then"))
    assert (result.etag, result.last_modified, result.max_age) == ('"2"', "then", 60.0)


def test_validators_of_another_address_are_not_sent(on_bench):
    async def scenario(bench):
        await bench.answer(reply(), etag='"1"', state_url="http://127.0.0.1/elsewhere")
        return bench.raw.heard[0]

    assert b"if-none-match" not in on_bench(scenario).lower()


@pytest.mark.parametrize("etag", ["a\r\nX-Evil: 1", "a\x01", "a\x00", "a\x7f", '"' + "e" * 60_000 + '"'])
def test_a_dangerous_validator_is_dropped_and_the_request_unconditional(on_bench, etag):
    async def scenario(bench):
        await bench.answer(reply(), etag=etag)
        return bench.raw.heard[0]

    request = on_bench(scenario).lower()
    assert b"if-none-match" not in request
    assert b"x-evil" not in request


@pytest.mark.parametrize("etag", [b"a\x01", b'"' + b"e" * 60_000 + b'"'])
def test_a_dangerous_validator_is_not_kept(on_bench, etag):
    result = on_bench(lambda bench: bench.answer(b"HTTP/1.1 200 OK\r\nETag: " + etag + b"\r\n\r\nx"))
    assert result.etag == ""


def test_a_304_that_nobody_asked_for_is_an_error(on_bench):
    error = failure(on_bench, b"HTTP/1.1 304 Not Modified\r\n\r\n", errors.HttpStatus)
    assert error.status == 304
    assert "without conditions" in str(error)


# statuses


@pytest.mark.parametrize(
    ("status", "kind", "wait"),
    [
        ("404 Not Found", errors.HttpStatus, None),
        ("401 Unauthorized", errors.HttpStatus, None),
        ("500 Oops\x09", errors.HttpStatus, None),
        ("599 Odd", errors.HttpStatus, None),
        ("204 No Content", errors.HttpStatus, None),
        ("206 Partial Content", errors.HttpStatus, None),
        ("300 Multiple Choices", errors.HttpStatus, None),
        ("410 Gone", errors.Gone, None),
        ("429 Too Many Requests", errors.RateLimited, None),
        ("503 Unavailable", errors.HttpStatus, None),
        ("429 Slow\r\nRetry-After: 120", errors.RateLimited, 120.0),
        ("429 Slow\r\nRetry-After: -7", errors.RateLimited, None),
        ("429 Slow\r\nRetry-After: later", errors.RateLimited, None),
        ("503 Busy\r\nRetry-After: 99999999999999999999", errors.RateLimited, 7 * 86400.0),
        ("503 Busy\r\nRetry-After: Thu, 01 Jan 2026 00:01:00 GMT", errors.RateLimited, 60.0),
        ("503 Busy\r\nRetry-After: later", errors.HttpStatus, None),
    ],
)
def test_a_status_that_is_no_success_is_an_error_of_its_kind(on_bench, status, kind, wait):
    error = failure(on_bench, f"HTTP/1.1 {status}\r\nX: y\r\n\r\n".encode(), kind)
    assert error.status == int(status[:3])
    assert error.retry_after == wait
    assert str(error).startswith(status[:3])


def test_the_feed_in_an_error_page_is_not_taken(on_bench):
    failure(on_bench, reply(FEED, "500 Internal Server Error"), errors.HttpStatus)


# limits


def test_the_limit_counts_decoded_bytes(on_bench):
    body = gzip.compress(b"x" * 1001)
    data = reply(body, "200 OK", "Content-Encoding: gzip")
    assert len(on_bench(lambda bench: bench.answer(data), max_bytes=1001).documents[0].body) == 1001
    with pytest.raises(errors.TooLarge):
        on_bench(lambda bench: bench.answer(data), max_bytes=1000)


def test_an_announced_giant_is_refused_before_it_is_read(on_bench):
    assert "announces" in str(failure(on_bench, reply(b"x", length=10**12), errors.TooLarge))


def test_an_endless_body_is_cut_at_the_limit(on_bench):
    async def endless(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async def scenario(bench):
        port = await bench.raw.start(endless)
        with pytest.raises(errors.TooLarge):
            await bench.get(f"http://127.0.0.1:{port}/")

    on_bench(scenario, max_bytes=300_000)


@pytest.mark.parametrize(
    "opening",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>", b"HTTP/1.1 302 Found\r\n"],
)
@pytest.mark.parametrize("drip", [b"", b"X-A: b\r\n"])
def test_one_deadline_ends_hanging_and_dripping(on_bench, opening, drip):
    async def slow(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(opening)
        while True:
            writer.write(drip if opening else b"HTTP/1.1 103 Early Hints\r\n\r\n" if drip else b"")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def scenario(bench):
        port = await bench.raw.start(slow)
        with pytest.raises(errors.DeadlineExceeded, match=r"0\.2 s"):
            await bench.get(f"http://127.0.0.1:{port}/")

    on_bench(scenario, timeout=0.2)


# broken answers


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", errors.ConnectFailed),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", errors.ConnectFailed),
        (b"\x00\x01SSH-2.0-OpenSSH_9\r\n" * 4, errors.ConnectFailed),
        (FEED, errors.ConnectFailed),
        (reply(length=-5), errors.ConnectFailed),
        (reply(FEED, "200 OK", "Content-Length: 3"), errors.ConnectFailed),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZZ\r\nabc\r\n0\r\n\r\n", errors.ConnectFailed),
        (reply(FEED, "200 OK", "X-Big: " + "a" * 200_000), errors.ConnectFailed),
        (reply(length=5000), errors.Truncated),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n", errors.Truncated),
        (reply(gzip.compress(FEED, mtime=0)[:-12], "200 OK", "Content-Encoding: gzip"), errors.Truncated),
        (reply(FEED, "200 OK", "Content-Encoding: gzip"), errors.BadEncoding),
        (reply(FEED, "200 OK", "Content-Encoding: br"), errors.BadEncoding),
        (reply(FEED, "200 OK", "Content-Encoding: gzip, gzip"), errors.BadEncoding),
        (reply(FEED, "200 OK", "Content-Encoding: gzip", "Content-Encoding: gzip"), errors.BadEncoding),
    ],
)
def test_a_broken_answer_is_an_error_of_its_kind(on_bench, data, kind):
    failure(on_bench, data, kind)


@pytest.mark.parametrize("opening", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>"])
def test_a_connection_that_is_reset_is_an_error(on_bench, opening):
    async def reset(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(opening)
        await asyncio.sleep(0.02)
        writer.get_extra_info("socket").setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # SO_LINGER 0: a reset, not an end
        writer.transport.abort()

    async def scenario(bench):
        port = await bench.raw.start(reset)
        with pytest.raises(errors.ConnectFailed, match="reset"):
            await bench.get(f"http://127.0.0.1:{port}/")

    on_bench(scenario)


# addresses that cannot be requested


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("file:///etc/passwd", errors.BadScheme),
        ("ftp://example.test/feed", errors.BadScheme),
        ("example.test/feed", errors.BadScheme),
        ("//example.test/feed", errors.BadScheme),
        ("javascript:alert(1)", errors.BadScheme),
        ("http://", errors.BadUrl),
        ("http:///feed", errors.BadUrl),
        ("http://[::1/feed", errors.BadUrl),
        ("http://[::zz]/", errors.BadUrl),
        ("http://a b.test/", errors.BadUrl),
        ("http://1.2.3.4.999/x\x00y", errors.BadUrl),
        ("http://256.1.1.1/", errors.BadUrl),
        ("http://example.test:0/", errors.BadUrl),
        ("http://example.test:99999/", errors.BadUrl),
        ("http://example.test:-1/", errors.BadUrl),
        ("http://example.test:port/", errors.BadUrl),
        ("http://example.test:" + "9" * 5000 + "/", errors.BadUrl),
        ("http://example.test/\r\nX: y", errors.BadUrl),
        ("http://" + "a" * 300 + ".test/", errors.BadUrl),
        ("http://xn--\u00fc.test/", errors.BadUrl),
        ("http://\u2603\u200d.test/", errors.BadUrl),
        ("http://exa%6dple.test/", errors.BadUrl),
        ("http://u:secret@example.test/" + "a" * 70_000, errors.BadUrl),
    ],
)
def test_a_url_that_cannot_be_requested_is_refused_before_anything_is_dialled(on_bench, fake_network, url, kind):
    network = fake_network()
    with pytest.raises(kind) as caught:
        on_bench(lambda bench: bench.get(url), network=network)
    assert caught.value.url
    assert "secret" not in caught.value.url
    assert (network.lookups, network.dials) == ([], [])


def test_a_header_that_cannot_be_sent_is_an_error_of_ours(on_bench):
    with pytest.raises(errors.BadUrl, match="cannot be written"):
        on_bench(lambda bench: bench.answer(reply(), headers=[("X-Bad", "a\r\nb: c")]))


def test_a_bad_proxy_is_a_configuration_error(on_bench):
    with pytest.raises(errors.ConfigError, match=r"http\.proxy"):
        on_bench(lambda bench: bench.get("http://example.test/"), proxy="gopher://127.0.0.1:1")


def test_a_proxy_gets_the_whole_url(on_bench):
    async def scenario(bench):
        port = await bench.raw.start(reply())
        fetcher = type(bench)(None, {"proxy": f"http://127.0.0.1:{port}"})
        try:
            return await fetcher.get("http://feeds.test/feed"), bench.raw.heard[0]
        finally:
            await fetcher.fetcher.aclose()

    result, request = on_bench(scenario)
    assert result.documents[0].body == FEED
    assert request.startswith(b"GET http://feeds.test/feed HTTP/1.1\r\n")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_dead_proxy_is_what_failed(on_bench, scheme):
    """Neither its address is told, since messages are published, nor its password."""
    with pytest.raises(errors.ProxyFailed, match=r"the proxy \(http\.proxy\) cannot be reached: ") as caught:
        on_bench(lambda bench: bench.get(f"{scheme}://feeds.test/feed"), proxy="http://u:secret@127.0.0.1:1")
    assert not any(part in str(caught.value) for part in ("secret", "127"))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ("407 Proxy Authentication Required", errors.ProxyFailed, "lets nobody in: 407 Proxy"),
        ("502 Bad Gateway", errors.FetchError, "502 Bad Gateway"),
    ],
)
def test_a_proxy_that_refuses_is_told_from_one_that_cannot_reach_the_server(on_bench, scheme, status, kind, words):
    async def scenario(bench):
        port = await bench.raw.start(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        fetcher = type(bench)(None, {"proxy": f"http://127.0.0.1:{port}"})
        try:
            await fetcher.get(f"{scheme}://feeds.test/feed")
        finally:
            await fetcher.fetcher.aclose()

    with pytest.raises(kind, match=words) as caught:
        on_bench(scenario)
    assert isinstance(caught.value, errors.ProxyFailed) == (kind is errors.ProxyFailed)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_does_not_speak_tls_is_what_failed(on_bench, scheme):
    """The usual slip, https:// before a proxy that takes http, is no fault of any server's."""

    async def scenario(bench):
        async def refuse(reader, writer):
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()

        port = await bench.raw.start(refuse)
        fetcher = type(bench)(None, {"proxy": f"https://127.0.0.1:{port}"})
        try:
            await fetcher.get(f"{scheme}://feeds.test/feed")
        finally:
            await fetcher.fetcher.aclose()

    with pytest.raises(errors.ProxyFailed, match=r"the proxy \(http\.proxy\) cannot be reached: .*SSL"):
        on_bench(scenario)


def test_a_server_without_tls_behind_a_proxy_is_no_failure_of_the_proxy(on_bench):
    async def scenario(bench):
        port = await bench.raw.start(b"HTTP/1.1 200 Connection established\r\n\r\nnot TLS at all, to be sure")
        fetcher = type(bench)(None, {"proxy": f"http://127.0.0.1:{port}"})
        try:
            await fetcher.get("https://feeds.test/feed")
        finally:
            await fetcher.fetcher.aclose()

    with pytest.raises(errors.TlsFailed):
        on_bench(scenario)


async def through(bench, url, proxy, handle):
    """Fetch through a proxy that handles its connections so, within parts of a second."""
    port = await bench.raw.start(handle)
    fetcher = type(bench)(
        None, {"proxy": f"{proxy}://u:secret@127.0.0.1:{port}", "timeout": 0.6 if proxy == "https" else 0.3}
    )
    try:
        await fetcher.get(url)
    finally:
        await fetcher.fetcher.aclose()


@pytest.mark.parametrize("proxy", ["http", "https"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_never_says_anything_is_what_failed(on_bench, scheme, proxy):
    """It takes the connection, and then neither speaks TLS nor answers anybody."""

    async def keep_silent(reader, writer):
        await reader.read()

    with pytest.raises(errors.ProxyFailed, match=r"^the proxy \(http\.proxy\) .*no.* answer$") as caught:
        on_bench(lambda bench: through(bench, f"{scheme}://feeds.test/feed", proxy, keep_silent))
    assert caught.value.url == f"{scheme}://feeds.test/feed"


@pytest.mark.parametrize("own", [b"HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n", b"what?\r\n", b""])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_does_not_answer_behind_a_proxy_that_does_is_what_failed(on_bench, scheme, own):
    """Such a server makes its proxy silent, too; but not when that is asked for something of its own."""
    heard = []

    async def wait_for_the_server(reader, writer):
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        if heard[-1].startswith(b"OPTIONS * "):
            writer.write(own)
            writer.close()
        await reader.read()

    with pytest.raises(errors.DeadlineExceeded, match=r"no complete answer within 0\.3 s"):
        on_bench(lambda bench: through(bench, f"{scheme}://feeds.test/feed", "http", wait_for_the_server))
    assert len(heard) == 2
    assert b"\r\nMax-Forwards: 0\r\n" in heard[1]
    assert b"Authorization" not in heard[1]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_is_slow_behind_a_proxy_that_let_us_through_is_what_failed(on_bench, scheme):
    """The proxy is not asked again: it has answered."""
    heard = []

    async def let_through(reader, writer):
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        length = b"" if scheme == "https" else b"Content-Length: 9\r\n"
        writer.write(b"HTTP/1.1 200 OK\r\n%s\r\n" % length)
        await reader.read()

    with pytest.raises(errors.DeadlineExceeded):
        on_bench(lambda bench: through(bench, f"{scheme}://feeds.test/feed", "http", let_through))
    assert len(heard) == 1
