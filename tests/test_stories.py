# ruff: noqa: E501
"""Copies over a site's life: identity within a source, stories across sources, strangers' claims, the owner's word."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from itertools import permutations
from pathlib import Path
from random import Random

import pytest

from aggregator import journal
from aggregator.agenda import Agenda
from aggregator.app import App, review_of
from aggregator.clock import SystemClock
from aggregator.errors import UsageError
from aggregator.fetchers import open_fetchers
from aggregator.model import Problem, Record, Source, Summary
from aggregator.operations import bonds
from aggregator.operations.explain import explain
from aggregator.queues.local import LocalQueue
from aggregator.refresh import House
from aggregator.rounds import Round
from aggregator.settings import Http, Publish, Settings, Storage
from aggregator.steps.dedupe import RESTLESS
from aggregator.steps.urls import host
from aggregator.testing import InlineWorkers, LoopbackSite
from tests.near.labelled import ZH, Writer

WRITER = Writer("train")
STORY, SECOND, THIRD = (WRITER.piece("zh") for _ in range(3))


class Entry(dict):
    """One RSS item; fields that are empty are left out."""

    def __str__(self) -> str:
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in self.items() if value)
        return f"<item>{inner}</item>".replace("<guid>", "<guid isPermaLink='false'>")


def entry(piece=STORY, **fields: str) -> Entry:
    made = {"title": piece.title, "link": "", "guid": "", "pubDate": "Mon, 03 Mar 2025 08:00:00 GMT"}
    return Entry({**made, "description": "".join(f"&lt;p&gt;{text}&lt;/p&gt;" for text in piece.paragraphs), **fields})


def rss(*entries: Entry) -> str:
    body = "".join(map(str, entries))
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title><link>http://127.0.0.1/</link>{body}</channel></rss>"


class Town:
    """A site in a directory, with sources on loopback addresses: each has a host of its own."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self.root = root
        self._stack = stack
        self._hosts: dict[str, LoopbackSite] = {}
        self._sources: dict[str, Source] = {}
        self.publish = Publish()

    def write(self, name: str, *entries: Entry, at: str = "", title: str = "T", **fields: bool) -> None:
        at = at or f"127.0.0.{10 + ord(name[0]) - ord('a')}"
        site = self._hosts.get(at) or self._hosts.setdefault(at, self._stack.enter_context(LoopbackSite(at)))
        url = site.page(f"/{name}.xml", rss(*entries).replace("<title>T<", f"<title>{title}<", 1))
        self._sources[name] = Source(id=name, url=url, **fields)  # type: ignore[arg-type]

    def forget(self, name: str) -> None:
        del self._sources[name]

    def settings(self, order: str = "") -> Settings:
        sources = tuple(self._sources[name] for name in order or self._sources)
        return Settings(
            root=str(self.root), sources=sources, http=Http(allow_private_networks=True, per_host_delay=0),
            storage=Storage(index="sqlite:///var/tagwire.db"), publish=self.publish,
        )  # fmt: skip

    def open(self, order: str = ""):
        return App.open(self.settings(order), write=True)

    def refresh(self, order: str = "", *, near: bool = True) -> Summary:
        """Refresh as the app does, with workers in this process."""
        with self.open(order) as app:
            synced = app.sync()
            house = House(
                settings=app.settings, store=app.store, tree=app.tree, clock=app.clock, workers=InlineWorkers(), near=near,
                fetchers=open_fetchers(app.settings.http, version="0", contact="", clock=app.clock),
                hosts={source.id: host(source.url) for source in app.settings.sources},
            )  # fmt: skip
            visit = Round(house, Agenda(house, app.settings.sources, "now"), lambda _: None, asyncio.Event())
            asyncio.run(visit.run(LocalQueue(app.clock)))
            review = replace(review_of(app), sketched=house.sketched)
            found = review.look(synced.touched) if near else review.settle(synced.touched)
            return Summary(outcomes=tuple(visit.outcomes), near=found.copies, related=found.related)

    def publish_changed(self):
        with self.open() as app:
            return app.publish_changed().written

    def items(self) -> dict[str, Record]:
        with self.open() as app:
            return {one.key: one for one in app.store.items()}

    def by_source(self) -> dict[str, Record]:
        return {one.source: one for one in self.items().values()}

    def files(self, source: str = "") -> dict[str, bytes]:
        found = (self.root / "items" / source).rglob("*.md")
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}

    def feed(self, name: str) -> str:
        return (self.root / "feeds" / f"{name}.xml").read_text(encoding="utf-8")


