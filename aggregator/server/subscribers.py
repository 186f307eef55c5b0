"""How many people read a feed through aggregators: these say so in the User-Agent of their requests.

`Feedly/1.0 (+http://…; 12 subscribers)` is the custom (no standard has it); what browsers and readers on people's own
machines are, nobody says. Strangers may claim anything, so what is kept is bounded. This module answers nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aggregator.ports import Clock

MOST: Final = 2000
"""Pairs of feed and aggregator; beyond them those go that were silent for longest."""
SILENT: Final = 7 * 86400.0
"""Seconds after which an aggregator that asks no more counts no more."""
_COUNT: Final = re.compile(rb"\b(\d{1,8}) (?:subscriber|reader)s?\b")
_NAME: Final = re.compile(rb"[A-Za-z][\w.-]{0,39}")
_FEED: Final = re.compile(r"/[^?]{1,300}\.(?:xml|json)")
_ANSWERED: Final = frozenset({200, 304})


class Subscribers:
    """What aggregators said last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: dict[tuple[str, str], tuple[int, float]] = {}

    def heard(self, path: str, headers: Iterable[tuple[bytes, bytes]], status: int) -> None:
        """Take what a request for a feed says, if there is one at its path, and it says anything."""
        agent = next((value for name, value in headers if name == b"user-agent"), b"")
        said = _COUNT.search(agent)
        name = _NAME.match(agent)
        if not (said and name and status in _ANSWERED and _FEED.fullmatch(path)):
            return
        key = path.removeprefix("/"), name[0].decode()
        self._said.pop(key, None)  # the latest stands last
        self._said[key] = int(said[1]), self._clock.monotonic()
        if len(self._said) > MOST:
            del self._said[next(iter(self._said))]

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return (path of the feed, aggregator) → subscribers."""
        since = self._clock.monotonic() - SILENT
        self._said = {key: said for key, said in self._said.items() if said[1] >= since}
        return {key: count for key, (count, _) in self._said.items()}
