"""JSON Feed 1.1, one item a line, with our extension `_tagwire` for what the format has no word for.

This module does not clean text: posts come cleaned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from aggregator import __version__
from aggregator.steps import urls
from aggregator.steps.publishing import splice

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from aggregator.model import Enclosure, Feed, Origin, Person, Post

FORMAT = "json"
SUFFIX = ".json"

_VERSION: Final = "https://jsonfeed.org/version/1.1"
_UNKNOWN_TYPE: Final = "application/octet-stream"


def render(feed: Feed, *, limit: int = 0, entries: Iterable[bytes] | None = None) -> bytes:
    """Return the JSON Feed document; a `limit` in bytes drops the oldest posts, but never the newest one."""
    head = msgspec.json.encode(_head(feed)).removesuffix(b"}") + b',"items":[\n'
    if entries is None:
        entries = (entry(post, feed) for post in feed.posts)
    return splice.fit(head, entries, b"\n]}\n", separator=b",\n", limit=limit)


def frame(feed: Feed) -> str:
    """Return all that an item in this feed depends on besides its post."""
    return feed.lang


def _head(feed: Feed) -> dict[str, Any]:
    pages = {media_type: url for url, media_type in splice.twins(feed, but=FORMAT)}
    return _known(
        {
            "version": _VERSION,
            "_tagwire": _known(
                {"generator": f"tagwire {__version__}", "atom": pages.get("application/atom+xml"), "id": feed.id}
            ),
            "title": feed.title,
            "home_page_url": pages.get("text/html", feed.home),
            "feed_url": splice.address(feed, SUFFIX),
            "description": feed.subtitle,
            "language": feed.lang,
            "authors": [{"name": feed.author}] if feed.author else None,
            "hubs": [{"type": "WebSub", "url": feed.hub}] if feed.hub else None,
        }
    )


def entry(post: Post, feed: Feed) -> bytes:
    """Return the post as an item; without a text it carries its summary, else its title: a content is demanded."""
    return msgspec.json.encode(
        _known(
            {
                "id": post.id,
                "url": post.link,
                "title": post.title,
                "content_html": post.html,
                "content_text": "" if post.html else post.summary or post.title,
                "summary": post.summary,
                "image": post.thumbnail,
                "date_published": _instant(post.published),
                "date_modified": _instant(post.updated),
                "authors": _authors(post),
                "tags": [tag.label for tag in post.tags],
                "language": post.lang if post.lang != feed.lang else "",
                "attachments": [_attachment(enclosure) for enclosure in post.enclosures],
                "_tagwire": _known(
                    {
                        "source": _source(post.origin),
                        "copies": _also(post, "same", "copy"),
                        "related": _also(post, "related"),
                    }
                ),
            }
        )
    )


def _source(origin: Origin) -> dict[str, Any]:
    return _known({"id": origin.id, "title": origin.title, "url": origin.link, "feed_url": origin.feed_url})


def _also(post: Post, *kinds: str) -> list[dict[str, str]]:
    return [{"source": one.source, "title": one.title, "url": one.link} for one in post.also if one.kind in kinds]


def _authors(post: Post) -> list[dict[str, Any]]:
    people = [person for person in map(_author, post.authors) if person]
    return people or [{"name": post.origin.title}]


def _author(person: Person) -> dict[str, Any]:
    name = person.name or person.email.partition("@")[0]
    return _known({"name": name, "url": urls.iri_to_uri(person.uri) if urls.is_web(person.uri) else ""})


def _attachment(enclosure: Enclosure) -> dict[str, Any]:
    return _known(
        {
            "url": enclosure.href,
            "mime_type": enclosure.media_type or _UNKNOWN_TYPE,
            "size_in_bytes": enclosure.length,
        }
    )


def _instant(instant: datetime) -> str:
    return instant.isoformat()


def _known(members: dict[str, Any]) -> dict[str, Any]:
    """The members that say something."""
    return {name: value for name, value in members.items() if value}
