"""Checks of the machine: clock, disk, limits, packages, the server's port."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from aggregator.errors import ClockError
from aggregator.operations.doctor.findings import Finding
from aggregator.operations.doctor.places import existing, homes, places
from aggregator.steps.cadence import SET_BACK
from aggregator.steps.visits.due import require_set_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.operations.doctor.findings import Patient

LOW = 200 * 2**20
"""Bytes of free space below which a site is in danger: a day's items and a copy of the largest feed."""
SPARE_DESCRIPTORS = 64
EXTRAS = {
    "server": ("starlette", "uvicorn", "httptools", "prometheus_client"),
    "zh": ("opencc",),
    "fulltext": ("trafilatura",),
}
"""Extra → modules that it brings."""
_USE = {
    "server": "`tagwire serve` and the pages of `tagwire run`",
    "zh": "aliases in Traditional for tags in Simplified Chinese",
    "fulltext": '`full_text = "auto"`',
}


def clock(patient: Patient) -> Iterator[Finding]:
    """The clock is set and has not gone back."""
    try:
        require_set_clock(patient.now)
    except ClockError as error:
        yield Finding(check="clock", level="error", message=str(error), fix="set the time, for example by NTP")
        return
    seen = max((state.fetched_at for state in patient.states.values() if state.fetched_at), default=patient.now)
    if seen > patient.now + SET_BACK:
        yield Finding(
            check="clock",
            level="warning",
            message=f"a source was fetched at {seen:%Y-%m-%d %H:%M} UTC, which is still to come",
            fix="set the time; sources that were planned by the old one are fetched at once",
        )


def disk(patient: Patient) -> Iterator[Finding]:
    """There is room on the disk."""
    for place in sorted({existing(path) for path in (*places(patient), *homes(patient))}):
        free = shutil.disk_usage(place).free
        status = os.statvfs(place)
        if free < LOW:
            message = f"{place}: {free // 2**20} MiB are free"
            yield Finding(check="disk", level="error", message=message, fix="make room; nothing is lost meanwhile")
        elif status.f_files and status.f_favail < status.f_files // 100:
            message = f"{place}: {status.f_favail} more files fit (inodes), and every item is one"
            yield Finding(check="disk", level="warning", message=message, fix="use a file system with more inodes")


def descriptors(patient: Patient) -> Iterator[Finding]:
    """Enough files may be open at a time."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = patient.settings.http.concurrency + SPARE_DESCRIPTORS
    if limit != resource.RLIM_INFINITY and limit < needed:
        yield Finding(
            check="descriptors",
            level="warning",
            message=f"{limit} files may be open, {needed} are needed to fetch from {needed - SPARE_DESCRIPTORS} hosts",
            fix="raise `ulimit -n` (LimitNOFILE= of the unit), or lower http.concurrency",
        )


def names(_: Patient) -> Iterator[Finding]:
    """File names may be in any script."""
    encoding = sys.getfilesystemencoding()
    if encoding.replace("-", "").lower() != "utf8":
        yield Finding(
            check="names",
            level="error",
            message=f"file names are in {encoding} here, so Chinese tags cannot be written",
            fix="run with LANG=C.UTF-8 or PYTHONUTF8=1",
        )


def extras(patient: Patient) -> Iterator[Finding]:
    """What the configuration asks for is installed."""
    wanted = {"fulltext"} if any(getattr(one, "full_text", "") == "auto" for one in patient.settings.sources) else set()
    for extra, modules in EXTRAS.items():
        if all(find_spec(module) for module in modules):
            continue
        yield Finding(
            check="extras",
            level="error" if extra in wanted else "warning",
            message=f"the extra {extra!r} is not installed: {_USE[extra]} need it",
            fix=f"pip install 'tagwire[{extra}]', or leave it if you do without",
        )


def port(patient: Patient) -> Iterator[Finding]:
    """The server's address is free, or it is ours that answers."""
    server = patient.settings.server
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        socket.create_server((server.host, server.port), family=family).close()
    except OSError as error:
        yield Finding(
            check="port",
            level="warning",
            message=f"{server.host} port {server.port}: {error.strerror or error}",
            fix="fine if tagwire itself serves there now; else set server.host and server.port",
        )
