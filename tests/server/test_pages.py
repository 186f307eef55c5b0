"""/status, /search, /healthz, /readyz and /metrics of a real server."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from aggregator import finding, server
from aggregator.app import App
from aggregator.daemon import Pulse
from aggregator.model import Failure, FetchState, Outcome, Source
from tests.server.conftest import Desk, serving

PAGE = {"accept": "text/html"}


class Text(HTMLParser):
    """What a page says, and what is marked in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.marked: list[str] = []
        self.tags = [""]
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        (self.marked if self.tags[-1] == "mark" else self.words).append(data.strip())

    def handle_endtag(self, tag):
        self.tags.append("")


def found(ask, query):
    """Titles of what is found, once the index is up to date."""
    for _ in range(200):
        answer = json.loads(ask(f"/search?q={quote(query)}").body)
        if not answer["indexing"]:
            break
    return [item["title"] for item in json.loads(ask(f"/search?q={quote(query)}").body)["items"]]


def test_search_finds_in_both_languages(ask):
    assert found(ask, "苹果") == ["苹果园开放"]
    assert found(ask, "GULLS") == ["Gulls over the harbour"]
    assert found(ask, "nothing of the kind") == []


def test_search_is_a_page_for_people_with_the_hits_marked(ask):
    assert found(ask, "苹果")
    answer = ask(f"/search?q={quote('苹果')}", **PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["vary"] == "Accept"
    page = Text(answer.text)
    assert page.marked == ["苹果"]
    assert "苹果园开放" in page.words
    assert "form" in Text(ask("/search", **PAGE).text).tags


@pytest.mark.parametrize("path", ["/status", "/search?q=gulls"])
def test_what_a_client_rules_out_is_not_sent(ask, path):
    assert ask(path, accept="application/json;q=0").headers["content-type"].startswith("text/html")
    answer = ask(path, accept="*/*;q=0")
    assert (answer.status, answer.text) == (406, "not acceptable: there are application/json, text/html\n")


def test_hits_name_their_sources_as_other_pages_do(desk):
    """By title; by id what only files name."""
    named = replace(desk.settings, sources=(Source(id="harbour", title="港口 & Co", path="x"),))
    for settings, name in ((named, "港口 & Co ·"), (desk.settings, "harbour ·")):
        with serving(settings) as ask:
            assert found(ask, "苹果")
            assert name in Text(ask(f"/search?q={quote('苹果')}", **PAGE).text).words
            assert json.loads(ask(f"/search?q={quote('苹果')}").body)["items"][0]["source"] == "harbour"


def test_a_search_while_the_index_is_made_says_so_and_not_that_there_is_nothing(tmp_path, monkeypatch):
    """Until it is there; then what is not found is not there."""
    desk = Desk(tmp_path)
    desk.publish()
    made, update = threading.Event(), finding.Finder.update

    def slowly(*args):
        assert made.wait(20)
        return update(*args)

    monkeypatch.setattr(finding.Finder, "update", slowly)
    with serving(desk.settings) as ask:
        first = ask(f"/search?q={quote('苹果')}", **PAGE).text
        made.set()
        assert found(ask, "苹果")
        after = ask("/search?q=xyzzy", **PAGE).text
    assert ("还没有找到：搜索索引正在建立" in first, "没有找到。" in first) == (True, False)
    assert ("搜索索引" in after, "没有找到。" in after) == (False, True)


def test_a_search_cannot_break_out_of_its_page(ask):
    nasty = "\"><script>alert(1)</script>'&amp; tag:<b> since:<i>"
    page = ask(f"/search?q={quote(nasty)}", **PAGE).text
    assert "<script" not in page
    assert "<b>" not in page
    policies = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert "script-src" not in policies[0]
    assert "default-src 'none'" in policies[0]


@pytest.mark.parametrize(
    "query", ["q=", "", "q=%00", "q=%ff", "page=x", "q=a&page=-1", "q=a&page=99999999999", "q=" + "a" * 9000]
)
def test_no_search_is_an_error(ask, query):
    for accept in ("text/html", "application/json"):
        assert ask(f"/search?{query}", accept=accept).status == 200


def test_results_go_on_page_by_page(tmp_path):
    desk = Desk(tmp_path)
    for number in range(25):
        desk.write(f"tide-{number}", f"Tide {number}", "High water.", day=3)
    desk.publish()
    with serving(desk.settings) as ask:
        assert len(found(ask, "tide")) == 20
        page = ask("/search?q=tide", **PAGE).text
        (further,) = re.findall(r'href="(search\?[^"]*)" rel="next"', page)
        second = ask(f"/{further.replace('&amp;', '&')}", **PAGE).text
        assert second.count("<article") == 5
        assert 'rel="next"' not in second


@pytest.mark.parametrize(("content", "shown"), [("full", "under the pier"), ("summary", "Gulls are"), ("link", "")])
@pytest.mark.parametrize("via", [False, True])
def test_excerpts_show_no_more_than_is_published(tmp_path, content, shown, via):
    """What is searched for is found in the whole text all the same."""
    desk = Desk(tmp_path)
    desk.write("long", "Long read", f"{'Gulls are birds of the coast and harbours. ' * 20}They nest under the pier.")
    source = Source(id="harbour", path="harbour", content=content)
    if via:
        source = Source(id="folder", path=str(tmp_path / "in"), kind="folder", content=content)
        (tmp_path / "in").mkdir()
        (tmp_path / "in/long.md").write_text((tmp_path / "items/harbour/long.md").read_text())
        (tmp_path / "items/harbour/long.md").unlink()
        with App.open(replace_sources(desk.settings, source), write=True, command="test") as app:
            asyncio.run(app.refresh())
    settings = replace_sources(desk.settings, source)
    with App.open(settings, write=True, command="test") as app:
        app.publish()
    with serving(settings) as ask:
        assert found(ask, '"under the pier"') == ["Long read"]
        (hit,) = json.loads(ask("/search?q=%22under+the+pier%22").body)["items"]
        text = "".join(piece["text"] for piece in hit["excerpt"])
        assert (shown in text) if shown else not text
        assert ("pier" in text) == (content == "full")
        assert ("nest under the" in ask("/search?q=pier", **PAGE).text) == (content == "full")


def test_status_says_how_the_sources_are(tmp_path):
    desk = Desk(tmp_path)
    source = Source(id="harbour", url="https://user:secret@harbour.example/feed", title="<Harbour>")
    settings = replace_sources(desk.settings, source)
    desk.publish()
    with App.open(settings, write=True, command="test") as app:
        (state,) = app.store.claim(["harbour"], app.clock.now(), 60)
        error = Failure(kind="deadline", message="no answer <b>")
        app.store.commit(FetchState(source="harbour", generation=state.generation, failures=2, error=error), [])
    with serving(settings) as ask:
        document = json.loads(ask("/status").body)
        (told,) = document["sources"]
        assert (told["condition"], told["failures"], told["items"]) == ("failing", 2, 2)
        assert told["error"] == {"kind": "deadline", "message": "no answer <b>"}
        assert (document["items"], document["tags"], document["scheduler"]) == (2, 3, None)
        answer = ask("/status", **PAGE)
        assert "secret" not in answer.text + json.dumps(document)
        words = Text(answer.text).words
        assert "<Harbour>" in words
        assert "deadline: no answer <b>" in words


def replace_sources(settings, *sources):
    from dataclasses import replace

    return replace(settings, sources=sources)


def test_a_site_without_its_index_is_alive_but_not_ready(tmp_path):
    desk = Desk(tmp_path)
    desk.publish()
    (tmp_path / "var/tagwire.db").write_bytes(b"no database at all, but some text" * 100)
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"var/tagwire.db{suffix}").unlink(missing_ok=True)
    with serving(desk.settings) as ask:
        assert ask("/healthz").text == "ok\n"
        answer = ask("/readyz")
        assert answer.status == 503
        assert "tagwire.db" in json.loads(answer.body)["index"]["error"]
        assert "tagwire_index_up 0.0" in ask("/metrics").text
        assert "tagwire.db" in ask("/status", **PAGE).text
        assert ask("/all.xml").status == 200


