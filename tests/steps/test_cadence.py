"""When to come back: each rule a named case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import Failure, FetchState, Hints, NotModified, Response, Source
from aggregator.settings import Schedule
from aggregator.steps import cadence
from aggregator.steps.visits import interval

NOW = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)  # a Monday
SOURCE = Source(id="s", url="http://127.0.0.1/feed")
PLAIN = Schedule(jitter=0.0)
HOUR, DAY = 3600.0, 86400.0


def answer(max_age: float | None = None) -> NotModified:
    return NotModified(url=SOURCE.url, max_age=max_age)


def busy(posts_per_day: float) -> FetchState:
    """A state whose estimated rate is about what is asked for."""
    observed = 20 * DAY
    posts = posts_per_day * (observed + interval.PRIOR_SECONDS) / DAY - interval.PRIOR_POSTS
    return FetchState(source="s", posts=posts, observed=observed, fetched_at=NOW, ok_at=NOW)


def seconds(state: FetchState) -> float:
    assert state.next_at
    return (state.next_at - NOW).total_seconds()


def test_a_source_that_posts_once_a_day_is_visited_at_base() -> None:
    """`base` is the interval of one post a day."""
    assert seconds(cadence.unchanged(busy(1), answer(), SOURCE, PLAIN, NOW)) == pytest.approx(HOUR, abs=1)


def test_the_interval_falls_with_the_root_of_the_rate() -> None:
    """Four posts a day halve the interval; a hundred are bounded by the minimum."""
    assert seconds(cadence.unchanged(busy(4), answer(), SOURCE, PLAIN, NOW)) == pytest.approx(HOUR / 2, abs=1)
    assert seconds(cadence.unchanged(busy(100), answer(), SOURCE, PLAIN, NOW)) == PLAIN.min


def test_a_silent_source_is_visited_a_few_times_a_day() -> None:
    """The prior keeps dormant sources alive."""
    state = FetchState(source="s", posts=0, observed=20 * DAY, fetched_at=NOW, ok_at=NOW)
    assert 8 * HOUR < seconds(cadence.unchanged(state, answer(), SOURCE, PLAIN, NOW)) < 9 * HOUR


def test_max_age_is_a_floor_and_capped_at_a_day() -> None:
    """The server's word counts, but not for a year."""
    assert seconds(cadence.unchanged(busy(4), answer(2 * HOUR), SOURCE, PLAIN, NOW)) == 2 * HOUR
    assert seconds(cadence.unchanged(busy(4), answer(400 * DAY), SOURCE, PLAIN, NOW)) == DAY


@pytest.mark.parametrize("hints", [Hints(ttl=3 * HOUR), Hints(period=3 * HOUR)])
def test_the_documents_word_is_a_floor_that_outlives_a_304(hints: Hints) -> None:
    """RSS ttl and sy:updatePeriod are remembered."""
    state = cadence.changed(busy(4), Response(url="u", documents=()), hints, (), 0, SOURCE, PLAIN, NOW)
    assert seconds(state) == 3 * HOUR
    assert seconds(cadence.unchanged(state, answer(), SOURCE, PLAIN, NOW)) == 3 * HOUR


def test_every_overrides_everything() -> None:
    """The operator's interval stands."""
    source = Source(id="s", url=SOURCE.url, every=300.0)
    assert seconds(cadence.unchanged(busy(1), answer(DAY), source, PLAIN, NOW)) == 300.0


def test_files_are_looked_at_at_the_minimum() -> None:
    """Reading a folder disturbs nobody."""
    assert seconds(cadence.unchanged(busy(0.1), answer(), Source(id="s", path="/x"), PLAIN, NOW)) == PLAIN.min


def test_jitter_differs_between_visits_but_not_between_replays() -> None:
    """Jitter is a hash of source and generation, within its bounds."""
    schedule = Schedule(jitter=0.1)
    states = [FetchState(source="s", generation=n, posts=27, observed=20 * DAY, ok_at=NOW) for n in range(50)]
    waits = [seconds(cadence.unchanged(state, answer(), SOURCE, schedule, NOW)) for state in states]
    assert waits == [seconds(cadence.unchanged(state, answer(), SOURCE, schedule, NOW)) for state in states]
    middle = interval.after_success(states[0], SOURCE, PLAIN, NOW).seconds
    assert len(set(waits)) > 40
    assert all(0.9 * middle - 1 <= wait <= 1.1 * middle + 1 for wait in waits)


