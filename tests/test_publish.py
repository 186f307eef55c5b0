"""Publication: which files, with what in them, written when, removed when."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import feedparser
import pytest
from lxml import etree

from aggregator import files
from aggregator.errors import PublishError
from aggregator.model import Failure, FetchState, Item, Record, Saved, Source
from aggregator.model.published import Published
from aggregator.outputs import discover
from aggregator.publish import Publisher
from aggregator.settings import Publish, Settings, Site, TagRule
from aggregator.steps import frontmatter
from aggregator.testing import MemoryStore

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2025, 2, 13, 12, tzinfo=UTC)


class Desk:
    """A site with items in a memory store and their texts in a dict."""

    def __init__(self, root: Path, **publish) -> None:
        self.root = root
        self.store = MemoryStore()
        self.texts: dict[str, str] = {}
        self.reads: list[str] = []
        self.settings = Settings(
            root=str(root),
            site=Site(title="港湾", author="编辑部"),
            publish=Publish(**publish),
            sources=(Source(id="harbour", title="港湾日报", url="https://harbour.example.org/feed.xml"),),
        )

    def add(self, number: int, *tags: str, source: str = "harbour", body: str = "潮水很高。", **changes) -> Record:
        instant = START - timedelta(hours=number)
        link = f"https://{source}.example.org/{number}"
        key = f"{number:016x}"
        tags = (source, *tags)
        item = Item(
            key=key,
            source=source,
            title=f"消息 {number}",
            link=link,
            published=instant,
            body=body,
            tags=tags,
            lang="zh-CN",
        )
        text = frontmatter.dump(item, ZONE)
        fields = {
            "key": key,
            "source": source,
            "path": f"{source}/{number}.md",
            "title": item.title,
            "link": link,
            "url": link,
            "entry_id": link,
            "published": instant,
            "updated": instant,
            "first_seen": instant,
            "via": source,
            "tags": tags,
            "lang": "zh-CN",
            "file_hash": files.digest(text.encode()),
        }
        record = Record(**{**fields, **changes})
        self.texts[record.path] = text
        self.store.replace([record])
        return record

    def read(self, record: Record) -> str:
        self.reads.append(record.path)
        if record.path not in self.texts:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), record.path)
        return self.texts[record.path]

    def publisher(self) -> Publisher:
        cache = str(self.root / "var" / "fragments.db")
        return Publisher(self.settings, self.store, self.read, discover(self.settings), cache=cache)

    def publish(self, *feeds: str, check: bool = False) -> Published:
        return self.publisher().publish(frozenset(feeds) if feeds else None, check=check)

    def files(self) -> dict[str, bytes]:
        home = self.root / "feeds"
        return {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()}

    def titles(self, name: str) -> list[str]:
        return [entry.title for entry in feedparser.parse((self.root / "feeds" / name).read_bytes()).entries]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


PAGES = {"index.html", "tags.html", "status.html", "search.js"}
DOCUMENTS = PAGES | {"feed.css", "feeds.opml", "sources.opml", "status.json"}


def test_every_tag_and_source_gets_its_feeds_and_the_site_its_documents(desk):
    desk.add(0, "航运")
    found = desk.publish()
    feeds = {
        f"{stem}.{ending}"
        for stem in ("all", "tags/航运", "tags/harbour", "sources/harbour")
        for ending in ("xml", "json", "html")
    }
    assert set(desk.files()) == feeds | DOCUMENTS
    assert set(found.written) == {f"feeds/{name}" for name in feeds | DOCUMENTS}
    assert (found.feeds, found.removed, found.problems) == (4, (), ())


def test_an_empty_site_publishes_valid_empty_feeds(desk):
    desk.publish()
    root = etree.fromstring(desk.files()["all.xml"])
    assert root.findtext("{*}updated") == "2000-01-01T00:00:00+00:00"
    assert root.find("{*}entry") is None
    assert json.loads(desk.files()["sources/harbour.json"])["items"] == []


def test_feeds_are_named_after_what_they_hold(desk):
    desk.settings = replace(desk.settings, tags=(TagRule(name="航运", slug="shipping", description="船与港"),))
    desk.add(0, "航运")
    desk.publish()
    root = etree.fromstring(desk.files()["tags/shipping.xml"])
    assert root.findtext("{*}id") == "tag:localhost,2026:feed/tags/shipping"
    assert (root.findtext("{*}title"), root.findtext("{*}subtitle")) == ("航运 · 港湾", "船与港")
    assert root.findtext("{*}updated") == "2025-02-13T12:00:00+00:00"
    assert etree.fromstring(desk.files()["sources/harbour.xml"]).findtext("{*}title") == "港湾日报 · 港湾"
    assert etree.fromstring(desk.files()["all.xml"]).findtext("{*}title") == "港湾"


def test_publishing_twice_writes_nothing(desk):
    for number in range(3):
        desk.add(number, "航运", "港口")
    desk.publish()
    before = {path: path.stat().st_mtime_ns for path in desk.root.rglob("*")}
    assert desk.publish().written == ()
    assert {path: path.stat().st_mtime_ns for path in desk.root.rglob("*")} == before


def test_only_the_feeds_that_are_named_are_written(desk):
    desk.add(0, "航运")
    desk.add(1, "港口")
    desk.publish()
    desk.add(2, "港口")
    found = desk.publish("all", "tag:港口")
    assert {name for name in found.written if name.endswith("xml")} == {"feeds/all.xml", "feeds/tags/港口.xml"}
    assert found.feeds == 2
    assert desk.titles("tags/港口.xml") == ["消息 1", "消息 2"]


def test_naming_the_touched_feeds_leads_to_the_same_bytes_as_all(desk):
    desk.add(0, "航运")
    desk.publish()
    desk.store.outbox(desk.store.outbox())
    desk.add(1, "航运", "港口")
    desk.publish(*desk.store.outbox())
    assert desk.publish().written == ()


def test_check_says_what_would_change_and_changes_nothing(desk):
    desk.add(0, "航运")
    assert "feeds/tags/航运.xml" in desk.publish(check=True).written
    assert not (desk.root / "feeds").exists()
    desk.publish()
    assert desk.publish(check=True) == Published(feeds=4, standing=4)
    (desk.root / "feeds" / "all.xml").write_text("edited")
    assert desk.publish(check=True).written == ("feeds/all.xml",)
    assert (desk.root / "feeds" / "all.xml").read_text() == "edited"


def test_a_tag_that_lost_its_items_keeps_an_empty_feed_or_goes_with_its_files(desk):
    record = desk.add(0, "航运")
    desk.add(1)
    desk.publish()
    desk.store.replace([], removed=[record.key])
    found = desk.publish(*desk.store.outbox())
    if "航运" in desk.store.tags():
        assert desk.titles("tags/航运.xml") == []
    else:
        assert found.removed == tuple(f"feeds/tags/航运.{ending}" for ending in ("html", "json", "xml"))
    assert desk.publish().written == ()


def test_a_renamed_tag_leaves_no_old_files(desk):
    desk.add(0, "航运")
    desk.publish()
    desk.settings = replace(desk.settings, tags=(TagRule(name="航运", slug="shipping"),))
    assert set(desk.publish().removed) == {f"feeds/tags/航运.{ending}" for ending in ("html", "json", "xml")}
    assert "tags/shipping.xml" in desk.files()


def test_a_source_without_items_and_configuration_loses_its_feed(desk):
    record = desk.add(0, source="quay")
    desk.publish()
    assert "sources/quay.xml" in desk.files()
    desk.store.replace([], removed=[record.key])
    assert "feeds/sources/quay.xml" in desk.publish("source:quay", check=True).removed
    assert "sources/quay.xml" in desk.files()
    assert "feeds/sources/quay.xml" in desk.publish("source:quay").removed
    assert "sources/quay.xml" not in desk.files()
    assert "sources/harbour.xml" in desk.files()


def test_a_format_that_is_no_longer_wanted_is_removed(desk):
    desk.add(0)
    desk.publish()
    desk.settings = replace(desk.settings, publish=Publish(formats=("atom",)))
    removed = desk.publish().removed
    assert {"feeds/all.html", "feeds/all.json", "feeds/tags/harbour.json"} <= set(removed)
    assert set(desk.files()) == {"all.xml", "tags/harbour.xml", "sources/harbour.xml"} | DOCUMENTS
    links = [link.href for link in feedparser.parse(desk.files()["all.xml"]).feed.links]
    assert links == ["http://127.0.0.1:8420/all.xml"]


def test_files_of_others_are_never_removed(desk):
    folder = desk.root / "feeds" / "tags"
    folder.mkdir(parents=True)
    theirs = {"mine.xml": "<feed><generator>other</generator></feed>", "notes.txt": "generator tagwire", "x.html": ""}
    for name, text in theirs.items():
        (folder / name).write_text(text)
    desk.add(0)
    assert desk.publish().removed == ()
    assert {name: (folder / name).read_text() for name in theirs} == theirs


def test_an_item_that_cannot_be_read_is_left_out_and_told(desk):
    for number in range(4):
        desk.add(number, "航运")
    del desk.texts["harbour/1.md"]
    desk.texts["harbour/2.md"] = "no front matter\n"
    found = desk.publish()
    assert desk.titles("tags/航运.xml") == ["消息 0", "消息 3"]
    assert [problem.where for problem in found.problems] == ["harbour/1.md", "harbour/2.md"]
    assert found.problems[1].line > 0


def test_an_edit_that_is_not_utf8_costs_its_item_only(desk):
    desk.add(0)
    desk.add(1)

    def read(record: Record) -> str:
        return b"\xff".decode() if record.path == "harbour/0.md" else desk.read(record)

    found = Publisher(desk.settings, desk.store, read, discover()).publish()
    assert desk.titles("all.xml") == ["消息 1"]
    assert len(found.problems) == 1


def test_one_article_stands_once_in_each_feed_by_its_owner(desk):
    owner = desk.add(0, "航运")
    desk.add(1, "航运", source="quay", duplicate_of=owner.key, path=".duplicates/quay/1.md")
    desk.publish()
    assert desk.titles("all.xml") == desk.titles("tags/航运.xml") == ["消息 0"]
    assert desk.titles("sources/quay.xml") == ["消息 1"]


def test_copies_do_not_keep_a_feed_from_being_full(tmp_path):
    desk = Desk(tmp_path, max=4, entries=4)
    owner = desk.add(0)
    for number in range(1, 15):
        desk.add(number, source="quay", duplicate_of=owner.key)
    for number in range(20, 25):
        desk.add(number)
    desk.publish()
    assert desk.titles("all.xml") == ["消息 0", "消息 20", "消息 21", "消息 22"]


def test_a_feed_never_passes_its_size_but_keeps_one_entry(tmp_path):
    desk = Desk(tmp_path, max_size=14_000)
    desk.add(0, body="潮" * 6000)
    for number in range(1, 40):
        desk.add(number, "航运", body="潮水很高。" * 20)
    desk.publish()
    assert desk.titles("all.xml") == ["消息 0"]
    for ending in ("xml", "json", "html"):
        assert len(desk.files()[f"tags/航运.{ending}"]) <= 14_000
    assert 1 < len(desk.titles("tags/航运.xml")) < 39


@pytest.mark.parametrize(
    ("content", "has"), [("full", (True, True)), ("summary", (True, False)), ("link", (False, False))]
)
def test_a_source_decides_how_much_is_published(desk, content, has):
    source = replace(desk.settings.sources[0], content=content)
    desk.settings = replace(desk.settings, sources=(source,))
    desk.add(0, summary="摘要")
    desk.publish()
    entry = etree.fromstring(desk.files()["all.xml"]).find("{*}entry")
    assert (entry.findtext("{*}summary") == "摘要", entry.find("{*}content") is not None) == has
    assert b"\xe6\xbd\xae" not in desk.files()["all.json"] or has[1]


def test_ids_are_the_same_in_every_feed_or_different_in_each(desk):
    desk.add(0, "航运")
    desk.publish()
    names = ("all.xml", "tags/航运.xml", "sources/harbour.xml")
    assert {feedparser.parse(desk.files()[name]).entries[0].id for name in names} == {"https://harbour.example.org/0"}
    desk.settings = replace(desk.settings, publish=Publish(entry_ids="per-feed"))
    desk.publish()
    assert [feedparser.parse(desk.files()[name]).entries[0].id for name in names] == [
        f"tag:localhost,2026:item/{'0' * 16}/{path}" for path in ("all", "tags/%E8%88%AA%E8%BF%90", "sources/harbour")
    ]


def test_an_edited_file_is_read_again_and_an_unchanged_one_is_not(desk):
    record = desk.add(0)
    publisher = desk.publisher()
    publisher.publish()
    assert set(desk.reads) == {"harbour/0.md"}
    desk.reads.clear()
    publisher.publish()
    desk.publish()
    assert desk.reads == []
    desk.texts[record.path] = desk.texts[record.path].replace("潮水很高", "潮水退了")
    desk.store.replace([replace(record, file_hash="edited")])
    publisher.publish()
    assert "潮水退了" in desk.files()["all.xml"].decode()


def test_health_comes_from_states_and_nothing_else(desk):
    states = {
        "ok": FetchState(source="ok", ok_at=START, title="Fine"),
        "bad": FetchState(
            source="bad", error=Failure(kind="dns", message="no address"), failing_since=START, failures=3
        ),
        "off": FetchState(source="off", error=Failure(kind="dns", message="no address")),
    }
    desk.settings = replace(
        desk.settings,
        sources=(
            Source(id="ok", url="https://user:secret@ok.example.org/"),
            Source(id="bad", url="https://bad.example.org/"),
            Source(id="off", url="https://off.example.org/", enabled=False),
            Source(id="new", path="/srv/new.xml"),
            Source(id="notes", kind="folder", path="/srv/notes"),
        ),
    )
    desk.store.enroll([(name, "h") for name in states])
    for state in states.values():
        [claimed] = desk.store.claim([state.source], START, 60.0)
        desk.store.commit(replace(state, generation=claimed.generation), [Saved(record=desk.add(0))][:0])
    desk.publish()
    sources = {one["id"]: one for one in json.loads(desk.files()["status.json"])["sources"]}
    assert {name: one["health"] for name, one in sources.items()} == {
        "ok": "ok",
        "bad": "failing",
        "off": "paused",
        "new": "new",
        "notes": "new",
    }
    assert sources["bad"]["error"] == {"kind": "dns", "message": "no address"}
    assert sources["off"]["error"] is None
    assert (sources["ok"]["title"], sources["ok"]["url"], sources["new"]["url"]) == (
        "Fine",
        "https://ok.example.org/",
        "",
    )
    assert all(b"secret" not in data and b"/srv" not in data for data in desk.files().values())
    assert "sources/notes.xml" not in desk.files()
    assert "sources/new.xml" in desk.files()


def test_a_fetch_that_changed_nothing_changes_no_file(desk):
    desk.add(0)
    for instant in (START, START + timedelta(hours=1)):
        [claimed] = desk.store.claim(["harbour"], instant, 60.0)
        desk.store.commit(replace(claimed, fetched_at=instant, ok_at=instant, next_at=instant, etag=str(instant)), [])
        written = desk.publish().written
    assert written == ()


def test_a_disk_that_is_full_names_the_file_and_leaves_the_old_ones(desk, monkeypatch):
    desk.add(0, "航运")
    desk.publish()
    before = desk.files()
    desk.add(1, "航运")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(PublishError, match=r"feeds/.* cannot be written: No space left"):
        desk.publish()
    monkeypatch.undo()
    assert desk.files() == before


@pytest.mark.parametrize("sync", [False, True])
def test_files_that_cannot_be_written_are_named_and_the_others_written(desk, sync):
    for number in range(40):
        desk.add(number, f"tag{number}")
    desk.publish()
    before = desk.files()
    for name in ("tag7.xml", "tag20.json"):
        (desk.root / "feeds" / "tags" / name).unlink()
        (desk.root / "feeds" / "tags" / name).mkdir()
    (desk.root / "feeds" / "all.xml").unlink()
    with pytest.raises(PublishError) as caught:
        desk.publisher().publish(desk.store.outbox() if sync else None)
    message = str(caught.value)
    cause = "cannot be written: Is a directory; a folder lies where a file is to be: move it away"
    names, _, why = message.partition(" cannot")
    assert sorted(names.split(", ")) == ["feeds/tags/tag20.json", "feeds/tags/tag7.xml"]
    assert (f"cannot{why}", desk.files()["all.xml"]) == (cause, before["all.xml"])
    assert not list((desk.root / "feeds").rglob(".tmp-*"))


def test_a_folder_that_is_a_file_costs_what_belongs_in_it(desk):
    desk.add(0, "航运")
    (desk.root / "feeds").mkdir()
    (desk.root / "feeds" / "tags").write_text("mine")
    with pytest.raises(
        PublishError, match=r"feeds/tags/.* cannot be written: (Not a directory|File exists); a file lies"
    ):
        desk.publisher().publish(desk.store.outbox())
    assert {"all.xml", "index.html", "sources/harbour.xml"} <= desk.files().keys()


def test_a_file_that_cannot_be_removed_is_named(desk, monkeypatch):
    desk.add(0)
    desk.publish()
    desk.settings = replace(desk.settings, publish=Publish(formats=("atom", "json")))

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(PublishError, match=r"feeds/all.html, .* cannot be removed: Permission denied; give this user"):
        desk.publish()


def test_an_unknown_format_is_refused(desk):
    desk.settings = replace(desk.settings, publish=Publish(formats=("atom", "gopher")))
    with pytest.raises(PublishError, match="no output is called gopher"):
        desk.publisher()


def test_the_published_directory_may_lie_elsewhere(tmp_path):
    elsewhere = tmp_path / "www"
    desk = Desk(tmp_path / "site", dir=str(elsewhere))
    assert "../www/all.xml" in desk.publish().written
    assert (elsewhere / "all.xml").exists()
