"""Feeds over HTTP, conditionally: one deadline, one size limit, few redirects, and every failure one of ours.

Every hop takes its turn at its host (`fetchers.pace`). Parsing, deciding when to come back and retrying are done
elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aggregator.errors import DeadlineExceeded, FetchError, Gone, HttpStatus, RateLimited, TooLarge
from aggregator.fetchers import faults, requests
from aggregator.fetchers.network import CheckedNetwork, Network, SystemNetwork
from aggregator.fetchers.pace import Pace
from aggregator.fetchers.transport import PerHost
from aggregator.model import Document, NotModified, Response
from aggregator.steps import addresses
from aggregator.steps.bodies.inflate import Inflater
from aggregator.steps.visits import caching

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping

    import httpx

    from aggregator.model import FetchState, Source
    from aggregator.ports import Clock
    from aggregator.settings import Http

log = logging.getLogger(__name__)

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NOT_MODIFIED: Final = 304
_NO_DOCUMENT: Final = frozenset({204, 205, 206})
_DRAINED: Final = 16 * 1024
"""Bytes of a redirect's body that are read to keep its connection."""
_JOINED: Final = frozenset({"cache-control", "content-encoding", "link"})
"""Headers whose repetitions count; of others the first does."""


class HttpFetcher:
    """Fetches sources that have a URL (`ports.Fetcher`).

    `network` is what looks up names and connects, for tests; `ssl_context` trusts what a test signs. A configured
    proxy is trusted to resolve names: then addresses are not checked here.
    """

    def __init__(
        self,
        http: Http,
        *,
        user_agent: str,
        clock: Clock,
        network: Network | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._common = requests.common(http.user_agent or user_agent)
        self._pace = Pace(clock, http.per_host_delay, patience=http.timeout + http.per_host_delay)
        self._network = network or SystemNetwork()
        self._transport = open_transport(http, self._network, ssl_context)

    def accepts(self, source: Source) -> bool:
        """Whether the source is a feed with a URL."""
        return source.kind == "feed" and bool(source.url)

    async def fetch(
        self, source: Source, state: FetchState, admit: Callable[[str], Awaitable[None]] | None = None
    ) -> Response | NotModified:
        """Return the document, or `NotModified`, within `http.timeout` seconds. Raises `errors.FetchError` only.

        `url` of the result is where the document came from, after redirects and without credentials. `admit` is asked
        before every hop, and raises what forbids it. Neither it nor waiting for a host's turn counts as time.
        """
        trail = requests.begin(source, state, self._clock.now())
        try:
            return await self._fetch(trail, state, admit)
        except TimeoutError as error:
            raise await self._late(trail) from error
        except faults.FOREIGN as error:
            failure = faults.translate(error)
            failure.url = str(trail.url)
            raise failure from error
        except FetchError as error:
            error.url = error.url or str(trail.url)
            raise

    async def aclose(self) -> None:
        """Close connections and lookup threads."""
        await self._transport.aclose()
        self._network.close()

    async def _late(self, trail: requests.Trail) -> FetchError:
        """Return the error of a fetch that took too long: the server's, unless the transport knows better."""
        url = str(trail.url)
        try:
            if trail.asked and (blame := trail.asked.extensions.get(requests.LATE)):
                await blame()
        except FetchError as error:
            error.url = url
            return error
        return DeadlineExceeded(f"no complete answer within {self._http.timeout:g} s", url=url)

    async def _fetch(
        self, trail: requests.Trail, state: FetchState, admit: Callable[[str], Awaitable[None]] | None
    ) -> Response | NotModified:
        """Ask, follow redirects, and return the first answer that is no redirect. Raises `TimeoutError`, too."""
        left, time = self._http.timeout, asyncio.get_running_loop().time
        while True:
            if admit is not None:
                await admit(str(trail.url))
            async with self._pace.turn(trail.host):
                began = time()
                async with asyncio.timeout(left):
                    found = await self._hop(trail, state)
                left -= time() - began
            if found is not None:
                return found

    async def _hop(self, trail: requests.Trail, state: FetchState) -> Response | NotModified | None:
        """Return what one request brought, None if it leads elsewhere."""
        answer = await self._transport.handle_async_request(trail.request(self._common))
        try:
            said = _headers(answer)
            log.debug("%s%s: %d", trail.url.host, trail.url.path, answer.status_code)  # queries may be secrets
            if answer.status_code in _REDIRECTS:
                trail.follow(answer.status_code, said.get("location", ""))
                await _drain(answer, said)
                return None
            if answer.status_code == _NOT_MODIFIED and trail.conditions:
                await _drain(answer, {"content-length": "0"})
                return self._not_modified(said, state, trail)
            self._check_status(answer.status_code, said, trail)
            return self._response(answer.status_code, said, await self._read(answer, said), trail)
        finally:
            await answer.aclose()

    def _check_status(self, status: int, said: Mapping[str, str], trail: requests.Trail) -> None:
        """Raise the error that a status means, unless it comes with a document (RFC 9110 §15)."""
        url = str(trail.url)
        if status == HTTPStatus.IM_USED and not requests.is_delta(said, trail.conditions):
            raise HttpStatus("226 with a part that was not asked for", status=status, url=url)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES and status not in _NO_DOCUMENT:
            return
        wait = caching.retry_after(said, self._clock.now())
        message = f"{status} {_phrase(status)}".rstrip()
        if status == _NOT_MODIFIED:
            message += " to a request without conditions"
        if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None):
            raise RateLimited(message, status=status, url=url, retry_after=wait)
        kind = Gone if status == HTTPStatus.GONE else HttpStatus
        raise kind(message, status=status, url=url, retry_after=wait)

    async def _read(self, answer: httpx.Response, said: Mapping[str, str]) -> bytes:
        """Return the decoded body. Raises `errors.TooLarge`, `BadEncoding` and `Truncated`."""
        limit = self._http.max_bytes
        length = said.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > 2 * limit:
            raise TooLarge(f"the server announces {length[:20]} bytes, the limit is {limit}")
        inflater = Inflater(said.get("content-encoding", ""), limit=limit)
        async for chunk in answer.stream:  # type: ignore[union-attr]  # asynchronous, since the transport is
            inflater.feed(chunk)
        return inflater.finish()

    def _response(self, status: int, said: Mapping[str, str], body: bytes, trail: requests.Trail) -> Response:
        media_type, charset = _content_type(said.get("content-type", ""))
        url = str(trail.url)
        return Response(
            url=url,
            status=status,
            documents=(Document(name=url, body=body, media_type=media_type, charset=charset),),
            etag=requests.opaque(said.get("etag", "")),
            last_modified=requests.opaque(said.get("last-modified", "")),
            max_age=caching.max_age(said, self._clock.now()),
            age=caching.age(said),
            moved_to=trail.moved_to,
            delta=status == HTTPStatus.IM_USED,
            links=said.get("link", ""),
        )

    def _not_modified(self, said: Mapping[str, str], state: FetchState, trail: requests.Trail) -> NotModified:
        """Return the news of no news, with the validators as they are from now on (RFC 9111 §4.3.4)."""
        return NotModified(
            url=str(trail.url),
            etag=requests.opaque(said.get("etag", "")) or state.etag,
            last_modified=requests.opaque(said.get("last-modified", "")) or state.last_modified,
            max_age=caching.max_age(said, self._clock.now()),
            age=caching.age(said),
            moved_to=trail.moved_to,
        )


