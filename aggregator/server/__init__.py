"""Serves the published directory, /status and /search over HTTP, and tells monitors how the site is. Read-only.

Needs the extra `server` (starlette, uvicorn, httptools, prometheus-client). `files` serves files, `pages` what is made
here, `connections` keeps clients within limits. This module puts them together and listens.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route

from aggregator.clock import SystemClock
from aggregator.outputs import html
from aggregator.server.connections import Connection, watch
from aggregator.server.desk import Desk
from aggregator.server.files import PublishedFiles
from aggregator.server.live import Site, Told
from aggregator.server.pages import Pages
from aggregator.server.subscribers import Subscribers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from aggregator.ports import Clock
    from aggregator.settings import Settings

__all__ = ["Served", "Told", "build", "serve"]

_POLICY: Final = (
    f"default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'sha256-{html.script_hash()}' 'strict-dynamic'; "
    "img-src 'self' http: https: data:; "
    "media-src http: https:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
).encode()
HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", _POLICY),
)
"""What every answer carries. Pages narrow the policy further, to the hash of their style and mostly to no script."""
_DRAIN_SECONDS: Final = 5


class Served:
    """One site as an ASGI application, and what it counts."""

    def __init__(self, settings: Settings, clock: Clock, told: Told | None = None) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        """(route, status) → answers."""
        self.connections: Callable[[], Collection[Any]] = tuple
        self.site = Site(settings, clock, told)
        self.desk = Desk(lambda: self.site.settings, clock)
        self.subscribers = Subscribers(clock)
        path = unquote(urlsplit(settings.site.base_url).path).rstrip("/")
        pages = Pages(
            site=self.site,
            desk=self.desk,
            requests=self.requests,
            connections=self._count,
            subscribers=self.subscribers,
        )
        published = PublishedFiles(str(Path(settings.root) / settings.publish.dir), self.site.max_age)
        people: list[BaseRoute] = [*pages.for_people(), Mount("", published)]
        routes = [*pages.for_machines(), *([Mount(path, routes=people), _home(path)] if path else people)]
        names = {route.path: route.name for route in pages.for_machines()}
        names |= {path + route.path: route.name for route in pages.for_people()}
        everywhere = Middleware(_EveryAnswer, requests=self.requests, names=names, subscribers=self.subscribers)
        self.application = Starlette(routes=routes, middleware=[everywhere])

    def _count(self) -> int:
        return len(self.connections())


def build(settings: Settings, clock: Clock | None = None, told: Told | None = None) -> Served:
    """Return the site as it is served below the path of `site.base_url`."""
    return Served(settings, clock or SystemClock(), told)


async def serve(
    settings: Settings,
    stop: asyncio.Event,
    *,
    told: Told | None = None,
    on_listening: Callable[[int], None] = lambda _: None,
) -> None:
    """Serve until `stop` is set; requests under way are finished. Raises OSError if the address cannot be bound.

    `told` is what the daemon says if there is one in this process: whenever it published, new items become searchable.
    `on_listening` is told the port as soon as connections are taken.
    """
    served = build(settings, told=told)
    config = uvicorn.Config(
        served.application,
        http=Connection,
        ws="none",
        log_config=None,
        log_level="error",  # what strangers send wrong is no news
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        lifespan="off",
    )
    family = socket.AF_INET6 if ":" in settings.server.host else socket.AF_INET
    with socket.create_server((settings.server.host, settings.server.port), family=family) as listener:
        on_listening(listener.getsockname()[1])
        server = _Server(config)
        served.connections = lambda: server.server_state.connections
        async with _beside(watch(server.server_state.connections), _announced(served.desk, told)):
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            server.end()
            await serving
        await served.desk.close()


@asynccontextmanager
async def _beside(*coroutines: Any) -> AsyncIterator[None]:
    """Run coroutines for the time of the block."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _announced(desk: Desk, told: Told | None) -> None:
    while told is not None:
        await told.published.wait()
        told.published.clear()
        desk.refresh()


def _home(path: str) -> Route:
    """Send who asks for the server's root to the site."""

    async def go(_: Request) -> Response:
        return RedirectResponse(f"{path}/", 307)

    return Route("/", go)


class _Server(uvicorn.Server):
    """Leaves the process's signals to the command that started it, and sleeps while there is nothing to do."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Take no more connections, and leave when the requests under way are through."""
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        """Tick once a second: uvicorn's ten times were half of what an idle daemon costs."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), 1)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _EveryAnswer:
    """Adds the headers that every answer carries, and counts it."""

    def __init__(
        self, app: ASGIApp, requests: Counter[tuple[str, int]], names: Mapping[str, str], subscribers: Subscribers
    ) -> None:
        self._app = app
        self._subscribers = subscribers
        self._requests = requests
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._requests[self._names.get(scope["path"], "files"), message["status"]] += 1
                self._subscribers.heard(scope["path"], scope["headers"], message["status"])
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self._app(scope, receive, complete)