def test_jitter_never_passes_the_maximum() -> None:
    """`max` is a promise."""
    schedule = Schedule(jitter=0.5, max=HOUR, min=HOUR / 2)
    for generation in range(50):
        state = FetchState(source="s", generation=generation, posts=0, observed=90 * DAY, ok_at=NOW)
        assert HOUR / 2 <= seconds(cadence.unchanged(state, answer(), SOURCE, schedule, NOW)) <= HOUR


def test_skip_hours_and_days_move_the_visit_to_the_next_allowed_hour() -> None:
    """RSS 2.0 skipHours and skipDays, GMT."""
    assert interval.skip(NOW, Hints(skip_hours=(12, 13))) == NOW.replace(hour=14)
    assert interval.skip(NOW, Hints(skip_days=("Monday",))) == datetime(2025, 3, 4, tzinfo=UTC)
    assert interval.skip(NOW, Hints(skip_hours=tuple(range(24)))) == NOW
    state = FetchState(source="s", hints=Hints(skip_hours=(12, 13, 14)), posts=27, observed=20 * DAY, ok_at=NOW)
    after = cadence.unchanged(state, answer(), SOURCE, PLAIN, NOW)
    assert after.next_at == NOW.replace(hour=15)
    assert "skipHours" in interval.explain(after, NOW)


def test_the_first_document_seeds_the_rate() -> None:
    """Thirty posts over ten days are about three a day."""
    dates = [NOW - timedelta(hours=8 * n) for n in range(30)]
    state = cadence.changed(
        FetchState(source="s"), Response(url="u", documents=()), Hints(), dates, 30, SOURCE, PLAIN, NOW
    )
    assert 1.2 < interval.posts_per_day(state) < 3.5
    undated = cadence.changed(
        FetchState(source="s"), Response(url="u", documents=()), Hints(), (), 3, SOURCE, PLAIN, NOW
    )
    assert undated.posts == 0


def test_later_documents_count_new_items_only() -> None:
    """Observation decays with a half-life of fourteen days."""
    state = FetchState(source="s", posts=8, observed=10 * DAY, fetched_at=NOW - timedelta(days=14), ok_at=NOW)
    after = cadence.changed(state, Response(url="u", documents=()), Hints(), (), 2, SOURCE, PLAIN, NOW)
    assert after.posts == pytest.approx(6)
    assert after.observed == pytest.approx(19 * DAY)


def test_a_clock_that_went_back_does_not_unlearn() -> None:
    """Elapsed time is never negative."""
    state = FetchState(source="s", posts=8, observed=DAY, fetched_at=NOW + timedelta(days=1), ok_at=NOW)
    assert cadence.observe(state, 1, NOW)["posts"] == 9


def test_a_304_refreshes_validators_and_clears_the_error() -> None:
    """RFC 9111 §4.3.4; what the answer does not say stays."""
    state = FetchState(
        source="s", etag='"1"', last_modified="then", failures=2, failing_since=NOW,
        error=Failure(kind="dns", message="no"), posts=9, observed=DAY,
    )  # fmt: skip
    after = cadence.unchanged(state, NotModified(url=SOURCE.url, etag='"2"'), SOURCE, PLAIN, NOW)
    assert (after.etag, after.last_modified, after.failures, after.error) == ('"2"', "then", 0, None)
    assert after.ok_at == after.fetched_at == NOW


def test_failures_back_off_to_the_maximum() -> None:
    """15 min doubled at each failure, never below the usual interval."""
    state, waits = FetchState(source="s", etag='"kept"'), []
    for _ in range(12):
        state = cadence.failed(state, Failure(kind="connect", message="refused"), SOURCE, PLAIN, NOW)
        waits.append(seconds(state))
    assert waits[:4] == [1800, 1800, 3600, 7200]
    assert waits[-1] == PLAIN.max
    assert (state.failures, state.failing_since, state.etag) == (12, NOW, '"kept"')
    assert "12 failures" in interval.explain(state, NOW)


@pytest.mark.parametrize("status", [401, 403, 451])
def test_a_refusal_waits_four_hours_first(status: int) -> None:
    """Who is refused does not knock every quarter of an hour."""
    state = cadence.failed(
        FetchState(source="s"), Failure(kind="http-status", message="no"), SOURCE, PLAIN, NOW, status=status
    )
    assert seconds(state) == 4 * HOUR


