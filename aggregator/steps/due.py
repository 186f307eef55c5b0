"""Which sources a refresh asks now, and which it leaves alone, with the reason. This module asks nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.errors import ClockError, UsageError
from aggregator.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import FetchState, Source


EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""No machine runs this program before it was written: a clock that says so has not been set (RTC-less boards)."""
SET_BACK = timedelta(minutes=1)
"""A source that was fetched this far in the future was fetched before somebody set the clock back."""


def require_set_clock(now: datetime) -> None:
    """Raise `errors.ClockError` if the clock cannot be right: items would be stamped, and never be new again."""
    if now < EARLIEST:
        raise ClockError(f"the clock of this machine says {now:%Y-%m-%d %H:%M} UTC; nothing is fetched until it is set")


def select_due(
    states: Sequence[tuple[Source, FetchState]], ids: Sequence[str], *, due: bool, now: datetime
) -> tuple[list[Source], list[Outcome]]:
    """Return the sources to ask, in configured order, and outcomes for those that are left alone.

    Without `ids` every enabled source is meant; with `due` only those whose time has come, or was planned by a clock
    that has been set back since. A server that said
    Retry-After is left alone until then. Raises `errors.UsageError` for an id that is not configured.
    """
    known = {source.id for source, _ in states}
    if unknown := [name for name in ids if name not in known]:
        listing = ", ".join(source.id for source, _ in states) or "none is configured"
        raise UsageError(f"no source {', '.join(map(repr, unknown))}; the sources are: {listing}")
    chosen: list[Source] = []
    skipped: list[Outcome] = []
    for source, state in states:
        if ids and source.id not in ids:
            continue
        if not source.enabled:
            skipped += [_skipped(source, state, "paused")] if ids else []
        elif due and not _has_come(state, now):
            continue
        elif state.retry_at is not None and state.retry_at > now and state.url in ("", source.address):
            skipped.append(_skipped(source, state, "the server said to wait"))
        else:
            chosen.append(source)
    return chosen, skipped


def _has_come(state: FetchState, now: datetime) -> bool:
    if state.next_at is None or state.next_at <= now:
        return True
    return state.fetched_at is not None and state.fetched_at > now + SET_BACK


def _skipped(source: Source, state: FetchState, note: str) -> Outcome:
    return Outcome(
        source=source.id,
        result="skipped",
        note=note,
        next_at=state.retry_at or state.next_at,
        failures=state.failures,
        network=bool(source.url),
    )
