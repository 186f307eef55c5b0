"""Who is visited in a round, by what the stores say: run over every store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aggregator import stores
from aggregator.agenda import Agenda
from aggregator.model import FetchState, Source
from aggregator.refresh import House
from aggregator.settings import Settings
from aggregator.testing import FakeClock, InlineWorkers
from aggregator.tree import ItemTree

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Site:
    """Sources, each with the time at which it is due, in a store."""

    def __init__(self, store, root):
        self.store, self.root, self.clock = store, root, FakeClock(NOW)
        self.sources: list[Source] = []

    def add(self, name, at, *, url="", **fields):
        """Add a source that was visited before and comes next at `at`; None is one that nobody has asked."""
        source = Source(id=name, url=url or f"http://{name}.test/", **fields)
        self.sources.append(source)
        if at:
            self.put(FetchState(source=name, url=source.address, fetched_at=NOW - 9 * HOUR, next_at=at))

    def put(self, state):
        (claim,) = self.store.claim([state.source], self.clock.now(), 1.0)
        self.store.commit(replace(state, generation=claim.generation), ())

    def agenda(self, when, *, only=()):
        house = House(
            settings=Settings(root=str(self.root), sources=tuple(self.sources)),
            store=self.store,
            tree=ItemTree(self.root / "items", "{key}.md", ZoneInfo("UTC")),
            fetchers=(),
            workers=InlineWorkers(),
            clock=self.clock,
            hosts={},
        )
        return Agenda(house, [one for one in self.sources if one.enabled and (not only or one.id in only)], when)

    def visit(self, when, **options):
        """Claim everything that the agenda offers; return the ids in their order."""
        agenda = self.agenda(when, **options)
        return [source.id for name in agenda.hosts() for few in agenda.claims(name) for source, _ in few]


@pytest.fixture(params=stores.schemes())
def site(request, tmp_path):
    with stores.open_store(f"{request.param}:///index.db", str(tmp_path)) as store:
        yield Site(store, tmp_path)


def test_what_is_due_is_visited_the_longest_overdue_first(site):
    """New sources come before all; paused ones, and those whose time has not come, not at all."""
    site.add("soon", NOW + MINUTE)
    site.add("now", NOW)
    site.add("old", NOW - HOUR)
    site.add("new", None)
    site.add("paused", NOW - HOUR, enabled=False)
    assert site.visit("due") == ["new", "old", "now"]
    assert site.visit("due") == [], "they are claimed"


def test_now_is_everything_in_configured_order(site):
    site.add("soon", NOW + MINUTE)
    site.add("old", NOW - HOUR)
    assert site.visit("now") == ["soon", "old"]
    assert site.visit("now", only={"old"}) == ["old"]


def test_only_those_that_were_named_are_visited(site):
    site.add("a", NOW - HOUR)
    site.add("b", NOW - HOUR)
    assert site.visit("due", only={"b"}) == ["b"]
    assert site.visit("due") == ["a"]


def test_what_somebody_else_claims_before_a_hosts_turn_comes_is_his(site):
    """The list of hosts is a hint; the claim decides, with a generation of its own."""
    for name in "ab":
        site.add(name, NOW - HOUR, url=f"http://one.test/{name}")
    first, second = site.agenda("due"), site.agenda("due")
    hosts = first.hosts()
    assert hosts == second.hosts() == ["one.test"]
    (theirs,) = second.claims("one.test")
    assert len(theirs) == 2
    assert list(first.claims("one.test")) == []


def test_claims_are_made_a_few_at_a_time(site):
    """So that a long turn never holds claims that outlive their lease before they are used."""
    for number in range(50):
        site.add(f"s{number}", NOW - HOUR, url=f"http://one.test/{number}")
    agenda = site.agenda("due")
    claims = agenda.claims(*agenda.hosts())
    assert len(next(claims)) == 20
    held = [state for state in site.store.states().values() if state.next_at and state.next_at > NOW]
    assert len(held) == 20
    assert [len(few) for few in claims] == [20, 10]


def test_of_one_host_a_slice_takes_the_fifteen_that_wait_longest(site):
    """A beat is not held up by the gaps of one host; what is read from disk waits for nobody."""
    for number in range(30):
        site.add(f"s{number}", NOW - number * MINUTE, url=f"http://one.test/{number}")
        site.sources.append(Source(id=f"d{number}", kind="folder", path=f"/nowhere/{number}"))
    taken = site.visit("slice")
    assert [name for name in taken if name.startswith("s")] == [f"s{number}" for number in range(29, 14, -1)]
    assert len(taken) == 45
    assert len(site.visit("slice")) == 15


def test_hosts_that_pile_up_come_in_slices(site):
    for number in range(100):
        site.add(f"old{number}", NOW - HOUR)
    for number in range(10):
        site.add(f"late{number}", NOW - MINUTE)
    taken = site.visit("slice")
    assert (len(taken), sum(name.startswith("late") for name in taken)) == (74, 10)
    assert len(site.visit("slice")) == 36


def test_a_source_whose_address_was_edited_is_due_at_once(site):
    site.add("a", NOW + HOUR)
    site.sources[0] = replace(site.sources[0], url="http://elsewhere.test/")
    assert site.visit("due") == ["a"]


def test_plans_of_a_clock_that_was_set_back_are_not_waited_for(site):
    """What servers said to wait still is: for as long as they said."""
    ahead = NOW + timedelta(days=365)
    for name, told in (("free", None), ("told", ahead + HOUR)):
        site.add(name, None)
        site.put(
            FetchState(
                source=name, url=f"http://{name}.test/", fetched_at=ahead, ok_at=ahead, next_at=ahead + HOUR,
                retry_at=told,
            )
        )  # fmt: skip
    assert site.visit("due") == ["free"]
    state = site.store.states()["told"]
    assert (state.fetched_at, state.ok_at, state.retry_at) == (NOW, NOW, NOW + HOUR)
    site.clock.advance(3600)
    assert "told" in site.visit("due")
