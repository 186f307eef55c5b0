"""Tells a service manager how we are, in the protocol of sd_notify(3): datagrams to the socket in $NOTIFY_SOCKET.

Without that variable nothing is sent. This module decides nothing: what is true is the daemon's to know.
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
