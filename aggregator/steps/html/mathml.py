"""MathML written in a line, as people type formulas: `(a+b)/2`, `x_i^2`, `√2`.

For formulas that come without TeX. Takes what is in a `<math>` element, well-formed or not, in linear time. The line
says what stands over, under or behind what; it is no TeX, and its author's spacing is not in it.
"""

from __future__ import annotations

import html as entities
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN: Final = re.compile(r"<(?P<end>/?)(?:\w+:)?(?P<name>\w+)[^<>]*>|<[^<>]*>?|(?P<text>[^<]+)")
_ATOM: Final = re.compile(r"\d[\d.]*|.|\([^()]*\)|\|[^|]*\|", re.DOTALL)
_NAME: Final = re.compile(r"[^\W\d_]+")
"""`_ATOM` needs no parentheses anywhere, `_NAME` needs none as a base."""
_ACCENT: Final = re.compile(r"[^\w()\[\]]")
_INVISIBLE: Final = dict.fromkeys(range(0x2061, 0x2065))
_BLANK: Final = dict.fromkeys(map(ord, "\xa0\u2003\u2009"), " ")
_DEEPEST: Final = 100
"""Elements within elements; deeper ones count as their content."""
_ROOTS: Final = {"2": "√", "3": "∛", "4": "∜"}


def line(markup: str) -> str:
    """Return the formula in a line; empty if there is none to see. Never raises."""
    stack: list[tuple[str, list[str]]] = [("mrow", [])]
    skipped = 0
    for token in _TOKEN.finditer(markup):
        name = (token["name"] or "").lower()
        if token["text"]:
            stack[-1][1].extend(_texts(token["text"]))
        elif not name:
            continue
        elif token["end"]:
            if skipped:
                skipped -= 1
            elif len(stack) > 1 and stack[-1][0] == name:
                _close(stack)
        elif token[0].endswith("/>"):
            stack[-1][1].append(" " if name == "mspace" else "")
        elif len(stack) < _DEEPEST:
            stack.append((name, []))
        else:
            skipped += 1
    while len(stack) > 1:
        _close(stack)
    return "".join(stack[0][1]).strip()


def _texts(written: str) -> list[str]:
    text = entities.unescape(written).strip(" \t\r\n").translate(_INVISIBLE).translate(_BLANK)
    return [text] if text else []


def _close(stack: list[tuple[str, list[str]]]) -> None:
    name, parts = stack.pop()
    count, form = _FORMS.get(name, (len(parts), "".join))
    stack[-1][1].append(form(parts) if len(parts) == count or count < 0 else "".join(parts))


def _group(part: str) -> str:
    return part if not part or _ATOM.fullmatch(part) else f"({part})"


def _base(part: str) -> str:
    return part if _NAME.fullmatch(part) else _group(part)


def _fraction(parts: list[str]) -> str:
    return f"{_group(parts[0])}/{_group(parts[1])}"


def _root(parts: list[str]) -> str:
    base, degree = parts
    return f"{_ROOTS[degree]}{_group(base)}" if degree in _ROOTS else f"{_base(base)}^(1/{_group(degree)})"


def _marked(sign: str) -> Callable[[list[str]], str]:
    """Below or above its base; an accent right behind it."""

    def form(parts: list[str]) -> str:
        base, mark = parts
        return base + mark if _ACCENT.fullmatch(mark) else f"{_base(base)}{sign}{_group(mark)}"

    return form


_FORMS: Final[dict[str, tuple[int, Callable[[list[str]], str]]]] = {
    "mfrac": (2, _fraction),
    "msqrt": (-1, lambda parts: f"√{_group(''.join(parts))}"),
    "mroot": (2, _root),
    "msup": (2, lambda parts: f"{_base(parts[0])}^{_group(parts[1])}"),
    "msub": (2, lambda parts: f"{_base(parts[0])}_{_group(parts[1])}"),
    "msubsup": (3, lambda parts: f"{_base(parts[0])}_{_group(parts[1])}^{_group(parts[2])}"),
    "munderover": (3, lambda parts: f"{_base(parts[0])}_{_group(parts[1])}^{_group(parts[2])}"),
    "munder": (2, _marked("_")),
    "mover": (2, _marked("^")),
    "mfenced": (-1, lambda parts: f"({', '.join(parts)})"),
    "mtr": (-1, ", ".join),
    "mtable": (-1, "; ".join),
    "semantics": (-1, lambda parts: parts[0] if parts else ""),
    **dict.fromkeys(("annotation", "mphantom", "none", "mprescripts"), (-1, lambda _: "")),
}
"""How many parts an element must have (-1: any number), and what they become."""
