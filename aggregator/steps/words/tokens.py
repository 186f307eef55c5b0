"""Text as a search index sees it: tokens, each a word, or one character of a script that puts no space between words.

Chinese, Japanese, Korean and Thai characters stand alone, so that any part of a text can be found, two characters as
well as ten; a word searched for is its tokens side by side. This module knows no index.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from aggregator.steps import text
from aggregator.steps.words import folding

VERSION: Final = "2"
"""Changes when the same text gives other tokens: what was indexed before is of no use then."""

_ALONE: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003fffd"
)
_MARKS: Final = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff"
"""Signs that belong to the letter before them."""
_TOKEN: Final = re.compile(f"[{_ALONE}]|(?:(?![{_ALONE}])[^\\W_]|[{_MARKS}])+")
_ONE: Final = re.compile(f"[{_ALONE}]")
_LONGEST: Final = 64
"""Characters of a token that count; longer ones are no words."""

# Each of these is linear in the length of the text, whatever it is: nothing is matched across its own beginning.
_IMAGE: Final = re.compile(r"!\[(?:\\.|[^\[\]\\])*\]\([^\s()]*\)")
_LINK: Final = re.compile(r"\[((?:\\.|[^\[\]\\])*)\]\([^\s()]*(?: \"[^\"\n]*\")?\)")
_AUTOLINK: Final = re.compile(r"<[a-z]+:[^<>\s]*>")
_LINE_MARK: Final = re.compile(
    r"^[ \t]*(?:(?:[>*+-]|#{1,6}|\d+\.)[ \t]+)+|^[ \t]*(?:[-=*_] ?){3,}$|^[ \t]*\|?[ \t]*:?-[-:| \t]*$", re.MULTILINE
)
_STYLE: Final = re.compile(r"(?<!\\)(?:\*+|`+|~~)")
_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_SPACE: Final = re.compile(r"\s+")


def tokens(content: str) -> list[str]:
    """Return the tokens of a text, with case, width and the forms of Chinese characters folded."""
    folded = text.fold(content)
    if not folded.isascii():
        folded = folded.translate(folding.hanzi())
    return [token[:_LONGEST] for token in _TOKEN.findall(folded)]


def is_alone(token: str) -> bool:
    """Whether the token is one character of a script without spaces."""
    return len(token) == 1 and _ONE.match(token) is not None


def readable(markdown: str) -> str:
    """Return an item's Markdown as one line of plain text: what its readers see, without images and addresses."""
    plain = _LINK.sub(r"\1", _IMAGE.sub(" ", markdown)) if "](" in markdown else markdown
    plain = _STYLE.sub("", _LINE_MARK.sub("", _AUTOLINK.sub(" ", plain)))
    plain = _ESCAPE.sub(r"\1", plain) if "\\" in plain else plain
    plain = unescape(plain) if "&" in plain else plain
    return _SPACE.sub(" ", plain).strip()
