"""What the daemon's log says of sources: what changed, and once."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import ParseError
from aggregator.model import Failure, FetchState, Outcome, Problem, Source, Summary
from aggregator.outcomes import Telling
from aggregator.outcomes import failed as counted
from aggregator.settings import Schedule

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def log(caplog):
    caplog.set_level(logging.INFO)


def failed(kind="timeout", **more):
    return Outcome(source="a", result="failed", error=Failure(kind=kind, message="why"), **more)


def heard(telling, caplog, *outcomes):
    caplog.clear()
    for outcome in outcomes:
        telling.heard(outcome, NOW)
    return [(record.levelname, record.getMessage()) for record in caplog.records]


def test_a_failure_is_told_when_it_begins_and_when_it_becomes_another_one(caplog):
    """A source that fails for a month is one line, not one an hour."""
    telling = Telling()
    assert heard(telling, caplog, failed(next_at=NOW + timedelta(minutes=30)), failed()) == [
        ("WARNING", "a: timeout: why; next try in 30 min")
    ]
    assert heard(telling, caplog, failed("dns")) == [("WARNING", "a: dns: why")]


def test_the_next_try_is_not_before_the_server_allows_it(caplog):
    """Retry-After counts; what is due already is said to be."""
    later = failed("http-status", next_at=NOW + timedelta(minutes=5), retry_at=NOW + timedelta(hours=3))
    assert heard(Telling(), caplog, later) == [("WARNING", "a: http-status: why; next try in 3 h")]
    assert heard(Telling(), caplog, failed(next_at=NOW)) == [("WARNING", "a: timeout: why; next try at once")]


@pytest.mark.parametrize("result", ["ok", "not_modified"])
def test_a_source_that_answers_again_is_told(caplog, result):
    """Afterwards a failure is news again; a source that was skipped has not answered."""
    telling, good = Telling(), Outcome(source="a", result=result)
    assert heard(telling, caplog, good) == []
    heard(telling, caplog, failed())
    assert heard(telling, caplog, Outcome(source="a", result="skipped")) == []
    assert heard(telling, caplog, good, good) == [("INFO", "a: answers again")]
    assert heard(telling, caplog, failed()) == [("WARNING", "a: timeout: why")]


@pytest.mark.parametrize("kind", ["disk", "internal"])
def test_failures_that_have_a_line_of_their_own_get_no_second_one(caplog, kind):
    """Trouble with the disk, and faults of ours, are logged where they happen."""
    telling = Telling()
    assert heard(telling, caplog, failed(kind)) == []
    assert heard(telling, caplog, Outcome(source="a", result="ok")) == [("INFO", "a: answers again")]


def test_problems_are_told_once_and_few_at_a_time(caplog):
    """A folder with a broken file is read every half hour; its file is one line."""

    def read(*names):
        problems = tuple(Problem(where=name, message="broken", line=3) for name in names)
        return Outcome(source="a", result="ok", problems=problems)

    telling = Telling()
    assert heard(telling, caplog, read("x.md"), read("x.md"), read()) == [("WARNING", "a: x.md:3: broken")]
    assert heard(telling, caplog, read("x.md", *"123456")) == [
        ("WARNING", "a: 1:3: broken"),
        ("WARNING", "a: 2:3: broken"),
        ("WARNING", "a: 3:3: broken"),
        ("WARNING", "a: and 3 more"),
    ]


@pytest.mark.parametrize(
    ("message", "told"),
    [("not JSON: a value is expected at line 3, column 7", ""), ("no front matter", " (line 3)")],
)
def test_the_line_of_a_document_is_told_once(message, told):
    error = ParseError(message, line=3)
    _, outcome = counted(Source(id="a"), FetchState(source="a"), error, Schedule(), NOW)
    assert outcome.error
    assert outcome.error.message == message + told


def test_item_files_that_cannot_be_read_are_told_once(caplog):
    """They belong to no source's visit, and their items leave the feeds: somebody has to say so."""
    telling = Telling()
    broken = Summary(outcomes=(), problems=(Problem(where="items/x.md", message="broken"),))
    caplog.clear()
    for summary in (broken, Summary(outcomes=()), broken):
        telling.settled(summary)
    assert [record.getMessage() for record in caplog.records] == ["items/x.md: broken"]
