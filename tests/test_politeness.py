"""How we behave towards servers, on a simulated clock and real HTTP: each rule a named case.

What is decided is tested rule by rule in `tests/steps`; here stands what servers see of it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aggregator.agenda import Agenda
from aggregator.errors import Busy
from aggregator.fetchers import open_fetchers
from aggregator.model import Declaration, FetchState, NotModified, Outcome, Response, Source
from aggregator.operations.revive import burdened, revive
from aggregator.ports import Fetcher
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
        self.proxy, self.timeout, self.concurrency = "", 5.0, 50
        self.fetchers: list[Fetcher] = []
        self.stop = asyncio.Event()
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
            http=Http(
                timeout=self.timeout,
                concurrency=self.concurrency,
                allow_private_networks=True,
                per_host_delay=gap,
                proxy=self.proxy,
            ),
        )
        http, contact = settings.http, "https://wire.example/"
        self.stop = asyncio.Event()
        house = House(
            settings=settings,
            store=self.store,
            tree=self.tree,
            clock=self.clock,
            workers=InlineWorkers(),
            fetchers=self.fetchers or open_fetchers(http, version="0", contact=contact, clock=self.clock),
            hosts={source.id: host(source.url) for source in self.sources},
        )
        chosen, skipped = select_due(self.states(), ids, due=due, now=self.clock.now())
        one = Round(house, Agenda(house, chosen, "due" if due else "now"), self.listener, self.stop)
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


class Counting(LoopbackSite):
    """A server that counts how many requests it has at a time, each of which takes a moment, and `until` then."""

    def __init__(self, host: str, takes: float = 0.0) -> None:
        super().__init__(host)
        self.now = self.most = 0
        self.until = threading.Event()
        self.until.set()
        self._takes = takes
        self._lock = threading.Lock()

    def answer(self, path: str, headers: Mapping[str, str], body: bytes = b"") -> Page:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self._takes)
        self.until.wait(9.0)
        with self._lock:
            self.now -= 1
        return super().answer(path, headers, body)


@pytest.fixture
def crossroads(life: Life) -> Iterator[Callable[..., Counting]]:
    """Build a server to which sources on hosts of their own are redirected; their names are `a` to `e`."""
    with ExitStack() as stack:

        def build(takes: float = 0.0, **page: Any) -> Counting:
            there = stack.enter_context(Counting("127.0.0.9", takes))
            for number, name in enumerate("abcde", 2):
                here = stack.enter_context(LoopbackSite(f"127.0.0.{number}"))
                target = there.page(f"/{name}", rss(name) if "status" not in page else "", **page)
                life.add(name, here.page(f"/{name}", status=302, headers={"Location": target}))
            return there

        yield build


def test_whom_redirects_lead_to_is_asked_one_at_a_time_with_a_gap(
    life: Life, crossroads: Callable[..., Counting]
) -> None:
    """Whichever hosts they come from, and whoever else is asked there."""
    there = crossroads(takes=0.01)
    life.add("own", there.page("/own", rss("own")))
    assert {one.result for one in life.refresh(gap=2.0).values()} == {"ok"}
    assert (len(there.requests), there.most) == (6, 1)
    assert set(life.clock.slept) == {2.0}
    assert len(life.clock.slept) >= 5


class Bell(LoopbackSite):
    """A server that rings when it is asked."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.rung = threading.Event()

    def answer(self, path: str, headers: Mapping[str, str], body: bytes = b"") -> Page:
        self.rung.set()
        return super().answer(path, headers, body)


def test_who_finds_a_host_busy_keeps_no_place_from_others(life: Life, crossroads: Callable[..., Counting]) -> None:
    """With two places, five who are led to one host leave one for the others, and are all asked in the end."""
    there = crossroads()
    with Bell("127.0.0.10") as good:
        there.until = good.rung
        life.add("good", good.page("/good", rss("good")))
        life.concurrency = 2
        assert {one.result for one in life.refresh(gap=0.0).values()} == {"ok"}
    assert there.most == 1
    assert all(state.reasons[0].rule != "busy" for state in life.store.states().values())


def test_a_gap_lies_before_a_redirect_to_the_same_host(life: Life, site: LoopbackSite) -> None:
    """That is a request like any other; its answer has the whole deadline all the same."""
    site.page("/new", rss("1"))
    life.add("a", site.page("/a", status=302, headers={"Location": "/new"}))
    assert life.refresh(gap=30.0)["a"].result == "ok"
    assert life.clock.slept == [30.0]


def test_waiting_for_a_turn_is_no_time_of_a_source(life: Life, crossroads: Callable[..., Counting]) -> None:
    """The deadline is for servers: that the others take most of it for themselves leaves each its own."""
    life.timeout = 1.5
    crossroads(takes=0.4)
    assert {one.result for one in life.refresh(gap=0.0).values()} == {"ok"}


