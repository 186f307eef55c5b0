"""How entries stand on a page or in an API's answer, as their owner declared it. This module holds no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """Where the parts of an entry are: JMESPath expressions for `json`, CSS selectors for `html`."""

    kind: Literal["json", "html", "auto"]
    """`auto`: the page's main text is found by itself."""
    each: str = ""
    """Leads to the list of entries; empty: the whole document is one entry."""
    fields: tuple[tuple[str, str], ...] = ()
    """Field of an entry → expression within it, or a URL with fields in braces."""
    skip: tuple[str, ...] = ()
    """Conditions under which an entry is left out."""
    remove: tuple[str, ...] = ()
    """Selectors of what is taken out of a page first."""
    next: str = ""
    """Leads to the address of the next page."""
    pages: int = 1
    """Pages that are read at most."""
    key: str = "items"
    """The configuration's name for it, to name in complaints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One more request for each new entry, for what the list does not give."""

    page: Declaration
    url: str = ""
    """Address with fields of the entry in braces; empty: the entry's link."""
    limit: int = 20
    """Entries completed in one round; the others wait for the next one."""
