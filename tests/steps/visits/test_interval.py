"""How long to wait, and the reasoning that is shown: each rule a named case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import FetchState, Hints, Source
from aggregator.settings import Schedule
from aggregator.steps.visits import interval

NOW = datetime(2026, 3, 2, 12, 20, tzinfo=UTC)
SOURCE = Source(id="s", url="http://a.test/feed")
PLAIN = Schedule(jitter=0.0)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def state(rate: float = 1.0, **fields: object) -> FetchState:
    """A state whose estimated rate is `rate` posts a day."""
    posts = rate * (20 * DAY + interval.PRIOR_SECONDS) / DAY - interval.PRIOR_POSTS
    return FetchState(source="s", posts=posts, observed=20 * DAY, **fields)  # type: ignore[arg-type]


def rules(plan: interval.Plan) -> list[str]:
    return [reason.rule for reason in plan.reasons]


def test_the_longest_word_of_the_server_counts() -> None:
    """Cache-Control, ttl and updatePeriod are floors; the plan names the one that decided."""
    hints = Hints(max_age=2 * HOUR, ttl=5 * HOUR, period=3 * HOUR)
    plan = interval.after_success(state(hints=hints), SOURCE, PLAIN, NOW)
    assert (plan.seconds, rules(plan)) == (5 * HOUR, ["posts", "ttl"])
    assert plan.why == "posts 1/day → 60 min; ttl 5 h → 5 h"


def test_a_quiet_source_is_not_asked_sooner_because_the_server_would_allow_it() -> None:
    """Floors only."""
    assert interval.after_success(state(hints=Hints(max_age=60.0)), SOURCE, PLAIN, NOW).seconds == HOUR


@pytest.mark.parametrize(
    ("base", "wait"),
    [
        (datetime(2000, 1, 1, 12, tzinfo=UTC), 5 * HOUR + 40 * MINUTE),
        (datetime(2030, 1, 1, 12, tzinfo=UTC), 5 * HOUR + 40 * MINUTE),
        (NOW, 6 * HOUR),
        (None, 6 * HOUR),
    ],
)
def test_an_update_base_says_when_the_next_period_begins(base: datetime | None, wait: float) -> None:
    """sy:updateBase: the visit comes right after the update, not up to a period later (RSS 1.0 syndication module)."""
    hints = Hints(period=6 * HOUR, base=base)
    assert interval.after_success(state(hints=hints), SOURCE, PLAIN, NOW).seconds == wait


def test_a_document_sent_for_nothing_doubles_the_interval() -> None:
    """A server without validators pays for every visit: at most four hours, for large documents a day."""
    small = interval.after_success(state(), SOURCE, PLAIN, NOW, wasted=1000)
    assert (small.seconds, rules(small)) == (2 * HOUR, ["posts", "no-validators"])
    assert interval.after_success(state(), SOURCE, PLAIN, NOW, wasted=interval.LARGE + 1).seconds == 4 * HOUR
    assert interval.after_success(state(0.1), SOURCE, PLAIN, NOW, wasted=1000).seconds == 4 * HOUR
    slow = interval.after_success(state(0.02), SOURCE, PLAIN, NOW)
    assert interval.after_success(state(0.02), SOURCE, PLAIN, NOW, wasted=1000).seconds == slow.seconds


def test_at_a_floor_jitter_only_adds() -> None:
    """Visits do not crowd at the very end of max-age, and never come before it."""
    waits = {
        interval.after_success(state(generation=n, hints=Hints(max_age=2 * HOUR)), SOURCE, Schedule(), NOW).seconds
        for n in range(50)
    }
    assert len(waits) > 40
    assert min(waits) >= 2 * HOUR
    assert max(waits) <= 2.2 * HOUR


def test_every_is_the_owners_word() -> None:
    """It stands against max-age and skipHours."""
    hints = Hints(max_age=DAY, skip_hours=tuple(range(12, 24)))
    plan = interval.after_success(state(hints=hints), Source(id="s", url=SOURCE.url, every=900.0), PLAIN, NOW)
    assert (plan.seconds, plan.why) == (900.0, "every 15 min (configured)")


def failing(count: int, status: int = 0, *, days: float = 1, generation: int = 0) -> FetchState:
    since = NOW - timedelta(days=days)
    return FetchState(source="s", failures=count, status=status, failing_since=since, generation=generation)


@pytest.mark.parametrize(
    ("status", "count", "wait"),
    [
        (0, 1, 30 * MINUTE),
        (500, 3, HOUR),
        (404, 4, 2 * HOUR),
        (401, 1, 4 * HOUR),
        (403, 2, 8 * HOUR),
        (429, 3, 16 * HOUR),
        (451, 4, DAY),
        (500, 50, DAY),
    ],
)
def test_failures_back_off(status: int, count: int, wait: float) -> None:
    """15 min doubled, four hours for who does not want us, the minimum at least, a day at most."""
    assert interval.after_failure(failing(count, status), SOURCE, PLAIN, NOW, None).seconds == wait


def test_who_fails_for_three_months_is_asked_once_a_week() -> None:
    """Not forgotten, but hardly a burden."""
    assert interval.after_failure(failing(200, days=91), SOURCE, PLAIN, NOW, None).seconds == 7 * DAY


def test_back_off_is_jittered_upwards() -> None:
    """Thousand sources that failed together do not come back together."""
    waits = {interval.after_failure(failing(4, generation=n), SOURCE, Schedule(), NOW, None).seconds for n in range(50)}
    assert len(waits) > 40
    assert min(waits) >= 2 * HOUR
    assert max(waits) <= 2.2 * HOUR


@pytest.mark.parametrize(
    ("said", "count", "wait"),
    [
        (600.0, 1, 600.0),
        (3 * DAY, 1, 3 * DAY),
        (400 * DAY, 1, 7 * DAY),
        (0.0, 1, 60.0),
        (0.0, 3, 16 * HOUR),
        (20 * HOUR, 3, 20 * HOUR),
    ],
)
def test_retry_after_is_believed_within_reason(said: float, count: int, wait: float) -> None:
    """As it stands the first time; who goes on refusing is not asked every minute, whatever it says."""
    assert interval.after_failure(failing(count, 429), SOURCE, PLAIN, NOW, said).seconds == wait


def test_retry_after_is_never_undercut_by_jitter() -> None:
    """The server's word is a promise."""
    for generation in range(50):
        plan = interval.after_failure(failing(1, 429, generation=generation), SOURCE, Schedule(), NOW, 7200.0)
        assert 7200 <= plan.seconds <= 7920
        assert rules(plan)[0] == "retry-after"


def test_the_variation_of_waits_after_failures_ends_at_the_longest_wait():
    waits = {
        interval.after_failure(failing(12, generation=n), SOURCE, Schedule(), NOW, None).seconds for n in range(50)
    }
    assert waits == {Schedule().max}
