"""How a source is, told: in a word, as JSON, and in lines for people. This module prints nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aggregator.cli.output import ago, rfc3339, safe
from aggregator.config.showing import masked
from aggregator.steps.visits import interval, moves

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from aggregator.model import FetchState, Source

COLORS = {"ok": "green", "failing": "red", "retired": "red", "offline": "yellow", "paused": "yellow", "new": "dim"}
"""Conditions as terminals show them."""


def condition(source: Source, state: FetchState) -> str:
    """Return the source's condition in a word: paused, retired, failing, offline (not its fault), ok, or new."""
    if not source.enabled:
        return "paused"
    if state.retired_at:
        return "retired"
    if state.error:
        return "failing" if state.failures else "offline"
    return "ok" if state.ok_at else "new"


def document(source: Source, state: FetchState, now: datetime) -> dict[str, Any]:
    """Return the source as JSON shows it."""
    error = None
    if state.error:
        error = {"kind": state.error.kind, "message": state.error.message, "since": rfc3339(state.failing_since)}
    return {
        "id": source.id,
        "title": source.title or state.title,
        "kind": source.kind,
        "url": masked(source.url),
        "path": source.path,
        "tags": list(source.tags),
        "enabled": source.enabled,
        "condition": condition(source, state),
        "failures": state.failures,
        "failing_since": rfc3339(state.failing_since),
        "error": error,
        "last_fetch": rfc3339(state.fetched_at),
        "last_ok": rfc3339(state.ok_at),
        "next": rfc3339(interval.next_visit(state)),
        "plan": interval.explain(state, now),
        "reasons": [{"rule": one.rule, "why": one.why, "seconds": round(one.seconds)} for one in state.reasons],
        "waiting": len(state.waiting),
        "problems": [str(problem) for problem in state.problems],
        "wait_until": rfc3339(state.retry_at),
        "retired": rfc3339(state.retired_at),
        "moved": {
            "to": masked(state.moved_to),
            "sightings": state.moved_count,
            "since": rfc3339(state.moved_since),
            "adopted": masked(state.adopted),
            "adopted_at": rfc3339(state.adopted_at),
        },
        "validators": {"etag": state.etag, "last_modified": state.last_modified},
    }


def lines(source: Source, state: FetchState, known: Iterable[moves.Known], now: datetime) -> Iterator[tuple[str, str]]:
    """Return the source for people, as labels and texts; what is empty may be left out. `known` are all sources."""
    yield "source", f"{source.id} ({source.kind})"
    yield "title", safe(source.title or state.title)
    yield "url", safe(masked(source.url))
    yield "path", safe(source.path)
    yield "tags", safe(", ".join(source.tags))
    yield "condition", _condition(source, state)
    if state.error:
        yield "error", f"{state.error.kind}: {safe(state.error.message)}"
        yield "since", _when(state.failing_since, now) if state.failing_since else ""
    yield from _problems(state)
    yield "last fetch", _when(state.fetched_at, now)
    yield "last ok", _when(state.ok_at, now)
    if source.enabled:
        yield "plan", interval.explain(state, now)
    if state.retry_at and state.retry_at > now:
        yield "wait until", f"{rfc3339(state.retry_at)}: the server said so, `refresh` obeys as well"
    yield from _moves(source, state, known, now)
    yield "etag", safe(state.etag)
    yield "last modified", safe(state.last_modified)
    if state.full_at and (state.etag or state.last_modified):
        yield "last whole", _when(state.full_at, now)


def _condition(source: Source, state: FetchState) -> str:
    word = condition(source, state)
    hints = {
        "paused": f"`tagwire resume {source.id}` asks again",
        "retired": f"`tagwire resume {source.id}` asks again, `tagwire remove {source.id}` drops it",
        "failing": f"{state.failures} in a row",
        "offline": "no host answered, or not the proxy, so it is not counted as a failure",
    }
    return f"{word}: {hints[word]}" if word in hints else word


def _problems(state: FetchState) -> Iterator[tuple[str, str]]:
    label = "set aside"
    for problem in state.problems:
        yield label, safe(str(problem))
        label = ""
    if state.troubled > len(state.problems):
        yield label, f"and {state.troubled - len(state.problems)} more"


def _moves(source: Source, state: FetchState, known: Iterable[moves.Known], now: datetime) -> Iterator[tuple[str, str]]:
    known = list(known)
    if state.adopted:
        adopted, other = safe(masked(state.adopted)), moves.twin(state.adopted, source, known)
        yield "asked at", f"{adopted}, since {_when(state.adopted_at, now)}"
        if other:
            yield "", f"source {other} is asked there, too: one of the two is enough, `tagwire remove` drops the other"
        else:
            yield "", f'the server moved it there for good; write url = "{adopted}" in sources.toml,'
            yield "", f"or `tagwire resume {source.id}` to go back to the configured one"
    if state.moved_to:
        times = f"{state.moved_count} time{'s' if state.moved_count > 1 else ''} since {_when(state.moved_since, now)}"
        obstacle = moves.obstacle(state.moved_to, source, known)
        days = interval.span(moves.PERIOD.total_seconds())
        verdict = f"not adopted: {obstacle}" if obstacle else f"adopted after {moves.SIGHTINGS} times over {days}"
        yield "moved to", f"{safe(masked(state.moved_to))}, seen {times}; {verdict}"


def _when(instant: datetime | None, now: datetime) -> str:
    return f"{rfc3339(instant)} ({ago(instant, now)})" if instant else "never"
