"""What checks are given and what they return; what several need is looked at once. This module checks nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from aggregator import outputs, publish, stores
from aggregator.disk import strangers
from aggregator.errors import EntryError, PublishError, StoreError
from aggregator.model import Problem
from aggregator.steps import frontmatter
from aggregator.tree import open_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from aggregator.model import FetchState
    from aggregator.model.published import Published
    from aggregator.ports import Store
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
class Looked:
    """An item file as it was read: what is wrong with it, else what tells its item from others."""

    path: str
    complaint: str = ""
    face: tuple[object, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Patient:
    """A site as it is found: settings, the time, and what is remembered of its sources (none if nobody can tell)."""

    settings: Settings
    now: datetime
    states: Mapping[str, FetchState] = field(default_factory=dict)

    @property
    def tree(self) -> ItemTree:
        """The item files, to be read and never written."""
        return open_tree(self.settings, dry=True)

    @cached_property
    def _listed(self) -> tuple[list[str], set[str]]:
        strange: set[str] = set()
        return [path for path, _ in self.tree.listing(strange)], strange

    @property
    def strangers(self) -> Sequence[Problem]:
        """What lies among the item files under names that are not UTF-8."""
        return strangers(self.tree.root, self._listed[1])

    @cached_property
    def items(self) -> Sequence[Looked]:
        """Every item file, read once and sorted by path. Raises OSError if a folder cannot be looked into."""
        zone, tree = ZoneInfo(self.settings.site.timezone), self.tree
        return [_looked(tree, path, zone) for path in self._listed[0]]

    @cached_property
    def publication(self) -> Published | PublishError | None:
        """What a publication would write and remove, or why it fails; None of a damaged index, or one without items."""
        try:
            with stores.open_store(self.settings.storage.index, self.settings.root, access="scratch") as store:
                return self._published(store) if store.items(limit=1) else None
        except StoreError:
            return None
        except PublishError as error:
            return error

    def _published(self, store: Store) -> Published:
        settings, cache = self.settings, str(Path(self.settings.root, publish.FRAGMENTS))
        press = publish.Publisher(settings, store, self.tree.read, outputs.discover(settings), cache=cache)
        return press.publish(check=True)


def _looked(tree: ItemTree, path: str, zone: ZoneInfo) -> Looked:
    """Return an item file read, with where and what is wrong with it, if anything is."""
    try:
        one = frontmatter.load(tree.text(path)[0], zone, name=path)
    except EntryError as error:
        problem = Problem(where=str(tree.root / path), message=str(error), line=error.line)
        return Looked(path=path, complaint=str(problem))
    except OSError as error:
        return Looked(path=path, complaint=f"{tree.root / path}: {error.strerror}")
    return Looked(path=path, face=(one.source, one.guid, one.link, one.title, one.published))
