"""Entries completed from pages of their own, over real HTTP on loopback: what is fetched, what waits, what is told."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aggregator import completing
from aggregator.agenda import Agenda
from aggregator.errors import Busy
from aggregator.fetchers import open_fetchers
from aggregator.model import Declaration, Detail, FetchState, NotModified, Outcome, Response, Source
from aggregator.queues.local import LocalQueue
from aggregator.refresh import House
from aggregator.rounds import Round
from aggregator.settings import Http, Settings
from aggregator.steps.urls import host
from aggregator.steps.visits import blame, interval
from aggregator.stores.memory import MemoryStore
from aggregator.testing import FakeClock, InlineWorkers, LoopbackSite
from aggregator.tree import ItemTree

FIELDS = (("id", "id"), ("title", "title"), ("link", "link"), ("summary", "teaser"))
PAGE = Detail(page=Declaration(kind="html", fields=(("content", ".text"),), skip=(".paid",), key="items.detail"))
GAP = 2.0


class Crowded:
    """A server of one page, at which it is always somebody else's turn."""

    def __init__(self, url: str) -> None:
        self._url = url

    def accepts(self, source: Source) -> bool:
        return source.url == self._url

    async def fetch(self, source: Source, state: FetchState) -> Response | NotModified:
        raise Busy("others have been asking it", url=source.url)

    async def aclose(self) -> None:
        """Nothing is open."""


class Town:
    """A house over one directory and one loopback site with a JSON list and pages of its entries."""

    def __init__(self, root: Path, site: LoopbackSite) -> None:
        self.site = site
        self.store = MemoryStore()
        self.clock = FakeClock(datetime(2025, 3, 3, 12, 0, tzinfo=UTC))
        self.tree = ItemTree(root / "items", "{key}.md", ZoneInfo("Asia/Shanghai"))
        self.source = Source(
            id="news",
            kind="json",
            url=site.url("/list"),
            items=Declaration(kind="json", each="data", fields=FIELDS),
            detail=PAGE,
        )
        self.stop = asyncio.Event()  # of the round that runs, or ran last
        self.crowded = ""

    def listed(self, *numbers: int, **more: Any) -> None:
        entries = [
            {"id": n, "title": f"Title {n}", "link": self.site.url(f"/{n}"), "teaser": f"Teaser {n}"} for n in numbers
        ]
        self.site.page("/list", json.dumps({"data": entries, **more}), media_type="application/json")

    def page(self, *numbers: int, text: str = "Whole text of {0}") -> None:
        for n in numbers:
            body = f"<html><body><div class=text>{text.format(n)}</div></body></html>"
            self.site.page(f"/{n}", body, media_type="text/html")

    def broken(self, *numbers: int, status: int = 503) -> None:
        for n in numbers:
            self.site.page(f"/{n}", "", status=status)

    def refresh(self, *sources: Source) -> Outcome:
        http = Http(timeout=5, allow_private_networks=True, per_host_delay=GAP)
        sources = sources or (self.source,)
        settings = Settings(root="/", sources=sources, http=http)
        house = House(
            settings=settings, store=self.store, tree=self.tree, clock=self.clock, workers=InlineWorkers(),
            fetchers=(Crowded(self.crowded), *open_fetchers(http, version="0", contact="", clock=self.clock)),
            hosts={source.id: host(source.url) for source in sources},
        )  # fmt: skip
        told: list[Outcome] = []
        self.stop = asyncio.Event()
        asyncio.run(Round(house, Agenda(house, sources, "now"), told.append, self.stop).run(LocalQueue(self.clock)))
        return told[0]

    def texts(self) -> dict[str, str]:
        return {record.title: record.summary for record in self.store.items()}

    def asked(self) -> list[str]:
        paths = [visit.path for visit in self.site.requests]
        self.site.requests.clear()
        return paths


@pytest.fixture
def town(tmp_path: Path):
    with LoopbackSite() as site:
        yield Town(tmp_path, site)


def test_new_entries_get_their_text_from_their_pages(town: Town) -> None:
    town.listed(1, 2)
    town.page(1, 2)
    outcome = town.refresh()
    assert (outcome.result, outcome.new, outcome.problems, outcome.note) == ("ok", 2, (), "")
    assert town.texts() == {"Title 1": "Whole text of 1", "Title 2": "Whole text of 2"}
    assert town.asked() == ["/list", "/robots.txt", "/1", "/2"]


