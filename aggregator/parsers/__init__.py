"""Parsers of what was fetched, one module a format: `recognizes(document)` and `parse(document)` (`ports.Parser`).

A new format is a new module here: nothing names it. This package decides by looking at the document, not at settings.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from aggregator.steps.bodies import sniff

if TYPE_CHECKING:
    from aggregator.model import Document
    from aggregator.ports import Parser

_LAST = "syndication"
"""Asked after all others: it takes anything with angle brackets."""


def choose(document: Document) -> Parser:
    """Return the parser of a document. Raises `errors.NotAFeed`, showing the first bytes, if no parser knows it."""
    for parser in discover().values():
        if parser.recognizes(document):
            return parser
    raise sniff.not_a_feed(document.name, document.body)


@lru_cache(maxsize=1)
def discover() -> dict[str, Parser]:
    """Return every parser by its module's name, in the order in which they are asked."""
    names = sorted((module.name for module in pkgutil.iter_modules(__path__)), key=lambda name: (name == _LAST, name))
    return {name: cast("Parser", importlib.import_module(f"{__name__}.{name}")) for name in names}
