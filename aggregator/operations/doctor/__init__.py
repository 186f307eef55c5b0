"""Looks a site over: what is wrong, or will be, and what mends it.

Every check is a function from a `Patient` to findings and asks one thing; none changes anything, dials anybody or stops
the others. What a command prints of it is not this package's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.operations.doctor import index, machine, places, published, sources
from aggregator.operations.doctor.findings import Finding, Patient
from aggregator.steps import remedies

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Finding", "Patient", "examine"]

CHECKS = (
    machine.clock,
    machine.disk,
    machine.descriptors,
    machine.names,
    machine.extras,
    places.permissions,
    places.privacy,
    machine.port,
    index.index,
    index.items,
    index.twice,
    index.links,
    index.decisions,
    index.temporaries,
    sources.folders,
    sources.files,
    sources.failing,
    sources.moved,
    sources.overdue,
    published.address,
    published.authority,
    published.feeds,
    published.contents,
)
_AGAIN = "mend that, as `permissions` says, then run `tagwire doctor` again"


def examine(patient: Patient) -> Iterator[Finding]:
    """Yield what the checks find, in their order; a check that finds nothing wrong yields one `ok`.

    One that the system keeps from looking says so, and the others go on.
    """
    for check in CHECKS:
        ill = False
        try:
            for finding in check(patient):
                ill = True
                yield finding
        except OSError as error:
            ill, message = True, f"this could not be looked over: {remedies.told(error)}"
            yield Finding(check=check.__name__, level="error", message=message, fix=_AGAIN)
        if not ill:
            yield Finding(check=check.__name__, level="ok", message=_first_line(check.__doc__))


def _first_line(text: str | None) -> str:
    return (text or "").partition("\n")[0].rstrip(".")
