"""What item files do not say outlives the index: dates that lay ahead, who wrote a file last, what was purged."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from aggregator.testing import LoopbackSite

NOTE = '---\ntitle: "{0}"\ndate: "{1}"\ncategories:\n  - "desk"\ntags: ["Sea"]\ntoc: {2}\n---\n\n{3}\n'
GALA = "A feast.\n\n[desk](http://127.0.0.1/gala)"
TUNNEL = ("Tunnel", "2025-03-03 08:00:00", "false", "Under the bay.")
LOST = "is not what its source writes, and the index that knew whether you edited it is lost, so an update was held"


class Life:
    """A site whose sources are folders `notes` and, within it, `notes/b`, or feeds on loopback."""

    def __init__(self, root: Path, command) -> None:
        self.root, self._command = root, command

    def sources(self, *ids: str, **urls: str) -> None:
        paths = {"notes": "notes", "part": "notes/b", "again": "alias"}
        tables = [f'[[sources]]\nid = "{one}"\nkind = "folder"\npath = "{paths[one]}"\n' for one in ids]
        tables += [f'[[sources]]\nid = "{one}"\nurl = "{url}"\n' for one, url in urls.items()]
        (self.root / "config/sources.toml").write_text("\n".join(tables), "utf-8")

    def write(self, name: str, *fields: str) -> Path:
        path = self.root / "notes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(NOTE.format(*fields), "utf-8")
        return path

    def run(self, *arguments: str, code: int = 0):
        done = self._command("-C", self.root, *arguments)
        assert done.code == code, done
        return done

    def refresh(self) -> dict[str, Any]:
        (line,) = [line for line in self.run("refresh", "--json").lines if line["event"] == "source"]
        return dict(line)

    def lose(self) -> None:
        shutil.rmtree(self.root / "var")

    def files(self) -> list[Path]:
        return sorted(path for path in (self.root / "items").rglob("*.md") if path.is_file())

    def feed(self) -> str:
        return (self.root / "feeds/all.xml").read_text("utf-8")


@pytest.fixture
def life(tmp_path: Path, tagwire, inline_workers) -> Life:
    (tmp_path / "config").mkdir()
    http = '[http]\nallow_private_networks = true\nper_host_delay = "0s"\n'
    (tmp_path / "config/tagwire.toml").write_text(http, "utf-8")
    life = Life(tmp_path, tagwire)
    life.sources("notes")
    return life


def test_a_date_that_lies_ahead_counts_as_the_first_sight_for_good(life: Life) -> None:
    """A planned event is announced once: not again when the index is lost, its file is edited or its day has come."""
    life.write("gala.md", "Gala", "2999-12-24 18:00:00", "false", "A feast.")
    own = life.root / "items/own.md"
    own.parent.mkdir()
    own.write_text(NOTE.format("Parade", "2999-05-01 10:00:00", "false", "A walk."), "utf-8")
    life.refresh()
    journal = life.root / "items/.tagwire.jsonl"
    lines = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    assert sorted(line["date"] for line in lines) == ["2999-05-01T02:00:00+00:00", "2999-12-24T10:00:00+00:00"]
    earlier = [line | {"first": "2026-01-02T03:04:05+00:00"} for line in lines]
    journal.write_text("".join(json.dumps(line) + "\n" for line in earlier), "utf-8")
    life.lose()
    life.run("reindex")
    life.run("publish")
    announced = life.feed()
    assert announced.count("<published>2026-01-02T03:04:05+00:00") == 2
    life.lose()
    life.refresh()
    assert life.feed() == announced
    for path in life.files():
        path.write_text(path.read_text("utf-8") + "\nBring a coat.\n", "utf-8")
    life.refresh()
    assert life.feed().count("<published>2026-01-02T03:04:05+00:00") == 2
    assert len(journal.read_text("utf-8").splitlines()) == 2


def test_another_version_of_such_a_file_does_not_move_it(life: Life) -> None:
    """Its folder writes more text, its day still to come, or here already."""
    life.write("gala.md", "Gala", "2999-12-24 18:00:00", "false", GALA)
    life.refresh()
    (item,) = life.run("items", "--json").json["items"]
    life.write("gala.md", "Gala", "2999-12-24 18:00:00", "false", f"At the harbour. {GALA}")
    assert life.refresh()["updated"] == 1
    (after,) = life.run("items", "--json").json["items"]
    assert after["published"] == item["published"]
    line = {
        "event": "seen",
        "key": item["key"],
        "first": "2026-01-02T03:04:05+00:00",
        "date": "2026-02-01T10:00:00+00:00",
    }
    with (life.root / "items/.tagwire.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    life.write("gala.md", "Gala", "2026-02-01 18:00:00", "false", f"At the harbour. {GALA}")
    life.refresh()
    (after,) = life.run("items", "--json").json["items"]
    assert after["published"] == "2026-01-02T03:04:05Z"


def test_an_hour_that_comes_twice_is_told_apart_when_the_index_is_lost(life: Life, web: LoopbackSite) -> None:
    """The file says half past one, which it was at 05:30 and at 06:30 UTC."""
    with (life.root / "config/tagwire.toml").open("a", encoding="utf-8") as file:
        file.write('[site]\ntimezone = "America/New_York"\n')
    entries = "".join(
        f"<item><title>At {hour}</title><link>http://127.0.0.1/{hour}</link><description>Text of {hour}.</description>"
        f"<pubDate>Sun, 02 Nov 2025 0{hour}:30:00 GMT</pubDate></item>"
        for hour in (5, 6)
    )
    feed = f"<rss version='2.0'><channel><title>T</title>{entries}</channel></rss>"
    life.sources(hours=web.page("/hours", feed))
    life.refresh()
    assert [path.read_text("utf-8").count('date: "2025-11-02 01:30:00"') for path in life.files()] == [1, 1]

    def said() -> list[str]:
        return re.findall("<(?:published|updated)>[^<]*", life.feed())

    before = said()
    assert "<published>2025-11-02T06:30:00+00:00" in before
    for command in ("reindex", "refresh"):
        life.lose()
        life.run(command)
        life.run("publish")
        assert said() == before
    assert len((life.root / "items/.tagwire.jsonl").read_text("utf-8").splitlines()) == 1


@pytest.mark.parametrize("first", ["reindex", "refresh"])
def test_a_folder_has_the_word_on_files_that_nobody_edited(life: Life, first: str) -> None:
    """Also when its file changed while there was no index: header or text, the copy is its bytes again."""
    life.write("a.md", *TUNNEL)
    life.refresh()
    life.lose()
    if first == "reindex":
        life.run("reindex")
    source = life.write("a.md", "Tunnel", "2025-03-03 08:00:00", "true", "Under the bay.")
    done = life.refresh()
    assert (done["updated"], done["held"], done["problems"]) == (1, 0, [])
    assert [path.read_bytes() for path in life.files()] == [source.read_bytes()]
    source = life.write("a.md", "Tunnel", "2025-03-03 08:00:00", "true", "Under the whole bay.")
    assert life.refresh()["updated"] == 1
    assert [path.read_bytes() for path in life.files()] == [source.read_bytes()]


def test_an_edited_copy_is_its_owners_when_the_index_is_lost(life: Life) -> None:
    """The update that is held back is told at once, and following it gives the file back to its folder."""
    life.write("a.md", *TUNNEL)
    life.refresh()
    (path,) = life.files()
    path.write_text(path.read_text("utf-8").replace("Under the bay.", "My own words."), "utf-8")
    life.lose()
    source = life.write("a.md", "Tunnel", "2025-03-03 08:00:00", "false", "Under the whole bay.")
    done = life.refresh()
    assert (done["updated"], done["held"]) == (0, 1)
    assert f"{path}: {LOST}" in done["problems"][0]
    assert "My own words." in path.read_text("utf-8")
    assert life.refresh()["problems"] == []
    (item,) = life.run("items", "--json").json["items"]
    path.write_text(life.run("show", "--history", "--raw", item["key"]).out, "utf-8")
    assert path.read_bytes() == source.read_bytes()
    life.refresh()
    source = life.write("a.md", "Tunnel", "2025-03-03 08:00:00", "false", "Under the whole bay, and back.")
    assert life.refresh()["updated"] == 1
    assert path.read_bytes() == source.read_bytes()


def test_a_site_without_notes_of_what_was_copied_is_told(life: Life) -> None:
    """As sites have none that are older than these notes."""
    life.write("a.md", *TUNNEL)
    life.refresh()
    (life.root / "items/.tagwire.copied.jsonl").unlink()
    life.lose()
    life.write("a.md", "Tunnel", "2025-03-03 08:00:00", "true", "Under the bay.")
    assert LOST in life.refresh()["problems"][0]


@pytest.mark.parametrize("first", ["reindex", "refresh", "publish"])
def test_notes_that_are_missing_are_written_while_the_index_knows_them(life: Life, first: str) -> None:
    """As an older site has none: read once more, its files are known for what they are; an edited one is no copy."""
    life.write("a.md", *TUNNEL)
    life.write("ahead.md", "Gala", "2999-12-24 18:00:00", "false", "A feast.")
    mine = life.write("mine.md", "Mine", "2025-03-04 08:00:00", "false", "As it was.")
    life.refresh()
    edited = next(path for path in life.files() if "As it was." in path.read_text("utf-8"))
    edited.write_text(edited.read_text("utf-8") + "\nMy own words.\n", "utf-8")
    life.refresh()
    notes, journal = life.root / "items/.tagwire.copied.jsonl", life.root / "items/.tagwire.jsonl"
    noted, seen = notes.read_text("utf-8").splitlines(), json.loads(journal.read_text("utf-8"))
    notes.unlink()
    journal.unlink()
    if first != "reindex":  # an older version read the files last
        mark = life.root / "var/published"
        mark.write_text(json.dumps(json.loads(mark.read_text("utf-8")) | {"rules": "older"}), "utf-8")
    life.run(first)
    again = notes.read_text("utf-8").splitlines()
    assert len(again) == 2
    assert set(again) < set(noted)
    assert json.loads(journal.read_text("utf-8"))["first"] == seen["first"]
    life.lose()
    mine.unlink()
    source = life.write("a.md", "Tunnel", "2025-03-03 08:00:00", "true", "Under the bay.")
    assert life.refresh()["updated"] == 1
    assert source.read_bytes() in [path.read_bytes() for path in life.files()]


def rss(text: str) -> str:
    entry = f"<item><guid>1</guid><title>Story</title><link>http://127.0.0.1/1</link><description>{text}</description>"
    return f"<rss version='2.0'><channel><title>T</title>{entry}</item></channel></rss>"


def test_a_feed_that_changed_while_there_was_no_index_is_told(life: Life, web: LoopbackSite) -> None:
    """A header that is another than ours is no news, and no reason to tell anybody."""
    life.sources(wire=web.page("/wire", rss("One.")))
    life.refresh()
    (path,) = life.files()
    life.lose()
    path.write_text(path.read_text("utf-8").replace("toc: false", "toc: true"), "utf-8")
    assert life.refresh()["problems"] == []
    life.lose()
    web.page("/wire", rss("Two."))
    done = life.refresh()
    assert (done["updated"], done["held"]) == (0, 1)
    assert LOST in done["problems"][0]
    assert "One." in path.read_text("utf-8")


@pytest.mark.parametrize("change", ["defaults", "tags", "both, by hand"])
def test_another_header_holds_no_update_when_the_index_is_lost(life: Life, web: LoopbackSite, change: str) -> None:
    """Constants and tags of another day, or the owner's: nobody knows, so they stay; the text follows its source."""
    life.sources(wire=web.page("/wire", rss("One.")))
    life.refresh()
    (path,) = life.files()
    if change == "defaults":
        with (life.root / "config/tagwire.toml").open("a", encoding="utf-8") as file:
            file.write("[frontmatter]\ndefaults = { weight = 3 }\n")
    elif change == "tags":
        with (life.root / "config/sources.toml").open("a", encoding="utf-8") as file:
            file.write('tags = ["Sea"]\n')
    else:
        header = path.read_text("utf-8").replace("toc: false", "toc: true").replace("tags:\n", 'tags:\n  - "Mine"\n')
        path.write_text(header, "utf-8")
    life.lose()
    life.run("reindex")
    before = path.read_text("utf-8")
    done = life.refresh()
    assert (done["held"], done["problems"]) == (0, [])
    for old, new in (("One.", "Two."), ("Two.", "Three.")):
        web.page("/wire", rss(new))
        done = life.refresh()
        assert (done["updated"], done["held"], done["problems"]) == (1, 0, [])
        before = before.replace(old, new)
        assert path.read_text("utf-8") == before
    (item,) = life.run("items", "--json").json["items"]
    expected = {"defaults": ["wire"], "tags": ["wire", "Sea"], "both, by hand": ["Mine", "wire"]}[change]
    assert sorted(item["tags"]) == sorted(expected)
    assert not item["edited"]


