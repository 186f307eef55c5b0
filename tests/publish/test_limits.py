"""How many tags have a feed, what their heads carry, and what sources' rights allow."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

import pytest
from lxml import html

from aggregator.errors import Stopped
from aggregator.settings import TagRule


def tags(press) -> set[str]:
    return {
        name.removeprefix("tags/").removesuffix(".xml") for name in press.files("*.xml") if name.startswith("tags/")
    }


def test_beyond_the_limit_the_smallest_tags_have_no_feed_and_it_is_told(press, day):
    press.configure(max_feeds=3, archive="off")
    press.settings = replace(press.settings, tags=(TagRule(name="configured"),))
    for number, names in enumerate([("big", "small"), ("big",), ("big", "configured")]):
        press.add(number, day(2, 1 + number), *names)
    (problem,) = press.publish().problems
    assert tags(press) == {"harbour", "big", "configured"}
    assert str(problem).endswith("1 tags have no feed: the limit is 3, the largest come first")
    press.store.outbox(press.store.outbox())
    for number in (10, 11, 12, 13):
        press.add(number, day(3, number), "small")
    found = press.publish_changed()
    assert tags(press) == {"harbour", "small", "configured"}
    assert "feeds/tags/big.xml" in found.removed
    assert press.publish(check=True).written == ()


def test_a_tag_that_has_room_again_gets_its_feed_though_nobody_touched_it(press, day):
    press.configure(max_feeds=2, archive="off")
    press.add(1, day(2, 1), "a")
    gone = [press.add(number, day(2, number), "b") for number in (2, 3)]
    press.publish_changed()
    assert tags(press) == {"harbour", "b"}
    press.settings = replace(press.settings, tags=(TagRule(name="a"),))
    press.store.replace([replace(record, tags=("harbour",)) for record in gone])
    press.publish_changed()
    assert tags(press) == {"harbour", "a"}


def test_a_tag_without_a_feed_is_shown_without_a_link_wherever_it_gets_and_loses_one(press, day):
    """No page leads to a file that is not there, also in feeds of sources and months that nobody touched."""
    press.configure(max_feeds=1, item_pages=True, entries=1, max=1)
    press.settings = replace(press.settings, sources=())

    def links() -> set[str]:
        """The tags that pages link to; all of them exist."""
        found = set()
        for name in press.files("*.html"):
            page = press.root / "feeds" / name
            hrefs = html.fromstring(page.read_bytes()).xpath("//a/@href")
            for href in (href for href in hrefs if "://" not in href and not href.startswith("#")):
                target = (page.parent / unquote(href)).resolve()
                assert target.is_file(), f"{name} links to {href}"
                found |= {target.stem} if target.parent.name == "tags" else set()
        return found

    for number, name in enumerate(("船", "船", "港")):
        press.add(number, day(1 + number, 1), name, tags=(name,), source=f"s{number}", via=f"s{number}")
    press.publish_changed()
    assert links() == {"船"}
    assert '<span class="tag">港</span>' in (press.root / "feeds/all.html").read_text(encoding="utf-8")
    for number in (3, 4):
        press.add(number, day(5, number), "港", tags=("港",))
    press.publish_changed()
    assert links() == {"港"}
    done = press.publish(check=True)
    assert (done.written, done.removed) == ((), ())


def test_an_emptied_tag_keeps_a_valid_empty_feed(press, day):
    record = press.add(1, day(2, 1), "船")
    press.publish_changed()
    press.store.replace([replace(record, tags=("harbour",))])
    press.publish_changed()
    assert press.numbers("tags/船") == []
    assert press.feed("tags/船").findtext("{*}updated") == "2000-01-01T00:00:00+00:00"
    press.publish()
    assert "tags/船.xml" in press.files()


def test_a_tags_feed_has_its_icon_logo_and_subtitle(press, day):
    rule = TagRule(name="航运", description="船与港", icon="https://a.example/图.png", logo="https://a.example/l.png")
    press.settings = replace(press.settings, tags=(rule,))
    press.add(1, day(2, 1), "航运")
    press.publish()
    feed = press.feed("tags/航运")
    assert feed.findtext("{*}icon") == "https://a.example/%E5%9B%BE.png"
    assert feed.findtext("{*}logo") == "https://a.example/l.png"
    assert feed.findtext("{*}subtitle") == "船与港"
    assert press.feed("all").find("{*}icon") is None


def test_what_rights_forbid_stands_nowhere(press, day):
    (source,) = press.settings.sources
    for number in range(5):
        press.add(
            number, day(2, 1 + number), body="秘密的全文", summary="秘密的摘要", title="" if number == 3 else "题"
        )
    press.publish()
    assert [path for path in press.files() if "秘密" in (press.root / "feeds" / path).read_text()]
    press.settings = replace(press.settings, sources=(replace(source, content="summary"),))
    press.publish()
    assert not [path for path in press.files() if "秘密的全文" in (press.root / "feeds" / path).read_text()]
    press.settings = replace(press.settings, sources=(replace(source, content="link"),))
    press.publish()
    assert not [path for path in press.files() if "秘密" in (press.root / "feeds" / path).read_text()]


def test_a_publication_that_is_to_end_leaves_whole_files_and_the_rest_to_the_next_one(press, day):
    """Every file is the old one or the new one; nothing is struck off that was not published."""
    for number in range(1, 31):
        press.add(number, day(2, 1), f"tag{number}")
    asked: list[None] = []

    def stopping():
        asked.append(None)
        return len(asked) > 40

    with pytest.raises(Stopped):
        press.publisher().publish(press.store.outbox(), stopping=stopping)
    written = press.files("*.xml")
    assert written
    press.publish_changed()
    assert press.files("*.xml") > written
    assert press.publish(check=True).written == ()
