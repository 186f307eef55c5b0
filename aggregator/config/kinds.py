"""What a value in the configuration may be: for each kind how it is read, shown again, and described to people.

A kind's `read` takes the TOML value, returns the checked one, and raises `ValueError` saying what was expected; an
empty message means the kind's own `expected`. This module reads no files and knows no keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from aggregator.steps.naming import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LATER = "known, but not available in this version"
DAY = 86400
LONGEST = 3650 * DAY
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNITS = {"w": 7 * DAY, "d": DAY, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?=\d)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?", re.ASCII)
_SIZES = {"B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kKMG]i?B|B)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of value; `each` is set for lists and tables and describes their members."""

    expected: str
    """Completes "expected …"."""
    read: Callable[[Any], Any]
    json: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    """JSON Schema of the value."""
    show: Callable[[Any], Any] = lambda value: value
    """From the checked value back to how it is written in TOML."""
    each: Kind | None = None
    name: Kind | None = None
    """Set for tables: what their keys may be."""
    from_text: Callable[[str], Any] | None = str
    """From an environment variable's text to the TOML value; None: not a scalar."""
    secret: bool = False
    """May be written as `env:NAME`, and is masked when shown."""
    keys: tuple[Key, ...] = ()
    """Set for tables with keys of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key; `default` is written as in TOML, None where there is none."""

    name: str
    kind: Kind
    doc: str
    default: object = None
    required: bool = False


def optional(kind: Kind) -> Kind:
    """Return the kind that takes the empty string, too."""
    return replace(
        kind, read=lambda value: value if value == "" else kind.read(value), json={"anyOf": [{"const": ""}, kind.json]}
    )


def text(expected: str = "a line of text", *, empty: bool = True, pattern: re.Pattern[str] | None = None) -> Kind:
    """Return the kind of strings without control characters that match `pattern` whole, if given."""

    def read(value: object) -> str:
        if not isinstance(value, str) or CONTROL.search(value):
            raise ValueError
        if value and pattern and not pattern.fullmatch(value):
            raise ValueError
        if not (empty or value.strip()):
            raise ValueError
        return value

    return Kind(expected=expected, read=read)


def boolean() -> Kind:
    """Return the kind of true and false."""

    def read(value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError  # noqa: TRY004 - one exception for all that is wrong
        return value

    words = {"true": True, "false": False}
    return Kind(
        expected="true or false", read=read, json={"type": "boolean"}, from_text=lambda word: words.get(word, word)
    )


def integer(low: int, high: int) -> Kind:
    """Return the kind of whole numbers within the bounds."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError
        return value

    bounds = {"type": "integer", "minimum": low, "maximum": high}
    expected = f"a whole number from {low} to {high}"
    return Kind(expected=expected, read=read, json=bounds, from_text=lambda word: _number(int, word))


def number(low: float, high: float) -> Kind:
    """Return the kind of numbers within the bounds."""

    def read(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError
        return float(value)

    bounds = {"type": "number", "minimum": low, "maximum": high}
    expected = f"a number from {low:g} to {high:g}"
    return Kind(expected=expected, read=read, json=bounds, from_text=lambda word: _number(float, word))


def _number(convert: Callable[[str], float], word: str) -> float | str:
    try:
        return convert(word)
    except ValueError:
        return word


def choice(*allowed: str) -> Kind:
    """Return the kind of strings that are one of a few."""

    def read(value: object) -> str:
        if value not in allowed:
            raise ValueError(f"expected {expected}" + (suggest(value, allowed) if isinstance(value, str) else ""))
        return str(value)

    expected = " or ".join(f'"{word}"' for word in allowed)
    return Kind(expected=expected, read=read, json={"enum": list(allowed)})


def listing(each: Kind, expected: str) -> Kind:
    """Return the kind of lists whose members are all of one kind."""
    json = {"type": "array", "items": each.json}
    return Kind(expected=expected, read=tuple, json=json, show=list, each=each, from_text=None)


def table(name: Kind, each: Kind, expected: str) -> Kind:
    """Return the kind of tables with free keys."""
    json = {"type": "object", "additionalProperties": each.json}
    return Kind(expected=expected, read=tuple, json=json, show=dict, each=each, name=name, from_text=None)


def record(keys: tuple[Key, ...], expected: str) -> Kind:
    """Return the kind of tables with these keys; what is read is a dictionary of those that are written."""

    def read(_: object) -> object:
        raise ValueError  # tables are checked key by key

    properties = {key.name: {**key.kind.json, "description": key.doc} for key in keys}
    required = [key.name for key in keys if key.required]
    json = {"type": "object", "additionalProperties": False, "properties": properties, "required": required}
    return Kind(expected=expected, read=read, json=json, keys=keys, from_text=None)


def duration(low: float = 0.0) -> Kind:
    """Return the kind of durations, in seconds once read."""

    def read(value: object) -> float:
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError
        seconds = sum(float(count or 0) * unit for count, unit in zip(match.groups(), _UNITS.values(), strict=True))
        if not low <= seconds <= LONGEST:
            raise ValueError(f"expected a duration from {show_duration(low)} to {show_duration(LONGEST)}")
        return seconds

    expected = 'a duration such as "60m", "20s", "7d" or "1h30m"'
    return Kind(
        expected=expected, read=read, show=show_duration, json={"type": "string", "pattern": f"^{_DURATION.pattern}$"}
    )


def show_duration(seconds: float) -> str:
    """Return the seconds as they are written in the configuration: 5400 gives `90m`, 0.5 gives `0.5s`."""
    for letter, unit in _UNITS.items():
        if letter != "w" and seconds >= unit and seconds % unit == 0:
            return f"{int(seconds // unit)}{letter}"
    return f"{seconds:g}s"


def size() -> Kind:
    """Return the kind of sizes, in bytes once read."""

    def read(value: object) -> int:
        match = _SIZE.fullmatch(value) if isinstance(value, str) else None
        if match is None or match[2] not in _SIZES:
            raise ValueError
        count = int(float(match[1]) * _SIZES[match[2]])
        if not 1 <= count <= 1 << 40:
            raise ValueError
        return count

    expected = 'a size such as "8MiB" or "500kB"'
    return Kind(expected=expected, read=read, show=show_size, json={"type": "string", "pattern": f"^{_SIZE.pattern}$"})


def show_size(count: int) -> str:
    """Return the bytes as they are written in the configuration: 1048576 gives `1MiB`."""
    for unit in ("GiB", "MiB", "KiB"):
        if count % _SIZES[unit] == 0:
            return f"{count // _SIZES[unit]}{unit}"
    return f"{count}B"