def test_a_summary_of_its_owners_is_told_at_once_when_the_index_is_lost(life: Life, web: LoopbackSite) -> None:
    """And stays."""
    life.sources(wire=web.page("/wire", rss("One.")))
    life.refresh()
    (path,) = life.files()
    path.write_text(path.read_text("utf-8").replace('summary: "One."', 'summary: "Mine."'), "utf-8")
    life.lose()
    assert LOST in life.refresh()["problems"][0]
    web.page("/wire", rss("Two."))
    assert life.refresh()["held"] == 1
    assert 'summary: "Mine."' in path.read_text("utf-8")


@pytest.mark.parametrize("at_once", [True, False])
def test_a_correction_that_was_made_in_both_places_is_no_edit(life: Life, at_once: bool) -> None:
    """In the folder and in its copy, there first or at once: later versions are taken as before."""
    source = life.write("a.md", *TUNNEL)
    life.refresh()
    (path,) = life.files()
    corrected = path.read_text("utf-8").replace("Under the bay.", "Under the bays.")
    path.write_text(corrected, "utf-8")
    if not at_once:
        life.run("refresh")
    source.write_text(corrected, "utf-8")
    done = life.refresh()
    assert (done["held"], done["problems"]) == (0, [])
    (item,) = life.run("items", "--json").json["items"]
    assert not item["edited"]
    source = life.write("a.md", *TUNNEL)
    assert life.refresh()["updated"] == 1
    assert path.read_bytes() == source.read_bytes()


