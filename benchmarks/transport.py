"""CPU of the transport alone, and what one dripping host costs the others.

    python benchmarks/transport.py [--requests 1000]

`cpu`: microseconds of user + system time of this process for a request that is answered 304, through the fetcher as a
refresh uses it, to one host and to 200 (127.0.x.y), one request at a time and 64. `drip`: wall time until the feeds
of 49 hosts, which take 0.5 to 1.5 seconds to answer, are refreshed, with a fiftieth host that drips and with one that
does not, at concurrency 20; best of three each. The server runs in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

from aggregator.app import App
from aggregator.clock import SystemClock
from aggregator.config import load
from aggregator.fetchers.http import HttpFetcher
from aggregator.model import FetchState, NotModified, Source
from aggregator.settings import Http

HOSTS = 200
ITEM = "<item><guid isPermaLink='false'>{0}</guid><title>News {0}</title><description>Text {0}</description></item>"
FEED = (
    f"<rss version='2.0'><channel><title>T</title>{''.join(ITEM.format(n) for n in range(20))}</channel></rss>".encode()
)


def address(number: int) -> str:
    return f"127.0.{number // 100}.{number % 100 + 1}"


def serve(ready: multiprocessing.Queue[int]) -> None:
    """Answer 304 to conditional requests, the feed after 0.5 to 1.5 seconds to others, and drip at /drip."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                if b"if-none-match" in request.lower():
                    writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
                elif request.startswith(b"GET /drip"):
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n<")
                    while True:
                        await asyncio.sleep(0.1)
                        writer.write(b" ")
                        await writer.drain()
                else:
                    await asyncio.sleep(0.5 + int(request.split()[1][1:] or 0) * 37 % 100 / 100)
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(FEED), FEED))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def main() -> None:
        first = await asyncio.start_server(client, address(0), 0)
        port = first.sockets[0].getsockname()[1]
        for number in range(1, HOSTS):
            await asyncio.start_server(client, address(number), port)
        ready.put(port)
        await first.serve_forever()

    asyncio.run(main())


async def cpu(port: int, requests: int, hosts: int, concurrency: int) -> float:
    """Return microseconds of CPU a request."""
    fetcher = HttpFetcher(
        Http(allow_private_networks=True, per_host_delay=0.0), user_agent="benchmark", clock=SystemClock()
    )
    urls = [f"http://{address(number % hosts)}:{port}/{number}" for number in range(requests)]
    turns = asyncio.Semaphore(concurrency)

    async def one(url: str) -> None:
        async with turns:
            source, state = Source(id="s", url=url), FetchState(source="s", url=url, etag='"1"')
            assert isinstance(await fetcher.fetch(source, state), NotModified)

    await asyncio.gather(*(one(url) for url in urls[:hosts]))
    started = time.process_time()
    if concurrency == 1:
        for url in urls:
            await one(url)
    else:
        await asyncio.gather(*(one(url) for url in urls))
    used = time.process_time() - started
    await fetcher.aclose()
    return round(1e6 * used / requests)


async def others(port: int, *, dripping: bool) -> float:
    """Return the seconds after which the last good source of a refresh is done."""
    with tempfile.TemporaryDirectory() as name:
        site = Path(name)
        (site / "config").mkdir()
        settings = '[http]\nallow_private_networks = true\nper_host_delay = "0s"\ntimeout = "8s"\nconcurrency = 20\n'
        (site / "config/tagwire.toml").write_text(settings, encoding="utf-8")
        sources = [("slow", f"{address(0)}:{port}/{'drip' if dripping else '0'}")]
        sources += [(f"good-{n}", f"{address(n)}:{port}/{n}") for n in range(1, 50)]
        text = "".join(f'[[sources]]\nid = "{one}"\nurl = "http://{url}"\n' for one, url in sources)
        (site / "config/sources.toml").write_text(text, encoding="utf-8")
        started = time.perf_counter()
        last = 0.0

        def done(outcome: object) -> None:
            nonlocal last
            if getattr(outcome, "source", "slow") != "slow":
                last = time.perf_counter() - started

        with App.open(load(str(site)), write=True) as app:
            await app.refresh(on_outcome=done, publish=False)
        return last


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    options = parser.parse_args()
    ready: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(ready,), daemon=True)
    server.start()
    port = ready.get()
    figures: dict[str, object] = {
        f"cpu, {hosts} hosts, {concurrency} at a time": min(
            asyncio.run(cpu(port, options.requests, hosts, concurrency)) for _ in range(3)
        )
        for hosts in (1, HOSTS)
        for concurrency in (1, 64)
    }
    alone = [(asyncio.run(others(port, dripping=False)), asyncio.run(others(port, dripping=True))) for _ in range(3)]
    without, beside = min(pair[0] for pair in alone), min(pair[1] for pair in alone)
    figures["drip"] = {"without": round(without, 2), "with": round(beside, 2), "ratio": round(beside / without, 3)}
    server.terminate()
    json.dump(figures, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
