"""What a queue and a store mean together: due work by host, done once whoever submits, dies or comes late.

Run over every pair of adapters. The queue is a hint and the store the truth, so jobs are doubled and workers killed on
purpose; what must hold is that no source is visited twice at a time, and none is forgotten.
"""

from __future__ import annotations

import asyncio
import inspect
import pkgutil
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from importlib import import_module

import pytest

from aggregator import errors, queues, stores
from aggregator.model import FetchState
from aggregator.testing import FakeClock

LEASE = 60.0
HOUR = timedelta(hours=1)
HOSTS = {"one.test": ["a", "b"], "two.test": ["c"], "three.test": ["d"]}
QUEUES = [
    value
    for found in pkgutil.iter_modules(queues.__path__)
    for name, value in vars(import_module(f"{queues.__name__}.{found.name}")).items()
    if inspect.isclass(value) and value.__module__.endswith(found.name) and name.endswith("Queue")
]


class Site:
    """A store of four sources on three hosts, a queue, and workers that visit what they can claim."""

    def __init__(self, queue, store):
        self.clock = FakeClock()
        self.queue, self.store = queue(self.clock), store
        self.visits: Counter[str] = Counter()
        self.at_work: Counter[str] = Counter()
        self.most = 0
        self.hang = set()
        self.store.enroll([(source, host) for host, sources in HOSTS.items() for source in sources])

    async def dispatch(self):
        """Submit the hosts that are due, as any number of dispatchers may."""
        return await self.queue.submit("host", self.store.due_hosts(self.clock.now(), 100))

    async def work(self, *, workers=1):
        """Let this many workers empty the queue side by side."""
        runs = (self.queue.run({"host": self.host}, concurrency=2, stop=asyncio.Event()) for _ in range(workers))
        await asyncio.gather(*runs)

    async def host(self, name):
        for state in self.store.claim(HOSTS[name], self.clock.now(), LEASE, due=True):
            self.at_work[name] += 1
            self.most = max(self.most, self.at_work[name])
            try:
                await asyncio.sleep(0)
                if state.source in self.hang:
                    await asyncio.Event().wait()
                self.visits[state.source] += 1
                self.store.commit(replace(state, next_at=self.clock.now() + HOUR), [])
            finally:
                self.at_work[name] -= 1


@pytest.fixture(params=[(queue, scheme) for queue in QUEUES for scheme in stores.schemes()], ids=str)
def play(request, tmp_path):
    """Run a scenario on one pair of adapters."""
    queue, scheme = request.param

    def run(scenario):
        with stores.open_store(f"{scheme}:///index.db", str(tmp_path)) as store:
            asyncio.run(scenario(Site(queue, store)))

    return run


ONCE = Counter("abcd")


def test_what_is_due_is_visited_once_and_again_when_its_time_comes(play):
    async def scenario(site):
        assert await site.dispatch() == 3
        await site.work()
        assert site.visits == ONCE
        assert await site.dispatch() == 0
        site.clock.advance(3600)
        assert await site.dispatch() == 3
        await site.work()
        assert site.visits == ONCE + ONCE

    play(scenario)


def test_a_job_that_is_submitted_again_while_queued_or_running_is_no_second_visit(play):
    async def scenario(site):
        await site.dispatch()
        assert await site.dispatch() == 0
        working = asyncio.create_task(site.work(workers=3))
        for _ in range(3):
            await asyncio.sleep(0)
            await site.queue.submit("host", list(HOSTS))
        await working
        await site.queue.submit("host", list(HOSTS))  # a dispatcher that looked before the commits
        await site.work(workers=3)
        assert site.visits == ONCE

    play(scenario)


def test_a_host_has_one_worker_at_a_time(play):
    async def scenario(site):
        await site.dispatch()
        await site.work(workers=5)
        assert site.visits == ONCE
        assert site.most == 1

    play(scenario)


def test_what_a_killed_worker_had_claimed_is_due_again_after_the_lease(play):
    async def scenario(site):
        site.hang = {"a"}
        await site.dispatch()
        working = asyncio.create_task(site.work())
        for _ in range(20):
            await asyncio.sleep(0)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        assert site.visits == Counter("cd")
        site.hang.clear()
        assert site.store.due_hosts(site.clock.now(), 100) == []
        site.clock.advance(LEASE)
        assert await site.dispatch() == 1
        await site.work()
        assert site.visits == ONCE

    play(scenario)


def test_a_worker_that_outlived_its_lease_commits_nothing(play):
    async def scenario(site):
        (late,) = site.store.claim(["c"], site.clock.now(), LEASE, due=True)
        site.clock.advance(LEASE)
        await site.dispatch()
        await site.work()
        with pytest.raises(errors.StaleClaim):
            site.store.commit(replace(late, etag="late"), [])
        assert site.store.states()["c"] == FetchState(
            source="c", generation=late.generation + 1, next_at=site.clock.now() + HOUR
        )

    play(scenario)
