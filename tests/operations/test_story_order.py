"""Whatever comes first, and in however many rounds: the same texts are one story, with one owner, shown by one item."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from aggregator import reading
from aggregator.model import Record, Source
from aggregator.operations import stories
from aggregator.settings import Publish, Settings
from aggregator.steps import select
from aggregator.steps.copies.candidates import COMMON
from aggregator.stores import open_store
from aggregator.tree import ItemTree
from tests.near.labelled import Piece, Writer, make, positives

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2025, 3, 4, 12, tzinfo=UTC)
SOURCES = tuple(Source(id=name, url=f"https://{name}.example/feed") for name in "abcdef")
Known = list[tuple[Record, reading.Text]]


def known(pieces: Sequence[Piece], seed: str) -> Known:
    """Each piece an item of some source, linked to its own host or another's; when it was seen depends on itself."""
    chance = Random(seed)
    found = []
    for number, piece in enumerate(pieces):
        source, link = chance.choice(SOURCES).id, f"https://{chance.choice(SOURCES).id}.example/{number}"
        seen, key = NOW - timedelta(seconds=chance.randrange(9)), f"{chance.getrandbits(64):016x}"
        record = Record(
            key=key, source=source, path=f"{number}.md", title=piece.title, lang=piece.lang,
            link=link, url=link, entry_id=link, published=piece.published, updated=piece.published, first_seen=seen,
        )  # fmt: skip
        found.append((record, reading.Text(key=record.key, at=seen, title=piece.title, body=piece.body)))
    return found


@cache
def labelled() -> Known:
    """Texts of the labelled set: copies of every kind, and what must not be merged with them."""
    pairs = [pair for pair in make("train") if pair.kind != "traditional"][::23]
    return known([*dict.fromkeys(piece for pair in pairs for piece in (pair.one, pair.other))], "labelled")


@cache
def crowded() -> Known:
    """More copies of one text than make a place common, rearranged or with leads of their own, among other texts."""
    writer = Writer("train")
    base = writer.piece("zh")
    made = (pair for _ in range(COMMON) for pair in positives(writer, base))
    pieces = dict.fromkeys(pair.other for pair in made if pair.kind in {"edited lead", "reordered"})
    assert len(pieces) > COMMON + 10
    return known([*pieces, *(writer.piece("zh") for _ in range(30))], "crowded")


def settled(root: Path, rounds: Sequence[Known], kind: str):
    """Stories and owners, and which items stand in the feeds, after all rounds."""
    settings = Settings(root=str(root), sources=SOURCES, publish=Publish(max=1000, entries=1000))
    store = open_store(kind, str(root))
    tree = ItemTree(root, "{source}/{key}.md", ZoneInfo("UTC"))
    for found in rounds:
        store.replace([record for record, _ in found])
        rows = reading.unpack_sketches(reading.sketch_work(reading.pack_texts([text for _, text in found])))
        review = stories.Review(
            settings=settings, store=store, tree=tree, now=NOW, sketched={row.key: row for row in rows}
        )
        review.look()
    records = store.items()
    shown = {
        one.id: {row.key for row in select.window(store.items(source=one.id), settings.publish)} for one in SOURCES
    }
    everywhere = {row.key for row in select.window(records, settings.publish)}
    return {one.key: (one.story, one.copies, one.related) for one in records}, shown, everywhere


@pytest.mark.parametrize(("texts", "kind"), [(labelled, "sqlite:///index.db"), (crowded, "memory:")])
def test_no_order_of_items_and_rounds_decides(texts, kind: str, tmp_path: Path, monkeypatch) -> None:
    """Shuffled, cut into rounds anywhere, and looked at in batches of any size."""
    texts = texts()
    expected = settled(tmp_path / "0", [texts], kind)
    assert any(copies for _, copies, _ in expected[0].values())
    chance = Random(kind)
    for number in range(1, 4):
        shuffled = chance.sample(texts, len(texts))
        cuts = sorted({0, len(texts), *chance.sample(range(len(texts)), number)})
        rounds = [shuffled[first:end] for first, end in pairwise(cuts)]
        monkeypatch.setattr(stories, "BATCH", chance.choice((7, 40, 2000)))
        assert settled(tmp_path / str(number), rounds, kind) == expected
