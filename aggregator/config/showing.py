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

_CREDENTIAL = re.compile(r"(?i)(?:.*[_-])?(?:token|(?:api)?key|secret|passw(?:or)?d|auth(?:orization)?|cookie)")
"""Names of headers and of members of queries that hold credentials; others only look like it (`keyword`)."""


def holds_secrets(value: object) -> bool:
    """Whether configuration as it is written holds a password: in a URL, or as a header that gives access."""
    if isinstance(value, str):
        return _gives_access(value)
    if isinstance(value, dict):
        headers = value.get("headers")
        named = headers.items() if isinstance(headers, dict) else ()
        told = any(_CREDENTIAL.fullmatch(name) and not str(text).startswith("env:") for name, text in named)
        return told or any(map(holds_secrets, value.values()))
    return isinstance(value, list) and any(map(holds_secrets, value))


def masked(url: str) -> str:
    """Return the URL without its password and without query values that look like secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}:{MASK}@{host}" if at else parts.netloc
    return urlunsplit(parts._replace(netloc=netloc, query=_SECRET.sub(rf"\g<1>{MASK}", parts.query)))


def _gives_access(text: str) -> bool:
    """Whether a text is a URL with credentials in it."""
    try:
        parts = urlsplit(text) if "://" in text else urlsplit("")
    except ValueError:
        return False
    names = (member.partition("=")[0] for member in parts.query.split("&"))
    return "@" in parts.netloc or any(map(_CREDENTIAL.fullmatch, names))


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
