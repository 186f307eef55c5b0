"""What every queue means by `ports.Queue`: one suite, run over every module of `aggregator.queues`."""

from __future__ import annotations

import asyncio
import inspect
import logging
import pkgutil
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest

from aggregator import queues


def adapters():
    """Return every class named `…Queue` that a module of `queues` defines."""
    modules = [import_module(f"{queues.__name__}.{found.name}") for found in pkgutil.iter_modules(queues.__path__)]
    return [
        value
        for module in modules
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__ and name.endswith("Queue")
    ]


ADAPTERS = adapters()


class Leaper:
    """A clock that is where a sleeper wants it to be as soon as nothing else is left to do."""

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self):
        return self.seconds

    async def sleep(self, seconds):
        until = self.seconds + seconds
        for _ in range(20):
            await asyncio.sleep(0)
        self.seconds = max(self.seconds, until)


class Bench:
    """A queue, and a handler that notes what it does."""

    def __init__(self, adapter):
        self.clock = Leaper()
        self.queue = adapter(self.clock)
        self.stop = asyncio.Event()
        self.started = []
        self.finished = []
        self.running = 0
        self.most = 0
        self.gate = None

    async def handle(self, key):
        self.started.append(key)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
            self.finished.append(key)
        finally:
            self.running -= 1

    async def run(self, handler=None, **options):
        options = {"concurrency": 1, "stop": self.stop} | options
        await asyncio.wait_for(self.queue.run({"job": handler or self.handle}, **options), 10)


@pytest.fixture(params=ADAPTERS or [None])
def play(request):
    """Return a function that plays a scene with a fresh bench on a fresh event loop."""
    assert ADAPTERS, "no queue was found"

    def play(scene):
        async def main():
            await scene(Bench(request.param))

        asyncio.run(main())

    return play


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_job_is_queued_once(play):
    async def scene(bench):
        assert await bench.queue.submit("job", ["a", "b", "a"]) == 2
        assert await bench.queue.submit("job", ["b", "c"]) == 1
        assert await bench.queue.submit("job", []) == 0
        await bench.run()
        assert bench.finished == ["a", "b", "c"]

    play(scene)


def test_jobs_of_different_kinds_are_different(play):
    async def scene(bench):
        seen = []

        async def other(key):
            seen.append(key)

        assert await bench.queue.submit("job", ["a"]) == 1
        assert await bench.queue.submit("other", ["a"]) == 1
        handlers = {"job": bench.handle, "other": other}
        await bench.queue.run(handlers, concurrency=2, stop=bench.stop)
        assert (bench.finished, seen) == (["a"], ["a"])

    play(scene)


def test_a_running_job_is_not_queued_again_and_a_finished_one_is(play):
    async def scene(bench):
        bench.gate = asyncio.Event()
        await bench.queue.submit("job", ["a"])
        run = asyncio.create_task(bench.run(concurrency=4))
        await settle()
        assert bench.started == ["a"]
        assert await bench.queue.submit("job", ["a"]) == 0
        bench.gate.set()
        await run
        assert bench.finished == ["a"]
        assert await bench.queue.submit("job", ["a"]) == 1
        await bench.run()
        assert bench.finished == ["a", "a"]

    play(scene)


def test_higher_priority_first_then_in_order(play):
    async def scene(bench):
        await bench.queue.submit("job", ["a", "b"])
        await bench.queue.submit("job", ["c", "d"], priority=5)
        await bench.queue.submit("job", ["e"], priority=-1)
        await bench.run()
        assert bench.finished == ["c", "d", "a", "b", "e"]

    play(scene)


@pytest.mark.parametrize("bound", [1, 3, 50])
def test_never_more_at_a_time_than_allowed_and_never_fewer_than_possible(play, bound):
    async def scene(bench):
        await bench.queue.submit("job", [str(n) for n in range(20)])
        await bench.run(concurrency=bound)
        assert len(bench.finished) == 20
        assert bench.most == min(bound, 20)

    play(scene)


def test_delayed_jobs_run_when_their_time_has_come(play):
    async def scene(bench):
        times = {}

        async def note(key):
            times[key] = bench.clock.monotonic()

        await bench.queue.submit("job", ["late"], after=60)
        await bench.queue.submit("job", ["soon"], after=5, priority=-9)
        await bench.queue.submit("job", ["now"])
        await bench.run(note)
        assert times == {"now": 0, "soon": 5, "late": 60}

    play(scene)