class Crowded:
    """A fetcher that finds others being asked wherever it comes; so many requests later everything is to stop."""

    def __init__(self, life: Life, after: int) -> None:
        self.asked: list[str] = []
        self._life, self._after = life, after

    def accepts(self, source: Source) -> bool:
        return bool(source.url)

    async def fetch(self, source: Source, state: FetchState) -> Response | NotModified:
        self.asked.append(source.id)
        if len(self.asked) == self._after:
            self._life.stop.set()
        raise Busy("others are being asked", url=f"https://there.example/{state.source}")

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize(("stop", "asked"), [(9, ["a", "b", "a", "b"]), (2, ["a", "b"])])
def test_who_finds_a_host_busy_twice_comes_another_time(life: Life, stop: int, asked: list[str]) -> None:
    """Unblamed, and told as such; so is who still waits to come back when everything stops."""
    for name in "ab":
        life.add(name, f"https://{name}.example/feed")
    crowd = Crowded(life, stop)
    life.fetchers = [crowd]
    told = life.refresh()
    assert crowd.asked == asked
    assert sorted(told) == ["a", "b"]
    assert len(life.told) == 2
    for one in told.values():
        assert (one.result, one.note) == ("skipped", "others are being asked")
        assert (one.failures, one.error, wait(one, life)) == (0, None, 15 * MINUTE)
        assert [reason.rule for reason in life.state(one.source).reasons] == ["busy"]


def test_retry_after_is_the_word_of_the_host_that_said_it(life: Life, crossroads: Callable[..., Counting]) -> None:
    """Not of the one that redirected there, whose other sources go on; those of the other one wait."""
    there = crossroads(status=503, headers={"Retry-After": "3600"})
    life.add("own", there.page("/own", rss("own")))
    beside = LoopbackSite("127.0.0.2")
    with beside:
        life.add("beside", beside.page("/beside", rss("beside")))
        told = life.refresh("a", "b", "beside")
        assert [told[name].result for name in ("a", "b", "beside")] == ["failed", "failed", "ok"]
        asked = len(there.requests)
        told = life.refresh("own", "beside")
    assert (told["own"].result, told["beside"].result) == ("skipped", "not_modified")
    assert told["own"].next_at == max(life.state(name).retry_at or NOW for name in "ab")
    assert len(there.requests) == asked


def test_validators_are_of_the_url_that_gave_them(life: Life, site: LoopbackSite, other: LoopbackSite) -> None:
    """A feed that moves to a server with an older date is read at once, and its own validators serve from then on."""
    life.add("a", site.page("/a", rss("1"), etag=False, last_modified="Sun, 01 Mar 2026 10:00:00 GMT"))
    life.refresh()
    new = other.page("/new", rss("1", "2"), etag=False, last_modified="Sat, 28 Feb 2026 10:00:00 GMT")
    site.page("/a", status=301, headers={"Location": new})
    assert life.refresh()["a"].new == 1
    assert "if-modified-since" not in last(other).headers
    assert life.refresh()["a"].result == "not_modified"
    assert last(other).headers["if-modified-since"] == "Sat, 28 Feb 2026 10:00:00 GMT"
    assert "if-modified-since" not in last(site).headers


def test_two_sources_never_adopt_one_url(life: Life, site: LoopbackSite, other: LoopbackSite) -> None:
    """Nor does one that was adopted meanwhile become two."""
    new = other.page("/new", rss("1"))
    for name in "ab":
        life.add(name, site.page(f"/{name}", status=301, headers={"Location": new}))
    life.visits(6, every=12 * HOUR)
    assert (life.state("a").adopted, life.state("b").adopted) == (new, "")
    assert site.visits("/b") >= 6  # it may come twice, where the other one is just being asked


PAGE = "<html><body><ul><li><a href='/1'>One</a></li></ul></body></html>"


def declared(life: Life, url: str) -> None:
    life.add("a", url, kind="html", items=Declaration(kind="html", each="li", fields=()))


def test_robots_txt_is_asked_for_the_page_that_a_redirect_leads_to(
    life: Life, site: LoopbackSite, other: LoopbackSite
) -> None:
    """On the same host and on another one."""
    site.page("/robots.txt", "User-agent: *\nDisallow: /secret", media_type="text/plain")
    site.page("/secret", PAGE, media_type="text/html")
    declared(life, site.page("/go", status=302, headers={"Location": "/secret"}))
    assert kind(life.refresh()["a"]) == "robots"
    assert site.visits("/secret") == 0
    other.page("/robots.txt", "User-agent: *\nDisallow: /", media_type="text/plain")
    site.page("/go", status=302, headers={"Location": other.page("/list", PAGE, media_type="text/html")})
    assert kind(life.refresh()["a"]) == "robots"
    assert [visit.path for visit in other.requests] == ["/robots.txt"]


