"""Wide spaces that indent the first line of a block, as Chinese texts have them, past a converter that would drop them.

markdownify drops white space before markup (`<p>　　<b>`), and in most blocks before text as well (`<div>　　`, even
`<div><p>　　`). Lines after a `<br>` are safe. This module neither adds an indent nor converts anything.
"""

from __future__ import annotations

import re

_WIDE = "\u3000\u2003\u2002"
_BLOCKS = "p|div|li|blockquote|section|article|figcaption|h[1-6]|t[dh]|[uo]l|table|pre"
_NAMES = "a|abbr|b|big|cite|code|dfn|em|i|ins|kbd|mark|q|ruby|samp|small|strong|sub|sup|time|tt|u|var"
_INLINE = f"<(?:{_NAMES})(?: [^<>]*)?>"
_BEFORE = rf"(?:{_INLINE}|[\xa0 \t\n]|&nbsp;)*+"
_RUN = rf"(?={_BEFORE}[{_WIDE}])(?P<run>(?:{_INLINE}|[{_WIDE}\xa0 \t\n]|&nbsp;)++)"
_INDENT = re.compile(
    rf"(?P<block>(?:^|</?(?:{_BLOCKS})(?: [^<>]*)?>|<hr>)[ \t\n]*+)(?:<wbr>)?{_RUN}(?=\s*(?:[^<\s]|<img ))"
)
"""The begin of a block up to its first sign or image: markup, blanks and an indent, in whatever order."""
_CELL = re.compile(rf"(?P<block><t[dh](?: [^<>]*)?>[ \t\n]*+){_RUN}(?=</t[dh]>)")
"""A cell that holds nothing else."""
_CODE_INDENT = re.compile(rf"(?P<block><(?:code|kbd|samp)>[ \t\n]*+)(?P<run>(?:[\xa0{_WIDE}]|&nbsp;)++)(?=[^<])")
"""The begin of code within a line, or of a line of it: blanks that indent."""
_TAG = re.compile("<[^<>]*>")
_BLANKS = re.compile("[ \t\n]+")
_STRIPPING = re.compile("<(/?)(?:div|section|article)>")
_HIDDEN = {ord(space): chr(number) for number, space in enumerate(f"{_WIDE}\xa0", 2)}  # stand in no sanitised HTML
_SHOWN = {ord(hidden): chr(space) for space, hidden in _HIDDEN.items()}


def secure(html: str) -> str:
    """Return HTML whose indents survive markdownify, but for those of cells, headings and list items.

    They stand before all markup, behind a `<wbr>`, and what would strip its content is a `<p>`, which markdownify
    writes alike. The identical object where no indent is in danger.
    """
    if not _has_wide(html) or not _INDENT.search(html):
        return html
    secured = _STRIPPING.sub(r"<\1p>", _INDENT.sub(_secured, html))
    return html if secured == html else secured


def _secured(match: re.Match[str]) -> str:
    indent, markup = _parted(match)
    before_markup = markup or match.string.startswith("<", match.end())
    return f"{match['block']}<wbr>{indent}{markup}" if before_markup else match[0]


def _parted(match: re.Match[str]) -> tuple[str, str]:
    """Return the indent that the begin of a block shows, and the markup in and around it.

    Blanks before the first wide space show nothing, later ones are one; in code all of them stand.
    """
    indent = _TAG.sub("", match["run"])
    if not match["block"].startswith(("<pre", "<code", "<kbd", "<samp")):
        indent = _BLANKS.sub(" ", indent.lstrip(" \t\n"))
    return indent, "".join(_TAG.findall(match["run"]))


def hide(html: str) -> str:
    """Return HTML with indents as signs that no converter takes for white space; the same if it has none."""
    if _CODE_INDENT.search(html):
        html = _CODE_INDENT.sub(_hidden, html)
    return _CELL.sub(_hidden, _INDENT.sub(_hidden, html)) if _has_wide(html) else html


def _hidden(match: re.Match[str]) -> str:
    indent, markup = _parted(match)
    hidden = indent.replace("&nbsp;", "\xa0").translate(_HIDDEN)
    return f"{match['block']}{hidden}{markup}"


def show(text: str) -> str:
    """Return what a converter made of `hide`'s HTML, with the indents."""
    return text.translate(_SHOWN)


def _has_wide(html: str) -> bool:
    return any(space in html for space in _WIDE)  # a tenth of what an expression costs
