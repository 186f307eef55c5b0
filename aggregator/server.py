"""Serves the published directory over HTTP: strong validators, 304, HEAD, right media types; nothing is writable.

Needs the extra `server` (starlette, uvicorn). This module renders nothing: what it serves are files.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import FileResponse
from starlette.routing import Mount
from starlette.staticfiles import NotModifiedResponse, StaticFiles

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from aggregator.settings import Settings

MEDIA_TYPES = {
    ".xml": "application/xml; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
"""Feeds go out as application/xml: browsers show application/atom+xml as raw text or download it."""
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"public, max-age=300"),
)


def build(directory: str, path: str = "/") -> Starlette:
    """Return the ASGI application that serves a published directory below the URL path `path`."""
    published = _Published(directory=directory, html=True, check_dir=False)
    return Starlette(routes=[Mount(path.rstrip("/"), published)], middleware=[Middleware(_HouseHeaders)])


async def serve(settings: Settings, directory: str, stop: asyncio.Event) -> None:
    """Serve until `stop` is set; requests under way are finished. Raises OSError if the address cannot be bound."""
    application = build(directory, urlsplit(settings.site.base_url).path)
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        lifespan="off",
    )
    family = socket.AF_INET6 if ":" in settings.server.host else socket.AF_INET
    with socket.create_server((settings.server.host, settings.server.port), family=family) as listener:
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """Leaves the process's signals to the command that started it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Published(StaticFiles):
    """Static files with our media types and validators on each."""

    async def check_config(self) -> None:
        """Allow the directory to be missing: before the first publication there is none, and nothing is found."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        kind = MEDIA_TYPES.get(PurePath(full_path).suffix)
        response = FileResponse(full_path, status_code=status_code, stat_result=stat_result, media_type=kind)
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(response.headers)
        return response


class _HouseHeaders:
    """Adds the headers that every answer carries."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self._app(scope, receive, with_headers)
