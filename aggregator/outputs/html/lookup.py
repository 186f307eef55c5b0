"""search.js: the small index behind the search box, as data that a script element can load even from `file:`.

This module finds nothing: the box does, in the browser.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec

if TYPE_CHECKING:
    from types import SimpleNamespace
    from zoneinfo import ZoneInfo

    from aggregator.model.catalogue import Catalogue

NAME: Final = "search.js"
_REMEMBERED: Final = 4096
"""Tags whose addresses are remembered from one publication to the next."""


def render(catalogue: Catalogue, words: SimpleNamespace, *, suffix: str, zone: ZoneInfo) -> bytes:
    """Return the script: `feeds` as [name, address, kind] and `items` as [title, address, source and day, language].

    Addresses are relative to the published directory, or http(s). Items without a page and a link are left out.
    """
    feeds = [[tag.label, _address(tag.slug, suffix), f"{words.tag} · {tag.count}"] for tag in catalogue.tags]
    channels = (*catalogue.channels, *catalogue.named)
    feeds += [[one.title, quote(one.path + suffix), words.source] for one in channels if one.path]
    feeds += [[title, quote(path + suffix), words.query] for path, title in catalogue.queries]
    items = [
        [post.title, address, f"{post.origin.title} · {post.published.astimezone(zone).date()}", post.lang]
        for post in catalogue.headlines
        if (address := quote(f"{post.page}.html") if post.page else post.link)
    ]
    data = msgspec.json.encode({"feeds": feeds, "items": items})
    return b"/* generator: tagwire */\nvar tagwire = " + data.replace(b"<", b"\\u003c") + b";\n"


@lru_cache(maxsize=_REMEMBERED)
def _address(slug: str, suffix: str) -> str:
    return quote(f"tags/{slug}{suffix}")
