"""Kinds of values with a grammar of their own: URLs, zones, languages, hosts, path patterns, names.

This module looks up no names on the network and touches no files but the time zone database.
"""

from __future__ import annotations

import ipaddress
import math
import re
import string
import zoneinfo
from dataclasses import replace
from urllib.parse import urlsplit

from aggregator.config.kinds import CONTROL, DAY, LATER, Kind, duration, listing, optional, table, text
from aggregator.steps import slugs, urls
from aggregator.steps.naming import suggest

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_AUTHORITY = re.compile(
    r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
    r",\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?"
)
_HOST_NAME = re.compile(r"(?=.{1,253}$)[^\W_]([\w-]*\.?)*")
_DATE_FORMAT = re.compile(r"(?:%[YmdHMSjVGuyBbUWA]|[A-Za-z0-9_/-])+")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
PRINTABLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?")
_OURS = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "keep-alive",
    "accept-encoding",
    "if-none-match",
    "if-modified-since",
    "range",
]
_HIGHEST = 2**63
"""Whole numbers have 64 bits (TOML 1.0)."""
_OFFSET = re.compile(r"(?:UTC|GMT)? ?[+-]\d{1,2}(?::?\d\d)?", re.IGNORECASE)
_ABBREVIATED = {
    "cst": ("Asia/Shanghai", "America/Chicago"),
    "pst": ("America/Los_Angeles",),
    "jst": ("Asia/Tokyo",),
    "hkt": ("Asia/Hong_Kong",),
    "ist": ("Asia/Kolkata", "Europe/Dublin"),
    "bst": ("Europe/London",),
}
"""Abbreviations that people write and the time zone database has not."""
_COMPUTED = [
    "title",
    "date",
    "summary",
    "categories",
    "lang",
    "translations",
    "tags",
    "thumbnail",
    "guid",
    "enclosures",
]


def zone() -> Kind:
    """Return the kind of IANA time zone names."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError  # noqa: TRY004 - one exception for all that is wrong
        try:
            return zoneinfo.ZoneInfo(value).key
        except (LookupError, ValueError, OSError):
            raise ValueError(f"expected {expected}{_zone_meant(value)}") from None

    expected = 'a time zone such as "Asia/Shanghai"'
    return Kind(expected=expected, read=read)


def _zone_meant(value: str) -> str:
    """What was meant instead of a zone: abbreviations and offsets stand for places of several rules, or none."""
    known = zoneinfo.available_timezones()
    if places := _ABBREVIATED.get(value.casefold()):
        return f": {value} is none, write " + " or ".join(f'"{place}"' for place in places)
    if _OFFSET.fullmatch(value):
        return ": an offset is none, write a place that has it"
    return suggest(value, known)


def language(*, empty: bool = False) -> Kind:
    """Return the kind of BCP 47 language tags."""
    return text('a language tag such as "zh-CN"', empty=empty, pattern=_LANGUAGE)


def authority() -> Kind:
    """Return the kind of tag authorities (RFC 4151 §2.1)."""
    return text('a domain and a date such as "news.example,2026"', empty=False, pattern=_AUTHORITY)


def web_url(*, directory: bool = False, public: bool = False) -> Kind:
    """Return the kind of absolute http(s) URLs; a `directory` has no query and ends with a slash once read.

    One that is `public`, as directories are, stands in published files: it names no user and no password.
    """

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError  # noqa: TRY004 - one exception for all that is wrong
        check_url(value)
        if directory and ("?" in value or "#" in value):
            raise ValueError("expected a URL without query and fragment")
        if (directory or public) and urlsplit(value).username is not None:
            raise ValueError("expected a URL without user name and password: it is published")
        return value if not directory or value.endswith("/") else f"{value}/"

    json = {"type": "string", "format": "uri", "pattern": "^[hH][tT][tT][pP][sS]?://"}
    return Kind(expected="an http or https URL", read=read, json=json)


def check_url(url: str) -> None:
    """Raise ValueError, saying what is wrong, unless the URL can be requested over http or https (RFC 3986)."""
    if url.split(maxsplit=1) != [url] or CONTROL.search(url):
        raise ValueError("expected a URL without spaces and control characters")
    if len(url) > 4096:  # noqa: PLR2004 - longer than servers take
        raise ValueError("expected a URL of at most 4096 characters")
    if not url.lower().startswith(("http://", "https://")):
        raise ValueError("expected a URL that begins with http:// or https://")
    try:
        port = urlsplit(url).port
    except ValueError:
        raise ValueError("expected a URL with a valid host and a port from 1 to 65535") from None
    if port == 0:
        raise ValueError("expected a port from 1 to 65535")
    if not urls.host(url):
        raise ValueError("expected a URL with a host name")


def hosts() -> Kind:
    """Return the kind of lists of host names, addresses and CIDR networks."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError  # noqa: TRY004 - one exception for all that is wrong
        try:
            return str(ipaddress.ip_network(value, strict=False)) if "/" in value else str(ipaddress.ip_address(value))
        except ValueError:
            if "/" in value or ":" in value:
                raise ValueError(f"expected {member.expected}") from None
            if not _HOST_NAME.fullmatch(value):
                raise ValueError from None
            return urls.host(f"http://{value}/")

    member = Kind(expected="a host name, an address or a network such as 10.0.0.0/8, without port", read=read)
    return listing(member, "a list of host names, addresses and networks")


