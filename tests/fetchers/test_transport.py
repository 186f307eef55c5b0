"""How connections are kept, shared, replaced and closed."""

from __future__ import annotations

import asyncio
import gc
import socket
import time

import httpx
import pytest

from aggregator import errors
from aggregator.fetchers import transport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<rss>"


def polite(bench, *, replies=1000, seconds=0.0, watch=None):
    """Return a server that answers `replies` requests a connection, and then closes it."""

    async def serve(reader, writer):
        for _ in range(replies):
            await bench.raw.hear(reader)
            if watch is not None:
                watch["now"] = watch.get("now", 0) + 1
                watch["most"] = max(watch.get("most", 0), watch["now"])
            await asyncio.sleep(seconds)
            writer.write(OK)
            await writer.drain()
            if watch is not None:
                watch["now"] -= 1

    return serve


def open_sockets(bench):
    return len(bench.fetcher._transport._slots)


async def send(bench, url):
    """Send a request without waiting for the host's turn, as the fetcher would; return the body."""
    answer = await bench.fetcher._transport.handle_async_request(httpx.Request("GET", url))
    try:
        return b"".join([piece async for piece in answer.stream])
    finally:
        await answer.aclose()


async def url_of(bench, serve, *, tls=False):
    return f"{'https' if tls else 'http'}://127.0.0.1:{await bench.raw.start(serve, tls=tls)}/"


@pytest.mark.parametrize("tls", [False, True])
def test_one_connection_serves_one_request_after_another(on_bench, tls):
    async def scenario(bench):
        url = await url_of(bench, polite(bench), tls=tls)
        for _ in range(5):
            await bench.get(url)
        return bench.raw.connections

    assert on_bench(scenario) == 1


def test_requests_to_one_origin_take_turns(on_bench):
    watch: dict[str, int] = {}

    async def scenario(bench):
        url = await url_of(bench, polite(bench, seconds=0.005, watch=watch))
        await asyncio.gather(*(send(bench, url) for _ in range(10)))
        return bench.raw.connections

    assert on_bench(scenario) == 1
    assert watch["most"] == 1


def test_requests_to_several_origins_run_side_by_side(on_bench):
    async def scenario(bench):
        urls = [await url_of(bench, polite(bench, seconds=0.2)) for _ in range(10)]
        started = time.perf_counter()
        await asyncio.gather(*(send(bench, url) for url in urls))
        return time.perf_counter() - started

    assert on_bench(scenario) < 1.0


def test_a_connection_that_the_server_closed_is_replaced(on_bench):
    async def scenario(bench):
        url = await url_of(bench, polite(bench, replies=1))
        for _ in range(3):
            await bench.get(url)
            await asyncio.sleep(0.01)
        return bench.raw.connections

    assert on_bench(scenario) == 3


def test_a_request_that_meets_the_closing_is_sent_once_more(on_bench):
    async def scenario(bench):
        async def serve(reader, writer):
            await bench.raw.hear(reader)
            writer.write(OK)
            await bench.raw.hear(reader)  # takes the second request and goes without a word

        url = await url_of(bench, serve)
        await bench.get(url)
        return await bench.get(url), len(bench.raw.heard)

    result, heard = on_bench(scenario)
    assert result.documents[0].body == b"<rss>"
    assert heard == 3


def test_a_fresh_connection_that_fails_is_not_tried_again(on_bench):
    async def scenario(bench):
        with pytest.raises(errors.ConnectFailed):
            await bench.answer(b"")
        return bench.raw.connections

    assert on_bench(scenario) == 1


def test_a_dripping_answer_does_not_starve_others_of_the_same_origin(on_bench, monkeypatch):
    monkeypatch.setattr(transport, "_PATIENCE", 0.05)

    async def scenario(bench):
        async def serve(reader, writer):
            request = await bench.raw.hear(reader)
            if b"/drip" in request:
                await asyncio.sleep(60)
            writer.write(OK)

        url = await url_of(bench, serve)
        drip = asyncio.create_task(send(bench, url + "drip"))
        await asyncio.sleep(0.01)
        body = await send(bench, url + "feed")
        drip.cancel()
        await asyncio.gather(drip, return_exceptions=True)
        return body, open_sockets(bench)

    assert on_bench(scenario) == (b"<rss>", 0)


