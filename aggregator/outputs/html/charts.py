"""Charts as paths of SVG: bars, one a day. This module knows no page and no words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def bars(counts: Sequence[int], *, height: int = 16, pitch: int = 4) -> str:
    """Return the `d` of a path with a bar for each count; they are as high as `height` for the largest.

    Bars are `pitch` apart and one unit narrower. A day with items is never without a bar, a day without has none.
    """
    most = max(counts, default=0)
    drawn = []
    for number, count in enumerate(counts):
        if count:
            tall = max(1, round(count * height / most))
            drawn.append(f"M{number * pitch} {height}v-{tall}h{pitch - 1}v{tall}z")
    return "".join(drawn)
