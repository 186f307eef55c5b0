"""Coroutines that SIGINT and SIGTERM ask to stop, once; a second signal ends the process at once.

This module starts no loop of its own and prints nothing.
"""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Result = TypeVar("Result")


def run_until_signal(start: Callable[[asyncio.Event], Awaitable[Result]]) -> tuple[Result, int]:
    """Run `start(stop)` to its end; return its result, and 128 + the signal that set `stop`, else 0."""
    caught: list[int] = []

    async def guarded() -> Result:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()

        def catch(signum: signal.Signals) -> None:
            caught.append(signum)
            loop.remove_signal_handler(signum)  # the next one is not ours
            stop.set()

        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, catch, signum)
        return await start(stop)

    return asyncio.run(guarded()), 128 + caught[0] if caught else 0