@pytest.fixture
def town(tmp_path: Path):
    with ExitStack() as stack:
        yield Town(tmp_path, stack)


def ten(**fields) -> list[Entry]:
    """Ten entries of a document; fields are patterns."""
    return [
        Entry(title=f"Story {n}", description=f"Text {n}", pubDate=f"Mon, 03 Mar 2025 0{n}:00:00 GMT",
              **{name: pattern.format(n=n) for name, pattern in fields.items()})
        for n in range(10)
    ]  # fmt: skip


# --- within a source ---


@pytest.mark.parametrize(
    "changing",
    [
        {"guid": "r{fetch}-{n}", "link": "http://x.example/{n}"},
        {"guid": "r{fetch}-{n}", "link": "http://x.example/{n}?t={fetch}"},
        {"link": "http://x.example/{n}?utm_source=f{fetch}"},
        {"guid": "g{n}", "link": "http://x.example/{fetch}/{n}"},
        {"guid": " g{n}\n", "link": ""},
    ],
    ids=["guids", "guids and links", "tracking", "links", "white space"],
)
def test_twenty_fetches_with_changing_identities_give_ten_items(town: Town, changing: dict[str, str]) -> None:
    """Not two hundred."""
    for fetch in range(20):
        town.write("a", *ten(**{name: text.replace("{fetch}", str(fetch)) for name, text in changing.items()}))
        town.refresh()
    assert len(town.items()) == len(town.files()) == 10


def test_schemes_hosts_slashes_and_mobile_pages_are_one_address(town: Town) -> None:
    """Without guid the link is all there is."""
    for link in (
        "http://x.example/{n}",
        "https://x.example/{n}",
        "https://www.x.example/{n}/",
        "https://x.example/{n}#c",
    ):
        town.write("a", *ten(link=link))
        town.refresh()
    assert len(town.items()) == 10


@pytest.mark.parametrize(
    "shared", [{"guid": "same"}, {"link": "http://x.example/"}, {"guid": "s", "link": "http://x.example/"}]
)
def test_what_stands_on_all_entries_identifies_none(town: Town, shared: dict[str, str]) -> None:
    """All ten are kept, and kept apart at the second look."""
    for _ in range(2):
        town.write("a", *ten(**shared))
        town.refresh()
        assert len(town.items()) == 10


def test_what_comes_back_after_long_is_not_new_and_what_was_deleted_stays_so(town: Town) -> None:
    """The index forgets nothing that would announce it again; a deletion is a tombstone."""
    town.write("a", *ten(guid="g{n}"))
    town.refresh()
    path = next((town.root / "items").rglob("*.md"))
    path.unlink()
    town.write("a", Entry(title="other", guid="x"))
    town.refresh()
    town.write("a", *ten(guid="g{n}"))
    assert town.refresh().new == 0
    assert not path.exists()
    assert len(town.items()) == 10


def test_an_item_that_changes_at_every_fetch_is_rewritten_a_bounded_number_of_times_and_told_once(town: Town) -> None:
    """One notice, and its history is bounded too."""
    told: list[Problem] = []
    for fetch in range(RESTLESS + 4):
        town.write("a", Entry(title="T", guid="g", description=f"viewed {fetch} times"))
        (outcome,) = town.refresh().outcomes
        told += outcome.problems
    assert len(told) == 1
    assert f"changed {RESTLESS} times" in told[0].message
    assert f"viewed {RESTLESS} times" in next(iter(town.files().values())).decode()
    with town.open() as app:
        (record,) = app.store.items()
        kept = app.store.revisions.of(record.key)
    assert len(kept) <= 10
    assert record.edits == RESTLESS


def test_another_url_of_a_source_loses_and_doubles_nothing(town: Town) -> None:
    """Keys depend on the source's id."""
    town.write("a", *ten(guid="g{n}"))
    town.refresh()
    before = town.files()
    town.write("a", *ten(guid="g{n}"), at="127.0.0.99")
    assert town.refresh().new == 0
    assert town.files() == before