def test_a_refresh_leaves_nothing_among_the_items_but_items_and_notes(life: Life) -> None:
    """What is committed with them is what somebody may want: an update, too, leaves no note of its work there."""
    life.write("a.md", *TUNNEL)
    life.refresh()
    life.write("a.md", "Tunnel", "2025-03-03 08:00:00", "true", "Under the bay.")
    assert life.refresh()["updated"] == 1
    others = {path.name for path in (life.root / "items").rglob("*") if path.is_file() and path.suffix != ".md"}
    assert others == {".tagwire.copied.jsonl"}


def test_what_was_purged_comes_back_with_its_source(life: Life, web: LoopbackSite) -> None:
    """Though the document is the same as when it was read last."""
    url = web.page("/wire", rss("One."))
    life.sources(wire=url)
    life.refresh()
    assert "1 item" in life.run("remove", "wire", "--purge").out
    life.sources(wire=url)
    assert life.refresh()["new"] == 1
    assert len(life.files()) == 1


@pytest.mark.parametrize(("first", "then"), [("notes", "part"), ("notes", "again")])
def test_what_another_folder_has_still_comes_back_from_there(life: Life, first: str, then: str) -> None:
    """Two that overlap, and one that goes by another name."""
    life.write("b/a.md", *TUNNEL)
    (life.root / "alias").symlink_to("notes")
    life.sources(first)
    life.run("refresh")
    life.sources(first, then)
    life.run("refresh")
    life.run("remove", first, "--purge")
    assert life.files() == []
    assert life.refresh()["new"] == 1
    assert len(life.files()) == 1
