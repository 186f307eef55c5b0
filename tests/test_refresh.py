"""Sources through the house, over real HTTP on loopback: what is kept, what is told, what is remembered."""

from __future__ import annotations

import asyncio
import gc
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aggregator.agenda import Agenda
from aggregator.errors import DiskError, StoreError
from aggregator.fetchers import open_fetchers
from aggregator.model import Document, FetchState, Item, Outcome, Source
from aggregator.queues.local import LocalQueue
from aggregator.refresh import House
from aggregator.rounds import Round
from aggregator.settings import Filter, Http, Settings
from aggregator.steps.urls import host
from aggregator.stores.memory import MemoryStore
from aggregator.testing import FakeClock, InlineWorkers, LoopbackSite
from aggregator.tree import ItemTree

NOW = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)
ENTRY = (
    "<item><guid isPermaLink='false'>{0}</guid><title>{1}</title><link>http://127.0.0.1/{0}</link>"
    "<pubDate>Mon, 03 Mar 2025 0{0}:00:00 GMT</pubDate><description>{2}</description></item>"
)
ITEM = '---\ntitle: "{0}"\ndate: "2025-03-01 08:00:00"\ncategories:\n  - "{1}"\n---\n\n{0}.\n\n[{1}](http://127.0.0.1/{0})\n'


def rss(*entries: tuple[int, str, str], end: str = "</channel></rss>") -> str:
    body = "".join(ENTRY.format(*entry) for entry in entries)
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title><link>http://127.0.0.1/</link>{body}{end}"


class Town:
    """A house over one directory and one loopback site."""

    def __init__(self, root: Path, site: LoopbackSite) -> None:
        self.root, self.site = root, site
        self.store = MemoryStore()
        self.filters: tuple[Filter, ...] = ()
        self.clock = FakeClock(NOW)
        self.workers = InlineWorkers()
        self.tree = ItemTree(root / "items", "{source}/{date:%d}-{slug}-{key}.md", ZoneInfo("Asia/Shanghai"))

    def refresh(self, *sources: Source, stop: asyncio.Event | None = None) -> dict[str, Outcome]:
        settings = Settings(
            root=str(self.root), sources=sources, filters=self.filters,
            http=Http(timeout=5, allow_private_networks=True, per_host_delay=2),
        )  # fmt: skip
        house = House(
            settings=settings, store=self.store, tree=self.tree, clock=self.clock, workers=self.workers,
            fetchers=open_fetchers(settings.http, version="0", contact="", clock=self.clock),
            hosts={source.id: host(source.url) for source in sources},
        )  # fmt: skip
        told: list[Outcome] = []
        one = Round(house, Agenda(house, sources, "now"), told.append, stop or asyncio.Event())
        asyncio.run(one.run(LocalQueue(self.clock)))
        assert told == one.outcomes
        return {outcome.source: outcome for outcome in told}

    def feed(self, body: str, path: str = "/feed.xml", **answer: Any) -> Source:
        self.site.page(path, body, **answer)
        return Source(id=path.strip("/").split(".")[0], url=self.site.url(path))

    def state(self, name: str = "feed") -> FetchState:
        return self.store.states()[name]

    def files(self) -> list[str]:
        return [path for path, _ in self.tree.listing()]


@pytest.fixture
def town(tmp_path: Path):
    with LoopbackSite() as site:
        yield Town(tmp_path, site)


def test_new_entries_become_files(town: Town) -> None:
    """One item, one file; the outcome counts it, the state remembers the validators."""
    source = town.feed(rss((1, "One", "Text"), (2, "Two", "Text two")))
    outcome = town.refresh(source)["feed"]
    assert (outcome.result, outcome.new, outcome.updated, outcome.failures) == ("ok", 2, 0, 0)
    assert outcome.next_at == town.state().next_at
    assert len(town.files()) == 2
    assert town.state().etag
    assert town.state().title == "T"
    assert {"all", "source:feed", "tag:feed"} <= town.store.outbox()


