"""What systemd and its services agree on: sd_notify(3), the watchdog, and whether the journal reads what we print.

Without the variables that systemd sets nothing is sent. This module decides nothing: the daemon knows what is true.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = "NOTIFY_SOCKET"


def notify(*lines: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send assignments such as `READY=1` or `STATUS=…`; return whether somebody was told.

    A manager that does not listen must not keep the daemon from working, so errors of the socket mean False.
    """
    address = environ.get(_NAME, "")
    if not address.startswith(("/", "@")):
        return False
    name = f"\0{address[1:]}" if address.startswith("@") else address  # abstract namespace, unix(7)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
            manager.setblocking(False)
            manager.sendto("\n".join(lines).encode(), name)
    except OSError:
        return False
    return True


def watchdog(environ: Mapping[str, str] = os.environ) -> float:
    """Return after how many seconds without `WATCHDOG=1` the manager ends this process; 0 if it never does."""
    usec, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not usec.isdecimal() or pid not in ("", str(os.getpid())):
        return 0.0
    return int(usec) / 1e6


def journal_reads(descriptor: int, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether the journal is at the other end: it stamps lines itself, and reads levels (`<4>`, sd-daemon(3)).

    $JOURNAL_STREAM names device and inode of the stream that the manager opened (systemd.exec(5)); one that was
    redirected since is another one.
    """
    try:
        status = os.fstat(descriptor)
    except OSError:
        return False
    return environ.get("JOURNAL_STREAM", "") == f"{status.st_dev}:{status.st_ino}"
