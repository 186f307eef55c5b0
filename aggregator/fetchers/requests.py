"""What a request says and where it may go: URL checks, headers, validators, redirects.

Everything here is pure; the sending is in `fetchers.http`.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

import httpx

from aggregator.errors import BadRedirect, BadScheme, BadUrl, FetchError
from aggregator.steps import addresses, cadence
from aggregator.steps.bodies.inflate import ACCEPT_ENCODING
from aggregator.steps.visits import moves

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aggregator.model import FetchState, Source

Headers = list[tuple[bytes, bytes]]

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
MAX_REDIRECTS = 5

LATE: Final = "tagwire.late"
"""Extension of a request, if its transport knows: awaited when the answer did not come in time, it raises the
`errors.FetchError` of whom to blame for that, unless it is the server."""
_LONGEST_VALIDATOR = 1024
_LONGEST_HOST = 253
_HIGHEST_PORT = 65535
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_USERINFO = re.compile(r"^([^/?#]*//)[^/?#]*@")
_DELTA = (b"a-im", b"feed")
_PERMANENT = frozenset({301, 308})
_REPEATS = frozenset({307, 308})
"""Redirects after which the request is the same; after others it is a GET (RFC 9110 §15.4)."""
_SCHEMES = frozenset({"http", "https"})


def parse_url(text: str) -> httpx.URL:
    """Return the URL, checked. Raises `errors.BadUrl` and `errors.BadScheme`."""
    try:
        return _checked(httpx.URL(text))
    except (httpx.InvalidURL, ValueError) as error:  # IDNA and Unicode errors are ValueErrors
        raise BadUrl(f"not a URL: {error}", url=redacted(text)) from error
    except FetchError as error:
        error.url = redacted(text)
        raise


def redacted(text: str) -> str:
    """Return the URL without credentials, for people and logs; it need not be a valid one."""
    return _USERINFO.sub(r"\1", text)


def opaque(validator: str) -> str:
    """Return an ETag or Last-Modified as it may be echoed: the same text, or empty if echoing it would be unsafe."""
    if len(validator) > _LONGEST_VALIDATOR or _CONTROLS.search(validator):
        return ""
    return validator


def validators(source: Source, state: FetchState, now: datetime) -> Headers:
    """Return the headers that make a request to where the validators came from conditional (RFC 9110 §13.1).

    None if the state belongs to another address, or if its validators stood for the same document for a day: some are
    frozen. With an ETag, a part with what is new since is welcome, too (`A-IM: feed`, RFC 3229 §10.5.3).
    """
    if state.url != source.address or cadence.distrusts(state, now):
        return []
    pairs = ((b"if-none-match", opaque(state.etag)), (b"if-modified-since", opaque(state.last_modified)))
    headers = [(name, encode(value)) for name, value in pairs if value]
    return [*headers, _DELTA] if opaque(state.etag) else headers


def is_delta(said: Mapping[str, str], conditions: Headers) -> bool:
    """Whether a 226 is what was asked for: the new entries of a feed, as they stand in it (RFC 3229 §10.5.2)."""
    return _DELTA in conditions and said.get("im", "feed").strip().lower() == "feed"


def common(user_agent: str) -> Headers:
    """Return the headers of every request."""
    return [
        (b"user-agent", encode(user_agent)),
        (b"accept", ACCEPT.encode()),
        (b"accept-encoding", ACCEPT_ENCODING.encode()),
    ]


def private(source: Source, url: httpx.URL) -> Headers:
    """Return the headers that only the source's own host may see: configured ones, and the URL's credentials."""
    headers = [(encode(name.lower()), encode(value)) for name, value in source.headers]
    if url.userinfo:
        credentials = unquote_to_bytes(url.userinfo)
        if b":" not in credentials:
            credentials += b":"
        headers.insert(0, (b"authorization", b"Basic " + b64encode(credentials)))
    return headers


def merge(base: Headers, over: Headers) -> Headers:
    """Return `base` with the headers that `over` names replaced; what we can decode is not for others to say."""
    over = [pair for pair in over if pair[0] != b"accept-encoding"]
    names = {name for name, _ in over}
    return [pair for pair in base if pair[0] not in names] + over


def encode(value: str) -> bytes:
    """Return a header as bytes: latin-1 as received, else UTF-8 (configured text)."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")