def test_an_update_held_back_from_an_edited_file_is_kept_to_be_shown(town: Town) -> None:
    """The file is its owner's."""
    town.write("a", Entry(title="T", guid="g", description="first"))
    town.refresh()
    (path,) = (town.root / "items").rglob("*.md")
    path.write_text(path.read_text(encoding="utf-8").replace("first", "mine"), encoding="utf-8")
    town.write("a", Entry(title="T", guid="g", description="second"))
    town.refresh()
    assert "mine" in path.read_text(encoding="utf-8")
    with town.open() as app:
        (record,) = app.store.items()
        (held,) = app.store.revisions.of(record.key)
    assert held.held
    assert "second" in held.text


# --- across sources ---


def shown(town: Town, feed: str = "all") -> list[str]:
    """The ids of a feed's entries, published now."""
    town.publish_changed()
    return [
        part.partition("</id>")[0]
        for part in town.feed(feed).split("<entry")[1:]
        for part in [part.partition("<id>")[2]]
    ]


def test_copies_under_other_urls_are_items_of_one_story_shown_once(town: Town) -> None:
    """By the owner's item, with a link to the other; in its own feed each source's item stands."""
    town.write("a", entry(link="http://127.0.0.10/1"))
    town.write("b", entry(link="http://127.0.0.11/2", title="另一个标题"))
    summary = town.refresh()
    assert (summary.new, summary.duplicates, summary.near) == (2, 0, 1)
    items = town.by_source()
    assert {one.story for one in items.values()} == {items["a"].key}
    assert shown(town) == ["http://127.0.0.10/1"]
    assert shown(town, "sources/b") == ["http://127.0.0.11/2"]
    assert 'href="http://127.0.0.11/2" rel="related" title="T: 另一个标题"' in town.feed("all")
    assert 'href="http://127.0.0.10/1" rel="related"' in town.feed("sources/b")
    page = (town.root / "feeds/all.html").read_text(encoding="utf-8")
    assert '<div class="also">其他来源\n<ul>\n<li><a href="http://127.0.0.11/2"' in page
    assert '"copies":[{"source":"T","title":"另一个标题"' in (town.root / "feeds/all.json").read_text(encoding="utf-8")
    town.refresh()
    assert town.publish_changed() == ()


@pytest.mark.parametrize("later", ["b", "a"], ids=["the copy comes later", "the owner comes later"])
def test_copies_that_were_set_aside_are_shown_with_the_article(town: Town, later: str) -> None:
    """As where else it was read, in every format, whoever comes first."""
    link = "http://127.0.0.10/1"
    town.write("b" if later == "a" else "a", entry(link=link))
    town.refresh()
    town.write(later, entry(link=link), title="Elsewhere" if later == "b" else "T")
    town.refresh()
    items = town.by_source()
    assert (items["a"].copies, items["b"].duplicate_of) == ((items["b"].key,), items["a"].key)
    assert shown(town) == [link]
    name = "Elsewhere" if later == "b" else "T"
    assert f'<link href="{link}" rel="via" title="{name}"' in town.feed("all")
    assert f'<link href="{link}" rel="via" title="T"' in town.feed("sources/b")
    assert f'"copies":[{{"source":"{name}"' in (town.root / "feeds/all.json").read_text(encoding="utf-8")
    page = (town.root / "feeds/all.html").read_text(encoding="utf-8")
    assert f'<div class="also">其他来源\n<ul>\n<li><a href="{link}"' in page


def test_an_address_that_two_copies_share_is_shown_once(town: Town) -> None:
    """In the feed of a third source, whose item is a copy under a URL of its own."""
    link = "http://127.0.0.10/1"
    town.write("a", entry(link=link))
    town.write("b", entry(link=link))
    town.write("c", entry(link="http://127.0.0.12/3"))
    town.refresh()
    assert town.by_source()["b"].duplicate_of
    assert shown(town, "sources/c") == ["http://127.0.0.12/3"]
    assert town.feed("sources/c").count(f'href="{link}"') == 1


def test_a_text_that_was_purged_is_nobodys_copy(town: Town) -> None:
    """Its sketch may stay until it is old: the next one who brings the text finds an item that is gone."""
    town.write("a", entry(link="http://127.0.0.10/1"))
    town.refresh()
    with town.open() as app:
        app.purge("a")
    town.forget("a")
    town.write("b", entry(link="http://127.0.0.11/1"))
    assert (town.refresh().near, shown(town)) == (0, ["http://127.0.0.11/1"])


