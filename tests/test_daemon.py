"""The heartbeat: at once, then again and again; a failing beat is told and costs nothing; stopping waits for it."""

from __future__ import annotations

import asyncio
import logging

import pytest

from aggregator import daemon
from aggregator.errors import Locked, StoreError
from aggregator.model import Outcome, Summary

NEWS = Summary(outcomes=(Outcome(source="a", result="ok", new=2),))


def test_the_first_beat_comes_at_once_and_others_follow() -> None:
    """Overdue sources need not wait for an interval after a restart."""
    beats = 0

    async def main() -> None:
        stop = asyncio.Event()

        async def beat(_: asyncio.Event) -> Summary:
            nonlocal beats
            beats += 1
            if beats == 3:
                stop.set()
            return NEWS

        await asyncio.wait_for(daemon.run(beat, stop, every=0.02), 10)

    asyncio.run(main())
    assert beats == 3


def test_beats_never_overlap() -> None:
    """A beat that takes longer than the interval is one beat."""
    running = most = 0

    async def main() -> None:
        stop = asyncio.Event()

        async def beat(_: asyncio.Event) -> Summary:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.1)
            running -= 1
            return Summary()

        asyncio.get_running_loop().call_later(0.35, stop.set)
        await asyncio.wait_for(daemon.run(beat, stop, every=0.01), 10)

    asyncio.run(main())
    assert (most, running) == (1, 0)


@pytest.mark.parametrize(
    ("error", "level", "words"),
    [(Locked("held by pid 1"), logging.INFO, "skipped a beat"), (StoreError("disk full"), logging.ERROR, "disk full")],
)
def test_a_failing_beat_is_told_and_the_next_one_comes(
    error: Exception, level: int, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A locked site is news of no weight, anything else is an error; the daemon lives on."""
    beats = 0

    async def main() -> None:
        stop = asyncio.Event()

        async def beat(_: asyncio.Event) -> Summary:
            nonlocal beats
            beats += 1
            if beats == 1:
                raise error
            stop.set()
            return NEWS

        await asyncio.wait_for(daemon.run(beat, stop, every=0.02), 10)

    with caplog.at_level(logging.INFO, logger="aggregator.daemon"):
        asyncio.run(main())
    assert beats == 2
    assert any(record.levelno == level and words in caplog.text for record in caplog.records)
    assert "1 sources: 2 new, 0 failed" in caplog.text


def test_stopping_finishes_the_beat_under_way() -> None:
    """Nothing is left half done."""
    finished = False

    async def main() -> None:
        stop = asyncio.Event()

        async def beat(told: asyncio.Event) -> Summary:
            nonlocal finished
            stop.set()
            await asyncio.sleep(0.05)
            finished = told.is_set()
            return Summary()

        await asyncio.wait_for(daemon.run(beat, stop, every=60), 10)

    asyncio.run(main())
    assert finished
