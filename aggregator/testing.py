"""Fakes that ship with the package, for tests of it and of what is built on it: a clock, a site, a store.

`FakeClock` is time that moves when told. `LoopbackSite` is a real HTTP/1.1 server on this machine with pages that the
test writes. `MemoryStore` is the index without a file. No test framework is imported here.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from aggregator.stores.memory import MemoryStore

__all__ = ["FakeClock", "InlineWorkers", "LoopbackSite", "MemoryStore", "Page", "Visit"]


def __getattr__(name: str) -> Any:
    """Load `MemoryStore` when it is asked for: the other fakes need no store."""
    if name == "MemoryStore":
        from aggregator.stores.memory import MemoryStore  # noqa: PLC0415 - loaded on demand

        return MemoryStore
    raise AttributeError(name)


class FakeClock:
    """A clock that moves only when somebody sleeps or advances it (`ports.Clock`)."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._passed = 0.0
        self.slept: list[float] = []
        """What `sleep` was asked for, in order."""

    def now(self) -> datetime:
        """Return the start plus what has passed."""
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        """Return the seconds that have passed."""
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once; other tasks get a turn."""
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Let time pass; never back."""
        self._passed += max(0.0, seconds)


class InlineWorkers:
    """Workers that run in the calling process: no limits, no start-up (`ports.Workers`)."""

    async def call(self, function: Callable[[bytes], bytes], payload: bytes, *, url: str = "") -> bytes:  # noqa: ARG002
        """Return `function(payload)`."""
        return function(payload)

    def close(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the site answers under one path; `etag` and `last_modified` are sent and honoured if not empty."""

    body: bytes = b""
    media_type: str = "application/xml"
    status: int = 200
    etag: str = ""
    last_modified: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request as it came; header names in lower case. `status` is what was answered."""

    path: str
    headers: Mapping[str, str]
    status: int
    body: bytes = b""
    """What came with a POST."""


class LoopbackSite:
    """A web site on loopback with a free port, running while its `with` block does.

    `requests` tells who asked for what; pages may be added and replaced at any time. Conditional requests are answered
    as RFC 9110 §13 says: If-None-Match is compared if there is one, else If-Modified-Since with the very text.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self.requests: list[Visit] = []
        self._pages: dict[str, Page] = {}
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        self._server = _Server((self.host, 0), _Handler, self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.005})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    @property
    def port(self) -> int:
        """The port that the system chose."""
        return int(self._server.server_address[1])

    def url(self, path: str = "/") -> str:
        """Return the absolute URL of a path."""
        return f"http://{self.host}:{self.port}{path}"

    def page(
        self,
        path: str,
        body: bytes | str = b"",
        *,
        media_type: str = "application/xml",
        etag: bool | str = True,
        last_modified: str = "",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
    ) -> str:
        """Write or replace the page under `path` (with its query, if any) and return its URL.

        `etag` True stands for a digest of the body, a text for itself.
        """
        data = body.encode() if isinstance(body, str) else body
        tag = etag if isinstance(etag, str) else f'"{blake2b(data, digest_size=8).hexdigest()}"' if etag else ""
        self._pages[path] = Page(
            body=data,
            media_type=media_type,
            status=status,
            etag=tag if status == HTTPStatus.OK else "",
            last_modified=last_modified,
            headers=dict(headers or {}),
            delay=delay,
        )
        return self.url(path)

    def remove(self, path: str) -> None:
        """Take a page away; it is 404 from now on."""
        del self._pages[path]

    def visits(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(visit.path == path for visit in self.requests)

    def answer(self, path: str, headers: Mapping[str, str], body: bytes = b"") -> Page:
        """Return the page as it is to be sent to somebody who asks with these headers, and record the visit."""
        page = self._pages.get(path, Page(status=404, body=b"no such page", media_type="text/plain"))
        if page.delay:
            self._stopping.wait(page.delay)
        status = HTTPStatus.NOT_MODIFIED if _is_current(page, headers) else page.status
        self.requests.append(Visit(path=path, headers=headers, status=status, body=body))
        if status == page.status:
            return page
        return Page(status=status, etag=page.etag, last_modified=page.last_modified, headers=page.headers)


def _is_current(page: Page, headers: Mapping[str, str]) -> bool:
    """Whether the visitor has the page already (RFC 9110 §13.1.2, §13.1.3)."""
    if "if-none-match" in headers:
        known = [tag.strip().removeprefix("W/") for tag in headers["if-none-match"].split(",")]
        return bool(page.etag) and page.etag.removeprefix("W/") in known
    return bool(page.last_modified) and headers.get("if-modified-since") == page.last_modified


class _Server(ThreadingHTTPServer):
    """A server that can end the connections its visitors keep open."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], site: LoopbackSite) -> None:
        self.site = site
        self.open: set[socket.socket] = set()
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind, without looking up the host's name as `HTTPServer` does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.site.host, int(self.server_address[1])

    def hang_up(self) -> None:
        """Make every handler read the end of its connection."""
        for connection in tuple(self.open):
            with suppress(OSError):  # the visitor may have been quicker
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """One visitor's connection."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def setup(self) -> None:
        """Make the connection known to the server."""
        self.server.open.add(self.request)
        super().setup()

    def finish(self) -> None:
        """Forget the connection."""
        self.server.open.discard(self.request)
        with suppress(OSError):  # the visitor may not have waited for the end
            super().finish()

    def handle(self) -> None:
        """Answer requests until the visitor goes, however he goes."""
        with suppress(OSError):
            super().handle()

    def do_GET(self) -> None:
        """Send the page."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        page = self.server.site.answer(self.path, headers, self.rfile.read(int(length)))
        fields = {
            "Content-Type": page.media_type,
            "ETag": page.etag,
            "Last-Modified": page.last_modified,
            "Content-Length": str(len(page.body)),
            **page.headers,
        }
        if page.status == HTTPStatus.NOT_MODIFIED:
            fields = {name: value for name, value in fields.items() if not name.lower().startswith("content-")}
        self.send_response_only(page.status)  # without Date: the time of these tests is not the machine's
        for name, value in fields.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page.body)
        self.wfile.flush()

    def do_POST(self) -> None:
        """Send the page, whatever came."""
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        """Say nothing: `LoopbackSite.requests` is the log."""
