"""What an owner wrote is never lost: broken files, foreign files and lost indexes, through the command line."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from aggregator.testing import LoopbackSite

CONFIG = '[http]\nallow_private_networks = true\nper_host_delay = "0s"\n'
MINE = "MY OWN PRECIOUS TEXT"


def rss(texts: dict[int, str]) -> str:
    """Return a feed of stories with these texts; what is in brackets is a category."""
    items = "".join(
        f"<item><title>Story {n}</title><link>http://127.0.0.1/{n}</link><category>Rail</category>"
        f"<pubDate>Mon, 0{n} Mar 2025 08:00:00 GMT</pubDate><description>{text}</description></item>"
        for n, text in texts.items()
    )
    return f"<rss version='2.0'><channel><title>Hills</title><link>http://127.0.0.1/</link>{items}</channel></rss>"


class Life:
    """A site with one source of four stories."""

    def __init__(self, root: Path, command, web: LoopbackSite) -> None:
        self.root, self._command, self._web = root, command, web

    def serve(self, changed: dict[int, str] | None = None) -> str:
        return self._web.page("/feed", rss({n: f"Text {n}." for n in range(1, 5)} | (changed or {})))

    def run(self, *arguments: str, code: int = 0):
        done = self._command("-C", self.root, *arguments)
        assert done.code == code, done
        return done

    def refresh(self) -> dict[str, Any]:
        (line,) = [line for line in self.run("refresh", "--json").lines if line["event"] == "source"]
        assert line["result"] in {"ok", "not_modified"}, line
        return dict(line)

    def lose(self) -> None:
        shutil.rmtree(self.root / "var")

    def feed(self, feed: str = "all") -> str:
        return (self.root / f"feeds/{feed}.xml").read_text(encoding="utf-8")

    def ids(self) -> list[str]:
        return sorted(re.findall(r"<id>(http://127.0.0.1/\d)</id>", self.feed()))

    def files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in (self.root / "items").rglob("*.md") if path.is_file()}

    def file(self, number: int) -> Path:
        (found,) = (self.root / "items").rglob(f"*story-{number}-*.md")
        return found


@pytest.fixture
def life(tmp_path, tagwire, inline_workers):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/tagwire.toml").write_text(CONFIG, encoding="utf-8")
    with LoopbackSite() as web:
        one = Life(tmp_path, tagwire, web)
        source = f'[[sources]]\nid = "hills"\nurl = "{one.serve()}"\n'
        (tmp_path / "config/sources.toml").write_text(source, encoding="utf-8")
        one.refresh()
        assert len(one.files()) == 4
        yield one


def slipped(text: bytes) -> bytes:
    return text.replace(b'title: "Story 2"', b'title: "My title "quoted""').replace(b"Text 2.", MINE.encode())


BROKEN = {
    "yaml": slipped,
    "no front matter": lambda _: MINE.encode(),
    "not UTF-8": lambda text: text.replace(b"Text 2.", MINE.encode() + b"\xff"),
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("slip", BROKEN.values(), ids=BROKEN)
def test_a_broken_edit_outlives_the_index(life: Life, slip) -> None:
    """It is not overwritten, not kept twice, told each time, and its item comes back under its id when it is mended."""
    path, before = life.file(2), life.files()
    path.write_bytes(slip(path.read_bytes()))
    wanted = before | {str(path): path.read_bytes()}
    life.refresh()
    life.lose()
    assert "1 set aside" in life.run("reindex").out
    for texts in ({}, {2: "Another text 2."}, {2: "A third text 2."}):
        life.serve(texts)
        done = life.refresh()
        assert (done["new"], done["updated"]) == (0, 0)
        assert life.files() == wanted
        assert path.name in life.run("refresh").err
        assert len(life.ids()) == 3
    path.write_bytes(before[str(path)].replace(b"Text 2.", MINE.encode()))
    life.run("reindex")
    assert life.refresh()["new"] == 0
    assert MINE in path.read_text(encoding="utf-8")
    assert len(life.ids()) == 4
    assert MINE in life.feed()
    life.serve({2: "A fourth text 2."})
    assert (life.refresh()["updated"], life.refresh()["held"]) == (0, 0)
    assert MINE in path.read_text(encoding="utf-8")


def test_a_broken_file_of_another_name_is_known_by_the_journal(life: Life) -> None:
    """The owner renamed it without its key, and broke it later."""
    path = life.file(2).rename(life.file(2).with_name("mine.md"))
    life.refresh()
    path.write_bytes(slipped(path.read_bytes()))
    wanted = life.files()
    life.lose()
    life.run("reindex")
    assert life.refresh()["new"] == 0
    assert life.files() == wanted


def test_a_broken_file_that_is_deleted_stays_deleted(life: Life) -> None:
    """Though nobody read what it was about since the index was lost."""
    path = life.file(2)
    path.write_bytes(b"")
    life.lose()
    life.run("reindex")
    path.unlink()
    life.serve({2: "Another text 2."})
    assert life.refresh()["new"] == 0
    life.lose()
    life.run("reindex")
    assert life.refresh()["new"] == 0
    assert not path.exists()


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_what_lies_where_a_new_item_was_to_go_stays(life: Life, kind: str) -> None:
    """It is told, the item has a file beside it, and that file is its own from then on."""
    path = life.file(2)
    life.lose()
    path.unlink()
    target = life.root / "notes.txt"
    target.write_text(MINE, encoding="utf-8")
    {"folder": path.mkdir, "link": lambda: path.symlink_to(target), "pipe": lambda: os.mkfifo(path)}[kind]()
    life.run("reindex")
    done = life.refresh()
    assert done["new"] == 1
    (problem,) = done["problems"]
    assert problem.startswith(f"{path}: lies where a new item was to go")
    assert (path.is_dir(), path.is_symlink(), path.is_fifo()) == (kind == "folder", kind == "link", kind == "pipe")
    assert target.read_text(encoding="utf-8") == MINE
    assert path.with_name(f"{path.stem}-2.md").is_file()
    life.serve({2: "Another text 2."})
    assert life.refresh()["updated"] == 1
    life.lose()
    life.run("reindex")
    assert (life.refresh()["new"], len(life.ids())) == (0, 4)


def test_an_update_that_was_held_back_is_told_once(life: Life) -> None:
    """Neither table nor JSON counts it as applied."""
    path = life.file(2)
    path.write_text(path.read_text(encoding="utf-8").replace("Text 2.", MINE), encoding="utf-8")
    life.refresh()
    life.serve({2: "Another text 2.", 3: "Another text 3."})
    done = life.run("refresh")
    assert "HELD" in done.out
    assert "1 updated, 1 held back" in done.out
    assert f"{path}: was edited, so an update was held back (tagwire show --history " in done.err
    assert "held back" not in life.run("refresh").err
    life.serve({2: "A third text 2."})
    done = life.refresh()
    assert (done["updated"], done["held"], len(done["problems"])) == (1, 1, 1)  # the other one is as it was again
    assert MINE in path.read_text(encoding="utf-8")


def test_an_update_of_an_unreadable_file_is_held_back(life: Life) -> None:
    """And the file goes on being told."""
    path = life.file(2)
    path.write_bytes(slipped(path.read_bytes()))
    life.serve({2: "Another text 2."})
    done = life.refresh()
    assert (done["updated"], done["held"]) == (0, 1)
    assert "cannot be read, so an update was held back" in done["problems"][0]
    assert path.name in life.run("refresh").err
    assert MINE in path.read_text(encoding="utf-8")


def test_deletions_keep_their_time_when_the_index_is_lost(life: Life) -> None:
    """What feeds say of them is the same, byte for byte; nothing is announced again."""

    def said() -> list[list[str]]:
        feeds = map(life.feed, ("all", "tags/rail", "tags/hills", "sources/hills"))
        found = [re.findall(r"<at:deleted-entry[^>]*>|<updated>[^<]*", feed) for feed in feeds]
        return [[lines[0], *(line for line in lines if "deleted" in line)] for lines in found]

    life.file(2).unlink()
    life.refresh()
    told = said()
    assert all("http://127.0.0.1/2" in line for _, line in told)
    journal = life.root / "items/.tagwire.jsonl"
    journal.write_text(
        re.sub(r'"at": "[^"]*"', '"at": "2025-03-05T08:00:00+00:00"', journal.read_text("utf-8")), "utf-8"
    )
    for _ in range(2):
        life.lose()
        life.run("reindex")
        life.run("publish")
        when = "2025-03-05T08:00:00+00:00"
        deleted = f'<at:deleted-entry ref="http://127.0.0.1/2" when="{when}"/>'
        assert said() == [[f"<updated>{when}", deleted]] * 4


def test_a_decision_that_cannot_be_read_stops_refresh_and_reindex_and_is_found(life: Life) -> None:
    """With an index and without one; nothing that was decided is lost meanwhile."""
    journal = life.root / "items/.tagwire.jsonl"
    journal.write_text('garbage\n{"event": "split", "key": "0123456789abcdef"}\n', encoding="utf-8")
    for arguments in (("refresh",), ("publish",), ("reindex",)):
        assert f"{journal}:1: not a decision" in life.run(*arguments, code=1).err
    found = {one["check"]: one for one in life.run("doctor", "--json", code=1).json["findings"]}
    assert found["decisions"]["level"] == "error"
    assert "tagwire.jsonl:1" in found["decisions"]["message"]
    journal.write_text('{"event": "split", "key": "0123456789abcdef"}\n', encoding="utf-8")
    life.refresh()


def test_folder_items_without_a_date_keep_theirs_when_the_index_is_lost(life: Life) -> None:
    """The copies are the owner's bytes and say nothing; their times on the disk are those of the copying."""
    folder = life.root / "notes"
    folder.mkdir()
    (folder / "a.md").write_text('---\ntitle: "A note"\n---\n\nHello.\n', encoding="utf-8")
    with (life.root / "config/sources.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[sources]]\nid = "notes"\nkind = "folder"\npath = "notes"\n')
    life.run("refresh")
    published = life.feed("sources/notes")
    assert "A note" in published
    for path in (life.root / "items/notes").rglob("*.md"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    life.lose()
    life.run("reindex")
    life.run("refresh")
    assert life.feed("sources/notes") == published
