"""The configuration in force in a process that runs for long: read again when its files change.

A configuration that has become wrong is told, and the one before it stays in force. This module watches nothing by
itself: somebody asks it to look.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

from aggregator.config import schema, templates
from aggregator.config.loading import load
from aggregator.config.reading import MAIN
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from aggregator.config.reading import Place
    from aggregator.settings import Settings

log = logging.getLogger(__name__)


class Watch:
    """`settings` are those in force; `renew` brings them up to date."""

    def __init__(self, place: Place) -> None:
        """Read the configuration. Raises `errors.ConfigError`."""
        self._place = place
        self._seen = self._facts()
        self._wrong = False
        self._next: Settings | None = None
        self._reading = threading.Lock()
        self.settings: Settings = load(str(place.root), str(place.file))

    def unread(self) -> bool:
        """Whether a file changed, came or went since it was last read."""
        return self._facts() != self._seen

    def stale(self) -> bool:
        """Whether other settings have been read than those in force."""
        return self._next is not None and self._next != self.settings

    def check(self) -> None:
        """Read the files now, changed or not, and log what is wrong with them; what they say waits for `renew`.

        May be called in a thread while another one uses the settings in force.
        """
        with self._reading:
            self._read(self._facts())
            if self._next is not None:
                log.info("the configuration is in order; the next look goes by it")

    def renew(self) -> bool:
        """Read the files again if one changed, came or went; return whether other settings hold now.

        Mistakes are logged, each with its place, and change nothing.
        """
        with self._reading:
            facts = self._facts()
            if facts != self._seen:
                self._read(facts)
            if self._next is None:
                return False
            settings, self._next = self._next, None
        changed, self.settings = settings != self.settings, settings
        if changed:
            log.info("the configuration has changed and is in force")
        elif self._wrong:
            log.info("the configuration is in order again, and says what is in force")
        self._wrong = False
        return changed

    def _read(self, facts: list[tuple[int, int, int] | None]) -> None:
        """Read the files, with these facts, and keep what they say for `renew` unless there are mistakes in it."""
        self._seen, self._next = facts, None
        try:
            self._next = load(str(self._place.root), str(self._place.file))
        except ConfigError as error:
            for mistake in error.mistakes:
                log.error("%s", mistake)  # noqa: TRY400 - the owner's mistake, not ours: no traceback
            self._wrong = True
            log.warning("the configuration has mistakes; the one before stays in force")

    def _facts(self) -> list[tuple[int, int, int] | None]:
        """Return what tells that a file was written again, for each of the configuration's files, and for templates."""
        paths = [self._place.file if name == MAIN else self._place.file.with_name(name) for name in schema.FILES]
        return [_fact(str(path)) for path in (*paths, *templates.files(self._place.file.parent))]


def _fact(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - three of its fields, of three files, every few seconds
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
