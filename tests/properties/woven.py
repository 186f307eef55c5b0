"""Texts of any characters and of pieces that mean something to somebody, in two draws: lists of pieces take dozens."""

from __future__ import annotations

from itertools import zip_longest
from string import ascii_letters
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence


def texts(pieces: Sequence[str], *, most: int) -> st.SearchStrategy[str]:
    """Return texts of up to `most` of these pieces, with as many other characters between them or after them."""
    meant = dict(zip(ascii_letters, pieces, strict=False))
    assert len(meant) == len(pieces)

    def weave(chosen: str, others: str) -> str:
        return "".join(meant.get(one, "") + other for one, other in zip_longest(chosen, others, fillvalue=""))

    return st.builds(weave, st.text("".join(meant), max_size=most), st.text(max_size=most))
