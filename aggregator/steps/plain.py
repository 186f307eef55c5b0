"""Plain text where HTML is expected: escaped, its paragraphs and lines kept.

This module neither sanitises (`steps.sanitize`) nor guesses whether something is HTML.
"""

from __future__ import annotations

import html
import re

_BLANKS = " \t\n\r\f\v"
_PARAGRAPH = re.compile(r"\n[ \t]*\n[ \t\n\f\v]*")
_TAG = re.compile(r"<[^<>]{0,2000}>")


def to_html(text: str) -> str:
    """Return `text` as HTML that shows the same: escaped, one `<p>` a paragraph, `<br>` for line ends.

    Blank text gives an empty string.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not lines.strip():
        return ""
    escaped = html.escape(lines, quote=False)
    return "".join(f"<p>{part}</p>" for part in _PARAGRAPH.sub("\0", escaped).replace("\n", "<br>").split("\0"))


def trimmed(text: str) -> str:
    """Return a text without the blanks of its markup at both ends; U+3000 and its like indent, unless they are all."""
    inner = text.strip(_BLANKS)
    return inner if inner.strip() else ""


def from_html(markup: str) -> str:
    """Return what a line of HTML shows, for titles of feeds: tags dropped, references resolved once."""
    return html.unescape(_TAG.sub("", markup))


def sound(text: str) -> str:
    """Return `text` so that UTF-8 can carry it: surrogates are joined, or become U+FFFD where one stands alone."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