def test_retry_after_of_robots_txt_is_obeyed(life: Life, site: LoopbackSite) -> None:
    """Neither it nor the page is asked for before."""
    site.page("/robots.txt", status=503, headers={"Retry-After": "7200"})
    declared(life, site.page("/list", PAGE, media_type="text/html"))
    told = life.refresh()["a"]
    assert (kind(told), told.retry_at) == ("robots", NOW + timedelta(hours=2))
    life.clock.advance(2 * HOUR - 1)
    assert life.refresh()["a"].result == "skipped"
    assert [visit.path for visit in site.requests] == ["/robots.txt"]


def test_age_is_about_one_answer(life: Life, site: LoopbackSite) -> None:
    """RFC 9111 §4.2.3: a copy that a cache has had for long says nothing of the answers to come."""
    long = {"Cache-Control": "max-age=36000"}
    life.add("a", site.page("/a", rss("1"), headers={**long, "Age": "7200"}))
    assert wait(life.refresh()["a"], life) == 8 * HOUR
    site.page("/a", rss("1"), headers={})
    assert wait(life.refresh()["a"], life) == 10 * HOUR
    site.page("/a", rss("1"), headers={"Age": "3600"})
    assert wait(life.refresh()["a"], life) == 9 * HOUR


def test_a_part_leaves_in_force_what_the_whole_said(life: Life, site: LoopbackSite) -> None:
    """It need not repeat the channel's ttl or skipHours; what it does say counts."""
    head = "<ttl>600</ttl><skipDays><day>Sunday</day></skipDays>"
    life.add("a", site.page("/a", rss("1", head=head), etag='"v1"', headers={"Cache-Control": "max-age=60"}))
    assert wait(life.refresh()["a"], life) == 10 * HOUR
    site.page("/a", rss("2"), status=226, headers={"ETag": '"v2"', "IM": "feed"})
    assert wait(life.refresh()["a"], life) == 10 * HOUR
    site.page("/a", rss("3", head="<ttl>900</ttl>"), status=226, headers={"ETag": '"v3"', "IM": "feed"})
    assert wait(life.refresh()["a"], life) == 15 * HOUR
    hints = life.state().hints
    assert (hints.max_age, hints.skip_days) == (60, ("Sunday",))


def test_a_label_that_is_corrected_is_news_though_the_bytes_are_the_same(life: Life, site: LoopbackSite) -> None:
    """Else what was read under the wrong one would stay until the document changes."""
    body = rss("Ελλάδα").replace("<?xml version='1.0'?>", "").encode("windows-1253")
    life.add("a", site.page("/a", body, media_type="text/xml; charset=windows-1252", etag=False))
    life.refresh()
    assert life.store.items()[0].title != "Ελλάδα"
    site.page("/a", body, media_type="text/xml; charset=windows-1253", etag=False)
    assert life.refresh()["a"].result == "ok"
    assert "Ελλάδα" in {one.title for one in life.store.items()}
    assert life.refresh()["a"].result == "not_modified"


def test_a_feed_that_lost_entries_is_told_and_read_again(life: Life, site: LoopbackSite) -> None:
    """To CDATA that never ends: what came before is kept, no validator is, and the same bytes are no 304 of ours."""
    life.add("a", site.page("/a", rss("1"), etag='"whole"'))
    life.refresh()
    damaged = rss("1", "2", "3").replace("Text 3", "<![CDATA[Text 3")
    site.page("/a", damaged, etag='"half"')
    for new in (1, 0):
        told, state = life.refresh()["a"], life.state()
        assert (told.result, told.new, told.error, told.failures) == ("ok", new, None, 0)
        assert (state.etag, state.last_modified, state.digest, state.failures) == ("", "", "", 0)
        assert told.problems == state.problems
        assert [one.message.partition(" that ")[0] for one in state.problems] == ["the CDATA section"]
    assert not {"if-none-match", "if-modified-since"} & set(last(site).headers)
    site.page("/a", rss("1", "2", "3"), etag='"half"')
    assert life.refresh()["a"].new == 1
    assert (life.state().etag, life.state().problems) == ('"half"', ())


def test_a_feed_that_is_damaged_for_good_is_asked_as_often_as_a_whole_one(life: Life, site: LoopbackSite) -> None:
    """Each visit brings what is readable of the news: backing off would lose it."""
    for name in ("whole", "torn"):
        life.add(name, site.page(f"/{name}", rss("1")))
    waits = dict[str, list[float]](whole=[], torn=[])
    for number in range(2, 7):
        life.clock.advance(HOUR)
        site.page("/whole", rss(*map(str, range(1, number))))
        site.page("/torn", rss(*map(str, range(1, number))).replace("Text 1", "Text 1 <title>"))
        life.refresh(gap=0.0)
        for name, state in life.store.states().items():
            assert state.next_at
            waits[name].append((state.next_at - life.clock.now()).total_seconds())
    assert waits["torn"] == pytest.approx(waits["whole"], abs=1)
    assert life.state("torn").troubled == 1


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
