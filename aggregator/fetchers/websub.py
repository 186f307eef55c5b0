"""Tells a WebSub hub which feeds changed (W3C WebSub §6, and the publish request that hubs agreed on before it).

The hub's address is checked as every other is. This module does not retry and remembers nothing.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import httpx

from aggregator.errors import DeadlineExceeded, HttpStatus
from aggregator.fetchers import faults, requests
from aggregator.fetchers.http import open_transport
from aggregator.fetchers.network import Network, SystemNetwork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.settings import Http

BATCH: Final = 50
"""Feeds named in one request."""


async def ping(http: Http, hub: str, topics: Sequence[str], *, user_agent: str, network: Network | None = None) -> None:
    """Tell the hub that the feeds at the URLs `topics`, at most `BATCH`, changed; within `http.timeout` seconds.

    Raises `errors.FetchError`; redirects are not followed.
    """
    url = requests.parse_url(hub)
    body = urlencode([("hub.mode", "publish"), *(("hub.url", topic) for topic in topics)]).encode()
    headers = [
        (b"user-agent", requests.encode(http.user_agent or user_agent)),
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"content-length", str(len(body)).encode()),
    ]
    network = network or SystemNetwork()
    transport = open_transport(http, network)
    try:
        async with asyncio.timeout(http.timeout):
            answer = await transport.handle_async_request(httpx.Request("POST", url, headers=headers, content=body))
            await answer.aclose()
    except TimeoutError as error:
        raise DeadlineExceeded(f"no answer within {http.timeout:g} s", url=hub) from error
    except faults.FOREIGN as error:
        raise faults.translate(error) from error
    finally:
        await transport.aclose()
        network.close()
    if not HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
        raise HttpStatus(f"the hub answered {answer.status_code}", status=answer.status_code, url=hub)
