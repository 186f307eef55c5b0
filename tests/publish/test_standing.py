"""What stands is neither made nor read, and whatever was done to it or to what it is made from is seen."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from aggregator import witness
from aggregator.errors import PublishError
from aggregator.publish.fragments import Fragments
from aggregator.settings import QueryFeed, TagRule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LATE = datetime(2025, 4, 1, tzinfo=UTC)
ITEMS = 9


@pytest.fixture
def site(make_press, tmp_path, day):
    """A published site of six feeds, with archives and pages of items."""
    return filled(make_press(tmp_path), day)


def filled(press, day):
    press.configure(item_pages=True)
    press.settings = replace(press.settings, feeds=(QueryFeed(slug="calm", query="tag:port and 潮水"),))
    for number in range(1, ITEMS):
        press.add(number, day(number % 3 + 1, number), "port", *(["ai"] if number % 2 else ["茶"]))
    press.add(ITEMS, day(3, 20), "port", title="副本", copies=(f"{8:016x}",), related=(f"{7:016x}",))
    press.cache = str(press.root / "var" / "fragments.db")
    assert publish(press).written
    return press


def publish(made, *, check: bool = False):
    made.reads.clear()
    return made.publish(check=check, cache=made.cache)


def contents(made) -> dict[str, bytes]:
    return {name: (made.root / "feeds" / name).read_bytes() for name in made.files()}


def test_what_stands_is_neither_made_nor_read(press, day):
    site = filled(press, day)
    before = {path: path.stat().st_mtime_ns for path in site.root.rglob("*")}
    for check in (True, False):
        again = publish(site, check=check)
        assert (again.written, again.removed, site.reads) == ((), (), [])
        assert again.standing == again.feeds + ITEMS
    assert {path: path.stat().st_mtime_ns for path in site.root.rglob("*")} == before


def test_after_one_item_only_what_shows_it_is_made(site, day):
    site.add(10, day(3, 21), "ai")
    done = publish(site)
    assert done.feeds + ITEMS - done.standing == 4, "all, the source, the tag of its name, ai"
    assert site.publish(check=True).written == ()
    assert publish(site).standing == done.feeds + ITEMS + 1


def _edited(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"X")


def _edited_and_dated_back(path: Path) -> None:
    status = path.stat()
    _edited(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _from_a_backup(path: Path) -> None:
    copy = path.with_suffix(".bak")
    shutil.copy2(path, copy)
    _edited_and_dated_back(copy)
    copy.replace(path)


def _gone(path: Path) -> None:
    path.unlink()


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


SPOILED = (
    "all.xml",
    "all/2025-02.html",
    "tags/ai.json",
    "tags/ai/2025-02.xml",
    "sources/harbour.html",
    "queries/calm.xml",
    f"items/{3:016x}.html",
    "index.html",
)


@pytest.mark.parametrize("spoil", [_edited, _edited_and_dated_back, _cut, _from_a_backup, _gone, _emptied])
def test_what_somebody_did_to_a_file_is_seen_and_mended(site, spoil):
    good = contents(site)
    for name in SPOILED:
        spoil(site.root / "feeds" / name)
    told = {f"feeds/{name}" for name in SPOILED}
    assert set(publish(site, check=True).written) == told
    assert set(publish(site).written) == told
    assert contents(site) == good
    again = publish(site)
    assert again.standing == again.feeds + ITEMS


def test_an_archive_that_no_feed_has_is_taken_away(site):
    shutil.copy2(site.root / "feeds/tags/ai/2025-02.xml", site.root / "feeds/tags/ai/2031-01.xml")
    assert publish(site).removed == ("feeds/tags/ai/2031-01.xml",)


def _state(site) -> None:
    (state,) = site.store.claim(["harbour"], LATE, 60.0)
    site.store.commit(replace(state, link="https://harbour.example.org/new"), [])


def _says_less(site) -> None:
    site.settings = replace(site.settings, sources=(replace(site.settings.sources[0], content="summary"),))


def _renamed(site) -> None:
    site.settings = replace(site.settings, sources=(replace(site.settings.sources[0], title="另一个名字"),))


def _described(site) -> None:
    site.settings = replace(site.settings, tags=(TagRule(name="port", description="船"),))


def _told_apart(site) -> None:
    site.settings = replace(site.settings, tags=(TagRule(name="port", slug="haven"),))


def _asked_otherwise(site) -> None:
    site.settings = replace(site.settings, feeds=(QueryFeed(slug="calm", query="tag:ai"),))


def _moved(site) -> None:
    rule = TagRule(name="port", slug="hafen", was=(("port", "2025-01-02"),))
    site.settings = replace(site.settings, tags=(rule,))


def _templates(site) -> None:
    site.settings = replace(site.settings, templates=(("origin.html", "von {{ origin.title }}"),))


def _limited(site) -> None:
    site.configure(max_feeds=2)


def _buried(site) -> None:
    (record,) = site.store.known([f"{8:016x}"], (), ())
    site.bury(record, LATE)


def _related_renamed(site) -> None:
    (record,) = site.store.known([f"{7:016x}"], (), ())
    site.store.replace([replace(record, title="那篇相关的")])


def _written_over(site) -> None:
    (record,) = site.store.known([f"{2:016x}"], (), ())
    site.texts[record.path] = site.texts[record.path].replace("潮水很高", "潮水很低")
    site.store.replace([replace(record, mtime_ns=7)])


CHANGES = (
    _state,
    _says_less,
    _renamed,
    _described,
    _told_apart,
    _asked_otherwise,
    _moved,
    _templates,
    _limited,
    _buried,
    _related_renamed,
    _written_over,
)


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_it_is_made_from_changes_it_becomes_what_would_be_made_anew(site, change: Callable[..., None]):
    change(site)
    assert site.publish(check=True).written, "the change shows"
    publish(site)
    anew = site.publish(check=True)
    assert (anew.written, anew.removed) == ((), ())
    assert publish(site).written == ()


def test_a_feed_for_which_a_file_could_not_be_read_is_made_until_it_can(site, day):
    record = site.add(11, day(3, 22), "port", "rare")
    text = site.texts.pop(record.path)
    for _ in range(2):
        assert [problem.where for problem in publish(site).problems] == [record.path]
        assert len(site.reads) >= 2, "its feeds are made again"
    site.texts[record.path] = text
    assert "feeds/tags/rare.xml" in publish(site).written
    assert site.publish(check=True).written == ()


def test_what_could_not_be_written_is_not_remembered(site, day):
    blocked = site.root / "feeds/tags/new.xml"
    blocked.mkdir()
    site.add(11, day(3, 22), "new")
    for _ in range(2):
        with pytest.raises(PublishError, match=r"new\.xml"):
            publish(site)
    blocked.rmdir()
    assert "feeds/tags/new.xml" in publish(site).written


def test_feeds_that_are_named_are_made_whatever_stands(site, day):
    site.store.outbox(site.store.outbox())
    site.add(10, day(3, 21), "ai")
    named = site.publisher(site.cache).publish(site.store.outbox())
    assert (named.standing, named.feeds) == (0, 4)
    assert publish(site).written == ()
    again = publish(site)
    assert again.standing == again.feeds + ITEMS + 1


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE standing SET data = x'00'",
        "UPDATE standing SET sum = 3523407757, data = x'00'",  # the right sum of what is no record of ours
        "DROP TABLE standing",
    ],
)
def test_damage_to_what_is_remembered_costs_time_only(site, harm):
    with closing(sqlite3.connect(site.cache)) as connection:
        connection.execute(harm)
        connection.commit()
    good = contents(site)
    again = publish(site)
    assert (again.standing, again.written) == (0, ())
    assert contents(site) == good


def test_nothing_is_remembered_unless_the_clock_of_files_is_past_their_times(tmp_path):
    path = tmp_path / "f.db"
    for since, found in ((2**62, {}), (0, {"a": b"b"})):
        with Fragments(str(path), "stamp") as fragments:
            fragments.remember({"a": b"b"}, (), since=since)
        with Fragments(str(path), "stamp") as fragments:
            assert fragments.remembered() == found


def test_what_is_gone_is_forgotten(site):
    rule = TagRule(name="ai")
    site.settings = replace(site.settings, feeds=(), tags=(rule,))
    publish(site)
    with closing(sqlite3.connect(site.cache)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM standing")}
    assert "query:calm" not in names
    assert {"all", "tag:ai", "source:harbour"} < names


def test_facts_are_those_of_regular_files(tmp_path):
    assert witness.facts(tmp_path / "none") is None
    assert witness.facts(tmp_path) is None
    (tmp_path / "a").write_bytes(b"abc")
    found = witness.facts(tmp_path / "a")
    assert found
    assert found[0] == 3
    assert witness.passed(tmp_path / "a", found[2])
    assert witness.facts(tmp_path / "a") != found
