"""Whether what a feed attaches is a picture that shows something: one rule for enclosures and Media RSS.

The media type tells; where there is none that says anything, the medium; else the suffix of the address's path. This
module looks at no bytes, and looks for no images in texts (`steps.summary`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aggregator.steps import urls
from aggregator.steps.html import formulas, pixels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SUFFIX: Final = re.compile(r"[^?#]*/[^?#]*\.(?:avif|bmp|gif|jfif|jpe?g|jxl|png|svg|webp)(?:[?#]|$)", re.IGNORECASE)
_KINDS: Final = frozenset(
    (
        "application",
        "audio",
        "document",
        "executable",
        "font",
        "image",
        "message",
        "model",
        "multipart",
        "text",
        "video",
    )
)
"""What media types begin with (RFC 6838 §4.2), and the mediums of Media RSS 1.5.1."""
_WIDTH: Final = re.compile(r"[0-9]{1,9}")
_PIXEL: Final = frozenset(("1", "1px"))
"""Sides of pixels that are declared; 0 is what some write who do not know."""
_TOLD: Final = ("url", "type", "medium")
_ANYTHING: Final = frozenset(("application/octet-stream", "binary/octet-stream"))
"""Types that servers give to whatever they do not know."""


def kind(media_type: str, medium: str = "") -> str:
    """Return `image`, `audio`, `video` or what else the type says, else the medium; empty if neither says anything."""
    for said in (media_type.strip().lower(), medium.strip().lower()):
        if said not in _ANYTHING and (first := said.partition("/")[0]) in _KINDS:
            return first
    return ""


def is_picture(url: str, media_type: str, medium: str = "") -> bool:
    """Whether type, else medium, else the suffix of the URL's path, absolute or not, is that of an image."""
    said = kind(media_type, medium)
    return said == "image" if said else bool(_SUFFIX.match(f"/{url.strip()}"))


def shows(url: str) -> bool:
    """Whether an image may be a thumbnail: its URL, absolute or not, is none of pixels, avatars and drawn formulas."""
    return not (pixels.is_pixel(urls.host(url), url) or formulas.is_drawn(url))


def thumbnails(thumbnails: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Yield the addresses of `media:thumbnail` elements that are seen, given as for `prominent`."""
    for media in thumbnails:
        if _is_seen(media) and (url := (media.get("url") or "").strip()):
            yield url


def prominent(contents: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the addresses of the pictures among `media:content` elements, given as attributes with lower-case names.

    The default one of a group comes first, then the widest; in the order of the feed where that says nothing. One of
    a pixel is none.
    """
    found = [media for media in contents if _is_seen(media) and is_picture(*(media.get(name) or "" for name in _TOLD))]
    return [media["url"].strip() for media in sorted(found, key=_prominence, reverse=True) if media.get("url")]


def _is_seen(media: Mapping[str, str]) -> bool:
    return _PIXEL.isdisjoint((media.get(side) or "").strip() for side in ("width", "height"))


def _prominence(media: Mapping[str, str]) -> tuple[bool, int]:
    width = (media.get("width") or "").strip()
    return media.get("isdefault") == "true", int(width) if _WIDTH.fullmatch(width) else 0
