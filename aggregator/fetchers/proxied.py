"""Requests through the configured proxy, whose own failures are told as such: no server is to blame for them."""

from __future__ import annotations

import asyncio
import ssl
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from aggregator.errors import ConfigError, ConnectFailed, ProxyFailed, TlsFailed
from aggregator.fetchers import requests

if TYPE_CHECKING:
    from collections.abc import Collection

_PROXY = "the proxy (http.proxy)"
"""Without its address, since messages are published on the status page."""
_SERVERS_TLS = "proxy.start_tls.started"
_PROXYS_TLS = "connection.start_tls.failed"
"""What the transport says when TLS with whom it dials fails, who is the proxy; TLS through it is called otherwise."""
_OPENING = ("connection.connect_tcp", "connection.start_tls")
"""What is done with the proxy alone."""
_ANSWERED = "http11.receive_response_headers.complete"
"""What the transport says when anything came back, be it the answer to CONNECT."""
_SOONER = 0.8
"""Part of a fetch's time that opening a connection may take: cancelled meanwhile, the transport would not close it."""
_PATIENCE = 3.0
"""Seconds in which a proxy that works has answered a request that it need not pass on."""
_REFUSED = str(HTTPStatus.PROXY_AUTHENTICATION_REQUIRED.value)


class Proxied(httpx.AsyncBaseTransport):
    """Sends every request to `proxy`, a URL, which resolves names: addresses are not checked here.

    Raises `errors.ConfigError` for a bad URL; then `errors.ProxyFailed` when the proxy cannot be reached or does not
    let us in, `ConnectFailed` when it cannot reach the server, and what httpx raises. Requests that are given up after
    `timeout` seconds have `requests.LATE` to tell whether the proxy is to blame.
    """

    def __init__(self, proxy: str, ssl_context: ssl.SSLContext | None = None, *, timeout: float = _PATIENCE) -> None:
        self._patience = min(timeout, _PATIENCE)
        self._limits = {"connect": timeout * _SOONER}
        try:
            self._proxy = httpx.URL(proxy).copy_with(userinfo=b"")
            self._tls = httpcore.default_ssl_context() if self._proxy.scheme == "https" else None
            through = httpx.Proxy(proxy, ssl_context=self._tls)
            self._transport = httpx.AsyncHTTPTransport(verify=ssl_context or True, trust_env=False, proxy=through)
        except (httpx.InvalidURL, ValueError, ImportError) as error:
            raise ConfigError((f"http.proxy: {error}",)) from error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer that came through the proxy."""
        steps: set[str] = set()

        async def note(step: str, _: dict[str, Any]) -> None:
            steps.add(step)

        ours = {"trace": note, "timeout": self._limits, requests.LATE: partial(self._blame, steps)}
        request.extensions = {**request.extensions, **ours}
        try:
            answer = await self._transport.handle_async_request(request)
        except httpx.ProxyError as error:
            if str(error).startswith(_REFUSED):
                raise ProxyFailed(f"{_PROXY} lets nobody in: {error}") from error
            raise ConnectFailed(f"{_PROXY} says: {error}") from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if isinstance(error, httpx.ConnectTimeout) and _SERVERS_TLS in steps:
                raise
            if _in_tls(error) and _PROXYS_TLS not in steps:  # with the server, through the proxy
                raise TlsFailed(f"TLS failed: {error}") from error
            raise ProxyFailed(f"{_PROXY} cannot be reached: {str(error) or 'no answer'}") from error
        if answer.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            await answer.aclose()
            raise ProxyFailed(f"{_PROXY} lets nobody in: {_REFUSED} Proxy Authentication Required")
        return answer

    async def aclose(self) -> None:
        """Close connections."""
        await self._transport.aclose()

    async def _blame(self, steps: Collection[str]) -> None:
        """Raise `errors.ProxyFailed` if a request that went so far and no further waited for the proxy itself.

        A server that does not answer makes its proxy silent, too: then the proxy is asked for something of its own.
        """
        begun = any(f"{step}.started" in steps and f"{step}.complete" not in steps for step in _OPENING)
        if begun or (_ANSWERED not in steps and await self._is_silent()):
            raise ProxyFailed(f"{_PROXY} does not answer")

    def _directly(self) -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(verify=self._tls or False, trust_env=False)

    async def _is_silent(self) -> bool:
        """Whether the proxy says nothing to a request that goes no further than to it (RFC 9110 §7.6.2)."""
        ask = httpx.Request("OPTIONS", self._proxy, headers={"Max-Forwards": "0"}, extensions={"target": b"*"})
        try:
            async with asyncio.timeout(self._patience), self._directly() as direct:
                await (await direct.handle_async_request(ask)).aclose()
        except TimeoutError:
            return True
        except httpx.HTTPError:  # it has closed the connection, or says what is no HTTP: somebody is there
            return False
        return False


def _in_tls(error: BaseException | None) -> bool:
    """Whether the error came of a TLS handshake."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
