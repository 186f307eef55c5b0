"""What becomes of a source's state after a visit, as a pure function of the state before and what happened.

Rates are learned, errors counted and cleared, refusals remembered; how long to wait is `steps.visits.interval`, what is
made of redirects `steps.visits.moves`. This module reads no clock, draws no random numbers and fetches nothing.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from math import log
from typing import TYPE_CHECKING, Any

from aggregator.model import FetchState, Hints, NotModified, Reason
from aggregator.steps.visits import interval

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aggregator.model import Failure, Response, Source
    from aggregator.settings import Schedule

DAY = interval.DAY
HALF_LIFE = 14 * DAY
FULL_DOCUMENT = 10
"""A first document with fewer entries is taken to be the whole of the last 28 days, not a window."""
TRUST = timedelta(days=1)
"""How long "not modified" is believed; then the whole document is asked for once, since some validators are frozen."""
RETIRES = {410: (3, timedelta(days=2)), 404: (3, timedelta(days=30))}
"""Status → how many such answers in a row, over how long, make a source retire."""
SET_BACK = timedelta(minutes=1)
"""A source that was fetched this far in the future was fetched before somebody set the clock back."""
_PAST = ("fetched_at", "ok_at", "full_at", "failing_since", "status_since", "moved_since", "adopted_at", "retired_at")
_HINTS = tuple(field.name for field in fields(Hints))
GIVES_UP = 3
"""Failures in a row after which an adopted URL is dropped and the configured one asked again."""


def current(state: FetchState, source: Source) -> FetchState:
    """Return the state without what was learned about another address than the configured one: its owner moved it.

    What is known of the feed's title and rate stays, and the new address is due at once.
    """
    if state.url in ("", source.address):
        return state
    return FetchState(
        source=state.source,
        generation=state.generation,
        title=state.title,
        link=state.link,
        feed_id=state.feed_id,
        icon=state.icon,
        fetched_at=state.fetched_at,
        ok_at=state.ok_at,
        posts=state.posts,
        observed=state.observed,
    )


def replanned(state: FetchState, now: datetime) -> FetchState:
    """Return the state with its plans and memories moved into the present, if the clock was set back since its visit.

    It is due at once, unless its server said to wait: then for as long as it said.
    """
    if state.fetched_at is None or state.fetched_at <= now + SET_BACK:
        return state
    shift = state.fetched_at - now
    moved = {name: min(at, now) for name in _PAST if (at := getattr(state, name)) is not None}
    retry_at = state.retry_at - shift if state.retry_at else None
    return replace(state, **moved, next_at=now, retry_at=retry_at)


def distrusts(state: FetchState, now: datetime) -> bool:
    """Whether validators are not to be sent this time, since they stood for the same document for a day."""
    return state.full_at is not None and now - state.full_at >= TRUST


def unchanged(
    state: FetchState, answer: NotModified | Response, source: Source, schedule: Schedule, now: datetime
) -> FetchState:
    """Return the state after a visit that brought nothing: validators refreshed (RFC 9111 §4.3.4), error cleared."""
    same, known = isinstance(answer, NotModified), state.hints
    fresh = known.max_age if same and answer.max_age is None else answer.max_age
    told = fresh == known.max_age and answer.age == known.age
    said: dict[str, Any] = {
        "full_at": (state.full_at or now) if same else now,
        "hints": known if told else replace(known, max_age=fresh, age=answer.age),
    }
    if not same or answer.etag or answer.last_modified:  # a 304 changes what it names only
        said["etag"] = answer.etag or (state.etag if same else "")
        said["last_modified"] = answer.last_modified or (state.last_modified if same else "")
        said["validated"] = answer.url
    return _succeeded(state, observe(state, 0, now) | said, source, schedule, now, wasted=_wasted(answer))


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

    Validators and digest are not touched: the caller keeps them only if the parse was complete. What a part of the
    document does not say about when to come back holds as the whole one said it.
    """
    learned = _seed(dates, now) if state.ok_at is None else observe(state, new, now)
    hints = replace(hints, max_age=response.max_age)
    if response.delta:
        hints = replace(state.hints, **{name: value for name in _HINTS if (value := getattr(hints, name))})
    said = {"hints": replace(hints, age=response.age), "full_at": state.full_at if response.delta else now}
    return _succeeded(state, learned | said, source, schedule, now)


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
    """Return the state after a failure; validators, digest and everything learned stay as they were.

    `status` is the HTTP status if the server answered. A source that is gone for long enough is retired (`RETIRES`); an
    adopted URL that goes on failing is dropped.
    """
    after = replace(
        _refused(state, status, now),
        url=source.address,
        fetched_at=now,
        failures=state.failures + 1,
        failing_since=(state.failing_since if state.failures else None) or now,
        error=failure,
    )
    plan = interval.after_failure(after, source, schedule, now, retry_after)
    after = replace(
        after,
        next_at=_later(now, plan.seconds),
        retry_at=_later(now, interval.clamped(retry_after)) if retry_after is not None else None,
        reasons=plan.reasons,
    )
    if after.adopted and after.failures >= GIVES_UP:
        return replace(after, adopted="", adopted_at=None, status=0, status_count=0, status_since=None)
    return _retired(after, now)