def test_known_entries_cost_no_request_and_stay_as_they_are(town: Town) -> None:
    town.listed(1)
    town.page(1, 2)
    town.refresh()
    town.asked()
    town.listed(2, 1)
    outcome = town.refresh()
    assert (outcome.new, outcome.updated, outcome.unchanged) == (1, 0, 1)
    assert town.asked() == ["/list", "/robots.txt", "/2"]
    assert town.texts()["Title 1"] == "Whole text of 1"


def test_an_unchanged_list_is_asked_for_conditionally_and_leads_nowhere(town: Town) -> None:
    town.listed(1)
    town.page(1)
    town.refresh()
    town.asked()
    assert town.refresh().result == "not_modified"
    assert town.site.requests[0].status == 304
    assert town.asked() == ["/list"]


def test_an_entry_whose_guid_has_rotated_is_known_by_link_and_title(town: Town) -> None:
    town.listed(1)
    town.page(1)
    town.refresh()
    town.asked()
    rotated = {"id": 99, "title": "Title 1", "link": town.site.url("/1")}
    town.site.page("/list", json.dumps({"data": [rotated]}), media_type="application/json")
    assert town.refresh().new == 0
    assert town.asked() == ["/list"]


def test_what_is_beyond_the_limit_comes_in_the_next_rounds_even_if_the_list_forgets_it(town: Town) -> None:
    town.source = replace(town.source, detail=replace(PAGE, limit=2))
    town.listed(1, 2, 3, 4, 5)
    town.page(1, 2, 3, 4, 5, 6)
    first = town.refresh()
    assert (first.new, first.note) == (2, "3 entries wait for the next round")
    state = town.store.states()["news"]
    assert state.next_at is not None
    assert state.fetched_at is not None
    assert (state.next_at - state.fetched_at).total_seconds() == Settings(root="/").schedule.min
    assert "entries wait for their pages" in interval.words(state.reasons)
    town.listed(6)
    assert [town.refresh().new for _ in range(3)] == [2, 2, 0]
    assert sorted(town.texts()) == [f"Title {n}" for n in range(1, 7)]
    assert town.refresh().result == "not_modified"


def test_what_a_page_tells_to_leave_out_is_remembered_while_the_list_names_it(town: Town) -> None:
    town.listed(1, 2)
    town.page(1)
    town.page(2, text="<b class=paid>Pay</b>")
    assert town.refresh().new == 1
    town.asked()
    town.listed(2, 1, more=True)
    town.refresh()
    assert town.asked() == ["/list"]
    assert len(town.store.states()["news"].skipped) == 1
    town.listed(1)
    town.refresh()
    assert town.store.states()["news"].skipped == ()


def test_a_page_that_fails_is_tried_in_three_rounds_then_the_entry_is_kept_without_it(town: Town) -> None:
    town.listed(1, 2)
    town.page(1)
    told = [town.refresh() for _ in range(3)]
    assert [outcome.new for outcome in told] == [1, 0, 1]
    assert [outcome.result for outcome in told] == ["ok", "ok", "ok"]
    messages = [str(problem) for outcome in told for problem in outcome.problems]
    assert messages == [
        f"{town.site.url('/2')}: http-status: 404 Not Found{more}"
        for more in (" (try 1 of 3)", " (try 2 of 3)", "; kept with what the list gave")
    ]
    assert town.texts()["Title 2"] == "Teaser 2"
    town.asked()
    assert town.refresh().result == "not_modified"


def test_a_page_that_comes_back_is_read(town: Town) -> None:
    town.listed(1)
    assert town.refresh().new == 0
    town.page(1)
    assert town.refresh().new == 1
    assert town.texts() == {"Title 1": "Whole text of 1"}


def test_a_page_without_its_content_names_key_and_selector(town: Town) -> None:
    town.listed(1)
    town.site.page("/1", "<html><body><p>Another shape</p></body></html>", media_type="text/html")
    (problem,) = town.refresh().problems
    assert str(problem) == (
        f"{town.site.url('/1')}: parse-error: items.detail.content: '.text' finds nothing on this page: "
        "the site may have changed (try 1 of 3)"
    )


