"""Where a request goes: URLs checked, and split into what a request says of them.

httpx reads them, as it reads where redirects point. Most feeds' URLs are so plain that nothing of them would change;
these are read without it, at a tenth of the CPU, and a round that meets no others never imports it. This module opens
no connection.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from aggregator.errors import BadRedirect, BadScheme, BadUrl, FetchError
from aggregator.steps import addresses

if TYPE_CHECKING:
    import httpx

# As if httpx's own command line were not installed: with rich and pygments it costs 60 ms that no fetch needs.
cast("dict[str, Any]", sys.modules).setdefault("httpx._main", None)

PORTS = {"http": 80, "https": 443}
"""The ports of URLs that name none."""
_LONGEST_HOST = 253
_HIGHEST_PORT = 65535
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_USERINFO = re.compile(r"^([^/?#]*//)[^/?#]*@")
_PLAIN = re.compile(
    r"(https?)://"
    r"((?:[a-z0-9-]+\.)*[a-z]+|(?:[0-9]{1,3}\.){3}[0-9]{1,3})(?::([1-9][0-9]{0,4}))?"
    r"(/(?:[A-Za-z0-9_~/-]|\.(?=[A-Za-z0-9_~-]))*(?:\?[A-Za-z0-9_.~=&-]+)?)"
)
"""URLs that httpx gives back as they are: nothing to escape, no dots to resolve, no upper case in the host."""


class Url(NamedTuple):
    """A URL as httpx writes it, without credentials and fragment, and its parts."""

    text: str
    scheme: str
    host: str
    """ASCII; IPv6 addresses without brackets."""
    port: int | None
    """None for the scheme's own."""
    netloc: bytes
    """For the Host header."""
    target: bytes
    """Path and query."""
    userinfo: bytes = b""
    """Still percent-encoded."""


def parse_url(text: str) -> Url:
    """Return the URL, checked. Raises `errors.BadUrl` and `errors.BadScheme`."""
    return _plain(text) or _read(text)


def join(base: Url, location: str) -> Url:
    """Return where a redirect from `base` points. Raises `errors.BadRedirect`, `BadUrl` and `BadScheme`."""
    import httpx  # noqa: PLC0415 - 25 ms that few rounds need

    try:
        joined = httpx.URL(base.text).join(_text(location))
    except (httpx.InvalidURL, ValueError) as error:
        raise BadRedirect(f"the redirect's target is not a URL: {error}") from error
    return _checked(joined)._replace(userinfo=b"")


def redacted(text: str) -> str:
    """Return the URL without credentials, for people and logs; it need not be a valid one."""
    return _USERINFO.sub(r"\1", text)


def same_owner(here: Url, there: Url) -> bool:
    """Whether both are one server: same host and port, or the same host's step from plain http to https."""
    if here.host != there.host:
        return False
    if here.scheme == there.scheme:
        return here.port == there.port
    return there.scheme == "https" and here.port is None and there.port is None


def _plain(text: str) -> Url | None:
    """Return what `_read` returns, for URLs that need no reading; None for others."""
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    scheme, host, digits, target = found.groups()
    port = int(digits) if digits else None
    if len(host) > _LONGEST_HOST or port == PORTS[scheme] or (port or 0) > _HIGHEST_PORT:
        return None
    if host[-1].isdigit() and not addresses.is_literal(host):
        return None
    netloc = f"{host}:{port}" if port else host
    return Url(text, scheme, host, port, netloc.encode(), target.encode())


def _read(text: str) -> Url:
    """Return the URL as httpx reads it, checked. Raises `errors.BadUrl` and `errors.BadScheme`."""
    import httpx  # noqa: PLC0415 - as in `join`

    try:
        return _checked(httpx.URL(text))
    except (httpx.InvalidURL, ValueError) as error:  # IDNA and Unicode errors are ValueErrors
        raise BadUrl(f"not a URL: {error}", url=redacted(text)) from error
    except FetchError as error:
        error.url = redacted(text)
        raise


def _checked(url: httpx.URL) -> Url:
    if url.scheme not in PORTS:
        raise BadScheme(f"{url.scheme[:40] or 'no scheme'!r} is neither http nor https")
    host = url.raw_host.decode("ascii")
    if len(host) > _LONGEST_HOST or not (_NAME.fullmatch(host) or addresses.is_literal(host)):
        raise BadUrl(f"{host[:80]!r} is not a host name")
    if url.port is not None and not 0 < url.port <= _HIGHEST_PORT:
        raise BadUrl(f"there is no port {url.port}")
    bare = url.copy_with(userinfo=b"", fragment=None) if url.userinfo or url.fragment else url
    return Url(str(bare), url.scheme, host, url.port, bare.netloc, bare.raw_path, url.userinfo)


def _text(location: str) -> str:
    """Return a Location as text: received as latin-1, though many servers write raw UTF-8."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location
