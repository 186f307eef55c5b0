"""The owner's own templates of pages: files of config/templates/ that stand in for ours of the same name.

This module renders nothing: what only shows with real items is told when they are published.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aggregator.config.reading import shown
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOLDER: Final = "templates"
"""The folder of templates, beside the configuration files."""
_LEFT_BEHIND: Final = re.compile(r"[.#].*|.*(?:~|\.(?:bak|swp|orig|rej))")
"""What editors and merges leave beside the files that they change."""


def files(config: Path) -> list[Path]:
    """Return the files in the folder of templates, by name, without hidden ones and backups; none without a folder."""
    try:
        return sorted(path for path in (config / FOLDER).iterdir() if not _LEFT_BEHIND.fullmatch(path.name))
    except (FileNotFoundError, NotADirectoryError):
        return []


def load(config: Path) -> tuple[tuple[str, str], ...]:
    """Return (name, text) of the owner's templates. Raises `ConfigError` with every mistake of form."""
    found = files(config)
    if not found:
        return ()
    from aggregator.outputs import html  # noqa: PLC0415 - jinja2 is heavy, and few sites have templates

    texts: dict[str, str] = {}
    mistakes: list[str] = []
    for path in found:
        try:
            texts[path.name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            mistakes.append(f"{shown(path)}:1:1: cannot be read: {error}")
    mistakes += _mistakes(config, texts, html.REPLACEABLE)
    if mistakes:
        raise ConfigError(tuple(mistakes))
    return tuple(sorted(texts.items()))


def _mistakes(config: Path, texts: dict[str, str], known: Iterable[str]) -> list[str]:
    from aggregator.outputs import html  # noqa: PLC0415

    told: list[str] = []
    for name, text in texts.items():
        place = shown(config / FOLDER / name)
        if name not in known and not (name.endswith(".html") and name.startswith("_")):
            told.append(f"{place}:1:1: no page is made from it; there are {', '.join(known)}, and your own _….html")
        elif wrong := html.mistake(name, text):
            told.append(f"{place}:{wrong[0]}:1: {wrong[1]}")
    return told
