"""What checks are given and what they return. This module checks nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from aggregator.tree import ItemTree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aggregator.model import FetchState
    from aggregator.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found; `fix` says what to do about it."""

    check: str
    level: Literal["ok", "warning", "error"]
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A site as it is found: settings, the time, and what is remembered of its sources (none if nobody can tell)."""

    settings: Settings
    now: datetime
    states: Mapping[str, FetchState] = field(default_factory=dict)

    @property
    def tree(self) -> ItemTree:
        """The item files, to be read and never written."""
        site, storage = self.settings.site, self.settings.storage
        return ItemTree(Path(self.settings.root) / storage.items, storage.path, ZoneInfo(site.timezone), dry=True)
