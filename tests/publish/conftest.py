"""A site with items in a store and their texts in a dict, published as often as a test likes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from aggregator import files
from aggregator.model import Item, Record, Source
from aggregator.model.published import Published
from aggregator.outputs import discover
from aggregator.publish import Publisher
from aggregator.settings import Publish, Settings, Site
from aggregator.steps import frontmatter
from aggregator.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ZONE = ZoneInfo("Asia/Shanghai")
HOME = "http://127.0.0.1:8420/"


class Press:
    """Items in, feeds out; `settings` may be replaced between publications."""

    def __init__(self, root: Path, store: str) -> None:
        self.root = root
        self.store = open_store(store, str(root))
        self.texts: dict[str, str] = {}
        self.reads: list[str] = []
        self.settings = Settings(
            root=str(root),
            site=Site(title="港湾"),
            publish=Publish(entries=2, max=3, window=0.0),
            sources=(Source(id="harbour", title="港湾日报", url="https://harbour.example.org/feed.xml"),),
        )

    def configure(self, **publish) -> None:
        self.settings = replace(self.settings, publish=replace(self.settings.publish, **publish))

    def add(self, number: int, published: datetime, *tags: str, body: str = "潮水很高。", **changes) -> Record:
        key, link = f"{number:016x}", f"https://harbour.example.org/{number}"
        item = Item(
            key=key, source="harbour", title=f"消息 {number}", link=link, published=published, body=body,
            tags=("harbour", *tags), lang="zh-CN",
        )  # fmt: skip
        text = frontmatter.dump(item, ZONE)
        fields = {
            "key": key, "source": "harbour", "path": f"harbour/{number}.md", "title": item.title, "link": link,
            "url": link, "entry_id": link, "published": published, "updated": published, "first_seen": published,
            "via": "harbour", "tags": item.tags, "lang": "zh-CN", "file_hash": files.digest(text.encode()),
            "size": len(text.encode()),
        }  # fmt: skip
        record = Record(**{**fields, **changes})
        self.texts[record.path] = text
        self.store.replace([record])
        return record

    def bury(self, record: Record, when: datetime) -> None:
        self.store.replace([replace(record, gone=True, path="", size=0, updated=when)])

    def read(self, record: Record) -> str:
        self.reads.append(record.path)
        if record.path not in self.texts:
            raise FileNotFoundError(record.path)
        return self.texts[record.path]

    def publisher(self, cache: str = "", **more) -> Publisher:
        return Publisher(self.settings, self.store, self.read, discover(self.settings), cache=cache, **more)

    def publish(self, *, check: bool = False, cache: str = "") -> Published:
        """Publish everything."""
        return self.publisher(cache).publish(check=check)

    def publish_changed(self) -> Published:
        """Publish what the outbox names, and empty it."""
        pending = self.store.outbox()
        published = self.publisher().publish(pending)
        self.store.outbox(pending)
        return published

    def files(self, pattern: str = "*") -> set[str]:
        home = self.root / "feeds"
        return {path.relative_to(home).as_posix() for path in home.rglob(pattern) if path.is_file()}

    def feed(self, name: str):
        """The root element of an Atom file."""
        return etree.fromstring((self.root / "feeds" / f"{name}.xml").read_bytes())

    def link(self, name: str, rel: str) -> str:
        """The path of a link's target, empty without such a link."""
        (href,) = self.feed(name).xpath(f"*[local-name() = 'link'][@rel = '{rel}']/@href") or [""]
        assert href.isascii()
        return unquote(href.removeprefix(HOME).removesuffix(".xml"))

    def numbers(self, name: str) -> list[int]:
        return [int(entry.findtext("{*}id").rpartition("/")[2]) for entry in self.feed(name).findall("{*}entry")]

    def history(self, name: str) -> list[int]:
        """The numbers of all entries that a reader finds who follows prev-archive from the feed on, sorted."""
        found = set(self.numbers(name))
        at = self.link(name, "prev-archive")
        while at:
            found.update(self.numbers(at))
            at = self.link(at, "prev-archive")
        return sorted(found)


@pytest.fixture(params=["memory:", "sqlite:///index.db"])
def press(request, tmp_path: Path) -> Iterator[Press]:
    made = Press(tmp_path, request.param)
    with made.store:
        yield made


@pytest.fixture(scope="session")
def make_press():
    return lambda root: Press(root, "memory:")


@pytest.fixture
def day():
    return lambda month, day, hour=12: datetime(2025, month, day, hour, tzinfo=UTC)
