"""Adapters that get documents: feeds, declared pages and APIs over HTTP, files, folders.

`open_fetchers` is all that others need.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aggregator.ports import Clock, Fetcher
    from aggregator.settings import Http


def open_fetchers(
    http: Http, *, version: str, contact: str, clock: Clock, robots: Path | None = None
) -> Sequence[Fetcher]:
    """Return one fetcher of each kind; close them with `aclose`. Raises `errors.ConfigError` for a bad proxy.

    `contact` is a URL or address that tells server owners whom to talk to; it ends up in the User-Agent. What
    robots.txt files said is kept in the file `robots`, if there is one.
    """
    # As if httpx's own command line were not installed: with rich and pygments it costs 60 ms that no fetch needs.
    cast("dict[str, Any]", sys.modules).setdefault("httpx._main", None)
    from aggregator.fetchers.declared import DeclaredFetcher  # noqa: PLC0415
    from aggregator.fetchers.file import FileFetcher, FolderFetcher  # noqa: PLC0415
    from aggregator.fetchers.http import HttpFetcher  # noqa: PLC0415 - a tenth of a second for those who fetch

    web = HttpFetcher(http, user_agent=agent(version, contact), clock=clock)
    return (
        web,
        DeclaredFetcher(web, clock=clock, robots=robots),
        FileFetcher(max_bytes=http.max_bytes),
        FolderFetcher(max_bytes=http.max_bytes),
    )


def agent(version: str, contact: str) -> str:
    """Return our own User-Agent."""
    return f"tagwire/{version} (+{contact})" if contact else f"tagwire/{version}"
