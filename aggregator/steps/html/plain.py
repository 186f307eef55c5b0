"""Plain text where HTML is expected: escaped, its paragraphs and lines kept.

This module does not sanitise (`steps.html.sanitize`).
"""

from __future__ import annotations

import html
import re
from itertools import pairwise
from unicodedata import east_asian_width

_BLANKS = " \t\n\r\f\v"
_PARAGRAPH = re.compile(r"\n[ \t]*\n[ \t\n\f\v]*")
_MARKUP = re.compile(
    r"<(?:!--|!doctype|\?xml|(?P<end>/?)(?P<name>[a-z][a-z0-9:-]*)"
    r"(?P<attributes>(?:\s+[a-z:_@][\w:.-]*+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))?+)*+)\s*/?>)",
    re.IGNORECASE,
)
_CUT = re.compile(r"<[a-z][a-z0-9]*\s+[a-z-]+\s*=\s*[\"']", re.IGNORECASE)
"""A tag that may have no end, where the text was cut."""
_NAMES = """
    abbr address article aside audio big blockquote br center cite code dd del details dfn div dl dt em embed figcaption
    figure font footer h1 h2 h3 h4 h5 h6 header hr iframe img ins kbd li main mark nav object ol p picture pre samp
    script section small span strike strong style sub summary sup svg table tbody td tfoot th thead tr tt ul video
"""
_ELEMENTS = frozenset(_NAMES.split())
"""Elements of HTML that count as such though nothing closes them. Of one letter others are variables: `p<q and r>s`."""
_REFERENCE = re.compile(r"&(?:#\d{1,8}|#[xX][0-9a-fA-F]{1,8}|[a-zA-Z][a-zA-Z0-9]{1,40});")
_INDENTS = (" ", "\t")
_WRAPPED_AT = range(50, 101)
"""Columns of the longest line where lines may have been wrapped for their width; a wide character takes two."""
_SENTENCE_ENDS = tuple(".!?:;…。！？：；")


def to_html(text: str) -> str:
    """Return `text` as HTML that shows the same: escaped, one `<p>` a paragraph, `<br>` for line ends.

    Blank text gives an empty string.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not lines.strip():
        return ""
    escaped = html.escape(lines, quote=False)
    return "".join(f"<p>{part}</p>" for part in _PARAGRAPH.sub("\0", escaped).replace("\n", "<br>").split("\0"))


def guessed(markup: str) -> str:
    """Return what is sent as HTML so that plain text in it stays what it is, with its lines; with any markup as it is.

    Blank lines part paragraphs. The end of a line stays one unless somebody's editor or formatter made it: where all
    lines but the first are indented, where lines are as long as their width allowed, where one ends within a sentence.
    """
    text = markup.replace("\r\n", "\n").replace("\r", "\n")
    if is_markup(text):
        return markup
    as_it_is = html.escape(markup, quote=False) if "<" in markup else markup
    if "\n" not in text:
        return as_it_is
    lines = [line.rstrip(_BLANKS) for line in text.split("\n")]
    indented = all(line.startswith(_INDENTS) for line in lines[1:] if line)
    width = max((_columns(line) for line in lines if not _is_one_word(line)), default=0)
    parts = [part.split("\n") for part in _PARAGRAPH.split("\n".join(lines))]
    if len(parts) == 1 and (indented or _is_wrapped(parts[0], width)):
        return as_it_is
    shown = (("\n" if indented or _is_wrapped(part, width) else "<br>", part) for part in parts)
    return "".join(f"<p>{end.join(html.escape(line, quote=False) for line in part)}</p>" for end, part in shown)


def is_markup(text: str) -> bool:
    """Whether a text holds anything that HTML would not show as its author wrote it: tags, comments, references.

    A tag is what is written like one, if it is of an element of HTML, has attributes or is closed: not `<Ctrl>`, `p<q`,
    `List<String>` or an address in angles.
    """
    if any(html.unescape(one[0]) != one[0] for one in _REFERENCE.finditer(text)):
        return True
    tags = list(_MARKUP.finditer(text)) if "<" in text else []
    closed = {tag["name"].lower() for tag in tags if tag["end"]}
    return any(_is_tag(tag, closed) for tag in tags) or ("<" in text and _CUT.search(text) is not None)


def _is_tag(tag: re.Match[str], closed: set[str]) -> bool:
    if not tag["name"] or "=" in tag["attributes"]:
        return True
    name = tag["name"].lower()
    return (name in closed and not tag["end"]) or (name in _ELEMENTS and not tag["attributes"])


def _is_wrapped(lines: list[str], width: int) -> bool:
    """Whether the author did not end the lines of a paragraph: a long one ends within a sentence, or width ended all.

    That is, no next word had room in `width` columns. Where every line ends a sentence, the author ended them.
    """
    pairs = list(pairwise(lines))
    if all(line.endswith(_SENTENCE_ENDS) for line, _ in pairs):
        return False
    if any(len(line) >= _WRAPPED_AT.start and _goes_on(line, after) for line, after in pairs):
        return True
    return width in _WRAPPED_AT and all(width >= _columns(line) > width - _first_word(after) for line, after in pairs)


def _goes_on(line: str, after: str) -> bool:
    """Whether a line surely ends within a sentence: the next one begins with a small letter."""
    if _is_one_word(line):
        return False
    return (line[-1:].isalpha() or line.endswith(",")) and after.lstrip()[:1].islower()


def _first_word(line: str) -> int:
    """The columns that a line's first word would take at the end of another: of Chinese, a sign and its mark."""
    text = line.lstrip()
    if text and _columns(text[0]) > 1:
        return 4
    return 1 + _columns(text.split(maxsplit=1)[0]) if text else 0


def _columns(line: str) -> int:
    return len(line) if line.isascii() else sum(2 if east_asian_width(sign) in "WF" else 1 for sign in line)


def _is_one_word(line: str) -> bool:
    """Whether a line could not have been wrapped: an address, say."""
    return line.isascii() and len(line.split(maxsplit=1)) == 1


def trimmed(text: str) -> str:
    """Return a text without the blanks of its markup at both ends; U+3000 and its like indent, unless they are all."""
    inner = text.strip(_BLANKS)
    return inner if inner.strip() else ""


def sound(text: str) -> str:
    """Return `text` so that UTF-8 can carry it: surrogates are joined, or become U+FFFD where one stands alone."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