def test_retry_after_is_obeyed_within_reason_and_binds_manual_refreshes() -> None:
    """Between a minute and a week; `retry_at` is remembered."""
    failure = Failure(kind="rate-limited", message="slow down")
    for said, waited in ((7200.0, 7200.0), (0.0, 60.0), (1e9, 7 * DAY)):
        state = cadence.failed(FetchState(source="s"), failure, SOURCE, PLAIN, NOW, status=429, retry_after=said)
        assert seconds(state) == waited
        assert state.retry_at == state.next_at
    assert "Retry-After" in interval.explain(state, NOW)
    assert cadence.failed(state, failure, SOURCE, PLAIN, NOW).retry_at is None


def test_the_plan_explains_itself() -> None:
    """The reasoning is printable."""
    after = cadence.unchanged(busy(6), answer(40 * 60), SOURCE, PLAIN, NOW)
    assert interval.explain(after, NOW) == "next in 40 min: posts 6/day → 24 min; max-age 40 min → 40 min"
    later = NOW + timedelta(minutes=30)
    assert interval.explain(after, later) == "next in 10 min: posts 6/day → 24 min; max-age 40 min → 40 min"
    assert interval.explain(after, NOW + timedelta(hours=1)).startswith("due now: posts 6/day")
    assert "maximum" in interval.after_success(busy(0.001), SOURCE, Schedule(max=HOUR, jitter=0), NOW).why
    jittered = interval.after_success(busy(1), SOURCE, Schedule(jitter=0.1), NOW)
    assert [reason.rule for reason in jittered.reasons] == ["posts", "jitter"]
    assert jittered.reasons[-1].seconds == jittered.seconds
    assert interval.explain(FetchState(source="s"), NOW) == ""


@pytest.mark.parametrize(
    ("value", "text"), [(30, "30 s"), (60, "1 min"), (5400, "90 min"), (7200, "2 h"), (86400, "24 h"), (172800, "2 d")]
)
def test_spans_read_well(value: float, text: str) -> None:
    """Durations for people."""
    assert interval.span(value) == text


def refused(status: int, *hours: float, state: FetchState | None = None) -> FetchState:
    """The state after answers of this status, so many hours after NOW."""
    state = state or FetchState(source="s", url=SOURCE.url)
    for hour in hours:
        at = NOW + timedelta(hours=hour)
        failure = Failure(kind="http-status", message=str(status))
        state = cadence.failed(state, failure, SOURCE, PLAIN, at, status=status)
    return state


def test_410_over_two_days_retires_a_source() -> None:
    """Three times at least; it is not due any more, and says so."""
    assert refused(410, 0, 1, 2).retired_at is None
    assert refused(410, 0, 50).retired_at is None
    gone = refused(410, 0, 20, 50)
    assert gone.retired_at == NOW + timedelta(hours=50)
    assert gone.next_at is None
    assert interval.explain(gone, NOW) == "retired: the server said 410 3 times since 2025-03-03"


def test_404_over_thirty_days_retires_a_source() -> None:
    """Deployments break and are mended; a month is no accident."""
    assert refused(404, *range(0, 29 * 24, 24)).retired_at is None
    assert refused(404, *range(0, 31 * 24, 24)).retired_at


def test_only_the_same_answer_in_a_row_retires() -> None:
    """Another status or a success begins anew; a missing network says nothing."""
    assert refused(410, 50, 60, state=refused(500, 40, state=refused(410, 0, 20))).retired_at is None
    cut = cadence.failed(refused(410, 0, 20), Failure(kind="dns", message="no"), SOURCE, PLAIN, NOW)
    assert refused(410, 50, state=cut).retired_at
    well = cadence.unchanged(refused(410, 0, 20), answer(), SOURCE, PLAIN, NOW)
    assert (well.status, refused(410, 50, state=well).retired_at) == (0, None)


def test_a_revived_source_is_due_at_once_and_nothing_is_held_against_it() -> None:
    """`tagwire resume`."""
    state = cadence.revived(refused(410, 0, 20, 50))
    assert (state.retired_at, state.next_at, state.failures, state.error, state.status) == (None, None, 0, None, 0)


def test_an_adopted_url_that_goes_on_failing_is_dropped() -> None:
    """Three failures in a row: the configured URL is asked again, and the failures of the other are not its own."""
    state = FetchState(source="s", url=SOURCE.url, adopted="http://new.test/", adopted_at=NOW)
    assert refused(410, 0, 20, state=state).adopted
    dropped = refused(410, 0, 20, 50, state=state)
    assert (dropped.adopted, dropped.retired_at, dropped.status) == ("", None, 0)