def open_transport(http: Http, network: Network, ssl_context: ssl.SSLContext | None = None) -> httpx.AsyncBaseTransport:
    """Return what sends requests: only to addresses that may be dialled, or through the configured proxy.

    Raises `errors.ConfigError` for a bad proxy.
    """
    if not http.proxy:
        rules = addresses.policy(http.allow_hosts, private=http.allow_private_networks)
        return PerHost(CheckedNetwork(network, rules), ssl_context=ssl_context)
    from aggregator.fetchers.proxied import Proxied  # noqa: PLC0415 - few sites have one

    return Proxied(http.proxy, ssl_context, timeout=http.timeout)


def _headers(answer: httpx.Response) -> dict[str, str]:
    """Return the answer's headers, names in lower case, values as latin-1 text that encodes back to their bytes."""
    found: dict[str, str] = {}
    for raw_name, raw_value in answer.headers.raw:
        name, value = raw_name.lower().decode("latin-1"), raw_value.decode("latin-1")
        if name not in found:
            found[name] = value
        elif name in _JOINED:
            found[name] += ", " + value
    return found


async def _drain(answer: httpx.Response, said: Mapping[str, str]) -> None:
    """Read a small body that nobody wants, so that the connection can be used again."""
    length = said.get("content-length", "")
    if "transfer-encoding" not in said and length.isdecimal() and int(length[:20]) <= _DRAINED:
        async for _ in answer.stream:  # type: ignore[union-attr]  # asynchronous, since the transport is
            pass


def _content_type(value: str) -> tuple[str, str]:
    """Return media type, lower case, and charset (RFC 9110 §8.3.1), each empty where nothing is said."""
    media_type, *parameters = value.split(";")
    for parameter in parameters:
        name, _, charset = parameter.partition("=")
        if name.strip().lower() == "charset":
            return media_type.strip().lower(), charset.strip().strip("\"'")
    return media_type.strip().lower(), ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
