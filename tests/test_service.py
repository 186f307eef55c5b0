"""What the daemon does at a beat: nothing if nothing is due, what is due else, and never against somebody who waits."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator import locks, service
from aggregator.app import App, lock_file
from aggregator.clock import SystemClock
from aggregator.config import locate
from aggregator.config.watching import Watch
from aggregator.daemon import Heartbeat, Pulse
from aggregator.errors import ClockError, PublishError
from aggregator.service import Work, run_daemon
from aggregator.testing import FakeClock, LoopbackSite

pytestmark = pytest.mark.usefixtures("inline_workers")

FEED = "<rss version='2.0'><channel><title>T</title><item><guid>g{0}</guid><title>N{0}</title></item></channel></rss>"


@pytest.fixture
def site(tmp_path, web):
    """A site with one source on loopback."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "tagwire.toml").write_text(
        '[http]\nallow_private_networks = true\nper_host_delay = "0s"\n', encoding="utf-8"
    )
    declare(tmp_path, a=web.page("/a.xml", FEED.format(1)))
    return tmp_path


def declare(site, **urls):
    text = "".join(f'[[sources]]\nid = "{name}"\nurl = "{url}"\n' for name, url in urls.items())
    (site / "config" / "sources.toml").write_text(text)


def work(site, clock=None):
    return Work(Watch(locate(str(site), "", {})), clock or FakeClock(), Pulse())


def beat(one, stop=None):
    return asyncio.run(one.beat(stop or asyncio.Event()))


def test_the_first_beat_refreshes_and_later_ones_rest_until_something_is_due(site, web):
    """An idle daemon opens no site and asks nobody."""
    clock = FakeClock()
    one = work(site, clock)
    summary = beat(one)
    assert summary is not None
    assert summary.new == 1
    assert beat(one) is None
    assert len(web.requests) == 1
    clock.advance(48 * 3600)
    summary = beat(one)
    assert summary is not None
    assert summary.count("not_modified") == 1


def test_a_beat_looks_at_the_item_files_now_and_then(site):
    """What the owner edits is published without a source being due."""
    clock = FakeClock()
    one = work(site, clock)
    beat(one)
    clock.advance(299)
    assert beat(one) is None
    clock.advance(1)
    summary = beat(one)
    assert summary is not None
    assert summary.outcomes == ()


def test_nothing_is_rendered_when_nothing_that_is_shown_has_changed(site, web):
    """A round without news leaves publishing out; what pages tell of a source is not missed, though no item came."""
    clock, status = FakeClock(), site / "feeds" / "status.json"
    one = work(site, clock)
    beat(one)
    status.write_text("not rendered since", encoding="utf-8")
    clock.advance(48 * 3600)
    summary = beat(one)
    assert summary is not None
    assert (summary.count("not_modified"), status.read_text(encoding="utf-8")) == (1, "not rendered since")
    web.page("/a.xml", "", status=500)
    clock.advance(48 * 3600)
    beat(one)
    assert json.loads(status.read_text(encoding="utf-8"))["sources"][0]["health"] == "failing"


def test_a_source_that_was_added_meanwhile_is_asked_at_the_next_beat(site, web):
    """No restart, and no wait for a source to be due."""
    one = work(site)
    beat(one)
    declare(site, a=web.url("/a.xml"), b=web.page("/b.xml", FEED.format(2)))
    summary = beat(one)
    assert summary is not None
    assert [outcome.source for outcome in summary.outcomes] == ["b"]


def test_a_mistake_in_the_configuration_stops_nothing(site, web, caplog):
    clock = FakeClock()
    one = work(site, clock)
    beat(one)
    (site / "config" / "tagwire.toml").write_text("[sit]\n")
    clock.advance(48 * 3600)
    summary = beat(one)
    assert summary is not None
    assert len(summary.outcomes) == 1
    assert "tagwire.toml:1:1" in caplog.text


def test_a_changed_server_needs_a_restart_and_says_so(site, caplog):
    one = work(site)
    beat(one)
    with (site / "config" / "tagwire.toml").open("a") as file:
        file.write("[server]\nport = 9000\n")
    beat(one)
    assert "needs a restart" in caplog.text


