"""Whether what a feed attaches is a picture: one rule for enclosures and Media RSS.

The media type tells; where there is none that says anything, the medium; else the suffix of the address's path. This
module looks at no bytes, and not at images in texts (`steps.summary`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


def prominent(contents: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the addresses of the pictures among `media:content` elements, given as attributes with lower-case names.

    The default one of a group comes first, then the widest; in the order of the feed where that says nothing.
    """
    found = [media for media in contents if is_picture(*(media.get(name) or "" for name in ("url", "type", "medium")))]
    return [media["url"].strip() for media in sorted(found, key=_prominence, reverse=True) if media.get("url")]


def _prominence(media: Mapping[str, str]) -> tuple[bool, int]:
    width = (media.get("width") or "").strip()
    return media.get("isdefault") == "true", int(width) if _WIDTH.fullmatch(width) else 0
