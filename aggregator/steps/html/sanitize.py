"""HTML from anywhere made safe to show anywhere, by an allow-list.

What stays is what Markdown and feed readers can show: structure, inline marks, links, images, tables, code, ruby.
This module does not repair what Markdown cannot express (`steps.html.prepare`).
"""

from __future__ import annotations

import re
import threading

import nh3

from aggregator.steps import text, urls
from aggregator.steps.html import embeds, limits

_STRUCTURE = """
    address article aside blockquote br center dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr
    li main nav ol p pre section summary ul
"""
_INLINE = """
    a abbr b bdi big cite code del dfn em i img ins kbd mark q rb rp rt rtc ruby s samp small strike strong sub sup
    time tt u var wbr
"""
_TABLE = "caption col colgroup table tbody td tfoot th thead tr"
TAGS = frozenset(f"{_STRUCTURE} {_INLINE} {_TABLE}".split())
"""Elements that stay; others lose their tags and keep their content."""

_GONE = """
    applet audio canvas datalist dialog embed frameset head iframe input map meter noembed noframes
    noscript optgroup option output plaintext progress script select style svg template textarea title video xmp
"""
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "abbr": {"title"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "li": {"value"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
SPANS = frozenset(map(str, range(1, 21)))
"""`colspan` and `rowspan` that stay: converters repeat cells, so bigger ones are bombs."""
_SCHEMES = {"http", "https", "mailto"}

_WEB_URL = r"https?://[\w.:-]+(?:/[\w./~%,;@!$*+:=?&#-]*)?"
_PLAIN = re.compile(
    rf"""(?:
        [^<]++
      | </?(?:p|br|hr|em|strong|a|ul|ol|li|blockquote|h[1-6]|pre|code|table|thead|tbody|tr|t[hd])>
      | <(?:br|hr)[ ]/>
      | <a[ ]href="{_WEB_URL}">
      | <img[ ]src="{_WEB_URL}"[ ]alt="[^"<>]*"[ ]/>
    )*+""",
    re.VERBOSE | re.ASCII,
)
"""Rendered Markdown that holds nothing but these needs no sanitiser: each tag and attribute is on the list."""
_BARE_LINK = re.compile(r"<a(?! [^<>]*\bhref=)[^<>]*>")
_LINK_TAG = re.compile(r"<a(?: [^<>]*)?>|</a>")
_BARE_IMAGE = re.compile(r"<img(?! [^<>]*\bsrc=)[^<>]*>")


def sanitize(html: str, base: str = "", site: str = "", *, page: str = "") -> str:
    """Return HTML in which nothing runs, loads or submits, with absolute http, https and mailto URLs. Never raises.

    URLs are resolved against `base`, itself resolved against `site` and ignored if it leads to another site (xml:base
    may lie); references within the text (`#fn:1`) against `page`, if it is given. Lazy images are found, embedded
    frames and players become links, links lose tracking parameters. Images without a usable URL go, links without one
    keep their text. Over 1 MB is cut, with "…" at the end; over 200 levels lose their tags.
    """
    address = _address(base, site)
    readable, cut = limits.bounded(text.clean(html))
    return scrub(embeds.reveal(readable, address), address, page or address) + (limits.MARK if cut else "")


def scrub(html: str, base: str = "", page: str = "") -> str:
    """Return HTML of bounded size under the allow-list: `sanitize` without the search for hidden images and players.

    Raises UnicodeEncodeError on lone surrogates, which `text.clean` takes away.
    """
    cleaned = _scrubber.clean(html, base, page)
    if (flat := limits.flat(cleaned)) is not cleaned:
        cleaned = _scrubber.clean(flat, base, page)
    if "&#" in html:  # references bring back what was cleaned away
        cleaned = text.clean(cleaned)
    return _without_husks(cleaned)


def is_plain(html: str) -> bool:
    """Whether HTML as a Markdown renderer writes it holds nothing that `scrub` would take away; cheap."""
    return _PLAIN.fullmatch(html) is not None and "&#" not in html and limits.flat(html) is html


def _address(base: str, site: str) -> str:
    if not site:
        return base
    address = urls.resolve(site, base)
    return address if urls.same_site(urls.host(address), urls.host(site)) else site


class _Scrubber(threading.local):
    """What cleans the HTML of one thread: made once, since that takes as long as cleaning an article."""

    def __init__(self) -> None:
        self._base = self._page = ""
        self._cleaner = nh3.Cleaner(
            tags=set(TAGS),
            clean_content_tags=set(_GONE.split()),
            attributes=_ATTRIBUTES,
            attribute_filter=self._kept,
            url_schemes=_SCHEMES,
            link_rel=None,
        )

    def clean(self, html: str, base: str, page: str) -> str:
        """Return the HTML under the allow-list; URLs are relative to `base`, references within it to `page`."""
        self._base, self._page = base, page
        return self._cleaner.clean(html)

    def _kept(self, _: str, attribute: str, value: str) -> str | None:
        """What becomes of an attribute; it must not raise, nh3 would swallow that."""
        if attribute == "href":
            there = self._page if self._page and value.lstrip().startswith("#") else self._base
            return urls.strip_tracking(urls.resolve(there, value)) or None
        if attribute == "src":
            url = urls.resolve(self._base, value)
            return url if urls.is_web(url) else None
        if attribute.endswith("span"):
            return value if value in SPANS else None
        return value


_scrubber = _Scrubber()


def _without_husks(html: str) -> str:
    """HTML as nh3 writes it, without links that lead nowhere and images that show nothing."""
    if "<img" in html and _BARE_IMAGE.search(html):
        html = _BARE_IMAGE.sub("", html)
    bare = ("<a>" in html or "<a title=" in html) and _BARE_LINK.search(html)
    return _without_bare_links(html) if bare else html


def _without_bare_links(html: str) -> str:
    shown: list[bool] = []

    def keep(tag: re.Match[str]) -> str:
        if tag[0] != "</a>":
            shown.append(not _BARE_LINK.match(tag[0]))
            return tag[0] if shown[-1] else ""
        return tag[0] if not shown or shown.pop() else ""

    return _LINK_TAG.sub(keep, html)