def test_a_digest_of_two_items_is_no_copy_of_either(town: Town) -> None:
    """Though one is more than half of it, and its title names both."""
    short = SECOND.__class__("渡口换了新船", SECOND.paragraphs[:1], "zh")
    both = SECOND.__class__(f"{STORY.title}；{short.title}", (*STORY.paragraphs, *short.paragraphs), "zh")
    town.write("a", entry(link="http://127.0.0.10/1"), entry(short, link="http://127.0.0.10/2"))
    town.write("b", entry(both, link="http://127.0.0.11/1"))
    town.refresh()
    assert {one.story for one in town.items().values()} == {""}


def test_keep_shows_every_copy(town: Town) -> None:
    """By configuration."""
    town.publish = Publish(stories="keep")
    town.write("a", entry(link="http://127.0.0.10/1"))
    town.write("b", entry(link="http://127.0.0.11/2"))
    town.refresh()
    assert len(shown(town)) == 2


def test_neither_the_order_of_sources_nor_of_fetches_decides(town: Town, tmp_path: Path) -> None:
    """The same groups, whoever comes first; three copies, a part of one, a text of its own, a digest."""
    digest = (*THIRD.paragraphs, *STORY.paragraphs, *SECOND.paragraphs)
    groups = set()
    for number, order in enumerate([*permutations("abcd")][::4]):
        with ExitStack() as stack:
            other = Town(tmp_path / str(number), stack)
            other.write("a", entry(link="http://127.0.0.10/1"), entry(SECOND, link="http://127.0.0.10/2"))
            other.write("b", entry(link="http://127.0.0.11/1", title="别的标题"))
            other.write(
                "c", entry(STORY.__class__(STORY.title, STORY.paragraphs[:2], "zh"), link="http://127.0.0.12/1")
            )
            other.write("d", entry(STORY.__class__("一周要闻", digest, "zh"), link="http://127.0.0.13/1"))
            for name in order if number % 2 else [""]:
                other.refresh(name or "".join(order))
            found = other.items().values()
            links = {one.key: one.link for one in found}
            groups.add(frozenset(frozenset([one.link, *(links[key] for key in one.copies)]) for one in found))
    (group,) = groups
    assert frozenset({"http://127.0.0.10/1", "http://127.0.0.11/1", "http://127.0.0.12/1"}) in group
    assert len(group) == 3


def test_items_on_one_event_are_related_not_merged(town: Town) -> None:
    """Two reports of one opening, and a third text that has nothing to do with it."""
    first = (
        "青石桥的旧书集市周六重新开张，县长为旧书集市剪彩，集市上有二百个摊位，旧书按斤出售，青石桥两岸停满了自行车。"
    )
    second = "去青石桥逛旧书集市的人要早起：记者六点到达时，旧书集市的摊主们已经支好帐篷，一位老人抱走了整套连环画，说青石桥终于又热闹了。"
    town.write(
        "a",
        Entry(
            title="青石桥旧书集市重新开张",
            link="http://127.0.0.10/1",
            description=first,
            pubDate="Mon, 03 Mar 2025 08:00:00 GMT",
        ),
    )
    town.write(
        "b",
        Entry(
            title="清晨六点的青石桥旧书集市",
            link="http://127.0.0.11/1",
            description=second,
            pubDate="Tue, 04 Mar 2025 08:00:00 GMT",
        ),
    )
    town.write("c", entry(SECOND, link="http://127.0.0.12/1"))
    summary = town.refresh()
    assert (summary.near, summary.related) == (0, 2)
    items = town.by_source()
    assert items["a"].related == (items["b"].key,)
    assert items["c"].related == items["a"].copies == ()
    assert len(shown(town)) == 3
    assert 'rel="related" title="T: 清晨六点的青石桥旧书集市"' in town.feed("sources/a")
    assert '<div class="also">相关\n<ul>\n<li><a' in (town.root / "feeds/sources/a.html").read_text(encoding="utf-8")


