"""Publishing with cached entries gives the bytes that publishing without them gives, whatever changed in between."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aggregator import files
from aggregator.model import Enclosure, FetchState, Item, Person, Record, Source
from aggregator.outputs import discover
from aggregator.publish import Publisher
from aggregator.settings import Publish, QueryFeed, Settings, Site, TagRule
from aggregator.steps import frontmatter
from aggregator.testing import MemoryStore

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2025, 2, 13, tzinfo=UTC)
TAGS = ("港口", "航运", "Open Source", "ai", "AI")
WORDS = ("潮水很高。", "Ships & <b>lights</b>", "“**灯**亮了。”", "a\n\n* b\n* c", "")
STEPS = 14


class Walk:
    """A site that changes at random, published into one directory with a cache and into fresh ones without."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.dice, self.store = root, random.Random(seed), MemoryStore()
        self.texts: dict[str, str] = {}
        self.site = Site(title="港湾")
        self.output = Publish(entries=3, max=5, window=0.0, max_size=6000, entry_ids=("stable", "per-feed")[seed % 2])
        self.sources = [Source(id=name, url=f"https://{name}.example.org/feed") for name in "ab"]
        self.tags: list[TagRule] = []
        self.steps = (
            self.edit, self.edit, self.describe, self.describe, self.describe, self.title_source, self.rename_tag,
            self.policy, self.relate, self.delete, self.break_file, self.configure, self.speak,
        )  # fmt: skip
        for number in range(8):
            self.write(number)

    def settings(self, root: Path) -> Settings:
        feeds = (QueryFeed(slug="wire", query="港口 or 航运", title="线"),)
        return Settings(
            root=str(root), site=self.site, publish=self.output, sources=tuple(self.sources), tags=tuple(self.tags),
            feeds=feeds,
        )  # fmt: skip

    def record(self) -> Record:
        return self.dice.choice(self.store.items())

    def write(self, number: int) -> None:
        dice, key, source = self.dice, f"{number:016x}", self.dice.choice("abc")
        tags = (source, *dice.sample(TAGS, 2))
        item = Item(
            key=key, source=source, title=dice.choice(WORDS), body=dice.choice(WORDS) * 3, tags=tags, lang="zh-CN"
        )
        text = frontmatter.dump(item, ZONE)
        path = f"{source}/{number}.md"
        self.texts[path] = text
        instant = START - timedelta(days=7 * number, hours=dice.randrange(3))
        link = dice.choice(["", f"https://{source}.example.org/{number}"])
        record = Record(
            key=key, source=source, path=path, title=item.title, link=link, url=link, entry_id=f"urn:x:{number}",
            published=instant, updated=instant, first_seen=instant, tags=tags, lang=dice.choice(["zh-CN", "en", ""]),
            summary=dice.choice(WORDS), file_hash=files.digest(text.encode()), size=len(text.encode()),
        )  # fmt: skip
        self.store.replace([record])

    def edit(self) -> None:
        self.write(self.dice.randrange(10))

    def describe(self) -> None:
        changes = (
            {"authors": (Person(name=self.dice.choice(WORDS), email="a@example.org"),)},
            {"enclosures": (Enclosure(href="https://example.org/a.mp3", media_type="audio/mpeg", length=9),)},
            {"thumbnail": f"https://example.org/{self.dice.random()}.png"},
            {"updated": START + timedelta(seconds=self.dice.randrange(9))},
            {"title": self.dice.choice(WORDS)},
            {"tags": tuple(self.dice.sample(TAGS, 3))},
        )
        self.store.replace([replace(self.record(), **self.dice.choice(changes))])

    def title_source(self) -> None:
        number = self.dice.randrange(9)
        icon = f"https://a.example.org/{number}.ico"
        state = FetchState(source="a", title=f"海报 {number}", link=f"https://a.example.org/{number}", icon=icon)
        [claimed] = self.store.claim(["a"], START, 0.0)
        self.store.commit(replace(state, generation=claimed.generation), [])

    def rename_tag(self) -> None:
        name = self.dice.choice(TAGS)
        self.tags = [TagRule(name=name, slug=f"slug-{self.dice.randrange(3)}", aliases=(self.dice.choice(TAGS),))]

    def policy(self) -> None:
        said = ({"content": "full"}, {"content": "summary"}, {"content": "link"}, {"title": "日报"}, {"title": ""})
        changes: dict[str, Any] = self.dice.choice(said)
        self.sources[0] = replace(self.sources[0], **changes)

    def relate(self) -> None:
        one, *others = self.dice.sample(self.store.items(), 3)
        keys = tuple(other.key for other in others)
        self.store.replace([replace(one, copies=keys[:1], related=keys[1:])])

    def delete(self) -> None:
        record = self.record()
        if len(self.store.items()) > 4:
            self.store.replace([replace(record, gone=True, path="", size=0, updated=START)])

    def break_file(self) -> None:
        record = self.record()
        self.store.replace([replace(record, broken=not record.broken)])

    def configure(self) -> None:
        changes = (
            {"formats": self.dice.choice([("atom",), ("atom", "html"), ("atom", "json", "html"), ("json",)])},
            {"archive": self.dice.choice(["monthly", "off"])},
            {"max_size": self.dice.choice([3000, 6000, 1 << 20])},
        )
        self.output = replace(self.output, **self.dice.choice(changes))

    def speak(self) -> None:
        changes = (
            {"language": self.dice.choice(["zh-CN", "en"])},
            {"base_url": self.dice.choice(["http://127.0.0.1:8420/", "https://news.example.org/a&b/"])},
            {"tag_authority": self.dice.choice(["localhost,2026", "example.org,2026"])},
        )
        self.site = replace(self.site, **self.dice.choice(changes))

    def publish(self, root: Path, cache: str) -> dict[str, bytes]:
        publisher = Publisher(
            self.settings(root), self.store, lambda record: self.texts[record.path], discover(), cache=cache
        )
        assert not publisher.publish().problems
        home = root / "feeds"
        return {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()}


@pytest.mark.parametrize("seed", range(3))
def test_with_and_without_cached_entries_the_bytes_are_the_same(tmp_path, seed):
    walk = Walk(tmp_path, seed)
    for number in range(STEPS):
        found = walk.publish(tmp_path / "site", str(tmp_path / "fragments.db"))
        assert found == walk.publish(tmp_path / f"fresh-{number}", ""), number
        walk.dice.choice(walk.steps)()
