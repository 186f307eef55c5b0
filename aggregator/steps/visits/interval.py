"""How long to wait before the next visit, with the reasoning: after a success, and after a failure.

The interval of a source is ``base / sqrt(posts per day)``: with a fixed budget of requests this minimises the mean
delay of an item (items arrive at rate l, a visit every I costs l·I/2; minimise the sum with Σ 1/I fixed). It is bounded
below by `schedule.min` and by the server's own word (Cache-Control, RSS ttl, sy:updatePeriod), above by `schedule.max`.
Failures back off exponentially; Retry-After is obeyed as it stands.

This module reads no clock, draws no random numbers (jitter is a hash of source and visit) and remembers nothing: what
becomes of a source's state is `steps.cadence`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from typing import TYPE_CHECKING

from aggregator.model import Reason

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model import FetchState, Hints, Outcome, Source
    from aggregator.settings import Schedule

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
PRIOR_POSTS, PRIOR_SECONDS = 0.45, 11 * DAY
"""Gamma prior of the posting rate: a source that never posts is visited every eight hours or so at base 60 min."""
SHORT_BACKOFF, LONG_BACKOFF = 15 * MINUTE, 4 * HOUR
"""The wait after a first failure, and after a first refusal; it doubles with each that follows."""
REFUSALS = frozenset({401, 403, 410, 429, 451})
"""Statuses of a server that does not want us, as opposed to one that cannot."""
LOST_AFTER, LOST_INTERVAL = 90 * DAY, 7 * DAY
"""A source that has failed for so long is asked once a week."""
LONGEST_WAIT = 7 * DAY
"""A longer Retry-After counts as this."""
LARGE = 512 * 1024
"""Bytes of a document that is a burden to send for nothing."""
_ARROWS = frozenset({"posts", "minimum", "maximum", "max-age", "ttl", "updatePeriod", "no-validators", "failures"})
"""Rules that are told to people together with the interval that they led to."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Seconds until the next visit, and the reasoning; `why` is the reasoning in words."""

    seconds: float
    reasons: tuple[Reason, ...]

    @property
    def why(self) -> str:
        """``posts 6/day → 24 min; max-age 40 min → 40 min; jitter +2 min``."""
        return words(self.reasons)


def posts_per_day(state: FetchState) -> float:
    """Return the estimated posting rate."""
    return (state.posts + PRIOR_POSTS) / (state.observed + PRIOR_SECONDS) * DAY


def after_success(state: FetchState, source: Source, schedule: Schedule, now: datetime, *, wasted: int = 0) -> Plan:
    """Return the plan after an answer; `state` holds what it said.

    `wasted` is the size in bytes of a document that brought nothing and that no validator could have saved.
    """
    if source.every:
        plan = _single("every", f"every {span(source.every)} (configured)", source.every)
    elif source.path:
        plan = _single("file", f"files cost nothing → minimum {span(schedule.min)}", schedule.min)
    else:
        plan = _adaptive(state, schedule, now, wasted)
    due = now + timedelta(seconds=round(plan.seconds))
    later = (skip(due, state.hints) - due).total_seconds()
    if not later or source.every:
        return plan
    seconds = round(plan.seconds) + later
    moved = Reason(rule="skip", why="moved out of skipHours/skipDays", seconds=seconds)
    return Plan(seconds=seconds, reasons=(*plan.reasons, moved))


def after_failure(
    state: FetchState, source: Source, schedule: Schedule, now: datetime, retry_after: float | None
) -> Plan:
    """Return the plan after a failure that `state` counts already.

    The first Retry-After is believed as it stands, if it is at least a minute. Later ones, too, but a source that goes
    on refusing is not asked more often than one that says nothing.
    """
    count = max(state.failures, 1)
    start = LONG_BACKOFF if state.status in REFUSALS else SHORT_BACKOFF
    usual = source.every or schedule.min
    lost = state.failing_since is not None and (now - state.failing_since).total_seconds() > LOST_AFTER
    ceiling = max(LOST_INTERVAL if lost else schedule.max, usual)
    seconds = min(max(usual, start * 2.0 ** min(count - 1, 10)), ceiling)
    times = f"{count} failure{'s' if count > 1 else ''} in a row"
    reasons = [Reason(rule="failures", why=times, seconds=seconds)]
    if retry_after is not None:
        said = clamped(retry_after)
        seconds = said if count == 1 else max(said, seconds)
        asked = Reason(rule="retry-after", why=f"the server said Retry-After {span(retry_after)}", seconds=seconds)
        reasons = [asked] if seconds == said else [*reasons, asked]
    shift = seconds * schedule.jitter * abs(_jitter(state))  # upwards: the server's word is a promise
    return _jittered(seconds, min(seconds + shift, max(seconds, ceiling)), reasons)


