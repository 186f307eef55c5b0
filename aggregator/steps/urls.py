"""URLs resolved, shown without tracking parameters, and compared.

Nothing here raises and nothing is looked up: whether a host may be dialled is the fetchers' business.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import quote, unquote, urljoin

import idna

from aggregator.steps import tracking

_WEB = re.compile(r"(https?)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?", re.IGNORECASE | re.DOTALL)
_PLAIN = re.compile(
    r'https?://(?:[A-Za-z0-9_-][A-Za-z0-9._-]*(?::[0-9]{1,4})?|(?P<odd>[^/?#\s\[\]"<>\\^`{|}\x00-\x20\x7f-\x9f]+))'
    r'(?:[/?#][^\s"<>\\^`{|}\x00-\x20\x7f-\x9f]*)?'
)
_FEED = re.compile(r"\A\s*feed:(?:(?://)?(?=(https?)://)|//)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:.*@)?(\[[^\]]*\]|[^:]*)(?::0*([0-9]{0,5}))?", re.DOTALL)
_HIGHEST_PORT = 65535
_DELIMITERS = frozenset("/?#@:")
_HOST = re.compile(r"[a-z0-9_.-]+")
_ASKED = 1024
"""Answers of `is_web` that are remembered: an item's link is asked about three times on its way."""
_LONGEST_HOST = 1_000  # percent-encoded; encoding into Punycode is quadratic
_DOTS = re.compile("[\u3002\uff0e\uff61]")
_TRIMMED = "".join(map(chr, range(0x21)))
_LINES = re.compile(r"[\t\n\r]")
_UNWRITABLE = re.compile(r'[\s"<>\\^`{|}\x00-\x20\x7f-\x9f\ud800-\udfff]')
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH_SAFE = "/:@!$&'()*+,;=~%"
_URI_SAFE = "/:?#[]@!$&'()*+,;=~%"

_IRI = re.compile(r'([A-Za-z][A-Za-z0-9+.-]*):(?:[^\s%"<>\\^`{|}\x00-\x20\x7f-\x9f\ud800-\udfff]|%[0-9A-Fa-f]{2})+')
_ACTIVE = frozenset({"javascript", "vbscript", "data", "file", "blob"})

_MOBILE = frozenset({"www", "m", "mobile"})
_PORT_OF = {"http": "80", "https": "443"}
_DEFAULT_PORTS = frozenset({"", "80", "443"})

_PUBLIC = """
    com.cn net.cn org.cn gov.cn edu.cn ac.cn com.hk org.hk gov.hk edu.hk com.tw org.tw gov.tw edu.tw com.mo com.sg
    co.uk org.uk ac.uk gov.uk co.jp or.jp ne.jp ac.jp go.jp co.kr or.kr go.kr com.au net.au org.au gov.au edu.au co.nz
    co.in co.za com.br com.mx com.ar com.tr com.my com.vn co.th co.id com.ph co.il com.ua com.pl
"""
_PLATFORMS = """
    github.io gitlab.io pages.dev workers.dev netlify.app vercel.app herokuapp.com web.app firebaseapp.com
    blogspot.com wordpress.com substack.com tumblr.com medium.com ghost.io livejournal.com typepad.com weebly.com
    hatenablog.com hatenablog.jp hateblo.jp fc2.com notion.site bearblog.dev neocities.org
"""
_SUFFIXES = frozenset(_PUBLIC.split())
# Names below which strangers register theirs; a small choice, since the whole public list has 10,000 lines.
_SHARED = _SUFFIXES | frozenset(_PLATFORMS.split())


def resolve(base: str, url: str) -> str:
    """Return `url` made absolute against `base`, empty if it is neither http, https nor mailto (RFC 3986 §5.2).

    What browsers forgive is forgiven: blanks around it, line breaks inside, backslashes. Characters that may not stand
    in a URL are percent-encoded, the others stay as written. A relative `url` needs an absolute
    `base`; an empty one stays empty.
    """
    if plain := _PLAIN.fullmatch(url):
        return url if not plain["odd"] or is_web(url) else ""
    trimmed = _LINES.sub("", url.strip(_TRIMMED))
    if not trimmed:
        return ""
    if trimmed[:7].lower() == "mailto:":
        return _writable(trimmed) if len(trimmed) > len("mailto:") else ""
    try:
        joined = urljoin(_LINES.sub("", base.strip(_TRIMMED)), _slashed(trimmed))
    except ValueError:  # brackets that hold no IPv6 address
        return ""
    return _writable(joined) if is_web(joined) else ""


