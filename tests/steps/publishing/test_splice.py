"""Fragments fitted into a file."""

from __future__ import annotations

import pytest

from aggregator.steps.publishing import splice


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(0, b"<aa,bb,cc>"), (10, b"<aa,bb,cc>"), (9, b"<aa,bb>"), (7, b"<aa,bb>"), (6, b"<aa>"), (1, b"<aa>")],
)
def test_as_many_as_the_file_may_hold_but_one_always(limit, expected):
    assert splice.fit(b"<", iter([b"aa", b"bb", b"cc"]), b">", separator=b",", limit=limit) == expected


def test_without_fragments_only_the_frame_stands():
    assert splice.fit(b"<", [], b">", separator=b",") == b"<>"
    assert splice.fit(b"<", [b"aa"], b">", separator=b",") == b"<aa>"


def test_what_would_be_cut_is_not_asked_for():
    asked = []

    def fragments():
        for number in range(10):
            asked.append(number)
            yield b"1234"

    splice.fit(b"", fragments(), b"", limit=8)
    assert asked == [0, 1, 2]


@pytest.mark.parametrize(("path", "expected"), [("all", ""), ("tags/a", "../"), ("queries/x/y", "../../")])
def test_the_way_up(path, expected):
    assert splice.up(path) == expected
