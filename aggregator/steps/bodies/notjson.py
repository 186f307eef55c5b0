"""Why a text is no JSON (RFC 8259), in our words and with its place. This module reads no JSON itself."""

from __future__ import annotations

import json
import re

_WORDS = {
    "Expecting value": "a value is expected",
    "Expecting property name": "a name in double quotes is expected",
    "Expecting ':'": "a colon is expected",
    "Expecting ','": "a comma or the end is expected",
    "Unterminated string": "a text without end begins",
    "Invalid control character": "a control character stands in a text",
    "Invalid \\": "a backslash begins no escape",
    "Extra data": "something stands behind the end",
    "Illegal trailing comma": "a comma stands before the end",
}
"""Beginnings of what Python's reader says (3.11 to 3.14), and what we say."""

_LITERALS = ("true", "false", "null", "-", "NaN", "Infinity", "-Infinity")
_CUT = re.compile(r"\\?(?:u?[0-9A-Fa-f]{0,4})|\.|[eE][+-]")
"""An escape that is cut, from its backslash on or behind it, or the end of a number that is."""


def why(error: ValueError | RecursionError) -> str:
    """Return what is wrong, with line and column from 1, where Python's reader raised `error`."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if not isinstance(error, json.JSONDecodeError):
        return "a number has thousands of digits"  # what else `json.loads` raises
    words = next((ours for theirs, ours in _WORDS.items() if error.msg.startswith(theirs)), "it cannot be read")
    return f"{words} at line {error.lineno}, column {error.colno}"


def ends_early(error: ValueError | RecursionError) -> bool:
    """Whether a text, right so far, ends before its last value does, as one does whose sending was cut short."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    rest = error.doc[error.pos :].strip()
    begun = error.msg.startswith("Unterminated string") or (rest and any(one.startswith(rest) for one in _LITERALS))
    return bool(begun) or not rest or bool(_CUT.fullmatch(rest))


def line_of(error: ValueError | RecursionError) -> int:
    """Return the line where reading failed, from 1; 0 where that is not known."""
    return error.lineno if isinstance(error, json.JSONDecodeError) else 0
