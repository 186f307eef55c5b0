"""HTML bounded in size, in depth and in attributes, so that no parser behind it needs more than linear time.

Tree builders are quadratic in depth and in attributes per tag, and so are many readers' programs. Text is never lost
to depth: tags that are too deep are left out, what they hold stays. This module does not sanitise.
"""

from __future__ import annotations

import re

MAX_SIZE = 1_000_000
"""Characters of HTML that are read of one entry."""
MAX_DEPTH = 200
"""Elements within elements."""
MARK = "<p>…</p>"
"""Stands where something was cut off."""

_FEW = 1_000  # with fewer tags even the worst nesting costs a parser well under a second
_LONG_TAG = re.compile(r"<[a-zA-Z/!?][^<>]{65536,}>?")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)[^<>]*>")
_VOID_NAMES = "area base br col embed hr img input link meta param source track wbr"
_VOID = frozenset(_VOID_NAMES.split())
_IMPLIED_NAMES = "p li dt dd tr td th thead tbody tfoot option rb rt rp rtc"
# Elements whose end tag may be left out: another one, or the end of what is around them, ends them (HTML §13.1.2.4).
_IMPLIED = frozenset(_IMPLIED_NAMES.split())


def without_long_tags(html: str) -> str:
    """Return HTML without tags of over 64 kB: their attributes cost quadratic time."""
    return _LONG_TAG.sub("", html)


def bounded(html: str) -> tuple[str, bool]:
    """Return HTML of at most `MAX_SIZE` characters that any parser reads in linear time, and whether it was cut."""
    cut = len(html) > MAX_SIZE
    if cut:
        html = html[:MAX_SIZE]
        if (last := html.rfind("<")) > html.rfind(">"):
            html = html[:last]
    if len(html) > _FEW:
        html = without_long_tags(html)
        html = flat(html) if html.count("<") > _FEW else html
    return html, cut


def flat(html: str) -> str:
    """Return HTML without the tags that lie deeper than `MAX_DEPTH`; the identical object where none does.

    Depth is overestimated where end tags are missing or crossed, for a parser may then keep elements open.
    """
    if html.count("<") <= MAX_DEPTH:
        return html
    stack: list[str] = []
    parts: list[str] = []
    start = 0
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        kept = name in _VOID or (_closes(stack, name) if tag[1] else _opens(stack, name))
        if not kept:
            parts.append(html[start : tag.start()])
            start = tag.end()
    return "".join(parts) + html[start:] if parts else html


def _opens(stack: list[str], name: str) -> bool:
    if stack and stack[-1] == name and name in _IMPLIED:
        return True
    if len(stack) >= MAX_DEPTH:
        return False
    stack.append(name)
    return True


def _closes(stack: list[str], name: str) -> bool:
    depth = len(stack)
    while depth and stack[depth - 1] != name and stack[depth - 1] in _IMPLIED:
        depth -= 1
    if depth and stack[depth - 1] == name:
        del stack[depth - 1 :]
        return True
    return len(stack) < MAX_DEPTH