def path() -> Kind:
    """Return the kind of file system paths."""
    return text("a path relative to the site directory", empty=False)


def pattern() -> Kind:
    """Return the kind of item path patterns; `{key}` makes them unique (design §4)."""
    return Kind(expected='a pattern such as "{source}/{date:%Y}/{slug}-{key}.md"', read=_read_pattern)


def _read_pattern(value: object) -> str:
    if not isinstance(value, str) or CONTROL.search(value):
        raise ValueError
    try:
        fields = list(string.Formatter().parse(value))
    except ValueError as error:
        raise ValueError(f"expected balanced braces: {error}") from None
    names = [name for _, name, _, _ in fields if name is not None]
    for _, name, spec, conversion in fields:
        _check_field(name, spec or "", conversion)
    if "key" not in names:
        raise ValueError("expected {key} in the pattern: without it two items could share a file")
    parts = value.split("/")
    if "\\" in value or any(part in {"", "."} or part.startswith("..") for part in parts):
        raise ValueError('expected a relative path without "..", empty parts and backslashes')
    if any(part.startswith(".") for part in parts):
        raise ValueError("expected no part that begins with a dot: those are tagwire's own")
    if not value.endswith(".md"):
        raise ValueError('expected a pattern that ends with ".md"')
    return value


def _check_field(name: str | None, spec: str, conversion: str | None) -> None:
    known = ("source", "date", "slug", "key")
    if name is None:
        return
    if name not in known:
        raise ValueError(f"expected only the fields {{source}}, {{date:…}}, {{slug}}, {{key}}, not {{{name}}}")
    if name == "date" and not _DATE_FORMAT.fullmatch(spec):
        raise ValueError("expected a date format such as {date:%Y-%m-%d}")
    if conversion or (name != "date" and spec):
        raise ValueError(f"expected {{{name}}} without conversion and format")


def index() -> Kind:
    """Return the kind of index URLs."""

    def read(value: object) -> str:
        if isinstance(value, str) and value.startswith(("postgresql://", "postgres://")):
            raise ValueError(f"PostgreSQL is {LATER}")
        if not isinstance(value, str) or CONTROL.search(value) or not re.fullmatch(r"sqlite:///[^?#]+", value):
            raise ValueError
        return value

    return Kind(expected='a URL such as "sqlite:///var/tagwire.db"', read=read)


def slug() -> Kind:
    """Return the kind of names that can stand in paths and URLs as they are."""

    def read(value: object) -> str:
        if not isinstance(value, str) or not value:
            raise ValueError
        good = slugs.slug(value)
        if good != value:
            raise ValueError(f'expected a lower-case name that can stand in paths, such as "{good}"')
        return value

    return Kind(expected="a name of lower-case letters, digits and . _ -", read=read)


def headers() -> Kind:
    """Return the kind of request header tables; the names that tagwire sets itself are refused (RFC 9110 §5)."""

    def read_name(value: str) -> str:
        if not _HEADER_NAME.fullmatch(value):
            raise ValueError("expected a header name")
        if value.casefold() in _OURS:
            raise ValueError("this header is set by tagwire itself")
        return value

    name = Kind(expected="a header name", read=read_name)
    value = text("a header value of printable ASCII characters", empty=False, pattern=PRINTABLE)
    return table(name, replace(value, secret=True), 'a table such as { Authorization = "env:NAME" }')


def front_matter() -> Kind:
    """Return the kind of constant front-matter tables: keys beside those that every item computes."""

    def read_name(value: str) -> str:
        if value in _COMPUTED:
            raise ValueError("this key is computed for every item")
        if not re.fullmatch(r"[A-Za-z_][\w.-]*", value, re.ASCII):
            raise ValueError("expected a key of letters, digits and . _ -")
        return value

    def read(value: object) -> object:
        if isinstance(value, list) and all(isinstance(member, str) for member in value):
            members = [line.read(member) for member in value]
            return tuple(members)
        if isinstance(value, str):
            return line.read(value)
        if not isinstance(value, bool | int | float) or (isinstance(value, int) and abs(value) > _HIGHEST):
            raise ValueError
        return value

    line = text()
    expected = "a line of text, a number, true or false, or a list of texts"
    types = ["string", "number", "boolean", "array"]
    value = Kind(expected=expected, read=read, json={"type": types}, show=_show_front_matter)
    return table(Kind(expected="a key", read=read_name), value, "a table of front-matter keys")


def _show_front_matter(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def proxy() -> Kind:
    """Return the kind of proxy URLs; may hold credentials."""
    return replace(optional(web_url()), expected="the URL of an HTTP proxy", secret=True)


def keep() -> Kind:
    """Return the kind of retention times, in seconds once read; "forever" is infinite."""
    time = duration(30 * DAY)

    def read(value: object) -> float:
        return math.inf if value == "forever" else time.read(value)

    def show(seconds: float) -> object:
        return "forever" if math.isinf(seconds) else time.show(seconds)

    expected = '"forever" or a duration such as "365d"'
    return Kind(expected=expected, read=read, show=show, json={"anyOf": [{"const": "forever"}, time.json]})


def listen_host() -> Kind:
    """Return the kind of addresses and host names to listen on."""
    return text("a host name or address", empty=False, pattern=re.compile(r"[\w.:%-]+"))
