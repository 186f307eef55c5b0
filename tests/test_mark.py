"""The mark of the last publication: what it misses is done over, and what it can tell without counting it does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.mark import Mark
from aggregator.model import FetchState
from aggregator.settings import Publish, Settings


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "feeds" / "tags").mkdir(parents=True)
    for name in ("all.xml", "tags/a.xml", "tags/b.xml"):
        (tmp_path / "feeds" / name).write_bytes(b"x")
    return Settings(root=str(tmp_path), publish=Publish())


def test_it_stands_until_a_published_file_is_gone_however_soon(settings, tmp_path):
    path = tmp_path / "feeds" / "tags" / "a.xml"
    for _ in range(30):  # within one tick of the file system's clock, and across ticks
        Mark(settings).keep({})
        assert Mark(settings).stands()
        path.unlink()
        assert not Mark(settings).stands()
        path.write_bytes(b"x")
        assert Mark(settings).stands()


def test_it_stands_when_a_file_came_or_was_replaced(settings, tmp_path):
    Mark(settings).keep({})
    (tmp_path / "feeds" / "tags" / "c.xml").write_bytes(b"x")
    (tmp_path / "feeds" / "all.xml").write_bytes(b"y")
    assert Mark(settings).stands()


def test_another_configuration_and_other_states_are_told(settings):
    Mark(settings).keep({})
    assert not Mark(replace(settings, publish=Publish(entries=3))).stands()
    assert Mark(settings).shows({})
    assert not Mark(settings).shows({"s": FetchState(source="s", title="港湾")})


def test_without_a_mark_nothing_stands(settings):
    assert not Mark(settings).stands()
