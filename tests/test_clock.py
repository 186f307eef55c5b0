"""The machine's clocks, seen from outside."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from aggregator.clock import SystemClock


def test_now_is_aware_utc_and_the_machines_time():
    before, now, after = datetime.now(UTC), SystemClock().now(), datetime.now(UTC)  # noqa: TID251
    assert before <= now <= after
    assert now.utcoffset() == timedelta(0)


def test_sleep_takes_at_least_as_long_as_asked_on_the_monotonic_clock():
    clock = SystemClock()
    start = clock.monotonic()
    asyncio.run(clock.sleep(0.02))
    assert 0.02 <= clock.monotonic() - start < 5
