"""When to come back: the state of a source after a visit, as a pure function of the state before and what happened.

The interval of a source is ``base / sqrt(posts per day)``: with a fixed budget of requests this minimises the mean
delay of an item (items arrive at rate l, a visit every I costs l·I/2; minimise the sum with Σ 1/I fixed). It is bounded
below by `schedule.min` and by the server's own word (Cache-Control, RSS ttl, sy:updatePeriod), above by `schedule.max`.
Failures back off exponentially; Retry-After is obeyed as it stands.

This module reads no clock, draws no random numbers (jitter is a hash of source and visit) and fetches nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import log, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import Failure, FetchState, Hints, NotModified, Response, Source
    from aggregator.settings import Schedule

DAY = 86400.0
HALF_LIFE = 14 * DAY
PRIOR_POSTS, PRIOR_SECONDS = 0.3, 7 * DAY
"""Gamma prior of the posting rate: a source that never posts is visited every nine or ten hours at base 60 min."""
FULL_DOCUMENT = 10
"""A first document with fewer entries is taken to be the whole of the last 28 days, not a window."""
SHORT_BACKOFF, LONG_BACKOFF = 15 * 60.0, 4 * 3600.0
REFUSALS = frozenset({401, 403, 451})
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Seconds until the next visit, and the reasoning in words."""

    seconds: float
    why: str


def unchanged(
    state: FetchState, answer: NotModified | Response, source: Source, schedule: Schedule, now: datetime
) -> FetchState:
    """Return the state after a visit that brought nothing: validators refreshed (RFC 9111 §4.3.4), error cleared."""
    seen = observe(state, 0, now)
    seen = replace(
        seen,
        url=source.address,
        etag=answer.etag or state.etag,
        last_modified=answer.last_modified or state.last_modified,
    )
    return _succeeded(seen, answer.max_age, source, schedule, now)


def changed(
    state: FetchState,
    response: Response,
    hints: Hints,
    dates: Sequence[datetime],
    new: int,
    source: Source,
    schedule: Schedule,
    now: datetime,
) -> FetchState:
    """Return the state after a visit that brought a document; `dates` of its entries seed the rate of a new source.

    Validators and digest are not touched: the caller keeps them only if the parse was complete.
    """
    first = state.ok_at is None
    seen = seed(state, dates, now) if first else observe(state, new, now)
    seen = replace(seen, url=source.address, hints=hints)
    return _succeeded(seen, response.max_age, source, schedule, now)


def failed(
    state: FetchState,
    failure: Failure,
    source: Source,
    schedule: Schedule,
    now: datetime,
    *,
    status: int = 0,
    retry_after: float | None = None,
) -> FetchState:
    """Return the state after a failure; validators, digest and everything learned stay as they were."""
    count = state.failures + 1
    plan = _backoff(count, status, retry_after, source, schedule)
    due = now + timedelta(seconds=round(plan.seconds))
    return replace(
        state,
        fetched_at=now,
        failures=count,
        failing_since=state.failing_since or now,
        error=failure,
        next_at=due,
        retry_at=due if retry_after is not None else None,
        plan=f"next in {span(plan.seconds)}: {plan.why}",
    )


def seed(state: FetchState, dates: Sequence[datetime], now: datetime) -> FetchState:
    """Return the state with the posting rate read off the dates of a first document."""
    past = sorted(date for date in dates if date <= now)
    if not past:
        return state
    span_seen = (now - past[0]).total_seconds() if len(past) >= FULL_DOCUMENT else 28 * DAY
    posts = sum(_decay((now - date).total_seconds()) for date in past)
    return replace(state, posts=posts, observed=HALF_LIFE / log(2) * (1 - _decay(span_seen)))


def observe(state: FetchState, new: int, now: datetime) -> FetchState:
    """Return the state with `new` items since the last visit added to the decayed counts."""
    elapsed = max((now - state.fetched_at).total_seconds(), 0.0) if state.fetched_at else 0.0
    keep = _decay(elapsed)
    return replace(state, posts=state.posts * keep + new, observed=state.observed * keep + elapsed)


def posts_per_day(state: FetchState) -> float:
    """Return the estimated posting rate."""
    return (state.posts + PRIOR_POSTS) / (state.observed + PRIOR_SECONDS) * DAY


