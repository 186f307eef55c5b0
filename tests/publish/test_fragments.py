"""The file of rendered entries: what is wrong with it costs time and nothing else."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from aggregator.model import Source
from aggregator.outputs import discover
from aggregator.publish import Publisher
from aggregator.publish import press as printing
from aggregator.publish.fragments import Fragments, number_of

if TYPE_CHECKING:
    from pathlib import Path

SEAL, OTHER = b"s" * 16, b"o" * 16
BOTH = {b"atom": (SEAL, b"<entry/>"), b"json": (OTHER, b"{}")}
LOGGER = "aggregator.publish.fragments"


def entry(data: bytes) -> dict[bytes, tuple[bytes, bytes]]:
    return {b"atom": (SEAL, data)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "fragments.db"


def keep(path: Path, count: int = 1, size: int = 10, **options) -> None:
    with Fragments(str(path), "stamp", **options) as fragments:
        for number in range(count):
            fragments.put(number, entry(b"x" * size))


def kept(path: Path, count: int = 1, stamp: str = "stamp", **options) -> list[int]:
    with Fragments(str(path), stamp, **options) as fragments:
        return [number for number in range(count) if fragments.get(number)]


def test_what_was_put_in_is_there_until_something_else_is(path):
    keep(path)
    with Fragments(str(path), "stamp") as fragments:
        assert fragments.get(0) == entry(b"x" * 10)
        assert fragments.get(1) == {}
        fragments.put(0, BOTH)
        assert fragments.get(0) == BOTH
    with Fragments(str(path), "stamp") as fragments:
        assert fragments.get(0) == BOTH


def test_another_stamp_forgets_everything(path):
    keep(path)
    assert kept(path, stamp="other") == []
    assert kept(path) == []


def test_without_a_path_it_lasts_as_long_as_it_is_open():
    with Fragments("", "stamp") as fragments:
        fragments.put(1, BOTH)
        fragments.flush()
        assert fragments.get(1) == BOTH
    with Fragments("", "stamp") as fragments:
        assert fragments.get(1) == {}


def test_with_check_it_is_read_and_not_written(path):
    keep(path)
    before = path.read_bytes()
    with Fragments(str(path), "stamp", check=True) as fragments:
        assert fragments.get(0)
        fragments.put(1, BOTH)
    assert path.read_bytes() == before


def test_with_check_nothing_is_made(path, caplog):
    assert kept(path, check=True) == []
    assert not path.parent.exists()
    keep(path)
    assert kept(path, stamp="other", check=True) == []
    assert kept(path) == [0]
    assert not caplog.records, "a cache that has to be made anew is no warning"


def test_when_it_is_full_the_oldest_go(path):
    keep(path, count=100, size=10_000, limit=500_000)
    keep(path, count=0)
    left = kept(path, count=100)
    assert left
    assert left == list(range(left[0], 100))
    assert path.stat().st_size < 2_000_000


def test_very_large_ones_are_not_kept(path):
    keep(path, count=1, size=(1 << 20) + 1)
    assert kept(path) == []
    keep(path, count=6, size=1 << 20)
    assert kept(path, count=6) == list(range(6))


def test_numbers_grow_with_the_instant():
    numbers = [number_of(second, name) for second, name in zip((0, 1, 2**40), "cab", strict=True)]
    assert numbers == sorted(numbers)
    assert number_of(-5, "c") == numbers[0] != number_of(0, "a")
    assert numbers[-1] < 2**63


def _no_database(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (x)")


def _without_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE meta")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _overwritten(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:12288] + b"\xff" * (len(data) - 12288))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [_no_database, _foreign, _without_tables, _empty, _cut])
def test_what_is_not_ours_or_damaged_is_made_anew(path, harm):
    keep(path)
    harm(path)
    assert kept(path) == []
    keep(path)
    assert kept(path) == [0]


def test_damage_that_shows_when_it_is_read_is_told_and_done_without(path, caplog):
    keep(path, count=300, size=100)
    _overwritten(path)
    with caplog.at_level(logging.WARNING, LOGGER):
        assert kept(path, count=300) == []
    assert str(path) in caplog.text
    keep(path)
    assert kept(path) == [0]


def test_a_changed_byte_is_noticed(path):
    keep(path, size=500)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"x" * 500, b"x" * 499 + b"y"))
    assert kept(path) == []


def test_one_that_another_process_holds_is_done_without(path, caplog, monkeypatch):
    monkeypatch.setattr("aggregator.publish.fragments._BUSY", 0.01)
    keep(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with caplog.at_level(logging.WARNING, LOGGER):
            assert kept(path) == []
        assert "locked" in caplog.text
    assert kept(path) == [0]


def test_one_that_cannot_be_written_is_done_without(path, caplog):
    path.mkdir(parents=True)
    with caplog.at_level(logging.WARNING, LOGGER):
        keep(path)
    assert str(path) in caplog.text


def test_templates_and_the_site_have_a_part_in_the_stamp(press):
    first = stamp_of(press)
    assert stamp_of(press) == first
    press.configure(entry_ids="per-feed")
    second = stamp_of(press)
    press.settings = replace(press.settings, templates=(("post.html", "<p>"),))
    assert len({first, second, stamp_of(press)}) == 3


def stamp_of(made) -> str:
    return printing.stamp(made.settings)


def test_a_source_that_publishes_less_takes_its_texts_out_of_cached_feeds(press, tmp_path):
    press.add(1, datetime(2025, 2, 1, tzinfo=UTC), "ai", body="秘密的全文")
    source = Source(id="harbour", url="https://harbour.example.org/feed.xml")
    for content in ("full", "link"):
        press.settings = replace(press.settings, sources=(replace(source, content=content),))
        reader = lambda record: press.texts[record.path]  # noqa: E731
        Publisher(press.settings, press.store, reader, discover(), cache=str(tmp_path / "f.db")).publish()
        shown = [name for name in press.files() if "秘密的全文" in (press.root / "feeds" / name).read_text()]
        assert bool(shown) is (content == "full")


def test_an_item_that_comes_back_from_the_archives_is_shown_in_every_format(press, tmp_path):
    records = [press.add(day, datetime(2025, 2, day, tzinfo=UTC), "ai") for day in range(1, 6)]
    cache = str(tmp_path / "f.db")

    def published(cache: str, *, check: bool = False):
        reader = lambda record: press.texts[record.path]  # noqa: E731
        return Publisher(press.settings, press.store, reader, discover(), cache=cache).publish(check=check)

    published(cache)
    for record in records[2:]:
        press.bury(record, datetime(2025, 3, 1, tzinfo=UTC))
    published(cache)
    assert published("", check=True).written == ()
    for name in ("tags/ai.html", "tags/ai.json", "tags/ai.xml"):
        assert "消息 1" in (press.root / "feeds" / name).read_text()
