"""Lists of tags: their rows are remembered, since from one publication to the next most of thousands are the same.

This module knows no page.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from aggregator.outputs.html import charts
from aggregator.outputs.html.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregator.model import Tag
    from aggregator.outputs.html.theme import Theme

_REMEMBERED: Final = 4096


class Listing:
    """Lists by the templates of one site."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._row = lru_cache(maxsize=_REMEMBERED)(self._make_row)

    def rows(self, lang: str, suffix: str, tags: Iterable[Tag], *, charted: bool = False) -> Markup:
        """Return tags as they stand in a list, each in a line; `charted` ones with bars of their days."""
        made = [self._row(tag, lang, suffix, charted=charted) for tag in tags]
        return Markup("\n".join(made))  # noqa: S704 - a template's, so it is escaped

    def _make_row(self, tag: Tag, lang: str, suffix: str, *, charted: bool) -> str:
        values = {"tag": tag, "suffix": suffix, "charted": charted, "words": words(lang), "bars": charts.bars}
        return self._theme.render("tag.html", **values)