def test_if_the_server_gives_no_page_the_source_fails_and_every_entry_waits(town: Town) -> None:
    """Not the entries are to blame: none is kept without its text because a server is down for a day."""
    town.listed(1, 2, 3, 4, 5)
    town.broken(1, 2, 3, 4, 5)
    for _ in range(4):
        outcome = town.refresh()
        assert (outcome.result, outcome.new, outcome.error and outcome.error.kind) == ("failed", 0, "http-status")
        assert "none of the 3 entries' own pages that were tried" in (outcome.error.message if outcome.error else "")
        assert len([path for path in town.asked() if path[1:].isdigit()]) == 3
    assert outcome.failures == 4
    town.page(1, 2, 3, 4, 5)
    assert town.refresh().new == 5
    assert town.store.states()["news"].failures == 0


def test_dead_links_do_not_make_a_source_fail(town: Town) -> None:
    """Three of eight pages are gone: after three rounds their entries are kept with what the list gave."""
    town.listed(1, 2, 3, 4, 5, 6, 7, 8)
    town.page(1, 2, 3, 4, 5)
    assert [(one.result, one.new) for one in (town.refresh() for _ in range(3))] == [("ok", 5), ("ok", 0), ("ok", 3)]
    assert [town.texts()[f"Title {n}"] for n in (5, 6, 7, 8)] == ["Whole text of 5", "Teaser 6", "Teaser 7", "Teaser 8"]
    assert town.store.states()["news"].waiting == ()


def test_pages_that_fail_each_by_itself_are_no_outage_even_if_no_page_was_ever_read(town: Town) -> None:
    """A link that is gone, a page of another shape, an answer that is no page: three kinds of their own fault."""
    town.listed(1, 2, 3, 4)
    town.site.page("/1", "gone", status=410)
    town.site.page("/2", "<html><body><p>Another shape</p></body></html>", media_type="text/html")
    town.site.page("/3", b"\x89PNG\r\n\x1a\n", media_type="image/png")
    assert [(one.result, one.new) for one in (town.refresh() for _ in range(3))] == [("ok", 0), ("ok", 0), ("ok", 4)]
    assert town.texts() == {f"Title {n}": f"Teaser {n}" for n in (1, 2, 3, 4)}


def test_pages_that_a_server_withholds_beside_others_are_not_waited_for_longer_than_dead_links(town: Town) -> None:
    """Errors of the server, too, are a page's own once they stood beside pages that could be read."""
    town.listed(1, 2, 3, 4)
    town.page(1)
    town.broken(2, 3, 4)
    assert [(one.result, one.new) for one in (town.refresh() for _ in range(3))] == [("ok", 1), ("ok", 0), ("ok", 3)]


def test_a_new_entry_is_asked_for_before_those_that_failed(town: Town) -> None:
    """Else three pages that a server never gives would hide every later one."""
    town.listed(1, 2, 3)
    town.broken(1, 2, 3)
    assert town.refresh().result == "failed"
    town.listed(4, 3, 2, 1)
    town.page(4)
    assert [(one.result, one.new) for one in (town.refresh() for _ in range(4))] == [
        ("ok", 1), ("ok", 0), ("ok", 3), ("not_modified", 0),
    ]  # fmt: skip


def test_no_outage_is_waited_for_for_ever(town: Town) -> None:
    """A server that shows us no page, ever, does not keep what its list gave from readers."""
    town.listed(1, 2, 3)
    town.broken(1, 2, 3, status=403)
    told = [town.refresh() for _ in range(blame.PATIENCE)]
    assert [one.new for one in told] == [0] * (blame.PATIENCE - 1) + [3]
    assert town.texts()["Title 1"] == "Teaser 1"


def test_json_details_that_fail_each_by_itself_are_no_outage(town: Town) -> None:
    """One is missing, one is no JSON, one lacks its content."""
    page = Declaration(kind="json", fields=(("content", "data.content"),), key="items.detail")
    town.source = replace(town.source, detail=Detail(page=page, url=town.site.url("/api/{id}")))
    town.listed(1, 2, 3)
    town.site.page("/api/2", '{"data": ')
    town.site.page("/api/3", '{"data": {}}')
    assert [(one.result, one.new) for one in (town.refresh() for _ in range(3))] == [("ok", 0), ("ok", 0), ("ok", 3)]
    assert town.texts() == {f"Title {n}": f"Teaser {n}" for n in (1, 2, 3)}


