"""What publishing costs: a site of many items and tags built, rendered whole, and published after one new item.

    python benchmarks/publish.py DIR [ITEMS] [TAGS]

DIR should be on a RAM disk and is emptied first. CPU seconds are printed; nothing is fetched. The new items are each
published by a process of its own, which tells what it spent on starting, on opening the site, on looking at the item
files, and on publishing.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aggregator import files
from aggregator.app import App
from aggregator.model import Item, Record, Source
from aggregator.outputs import discover
from aggregator.publish import FRAGMENTS, Publisher
from aggregator.settings import Publish, Settings, Site
from aggregator.steps import frontmatter
from aggregator.stores import open_store
from aggregator.tree import ItemTree

if TYPE_CHECKING:
    from aggregator.model.published import Published

ZONE = ZoneInfo("Asia/Shanghai")
NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
SENTENCE = "潮水退去以后，**港口**的灯一盏一盏亮起来，船员们把缆绳系好，等着天亮。"
SOURCES = 100


def settings(root: Path) -> Settings:
    """Return the site's settings: everything as it is by default."""
    sources = tuple(Source(id=f"s{n}", url=f"https://s{n}.example.org/feed") for n in range(SOURCES))
    return Settings(
        root=str(root),
        site=Site(base_url="https://news.example.org/"),
        publish=Publish(dir=str(root / "feeds")),
        sources=sources,
    )


def item(number: int, total: int, tags: int) -> Item:
    """Return one item of 500 characters, ten minutes older than the one before, with its source and three tags."""
    source = f"s{number % SOURCES}"
    # Some tags are large and most are small, as they are.
    names = {f"t{int(tags * ((number * 7919 * (k + 1)) % 10007 / 10007) ** 2)}" for k in range(3)}
    return Item(
        key=f"{number:016x}",
        source=source,
        title=f"第 {number} 条消息",
        link=f"https://{source}.example.org/{number}",
        published=NEWEST - timedelta(minutes=10 * (total - number)),
        summary=SENTENCE[:30],
        body="\n\n".join([SENTENCE * 2] * 7)[:500],
        tags=(source, *sorted(names)),
        lang="zh-CN",
    )


def record(one: Item, path: str, data: bytes, facts: tuple[int, int]) -> Record:
    """Return the index row of an item whose file holds `data`."""
    assert one.published
    return Record(
        key=one.key, source=one.source, path=path, title=one.title, link=one.link, url=one.link, entry_id=one.link,
        published=one.published, updated=one.published, first_seen=one.published, via=one.source, tags=one.tags,
        lang=one.lang, summary=one.summary, file_hash=files.digest(data), size=facts[0], mtime_ns=facts[1],
    )  # fmt: skip


def write(tree: ItemTree, one: Item) -> Record:
    """Write an item's file and return its row."""
    path = f"{one.source}/{one.published:%Y/%m}/{one.key}.md"
    data = frontmatter.dump(one, ZONE).encode()
    target = tree.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    facts = target.stat()
    return record(one, path, data, (facts.st_size, facts.st_mtime_ns))


def cpu() -> float:
    """Return the CPU seconds that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def told(what: str, began: float, published: Published) -> None:
    """Print one measurement."""
    made, written = published.feeds - published.standing, len(published.written)
    print(
        f"{what:43} {cpu() - began:8.3f} s CPU  {made:5} of {published.feeds:5} feeds made  {written:6} files written"
    )


def publish_one(root: Path, number: int, total: int, tags: int) -> None:
    """Publish two new items, one after the other, as a process that was started for it; print what took how long."""
    started = cpu()
    with App.open(settings(root), write=True) as app:
        opened = cpu()
        app.sync()
        synced = cpu()
        print(f"  start {started:.3f}, open {opened - started:.3f}, look at the item files {synced - opened:.3f}")
        for what in ("one new item, by a new process", "one more, by the same"):
            app.store.replace([write(app.tree, item(number, total, tags))])
            began = cpu()
            told(what, began, app.publish_changed())
            number += 1


def main() -> None:
    """Measure and print."""
    root, total, tags = Path(sys.argv[1]), int((sys.argv[2:] or ["100000"])[0]), int((sys.argv[3:] or ["2000"])[0])
    if sys.argv[4:]:
        publish_one(root, int(sys.argv[4]), total, tags)
        return
    shutil.rmtree(root, ignore_errors=True)
    site = settings(root)
    tree = ItemTree(root / "items", site.storage.path, ZONE)
    cache = str(root / FRAGMENTS)
    with open_store(site.storage.index, site.root) as store:
        for start in range(0, total, 5000):
            store.replace([write(tree, item(n, total, tags)) for n in range(start, min(start + 5000, total))])
        store.outbox(store.outbox())
        for what in ("everything, nothing remembered", "everything again", "everything, no feed there"):
            if what.endswith("there"):
                shutil.rmtree(root / "feeds")
            began = cpu()
            told(what, began, Publisher(site, store, tree.read, discover(site), cache=cache).publish())
        print(f"{FRAGMENTS}: {(root / FRAGMENTS).stat().st_size / 1e6:.0f} MB")
    with App.open(site, write=True) as app:
        app.sync()  # learns the rules, which marks every item once
        app.publish_changed()
    for number in range(total, total + 6, 2):
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, sys.argv[1], str(total), str(tags), str(number)], check=True)


if __name__ == "__main__":
    main()
