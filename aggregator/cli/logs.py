"""Log lines on stderr, one line each, harmless for terminals. This module is imported when a command logs."""

from __future__ import annotations

import logging
import sys

from aggregator.steps.text import clean

_LEVELS = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record)).rstrip("\n")


def start(level: int) -> None:
    """Log to stderr: -1 errors, 0 warnings, 1 what happens, 2 and more everything of ours. Handlers before it go."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("aggregator")
    logger.handlers[:] = [handler]
    logger.setLevel(_LEVELS.get(level, logging.DEBUG))
    logger.propagate = False
