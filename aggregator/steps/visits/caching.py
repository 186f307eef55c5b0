"""What a server's headers say about when to come back, as seconds between 0 and seven days.

Header names are lower case, values as they came. This module decides nothing: `steps.cadence` weighs what it returns.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 7 * 86400.0
"""Seconds. A server that says more means "for ever" or is mistaken, so more counts as this."""

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_DIRECTIVE = re.compile(r'([!#$%&\'*+.^_`|~0-9a-z-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;"]*)))?')
_DIGITS = 12  # more would only overflow


def max_age(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return for how long an answer is fresh, None if nothing is said (RFC 9111 §4.2.1, private cache); `age` goes off.

    `Cache-Control: max-age`; else `Expires` less `Date` (`now` if there is none). What must be revalidated, and what is
    said in a way that cannot be read, is fresh for 0 seconds.
    """
    directives = _directives(headers.get("cache-control", ""))
    if "no-cache" in directives or "no-store" in directives:
        return 0.0
    if "max-age" in directives:
        fresh = _seconds(directives["max-age"]) or 0.0
    elif "expires" in headers:
        expires = http_date(headers["expires"])
        date = http_date(headers.get("date", "")) or now
        fresh = (expires - date).total_seconds() if expires else 0.0
    else:
        return None
    return _clamp(fresh)


def age(headers: Mapping[str, str]) -> float:
    """Return for how long this one answer has been in caches, in seconds (RFC 9111 §5.1)."""
    return _clamp(_seconds(headers.get("age", "")) or 0.0)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that Retry-After asks for, None if there is none or it cannot be read (RFC 9110 §10.2.3).

    An instant is seen from `Date`, from `now` if there is none. A number below zero and an instant that has passed ask
    for nothing, and are taken for what cannot be read.
    """
    seconds = _seconds(headers.get("retry-after", ""))
    if seconds is None:
        until = http_date(headers.get("retry-after", ""))
        seconds = (until - (http_date(headers.get("date", "")) or now)).total_seconds() if until else None
    return None if seconds is None or seconds < 0 else _clamp(seconds)


def http_date(value: str) -> datetime | None:
    """Return an HTTP date in any of its three forms as aware UTC (RFC 9110 §5.6.7), None if it is none."""
    try:
        date = parsedate_to_datetime(value.strip())
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):  # what the standard library raises for odd dates
        return None


def _directives(value: str) -> dict[str, str]:
    """Return Cache-Control's directives, the first of each name (RFC 9111 §4.2.1)."""
    found: dict[str, str] = {}
    for match in _DIRECTIVE.finditer(value.lower()):
        found.setdefault(match[1], match[2] or match[3] or "")
    return found


def _seconds(value: str) -> float | None:
    text = value.strip()
    if not _NUMBER.fullmatch(text):
        return None
    if len(text.partition(".")[0]) > _DIGITS:
        return -1.0 if text.startswith("-") else LONGEST
    return float(text[:64])


def _clamp(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST)
