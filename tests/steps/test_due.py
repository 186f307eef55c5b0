"""Who is asked now, and who is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import UsageError
from aggregator.model import FetchState, Source
from aggregator.steps.due import select_due

NOW = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)
SOON, PAST = NOW + timedelta(minutes=5), NOW - timedelta(minutes=5)
FRESH = (Source(id="fresh", url="http://127.0.0.1/1"), FetchState(source="fresh"))
LATER = (Source(id="later", url="http://127.0.0.1/2"), FetchState(source="later", next_at=SOON))
OVERDUE = (Source(id="overdue", path="/x"), FetchState(source="overdue", next_at=PAST))
PAUSED = (Source(id="paused", url="http://127.0.0.1/3", enabled=False), FetchState(source="paused"))
WAITING = (
    Source(id="waiting", url="http://127.0.0.1/4"),
    FetchState(source="waiting", url="http://127.0.0.1/4", next_at=PAST, retry_at=SOON, failures=1),
)
ALL = [FRESH, LATER, OVERDUE, PAUSED, WAITING]


def names(sources: list[Source]) -> list[str]:
    return [source.id for source in sources]


def test_without_names_every_enabled_source_is_asked_now() -> None:
    """Due or not; but a server that said to wait is left alone."""
    chosen, skipped = select_due(ALL, [], due=False, now=NOW)
    assert names(chosen) == ["fresh", "later", "overdue"]
    assert [(one.source, one.result, one.next_at, one.failures) for one in skipped] == [("waiting", "skipped", SOON, 1)]


def test_due_leaves_those_whose_time_has_not_come() -> None:
    """A source that was never asked is due."""
    chosen, _ = select_due(ALL, [], due=True, now=NOW)
    assert names(chosen) == ["fresh", "overdue"]


def test_named_sources_are_asked_and_a_paused_one_says_so() -> None:
    """Silence would look like success."""
    chosen, skipped = select_due(ALL, ["later", "paused"], due=False, now=NOW)
    assert names(chosen) == ["later"]
    assert [(one.source, one.note) for one in skipped] == [("paused", "paused")]


def test_retry_after_ends_and_belongs_to_its_address() -> None:
    """After the time, or under another URL, the source is asked again."""
    source, state = WAITING
    assert select_due([WAITING], [], due=False, now=SOON)[0] == [source]
    moved = Source(id="waiting", url="http://127.0.0.1/elsewhere")
    assert select_due([(moved, state)], [], due=False, now=NOW)[0] == [moved]


def test_an_unknown_name_lists_the_known_ones() -> None:
    """Usage errors help."""
    with pytest.raises(UsageError, match="no source 'nope'; the sources are: fresh, later"):
        select_due(ALL, ["nope"], due=False, now=NOW)
    with pytest.raises(UsageError, match="none is configured"):
        select_due([], ["x"], due=False, now=NOW)
