"""The service manager is told in its own protocol, and nobody is where there is none."""

from __future__ import annotations

import os
import socket

import pytest

from aggregator import systemd


@pytest.mark.parametrize("abstract", [False, True])
def test_assignments_reach_the_socket(tmp_path, abstract):
    """Both kinds of address that sd_notify(3) knows."""
    name = f"@tagwire-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name[1:]}" if abstract else name)
        assert systemd.notify("READY=1", "STATUS=好", environ={"NOTIFY_SOCKET": name})
        assert manager.recv(100).decode() == "READY=1\nSTATUS=好"


@pytest.mark.parametrize("name", ["", "relative", "/nonexistent/notify"])
def test_nobody_there_is_no_error(name):
    assert not systemd.notify("READY=1", environ={"NOTIFY_SOCKET": name})


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
    ],
)
def test_the_watchdog_is_meant_for_this_process_only(environ, seconds):
    assert systemd.watchdog(environ) == seconds


def test_the_journal_reads_the_stream_that_it_opened_and_no_other(tmp_path):
    """A stream that was redirected since, or is closed, is read by somebody else."""
    with (tmp_path / "one").open("w") as one, (tmp_path / "two").open("w") as two:
        status = os.fstat(one.fileno())
        environ = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        assert systemd.journal_reads(one.fileno(), environ)
        assert not systemd.journal_reads(two.fileno(), environ)
        assert not systemd.journal_reads(one.fileno(), {})
        closed = one.fileno()
    assert not systemd.journal_reads(closed, environ)
