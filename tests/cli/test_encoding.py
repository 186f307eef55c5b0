"""The program starts itself anew where file names would not be UTF-8, once, with what was typed."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from aggregator.cli import encoding


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A process in a legacy locale; returns what would take its place."""
    found: list[Any] = []
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "gb18030")
    monkeypatch.setattr(os, "execve", lambda *what: found.append(what))
    monkeypatch.delenv("PYTHONUTF8", raising=False)
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    monkeypatch.setattr(sys, "orig_argv", ["python", "-X", "dev", "/bin/tagwire", "search", "新闻", "\udcd0\udcc2"])
    monkeypatch.setattr(sys, "argv", ["/bin/tagwire", "search", "新闻", "\udcd0\udcc2"])
    return found


def test_where_names_are_utf8_nothing_happens(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "utf-8")
    encoding.settle()
    assert started == []


def test_another_process_takes_over_with_what_was_typed(started: list[Any]) -> None:
    """The interpreter and its options as they were; the terminal is spoken to as before."""
    encoding.settle()
    ((program, command, environ),) = started
    assert program == sys.executable
    assert command == [b"python", b"-X", b"dev", b"/bin/tagwire", b"search", "新闻".encode(), b"\xd0\xc2"]
    assert environ["PYTHONUTF8"] == "1"
    assert environ["PYTHONIOENCODING"] == f"{sys.stdout.encoding}:backslashreplace"


def test_it_does_not_try_twice(started: list[Any], monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("PYTHONUTF8", "1")
    with pytest.raises(SystemExit) as stopped:
        encoding.settle()
    assert (stopped.value.code, started) == (78, [])
    assert "file names are in gb18030 here" in capsys.readouterr().err