def test_another_address_or_folder_of_the_site_needs_a_restart_of_the_server_and_says_so(site, caplog):
    """Feeds name the new address, and stand in the new folder, at once; the server goes by the old ones."""
    one = work(site)
    beat(one)
    text = site.joinpath("config/tagwire.toml").read_text(encoding="utf-8")
    for lines, warned in (
        ('[site]\nbase_url = "https://a.example/"\n', False),
        ('[site]\nbase_url = "https://a.example/news/"\n', True),
        ('[site]\nbase_url = "https://a.example/news/"\n[publish]\ndir = "out"\n', True),
    ):
        caplog.clear()
        site.joinpath("config/tagwire.toml").write_text(text + lines, encoding="utf-8")
        beat(one)
        assert ("the server needs a restart" in caplog.text) is warned


def test_an_index_that_is_gone_is_missed_at_the_next_beat(site, web):
    """What is due stood in it; without it nothing would be asked until the next thorough look."""
    one = work(site)
    beat(one)
    assert beat(one) is None
    for path in (site / "var").glob("tagwire.db*"):
        path.unlink()
    assert beat(one) is not None
    assert len(web.requests) == 2
    assert beat(one) is None


def test_an_item_file_that_can_no_longer_be_read_is_told_in_the_log(site, caplog):
    """Its item leaves the feeds, and the owner is to know why; once."""
    clock = FakeClock()
    one = work(site, clock)
    beat(one)
    [item] = (site / "items").rglob("*.md")
    item.write_text("no front matter\n", encoding="utf-8")
    for _ in range(2):
        clock.advance(300)
        beat(one)
    assert [record.levelname for record in caplog.records if item.name in record.getMessage()] == ["WARNING"]


def test_a_slow_hub_holds_up_neither_beats_nor_the_lock(site, web):
    """It is told beside the beats, of everything, once the site is let go."""
    clock = FakeClock()
    one = work(site, clock)
    asked = threading.Event()

    class Slow(LoopbackSite):
        """Takes a minute for an answer."""

        def answer(self, path, headers, body=b""):
            asked.set()
            return super().answer(path, headers, body)

    async def main(hub):
        with (site / "config" / "tagwire.toml").open("a") as file:
            file.write(f'[publish]\nhub = "{hub.page("/hub", "", delay=60)}"\n')
        announcing = asyncio.create_task(one.announce())
        await one.beat(asyncio.Event())
        await asyncio.to_thread(asked.wait)
        with locks.lock(lock_file(one._watch.settings), who="another"):
            pass
        web.page("/a.xml", FEED.format(2))
        clock.advance(48 * 3600)
        summary = await one.beat(asyncio.Event())
        announcing.cancel()
        await asyncio.wait({announcing})
        return summary

    with Slow() as hub:
        summary = asyncio.run(main(hub))
    assert summary is not None
    assert summary.new == 1
    assert len(list((site / "var" / "announcements").iterdir())) == 2


def test_a_hub_that_refuses_is_told_in_the_daemons_log(site, web, caplog):
    one = work(site)
    with (site / "config" / "tagwire.toml").open("a") as file:
        file.write(f'[publish]\nhub = "{web.page("/hub", "", status=400)}"\n')

    def wait_for_the_answer():
        while "answered 400" not in caplog.text:
            time.sleep(0.01)

    async def main():
        announcing = asyncio.create_task(one.announce())
        await one.beat(asyncio.Event())
        await asyncio.to_thread(wait_for_the_answer)
        announcing.cancel()
        await asyncio.wait({announcing})

    asyncio.run(main())
    assert "not announced, told with the next ones" in caplog.text


class Shifted(FakeClock):
    """A wall clock that can be set."""

    shift = timedelta()

    def now(self):
        return super().now() + self.shift


