"""Who is asked now, and who is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import UsageError
from aggregator.model import Failure, FetchState, Source
from aggregator.steps.cadence import current
from aggregator.steps.due import offline, overdue_slice, select_due

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
    assert select_due([(moved, current(state, moved))], [], due=False, now=NOW)[0] == [moved]


def test_a_retired_source_is_left_alone_until_it_is_resumed() -> None:
    """Not due, not asked by name; who asks for all hears of it."""
    retired = (Source(id="r", url="http://one.test/r"), FetchState(source="r", retired_at=PAST))
    assert select_due([retired], [], due=True, now=NOW) == ([], [])
    for ids in ([], ["r"]):
        chosen, skipped = select_due([retired], ids, due=False, now=NOW)
        assert chosen == []
        assert skipped[0].note == "retired: `tagwire resume r` asks again"


def piled(count: int, *, since: timedelta) -> list[tuple[Source, FetchState]]:
    """Sources on hosts of their own that have been due since then, each a millisecond longer than the one before."""
    return [
        (
            Source(id=f"f{n}", url=f"http://h{n}.test/"),
            FetchState(source=f"f{n}", next_at=NOW - since - timedelta(milliseconds=n)),
        )
        for n in range(count)
    ]


def test_what_piled_up_is_asked_in_slices_the_longest_overdue_first() -> None:
    """After a night off, a daemon does not ask everybody within a second."""
    first = overdue_slice(piled(4000, since=timedelta(hours=8)), NOW)
    assert (len(first), first[0]) == (100, "f3999")
    assert len(overdue_slice(piled(300, since=timedelta(hours=8)), NOW)) == 64
    new = [(source, FetchState(source=source.id)) for source, _ in piled(300, since=timedelta())]
    assert len(overdue_slice(new, NOW)) == 64, "an import of hundreds of feeds is spread, too"


def test_what_came_due_lately_is_ordinary_work() -> None:
    """A site with very many sources is not held up, even beside what has piled up."""
    lately = piled(900, since=timedelta(minutes=1))
    assert len(overdue_slice(lately, NOW)) == 900
    assert len(overdue_slice([*lately, *piled(300, since=timedelta(hours=8))], NOW)) == 964


def test_of_one_host_only_so_many_are_asked_in_one_go() -> None:
    """A beat is not held up by the gaps of one host; folders have none."""
    one = [(Source(id=f"o{n}", url="http://one.test/"), FetchState(source=f"o{n}", next_at=PAST)) for n in range(30)]
    assert len(overdue_slice(one, NOW)) == 15
    folders = [(Source(id=f"d{n}", path="/x"), FetchState(source=f"d{n}")) for n in range(30)]
    assert len(overdue_slice(folders, NOW)) == 30
    assert overdue_slice([LATER, PAUSED, (FRESH[0], FetchState(source="fresh", retired_at=PAST))], NOW) == []


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
    assert offline([*down, FRESH, OVERDUE], NOW), "files and new sources say nothing"


def test_an_unknown_name_lists_the_known_ones() -> None:
    """Usage errors help."""
    with pytest.raises(UsageError, match="no source 'nope'; the sources are: fresh, later"):
        select_due(ALL, ["nope"], due=False, now=NOW)
    with pytest.raises(UsageError, match="none is configured"):
        select_due([], ["x"], due=False, now=NOW)
