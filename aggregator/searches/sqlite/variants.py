"""Traditional Chinese characters as simplified ones, so that either finds the other; needs the extra `zh` (OpenCC).

Character by character: where a word decides, a few are folded that would better not be, alike on both sides. This
module converts no texts for people.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from aggregator.steps import han

if TYPE_CHECKING:
    from collections.abc import Mapping

_RANGES: Final = ((0x3400, 0x4DC0), (0x4E00, 0xA000))


@cache
def folding() -> Mapping[int, str]:
    """Return code point → simplified character, of those that differ; empty if OpenCC is not installed."""
    if not han.available():
        return {}
    characters = [chr(point) for start, end in _RANGES for point in range(start, end)]
    simple = han.simplify("\n".join(characters)).split("\n")
    pairs = zip(characters, simple, strict=True)
    return {ord(character): other for character, other in pairs if character != other and len(other) == 1}