@pytest.mark.parametrize("shift", [timedelta(hours=1), timedelta(days=365)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_clock_that_jumps_costs_one_extra_fetch_at_most_and_no_silence(site, web, shift, sign):
    """Forward everything is due once; back, what was planned in the old time is not waited for."""
    clock = Shifted()
    clock.advance(3 * 365 * 86400)
    one = work(site, clock)
    beat(one)
    clock.shift = sign * shift
    for _ in range(8):
        clock.advance(15)
        beat(one)
    assert len(web.requests) <= 2
    for _ in range(24 * 4):
        clock.advance(15 * 60)
        beat(one)
    assert len(web.requests) >= 3


def test_a_clock_that_was_never_set_stamps_nothing(site, web):
    """1970 at boot: nothing is fetched until the time is known."""
    clock = Shifted()
    clock.shift = timedelta(days=-56 * 365)
    one = work(site, clock)
    with pytest.raises(ClockError, match="1970-01"):
        beat(one)
    assert web.requests == []
    clock.shift = timedelta()
    summary = beat(one)
    assert summary is not None
    assert summary.new == 1


def test_a_daemon_goes_on_by_itself_when_items_can_be_written_again(site, web):
    """Beat after beat says what is wrong; nobody is asked meanwhile, and nothing is held against anybody."""
    staging, pulse = site / "items" / ".staging", Pulse()
    staging.parent.mkdir(exist_ok=True)
    staging.write_text("in the way")
    stop, wake = asyncio.Event(), asyncio.Event()
    one = Work(Watch(locate(str(site), "", {})), SystemClock(), pulse)

    async def main():
        beating = asyncio.create_task(Heartbeat(one.beat, SystemClock(), pulse, every=0.05).run(stop, wake))
        while pulse.failed < 2:  # noqa: ASYNC110 - the daemon tells nobody
            await asyncio.sleep(0.01)
        assert "items/.staging/trial: Not a directory" in pulse.error
        assert not web.requests
        staging.unlink()
        while not web.requests or pulse.error or pulse.busy:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
        stop.set()
        await beating

    asyncio.run(asyncio.wait_for(main(), 30))
    assert list((site / "items").rglob("*.md"))


def test_the_site_is_let_go_between_sources_when_somebody_waits(site, monkeypatch, caplog):
    """A one-shot command need not wait for the end of a long list; what is left is due at once."""
    monkeypatch.setattr("aggregator.service.LOOK", 0.02)
    caplog.set_level("INFO", logger="aggregator.service")
    one = work(site, SystemClock())
    lock = lock_file(one._watch.settings)

    def wait_for_the_site():
        with locks.lock(lock, wait=60, who="another"):
            pass

    waiter = threading.Thread(target=wait_for_the_site)

    class Queued(LoopbackSite):
        """Answers the third request when somebody waits for the site, and has been seen."""

        def answer(self, path, headers, body=b""):
            if len(self.requests) == 2 and not waiter.ident:
                waiter.start()
                while "it goes first" not in caplog.text:
                    time.sleep(0.01)
            return super().answer(path, headers, body)

    with Queued() as queued:
        declare(site, **{f"s{number}": queued.page(f"/{number}.xml", FEED.format(number)) for number in range(6)})
        summary = beat(one)
        waiter.join()
        assert summary is not None
        assert len(summary.outcomes) == 3
        again = beat(one)
    assert again is not None
    assert len(again.outcomes) == 3


def test_a_stop_ends_slow_sources_within_their_grace_and_forgets_nothing(site, web, monkeypatch):
    """A server that takes a minute does not keep the process from ending; the source is due again at once."""
    monkeypatch.setattr("aggregator.rounds.GRACE", 0.3)
    declare(site, slow=web.page("/slow.xml", FEED.format(1), delay=60))
    one = work(site, SystemClock())
    stop = asyncio.Event()

    async def main():
        asyncio.get_running_loop().call_later(0.3, stop.set)
        return await one.beat(stop)

    summary = asyncio.run(main())
    assert summary is not None
    assert summary.outcomes == ()
    with App.open(one._watch.settings) as app:
        [(_, state)] = app.states()
    assert state.next_at is not None
    assert state.next_at <= SystemClock().now()
    assert (state.failures, state.error) == (0, None)


def stopped_after_the_first_source(site):
    stop, one = asyncio.Event(), work(site, SystemClock())
    one.tell(lambda _: stop.set(), lambda: None)
    assert beat(one, stop) is not None
    return one


def test_what_came_before_a_stop_is_published_before_the_end(site):
    """A stop ends the asking; what is kept already is published, since that takes no time."""
    stopped_after_the_first_source(site)
    assert "N1" in (site / "feeds" / "all.xml").read_text()


def test_what_a_stop_left_unpublished_is_published_at_the_next_start_before_anybody_is_asked(
    site, web, slow, monkeypatch
):
    """Though the only source that is due then takes longer than anybody waits."""
    with monkeypatch.context() as patch:
        patch.setattr("aggregator.operations.aftermath.SPARE", 0.0)
        one = stopped_after_the_first_source(site)
    assert not (site / "feeds" / "all.xml").exists(), "no time remained"
    with App.open(one._watch.settings) as app:
        assert "all" in app.store.outbox()
    declare(site, slow=slow, a=web.url("/a.xml"))
    summary = settled(often(site, SystemClock()), until=(site / "feeds" / "status.html").exists)
    assert "N1" in (site / "feeds" / "all.xml").read_text()
    assert summary.outcomes == (), "nobody had answered"


def test_leftovers_that_cannot_be_published_are_told_once_a_beat_and_stop_nobody(site, web, monkeypatch, caplog):
    with monkeypatch.context() as patch:
        patch.setattr("aggregator.operations.aftermath.SPARE", 0.0)
        stopped_after_the_first_source(site)
    (site / "feeds" / "all.xml").mkdir(parents=True)
    declare(site, a=web.url("/a.xml"), b=web.page("/b.xml", FEED.format(2)))
    with pytest.raises(PublishError):
        beat(work(site, SystemClock()))
    assert [visit.path for visit in web.requests] == ["/a.xml", "/b.xml"]
    assert not caplog.records, "the beat's own error is the one that is told"


def settled(one, *, until):
    """Run a beat, which some source keeps from ending, until `until()` holds; then stop it and return the summary."""
    stop = asyncio.Event()

    async def main():
        beating = asyncio.create_task(one.beat(stop))
        async with asyncio.timeout(20):
            while not until():
                assert not beating.done()
                await asyncio.sleep(0.01)
        stop.set()
        return await beating

    return asyncio.run(main())


@pytest.fixture
def slow(monkeypatch):
    """The URL of a source on a host of its own that takes longer than any test."""
    monkeypatch.setattr("aggregator.rounds.GRACE", 0.05)
    with LoopbackSite("127.0.0.2") as site:
        yield site.page("/slow.xml", delay=60)


def often(site, clock):
    """What the daemon does, looking fifty times a second."""
    return Work(Watch(locate(str(site), "", {})), clock, Pulse(), every=0.02)


def test_a_slow_source_keeps_no_other_host_waiting(site, web, slow):
    """What came is published, and what comes due is asked, while one source is still being fetched."""
    declare(site, slow=slow, a=web.url("/a.xml"))
    clock = FakeClock()
    one = often(site, clock)
    published = site / "feeds" / "all.xml"

    def asked_thrice():
        if published.exists() and one._pulse.beats == len(web.requests) < 3:
            web.page("/a.xml", FEED.format(len(web.requests) + 1))
            clock.advance(48 * 3600)
        return one._pulse.beats == len(web.requests) == 3

    summary = settled(one, until=asked_thrice)
    assert summary is not None
    assert summary.outcomes == (), "each was told with its part"
    assert "N3" in published.read_text(encoding="utf-8")


def test_one_host_has_one_job_however_often_it_comes_due(site, slow):
    """A source whose lease runs out while it is asked is not asked twice at a time."""
    declare(site, slow=slow)
    clock = FakeClock()
    looks: list[None] = []

    def looked_often():
        clock.advance(3600)
        looks.append(None)
        return len(looks) > 20

    one = often(site, clock)
    settled(one, until=looked_often)
    with App.open(one._watch.settings) as app:
        assert [state.generation for _, state in app.states()] == [1]


def test_a_changed_configuration_ends_a_beat_that_a_slow_source_keeps_going(site, web, slow, monkeypatch):
    """What the owner writes holds at the next beat, not when the last source is through."""
    monkeypatch.setattr("aggregator.service.LOOK", 0.02)
    declare(site, slow=slow)
    one = often(site, SystemClock())

    async def main():
        beating = asyncio.create_task(one.beat(asyncio.Event()))
        await asyncio.sleep(0.1)
        declare(site, a=web.url("/a.xml"))
        await asyncio.wait_for(beating, 20)
        await one.beat(asyncio.Event())

    asyncio.run(main())
    assert [visit.path for visit in web.requests] == ["/a.xml"]


def test_what_cannot_be_published_meanwhile_is_told_and_ends_nothing(site, web, slow, caplog):
    declare(site, slow=slow, a=web.url("/a.xml"))
    (site / "feeds" / "all.xml").mkdir(parents=True)
    one = often(site, SystemClock())
    with pytest.raises(PublishError):  # the stop tries once more
        settled(one, until=lambda: one._pulse.failed)
    told = next(record for record in caplog.records if "could not be published" in record.getMessage())
    assert "feeds/all.xml cannot be written" in told.getMessage()
    assert not told.exc_info, "a known error is one line, without a traceback"
    assert "all.xml" in one._pulse.error


def test_a_hangup_is_answered_at_once_though_a_slow_source_keeps_the_daemon_busy(site, slow, caplog):
    """Mistakes are told while the work goes on; they end none of it. What is right then holds from the next beat on."""
    caplog.set_level(logging.INFO, logger="aggregator")
    declare(site, slow=slow)
    watch = Watch(locate(str(site), "", {}))
    stop, hangup = asyncio.Event(), asyncio.Event()

    async def until(text):
        async with asyncio.timeout(20):
            while text not in caplog.text:  # noqa: ASYNC110 - logging sets no event
                await asyncio.sleep(0.01)

    async def main():
        running = asyncio.create_task(run_daemon(watch, serve=False, stop=stop, hangup=hangup))
        await until("started")
        (site / "config" / "sources.toml").write_text("[[sources]]\nidd = 1\n")
        hangup.set()
        await until("sources.toml:2:1")
        assert [source.id for source in watch.settings.sources] == ["slow"]
        declare(site)
        hangup.set()
        await until("has changed and is in force")
        stop.set()
        await running

    asyncio.run(main())
    assert "started: 1 source, 1 due now; serving nothing" in caplog.text


def test_a_mistake_ends_no_work_under_way(site, slow, caplog, monkeypatch):
    """Though nobody sent a signal it is told, and the source that is being fetched is fetched on."""
    monkeypatch.setattr("aggregator.service.LOOK", 0.02)
    declare(site, slow=slow)
    one = often(site, SystemClock())
    spoil = iter([lambda: (site / "config" / "sources.toml").write_text("[[sources]]\nidd = 1\n")])

    def told():
        next(spoil, lambda: None)()
        return "sources.toml:2:1" in caplog.text

    settled(one, until=told)
    assert not one._watch.stale()


def test_a_start_says_what_will_happen_when(site, web):
    """How many sources, and when the first of them is due; with a damaged index at least how many."""
    one = work(site)
    assert service._plan(one._watch.settings, SystemClock().now()) == "1 source, 1 due now"
    beat(one)
    told = service._plan(one._watch.settings, one._clock.now())
    assert re.fullmatch(r"1 source, the next due \d{4}-\d\d-\d\d \d\d:\d\d UTC", told)
    (site / "var" / "tagwire.db").write_bytes(b"damaged" * 1000)
    assert service._plan(one._watch.settings, one._clock.now()) == "1 source"
    assert service._plan(replace(one._watch.settings, sources=()), one._clock.now()) == "0 sources"
