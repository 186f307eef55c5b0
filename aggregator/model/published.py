"""What came of a publication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aggregator.model.document import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publication did, or with `check` would do; paths are relative to the site directory."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    feeds: int = 0
    """Feeds that were published, changed or not."""
    standing: int = 0
    """Feeds and items' own pages that were known to be as they should: neither rendered nor read."""
    topics: tuple[str, ...] = ()
    """URLs of the feeds among `written`, for those who are told of changes; archives are none."""
    problems: tuple[Problem, ...] = ()
    """Items that were left out, since their files could not be read."""
    failure: str = ""
    """Why not all of it could be written, in a line for each cause; empty if it could."""
