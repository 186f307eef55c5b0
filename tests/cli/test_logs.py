"""How log lines look, by who reads them."""

from __future__ import annotations

import json
import logging
import os

import pytest

from aggregator.cli import logs


@pytest.fixture
def lines(tmp_path, monkeypatch):
    """A function that starts logging to a file, logs a warning with a feed's line in it, and returns the lines."""
    path = tmp_path / "stderr"

    def logged(*, journal, **options):
        with path.open("w+") as stream:
            status = os.fstat(stream.fileno())
            monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino if journal else 0}")
            monkeypatch.setattr("sys.stderr", stream)
            logs.start(1, **options)
            logging.getLogger("aggregator.test").warning("%s: 坏了", "a\n<0>forged")
            logging.getLogger("aggregator.test").info("fine")
        return path.read_text(encoding="utf-8").splitlines()

    return logged


def test_the_journal_gets_levels_and_no_second_time(lines):
    """`journalctl -p warning` finds warnings (sd-daemon(3)); what a feed says sets no level."""
    first, *_, last = said = lines(journal=True)
    assert first.startswith("<4>aggregator.test: a")
    assert all(line.startswith(("<4>", "<6>")) for line in said)
    assert last == "<6>aggregator.test: fine"


def test_anybody_else_gets_time_and_level_in_words(lines):
    *_, last = lines(journal=False)
    assert last.endswith(" INFO aggregator.test: fine")
    assert last[:2] == "20"


def test_json_stays_json_for_the_journal(lines):
    assert [json.loads(line)["level"] for line in lines(journal=True, structured=True)] == ["warning", "info"]
