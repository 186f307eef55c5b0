"""Names that name nothing: what was probably meant, and what there is.

This module knows neither sources nor tags, and looks nothing up.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from aggregator.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

LISTED = 20
"""Names that a message lists; a site may have thousands."""


def suggest(word: str, known: Iterable[str]) -> str:
    """Return ` - did you mean "…"?` for the nearest known word, or nothing."""
    names = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), list(names), 1, 0.6)
    return f' - did you mean "{names[near[0]]}"?' if near else ""


def require(
    what: str,
    names: Iterable[str],
    known: Collection[str],
    *,
    key: Callable[[str], str] = str,
    none: str = "there is none",
) -> None:
    """Raise `errors.UsageError` unless every name is known, by its `key`; it lists what there is, or says `none`."""
    keys = {key(name) for name in known}
    unknown = [name for name in names if key(name) not in keys]
    if not unknown:
        return
    hint = next(filter(None, (suggest(name, known) for name in unknown)), "")
    listed = ", ".join(list(known)[:LISTED])
    more = f" and {len(known) - LISTED} more" if len(known) > LISTED else ""
    there = f"the {what}s are: {listed}{more}" if known else none
    raise UsageError(f"no {what} {', '.join(map(repr, unknown))}{hint}; {there}")