def interval(state: FetchState, max_age: float | None, source: Source, schedule: Schedule) -> Plan:
    """Return the time until the next visit after a success, before skipHours, with its reasons."""
    if source.every:
        return Plan(seconds=source.every, why=f"every {span(source.every)} (configured)")
    if source.path:
        return Plan(seconds=schedule.min, why=f"files cost nothing → minimum {span(schedule.min)}")
    rate = posts_per_day(state)
    seconds = schedule.base / sqrt(rate)
    reasons = [f"posts {rate:.2g}/day → {span(seconds)}"]
    floors = [
        (schedule.min, "minimum"),
        (min(max_age or 0.0, DAY), "max-age"),
        (min(state.hints.ttl or 0.0, DAY), "ttl"),
        (min(state.hints.period or 0.0, DAY), "updatePeriod"),
    ]
    floor, word = max(floors, key=lambda pair: pair[0])
    ceiling = max(schedule.max, floor)
    if seconds < floor:
        reasons.append(f"{word} {span(floor)} → {span(floor)}")
    elif seconds > ceiling:
        reasons.append(f"maximum → {span(ceiling)}")
    seconds = min(max(seconds, floor), ceiling)
    shift = seconds * schedule.jitter * _jitter(state)
    spread = min(max(seconds + shift, floor), ceiling)
    if abs(spread - seconds) >= 60:  # noqa: PLR2004 - a minute is what people see
        reasons.append(f"jitter {'+' if spread > seconds else '−'}{span(abs(spread - seconds))}")
    return Plan(seconds=spread, why="; ".join(reasons))


def skip(due: datetime, hints: Hints) -> datetime:
    """Return `due`, moved out of the hours and days on which the channel asked not to be read (RSS 2.0, GMT)."""
    hours, days = set(hints.skip_hours), {day.lower() for day in hints.skip_days}
    moved = due
    for _ in range(24 * 7):
        if moved.hour not in hours and WEEKDAYS[moved.weekday()] not in days:
            return moved
        moved = moved.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return due  # every hour of the week is skipped: that cannot be meant


def span(seconds: float) -> str:
    """Return a duration for people: ``42 min``, ``3 h``, ``2 d``."""
    for size, unit in ((DAY, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size * 1.995 or (size == 60.0 and seconds >= size):  # noqa: PLR2004 - two days read better than 48 h
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"


def _succeeded(
    state: FetchState, max_age: float | None, source: Source, schedule: Schedule, now: datetime
) -> FetchState:
    plan = interval(state, max_age, source, schedule)
    due = skip(now + timedelta(seconds=round(plan.seconds)), state.hints)
    seconds = (due - now).total_seconds()
    moved = "; moved out of skipHours/skipDays" if seconds > round(plan.seconds) else ""
    return replace(
        state,
        fetched_at=now,
        ok_at=now,
        next_at=due,
        failures=0,
        failing_since=None,
        error=None,
        retry_at=None,
        plan=f"next in {span(seconds)}: {plan.why}{moved}",
    )


def _backoff(count: int, status: int, retry_after: float | None, source: Source, schedule: Schedule) -> Plan:
    if retry_after is not None:
        seconds = min(max(retry_after, 60.0), 7 * DAY)
        return Plan(seconds=seconds, why=f"the server said Retry-After {span(retry_after)}")
    start = LONG_BACKOFF if status in REFUSALS else SHORT_BACKOFF
    usual = source.every or schedule.min
    seconds = min(max(usual, start * 2.0 ** min(count - 1, 10)), max(schedule.max, usual))
    return Plan(seconds=seconds, why=f"{count} failure{'s' if count > 1 else ''} in a row")


def _decay(seconds: float) -> float:
    return float(2.0 ** (-seconds / HALF_LIFE))


def _jitter(state: FetchState) -> float:
    """Return a number in [-1, 1] that differs from visit to visit but is the same in a replay."""
    seed_bytes = f"{state.source}\0{state.generation}".encode()
    return int.from_bytes(hashlib.blake2b(seed_bytes, digest_size=4).digest(), "big") / 0x7FFFFFFF - 1.0
