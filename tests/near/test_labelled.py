"""The rule on the labelled set: no false merge, and nearly every copy found, by kind of copy."""

from __future__ import annotations

import pytest

from tests.near import report

pytest.importorskip("opencc", reason="the extra zh makes the traditional copies")


@pytest.fixture(scope="module")
def rows():
    return report.table("frozen")


def test_the_set_is_as_large_as_it_should_be(rows) -> None:
    """At least 100 pairs of each kind of copy, 2,000 that are none."""
    assert all(pairs >= 100 for _, label, pairs, _, _ in rows if label == "same text")
    assert sum(pairs for _, label, pairs, _, _ in rows if label != "same text") >= 2000
    assert len(rows) >= 24


def test_no_two_different_texts_are_merged(rows) -> None:
    """Serial titles, templates, boilerplate, digests, flashes, other names, texts on one event, random pairs."""
    assert {kind: merged for kind, label, _, merged, _ in rows if label != "same text" and merged} == {}


def test_copies_are_found(rows) -> None:
    """Recall of at least .97 for every kind, .90 for summaries."""
    shares = {kind: share for kind, label, _, _, share in rows if label == "same text"}
    assert len(shares) == 12
    assert {kind: share for kind, share in shares.items() if share < (0.90 if kind == "summary" else 0.97)} == {}
