"""A refresh among the worst: every bad server costs its source one error of the right kind, and the good ones nothing.

The whole house with real workers, over raw loopback sockets that break HTTP where a well-behaved server could not.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import zlib

import brotli
import pytest

from aggregator.app import App
from aggregator.config import load

ITEM = "<item><guid isPermaLink='false'>{0}</guid><title>News {0}</title><description>Text {0}</description></item>"
GOOD = f"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title>{''.join(map(ITEM.format, range(3)))}"
FEED = f"{GOOD}</channel></rss>".encode()
ZEROS = b"\0" * (9 << 20)


def http(body: bytes = b"", *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def xml(prolog: str) -> bytes:
    return f"<?xml version='1.0'?>{prolog}{GOOD.partition('?>')[2]}</channel></rss>".encode()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ANSWERS: dict[str, tuple[bytes, str]] = {
    "not-http": (b"SSH-2.0-OpenSSH_9\r\n", "connect"),
    "nothing": (b"", "connect"),
    "two-lengths": (http(FEED, "Content-Length: 3"), "connect"),
    "negative-length": (http(FEED, length=-5), "connect"),
    "bad-chunk": (CHUNKED + b"ZZ\r\nabc\r\n0\r\n\r\n", "connect"),
    "no-last-chunk": (CHUNKED + b"%x\r\n%b\r\n" % (len(FEED), FEED), "truncated"),
    "long-length": (http(FEED, length=len(FEED) + 9), "truncated"),
    "short-length": (http(FEED, length=60), "truncated"),
    "half": (http(FEED[: len(FEED) // 2]), "truncated"),
    "half-gzip": (http(gzip.compress(FEED)[:-9], "Content-Encoding: gzip"), "truncated"),
    "half-br": (http(brotli.compress(FEED)[:-9], "Content-Encoding: br"), "truncated"),
    "bomb-gzip": (http(gzip.compress(ZEROS), "Content-Encoding: gzip"), "too-large"),
    "bomb-deflate": (http(zlib.compress(ZEROS), "Content-Encoding: deflate"), "too-large"),
    "bomb-br": (http(brotli.compress(ZEROS, quality=2), "Content-Encoding: br"), "too-large"),
    "huge": (http(b"<rss>", length=1 << 40), "too-large"),
    "nested": (http(gzip.compress(gzip.compress(FEED)), "Content-Encoding: gzip, gzip"), "bad-encoding"),
    "unknown-coding": (http(FEED, "Content-Encoding: snappy"), "bad-encoding"),
    "not-gzip": (http(FEED, "Content-Encoding: gzip"), "bad-encoding"),
    "teapot": (http(FEED, status="418 I'm a teapot"), "http-status"),
    "no-content": (http(status="204 No Content"), "http-status"),
    "not-modified": (http(status="304 Not Modified"), "http-status"),
    "too-many": (http(FEED, "Retry-After: 120", status="429 Too Many Requests"), "rate-limited"),
    "gone": (http(status="410 Gone"), "gone"),
    "to-file": (http(b"", "Location: file:///etc/hostname", status="302 Found"), "bad-scheme"),
    "to-nowhere": (http(status="302 Found"), "redirect"),
    "to-itself": (http(b"", "Location: /to-itself", status="301 Moved Permanently"), "redirect"),
    "to-metadata": (http(b"", "Location: http://169.254.169.254/", status="302 Found"), "blocked-address"),
    "page": (http(b"<!doctype html><html><body>Log in</body></html>", "Content-Type: text/html"), "not-a-feed"),
    "path": (http(b"/etc/hostname"), "not-a-feed"),
    "empty": (http(), "not-a-feed"),
    "good-br": (http(brotli.compress(FEED), "Content-Encoding: br"), ""),
    "good-gzip-unlabelled": (http(gzip.compress(FEED)), ""),
    "good-laughs": (http(xml('<!DOCTYPE r [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]>')), ""),
    "good-external": (http(xml('<!DOCTYPE r SYSTEM "http://127.0.0.1/trap"><!--x-->')), ""),
    **{f"good-{number}": (http(FEED), "") for number in range(10)},
}
SLOW = {"hang": b"", "hang-body": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>"}
DRIPS = {"drip": b" ", "early-hints": b"HTTP/1.1 103 Early Hints\r\n\r\n"}


class Villain:
    """Answers by path, and remembers what was asked for."""

    def __init__(self):
        self.asked = []

    async def serve(self, reader, writer):
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode().strip("/")
                self.asked.append(path)
                if path in ANSWERS:
                    writer.write(ANSWERS[path][0])
                    await writer.drain()
                elif path in SLOW:
                    writer.write(SLOW[path])
                    await reader.read()
                else:
                    writer.write(http(length=10**6) if path == "drip" else b"")
                    while not writer.is_closing():
                        writer.write(DRIPS[path])
                        await writer.drain()
                        await asyncio.sleep(0.05)
        finally:  # a drip may be cut off with the loop
            writer.close()


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Refresh all sources once; return outcomes by name, what was asked for, and what was published."""
    root = tmp_path_factory.mktemp("site")
    (root / "config").mkdir()
    (root / "config/tagwire.toml").write_text(
        '[http]\nallow_private_networks = true\nper_host_delay = "0s"\ntimeout = "2s"\nconcurrency = 20\n'
    )

    async def scene():
        villain = Villain()
        first = await asyncio.start_server(villain.serve, "127.0.0.1", 0)
        port = first.sockets[0].getsockname()[1]
        more = [await asyncio.start_server(villain.serve, f"127.0.0.{n}", port) for n in range(2, 21)]
        names = [*SLOW, *DRIPS, *ANSWERS]
        (root / "config/sources.toml").write_text(
            "".join(
                f'[[sources]]\nid = "{name}"\nurl = "http://127.0.0.{n % 20 + 1}:{port}/{name}"\n'
                for n, name in enumerate(names)
            )
        )
        try:
            with App.open(load(str(root)), write=True) as app:
                summary = await app.refresh()
        finally:
            for server in (first, *more):
                server.close()
        return {one.source: one for one in summary.outcomes}, villain.asked

    return (*asyncio.run(scene()), root)


@pytest.mark.parametrize("name", [*SLOW, *DRIPS])
def test_who_never_ends_an_answer_meets_the_deadline(told, name):
    assert told[0][name].error.kind == "deadline"


@pytest.mark.parametrize("name", [name for name, (_, kind) in ANSWERS.items() if kind])
def test_what_is_wrong_is_called_by_its_name(told, name):
    assert told[0][name].error.kind == ANSWERS[name][1], told[0][name].error.message


@pytest.mark.parametrize("name", [name for name, (_, kind) in ANSWERS.items() if not kind])
def test_the_good_ones_are_read_whole(told, name):
    outcome = told[0][name]
    assert (outcome.result, outcome.new + outcome.duplicates, outcome.problems) == ("ok", 3, ())
    assert (told[2] / "feeds/sources" / f"{name}.xml").is_file()


def test_nothing_was_asked_for_that_only_a_document_names(told):
    _, asked, root = told
    assert "trap" not in asked
    assert set(asked) == {*ANSWERS, *SLOW, *DRIPS}
    assert "Text 2" in (root / "feeds/all.xml").read_text(encoding="utf-8")
