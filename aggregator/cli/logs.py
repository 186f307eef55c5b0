"""Log lines on stderr, one line each, harmless for terminals. This module is imported when a command logs."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from aggregator.steps.text import clean

_LEVELS = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record)).rstrip("\n")


class _JsonFormatter(logging.Formatter):
    """One JSON object a line: `time` (RFC 3339, UTC), `level`, `logger`, `message`, and `exception` if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": clean(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = clean(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def start(level: int, *, structured: bool = False) -> None:
    """Log to stderr: -1 errors, 0 warnings, 1 what happens, 2 and more everything of ours; as JSON if `structured`.

    Handlers from before are replaced.
    """
    handler = logging.StreamHandler(sys.stderr)
    human = _Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(_JsonFormatter() if structured else human)
    logger = logging.getLogger("aggregator")
    logger.handlers[:] = [handler]
    logger.setLevel(_LEVELS.get(level, logging.DEBUG))
    logger.propagate = False