def test_readiness_follows_the_daemon(tmp_path):
    desk = Desk(tmp_path)
    desk.publish()
    pulse = Pulse()
    told = server.Told(settings=lambda: desk.settings, pulse=pulse, published=asyncio.Event())
    with serving(desk.settings, told) as ask:
        assert ask("/readyz").status == 503
        assert "调度停住了" in ask("/status", **PAGE).text
        pulse.moved_at = 10.0**12
        assert ask("/readyz").status == 200
        assert json.loads(ask("/readyz").body)["scheduler"]["stuck"] is False
        pulse.error = "no room on the disk"
        assert ask("/readyz").status == 503
        assert json.loads(ask("/readyz").body)["scheduler"]["error"] == "no room on the disk"


def metrics(ask):
    lines = [line for line in ask("/metrics").text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_metrics_are_true(tmp_path):
    desk = Desk(tmp_path)
    desk.publish()
    settings = replace_sources(desk.settings, Source(id="harbour", url="https://harbour.example/feed"))
    pulse = Pulse(beats=3, failed=1)
    told = server.Told(settings=lambda: settings, pulse=pulse, published=asyncio.Event())
    told.tally.heard(Outcome(source="harbour", result="ok", new=2, duplicates=1, seconds=0.5))
    told.tally.heard(Outcome(source="harbour", result="failed", seconds=0.25))
    with serving(settings, told) as ask:
        for path in ("/all.xml", "/all.xml", "/nope"):
            ask(path, User_Agent="Feedly/1.0 (12 subscribers)")
        values = metrics(ask)
    expected = {
        "tagwire_index_up": 1,
        "tagwire_items": 2,
        "tagwire_tags": 3,
        'tagwire_sources{condition="new"}': 1,
        'tagwire_source_items{source="harbour"}': 2,
        'tagwire_fetch_total{result="ok",source="harbour"}': 1,
        'tagwire_fetch_total{result="failed",source="harbour"}': 1,
        'tagwire_fetch_seconds_total{source="harbour"}': 0.75,
        'tagwire_items_seen_total{kind="new",source="harbour"}': 2,
        'tagwire_items_seen_total{kind="duplicate",source="harbour"}': 1,
        "tagwire_scheduler_beats_total": 3,
        "tagwire_scheduler_beats_failed_total": 1,
        'tagwire_http_requests_total{route="files",status="200"}': 2,
        'tagwire_subscribers{aggregator="Feedly",feed="all.xml"}': 12,
        'tagwire_http_requests_total{route="files",status="404"}': 1,
    }
    shown = {name.replace('source="harbour",result=', "R"): value for name, value in values.items()}
    for name, value in expected.items():
        other = re.sub(r"\{(\w+=\"\w+\"),(\w+=\"\w+\")\}", r"{\2,\1}", name)
        assert values.get(name, values.get(other)) == value, (name, sorted(shown))


def test_strangers_cannot_multiply_the_figures(ask):
    before = len(metrics(ask))
    for number in range(20):
        ask(f"/made-up-{number}")
        ask(f"/made/{number}/search", "BREW")
    after = metrics(ask)
    assert len(after) <= before + 3
    assert not [name for name in after if 'route="search"' in name and 'status="405"' in name]
