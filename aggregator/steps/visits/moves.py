"""Where a source is asked: at its configured URL, or at the one that permanent redirects led to for long enough.

A 301 or 308 is followed at once but believed late, since expired domains and captive portals send them too: the same
target must be seen `SIGHTINGS` times over `PERIOD`, each time with a feed behind it. Then it is adopted in the state;
the configuration is its owner's and is never rewritten. The URL at which another source is asked is never adopted, be
it configured or adopted itself, nor http after https.

This module follows nothing and writes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.steps.urls import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from aggregator.model import FetchState, Source

    Known = tuple[Source, FetchState | None]

SIGHTINGS, PERIOD = 5, timedelta(days=2)


def target(source: Source, state: FetchState) -> str:
    """Return the URL to ask; empty for files."""
    return state.adopted if state.adopted and state.url == source.url else source.url


def sighted(state: FetchState, moved_to: str, source: Source, known: Iterable[Known], now: datetime) -> FetchState:
    """Return the state after a visit that ended well, `moved_to` being where permanent redirects led, if they did.

    `known` are all sources; they are looked at only if the URL would be adopted otherwise.
    """
    if not moved_to:
        return replace(state, moved_to="", moved_count=0, moved_since=None) if state.moved_to else state
    if moved_to != state.moved_to or state.moved_since is None:
        return replace(state, moved_to=moved_to, moved_count=1, moved_since=now)
    count = state.moved_count + 1
    if count < SIGHTINGS or now - state.moved_since < PERIOD or obstacle(moved_to, source, known):
        return replace(state, moved_count=count)
    return replace(state, adopted=moved_to, adopted_at=now, moved_to="", moved_count=0, moved_since=None)


def obstacle(moved_to: str, source: Source, known: Iterable[Known]) -> str:
    """Return why a URL will not be adopted, for people; empty if nothing speaks against it."""
    if source.url.lower().startswith("https:") and not moved_to.lower().startswith("https:"):
        return "it leaves https"
    other = twin(moved_to, source, known)
    return f"that is the URL of source {other}" if other else ""


def twin(url: str, source: Source, known: Iterable[Known]) -> str:
    """Return the id of another source that has this URL or is asked there since it moved; empty if there is none."""
    key = canonical(url)
    for one, state in known:
        places = {one.url, target(one, state) if state else one.url} - {""}
        if one.id != source.id and any(canonical(place) == key for place in places):
            return one.id
    return ""


def notice(before: FetchState, after: FetchState, source: Source) -> str:
    """Return what the owner has to know about this visit, empty if nothing happened that lasts."""
    if after.adopted and after.adopted != before.adopted:
        return f'moved for good to {after.adopted}, asked there from now on; set url = "{after.adopted}" for it'
    if before.adopted and not after.adopted:
        return f"{before.adopted} goes on failing: {source.address} is asked again"
    if after.retired_at and not before.retired_at:
        return f"not asked any more; `tagwire resume {source.id}` asks again, `tagwire remove {source.id}` drops it"
    return ""
