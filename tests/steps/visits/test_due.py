"""Who is asked now, and who is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import UsageError
from aggregator.model import Failure, FetchState, Source
from aggregator.steps.cadence import current
from aggregator.steps.visits.due import is_due, offline, select_due, slice_of

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


def test_of_those_that_may_be_due_only_the_paused_are_known_here() -> None:
    """The store knows the rest; nobody is told that a source has to wait, since nobody asked for it."""
    chosen, skipped = select_due(ALL, [], due=True, now=NOW)
    assert names(chosen) == ["fresh", "later", "overdue", "waiting"]
    assert skipped == []


def test_a_source_is_due_when_its_time_has_come_and_its_server_lets_us() -> None:
    """One that was never asked is; so is one whose plan was made by a clock that has been set back since."""
    assert [is_due(state, NOW) for _, state in ALL] == [True, False, True, True, False]
    assert not is_due(FetchState(source="r", retired_at=PAST), NOW)
    assert is_due(FetchState(source="s", fetched_at=NOW + timedelta(days=1), next_at=NOW + timedelta(days=2)), NOW)


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
    assert select_due([(moved, current(state, moved))], [], due=False, now=NOW)[0] == [moved]


def test_a_retired_source_is_left_alone_until_it_is_resumed() -> None:
    """Not asked by name; who asks for all hears of it."""
    retired = (Source(id="r", url="http://one.test/r"), FetchState(source="r", retired_at=PAST))
    for ids in ([], ["r"]):
        chosen, skipped = select_due([retired], ids, due=False, now=NOW)
        assert chosen == []
        assert skipped[0].note == "retired: `tagwire resume r` asks again"


def test_what_piled_up_is_asked_in_slices_the_longest_overdue_first() -> None:
    """After a night off, or an import, a daemon does not ask everybody within a second."""
    many = [f"h{n}.test" for n in range(4000)]
    assert slice_of(many, frozenset(many)) == many[:100]
    assert slice_of(many[:300], frozenset(many)) == many[:64]


def test_where_something_came_due_lately_is_ordinary_work() -> None:
    """A site with very many sources is not held up, even beside what has piled up."""
    old, lately = [f"o{n}.test" for n in range(300)], [f"l{n}.test" for n in range(900)]
    assert slice_of(lately, frozenset()) == lately
    assert slice_of([*old, *lately], frozenset(old)) == [*old[:64], *lately]


def seen(name: str, *, minutes: int, kind: str = "") -> tuple[Source, FetchState]:
    """A source on a host of its own that was visited some minutes ago, well or with an error of this kind."""
    error = Failure(kind=kind, message="no") if kind else None
    return (
        Source(id=name, url=f"http://{name}.test/"),
        FetchState(source=name, fetched_at=NOW - timedelta(minutes=minutes), error=error),
    )


def test_the_network_is_down_when_lately_no_host_answered_and_several_were_asked() -> None:
    """An error that needs a server is an answer; one host alone may be down itself."""
    down = [
        seen("a", minutes=0, kind="dns"),
        seen("b", minutes=5, kind="connect"),
        seen("c", minutes=9, kind="deadline"),
    ]
    assert offline(down, NOW)
    assert not offline(down[:1], NOW)
    assert not offline([*down, seen("d", minutes=30)], NOW)
    assert not offline([*down, seen("d", minutes=30, kind="http-status")], NOW)
    assert offline([*down, seen("d", minutes=90)], NOW), "that was too long ago to count"
    for unasked in ("robots", "bad-url", "bad-scheme"):
        assert offline([*down, seen("d", minutes=30, kind=unasked)], NOW), "nobody was asked there"
    assert offline([*down, FRESH, OVERDUE], NOW), "files and new sources say nothing"


def test_an_unknown_name_lists_the_known_ones() -> None:
    """Usage errors help."""
    with pytest.raises(UsageError, match="no source 'nope'; the sources are: fresh, later"):
        select_due(ALL, ["nope"], due=False, now=NOW)
    with pytest.raises(UsageError, match="none is configured"):
        select_due([], ["x"], due=False, now=NOW)
