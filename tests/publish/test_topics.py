"""What is announced after a publication."""

from __future__ import annotations

import pytest

from aggregator.errors import Stopped


def test_feeds_that_were_written_are_topics_but_pages_archives_and_documents_are_not(press, day):
    for number in range(6):
        press.add(number, day(1 + number, 1), "航运")
    home = "http://127.0.0.1:8420/"
    slug = "tags/%E8%88%AA%E8%BF%90"
    stems = ("all", slug, "tags/harbour", "sources/harbour")
    assert set(press.publish().topics) == {f"{home}{stem}.{suffix}" for stem in stems for suffix in ("xml", "json")}
    assert press.publish().topics == press.publish(check=True).topics == ()
    press.add(9, day(8, 1), "航运")
    assert press.publish(check=True).topics == ()


def test_what_was_published_before_a_stop_is_told_with_it(press, day):
    """It will not be written again, so nobody else would tell the hub."""
    press.add(1, day(1, 1), "航运")
    looks = iter([False] * 4 + [True] * 100)
    with pytest.raises(Stopped) as caught:
        press.publisher().publish(stopping=lambda: next(looks))
    later = press.publish().topics
    assert caught.value.topics
    assert not set(caught.value.topics) & set(later)