@pytest.mark.parametrize("data", [b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n<", b"junk\r\n\r\n"])
def test_a_connection_in_doubt_is_not_used_again(on_bench, data):
    async def scenario(bench):
        async def serve(reader, writer):
            await bench.raw.hear(reader)
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(60)

        url = await url_of(bench, serve)
        for _ in range(2):
            try:
                await bench.get(url)
            except errors.FetchError:
                continue
        return bench.raw.connections

    assert on_bench(scenario, timeout=0.1) == 2


def test_bytes_behind_an_answer_do_not_spoil_the_next_one(on_bench):
    async def scenario(bench):
        async def serve(reader, writer):
            while True:
                await bench.raw.hear(reader)
                writer.write(OK + b"left over")

        url = await url_of(bench, serve)
        return [(await bench.get(url)).documents[0].body for _ in range(3)], bench.raw.connections

    assert on_bench(scenario) == ([b"<rss>"] * 3, 3)


def test_a_second_answer_that_nobody_asked_for_is_nobodys(on_bench):
    """Else a server's page could be put in place of the feed of another source on the same host."""

    async def scenario(bench):
        async def serve(reader, writer):
            while True:
                await bench.raw.hear(reader)
                writer.write(OK + OK.replace(b"<rss>", b"wrong"))
                await writer.drain()

        url = await url_of(bench, serve)
        return [(await bench.get(url)).documents[0].body for _ in range(3)], bench.raw.connections

    assert on_bench(scenario) == ([b"<rss>"] * 3, 3)


def test_idle_connections_are_closed_after_a_while(on_bench):
    """Young ones stay; the sweeper ends when it has closed the last one, and begins again with the next."""

    async def scenario(bench):
        kept = bench.fetcher._transport
        kept._idle_seconds = 3600.0
        for tls in (False, True):
            url = await url_of(bench, polite(bench), tls=tls)
            await bench.get(url)
        counts = [open_sockets(bench)]
        kept._sweeper.cancel()
        kept._idle_seconds = 0.0
        await kept._sweep()
        counts.append(open_sockets(bench))
        kept._idle_seconds = 0.02
        await bench.get(url)
        await asyncio.wait_for(kept._sweeper, 30)
        return [*counts, open_sockets(bench)]

    assert on_bench(scenario) == [2, 0, 0]


def test_a_connection_in_use_is_not_swept(on_bench):
    async def scenario(bench):
        bench.fetcher._transport._idle_seconds = 0.02
        slow, quick = [await url_of(bench, polite(bench, seconds=seconds)) for seconds in (0.1, 0.0)]
        result, *_ = await asyncio.gather(bench.get(slow), bench.get(quick))
        return result

    assert on_bench(scenario).documents


def test_few_connections_stay_open(on_bench, monkeypatch):
    monkeypatch.setattr(transport, "_MOST_IDLE", {"http": 3, "https": 1})

    async def scenario(bench):
        urls = [await url_of(bench, polite(bench)) for _ in range(6)]
        for url in urls:
            await bench.get(url)
        before = bench.raw.connections
        await bench.get(urls[-1])
        return open_sockets(bench), before, bench.raw.connections

    assert on_bench(scenario) == (3, 6, 6)


def test_a_fetch_that_is_cancelled_leaves_nothing_behind(on_bench):
    async def scenario(bench):
        url = await url_of(bench, polite(bench, seconds=60))
        tasks = [asyncio.create_task(bench.get(url)) for _ in range(3)]
        await asyncio.sleep(0.02)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        return results, open_sockets(bench)

    results, left = on_bench(scenario)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert left == 0


def test_a_large_body_is_read_with_the_socket_paused_in_between(on_bench):
    body = bytes(range(256)) * 16384

    async def scenario(bench):
        return await bench.answer(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    assert on_bench(scenario).documents[0].body == body


def test_nothing_is_left_open_when_the_fetcher_is_closed(on_bench):
    async def scenario(bench):
        url = await url_of(bench, polite(bench), tls=True)
        await bench.get(url)
        await bench.fetcher.aclose()
        return open_sockets(bench)

    assert on_bench(scenario) == 0
    gc.collect()  # a forgotten socket would warn now, and warnings are errors


def test_a_connection_that_never_came_about_is_not_kept(on_bench):
    """Nothing listens there: no slot stays behind for the sweeper."""

    async def scenario(bench):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            with pytest.raises(errors.ConnectFailed):
                await bench.get(f"http://127.0.0.1:{closed.getsockname()[1]}/")
        return open_sockets(bench)

    assert on_bench(scenario) == 0
