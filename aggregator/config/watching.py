"""The configuration in force in a process that runs for long: read again when its files change.

A configuration that has become wrong is told, and the one before it stays in force. This module watches nothing by
itself: somebody asks it to look.
"""

from __future__ import annotations

import logging
import os
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
        self.settings: Settings = load(str(place.root), str(place.file))

    def stale(self) -> bool:
        """Whether a file changed, came or went since it was last read."""
        return self._facts() != self._seen

    def renew(self) -> bool:
        """Read the files again if one changed, came or went; return whether other settings hold now.

        Mistakes are logged, each with its place, and change nothing.
        """
        facts = self._facts()
        if facts == self._seen:
            return False
        self._seen = facts
        try:
            settings = load(str(self._place.root), str(self._place.file))
        except ConfigError as error:
            for mistake in error.mistakes:
                log.error("%s", mistake)  # noqa: TRY400 - the owner's mistake, not ours: no traceback
            self._wrong = True
            log.warning("the configuration has mistakes; the one before stays in force")
            return False
        changed, self.settings = settings != self.settings, settings
        if changed:
            log.info("the configuration has changed and is in force")
        elif self._wrong:
            log.info("the configuration is in order again, and says what is in force")
        self._wrong = False
        return changed

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
