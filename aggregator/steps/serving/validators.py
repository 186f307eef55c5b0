"""Whether what a client has is still current: If-None-Match and If-Modified-Since (RFC 9110 §13.1.2, §13.1.3).

This module makes no validators and reads no files.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from aggregator.steps.visits import caching

_TAG: Final = re.compile(r'(?:W/)?("[^"\x00-\x20\x7f]*")')


def is_current(none_match: str, modified_since: str, *, etag: str, modified: int) -> bool:
    """Whether to answer 304; the headers are empty if they were not sent.

    `etag` is the present one, quoted, and compared weakly; `modified` is in seconds since 1970 and counts only if no
    If-None-Match was sent.
    """
    if none_match:
        return none_match == etag or none_match.strip() == "*" or etag.removeprefix("W/") in _TAG.findall(none_match)
    since = _seconds(modified_since) if modified_since else None
    return since is not None and modified <= since


@lru_cache(maxsize=256)
def _seconds(value: str) -> int | None:
    """Seconds since 1970 of an HTTP date, None for what is none."""
    date = caching.http_date(value)
    return int(date.timestamp()) if date else None