def test_items_that_cannot_be_written_are_no_fault_of_their_source(town: Town) -> None:
    """Others go on; the source is as it was, and asked again in a quarter of an hour."""
    source, other = town.feed(rss((1, "One", "Text"))), town.feed(rss((2, "Two", "Text two")), "/other.xml")
    (town.root / "items").mkdir()
    (town.root / "items" / "feed").write_text("in the way")
    told = town.refresh(source, other)
    assert told["other"].new == 1
    assert told["feed"].error is not None
    assert told["feed"].error.kind == "disk"
    state = town.state()
    assert (told["feed"].failures, state.failures, state.error, state.etag, state.ok_at) == (0, 0, None, "", None)
    assert state.next_at is not None
    assert (state.next_at - NOW).total_seconds() == pytest.approx(900, abs=10)
    (town.root / "items" / "feed").unlink()
    assert town.refresh(source)["feed"].new == 1


def test_a_disk_that_takes_nothing_ends_the_round_and_all_is_due_at_once(town: Town, caplog) -> None:
    """When it happens in the middle: no failure is counted, no traceback shown, and nothing is lost."""
    source, other = town.feed(rss((1, "One", "Text"))), town.feed(rss((2, "Two", "Text two")), "/other.xml")
    staging = town.root / "items" / ".staging"

    class Breaking(InlineWorkers):
        async def call(self, function, payload, *, url=""):
            staging.rmdir()
            staging.write_text("in the way")
            self.call = super().call  # type: ignore[method-assign]
            return function(payload)

    town.workers = Breaking()
    with pytest.raises(DiskError, match=r"items/\.staging/trial: .*; a file lies where a folder is to be"):
        town.refresh(source, other)
    assert not caplog.records
    states = town.store.states().values()
    assert all((one.failures, one.error, one.next_at) == (0, None, town.clock.now()) for one in states)
    town.workers, asked = InlineWorkers(), len(town.site.requests)
    with pytest.raises(DiskError):
        town.refresh(source, other)
    assert len(town.site.requests) == asked, "nobody is asked for what could not be kept"
    staging.unlink()
    assert sum(outcome.new for outcome in town.refresh(source, other).values()) == 2


def test_a_second_look_costs_a_304(town: Town) -> None:
    """Conditional requests; nothing is written."""
    source = town.feed(rss((1, "One", "Text")))
    town.refresh(source)
    town.store.outbox(town.store.outbox())
    before = town.store.items()
    assert town.refresh(source)["feed"].result == "not_modified"
    assert town.site.requests[-1].headers["if-none-match"] == town.state().etag
    assert town.store.items() == before
    assert not town.store.outbox()


def test_the_same_bytes_are_not_parsed_again(town: Town) -> None:
    """A server without validators costs a download, no parse."""
    source = town.feed(rss((1, "One", "Text")), etag=False)
    town.refresh(source)
    assert town.refresh(source)["feed"].result == "not_modified"


def test_an_edit_and_an_addition(town: Town) -> None:
    """Only what changed is written."""
    town.refresh(town.feed(rss((1, "One", "Text"), (2, "Two", "Text"))))
    files = town.files()
    outcome = town.refresh(town.feed(rss((1, "One", "Better text"), (2, "Two", "Text"), (3, "Three", "Text"))))["feed"]
    assert (outcome.new, outcome.updated, outcome.unchanged) == (1, 1, 1)
    assert set(files) < set(town.files())


@pytest.mark.parametrize(
    ("body", "answer", "kind"),
    [
        ("<html><body>Hello</body></html>", {}, "not-a-feed"),
        ("", {}, "not-a-feed"),
        ("", {"status": 404}, "http-status"),
        ("gone", {"status": 410}, "gone"),
        (rss((1, "One", "Text"), end="<item><title>cut"), {}, "truncated"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "O', {}, "truncated"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1" "title": ""}]}', {}, "parse-error"),
    ],
)
def test_failures_are_typed_and_lose_nothing(town: Town, body: str, answer: dict[str, Any], kind: str) -> None:
    """The old items stay, validators and digest do not advance, and the failure is remembered."""
    town.refresh(town.feed(rss((1, "One", "Text"))))
    good = town.state()
    outcome = town.refresh(town.feed(body, **answer))["feed"]
    assert outcome.result == "failed"
    assert outcome.error is not None
    assert outcome.error.kind == kind
    state = town.state()
    assert (state.etag, state.digest, state.failures, state.ok_at) == (good.etag, good.digest, 1, good.ok_at)
    assert state.error == outcome.error
    assert len(town.files()) == 1
    assert town.refresh(town.feed(rss((1, "One", "Text"))))["feed"].failures == 0


