"""Log lines on stderr, one line each, harmless for terminals; as the journal wants them where it reads them.

This module is imported when a command logs. It writes no files and sends nothing.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from aggregator import systemd
from aggregator.steps.text import clean

_PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6}
"""Levels as syslog numbers them (RFC 5424 §6.2.1); debugging is 7."""
_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_LEVELS = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record)).rstrip("\n")


class _JournalFormatter(_Formatter):
    """Lines for the journal: it knows the time, and takes the level from the prefix of sd-daemon(3)."""

    def format(self, record: logging.LogRecord) -> str:
        priority = _PRIORITIES.get(record.levelno, 7)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).split("\n"))


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
    handler.setFormatter(_formatter(structured=structured))
    logger = logging.getLogger("aggregator")
    logger.handlers[:] = [handler]
    logger.setLevel(_LEVELS.get(level, logging.DEBUG))
    logger.propagate = False


def _formatter(*, structured: bool) -> logging.Formatter:
    if structured:
        return _JsonFormatter()
    try:
        journal = systemd.journal_reads(sys.stderr.fileno())
    except (OSError, ValueError):  # no file: a test's buffer, or closed
        journal = False
    return _JournalFormatter("%(name)s: %(message)s") if journal else _Formatter(_LINE)