def test_a_job_that_comes_while_the_queue_waits_for_a_delayed_one_starts_at_once(play):
    async def scene(bench):
        times = {}

        async def note(key):
            times[key] = bench.clock.monotonic()
            if key == "first":
                await bench.queue.submit("job", ["second"])

        await bench.queue.submit("job", ["late"], after=60)
        run = asyncio.create_task(bench.run(note))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await bench.queue.submit("job", ["first"])
        await run
        assert times == {"first": 0, "second": 0, "late": 60}

    play(scene)


def test_a_handler_may_submit_further_jobs(play):
    async def scene(bench):
        async def chain(key):
            bench.finished.append(key)
            if len(key) < 4:
                await bench.queue.submit("job", [key + "x", key + "y"])

        await bench.queue.submit("job", ["x"])
        await bench.run(chain, concurrency=2)
        assert len(bench.finished) == 15

    play(scene)


def test_stop_lets_running_jobs_finish_and_leaves_the_rest_queued(play):
    async def scene(bench):
        bench.gate = asyncio.Event()
        await bench.queue.submit("job", ["a", "b", "c", "d"])
        await bench.queue.submit("job", ["late"], after=60)
        run = asyncio.create_task(bench.run(concurrency=2))
        await settle()
        bench.stop.set()
        await settle()
        assert not run.done()
        bench.gate.set()
        await run
        assert bench.finished == ["a", "b"]
        assert await bench.queue.submit("job", ["c", "late"]) == 0
        bench.stop.clear()
        await bench.run()
        assert bench.finished == ["a", "b", "c", "d", "late"]

    play(scene)


def test_a_stop_that_is_set_before_the_start_starts_nothing(play):
    async def scene(bench):
        bench.stop.set()
        await bench.queue.submit("job", ["a"])
        await bench.run(forever=True)
        assert bench.started == []

    play(scene)


def test_an_idle_run_returns_and_one_for_ever_waits_for_work_and_stop(play):
    async def scene(bench):
        await bench.run()
        run = asyncio.create_task(bench.run(forever=True))
        await settle()
        assert not run.done()
        await bench.queue.submit("job", ["a"])
        await settle()
        assert bench.finished == ["a"]
        assert not run.done()
        bench.stop.set()
        await run

    play(scene)


def test_a_handler_that_raises_is_logged_and_costs_the_others_nothing(play, caplog):
    async def scene(bench):
        async def handler(key):
            if key == "bad":
                raise ValueError("what went wrong")
            bench.finished.append(key)

        await bench.queue.submit("job", ["bad", "good"])
        await bench.queue.submit("nobody", ["cares"])
        await bench.run(handler)
        assert bench.finished == ["good"]
        assert await bench.queue.submit("job", ["bad"]) == 1

    with caplog.at_level(logging.ERROR):
        play(scene)
    assert [entry.getMessage() for entry in caplog.records] == ["job job bad failed", "job nobody cares failed"]
    assert "what went wrong" in caplog.text


def test_a_handler_that_is_cancelled_from_inside_costs_the_others_nothing(play):
    async def scene(bench):
        async def handler(key):
            if key == "bad":
                raise asyncio.CancelledError
            bench.finished.append(key)

        await bench.queue.submit("job", ["bad", "good"])
        await bench.run(handler)
        assert bench.finished == ["good"]

    play(scene)


@pytest.mark.parametrize("steps", [0, 1, 2, 20])
@pytest.mark.parametrize("after", [0.0, 60.0])
def test_cancelling_a_run_cancels_its_handlers_and_leaves_nothing_behind(play, steps, after):
    async def scene(bench):
        cleaned = []

        async def handler(key):
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                cleaned.append(key)

        await bench.queue.submit("job", ["a", "b"])
        await bench.queue.submit("job", ["late"], after=after)
        run = asyncio.create_task(bench.queue.run({"job": handler}, concurrency=2, stop=bench.stop))
        for _ in range(steps):
            await asyncio.sleep(0)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert sorted(cleaned) in ([], ["a", "b"])
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await bench.run()
        assert set(bench.finished) | set(cleaned) >= {"late"}

    play(scene)


def test_two_runs_share_the_work(play):
    async def scene(bench):
        await bench.queue.submit("job", [str(n) for n in range(10)])
        await asyncio.gather(bench.run(concurrency=2), bench.run(concurrency=3))
        assert sorted(bench.finished) == [str(n) for n in range(10)]
        assert bench.most == 5

    play(scene)
