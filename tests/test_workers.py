"""Workers: real processes, killed for real."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from aggregator.errors import ParseCrash, ParseTimeout, WorkersFailed
from aggregator.workers import Workers, _death, _run, starved
from tests.worker_jobs import (
    backtrack,
    complain,
    devour,
    die,
    interrupted,
    leave,
    pid,
    sleep,
    spin,
    starve,
    text_result,
    threads_of_numpy,
    upper,
)

GIB = 1 << 30
REPOSITORY = str(Path(__file__).parent.parent)


@pytest.fixture(scope="module")
def workers():
    pool = Workers(1, seconds=20, memory_bytes=GIB)
    yield pool
    pool.close()


def test_a_call_runs_in_another_process_and_returns_its_bytes(workers):
    async def calls():
        return await asyncio.gather(workers.call(upper, b"feed"), workers.call(pid, b""))

    result, where = asyncio.run(calls())
    assert result == b"FEED"
    assert int(where) != os.getpid()


@pytest.mark.parametrize("function", [spin, backtrack])
def test_a_hang_is_killed_and_the_next_call_works(function):
    pool = Workers(1, seconds=0.3, memory_bytes=GIB)

    async def calls():
        await warm(pool)
        with pytest.raises(ParseTimeout, match=r"longer than 0\.3 s") as caught:
            await pool.call(function, b"", url="http://a/")
        assert caught.value.url == "http://a/"
        return await warm(pool)

    try:
        assert asyncio.run(calls()) == b"WARM"
    finally:
        pool.close()


async def warm(pool: Workers) -> bytes:
    """Start-up of a process is not what these tests time."""
    return await pool.call(upper, b"warm")


@pytest.mark.parametrize(
    ("function", "payload", "words"),
    [
        (die, b"11", "died of SIGSEGV"),
        (die, b"9", "died of SIGKILL"),
        (leave, b"", "ended with status 7"),
        (devour, b"", "more memory than a worker may have"),
        (complain, b"x", "Unpicklable: about this"),
        (complain, b"", "ValueError: a bad ? value"),
        (text_result, b"", "TypeError: "),
    ],
)
def test_a_crash_is_told_in_words_and_the_next_call_works(workers, function, payload, words):
    async def calls():
        with pytest.raises(ParseCrash, match=re.escape(words)) as caught:
            await workers.call(function, payload, url="http://a/")
        assert caught.value.url == "http://a/"
        return await warm(workers)

    assert asyncio.run(calls()) == b"WARM"


def test_workers_leave_interrupts_to_their_parent(workers):
    assert asyncio.run(workers.call(interrupted, b"")) == b"still here"


def test_numpy_starts_no_threads_in_a_worker(workers):
    """Each would take address space, of which a worker may have little, and nothing that we ask of it uses them."""
    assert asyncio.run(workers.call(threads_of_numpy, b"")) == b"0"


def test_a_worker_killed_while_idle_costs_nothing(workers):
    async def calls():
        idle = int(await workers.call(pid, b""))
        os.kill(idle, signal.SIGKILL)
        await asyncio.sleep(0.4)
        return idle, int(await workers.call(pid, b""))

    before, after = asyncio.run(calls())
    assert before != after


def test_a_cancelled_call_frees_its_worker(workers):
    async def calls():
        task = asyncio.create_task(workers.call(spin, b""))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await asyncio.wait_for(warm(workers), 10)

    assert asyncio.run(calls()) == b"WARM"


def test_nothing_starts_before_the_first_call_and_closing_twice_is_fine():
    pool = Workers(2, seconds=1, memory_bytes=GIB)
    assert pool._pool is None
    pool.close()
    pool.close()


def test_the_loop_stays_awake_while_a_worker_hangs(workers):
    async def calls():
        await warm(workers)
        task = asyncio.create_task(workers.call(spin, b""))
        for _ in range(20):
            await asyncio.sleep(0.01)
        hangs = not task.done()
        task.cancel()
        return hangs

    assert asyncio.run(calls()), "twenty turns of the loop took longer than a call may"


def test_workers_die_with_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent("""
        import asyncio, sys
        from aggregator.workers import Workers
        from tests_workers_child import announce

        async def main():
            await Workers(1, seconds=60, memory_bytes=1 << 30).call(announce, sys.argv[1].encode())

        if __name__ == "__main__":
            asyncio.run(main())
        """)
    )
    (tmp_path / "tests_workers_child.py").write_text(
        "import os, pathlib, time\n"
        "def announce(path):\n"
        "    pathlib.Path(path.decode()).write_text(str(os.getpid()))\n"
        "    while True: time.sleep(1)\n"
    )
    told = tmp_path / "pid"
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{tmp_path}"}
    parent = subprocess.Popen([sys.executable, str(script), str(told)], env=environment)
    assert eventually(lambda: told.exists() and told.read_text())
    parent.kill()
    parent.wait()
    assert eventually(lambda: not alive(int(told.read_text())))


def eventually(condition, seconds=20.0):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def alive(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("function", "payload", "done", "result"),
    [
        (upper, b"feed", True, b"FEED"),
        (complain, b"x", False, b"Unpicklable: about this"),
        (text_result, b"", False, b"TypeError: memoryview: a bytes-like object is required, not 'str'"),
        (starve, b"", False, b"reading needs more memory than a worker may have"),
    ],
)
def test_what_a_worker_answers_can_always_be_pickled(function, payload, done, result):
    assert _run(function, payload) == (done, result)


def test_deaths_are_named_by_their_signal_or_status():
    assert _death(-signal.SIGSEGV) == "died of SIGSEGV"
    assert _death(-99) == "ended with status -99"
    assert _death(3) == "ended with status 3"


def test_a_worker_whose_parent_is_gone_ends_at_once():
    code = "from aggregator.workers import _enter; _enter(1, 1 << 40); print('alive')"
    ended = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": REPOSITORY}, capture_output=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, b"")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (BlockingIOError(errno.EAGAIN, "x"), "Resource temporarily unavailable; raise the limit on processes"),
        (RuntimeError("can't start new thread"), "Resource temporarily unavailable; raise the limit on processes"),
        (OSError(errno.EROFS, "x"), "Read-only file system; see that /dev/shm is there"),
        (OSError(errno.ENOMEM, "x"), "Cannot allocate memory; free memory"),
        (ImportError("no sem_open here"), "they end, or hang, as soon as they start; if Python"),
    ],
)
def test_what_keeps_workers_from_starting_is_told_with_its_cure(monkeypatch, error, words):
    """As the system tells it when the pool makes its semaphores, threads and processes."""

    def refuse(*_args, **_kwargs):
        raise error

    monkeypatch.setattr("multiprocessing.context.BaseContext.Pipe", refuse)
    pool = Workers(1, seconds=5, memory_bytes=GIB)
    with pytest.raises(WorkersFailed, match=f"cannot be started: {words}"):
        asyncio.run(pool.call(upper, b""))
    pool.close()


def test_a_python_that_was_taken_away_is_told_at_once(monkeypatch):
    """After an update; workers would be waited for."""
    monkeypatch.setattr("multiprocessing.spawn._python_exe", b"/nonexistent/python")
    pool = Workers(1, seconds=5, memory_bytes=GIB)
    with pytest.raises(WorkersFailed, match="/nonexistent/python is not there any more; if Python or tagwire were upd"):
        asyncio.run(pool.call(upper, b""))


def test_workers_that_hang_at_birth_are_no_documents_fault(monkeypatch):
    """Once one has lived it is the documents that they hang on."""
    monkeypatch.setattr("aggregator.workers._GRACE", 0.1)
    monkeypatch.setattr("aggregator.workers._enter", sleep)
    pool = Workers(1, seconds=0.1, memory_bytes=GIB)

    async def call():
        with pytest.raises(WorkersFailed, match="they end, or hang, as soon as they start"):
            await pool.call(upper, b"")

    try:
        asyncio.run(call())
    finally:
        pool.close()


def test_only_a_lack_of_threads_is_a_lack_of_workers():
    other = RuntimeError("something else")
    assert starved(other) is other
    assert isinstance(starved(RuntimeError("can't start new thread")), WorkersFailed)


def test_workers_that_never_live_are_no_documents_fault():
    pool = Workers(1, seconds=5, memory_bytes=1 << 100)  # no worker comes to life

    async def call():
        with pytest.raises(WorkersFailed, match="cannot be started: they end, or hang, as soon as they start; "):
            await asyncio.wait_for(pool.call(upper, b""), 10)

    try:
        asyncio.run(call())
    finally:
        pool.close()
