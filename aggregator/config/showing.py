"""Settings written back as configuration: what is in force, defaults and overrides included, secrets masked.

This module reads no files; what it writes can be read again, but for the masked values.
"""

from __future__ import annotations

import os.path
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from aggregator.config import declared, patching, schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.config.kinds import Key
    from aggregator.settings import Settings

MASK = "***"
_SECRET = re.compile(r"(?i)((?:^|[?&;])[^=&;]*(?:token|key|secret|passw|auth|sig)[^=&;]*=)[^&;#]*")


def masked(url: str) -> str:
    """Return the URL without its password and without query values that look like secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}:{MASK}@{host}" if at else parts.netloc
    return urlunsplit(parts._replace(netloc=netloc, query=_SECRET.sub(rf"\g<1>{MASK}", parts.query)))


def plain(settings: Settings) -> dict[str, Any]:
    """Return the settings as the tables of the three files, in the schema's order and spelling."""
    tables: dict[str, Any] = {}
    for section in schema.SECTIONS:
        value = getattr(settings, section.name)
        written = [_table(section, row, settings.root) for row in value] if section.many else None
        tables[section.name] = _table(section, value, settings.root) if written is None else written
    return tables


def toml(tables: Mapping[str, Any]) -> str:
    """Return the tables as TOML text."""
    blocks = []
    for name, value in tables.items():
        rows = value if isinstance(value, list) else [value]
        heading = f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
        for row in rows:
            lines = [heading, *(f"{patching.bare(key)} = {patching.toml(member)}" for key, member in row.items())]
            blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _table(section: schema.Section, value: Any, root: str) -> dict[str, Any]:
    table = {}
    for key in section.keys:
        name = "not_" if key.name == "not" else key.name
        if not hasattr(value, name):
            continue
        written = declared.shown(value) if key.kind.keys else _written(key, getattr(value, name), root)
        absent = key.default is None and written in ("", "0s", None)
        if not (section.many and (written == key.default or absent)):
            table[key.name] = written
    return table


def _written(key: Key, value: Any, root: str) -> Any:
    kind = key.kind
    if kind.name is not None and kind.each is not None:
        each = kind.each
        return {name: MASK if each.secret else each.show(member) for name, member in value}
    if key.name in {"items", "dir", "path"} and isinstance(value, str) and Path(value).is_absolute():
        return _relative(value, root)
    if kind.secret or key.name in {"url", "hub"}:
        return masked(value)
    return kind.show(value)


def _relative(path: str, root: str) -> str:
    inside = os.path.commonpath((path, root)) == root
    return os.path.relpath(path, root) if inside else path
