"""Checks of the sources: are they there, do they answer, does anybody ask them? Nobody is asked here."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import reading
from aggregator.config.showing import masked
from aggregator.errors import Missing
from aggregator.fetchers.file import FolderFetcher
from aggregator.model import FetchState, Response
from aggregator.operations.doctor.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aggregator.model import Problem, Source
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
            elif not (place.is_dir() if source.kind == "folder" else place.is_file()):
                message = f"{source.id}: {place} is no {'folder' if source.kind == 'folder' else 'file'}"
                yield Finding(check="folders", level="error", message=message, fix="mend `path` or `kind`")
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
    """All files of folders can be read, and those of feed files could when they were read last."""
    for source in patient.settings.sources:
        if not (source.enabled and source.path):
            continue
        problems, count = _problems(patient, source)
        fix = f"mend the file; `tagwire refresh {source.id}` reads it again"
        for problem in problems[:SHOWN]:
            yield Finding(check="files", level="warning", message=f"{source.id}: {problem}", fix=fix)
        if count > SHOWN:
            message = f"{source.id}: and {count - SHOWN} more"
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


def _problems(patient: Patient, source: Source) -> tuple[Sequence[Problem], int]:
    """Return what is wrong with the files of a source, and how much: a folder is read for it, as a refresh reads it."""
    if source.kind != "folder":
        state = patient.states.get(source.id)
        return (state.problems, state.troubled) if state else ((), 0)
    settings = patient.settings
    fetcher = FolderFetcher(max_bytes=settings.http.max_bytes)
    try:
        answer = asyncio.run(fetcher.fetch(source, FetchState(source=source.id)))
    except Missing:  # which another check tells
        return (), 0
    assert isinstance(answer, Response), "nothing is known of what was read before"
    job = reading.Job(
        source=source,
        documents=answer.documents,
        url=answer.url,
        now=patient.now,
        zone=settings.site.timezone,
        authority=settings.site.tag_authority,
        defaults=settings.frontmatter.defaults,
    )
    problems = (*answer.problems, *reading.read(job).problems)
    return problems, len(problems)
