"""What was in force when the site was last published, in `var/published`: tells what has to be done over.

Losing the file costs time only: everything is looked at and rendered again, and bytes that are equal are not written.
This module decides nothing about single items or feeds; for those the store keeps an outbox.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import __version__, files, witness
from aggregator.steps.words import han

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.model import FetchState
    from aggregator.settings import Settings

SHOWN = (
    "title", "link", "feed_id", "icon", "url", "error", "failing_since", "adopted", "moved_to", "retired_at",
)  # fmt: skip
"""Fields of states of which pages, OPML and status.json tell; and whether a source was ever read."""
NOTES = "dates ahead, copies of folders"
"""What is noted beside items as they are read; when it becomes more, all are read once more."""
FOLDERS = ("", "tags", "sources", "queries", "items")


class Mark:
    """Compares the present configuration, rules and published files with those of the last publication."""

    def __init__(self, settings: Settings) -> None:
        self._path = Path(settings.root) / "var" / "published"
        self._home = Path(settings.root) / settings.publish.dir
        given = [(source.id, source.tags) for source in settings.sources]
        self._present = {
            "site": _digest(
                __version__,
                settings.site,
                settings.publish,
                settings.tags,
                settings.sources,
                settings.feeds,
                settings.templates,
            ),
            "rules": _digest(__version__, NOTES, settings.tags, han.available(), given),
        }

    def rules_stand(self) -> bool:
        """Whether the rules that give tags are those under which all items were read."""
        return self._stored().get("rules") == self._present["rules"]

    def kept_rules(self) -> str:
        """Return what stands for the rules under which all items were last read; empty if nobody knows."""
        return self._stored().get("rules", "")

    def stands(self) -> bool:
        """Whether nothing but items can have changed since: same configuration, and no published file is missing."""
        stored = self._stored()
        if stored.get("site") != self._present["site"]:
            return False
        return self._untouched(stored.get("folders", "")) or self._count() >= int(stored.get("files", 0))

    def keep_rules(self) -> None:
        """Remember that all items were read under these rules. Raises OSError."""
        self._write({**self._stored(), "rules": self._present["rules"]})

    def shows(self, states: Mapping[str, FetchState]) -> bool:
        """Whether what was published says of all sources what these states say: how they are called and how well."""
        return self._stored().get("states") == _shown(states)

    def keep(self, states: Mapping[str, FetchState]) -> None:
        """Remember that everything is published under this configuration, with these states. Raises OSError."""
        present = {
            "site": self._present["site"],
            "states": _shown(states),
            "folders": self._folders()[0],  # first: what changes while files are counted is counted again
            "files": str(self._count()),
        }
        self._write({**self._stored(), **present})

    def _stored(self) -> dict[str, str]:
        with suppress(FileNotFoundError, ValueError, AttributeError):
            return {str(key): str(value) for key, value in json.loads(files.read_bytes(self._path)).items()}
        return {}

    def _write(self, values: dict[str, str]) -> None:
        files.write(self._path, json.dumps(values).encode())

    def _untouched(self, folders: str) -> bool:
        """Whether no name came or went in the folders that were counted: they are as they were before the mark."""
        present, newest = self._folders()
        own = witness.inode(self._path)
        return present == folders and own is not None and newest < own[0]

    def _folders(self) -> tuple[str, int]:
        """The folders of published files as they are, and when a name in one of them came or went last, in ns."""
        found = [witness.inode(self._home / folder) or (0, 0) for folder in FOLDERS]
        return _digest(found), max(time for time, _ in found)

    def _count(self) -> int:
        count = 0
        for folder in FOLDERS:
            with suppress(FileNotFoundError, NotADirectoryError):
                count += len(os.listdir(self._home / folder))  # noqa: PTH208 - names are all that is needed
        return count


def _shown(states: Mapping[str, FetchState]) -> str:
    """Return what stands for all that is shown of states."""
    return _digest(
        *((name, *map(partial(getattr, one), SHOWN), one.ok_at is None) for name, one in sorted(states.items()))
    )


def _digest(*values: object) -> str:
    return files.digest(repr(values).encode())
