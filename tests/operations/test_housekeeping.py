"""What the index needs no more goes once a day; items never do; what is gone has the time that its owner gives it."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator import journal
from aggregator.app import App
from aggregator.model import Source
from aggregator.operations import housekeeping
from aggregator.settings import Settings, Storage
from aggregator.testing import FakeClock

pytestmark = pytest.mark.usefixtures("inline_workers")

DAY = 86400.0
ITEM = "<item><guid isPermaLink='false'>{0}</guid><title>News {0}</title><description>Text {0}.</description></item>"


class Site:
    """A site with one feed on disk."""

    def __init__(self, root):
        self.root = root
        self.clock = FakeClock(datetime(2026, 5, 5, 12, tzinfo=UTC))
        self.settings = Settings(root=str(root), sources=(Source(id="a", path=str(root / "a.xml")),))

    def feed(self, *names):
        items = "".join(map(ITEM.format, names))
        text = f"<rss version='2.0'><channel><title>A</title>{items}</channel></rss>"
        (self.root / "a.xml").write_text(text, encoding="utf-8")

    def keep(self, seconds):
        self.settings = replace(self.settings, storage=Storage(keep=seconds))

    def refresh(self, days=0.0):
        self.clock.advance(days * DAY)
        with App.open(self.settings, write=True, clock=self.clock) as app:
            return asyncio.run(app.refresh())

    def remembered(self):
        """Titles of all that the index knows, deleted or not."""
        with App.open(self.settings) as app:
            keys = [line["key"] for line in journal.read(app.tree.root)]
            buried = [one.title for one in app.store.known(keys, [], []) if one.gone]
            return sorted([one.title for one in app.store.items()] + buried)


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.feed("1", "2")
    made.refresh()
    (deleted,) = [path for path in tmp_path.rglob("*.md") if "News 1" in path.read_text(encoding="utf-8")]
    deleted.unlink()
    made.feed("2", "3")
    made.refresh(1)
    return made


def test_deleted_items_are_remembered_for_ever_unless_the_owner_says_otherwise(site):
    site.refresh(4000)
    assert site.remembered() == ["News 1", "News 2", "News 3"]
    assert housekeeping.remembered_since(site.settings, site.clock.now()) is None


def test_after_its_time_a_deleted_item_is_forgotten_and_the_journal_does_not_bring_it_back(site):
    """Items that are there stay, however old they are; so do the files, and the owner's journal."""
    site.keep(40 * DAY)
    site.refresh(39)
    assert site.remembered() == ["News 1", "News 2", "News 3"]
    site.refresh(2)
    assert site.remembered() == ["News 2", "News 3"]
    (site.root / "items" / "own.md").write_text("---\ntitle: Own\n---\n\nOwn text.\n", encoding="utf-8")
    assert "News 1" not in {outcome.note for outcome in site.refresh(1).outcomes}
    assert site.remembered() == ["News 2", "News 3", "Own"]
    assert [line["event"] for line in journal.read(site.root / "items")] == ["deleted", "seen"]


def test_a_decision_without_a_date_counts_for_ever(tmp_path):
    one, two, three = ("1" * 16, "2" * 16, "3" * 16)
    (tmp_path / journal.NAME).write_text(
        f'{{"event":"deleted","key":"{one}","at":"2026-01-01T00:00:00"}}\n{{"event":"deleted","key":"{two}"}}\n'
        f'{{"event":"split","key":"{three}"}}\n',
        encoding="utf-8",
    )
    since = datetime(2026, 1, 2, tzinfo=UTC)
    assert [line["key"] for line in journal.buried(journal.read(tmp_path), since)] == [two]
    assert [line["key"] for line in journal.buried(journal.read(tmp_path), None)] == [one, two]


def test_it_is_done_once_a_day(site):
    with App.open(site.settings, write=True) as app:
        now = site.clock.now()
        done = site.root / housekeeping.DONE
        assert done.read_text() == f"{now:%Y-%m-%d}\n"
        done.write_text("2020-01-01\n")
        assert housekeeping.daily(site.settings, app.store, now + timedelta(days=1)) == ()
        assert done.read_text() == f"{now + timedelta(days=1):%Y-%m-%d}\n"
        done.unlink()
        done.mkdir()
        (problem,) = housekeeping.daily(site.settings, app.store, now)
        assert problem.where == housekeeping.DONE


def test_a_rehearsal_forgets_nothing(site):
    (site.root / housekeeping.DONE).unlink()
    with App.open(site.settings, dry_run=True, clock=site.clock) as app:
        asyncio.run(app.refresh())
    assert not (site.root / housekeeping.DONE).exists()


def test_the_configuration_says_how_long(tagwire, tmp_path):
    assert tagwire("-C", tmp_path, "init").code == 0
    assert '"keep": "forever"' in tagwire("-C", tmp_path, "config", "show", "--json").out
    config = tmp_path / "config/tagwire.toml"
    config.write_text('[storage]\nkeep = "400d"\n', encoding="utf-8")
    assert 'keep = "400d"' in tagwire("-C", tmp_path, "config", "show").out
    assert Storage().keep == math.inf
