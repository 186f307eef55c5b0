"""`tagwire doctor`: what is wrong with a site, and what mends it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Options, command, pass_options
from aggregator.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.model import FetchState
    from aggregator.operations.doctor import Finding
    from aggregator.settings import Settings

_COLORS = {"ok": "green", "warning": "yellow", "error": "red"}


@command(
    "doctor",
    examples={
        "tagwire doctor": "what is wrong, and what mends it",
        "tagwire doctor -q --strict": "for a monitor",
    },
)
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@pass_options
def doctor(options: Options, *, strict: bool) -> int:
    """Look the site over and name what mends it.

    Nothing is changed and nobody is asked. Exits 1 if something is broken, 78 if it is the configuration; warnings
    alone are 0.
    """
    from aggregator.clock import SystemClock
    from aggregator.operations.doctor import Finding, Patient, examine

    try:
        settings = options.settings()
    except ConfigError as error:
        fix = "mend the file; docs/configuration.md has every key"
        _tell(options, [Finding(check="config", level="error", message=one, fix=fix) for one in error.mistakes])
        return error.exit_code
    findings = list(examine(Patient(settings=settings, now=SystemClock().now(), states=_states(settings))))
    _tell(options, [Finding(check="config", level="ok", message="The configuration has no mistakes"), *findings])
    bad = {"error", "warning"} if strict else {"error"}
    return int(any(finding.level in bad for finding in findings))


def _states(settings: Settings) -> Mapping[str, FetchState]:
    """Return what is remembered of the sources; nothing if the index is damaged, which a check of its own tells."""
    from aggregator.stores import open_store

    try:
        with open_store(settings.storage.index, settings.root, access="scratch") as store:
            return store.states()
    except StoreError:
        return {}


def _tell(options: Options, findings: list[Finding]) -> None:
    import sys

    from aggregator.cli.output import colored, emit, out, paint, safe

    if options.json:
        emit({"findings": [asdict(finding) for finding in findings]})
        return
    color = colored(sys.stdout, options.color)
    for finding in findings:
        if finding.level == "ok" and options.quiet:
            continue
        level = paint(f"{finding.level:<7}", _COLORS[finding.level] if color else "")
        out(f"{level}  {finding.check:<11}  {safe(finding.message, 1000)}")
        if finding.fix:
            out(f"{'':22}→ {safe(finding.fix)}")


command = doctor
