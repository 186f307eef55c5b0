"""status.json: how the sources are, for people's monitors. Not an adapter: it is no feed.

Nothing in it changes while nothing changes: no fetch times, no counters of failures, no time of writing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from aggregator import __version__

if TYPE_CHECKING:
    from aggregator.model.catalogue import Catalogue, Channel

NAME: Final = "status.json"
SCHEMA: Final = 1


def render(catalogue: Catalogue) -> bytes:
    """Return the document: `schema`, `generator`, `tags` (how many) and one object per source."""
    document = {
        "schema": SCHEMA,
        "generator": f"tagwire {__version__}",
        "title": catalogue.feed.title,
        "updated": catalogue.feed.updated.isoformat(),
        "tags": len(catalogue.tags),
        "sources": [_source(channel) for channel in catalogue.channels],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _source(channel: Channel) -> dict[str, Any]:
    error = {"kind": channel.error.kind, "message": channel.error.message} if channel.error else None
    return {
        "id": channel.id,
        "title": channel.title,
        "url": channel.url,
        "health": channel.health,
        "error": error,
        "failing_since": channel.failing_since.isoformat() if channel.failing_since else None,
        "moved_to": channel.moved_to,
        "items": channel.items,
    }
