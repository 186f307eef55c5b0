"""Text that looks like Markdown, escaped in the HTML before it becomes Markdown.

markdownify escapes asterisks and underscores; this does the rest (CommonMark §2.4), and only where Markdown would take
the text for something else. Works on lxml trees; code is left alone.
"""

from __future__ import annotations

import re

from lxml import etree

from aggregator.steps.html import nodes
from aggregator.steps.html.nodes import BLOCKS, CODE, EMPHASIS, HEADINGS

_SIGNS = r"\\(?=[!-/:-@\[-`{-~\n]|\s*$)|`|&(?=#?[A-Za-z0-9]+;)|<(?=[A-Za-z/!?])"
_INLINE = re.compile(_SIGNS + r"|\](?=[(\[:])")
_IN_LINK = re.compile(_SIGNS + r"|[\[\]]")
_LINE = re.compile(
    r"(?P<start>(?:^|(?<=\n))[^\S\n]*)(?:"
    r"(?P<mark>[-+](?=\s|$)|-(?=(?:-|[^\S\n])*(?:\n|$))|-(?=-*:?[ \t]*\|)|-(?=-*:[^\S\n]*(?:\n|$))"
    r"|:(?=-+:?[^\S\n]*(?:\||\n|$))|\|(?=[ \t]*:?-)"
    r"|=(?==*[^\S\n]*(?:\n|$))|#(?=#{0,5}(?:\s|$))|>|~(?=~~))"
    r"|(?P<number>\d{1,9})(?=[.)](?:\s|$)))"
)
_CLOSING_HASHES = re.compile(r"(?:(?<=\s)|^)#(?=#*\s*$)")
_BRACKETS = re.compile(r"[\[\]]")
_REFERENCE = re.compile(r"\][(\[:]")
_ALT = re.compile(r"[\\`\[\]*]|<(?=[A-Za-z/!?])|&(?=#?[A-Za-z0-9]+;)|(?<!\w)_|_(?!\w)")
_SPACES = re.compile(r"\s+")

_TRANSPARENT_STARTS = EMPHASIS.keys() | {"a", "q", "td", "th", "h3", "h4", "h5", "h6"}
"""Elements that Markdown begins with a sign of its own: their text is not at the start of a line."""


def escape(root: nodes.Element) -> bool:
    """Escape all text below `root` where that is needed; return whether anything changed."""
    walker = _Walker()
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            walker.enter(element)
        else:
            walker.leave(element)
    return walker.changed


class _Walker:
    """Goes through a tree in reading order and knows whether a line begins."""

    def __init__(self) -> None:
        self.changed = False
        self.line_start = True
        self.code = 0
        self.cells = 0
        self.brackets = False

    def enter(self, element: nodes.Element) -> None:
        tag = element.tag
        if tag in BLOCKS:
            self.line_start = True
        if tag in _TRANSPARENT_STARTS:
            self.line_start = False
        self._count(element, 1)
        if tag == "img":
            self._image(element)
        elif tag == "a" and self.cells:
            self._barred(element, "title")
        element.text = self._text(element.text, element[0] if len(element) else None)
        if tag in HEADINGS:
            self._closing_hashes(element)

    def leave(self, element: nodes.Element) -> None:
        self._count(element, -1)
        if element.tag in BLOCKS or element.tag == "br":
            self.line_start = True
        elif element.tag == "img":
            self.line_start = False
        if element.getparent() is not None:
            element.tail = self._text(element.tail, element.getnext())

    def _count(self, element: nodes.Element, step: int) -> None:
        if element.tag in CODE:
            self.code += step
        elif element.tag in {"td", "th"}:
            self.cells += step
        elif element.tag == "a":
            self.brackets = step > 0 and _breaks_link(nodes.text_of(element))

    def _text(self, text: str | None, following: nodes.Element | None) -> str | None:
        if not text or not text.strip():
            return text
        escaped = text if self.code else self._escaped(text, following)
        if self.cells:
            escaped = escaped.replace("|", "\\|")
        self.line_start = text.rstrip(" \t").endswith("\n")
        self.changed |= escaped != text
        return escaped

    def _escaped(self, text: str, following: nodes.Element | None) -> str:
        text = (_IN_LINK if self.brackets else _INLINE).sub(r"\\\g<0>", text)
        if text.endswith("!") and following is not None and following.tag == "a":
            text = text[:-1] + "\\!"
        start = 0 if self.line_start else text.find("\n") + 1
        return text if not start and not self.line_start else text[:start] + _LINE.sub(_escape_line, text[start:])

    def _closing_hashes(self, element: nodes.Element) -> None:
        if not len(element) and element.text and _CLOSING_HASHES.search(element.text):
            element.text = _CLOSING_HASHES.sub(r"\\#", element.text)
            self.changed = True

    def _image(self, element: nodes.Element) -> None:
        alt = element.get("alt", "")
        escaped = _SPACES.sub(" ", _ALT.sub(r"\\\g<0>", alt))
        if escaped != alt:
            element.set("alt", escaped)
            self.changed = True
        if self.cells:
            self._barred(element, "alt")

    def _barred(self, element: nodes.Element, attribute: str) -> None:
        """A bar in a cell would end it, wherever it stands."""
        written = element.get(attribute, "")
        if "|" in written:
            element.set(attribute, written.replace("|", "\\|"))
            self.changed = True


def _escape_line(match: re.Match[str]) -> str:
    return match["start"] + (match["number"] + "\\" if match["number"] else "\\" + match["mark"])


def _breaks_link(text: str) -> bool:
    """Whether brackets in a link's text would end it early, or make a link of their own."""
    depth = 0
    for bracket in _BRACKETS.findall(text):
        depth += 1 if bracket == "[" else -1
        if depth < 0:
            return True
    return depth != 0 or _REFERENCE.search(text) is not None
