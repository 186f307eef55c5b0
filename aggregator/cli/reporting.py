"""How a refresh is told: progress bar, result table, problems, summary, JSON Lines, and the exit code.

This module refreshes nothing.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aggregator.cli.output import SCHEMA, colored, counted, emit_line, err, out, rfc3339, safe, table, until
from aggregator.errors import DiskError
from aggregator.steps.visits.interval import span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from aggregator.cli.options import Options
    from aggregator.model import Outcome, Problem, Summary

PERSISTENT = 3
"""Failures in a row that make a source count as failing."""
FAILING, ALL_FAILED = 3, 5
_SHOWN = 20
_WORDS = {"ok": "ok", "not_modified": "no change", "failed": "failed", "skipped": "skipped"}
_COLORS = {"ok": "green", "failed": "red", "skipped": "yellow", "no": "dim"}


def exit_code(summary: Summary, fail: str) -> int:
    """Return 0, 1 (what came could not be written), 3 (a source fails, by the rule `fail`) or 5 (all of the network).

    What this machine cannot write is no failure of a source, so `fail` does not forgive it.
    """
    if summary.failure or any(one.error and one.error.kind == DiskError.kind for one in summary.outcomes):
        return DiskError.exit_code
    if fail == "never":
        return 0
    if summary.all_network_failed:
        return ALL_FAILED
    limit = 1 if fail == "on-any" else PERSISTENT
    return FAILING if any(_counts(outcome, limit) for outcome in summary.outcomes) else 0


def _counts(outcome: Outcome, limit: int) -> bool:
    return outcome.result == "failed" and max(outcome.failures, 1) >= limit


def source_event(outcome: Outcome) -> dict[str, Any]:
    """Return the JSON line of one source (design §4)."""
    error = {"kind": outcome.error.kind, "message": outcome.error.message} if outcome.error else None
    return {
        "event": "source",
        "schema": SCHEMA,
        "source": outcome.source,
        "result": outcome.result,
        "new": outcome.new,
        "updated": outcome.updated,
        "duplicates": outcome.duplicates,
        "dropped": outcome.dropped,
        "held": outcome.held,
        "error": error,
        "problems": [str(problem) for problem in outcome.problems],
        "next": rfc3339(outcome.next_at),
    }


def summary_event(summary: Summary, code: int) -> dict[str, Any]:
    """Return the last JSON line (design §4)."""
    return {
        "event": "summary",
        "schema": SCHEMA,
        "sources": len(summary.outcomes),
        "ok": summary.count("ok"),
        "not_modified": summary.count("not_modified"),
        "failed": summary.count("failed"),
        "new": summary.new,
        "updated": summary.updated,
        "duplicates": summary.duplicates + summary.near,
        "dropped": summary.dropped,
        "held": summary.held,
        "feeds_written": list(summary.feeds_written),
        "seconds": round(summary.seconds, 3),
        "exit": code,
    }


class Reporter:
    """Tells one refresh: `tell` hears of each source, `finish` of the whole."""

    def __init__(self, options: Options, *, fail: str, dry_run: bool) -> None:
        self._options = options
        self._fail = fail
        self._dry_run = dry_run
        self._bar: Any = None

    @contextmanager
    def progress(self, total: int) -> Iterator[None]:
        """Show a bar on stderr while the block runs, if that is a terminal; `total` 0 means not known."""
        options = self._options
        if options.quiet or options.verbose or not sys.stderr.isatty():
            yield
            return
        from aggregator.cli.progress import Bar

        with Bar(total, color=colored(sys.stderr, options.color)) as self._bar:
            yield

    def tell(self, outcome: Outcome) -> None:
        """Hear of one source that is done."""
        if self._bar is not None:
            self._bar.advance(outcome)
        if self._options.verbose:
            err(_visited(outcome))
        if self._options.json:
            emit_line(source_event(outcome))

    def finish(self, summary: Summary, *, stopped: int = 0) -> int:
        """Print the result and return the exit code: `stopped` if a signal ended the refresh early."""
        code = stopped or exit_code(summary, self._fail)
        self._problems([(outcome.source, outcome.problems) for outcome in summary.outcomes])
        self._problems([("", summary.problems)])
        for line in summary.failure.splitlines():
            err(f"tagwire: {safe(line, 2000)}")
        if self._options.json:
            emit_line(summary_event(summary, code))
        elif not self._options.quiet:
            self._print(summary, code)
        elif code:
            for outcome in summary.outcomes:
                if outcome.result == "failed":
                    err(f"tagwire: {safe(outcome.source)}: {_reason(outcome)}")
        return code

    def _problems(self, told: Sequence[tuple[str, Sequence[Problem]]]) -> None:
        limit = 0 if self._options.verbose else _SHOWN
        for source, problems in told:
            prefix = f"{safe(source)}: " if source else ""
            for problem in problems[: limit or None]:
                err(f"tagwire: {prefix}{safe(str(problem))}")
            if limit and len(problems) > limit:
                err(f"tagwire: {prefix}and {len(problems) - limit} more (-v shows all)")

    def _print(self, summary: Summary, code: int) -> None:
        from aggregator.clock import SystemClock

        if summary.outcomes:
            rows = [_HEADING, *(_row(outcome, SystemClock().now()) for outcome in summary.outcomes)]
            hidden = {name for name, count in (("HELD", summary.held), ("DROP", summary.dropped)) if not count}
            rows = [tuple(cell for name, cell in zip(_HEADING, row, strict=True) if name not in hidden) for row in rows]
            colors = _COLORS if colored(sys.stdout, self._options.color) else None
            out(f"{table(rows, right=range(2, len(rows[0]) - 2), colors=colors)}\n")
        out(_told(summary))
        written = ", ".join(map(safe, summary.feeds_written[:5]))
        if summary.feeds_written:
            more = ", …" if len(summary.feeds_written) > 5 else ""  # noqa: PLR2004 - names that fit a line
            verb = "would write" if self._dry_run else "wrote"
            out(f"{verb} {counted(len(summary.feeds_written), 'file')}: {written}{more}")
        if self._dry_run:
            out("dry run: nothing was changed")
        elif summary.failure or any(outcome.result == "failed" for outcome in summary.outcomes):
            err(f"hint: tagwire {'doctor' if code == DiskError.exit_code else 'sources --failing'}")


_HEADING = ("SOURCE", "RESULT", "NEW", "UPD", "HELD", "DUP", "DROP", "TIME", "NEXT", "")
"""HELD and DROP are shown only if there are any."""


def _row(outcome: Outcome, now: datetime) -> tuple[str, ...]:
    result = _WORDS[outcome.result]
    if outcome.failures > 1:
        result += f" ({outcome.failures} in a row)"
    return (
        safe(outcome.source),
        result,
        _number(outcome.new),
        _number(outcome.updated),
        _number(outcome.held),
        _number(outcome.duplicates),
        _number(outcome.dropped),
        f"{outcome.seconds:.1f}s",
        until(outcome.next_at, now),
        _reason(outcome),
    )


def _visited(outcome: Outcome) -> str:
    """Return a visit in a line: address, status, bytes and what came of it."""
    from aggregator.config.showing import masked

    visit = outcome.visit
    status = f"{visit.status} " if visit and visit.status and outcome.network else ""
    came = f"{status}({counted(visit.size, 'byte')})" if visit and visit.size else status.rstrip()
    counts = ", ".join(f"{count} {word}" for count, word in _counts_of(outcome) if count)
    told = "; ".join(filter(None, (_WORDS[outcome.result], counts, _reason(outcome))))
    where = safe(masked(visit.url)) if visit else "not asked"
    return ": ".join(filter(None, (safe(outcome.source), where, came, told)))


def _counts_of(outcome: Outcome) -> tuple[tuple[int, str], ...]:
    return (
        (outcome.new, "new"),
        (outcome.updated, "updated"),
        (outcome.duplicates, "duplicates"),
        (outcome.dropped, "dropped"),
        (outcome.unchanged, "known"),
    )


def _number(count: int) -> str:
    return str(count) if count else "-"


def _reason(outcome: Outcome) -> str:
    error = f"{outcome.error.kind}: {safe(outcome.error.message, 200)}" if outcome.error else ""
    return "; ".join(filter(None, (error, safe(outcome.note))))


def _told(summary: Summary) -> str:
    counts = (
        (summary.new, "new"),
        (summary.updated, "updated"),
        (summary.held, "held back"),
        (summary.duplicates, "duplicate" if summary.duplicates == 1 else "duplicates"),
        (summary.dropped, "dropped"),
        (summary.near, "near duplicate" if summary.near == 1 else "near duplicates"),
        (summary.related, "related"),
        (summary.count("failed"), "failed"),
    )
    told = ", ".join(f"{count} {word}" for count, word in counts if count) or "no news"
    seconds = f"{summary.seconds:.1f} s" if summary.seconds < 60 else span(summary.seconds)  # noqa: PLR2004 - a minute
    return f"{counted(len(summary.outcomes), 'source')}: {told}, {seconds}"