def clamped(retry_after: float) -> float:
    """Return what Retry-After asks for within reason, in seconds: a minute to a week."""
    return min(max(retry_after, MINUTE), LONGEST_WAIT)


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
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size * 1.995 or (size == MINUTE and seconds >= size):  # two days read better than 48 h
            count = seconds / size
            return f"{count:.0f} {unit}" if count >= 10 else f"{round(count, 1):g} {unit}"  # noqa: PLR2004 - 2.9 min, 33 min
    return f"{seconds:.0f} s"


def words(reasons: tuple[Reason, ...]) -> str:
    """Return the reasoning as a sentence."""
    return "; ".join(f"{one.why} → {span(one.seconds)}" if one.rule in _ARROWS else one.why for one in reasons)


def next_visit(state: FetchState | Outcome) -> datetime | None:
    """Return when the source is asked next: as planned, but never while its server said to wait; None is at once."""
    return max((instant for instant in (state.next_at, state.retry_at) if instant is not None), default=None)


def explain(state: FetchState, now: datetime) -> str:
    """Return when the source is asked next and why, seen from `now`; empty if it never was asked."""
    planned = next_visit(state)
    if planned is None:
        return words(state.reasons)
    seconds = (planned - now).total_seconds()
    when = f"next in {span(seconds)}" if seconds >= 1 else "due now"
    return f"{when}: {words(state.reasons)}" if state.reasons else when


def _adaptive(state: FetchState, schedule: Schedule, now: datetime, wasted: int) -> Plan:
    """The plan by the rate of posts, lengthened where bytes are wasted, then bounded, then jittered."""
    rate = posts_per_day(state)
    seconds = schedule.base / sqrt(rate)
    reasons = [Reason(rule="posts", why=f"posts {rate:.2g}/day", seconds=seconds)]
    if wasted:
        factor, most = (4.0, DAY) if wasted > LARGE else (2.0, 4 * HOUR)
        seconds = max(seconds, min(max(seconds, schedule.min) * factor, most))
        why = "the server sends the whole document every time, for lack of validators"
        reasons.append(Reason(rule="no-validators", why=why, seconds=seconds))
    rule, floor, said = max(_floors(state.hints, schedule, now), key=lambda one: one[1])
    ceiling = max(schedule.max, floor)
    if seconds < floor:
        reasons.append(Reason(rule=rule, why=f"{rule} {span(said)}", seconds=floor))
    elif seconds > ceiling:
        reasons.append(Reason(rule="maximum", why="maximum", seconds=ceiling))
    seconds = min(max(seconds, floor), ceiling)
    shift = seconds * schedule.jitter * _jitter(state)
    if seconds == floor:
        shift = abs(shift)  # else half of all visits would come at the very end of max-age
    return _jittered(seconds, min(max(seconds + shift, floor), ceiling), reasons)


def _floors(hints: Hints, schedule: Schedule, now: datetime) -> list[tuple[str, float, float]]:
    """Return what forbids a shorter interval, as (rule, seconds, what was said); servers count up to a day."""
    period, fresh = min(hints.period or 0.0, DAY), max((hints.max_age or 0.0) - hints.age, 0.0)
    told = (
        ("max-age", fresh, fresh),
        ("ttl", hints.ttl or 0.0, hints.ttl or 0.0),
        ("updatePeriod", _until_update(hints, now), period),
    )
    return [("minimum", schedule.min, schedule.min), *((rule, min(at, DAY), min(said, DAY)) for rule, at, said in told)]


def _until_update(hints: Hints, now: datetime) -> float:
    """Return the seconds until the next update that the channel promises: the period, or less if it says its base."""
    if not hints.period or hints.base is None:
        return hints.period or 0.0
    return hints.period - (now - hints.base).total_seconds() % hints.period


def _single(rule: str, why: str, seconds: float) -> Plan:
    return Plan(seconds=seconds, reasons=(Reason(rule=rule, why=why, seconds=seconds),))


def _jittered(seconds: float, spread: float, reasons: list[Reason]) -> Plan:
    if abs(spread - seconds) >= MINUTE:  # less is nothing that people see
        sign = "+" if spread > seconds else "−"
        reasons.append(Reason(rule="jitter", why=f"jitter {sign}{span(abs(spread - seconds))}", seconds=spread))
    return Plan(seconds=spread, reasons=tuple(reasons))


def _jitter(state: FetchState) -> float:
    """Return a number in [-1, 1] that differs from visit to visit but is the same in a replay."""
    seed = f"{state.source}\0{state.generation}".encode()
    return int.from_bytes(hashlib.blake2b(seed, digest_size=4).digest(), "big") / 0x7FFFFFFF - 1.0
