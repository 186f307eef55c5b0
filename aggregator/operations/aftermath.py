"""What follows when sources were asked: copies are looked for, and what changed is published.

The long parts run in threads, since the event loop serves the feeds meanwhile, and end soon after a stop: what was
kept is published, if that takes no longer than a few seconds. This module fetches nothing and tells no hub.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aggregator.errors import PublishError
from aggregator.model import Summary
from aggregator.model.published import Published
from aggregator.operations import housekeeping
from aggregator.steps import remedies
from aggregator.threads import apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.model import Problem
    from aggregator.operations.stories import Review
    from aggregator.refresh import House
    from aggregator.sync import Synced


SPARE = 3.0
"""Seconds that all this may take after a stop; with those of sources under way before it, ten are not exceeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What it works with; `stopping` is asked at every step: `SPARE` after it says so, the rest is left for later."""

    house: House
    review: Callable[[], Review]
    publish: Callable[[Callable[[], bool]], Published]
    """Publishes what changed, until the function that it is given says that it is time to end."""
    dry: bool
    stopping: Callable[[], bool]

    async def settle(self, synced: Synced) -> Summary:
        """Return what came of it; the caller adds the outcomes. Nobody else may write index or item files meanwhile.

        Raises `errors.StoreError`, `errors.PublishError`.
        """
        house, stopping = self.house, self._spared()
        review = replace(self.review(), sketched=dict(house.sketched), stopping=stopping)
        house.sketched.clear()
        reviewed = await apart(review.look if house.near else review.settle, synced.touched)
        published = Published() if stopping() else await apart(self.publish, stopping)
        kept: tuple[Problem, ...] = ()
        if not (self.dry or self.stopping()):
            kept = await apart(housekeeping.daily, house.settings, house.store, house.clock.now())
        return Summary(
            feeds_written=published.written,
            problems=(*synced.problems, *published.problems, *kept),
            near=reviewed.copies,
            related=reviewed.related,
            failure=published.failure,
        )

    def _spared(self) -> Callable[[], bool]:
        """Return what says whether it is time to end: some seconds after it saw a stop for the first time."""
        clock = self.house.clock
        since: float | None = None

        def over() -> bool:
            nonlocal since
            if not self.stopping():
                return False
            since = clock.monotonic() if since is None else since
            return clock.monotonic() - since >= SPARE

        return over


def telling(publish: Callable[[Callable[[], bool]], Published]) -> Callable[[Callable[[], bool]], Published]:
    """Return what publishes likewise, but tells what could not be written instead of raising it."""

    def publishing(stopping: Callable[[], bool]) -> Published:
        try:
            return publish(stopping)
        except PublishError as error:
            return Published(failure=str(error))
        except OSError as error:
            return Published(failure=remedies.told(error))

    return publishing
