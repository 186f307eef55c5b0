"""The only reader of the clock: everything else is handed `now` or a `ports.Clock`. This module schedules nothing."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clocks, as `ports.Clock`."""

    def now(self) -> datetime:
        """Return the wall clock as an aware UTC datetime; it may jump when somebody sets it."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go back; only differences mean anything."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait at least `seconds` on the monotonic clock; zero or less yields once."""
        await asyncio.sleep(seconds)
