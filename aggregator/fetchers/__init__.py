"""Adapters that get documents: over HTTP, from a file, from a folder. `open_fetchers` is all that others need."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    return (
        HttpFetcher(http, user_agent=agent(version, contact), clock=clock),
        FileFetcher(max_bytes=http.max_bytes),
        FolderFetcher(max_bytes=http.max_bytes),
    )


def agent(version: str, contact: str) -> str:
    """Return our own User-Agent."""
    return f"tagwire/{version} (+{contact})" if contact else f"tagwire/{version}"
