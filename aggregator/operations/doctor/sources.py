"""Checks of the sources: are they there, do they answer, does anybody ask them? Nobody is asked here."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.config.showing import masked
from aggregator.operations.doctor.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.operations.doctor.findings import Patient

PERSISTENT = 3
"""Failures in a row that are no passing trouble."""
SHOWN = 5
"""Problems of a source that are named; the others are counted."""
LATE = timedelta(hours=3)
"""A source overdue by this much means that nothing refreshes: the daemon looks every few seconds."""


def folders(patient: Patient) -> Iterator[Finding]:
    """Folders and feed files that sources name are there."""
    for source in patient.settings.sources:
        if source.path and source.enabled:
            place = Path(source.path)
            if not place.exists():
                message = f"{source.id}: {place} is not there"
                yield Finding(check="folders", level="error", message=message, fix="mend `path`, or make it")
            elif not os.access(place, os.R_OK):
                message = f"{source.id}: {place} cannot be read by user {os.getuid()}"
                yield Finding(check="folders", level="error", message=message, fix=f"chmod -R a+rX {place}")
    if not any(source.enabled for source in patient.settings.sources):
        fix = "tagwire add URL"
        yield Finding(check="folders", level="warning", message="no source is configured and enabled", fix=fix)


def failing(patient: Patient) -> Iterator[Finding]:
    """No source has been failing for long."""
    for source in patient.settings.sources:
        state = patient.states.get(source.id)
        if source.enabled and state and state.error and state.failures >= PERSISTENT:
            since = f" since {state.failing_since:%Y-%m-%d}" if state.failing_since else ""
            message = f"{source.id} failed {state.failures} times in a row{since}: {state.error.message}"
            yield Finding(check="failing", level="warning", message=message, fix=f"tagwire show {source.id}")


def files(patient: Patient) -> Iterator[Finding]:
    """All files of folders and feed files could be read when they were read last."""
    for source in patient.settings.sources:
        state = patient.states.get(source.id)
        if not (source.enabled and source.path and state and state.problems):
            continue
        fix = f"mend the file; `tagwire refresh {source.id}` reads it again"
        for problem in state.problems[:SHOWN]:
            yield Finding(check="files", level="warning", message=f"{source.id}: {problem}", fix=fix)
        if state.troubled > SHOWN:
            message = f"{source.id}: and {state.troubled - SHOWN} more"
            yield Finding(check="files", level="warning", message=message, fix=f"tagwire show {source.id}")


def moved(patient: Patient) -> Iterator[Finding]:
    """No source is asked elsewhere than configured."""
    for source in patient.settings.sources:
        state = patient.states.get(source.id)
        if state and state.adopted and state.url == source.address:
            url = masked(state.adopted)
            message = (
                f"{source.id} has moved for good and is asked at {url}; the configuration says {masked(source.url)}"
            )
            yield Finding(check="moved", level="warning", message=message, fix=f'url = "{url}" in config/sources.toml')


def overdue(patient: Patient) -> Iterator[Finding]:
    """Somebody refreshes: no source is long overdue."""
    enabled = {source.id for source in patient.settings.sources if source.enabled}
    due = [state.next_at for name, state in patient.states.items() if name in enabled and state.next_at]
    late = [at for at in due if patient.now - at > LATE]
    if late:
        hours = (patient.now - min(late)).total_seconds() / 3600
        message = f"{len(late)} source(s) are overdue, the longest by {hours:.0f} h: nothing refreshes this site"
        fix = "start `tagwire run`, or a timer with `tagwire refresh --due` (docs/operations.md)"
        yield Finding(check="overdue", level="warning", message=message, fix=fix)
