"""`tagwire sources`: the configured sources and how they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Options, command, pass_options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aggregator.model import FetchState, Source

_COLORS = {"ok": "green", "failing": "red", "paused": "yellow", "new": "dim"}


@command("sources")
@click.option("--failing", is_flag=True, help="Only sources whose last fetch failed.")
@click.option("--due", is_flag=True, help="Only sources whose time has come.")
@click.option("--paused", is_flag=True, help="Only paused sources.")
@pass_options
def sources(options: Options, *, failing: bool, due: bool, paused: bool) -> None:
    """List the sources and how they are.

    Several of the options together list the sources that all of them fit.
    """
    from aggregator.cli.output import emit
    from aggregator.clock import SystemClock

    now = SystemClock().now()
    with options.app() as app:
        chosen = [
            (source, state)
            for source, state in app.states()
            if (not failing or state.failures)
            and (not due or (source.enabled and (state.next_at is None or state.next_at <= now)))
            and (not paused or not source.enabled)
        ]
    if options.json:
        emit({"sources": [document(source, state) for source, state in chosen]})
    elif not options.quiet:
        _print(options, chosen, now)


def condition(source: Source, state: FetchState) -> str:
    """Return the source's condition in a word: paused, failing, ok, or new if it was never fetched."""
    if not source.enabled:
        return "paused"
    if state.failures:
        return "failing"
    return "ok" if state.ok_at else "new"


def document(source: Source, state: FetchState) -> dict[str, Any]:
    """Return the source as JSON shows it."""
    from aggregator.cli.output import rfc3339
    from aggregator.config.showing import masked

    error = {"kind": state.error.kind, "message": state.error.message} if state.error else None
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
        "next": rfc3339(state.next_at),
        "plan": state.plan,
        "waiting": len(state.waiting),
    }


def _print(options: Options, chosen: Sequence[tuple[Source, FetchState]], now: datetime) -> None:
    import sys

    from aggregator.cli.output import ago, colored, err, out, safe, table, until
    from aggregator.config.showing import masked

    if not chosen:
        err("no sources")
        return
    rows = [("SOURCE", "CONDITION", "LAST OK", "NEXT", "ADDRESS")]
    for source, state in chosen:
        told = condition(source, state)
        if told == "failing":
            told = f"failing ({state.failures})"
        when = until(state.next_at, now) if source.enabled else "-"
        address = masked(source.url) or source.path
        rows.append((safe(source.id), told, ago(state.ok_at, now), when, safe(address, 120)))
    out(table(rows, colors=_COLORS if colored(sys.stdout, options.color) else None))
    for source, state in chosen:
        if state.error:
            out(f"{safe(source.id)}: {state.error.kind}: {safe(state.error.message)}")


command = sources
