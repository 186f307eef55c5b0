"""Adapters that get documents: feeds, declared pages and APIs over HTTP, files, folders.

`open_fetchers` is all that others need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.fetchers.declared import DeclaredFetcher
from aggregator.fetchers.file import FileFetcher, FolderFetcher
from aggregator.fetchers.http import HttpFetcher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.ports import Clock, Fetcher
    from aggregator.settings import Http


def open_fetchers(http: Http, *, version: str, contact: str, clock: Clock) -> Sequence[Fetcher]:
    """Return one fetcher of each kind; close them with `aclose`. Raises `errors.ConfigError` for a bad proxy.

    `contact` is a URL or address that tells server owners whom to talk to; it ends up in the User-Agent.
    """
    agent = f"tagwire/{version} (+{contact})" if contact else f"tagwire/{version}"
    web = HttpFetcher(http, user_agent=agent, clock=clock)
    return (
        web,
        DeclaredFetcher(web, clock=clock, gap=http.per_host_delay),
        FileFetcher(max_bytes=http.max_bytes),
        FolderFetcher(max_bytes=http.max_bytes),
    )
