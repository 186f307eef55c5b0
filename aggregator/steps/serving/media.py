"""What kind of document a published file is, by its name, and what that means for how it is sent.

Feeds go out as application/atom+xml to those who ask for it and as application/xml to browsers, which show the one as
raw text or download it, and the other with its style sheet. This module opens no files.
"""

from __future__ import annotations

import mimetypes
from functools import lru_cache
from typing import Final

from aggregator.steps.serving import negotiate

ATOM: Final = "application/atom+xml"
XML: Final = "application/xml"
TWINS: Final = {ATOM: ".xml", "text/html": ".html", "application/feed+json": ".json", "application/json": ".json"}
"""What an address without suffix may stand for; the first is for clients that take anything."""

_TYPES: Final = {
    ".xml": XML,
    ".json": "application/json",
    ".opml": "text/x-opml",
    ".html": "text/html",
    ".css": "text/css",
    ".txt": "text/plain",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
}
_OTHERS: Final = mimetypes.MimeTypes(filenames=())
"""The standard library's own table: what the machine has installed changes nothing."""
_FOLDERS: Final = ("tags/", "sources/", "queries/", "all/")


def is_feed(name: str) -> bool:
    """Whether a published file is a feed's (`all.…`, or in one of the feeds' folders) or one of its archive's."""
    return name.startswith(_FOLDERS) or name.rpartition(".")[0] == "all"


@lru_cache(maxsize=1024)
def media_type(name: str, accept: str) -> str:
    """Return the Content-Type of the file `name` for a client with this Accept header, whatever that rules out."""
    suffix = name[name.rfind(".") :] if "." in name else ""
    kind = _TYPES.get(suffix) or _OTHERS.guess_type(name)[0] or "application/octet-stream"
    if is_feed(name) and suffix == ".json":
        kind = "application/feed+json"
    elif is_feed(name) and suffix == ".xml":
        kind = negotiate.media_type(accept, (ATOM, XML)) or XML
    return f"{kind}; charset=utf-8" if is_text(kind) else kind


@lru_cache(maxsize=256)
def is_text(kind: str) -> bool:
    """Whether a media type is text, written in UTF-8 by us, and worth compressing."""
    bare = kind.partition(";")[0]
    return bare.startswith("text/") or bare.endswith(("xml", "json"))


def varies(name: str) -> str:
    """Return the Vary header of a file that is asked for by its full name."""
    return "Accept, Accept-Encoding" if is_feed(name) and name.endswith(".xml") else "Accept-Encoding"
