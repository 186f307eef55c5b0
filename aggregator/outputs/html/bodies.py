"""A post's text made fit for our pages: images that wait, headings below ours, links that can be heard.

What comes in is sanitised already and stays so: attributes are added, and the levels of headings
changed; no text is touched. This module knows no page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import SimpleNamespace

_ATTRIBUTES: Final = r"""(?:"[^"]*"|[^">])*"""
"""Serialisers of HTML quote attributes with double quotes, and leave `<` and `>` in them as they are."""
_TAG = re.compile(rf"<(?:(a|h[1-6])\b{_ATTRIBUTES}>\s*</\1>|(/?)([a-z][a-z0-9]*)\b({_ATTRIBUTES})>)")
"""Every tag, so that none is looked for in another one's attributes; empty links and headings in one piece."""
_MATTER = re.compile(r"<(?:h[1-6]|img|table)\b|>\s*</a>")
"""What most texts have none of, so that they need not be gone through: full links matter around images alone."""
_HEADINGS: Final = frozenset(f"h{level}" for level in range(1, 7))
_LAST: Final = 6


def fit(html: str, words: SimpleNamespace, *, top: int) -> str:
    """Return the HTML with lazy images, wide tables that can be scrolled, headings without gaps from level `top` on.

    Links and headings without content go away; an image that is all there is in a link gets a name.
    """
    return _TAG.sub(_Reader(words, top).seen, html) if _MATTER.search(html) else html


class _Reader:
    """Goes through a text once, from tag to tag."""

    def __init__(self, words: SimpleNamespace, top: int) -> None:
        self._words = words
        self._top = top
        self._levels: list[int] = []
        """Levels of the headings around this place, as they were written."""
        self._link = False

    def seen(self, tag: re.Match[str]) -> str:
        """Return what a tag becomes."""
        empty, closing, name, attributes = tag.groups()
        if empty:
            return ""
        if name == "img":
            return self._image(attributes)
        if name == "a":
            self._link = not closing
        elif name == "table":
            frame = f'<div class="wide" role="group" tabindex="0" aria-label="{self._words.table}">'
            return f"{tag[0]}</div>" if closing else frame + tag[0]
        elif name in _HEADINGS:
            if not closing:
                self._enter(int(name[1]))
            return f"<{closing}h{min(self._top + max(len(self._levels) - 1, 0), _LAST)}{attributes}>"
        return tag[0]

    def _enter(self, level: int) -> None:
        while self._levels and self._levels[-1] >= level:
            self._levels.pop()
        self._levels.append(level)

    def _image(self, attributes: str) -> str:
        silent = ' alt=""' in attributes or " alt=" not in attributes
        if silent:
            attributes = attributes.replace(' alt=""', "").rstrip(" /")
            attributes += f' alt="{self._words.image if self._link else ""}"'
        attributes = attributes.replace(' loading="lazy"', "")
        return f'<img{attributes} loading="lazy">'
