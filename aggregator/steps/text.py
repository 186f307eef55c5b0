"""Plain text made safe to keep and to show: what cannot stand in XML, YAML or a title goes away, once, at the border.

This module knows nothing of HTML, URLs or file names, and does not decode bytes (`steps.bodies.decode`).
"""

from __future__ import annotations

import re
import unicodedata

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
_SURROGATES = "\ud800-\udfff"
_BIDI = "\u202a-\u202e\u2066-\u2069"

_NONCHARACTERS = "\ufdd0-\ufdef\ufffe\uffff"
_HIGH_NONCHARACTERS = "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 17))

UNHEARD = "\ufdd0"
"""A noncharacter, which stands in no clean text: for marks of our own between two steps."""

# Nearly every text is fit and stays within U+FFFF; seeing that at once takes a third of the time of searching.
_FIT = re.compile("[\t\n\x20-\x7e\x85\xa0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd]*+")
# Two patterns, for one with characters beyond U+FFFF takes three times as long on all others.
_UNFIT = re.compile(f"[{_CONTROLS}{_SURROGATES}{_BIDI}{_NONCHARACTERS}]")
_HIGH = re.compile("[\U00010000-\U0010ffff]")
_HIGH_UNFIT = re.compile(f"[{_HIGH_NONCHARACTERS}]")
_LINE_END = re.compile(r"\r\n?")
_SPACES = re.compile(r"[^\S\u3000]+")
_ANY_SPACE = re.compile(r"\s+")

# Joiners mean something inside emoji and in scripts that shape their letters; everywhere else they only hide.
_SHAPING = "\u0600-\u1fff\u2600-\u27bf\ufe0f\U0001f000-\U0001faff"
_INVISIBLE = re.compile(
    f"[\u00ad\u180e\u200b\u2060-\u2064\ufeff]|(?<![{_SHAPING}])[\u200c\u200d]|[\u200c\u200d](?![{_SHAPING}])"
)


def clean(text: str) -> str:
    r"""Return `text` without what no document may carry; every other character stays.

    Removed: control characters but tab and newline, lone surrogates, noncharacters, bidi embeddings, overrides and
    isolates. CRLF and CR become LF. NEL, U+2028, U+2029, NBSP and U+3000 are kept. Idempotent.
    """
    if text.isprintable() or _FIT.fullmatch(text):  # the former is quicker, for names and titles
        return text
    if "\r" in text:
        text = _LINE_END.sub("\n", text)
    if not text.isascii() and _HIGH.search(text):
        text = _HIGH_UNFIT.sub("", text)
    return _UNFIT.sub("", text)


def one_line(text: str, limit: int = 500) -> str:
    """Return `text` as one line of at most `limit` characters, fit for a title; a cut ends with "…".

    `clean`, then runs of white space become one space and zero-width characters go; ends are stripped. U+3000 inside
    stays, since it is a sign of its own in Chinese and Japanese titles. Idempotent.
    """
    if text.isprintable() and "  " not in text:  # as nearly every title is; of white space only the plain blank is
        line = text.strip(" ")
    else:
        line = _SPACES.sub(" ", _INVISIBLE.sub("", clean(text))).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip("\u200c\u200d").rstrip() + "…"


def fold(text: str) -> str:
    """Return the form in which two texts are compared: compatibility forms and case folded, white space collapsed.

    Like NFKC_Casefold (Unicode §3.13, D146), but keeps ignorable code points. Never shown. Idempotent.
    """
    folded = text.casefold() if text.isascii() else _compatible(text)
    return _ANY_SPACE.sub(" ", folded).strip()


def _compatible(text: str) -> str:
    # Folding once is not stable: NFKC may bring up capitals, and case folding may break up composed letters.
    once = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", once.casefold())