def excused(state: FetchState, source: Source, schedule: Schedule, now: datetime) -> FetchState:
    """Return the state after `failed` without the failure counted: no host answered, or not the proxy.

    The source is asked again before long. Where it may have failed by itself all the same, since no host at all
    answered, it is not asked sooner than its failures before say.
    """
    proxy = state.error is not None and state.error.kind == "proxy"
    own = 0 if proxy else min(max(state.failures - 2, 0), 10)
    wait = min(interval.SHORT_BACKOFF * 2.0**own, max(schedule.max, source.every))
    why = "the proxy failed" if proxy else "no host answered: the network seems to be down"
    reason = Reason(rule="offline", why=why, seconds=wait)
    since = state.failing_since if state.failures > 1 else None
    return replace(
        state,
        failures=state.failures - 1,
        failing_since=since,
        next_at=now + timedelta(seconds=wait),
        reasons=(reason,),
    )


def put_off(state: FetchState, rule: str, why: str, now: datetime) -> FetchState:
    """Return the state of a source that could not be served for no fault of its own: to be asked again before long."""
    reason = Reason(rule=rule, why=why, seconds=interval.SHORT_BACKOFF)
    return replace(state, next_at=now + timedelta(seconds=interval.SHORT_BACKOFF), reasons=(reason,))


def postponed(state: FetchState, until: datetime) -> FetchState:
    """Return the state of a source that was not asked, since its host told others to come back at `until`."""
    reason = Reason(rule="host", why="its host told several sources to wait")
    return replace(state, next_at=until, reasons=(reason,))


def revived(state: FetchState) -> FetchState:
    """Return the state of a source that its owner wants to be asked again: nothing is held against it."""
    return replace(
        state, next_at=None, reasons=(), failures=0, failing_since=None, error=None, status=0, status_count=0,
        status_since=None, retired_at=None, moved_to="", moved_count=0, moved_since=None, adopted="", adopted_at=None,
    )  # fmt: skip


def observe(state: FetchState, new: int, now: datetime) -> dict[str, Any]:
    """Return the decayed counts of a state with `new` items since the last visit added: `posts` and `observed`."""
    elapsed = max((now - state.fetched_at).total_seconds(), 0.0) if state.fetched_at else 0.0
    keep = _decay(elapsed)
    return {"posts": state.posts * keep + new, "observed": state.observed * keep + elapsed}


def _seed(dates: Sequence[datetime], now: datetime) -> dict[str, Any]:
    """Return the counts as the dates of a first document say them; nothing if there are none."""
    past = sorted(date for date in dates if date <= now)
    if not past:
        return {}
    span_seen = (now - past[0]).total_seconds() if len(past) >= FULL_DOCUMENT else 28 * DAY
    posts = sum(_decay((now - date).total_seconds()) for date in past)
    return {"posts": posts, "observed": HALF_LIFE / log(2) * (1 - _decay(span_seen))}


def _succeeded(
    state: FetchState, said: dict[str, Any], source: Source, schedule: Schedule, now: datetime, *, wasted: int = 0
) -> FetchState:
    """Return the state with what the visit `said`, and with the plan that follows from it; no error stays.

    Two copies of it, whatever changes: they are what a visit without news costs here.
    """
    after = replace(
        state,
        **said,
        url=source.address,
        fetched_at=now,
        ok_at=now,
        failures=0,
        failing_since=None,
        error=None,
        retry_at=None,
        retry_host="",
        status=0,
        status_count=0,
        status_since=None,
        retired_at=None,
    )
    plan = interval.after_success(after, source, schedule, now, wasted=wasted)
    return replace(after, next_at=_later(now, plan.seconds), reasons=plan.reasons)


def _refused(state: FetchState, status: int, now: datetime) -> FetchState:
    """Return the state with one more answer of this status; failures without an answer say nothing about the source."""
    if not status:
        return state
    if state.status != status:
        return replace(state, status=status, status_count=1, status_since=now)
    return replace(state, status_count=state.status_count + 1)


def _retired(state: FetchState, now: datetime) -> FetchState:
    times, period = RETIRES.get(state.status, (0, timedelta()))
    since = state.status_since
    if not times or since is None or state.status_count < times or now - since < period:
        return state
    why = f"retired: the server said {state.status} {state.status_count} times since {since:%Y-%m-%d}"
    return replace(state, retired_at=now, next_at=None, retry_at=None, reasons=(Reason(rule="retired", why=why),))


def _wasted(answer: NotModified | Response) -> int:
    """Return the bytes that a server without validators sent for nothing."""
    if isinstance(answer, NotModified) or answer.etag or answer.last_modified:
        return 0
    return sum(len(document.body) for document in answer.documents)


def _decay(seconds: float) -> float:
    return float(2.0 ** (-seconds / HALF_LIFE))


def _later(now: datetime, seconds: float) -> datetime:
    """The instant so many seconds later, never before: an index keeps whole seconds."""
    at = now + timedelta(seconds=seconds)
    return at.replace(microsecond=0) + timedelta(seconds=1 if at.microsecond else 0)
