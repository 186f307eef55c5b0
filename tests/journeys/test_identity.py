"""Who an article is after its owner's acts: ids stay, what was deleted stays deleted, what is left stays published."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import feedparser
import pytest

from aggregator.testing import LoopbackSite

CONFIG = '[http]\nallow_private_networks = true\nper_host_delay = "0s"\n'


def rss(numbers: range) -> str:
    """Return a feed of stories on 127.0.0.1, whoever serves it."""
    items = "".join(
        f"<item><title>Story {n}</title><link>http://127.0.0.1/{n}</link><description>Text {n}.</description></item>"
        for n in numbers
    )
    return f"<rss version='2.0'><channel><title>Hills</title><link>http://127.0.0.1/</link>{items}</channel></rss>"


class Life:
    """A site with two sources that carry the same six stories; `own` is on the host of their links."""

    def __init__(self, root: Path, command) -> None:
        self.root, self._command = root, command

    def run(self, *arguments: str) -> None:
        done = self._command("-C", self.root, *arguments)
        assert done.code == 0, done

    def rebuild(self) -> None:
        """Lose the index, read the files and fetch again."""
        shutil.rmtree(self.root / "var")
        self.run("reindex")
        self.run("refresh")

    def ids(self, feed: str = "all") -> set[str]:
        return {one.id for one in feedparser.parse(io.BytesIO(self.feed(feed))).entries}

    def feed(self, feed: str = "all") -> bytes:
        return (self.root / f"feeds/{feed}.xml").read_bytes()

    def files(self, folder: str) -> list[Path]:
        return sorted((self.root / "items" / folder).rglob("*.md"))


@pytest.fixture
def life(tmp_path, tagwire, inline_workers):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/tagwire.toml").write_text(CONFIG, encoding="utf-8")
    with LoopbackSite() as own, LoopbackSite("127.0.0.2") as other:
        urls = {"own": own.page("/feed", rss(range(6))), "other": other.page("/feed", rss(range(6)))}
        sources = "".join(f'[[sources]]\nid = "{name}"\nurl = "{url}"\n' for name, url in urls.items())
        (tmp_path / "config/sources.toml").write_text(sources, encoding="utf-8")
        one = Life(tmp_path, tagwire)
        one.run("refresh")
        assert (len(one.files("own")), len(one.files(".duplicates/other"))) == (6, 6)
        yield one


STORIES = {f"http://127.0.0.1/{n}" for n in range(6)}


def test_deleting_the_standing_file_deletes_the_article(life: Life) -> None:
    """Its copy does not come up in its place, whatever is lost or fetched afterwards."""
    (gone,) = [path for path in life.files("own") if "story-3" in path.name]
    gone.unlink()
    left = STORIES - {"http://127.0.0.1/3"}
    life.run("refresh")
    assert life.ids() == left
    assert b'deleted-entry ref="http://127.0.0.1/3"' in life.feed()
    assert len(life.files(".duplicates")) == 5
    life.rebuild()
    assert life.ids() == left
    assert (len(life.files("own")), len(life.files(".duplicates"))) == (5, 5)


def test_a_copy_that_was_edited_follows_a_deleted_article(life: Life) -> None:
    """Nobody's work is thrown away; it takes over the id, so nothing is told as deleted."""
    (gone,) = [path for path in life.files("own") if "story-3" in path.name]
    (copy,) = [path for path in life.files(".duplicates") if "story-3" in path.name]
    copy.write_text(copy.read_text(encoding="utf-8").replace("Text 3.", "My own words."), encoding="utf-8")
    gone.unlink()
    life.run("refresh")
    for _ in range(2):
        assert life.ids() == STORIES
        assert b"deleted-entry" not in life.feed()
        assert b"My own words." in life.feed()
        assert [path.name for path in life.files("other")] == [copy.name]
        life.rebuild()


def test_copies_follow_the_articles_of_a_purged_source(life: Life) -> None:
    """The same ids under other names; also when the index is lost later."""
    life.run("remove", "own", "--purge")
    for _ in range(2):
        assert life.ids() == STORIES
        assert b"deleted-entry" not in life.feed()
        assert (len(life.files("other")), len(life.files(".duplicates")), len(life.files("own"))) == (6, 0, 0)
        life.rebuild()


def test_a_renamed_file_is_the_same_item(life: Life) -> None:
    """A name without key, bytes as they were or edited as well: nothing is announced and nothing told as deleted."""
    first, second, *_ = life.files("own")
    first.rename(first.with_name("one.md"))
    text = second.read_text(encoding="utf-8").replace("Text", "My text")
    second.rename(second.with_name("two.md")).write_text(text, encoding="utf-8")
    life.run("refresh")
    for _ in range(2):
        assert life.ids() == STORIES
        assert b"deleted-entry" not in life.feed()
        assert b"My text" in life.feed()
        assert len(life.files("own")) == 6
        life.rebuild()


def test_an_edited_link_leaves_the_id(life: Life) -> None:
    """The id that was published stands in the journal."""
    path = life.files("own")[0]
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("](http://127.0.0.1/", "](http://127.0.0.1/moved/"), encoding="utf-8")
    life.run("refresh")
    for _ in range(2):
        assert life.ids() == STORIES
        assert b"http://127.0.0.1/moved/" in life.feed()
        life.rebuild()
    journal = (life.root / "items/.tagwire.jsonl").read_text(encoding="utf-8")
    assert journal.count('"event": "id"') == 1
