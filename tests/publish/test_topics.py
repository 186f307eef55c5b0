"""What is announced after a publication."""

from __future__ import annotations

import errno
import os

import pytest

from aggregator.errors import PublishError, Stopped


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


def test_what_was_published_before_the_disk_was_full_is_told_with_that(press, day, monkeypatch):
    """Each feed is told of once, before or after there is room again."""
    press.add(1, day(1, 1), "航运")
    every, moves, move = set(press.publish(check=True).written), iter(range(100)), os.replace

    def fill_up(staged, target):
        if "/feeds/" in str(target) and next(moves) >= 5:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        move(staged, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fill_up)
        with pytest.raises(PublishError, match="No space left on device; make room there") as caught:
            press.publish()
    later = press.publish()
    assert caught.value.topics
    assert not set(caught.value.topics) & set(later.topics)
    assert len(caught.value.topics) + len(later.topics) == sum(path.endswith((".xml", ".json")) for path in every) - 1


def test_what_may_change_is_told_before_anything_is_replaced(press, day):
    """Who cannot note it keeps all of it from being replaced; a check tells nobody."""
    press.add(1, day(1, 1), "航运")
    told = []

    def refuse(topics):
        told.append(set(topics))
        raise PublishError("no")

    publisher = press.publisher(ahead=refuse)
    publisher.publish(check=True)
    with pytest.raises(PublishError, match=r"^no$"):
        publisher.publish()
    assert told == [set(press.publish().topics)]
