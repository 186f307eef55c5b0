"""How we behave towards servers, on a simulated clock and real HTTP: each rule a named case.

What is decided is tested rule by rule in `tests/steps`; here stands what servers see of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aggregator.agenda import Agenda
from aggregator.fetchers import open_fetchers
from aggregator.model import FetchState, Outcome, Source
from aggregator.model.declared import Declaration
from aggregator.operations.revive import burdened, revive
from aggregator.queues.local import LocalQueue
from aggregator.refresh import House
from aggregator.rounds import Round
from aggregator.settings import Http, Schedule, Settings
from aggregator.steps import cadence
from aggregator.steps.urls import host
from aggregator.steps.visits.due import select_due
from aggregator.stores.memory import MemoryStore
from aggregator.testing import FakeClock, InlineWorkers, LoopbackSite, Page, Visit
from aggregator.tree import ItemTree

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
ENTRY = "<item><guid isPermaLink='false'>{0}</guid><title>{0}</title><description>Text {0}.</description></item>"


def rss(*names: str, head: str = "") -> str:
    body = "".join(map(ENTRY.format, names))
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title>{head}{body}</channel></rss>"


class Life:
    """A site over one directory, whose clock moves when told."""

    def __init__(self, root: Path) -> None:
        self.root, self.store, self.clock = root, MemoryStore(), FakeClock(NOW)
        self.tree = ItemTree(root / "items", "{source}/{slug}-{key}.md", ZoneInfo("UTC"))
        self.sources: list[Source] = []
        self.proxy = ""
        self.told: list[Outcome] = []
        self.listener: Callable[[Outcome], None] = self.told.append

    def add(self, name: str, url: str, **fields: Any) -> Source:
        self.sources.append(Source(id=name, url=url, **fields))
        return self.sources[-1]

    def states(self) -> list[tuple[Source, FetchState]]:
        known = self.store.states()
        return [
            (source, cadence.current(known.get(source.id) or FetchState(source=source.id), source))
            for source in self.sources
        ]

    def state(self, name: str = "a") -> FetchState:
        return self.store.states()[name]

    def refresh(self, *ids: str, due: bool = False, gap: float = 1.0) -> dict[str, Outcome]:
        """One round; returns the outcomes of all sources that were asked or left alone for a reason."""
        settings = Settings(
            root=str(self.root),
            sources=tuple(self.sources),
            schedule=Schedule(jitter=0.0),
            http=Http(timeout=5, allow_private_networks=True, per_host_delay=gap, proxy=self.proxy),
        )
        house = House(
            settings=settings,
            store=self.store,
            tree=self.tree,
            clock=self.clock,
            workers=InlineWorkers(),
            fetchers=open_fetchers(settings.http, version="0", contact="https://wire.example/", clock=self.clock),
            hosts={source.id: host(source.url) for source in self.sources},
        )
        chosen, skipped = select_due(self.states(), ids, due=due, now=self.clock.now())
        one = Round(house, Agenda(house, chosen, "due" if due else "now"), self.listener, asyncio.Event())
        asyncio.run(one.run(LocalQueue(self.clock)))
        return {outcome.source: outcome for outcome in (*skipped, *one.outcomes)}

    def visits(self, times: int, *, every: float) -> list[Outcome]:
        """Refresh everything so many times, so many seconds apart; return what came of source `a`."""
        found = []
        for _ in range(times):
            found.append(self.refresh()["a"])
            self.clock.advance(every)
        return found


@pytest.fixture
def life(tmp_path):
    return Life(tmp_path)


@pytest.fixture
def site():
    with LoopbackSite() as one:
        yield one


@pytest.fixture
def other():
    with LoopbackSite("127.0.0.2") as one:
        yield one


def kind(outcome: Outcome) -> str:
    return outcome.error.kind if outcome.error else ""


def last(site: LoopbackSite) -> Visit:
    return site.requests[-1]


def wait(outcome: Outcome, life: Life) -> float:
    assert outcome.next_at
    return (outcome.next_at - life.clock.now()).total_seconds()


def test_servers_learn_who_we_are(life: Life, site: LoopbackSite) -> None:
    """The User-Agent carries a URL where people find us."""
    life.add("a", site.page("/a", rss("1")))
    life.refresh()
    assert last(site).headers["user-agent"] == "tagwire/0 (+https://wire.example/)"
    assert "cookie" not in last(site).headers
    assert "referer" not in last(site).headers


def test_an_unchanged_feed_costs_a_304(life: Life, site: LoopbackSite) -> None:
    """Validators are echoed; parts are welcome."""
    life.add("a", site.page("/a", rss("1"), etag='"v1"', last_modified="Mon, 02 Mar 2026 08:00:00 GMT"))
    life.visits(2, every=HOUR)
    assert last(site).status == 304
    assert last(site).headers["if-none-match"] == '"v1"'
    assert last(site).headers["if-modified-since"] == "Mon, 02 Mar 2026 08:00:00 GMT"
    assert last(site).headers["a-im"] == "feed"


def test_a_first_visit_is_unconditional_and_asks_for_no_part(life: Life, site: LoopbackSite) -> None:
    """A part needs something that it is a part of."""
    life.add("a", site.page("/a", rss("1")))
    life.refresh()
    assert not {"if-none-match", "if-modified-since", "a-im"} & last(site).headers.keys()


def test_a_part_is_news_and_not_the_whole(life: Life, site: LoopbackSite) -> None:
    """226: what is absent has not vanished; the ETag advances, the digest of the whole is not the part's."""
    life.add("a", site.page("/a", rss("1", "2"), etag='"v1"'))
    life.refresh()
    site.page("/a", rss("3"), status=226, headers={"ETag": '"v2"', "IM": "feed"})
    assert life.refresh()["a"].new == 1
    assert len(life.store.items()) == 3
    assert (life.state().etag, life.state().digest) == ('"v2"', "")
    again = life.refresh()["a"]
    assert (again.result, again.new) == ("ok", 0), "the same part again is no whole that did not change"
    site.page("/a", rss("3"), etag='"v3"')
    assert life.refresh()["a"].result == "ok", "the whole is read, though its bytes are those of the part"


