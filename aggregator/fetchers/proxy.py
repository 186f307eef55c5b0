"""Requests through the configured proxy, by httpx: it is trusted to resolve names, so addresses are not checked here.

This module decides nothing about requests; without a proxy it is not imported.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from aggregator.errors import BadScheme, BadUrl, ConfigError, ConnectFailed, DeadlineExceeded
from aggregator.fetchers import faults
from aggregator.fetchers.transport import Answer

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterator

    from aggregator.fetchers.connection import Request

_TABLE: faults.Table = (
    (httpx.InvalidURL, BadUrl, "the URL cannot be requested"),
    (httpx.LocalProtocolError, BadUrl, "the request cannot be written"),
    (httpx.UnsupportedProtocol, BadScheme, "neither http nor https"),
    (httpx.TimeoutException, DeadlineExceeded, "no answer in time"),
    (httpx.RemoteProtocolError, ConnectFailed, "what came back is not HTTP"),
    (httpx.HTTPError, ConnectFailed, "the connection broke"),
)


class Proxied:
    """Sends requests through a proxy (`transport.Transport`). Raises `errors.ConfigError` for a bad one."""

    def __init__(self, proxy: str, ssl_context: ssl.SSLContext | None = None) -> None:
        try:
            self._transport = httpx.AsyncHTTPTransport(verify=ssl_context or True, trust_env=False, proxy=proxy)
        except (httpx.InvalidURL, ValueError, ImportError) as error:
            raise ConfigError((f"http.proxy: {error}",)) from error

    async def send(self, request: Request) -> Answer:
        """Return the answer with its body still to be read. Raises `errors.FetchError` and what `faults` knows."""
        method, url, headers, body = request
        with translated():
            answer = await self._transport.handle_async_request(
                httpx.Request(method, url.text, headers=headers, content=body or None)
            )
        said = [(name.lower(), value) for name, value in answer.headers.raw]
        return Answer(answer.status_code, said, _body(answer), answer.aclose)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()


@contextmanager
def translated() -> Iterator[None]:
    """Turn what httpx raises in the block into our own errors."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise faults.translate(error, _TABLE) from error


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    with translated():
        async for chunk in answer.stream:  # type: ignore[union-attr]  # asynchronous, since the transport is
            yield chunk
