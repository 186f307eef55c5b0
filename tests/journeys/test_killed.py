"""A process that is killed between writing an item's file and telling the index: nothing is mistaken for an edit."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from aggregator.app import App
from aggregator.clock import SystemClock
from aggregator.config import load
from aggregator.intents import Intents
from aggregator.testing import FakeClock

ENTRY = "<item><guid isPermaLink='false'>g</guid><title>One</title><description>{}</description></item>"
FEED = "<rss version='2.0'><channel><title>T</title>" + ENTRY + "</channel></rss>"
KILLED = """
import asyncio, os, signal, sys
from aggregator import app
from aggregator.config import load
from aggregator.stores.sqlite.store import SqliteStore
from aggregator.testing import InlineWorkers

commit = SqliteStore.commit

def die(self, state, saved, stale=()):
    if saved:
        os.kill(os.getpid(), signal.SIGKILL)
    return commit(self, state, saved, stale)

SqliteStore.commit = die
app.Workers = lambda count, **limits: InlineWorkers()
with app.App.open(load(sys.argv[1]), write=True) as opened:
    asyncio.run(opened.refresh())
"""
pytestmark = pytest.mark.usefixtures("inline_workers")


@pytest.fixture
def site(tmp_path, web):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "tagwire.toml").write_text("[http]\nallow_private_networks = true\n", encoding="utf-8")
    url = web.page("/a.xml", FEED.format("The first text."))
    (tmp_path / "config" / "sources.toml").write_text(f'[[sources]]\nid = "a"\nurl = "{url}"\n', encoding="utf-8")
    return str(tmp_path)


def refresh(site, *, hours=0):
    """Refresh; return the summary, and the item with its text."""
    clock = FakeClock(SystemClock().now() + timedelta(hours=hours))
    with App.open(load(site), write=True, clock=clock) as app:
        summary = asyncio.run(app.refresh())
        (record,) = app.store.items()
        return summary, record, app.text(record)


@pytest.mark.parametrize("comes_next", ["The second text.", "The third text."])
def test_an_update_that_was_cut_off_is_no_edit_of_the_owner(site, web, comes_next):
    """Whether the source says the same again or has gone on meanwhile: its updates go on arriving."""
    refresh(site)
    web.page("/a.xml", FEED.format("The second text."))
    done = subprocess.run([sys.executable, "-c", KILLED, site], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    web.page("/a.xml", FEED.format(comes_next))
    summary, record, text = refresh(site, hours=1)
    assert (summary.count("ok"), record.edited) == (1, False)
    assert comes_next in text
    web.page("/a.xml", FEED.format("The last text."))
    _, record, text = refresh(site, hours=2)
    assert (record.edited, "The last text." in text) == (False, True)


def test_what_the_owner_writes_after_the_kill_is_his(site, web):
    """The note is about the bytes that were to be written, not about the file."""
    refresh(site)
    web.page("/a.xml", FEED.format("The second text."))
    subprocess.run([sys.executable, "-c", KILLED, site], capture_output=True, check=False)
    with App.open(load(site)) as app:
        (record,) = app.store.items()
        path = app.tree.root / record.path
    path.write_text(path.read_text(encoding="utf-8").replace("The second text.", "My text."), encoding="utf-8")
    _, record, text = refresh(site, hours=1)
    assert (record.edited, "My text." in text) == (True, True)


def test_notes_are_those_of_the_last_save_and_half_a_line_is_none(tmp_path):
    notes = Intents(tmp_path / "staging" / "rewriting")
    assert notes.read() == {}
    notes.begin()
    notes.note("a/一 b.md", "12")
    notes.note("b.md", "34")
    assert notes.read() == {"a/一 b.md": "12", "b.md": "34"}
    notes.begin()
    assert len(notes.read()) == 2, "nothing was to be written since"
    notes.note("c.md", "56")
    with (tmp_path / "staging" / "rewriting").open("a", encoding="utf-8") as file:
        file.write("78 d.m")
    assert notes.read() == {"c.md": "56"}
