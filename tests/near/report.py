"""Precision and recall of the rule on the labelled set; `benchmarks/near.py` prints them."""

from __future__ import annotations

from collections import defaultdict


def judged(half):
    """Return [(pair, verdict, whether the index would have brought them together)]."""
    from aggregator.model import Record
    from aggregator.steps import near
    from aggregator.steps.sketch import sketch
    from tests.near.labelled import make

    sketches = {}

    def known(piece, number):
        if piece not in sketches:
            sketches[piece] = sketch(piece.title, piece.body)
        record = Record(
            key=f"{number:016x}", source=piece.source, path="", title=piece.title, link="", url="", entry_id="",
            published=piece.published, updated=piece.published, first_seen=piece.published, lang=piece.lang,
        )  # fmt: skip
        return record, sketches[piece]

    found = []
    for number, pair in enumerate(make(half)):
        one, other = known(pair.one, 2 * number), known(pair.other, 2 * number + 1)
        met = bool(set(near.places(one[1])) & set(near.places(other[1])))
        found.append((pair, near.verdict(one, other), met))
    return found


def table(half):
    """Return rows (kind, label, pairs, merged, share merged)."""
    counts: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for pair, verdict, met in judged(half):
        count = counts[pair.kind, pair.label]
        count[0] += 1
        count[1] += verdict.near and met
    return [(kind, label, pairs, merged, merged / pairs) for (kind, label), (pairs, merged) in counts.items()]
