"""The lock of a site: it says who holds it, dies with its holder, and shows that somebody waits."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from aggregator import errors, files, locks


def names_in(folder):
    return sorted(path.name for path in Path(folder).iterdir())


HOLDER = """
import sys
from aggregator import locks
with locks.lock(sys.argv[1], who="tagwire run"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock until its stdin closes."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "var" / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process


def test_a_held_lock_says_who_holds_it_since_when(tmp_path, holder):
    for _ in range(2):
        with (
            pytest.raises(
                errors.Locked,
                match=rf"var/lock is held by pid {holder.pid} \(tagwire run\) since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
            ),
            locks.lock(tmp_path / "var" / "lock", who="tagwire refresh"),
        ):
            pytest.fail("two held it")


def test_waiting_gets_the_lock_when_it_becomes_free(tmp_path, holder):
    threading.Timer(0.1, holder.stdin.close).start()
    with locks.lock(tmp_path / "var" / "lock", wait=20, who="tagwire refresh"):
        assert (tmp_path / "var" / "lock.holder").read_bytes().startswith(b"%d\n" % os.getpid())


def test_waiting_ends_when_its_time_is_over(tmp_path, holder):
    start = time.perf_counter()
    with pytest.raises(errors.Locked), locks.lock(tmp_path / "var" / "lock", wait=0.2, who="x"):
        pytest.fail("two held it")
    assert 0.2 <= time.perf_counter() - start < 10


def test_a_killed_holder_holds_nothing_and_a_stale_note_is_not_believed(tmp_path, holder):
    holder.kill()
    holder.wait()
    note = tmp_path / "var" / "lock.holder"
    assert note.exists()
    note.write_bytes(f"{os.getpid()}\nx".encode())
    os.utime(note, (0, 0))
    with (
        locks.lock(tmp_path / "var" / "lock", who="x"),
        pytest.raises(errors.Locked, match=rf"pid {os.getpid()} \(x\) since (?!1970)"),
        locks.lock(tmp_path / "var" / "lock", who="y"),
    ):
        pytest.fail("two held it")


def test_a_released_lock_can_be_taken_again_and_leaves_no_note(tmp_path):
    for _ in range(2):
        with locks.lock(tmp_path / "lock", who="x"):
            pass
    with pytest.raises(ZeroDivisionError), locks.lock(tmp_path / "lock", who="x"):
        raise ZeroDivisionError
    assert names_in(tmp_path) == ["lock"]


def test_a_full_disk_keeps_nobody_from_the_lock(tmp_path, monkeypatch):
    def fail(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with locks.lock(tmp_path / "lock", who="x"):
        pass
    monkeypatch.setattr(files, "write", fail)
    with (
        locks.lock(tmp_path / "lock", who="x"),
        pytest.raises(errors.Locked, match="held by another process"),
        locks.lock(tmp_path / "lock", who="y"),
    ):
        pytest.fail("two held it")


def test_the_holder_sees_that_somebody_waits_until_he_is_through(tmp_path):
    """A waiter is wanted news; one who asked without waiting, or has had his turn, is none."""
    path = tmp_path / "lock"
    assert not locks.wanted(path)
    with locks.lock(path, who="x"):
        assert not locks.wanted(path)
        waiter = subprocess.Popen(
            [sys.executable, "-c", WAITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(1000):
            if locks.wanted(path):
                break
            time.sleep(0.02)
        assert locks.wanted(path)
    with waiter:
        assert waiter.stdout is not None
        assert waiter.stdout.readline() == b"held\n"
        assert not locks.wanted(path)


WAITER = HOLDER.replace('who="tagwire run"', 'who="tagwire refresh", wait=30')
