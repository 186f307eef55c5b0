"""A daemon told to end while a thread of it is at work: the work ends soon, and a second signal waits for nothing."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PATCHED = """
import sys, time
from aggregator.cli import main
from aggregator.publish.press import Press
from aggregator.operations import rules

def slowly(call, seconds):
    def slow(*args, **options):
        print("at work", flush=True)
        time.sleep(seconds)
        return call(*args, **options)
    return slow

{what} = slowly({what}, {seconds})
main()
"""


def daemon(site, what, seconds):
    """Start a daemon in which one step is slow; return it when that step is under way."""
    code = PATCHED.format(what=what, seconds=seconds)
    process = subprocess.Popen(
        [sys.executable, "-c", code, "-C", str(site), "run", "--no-serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    return process


@pytest.fixture
def site(tmp_path, tagwire, inline_workers):
    assert tagwire("-C", tmp_path, "init").code == 0
    return tmp_path


def test_a_long_publication_ends_soon_after_a_signal_and_is_made_up_for(site, tagwire):
    """Feeds are many and each takes its time; what is not published then is published by the next refresh."""
    with daemon(site, "Press.render", 1) as process:
        process.send_signal(signal.SIGTERM)
        _, messages = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in messages) == (0, False), messages
    assert not (site / "feeds" / "index.html").exists()
    assert tagwire("-C", site, "refresh", "--due").code == 0
    assert (site / "feeds" / "index.html").exists()
    assert tagwire("-C", site, "publish", "--check").code == 0


def test_a_second_signal_ends_a_thread_that_no_first_one_reaches(site, tagwire):
    """One file that takes a minute to read: the first signal would wait for it."""
    with daemon(site, "rules.reader", 60) as process:
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == -signal.SIGTERM
    assert tagwire("-C", site, "refresh").code == 0
    assert (site / "feeds" / "index.html").exists()
