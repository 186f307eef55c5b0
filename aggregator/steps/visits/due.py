"""Which sources a refresh may ask, and which it leaves alone, with the reason. This module asks nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.errors import ClockError
from aggregator.model import Outcome
from aggregator.steps import cadence, indexing, naming
from aggregator.steps.urls import host
from aggregator.steps.visits import interval, moves

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from aggregator.model import FetchState, Source

    State = tuple[Source, FetchState]

SEVERAL = 2
"""Sources of one host that were told to wait, before all of its sources wait.

Also the hosts that did not answer, if none did, before our own network is taken to be down.
"""
RECENT = timedelta(hours=1)
"""An answer of any host in this time says that the network is up."""
UNREACHED = frozenset({"dns", "connect", "deadline", "proxy"})
"""Error kinds that a missing network has, too."""
UNASKED = frozenset({"bad-url", "bad-scheme", "robots"})
"""Error kinds of sources whose servers were not asked: they say nothing about the network."""
PILED_UP = timedelta(minutes=5)
"""What has been due for longer than this has piled up: it is new, or nobody ran for a while."""
SLICES = 40
"""What has piled up is asked in so many slices."""
SLICE = 64
"""Hosts of a slice at least."""
SLICE_OF_HOST = 15
"""Sources of one host that are asked in a slice at most."""
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""No machine runs this program before it was written: a clock that says so has not been set (RTC-less boards)."""


def require_set_clock(now: datetime) -> None:
    """Raise `errors.ClockError` if the clock cannot be right: items would be stamped, and never be new again."""
    if now < EARLIEST:
        raise ClockError(f"the clock of this machine says {now:%Y-%m-%d %H:%M} UTC; nothing is fetched until it is set")


def select_due(
    states: Sequence[State], ids: Sequence[str], *, due: bool, now: datetime
) -> tuple[list[Source], list[Outcome]]:
    """Return the sources to ask, in configured order, and outcomes for those that are left alone.

    Without `ids` every enabled source is meant. A server that said Retry-After is left alone until then, a retired
    source until its owner resumes it. With `due` all enabled sources are returned as ones to ask: the store tells later
    which of them are due. Raises `errors.UsageError` for an id that is not configured.
    """
    naming.require("source", ids, [source.id for source, _ in states], none="none is configured")
    chosen: list[Source] = []
    skipped: list[Outcome] = []
    for source, state in states:
        if ids and source.id not in ids:
            continue
        if not source.enabled:
            if ids:
                skipped.append(_skipped(source, state, "paused"))
        elif due:
            chosen.append(source)
        elif state.retired_at:
            skipped.append(_skipped(source, state, f"retired: `tagwire resume {source.id}` asks again"))
        elif state.retry_at is not None and state.retry_at > now:
            skipped.append(_skipped(source, state, "the server said to wait"))
        else:
            chosen.append(source)
    return chosen, skipped


def well(states: Iterable[State], ids: Sequence[str]) -> frozenset[str]:
    """Return the ids of the enabled network sources that answered when they were asked last.

    Empty if single sources are asked, those with the ids `ids`: then what the others said does not matter.
    """
    enabled = [(source, state) for source, state in states if source.enabled and source.url and not ids]
    return frozenset(source.id for source, state in enabled if state.ok_at and not state.error)


def is_due(state: FetchState, now: datetime) -> bool:
    """Whether the time of a source has come, or was planned by a clock that has been set back since."""
    return indexing.due_at(cadence.replanned(state, now)) <= indexing.seconds(now)


def wait_of(told: Iterable[datetime], now: datetime) -> datetime | None:
    """Return until when a whole host is left alone, given what Retry-After told its sources; None if it is not."""
    future = [until for until in told if until > now]
    return max(future) if len(future) >= SEVERAL else None


def slice_of(hosts: Sequence[str], piled_up: AbstractSet[str]) -> list[str]:
    """Return which of the hosts that have something due a daemon asks next: after a pause not all of them at once.

    `hosts` come the longest overdue first, and so do those returned: every host where nothing has `piled_up`, and a
    slice of the others. After `SLICES` calls all of these have been asked, but for hosts with very many sources.
    """
    old = [name for name in hosts if name in piled_up]
    later = frozenset(old[max(SLICE, -(-len(old) // SLICES)) :])
    return [name for name in hosts if name not in later]


def offline(states: Iterable[State], now: datetime) -> bool:
    """Whether the network seems to be down: lately several hosts were asked, and not one has answered."""
    unreached: set[str] = set()
    for source, state in states:
        if not source.url or state.fetched_at is None or now - state.fetched_at > RECENT:
            continue
        if state.error and state.error.kind in UNASKED:
            continue
        if state.error is None or state.error.kind not in UNREACHED:
            return False
        unreached.add(host(moves.target(source, state)))
    return len(unreached) >= SEVERAL


def _skipped(source: Source, state: FetchState, note: str) -> Outcome:
    return Outcome(
        source=source.id,
        result="skipped",
        note=note,
        next_at=interval.next_visit(state),
        failures=state.failures,
        network=bool(source.url),
    )
