"""What the table of all configuration is made of: sections and keys. This module knows none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.config.kinds import Key

if TYPE_CHECKING:
    from aggregator.config.kinds import Kind

__all__ = ["Key", "Section", "key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table of a configuration file; `many` for arrays of tables."""

    name: str
    file: str
    doc: str
    keys: tuple[Key, ...] = ()
    many: bool = False

    def key(self, name: str) -> Key | None:
        """Return the key of that name, or None."""
        return next((key for key in self.keys if key.name == name), None)


def key(name: str, kind: Kind, doc: str, default: object = None) -> Key:
    """Return an optional key."""
    return Key(name=name, kind=kind, doc=doc, default=default)