def test_after_any_refresh_and_its_publication_nothing_is_left_to_publish(town: Town) -> None:
    """Sources that are renamed, copies and related items that come, change and go: all who show them are published."""
    chance = Random(5)
    stories = [[WRITER.piece("zh") for _ in range(2)] for _ in range(2)]
    event = "青石桥的旧书集市重新开张"
    for number in range(7):
        for name in chance.sample("abcd", 2 if number else 4):
            host = f"http://127.0.0.{10 + ord(name) - ord('a')}"
            pieces = [chance.choice(pair) for pair in stories]
            texts = [entry(piece, link=f"{host}/{place}", guid=f"{place}") for place, piece in enumerate(pieces)]
            report = f"{event}，{WRITER.sentence(ZH)}{event}，{WRITER.sentence(ZH)}"
            related = Entry(title=f"{event}：{name}", link=f"{host}/e", description=report, pubDate=texts[0]["pubDate"])
            town.write(name, *texts, related, title=f"{name}{chance.randint(1, 3)}")
        town.refresh()
        town.publish_changed()
        assert any(one.related for one in town.items().values())
        with town.open() as app:
            assert app.publish().written == ()


def test_a_renamed_source_is_renamed_wherever_its_items_are_shown_as_related(town: Town) -> None:
    """Also with items that it does not show itself, since only the closest are shown."""
    event = "青石桥的旧书集市重新开张"
    reports = {
        name: Entry(title=f"{event}：{name}", link=f"http://127.0.0.{10 + ord(name) - ord('a')}/e",
                    description=f"{event}，{WRITER.sentence(ZH)}{event}，{WRITER.sentence(ZH)}")
        for name in "abcdefgh"
    }  # fmt: skip
    for name, report in reports.items():
        town.write(name, report)
    town.refresh()
    town.publish_changed()
    items = town.items()
    shows = {one.source: {items[key].source for key in one.related} for one in items.values()}
    name = next(one for one in shows if any(one in shows[other] and other not in shows[one] for other in shows))
    town.write(name, reports[name], title="Renamed")
    town.refresh()
    town.publish_changed()
    with town.open() as app:
        assert app.publish().written == ()


def test_near_can_be_switched_off_for_once_and_for_a_source(town: Town) -> None:
    """The next refresh catches up; a source's switch holds."""
    town.write("a", entry(link="http://127.0.0.10/1"))
    town.write("b", entry(link="http://127.0.0.11/2"))
    assert town.refresh(near=False).near == 0
    assert town.refresh().near == 1
    town.write("c", entry(link="http://127.0.0.12/3"), near=False)
    assert town.refresh().near == 0


def test_a_copy_that_changes_its_text_or_goes_leaves_the_story(town: Town) -> None:
    """And the feeds of the other say so."""
    town.write("a", entry(link="http://127.0.0.10/1", guid="1"))
    town.write("b", entry(link="http://127.0.0.11/2", guid="2"))
    town.refresh()
    town.write("b", entry(SECOND, link="http://127.0.0.11/2", guid="2"))
    town.refresh()
    assert not town.by_source()["a"].copies
    assert len(shown(town)) == 2
    assert "127.0.0.11" not in town.feed("sources/a")
    town.write("b", entry(link="http://127.0.0.11/2", guid="2"))
    town.refresh()
    assert town.by_source()["a"].copies
    for path in (town.root / "items/b").rglob("*.md"):
        path.unlink()
    town.refresh()
    assert not town.by_source()["a"].copies
    town.publish_changed()
    assert "127.0.0.11" not in town.feed("sources/a")


def test_a_lost_index_comes_back_with_the_same_stories(town: Town) -> None:
    """From the files alone, the owner's word included."""
    for name, piece in (("a", STORY), ("b", STORY), ("c", SECOND), ("d", SECOND), ("e", THIRD)):
        town.write(name, entry(piece, link=f"http://127.0.0.{10 + ord(name) - ord('a')}/1"))
    town.refresh()
    items = town.by_source()
    with town.open() as app:
        bonds.split(review_of(app), [items["b"]])
        bonds.merge(review_of(app), [items["d"], items["e"]])
    before = {key: (one.story, one.copies, one.alone) for key, one in town.items().items()}
    assert len({story for story, _, _ in before.values()}) == 2
    for path in (town.root / "var").iterdir():
        path.unlink()
    with town.open() as app:
        app.reindex()
    assert {key: (one.story, one.copies, one.alone) for key, one in town.items().items()} == before


def test_a_source_that_is_left_out_stays_in_the_stories_that_are_there_until_a_rebuild(town: Town) -> None:
    """`near = false` counts from then on, as docs/concepts.md says."""
    for name in "ab":
        town.write(name, entry(link=f"http://127.0.0.{10 + ord(name) - ord('a')}/1"))
    town.refresh()
    town.write("b", entry(link="http://127.0.0.11/1"), entry(SECOND, link="http://127.0.0.11/2"), near=False)
    town.write("c", entry(SECOND, link="http://127.0.0.12/2"))
    town.refresh()
    assert {one.link[-1] for one in town.items().values() if one.copies} == {"1"}
    for path in (town.root / "var").iterdir():
        path.unlink()
    with town.open() as app:
        app.reindex()
    assert not any(one.copies for one in town.items().values())


