"""Titles and names as plain text, whether they came as HTML or as lines that may be text or HTML.

RSS and the APIs of sites say of no title whether it is text or HTML. The rule, sign by sign: a tag of HTML is markup
and goes if its element is closed again in the line, or if it is a `<br>`, a `<wbr>` or an `<img …>`; a character
reference that HTML knows is resolved, once; everything else is text: `a < b`, `Vec<T>`, a `<b>` that is never closed.
Formats that do say it (Atom, JSON Feed) are believed. This module cuts nothing and cleans no characters (`steps.text`).
"""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5

import nh3

from aggregator.steps.html.sanitize import TAGS

_ELEMENTS = TAGS | {"acronym", "bdo", "blink", "font", "label", "nobr", "span"}
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]{0,11})((?:\s[^<>]*)?)/?>", re.IGNORECASE)
_ALONE = frozenset({"br", "wbr"})
"""Elements that have no end."""
_APART = frozenset({"br", "hr", "p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "td", "th", "dt", "dd"})
"""Elements that keep the words around them apart."""
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def of_html(markup: str) -> str:
    """Return the text that HTML shows as a title: no tags, references resolved once, words of two blocks kept apart."""
    if "<" in markup:
        markup = nh3.clean(
            _TAG.sub(lambda tag: f" {tag[0]}" if tag[2].lower() in _APART else tag[0], markup), tags=set()
        )
    return unescape(markup)


def of_line(line: str) -> str:
    """Return what a line that may be text or HTML says, by the rule above; the identical object where it is text."""
    if "<" in line:
        opened = {tag[2].lower() for tag in _TAG.finditer(line) if not tag[1]}
        closed = {tag[2].lower() for tag in _TAG.finditer(line) if tag[1]}
        paired = opened & closed & _ELEMENTS
        line = _TAG.sub(lambda tag: _without(tag, paired), line)
    return _REFERENCE.sub(_resolved, line) if "&" in line else line


def _without(tag: re.Match[str], paired: set[str]) -> str:
    name = tag[2].lower()
    if name not in paired and name not in _ALONE and not (name == "img" and tag[3].strip()):
        return tag[0]
    return " " if name in _APART else ""


def _resolved(reference: re.Match[str]) -> str:
    return unescape(reference[0]) if reference[0][1] == "#" or reference[0][1:] in html5 else reference[0]
