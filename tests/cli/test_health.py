"""How a source is, told to people and programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.cli import health, output, reporting
from aggregator.clock import SystemClock
from aggregator.model import Failure, FetchState, Outcome, Reason, Source
from aggregator.stores import open_store
from aggregator.testing import LoopbackSite

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
AGO, SOON = NOW - timedelta(hours=3), NOW + timedelta(minutes=42)
SOURCE = Source(id="wire", url="https://user:word@a.test/feed?token=t0p", tags=("news",))
FINE = FetchState(
    source="wire", url=SOURCE.url, title="快讯", fetched_at=AGO, ok_at=AGO, full_at=AGO, next_at=SOON, etag='"1"',
    reasons=(
        Reason(rule="posts", why="posts 6/day", seconds=1440.0),
        Reason(rule="max-age", why="max-age 40 min", seconds=2400.0),
        Reason(rule="jitter", why="jitter +2 min", seconds=2520.0),
    ),
)  # fmt: skip
FAILING = replace(
    FINE,
    failures=4,
    failing_since=AGO,
    error=Failure(kind="rate-limited", message="429 Too\x1b[31m Many"),
    retry_at=SOON,
)


def shown(state: FetchState, source: Source = SOURCE, *others: Source) -> dict[str, str]:
    known = [(source, state), *((one, None) for one in others)]
    return {label: text for label, text in health.lines(source, state, known, NOW) if text}


def test_a_source_that_is_well_tells_when_it_is_next_and_why() -> None:
    lines = shown(FINE)
    assert lines["plan"] == "next in 42 min: posts 6/day → 24 min; max-age 40 min → 40 min; jitter +2 min"
    assert lines["last ok"] == "2026-03-02T09:00:00Z (3 h ago)"
    assert lines["etag"] == '"1"'
    assert (lines["title"], lines["tags"], lines["condition"]) == ("快讯", "news", "ok")
    assert not {"error", "moved to", "asked at", "wait until", "path"} & lines.keys()


def test_a_failing_source_tells_since_when_and_until_when_it_is_left_alone() -> None:
    lines = shown(FAILING)
    assert lines["condition"] == "failing: 4 in a row"
    assert lines["error"] == "rate-limited: 429 Too[31m Many", "texts of strangers steer no terminal"
    assert lines["since"] == "2026-03-02T09:00:00Z (3 h ago)"
    assert lines["wait until"].startswith("2026-03-02T12:42:00Z")


def test_no_secret_is_shown() -> None:
    state = replace(FINE, moved_to="https://b.test/?key=s3cret", adopted="https://c.test/?token=s3cret", adopted_at=AGO)
    told = f"{shown(state)} {health.document(SOURCE, state, NOW)}"
    assert not any(secret in told for secret in ("s3cret", "word@", "t0p"))


@pytest.mark.parametrize(
    ("source", "state", "word", "hint"),
    [
        (SOURCE, FetchState(source="wire"), "new", ""),
        (replace(SOURCE, enabled=False), FINE, "paused", "tagwire resume wire"),
        (SOURCE, replace(FAILING, retired_at=AGO), "retired", "tagwire remove wire"),
        (SOURCE, replace(FAILING, failures=0), "offline", "not counted"),
    ],
)
def test_conditions(source: Source, state: FetchState, word: str, hint: str) -> None:
    """Each says what can be done about it."""
    assert health.condition(source, state) == word
    assert health.document(source, state, NOW)["condition"] == word
    assert hint in shown(state, source)["condition"]
    assert ("plan" in shown(state, source)) is (source.enabled and bool(state.reasons))


def test_redirects_are_shown_with_what_becomes_of_them() -> None:
    """How often, since when, what they wait for or why they are not adopted; an adopted one with the way back."""
    moved = replace(FINE, moved_to="https://b.test/feed", moved_count=3, moved_since=AGO)
    assert shown(moved)["moved to"].startswith("https://b.test/feed, seen 3 times since 2026-03-02T09:00:00Z")
    assert shown(moved)["moved to"].endswith("adopted after 5 times over 2 d")
    taken = shown(moved, SOURCE, Source(id="b", url="https://b.test/feed"))
    assert taken["moved to"].endswith("not adopted: that is the URL of source b")
    adopted = replace(FINE, adopted="https://b.test/feed", adopted_at=AGO)
    text = " ".join(text for _, text in health.lines(SOURCE, adopted, [(SOURCE, adopted)], NOW))
    assert 'write url = "https://b.test/feed" in sources.toml' in text
    assert "tagwire resume wire" in text


def test_no_advice_makes_two_sources_one() -> None:
    """Where another source is asked at the adopted URL, too, writing it down would be a mistake in sources.toml."""
    adopted = replace(FINE, adopted="https://b.test/feed", adopted_at=AGO)
    other = Source(id="twin", url="https://c.test/feed")
    for known in [
        (other, FetchState(source="twin", url=other.url, adopted="https://b.test/feed")),
        (replace(other, url="https://b.test/feed"), None),
    ]:
        text = " ".join(text for _, text in health.lines(SOURCE, adopted, [(SOURCE, adopted), known], NOW))
        assert "source twin is asked there, too" in text
        assert "write url" not in text


def test_json_carries_all_of_it() -> None:
    document = health.document(SOURCE, FAILING, NOW)
    assert document["error"]["since"] == "2026-03-02T09:00:00Z"
    assert document["next"] == document["wait_until"] == "2026-03-02T12:42:00Z"
    assert document["reasons"][1] == {"rule": "max-age", "why": "max-age 40 min", "seconds": 2400}
    assert document["plan"].startswith("next in 42 min: posts 6/day")
    assert document["validators"] == {"etag": '"1"', "last_modified": ""}
    assert document["moved"]["to"] == document["moved"]["adopted"] == ""


def test_resume_asks_a_retired_source_again(tagwire, site, add_source) -> None:
    """Retirement lives in the index, a pause in the configuration: resume ends both."""
    with LoopbackSite() as web:
        web.page("/feed", "<rss version='2.0'><channel><title>T</title></channel></rss>")
        add_source(f'id = "wire"\nurl = "{web.url("/feed")}"\nenabled = false')
        (site / "config/tagwire.toml").write_text("[http]\nallow_hosts = ['127.0.0.1']\n")
        with open_store("sqlite:///var/tagwire.db", str(site)) as store:
            (state,) = store.claim(["wire"], NOW, 60)
            gone = Failure(kind="gone", message="410 Gone")
            store.commit(replace(state, url=web.url("/feed"), retired_at=NOW, error=gone, failures=3), [])
        assert tagwire("resume", "wire").out == "resumed wire\n"
        assert tagwire("sources", "--failing").err == "no sources\n"
        assert "wire" in tagwire("sources", "--due").out
        assert tagwire("refresh", "wire").code == 0
        assert web.visits("/feed") == 1


def test_a_secret_header_stays_between_us_and_the_server(tagwire, site, add_source, monkeypatch) -> None:
    """It is sent, and never told: not in tables, messages, logs or JSON, whatever goes wrong."""
    monkeypatch.setenv("WIRE_KEY", "sup3rs3cret")
    header = 'headers = { "X-Key" = "env:WIRE_KEY" }'
    with LoopbackSite() as web:
        web.page("/feed", status=401)
        add_source(f'id = "wire"\nurl = "{web.url("/feed").replace("//", "//me:hunter2@")}"\n{header}')
        add_source(f'id = "dead"\nurl = "http://127.0.0.1:9/"\n{header}')
        (site / "config/tagwire.toml").write_text("[http]\nallow_hosts = ['127.0.0.1']\nper_host_delay = '0s'\n")
        calls = [["-vv", "refresh"], ["refresh", "--json"], ["sources", "--failing"], ["show", "wire"]]
        calls += [["show", "wire", "--json"], ["sources", "--json"], ["config", "show"]]
        told = [tagwire(*call) for call in calls]
        assert {visit.headers["x-key"] for visit in web.requests} == {"sup3rs3cret"}
    text = "".join(result.out + result.err for result in told)
    assert "401 Unauthorized" in text
    assert "sup3rs3cret" not in text
    assert "hunter2" not in text
    published = [path.read_bytes() for path in (site / "feeds").rglob("*") if path.is_file()]
    assert not any(b"hunter2" in data or b"sup3rs3cret" in data for data in published)


def test_what_lasts_is_told_in_the_table_of_the_refresh_that_decided_it() -> None:
    """Beside the error, if there is one."""
    error = Failure(kind="gone", message="410 Gone")
    assert reporting._reason(Outcome(source="a", result="failed", error=error, note="not asked any more")) == (
        "gone: 410 Gone; not asked any more"
    )
    assert reporting._reason(Outcome(source="a", result="ok", note="moved for good")) == "moved for good"


def test_the_list_the_source_and_a_refresh_that_leaves_it_alone_tell_one_time(tagwire, site, add_source):
    """16.6 hours were "16 h" in one place and "17 h" in the other; a refresh told when the server's own wait ends."""
    now = SystemClock().now()
    add_source('id = "busy"\nurl = "http://127.0.0.1:1/feed"')
    state = FetchState(
        source="busy", url="http://127.0.0.1:1/feed", fetched_at=now, failures=1, failing_since=now,
        error=Failure(kind="rate-limited", message="429"), retry_at=now + timedelta(minutes=5),
        next_at=now + timedelta(hours=16, minutes=40),
    )  # fmt: skip
    with open_store("sqlite:///var/tagwire.db", str(site)) as store:
        (claim,) = store.claim(["busy"], now, 60)
        store.commit(replace(state, generation=claim.generation), [])
    assert "in 17 h" in tagwire("sources").out
    assert "next in 17 h" in tagwire("show", "busy").out
    assert "in 17 h" in tagwire("refresh", "busy").out
    assert tagwire("show", "busy", "--json").json["source"]["next"] == output.rfc3339(state.next_at)