def test_an_edited_address_begins_anew_but_the_rate_is_remembered() -> None:
    """The owner moved the source: validators, failures, redirects and retirement belonged to the old one."""
    state = replace(
        refused(410, 0, 20, 50), etag='"1"', digest="d", posts=5, title="T", adopted="http://new.test/", generation=3
    )
    moved = cadence.current(state, Source(id="s", url="http://127.0.0.1/other"))
    assert moved == FetchState(source="s", generation=3, posts=5, title="T", fetched_at=state.fetched_at)
    assert cadence.current(state, SOURCE) is state


def test_validators_are_believed_for_a_day() -> None:
    """Then the whole document is asked for once; a new one or the same one begins the next day of trust."""
    document = Response(url="u", documents=(), etag='"1"')
    state = cadence.changed(FetchState(source="s"), document, Hints(), (), 0, SOURCE, PLAIN, NOW)
    late = NOW + timedelta(days=1)
    state = cadence.unchanged(state, answer(), SOURCE, PLAIN, NOW + timedelta(hours=23))
    assert not cadence.distrusts(state, NOW + timedelta(hours=23))
    assert cadence.distrusts(state, late)
    assert not cadence.distrusts(cadence.unchanged(state, document, SOURCE, PLAIN, late), late)
    part = Response(url="u", documents=(), etag='"2"', delta=True)
    assert cadence.distrusts(cadence.changed(state, part, Hints(), (), 1, SOURCE, PLAIN, late), late)


def test_a_304_changes_only_the_headers_that_it_names() -> None:
    """RFC 9111 §4.3.4: max-age stays in force; a whole answer that says nothing ends it."""
    said = Response(url="u", documents=(), etag='"1"', max_age=3 * HOUR)
    state = cadence.changed(busy(4), said, Hints(), (), 0, SOURCE, PLAIN, NOW)
    assert seconds(cadence.unchanged(state, answer(), SOURCE, PLAIN, NOW)) == 3 * HOUR
    assert seconds(cadence.unchanged(state, answer(2 * HOUR), SOURCE, PLAIN, NOW)) == 2 * HOUR
    silent = Response(url="u", documents=(), etag='"1"')
    assert seconds(cadence.unchanged(state, silent, SOURCE, PLAIN, NOW)) < HOUR


def test_a_missing_network_is_nobodys_failure() -> None:
    """The count is taken back, the error stays visible, and the next try comes soon."""
    failure = Failure(kind="dns", message="no")
    first = cadence.failed(FetchState(source="s"), failure, SOURCE, PLAIN, NOW)
    state = cadence.excused(first, SOURCE, PLAIN, NOW)
    assert (state.failures, state.error, state.failing_since, seconds(state)) == (0, failure, None, 15 * 60)
    assert "network" in interval.explain(state, NOW)
    third = replace(first, failures=4)  # an uncounted visit after three that count waits no longer than the third did
    assert seconds(cadence.excused(third, SOURCE, PLAIN, NOW)) == 60 * 60
    proxy = replace(third, error=Failure(kind="proxy", message="no"))
    assert seconds(cadence.excused(proxy, SOURCE, PLAIN, NOW)) == 15 * 60, "whose fault it was is certain"
    long = replace(first, failures=9)
    assert seconds(cadence.excused(long, SOURCE, PLAIN, NOW)) == PLAIN.max, "it was failing before the network was"


def test_a_source_fails_since_the_first_visit_that_counts() -> None:
    """What was the network's or the proxy's does not begin it, nor take anything back that began before."""
    failure, later, last = Failure(kind="dns", message="no"), NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    away = cadence.excused(cadence.failed(FetchState(source="s"), failure, SOURCE, PLAIN, NOW), SOURCE, PLAIN, NOW)
    counted = cadence.failed(away, failure, SOURCE, PLAIN, later)
    assert (away.failing_since, counted.failing_since) == (None, later)
    again = cadence.excused(cadence.failed(counted, failure, SOURCE, PLAIN, last), SOURCE, PLAIN, last)
    assert (again.failures, again.failing_since) == (1, later)
    old = replace(away, failing_since=NOW)  # as it was remembered once
    assert cadence.failed(old, failure, SOURCE, PLAIN, later).failing_since == later


def test_a_postponed_source_waits_for_its_host() -> None:
    """Nothing else changes."""
    until = NOW + timedelta(hours=1)
    state = cadence.postponed(busy(1), until)
    assert (state.next_at, state.failures, state.posts) == (until, 0, busy(1).posts)
    assert interval.explain(state, NOW) == "next in 60 min: its host told several sources to wait"
