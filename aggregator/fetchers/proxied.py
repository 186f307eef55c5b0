"""Requests through the configured proxy, whose own failures are told as such: no server is to blame for them."""

from __future__ import annotations

import ssl
from http import HTTPStatus
from typing import Any

import httpx

from aggregator.errors import ConfigError, ConnectFailed, ProxyFailed, TlsFailed

_PROXY = "the proxy (http.proxy)"
"""Without its address, since messages are published on the status page."""
_PROXYS_TLS = "connection.start_tls.failed"
"""The transport's name for TLS with the proxy itself that failed; TLS through the proxy has another name."""
_REFUSED = str(HTTPStatus.PROXY_AUTHENTICATION_REQUIRED.value)


class Proxied(httpx.AsyncBaseTransport):
    """Sends every request to `proxy`, a URL, which resolves names: addresses are not checked here.

    Raises `errors.ConfigError` for a bad URL; then `errors.ProxyFailed` when the proxy cannot be reached or does not
    let us in, `ConnectFailed` when it cannot reach the server, and what httpx raises.
    """

    def __init__(self, proxy: str, ssl_context: ssl.SSLContext | None = None) -> None:
        try:
            self._transport = httpx.AsyncHTTPTransport(verify=ssl_context or True, trust_env=False, proxy=proxy)
        except (httpx.InvalidURL, ValueError, ImportError) as error:
            raise ConfigError((f"http.proxy: {error}",)) from error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer that came through the proxy."""
        steps: set[str] = set()

        async def note(step: str, _: dict[str, Any]) -> None:
            steps.add(step)

        request.extensions = {**request.extensions, "trace": note}
        try:
            answer = await self._transport.handle_async_request(request)
        except httpx.ProxyError as error:
            if str(error).startswith(_REFUSED):
                raise ProxyFailed(f"{_PROXY} lets nobody in: {error}") from error
            raise ConnectFailed(f"{_PROXY} says: {error}") from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if _in_tls(error) and _PROXYS_TLS not in steps:  # with the server, through the proxy
                raise TlsFailed(f"TLS failed: {error}") from error
            raise ProxyFailed(f"{_PROXY} cannot be reached: {error or 'no answer'}") from error
        if answer.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            await answer.aclose()
            raise ProxyFailed(f"{_PROXY} lets nobody in: {_REFUSED} Proxy Authentication Required")
        return answer

    async def aclose(self) -> None:
        """Close connections."""
        await self._transport.aclose()


def _in_tls(error: BaseException | None) -> bool:
    """Whether the error came of a TLS handshake."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