@pytest.mark.parametrize("headers", [{"IM": "vcdiff"}, {"IM": "feed, gzip"}])
def test_a_part_that_was_not_asked_for_is_an_error(life: Life, site: LoopbackSite, headers: dict[str, str]) -> None:
    """Nothing is made of it; nor of any 226 to a request without conditions."""
    site.page("/a", rss("1"), status=226)
    life.add("a", site.url("/a"))
    assert kind(life.refresh()["a"]) == "http-status"
    site.page("/a", rss("1"), etag='"v1"')
    life.refresh()
    site.page("/a", rss("2"), status=226, headers=headers)
    assert kind(life.refresh()["a"]) == "http-status"
    assert life.state().etag == '"v1"'


def test_a_frozen_etag_is_distrusted_once_a_day(life: Life, site: LoopbackSite) -> None:
    """What stood behind the same ETag is found a day later, by one unconditional request; not by more."""
    life.add("a", site.page("/a", rss("1"), etag='"frozen"'))
    life.refresh()
    site.page("/a", rss("1", "2"), etag='"frozen"')
    outcomes = life.visits(30, every=HOUR)
    assert [number for number, one in enumerate(outcomes) if one.new] == [24]
    plain = [visit for visit in site.requests if "if-none-match" not in visit.headers]
    assert len(plain) == 2
    life.visits(48, every=HOUR)
    plain = [visit for visit in site.requests if "if-none-match" not in visit.headers]
    assert len(plain) == 4, "the same document again is fine, and begins another day of trust"


def test_304_to_an_unconditional_request_is_an_error(life: Life, site: LoopbackSite) -> None:
    """A server that always says so has no document for us."""
    life.add("a", site.page("/a", status=304))
    outcome = life.refresh()["a"]
    assert outcome.error
    assert (outcome.error.kind, "without conditions" in outcome.error.message) == ("http-status", True)


def test_an_etag_advances_only_with_a_complete_document(life: Life, site: LoopbackSite) -> None:
    """Half a document keeps the validators of the last whole one."""
    life.add("a", site.page("/a", rss("1"), etag='"whole"'))
    life.refresh()
    site.page("/a", rss("1", "2")[:-30], etag='"half"')
    assert kind(life.refresh()["a"]) == "truncated"
    assert life.state().etag == '"whole"'


