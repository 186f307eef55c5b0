"""The heartbeat: at once, then again and again; a failing beat is told and costs nothing; stopping waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.clock import SystemClock
from aggregator.daemon import Heartbeat, Pulse, Steady
from aggregator.errors import Locked, PublishError, StoreError
from aggregator.model import Outcome, Summary

NEWS = Summary(outcomes=(Outcome(source="a", result="ok", new=2),))


def drive(beat, *, stop=None, wake=None, clock=None, pulse=None, **pace):
    """Run a heartbeat to its end, within ten seconds."""
    pulse = pulse or Pulse()

    async def main():
        ending = asyncio.Event()
        waking = wake or asyncio.Event()
        heart = Heartbeat(lambda told: beat(told, ending), clock or SystemClock(), pulse, **pace)
        if stop is not None:
            asyncio.get_running_loop().call_later(stop, ending.set)
        await asyncio.wait_for(heart.run(ending, waking), 10)

    asyncio.run(main())
    return pulse


def counting(until, result=NEWS):
    """A beat that ends the daemon when it was called `until` times."""
    calls: list[None] = []

    async def beat(_, stop):
        calls.append(None)
        if len(calls) == until:
            stop.set()
        if isinstance(result, Exception) and len(calls) == 1:
            raise result
        return NEWS

    return beat


def test_the_first_beat_comes_at_once_and_others_follow():
    """Overdue sources need not wait for an interval after a restart."""
    assert drive(counting(3), every=0.02).beats == 3


def test_beats_never_overlap():
    """A beat that takes longer than the interval is one beat."""
    running = most = 0

    async def beat(*_):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.1)
        running -= 1

    drive(beat, stop=0.35, every=0.01)
    assert (most, running) == (1, 0)


@pytest.mark.parametrize(
    ("error", "level", "words"),
    [
        (Locked("held by pid 1"), logging.INFO, "skipped a beat"),
        (StoreError("disk full"), logging.ERROR, "disk full"),
        (
            PublishError("post.html:1: no nope\npage.css: none"),
            logging.ERROR,
            "one: post.html:1: no nope; page.css: none",
        ),
        (OSError(30, "Read-only file system"), logging.ERROR, "Read-only file system"),
    ],
)
def test_a_failing_beat_is_told_and_the_next_one_comes(error, level, words, caplog):
    """A locked site is news of no weight, anything else is an error; the daemon lives on."""
    with caplog.at_level(logging.INFO, logger="aggregator.daemon"):
        pulse = drive(counting(2, error), every=0.02)
    assert (pulse.beats, pulse.failed, pulse.error) == (2, int(level == logging.ERROR), "")
    assert [record.levelno for record in caplog.records if words in record.getMessage()] == [level]
    assert not any(record.exc_info for record in caplog.records), "a known error is one line, without a traceback"
    assert "sources: 1, new: 2, failed: 0" in caplog.text


def test_stopping_finishes_the_beat_under_way():
    """Nothing is left half done."""
    finished = False

    async def beat(told, stop):
        nonlocal finished
        stop.set()
        await asyncio.sleep(0.05)
        finished = told.is_set()

    drive(beat, every=60)
    assert finished


def test_a_wake_calls_for_a_beat_now():
    """SIGHUP need not wait for the next beat, and one that comes during a beat is heard after it."""
    wake, beats = asyncio.Event(), counting(2)

    async def beat(told, stop):
        if not wake.is_set():
            wake.set()
            await asyncio.sleep(0)  # the heartbeat hears it while this beat runs
        return await beats(told, stop)

    assert drive(beat, wake=wake, every=3600).beats == 2


class SetBack(SystemClock):
    """A wall clock that somebody sets an hour back after the first look."""

    looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return super().now() - timedelta(hours=self.looks > 1)


def test_a_clock_set_back_costs_no_silence(caplog):
    """APScheduler alone would wait for the hour to pass; the watch on the monotonic clock does not."""
    assert drive(counting(4), clock=SetBack(), every=0.05).beats == 4
    assert "the clock was set back" in caplog.text


@pytest.mark.parametrize("ahead", [timedelta(seconds=20), timedelta(days=365), timedelta(days=365 * 56)])
def test_a_clock_set_ahead_owes_one_beat_and_no_list_of_those_in_between(ahead):
    """APScheduler asks for the next one until it lies ahead: from 1970, at boot, that would be 118 million times."""
    before, interval = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=15)
    steady, now = Steady(interval), before + ahead
    assert steady.get_next_fire_time(before, now) == now + interval
    assert steady.get_next_fire_time(now, now) == now + interval
    assert steady.get_next_fire_time(None, now) == now + interval


def test_a_beat_without_progress_is_ended_and_told_and_the_next_one_goes_on(caplog):
    """Whatever hangs, the daemon is not silent for ever."""
    calls = 0

    async def beat(_, stop):
        nonlocal calls
        calls += 1
        if calls == 1:
            await asyncio.Event().wait()
        stop.set()

    pulse = drive(beat, every=0.05, stuck=0.2)
    assert (calls, pulse.failed) == (2, 1)
    assert "no progress" in caplog.text


def test_a_beat_with_progress_may_take_its_time():
    """A long list of slow sources is no reason to end a beat."""
    pulse = Pulse()

    async def beat(_, stop):
        for _ in range(10):
            await asyncio.sleep(0.06)
            pulse.moved_at = SystemClock().monotonic()
        stop.set()

    assert drive(beat, pulse=pulse, every=0.05, stuck=0.4).failed == 0


def test_the_service_manager_hears_ready_progress_and_stopping_and_no_watchdog_without_progress(tmp_path, monkeypatch):
    """systemd restarts us when we hang, and only then."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "60000")

        def heard():
            with contextlib.suppress(BlockingIOError):
                while True:
                    messages.append(manager.recv(100).decode())
            return messages

        async def beat(_, stop):
            await asyncio.sleep(0.3)
            assert heard()[0] == "READY=1"
            assert "WATCHDOG=1" in messages
            messages.clear()
            pulse.moved_at = -1e9  # decades without progress
            try:
                await asyncio.Event().wait()
            finally:
                stop.set()

        messages: list[str] = []
        pulse = Pulse()
        drive(beat, pulse=pulse, every=60, stuck=1e6)
        assert heard() == ["STOPPING=1"]


def test_healthy_means_progress_within_its_time():
    pulse = Pulse(moved_at=100.0)
    assert pulse.healthy(399.0)
    assert not pulse.healthy(400.0)
