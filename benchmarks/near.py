"""Copies: precision and recall on the labelled set, cost of a sketch, of looking up and keeping as the index grows.

python benchmarks/near.py labelled           # both halves
python benchmarks/near.py sketch [DIR]       # own texts, or JSON files: lists of {"title", "description" (HTML)}
python benchmarks/near.py index [ITEMS]      # default 100,000; sketches of chance, shaped like news
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def labelled() -> None:
    from tests.near import report

    for half in ("train", "frozen"):
        print(half)
        for kind, label, pairs, merged, share in report.table(half):
            print(f"  {kind:<28} {label:<12} {pairs:>5} pairs  {merged:>5} merged  {share:.3f}")


def sketch(directory: str = "") -> None:
    from aggregator.reading import Text, pack_texts, sketch_work, unpack_sketches
    from aggregator.steps import near

    texts = [Text(key=f"{n:016x}", at=NOW, title=title, body=body) for n, (title, body) in enumerate(_texts(directory))]
    documents = [pack_texts(texts[first : first + 30]) for first in range(0, len(texts), 30)]
    started = time.process_time()
    sketch_work(documents[0])
    begun = (time.process_time() - started) * 1e3
    started = time.process_time()
    answers = [sketch_work(document) for document in documents]
    spent = (time.process_time() - started) / len(texts) * 1e6
    rows = [row for answer in answers for row in unpack_sketches(answer)]
    tokens = sum(near.unpack(row.body).tokens for row in rows) / len(rows)
    size = sum(len(row.body) for row in rows) / len(rows)
    places = sum(len(row.places) for row in rows) / len(rows)
    print(f"{len(texts)} texts of {tokens:.0f} tokens: {spent:.0f} µs CPU, {size:.0f} bytes, {places:.1f} places each")
    print(f"the first document of a process: {begun:.0f} ms, numpy included")


def index(items: str = "100000") -> None:
    from aggregator.model import Sketch, Sketched
    from aggregator.steps import near
    from aggregator.stores import open_store

    chance = Random(1)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as root:
        store = open_store("sqlite:///index.db", root)
        start = Path(root, "index.db").stat().st_size
        for first in range(0, int(items), 2000):
            rows = []
            for _ in range(2000):
                hashes = tuple(sorted(chance.getrandbits(29) << 3 for _ in range(72)))
                numbers = tuple(sorted(chance.getrandbits(16) for _ in range(12)))
                found = Sketch(tokens=576, level=3, hashes=hashes, lead=chance.getrandbits(30) + 1, numbers=numbers)
                key = f"{chance.getrandbits(64):016x}"
                rows.append(Sketched(key=key, at=NOW, body=near.pack(found), places=tuple(near.places(found))))
            kept = _timed(lambda rows=rows: store.sketches.keep(rows, looked=()))
            looked = _timed(
                lambda rows=rows: [
                    store.sketches.find([row.places for row in rows[n : n + 100]]) for n in range(0, 2000, 100)
                ]
            )
            if first + 2000 in {2000, 10_000, 30_000, 100_000, 300_000, 1_000_000}:
                store.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                size = (Path(root, "index.db").stat().st_size - start) / (first + 2000)
                told = f"keep {kept:.0f} µs, find {looked:.0f} µs an item, {size:.0f} bytes each"
                print(f"{first + 2000:>9,} items: {told}")
        store.sketches.forget(datetime(2027, 1, 1, tzinfo=UTC), NOW)
        store.database.connection.execute("VACUUM")
        store.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = (Path(root, "index.db").stat().st_size - start) / int(items)
        print(f"after their 30 days: {size:.1f} bytes each")


def _timed(work) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) / 2000 * 1e6


def _texts(directory: str) -> list[tuple[str, str]]:
    if not directory:
        from tests.near.labelled import Writer

        writer = Writer("train")
        pieces = [writer.piece("en" if number % 3 == 2 else "zh") for number in range(500)]
        return [(piece.title, piece.body) for piece in pieces]
    from aggregator.steps.html.markdown import to_markdown
    from aggregator.steps.html.sanitize import sanitize

    entries = [entry for path in sorted(Path(directory).glob("*.json")) for entry in json.loads(path.read_text())]
    return [(entry["title"] or "", to_markdown(sanitize(entry.get("description") or "", ""))) for entry in entries]


if __name__ == "__main__":
    {"labelled": labelled, "sketch": sketch, "index": index}[sys.argv[1]](*sys.argv[2:])