def test_a_server_that_says_wait_is_left_alone(town: Town) -> None:
    town.listed(1, 2, 3)
    town.page(1, 3)
    town.site.page("/2", "slow down", status=429, headers={"Retry-After": "7200"})
    outcome = town.refresh()
    assert (outcome.result, outcome.new) == ("failed", 1)
    assert town.asked()[-1] == "/2"
    state = town.store.states()["news"]
    assert state.error is not None
    assert state.error.kind == "rate-limited"
    assert state.retry_at is not None
    assert (state.retry_at - state.fetched_at).total_seconds() == 7200 if state.fetched_at else False
    assert [one.tries for one in state.waiting] == [0, 0]


def test_a_page_whose_host_is_busy_waits_for_the_next_round_unblamed(town: Town) -> None:
    """The others come."""
    town.listed(1, 2, 3)
    town.page(1, 2, 3)
    town.crowded = town.site.url("/2")
    outcome = town.refresh()
    assert (outcome.result, outcome.new, outcome.problems, outcome.failures) == ("ok", 2, (), 0)
    (waiting,) = town.store.states()["news"].waiting
    assert (waiting.url, waiting.tries, waiting.asked) == (town.crowded, 0, 0)
    town.crowded = ""
    assert town.refresh().new == 1


def test_requests_to_one_host_have_the_gap_between_them(town: Town) -> None:
    town.listed(1, 2)
    town.page(1, 2)
    town.refresh()
    assert town.clock.slept == [GAP] * 3  # before robots.txt and before each page


def test_stopping_leaves_the_rest_for_the_next_time(town: Town) -> None:
    town.listed(1, 2, 3)
    town.page(1, 2, 3)
    sleep = town.clock.sleep

    async def stopping(seconds: float) -> None:
        await sleep(seconds)
        town.stop.set()

    town.clock.sleep = stopping  # type: ignore[method-assign]
    assert town.refresh().new == 1
    town.clock.sleep = sleep  # type: ignore[method-assign]
    assert town.refresh().new == 2


def test_pages_that_robots_txt_forbids_are_told_and_their_entries_kept(town: Town) -> None:
    town.listed(1, 2)
    town.page(1, 2)
    town.site.page("/robots.txt", "User-agent: *\nDisallow: /2", media_type="text/plain")
    outcome = town.refresh()
    assert (outcome.result, outcome.new) == ("ok", 2)
    assert town.texts() == {"Title 1": "Whole text of 1", "Title 2": "Teaser 2"}
    (problem,) = outcome.problems
    assert "robots: " in problem.message
    assert "forbids this page to tagwire; kept with what the list gave" in problem.message
    assert "/2" not in town.asked()


def test_pages_wait_while_robots_txt_cannot_be_had(town: Town) -> None:
    town.listed(1)
    town.page(1)
    town.site.page("/robots.txt", "", status=503)
    outcome = town.refresh()
    assert (outcome.new, outcome.note) == (0, "1 entry waits for the next round")
    town.site.remove("/robots.txt")
    assert town.refresh().new == 1


def test_entries_without_a_link_are_kept_as_the_list_gave_them(town: Town) -> None:
    entry = {"id": 1, "title": "Title 1", "teaser": "Teaser 1"}
    linked = {"id": 2, "title": "Title 2", "link": town.site.url("/2")}
    town.site.page("/list", json.dumps({"data": [entry, linked]}), media_type="application/json")
    town.page(2)
    assert town.refresh().new == 2
    assert town.texts() == {"Title 1": "Teaser 1", "Title 2": "Whole text of 2"}


def test_an_entry_whose_link_names_a_port_that_there_is_not_stops_no_other(town: Town) -> None:
    bad = {"id": 1, "title": "Title 1", "teaser": "Teaser 1", "link": "http://127.0.0.1:99999/1"}
    good = {"id": 2, "title": "Title 2", "link": town.site.url("/2")}
    town.site.page("/list", json.dumps({"data": [bad, good]}), media_type="application/json")
    town.page(2)
    assert town.refresh().new == 2
    assert town.texts() == {"Title 1": "Teaser 1", "Title 2": "Whole text of 2"}