def begin(source: Source, state: FetchState, now: datetime) -> Trail:
    """Return where to begin, and what to say there. Raises `errors.BadUrl` and `BadScheme`.

    A URL that was adopted after permanent redirects hears the source's own headers only if it is on that host.
    """
    url, asked = parse_url(source.url), moves.target(source, state)
    start = url if asked == source.url else parse_url(asked)
    trail = Trail(start, source.body, private(source, url))
    trail.trusted = start is url or _same_owner(url, start)
    trail.conditional(validators(source, state, now), state.validated)
    return trail


class Trail:
    """The way of one fetch over redirects: where it stands, and what may still be told there.

    `url` never carries credentials. `trusted` says whether the source's `own` headers may be sent: until the first hop
    to another host or port, or from https to http, and never again after it. `conditions` make the next request
    conditional: they are for one URL only. With a body the requests are POSTs.
    """

    def __init__(self, url: httpx.URL, body: str = "", own: Headers | None = None) -> None:
        self.url = url.copy_with(userinfo=b"", fragment=None) if url.userinfo or url.fragment else url
        self.asked: httpx.Request | None = None
        self.trusted = True
        self.moved_to = ""
        self.conditions: Headers = []
        self._own = own or []
        self._body = body.encode()
        self._permanent = True
        self._here = str(self.url)
        self._seen = {self._here}
        self._validators: tuple[Headers, str] = [], ""

    @property
    def host(self) -> str:
        """The name of the server that is asked, in ASCII."""
        return self.url.raw_host.decode("ascii").rstrip(".")

    def conditional(self, headers: Headers, url: str) -> None:
        """Make the request to this URL conditional, if the way leads there; empty is where the fetch stands."""
        self._validators = headers, url or self._here
        self.conditions = headers if self._validators[1] == self._here else []

    def request(self, common: Headers) -> httpx.Request:
        """Return the request for where the fetch stands; it says what is `common` to all, and more where it may.

        The last one is `asked`.
        """
        headers = common + self.conditions
        if self._own and self.trusted:
            headers = merge(headers, self._own)
        method, content = ("POST", self._body) if self._body else ("GET", None)
        self.asked = httpx.Request(method, self.url, headers=headers, content=content)
        return self.asked

    def follow(self, status: int, location: str) -> None:
        """Go where a redirect points. Raises `errors.BadRedirect`, `BadScheme` and, for a bad target, `BadUrl`."""
        if not location:
            raise BadRedirect(f"{status} without Location")
        if len(self._seen) > MAX_REDIRECTS:
            raise BadRedirect(f"more than {MAX_REDIRECTS} redirects")
        try:
            joined = self.url.join(_text(location))
        except (httpx.InvalidURL, ValueError) as error:
            raise BadRedirect(f"the redirect's target is not a URL: {error}") from error
        target = _checked(joined).copy_with(userinfo=b"", fragment=None)
        where = str(target)
        if where in self._seen:
            raise BadRedirect(f"redirects in a circle, back to {where}")
        self._seen.add(where)
        self.trusted = self.trusted and _same_owner(self.url, target)
        if self._body and status in _REPEATS and not self.trusted:
            raise BadRedirect(f"{status} would send the request's body to {where}, another server")
        self._body = self._body if status in _REPEATS else b""
        self._permanent = self._permanent and status in _PERMANENT
        self.moved_to = where if self._permanent else ""
        self.url, self._here = target, where
        self.conditional(*self._validators)


def _checked(url: httpx.URL) -> httpx.URL:
    if url.scheme not in _SCHEMES:
        raise BadScheme(f"{url.scheme[:40] or 'no scheme'!r} is neither http nor https")
    host = url.raw_host.decode("ascii")
    if len(host) > _LONGEST_HOST or not (_NAME.fullmatch(host) or addresses.is_literal(host)):
        raise BadUrl(f"{host[:80]!r} is not a host name")
    if url.port is not None and not 0 < url.port <= _HIGHEST_PORT:
        raise BadUrl(f"there is no port {url.port}")
    return url


def _same_owner(here: httpx.URL, there: httpx.URL) -> bool:
    """Whether both are one server: same host and port, or the same host's step from plain http to https."""
    if here.raw_host != there.raw_host:
        return False
    if here.scheme == there.scheme:
        return here.port == there.port
    return there.scheme == "https" and here.port is None and there.port is None


def _text(location: str) -> str:
    """Return a Location as text: received as latin-1, though many servers write raw UTF-8."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location
