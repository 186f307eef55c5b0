"""What the fetchers' tests share: raw servers, a network that dials nothing, a way to fetch."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

import pytest

from aggregator.fetchers.http import HttpFetcher
from aggregator.fetchers.network import SystemNetwork
from aggregator.model import FetchState, Source
from aggregator.settings import Http
from aggregator.testing import FakeClock

CERTIFICATE = str(Path(__file__).parent / "data" / "loopback.pem")

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class FakeNetwork:
    """Answers names from a table and counts who would have been dialled; loopback ports stand in for the world.

    `names` maps a host to the answers of its consecutive lookups (the last one repeats); `doors` maps an address that
    answers to the loopback port behind it. Any other address is dead.
    """

    def __init__(self, names=None, doors=None, silent=()):
        self.names = dict(names or {})
        self.doors = dict(doors or {})
        self.silent = silent
        self.lookups: list[str] = []
        self.dials: list[str] = []
        self._system = SystemNetwork()

    async def lookup(self, host, port):
        self.lookups.append(host)
        answers = self.names.get(host)
        if answers is None:
            return self._as_libc_would(host)
        answer = answers[0] if len(answers) == 1 else answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def connect(self, address, port):
        self.dials.append(address)
        if address in self.silent:
            await asyncio.sleep(60)
        if address not in self.doors:
            raise ConnectionRefusedError(111, "refused")
        return await self._system.connect("127.0.0.1", self.doors[address])

    def close(self):
        self._system.close()

    @staticmethod
    def _as_libc_would(host):
        """Read the odd spellings that getaddrinfo reads: 127.1, 0x7f.1, 2130706433, 0177.0.0.1."""
        try:
            return [str(ipaddress.IPv4Address(socket.inet_aton(host)))]
        except OSError:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None


class RawServer:
    """Loopback servers that send exactly the bytes that a test says, and remember what they were sent."""

    def __init__(self):
        self.heard: list[bytes] = []
        self.connections = 0
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task] = set()

    async def start(self, serve: Serve | bytes, *, tls: bool = False) -> int:
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)

        async def handle(reader, writer):
            self.connections += 1
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                if callable(serve):
                    await serve(reader, writer)
                else:
                    await self.hear(reader)
                    writer.write(serve)
                    await writer.drain()
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def hear(self, reader: asyncio.StreamReader) -> bytes:
        request = await reader.readuntil(b"\r\n\r\n")
        self.heard.append(request)
        return request

    async def stop(self):
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@cache
def trusting():
    """Return the context that trusts the servers of these tests."""
    return ssl.create_default_context(cafile=CERTIFICATE)


class Bench:
    """A fetcher and raw servers inside one event loop: `await bench.get(url)`."""

    def __init__(self, network, settings):
        self.raw = RawServer()
        self.fetcher = HttpFetcher(
            Http(**{"timeout": 5.0, "allow_private_networks": True, **settings}),
            user_agent="tagwire/test (+https://example.org/bot)",
            clock=FakeClock(),
            network=network,
            ssl_context=trusting(),
        )

    async def get(self, url, *, etag="", last_modified="", state_url=None, validated="", headers=()):
        source = Source(id="s", url=url, headers=tuple(headers))
        about = url if state_url is None else state_url
        state = FetchState(source="s", url=about, etag=etag, last_modified=last_modified, validated=validated)
        return await self.fetcher.fetch(source, state)

    async def answer(self, data: bytes, path="/feed", **kwargs):
        """Return what the fetcher makes of these bytes."""
        port = await self.raw.start(data)
        return await self.get(f"http://127.0.0.1:{port}{path}", **kwargs)


@pytest.fixture
def on_bench():
    """Run `scenario(bench)` in an event loop and return its result."""

    def run(scenario, *, network=None, **settings):
        async def main():
            bench = Bench(network, settings)
            try:
                return await scenario(bench)
            finally:
                await bench.fetcher.aclose()
                await bench.raw.stop()

        return asyncio.run(main())

    return run


@pytest.fixture
def fake_network():
    """The class, to be filled with names and doors."""
    return FakeNetwork