def test_complete_entries_of_a_truncated_feed_are_kept(town: Town) -> None:
    """What arrived whole is news; the source still counts as failing, and is asked unconditionally again."""
    outcome = town.refresh(town.feed(rss((1, "One", "Text"), (2, "Two", "x"), end="<item><title>cut")))["feed"]
    assert (outcome.result, outcome.new) == ("failed", 2)
    assert town.state().etag == ""


def test_another_title_of_the_source_is_published(town: Town) -> None:
    """Every entry names its source, so its feeds are stale though no item changed."""
    body = rss((1, "One", "Text"))
    town.refresh(town.feed(body))
    town.store.outbox(town.store.outbox())
    assert town.refresh(town.feed(body.replace("<title>T<", "<title>Renamed<")))["feed"].unchanged == 1
    assert {mark for mark in town.store.outbox() if "day:" not in mark} == {"all", "source:feed", "tag:feed"}


def test_one_bad_source_stops_no_other(town: Town) -> None:
    """Each outcome is its own."""
    bad, good = town.feed("nonsense", "/bad.xml"), town.feed(rss((1, "One", "Text")), "/good.xml")
    closed = Source(id="closed", url="http://127.0.0.1:1/feed")
    missing = Source(id="missing", path=str(town.root / "nowhere.xml"))
    outcomes = town.refresh(bad, closed, missing, good)
    assert {name: outcome.error.kind for name, outcome in outcomes.items() if outcome.error} == {
        "bad": "not-a-feed", "closed": "connect", "missing": "missing",
    }  # fmt: skip
    assert outcomes["good"].new == 1
    assert not outcomes["missing"].network


def test_a_host_is_asked_one_at_a_time_with_a_gap(town: Town) -> None:
    """`per_host_delay` lies between two requests to one host."""
    sources = [town.feed(rss((1, name, name)), f"/{name}.xml") for name in ("a", "b", "c")]
    town.refresh(*sources)
    assert town.clock.slept == [2, 2]


def test_stopping_starts_nothing_more(town: Town) -> None:
    """What runs is finished, the rest stays due."""
    stop = asyncio.Event()
    stop.set()
    assert town.refresh(town.feed(rss((1, "One", "Text"))), stop=stop) == {}
    assert town.site.requests == []


def test_files_with_one_title_are_items_of_their_own(town: Town) -> None:
    """Without date, or with the same one: known by their paths, so that an edit is an update."""
    folder = town.root / "notes"
    folder.mkdir()
    for name, text in (("1", "Tomatoes."), ("2", "Boats."), ("3", "Rivers."), ("4", "Boats.")):
        (folder / f"{name}.md").write_text(f"---\ntitle: Weekly notes\n---\n\n{text}\n", encoding="utf-8")
    source = Source(id="notes", kind="folder", path=str(folder))
    first = town.refresh(source)["notes"]
    assert (first.new, first.updated) == (4, 0)
    (folder / "3.md").write_text("---\ntitle: Weekly notes\n---\n\nRivers and lakes.\n", encoding="utf-8")
    again = town.refresh(source)["notes"]
    assert (again.new, again.updated, again.unchanged) == (0, 1, 3)


