"""What item files do not say of when they were published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aggregator.model import Item
from aggregator.steps import frontmatter
from aggregator.steps.dedupe import record_of
from aggregator.steps.sightings import sighting, stated

NOW = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


def told(item: Item) -> tuple[str, datetime] | None:
    found = sighting(item, record_of(item, via="a", now=NOW, authority="a"), NEW_YORK)
    return (found.stated, found.published) if found else None


def test_of_a_file_that_is_copied_a_date_that_lacks_or_lies_ahead() -> None:
    item = Item(key="0" * 16, source="a", title="T", file="…")
    dated = Item(key="0" * 16, source="a", title="T", file="…", published=NOW - timedelta(days=1))
    ahead = Item(key="0" * 16, source="a", title="T", file="…", published=NOW, ahead=NOW + timedelta(days=1))
    assert told(item) == ("", NOW)
    assert told(dated) is None
    assert told(ahead) == ("2026-03-04T20:00:00+00:00", NOW)


@pytest.mark.parametrize("minute", range(0, 240, 15))
def test_of_a_file_of_ours_what_is_read_from_it_is_right_or_written_down(minute: int) -> None:
    """Around the night in which the clocks are set back."""
    at = datetime(2025, 11, 2, 4, tzinfo=UTC) + timedelta(minutes=minute)
    item = Item(key="0" * 16, source="a", title="T", link="http://127.0.0.1/1", published=at)
    read = frontmatter.load(frontmatter.dump(item, NEW_YORK), NEW_YORK, key=item.key)
    assert told(item) == (None if read.published == at else (stated(read), at))
    assert (told(item) is None) == (at.astimezone(NEW_YORK).fold == 0)
