"""`tagwire sources`: the configured sources and how they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Options, command, pass_options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aggregator.model import FetchState, Source


@command(
    "sources",
    examples={
        "tagwire sources --failing": "what needs a look",
        "tagwire sources --json | jq -r '.sources[].id'": "for scripts",
    },
)
@click.option("--failing", is_flag=True, help="Only sources whose last fetch failed, retired ones included.")
@click.option("--due", is_flag=True, help="Only sources whose time has come.")
@click.option("--paused", is_flag=True, help="Only paused sources.")
@pass_options
def sources(options: Options, *, failing: bool, due: bool, paused: bool) -> None:
    """List the sources and how they are.

    Several of the options together list the sources that all of them fit.
    """
    from aggregator.cli import health
    from aggregator.cli.output import emit
    from aggregator.clock import SystemClock
    from aggregator.steps.visits.due import is_due

    now = SystemClock().now()
    with options.app() as app:
        chosen = [
            (source, state)
            for source, state in app.states()
            if (not failing or state.error)
            and (not due or (source.enabled and is_due(state, now)))
            and (not paused or not source.enabled)
        ]
    if options.json:
        emit({"sources": [health.document(source, state, now) for source, state in chosen]})
    elif not options.quiet:
        _print(options, chosen, now)


def _print(options: Options, chosen: Sequence[tuple[Source, FetchState]], now: datetime) -> None:
    import sys

    from aggregator.cli.health import COLORS, condition
    from aggregator.cli.output import ago, colored, counted, err, out, rfc3339, safe, table, until
    from aggregator.config.showing import masked
    from aggregator.steps.visits.interval import next_visit

    if not chosen:
        err("no sources")
        return
    rows = [("SOURCE", "CONDITION", "LAST OK", "NEXT", "ADDRESS")]
    for source, state in chosen:
        told = condition(source, state)
        if told == "failing":
            told = f"failing ({state.failures})"
        when = "-" if told in {"paused", "retired"} else until(next_visit(state), now)
        address = masked(source.url) or source.path
        rows.append((safe(source.id), told, ago(state.ok_at, now), when, safe(address, 120)))
    out(table(rows, colors=COLORS if colored(sys.stdout, options.color) else None))
    for source, state in chosen:
        if state.error:
            since = f" (since {rfc3339(state.failing_since)})" if state.failing_since else ""
            out(f"{safe(source.id)}: {state.error.kind}: {safe(state.error.message)}{since}")
        if state.problems:
            out(f"{safe(source.id)}: {counted(state.troubled, 'problem')}, `tagwire show {source.id}` names them")


command = sources
