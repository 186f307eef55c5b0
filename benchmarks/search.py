"""The full-text index over a made-up site: how fast it is built and brought up to date, its size, how fast it finds.

    python benchmarks/search.py [--items 100000] [--site DIR]

Texts are words of two or three characters and English words, both as often as words are (Zipf); four fifths of the
items are Chinese with 400 characters on average. Item files and index are written first, by the same code as a refresh.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.app import App
from aggregator.finding import FILE, open_finder
from aggregator.model import Item, New, Record
from aggregator.settings import Settings

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Writer:
    """Texts as they might be."""

    def __init__(self) -> None:
        self.random = random.Random(7)
        signs = [chr(point) for point in self.random.sample(range(0x4E00, 0x9000), 3500)]
        weights = list(itertools.accumulate(1 / (rank + 3) ** 0.85 for rank in range(len(signs))))
        sizes = (1, 2, 2, 2, 2, 3)
        self.chinese = [
            "".join(self.random.choices(signs, cum_weights=weights, k=self.random.choice(sizes))) for _ in range(40_000)
        ]
        syllables = ["".join(pair) for pair in itertools.product("bcdfglmnprst", "aeiou")]
        self.english = [
            "".join(self.random.choices(syllables, k=self.random.choice((2, 3, 3, 4)))) for _ in range(40_000)
        ]
        self.weights = list(itertools.accumulate(1 / (rank + 2) ** 0.95 for rank in range(40_000)))

    def text(self, words: int, *, chinese: bool) -> str:
        """Return that many words."""
        chosen = self.random.choices(self.chinese if chinese else self.english, cum_weights=self.weights, k=words)
        return "".join(chosen) if chinese else " ".join(chosen)

    def item(self, number: int) -> tuple[Item, Record]:
        """Return an item and its record."""
        chinese = number % 5 != 0
        title = self.text(7, chinese=chinese)
        paragraphs = (self.text(self.random.randint(10, 40), chinese=chinese) for _ in range(8))
        body = ("。\n\n" if chinese else ".\n\n").join(paragraphs)
        key, source = f"{number:016x}", f"source-{number % 300}"
        when = NOW - timedelta(minutes=5 * number)
        link = f"https://{source}.example/{number}"
        lang, tags = "zh-CN" if chinese else "en", (source, f"tag-{number % 97}")
        item = Item(key=key, source=source, title=title, link=link, published=when, body=body, tags=tags, lang=lang)
        record = Record(
            key=key,
            source=source,
            path="",
            title=title,
            link=link,
            url=link,
            entry_id=link,
            published=when,
            updated=when,
            first_seen=when,
            tags=tags,
            lang=lang,
        )
        return item, record


def write_site(app: App, writer: Writer, count: int) -> None:
    """Write item files and index rows."""
    for start in range(0, count, 1000):
        pairs = [writer.item(number) for number in range(start, min(start + 1000, count))]
        saved = app.tree.save([New(item=item, record=record) for item, record in pairs], NOW)
        app.store.replace([one.record for one in saved])


def milliseconds(call, times: int = 5) -> float:
    """Return the median CPU time of a call: on a shared machine nothing else means anything."""
    spent = []
    for _ in range(times):
        started = time.process_time()
        call()
        spent.append((time.process_time() - started) * 1000)
    return round(statistics.median(spent), 2)


def queries(writer: Writer) -> dict[str, str]:
    """Return searches of every kind."""
    zh, en = writer.chinese, writer.english
    two = [word for word in zh if len(word) == 2]
    return {
        "commonest word": two[0],
        "common word": two[40],
        "word": two[1000],
        "rare word": two[-5],
        "one character": zh[0][0],
        "commonest characters side by side": two[0][0] + two[1][1],
        "nothing": "囧囧囧",
        "English, common": en[0],
        "English, rare": en[-9],
        "two words": f"{two[3]} {two[9]}",
        "phrase": f'"{en[0]} {en[1]}"',
        "word and tag": f"{two[0]} tag:tag-5",
        "word and source": f"{two[40]} source:source-7",
        "word, not another": f"{two[0]} -{two[2]}",
        "tag alone": "tag:tag-5",
        "since": f"{two[0]} since:30d",
        "sixteen words": " ".join(two[:16]),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--site", type=Path, default=None)
    parser.add_argument("--keep", action="store_true", help="do not build the full-text index anew")
    options = parser.parse_args()
    root = options.site or Path(tempfile.mkdtemp())
    settings, writer = Settings(root=str(root)), Writer()
    if not options.keep:
        (root / FILE).unlink(missing_ok=True)
    with App.open(settings, write=True, command="benchmark") as app:
        if not app.store.sources():
            write_site(app, writer, options.items)
        finder = open_finder(settings)
        started = time.process_time()
        built = finder.update(app.store)
        seconds = time.process_time() - started
        again = milliseconds(lambda: finder.update(app.store), 3)
        report = {
            "items": built.put,
            "items_per_cpu_second": round(built.put / seconds),
            "megabytes": round((root / FILE).stat().st_size / 1e6, 1),
            "index_megabytes": round((root / "var/tagwire.db").stat().st_size / 1e6, 1),
            "texts_megabytes": round(sum(path.stat().st_size for path in (root / "items").rglob("*.md")) / 1e6, 1),
            "looked_for_changes_ms": again,
            "find_ms": {},
        }
        for name, text in queries(writer).items():
            _, found = finder.find(text, NOW)
            report["find_ms"][name] = {
                "hits": found.total,
                "cpu_ms": milliseconds(lambda text=text: finder.find(text, NOW)),
            }
        finder.close()
    json.dump(report, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