def of_feed(url: str) -> str:
    """Return the web address that a `feed:` URL stands for, as browsers and readers write them; others as they are.

    `feed://host/path` is http, `feed:https://host/path` what stands behind the colon.
    """
    return _FEED.sub(lambda scheme: "" if scheme[1] else "http://", url, count=1)


@lru_cache(maxsize=_ASKED)
def is_web(url: str) -> bool:
    """Whether `url` is absolute, http or https, and names a host."""
    return bool(_split(url)[0])


def host(url: str) -> str:
    """Return the host in lower-case ASCII (IDNA, RFC 5891), without port; empty if `url` is no http(s) URL."""
    return _split(url)[0]


def same_site(host_a: str, host_b: str) -> bool:
    """Whether two hosts, as `host` returns them, belong to one owner, as far as their names can tell.

    That is: the registered names are equal. Hosts of blog platforms are strangers to each other.
    """
    return bool(host_a) and _registered(host_a) == _registered(host_b)


def iri_to_uri(url: str) -> str:
    """Return `url` in ASCII: the host in IDNA, the rest percent-encoded UTF-8 (RFC 3987 §3.1). Idempotent."""
    if url.isascii() and not _UNWRITABLE.search(url):
        return url
    name = host(url)
    match = _WEB.match(url)
    if name and match:
        written = _AUTHORITY.match(match[2])
        start, end = written.span(1) if written else (0, 0)
        url = url[: match.start(2) + start] + name + url[match.start(2) + end :]
    return _quoted(url, _URI_SAFE)


def settled(url: str) -> str:
    """Return `url` as an ASCII URI in its normal form (RFC 3986 §6.2.2, §6.2.3), empty if it is no http(s) URL.

    Scheme and host in lower case, no default port, dot segments resolved, escapes in upper case and only where needed,
    square brackets escaped, a path of at least "/". Idempotent; unlike `canonical` it means exactly the same.
    """
    name, port, match = _split(iri_to_uri(url))
    if not match:
        return ""
    scheme = match[1].lower()
    user, at, _ = match[2].rpartition("@")
    shown = f"{user}{at}{name}{'' if port in {'', _PORT_OF[scheme]} else f':{port}'}"
    path = _dotless(_normal(match[3])) or "/"
    query = "" if match[4] is None else "?" + _normal(match[4])
    fragment = "#" + _normal(match[5][1:]) if match[5] else ""
    return f"{scheme}://{shown}{path}{query}{fragment}"


def strip_tracking(url: str) -> str:
    """Return `url` without the query parameters that only tell who sent the reader; all else stays as written."""
    address, hash_sign, fragment = url.partition("#")
    head, _, query = address.partition("?")
    if not query or not tracking.suspected(query):
        return url
    name = host(url)
    pairs = query.split("&")
    kept = [pair for pair in pairs if not _is_tracking(name, pair)]
    if len(kept) == len(pairs):
        return url
    return head + ("?" if kept else "") + "&".join(kept) + hash_sign + fragment


def is_absolute_iri(text: str) -> bool:
    """Whether `text` may stand as an Atom id: scheme, colon, more, and no character that RFC 3987 forbids.

    Web addresses need a host; schemes that run something (javascript:, data:, file:) are refused.
    """
    match = _IRI.fullmatch(text)
    if not match or match[1].lower() in _ACTIVE:
        return False
    return match[1].lower() not in {"http", "https"} or is_web(text)


