"""What checks are given and what they return. This module checks nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from aggregator.tree import open_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from aggregator.model import FetchState
    from aggregator.settings import Settings
    from aggregator.tree import ItemTree

SHOWN = 3
"""Files that are named of those with the same complaint; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found; `fix` says what to do about it."""

    check: str
    level: Literal["ok", "warning", "error"]
    message: str
    fix: str = ""


def some(names: Sequence[str]) -> str:
    """Name the first of some files, and count the others."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A site as it is found: settings, the time, and what is remembered of its sources (none if nobody can tell)."""

    settings: Settings
    now: datetime
    states: Mapping[str, FetchState] = field(default_factory=dict)

    @property
    def tree(self) -> ItemTree:
        """The item files, to be read and never written."""
        return open_tree(self.settings, dry=True)