# --- the owner's word ---


def test_split_and_merge_take_each_other_back(town: Town) -> None:
    """For good until then: later refreshes change nothing."""
    town.write("a", entry(link="http://127.0.0.10/1"))
    town.write("b", entry(link="http://127.0.0.11/2"))
    town.refresh()
    items = town.by_source()
    with town.open() as app:
        bonds.split(review_of(app), [items["b"]])
        assert {one.story for one in app.store.items()} == {""}
    town.write("c", entry(link="http://127.0.0.12/3"))
    town.refresh()
    assert town.by_source()["b"].copies == ()
    assert town.by_source()["a"].copies == (town.by_source()["c"].key,)
    with town.open() as app:
        bonds.merge(review_of(app), [items["b"], items["a"]])
        assert all(len(one.copies) == 2 for one in app.store.items())
        with pytest.raises(UsageError, match="two items"):
            bonds.merge(review_of(app), [items["a"], items["a"]])
    assert [line["event"] for line in journal.read(town.root / "items")] == ["split", "merge"]


def test_a_copy_that_was_set_aside_comes_back_by_split(town: Town) -> None:
    """And stays when the owner turns up later, and after a rebuild."""
    link = "http://127.0.0.12/1"
    for name in "ab":
        town.write(name, entry(link=link))
    town.refresh()
    assert town.by_source()["b"].duplicate_of
    with town.open() as app:
        (back,) = bonds.split(review_of(app), app.store.items(source="b"))
    assert (back.duplicate_of, back.alone) == ("", True)
    assert (town.root / "items" / back.path).is_file()
    assert not list((town.root / "items/.duplicates").rglob("*.md"))
    town.write("c", entry(link=link))
    town.refresh()
    items = town.by_source()
    assert items["b"].duplicate_of == items["b"].story == ""
    assert items["a"].duplicate_of == items["c"].key


def test_splitting_the_owner_of_a_story_leaves_the_others_a_story_of_their_own(town: Town) -> None:
    """What was set aside for it comes back; the next by the rule owns; again it changes nothing; merge takes it back."""
    town.write("a", entry(link="http://127.0.0.10/1"))
    town.write("b", entry(link="http://127.0.0.10/1", title="旧书的去处"))
    for name in "cd":
        town.write(name, entry(link=f"http://elsewhere.example/{name}"))
    town.refresh()
    before = town.by_source()
    assert {one.story for one in before.values()} == {before["a"].key}
    assert before["b"].duplicate_of == before["a"].key
    told: list[set[str]] = []
    for _ in range(2):
        with town.open() as app:
            told.append({one.source for one in bonds.split(review_of(app), app.store.items(source="a"))})
    assert told == [{"a", "b"}, {"a"}], "who came back is told"
    after = town.by_source()
    assert (after["a"].story, after["a"].copies, after["a"].alone) == ("", (), True)
    assert {after[name].story for name in "bcd"} == {after["b"].key}, (
        "of those that were seen at once the first by name"
    )
    assert not any(one.duplicate_of for one in after.values())
    assert not list((town.root / "items/.duplicates").rglob("*.md"))
    assert [line["event"] for line in journal.read(town.root / "items")] == ["split"]
    town.refresh()
    assert {name: one.story for name, one in town.by_source().items()} == {k: one.story for k, one in after.items()}
    with town.open() as app:
        bonds.merge(review_of(app), [after["a"], after["c"]])
    assert {one.story for one in town.items().values()} == {after["a"].key}


def test_the_copies_of_a_split_item_stay_one_article_however_short_they_are(town: Town) -> None:
    """Links with a title, of which no text can say that they are copies; also after a rebuild, for later copies."""
    short = {"link": "http://elsewhere.example/1", "title": "Ferry", "description": "A ferry."}
    for name in "abc":
        town.write(name, entry(**short))
    town.refresh()
    with town.open() as app:
        bonds.split(review_of(app), app.store.items(source="a"))
    town.write("d", entry(**short))
    town.refresh()
    after = town.by_source()
    assert {after[name].story for name in "bc"} | {after["d"].duplicate_of} == {after["b"].key}
    for path in (town.root / "var").iterdir():
        path.unlink()
    with town.open() as app:
        app.reindex()
    again = town.by_source()
    assert again["a"].story == ""
    assert {again[name].story for name in "bc"} | {again["d"].duplicate_of} == {again["b"].key}