@lru_cache(maxsize=2048)
def canonical(url: str) -> str:
    """Return the form in which two links to one page are equal, empty if `url` is no http(s) URL. Not for fetching.

    ASCII, idempotent. http equals https and `www.`, `m.`, `mobile.` hosts equal the bare one; userinfo, default ports,
    trailing slashes, tracking parameters and fragments (but `#!`) are dropped; dot segments are resolved, escapes
    normalised (RFC 3986 §6.2.2), parameters sorted.
    """
    url = _slashed(_LINES.sub("", url.strip(_TRIMMED)))
    name, port, match = _split(url)
    if not match:
        return ""
    shown = _bare(name) + ("" if port in _DEFAULT_PORTS else f":{port}")
    path = _dotless(_normal(match[3])).rstrip("/")
    pairs = sorted(_normal(pair).replace("+", "%20") for pair in (match[4] or "").split("&") if pair)
    query = "&".join(pair for pair in pairs if not _is_tracking(name, pair))
    fragment = match[5] or ""
    hashbang = "#" + _normal(fragment[1:]) if fragment.startswith("#!") else ""
    return f"https://{shown}{path}{'?' if query else ''}{query}{hashbang}"


def _split(url: str) -> tuple[str, str, re.Match[str] | None]:
    """Host in ASCII, port without leading zeros and the matched parts; ("", "", None) if `url` is no http(s) URL."""
    match = _WEB.fullmatch(url)
    authority = _AUTHORITY.fullmatch(match[2]) if match else None
    name = _ascii_host(authority[1]) if authority else ""
    if not match or not authority or not name or not _is_sound(match[2], authority[2]):
        return "", "", None
    return name, authority[2] or "", match


def _is_sound(authority: str, port: str | None) -> bool:
    """Whether the standard library takes an authority apart: it raises for what stands here as false."""
    user = authority.rpartition("@")[0]
    if int(port or 0) > _HIGHEST_PORT or "[" in user or "]" in user:
        return False
    signs = () if authority.isascii() else (sign for sign in authority if not sign.isascii())
    return all(_DELIMITERS.isdisjoint(unicodedata.normalize("NFKC", sign)) for sign in signs)  # `℀` is `a/c`


@lru_cache(maxsize=1024)
def _ascii_host(written: str) -> str:
    if len(written) > _LONGEST_HOST:
        return ""
    name = unquote(written) if "%" in written else written
    if not name.isascii():
        name = _idna(_DOTS.sub(".", name))
    name = name.lower().rstrip(".")
    if name.startswith("["):
        return name if _is_ipv6(name[1:-1]) else ""
    return name if _HOST.fullmatch(name) else ""


def _is_ipv6(text: str) -> bool:
    """Whether a text is an IPv6 address without zone: `urllib` raises for anything else between brackets."""
    try:
        return IPv6Address(text).scope_id is None
    except AddressValueError:
        return False


def _idna(name: str) -> str:
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except UnicodeError:  # emoji hosts exist, whatever IDNA 2008 says
        return ".".join(map(_punycode, name.lower().split(".")))


def _punycode(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def _slashed(url: str) -> str:
    """Backslashes before query and fragment as slashes, as browsers read them."""
    if "\\" not in url:
        return url
    cut = re.search(r"[?#]|$", url)
    end = cut.start() if cut else len(url)
    return url[:end].replace("\\", "/") + url[end:]


def _writable(url: str) -> str:
    return _UNWRITABLE.sub(lambda match: quote(match[0], safe="", errors="replace"), url)


def _normal(text: str) -> str:
    """Escapes in upper case, unreserved characters plain, everything else escaped."""
    return _quoted(_ESCAPE.sub(_normal_escape, text), _PATH_SAFE + "?")


def _quoted(text: str, safe: str) -> str:
    """Percent-encoded UTF-8; a lone surrogate, which has none, as U+FFFD (`quote` would make a `?` of it)."""
    return quote(text if text.isascii() else _SURROGATE.sub("\ufffd", text), safe=safe)


def _normal_escape(match: re.Match[str]) -> str:
    if not match[1]:
        return "%25"
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _dotless(path: str) -> str:
    if "/." not in path:
        return path
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept)


def _bare(name: str) -> str:
    first, _, rest = name.partition(".")
    while first in _MOBILE and "." in rest and rest not in _SUFFIXES:
        name = rest
        first, _, rest = name.partition(".")
    return name


def _registered(name: str) -> str:
    labels = name.split(".")
    if name.startswith("[") or labels[-1].isdigit():
        return name
    return ".".join(labels[-3:] if ".".join(labels[-2:]) in _SHARED else labels[-2:])


def _is_tracking(name: str, pair: str) -> bool:
    parameter, _, value = pair.partition("=")
    return tracking.is_tracking(name, parameter, value)