def test_a_json_detail_is_asked_for_by_a_url_with_the_id_in_it(town: Town) -> None:
    """Values are percent-encoded: an id cannot leave its place in the path. APIs are not asked for robots.txt."""
    page = Declaration(kind="json", fields=(("content", "text"), ("title", "headline")), skip=("paid",), key="d")
    town.source = replace(town.source, detail=Detail(page=page, url=town.site.url("/api/{id}?full=1")))
    entries = [{"id": "a/../b?c", "title": "T", "link": "http://127.0.0.1/x"}, {"id": 2, "title": "P", "link": ""}]
    town.site.page("/list", json.dumps({"data": entries}), media_type="application/json")
    town.site.page("/api/a%2F..%2Fb%3Fc?full=1", '{"text": "<p>Body</p>", "headline": "Longer title"}')
    town.site.page("/api/2?full=1", '{"paid": 1}')
    assert town.refresh().new == 1
    assert town.texts() == {"Longer title": "Body"}
    assert "/robots.txt" not in town.asked()


def test_headers_go_to_the_sources_own_server_only(town: Town) -> None:
    with LoopbackSite("127.0.0.2") as other:
        town.source = replace(town.source, headers=(("X-Token", "secret"),))
        town.page(1)
        other.page("/2", "<div class=text>Elsewhere</div>", media_type="text/html")
        entries = [{"id": n, "title": "T", "link": url} for n, url in enumerate((town.site.url("/1"), other.url("/2")))]
        town.site.page("/list", json.dumps({"data": entries}), media_type="application/json")
        assert town.refresh().new == 2
        assert {v.path: v.headers.get("x-token") for v in town.site.requests if v.path != "/robots.txt"} == {
            "/list": "secret", "/1": "secret",
        }  # fmt: skip
        assert [visit.headers.get("x-token") for visit in other.requests] == [None, None]


def test_one_broken_page_does_not_stop_the_others(town: Town) -> None:
    town.listed(1, 2, 3)
    town.page(1, 3)
    town.site.page("/2", b"\x89PNG\r\n\x1a\n", media_type="image/png")
    outcome = town.refresh()
    assert (outcome.new, len(outcome.problems)) == (2, 1)
    assert "not a web page: this is a PNG image" in outcome.problems[0].message


def test_more_entries_than_may_wait_are_taken_from_the_list_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completing, "WAITING", 1)
    town.source = replace(town.source, detail=replace(PAGE, limit=2))
    town.listed(*range(1, 8))
    town.page(*range(1, 8))
    assert [town.refresh().new for _ in range(5)] == [2, 2, 2, 1, 0]


def test_pages_stop_when_the_round_has_lasted_long_enough(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completing, "SECONDS", 1.5 * GAP)
    town.listed(1, 2, 3)
    town.page(1, 2, 3)
    assert town.refresh().new == 1
    assert town.refresh().new == 1
    assert town.refresh().new == 1


class TestFurtherPages:
    """`next` and `pages`."""

    def source(self, town: Town, pages: int) -> Source:
        items = Declaration(kind="json", each="data", fields=FIELDS, next="more", pages=pages)
        return replace(town.source, items=items, detail=None)

    def pages(self, town: Town, count: int) -> None:
        for n in range(1, count + 1):
            entries = [{"id": n, "title": f"Title {n}", "link": town.site.url(f"/{n}")}]
            path = "/list" if n == 1 else f"/list?page={n}"
            town.site.page(path, json.dumps({"data": entries, "more": f"/list?page={n + 1}"}))

    def test_so_many_pages_are_read_as_are_configured(self, town: Town) -> None:
        self.pages(town, 5)
        assert town.refresh(self.source(town, 3)).new == 3
        assert town.asked() == ["/list", "/list?page=2", "/list?page=3"]

    def test_one_page_is_read_by_itself(self, town: Town) -> None:
        self.pages(town, 5)
        assert town.refresh(self.source(town, 1)).new == 1

    def test_circles_end(self, town: Town) -> None:
        town.listed(1, more="/list")
        assert town.refresh(self.source(town, 5)).new == 1
        assert town.asked() == ["/list"]

    def test_a_page_that_fails_is_told_and_the_list_read_again(self, town: Town) -> None:
        self.pages(town, 2)
        outcome = town.refresh(self.source(town, 3))
        assert (outcome.result, outcome.new) == ("ok", 2)
        assert outcome.problems[0].message == "http-status: 404 Not Found"
        self.pages(town, 3)
        assert town.refresh(self.source(town, 3)).new == 1

    def test_entries_of_further_pages_are_completed_too(self, town: Town) -> None:
        self.pages(town, 2)
        town.page(1, 2)
        assert town.refresh(replace(self.source(town, 2), detail=PAGE)).new == 2
        assert town.texts()["Title 2"] == "Whole text of 2"


