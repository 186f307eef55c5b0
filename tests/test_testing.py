"""The fakes that ship: they are what they claim to be."""

from __future__ import annotations

import asyncio
import http.client
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from aggregator import testing
from aggregator.testing import FakeClock, LoopbackSite


@pytest.fixture
def site():
    with LoopbackSite() as running:
        yield running


def ask(site, path, **headers):
    """Return status, headers and body of one request."""
    connection = http.client.HTTPConnection(site.host, site.port, timeout=5)
    try:
        return ask_on(connection, path, **headers)
    finally:
        connection.close()


def ask_on(connection, path, **headers):
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def test_the_clock_stands_still_until_somebody_sleeps():
    clock = FakeClock(datetime(2026, 3, 1, tzinfo=UTC))

    async def main():
        await clock.sleep(90)
        await clock.sleep(-5)

    assert clock.now() == clock.now() == datetime(2026, 3, 1, tzinfo=UTC)
    asyncio.run(main())
    clock.advance(10)
    assert clock.now() == datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=100)
    assert clock.monotonic() == 100
    assert clock.slept == [90, -5]


def test_sleeping_lets_others_work():
    clock, order = FakeClock(), []

    async def main():
        async def work():
            order.append("other")

        task = asyncio.create_task(work())
        await clock.sleep(1000)
        order.append("sleeper")
        await task

    asyncio.run(main())
    assert order == ["other", "sleeper"]


def test_a_page_is_served_as_it_was_written(site):
    url = site.page("/feed.xml?x=1", "<rss>新</rss>", media_type="text/xml", headers={"X-A": "b"})
    assert url == f"http://127.0.0.1:{site.port}/feed.xml?x=1" == site.url("/feed.xml?x=1")
    status, headers, body = ask(site, "/feed.xml?x=1")
    assert (status, body.decode()) == (200, "<rss>新</rss>")
    assert (headers["Content-Type"], headers["X-A"], headers["Content-Length"]) == ("text/xml", "b", "14")


def test_a_page_may_be_replaced_and_removed(site):
    site.page("/a", b"one")
    first = ask(site, "/a")
    site.page("/a", b"two")
    second = ask(site, "/a")
    site.remove("/a")
    assert (first[2], second[2]) == (b"one", b"two")
    assert first[1]["ETag"] != second[1]["ETag"]
    assert ask(site, "/a")[0] == 404


def test_what_was_asked_is_recorded(site):
    site.page("/a", b"one")
    ask(site, "/a", X_Test="yes")
    ask(site, "/b")
    assert [(visit.path, visit.status) for visit in site.requests] == [("/a", 200), ("/b", 404)]
    assert site.requests[0].headers["x-test"] == "yes"
    assert (site.visits("/a"), site.visits("/nowhere")) == (1, 0)


def test_a_known_etag_is_answered_with_304_and_no_body(site):
    site.page("/a", b"one", headers={"Cache-Control": "max-age=5"})
    tag = ask(site, "/a")[1]["ETag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}'):
        status, headers, body = ask(site, "/a", If_None_Match=known)
        assert (status, body, headers["ETag"], headers["Cache-Control"]) == (304, b"", tag, "max-age=5")
        assert headers["Content-Type"] is None
    assert ask(site, "/a", If_None_Match='"other"')[0] == 200


def test_a_known_last_modified_is_answered_with_304(site):
    then = "Sun, 01 Mar 2026 00:00:00 GMT"
    site.page("/a", b"one", etag=False, last_modified=then)
    status, headers, _ = ask(site, "/a")
    assert (status, headers["Last-Modified"], headers["ETag"]) == (200, then, None)
    assert ask(site, "/a", If_Modified_Since=then)[0] == 304
    assert ask(site, "/a", If_Modified_Since="another day")[0] == 200
    assert ask(site, "/a", If_Modified_Since=then, If_None_Match='"x"')[0] == 200


def test_a_page_without_validators_is_always_sent(site):
    site.page("/a", b"one", etag=False)
    assert ask(site, "/a", If_None_Match='""')[0] == 200
    assert ask(site, "/a", If_Modified_Since="")[0] == 200


def test_an_etag_and_a_status_of_ones_own(site):
    site.page("/a", b"one", etag='"mine"')
    site.page("/b", b"no", status=503, headers={"Retry-After": "9"})
    assert ask(site, "/a")[1]["ETag"] == '"mine"'
    status, headers, body = ask(site, "/b")
    assert (status, headers["Retry-After"], headers["ETag"], body) == (503, "9", None, b"no")


def test_one_connection_serves_many_requests(site):
    site.page("/a", b"one")
    connection = http.client.HTTPConnection(site.host, site.port, timeout=5)
    assert [ask_on(connection, "/a")[0] for _ in range(3)] == [200, 200, 200]
    assert len(site._server.open) == 1
    connection.close()


def test_a_delay_is_kept(site):
    site.page("/slow", b"one", delay=0.1)
    started = time.perf_counter()
    ask(site, "/slow")
    assert time.perf_counter() - started >= 0.1


def test_the_site_ends_at_once_whoever_is_still_connected():
    before = threading.active_count()
    with LoopbackSite() as site:
        site.page("/slow", bytes(10_000_000), delay=60)
        site.page("/a", b"one")
        idle = http.client.HTTPConnection(site.host, site.port, timeout=5)
        ask_on(idle, "/a")
        gone = http.client.HTTPConnection(site.host, site.port, timeout=5)
        gone.request("GET", "/slow")
        while len(site._server.open) < 2:
            time.sleep(0.001)
        gone.close()
    assert threading.active_count() == before
    idle.close()


def test_the_memory_store_is_loaded_when_asked_for():
    from aggregator.stores.memory import MemoryStore

    assert testing.MemoryStore is MemoryStore
    with pytest.raises(AttributeError):
        _ = testing.Nothing


def test_no_test_framework_and_no_adapter_is_imported():
    heavy = ("pytest", "httpx", "aggregator.stores")
    script = f"import sys, aggregator.testing; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
