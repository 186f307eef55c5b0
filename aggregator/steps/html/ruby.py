"""Readings of signs (`<ruby>`) in parentheses, for Markdown shows them beside what they are readings of.

Authors write the parentheses in `<rp>`, or leave them out, or one of them: HTML closes neither. This module leaves what
is paired as it is and unwraps nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.steps.html import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PAIRS = dict(zip("(（[［【〔〈《「『{", ")）]］】〕〉》」』}", strict=True))
_OPENING = {closing: opening for opening, closing in _PAIRS.items()}


def mend(root: nodes.Element) -> bool:
    """Put every reading in a pair of parentheses, its author's where there are any; return whether anything changed.

    Where one of a pair is missing, the other tells which sign it is; readings side by side share a pair that stands
    around all of them. A parenthesis that stands beside no reading is taken away.
    """
    mended = [_paired(run) for run in list(_runs(root))]
    return any(mended)


def _runs(root: nodes.Element) -> Iterator[list[nodes.Element]]:
    """Readings and parentheses that stand side by side."""
    for element in root.iter("rt", "rp"):
        if _following(element.getprevious()) is not element:
            run = [element]
            while (after := _following(run[-1])) is not None:
                run.append(after)
            yield run


def _following(element: nodes.Element | None) -> nodes.Element | None:
    """The reading or parenthesis beside one, with no text between them."""
    if element is None or element.tag not in {"rt", "rp"} or (element.tail or "").strip():
        return None
    after = element.getnext()
    return after if after is not None and after.tag in {"rt", "rp"} else None


def _paired(run: Sequence[nodes.Element]) -> bool:
    """Pair the parentheses of readings that stand side by side; return whether anything changed.

    `awaited` is the sign that closes the pair that is open, empty where none is.
    """
    changed, awaited = False, ""
    for at, part in enumerate(run):
        opening, closing = _signs(part)
        if opening:
            put = [awaited] if awaited else []
            is_used = at + 1 < len(run) and run[at + 1].tag == "rt"
            awaited = _PAIRS[opening] if is_used else ""
            changed |= _put(part, [*put, part] if is_used else put)
        elif closing:
            changed |= _put(part, [part] if awaited else [])
            awaited = ""
        elif part.tag == "rt" and not awaited:
            awaited = next((_signs(one)[1] for one in run[at:] if one.tag == "rp"), "")
            around = (
                [_OPENING[awaited], part] if awaited else ["(", part, ")"] if nodes.text_of(part).strip() else [part]
            )
            changed |= _put(part, around)
    return _put(run[-1], [run[-1], awaited]) or changed if awaited else changed


def _signs(part: nodes.Element) -> tuple[str, str]:
    """The parenthesis that an `<rp>` opens and the one that it closes, each empty if it does not."""
    sign = nodes.text_of(part).strip() if part.tag == "rp" else ""
    return sign[-1:] if sign[-1:] in _PAIRS else "", sign[:1] if sign[:1] in _OPENING else ""


def _put(part: nodes.Element, wanted: Sequence[nodes.Node]) -> bool:
    """Put nodes in place of a part, which may be one of them; whether that changes anything."""
    if list(wanted) == [part]:
        return False
    nodes.replace(part, wanted)
    return True
