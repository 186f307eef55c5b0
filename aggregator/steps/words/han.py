"""Traditional Chinese made Simplified, for comparing: with the extra `zh` both spellings of a word are one.

Without the extra nothing changes and the two are told apart. What comes out is compared, never shown or kept. This
module detects no language (`steps.language`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def available() -> bool:
    """Whether the extra `zh` (OpenCC) is installed."""
    return _converter() is not None


def simplify(text: str) -> str:
    """Return the text in Simplified characters by OpenCC's `t2s`. Idempotent; never raises.

    Unchanged without the extra, and where OpenCC cannot take it: a lone surrogate has no UTF-8.
    """
    convert = None if text.isascii() else _converter()
    try:
        return text if convert is None else str(convert(text))
    except UnicodeEncodeError:
        return text


@lru_cache(maxsize=1)
def _converter() -> Callable[[str], Any] | None:
    try:
        import opencc  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    convert: Callable[[str], Any] = opencc.OpenCC("t2s").convert
    return convert