class TestFullText:
    """`full_text` of feeds."""

    FEED = (
        "<?xml version='1.0'?><rss version='2.0'><channel><title>T</title><link>{0}</link><language>zh-CN</language>"
        "<item><guid>1</guid><title>One</title><link>/1</link><description>{1}</description></item></channel></rss>"
    )

    def feed(self, town: Town, page: Declaration, teaser: str = "Teaser") -> Source:
        town.site.page("/feed.xml", self.FEED.format(town.site.url("/"), teaser))
        return Source(id="feed", url=town.site.url("/feed.xml"), detail=Detail(page=page))

    def test_css_takes_that_part_of_the_linked_page(self, town: Town) -> None:
        css = Declaration(kind="html", fields=(("content", ".text"),), key="full_text")
        town.page(1, text="<p>Whole <a href='more'>text</a></p>")
        assert town.refresh(self.feed(town, css)).new == 1
        (record,) = town.store.items()
        assert f"Whole [text]({town.site.url('/more')})" in town.tree.read(record)
        assert record.link == town.site.url("/1")

    def test_auto_finds_the_main_text(self, town: Town) -> None:
        body = "".join(f"<p>这是灯塔图书馆的第{n}段正文，写得足够长，读者一眼就能认出它是正文。</p>" for n in range(8))
        page = (
            f"<html><body><nav><a href='/'>首页</a></nav><article>{body}</article><footer>版权</footer></body></html>"
        )
        town.site.page("/1", page, media_type="text/html; charset=utf-8")
        assert town.refresh(self.feed(town, Declaration(kind="auto", key="full_text"))).new == 1
        (record,) = town.store.items()
        text = town.tree.read(record)
        assert "第7段正文" in text
        assert "版权" not in text

    def test_auto_keeps_the_feeds_own_text_where_it_is_longer(self, town: Town) -> None:
        own = "The feed gives all of its text already. " * 40
        page = "<html><body><article><p>" + "A short page with hardly any text on it at all. " * 3 + "</p></article>"
        town.site.page("/1", page, media_type="text/html")
        assert town.refresh(self.feed(town, Declaration(kind="auto"), own)).new == 1
        (record,) = town.store.items()
        assert "The feed gives all" in town.tree.read(record)


class TestLists:
    """Lists that cannot be had or read."""

    def test_a_page_that_robots_txt_forbids_makes_the_source_fail(self, town: Town) -> None:
        town.site.page("/robots.txt", "User-agent: *\nDisallow: /", media_type="text/plain")
        source = replace(town.source, kind="html", items=Declaration(kind="html", each="li"), detail=None)
        outcome = town.refresh(source)
        assert outcome.error is not None
        assert (outcome.result, outcome.error.kind) == ("failed", "robots")
        assert town.asked() == ["/robots.txt"]

    def test_a_site_that_changed_is_an_error_and_its_items_stay(self, town: Town) -> None:
        town.listed(1)
        town.page(1)
        town.refresh()
        town.site.page("/list", json.dumps({"data": [{"id": 2, "headline": "Title 2"}]}))
        outcome = town.refresh()
        assert outcome.error is not None
        assert (outcome.result, outcome.error.kind) == ("failed", "parse-error")
        assert "items.title: 'title' finds nothing in any of 1 entries" in outcome.error.message
        assert list(town.texts()) == ["Title 1"]

    def test_what_waits_goes_on_waiting_while_the_list_fails(self, town: Town) -> None:
        town.source = replace(town.source, detail=replace(PAGE, limit=1))
        town.listed(1, 2)
        town.page(1, 2)
        town.refresh()
        town.site.page("/list", "", status=500)
        assert town.refresh().result == "failed"
        town.listed(3)
        town.page(3)
        assert [town.refresh().new for _ in range(2)] == [1, 1]
        assert sorted(town.texts()) == ["Title 1", "Title 2", "Title 3"]

    def test_entries_without_pages_of_their_own_are_items_at_once(self, town: Town) -> None:
        town.listed(1, 2)
        assert town.refresh(replace(town.source, detail=None)).new == 2
        assert town.texts()["Title 2"] == "Teaser 2"
        assert town.asked() == ["/list"]