def test_a_folder_takes_the_same_road(town: Town) -> None:
    """Item files come out byte for byte; a broken one is told at every refresh until it is mended."""
    folder = town.root / "seeds"
    folder.mkdir()
    (folder / "a.md").write_text(ITEM.format("山", "qq"), encoding="utf-8")
    (folder / "b.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    (folder / "c.md").write_text("no front matter", encoding="utf-8")
    source = Source(id="seeds", kind="folder", path=str(folder))
    for new in (1, 0):
        outcome = town.refresh(source)["seeds"]
        assert (outcome.result, outcome.new, len(outcome.problems)) == ("ok", new, 2)
        assert {Path(problem.where).name for problem in outcome.problems} == {"b.md", "c.md"}
        assert all(problem.line for problem in outcome.problems)
    (path,) = town.files()
    assert path.startswith("qq/")
    assert (town.tree.root / path).read_bytes() == (folder / "a.md").read_bytes()
    for name in ("b.md", "c.md"):
        (folder / name).write_text(ITEM.format(name, "third"), encoding="utf-8")
    assert town.refresh(source)["seeds"].new == 2
    assert town.refresh(source)["seeds"].result == "not_modified"


def test_an_edited_seed_is_copied_again(town: Town) -> None:
    """Byte-identical, every time."""
    folder = town.root / "seeds"
    folder.mkdir()
    (folder / "a.md").write_text(ITEM.format("A", "qq"), encoding="utf-8")
    source = Source(id="seeds", kind="folder", path=str(folder))
    town.refresh(source)
    text = ITEM.format("A", "qq").replace("date:", "thumbnail: ''\ndate:")
    (folder / "a.md").write_text(text, encoding="utf-8")
    assert town.refresh(source)["seeds"].updated == 1
    (path,) = town.files()
    assert (town.tree.root / path).read_text(encoding="utf-8") == text


def test_the_same_article_from_two_sources_is_one_item(town: Town) -> None:
    """The copy is set aside, counted, and seen again as known."""
    first, second = town.feed(rss((1, "One", "Text")), "/a.xml"), town.feed(rss((1, "One", "Text")), "/b.xml")
    outcomes = town.refresh(second, first)
    told = [(outcomes[name].new, outcomes[name].duplicates) for name in ("b", "a")]
    assert told == [(1, 0), (0, 1)], "b came first and gave way: one article is new, whoever keeps it"
    assert town.refresh(first, second)["b"].result == "not_modified"
    assert [path.startswith(".duplicates/b/") for path in town.files()] == [True, False]


def test_a_bug_costs_one_source_and_is_logged(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is swallowed: kind `internal`, with the traceback in the log."""

    class Broken(InlineWorkers):
        async def call(self, function, payload: bytes, *, url: str = "") -> bytes:
            raise ZeroDivisionError("boom")

    source = town.feed(rss((1, "One", "Text")))
    settings = Settings(root=str(town.root), sources=(source,), http=Http(allow_private_networks=True))
    house = House(
        settings=settings, store=town.store, tree=town.tree, clock=town.clock, workers=Broken(),
        fetchers=open_fetchers(settings.http, version="0", contact="", clock=town.clock), hosts={},
    )  # fmt: skip
    one = Round(house, Agenda(house, (source,), "now"), lambda _: None, asyncio.Event())
    with caplog.at_level(logging.ERROR):
        asyncio.run(one.run(LocalQueue(town.clock)))
    (outcome,) = one.outcomes
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.message) == ("internal", "ZeroDivisionError: boom")
    assert "boom" in caplog.text


def test_a_failing_index_ends_the_round(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an index there is nothing to go on with."""

    class Full(MemoryStore):
        def commit(self, state, saved, stale=()) -> None:
            raise StoreError("disk full")

    town.store = Full()
    with pytest.raises(StoreError, match="disk full"):
        town.refresh(town.feed(rss((1, "One", "Text"))), town.feed(rss((1, "One", "Text")), "/b.xml"))


def test_a_source_that_somebody_else_took_over_is_his_to_tell(town: Town) -> None:
    """Who outlived his lease writes nothing, and the others of the round go on."""

    class Contested(MemoryStore):
        def commit(self, state, saved, stale=()) -> None:
            if state.source == "feed":
                self.claim(["feed"], NOW, 60.0)
            super().commit(state, saved, stale)

    town.store = Contested()
    told = town.refresh(town.feed(rss((1, "One", "Text"))), town.feed(rss((2, "Two", "More")), "/b.xml"))
    assert [(told[name].result, told[name].new) for name in ("feed", "b")] == [("skipped", 0), ("ok", 1)]
    assert town.state().failures == 0


def test_a_source_that_nothing_can_fetch(town: Town) -> None:
    """A scheme without a fetcher is a typed failure too."""
    outcome = town.refresh(Source(id="odd", kind="feed"))["odd"]
    assert outcome.error is not None
    assert outcome.error.kind == "bad-scheme"


def test_what_filters_keep_out_is_counted_once_and_listed(town: Town) -> None:
    """A dropped entry is no item; without the filter it is new if it is still there."""
    a = town.feed(rss((1, "Story", "One."), (2, "Advertisement", "Two.")), "/a.xml")
    town.filters = (Filter(action="drop", match=("advertisement",)),)
    first = town.refresh(a)["a"]
    assert (first.new, first.dropped) == (1, 1)
    (listed,) = town.store.drops.listed()
    assert (listed.title, listed.why, listed.at) == ("Advertisement", 'filter 1 drops what has "advertisement"', NOW)
    town.feed(rss((1, "Story", "One."), (2, "Advertisement", "Two."), (3, "More", "Three.")), "/a.xml")
    again = town.refresh(a)["a"]
    assert (again.new, again.dropped, again.unchanged) == (1, 0, 1)
    town.filters = ()
    town.feed(rss((1, "Story", "One."), (2, "Advertisement", "Two.")), "/a.xml")
    assert town.refresh(a)["a"].new == 1


def test_an_item_that_was_there_before_the_filter_is_not_dropped(town: Town) -> None:
    """It stays; only what comes later is kept out, counted and listed."""
    a = town.feed(rss((1, "Advertisement", "One.")), "/a.xml")
    assert town.refresh(a)["a"].new == 1
    town.filters = (Filter(action="drop", match=("advertisement",)),)
    town.feed(rss((1, "Advertisement", "One."), (2, "Advertisement again", "Two.")), "/a.xml")
    told = town.refresh(a)["a"]
    assert (told.new, told.dropped) == (0, 1)
    assert [one.title for one in town.store.drops.listed()] == ["Advertisement again"]


def test_filters_hold_for_the_files_of_folders_too(town: Town) -> None:
    (town.root / "mine").mkdir()
    (town.root / "mine" / "one.md").write_text(ITEM.format("Walk", "mine"), encoding="utf-8")
    (town.root / "mine" / "two.md").write_text(ITEM.format("Run", "mine"), encoding="utf-8")
    town.filters = (Filter(action="keep", sources=("mine",), match=("walk",)),)
    told = town.refresh(Source(id="mine", kind="folder", path=str(town.root / "mine")))["mine"]
    assert (told.new, told.dropped) == (1, 1)


class WatchingWorkers(InlineWorkers):
    """Workers that are busy for a moment, and look what is held meanwhile of what they were given."""

    def __init__(self) -> None:
        gc.collect()
        self._others = {id(one) for one in self._living()}
        self.held: dict[str, list[object]] = {}

    def _living(self) -> list[object]:
        return [one for one in gc.get_objects() if isinstance(one, Document | Item)]

    async def call(self, function: Any, payload: bytes, *, url: str = "") -> bytes:
        await asyncio.sleep(0)
        self.held[function.__name__] = [one for one in self._living() if id(one) not in self._others]
        return await super().call(function, payload, url=url)


def test_documents_and_items_are_forgotten_while_they_wait_for_a_worker(town):
    """They may be large, and many sources wait: what a worker is to have is enough."""
    town.workers = WatchingWorkers()
    outcome = town.refresh(town.feed(rss((1, "A", "a"), (2, "B", "b"))))["feed"]
    assert outcome.new == 2
    assert town.workers.held == {"work": [], "sketch_work": []}