@pytest.mark.parametrize(
    ("headers", "head", "wait_for"),
    [
        ({"Cache-Control": "max-age=14400"}, "", 4 * HOUR),
        ({"Cache-Control": "max-age=14400", "Age": "3600"}, "", 3 * HOUR),
        ({"Expires": "Fri, 01 Jan 2100 00:00:00 GMT"}, "", DAY),
        ({}, "<ttl>240</ttl>", 4 * HOUR),
        ({}, "<skipHours><hour>14</hour><hour>13</hour><hour>15</hour><hour>12</hour></skipHours>", 4 * HOUR),
        ({}, "<skipDays><day>Monday</day></skipDays>", 12 * HOUR),
        ({}, "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 6 * HOUR),
        ({}, "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateBase>2000-01-01T20:00Z</sy:updateBase>", 8 * HOUR),
    ],
)
def test_what_server_and_feed_say_is_obeyed(
    life: Life, site: LoopbackSite, headers: dict[str, str], head: str, wait_for: float
) -> None:
    """Cache-Control, Age, Expires, ttl, skipHours, skipDays, updatePeriod, updateFrequency, updateBase."""
    dated = "".join(
        f"<item><title>{n}</title><pubDate>Mon, 02 Mar 2026 11:{n}:00 GMT</pubDate></item>" for n in range(10, 40)
    )
    body = rss(head=head).replace("<rss", "<rss xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'")
    life.add("a", site.page("/a", body.replace("</channel>", dated + "</channel>"), headers=headers))
    assert wait(life.refresh()["a"], life) == wait_for
    life.clock.advance(1)
    assert life.refresh(due=True) == {}


@pytest.mark.parametrize("said", ["", "-5", "Mon, 02 Mar 2020 15:00:00 GMT"])
def test_a_retry_after_that_has_passed_does_not_shorten_the_wait(life: Life, site: LoopbackSite, said: str) -> None:
    life.add("a", site.page("/a", status=503, headers={"Retry-After": said} if said else {}))
    first = life.refresh()["a"]
    assert (kind(first), wait(first, life)) == ("http-status", HOUR / 2)


class Slow(LoopbackSite):
    """A server whose answers take twelve seconds and a half of a life's time."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life

    def answer(self, path: str, headers: Mapping[str, str], body: bytes = b"") -> Page:
        self._life.clock.advance(12.5)
        return super().answer(path, headers, body)


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("3600", datetime(2026, 3, 2, 13, 0, 13, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 15:00:00 GMT", datetime(2026, 3, 2, 15, tzinfo=UTC)),
    ],
)
def test_retry_after_counts_from_the_answer_of_a_slow_server(life: Life, said: str, until: datetime) -> None:
    """And is never cut short, though an index keeps whole seconds."""
    with Slow(life) as site:
        life.add("a", site.page("/a", status=503, headers={"Retry-After": said}))
        assert life.refresh()["a"].retry_at == until


@pytest.mark.parametrize(
    ("status", "said", "wait_for"),
    [
        (429, "7200", 2 * HOUR),
        (503, "Mon, 02 Mar 2026 15:00:00 GMT", 3 * HOUR),
        (429, "99999999999999", 7 * DAY),
        (429, "-5", 4 * HOUR),
        (429, "Mon, 02 Mar 2020 15:00:00 GMT", 4 * HOUR),
        (429, "soon", 4 * HOUR),
    ],
)
def test_retry_after_is_obeyed(life: Life, site: LoopbackSite, status: int, said: str, wait_for: float) -> None:
    """Seconds, dates, absurd, past, unreadable; a refresh by hand waits as well, and asks when the time has come."""
    life.add("a", site.page("/a", status=status, headers={"Retry-After": said}))
    first = life.refresh()["a"]
    assert (kind(first), wait(first, life)) == ("rate-limited", wait_for)
    if wait_for == 4 * HOUR:  # nothing said that could hold
        return
    life.clock.advance(wait_for - 1)
    assert life.refresh("a")["a"].result == "skipped"
    life.clock.advance(1)
    assert life.refresh("a")["a"].result == "failed"
    assert site.visits("/a") == 2


def test_a_host_that_slows_down_two_feeds_slows_down_all(life: Life, site: LoopbackSite, other: LoopbackSite) -> None:
    """Within the round and afterwards; other hosts go on; nobody is blamed."""
    for name in "abcde":
        life.add(name, site.page(f"/{name}", rss(name)))
    for name, seconds in (("b", 3600), ("c", 7200)):
        site.page(f"/{name}", status=429, headers={"Retry-After": str(seconds)})
    life.add("z", other.page("/z", rss("z")))
    told = life.refresh()
    assert [told[name].result for name in "abcdez"] == ["ok", "failed", "failed", "skipped", "skipped", "ok"]
    assert told["d"].failures == 0
    assert life.state("d").next_at == life.state("c").retry_at
    life.add("f", site.page("/f", rss("f")))
    asked = len(site.requests)
    life.clock.advance(10 * MINUTE)
    told = life.refresh()
    assert [told[name].result for name in "abcdefz"] == ["skipped"] * 6 + ["not_modified"]
    assert told["f"].next_at == life.state("f").next_at == life.state("c").retry_at
    assert len(site.requests) == asked
    assert life.refresh("f", due=True) == {}, "it is not due before"
    for name in "bc":
        site.page(f"/{name}", rss(name))
    life.clock.advance(2 * HOUR)
    assert {outcome.result for outcome in life.refresh().values()} <= {"ok", "not_modified"}


def test_a_source_waits_with_the_host_that_it_moved_to(life: Life, site: LoopbackSite, other: LoopbackSite) -> None:
    """Hosts are those that are asked, not those that are configured."""
    new = other.page("/new", rss("1"))
    life.add("a", site.page("/old", status=301, headers={"Location": new}))
    life.visits(5, every=12 * HOUR)
    for name in "xy":
        life.add(name, other.page(f"/{name}", status=503, headers={"Retry-After": "3600"}))
    life.refresh("x", "y")
    assert life.refresh("a")["a"].result == "skipped"


def test_one_slow_feed_slows_down_itself_only(life: Life, site: LoopbackSite) -> None:
    """Some servers limit by URL."""
    life.add("a", site.page("/a", status=429, headers={"Retry-After": "3600"}))
    life.add("b", site.page("/b", rss("b")))
    told = life.refresh()
    assert (told["a"].result, told["b"].result) == ("failed", "ok")


def test_one_request_at_a_time_with_a_gap(life: Life, site: LoopbackSite) -> None:
    """A second between two requests to one host."""
    for name in "abc":
        life.add(name, site.page(f"/{name}", rss(name)))
    life.refresh()
    assert life.clock.slept == [1.0, 1.0]


def test_a_permanent_redirect_is_adopted_after_days(life: Life, site: LoopbackSite, other: LoopbackSite) -> None:
    """Until then both are asked; from then on only the new one, with its own gap, and nothing is lost."""
    new = other.page("/new", rss("1"))
    life.add("a", site.page("/old", status=301, headers={"Location": new}))
    outcomes = life.visits(5, every=12 * HOUR)
    assert all(one.error is None for one in outcomes)
    assert f'set url = "{new}"' in outcomes[-1].note
    assert life.state().adopted == new
    asked = site.visits("/old")
    other.page("/new", rss("1", "2"))
    assert life.refresh()["a"].new == 1
    assert (site.visits("/old"), last(other).status) == (asked, 200)


def test_a_permanent_redirect_onto_another_source_is_followed_but_not_adopted(life: Life, site: LoopbackSite) -> None:
    """Else one of two sources would silently become the other."""
    life.add("b", site.page("/b", rss("1")))
    life.add("a", site.page("/a", status=308, headers={"Location": "/b"}))
    life.visits(8, every=12 * HOUR)
    assert (life.state().adopted, life.state().moved_count) == ("", 8)


def test_a_temporary_redirect_is_never_adopted(life: Life, site: LoopbackSite) -> None:
    """302, 303 and 307 say so."""
    site.page("/new", rss("1"))
    life.add("a", site.page("/a", status=302, headers={"Location": "/new"}))
    life.visits(8, every=DAY)
    assert site.visits("/a") == 8


def test_what_is_meant_for_one_host_does_not_move_with_the_source(
    life: Life, site: LoopbackSite, other: LoopbackSite
) -> None:
    """Neither password nor configured headers reach the host that a redirect, once adopted, points to."""
    new = other.page("/new", rss("1"))
    url = site.page("/old", status=301, headers={"Location": new}).replace("//", "//user:word@")
    life.add("a", url, headers=(("X-Api-Key", "s3cret"),))
    life.visits(6, every=12 * HOUR)
    assert life.state().adopted == new
    assert {visit.headers.get("x-api-key") for visit in site.requests} == {"s3cret"}
    assert all(not {"x-api-key", "authorization"} & visit.headers.keys() for visit in other.requests)


def test_an_adopted_url_on_the_same_host_keeps_the_headers(life: Life, site: LoopbackSite) -> None:
    """They are meant for this host."""
    new = site.page("/new", rss("1"))
    life.add("a", site.page("/old", status=301, headers={"Location": "/new"}), headers=(("X-Api-Key", "s3cret"),))
    life.visits(6, every=12 * HOUR)
    assert life.state().adopted == new
    assert last(site).path == "/new"
    assert last(site).headers["x-api-key"] == "s3cret"


def test_a_source_that_is_gone_retires_with_notice_and_can_be_revived(life: Life, site: LoopbackSite) -> None:
    """410 over two days; its items stay; `tagwire resume` asks again."""
    life.add("a", site.page("/a", rss("1")))
    life.refresh()
    site.page("/a", "gone", status=410)
    outcomes = life.visits(3, every=25 * HOUR)
    assert "tagwire resume a" in outcomes[-1].note
    asked = site.visits("/a")
    assert life.refresh(due=True) == {}
    assert "retired" in life.refresh("a")["a"].note
    assert site.visits("/a") == asked
    assert len(life.store.items()) == 1
    site.page("/a", rss("1", "2"))
    assert burdened(life.states(), ["a", "b"]) == ["a"]
    revive(life.store, ["a"], life.clock.now())
    assert life.refresh(due=True)["a"].new == 1


@pytest.mark.parametrize(("status", "waits"), [(403, (4, 8, 16, 24)), (500, (0.5, 0.5, 1, 2)), (404, (0.5, 0.5, 1, 2))])
def test_refusals_and_breakdowns_back_off(
    life: Life, site: LoopbackSite, status: int, waits: tuple[float, ...]
) -> None:
    """Who refuses us is left alone for longer than who breaks down."""
    life.add("a", site.page("/a", status=status))
    for hours in waits:
        assert wait(life.refresh()["a"], life) == hours * HOUR
        life.clock.advance(hours * HOUR)


def test_no_network_is_nobodys_failure(life: Life, site: LoopbackSite) -> None:
    """No host answers, again and again: no count rises; when one answers, those that do not are counted."""
    life.add("a", "http://127.0.0.3:9/feed")
    life.add("b", "http://127.0.0.4:9/feed")
    for _ in range(4):
        told = life.refresh()
        assert [(kind(told[name]), told[name].failures) for name in "ab"] == [("connect", 0)] * 2
        assert wait(told["a"], life) == 15 * MINUTE
        life.clock.advance(15 * MINUTE)
    assert life.state("a").failing_since is None
    life.add("c", site.page("/c", rss("1")))
    told = life.refresh()
    assert [told[name].failures for name in "abc"] == [1, 1, 0]
    assert life.state("a").failing_since == life.clock.now()
    assert [outcome.source for outcome in life.told].count("c") == 1


def test_no_network_is_nobodys_failure_of_pages_either(life: Life, site: LoopbackSite) -> None:
    """Their robots.txt cannot be had; when the network is back that forbids nothing, at once."""
    rules = Declaration(kind="html", each="li", fields=(("title", "a"), ("link", "a@href")))
    for name, address in (("a", "127.0.0.3"), ("b", "127.0.0.4")):
        life.add(name, f"http://{address}:9/list", kind="html", items=rules)
    for _ in range(3):
        told = life.refresh()
        assert [(kind(told[name]), told[name].failures) for name in "ab"] == [("connect", 0)] * 2
        life.clock.advance(15 * MINUTE)
    site.page("/list", "<ul><li><a href='/1'>One</a></ul>", media_type="text/html")
    life.add("c", site.url("/list"), kind="html", items=rules)
    told = life.refresh()
    assert (told["c"].result, told["a"].failures, kind(told["a"])) == ("ok", 1, "connect")


def test_a_page_that_was_not_asked_for_says_nothing_about_the_network(life: Life) -> None:
    """A URL that cannot be requested is its own failure, and no answer of anybody."""
    life.add("a", "http://127.0.0.3:9/feed")
    life.add("b", "http://127.0.0.4:9/feed")
    life.add("bad", "http://127.0.0.5/\x01feed")
    for _ in range(2):
        told = life.refresh()
        assert kind(told["bad"]) == "bad-url"
        assert [told[name].failures for name in ("a", "b")] == [0, 0]
        life.clock.advance(15 * MINUTE)
    assert told["bad"].failures == 2


def test_a_dead_proxy_is_nobodys_failure(life: Life) -> None:
    """Not even where there is one source only; it is asked again before long."""
    life.proxy = "http://127.0.0.1:9"
    life.add("a", "http://127.0.0.3:9/feed")
    for _ in range(4):
        told = life.refresh()["a"]
        assert (kind(told), told.failures, wait(told, life)) == ("proxy", 0, 15 * MINUTE)
        assert [reason.why for reason in life.state().reasons] == ["the proxy failed"]
        life.clock.advance(15 * MINUTE)
    assert life.state().failing_since is None


def test_a_dead_proxy_is_tried_again_before_long_whatever_the_source_did_before(life: Life) -> None:
    """Three failures of its own stay what they were, and say nothing about the proxy."""
    life.add("a", "http://127.0.0.3:9/feed")
    for _ in range(3):
        told = life.refresh()["a"]
    assert (kind(told), told.failures) == ("connect", 3)
    life.proxy = "http://127.0.0.1:9"
    told = life.refresh()["a"]
    assert (kind(told), told.failures, wait(told, life)) == ("proxy", 3, 15 * MINUTE)


def test_a_long_silence_of_all_hosts_is_told_while_it_lasts(life: Life) -> None:
    """Who watches a round sees that it moves: after a minute without any answer the verdict is spoken."""
    for name in "abcdef":
        life.add(name, f"http://127.0.0.3:9/{name}")
    life.add("z", "http://127.0.0.4:9/z")
    told_at: list[float] = []
    life.listener = lambda _: told_at.append(life.clock.monotonic())
    told = life.refresh(gap=25.0)
    assert [told[name].failures for name in "abcdefz"] == [0] * 7
    assert told_at[0] < told_at[-1]


def test_one_dead_host_is_a_failure_of_its_own(life: Life, tmp_path: Path) -> None:
    """A site with one source cannot tell, and counts; folders say nothing about the network."""
    (tmp_path / "seeds").mkdir()
    life.add("a", "http://127.0.0.3:9/feed")
    life.sources.append(Source(id="f", kind="folder", path=str(tmp_path / "seeds")))
    assert life.refresh()["a"].failures == 1


def test_an_edited_url_is_due_at_once_and_asked_without_conditions(life: Life, site: LoopbackSite) -> None:
    """Whatever was learned about the old one."""
    life.add("a", site.page("/a", status=503, headers={"Retry-After": "86400"}))
    life.refresh()
    life.sources[0] = replace(life.sources[0], url=site.page("/b", rss("1")))
    assert life.refresh(due=True)["a"].new == 1
    assert "if-none-match" not in last(site).headers


def test_the_next_visit_comes_when_it_was_planned(life: Life, site: LoopbackSite) -> None:
    """Not before, and not much after."""
    life.add("a", site.page("/a", rss("1")))
    planned = wait(life.refresh()["a"], life)
    life.clock.advance(planned - 1)
    assert life.refresh(due=True) == {}
    life.clock.advance(1)
    assert life.refresh(due=True)["a"].result == "not_modified"
    assert life.state().fetched_at == NOW + timedelta(seconds=planned)
