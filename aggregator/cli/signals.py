"""Coroutines that SIGINT and SIGTERM ask to stop, once; a second signal ends the process as if nobody had caught it.

This module prints nothing and knows no command.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import FrameType

Result = TypeVar("Result")


def run_until_signal(start: Callable[[asyncio.Event], Awaitable[Result]]) -> tuple[Result, int]:
    """Run `start(stop)` to its end; return its result, and 128 + the signal that set `stop`, else 0.

    Signals are caught from the first moment on, also while `start` is still importing.
    """
    caught: list[int] = []
    wake: list[Callable[[], object]] = []

    def catch(signum: int, _frame: FrameType | None) -> None:
        caught.append(signum)
        for other in before:  # a thread may be at work, for which Python would wait: the next signal is the kernel's
            signal.signal(other, signal.SIG_DFL)
        for tell in wake:
            tell()

    async def guarded() -> Result:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()

        def tell() -> None:
            with suppress(RuntimeError):  # the loop has ended already
                loop.call_soon_threadsafe(stop.set)

        wake.append(tell)
        if caught:
            stop.set()
        return await start(stop)

    before = {int(signum): signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)}
    for signum in before:
        signal.signal(signum, catch)
    try:
        return asyncio.run(guarded()), 128 + caught[0] if caught else 0
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
