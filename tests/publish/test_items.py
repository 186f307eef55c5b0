"""Items' own pages: written where they are configured, for what changed alone, and gone with their items."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import PublishError

DAY = datetime(2025, 2, 13, 8, tzinfo=UTC)


@pytest.fixture
def site(press):
    press.configure(item_pages=True)
    for number in range(3):
        press.add(number, DAY - timedelta(days=number), "航运")
    press.publish_changed()
    press.publish()
    return press


def page(number: int) -> str:
    return f"items/{number:016x}.html"


def pages(press) -> set[str]:
    return {name for name in press.files() if name.startswith("items/")}


def test_no_item_has_a_page_unless_that_is_configured(press):
    press.add(1, DAY)
    press.publish()
    assert not pages(press)


def test_every_item_has_a_page_and_its_feeds_lead_to_it(site):
    assert pages(site) == {page(0), page(1), page(2)}
    assert f'href="{page(1)}"' in (site.root / "feeds/index.html").read_text("utf-8")
    assert f'href="../{page(1)}"' in (site.root / "feeds/tags/航运.html").read_text("utf-8")
    assert page(1) in (site.root / "feeds/search.js").read_text("utf-8")
    assert "潮水很高。" in (site.root / "feeds" / page(1)).read_text("utf-8")


def test_a_changed_item_touches_its_own_page_and_publishing_again_none(site):
    site.add(1, DAY - timedelta(days=1), "航运", title="消息 1，续")
    written = site.publish_changed().written
    assert [name for name in written if "items/" in name] == [f"feeds/{page(1)}"]
    assert site.publish().written == ()


def test_the_page_of_a_deleted_item_or_a_copy_goes(site):
    gone = site.add(0, DAY)
    site.publish_changed()
    site.bury(gone, DAY)
    assert f"feeds/{page(0)}" in site.publish_changed().removed
    site.add(1, DAY - timedelta(days=1), duplicate_of=f"{2:016x}")
    assert f"feeds/{page(1)}" in site.publish_changed().removed
    assert pages(site) == {page(2)}
    assert (site.publish().written, site.publish().removed) == ((), ())


def test_pages_that_are_not_wanted_any_more_go_but_others_files_stay(site):
    theirs = site.root / "feeds/items/theirs.html"
    theirs.write_text("mine", "utf-8")
    site.configure(formats=("atom", "json"))
    site.publish()
    assert pages(site) == {"items/theirs.html"}


def test_a_template_that_is_wrong_is_told_and_the_old_pages_stay(site):
    before = (site.root / "feeds" / page(1)).read_bytes()
    site.settings = replace(site.settings, templates=(("item.html", "{{ post.nothing }}"),))
    with pytest.raises(PublishError, match=r"config/templates/item\.html:1: "):
        site.publish()
    assert (site.root / "feeds" / page(1)).read_bytes() == before


def test_days_are_counted_back_from_the_newest_item(site):
    text = (site.root / "feeds/index.html").read_text("utf-8")
    assert 'aria-label="14 天内 3 条，最多一天 1 条"' in text
    assert 'd="M44 16v-16h3v16zM48 16v-16h3v16zM52 16v-16h3v16z"' in text
    status = (site.root / "feeds/status.html").read_text("utf-8")
    assert "截至 2025-02-13" in status
    assert status.count('<svg class="chart"') == 1