def test_every_decision_is_explained(town: Town) -> None:
    """Rule and score, or the clause that failed."""
    town.write("a", entry(link="http://127.0.0.10/1"))
    town.write("b", entry(link="http://127.0.0.11/2", title="旧书的去处"))
    town.write("c", entry(link="http://127.0.0.10/1"))
    half = STORY.__class__("一周要闻", (*SECOND.paragraphs, *STORY.paragraphs, *THIRD.paragraphs), "zh")
    town.write("d", entry(half, link="http://127.0.0.13/4"))
    town.refresh()
    items = town.by_source()
    with town.open() as app:
        told = {one.other.source: one for one in explain(app.store, app.tree, items["a"])}
        assert (told["b"].rule, told["b"].score) == ("near", 1.0)
        assert "shingles shared" in told["b"].evidence
        assert told["c"].rule == "url"
        assert (told["d"].rule, told["d"].failed) == ("", "length")
        (chain,) = explain(app.store, app.tree, items["b"], [items["c"]])
        assert chain.rule == "chain"
        assert explain(app.store, app.tree, items["d"], [items["b"]])[0].failed == "length"


# --- strangers' claims ---

VICTIM = "http://127.0.0.10/{n}"
CLAIMS = {
    "guid": lambda: [entry(SECOND, guid=VICTIM.format(n=1), link="http://127.0.0.11/x")],
    "link": lambda: [entry(SECOND, guid="evil", link=VICTIM.format(n=1))],
    "title": lambda: [entry(guid="evil", link="http://127.0.0.11/x")],
    "future": lambda: [
        Entry(title="", guid=VICTIM.format(n=n), link=VICTIM.format(n=n), description="") for n in range(9)
    ],
    "opaque guid": lambda: [
        entry(SECOND, guid="urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", link="http://127.0.0.11/x")
    ],
}


@pytest.mark.parametrize("order", ["ab", "ba"])
@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("elsewhere", [False, True], ids=["own host", "elsewhere"])
def test_a_strangers_claims_change_nothing_in_the_victims_files(
    tmp_path: Path, claim: str, order: str, *, elsewhere: bool
) -> None:
    """Whichever comes first, the files are those of a site without the attacker; so they are after an update."""
    guid = {"guid": VICTIM.format(n=1), "opaque guid": "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}.get(claim, "1")
    at = "127.0.0.50" if elsewhere else ""
    alone = unattacked(guid, at)
    assert victims_files(tmp_path, guid, at, order, claim) == alone
    assert len(alone) == 1


def victims_files(root: Path, guid: str, at: str, order: str, claim: str = "") -> dict[str, bytes]:
    """Return the files of a site's source a after two rounds in which b claims what it can."""
    with ExitStack() as stack:
        town = Town(root, stack)
        for text in (STORY, THIRD):
            for source in order:
                if source == "a":
                    town.write("a", entry(text, guid=guid, link=VICTIM.format(n=1)), at=at)
                else:
                    town.write("b", *CLAIMS[claim]())
                town.refresh(source)
        ids = [one.entry_id for one in town.items().values()]
        assert len(ids) == len(set(ids))
        return town.files("a")


@cache
def unattacked(guid: str, at: str) -> dict[str, bytes]:
    """Return what they are without b."""
    with tempfile.TemporaryDirectory() as root:
        return victims_files(Path(root), guid, at, "a")


def test_ids_that_were_contested_are_the_same_after_a_rebuild(town: Town) -> None:
    """The journal says who has which, since the files do not."""
    guid = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
    town.write("b", entry(SECOND, guid=guid, link="http://127.0.0.11/x"))
    town.refresh()
    town.write("a", entry(guid=guid, link="http://127.0.0.10/1"))
    town.refresh()
    before = {key: one.entry_id for key, one in town.items().items()}
    for path in (town.root / "var").iterdir():
        path.unlink()
    with town.open() as app:
        app.reindex()
    assert {key: one.entry_id for key, one in town.items().items()} == before
    assert SystemClock().now() > town.by_source()["a"].published
