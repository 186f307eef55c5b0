"""Permanent redirects: followed at once, believed late, and never onto somebody else's URL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import FetchState, Source
from aggregator.steps.visits import moves

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OLD, NEW = "https://old.test/feed", "https://new.test/feed"
SOURCE = Source(id="s", url=OLD)


def known(*sources: Source) -> list[moves.Known]:
    """The sources, of which nothing is known but what is configured."""
    return [(source, None) for source in sources]


def sightings(
    *hours: float, moved_to: str = NEW, source: Source = SOURCE, others: tuple[Source, ...] = ()
) -> FetchState:
    """The state after visits so many hours after NOW that all were redirected."""
    state = FetchState(source=source.id, url=source.url)
    for hour in hours:
        state = moves.sighted(state, moved_to, source, known(source, *others), NOW + timedelta(hours=hour))
    return state


def test_five_sightings_over_two_days_are_believed() -> None:
    """Neither many in a minute nor two in a month."""
    assert sightings(0, 12, 24, 36, 48).adopted == NEW
    assert not sightings(*range(40)).adopted, "a day and a half is a captive portal at a conference"
    assert not sightings(0, 100, 200, 300).adopted


def test_one_visit_without_the_redirect_begins_anew() -> None:
    """So does another target."""
    state = sightings(0, 12, 24, 36)
    assert state.moved_count == 4
    calm = moves.sighted(state, "", SOURCE, known(SOURCE), NOW + timedelta(hours=48))
    assert (calm.moved_to, calm.moved_count, calm.moved_since) == ("", 0, None)
    other = moves.sighted(state, "https://third.test/", SOURCE, known(SOURCE), NOW + timedelta(hours=48))
    assert (other.moved_to, other.moved_count, other.adopted) == ("https://third.test/", 1, "")


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("https://b.test/feed", "that is the URL of source b"),
        ("https://www.b.test/feed?utm_source=x", "that is the URL of source b"),
        ("http://new.test/feed", "it leaves https"),
    ],
)
def test_what_is_never_adopted(target: str, why: str) -> None:
    """Another source's URL in any spelling, and plain http after https."""
    other = Source(id="b", url="https://b.test/feed")
    state = sightings(0, 24, 48, 72, 96, 120, moved_to=target, others=(other,))
    assert (state.adopted, state.moved_count) == ("", 6)
    assert moves.obstacle(target, SOURCE, known(SOURCE, other)) == why


def test_two_sources_never_adopt_one_url() -> None:
    """Who came second is told who is asked there; it stays with the configured one, which still redirects."""
    first = Source(id="first", url="https://a.test/feed")
    moved = FetchState(source="first", url=first.url, adopted=NEW)
    state = FetchState(source=SOURCE.id, url=SOURCE.url)
    for hour in (0, 12, 24, 36, 48, 60):
        state = moves.sighted(state, NEW, SOURCE, [(first, moved), (SOURCE, state)], NOW + timedelta(hours=hour))
    assert (state.adopted, state.moved_count) == ("", 6)
    assert moves.twin(NEW, SOURCE, [(first, moved)]) == "first"
    edited = replace(first, url="https://edited.test/")
    assert moves.twin(NEW, SOURCE, [(edited, moved)]) == "", "its owner asks it elsewhere now"


def test_an_adopted_url_is_asked_as_long_as_the_configured_one_stays() -> None:
    """Whoever edits sources.toml is obeyed."""
    state = sightings(0, 12, 24, 36, 48)
    assert moves.target(SOURCE, state) == NEW
    assert moves.target(Source(id="s", url="https://edited.test/"), state) == "https://edited.test/"
    assert moves.target(Source(id="f", path="/x"), FetchState(source="f", url="/x")) == ""


def test_a_second_move_is_believed_like_the_first() -> None:
    """From the adopted URL onwards."""
    state = sightings(0, 12, 24, 36, 48)
    for hour in (60, 72, 84, 96, 120):
        state = moves.sighted(state, "https://third.test/", SOURCE, known(SOURCE), NOW + timedelta(hours=hour))
    assert state.adopted == "https://third.test/"


def test_what_lasts_is_told_once() -> None:
    """Adoption, its end, and retirement; nothing else."""
    before, after = sightings(0, 12, 24, 36), sightings(0, 12, 24, 36, 48)
    assert f'set url = "{NEW}"' in moves.notice(before, after, SOURCE)
    assert moves.notice(after, after, SOURCE) == ""
    assert f"{OLD} is asked again" in moves.notice(after, before, SOURCE)
    retired = FetchState(source="s", retired_at=NOW)
    assert "tagwire resume s" in moves.notice(before, retired, SOURCE)
