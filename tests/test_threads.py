"""Work in threads: its result comes back, and nobody leaves it behind."""

from __future__ import annotations

import asyncio
import threading

import pytest

from aggregator.threads import apart


def test_the_result_comes_back_and_the_loop_goes_on_meanwhile():
    async def main():
        told = threading.Event()
        asyncio.get_running_loop().call_soon(told.set)  # only a loop that goes on does that
        return await apart(told.wait, timeout=10)

    assert asyncio.run(main())


def test_errors_come_back():
    with pytest.raises(ZeroDivisionError):
        asyncio.run(apart(lambda: 1 // 0))


def test_who_is_cancelled_waits_for_the_thread_all_the_same():
    """What the thread works with may be closed afterwards."""
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work():
        begun.set()
        go_on.wait(10)
        ended.set()

    async def main():
        waiting = asyncio.create_task(apart(work))
        await asyncio.to_thread(begun.wait, 10)
        waiting.cancel()
        await asyncio.sleep(0)
        assert not waiting.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return ended.is_set()

    assert asyncio.run(main())
