"""What came of a visit to a source, as it is told and counted.

This module decides nothing about items and commits nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.errors import Busy, DiskError, HttpStatus, InternalError, RobotsDisallowed, SourceError
from aggregator.files import digest
from aggregator.model import Duplicate, Failure, New, NotModified, Outcome, Repeated, Updated
from aggregator.model.change import Visit
from aggregator.steps import cadence, dedupe
from aggregator.steps.urls import host
from aggregator.steps.visits.interval import next_visit, span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aggregator.completing import Completed
    from aggregator.model import Change, FetchState, Problem, Response, Saved, Source, Summary
    from aggregator.settings import Schedule

log = logging.getLogger(__name__)

_CHANGES = (New, Updated, Duplicate, Repeated)
LINES = 3
"""So many of a source's problems have a line in the log; `tagwire show SOURCE` has more of them."""


def visit(answer: Response | NotModified) -> Visit:
    """Return where an answer came from, with its status and size in bytes."""
    if isinstance(answer, NotModified):
        return Visit(url=answer.url, status=304)
    return Visit(url=answer.url, status=answer.status, size=sum(len(one.body) for one in answer.documents))


def digest_of(response: Response) -> str:
    """Return the hash of everything that was fetched, and of what is told of it; none of a part.

    A document is read anew when its server has corrected the charset that it names; names count where it is not one
    document alone.
    """
    if response.delta:
        return ""
    parts = [part for one in response.documents for part in (one.charset.lower().encode(), one.body)]
    if len(response.documents) != 1 or response.problems:
        parts += [one.name.encode() for one in response.documents]
        parts += [str(problem).encode() for problem in response.problems]
    return digest(b"\0".join(parts))


def told(
    source: Source,
    changes: Sequence[Change],
    saved: Sequence[Saved],
    done: Completed,
    response: Response,
    after: FetchState,
) -> Outcome:
    """Return what came of a source that was read; `saved` are the rows of the files written for `changes`."""
    count = Counter(type(change) for change in changes)
    held = {one.record.key for one in saved if one.revision and one.revision.held}
    revised = {change.record.key for change in changes if isinstance(change, Updated)}
    gone = sum(one.record.gone and one.record.key in revised for one in saved)  # its owner deleted the file meanwhile
    known = sum(isinstance(change, New) and bool(change.displaces) for change in changes)  # another source had them
    return Outcome(
        source=source.id,
        result="failed" if after.error else "ok",
        new=count[New] - known,
        updated=count[Updated] - len(held & revised) - gone,
        held=len(held),
        duplicates=count[Duplicate] + count[Repeated] + known,
        unchanged=done.known + len(changes) - len(held - revised) - sum(count[kind] for kind in _CHANGES),
        error=after.error,
        problems=(
            *response.problems,
            *done.reading.problems,
            *dedupe.notices(changes),
            *(one.problem for one in saved if one.problem),
        ),
        note=done.note,
    )


def unkept(state: FetchState, error: DiskError, now: datetime) -> tuple[FetchState, Outcome]:
    """Return state and outcome of a source that answered, but whose items could not be written."""
    log.error("%s: %s", state.source, error)
    failure = Failure(kind=error.kind, message=str(error))
    after = cadence.put_off(state, "disk", "its items could not be written", now)
    return after, Outcome(source=state.source, result="failed", error=failure)


def failed(
    source: Source, state: FetchState, error: Exception, schedule: Schedule, now: datetime
) -> tuple[FetchState, Outcome]:
    """Return state and outcome of a failure; what is not a typed error is a bug of ours, told with its traceback.

    A source that could not be asked since others had its host's turn has not failed.
    """
    if isinstance(error, Busy):
        after = cadence.put_off(state, "busy", "others were being asked at its host", now)
        return after, Outcome(source=source.id, result="skipped", note=str(error), busy=host(error.url))
    if isinstance(error, SourceError):
        failure = Failure(kind=error.kind, message=_placed(str(error), error.line))
    else:
        log.error("refreshing %s failed", source.id, exc_info=error)
        failure = Failure(kind=InternalError.kind, message=f"{type(error).__name__}: {error}")
    status = error.status if isinstance(error, HttpStatus) else 0
    retry_after, told_by = None, ""
    if isinstance(error, HttpStatus | RobotsDisallowed) and error.retry_after is not None:
        retry_after, told_by = error.retry_after, host(error.url)
    after = cadence.failed(state, failure, source, schedule, now, status=status, retry_after=retry_after)
    return replace(after, retry_host=told_by), Outcome(source=source.id, result="failed", error=failure)


def _placed(message: str, line: int) -> str:
    """The message with its line, unless it says it already."""
    return f"{message} (line {line})" if line and f"line {line}" not in message else message


class Telling:
    """Tells the log what changes about sources: that one fails, or in another way; that it answers again; new problems.

    What stays as it is is told once as long as the process lives, so that a source that is gone for a month is a line.
    """

    def __init__(self) -> None:
        """Nothing has been told yet."""
        self._failing: dict[str, str] = {}
        self._problems: dict[str, frozenset[str]] = {}

    def heard(self, outcome: Outcome, now: datetime) -> None:
        """Log what is new about the source; `now` tells how long it waits for its next turn."""
        before = self._failing.get(outcome.source, "")
        if error := outcome.error:
            self._failing[outcome.source] = error.kind
            if error.kind not in {before, DiskError.kind, InternalError.kind}:  # these two log for themselves
                log.warning("%s: %s: %s%s", outcome.source, error.kind, error.message, _again(outcome, now))
        elif before and outcome.result in {"ok", "not_modified"}:
            del self._failing[outcome.source]
            log.info("%s: answers again", outcome.source)
        self._troubled(outcome.source, outcome.problems)

    def settled(self, summary: Summary) -> None:
        """Log what is new about item files and published ones, which belong to no source's visit."""
        self._troubled("", summary.problems)

    def _troubled(self, source: str, problems: Sequence[Problem]) -> None:
        if not problems:
            return
        known, lines = self._problems.get(source, frozenset()), [str(one) for one in problems]
        self._problems[source] = frozenset(lines)
        fresh, prefix = [line for line in lines if line not in known], f"{source}: " if source else ""
        for line in fresh[:LINES]:
            log.warning("%s%s", prefix, line)
        if len(fresh) > LINES:
            log.warning("%sand %d more", prefix, len(fresh) - LINES)


def _again(outcome: Outcome, now: datetime) -> str:
    due = next_visit(outcome)
    if due is None:
        return ""
    return f"; next try in {span((due - now).total_seconds())}" if due > now else "; next try at once"
