"""Precision and recall of the rule on the labelled set; `benchmarks/near.py` prints them."""

from __future__ import annotations

from collections import defaultdict


def judged(half):
    """Return [(pair, verdict, whether the index would have brought them together)]."""
    from aggregator.model import Record
    from aggregator.steps import near
    from aggregator.steps.copies.sketch import sketches
    from tests.near.labelled import make

    pairs = make(half)
    pieces = list(dict.fromkeys(piece for pair in pairs for piece in (pair.one, pair.other)))
    known = dict(zip(pieces, sketches([(piece.title, piece.body) for piece in pieces]), strict=True))

    def judge(piece, number):
        record = Record(
            key=f"{number:016x}", source=piece.source, path="", title=piece.title, link="", url="", entry_id="",
            published=piece.published, updated=piece.published, first_seen=piece.published, lang=piece.lang,
        )  # fmt: skip
        return record, known[piece]

    found = []
    for number, pair in enumerate(pairs):
        one, other = judge(pair.one, 2 * number), judge(pair.other, 2 * number + 1)
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
